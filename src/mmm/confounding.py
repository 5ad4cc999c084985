"""Spend that rises and falls together: a stand-in for the demand that the planners saw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mmm.data import WeeklyData
from mmm.features import baseline_design
from mmm.study import Study

Array = NDArray[np.float64]

#: Name of the control that :func:`with_shared_plan` adds.
SHARED_PLAN = "shared plan"
#: Channels move together when their mean correlation, season and controls removed, exceeds this.
TOGETHER = 0.3
#: Log spend is taken of spend plus this share of its mean, so that dark weeks stay finite.
OFFSET = 0.1


def with_shared_plan(weekly: WeeklyData, study: Study) -> WeeklyData:
    r"""Add the common movement of the channels' spend as a control, where there is one.

    Parameters
    ----------
    weekly : WeeklyData
        The weeks.
    study : Study
        Names the baseline terms.

    Returns
    -------
    WeeklyData
        With a control ``shared plan``, if there are at least three channels and the mean
        correlation of their log spend, beyond trend, season and controls, is above 0.3;
        otherwise unchanged.

    Notes
    -----
    Spend in all channels that moves together beyond season and known events mostly follows
    demand that planners foresaw, and demand sells by itself: left out, its sales are credited to
    media. The first principal component of the log spends stands in for it, as in the
    deconfounder (Wang and Blei 2019, The Blessings of Multiple Causes, JASA 114). What remains
    to tell the channels apart is what each does on its own, so intervals widen: that is the
    truth about such data. It cannot help where one channel alone follows demand.
    """
    if len(weekly.channels) < 3:
        return weekly
    logs = _own_movement(weekly, study)
    correlation = logs.T @ logs / len(logs)
    pairs = correlation[np.triu_indices(len(correlation), 1)]
    if pairs.mean() <= TOGETHER:
        return weekly
    loadings = np.linalg.eigh(correlation)[1][:, -1]
    common = logs @ (loadings * np.sign(loadings.sum()))
    controls = weekly.controls.copy()
    controls[SHARED_PLAN] = common / common.std()
    return replace(weekly, controls=controls)


def _own_movement(weekly: WeeklyData, study: Study) -> Array:
    """Return standardized log spend with trend, season and controls taken out."""
    design = baseline_design(weekly, study)
    basis, _ = np.linalg.qr(design.matrix(weekly.weeks, weekly.controls).to_numpy(float))
    spend = weekly.spend.to_numpy(float)
    logs = np.log(spend / spend.mean(axis=0) + OFFSET)
    logs = logs - basis @ (basis.T @ logs)
    return np.asarray(logs / np.maximum(logs.std(axis=0), 1e-12))
