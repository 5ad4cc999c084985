"""One search: what is maximized under which limits, how it is climbed, and when it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import chebyshev
from scipy.optimize import brentq, minimize, nnls
from scipy.special import ndtr

from mmm.arrays import Array
from mmm.decide.limits import Feasible
from mmm.decide.plan import Plan
from mmm.study.schema import ObjectiveName

#: Largest KKT residual of a proven optimum.
STATIONARY = 1e-4

Response = Callable[[Array], tuple[Array, Array]]


@dataclass(frozen=True)
class Search:
    """One search: a plan, its limits, what it is judged by, and perhaps a total."""

    plan: Plan  #: The current plan.
    feasible: Feasible  #: Limits in money.
    objective: ObjectiveName  #: A key of :data:`mmm.decide.search.OBJECTIVES`.
    today: Array  #: Shape (n_draws,): revenue of the current plan.
    budget: float | None  #: Total to meet; None leaves it free at a price.
    price: float = 0.0  #: What one unit of spend must earn where the total is free.

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

        `spend`, shape (n_channels,): currency over the window.
        """
        current = self.plan.total_spend
        revenue, slope = response(spend / nonzero(current))
        value, weights = OBJECTIVES[self.objective](revenue - self.today, self.unit)
        gradient = weights @ slope / nonzero(current)
        return value - self.price * float(spend.sum()), gradient - self.price

    def climb(self, start: Array, response: Response, *, steps: int = 200) -> Array:
        """Climb from a start, shape (n_channels,), to a local optimum."""
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


def kkt_residual(task: Search, spend: Array) -> float:
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


def _pull_of_exchanges(task: Search, spend: Array, slopes: Array, room: Array) -> float:
    """Return how much moving money from one channel to another would help at today's plan.

    There the gain is zero in every draw and risk-averse objectives have a corner: they fall in
    every direction, though no slope says so. What counts is the objective of the first unit moved.
    """
    judge, (low, high) = OBJECTIVES[task.objective], (task.feasible.low, task.feasible.high)
    givers, takers = np.flatnonzero(spend > low + room), np.flatnonzero(spend < high - room)
    expected = slopes.mean(axis=0)
    pairs = [(taker, giver) for taker in takers for giver in givers if taker != giver]
    best = 0.0
    for taker, giver in sorted(pairs, key=lambda p: expected[p[1]] - expected[p[0]]):
        if task.objective != "p10" and expected[taker] - expected[giver] <= best:
            break  # no caution makes a gain larger than expected
        best = max(best, judge(slopes[:, taker] - slopes[:, giver], 0.0)[0])
    return best / max(float(np.abs(expected).max()), 1e-300)


#: Points per channel; errors are below a millionth of the revenue where bounds exclude zero.
POINTS = 12


@dataclass(frozen=True)
class Surrogate:
    """Revenue of all media as polynomials of the multipliers, per draw."""

    #: Shape (n_channels,): multipliers between which the copy holds.
    low: Array
    high: Array
    #: Shape (n_channels, n_draws, n_points): coefficients of each channel's main effect.
    singles: Array
    #: Shape (n_draws, n_points, n_points): channels with synergy and the coefficients of their
    #: joint effect.
    pairs: tuple[tuple[int, int, Array], ...]

    @classmethod
    def of(cls, plan: Plan, low: Array, high: Array) -> Surrogate:
        """Learn the response of a plan.

        `low` and `high`, shape (n_channels,): the multipliers between which it is evaluated.
        """
        nodes = chebyshev.chebpts1(POINTS)
        to_coefficients = np.linalg.inv(chebyshev.chebvander(nodes, POINTS - 1)).T
        high = np.maximum(high, low + 1e-9)
        joint = {channel for pair in plan.model.pairs for channel in pair}
        kept, singles = {}, []
        for c, response in enumerate(plan.model.responses):
            factors = low[c] + (nodes + 1) / 2 * (high[c] - low[c])
            levels = [plan.rest[c] + factor * plan.flight[c] for factor in factors]
            curves = np.stack([response.curve(level) for level in levels])  # (points, draws, t)
            singles.append((curves @ plan.value).T * response.beta[:, np.newaxis])
            if c in joint:
                kept[c] = curves
        pairs = []
        for pair, (i, j) in enumerate(plan.model.pairs):
            first = kept[i].transpose(1, 0, 2) * plan.value  # (draws, points, t)
            product = first @ kept[j].transpose(1, 2, 0)
            product *= plan.model.gamma[:, pair, np.newaxis, np.newaxis]
            pairs.append((i, j, to_coefficients.T @ product @ to_coefficients))
        return cls(low, high, np.array(singles) @ to_coefficients, tuple(pairs))

    def revenue_and_slope(self, multipliers: Array) -> tuple[Array, Array]:
        """Return the revenue of all media and its slopes by the multipliers.

        Parameters
        ----------
        multipliers : ndarray, shape (n_channels,)
            Factors on the spend.

        Returns
        -------
        revenue : ndarray, shape (n_draws,)
            Currency.
        slope : ndarray, shape (n_draws, n_channels)
            Currency per unit of multiplier.
        """
        width = self.high - self.low
        place = np.clip(2 * (multipliers - self.low) / width - 1, -1, 1)
        basis = chebyshev.chebvander(place, POINTS - 1)  # (channels, points)
        steepness = _slopes(place) * (2 / width)[:, np.newaxis]
        revenue = np.einsum("cdk,ck->d", self.singles, basis)
        slope = np.einsum("cdk,ck->dc", self.singles, steepness)
        for i, j, joint in self.pairs:
            along_i, along_j = joint @ basis[j], basis[i] @ joint
            revenue = revenue + along_i @ basis[i]
            slope[:, i] += along_i @ steepness[i]
            slope[:, j] += along_j @ steepness[j]
        return revenue, slope

    def bend(self, multipliers: Array, weights: Array) -> Array:
        """Return the second derivatives of the revenue by each multiplier, without synergy.

        Parameters
        ----------
        multipliers : ndarray, shape (n_channels,)
            Factors on the spend.
        weights : ndarray, shape (n_draws,)
            Weights of the draws.

        Returns
        -------
        ndarray, shape (n_channels,)
            Currency per squared unit of multiplier.
        """
        width = self.high - self.low
        place = np.clip(2 * (multipliers - self.low) / width - 1, -1, 1)
        twice = chebyshev.chebder(np.eye(POINTS), 2)  # (points - 2, points)
        basis = chebyshev.chebvander(place, POINTS - 3) @ twice
        return np.asarray(((weights @ self.singles) * basis).sum(axis=1) * (2 / width) ** 2)

    def through(self, multipliers: Array, revenue: Array, slope: Array) -> Surrogate:
        """Return the polynomials with the revenue and slopes that a plan has at one place.

        Parameters
        ----------
        multipliers : ndarray, shape (n_channels,)
            The place.
        revenue : ndarray, shape (n_draws,)
            Revenue of all media there.
        slope : ndarray, shape (n_draws, n_channels)
            Its slopes there.
        """
        had, tilt = self.revenue_and_slope(multipliers)
        tilt, off = (slope - tilt).T, multipliers - (self.low + self.high) / 2
        singles = self.singles.copy()
        singles[:, :, 1] += tilt * ((self.high - self.low) / 2)[:, np.newaxis]
        singles[:, :, 0] -= tilt * off[:, np.newaxis]
        singles[0, :, 0] += revenue - had
        return replace(self, singles=singles)


def _slopes(place: Array) -> Array:
    """Return the derivatives of the Chebyshev polynomials, shape (n_channels, n_points)."""
    derivative = chebyshev.chebder(np.eye(POINTS))  # (points - 1, points)
    return np.asarray(chebyshev.chebvander(place, POINTS - 2) @ derivative)


#: Value of an objective, and its derivative by the gain of each draw.
Weighed = tuple[float, Array]


Objective = Callable[[Array, float], Weighed]


#: The objective of plans unless another is chosen.
DEFAULT: ObjectiveName = "cautious"


#: Standard deviations below this share of the revenue are rounded off: the spread of the gain has
#: a corner at today's plan, where it is zero in every draw.
CORNER = 1e-6


#: Share of all draws that the weights of ``cautious`` are worth: of those measured, the largest
#: without more true losses than the mean less one standard deviation (benchmarks/RESULTS.md).
WORTH = 0.5


#: Share of draws below ``p10``, and its blur in standard deviations.
TAIL, BLUR = 0.10, 0.2


def mean(gain: Array, _: float) -> Weighed:
    """Return the expected gain over draws, shape (n_draws,)."""
    return float(gain.mean()), np.full(len(gain), 1 / len(gain))


def cautious(gain: Array, unit: float) -> Weighed:
    r"""Return the mean gain over the draws, with more weight on the worse ones.

    `gain`, shape (n_draws,): gain against today's plan.

    Notes
    -----
    Weights proportional to :math:`(q - g)_+`, with q such that they are worth half of the draws
    (Kish's effective sample size). It is :math:`\max_q\, q - \|(q - g)_+\|_2 / a`,
    :math:`a^2 = 0.5`: the expected shortfall of second order (Krokhmal 2007), which is coherent,
    so a plan that gains more in every draw is never worse, and has a slope wherever draws differ.
    For a normal gain it is the mean less 0.94 standard deviations.
    """
    center, corner = float(gain.mean()), CORNER * unit
    spread = float(np.sqrt(gain.var() + corner**2))
    if spread == 0:
        return mean(gain, unit)
    scaled, corner = (gain - center) / spread, corner / spread
    level = level_of_caution(scaled, corner)
    short = np.maximum(level - scaled, 0.0)
    size = float(np.sqrt(short @ short / len(gain) + corner**2))
    value = level - (size - corner * (1 - WORTH) ** 0.5) / WORTH**0.5
    weights = short if short.any() else (scaled == scaled.min()).astype(float)
    return center + spread * value, weights / weights.sum()


def level_of_caution(gain: Array, corner: float) -> float:
    """Return the q whose weights (q - gain)+ are worth the share ``WORTH`` of the draws.

    Between two neighboring draws, q solves a quadratic equation.
    """
    ordered, share = np.sort(gain), np.arange(1, len(gain) + 1) / len(gain)
    first, second = ordered.cumsum() / len(gain), (ordered**2).cumsum() / len(gain) + corner**2
    enough = share > WORTH  # so few draws cannot be worth more
    share, first, second = share[enough], first[enough], second[enough]
    half, curvature = first * (share - WORTH), share * (share - WORTH)
    root = np.sqrt(np.maximum(half**2 - curvature * (first**2 - WORTH * second), 0.0))
    levels = (half + root) / curvature
    above = np.append(ordered[1:], np.inf)[enough]
    return float(levels[np.argmax(levels <= above)])


def p10(gain: Array, unit: float) -> Weighed:
    r"""Return the tenth percentile of the gain, smoothed so that it has a slope.

    `gain`, shape (n_draws,): gain against today's plan.

    Notes
    -----
    The q with :math:`\mathrm{mean}\,\Phi((q - g) / h) = 0.1`, h a fifth of the standard deviation:
    the percentile of the draws, each blurred a little (Nadaraya 1964). The blur makes it more
    cautious by about two hundredths of the spread.
    """
    n, corner = len(gain), CORNER * unit
    if n == 1:
        return mean(gain, unit)
    off = gain - gain.mean()
    spread = float(np.sqrt(off @ off / n + corner**2)) or 1.0
    width = BLUR * spread

    def excess(value: float) -> float:
        return float(ndtr((value - gain) / width).mean()) - TAIL

    quantile = float(brentq(excess, gain.min() - 9 * width, gain.max() + 9 * width, xtol=1e-12))
    z = (quantile - gain) / width
    density = np.exp(-(z**2) / 2)
    density /= density.sum()
    return quantile, density + (density @ z) * BLUR * off / (n * spread)


OBJECTIVES: dict[ObjectiveName, Objective] = {"cautious": cautious, "mean": mean, "p10": p10}
