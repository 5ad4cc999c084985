"""Error, coverage and warnings of the battery by grade and by world, and its bars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from worlds import BATTERY

CLAIMED = ("A", "B")
#: Bars: largest median error of A and B, least coverage of both, least share of the spend of clean
#: worlds graded so, largest share of warned channels there and of silent failures anywhere.
ERRORS, COVERAGE, GRADED, WARNED, SILENT = {"A": 0.2, "B": 0.4}, 0.85, 0.5, 0.15, 0.05
#: A surrogate's interval must reach below this ROI in so many of the runs.
NOTHING, REACH = 0.3, 0.9


def channel_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return one row a channel and data set, with error, coverage and warnings.

    Parameters
    ----------
    rows : list of dict
        Data sets.
    """
    table = pd.DataFrame(
        [
            {"world": r["world"], "seed": r["seed"], "model": r["model"], **channel}
            for r in rows
            for channel in r["channels"]
        ]
    )
    truth = table["truth"].abs().clip(lower=1e-9)
    table["error"] = (table["estimate"] - table["truth"]).abs() / truth
    table["inside"] = table["truth"].between(table["low"], table["high"])
    table["inside_record"] = table["truth"].between(
        table["low_of_record"], table["high_of_record"]
    )
    table["own_warning"] = table["open"].map(len) > 0
    status = table["model"].map(lambda checks: any(s != "PASS" for s in checks.values()))
    sets = table.groupby(["world", "seed"])["own_warning"].transform("any")
    table["warned"] = status | sets
    claimed = table["grade"].isin(CLAIMED)
    table["silent"] = claimed & (table["error"] > 0.5) & ~table["warned"]
    return table.assign(claimed=claimed)


def tables(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what RESULTS.md tells: bars, grades and worlds, and what has run.

    Parameters
    ----------
    rows : list of dict
        Data sets.
    """
    rows = in_order(rows)
    table = channel_table(rows)
    parts = {"bars": bars(table, rows), "grades": by_grade(table), "worlds": by_world(table)}
    claims = table[table["claimed"]].groupby("world", sort=False)["inside"].mean()
    return {name: in_words(part) for name, part in parts.items()} | {
        "sets": str(len(rows)),
        "worlds_in_all": str(len(BATTERY)),
        "seeds": runs_by_seed(rows),
        "cpu_seconds": f"{np.mean([row['cpu_seconds'] for row in rows]):.0f}",
        "misses": claims[claims < COVERAGE].index.tolist(),
    }


def runs_by_seed(rows: list[dict[str, Any]]) -> str:
    """Say how many worlds have been run of each seed.

    Parameters
    ----------
    rows : list of dict
        Data sets.
    """
    counts = pd.Series([row["seed"] for row in rows]).value_counts().sort_index()
    return ", ".join(f"seed {seed}: {n} of {len(BATTERY)} worlds" for seed, n in counts.items())


def in_words(table: pd.DataFrame) -> list[dict[str, str]]:
    """Return a table's rows as text, numbers without decimals.

    Parameters
    ----------
    table : DataFrame
        The table.
    """

    def text(value: object) -> str:
        if isinstance(value, float):
            return f"{value:.0f}" if value == value else "-"
        return str(value)

    return [{name: text(value) for name, value in row.items()} for row in table.to_dict("records")]


def print_report(rows: list[dict[str, Any]]) -> None:
    """Print the tables of RESULTS.md.

    Parameters
    ----------
    rows : list of dict
        Data sets.
    """
    told = tables(rows)
    print(f"{told['sets']} data sets ({told['seeds']}), {told['cpu_seconds']} CPU s each\n")
    for name in ("grades", "worlds", "bars"):
        print(pd.DataFrame(told[name]).to_string(index=False), end="\n\n")


def by_grade(table: pd.DataFrame) -> pd.DataFrame:
    """Return error and coverage by grade, in percent.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`channel_table`.
    """
    lines = []
    for column in ("grade", "alone"):
        for grade, own in table.groupby(column):
            line = {"grade": f"{grade}{' before caps' if column == 'alone' else ''}"}
            line |= {"channels": len(own), "median error %": 100 * own["error"].median()}
            line["error above 50 %, %"] = 100 * (own["error"] > 0.5).mean()
            lines.append(line | {"coverage %": 100 * own["inside"].mean()})
    return pd.DataFrame(lines)


def by_world(table: pd.DataFrame) -> pd.DataFrame:
    """Return one line a world, in percent of its channels or spend.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`channel_table`.
    """
    lines = []
    for world, own in table.groupby("world", sort=False):
        claimed = own[own["claimed"]]
        lines.append(
            {
                "world": world,
                "sets": own["seed"].nunique(),
                "median error %": 100 * own["error"].median(),
                "coverage %": 100 * own["inside"].mean(),
                "A B C D": " ".join(str(int((own["grade"] == g).sum())) for g in "ABCD"),
                "error of A, B %": 100 * claimed["error"].median(),
                "coverage of A, B %": 100 * claimed["inside"].mean(),
                "sets warned": int(own[own["warned"]]["seed"].nunique()),
                "silent": int(own["silent"].sum()),
            }
        )
    return pd.DataFrame(lines)


def is_capped(model: dict[str, str]) -> bool:
    """Tell whether the checks of the model as a whole cap every grade of a data set.

    Parameters
    ----------
    model : dict of str to str
        Status by check.
    """
    capping = ("pattern in the residuals", "channels move on their own")
    review = any(model[check] != "PASS" for check in capping)
    return review or "FAIL" in model.values()


def bars(table: pd.DataFrame, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the bars and what was measured.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`channel_table`.
    rows : list of dict
        Data sets.
    """
    error = table.groupby("grade")["error"].median().reindex(list("ABCD"))
    mean = table.groupby("grade")["error"].mean().reindex(list("ABCD"))
    clean, claimed = table[table["world"] == "clean"], table[table["claimed"]]
    sets = max(clean["seed"].nunique(), 1)
    spend = float((clean["spend_share"] * clean["claimed"]).sum()) / sets
    fakes = pd.DataFrame([r["surrogate"] | {"capped": is_capped(r["model"])} for r in rows])
    reach = float((fakes["low"] < NOTHING).mean())
    sure = float((fakes["low_if_sure"] < NOTHING).mean())
    flattered = int(((fakes["grade"] == "A") & (fakes["estimate"] > 0.5) & ~fakes["capped"]).sum())
    lines = [
        *(
            (f"{g}: median error <= {most:.0%}", f"{error[g]:.0%}", error[g] <= most)
            for g, most in ERRORS.items()
        ),
        ("D worse than B (mean)", f"{mean['D']:.0%} / {mean['B']:.0%}", mean["D"] > mean["B"]),
        (
            f"A and B cover >= {COVERAGE:.0%}",
            f"{claimed['inside'].mean():.0%} of {len(claimed)}",
            claimed["inside"].mean() >= COVERAGE,
        ),
        ("the same, by the model of record alone", f"{claimed['inside_record'].mean():.0%}", None),
        (f"clean: >= {GRADED:.0%} of spend A or B", f"{spend:.0%}", spend >= GRADED),
        (
            f"clean: REVIEW or FAIL on <= {WARNED:.0%} of channels",
            f"{clean['own_warning'].mean():.0%}",
            clean["own_warning"].mean() <= WARNED,
        ),
        (
            f"silent failures <= {SILENT:.0%} of channels",
            f"{table['silent'].mean():.1%}",
            table["silent"].mean() <= SILENT,
        ),
        (
            f"surrogates below {NOTHING} in >= {REACH:.0%}",
            f"{reach:.0%} of {len(fakes)}",
            reach >= REACH,
        ),
        ("the same, if every channel were sure to have an effect", f"{sure:.0%}", None),
        ("surrogates with A and ROI > 0.5: none", str(flattered), flattered == 0),
    ]
    table = pd.DataFrame(lines, columns=["bar", "measured", "met"])
    return table.assign(met=["-" if m is None else "yes" if m else "no" for m in table["met"]])


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort data sets by seed and world, so that tables do not depend on which came first.

    Parameters
    ----------
    rows : list of dict
        Data sets, as they were appended.
    """
    place = {name: number for number, name in enumerate(BATTERY)}
    return sorted(rows, key=lambda row: (row["seed"], place.get(row["world"], len(place))))
