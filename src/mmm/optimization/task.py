"""One search: what is maximized under which limits, how it is climbed, and when it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, nnls

from mmm.optimization.limits import Feasible
from mmm.optimization.objectives import CORNER, OBJECTIVES
from mmm.plans import Plan

Array = NDArray[np.float64]
#: Largest KKT residual of a proven optimum.
STATIONARY = 1e-4

Response = Callable[[Array], tuple[Array, Array]]


@dataclass(frozen=True)
class Task:
    """One search: a plan, its limits, what it is judged by, and perhaps a total.

    Attributes
    ----------
    plan : Plan
        The current plan.
    feasible : Feasible
        Limits in money.
    objective : str
        A key of :data:`mmm.optimization.objectives.OBJECTIVES`.
    today : ndarray, shape (n_draws,)
        Revenue of the current plan.
    budget : float or None
        Total to meet; None leaves it free at a price.
    price : float
        What one unit of spend must bring where the total is free.
    """

    plan: Plan
    feasible: Feasible
    objective: str
    today: Array
    budget: float | None
    price: float = 0.0

    @property
    def unit(self) -> float:
        """Size of the revenue, which makes scores comparable."""
        return float(np.abs(self.today).mean()) or 1.0

    @property
    def scale(self) -> float:
        """Money that is one in the coordinates of the search."""
        return self.budget or float(self.feasible.high.sum())

    def score(self, spend: Array, response: Response) -> tuple[float, Array]:
        """Return the score of a plan and its slope by the spend of each channel.

        Parameters
        ----------
        spend : ndarray, shape (n_channels,)
            Currency over the window.
        """
        current = self.plan.total_spend
        revenue, slope = response(spend / nonzero(current))
        value, weights = OBJECTIVES[self.objective](revenue - self.today, self.unit)
        gradient = weights @ slope / nonzero(current)
        return value - self.price * float(spend.sum()), gradient - self.price

    def climb(self, start: Array, response: Response, *, steps: int = 200) -> Array:
        """Climb from a start to a local optimum.

        Parameters
        ----------
        start : ndarray, shape (n_channels,)
            A feasible plan.
        """
        scale, unit = self.scale, 0.01 * self.unit

        def loss(share: Array) -> tuple[float, Array]:
            value, slope = self.score(share * scale, response)
            return -value / unit, -slope * scale / unit

        box = list(zip(self.feasible.low / scale, self.feasible.high / scale, strict=True))
        found = minimize(
            loss,
            np.clip(start / scale, *np.transpose(box)),
            jac=True,
            method="SLSQP",
            bounds=box,
            constraints=self._constraints(),
            options={"maxiter": steps, "ftol": 1e-13},
        )
        end = np.clip(found.x * scale, self.feasible.low, self.feasible.high)
        if self.budget is not None:
            end = self.feasible.project(end, self.budget)
        better = self.score(end, response)[0] > self.score(start, response)[0]
        return end if better else start

    def _constraints(self) -> list[dict[str, object]]:
        sides, levels = self.feasible.sides, self.feasible.levels
        one = np.ones(len(self.feasible.low))
        constraints: list[dict[str, object]] = []
        if self.budget is not None:
            constraints.append(
                {"type": "eq", "fun": lambda x: x.sum() - 1.0, "jac": lambda _: one}
            )
        if len(sides):
            slack = levels[:, np.newaxis] * one - sides
            constraints.append(
                {"type": "ineq", "fun": lambda x: slack @ x, "jac": lambda _: slack}
            )
        return constraints


def nonzero(spend: Array) -> Array:
    """Return amounts with one in place of zero, to divide by."""
    return np.where(spend > 0, spend, 1.0)


def kkt_residual(task: Task, spend: Array) -> float:
    r"""Return how far a plan is from the first-order conditions of an optimum.

    Parameters
    ----------
    spend : ndarray, shape (n_channels,)
        The plan.

    Returns
    -------
    float
        Largest part of the slope that no limit explains, as a share of the largest slope. Zero
        means: channels free to move have equal slopes, those at a limit pull against it.

    Notes
    -----
    Karush, Kuhn and Tucker: the slope is a non-negative combination of the normals of the limits
    that are active, plus any multiple of the total's. Non-negative least squares (SciPy) finds
    the nearest one.
    """
    feasible = task.feasible
    usable = feasible.high > feasible.low  # a fixed channel proves nothing
    if not usable.any():
        return 0.0
    room = 1e-6 * np.maximum(feasible.high - feasible.low, 1e-12)
    revenue, slopes = task.plan.revenue_and_gradient(spend / nonzero(task.plan.total_spend))
    if len(revenue) > 1 and np.abs(revenue - task.today).max() < CORNER * task.unit:
        return _pull_of_exchanges(task, spend, slopes / nonzero(task.plan.total_spend), room)
    slope = task.score(spend, task.plan.revenue_and_gradient)[1]
    unit = np.eye(len(spend))
    normals = [unit[spend >= feasible.high - room], -unit[spend <= feasible.low + room]]
    if len(feasible.sides):
        total = float(spend.sum())
        tight = feasible.sides @ spend >= feasible.levels * total - 1e-7 * total
        normals.append(feasible.sides[tight])
    if task.budget is not None:
        normals.append(np.stack([np.ones(len(spend)), -np.ones(len(spend))]))
    basis = np.vstack(normals).T[usable]
    weights = nnls(basis, slope[usable])[0] if basis.size else np.zeros(0)
    size = max(float(np.abs(slope[usable]).max()), 1e-300)
    return float(np.abs(basis @ weights - slope[usable]).max()) / size


def _pull_of_exchanges(task: Task, spend: Array, slopes: Array, room: Array) -> float:
    """Return how much moving money from one channel to another would help at today's plan.

    There the gain is zero in every draw and risk-averse objectives have a corner: they fall in
    every direction, though no slope says so. What counts is the objective of the first unit moved.
    """
    judge, (low, high) = OBJECTIVES[task.objective], (task.feasible.low, task.feasible.high)
    givers, takers = np.flatnonzero(spend > low + room), np.flatnonzero(spend < high - room)
    pulls = [
        judge(slopes[:, taker] - slopes[:, giver], 0.0)[0]
        for taker in takers
        for giver in givers
        if taker != giver
    ]
    return max([0.0, *pulls]) / max(float(np.abs(slopes.mean(axis=0)).max()), 1e-300)
