"""Budget allocation by SciPy's SLSQP, and the certificate that proves each plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize

from mmm.errors import InfeasibleError
from mmm.findings import Finding
from mmm.returns import Plan, mroi

Array = NDArray[np.float64]

CENT = 0.01


@dataclass(frozen=True)
class Allocation:
    """A budget plan: money per channel over the window, summing to the budget to the cent.

    Attributes
    ----------
    spend : ndarray, shape (n_channels,)
        Currency over the window.
    multipliers : ndarray, shape (n_channels,)
        The same as a factor on the current spend.
    gain : ndarray, shape (n_draws,)
        Revenue against the current plan, currency.
    """

    spend: Array
    multipliers: Array
    gain: Array


@dataclass(frozen=True)
class OptimalPlan:
    """The best allocation, what it is compared with, and the evidence that it is the best.

    Attributes
    ----------
    budget : float
        Total to spend over the window, currency.
    low, high : ndarray, shape (n_channels,)
        Bounds per channel, currency over the window.
    best, roi_proportional, equal_split : Allocation
        The optimum and two simple rules, each projected into the bounds.
    kkt_residual : float
        Spread of the marginal revenue over the channels free to move, relative to its size.
    starts_agreeing, starts : int
        How many starts reached the best value, of how many.
    """

    budget: float
    low: Array
    high: Array
    best: Allocation
    roi_proportional: Allocation
    equal_split: Allocation
    kkt_residual: float
    starts_agreeing: int
    starts: int


def project(target: ArrayLike, low: ArrayLike, high: ArrayLike, total: float) -> Array:
    """Return the plan nearest to a target that meets the total within the bounds.

    Parameters
    ----------
    target : array_like, shape (n_channels,)
        Wished spend.
    low, high : array_like, shape (n_channels,)
        Bounds.
    total : float
        Sum to meet, between the sums of the bounds.

    Notes
    -----
    The Euclidean projection shifts every channel by the same amount and clips.

    Examples
    --------
    >>> project([5.0, 5.0], [0, 0], [4, 10], 10.0)
    array([4., 6.])
    """
    wish, floor, cap = (np.asarray(values, dtype=float) for values in (target, low, high))

    def excess(shift: float) -> float:
        return float(np.clip(wish + shift, floor, cap).sum() - total)

    down, up = float((floor - wish).min()) - 1.0, float((cap - wish).max()) + 1.0
    if excess(up) <= 0:
        return cap.copy()
    if excess(down) >= 0:
        return floor.copy()
    return np.clip(wish + brentq(excess, down, up, xtol=1e-12, rtol=1e-14), floor, cap)


def to_cents(spend: Array, low: Array, high: Array, total: float) -> Array:
    """Round a plan to cents so that it still sums to the total and keeps its bounds.

    Parameters
    ----------
    spend : ndarray, shape (n_channels,)
        Plan that meets total and bounds.
    low, high : ndarray, shape (n_channels,)
        Bounds.
    total : float
        Sum to meet, in whole cents.
    """
    floor, cap = np.ceil(low / CENT - 1e-6), np.floor(high / CENT + 1e-6)
    cents = np.clip(np.floor(spend / CENT + 1e-6), floor, np.maximum(cap, floor))
    missing = round(total / CENT) - int(cents.sum())
    order = np.argsort(-(spend / CENT - cents), kind="stable")
    for slack in (0, 1):  # bounds that are no whole cents may give way by less than one
        for channel in order:
            room_up = max(cap[channel] + slack - cents[channel], 0)
            room_down = min(floor[channel] - slack - cents[channel], 0)
            step = int(np.clip(missing, room_down, room_up))
            cents[channel] += step
            missing -= step
    return np.asarray(cents * CENT)


def optimize(
    plan: Plan,
    bounds: list[tuple[float, float]],
    *,
    rng: np.random.Generator,
    budget: float | None = None,
    starts: int = 8,
) -> OptimalPlan:
    """Find the allocation with the highest expected revenue at a fixed total.

    Parameters
    ----------
    plan : Plan
        The current plan.
    bounds : list of (float, float)
        Lowest and highest multiplier of each channel's current spend.
    rng : Generator
        Draws the starting points.
    budget : float, optional
        Total over the window, currency; the current total by default.
    starts : int, default 8
        Starting points: the current plan and the two simple rules, then random plans within
        the bounds; as many again around the optimum where only one of them reached it.

    Returns
    -------
    OptimalPlan
        With everything its certificate needs.

    Raises
    ------
    InfeasibleError
        If the bounds cannot add up to the budget; the message says what could.

    Notes
    -----
    Maximizes the mean over draws, never a plug-in of mean parameters, by SLSQP with analytic
    gradients (Kraft 1988). The problem need not be convex, hence the several starts.
    """
    current = plan.total_spend
    limits = np.array(bounds, dtype=float)
    low, high = limits[:, 0] * current, limits[:, 1] * current
    total = round(float(current.sum() if budget is None else budget), 2)
    _require_feasible(low, high, total)
    reference = plan.revenue(np.ones(len(current)))
    rules = [current, plan_by_roi(plan, total), np.full(len(current), total / len(current))]
    wishes = rules + [rng.uniform(low, high) for _ in range(starts - len(rules))]
    points = [project(wish, low, high, total) for wish in wishes]
    found = [_climb(plan, point, low, high, total) for point in points]
    best, agreeing = _best_of(plan, found)
    if agreeing < 2:  # a rare optimum: does the climb find it again from its surroundings?
        nearby = [0.8 * best + 0.2 * rng.uniform(low, high) for _ in range(starts)]
        near = [project(point, low, high, total) for point in nearby]
        found += [_climb(plan, point, low, high, total) for point in near]
        best, agreeing = _best_of(plan, found)

    def allocation(spend: Array) -> Allocation:
        cents = to_cents(spend, low, high, total)
        multipliers = cents / _nonzero(current)
        return Allocation(cents, multipliers, plan.revenue(multipliers) - reference)

    return OptimalPlan(
        budget=total,
        low=low,
        high=high,
        best=allocation(best),
        roi_proportional=allocation(points[1]),
        equal_split=allocation(points[2]),
        kkt_residual=_kkt_residual(plan, best, low, high),
        starts_agreeing=agreeing,
        starts=len(found),
    )


def extra_budget(plan: Plan, bounds: list[tuple[float, float]], add: float | None) -> float:
    """Return the total of the plan with more money.

    Parameters
    ----------
    plan : Plan
        The current plan.
    bounds : list of (float, float)
        Lowest and highest multiplier of each channel's current spend.
    add : float or None
        Money to add, currency; None adds a tenth of the current spend.

    Returns
    -------
    float
        Current spend plus the addition, at most what the bounds allow.
    """
    current = plan.total_spend
    wanted = 0.1 * current.sum() if add is None else add
    most = sum(high * spend for (_, high), spend in zip(bounds, current, strict=True))
    return float(min(current.sum() + wanted, most))


def _best_of(plan: Plan, found: list[Array]) -> tuple[Array, int]:
    """Return the best plan, and how many plans are as good."""
    values = np.array([_mean_revenue(plan, spend) for spend in found])
    close = values >= values.max() - 1e-4 * abs(values.max())
    return found[int(values.argmax())], int(close.sum())


def plan_by_roi(plan: Plan, total: float) -> Array:
    """Share a total in proportion to each channel's average ROI: the common rule of thumb.

    Parameters
    ----------
    plan : Plan
        The current plan.
    total : float
        Money to share.
    """
    n_channels = len(plan.channels)
    revenue = np.array([plan.incremental([c]).mean() for c in range(n_channels)])
    ratio = np.maximum(revenue / _nonzero(plan.total_spend), 0)
    return total * (
        ratio / ratio.sum() if ratio.sum() > 0 else np.full(n_channels, 1 / n_channels)
    )


def _nonzero(spend: Array) -> Array:
    return np.where(spend > 0, spend, 1.0)


def _require_feasible(low: Array, high: Array, total: float) -> None:
    if not total > 0:
        raise InfeasibleError(
            f"A budget of {total:,.2f} cannot be shared. Give a budget above zero, or a window in "
            f"which channels spend."
        )
    if not low.sum() - CENT <= total <= high.sum() + CENT:
        raise InfeasibleError(
            f"A budget of {total:,.2f} does not fit the bounds, which allow {low.sum():,.2f} to "
            f"{high.sum():,.2f}. Widen `bounds` of some channels or change the budget."
        )


def _mean_revenue(plan: Plan, spend: Array) -> float:
    return float(plan.revenue(spend / _nonzero(plan.total_spend)).mean())


def _climb(plan: Plan, start: Array, low: Array, high: Array, total: float) -> Array:
    current = _nonzero(plan.total_spend)
    unit = abs(_mean_revenue(plan, start)) or 1.0
    share = start / total

    def loss(x: Array) -> float:
        return -_mean_revenue(plan, x * total) / unit

    def slope(x: Array) -> Array:
        gradient = plan.gradient(x * total / current).mean(axis=0)
        return np.asarray(-gradient * total / current / unit)

    result = minimize(
        loss,
        share,
        jac=slope,
        method="SLSQP",
        bounds=list(zip(low / total, high / total, strict=True)),
        constraints={
            "type": "eq",
            "fun": lambda x: x.sum() - 1.0,
            "jac": lambda x: np.ones_like(x),
        },
        options={"maxiter": 300, "ftol": 1e-12},
    )
    found = project(result.x * total, low, high, total)
    return found if _mean_revenue(plan, found) > _mean_revenue(plan, start) else start


def _kkt_residual(plan: Plan, spend: Array, low: Array, high: Array) -> float:
    """Return how far the plan is from equal marginal returns of the channels free to move."""
    current = plan.total_spend
    marginal = mroi(plan, spend / _nonzero(current)).mean(axis=0)
    room = 1e-6 * np.maximum(high - low, 1e-12)
    at_low, at_high = spend <= low + room, spend >= high - room
    free = ~at_low & ~at_high
    usable = high > low  # a fixed channel proves nothing
    if not usable.any():
        return 0.0
    scale = max(float(np.abs(marginal[usable]).max()), 1e-12)
    if free.any():
        price = float(np.average(marginal[free & usable]))
    else:
        price = float(np.median(marginal[usable]))
        ups, downs = marginal[at_high & usable], marginal[at_low & usable]
        if len(ups) and len(downs):
            return max(float(downs.max() - ups.min()), 0.0) / scale
    wrong = np.zeros(len(spend))
    wrong[free] = np.abs(marginal[free] - price)
    wrong[at_low & ~at_high] = np.maximum(marginal[at_low & ~at_high] - price, 0)
    wrong[at_high & ~at_low] = np.maximum(price - marginal[at_high & ~at_low], 0)
    return float(wrong[usable].max()) / scale


def certificate(plan: Plan, optimal: OptimalPlan, *, fixed_total: bool) -> list[Finding]:
    """Prove a plan: each line is PASS or FAIL.

    Parameters
    ----------
    plan : Plan
        The current plan.
    optimal : OptimalPlan
        The optimum to prove.
    fixed_total : bool
        Whether the budget is the current total, so that the current plan is a competitor.

    Returns
    -------
    list of Finding
        Budget, bounds, marginal returns, starts, and the comparisons with simple rules.
    """
    best = optimal.best
    gain = float(best.gain.mean())
    marginal = mroi(plan, best.multipliers).mean(axis=0)
    slack = CENT * float(np.nanmax(np.abs(marginal)))  # plans are rounded to the cent
    inside = np.all((best.spend >= optimal.low - CENT) & (best.spend <= optimal.high + CENT))
    off = abs(best.spend.sum() - optimal.budget)
    lines = [
        ("budget is met to the cent", off < CENT / 2, f"off by {off:.4f}"),
        ("every bound holds", bool(inside), "all channels within their bounds"),
        (
            "marginal returns are equal where channels are free",
            optimal.kkt_residual <= 1e-4,
            f"largest relative difference {optimal.kkt_residual:.1e}",
        ),
        (
            "at least two starts reach the optimum",
            optimal.starts_agreeing >= 2,
            f"{optimal.starts_agreeing} of {optimal.starts}",
        ),
        (
            "not worse than ROI-proportional",
            gain >= float(optimal.roi_proportional.gain.mean()) - slack,
            f"better by {gain - optimal.roi_proportional.gain.mean():,.0f}",
        ),
        (
            "not worse than an equal split",
            gain >= float(optimal.equal_split.gain.mean()) - slack,
            f"better by {gain - optimal.equal_split.gain.mean():,.0f}",
        ),
    ]
    if fixed_total:
        lines.append(("not worse than today's plan", gain >= -slack, f"better by {gain:,.0f}"))
    return [Finding(check, "PASS" if ok else "FAIL", text) for check, ok, text in lines]


def recommendation_table(plan: Plan, optimal: OptimalPlan) -> pd.DataFrame:
    """Return current and recommended spend per channel.

    Parameters
    ----------
    plan : Plan
        The current plan.
    optimal : OptimalPlan
        The optimum.

    Returns
    -------
    DataFrame
        Columns channel, current_spend, recommended_spend, change, change_pct, lower_bound,
        upper_bound, current_mroi, recommended_mroi; currency over the window.
    """
    current = plan.total_spend
    change = optimal.best.spend - current
    return pd.DataFrame(
        {
            "channel": plan.channels,
            "current_spend": current,
            "recommended_spend": optimal.best.spend,
            "change": change,
            "change_pct": change / _nonzero(current),
            "lower_bound": optimal.low,
            "upper_bound": optimal.high,
            "current_mroi": mroi(plan).mean(axis=0),
            "recommended_mroi": mroi(plan, optimal.best.multipliers).mean(axis=0),
        }
    )


def gains(plan: Plan, optimal: OptimalPlan, others: dict[str, OptimalPlan]) -> pd.Series:
    """Return the expected gain of the optimum and of its competitors, under one model.

    Parameters
    ----------
    plan : Plan
        The current plan of the model that judges.
    optimal : OptimalPlan
        The optimum and its comparisons.
    others : dict of str to OptimalPlan
        Optima of other models at the same total.

    Returns
    -------
    Series
        Mean gain in revenue against the current plan, currency.
    """
    now = plan.revenue(np.ones(len(plan.channels)))
    played = {
        name: (plan.revenue(other.best.multipliers) - now).mean() for name, other in others.items()
    }
    return pd.Series(
        {
            "Optimum": optimal.best.gain.mean(),
            "ROI-proportional": optimal.roi_proportional.gain.mean(),
            "Equal split": optimal.equal_split.gain.mean(),
            **played,
        }
    )
