"""From drawn coordinates back to a model in KPI units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.posterior import Effects, Posterior
from mmm.model.bayes.problem import Problem
from mmm.model.bayes.regional import RegionalProblem
from mmm.model.bayes.shrunken import Shrunken, shrunken
from mmm.model.flexible import FlexibleBaseline
from mmm.model.response import ChannelResponse
from mmm.model.split import RegionSplit
from mmm.study.forms import NONE, parameters_of
from mmm.study.study import Study


def assemble(
    problem: Problem, posterior: Posterior, points: Array, study: Study, rng: np.random.Generator
) -> AdditiveModel:
    """Turn draws into an additive model; draw noise and baseline given the rest.

    `points`, shape (n_draws, size): plain coordinates.
    """
    is_regional = isinstance(problem, RegionalProblem)
    beta, gamma, media = _sizes(problem, posterior, points, with_media=not is_regional)
    responses = _responses(problem, posterior, points, beta, study)
    if isinstance(problem, RegionalProblem):
        responses = _with_regions(problem, posterior, points, responses)
        media = sum_of_channels(responses, problem.weekly)[:, -len(problem.kpi) :]
    own = problem.national
    sd = posterior.component_sd(points)[:, : len(own.task.components)]
    baseline, flexible, noise = _draw_baseline(own, media, sd, rng)
    unit = _curve_units(problem, study)
    pair_unit = np.array([unit[i] * unit[j] for i, j in problem.task.pairs])
    return AdditiveModel(
        name="bayes",
        responses=responses,
        pairs=problem.task.pairs,
        gamma=gamma * problem.kpi_scale / pair_unit,
        design=problem.terms.design,
        baseline=baseline,
        noise=noise,
        flexible=flexible,
    )


def _sizes(
    problem: Problem, posterior: Posterior, points: Array, *, with_media: bool
) -> tuple[Array, Array, Array]:
    """Return scaled beta and gamma per draw, and what media did, shape (n_draws, n_weeks).

    Without media the last is empty: over the rows of regions it would take much memory.
    """
    beta, gamma, media = [], [], []
    for point in points:
        effects = posterior.effects(point)
        beta.append(effects.beta)
        gamma.append(effects.gamma)
        if with_media:
            media.append(problem.kpi_scale * _media(effects, problem.task.pairs))
    return np.array(beta), np.array(gamma).reshape(len(points), -1), np.array(media)


def _draw_baseline(
    problem: Problem, media: Array, sd: Array, rng: np.random.Generator
) -> tuple[Array, FlexibleBaseline, Array]:
    """Draw regular coefficients, flexible components and noise given what media did.

    `media`, shape (n_draws, n_weeks): KPI units.
    """
    task, terms, n_draws = problem.task, problem.terms, len(media)
    left = problem.kpi - media
    left = (left - left @ terms.basis @ terms.basis.T) / problem.kpi_scale
    shrunk = shrunken(task, sd, left)
    squares = np.einsum("dt,dt->d", left, left) - shrunk.less + task.noise_sum
    noise = problem.kpi_scale * np.sqrt(squares / rng.chisquare(task.freedom, n_draws))
    flexible = _flexible(problem, sd, shrunk, noise, rng)
    left_for_terms = problem.kpi - media - flexible.coefficients @ terms.columns.T
    _, triangle = np.linalg.qr(terms.matrix)
    wobble = rng.standard_normal((n_draws, len(triangle))) @ np.linalg.inv(triangle).T
    solved = left_for_terms @ np.linalg.pinv(terms.matrix).T
    return solved + noise[:, np.newaxis] * wobble, flexible, noise


def sum_of_channels(responses: tuple[ChannelResponse, ...], weekly: WeeklyData) -> Array:
    """Return the KPI due to all channels in all weeks, shape (n_draws, n_weeks)."""
    media = weekly.media.to_numpy(float)
    parts = [
        r.beta[:, np.newaxis] * r.curve(r.adstock_media(media[:, c]))
        for c, r in enumerate(responses)
    ]
    return np.asarray(sum(parts))


def _with_regions(
    problem: RegionalProblem,
    posterior: Posterior,
    points: Array,
    responses: tuple[ChannelResponse, ...],
) -> tuple[ChannelResponse, ...]:
    """Give each response its regions, with their factors."""
    regions = problem.weekly.regions
    assert regions is not None
    effect = np.array([posterior.region_effects(point) for point in points])
    return tuple(
        replace(
            response,
            regions=RegionSplit.of(
                regions.names, regions.heads, regions.media[:, :, c], effect[:, c]
            ),
        )
        for c, response in enumerate(responses)
    )


def _flexible(
    problem: Problem, sd: Array, shrunk: Shrunken, noise: Array, rng: np.random.Generator
) -> FlexibleBaseline:
    """Draw the coefficients of the flexible components; those of later weeks from their prior."""
    terms = problem.terms
    spread = sd[:, terms.flexible.owner]
    wobble = rng.standard_normal(spread.shape)
    wobble[:, terms.told] = np.einsum("dij,dj->di", shrunk.root, wobble[:, terms.told])
    middle = np.zeros(spread.shape)
    middle[:, terms.told] = shrunk.middle
    drawn = spread * (problem.kpi_scale * middle + noise[:, np.newaxis] * wobble)
    return FlexibleBaseline(terms.flexible, drawn, sd)


def _media(effects: Effects, pairs: tuple[tuple[int, int], ...]) -> Array:
    """Return the scaled KPI due to media, shape (n_weeks,)."""
    curves = effects.curves
    total = effects.beta @ curves[: len(effects.beta)]
    for gamma, (i, j) in zip(effects.gamma, pairs, strict=True):
        total = total + gamma * curves[i] * curves[j]
    return np.asarray(total)


def _curve_units(problem: Problem, study: Study) -> Array:
    """Return the media units per unit of each curve: a straight line keeps its own."""
    straight = [channel.saturation == NONE for channel in study.channels.values()]
    return np.where(straight, problem.media_scale, 1.0)


def _responses(
    problem: Problem, posterior: Posterior, points: Array, beta: Array, study: Study
) -> tuple[ChannelResponse, ...]:
    parameters = [posterior.parameters(point) for point in points]
    unit, max_lag = _curve_units(problem, study), problem.task.max_lag
    responses = []
    for c, (name, channel) in enumerate(study.channels.items()):
        values = {key: np.array([p[c][key] for p in parameters]) for key in parameters[0][c]}
        for parameter in parameters_of(channel.adstock, channel.saturation):
            if parameter.in_media_units:
                values[parameter.name] *= problem.media_scale[c]
        responses.append(
            ChannelResponse(
                name=name,
                adstock=channel.adstock,
                saturation=channel.saturation,
                max_lag=max_lag[c],
                parameters=values,
                beta=beta[:, c] * problem.kpi_scale / unit[c],
                history=problem.history[len(problem.history) - max_lag[c] :, c],
            )
        )
    return tuple(responses)
