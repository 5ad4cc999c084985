"""Twins of a study: its own spend, and a KPI made by a truth that is known.

Each channel's ROI is set on a grid of multiples of its estimate, all channels at once and on a
fixed design, so that truths do not move together; curves and baseline come from the posterior,
noise from the model's own residuals.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mmm.arrays import Array
from mmm.data.dates import share_of_days
from mmm.data.weekly import WeeklyData
from mmm.decide.plan import current_plan
from mmm.decide.returns import roi
from mmm.errors import UsageError
from mmm.model.additive import AdditiveModel
from mmm.study.priors import LiftTest
from mmm.study.study import Study
from mmm.trust.resampling import block_bootstrap, with_regional_kpi

#: True ROI as multiples of the estimate.
LEVELS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
#: An estimate below this share of the usual ROI is replaced by it: multiples of nothing tell
#: nothing.
LEAST = 0.05
#: Random orders per channel of which the one that correlates least with the others is taken.
TRIES = 2000


@dataclass(frozen=True)
class Twin:
    """A data set like the study's whose truth is known."""

    weekly: WeeklyData  #: The study's weeks with another KPI.
    truth: AdditiveModel  #: The model that made it; one draw.
    #: Shape (n_channels,): multiple of the estimate that each channel's ROI was set to.
    levels: Array
    lift_tests: tuple[LiftTest, ...] = ()  #: The study's lift tests as they would have come out.


def design(n_channels: int, n_twins: int) -> Array:
    """Return the multiple of each channel's ROI in each twin.

    Every channel meets every level equally often; of many random orders each channel takes the
    one that correlates least with the channels before it. The design is fixed: it depends on
    nothing but its size.

    Parameters
    ----------
    n_twins : int
        Number of twins, a multiple of the number of levels.

    Returns
    -------
    ndarray, shape (n_twins, n_channels)
        Values of :data:`LEVELS`.

    Raises
    ------
    UsageError
        If the levels do not fit into the number of twins.
    """
    if n_twins < len(LEVELS) or n_twins % len(LEVELS):
        raise UsageError(
            f"twins = {n_twins}: each channel meets {len(LEVELS)} levels of ROI equally often. "
            f"Choose a multiple of {len(LEVELS)}, e.g. {4 * len(LEVELS)}."
        )
    rng = np.random.default_rng([n_channels, n_twins])
    ranks = np.tile(np.arange(len(LEVELS)), n_twins // len(LEVELS))
    columns = [ranks]
    while len(columns) < n_channels:
        orders = rng.permuted(np.broadcast_to(ranks, (TRIES, n_twins)), axis=1)
        centered = np.array(columns) - ranks.mean()
        overlap = np.abs((orders - ranks.mean()) @ centered.T).max(axis=1)
        columns.append(orders[overlap.argmin()])
    return np.asarray(np.array(LEVELS)[np.array(columns)].T)


def make_twins(
    model: AdditiveModel, weekly: WeeklyData, study: Study, *, n_twins: int, seed: int
) -> list[Twin]:
    """Make the twins of a study.

    Parameters
    ----------
    model : AdditiveModel
        The model of record; its draws give curves, baseline and noise.
    weekly : WeeklyData
        The weeks it was fitted on.
    study : Study
        Gives the window of the ROI and the lift tests.
    n_twins : int
        Number of twins, a multiple of the number of levels.
    seed : int
        Seed of the noise.

    Returns
    -------
    list of Twin
        The same bytes for the same arguments.
    """
    unit = _roi_per_beta(model, weekly, study)
    estimate = _estimates(model, unit, weekly, study)
    levels = design(len(model.channels), n_twins)
    residual = standard_residuals(model, weekly, study)
    rows = np.linspace(0, model.n_draws - 1, n_twins).round().astype(int)
    twins = []
    for index, row in enumerate(rows):
        one = model.take(np.array([row]))
        truth = _with_roi(one, levels[index], estimate, unit[row])
        own_seed = [seed, 41, index]
        twins.append(twin_of(one, truth, weekly, study, levels[index], residual, seed=own_seed))
    return twins


def twin_of(
    fitted: AdditiveModel,
    truth: AdditiveModel,
    weekly: WeeklyData,
    study: Study,
    levels: Array,
    residual: Array,
    *,
    seed: list[int],
) -> Twin:
    """Simulate the KPI of a known truth, a changed draw of a fitted model, on some weeks.

    `levels`, shape (n_channels,): multiples that the truth was made with.
    """
    rng = np.random.default_rng(seed)
    if weekly.regions is not None and fitted.has_regions:
        simulated = with_regional_kpi(weekly, study, fitted, truth, rng=rng)
    else:
        noise = truth.noise[0] * block_bootstrap(residual, len(weekly), rng=rng)
        simulated = replace(weekly, kpi=truth.predict(weekly)[0] + noise)
    tests = tuple(_lift_test(test, truth, weekly, rng) for test in study.lift_tests)
    return Twin(simulated, truth, levels, tests)


def standard_residuals(model: AdditiveModel, weekly: WeeklyData, study: Study) -> Array:
    """Return what the model leaves unexplained, with mean zero and unit variance."""
    draws = model.predict(weekly)
    residual = (weekly.kpi - draws.mean(axis=0))[study.carry_in_weeks :]
    residual = residual - residual.mean()
    return np.asarray(residual / max(float(residual.std()), 1e-300))


def effect_in_test(model: AdditiveModel, weekly: WeeklyData, test: LiftTest) -> Array:
    """Return what a lift test would measure without error, shape (n_draws,), KPI units."""
    tested = share_of_days(weekly.weeks, test.start, test.end)
    media = weekly.media.to_numpy(float)
    without = media.copy()
    without[:, weekly.channels.index(test.channel)] *= 1 - tested
    gained = model.media_effect(media).total - model.media_effect(without).total
    return np.asarray(gained[:, tested > 0].sum(axis=1))


def _lift_test(
    test: LiftTest, truth: AdditiveModel, weekly: WeeklyData, rng: np.random.Generator
) -> LiftTest:
    """Simulate a lift test in the twin."""
    effect = float(effect_in_test(truth, weekly, test)[0])
    found = effect + test.standard_error * float(rng.standard_normal())
    return test.model_copy(update={"incremental_kpi": found})


def _roi_per_beta(model: AdditiveModel, weekly: WeeklyData, study: Study) -> Array:
    """Return the main-effect ROI of each channel per unit of its size, shape (n_draws, n)."""
    ones = tuple(replace(r, beta=np.ones_like(r.beta)) for r in model.responses)
    bare = replace(model, responses=ones, gamma=np.zeros_like(model.gamma))
    return roi(current_plan(bare, weekly, window_weeks=study.window_weeks))


def _estimates(model: AdditiveModel, unit: Array, weekly: WeeklyData, study: Study) -> Array:
    """Return the median main-effect ROI of each channel; NaN where nothing was spent."""
    beta = np.stack([r.beta for r in model.responses], axis=1)
    turnover = np.abs(weekly.revenue).sum()
    usual = study.priors.media_share.median * turnover / weekly.spend.to_numpy().sum()
    return np.asarray(np.maximum(np.median(beta * unit, axis=0), LEAST * usual))


def _with_roi(one: AdditiveModel, levels: Array, estimate: Array, unit: Array) -> AdditiveModel:
    """Return a single draw whose channels have the wanted multiples of their estimates."""
    before = np.array([r.beta[0] for r in one.responses])
    wanted = np.where(np.isfinite(estimate), levels * estimate / unit, levels * before)
    scale = np.sqrt(np.divide(wanted, before, out=np.zeros_like(wanted), where=before > 0))
    gamma = one.gamma.copy()
    for pair, (i, j) in enumerate(one.pairs):
        gamma[:, pair] *= scale[i] * scale[j]
    sized = zip(one.responses, wanted, strict=True)
    responses = tuple(replace(r, beta=np.array([size])) for r, size in sized)
    return replace(one, name="truth", responses=responses, gamma=gamma)
