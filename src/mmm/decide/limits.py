"""What a plan must keep: bounds per channel, shares of groups, a total; and the way back to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, linprog

from mmm.arrays import Array
from mmm.decide.plan import Plan
from mmm.errors import InfeasibleError
from mmm.study.study import Study

CENT = 0.01
#: Sweeps over bounds and groups after which :meth:`Feasible.project` stops.
SWEEPS = 2000


@dataclass(frozen=True)
class GroupShare:
    """Channels that together take between two shares of the total.

    Attributes
    ----------
    name : str
        Name of the group.
    members : tuple of int
        Positions of its channels.
    low, high : float
        Smallest and largest share of the total budget.
    """

    name: str
    members: tuple[int, ...]
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True)
class Limits:
    """Bounds of the channels as multipliers of the current spend, and shares of groups.

    Attributes
    ----------
    bounds : tuple of (float, float)
        Lowest and highest multiplier of each channel's current spend.
    groups : tuple of GroupShare
        Shares of the total.
    """

    bounds: tuple[tuple[float, float], ...]
    groups: tuple[GroupShare, ...] = ()

    @classmethod
    def of(cls, study: Study) -> Limits:
        """Return what a study lets the optimizer do.

        Parameters
        ----------
        study : Study
            Its bounds per channel, and the groups of ``[optimize.groups]``.
        """
        place = {name: c for c, name in enumerate(study.channels)}
        groups = tuple(
            GroupShare(name, tuple(place[c] for c in g.channels), g.min_share, g.max_share)
            for name, g in study.optimize.groups.items()
        )
        return cls(tuple(study.bounds), groups)

    def wider(self, factor: float = 2.0) -> Limits:
        """Return limits that let every channel that may move go further; groups stay."""
        lows = [max(1 - factor * (1 - low), 0.0) if low < 1 else low for low, _ in self.bounds]
        highs = [1 + factor * (high - 1) if high > 1 else high for _, high in self.bounds]
        return Limits(tuple(zip(lows, highs, strict=True)), self.groups)

    def in_money(self, plan: Plan) -> Feasible:
        """Turn multipliers into amounts of a plan.

        Raises
        ------
        InfeasibleError
            If bounds are missing, not finite, negative or out of order.
        """
        return self.around(plan.channels, plan.total_spend)

    def around(self, channels: list[str], current: Array) -> Feasible:
        """Turn multipliers into amounts, given what each channel spends now.

        Raises
        ------
        InfeasibleError
            If bounds are missing, not finite, negative or out of order.
        """
        limits = np.array(self.bounds, dtype=float)
        if limits.shape != (len(current), 2):
            raise InfeasibleError(
                f"{len(self.bounds)} pairs of bounds for {len(current)} channels. Give one pair "
                f"per channel: {', '.join(channels)}."
            )
        wrong = ~np.isfinite(limits).all(axis=1) | (limits[:, 0] < 0)
        wrong |= limits[:, 0] > limits[:, 1]
        if wrong.any():
            c = int(wrong.argmax())
            raise InfeasibleError(
                f"bounds of {channels[c]!r} are {limits[c, 0]:g} to {limits[c, 1]:g} times "
                f"today's spend. Bounds are finite, at least 0, the lower one first."
            )
        low, high = limits.T * current
        shares = np.zeros((2 * len(self.groups), len(current)))
        for row, group in enumerate(self.groups):
            shares[2 * row : 2 * row + 2, list(group.members)] = [[1.0], [-1.0]]
        levels = np.array([level for g in self.groups for level in (g.high, -g.low)])
        return Feasible(channels, low, high, self.groups, shares, levels)


def as_limits(bounds: Limits | Iterable[tuple[float, float]]) -> Limits:
    """Take limits as they are, or make them of bounds alone."""
    return bounds if isinstance(bounds, Limits) else Limits(tuple((a, b) for a, b in bounds))


@dataclass(frozen=True)
class Feasible:
    r"""The amounts that a plan may spend.

    Attributes
    ----------
    channels : list of str
        Names.
    low, high : ndarray, shape (n_channels,)
        Bounds, currency over the window.
    groups : tuple of GroupShare
        Shares of the total.
    sides : ndarray, shape (n_sides, n_channels)
        One row per limit of a group: its sum, or minus its sum.
    levels : ndarray, shape (n_sides,)
        :math:`\mathrm{sides} \cdot x \le \mathrm{levels} \cdot \sum x`.
    """

    channels: list[str]
    low: Array
    high: Array
    groups: tuple[GroupShare, ...]
    sides: Array
    levels: Array

    def totals(self) -> tuple[float, float]:
        """Return the smallest and the largest total that bounds and groups allow.

        Raises
        ------
        InfeasibleError
            If no amounts keep all groups.
        """
        if not len(self.sides):
            return float(self.low.sum()), float(self.high.sum())
        ones, homogeneous = np.ones(len(self.low)), self.sides - self.levels[:, np.newaxis]
        box = list(zip(self.low, self.high, strict=True))
        ends = [
            linprog(sign * ones, A_ub=homogeneous, b_ub=np.zeros(len(self.sides)), bounds=box)
            for sign in (1, -1)
        ]
        if any(end.status == 2 for end in ends):
            raise InfeasibleError(
                f"no split keeps the groups within the bounds of their channels: "
                f"{'; '.join(self._possible(group) for group in self.groups)}. Widen the shares "
                f"in [optimize.groups] or the bounds of the channels."
            )
        return float(ends[0].fun), float(-ends[1].fun)

    def _possible(self, group: GroupShare) -> str:
        """Say which shares of the total the bounds of the channels allow a group."""
        inside = np.isin(np.arange(len(self.low)), group.members)
        floor, cap = self.low[inside].sum(), self.high[inside].sum()
        others_low, others_high = self.low[~inside].sum(), self.high[~inside].sum()
        least = floor / max(floor + others_high, CENT)
        most = cap / max(cap + others_low, CENT)
        return (
            f"{group.name!r} is to take {group.low:.0%} to {group.high:.0%} and can take "
            f"{least:.0%} to {most:.0%}"
        )

    def require(self, total: float) -> None:
        """Refuse a total that cannot be met.

        Raises
        ------
        InfeasibleError
            With the totals that can be met.
        """
        if not (np.isfinite(total) and total > 0):
            raise InfeasibleError(
                f"A budget of {total:,.2f} cannot be shared. Give a budget above zero, or a "
                f"window in which channels spend."
            )
        least, most = self.totals()
        if not least - CENT <= total <= most + CENT:
            which = "bounds and groups" if self.groups else "bounds"
            raise InfeasibleError(
                f"A budget of {total:,.2f} does not fit the {which}, which allow {least:,.2f} to "
                f"{most:,.2f}. Widen `bounds` of some channels or change the budget."
            )

    def project(self, wish: ArrayLike, total: float) -> Array:
        """Return the plan nearest to a wish that meets the total, the bounds and the groups.

        Parameters
        ----------
        wish : array_like, shape (n_channels,)
            Wished spend.

        Notes
        -----
        Dykstra's algorithm (Boyle and Dykstra 1986) between bounds with the total, and each side
        of each group; without groups one step is exact.
        """
        found = np.asarray(wish, dtype=float)
        sets = len(self.sides)
        if not sets:
            return project(found, self.low, self.high, total)
        corrections = np.zeros((sets + 1, len(found)))
        norms = (self.sides**2).sum(axis=1)
        for _ in range(SWEEPS):
            before = found
            for k in range(sets):
                moved = found + corrections[k]
                excess = max(self.sides[k] @ moved - self.levels[k] * total, 0.0)
                found = moved - excess / norms[k] * self.sides[k]
                corrections[k] = moved - found
            moved = found + corrections[sets]
            found = project(moved, self.low, self.high, total)
            corrections[sets] = moved - found
            if np.abs(found - before).max() < 1e-9 * total and self.excess(found, total) < 1e-9:
                break
        return found

    def excess(self, spend: Array, total: float) -> float:
        """Return by how much of the total the worst group breaks its share; 0 where none does.

        Parameters
        ----------
        spend : ndarray, shape (n_channels,)
            A plan.
        """
        if not len(self.sides):
            return 0.0
        return max(float((self.sides @ spend / total - self.levels).max()), 0.0)

    def to_cents(self, spend: Array, total: float) -> Array:
        """Round a plan to cents so that it keeps the total, the bounds and the groups.

        Parameters
        ----------
        spend : ndarray, shape (n_channels,)
            Plan that meets total, bounds and groups.
        """
        best = to_cents(spend, self.low, self.high, total)
        if self.excess(best, total) * total < CENT / 2:
            return best
        for taker, giver in np.ndindex(len(best), len(best)):  # one cent breaks a share: move it
            moved = best.copy()
            moved[taker] += CENT
            moved[giver] -= CENT
            inside = (moved >= self.low - CENT / 2) & (moved <= self.high + CENT / 2)
            if inside.all() and self.excess(moved, total) < self.excess(best, total):
                best = np.round(moved / CENT) * CENT
        return best


def project(target: ArrayLike, low: ArrayLike, high: ArrayLike, total: float) -> Array:
    """Return the plan nearest to a target that meets the total within the bounds.

    Parameters
    ----------
    target : array_like, shape (n_channels,)
        Wished spend.
    low, high : array_like, shape (n_channels,)
        Bounds.

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
    """
    floor, cap = np.ceil(low / CENT - 1e-6), np.floor(high / CENT + 1e-6)
    cents = np.clip(np.floor(spend / CENT + 1e-6), floor, np.maximum(cap, floor))
    missing = round(total / CENT) - int(cents.sum())
    order = np.argsort(-(spend / CENT - cents), kind="stable")
    while missing:
        before = missing
        for slack in (0, 1):  # bounds that are no whole cents may give way by less than one
            for channel in order:
                room_up = max(cap[channel] + slack - cents[channel], 0)
                room_down = min(floor[channel] - slack - cents[channel], 0)
                step = int(np.clip(missing, max(room_down, -1), min(room_up, 1)))
                cents[channel] += step
                missing -= step
        if missing == before:
            break
    return np.asarray(cents * CENT)
