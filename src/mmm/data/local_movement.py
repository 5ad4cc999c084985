"""Spend that rises and falls together within regions: local planners, or local demand."""

from __future__ import annotations

import itertools

import numpy as np

from mmm.arrays import Array
from mmm.data.movement import OFFSET
from mmm.data.regions import Regions

#: A channel's spend differs between regions where its log, region and week taken out, has more
#: than this standard deviation.
DIFFERS = 0.02


def local_logs(spend: Array) -> Array:
    r"""Return what is left of log spend without region and week: who got more than usual, when.

    Parameters
    ----------
    spend : ndarray, shape (n_regions, n_weeks, n_channels)
        Currency.

    Returns
    -------
    ndarray, shape (n_regions, n_weeks, n_channels)
        :math:`\log(x_{rt} / \bar x_r + 0.1)` less its mean by region and by week; zero for
        channels
        that are bought for all regions alike.
    """
    usual = np.maximum(spend.mean(axis=1, keepdims=True), 1e-300)
    logs = np.log(spend / usual + OFFSET)
    logs = np.where(spend.any(axis=1, keepdims=True), logs, 0.0)
    logs = logs - logs.mean(axis=1, keepdims=True)
    logs = logs - logs.mean(axis=0, keepdims=True)
    return np.where(logs.std(axis=(0, 1)) > DIFFERS, logs, 0.0)


def local_movement(regions: Regions) -> float:
    """Return how much channels' spend rises and falls together within regions.

    Returns
    -------
    float
        Mean correlation of :func:`local_logs` over pairs of channels, over the rows in which both
        spend more than a tenth of the region's mean; zero where no two channels vary locally.
    """
    spend, logs = regions.spend, local_logs(regions.spend)
    spends = spend > OFFSET * spend.mean(axis=1, keepdims=True)
    varies = np.flatnonzero(logs.any(axis=(0, 1)))
    found = []
    for a, b in itertools.combinations(varies, 2):
        both = spends[..., a] & spends[..., b]
        one, two = logs[both][:, a], logs[both][:, b]
        if len(one) > 2 and one.std() > 0 and two.std() > 0:
            found.append(float(np.corrcoef(one, two)[0, 1]))
    return float(np.mean(found)) if found else 0.0


def local_demand(regions: Regions) -> Array:
    """Return the local movement that the channels share, shape (n_regions, n_weeks).

    First principal component of standardized :func:`local_logs`, standard deviation one, up where
    most channels are up.
    """
    logs = local_logs(regions.spend)
    shape = logs.shape[:2]
    rows = logs.reshape(-1, logs.shape[2])
    spread = rows.std(axis=0)
    standard = rows / np.where(spread > 0, spread, np.inf)
    left, sizes, loadings = np.linalg.svd(standard, full_matrices=False)
    if not sizes[0] > 0:
        return np.zeros(shape)
    upward = np.sign(loadings[0].sum()) or 1.0
    return np.asarray(upward * np.sqrt(len(rows)) * left[:, 0]).reshape(shape)
