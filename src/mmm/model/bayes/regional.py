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
from mmm.model.additive import AdditiveModel, media_history, usual_media
from mmm.model.baseline import BaselineDesign
from mmm.model.bayes.problem import LEAST_SQUARES, LiftTerm, Problem, ScaledData, is_within, lagged
from mmm.model.bayes.rows import Index, RowNoise
from mmm.model.transforms import adstock_weights, carry_over
from mmm.study.priors import LiftTest, Priors
from mmm.study.study import Study

#: Ratios of the variance of week effects to that of the regions' own noise, in a week's mean, that
#: are averaged over: none is the smooth national baseline alone.
COMMON = (0.0, 0.5, 2.0, 8.0)
#: The ratio of quick fits, which do not average.
USUAL = 1.0
#: Weeks whose local spend tells of the demand of a week.
NEIGHBORS = (0, -1, 1)
#: Component of the demand that moves the spend of channels within regions.
LOCAL = "local_demand"
#: Terms of the baseline that each region has of its own.
OWN = ("intercept", "trend")
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
class Rows:
    """Observed rows, sorted by region and week, in KPI units."""

    region: Index
    week: Index  #: Counted from the first week asked for.
    heads: Array  #: Shape (n_regions,).
    kpi: Array
    terms: Array  #: Shape (n_rows, n_terms): regular baseline.
    #: Columns of the terms that are a region's own level or trend, or shared, by name.
    names: tuple[str, ...]
    #: Shape (n_rows, n_local): local demand, in multiples of each region's noise.
    demand: Array
    noise: Array  #: Shape (n_regions,).
    rho: float

    @classmethod
    def of(cls, weekly: WeeklyData, design: BaselineDesign, skip: int = 0) -> Rows:
        """Line up the rows whose KPI is known.

        Parameters
        ----------
        weekly : WeeklyData
            Weeks with regions.
        design : BaselineDesign
            Terms of the national baseline.
        skip : int, default 0
            First weeks that are left out.
        """
        regions = weekly.regions
        assert regions is not None
        region, week = np.nonzero(np.isfinite(regions.kpi[:, skip:]))
        kpi, places = regions.kpi[region, skip + week], (region, week, skip)
        terms, names = _terms(weekly.after(skip), regions.after(skip), design, region, week)
        noise, rho = _noise(kpi, terms, regions, places)
        demand = _local_demand(regions)[region, skip + week] * noise[region, np.newaxis]
        return cls(region, week, regions.heads, kpi, terms, names, demand, noise, rho)

    def white(self, common: float) -> RowNoise:
        """Return the noise of the rows with week effects of some size."""
        given = (self.region, self.week, self.heads, self.noise)
        return RowNoise.of(*given, common=common, rho=self.rho)


@dataclass(frozen=True)
class RegionalProblem(Problem):
    """A study's regions as the sampler sees them; everything else is national."""

    weekly: WeeklyData  #: All weeks with their regions.
    own: Problem  #: The national weeks, for the national baseline given the media.
    rows: Rows  #: What was observed.
    constant: float = 0.0  #: What the noise of the rows adds to the log evidence.
    #: Variance of the week effects over that of the regions' own noise, in a week's mean.
    common: float = 0.0

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
        ratios: Sequence[float] = COMMON,
    ) -> list[RegionalProblem]:
        """Set up the problem of a regional study under each ratio of week effects.

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
        own = replace(own, media_scale=_media_scale(weekly, study))
        counted = weekly.after(study.carry_in_weeks).weeks
        tests = [test for test in lift_tests if is_within(test, counted)]
        rows = Rows.of(weekly, own.terms.design, study.carry_in_weeks)
        task = _task(weekly, study, own, rows, tests)
        return [_problem(weekly, own, task, rows, common) for common in ratios]

    def row_curves(self, model: AdditiveModel) -> Array:
        """Return :func:`row_curves` in the rows of the likelihood."""
        skip = len(self.weekly) - len(self.own.kpi)
        return row_curves(model, self.weekly, self.rows.region, skip + self.rows.week)

    def media(self, one: AdditiveModel) -> Array:
        """Return the KPI due to media under a single draw, shape (n_rows,)."""
        return self.row_curves(one)[0] @ np.array([response.beta[0] for response in one.responses])

    def parts(self, one: AdditiveModel) -> tuple[Array, Array]:
        """Split what a single draw's media leave into baseline and noise, shape (n_rows,) each.

        Least squares finds the level and trend of each region, the season and what local demand
        adds, beside the flexible baseline of the draw.
        """
        assert self.task.rows is not None
        left = self.rows.kpi - self.media(one)
        flexible = np.zeros(len(left))
        if one.flexible is not None:
            flexible = _flexible_columns(self.own, self.rows) @ one.flexible.coefficients[0]
        columns = np.column_stack([self.rows.terms, self.rows.demand])
        white = self.task.rows.whiten
        solved = np.linalg.lstsq(white(columns), white(left - flexible), rcond=RANK)[0]
        baseline = flexible + columns @ solved
        return baseline, left - baseline


def row_curves(model: AdditiveModel, weekly: WeeklyData, region: Index, week: Index) -> Array:
    """Return the shares of each channel in some rows, heads and the region's factor counted.

    Shape (n_draws, n_rows, n_channels).
    """
    media = weekly.media.to_numpy(float)
    found = [
        r.by_region(r.adstock_media(media[:, c]))[:, region, week]
        for c, r in enumerate(model.responses)
    ]
    return np.stack(found, axis=2)


def problem_of(
    weekly: WeeklyData,
    study: Study,
    priors: Priors | None = None,
    lift_tests: Sequence[LiftTest] | None = None,
    demand_capture: Sequence[str] | None = None,
) -> Problem:
    """Set up one problem, of regions where the weeks have them.

    Week effects are of the usual size; what the study says holds where nothing else is given.
    """
    tests = study.lift_tests if lift_tests is None else lift_tests
    alone = study.demand_capture if demand_capture is None else demand_capture
    believed = priors or study.priors
    if weekly.regions is None:
        return Problem.of(weekly, study, believed, tests, alone)
    every = RegionalProblem.of_regions(weekly, study, believed, tests, alone, [USUAL])
    return every[0]


def _task(
    weekly: WeeklyData, study: Study, own: Problem, rows: Rows, lift_tests: Sequence[LiftTest]
) -> ScaledData:
    """Return the national task with the media and the tests of the rows."""
    regions, (region, week) = weekly.regions, (rows.region, rows.week)
    assert regions is not None
    week_of_all = study.carry_in_weeks + week
    local, terms = per_head(regions), []
    for test in lift_tests:
        lags, tested = _lift_rows(test, weekly, study, local, own)
        place = study.channel_names.index(test.channel)
        measured = (test.incremental_kpi, test.standard_error)
        terms.append(LiftTerm(place, lags[region, week], tested[week], *measured))
    return replace(
        own.task,
        lags=_lags(weekly, study, local, own)[:, region, week],
        value=weekly.value[week_of_all],
        spend=regions.spend[region, week_of_all].sum(axis=0),
        tests=tuple(terms),
    )


def _problem(
    weekly: WeeklyData, own: Problem, task: ScaledData, rows: Rows, common: float
) -> RegionalProblem:
    noise = rows.white(common)
    left, sizes, _ = np.linalg.svd(noise.whiten(rows.terms), full_matrices=False)
    kept = sizes > RANK * sizes[0]
    basis, kpi = left[:, kept], noise.whiten(rows.kpi)
    scale = float(np.sqrt((rows.noise**2).sum() * (1 + common) / (1 - rows.rho**2)))
    columns = np.column_stack([scale * _flexible_columns(own, rows), rows.demand])
    columns = noise.whiten(columns)
    columns = columns - basis @ (basis.T @ columns)
    told = (columns**2).sum(axis=0) > LEAST_SQUARES
    flexible, n_local = own.terms.flexible, rows.demand.shape[1]
    owner = np.append(flexible.owner, np.full(n_local, len(flexible.components)))
    task = replace(
        task,
        kpi=kpi - basis @ (basis.T @ kpi),
        basis=basis,
        columns=columns[:, told],
        owner=owner[told],
        components=(*flexible.components, LOCAL) if n_local else flexible.components,
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
        constant=noise.log_root - float(np.log(sizes[kept]).sum()),
        common=common,
        rows=rows,
    )


def _media_scale(weekly: WeeklyData, study: Study) -> Array:
    """Return each channel's usual media per head where and while it is bought, (n_channels,).

    In units of the whole country: the national usual media of a channel that all regions buy.
    """
    regions = weekly.regions
    assert regions is not None
    usual = np.array(
        [usual_media(media) for media in per_head(regions.after(study.carry_in_weeks))]
    )
    weight = regions.heads[:, np.newaxis] * regions.media.any(axis=1)
    total = weight.sum(axis=0)
    return np.where(total > 0, (usual * weight).sum(axis=0) / np.where(total > 0, total, 1), 1.0)


def per_head(regions: Regions) -> Array:
    """Return media per head in units of the whole country, (n_regions, n_weeks, n_channels)."""
    return regions.media / regions.heads[:, np.newaxis, np.newaxis]


def _flexible_columns(own: Problem, rows: Rows) -> Array:
    """Return the flexible columns of the rows, shape (n_rows, n_columns)."""
    return own.terms.columns[rows.week] * rows.heads[rows.region, np.newaxis]


def _terms(
    weekly: WeeklyData, regions: Regions, design: BaselineDesign, region: Index, week: Index
) -> tuple[Array, tuple[str, ...]]:
    """Return the regular baseline of the rows, each region with a level and trend of its own."""
    parts = []
    for number, heads in enumerate(regions.heads):
        controls = pd.DataFrame(regions.controls[number], columns=weekly.controls.columns)
        matrix = design.matrix(weekly.weeks, controls).to_numpy(float)
        parts.append(heads * matrix[week[region == number]])
    shared = np.concatenate(parts)
    alone = np.array([name in OWN for name in design.kept])
    ours = np.zeros((len(region), len(regions), alone.sum()))
    ours[np.arange(len(region)), region] = shared[:, alone]
    kept = np.array(design.kept)
    names = (*np.tile(kept[alone], len(regions)), *kept[~alone])
    return np.column_stack([ours.reshape(len(region), -1), shared[:, ~alone]]), names


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
    kpi: Array, terms: Array, regions: Regions, rows: tuple[Index, Index, int]
) -> tuple[Array, float]:
    """Estimate the noise of each region and its autocorrelation by a regression with week effects.

    Media enter as adstock to a power, whose shape hardly matters here: what a wrong curve leaves
    is small beside the noise.
    """
    (region, week, skip), heads, local = rows, regions.heads, per_head(regions)
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
