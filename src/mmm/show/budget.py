"""Notebook 07: figures and sentences about budget plans, and what they rest on."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mmm.decide.optimize import OptimalPlan
from mmm.decide.plan import Plan
from mmm.decide.recommend import worth_moving
from mmm.findings import Finding
from mmm.formatting import listing, money, percent
from mmm.show.measures import in_returns, unit_name
from mmm.show.picture import Picture
from mmm.show.plan_words import TRIFLE
from mmm.show.style import INK, MUTED, PALETTE, channel_colors, money_axis
from mmm.show.words import (
    amount_in_words,
    axis_name,
    interval_in_words,
    outcome,
    outcome_amount,
    promises,
)
from mmm.study.study import Study

#: What the optimum is, by the name of its objective.
OBJECTIVE_WORDS = {
    "cautious": "The optimum maximizes the mean gain over the draws, with more weight on the "
    "worse ones.",
    "mean": "The optimum maximizes the expected gain.",
    "p10": "The optimum maximizes the tenth percentile of the gain.",
}


def allocation(table: pd.DataFrame, optimal: OptimalPlan, study: Study) -> Picture:
    """Show current against recommended spend per channel, with the bounds.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.decide.recommendation_table`.
    optimal : OptimalPlan
        The optimum that it recommends.
    study : Study
        The study.

    Returns
    -------
    Picture
        ``figures/allocation.svg``.
    """
    moved = float(table["change"].clip(lower=0).sum())
    gain = optimal.best.gain
    title = "No move within the limits is sure enough to beat today's split"
    if worth_moving(table["change"], optimal.budget):
        title = (
            f"Moving {money(moved, study.currency)} {promises(gain, study)} "
            f"{amount_in_words(gain, study)} "
            f"{outcome(study)} at the same budget"
        )
    shown = ", ".join(
        f"{study.labels[r.channel]} {percent(r.change_pct, signed=True)}"
        for r in table.itertuples()
        if r.current_spend > 0
    )
    interval = interval_in_words(gain, study)
    return Picture(
        axes=_draw_allocation(table, study),
        name="allocation",
        title=title,
        caption=f"Spend over the window at a fixed total of "
        f"{money(optimal.budget, study.currency)}; grey: allowed range."
        + (f" Gain: median, {interval}." if interval else "")
        + _kept_at_zero(table, study),
        alt=f"Arrows from today's to the recommended spend: {shown}.",
    )


def _kept_at_zero(table: pd.DataFrame, study: Study) -> str:
    """Say which channels get nothing because nothing was bought that a plan could scale."""
    names = [study.labels[c] for c in table.loc[table["current_spend"] <= 0, "channel"]]
    return f" Not bought in the window, so kept at zero: {listing(names)}." if names else ""


def _draw_allocation(table: pd.DataFrame, study: Study) -> Axes:
    _, ax = plt.subplots(figsize=(8, 1.2 + 0.5 * len(table)))
    colors = channel_colors(study.channel_names)
    for position, row in table.reset_index(drop=True).iterrows():
        _draw_move(ax, float(str(position)), row, colors[row["channel"]])
    ax.plot([], [], "o", mec=MUTED, mfc="white", ms=8, label="Today")
    ax.plot([], [], "o", color=MUTED, ms=8, label="Recommended")
    ax.plot([], [], color="#dddddd", lw=9, label="Allowed range")
    ax.set_yticks(range(len(table)), [study.labels[c] for c in table["channel"]])
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter(money_axis(study.currency))
    ax.set_xlabel("Spend in the window")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax


def _draw_move(ax: Axes, y: float, row: pd.Series, color: str) -> None:
    """Draw the bounds of a channel and an arrow from its current to its recommended spend."""
    now, then = row["current_spend"], row["recommended_spend"]
    ax.plot([row["lower_bound"], row["upper_bound"]], [y, y], color="#dddddd", lw=9, zorder=1)
    arrow = {"arrowstyle": "-|>", "color": color, "lw": 2.2, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", xy=(then, y), xytext=(now, y), arrowprops=arrow)
    ax.plot(now, y, "o", mec=color, mfc="white", ms=8, zorder=3)
    ax.plot(then, y, "o", color=color, ms=8, zorder=4)


def plan_gains(plans: pd.DataFrame, study: Study) -> Picture:
    """Show the median gain of the optimum beside other plans, with intervals.

    Parameters
    ----------
    plans : DataFrame
        Result of :func:`mmm.decide.compare`.
    study : Study
        The study.

    Returns
    -------
    Picture
        ``figures/plan_gains.svg``.
    """
    gains = plans.set_index("plan")["gain"]
    best = outcome_amount(gains["Optimum"], study, signed=True)
    rules = gains[["ROI-proportional", "Equal split"]]
    rule = outcome_amount(float(rules.max()), study, signed=True)
    shown = ", ".join(f"{n} {outcome_amount(v, study, signed=True)}" for n, v in gains.items())
    return Picture(
        axes=_draw_plan_gains(plans, study),
        name="plan_gains",
        title=f"The optimum against simple rules: {best} against {rule} for the best of them",
        caption=f"Median change in {outcome(study)} against today's plan at the same total and "
        f"limits; lines: {percent(study.interval)} intervals. "
        f"{OBJECTIVE_WORDS[study.optimize.objective]}",
        alt=f"Bars: {shown}.",
    )


def _draw_plan_gains(plans: pd.DataFrame, study: Study) -> Axes:
    _, ax = plt.subplots(figsize=(8, 1.0 + 0.42 * len(plans)))
    colors = [PALETTE[0] if i == 0 else "#b8bec6" for i in range(len(plans))]
    ax.barh(list(plans["plan"]), plans["gain"], color=colors, height=0.6)
    for position, row in enumerate(plans.itertuples()):
        ax.plot([row.gain_low, row.gain_high], [position] * 2, color=INK, lw=1.3)
        end = np.nanmax([row.gain, row.gain_high, 0])
        text = f" {outcome_amount(row.gain, study, signed=True)}"
        ax.text(end, position, text, va="center", fontsize=9)
    ax.axvline(0, color=INK, lw=0.8)
    ax.invert_yaxis()
    ax.margins(x=0.16)
    ax.xaxis.set_major_formatter(money_axis(study.outcome_currency))
    ax.set_xlabel(f"Change in {axis_name(study)} against today's plan")
    return ax


def frontier(table: pd.DataFrame, study: Study) -> Picture:
    """Show what the best plan of each budget gains, with today's total and today's split.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.decide.frontier`.
    study : Study
        The study.

    Returns
    -------
    Picture
        ``figures/frontier.svg``.
    """
    low, high = table.iloc[0], table.iloc[-1]
    points = table.iloc[:: max(len(table) // 4, 1)][["budget", "revenue_change"]]
    shown = [
        f"{money(budget, study.currency)} {outcome_amount(change, study, signed=True)}"
        for budget, change in points.itertuples(index=False)
    ]
    return Picture(
        axes=_draw_frontier(table, study),
        name="frontier",
        title=f"{_next_unit(study)} {in_returns(low['next_unit'], study)} at "
        f"{money(low['budget'], study.currency)} and {in_returns(high['next_unit'], study)} at "
        f"{money(high['budget'], study.currency)}",
        caption=f"Median change in {outcome(study)} of the best plan of each budget within the "
        f"limits, against today's plan; band: {percent(study.interval)} interval. The next unit "
        f"is the slope of the expected (mean) change. Dot: today's total, best split; cross: "
        f"today's split.",
        alt=f"Curve that rises and flattens with the budget: {', '.join(shown)}.",
    )


def _next_unit(study: Study) -> str:
    """Begin the sentence on what more money is expected to do."""
    if study.data.value_is_known:
        return "The next unit of budget is expected to earn"
    return f"The next {unit_name(study)} is expected to cost"


def _draw_frontier(table: pd.DataFrame, study: Study) -> Axes:
    _, ax = plt.subplots(figsize=(8, 3.9))
    low, high = table["revenue_change_low"], table["revenue_change_high"]
    if low.notna().all():
        ax.fill_between(table["budget"], low, high, color=PALETTE[0], alpha=0.18, lw=0)
    ax.plot(table["budget"], table["revenue_change"], color=PALETTE[0], label="Best split")
    today = table[table["is_today"]]
    ax.plot(today["budget"], today["revenue_change"], "o", color=INK, ms=7, label="Today's total")
    ax.plot(
        today["budget"], [0.0] * len(today), "x", color=INK, ms=8, mew=2, label="Today's split"
    )
    ax.axhline(0, color=INK, lw=0.8)
    ax.xaxis.set_major_formatter(money_axis(study.currency))
    ax.yaxis.set_major_formatter(money_axis(study.outcome_currency))
    ax.set_xlabel("Budget over the window")
    ax.set_ylabel(f"Change in {axis_name(study)}")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax


def extra_money(plan: Plan, optimal: OptimalPlan, extra: OptimalPlan, study: Study) -> str:
    """Say where extra money would go and what it would add.

    Parameters
    ----------
    plan : Plan
        The current plan.
    optimal : OptimalPlan
        The best plan of today's total.
    extra : OptimalPlan
        The best plan of a larger total.
    study : Study
        The study.
    """
    amount = extra.budget - float(plan.total_spend.sum())
    up = pd.Series(extra.best.spend - plan.total_spend, index=plan.channels).nlargest(2)
    raised = [
        f"{study.labels[str(name)]} ({money(more, study.currency, signed=True)})"
        for name, more in up[up >= max(1.0, TRIFLE * up.sum())].items()
    ]
    text = (
        f"With {money(amount, study.currency)} more over the window, the best plan adds "
        f"{amount_in_words(extra.best.gain, study, signed=False)} of {outcome(study)} against "
        f"today, before its cost"
    )
    if worth_moving(optimal.best.spend - plan.total_spend, optimal.budget):
        own = amount_in_words(extra.best.gain - optimal.best.gain, study, signed=False)
        text += f"; {own} of it is due to the money, the rest to the better split"
    text += "."
    return f"{text} The largest increases: {listing(raised)}." if raised else text


def certified(checks: list[Finding]) -> str:
    """Say whether all lines of a certificate pass.

    Parameters
    ----------
    checks : list of Finding
        Result of :func:`mmm.decide.certificate`.
    """
    failed = [f"{f.check} ({f.finding})" for f in checks if f.status != "PASS"]
    if not failed:
        return f"Certificate of this plan: all {len(checks)} lines PASS."
    return f"Certificate of this plan: FAIL in {listing(failed)}."
