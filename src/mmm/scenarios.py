"""What-if plans: a scenario of the study file becomes multipliers, and these become money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm.errors import InfeasibleError
from mmm.returns import Plan, summarize
from mmm.specs import Add, Multiply, Scenario, Shift

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ScenarioResult:
    """What a scenario would change over the window.

    Attributes
    ----------
    name : str
        Name of the scenario.
    multipliers : ndarray, shape (n_channels,)
        Factor on each channel's spend.
    spend_change : float
        Extra cost, currency; zero for a pure shift.
    revenue_change : ndarray, shape (n_draws,)
        Change in revenue, currency.
    beyond : dict of str to float
        Channels whose highest week would exceed the highest week ever seen, and by what factor.
    """

    name: str
    multipliers: Array
    spend_change: float
    revenue_change: Array
    beyond: dict[str, float]


def multipliers_of(scenario: Scenario, plan: Plan) -> Array:
    """Translate a scenario into a factor on each channel's spend in the window.

    Parameters
    ----------
    scenario : Scenario
        As written in the study file.
    plan : Plan
        The current plan.

    Returns
    -------
    ndarray, shape (n_channels,)
        Ones where nothing changes.

    Raises
    ------
    InfeasibleError
        If money should go to channels that spend nothing in the window.
    """
    spend = plan.total_spend.copy()
    position = {name: c for c, name in enumerate(plan.channels)}
    if isinstance(scenario, Multiply):
        spend[position[scenario.channel]] *= scenario.factor
        return _multipliers(spend, plan.total_spend)
    receivers = [position[name] for name in scenario.to]
    weight = plan.total_spend[receivers]
    if weight.sum() <= 0:
        raise InfeasibleError(
            f"scenario {scenario.name!r}: {', '.join(scenario.to)} spend nothing in the window, "
            f"so there is no weekly pattern to scale. Name a channel with spend."
        )
    if isinstance(scenario, Add):
        moved = scenario.amount
    else:
        source = position[scenario.source]
        moved = scenario.share * spend[source]
        spend[source] -= moved
    spend[receivers] += moved * weight / weight.sum()
    return _multipliers(spend, plan.total_spend)


def _multipliers(spend: Array, current: Array) -> Array:
    return np.where(current > 0, spend / _nonzero(current), 1.0)


def _nonzero(spend: Array) -> Array:
    return np.where(spend > 0, spend, 1.0)


def beyond_observed(plan: Plan, multipliers: Array) -> dict[str, float]:
    """Return the channels that a plan drives beyond their highest week so far.

    Parameters
    ----------
    plan : Plan
        The current plan.
    multipliers : ndarray, shape (n_channels,)
        Factor on each channel's spend.

    Returns
    -------
    dict of str to float
        Highest planned week over the highest observed week, where above one.
    """
    highest = plan.spend.max().to_numpy(float) * multipliers
    ratio = highest / _nonzero(plan.peak.to_numpy(float))
    return {name: float(r) for name, r in zip(plan.channels, ratio, strict=True) if r > 1 + 1e-9}


def evaluate(scenario: Scenario, plan: Plan) -> ScenarioResult:
    """Evaluate one scenario.

    Parameters
    ----------
    scenario : Scenario
        As written in the study file.
    plan : Plan
        The current plan.
    """
    multipliers = multipliers_of(scenario, plan)
    change_of_spend = plan.total_spend @ (multipliers - 1)
    change = plan.revenue(multipliers) - plan.revenue(np.ones_like(multipliers))
    return ScenarioResult(
        name=scenario.name,
        multipliers=multipliers,
        spend_change=0.0 if isinstance(scenario, Shift) else float(change_of_spend),
        revenue_change=change,
        beyond=beyond_observed(plan, multipliers),
    )


def scenario_table(
    results: list[ScenarioResult],
    *,
    revenue: float,
    interval: float,
    margin: float,
    labels: dict[str, str],
) -> pd.DataFrame:
    """Return one row per scenario.

    Parameters
    ----------
    results : list of ScenarioResult
        Evaluated scenarios.
    revenue : float
        Fitted revenue of the window, the base of the percent change.
    interval : float
        Central share of the intervals.
    margin : float
        Profit per unit of revenue.
    labels : dict of str to str
        Label per channel.

    Returns
    -------
    DataFrame
        Columns scenario, spend_change, revenue_change with low and high, revenue_change_pct,
        profit_change, p_gain, beyond_observed.
    """
    rows = []
    for result in results:
        low, median, high = summarize(result.revenue_change, interval)
        profit = result.revenue_change * margin - result.spend_change
        rows.append(
            {
                "scenario": result.name,
                "spend_change": result.spend_change,
                "revenue_change_low": low,
                "revenue_change": median,
                "revenue_change_high": high,
                "revenue_change_pct": median / revenue,
                "profit_change": float(np.median(profit)),
                "p_gain": float(np.mean(profit > 0)),
                "beyond_observed": "; ".join(
                    f"{labels[name]} {factor:.2f} times" for name, factor in result.beyond.items()
                ),
            }
        )
    return pd.DataFrame(rows)


def spend_table(results: list[ScenarioResult], plan: Plan) -> pd.DataFrame:
    """Return the spend of each channel under each scenario.

    Parameters
    ----------
    results : list of ScenarioResult
        Evaluated scenarios.
    plan : Plan
        The current plan.

    Returns
    -------
    DataFrame
        Columns channel, Today, then one per scenario; currency over the window.
    """
    columns = {"channel": plan.channels, "Today": plan.total_spend}
    columns |= {result.name: plan.total_spend * result.multipliers for result in results}
    return pd.DataFrame(columns)
