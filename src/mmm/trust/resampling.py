"""New outcomes for known weeks: noise drawn in blocks, national or region by region."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mmm.arrays import Array
from mmm.data.regions import kpi_shares
from mmm.data.weekly import WeeklyData
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.regional import RegionalProblem, problem_of
from mmm.study.study import Study

#: Weeks per block of the bootstrap.
BLOCK = 8


def block_bootstrap(residual: Array, n_weeks: int, *, rng: np.random.Generator) -> Array:
    """Draw residuals in blocks of neighboring weeks, the end joined to the beginning.

    `residual`, shape (n_residuals, ...).

    References
    ----------
    Politis and Romano (1992), A circular block-resampling procedure for stationary data.
    """
    starts = rng.integers(0, len(residual), n_weeks // BLOCK + 1)
    places = (starts[:, np.newaxis] + np.arange(BLOCK)).ravel()[:n_weeks]
    return np.asarray(residual[places % len(residual)])


def with_regional_kpi(
    weekly: WeeklyData,
    study: Study,
    fitted: AdditiveModel,
    truth: AdditiveModel,
    *,
    rng: np.random.Generator,
) -> WeeklyData:
    """Return weeks whose regions' KPI follows a known truth.

    Parameters
    ----------
    weekly : WeeklyData
        Weeks with regions.
    study : Study
        Its baseline terms.
    fitted : AdditiveModel
        A single draw of the regional model of these weeks.
    truth : AdditiveModel
        The same with other sizes of the channels.

    Returns
    -------
    WeeklyData
        In each region: the baseline that least squares finds beside the fitted media, what is
        left then, in blocks of weeks that all regions share, and the truth's media.
    """
    problem, regions = problem_of(weekly, study), weekly.regions
    assert isinstance(problem, RegionalProblem)
    assert regions is not None
    baseline, noise = problem.parts(fitted)
    media = problem.media(truth)
    region, week = problem.rows.region, problem.rows.week
    grid = np.full((len(regions), len(problem.kpi)), np.nan)
    grid[region, week] = noise
    drawn = block_bootstrap(grid.T, len(problem.kpi), rng=rng).T[region, week]
    kpi = regions.kpi.copy()
    kpi[region, study.carry_in_weeks + week] = baseline + media + np.nan_to_num(drawn)
    known = np.isfinite(kpi)
    share = np.maximum(kpi_shares(regions.kpi) @ known, 1e-9)
    total = np.where(known, kpi, 0.0).sum(axis=0) / share
    return replace(weekly, kpi=total, regions=replace(regions, kpi=kpi))
