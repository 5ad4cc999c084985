"""Budgets that meet a target: a return of all media, or of the next unit of money."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import brentq

from mmm.arrays import Array
from mmm.decide.budgets import Budgets
from mmm.decide.limits import CENT, Limits, as_limits
from mmm.decide.plan import Plan
from mmm.decide.search import DEFAULT, nonzero
from mmm.errors import InfeasibleError
from mmm.study.schema import ObjectiveName
from mmm.study.study import Study

#: Budgets this close to an end of the limits, as a share of it, are at the end.
NEAR = 1e-6


def budget_for_mroi(
    plan: Plan,
    limits: Limits | Iterable[tuple[float, float]],
    target: float,
    *,
    objective: ObjectiveName = DEFAULT,
) -> float:
    """Return the budget at which the next unit of money, best spent, earns a target.

    Raises
    ------
    InfeasibleError
        If the target is negative or not finite.
    """
    _require_target(target, "mROI")
    return float(Budgets.of(plan, as_limits(limits), objective).free(target).sum())


def budget_for_roi(
    plan: Plan,
    limits: Limits | Iterable[tuple[float, float]],
    target: float,
    *,
    objective: ObjectiveName = DEFAULT,
    points: int = 13,
) -> float:
    """Return the largest budget whose best plan keeps the ROI of all media at a target.

    Raises
    ------
    InfeasibleError
        If no budget within the limits reaches the target; the message says what is reached.
    """
    _require_target(target, "ROI")
    budgets = Budgets.of(plan, as_limits(limits), objective)
    nothing = float(plan.revenue(np.zeros(len(plan.channels))).mean())

    def excess(total: float) -> float:
        spend = budgets.best(total, plan.total_spend)
        revenue = plan.revenue(spend / nonzero(plan.total_spend)).mean()
        return float(revenue - nothing) / total - target

    least, most = budgets.task.feasible.totals()
    return _last_crossing(excess, np.linspace(max(least, CENT), most, points), target)


def _last_crossing(excess: Callable[[float], float], totals: Array, target: float) -> float:
    """Return the largest total with no shortfall, refined beyond the last one of the grid."""
    over = np.array([excess(float(total)) for total in totals])
    if (over < 0).all():
        raise InfeasibleError(
            f"no budget within the limits reaches a ROI of {target:g}: the highest is "
            f"{over.max() + target:.2f}, at {totals[over.argmax()]:,.0f}. Lower the target or "
            f"widen the bounds."
        )
    last = int(np.flatnonzero(over >= 0)[-1])
    if last == len(totals) - 1:
        return float(totals[-1])
    return float(brentq(excess, totals[last], totals[last + 1], rtol=1e-6))


TargetKind = Literal["mroi", "roi"]


@dataclass(frozen=True)
class Target:
    """A target of the study and the budget that meets it."""

    kind: TargetKind  #: Whether the next unit of money or all media together are to reach it.
    value: float  #: Revenue per unit of spend.
    budget: float | None  #: Currency over the window; None where no budget meets it.
    problem: str = ""  #: Why none does.
    #: Whether the limits end there: at the least or at the most that they allow to spend.
    end: Literal["", "least", "most"] = ""


def target_budgets(plan: Plan, limits: Limits, study: Study) -> list[Target]:
    """Return the budgets that meet the study's targets.

    Parameters
    ----------
    plan : Plan
        The current plan.
    limits : Limits
        Bounds and groups.
    study : Study
        Its ``target_mroi`` (break-even at its margin if not given) and ``target_roi``; none of
        them where the value of a unit of the KPI is not known.
    """
    settings, mroi = study.optimize, study.optimize.target_mroi or study.break_even
    if mroi is None:
        return []
    budget = budget_for_mroi(plan, limits, mroi, objective=settings.objective)
    found = [Target("mroi", mroi, budget, end=_end(budget, *limits.in_money(plan).totals()))]
    if settings.target_roi is None:
        return found
    goal = settings.target_roi
    try:
        budget = budget_for_roi(plan, limits, goal, objective=settings.objective)
    except InfeasibleError as error:
        return [*found, Target("roi", goal, None, str(error))]
    return [*found, Target("roi", goal, budget)]


def _end(budget: float, least: float, most: float) -> Literal["", "least", "most"]:
    """Tell which end of the limits a budget is at."""
    if budget >= most * (1 - NEAR):
        return "most"
    return "least" if budget <= least * (1 + NEAR) else ""


def _require_target(target: float, what: str) -> None:
    if not (np.isfinite(target) and target >= 0):
        raise InfeasibleError(f"a target {what} of {target:g}: give a finite number, at least 0.")
