"""Incremental revenue, contribution, ROI, mROI and response curves: the only place they are made.

Two estimands carry two names (see docs/method.md). *Contribution*: KPI of the weeks of a window
that is due to a channel, carry-in included; contributions add up to the fitted KPI. *Incremental
revenue of the spend in a window*: what would be lost, carryover tail included, had the channel
not spent in it; with synergy these overlap and are never summed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mmm.data import WeeklyData
from mmm.models.base import AdditiveModel
from mmm.transforms import carry_over, saturation_slope

Array = NDArray[np.float64]

#: Weeks of the year that other spend repeats after the end of the data.
YEAR = 52
#: A channel earns money when it is so likely that its next unit of money pays back.
SURE = 0.9


@dataclass(frozen=True)
class Contributions:
    """Revenue of each week by source; the parts add up to the fitted revenue in every draw.

    Attributes
    ----------
    weeks : DatetimeIndex, shape (n_weeks,)
        First day of each week.
    baseline : ndarray, shape (n_draws, n_weeks)
        Revenue without media.
    channels : ndarray, shape (n_draws, n_weeks, n_channels)
        Main effects.
    synergy : ndarray, shape (n_draws, n_weeks, n_pairs)
        Joint effects.
    names : list of str
        Sources in order: ``baseline``, the channels, then ``a x b`` per pair.
    """

    weeks: pd.DatetimeIndex
    baseline: Array
    channels: Array
    synergy: Array
    names: list[str]

    @property
    def fitted(self) -> Array:
        """Sum of all parts, shape (n_draws, n_weeks)."""
        return np.asarray(self.baseline + self.channels.sum(axis=2) + self.synergy.sum(axis=2))

    def by_week(self) -> pd.DataFrame:
        """Return the mean over draws, one row a week and one column a source."""
        parts = [
            self.baseline.mean(axis=0)[:, np.newaxis],
            self.channels.mean(axis=0),
            self.synergy.mean(axis=0),
        ]
        return pd.DataFrame(np.hstack(parts), index=self.weeks, columns=self.names)

    def totals(self, window_weeks: int = 0) -> pd.Series:
        """Return the mean total of each source over the last weeks (0: all weeks)."""
        return self.by_week().iloc[-window_weeks:].sum()


def contributions(model: AdditiveModel, weekly: WeeklyData) -> Contributions:
    """Split the fitted revenue of every week into baseline, channels and synergy.

    Parameters
    ----------
    model : AdditiveModel
        A fitted model.
    weekly : WeeklyData
        All weeks from the first one of the data on.

    Returns
    -------
    Contributions
        In money, or in KPI units where the study gives no value per unit.
    """
    effect = model.media_effect(weekly.media.to_numpy(float))
    pairs = [f"{model.channels[i]} x {model.channels[j]}" for i, j in model.pairs]
    return Contributions(
        weeks=weekly.weeks,
        baseline=model.baseline_effect(weekly.weeks, weekly.controls) * weekly.value,
        channels=effect.channels * weekly.value[:, np.newaxis],
        synergy=effect.synergy * weekly.value[:, np.newaxis],
        names=["baseline", *model.channels, *pairs],
    )


@dataclass(frozen=True)
class Plan:
    r"""The spend of one window as a plan whose channels can be turned up and down.

    A multiplier m scales a channel's weekly pattern in the window. Adstock is linear, so
    :math:`a_t(m) = \mathrm{rest}_t + m \cdot \mathrm{flight}_t`: what the spend outside the window
    leaves behind, plus the window's own pressure. Weeks run from the start of the window to
    `max_lag` weeks after its end.

    Attributes
    ----------
    model : AdditiveModel
        The fitted model.
    weeks : DatetimeIndex, shape (n_window,)
        Weeks of the window.
    spend : DataFrame, shape (n_window, n_channels)
        Currency per week.
    peak : Series, shape (n_channels,)
        Highest weekly spend seen in all of the data.
    rest, flight : tuple of ndarray, shape (n_draws, n_evaluated)
        Per channel, adstocked media.
    value : ndarray, shape (n_evaluated,)
        Currency per KPI unit.
    """

    model: AdditiveModel
    weeks: pd.DatetimeIndex
    spend: pd.DataFrame
    peak: pd.Series
    rest: tuple[Array, ...]
    flight: tuple[Array, ...]
    value: Array

    @property
    def channels(self) -> list[str]:
        """Names of the channels."""
        return self.model.channels

    @property
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

    def revenue(self, multipliers: ArrayLike) -> Array:
        """Return the revenue due to all media, shape (n_draws,).

        Parameters
        ----------
        multipliers : array_like, shape (n_channels,)
            Factor on each channel's spend in the window.
        """
        return self._revenue_of(self._curves(multipliers))

    def _revenue_of(self, curves: Array) -> Array:
        return np.asarray(self.model.effect_of_curves(curves).total @ self.value)

    def gradient(self, multipliers: ArrayLike) -> Array:
        """Differentiate :meth:`revenue` by each multiplier, shape (n_draws, n_channels).

        Parameters
        ----------
        multipliers : array_like, shape (n_channels,)
            Factor on each channel's spend in the window.
        """
        levels = self._levels(multipliers)
        responses = self.model.responses
        curves = [r.curve(level) for r, level in zip(responses, levels, strict=True)]
        columns = []
        for c, response in enumerate(responses):
            slope = saturation_slope(response.saturation, levels[c], *response.curve_parameters)
            strength = response.beta[:, np.newaxis]
            for pair, (i, j) in enumerate(self.model.pairs):
                if c in (i, j):
                    partner = curves[j if c == i else i]
                    strength = strength + self.model.gamma[:, [pair]] * partner
            columns.append((strength * slope * self.flight[c]) @ self.value)
        return np.stack(columns, axis=1)

    def incremental(self, group: list[int], multipliers: ArrayLike | None = None) -> Array:
        """Return what would be lost had a group of channels not spent, shape (n_draws,).

        Parameters
        ----------
        group : list of int
            Positions of the channels that are switched off together.
        multipliers : array_like, shape (n_channels,), optional
            The plan they are switched off in; the current one by default.
        """
        factors = np.ones(len(self.channels)) if multipliers is None else np.array(multipliers)
        without = factors.astype(float)
        without[group] = 0.0
        return self.revenue(factors) - self.revenue(without)


def current_plan(model: AdditiveModel, weekly: WeeklyData, *, window_weeks: int = 0) -> Plan:
    """Take the spend of the last weeks as a plan.

    Parameters
    ----------
    model : AdditiveModel
        The fitted model.
    weekly : WeeklyData
        All weeks from the first one of the data on.
    window_weeks : int, default 0
        Length of the window; 0 takes all weeks.

    Returns
    -------
    Plan
        After the end of the data all spend repeats the last 52 weeks, so that the carryover
        tail of the window meets the pressure it would meet.
    """
    n_weeks = len(weekly)
    start = max(n_weeks - window_weeks, 0) if window_weeks else 0
    tail = max(response.max_lag for response in model.responses)
    repeat = n_weeks - min(YEAR, n_weeks) + np.arange(tail) % min(YEAR, n_weeks)
    rows = np.concatenate([np.arange(n_weeks), repeat])
    media = weekly.media.to_numpy(float)[rows]
    inside = np.zeros((len(rows), 1))
    inside[start:n_weeks] = 1.0
    rest, flight = [], []
    for c, response in enumerate(model.responses):
        outside = response.adstock_media((media * (1 - inside))[:, c])
        within = carry_over((media * inside)[:, c], response.weights)
        rest.append(outside[:, start:])
        flight.append(within[:, start:])
    return Plan(
        model=model,
        weeks=weekly.weeks[start:],
        spend=weekly.spend.iloc[start:].reset_index(drop=True),
        peak=weekly.spend.max(),
        rest=tuple(rest),
        flight=tuple(flight),
        value=weekly.value[rows][start:],
    )


def roi(plan: Plan) -> Array:
    """Return incremental revenue per unit of spend, shape (n_draws, n_channels).

    Parameters
    ----------
    plan : Plan
        The current plan.
    """
    spend = plan.total_spend
    columns = [plan.incremental([c]) / _positive(spend[c]) for c in range(len(spend))]
    return np.stack(columns, axis=1)


def mroi(plan: Plan, multipliers: ArrayLike | None = None) -> Array:
    """Return the revenue of one more unit of spend, shape (n_draws, n_channels).

    Parameters
    ----------
    plan : Plan
        The plan; the extra unit is spread over the window in its pattern.
    multipliers : array_like, shape (n_channels,), optional
        Where on the response curves; at the current spend by default.
    """
    factors = np.ones(len(plan.channels)) if multipliers is None else multipliers
    return plan.gradient(factors) / np.array([_positive(s) for s in plan.total_spend])


def _positive(spend: float) -> float:
    return spend if spend > 0 else np.nan


def response_curve(plan: Plan, channel: int, multipliers: ArrayLike) -> Array:
    """Return incremental revenue against a multiplier of one channel's spend, others held.

    Parameters
    ----------
    plan : Plan
        The current plan.
    channel : int
        Position of the channel.
    multipliers : array_like, shape (n_points,)
        Factors on its spend.

    Returns
    -------
    ndarray, shape (n_draws, n_points)
        Zero at multiplier zero; the numerator of the ROI at multiplier one.
    """
    factors = np.ones(len(plan.channels))
    points = []
    for multiplier in np.asarray(multipliers, dtype=float):
        factors[channel] = multiplier
        points.append(plan.incremental([channel], factors))
    return np.stack(points, axis=1)


def summarize(draws: Array, interval: float) -> tuple[float, float, float]:
    """Return low, median and high of draws; no interval from a single draw.

    Parameters
    ----------
    draws : ndarray, shape (n_draws,)
        Any quantity.
    interval : float
        Central share, e.g. 0.90 for the 5 % and 95 % quantiles.
    """
    if len(draws) == 1:
        return float("nan"), float(draws[0]), float("nan")
    tail = (1 - interval) / 2
    low, median, high = np.quantile(draws, [tail, 0.5, 1 - tail])
    return float(low), float(median), float(high)


def channel_returns(
    plan: Plan, parts: Contributions, *, interval: float, margin: float
) -> pd.DataFrame:
    """Return the table of returns, one row a channel.

    Parameters
    ----------
    plan : Plan
        The current plan.
    parts : Contributions
        Contributions of the same model.
    interval : float
        Central share of the intervals.
    margin : float
        Profit per unit of revenue.

    Returns
    -------
    DataFrame
        Columns channel, spend, spend_share, contribution (mean, additive), contribution_share,
        then low, median and high of incremental_revenue, roi, mroi and cpik, the probability
        that the next unit of money earns its keep, and whether that is sure.
    """
    spend, ratio, marginal = plan.total_spend, roi(plan), mroi(plan)
    total = parts.totals(len(plan.weeks))
    units = roi(replace(plan, value=np.ones_like(plan.value)))
    rows = []
    for c, name in enumerate(plan.channels):
        row = {
            "channel": name,
            "spend": spend[c],
            "spend_share": spend[c] / spend.sum(),
            "contribution": total[name],
            "contribution_share": total[name] / total.sum(),
        }
        with np.errstate(divide="ignore"):
            cost = 1 / units[:, c]
        for key, draws in (
            ("incremental_revenue", plan.incremental([c])),
            ("roi", ratio[:, c]),
            ("mroi", marginal[:, c]),
            ("cpik", cost),
        ):
            low, median, high = summarize(draws, interval)
            row |= {f"{key}_low": low, key: median, f"{key}_high": high}
        probability = float(np.mean(marginal[:, c] * margin > 1))
        row |= {"p_earns": probability, "earns_money": probability >= SURE}
        rows.append(row)
    return pd.DataFrame(rows)


def response_curves(plan: Plan, *, interval: float, points: int = 41) -> pd.DataFrame:
    """Return the response curve of every channel from no spend to twice the current one.

    Parameters
    ----------
    plan : Plan
        The current plan.
    interval : float
        Central share of the band.
    points : int, default 41
        Points per curve; odd, so that the current spend is one of them.

    Returns
    -------
    DataFrame
        Columns channel, multiplier, spend, low, revenue (median), high; totals of the window.
    """
    multipliers = np.linspace(0, 2, points)
    tables = []
    for c, name in enumerate(plan.channels):
        draws = response_curve(plan, c, multipliers)
        bands = np.array([summarize(draws[:, k], interval) for k in range(points)])
        columns = {
            "channel": name,
            "multiplier": multipliers,
            "spend": multipliers * plan.total_spend[c],
            "low": bands[:, 0],
            "revenue": bands[:, 1],
            "high": bands[:, 2],
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def elasticities(plan: Plan, parts: Contributions) -> pd.Series:
    """Return the percent change in revenue per percent change in each channel's spend.

    Parameters
    ----------
    plan : Plan
        The current plan.
    parts : Contributions
        Contributions of the same model, for the revenue of the window.
    """
    revenue = parts.totals(len(plan.weeks)).sum()
    slope = plan.gradient(np.ones(len(plan.channels))).mean(axis=0)
    return pd.Series(slope / revenue, index=plan.channels)


def roi_series(plan: Plan) -> pd.Series:
    """Return the median ROI of each channel.

    Parameters
    ----------
    plan : Plan
        The current plan.
    """
    return pd.Series(np.median(roi(plan), axis=0), index=plan.channels)


def observed_multipliers(plan: Plan) -> dict[str, float]:
    """Return how far each channel can be turned up before its highest week is a new record.

    Parameters
    ----------
    plan : Plan
        The current plan.
    """
    highest = plan.spend.max()
    return {name: float(plan.peak[name] / max(highest[name], 1e-12)) for name in plan.channels}
