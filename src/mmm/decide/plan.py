"""Plans: the spend of some weeks, past or future, and what it earns when it is turned up or down.

A plan knows the pressure that earlier spend carries into its weeks and the weeks after its end,
in which its own pressure fades. Every ROI, curve, scenario and budget is made with plans.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.errors import InfeasibleError
from mmm.model.additive import AdditiveModel

#: Weeks of the year that other spend repeats after the end of the data.
YEAR = 52


@dataclass(frozen=True)
class Plan:
    r"""The spend of one window as a plan whose channels can be turned up and down.

    A multiplier m scales a channel's weekly pattern in the window. Adstock is linear, so
    :math:`a_t(m) = \mathrm{rest}_t + m \cdot \mathrm{flight}_t`: what the spend outside the window
    leaves behind, plus the window's own pressure. Weeks run from the start of the window to
    `max_lag` weeks after its end.
    """

    model: AdditiveModel
    start: int  #: First week of the window, counted from the first week of the data.
    weeks: pd.DatetimeIndex  #: Shape (n_window,): weeks of the window.
    spend: pd.DataFrame  #: Shape (n_window, n_channels): currency per week.
    #: Shape (n_window, n_channels): the pressure that this spend buys, in media units.
    media: Array
    #: Shape (n_channels,): highest and lowest weekly spend seen in all of the data.
    peak: pd.Series
    trough: pd.Series
    #: Shape (n_draws, n_evaluated): per channel, adstocked media; with regions
    #: (n_draws, n_regions, n_evaluated).
    rest: tuple[Array, ...]
    flight: tuple[Array, ...]
    value: Array  #: Shape (n_evaluated,): currency per KPI unit.
    #: Shape (n_channels,): media units per unit of spend, for weeks that have had none.
    media_price: Array

    @property
    def channels(self) -> list[str]:
        """Names of the channels."""
        return self.model.channels

    @cached_property
    def total_spend(self) -> Array:
        """Spend of each channel in the window, shape (n_channels,)."""
        return self.spend.sum().to_numpy(float)

    def _levels(self, multipliers: ArrayLike) -> list[Array]:
        factors = np.asarray(multipliers, dtype=float)
        return [r + m * f for r, m, f in zip(self.rest, factors, self.flight, strict=True)]

    def _curves(self, multipliers: ArrayLike) -> Array:
        levels = self._levels(multipliers)
        shares = [
            response.curve(level)
            for response, level in zip(self.model.responses, levels, strict=True)
        ]
        return np.stack(shares, axis=2)

    def effect(self, multipliers: ArrayLike) -> Array:
        """Return the KPI due to all media in the evaluated weeks, shape (n_draws, n_evaluated).

        `multipliers`, shape (n_channels,): factor on each channel's spend in the window.
        """
        return self.model.effect_of_curves(self._curves(multipliers)).total

    def revenue(self, multipliers: ArrayLike) -> Array:
        """Return the revenue due to all media, shape (n_draws,).

        `multipliers`, shape (n_channels,): factor on each channel's spend in the window.
        """
        return np.asarray(self.effect(multipliers) @ self.value)

    def gradient(self, multipliers: ArrayLike) -> Array:
        """Differentiate :meth:`revenue` by each multiplier, shape (n_draws, n_channels).

        `multipliers`, shape (n_channels,): factor on each channel's spend in the window.
        """
        return self.revenue_and_gradient(multipliers)[1]

    def revenue_and_gradient(self, multipliers: ArrayLike) -> tuple[Array, Array]:
        """Return :meth:`revenue` and :meth:`gradient` for little more than the price of one.

        `multipliers`, shape (n_channels,): factor on each channel's spend in the window.
        """
        responses, gamma = self.model.responses, self.model.gamma
        both = [
            response.curve_with_slope(level, flight)
            for response, level, flight in zip(
                responses, self._levels(multipliers), self.flight, strict=True
            )
        ]
        curves = [curve for curve, _ in both]
        revenue = np.zeros(len(gamma))
        for pair, (i, j) in enumerate(self.model.pairs):
            revenue += gamma[:, pair] * ((curves[i] * curves[j]) @ self.value)
        columns = []
        for c, response in enumerate(responses):
            revenue += response.beta * (curves[c] @ self.value)
            steepness = both[c][1]
            column = response.beta * (steepness @ self.value)
            for pair, (i, j) in enumerate(self.model.pairs):
                if c in (i, j):
                    partner = curves[j if c == i else i]
                    column = column + gamma[:, pair] * ((steepness * partner) @ self.value)
            columns.append(column)
        return revenue, np.stack(columns, axis=1)

    def incremental(self, group: list[int], multipliers: ArrayLike | None = None) -> Array:
        """Return what would be lost had a group of channels not spent, shape (n_draws,).

        `multipliers`, shape (n_channels,): the plan they are switched off in; the current one by
        default.
        """
        factors = np.ones(len(self.channels)) if multipliers is None else np.array(multipliers)
        without = factors.astype(float)
        without[group] = 0.0
        return self.revenue(factors) - self.revenue(without)

    def with_spend(self, spend: ArrayLike) -> Plan:
        """Return the plan of the same weeks with other spend.

        `spend`, shape (n_window, n_channels): currency per week. A week's media follow its spend
        at that week's price, or at the usual price where the channel was silent.

        Raises
        ------
        InfeasibleError
            If a value is negative or not finite.
        """
        wanted, old = np.asarray(spend, dtype=float), self.spend.to_numpy(float)
        _require_spend(wanted, self)
        price = np.where(old > 0, self.media / np.where(old > 0, old, 1.0), self.media_price)
        media = wanted * price
        flight = []
        for c, response in enumerate(self.model.responses):
            padded = np.zeros(len(self.value))
            padded[: len(media)] = media[:, c]
            flight.append(response.carried(padded, start=self.start))
        table = pd.DataFrame(wanted, columns=self.spend.columns)
        return replace(self, spend=table, media=media, flight=tuple(flight))

    def take(self, draws: NDArray[np.intp]) -> Plan:
        """Return the plan under some of the draws."""
        return replace(
            self,
            model=self.model.take(draws),
            rest=tuple(level[draws] for level in self.rest),
            flight=tuple(level[draws] for level in self.flight),
        )


def _require_spend(spend: Array, plan: Plan) -> None:
    bad = ~np.isfinite(spend) | (spend < 0)
    if bad.any():
        row, column = (int(k) for k in np.argwhere(bad)[0])
        week = f"{plan.weeks[row]:%Y-%m-%d}"
        raise InfeasibleError(
            f"planned spend of {plan.channels[column]!r} in the week of {week} is "
            f"{spend[row, column]:g}. Spend is a finite amount, at least 0: correct that week."
        )


def current_plan(model: AdditiveModel, weekly: WeeklyData, *, window_weeks: int = 0) -> Plan:
    """Take the spend of the last weeks as a plan.

    After the end of the data all spend repeats the last 52 weeks, so that the carryover tail of
    the window meets the pressure it would meet.
    """
    n_weeks = len(weekly)
    start = max(n_weeks - window_weeks, 0) if window_weeks else 0
    return plan_of_rows(model, weekly, start, n_weeks)


def plan_of_rows(model: AdditiveModel, weekly: WeeklyData, start: int, stop: int) -> Plan:
    """Take the spend of any weeks, also after the end of the data, as a plan."""
    n_weeks, year = len(weekly), min(YEAR, len(weekly))
    tail = max(response.max_lag for response in model.responses)
    after = max(stop + tail - n_weeks, 0)
    repeat = n_weeks - year + np.arange(after) % year
    rows = np.concatenate([np.arange(n_weeks), repeat])[: stop + tail]
    media = weekly.media.to_numpy(float)[rows]
    inside = np.zeros((len(rows), 1))
    inside[start:stop] = 1.0
    rest, flight = [], []
    for c, response in enumerate(model.responses):
        outside = response.adstock_media((media * (1 - inside))[:, c])
        within = response.carried((media * inside)[:, c])
        rest.append(outside[..., start:].copy())  # a view would keep the weeks before
        flight.append(within[..., start:].copy())
    days = pd.to_timedelta(7 * (np.arange(start, stop) - n_weeks + 1), unit="D")
    return Plan(
        model=model,
        start=start,
        weeks=weekly.weeks[-1] + days,
        spend=weekly.spend.iloc[rows[start:stop]].reset_index(drop=True),
        media=media[start:stop],
        peak=weekly.spend.max(),
        trough=weekly.spend.min(),
        rest=tuple(rest),
        flight=tuple(flight),
        value=weekly.value[rows][start:],
        media_price=_usual_price(weekly, year),
    )


def _usual_price(weekly: WeeklyData, year: int) -> Array:
    """Return the media units per unit of spend in the last year, else in all of the data."""
    price = np.ones(len(weekly.channels))
    for rows in (slice(None), slice(-year, None)):
        spend = weekly.spend.iloc[rows].sum().to_numpy(float)
        units = weekly.media.iloc[rows].sum().to_numpy(float)
        price = np.where(spend > 0, units / np.where(spend > 0, spend, 1.0), price)
    return price
