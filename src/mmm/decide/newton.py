"""Climbing with second derivatives, for plans of hundreds of cells.

A quasi-Newton search learns the curvature of a plan one direction a step; with a cell per channel
and region that takes hundreds of steps. On the polynomials of the surrogate the curvature is
known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from mmm.arrays import Array, Mask
from mmm.decide.search import (
    BLUR,
    CORNER,
    OBJECTIVES,
    WORTH,
    Search,
    Surrogate,
    level_of_caution,
    nonzero,
)
from mmm.study.schema import ObjectiveName

#: Weight of the barrier at the start and at the end, as a share of the largest slope; what it
#: falls by at each step.
FIRST, LAST, FALL = 1e-2, 1e-11, 0.15
#: Share of the way to the next limit that a step goes, and steps at most.
SHORT, STEPS = 0.99, 80
#: Least curvature, as a share of the largest.
FLAT = 1e-10
#: Amounts this close to a bound, as a share of its range, are at the bound.
AT_BOUND = 1e-6


def curvature(objective: ObjectiveName, gain: Array, unit: float, slope: Array) -> Array:
    r"""Return what an objective adds to the curvature of a plan.

    Parameters
    ----------
    objective : {"cautious", "mean", "p10"}
        Objective of :data:`mmm.decide.search.OBJECTIVES`.
    gain : ndarray, shape (n_draws,)
        Gain against today's plan, currency.
    unit : float
        Size of the revenue, currency.
    slope : ndarray, shape (n_draws, n_channels)
        Slopes of the gain.

    Returns
    -------
    ndarray, shape (n_channels, n_channels)
        :math:`G' H G` with G the slopes and H the second derivative by the gain of each draw; of
        ``p10`` the part that its fixed width of blur has.
    """
    if objective == "mean" or len(gain) == 1:
        return np.zeros((slope.shape[1], slope.shape[1]))
    spread = float(np.sqrt(gain.var() + (CORNER * unit) ** 2))
    if objective == "p10":
        value = OBJECTIVES["p10"](gain, unit)[0]
        z = (value - gain) / (BLUR * spread)
        density = np.exp(-(z**2) / 2)
        density /= density.sum()
        off = slope - density @ slope
        return np.asarray(off.T @ ((density * z / (BLUR * spread))[:, np.newaxis] * off))
    center, corner, n = float(gain.mean()), CORNER * unit, len(gain)
    level = center + spread * level_of_caution((gain - center) / spread, corner / spread)
    short = np.maximum(level - gain, 0.0)
    size = float(np.sqrt(short @ short / n + corner**2))
    active = slope[short > 0]
    first, lost = active.sum(axis=0) / n, short @ slope / n  # slopes of what is short
    share, missing = len(active) / n, short.sum() / n
    cross = first / size - lost * missing / size**3
    own = active.T @ active / n / size - np.outer(lost, lost) / size**3
    through = share / size - missing**2 / size**3
    if through > 0:
        own -= np.outer(cross, cross) / through
    return np.asarray(-own / WORTH**0.5)


@dataclass(frozen=True)
class Polytope:
    """Limits in coordinates in which every channel that may move runs from zero to one."""

    free: Mask  #: Shape (n_channels,): whether a channel may move.
    low: Array  #: Shape (n_channels,): currency.
    width: Array  #: Shape (n_free,): range of each, currency.
    sides: Array  #: Shape (n_sides, n_free): sides . u <= room, bounds first.
    room: Array  #: Shape (n_sides,).
    weight: Array  #: Shape (n_sides,): weight of each side's barrier.
    fixed: Array  #: Shape (n_fixed, n_free): fixed . u = total.
    total: Array  #: Shape (n_fixed,).

    @classmethod
    def of(cls, task: Search) -> Polytope:
        """Take the limits of a search with a total."""
        feasible, budget = task.feasible, float(task.budget or 0.0)
        free = feasible.high > feasible.low
        width = (feasible.high - feasible.low)[free]
        scale, n = float(width.sum()), int(free.sum())
        groups = feasible.sides[:, free] * width / scale
        slack = (feasible.levels * budget - feasible.sides @ feasible.low) / scale
        shares = [(g.low, g.high) for g in feasible.groups for _ in range(2)]
        exact = np.array([low == high for low, high in shares], dtype=bool)
        once = exact & (np.arange(len(exact)) % 2 == 0)
        spread = width / scale
        return cls(
            free=free,
            low=feasible.low,
            width=width,
            sides=np.vstack([-np.eye(n), np.eye(n), groups[~exact]]),
            room=np.concatenate([np.zeros(n), np.ones(n), slack[~exact]]),
            weight=np.concatenate([spread, spread, np.full(int((~exact).sum()), 1 / n)]),
            fixed=np.vstack([spread, groups[once]]),
            total=np.append((budget - feasible.low.sum()) / scale, slack[once]),
        )

    def middle(self) -> Array | None:
        """Return a point well within the limits; None where they leave no room."""
        n = len(self.width)
        found = linprog(
            np.append(np.zeros(n), -1.0),
            A_ub=np.column_stack([self.sides, self.weight / self.weight.max()]),
            b_ub=self.room,
            A_eq=np.column_stack([self.fixed, np.zeros(len(self.fixed))]),
            b_eq=self.total,
            bounds=[(None, None)] * (n + 1),
        )
        return found.x[:n] if found.status == 0 and found.x[n] > AT_BOUND else None

    def spend(self, place: Array) -> Array:
        """Return amounts, those next to a bound at it."""
        place = np.where(place < AT_BOUND, 0.0, np.where(place > 1 - AT_BOUND, 1.0, place))
        spend = self.low.copy()
        spend[self.free] += self.width * place
        return spend


#: Value, slopes and curvature at a place between the bounds.
Local = Callable[[Array], tuple[float, Array, Array]]


def climb(task: Search, surrogate: Surrogate, start: Array, *, last: float = LAST) -> Array:
    """Climb the surrogate of a plan from a start to a local optimum.

    Parameters
    ----------
    task : Search
        What is maximized, with a total; no synergy.
    surrogate : Surrogate
        Polynomials of the plan.
    start : ndarray, shape (n_channels,)
        Amounts within the limits, currency.
    last : float, default 1e-11
        Weight of the barrier at the end: the accuracy.

    Returns
    -------
    ndarray, shape (n_channels,)
        Amounts; those of :meth:`mmm.decide.search.Search.climb` where the limits leave no room.

    Notes
    -----
    A primal-dual interior-point method (Nocedal and Wright 2006, chapter 19): the curvature is
    made negative semidefinite, steps are shortened until the barrier function rises.
    """
    assert task.budget is not None
    if not (task.feasible.high > task.feasible.low).any():
        return start
    limits = Polytope.of(task)
    middle = limits.middle()
    if middle is None:
        return task.climb(start, surrogate.revenue_and_slope)
    inside = ((start - limits.low)[limits.free] / limits.width).clip(0.0, 1.0)
    place = _ascend(_local(task, surrogate, limits), limits, 0.9 * inside + 0.1 * middle, last)
    return task.feasible.project(limits.spend(place), task.budget)


def _local(task: Search, surrogate: Surrogate, limits: Polytope) -> Local:
    current = nonzero(task.plan.total_spend)
    steps = limits.width / current[limits.free]

    def at(place: Array) -> tuple[float, Array, Array]:
        spend = limits.low.copy()
        spend[limits.free] += limits.width * place
        multipliers = spend / current
        revenue, slope = surrogate.revenue_and_slope(multipliers)
        gain, slope = revenue - task.today, slope[:, limits.free] * steps
        value, weights = OBJECTIVES[task.objective](gain, task.unit)
        bend = curvature(task.objective, gain, task.unit, slope)
        own = surrogate.bend(multipliers, weights)[limits.free] * steps**2
        return value, weights @ slope, bend + np.diag(own)

    return at


def _ascend(local: Local, limits: Polytope, place: Array, last: float) -> Array:
    """Follow the optimum while the barrier falls."""
    sides, room, weight = limits.sides, limits.room, limits.weight
    value, slope, bend = local(place)
    scale = float(np.abs(slope / (limits.width / limits.width.sum())).max()) or 1.0
    barrier, slack = FIRST * scale, room - sides @ place
    duals = barrier * weight / slack
    for _ in range(STEPS):
        step = _step(slope, bend, sides, barrier * weight / slack, duals / slack, limits.fixed)
        shift = (barrier * weight + duals * (sides @ step)) / slack - duals
        reach = min(1.0, SHORT * _reach(slack, -(sides @ step)))
        rise = slope @ step - (barrier * weight / slack) @ (sides @ step)
        here = value + barrier * float(weight @ np.log(slack))
        while True:
            moved = place + reach * step
            found, left = local(moved), room - sides @ moved
            there = found[0] + barrier * float(weight @ np.log(np.maximum(left, 1e-300)))
            if there >= here + 1e-4 * reach * rise - 1e-13 * abs(here) or reach < 1e-6:
                break
            reach /= 2
        place, slack, (value, slope, bend) = moved, left, found
        duals = duals + min(1.0, SHORT * _reach(duals, shift)) * shift
        duals = duals.clip(1e-3 * barrier * weight / slack, 1e3 * barrier * weight / slack)
        if barrier <= last * scale and reach * float(np.abs(step).max()) < AT_BOUND:
            break
        if reach > 0.3:
            barrier = max(FALL * barrier, last * scale)
    return place


def _step(
    slope: Array, bend: Array, sides: Array, push: Array, stiff: Array, fixed: Array
) -> Array:
    """Return the Newton step that keeps what is fixed."""
    sizes, axes = np.linalg.eigh(-(bend + bend.T) / 2)
    sizes = np.maximum(np.abs(sizes), FLAT * max(float(np.abs(sizes).max()), 1e-300))
    matrix = (axes * sizes) @ axes.T + sides.T @ (stiff[:, np.newaxis] * sides)
    n, kept = len(slope), len(fixed)
    system = np.block([[matrix, fixed.T], [fixed, np.zeros((kept, kept))]])
    aim = np.append(slope - sides.T @ push, np.zeros(kept))
    return np.asarray(np.linalg.solve(system, aim)[:n])


def _reach(amounts: Array, change: Array) -> float:
    """Return how far positive amounts can go along a change before one is zero."""
    falling = change < 0
    return float((amounts[falling] / -change[falling]).min()) if falling.any() else np.inf
