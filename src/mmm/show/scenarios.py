"""Notebook 06: figures and sentences about scenarios, and what they rest on."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mmm.data.weekly import WeeklyData
from mmm.decide.scenario_weeks import Setting
from mmm.decide.scenarios import OutOfRange, ScenarioResult, best_scenario, range_in_words
from mmm.formatting import listing, money, percent, period
from mmm.show.picture import Picture
from mmm.show.style import INK, MUTED, PALETTE, money_axis
from mmm.show.words import (
    amount_in_words,
    axis_name,
    bullets,
    interval_in_words,
    outcome,
    outcome_amount,
    sure_in_words,
    window_of,
)
from mmm.study.study import Study


def changes(table: pd.DataFrame, weekly: WeeklyData, study: Study) -> Picture:
    """Show the change in revenue of each scenario beside its extra cost.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.decide.scenario_table`.
    weekly : WeeklyData
        The data.
    study : Study
        The study.
    """
    best, title = best_scenario(table), "No scenario earns more than it costs"
    judged = f" Profit at a margin of {percent(study.profit_margin or 1.0)}."
    if study.margin is None:
        judged = f" No margin was given: after its cost is {outcome(study)} less spend."
    if study.profit_margin is None:
        largest = table.loc[table["revenue_change"].idxmax()]
        amount = outcome_amount(largest["revenue_change"], study, signed=True)
        title = f"Most {outcome(study)}, whatever it costs: {largest['scenario']} ({amount})"
        judged = ""
    elif best is not None:
        profit = money(best["profit_change"], study.currency, signed=True)
        title = f"Highest estimate after its cost: {best['scenario']} ({profit})"
    shown = [
        f"{r.scenario} {outcome_amount(r.revenue_change, study, signed=True)}"
        for r in table.itertuples()
    ]
    return Picture(
        axes=_draw_changes(table, study),
        name="scenarios",
        title=title,
        caption=f"Change against the spend of the same weeks, carryover after them included; "
        f"lines: {percent(study.interval)} intervals.{judged} "
        f"Weeks: {window_of(weekly, study)}, unless the table says others.",
        alt=f"Change in {axis_name(study)}: {', '.join(shown)}.",
    )


def _draw_changes(table: pd.DataFrame, study: Study) -> Axes:
    _, ax = plt.subplots(figsize=(8, 1.3 + 0.55 * len(table)))
    position, change = np.arange(len(table)), table["revenue_change"]
    name = f"Change in {axis_name(study)}"
    ax.barh(position - 0.17, change, height=0.34, color=PALETTE[0], label=name)
    if study.data.value_is_known:  # units and money share no axis
        spent = table["spend_change"]
        ax.barh(position + 0.17, spent, height=0.34, color=MUTED, label="Extra spend")
    lines = np.column_stack([table["revenue_change_low"], table["revenue_change_high"]])
    for y, (low, high) in zip(position, lines, strict=True):
        ax.plot([low, high], [y - 0.17] * 2, color=INK, lw=1.5)
    ends = np.fmax(np.fmax(change, lines[:, 1]), 0)  # beyond bar and interval, where there is one
    for y, value, end in zip(position, change, ends, strict=True):
        ax.text(end, y - 0.17, f" {outcome_amount(value, study, signed=True)}", va="center")
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_yticks(position, table["scenario"])
    ax.invert_yaxis()
    ax.margins(x=0.14)
    ax.xaxis.set_major_formatter(money_axis(study.outcome_currency))
    ax.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax


def sentences(
    results: Sequence[ScenarioResult],
    table: pd.DataFrame,
    truth: Sequence[ScenarioResult],
    study: Study,
) -> str:
    """Report every scenario: change, profit, extrapolation and, where known, the truth of each.

    Parameters
    ----------
    results : sequence of ScenarioResult
        The scenarios, evaluated under the model.
    table : DataFrame
        Result of :func:`mmm.decide.scenario_table` for them.
    truth : sequence of ScenarioResult
        The same scenarios, evaluated under the truth; empty where it is not known.
    study : Study
        The study.
    """
    if not results:
        return "The study names no scenario: add `[[scenarios]]` to its study.toml."
    lines = []
    for index, (result, share) in enumerate(
        zip(results, table["revenue_change_pct"], strict=True)
    ):
        text = _changes(result, float(share), truth[index] if truth else None, study)
        text = f"**{result.name}**{_when(result, study)}: {text}."
        lines.append(f"{text}{_reliance(result.outside, study)}")
    return bullets(lines)


def _changes(
    result: ScenarioResult, share: float, real: ScenarioResult | None, study: Study
) -> str:
    """Write the change in revenue and, where it costs something, in profit, each with its truth.

    How sure a gain is belongs to the profit; without a cost that has the sign of the revenue.
    """
    profit = result.profit_change(study.profit_margin)
    size, sure = percent(share, signed=True, digits=1), sure_in_words(profit)
    costs = abs(result.spend_change) >= 1
    true_revenue = None if real is None else real.revenue_change
    notes = [size] if costs else [size, sure]
    text = _amount(result.revenue_change, f" {outcome(study)}", notes, true_revenue, study)
    if not costs:
        return text
    true_profit = None if real is None else real.profit_change(study.profit_margin)
    spend = money(result.spend_change, study.currency, signed=True)
    if study.profit_margin is None:
        return f"{text} for {spend} of spend"
    return f"{text} for {spend} of spend; after its cost " + _amount(
        profit, "", [sure], true_profit, study
    )


def _amount(
    draws: np.ndarray, noun: str, notes: list[str], true: np.ndarray | None, study: Study
) -> str:
    """Write an amount with its interval, what else there is to say of it, and its truth."""
    said = [interval_in_words(draws, study), *notes]
    if true is not None:
        said.append(f"the truth is {amount_in_words(true, study)}")
    inside = "; ".join(filter(None, said))
    return f"{amount_in_words(draws, study)}{noun}" + (f" ({inside})" if inside else "")


def _when(result: ScenarioResult, study: Study) -> str:
    """Name the weeks of a scenario that is not about the whole window."""
    if not result.is_future and len(result.weeks) == (study.window_weeks or len(result.weeks)):
        return ""
    return f" ({period(result.weeks)})"


def _reliance(outside: dict[str, OutOfRange], study: Study) -> str:
    """Say what a number relies on where spend leaves the observed range."""
    above = {c: f for c, f in outside.items() if f.weeks_above}
    below = {c: f for c, f in outside.items() if f.weeks_below and not f.weeks_above}
    text = ""
    for found, what in (
        (above, "the curve's form beyond what was ever spent"),
        (below, "the curve's form below the lowest week, which no data show"),
    ):
        if found:
            parts = [f"{study.labels[c]} {range_in_words(f)}" for c, f in found.items()]
            text += f" Relies on {what}: {listing(parts)}."
    return text


def forecast(
    table: pd.DataFrame, name: str, setting: Setting, study: Study, *, number: int
) -> Picture:
    """Show the expected revenue of future weeks under a plan and without it.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.decide.forecast`.
    name : str
        Name of the scenario.
    setting : Setting
        The future weeks and what is planned in them.
    study : Study
        The study.
    number : int
        Which of the study's forecasts it is: the figure is ``forecast_1`` and so on.
    """
    total, without = float(table["revenue"].sum()), float(table["without_plan"].sum())
    size = percent(total / without - 1, signed=True, digits=1)
    return Picture(
        axes=_draw_forecast(table, study),
        name=f"forecast_{number}",
        title=f"{name}: {outcome_amount(total, study)} {outcome(study)} expected, {size} against "
        f"a repeat of last year's spend",
        caption=f"Expected {outcome(study)} per week, {period(setting.plan.weeks)}; band: "
        f"{percent(study.interval)} interval of the expectation, weekly noise not included. "
        f"Baseline continued by trend, season, its last level and the planned controls; earlier "
        f"spend carries in. "
        f"These weeks alone: the table of scenarios counts the carryover after them, too.",
        alt=f"Line of weekly {outcome(study)} under the plan with its band, and a dashed line for "
        f"last year's spend repeated.",
    )


def _draw_forecast(table: pd.DataFrame, study: Study) -> Axes:
    _, ax = plt.subplots(figsize=(8, 3.4))
    if table["low"].notna().all():
        ax.fill_between(
            table["week"], table["low"], table["high"], color=PALETTE[0], alpha=0.18, lw=0
        )
    ax.plot(table["week"], table["revenue"], color=PALETTE[0], label="With the plan")
    ax.plot(
        table["week"],
        table["without_plan"],
        color=MUTED,
        ls=(0, (4, 3)),
        label="Last year's spend repeated",
    )
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(money_axis(study.outcome_currency))
    ax.set_ylabel(f"Expected {axis_name(study)} per week")
    ax.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1.0))
    ax.figure.autofmt_xdate(rotation=0, ha="center")
    return ax


def about_forecasts(study: Study, count: int) -> str:
    """Say what forecasts leave out, or how a study gets one.

    Parameters
    ----------
    study : Study
        The study.
    count : int
        Forecasts that were shown.
    """
    if count:
        return f"The actual {outcome(study)} of a week scatters around what is expected."
    return (
        "The study names no plan for future weeks: a scenario of kind `weekly` with a CSV `file` "
        "of dates, spend and controls adds one."
    )
