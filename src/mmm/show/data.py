"""Notebook 01: where the data come from, what the audit finds, and the truth where it is known."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from mmm.data.weekly import WeeklyData
from mmm.decide.returns import current_plan, roi
from mmm.errors import shortened
from mmm.findings import Finding
from mmm.formatting import listing, money, percent, period, plural, ratio
from mmm.model.additive import AdditiveModel
from mmm.show.picture import Picture
from mmm.show.style import INK, MUTED, money_axis
from mmm.show.words import bullets, outcome, outcome_amount
from mmm.study.study import Study

#: Columns without a use that are named; of more, these and how many more there are.
MOST_NAMED = 6


def source(raw: pd.DataFrame, study: Study, *, simulated: bool) -> str:
    """Say where the table comes from and how large it is.

    Parameters
    ----------
    raw : DataFrame, shape (n_rows, n_columns)
        The raw table.
    study : Study
        Names the file and the seed.
    simulated : bool
        Whether the data were made by a process whose truth is known.
    """
    size = f"{len(raw)} rows and {len(raw.columns)} columns"
    if not simulated:
        size += _left_out(list(raw.columns), study)
        return f"The table was read from `{study.data.file}`: {size}. Its truth is not known."
    return (
        f"The table was simulated with seed {study.seed}: {size}. Because we made it, the true "
        f"effect of every channel is known and stands beside each estimate from here on."
    )


def _left_out(columns: list[str], study: Study) -> str:
    """Name the columns of the file that the study makes no use of, the first few in full."""
    spec = study.data
    keys = (spec.week_column, spec.channel_column, spec.spend_column, *spec.region_columns)
    regions = (spec.region, spec.population, spec.market and spec.market.column)
    used = {name for _, name in study.columns} | {*keys, *regions}
    others = [shortened(name, 60).replace("`", "'") for name in columns if name not in used]
    names = [f"`{' '.join(name.split()) or ' '}`" for name in others]
    if not names:
        return ""
    more = len(names) - MOST_NAMED
    shown = names if more <= 1 else [*names[:MOST_NAMED], f"{more} more"]
    return f"; the study makes no use of {listing(shown)}"


def truth(model: AdditiveModel | None, weekly: WeeklyData, study: Study) -> str:
    """Name the true ROI of each channel, or say that only an experiment could.

    Parameters
    ----------
    model : AdditiveModel or None
        The true model of a simulated study.
    weekly : WeeklyData
        The data.
    study : Study
        Its labels and window.
    """
    if model is None:
        return (
            "No truth stands beside real data. What the models say below is as good as their "
            "assumptions and the variation in the spend; only an experiment can check it."
        )
    plan = current_plan(model, weekly, window_weeks=study.window_weeks)
    values = pd.Series(roi(plan)[0], index=plan.channels).sort_values(ascending=False)
    parts = [f"{study.labels[name]} {ratio(value)}" for name, value in values.items()]
    return (
        f"Over {period(plan.weeks)}, the true ROI (incremental {outcome(study)} per unit of "
        f"spend, carryover and synergy included) is: {listing(parts)}."
    )


def audit(findings: list[Finding]) -> str:
    """Sum up the data audit.

    Parameters
    ----------
    findings : list of Finding
        Result of :func:`mmm.data.quality.audit`.
    """
    open_checks = [f for f in findings if f.status != "PASS"]
    if not open_checks:
        return f"All {len(findings)} checks pass: nothing stands in the way of modeling."
    lines = [f"**{f.check}**: {f.finding} {f.remedy}" for f in open_checks]
    return (
        f"{len(findings) - len(open_checks)} of {len(findings)} checks pass. To keep in mind:\n\n"
        + bullets(lines)
    )


def kpi_and_spend(weekly: WeeklyData, study: Study) -> Picture:
    """Draw the outcome above the total spend, by week.

    Parameters
    ----------
    weekly : WeeklyData
        The data.
    study : Study
        Its labels and currency.
    """
    spend, revenue = float(weekly.spend.to_numpy().sum()), float(weekly.revenue.sum())
    yearly = revenue / len(weekly) * 52
    return Picture(
        axes=_draw_kpi_and_spend(weekly, study),
        name="kpi_and_spend",
        title=_spent(spend, revenue, study),
        caption=f"{outcome(study).capitalize()} (top) and total spend (bottom) per week; "
        f"{period(weekly.weeks)}.",
        alt=f"Two weekly series. {outcome(study).capitalize()} runs at about "
        f"{outcome_amount(yearly, study)} a year; total spend is "
        f"{money(spend, study.currency)} over {plural(len(weekly), 'week')}.",
    )


def _spent(spend: float, revenue: float, study: Study) -> str:
    """Say what is spent, as a share of the outcome where both are money."""
    if not study.data.value_is_known:
        return (
            f"{money(spend, study.currency)} of advertising beside "
            f"{outcome_amount(revenue, study)} {outcome(study)}"
        )
    share = spend / revenue if revenue > 0 else float("nan")
    return f"{percent(share)} of {outcome(study)} is spent on advertising"


def _draw_kpi_and_spend(weekly: WeeklyData, study: Study) -> Axes:
    """Draw two series over the same weeks."""
    _, (top, bottom) = plt.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    top.plot(weekly.weeks, weekly.revenue, color=INK)
    top.set_ylabel("Outcome per week")
    top.set_ylim(bottom=min(0, float(weekly.revenue.min())))
    spend = weekly.spend.sum(axis=1)
    bottom.fill_between(weekly.weeks, spend, step="mid", color=MUTED, lw=0)
    bottom.set_ylim(bottom=0)
    bottom.set_ylabel("Spend per week")
    top.yaxis.set_major_formatter(money_axis(study.outcome_currency))
    bottom.yaxis.set_major_formatter(money_axis(study.currency))
    return top
