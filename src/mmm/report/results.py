"""The results part of the page: figures and tables of all notebooks, ordered as a reader asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from mmm.findings import STATUSES, Finding
from mmm.formatting import between, chance, listing, money, percent, plural
from mmm.model.intervals import tails
from mmm.report.content import Figure
from mmm.report.markdown import inline_html, scroll_box
from mmm.report.titles import TITLES, how_to_read, title_of
from mmm.show.glossary import GRADE_SCALE
from mmm.show.measures import (
    average_name,
    ends_of_returns,
    in_returns,
    marginal_name,
    on_air,
)
from mmm.show.tables import formats_of, table_html
from mmm.show.words import outcome, outcome_amount
from mmm.store import Store
from mmm.study.study import Study

#: What notebook 08 writes: columns channel, grade_roi, grade_mroi, sentence.
GRADES = "tables/trust_grades.csv"
#: The same: intervals that count other specifications, and the heading of their column.
NOTHING, CHANCE_OF_NOTHING = "tables/trust_nothing.csv", "Chance of nothing"
PAYS_BACK = "Next unit pays back"  #: Column of the chance that it earns its keep.
#: Tables of checks, and whose checks they are.
CHECKS = {
    "data_quality": "the data",
    "model_checks": "the model",
    "trust_checks": "notebook 08",
}
FIGURES = {
    "revenue": ("waterfall", "contributions_over_time"),
    "returns": ("returns",),
    "curves": ("response_curves",),
    "plan": ("allocation", "plan_gains", "frontier"),
    "what-if": ("scenarios", "forecast_1"),
    "trust": ("model_scores", "prior_posterior"),
}
TRUST_CHAPTER = "ch08"


@dataclass(frozen=True)
class Section:
    """One part of the results; `tables` are HTML, `how_to_read` inline HTML, the rest text."""

    id: str
    title: str
    short: str
    how_to_read: str
    lead: str = ""
    figures: list[Figure] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ResultTables:
    """Writes the tables of the results from what the notebooks stored."""

    store: Store
    study: Study

    def read(self, name: str) -> pd.DataFrame | None:
        """Read a stored table; None when no notebook has written it, or nothing is in it."""
        if not self.store.path(name).exists() or not self.store.read_text(name).strip():
            return None
        return self.store.read_table(name)

    def html(self, table: pd.DataFrame, caption: str) -> str:
        """Write a table as HTML in a box that scrolls by itself."""
        formats = formats_of(self.study, kpi_currency="")
        marginal = _title(marginal_name(self.study))
        written = [*WRITTEN, *(_title(name(self.study)) for name in (average_name, marginal_name))]
        written += [f"{marginal} today", f"{marginal} in the plan"]
        formats |= dict.fromkeys(written, str)
        markup = table_html(table, caption=caption, formats=formats, labels=self.study.labels)
        return scroll_box(markup, f"Result: {caption}")

    def amount(self, value: float, *, signed: bool = False) -> str:
        """Write an amount in the study's currency."""
        return money(value, self.study.currency, signed=signed)

    def outcome(self, value: float, *, signed: bool = False) -> str:
        """Write an amount of the outcome: money, or units where they have no value."""
        return outcome_amount(value, self.study, signed=signed)

    def outcome_change(self, value: float) -> str:
        """Write a change in the outcome with its sign."""
        return self.outcome(value, signed=True)

    def returned(self, table: pd.DataFrame, column: str) -> list[str]:
        """Write returns with their intervals; of costs of a unit where it has no value."""
        ends = zip(table[f"{column}_low"], table[column], table[f"{column}_high"], strict=True)
        texts = []
        for low, middle, high in ends:
            interval = ends_of_returns(low, high, self.study)
            written = in_returns(middle, self.study)
            texts.append(f"{written} ({interval})" if interval else written)
        return texts

    def change(self, value: float) -> str:
        """Write a change in money with its sign."""
        return self.amount(value, signed=True)


#: Columns whose text is numbers, aligned to the right.
WRITTEN = (
    *("Spend", "Share of spend", "Incremental", "ROI", "True ROI", CHANCE_OF_NOTHING, "mROI"),
    "Next unit pays back",
    *("Today", "Plan", "Change", "Bounds", "mROI today", "mROI in the plan"),
    *("Extra spend", "Change in outcome", "In percent", "After cost", "Chance of a gain"),
    *("Contribution", "Share"),
)


def _with_interval(table: pd.DataFrame, column: str, write: Callable[[float], str]) -> pd.Series:
    """Write a column with its interval behind it, where there is one."""
    ends = zip(table[f"{column}_low"], table[column], table[f"{column}_high"], strict=True)
    texts = []
    for low, middle, high in ends:
        interval = between(low, high, write)
        texts.append(f"{write(middle)} ({interval})" if interval else write(middle))
    return pd.Series(texts, index=table.index)


def _text(value: object, missing: str = "–") -> str:
    """Return a cell's text; a CSV file's empty cell is read as NaN."""
    return missing if pd.isna(value) else str(value)


def read_grades(store: Store) -> pd.DataFrame | None:
    """Read the grades of notebook 08; None when there are none yet.

    Channels that were not bought in the window, whose error is not known, have no grade.
    """
    if not store.path(GRADES).exists():
        return None
    grades = store.read_table(GRADES)
    columns = ["grade_roi", "grade_mroi"]
    if "error" in grades:
        grades[columns] = grades[columns].where(grades["error"].notna(), other=np.nan)
    return grades


def _grade_of(grades: pd.DataFrame, column: str, channels: pd.Series) -> list[str]:
    """Return the grade of each channel; a dash for one that has none."""
    graded = grades.set_index("channel")[column]
    return [_text(graded.get(channel)) for channel in channels]


def grades_lead(tables: ResultTables) -> str:
    """Say in plain text which channels' curves the data can carry; empty without grades."""
    grades = read_grades(tables.store)
    if grades is None:
        return ""
    labels = tables.study.labels
    known = grades[grades["grade_mroi"].notna()]
    said = [f"{labels.get(r.channel, r.channel)} {r.grade_mroi}" for r in known.itertuples()]
    return f"How well these data know each curve at today's spend: {', '.join(said)}."


def contribution_table(tables: ResultTables) -> list[str]:
    """Return the contributions that add up to the fitted outcome.

    Parameters
    ----------
    tables : Tables
        Where the numbers are.
    """
    table = tables.read("tables/channel_contributions.csv")
    if table is None:
        return []
    shown = pd.DataFrame(
        {
            "Source": table["source"],
            "Contribution": table["contribution"].map(tables.outcome),
            "Share": table["contribution_share"].map(partial(percent, digits=1)),
        }
    )
    return [tables.html(shown, f"Mean contributions to {outcome(tables.study)} in the window")]


def returns_table(tables: ResultTables) -> list[str]:
    """Return ROI and mROI with their intervals, and grades once there are any.

    Without the value of a unit both are what a unit costs. A channel that was not bought in the
    window has neither; what it returned while it was stands in their place.
    """
    table = tables.read("tables/returns.csv")
    if table is None:
        return []
    study = tables.study
    table = table.sort_values("roi", ascending=False)
    average, marginal = (_title(name(study)) for name in (average_name, marginal_name))
    shown = pd.DataFrame(
        {
            "Channel": table["channel"],
            "Spend": table["spend"].map(tables.amount),
            "Incremental": _with_interval(table, "incremental_revenue", tables.outcome),
            average: tables.returned(table, "roi"),
            marginal: tables.returned(table, "mroi"),
            PAYS_BACK: table["p_earns"].map(chance),
        }
    )
    _say_not_bought(shown, average, table, study)
    if "true_roi" in table:  # simulated
        truth = [in_returns(value, study) for value in table["true_roi"]]
        shown.insert(list(shown).index(marginal), f"True {average_name(study)}", truth)
    if table["p_earns"].isna().all() or table["roi_low"].isna().all():  # nothing knows a chance
        shown = shown.drop(columns=PAYS_BACK)
    caption = f"{percent(study.interval)} interval of the draws"
    idle = tables.read(NOTHING)
    if idle is not None and idle["chance"].notna().any():
        chances = idle.set_index("channel")["chance"].loc[table["channel"]]
        place = list(shown).index(marginal)
        shown.insert(place, CHANCE_OF_NOTHING, [chance(value) for value in chances])
        least = percent(tails(study.interval)[0])
        caption += f"; with a chance of nothing above {least} zero belongs to it, too"
    grades = read_grades(tables.store)
    if grades is not None:
        for place, metric in enumerate((average, marginal), start=1):
            column = ("grade_roi", "grade_mroi")[place - 1]
            name = metric if study.data.value_is_known else metric.lower()
            shown.insert(place, f"Grade of {name}", _grade_of(grades, column, table["channel"]))
        if PAYS_BACK in shown:
            marks = _grade_of(grades, "grade_mroi", table["channel"])
            shown[PAYS_BACK] = [
                "not known" if mark == "D" else said
                for mark, said in zip(marks, shown[PAYS_BACK], strict=True)
            ]
    return [tables.html(shown, f"Returns over the window: median and {caption}")]


def _title(name: str) -> str:
    """Return a name with a capital; abbreviations as they are."""
    return name if name == "mROI" else f"{name[:1].upper()}{name[1:]}"


def _say_not_bought(shown: pd.DataFrame, column: str, table: pd.DataFrame, study: Study) -> None:
    """Write in the place of a return that a channel was not bought, and what it once returned."""
    weeks = f"in these {study.window_weeks} weeks" if study.window_weeks else "in these weeks"
    for place, row in table[table["spend"] <= 0].iterrows():
        said = on_air(row, study)
        shown.loc[place, column] = f"not bought {weeks}" + (f"; {said}" if said else "")


def plan_tables(tables: ResultTables) -> list[str]:
    """Return the recommended plan and its certificate."""
    found, study = [], tables.study
    marginal = _title(marginal_name(study))
    table = tables.read("tables/budget_recommendations.csv")
    if table is not None:
        shown = pd.DataFrame(
            {
                "Channel": table["channel"],
                "Today": table["current_spend"].map(tables.amount),
                "Plan": table["recommended_spend"].map(tables.amount),
                "Change": [
                    f"{tables.change(row.change)} ({percent(row.change_pct, signed=True)})"
                    for row in table.itertuples()
                ],
                "Bounds": [
                    between(row.lower_bound, row.upper_bound, tables.amount)
                    for row in table.itertuples()
                ],
                f"{marginal} today": [in_returns(v, study) for v in table["current_mroi"]],
                f"{marginal} in the plan": [
                    in_returns(v, study) for v in table["recommended_mroi"]
                ],
            }
        )
        for place in table.index[table["current_spend"] <= 0]:
            shown.loc[place, "Change"] = "not bought, so kept at zero"
        grades = read_grades(tables.store)
        if grades is not None:
            name = marginal if study.data.value_is_known else marginal.lower()
            shown.insert(1, f"Grade of {name}", _grade_of(grades, "grade_mroi", table["channel"]))
        found.append(tables.html(shown, "Spend over the window, today and in the plan"))
    certificate = tables.read("tables/certificate.csv")
    if certificate is not None:
        shown = certificate.rename(columns=str.capitalize)
        found.append(tables.html(shown, "Certificate of the recommended plan"))
    return found


def scenario_table(tables: ResultTables) -> list[str]:
    """Return the stored scenarios: what each would change and how sure a gain is.

    Parameters
    ----------
    tables : Tables
        Where the numbers are.
    """
    table = tables.read("tables/scenarios.csv")
    if table is None or table.empty:
        return []
    shown = pd.DataFrame(
        {
            "Scenario": table["scenario"],
            "Extra spend": table["spend_change"].map(tables.change),
            "Change in outcome": _with_interval(table, "revenue_change", tables.outcome_change),
            "In percent": [percent(v, signed=True, digits=1) for v in table["revenue_change_pct"]],
            "After cost": table["profit_change"].map(tables.change),
            "Chance of a gain": table["p_gain"].map(chance),
            "Beyond what was seen": [_text(value) for value in table["beyond_observed"]],
        }
    )
    if table["revenue_change_low"].isna().all() or table["p_gain"].isna().all():
        shown = shown.drop(columns="Chance of a gain")
    if tables.study.profit_margin is None:
        shown = shown.drop(columns="After cost")
    interval = percent(tables.study.interval)
    return [tables.html(shown, f"Stored scenarios: median and {interval} interval of the draws")]


def trust_tables(tables: ResultTables) -> tuple[str, list[str]]:
    """Return a count of all checks, the grades, and the checks that did not pass."""
    found, findings, whose = [], [], []
    for name, what in CHECKS.items():
        table = tables.read(f"tables/{name}.csv")
        if table is not None:
            whose.append(f"{len(table)} of {what}")
            findings += [
                Finding(row.check, row.status, _text(row.finding, ""), _text(row.remedy, ""))
                for row in table.itertuples()
            ]
    grades = read_grades(tables.store)
    if grades is not None:
        average, marginal = (_title(name(tables.study)) for name in (average_name, marginal_name))
        columns = {"channel": "Channel", "grade_roi": average, "grade_mroi": marginal}
        columns |= {"sentence": "Why"}
        shown = grades[list(columns)].rename(columns=columns)
        found.append(tables.html(shown, f"Grades. {GRADE_SCALE}"))
    count = {s: sum(f.status == s for f in findings) for s in STATUSES}
    lead = f"{count['PASS']} of {plural(len(findings), 'check')} passed"
    if count["REVIEW"] + count["FAIL"]:
        lead += f"; {count['REVIEW']} to review, {count['FAIL']} failed"
        open_ones = pd.DataFrame([vars_of(f) for f in findings if f.status != "PASS"])
        found.append(tables.html(open_ones, "Checks that did not pass, and what to do"))
    return f"{lead}. Counted are {listing(whose)}." if findings else "", found


def vars_of(finding: Finding) -> dict[str, str]:
    """Return a finding as a row of a table."""
    return {
        "Check": finding.check,
        "Status": finding.status,
        "Finding": finding.finding,
        "Remedy": finding.remedy,
    }


def sections(store: Store, study: Study, figures: list[Figure], *, live: bool) -> list[Section]:
    """Return the parts of the results that the stored artefacts can fill."""
    tables = ResultTables(store, study)
    lead, trust = trust_tables(tables)
    written = {
        "revenue": contribution_table(tables),
        "returns": returns_table(tables),
        "curves": [],
        "plan": plan_tables(tables),
        "what-if": scenario_table(tables),
        "trust": trust,
    }
    leads = {"trust": lead, "curves": grades_lead(tables)}
    by_name = {figure.name: figure for figure in reversed(figures)}
    chosen = {part: [by_name[n] for n in names if n in by_name] for part, names in FIGURES.items()}
    chosen["trust"] = [f for f in figures if f.chapter == TRUST_CHAPTER][:2] or chosen["trust"]
    return [
        Section(
            id=part,
            title=title_of(title, study),
            short=title_of(short, study),
            how_to_read=inline_html(how_to_read(part, study)),
            lead=leads.get(part, ""),
            figures=chosen[part],
            tables=written[part],
        )
        for part, (title, short) in TITLES.items()
        if chosen[part] or written[part] or (live and part == "what-if")
    ]
