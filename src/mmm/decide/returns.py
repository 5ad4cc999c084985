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
from numpy.typing import ArrayLike

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.decide.plan import Plan, current_plan
from mmm.model.additive import AdditiveModel
from mmm.model.intervals import tails

__all__ = [
    "SURE",
    "Contributions",
    "Plan",
    "beside_truth",
    "brief",
    "chance_of_gain",
    "channel_returns",
    "contribution_table",
    "contributions",
    "current_plan",
    "elasticities",
    "mroi",
    "observed_multipliers",
    "response_curve",
    "response_curves",
    "roi",
    "roi_series",
    "summarize",
]

#: A channel earns money when it is so likely that its next unit of money pays back.
SURE = 0.9
#: Changes of less than half a cent in every draw are none, as :func:`mmm.formatting.money` writes.
NOTHING = 0.005


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
    """
    if len(draws) == 1:
        return float("nan"), float(draws[0]), float("nan")
    below, above = tails(interval)
    low, median, high = np.quantile(draws, [below, 0.5, above])
    return float(low), float(median), float(high)


def chance_of_gain(profit: Array) -> float:
    """Return how likely a change in profit is to be a gain: the one meaning of P(gain).

    Parameters
    ----------
    profit : ndarray, shape (n_draws,)
        Change in revenue times margin, less the change in spend; currency. At the same total
        spend its sign is that of the change in revenue.

    Returns
    -------
    float
        Share of the draws above zero, in [0, 1]. NaN where draws cannot tell: for a point
        estimate, where nothing changes in any draw, and where no profit is known.

    Examples
    --------
    >>> chance_of_gain(np.array([1.0, 2.0, -1.0, 3.0]))
    0.75
    >>> chance_of_gain(np.zeros(4)), chance_of_gain(np.array([1.0]))
    (nan, nan)
    """
    if len(profit) == 1 or not np.abs(profit).max() >= NOTHING:
        return float("nan")
    return float(np.mean(profit > 0))


def channel_returns(
    plan: Plan, parts: Contributions, *, interval: float, margin: float | None
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
    margin : float or None
        Profit per unit of revenue; None where units have no value.

    Returns
    -------
    DataFrame
        Columns channel, spend, spend_share, contribution (mean, additive), contribution_share,
        then low, median and high of incremental_revenue, roi, mroi and cpik, the probability
        that the next unit of money earns its keep (NaN where none can be told), and whether.
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
        probability = np.nan
        if margin is not None and spend[c] > 0:
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


def beside_truth(table: pd.DataFrame, true_roi: pd.Series | None) -> pd.DataFrame:
    """Return a table per channel with the true ROI as its last column, where it is known.

    Parameters
    ----------
    table : DataFrame
        One row a channel.
    true_roi : Series or None
        True ROI of each channel, in the order of the rows.
    """
    return table if true_roi is None else table.assign(true_roi=true_roi.to_numpy())


def brief(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of the returns table that people read.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`channel_returns`, with or without ``true_roi`` beside it.

    Returns
    -------
    DataFrame
        Columns channel, spend, incremental_revenue, ROI and mROI (with low and high unless they
        are point estimates, the true ROI between them where it is known), cpik.
    """
    truth = [name for name in ("true_roi",) if name in table]
    roi, mroi = _with_ends(table, "roi"), _with_ends(table, "mroi")
    return table[["channel", "spend", "incremental_revenue", *roi, *truth, *mroi, "cpik"]]


def _with_ends(table: pd.DataFrame, column: str) -> list[str]:
    ends = [f"{column}_low", column, f"{column}_high"]
    return [column] if table[f"{column}_low"].isna().all() else ends


def contribution_table(
    parts: Contributions, truth: AdditiveModel | None, weekly: WeeklyData, *, window_weeks: int
) -> pd.DataFrame:
    """Return contributions with their shares and, where it is known, the truth.

    Parameters
    ----------
    parts : Contributions
        Contributions under the estimate.
    truth : AdditiveModel or None
        The true model.
    weekly : WeeklyData
        The data.
    window_weeks : int
        Last weeks to add up (0: all weeks).

    Returns
    -------
    DataFrame
        Columns source, contribution, contribution_share and perhaps true_contribution.
    """
    totals = parts.totals(window_weeks)
    table = pd.DataFrame({"contribution": totals, "contribution_share": totals / totals.sum()})
    if truth is not None:
        true = contributions(truth, weekly).totals(window_weeks)
        table["true_contribution"] = true.to_numpy()
    return table.rename_axis("source").reset_index()
