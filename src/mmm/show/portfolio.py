"""One budget over many series: the plan, its certificate and its words."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from mmm.findings import findings_table
from mmm.formatting import between, chance, money, percent, plural, ratio
from mmm.panel.budget import PortfolioPlan, best_budget, budget_certificate, budget_table
from mmm.panel.cells import Portfolio, portfolio_of
from mmm.panel.source import panel_truth
from mmm.panel.stored import StoredSeries
from mmm.show.panel import channel_name
from mmm.show.picture import Picture
from mmm.show.style import BASELINE_COLOR, PALETTE
from mmm.show.words import bullets
from mmm.show.workbook import Workbook

#: Moves that are listed.
LARGEST = 12


def budget(book: Workbook) -> None:
    """Show one budget over all series of a panel, from their stored models (notebook 05).

    Parameters
    ----------
    book : Workbook
        An open study; nothing is shown unless it has a ``[panel]`` table.
    """
    spec = book.study.panel
    if spec is None:
        return
    book.say("## One budget over all series")
    if not spec.fx:
        book.say(
            "Amounts of several currencies have no sum: give `[panel.fx]` the units of "
            f"{book.study.currency} per unit of each other currency."
        )
        return
    stored = StoredSeries.read(book.store)
    portfolio = gathered(stored, dict(spec.fx), book.study.currency, book.study.window_weeks)
    plan = best_budget(
        portfolio, max_change=book.study.optimize.max_change, held=held_cells(portfolio, stored)
    )
    table = budget_table(portfolio, plan)
    book.store.write_table("tables/panel_budget.csv", table)
    checks = budget_certificate(portfolio, plan)
    book.say(reading(portfolio, plan, book.study.optimize.max_change, book.study.interval))
    if (truth := panel_truth(book.study, book.store)) is not None:
        book.say(true_gain(table, truth, portfolio.currency))
    book.show(by_channel(table, portfolio.currency))
    book.show_table(
        findings_table(checks).drop(columns="remedy"),
        caption="Certificate of the budget over all series",
        name="panel_budget_certificate",
    )
    book.show_table(
        largest(table), caption=f"The {LARGEST} largest moves, in {portfolio.currency}"
    )


def gathered(
    stored: StoredSeries, fx: dict[str, float], currency: str, window_weeks: int
) -> Portfolio:
    """Return the cells of all series whose money no other series repeats."""
    own = {name: model for name, model in stored.models.items() if name not in stored.repeated}
    return portfolio_of(
        own, stored.weekly, stored.currencies, fx, currency=currency, window_weeks=window_weeks
    )


def held_cells(portfolio: Portfolio, stored: StoredSeries) -> np.ndarray:
    """Tell which cells stay as they are: a budget should not move on a grade D."""
    pairs = zip(portfolio.cells["series"], portfolio.cells["channel"], strict=True)
    return np.array([stored.grades[name][channel] == "D" for name, channel in pairs], dtype=bool)


def reading(portfolio: Portfolio, plan: PortfolioPlan, max_change: float, interval: float) -> str:
    """Say what the plan moves, what it gains and what it leaves out."""
    currency, cells = portfolio.currency, portfolio.cells
    tail = (1 - interval) / 2
    low, middle, high = np.quantile(plan.gain, [tail, 0.5, 1 - tail])
    moved = np.abs(plan.spend - portfolio.spend).sum() / 2
    held = int((plan.high <= plan.low + 0.01).sum())
    ends = between(float(low), float(high), lambda v: money(v, currency, signed=True))
    lines = [
        f"{money(plan.budget, currency)} on {plural(len(cells), 'cell')}: the channels of "
        f"{cells['series'].nunique()} series, converted to {currency}, each series over its own "
        f"last weeks; no cell moves by more than {percent(max_change)}.",
        f"The same total split better moves {money(moved, currency)} and adds "
        f"{money(float(middle), currency, signed=True)} of revenue ({percent(interval)}: {ends}; "
        f"{chance(float((plan.gain > 0).mean()))} sure of a gain). Where a cell is free to move "
        f"the next unit of money earns {ratio(plan.price)} everywhere.",
    ]
    if held:
        lines.append(f"{plural(held, 'cell')} graded D stay as they are.")
    lines.append(
        "All Territories series of brands whose countries are here as well are left out: their "
        "money would count twice. The expected gain decides, without a discount for risk. "
        "Exchange rates are those of the study; a campaign's minimum, contracts and stock are not "
        "known here."
    )
    return bullets(lines)


def true_gain(table: pd.DataFrame, truth: dict[str, Any], currency: str) -> str:
    """Value the moves at the twin's own marginal returns."""
    pairs = zip(table["series"], table["channel"], strict=True)
    marginal = np.array([truth[s]["channels"][c]["mroi"] for s, c in pairs])
    gain = float(marginal @ table["change"])
    return (
        f"**Beside the truth** of the twin: valued at the true return of the next unit, today's "
        f"slope for the whole move, the plan gains {money(gain, currency, signed=True)}."
    )


def largest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the largest moves, cells named for people."""
    order = table["change"].abs().sort_values(ascending=False, kind="stable").index[:LARGEST]
    shown = table.loc[order].drop(columns=["multiplier", "recommended_local", "at"])
    return shown.assign(series=shown["series"].str[:8], channel=shown["channel"].map(channel_name))


def by_channel(table: pd.DataFrame, currency: str) -> Picture:
    """Draw the total spend of each channel over all series, today and in the plan.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.panel.budget.budget_table`.
    currency : str
        The common currency.

    Returns
    -------
    Picture
        ``figures/panel_budget.svg``.
    """
    sums = table.groupby("channel")[["current_spend", "recommended_spend", "change"]].sum()
    sums = sums.sort_values("change")
    most, least = sums.iloc[-1], sums.iloc[0]
    return Picture(
        axes=_draw(sums, currency),
        name="panel_budget",
        title=f"Over all series {channel_name(str(most.name))} gains "
        f"{money(most['change'], currency)}, {channel_name(str(least.name))} gives "
        f"{money(-least['change'], currency)}",
        caption=f"Spend per channel, {plural(table['series'].nunique(), 'brand-territory pair')}, "
        f"last weeks of each, converted to {currency}: today (gray) and in the plan.",
        alt="Two bars per channel: today's spend and that of the plan, which differ by "
        f"{percent(float(np.abs(sums['change']).sum() / 2 / sums['current_spend'].sum()))} of "
        "the total.",
    )


def _draw(sums: pd.DataFrame, currency: str) -> Axes:
    _, axes = plt.subplots(figsize=(8, 0.7 * len(sums) + 1))
    rows = np.arange(len(sums))
    axes.barh(rows + 0.2, sums["current_spend"], 0.38, color=BASELINE_COLOR)
    axes.barh(rows - 0.2, sums["recommended_spend"], 0.38, color=PALETTE[0])
    axes.set_yticks(rows, [channel_name(str(name)) for name in sums.index])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: money(value, currency)))
    axes.set_xlabel("Spend")
    return axes
