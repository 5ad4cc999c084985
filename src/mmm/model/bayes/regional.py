"""The weeks of several regions as the sampler sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.dates import share_of_days
from mmm.data.local_movement import local_demand, local_movement
from mmm.data.movement import MOVES_TOGETHER
from mmm.data.regions import Regions, national
from mmm.data.weekly import WeeklyData
from mmm.errors import StudyError
from mmm.model.additive import media_history
from mmm.model.bayes.problem import LEAST_SQUARES, LiftTerm, Problem, is_within, lagged
from mmm.model.bayes.rows import Index, RowNoise
from mmm.model.transforms import adstock_weights, carry_over
from mmm.study.priors import LiftTest, Priors
from mmm.study.study import Study

#: Ratios of the variance of week effects to that of the regions' own noise, in a week's mean, that
#: are averaged over: none is the smooth national baseline alone.
COMMON = (0.0, 0.5, 2.0, 8.0, 32.0)
#: Weeks whose local spend tells of the demand of a week.
NEIGHBORS = (0, -1, 1)
#: Component of the demand that moves the spend of channels within regions.
LOCAL = "local_demand"
#: Rounds in which the noise of each region is estimated, and the ratio that stands for free week
#: effects there.
ROUNDS, FREE = 4, 1e6
#: Least noise of a region as a share of the others', and the highest autocorrelation.
LEAST_NOISE, MOST_RHO = 0.05, 0.9
#: Retention and power of the media in the regression that estimates the noise.
RETENTION, POWER = 0.5, 0.7
#: Singular values below this share of the largest are none.
RANK = 1e-8


@dataclass(frozen=True)
class RegionalProblem(Problem):
    """A study's regions as the sampler sees them; everything else is national."""

    weekly: WeeklyData  #: All weeks with their regions.
    own: Problem  #: The national weeks, for the national baseline given the media.
    constant: float  #: What the noise of the rows adds to the log evidence.

    @property
    def national(self) -> Problem:
        """The problem of the national weeks, in which the baseline is drawn."""
        return self.own

    @classmethod
    def of_regions(
        cls,
        weekly: WeeklyData,
        study: Study,
        priors: Priors,
        lift_tests: Sequence[LiftTest] = (),
        demand_capture: Sequence[str] = (),
    ) -> list[RegionalProblem]:
        """Set up the problem of a regional study under each ratio of :data:`COMMON`.

        Raises
        ------
        StudyError
            If the study has pairs with synergy, which regional models do not have.
        """
        if study.pairs:
            raise StudyError(
                "A regional model has no synergy between channels. Remove the [[synergy]] tables, "
                "or sum the regions: `--sum-regions`, or region_columns in [data]."
            )
        own = Problem.of(national(weekly), study, priors, lift_tests, demand_capture)
        counted = weekly.after(study.carry_in_weeks).weeks
        tests = [test for test in lift_tests if is_within(test, counted)]
        rows = _Rows.of(weekly, study, own, tests)
        return [_problem(weekly, own, rows, common) for common in COMMON]


@dataclass(frozen=True)
class _Rows:
    """Observed rows, sorted by region and week, in KPI units."""

    region: Index
    week: Index  #: Counted from the first week of the likelihood.
    heads: Array  #: Shape (n_regions,).
    kpi: Array
    value: Array
    spend: Array  #: Shape (n_channels,): money spent in these rows.
    lags: Array  #: Shape (n_channels, n_rows, n_lags): media per head, national usual media one.
    terms: Array  #: Shape (n_rows, n_terms): regular baseline.
    columns: Array  #: Shape (n_rows, n_columns): flexible baseline.
    #: Shape (n_rows, n_local): local demand, in multiples of each region's noise.
    demand: Array
    tests: tuple[LiftTerm, ...]
    noise: Array  #: Shape (n_regions,).
    rho: float

    @classmethod
    def of(
        cls, weekly: WeeklyData, study: Study, own: Problem, lift_tests: Sequence[LiftTest]
    ) -> _Rows:
        regions, skip = weekly.regions, study.carry_in_weeks
        assert regions is not None
        region, week = np.nonzero(np.isfinite(regions.kpi[:, skip:]))
        local = regions.media / regions.heads[:, np.newaxis, np.newaxis]
        kpi, spend = regions.kpi[region, skip + week], regions.spend[region, skip + week]
        terms = _terms(weekly, regions, own, region, week)
        noise, rho = _noise(kpi, terms, local, regions.heads, (region, week, skip))
        tests = []
        for test in lift_tests:
            lags, tested = _lift_rows(test, weekly, study, local, own)
            place = study.channel_names.index(test.channel)
            term = (lags[region, week], tested[week], test.incremental_kpi, test.standard_error)
            tests.append(LiftTerm(place, *term))
        return cls(
            region=region,
            week=week,
            heads=regions.heads,
            kpi=kpi,
            value=weekly.value[skip + week],
            spend=spend.sum(axis=0),
            lags=_lags(weekly, study, local, own)[:, region, week],
            terms=terms,
            columns=own.terms.columns[week] * regions.heads[region, np.newaxis],
            demand=_local_demand(regions)[region, skip + week] * noise[region, np.newaxis],
            tests=tuple(tests),
            noise=noise,
            rho=rho,
        )


def _problem(weekly: WeeklyData, own: Problem, rows: _Rows, common: float) -> RegionalProblem:
    noise, basis, root = _scaled_noise(rows, common)
    scale = float(np.sqrt((rows.noise**2).sum() * (1 + common) / (1 - rows.rho**2)))
    kpi = noise.whiten(rows.kpi)
    columns = noise.whiten(np.column_stack([scale * rows.columns, rows.demand]))
    columns = columns - basis @ (basis.T @ columns)
    told = (columns**2).sum(axis=0) > LEAST_SQUARES
    flexible, is_local = own.terms.flexible, rows.demand.shape[1]
    owner = np.append(flexible.owner, np.full(is_local, len(flexible.components)))
    task = replace(
        own.task,
        lags=rows.lags,
        value=rows.value,
        spend=rows.spend,
        kpi=kpi - basis @ (basis.T @ kpi),
        basis=basis,
        tests=rows.tests,
        columns=columns[:, told],
        owner=owner[told],
        components=(*flexible.components, LOCAL) if is_local else flexible.components,
        rows=noise,
    )
    return RegionalProblem(
        task=task,
        terms=own.terms,
        kpi=own.kpi,
        kpi_scale=1.0,
        media_scale=own.media_scale,
        history=own.history,
        weekly=weekly,
        own=own,
        constant=noise.log_root - root,
    )


def _scaled_noise(rows: _Rows, common: float) -> tuple[RowNoise, Array, float]:
    """Return the noise of rows, the basis of their baseline, and its log determinant's root."""
    noise = RowNoise.of(
        rows.region, rows.week, rows.heads, rows.noise, common=common, rho=rows.rho
    )
    left, sizes, _ = np.linalg.svd(noise.whiten(rows.terms), full_matrices=False)
    kept = sizes > RANK * sizes[0]
    return noise, left[:, kept], float(np.log(sizes[kept]).sum())


def _terms(
    weekly: WeeklyData, regions: Regions, own: Problem, region: Index, week: Index
) -> Array:
    """Return the regular baseline of the rows, each region with a level and trend of its own."""
    design, parts = own.terms.design, []
    counted = weekly.weeks[-len(own.kpi) :]
    for number, heads in enumerate(regions.heads):
        values = regions.controls[number, -len(own.kpi) :]
        controls = pd.DataFrame(values, columns=weekly.controls.columns)
        matrix = design.matrix(counted, controls)[list(design.kept)]
        parts.append(heads * matrix.to_numpy(float)[week[region == number]])
    shared = np.concatenate(parts)
    alone = [name in ("intercept", "trend") for name in design.kept]
    ours = np.zeros((len(region), len(regions), sum(alone)))
    ours[np.arange(len(region)), region] = shared[:, alone]
    return np.column_stack([ours.reshape(len(region), -1), shared[:, np.logical_not(alone)]])


def _lags(
    weekly: WeeklyData, study: Study, local: Array, own: Problem, before: Array | None = None
) -> Array:
    """Return scaled media per head by lag, shape (n_channels, n_regions, n_weeks, n_lags).

    `before`, shape (n_regions, n_weeks, n_channels): media whose first weeks stand for the weeks
    before; `local` if not given.
    """
    max_lag, found = max(own.task.max_lag), []
    for media, first in zip(local, local if before is None else before, strict=True):
        frame = replace(weekly, media=pd.DataFrame(first), regions=None)
        history = media_history(frame, pre_history=study.pre_history, max_lag=max_lag)
        found.append(lagged(media, history, max_lag)[:, -len(own.kpi) :])
    return np.stack(found, axis=1) / own.media_scale[:, np.newaxis, np.newaxis, np.newaxis]


def _lift_rows(
    test: LiftTest, weekly: WeeklyData, study: Study, local: Array, own: Problem
) -> tuple[Array, Array]:
    """Return scaled media per head by lag had the tested spend been off, and the tested weeks.

    Shapes (n_regions, n_weeks, n_lags) and (n_weeks,).
    """
    channel = study.channel_names.index(test.channel)
    tested = share_of_days(weekly.weeks, test.start, test.end)
    off = local * (1 - tested)[:, np.newaxis]
    lags = _lags(weekly, study, off, own, before=local)[channel]
    return lags, (tested[-len(own.kpi) :] > 0).astype(float)


def _local_demand(regions: Regions) -> Array:
    """Return what the channels' local spend shares, where they share much of it.

    Shape (n_regions, n_weeks, 3): this week and its neighbors; else none.
    """
    n_regions, n_weeks = regions.kpi.shape
    if not local_movement(regions) > MOVES_TOGETHER:
        return np.zeros((n_regions, n_weeks, 0))
    demand = local_demand(regions)
    weeks = [np.clip(np.arange(n_weeks) + by, 0, n_weeks - 1) for by in NEIGHBORS]
    return np.stack([demand[:, week] for week in weeks], axis=2)


def _noise(
    kpi: Array,
    terms: Array,
    local: Array,
    heads: Array,
    rows: tuple[Index, Index, int],
) -> tuple[Array, float]:
    """Estimate the noise of each region and its autocorrelation by a regression with week effects.

    Media enter as adstock to a power, whose shape hardly matters here: what a wrong curve leaves
    is small beside the noise.
    """
    region, week, skip = rows
    weights = adstock_weights("geometric", np.array(RETENTION), max_lag=8)
    carried = np.array([[carry_over(x, weights) for x in media.T] for media in local])
    features = (
        np.maximum(carried, 0.0)[region, :, skip + week] ** POWER * heads[region, np.newaxis]
    )
    matrix = np.column_stack([terms, features])
    noise = np.sqrt(heads) * float(np.std(kpi))
    residual = np.zeros(len(kpi))
    for _ in range(ROUNDS):
        white = RowNoise.of(region, week, heads, noise, common=FREE, rho=0.0)
        x, y = white.whiten(matrix), white.whiten(kpi)
        size = np.sqrt((x**2).sum(axis=0))
        x = x[:, size > 0] / size[size > 0]
        residual = y - x @ np.linalg.lstsq(x, y, rcond=RANK)[0]
        seen = np.bincount(region, 1 - white.pattern**2, len(heads))
        ratio = np.bincount(region, residual**2, len(heads)) / np.maximum(seen, 1e-9)
        found = noise * np.sqrt(ratio)
        usual = float(np.median(found / np.sqrt(heads)))
        noise = np.maximum(found, LEAST_NOISE * usual * np.sqrt(heads))
    follows = (np.diff(region) == 0) & (np.diff(week) == 1)
    one, two = residual[:-1][follows], residual[1:][follows]
    rho = float(one @ two / max(float(residual @ residual), 1e-300))
    return noise, float(np.clip(rho, 0.0, MOST_RHO))
