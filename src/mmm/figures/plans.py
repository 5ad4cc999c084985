"""Figures of scenarios and budget plans."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mmm.formatting import money
from mmm.style import INK, MUTED, PALETTE, channel_colors, money_axis


def plot_scenarios(scenarios: pd.DataFrame, currency: str) -> Axes:
    """Draw the change in revenue of each scenario beside its extra cost.

    Parameters
    ----------
    scenarios : DataFrame
        Result of :func:`mmm.scenarios.scenario_table`.
    currency : str
        ISO code.
    """
    _, ax = plt.subplots(figsize=(8, 1.3 + 0.55 * len(scenarios)))
    position = np.arange(len(scenarios))
    change = scenarios["revenue_change"]
    ax.barh(position - 0.17, change, height=0.34, color=PALETTE[0], label="Change in revenue")
    ax.barh(
        position + 0.17, scenarios["spend_change"], height=0.34, color=MUTED, label="Extra spend"
    )
    lines = np.column_stack([scenarios["revenue_change_low"], scenarios["revenue_change_high"]])
    for y, (low, high) in zip(position, lines, strict=True):
        ax.plot([low, high], [y - 0.17] * 2, color=INK, lw=1.5)
    ends = np.fmax(np.fmax(change, lines[:, 1]), 0)  # beyond bar and interval, where there is one
    for y, value, end in zip(position, change, ends, strict=True):
        ax.text(end, y - 0.17, f" {money(value, currency, signed=True)}", va="center")
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_yticks(position, scenarios["scenario"])
    ax.invert_yaxis()
    ax.margins(x=0.14)
    ax.xaxis.set_major_formatter(money_axis(currency))
    ax.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax


def plot_allocation(table: pd.DataFrame, labels: dict[str, str], currency: str) -> Axes:
    """Draw current against recommended spend per channel, with the bounds.

    Parameters
    ----------
    table : DataFrame
        Columns channel, current_spend, recommended_spend, lower_bound, upper_bound.
    labels : dict of str to str
        Label per channel.
    currency : str
        ISO code.
    """
    colors = channel_colors(list(labels))
    _, ax = plt.subplots(figsize=(8, 1.2 + 0.5 * len(table)))
    for position, row in table.reset_index(drop=True).iterrows():
        color = colors[row["channel"]]
        ax.plot(
            [row["lower_bound"], row["upper_bound"]],
            [position] * 2,
            color="#dddddd",
            lw=9,
            zorder=1,
        )
        ax.annotate(
            "",
            xy=(row["recommended_spend"], position),
            xytext=(row["current_spend"], position),
            arrowprops={
                "arrowstyle": "-|>",
                "color": color,
                "lw": 2.2,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
        ax.plot(row["current_spend"], position, "o", mec=color, mfc="white", ms=8, zorder=3)
        ax.plot(row["recommended_spend"], position, "o", color=color, ms=8, zorder=4)
    ax.plot([], [], "o", mec=MUTED, mfc="white", ms=8, label="Today")
    ax.plot([], [], "o", color=MUTED, ms=8, label="Recommended")
    ax.plot([], [], color="#dddddd", lw=9, label="Allowed range")
    ax.set_yticks(range(len(table)), [labels[c] for c in table["channel"]])
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter(money_axis(currency))
    ax.set_xlabel("Spend in the window")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax


def plot_plan_gains(plans: pd.DataFrame, currency: str) -> Axes:
    """Draw the median gain of the optimum beside other plans, with intervals.

    Parameters
    ----------
    plans : DataFrame
        Result of :func:`mmm.optimization.compare`.
    currency : str
        ISO code.
    """
    _, ax = plt.subplots(figsize=(8, 1.0 + 0.42 * len(plans)))
    colors = [PALETTE[0] if i == 0 else "#b8bec6" for i in range(len(plans))]
    ax.barh(list(plans["plan"]), plans["gain"], color=colors, height=0.6)
    for position, row in enumerate(plans.itertuples()):
        ax.plot([row.gain_low, row.gain_high], [position] * 2, color=INK, lw=1.3)
        end = np.nanmax([row.gain, row.gain_high, 0])
        text = f" {money(row.gain, currency, signed=True)}"
        ax.text(end, position, text, va="center", fontsize=9)
    ax.axvline(0, color=INK, lw=0.8)
    ax.invert_yaxis()
    ax.margins(x=0.16)
    ax.xaxis.set_major_formatter(money_axis(currency))
    ax.set_xlabel("Change in revenue against today's plan")
    return ax


def plot_frontier(table: pd.DataFrame, currency: str) -> Axes:
    """Draw what the best plan of each budget gains, with today's total and today's split.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.optimization.frontier`.
    currency : str
        ISO code.
    """
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
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(money_axis(currency))
    ax.set_xlabel("Budget over the window")
    ax.set_ylabel("Change in revenue")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax


def plot_forecast(table: pd.DataFrame, currency: str) -> Axes:
    """Draw the expected revenue of future weeks under a plan and without it.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.scenarios.forecast`.
    currency : str
        ISO code.
    """
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
    ax.yaxis.set_major_formatter(money_axis(currency))
    ax.set_ylabel("Expected revenue per week")
    ax.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1.0))
    ax.figure.autofmt_xdate(rotation=0, ha="center")
    return ax
