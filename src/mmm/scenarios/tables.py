"""Tables of evaluated scenarios."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.formatting import ratio
from mmm.returns import chance_of_gain, summarize
from mmm.scenarios.play import OutOfRange, ScenarioResult


def scenario_table(
    results: list[ScenarioResult], *, interval: float, margin: float, labels: dict[str, str]
) -> pd.DataFrame:
    """Return one row per scenario.

    Parameters
    ----------
    results : list of ScenarioResult
        Evaluated scenarios.
    interval : float
        Central share of the intervals.
    margin : float
        Profit per unit of revenue.
    labels : dict of str to str
        Label per channel.

    Returns
    -------
    DataFrame
        Columns scenario, weeks, spend_change, kpi_change (in every row or in none: where the
        KPI counts units) and revenue_change (medians) with low and high, revenue_change_pct of
        the expected revenue, profit_change, p_gain (of profit; empty for a point estimate),
        beyond_observed.
    """
    rows, in_units = [], any(_is_in_units(result) for result in results)
    for result in results:
        profit = result.profit_change(margin)
        row: dict[str, object] = {
            "scenario": result.name,
            "weeks": f"{result.weeks[0]:%Y-%m-%d} to {result.weeks[-1]:%Y-%m-%d}",
            "spend_change": result.spend_change,
        }
        changes = {"kpi_change": result.kpi_change} if in_units else {}
        changes["revenue_change"] = result.revenue_change
        for key, draws in changes.items():
            low, median, high = summarize(draws, interval)
            row |= {f"{key}_low": low, key: median, f"{key}_high": high}
        row |= {
            "revenue_change_pct": float(np.median(result.revenue_change)) / result.base_revenue,
            "profit_change": float(np.median(profit)),
            "p_gain": chance_of_gain(profit),
            "beyond_observed": "; ".join(
                f"{labels[name]} {range_in_words(flag)}" for name, flag in result.outside.items()
            ),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def _is_in_units(result: ScenarioResult) -> bool:
    """Tell whether a unit of the KPI is worth something else than one unit of money."""
    return not np.allclose(result.kpi_change, result.revenue_change, rtol=1e-9)


def range_in_words(flag: OutOfRange) -> str:
    """Say how far planned spend leaves the observed range, and for how long.

    Examples
    --------
    >>> range_in_words(OutOfRange(above=1.4, weeks_above=3, below=1.0, weeks_below=0))
    '1.40 times its highest week in 3 weeks'
    """
    parts = []
    if flag.weeks_above:
        weeks = f"{flag.weeks_above} week{'s' if flag.weeks_above > 1 else ''}"
        parts.append(f"{ratio(flag.above)} times its highest week in {weeks}")
    if flag.weeks_below:
        weeks = f"{flag.weeks_below} week{'s' if flag.weeks_below > 1 else ''}"
        parts.append(f"{ratio(flag.below)} times its lowest week in {weeks}")
    return " and ".join(parts)


def spend_table(results: list[ScenarioResult], channels: list[str]) -> pd.DataFrame:
    """Return the change in each channel's spend under each scenario.

    Parameters
    ----------
    results : list of ScenarioResult
        Evaluated scenarios.
    channels : list of str
        Names of the channels.

    Returns
    -------
    DataFrame
        Columns channel, then one per scenario; currency over its weeks.
    """
    return pd.DataFrame({"channel": channels} | {r.name: r.spend_by_channel for r in results})
