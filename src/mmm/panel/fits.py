"""The Bayesian model of each series, then all of them under the pool of their returns.

A first pass fits each series on its own (:func:`mmm.model.bayes.fit.fit_bayes`); the pool weighs
its draws (:mod:`mmm.panel.pool`). Where few of them carry the weight, the series is fitted a
second time with the pool as prior, and the pool is learned again with the new draws.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.draws import assemble
from mmm.model.bayes.fit import BRIEF, fit_bayes
from mmm.model.bayes.posterior import Posterior
from mmm.model.bayes.problem import Problem
from mmm.model.bayes.sampler import sample
from mmm.model.evaluation import naive_forecasts, scores
from mmm.panel.pool import Draws, Pool, log_first_prior, log_pool_prior, pool_draws, resample
from mmm.parallel import run_each
from mmm.study.study import Study

#: Length of each pass: chains enough to be weighed.
LENGTH: dict[str, Any] = {"draws": 800, "warmup": 120, "chains": 2}
#: Effective draws below which a series is fitted again with the pool as prior.
LEAST_EFFECTIVE = 200
#: Draws of the pool that make the prior of a second fit.
COMPONENTS = 40
#: Draws that each series keeps in the end.
KEPT = 400
#: Weeks before the holdout without which it is not predicted.
LEAST_TRAINING = 16
NAIVE = "last 4 weeks"


@dataclass(frozen=True)
class SeriesData:
    """One series to be modeled."""

    name: str  #: Its identity; seeds follow it.
    weekly: WeeklyData
    study: Study  #: Its channels, baseline and holdout.
    informs: bool = True  #: Whether the pool learns from it.


@dataclass(frozen=True)
class SeriesFit:
    """The stored draws of one series."""

    name: str
    model: AdditiveModel  #: Media part, draws under :attr:`Draws.log_prior`.
    draws: Draws
    alone: dict[str, float]  #: Median ROI of each channel before pooling.
    second: bool = False  #: Whether the pool was the prior of these draws.

    def under(self, weights: Array, count: int = KEPT) -> AdditiveModel:
        """Return the model with draws in proportion to weights, shape (n_draws,)."""
        return self.model.take(resample(weights, count))


@dataclass(frozen=True)
class PooledFits:
    """All series under the pool."""

    fits: tuple[SeriesFit, ...]
    pool: Pool

    def models(self, count: int = KEPT) -> dict[str, AdditiveModel]:
        """Return the model of every series, by its name."""
        pairs = zip(self.fits, self.pool.weights, strict=True)
        return {fit.name: fit.under(weights, count) for fit, weights in pairs}


def seed_of(data: SeriesData) -> int:
    """Return the seed of a series: it follows its name, not its place among the others."""
    sequence = np.random.SeedSequence([data.study.seed, zlib.crc32(data.name.encode())])
    return int(sequence.generate_state(1)[0] >> 1)


def log_roi(model: AdditiveModel, data: SeriesData) -> Array:
    """Return the log ROI of each channel's main effect over the fitted weeks, all draws."""
    rows = slice(data.study.carry_in_weeks, None)
    weekly = data.weekly
    effect = model.media_effect(weekly.media.to_numpy(float)).channels[:, rows]
    money = np.einsum("dtc,t->dc", effect, weekly.value[rows])
    # a beta that underflows is as good as none
    return np.asarray(np.log(np.maximum(money, 1e-300) / weekly.spend[rows].sum().to_numpy()))


def media_part(model: AdditiveModel) -> AdditiveModel:
    """Return a model without its baseline: all that returns and budgets need of a series."""
    return replace(
        model,
        name="media",
        design=replace(model.design, kept=("intercept",)),
        baseline=np.zeros((model.n_draws, 1)),
        flexible=None,
    )


def fit_first(data: SeriesData) -> SeriesFit:
    """Fit a series on its own."""
    count = LENGTH["draws"] * LENGTH["chains"]
    fit = fit_bayes(
        data.weekly,
        data.study,
        seed=seed_of(data),
        **LENGTH,
        keep=count,
        insist=False,
        forms="own",
    )
    task = Problem.of(data.weekly, data.study, data.study.priors).task
    found = log_roi(fit.model, data)
    outside = data.study.demand_capture
    pooled = np.array([name not in outside for name in data.study.channels])
    prior = log_first_prior(found - task.log_roi_center, pooled, data.study.priors)
    names = tuple(data.study.channel_names)
    draws = Draws(names, found, prior, task.log_roi_center, data.informs)
    alone = dict(zip(names, np.exp(np.median(found, axis=0)).tolist(), strict=True))
    return SeriesFit(data.name, media_part(fit.model), draws, alone)


@dataclass(frozen=True)
class _UnderPool:
    """A posterior whose log ROIs have draws of the pool as prior, in plain coordinates."""

    posterior: Posterior
    center: Array  #: Shape (n_components, n_channels): log ROI minus the fit's own center.
    spread: Array

    def __call__(self, point: Array) -> tuple[float, Array]:
        """Return the log density and its gradient at a point, shape (size,)."""
        density, gradient = self.posterior(point)
        if not np.isfinite(density):
            return density, gradient
        own, own_slope = self._own_prior(point)
        new, slope = self._pool_prior(point[self.posterior.roi])
        gradient = gradient - own_slope
        gradient[self.posterior.roi] += slope
        return density - own + new, gradient

    def _own_prior(self, point: Array) -> tuple[float, Array]:
        """Return the log density that the fit itself gives the ROIs, and its gradient."""
        task, where = self.posterior.task, self.posterior.roi
        pooled, width = task.pooled, self.posterior.roi_width(point)
        scaled = (point[where] - pooled * task.priors.media_share.sd * point[0]) / width
        gradient = np.zeros(len(point))
        gradient[where] = -scaled / width
        gradient[0] = task.priors.media_share.sd * (pooled * scaled / width).sum()
        gradient[1] = task.priors.roi_spread.sd * (pooled * (scaled**2 - 1)).sum()
        return float(-0.5 * (scaled**2).sum() - (pooled * np.log(width)).sum()), gradient

    def _pool_prior(self, offsets: Array) -> tuple[float, Array]:
        scaled = (offsets - self.center) / self.spread
        log = -0.5 * (scaled**2).sum(axis=1) - np.log(self.spread).sum(axis=1)
        top = log.max()
        weight = np.exp(log - top)
        slope = -(weight @ (scaled / self.spread)) / weight.sum()
        return float(top + np.log(weight.mean())), slope


def fit_second(again: tuple[SeriesData, dict[str, float], Array, Array]) -> SeriesFit:
    """Fit a series with draws of the pool as the prior of its log ROIs.

    `again`: the series, its median ROIs before pooling, and centers and spreads of its channels,
    shape (n_components, n_channels).
    """
    data, alone, center, spread = again
    study, seed = data.study, seed_of(data)
    problem = Problem.of(data.weekly, study, study.priors, study.lift_tests, study.demand_capture)
    posterior, middle = Posterior(problem.task), problem.task.log_roi_center
    density = _UnderPool(posterior, center - middle, spread)
    chains = sample(density, posterior.size, seed=seed + 1, **LENGTH)
    points = chains.draws.reshape(-1, posterior.size)
    model = assemble(problem, posterior, points, study, np.random.default_rng([seed, 9]))
    found = posterior.log_roi(points)
    prior = log_pool_prior(found, center, spread)
    names = tuple(study.channel_names)
    draws = Draws(names, found, prior, middle, data.informs)
    return SeriesFit(data.name, media_part(model), draws, alone, second=True)


def fit_all(
    series: Sequence[SeriesData], *, seed: int, jobs: int | None = None, dask: str | None = None
) -> PooledFits:
    """Fit every series, and pool their returns.

    Parameters
    ----------
    series : sequence of SeriesData
        The series; names are unique.
    seed : int
        Seed of the pool.
    jobs : int, optional
        Local processes, as in :func:`mmm.parallel.run_each`.
    dask : str, optional
        Address of a cluster.
    """
    first = run_each(fit_first, series, jobs=jobs, dask=dask)
    return pool_fits(series, first, seed=seed, jobs=jobs, dask=dask)


def pool_fits(
    series: Sequence[SeriesData],
    first: Sequence[SeriesFit],
    *,
    seed: int,
    jobs: int | None = None,
    dask: str | None = None,
    least: float = LEAST_EFFECTIVE,
) -> PooledFits:
    """Pool the returns of series that were fitted on their own.

    Parameters
    ----------
    series : sequence of SeriesData
        The series.
    first : sequence of SeriesFit
        Result of :func:`fit_first` for each.
    seed : int
        Seed of the pool.
    jobs : int, optional
        Local processes, as in :func:`mmm.parallel.run_each`.
    dask : str, optional
        Address of a cluster.
    least : float, default 200
        Effective draws below which a series is fitted a second time, with the pool as prior.
    """
    fits, learn = list(first), partial(pool_draws, priors=series[0].study.priors)
    pool = learn([fit.draws for fit in fits], rng=np.random.default_rng([seed, 17]))
    poor = np.flatnonzero(pool.effective < least).tolist()
    if poor:
        again = [
            (series[i], fits[i].alone, *pool.of(fits[i].draws.channels, COMPONENTS)) for i in poor
        ]
        for i, fit in zip(poor, run_each(fit_second, again, jobs=jobs, dask=dask), strict=True):
            fits[i] = fit
        pool = learn([fit.draws for fit in fits], rng=np.random.default_rng([seed, 18]))
    return PooledFits(tuple(fits), pool)


def holdout_scores(data: SeriesData) -> dict[str, float | bool]:
    """Return how a brief fit predicts the held-out weeks, beside the mean of the last four.

    Without ``beats_naive`` where there are too few weeks, or nothing was bought before them.
    """
    weekly, study = data.weekly, data.study
    count = len(weekly) - study.holdout.weeks
    if count < LEAST_TRAINING or not (weekly.head(count).spend.sum() > 0).any():
        return {"holdout_r2": np.nan, "naive_r2": np.nan}
    bought = weekly.head(count).spend.sum() > 0
    names = [name for name in study.channels if bought[name]]
    own = replace(weekly, spend=weekly.spend[names], media=weekly.media[names])
    known = study.model_copy(update={"channels": {n: study.channels[n] for n in names}})
    train = own.head(count)
    fit = fit_bayes(train, known, seed=seed_of(data), **BRIEF, insist=False, forms="own")
    actual = weekly.kpi[count:]
    found = scores(actual, fit.model.expected(own)[count:])
    naive = scores(actual, naive_forecasts(train.kpi, len(actual))[NAIVE])
    return {
        "holdout_r2": found["r2"],
        "naive_r2": naive["r2"],
        "beats_naive": found["rmse"] < naive["rmse"],
    }
