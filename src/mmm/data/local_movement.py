"""Spend that rises and falls together within regions: local planners, or local demand."""

from __future__ import annotations

import itertools

import numpy as np

from mmm.arrays import Array, Mask
from mmm.data.movement import OFFSET
from mmm.data.regions import Regions

#: Rounds in which means by region and by week are taken out where rows are missing.
STEPS = 8
#: A channel's spend differs between regions where its log, region and week taken out, has more
#: than this standard deviation.
DIFFERS = 0.02


def local_logs(regions: Regions) -> Array:
    r"""Return what is left of log spend without region and week: who got more than usual, when.

    Returns
    -------
    ndarray, shape (n_regions, n_weeks, n_channels)
        :math:`\log(x_{rt} / \bar x_r + 0.1)` less its mean by region and by week, over the weeks
        that a region has; zero elsewhere, and for channels that are bought for all regions alike.
    """
    known = _known(regions)
    spend = np.where(known, regions.spend, 0.0)
    usual = np.maximum(_mean(spend, known, 1), 1e-300)
    logs = np.log(spend / usual + OFFSET) * (known & spend.any(axis=1, keepdims=True))
    for _ in range(STEPS):
        logs = np.where(known, logs - _mean(logs, known, 1), 0.0)
        logs = np.where(known, logs - _mean(logs, known, 0), 0.0)
    return np.where(logs.std(axis=(0, 1)) > DIFFERS, logs, 0.0)


def _known(regions: Regions) -> Mask:
    """Return the rows that a region has, shape (n_regions, n_weeks, 1)."""
    return np.isfinite(regions.kpi)[:, :, np.newaxis]


def _mean(values: Array, known: Mask, axis: int) -> Array:
    return np.asarray(
        np.where(known, values, 0.0).sum(axis=axis, keepdims=True)
        / np.maximum(known.sum(axis=axis, keepdims=True), 1)
    )


def local_movement(regions: Regions) -> float:
    """Return how much channels' spend rises and falls together within regions.

    Returns
    -------
    float
        Mean correlation of :func:`local_logs` over pairs of channels, over the rows in which both
        spend more than a tenth of the region's mean; zero where no two channels vary locally.
    """
    known, logs = _known(regions), local_logs(regions)
    spend = np.where(known, regions.spend, 0.0)
    spends = known & (spend > OFFSET * _mean(spend, known, 1))
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
    logs = local_logs(regions)
    shape = logs.shape[:2]
    rows = logs.reshape(-1, logs.shape[2])
    spread = rows.std(axis=0)
    standard = rows / np.where(spread > 0, spread, np.inf)
    left, sizes, loadings = np.linalg.svd(standard, full_matrices=False)
    if not sizes[0] > 0:
        return np.zeros(shape)
    upward = np.sign(loadings[0].sum()) or 1.0
    return np.asarray(upward * np.sqrt(len(rows)) * left[:, 0]).reshape(shape)
