"""The best split of a budget, found by SciPy's SLSQP from several starts.

The gain is judged over all draws, never by a plug-in of mean parameters, with analytic gradients
(Kraft 1988). The problem need not be convex, hence the several starts. They climb a surrogate; the
best of them climbs on, and everything is judged, on the exact model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mmm.arrays import Array
from mmm.decide.limits import Feasible, Limits, as_limits
from mmm.decide.plan import Plan
from mmm.decide.search import (
    CORNER,
    DEFAULT,
    OBJECTIVES,
    STATIONARY,
    Response,
    Search,
    Surrogate,
    kkt_residual,
    nonzero,
)
from mmm.errors import require_choice
from mmm.study.schema import ObjectiveName

#: Starts agree when their scores differ by less than this share of the best one.
AGREE = 1e-4
#: Scores below this share of the revenue count as none when scores are compared.
NEGLIGIBLE = 1e-4


@dataclass(frozen=True)
class Allocation:
    """A budget plan: money per channel over the window, summing to the budget to the cent."""

    spend: Array  #: Shape (n_channels,): currency over the window.
    multipliers: Array  #: Shape (n_channels,): the same as a factor on the current spend.
    gain: Array  #: Shape (n_draws,): revenue against the current plan, currency.
    score: float  #: What the objective says of the gain, currency.

    @classmethod
    def of(cls, task: Search, spend: Array) -> Allocation:
        """Round a plan to the cent and judge it on the exact model.

        `spend`, shape (n_channels,): currency over the window.
        """
        assert task.budget is not None
        cents = task.feasible.to_cents(spend, task.budget)
        multipliers = cents / nonzero(task.plan.total_spend)
        gain = task.plan.revenue(multipliers) - task.today
        return cls(cents, multipliers, gain, OBJECTIVES[task.objective](gain, task.unit)[0])


@dataclass(frozen=True)
class OptimalPlan:
    """The best allocation found, what it is compared with, and how it was checked."""

    budget: float  #: Total to spend over the window, currency.
    feasible: Feasible  #: Bounds and groups, currency over the window.
    objective: ObjectiveName  #: Name of the objective.
    #: The optimum; the current plan and two simple benchmarks, each projected into the limits.
    best: Allocation
    today: Allocation
    roi_proportional: Allocation
    equal_split: Allocation
    #: How far the optimum is from the first-order conditions, as a share of the largest slope.
    kkt_residual: float
    #: How many starts reached the best score, of how many.
    starts_agreeing: int
    starts: int

    @property
    def low(self) -> Array:
        """Lowest spend of each channel, currency over the window."""
        return self.feasible.low

    @property
    def high(self) -> Array:
        """Highest spend of each channel, currency over the window."""
        return self.feasible.high


def optimize(
    plan: Plan,
    limits: Limits | Iterable[tuple[float, float]],
    *,
    rng: np.random.Generator,
    budget: float | None = None,
    objective: ObjectiveName = DEFAULT,
    starts: int = 8,
) -> OptimalPlan:
    """Find the best allocation of a total.

    Parameters
    ----------
    plan : Plan
        The current plan, past or future.
    limits : Limits or iterable of (float, float)
        Lowest and highest multiplier of each channel's current spend, and shares of groups.
    rng : Generator
        Draws the starting points.
    budget : float, optional
        Total over the window, currency; the current total by default.
    objective : {"cautious", "mean", "p10"}, default "cautious"
        Mean gain over the draws, with more weight on the worse ones; expected gain; tenth
        percentile of the gain.
    starts : int, default 8
        Starting points: the current plan and the two simple benchmarks, then random plans within
        the limits; as many again around the optimum where only one of them reached it.

    Returns
    -------
    OptimalPlan
        With everything its certificate needs.

    Raises
    ------
    InfeasibleError
        If the limits cannot add up to the budget; the message says what could.
    UsageError
        If there is no such objective.
    """
    limits = as_limits(limits)
    total = round(float(plan.total_spend.sum() if budget is None else budget), 2)
    task = search_of(plan, limits, objective, total)
    benchmarks = _simple_rules(task, total)
    surrogate = Surrogate.of(plan, *np.transpose(limits.bounds))
    return beside(benchmarks, task, *_search(task, surrogate, benchmarks, starts, rng))


def beside(
    benchmarks: list[Array], task: Search, best: Array, reached: int, tried: int
) -> OptimalPlan:
    """Set the best plan beside the simple benchmarks, with the evidence that it is the best."""
    assert task.budget is not None
    today, by_roi, equal = (Allocation.of(task, spend) for spend in benchmarks)
    return OptimalPlan(
        budget=task.budget,
        feasible=task.feasible,
        objective=task.objective,
        best=Allocation.of(task, best),
        today=today,
        roi_proportional=by_roi,
        equal_split=equal,
        kkt_residual=kkt_residual(task, best),
        starts_agreeing=reached,
        starts=tried,
    )


def search_of(plan: Plan, limits: Limits, objective: ObjectiveName, total: float) -> Search:
    """Set the search up, or refuse it."""
    feasible = limits.in_money(plan)
    require_choice(objective, OBJECTIVES, "objective")
    feasible.require(total)
    return Search(plan, feasible, objective, plan.revenue(np.ones(len(plan.channels))), total)


def _simple_rules(task: Search, total: float) -> list[Array]:
    """Return today's split, ROI-proportional and equal shares, projected into the limits."""
    current = task.plan.total_spend
    scaled = current * total / current.sum()
    targets = [scaled, plan_by_roi(task.plan, total), np.full(len(current), total / len(current))]
    return [task.feasible.project(target, total) for target in targets]


def _search(
    task: Search,
    surrogate: Surrogate,
    benchmarks: list[Array],
    starts: int,
    rng: np.random.Generator,
) -> tuple[Array, int, int]:
    """Return the best plan, how many starts reached it, and how many there were."""
    assert task.budget is not None
    low, high, budget = task.feasible.low, task.feasible.high, task.budget
    exact, fast = task.plan.revenue_and_gradient, surrogate.revenue_and_slope

    def climb_from(targets: list[Array], response: Response) -> list[Array]:
        points = [task.feasible.project(target, budget) for target in targets]
        return [task.climb(point, response) for point in points]

    targets = benchmarks + [rng.uniform(low, high) for _ in range(starts - len(benchmarks))]
    found = climb_from(targets, fast)
    scores = [task.score(spend, exact)[0] for spend in found]
    best = task.climb(_best(found, scores), exact, steps=60)
    reached = agreeing(task, scores, best)
    if (
        reached < 2
    ):  # a rare optimum, or a coarse surrogate: is it found again from its surroundings?
        targets = [0.8 * best + 0.2 * rng.uniform(low, high) for _ in range(starts)]
        near = climb_from(targets, exact)
        scores += [task.score(spend, exact)[0] for spend in near]
        found += near
        best = task.climb(_best([best, *found], [task.score(best, exact)[0], *scores]), exact)
        reached = agreeing(task, scores, best)
    top = task.score(best, exact)[0]
    stay = task.score(benchmarks[0], exact)[0]
    idle = top - stay < CORNER * task.unit and np.allclose(benchmarks[0], task.plan.total_spend)
    if (
        idle and kkt_residual(task, benchmarks[0]) <= STATIONARY
    ):  # nothing is gained: nothing is moved
        best = benchmarks[0]
    return best, reached, len(found)


def _best(found: list[Array], scores: list[float]) -> Array:
    return found[int(np.argmax(scores))]


def agreeing(task: Search, scores: list[float], best: Array) -> int:
    """Count the starts whose score is as good as the best one."""
    top = task.score(best, task.plan.revenue_and_gradient)[0]
    room = AGREE * max(abs(top), NEGLIGIBLE * task.unit)
    return int(np.sum(np.array(scores) >= top - room))


def plan_by_roi(plan: Plan, total: float) -> Array:
    """Share a total in proportion to each channel's average ROI: the common rule of thumb."""
    n_channels = len(plan.channels)
    revenue = np.array([plan.incremental([c]).mean() for c in range(n_channels)])
    ratio = np.maximum(revenue / nonzero(plan.total_spend), 0)
    return total * (
        ratio / ratio.sum() if ratio.sum() > 0 else np.full(n_channels, 1 / n_channels)
    )
