"""Around the optimum: other budgets, the price of caution, and the optimizer's luck."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.decide.limits import CENT, Limits, as_limits
from mmm.decide.optimize import OptimalPlan, optimize
from mmm.decide.plan import Plan
from mmm.decide.returns import chance_of_gain, summarize
from mmm.decide.search import DEFAULT, OBJECTIVES, Search, Surrogate, nonzero
from mmm.errors import require_choice
from mmm.study.schema import ObjectiveName


@dataclass(frozen=True)
class Budgets:
    """The best plans of a row of budgets, without the certificate that one optimum gets."""

    task: Search  #: The search; its budget is replaced.
    surrogate: Surrogate  #: Fast surrogate of the plan.

    @classmethod
    def of(cls, plan: Plan, limits: Limits, objective: ObjectiveName) -> Budgets:
        """Set the searches up."""
        require_choice(objective, OBJECTIVES, "objective")
        today = plan.revenue(np.ones(len(plan.channels)))
        task = Search(plan, limits.in_money(plan), objective, today, None)
        return cls(task, Surrogate.of(plan, *np.transpose(limits.bounds)))

    def best(self, budget: float, near: Array) -> Array:
        """Return the best plan of one budget, from a few starts on the surrogate.

        Parameters
        ----------
        budget : float
            Total, currency.
        near : ndarray, shape (n_channels,)
            A plan to start from, besides today's and the middle of the bounds.
        """
        task, fast = replace(self.task, budget=budget), self.surrogate.revenue_and_slope
        feasible = task.feasible
        targets = [near, task.plan.total_spend, (feasible.low + feasible.high) / 2]
        scaled = [target * budget / max(target.sum(), CENT) for target in targets]
        found = [task.climb(feasible.project(target, budget), fast) for target in scaled]
        return max(found, key=lambda spend: task.score(spend, fast)[0])

    def free(self, price: float) -> Array:
        """Return the plan whose next unit of money earns a price, the total being free."""
        task, fast = replace(self.task, price=price), self.surrogate.revenue_and_slope
        least, most = task.feasible.totals()
        starts = [self.best(total, task.plan.total_spend) for total in np.linspace(least, most, 5)]
        found = [task.climb(start, fast) for start in starts]
        return max(found, key=lambda spend: task.score(spend, fast)[0])


def frontier(
    plan: Plan,
    limits: Limits | Iterable[tuple[float, float]],
    *,
    points: int = 20,
    objective: ObjectiveName = DEFAULT,
    interval: float = 0.90,
    margin: float | None = 1.0,
) -> pd.DataFrame:
    """Return the best plan of every budget that the limits allow, with today's among them.

    Parameters
    ----------
    plan : Plan
        The current plan.
    limits : Limits or iterable of (float, float)
        As for :func:`mmm.decide.optimize.optimize`.
    points : int, default 20
        Budgets, evenly spaced, besides today's.
    objective : {"cautious", "mean", "p10"}, default "cautious"
        As for :func:`mmm.decide.optimize.optimize`.
    interval : float, default 0.90
        Central share of the interval.
    margin : float or None, default 1.0
        Profit per unit of revenue; None where the value of a unit of the KPI is not known.

    Returns
    -------
    DataFrame
        Columns budget, is_today, revenue_change (median, against today's plan) with low and
        high, next_unit (slope of the mean change), total_roi (mean, of all media),
        p_gain (of the profit against today's plan, the change in budget paid for).
    """
    budgets = Budgets.of(plan, as_limits(limits), objective)
    now = round(float(plan.total_spend.sum()), 2)
    nothing = plan.revenue(np.zeros(len(plan.channels)))
    near, rows, expected = plan.total_spend, [], []
    for total in _totals(budgets, now, points):
        near = budgets.best(float(total), near)
        revenue = plan.revenue(near / nonzero(plan.total_spend))
        gain = revenue - budgets.task.today
        expected.append(float(gain.mean()))
        rows.append(
            {
                "budget": total,
                "is_today": bool(abs(total - now) < CENT),
                **_change(gain, interval),
                "total_roi": float((revenue - nothing).mean()) / total,
                "p_gain": np.nan
                if margin is None
                else chance_of_gain(gain * margin - (total - now)),
            }
        )
    table = pd.DataFrame(rows)
    slope = np.gradient(expected, table["budget"]) if len(table) > 1 else np.nan
    table.insert(5, "next_unit", slope)
    return table


def _change(gain: Array, interval: float) -> dict[str, float]:
    low, median, high = summarize(gain, interval)
    return {"revenue_change_low": low, "revenue_change": median, "revenue_change_high": high}


def _totals(budgets: Budgets, now: float, points: int) -> Array:
    """Return evenly spaced budgets from the least to the most allowed, and today's if allowed."""
    least, most = budgets.task.feasible.totals()
    grid = np.linspace(max(least, CENT), most, points)
    totals = grid[np.abs(grid - now) > CENT]
    allowed = least - CENT <= now <= most + CENT
    return np.sort(np.append(totals, now)) if allowed else totals


def extra_budget(
    plan: Plan, limits: Limits | Iterable[tuple[float, float]], add: float | None
) -> float:
    """Return the total of the plan with more money.

    Parameters
    ----------
    plan : Plan
        The current plan.
    limits : Limits or iterable of (float, float)
        Lowest and highest multiplier of each channel's current spend, and shares of groups.
    add : float or None
        Money to add, currency; None adds a tenth of the current spend.

    Returns
    -------
    float
        Current spend plus the addition, at most what the limits allow.
    """
    current = float(plan.total_spend.sum())
    _, most = as_limits(limits).in_money(plan).totals()
    return min(current + (0.1 * current if add is None else add), most)


@dataclass(frozen=True)
class Optimism:
    """What of a promise is the optimizer's luck."""

    promised: float  #: Expected gain, on the draws that chose the plan; mean of both halves.
    kept: float  #: Expected gain of the same plans on the draws that did not choose them.

    @property
    def share(self) -> float:
        """Luck as a share of the promise; zero where nothing is promised."""
        return (self.promised - self.kept) / self.promised if self.promised > 0 else 0.0


def optimism(
    plan: Plan,
    limits: Limits | Iterable[tuple[float, float]],
    *,
    rng: np.random.Generator,
    budget: float | None = None,
    objective: ObjectiveName = DEFAULT,
) -> Optimism | None:
    """Optimize on half of the draws and judge the plan on the other half, both ways.

    Parameters
    ----------
    plan : Plan
        The current plan.
    limits : Limits or iterable of (float, float)
        As for :func:`mmm.decide.optimize.optimize`.
    rng : Generator
        Splits the draws.
    budget : float, optional
        Total; the current one by default.
    objective : {"cautious", "mean", "p10"}, default "cautious"
        As for :func:`mmm.decide.optimize.optimize`.

    Returns
    -------
    Optimism or None
        None for a point estimate, which has no draws to split.

    Notes
    -----
    An optimizer picks what its draws overrate. This measures the part of that which is due to the
    draws; errors that all draws share (a wrong form, a hidden cause) stay in both halves.
    """
    n_draws = plan.model.n_draws
    if n_draws < 4:
        return None
    order, limits = rng.permutation(n_draws), as_limits(limits)
    halves = [plan.take(np.sort(order[k::2])) for k in (0, 1)]
    total = round(float(plan.total_spend.sum()), 2) if budget is None else budget
    ones = np.ones(len(plan.channels))
    promised: list[float] = []
    kept: list[float] = []
    for chooser, judge in (halves, halves[::-1]):
        spend = Budgets.of(chooser, limits, objective).best(total, plan.total_spend)
        multipliers = spend / nonzero(plan.total_spend)
        for half, gains in ((chooser, promised), (judge, kept)):
            gains.append(float((half.revenue(multipliers) - half.revenue(ones)).mean()))
    return Optimism(float(np.mean(promised)), float(np.mean(kept)))


def without_caution(
    plan: Plan,
    limits: Limits | Iterable[tuple[float, float]],
    *,
    rng: np.random.Generator,
    objective: ObjectiveName = DEFAULT,
    starts: int = 8,
) -> OptimalPlan:
    """Return the optimum within limits twice as wide: what the limits cost, and where they bind.

    Parameters
    ----------
    plan : Plan
        The current plan.
    limits : Limits or iterable of (float, float)
        The limits that are to be priced.
    rng : Generator
        Draws the starting points.
    objective : {"cautious", "mean", "p10"}, default "cautious"
        As for :func:`mmm.decide.optimize.optimize`.
    starts : int, default 8
        Starting points.
    """
    wide = as_limits(limits).wider()
    return optimize(plan, wide, rng=rng, objective=objective, starts=starts)


def at_limits(plan: Plan, optimal: OptimalPlan) -> list[str]:
    """Return the channels that the limits stop: at a bound that is not today's spend."""
    spend, today = optimal.best.spend, plan.total_spend
    at_low = np.isclose(spend, optimal.low, atol=1) & (optimal.low < today)
    at_high = np.isclose(spend, optimal.high, atol=1) & (optimal.high > today)
    return [plan.channels[c] for c in np.flatnonzero(at_low | at_high)]
