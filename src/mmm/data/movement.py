"""Spend that rises and falls together: how much, and the movement that the channels share."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from mmm.arrays import Array

#: Channels move together when :func:`common_movement` exceeds this.
MOVES_TOGETHER = 0.3
#: Log spend is taken of spend plus this share of its mean; weeks below that share are dark.
OFFSET = 0.1
#: Weeks, beyond the baseline's terms, in which both channels must spend to be compared.
FEWEST_WEEKS = 13


def log_spend(spend: pd.DataFrame | Array) -> Array:
    r"""Return :math:`\log(x / \bar x + 0.1)`; a tenth of the mean keeps dark weeks finite.

    Parameters
    ----------
    spend : DataFrame or ndarray, shape (n_weeks, n_channels)
        Currency per week.
    """
    values = np.asarray(spend, dtype=float)
    return np.asarray(np.log(values / np.maximum(values.mean(axis=0), 1e-300) + OFFSET))


def common_movement(spend: pd.DataFrame | Array, baseline: Array) -> float:
    """Return how much the channels' spend rises and falls together, beyond the baseline.

    Parameters
    ----------
    spend : DataFrame or ndarray, shape (n_weeks, n_channels)
        Currency per week.
    baseline : ndarray, shape (n_weeks, n_terms)
        Baseline terms that may move all channels: trend, season.

    Returns
    -------
    float
        Mean correlation of log spend over pairs of channels, each over the weeks in which both
        spend more than a tenth of their mean; the baseline is taken out of each channel on its
        own such weeks. Pairs with too few common weeks are left out; zero where none is left.

    Notes
    -----
    Spend that moves together beyond season and trend mostly follows demand that planners
    foresaw, or one planner's budget: the data then hardly tell the channels apart. Dark weeks are
    left out because they are flights, planned channel by channel: they hide what amounts share.
    """
    logs, values = log_spend(spend), np.asarray(spend, dtype=float)
    spends = values > OFFSET * values.mean(axis=0)
    own = np.zeros_like(logs)
    for c, weeks in enumerate(spends.T):
        terms = baseline[weeks]
        own[weeks, c] = logs[weeks, c] - terms @ np.linalg.lstsq(terms, logs[weeks, c])[0]
    fewest = baseline.shape[1] + FEWEST_WEEKS
    both = {
        (a, b): spends[:, a] & spends[:, b]
        for a, b in itertools.combinations(range(logs.shape[1]), 2)
    }
    pairs = [
        _correlation(own[weeks, a], own[weeks, b])
        for (a, b), weeks in both.items()
        if weeks.sum() >= fewest
    ]
    return float(np.mean(pairs)) if pairs else 0.0


def _correlation(first: Array, second: Array) -> float:
    """Return the correlation of two series; zero where one of them does not move."""
    first, second = first - first.mean(), second - second.mean()
    size = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / size if size > 1e-12 else 0.0


def shared_component(spend: pd.DataFrame | Array) -> Array:
    """Return the movement that the channels share most.

    Parameters
    ----------
    spend : DataFrame or ndarray, shape (n_weeks, n_channels)
        Currency per week.

    Returns
    -------
    ndarray, shape (n_weeks,)
        First principal component of standardized log spend, with mean zero and standard
        deviation one, up where most channels are up; zeros where no channel moves.
    """
    logs = log_spend(spend)
    away = logs - logs.mean(axis=0)
    spread = away.std(axis=0)
    standard = away / np.where(spread > 1e-12, spread, np.inf)
    left, sizes, loadings = np.linalg.svd(standard, full_matrices=False)
    if not sizes[0] > 0:
        return np.zeros(len(logs))
    upward = np.sign(loadings[0].sum()) or 1.0
    return np.asarray(upward * np.sqrt(len(logs)) * left[:, 0])
