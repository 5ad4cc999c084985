"""Could a channel be doing nothing? The returns of the model are positive: it cannot say zero.

Whether an interval excludes zero is therefore no evidence: the prior excluded it before the data
came. Here "this channel does nothing" is put beside the model as a model of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit, logit, logsumexp
from scipy.stats import norm

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.decide.plan import Plan
from mmm.decide.returns import roi
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.fit import thin
from mmm.model.bayes.problem import Problem, ScaledData
from mmm.model.bayes.regional import RegionalProblem, problem_of
from mmm.model.bayes.shrunken import inner_product
from mmm.model.intervals import tails
from mmm.study.priors import LiftTest
from mmm.study.study import Study
from mmm.trust.twins import effect_in_test

#: Points of the grid of log ROI, its reach around the prior center (nine and six prior standard
#: deviations), and nodes for the spread of the pool.
GRID, REACH, NODES = 300, (-8.0, 5.5), 15
#: Draws that regional models are judged by: their rows are many.
REGIONAL_DRAWS = 200


def log_evidence_of_no_effect(
    model: AdditiveModel, weekly: WeeklyData, study: Study, channels: Sequence[int] | None = None
) -> Array:
    r"""Return the log Bayes factor of "the channel does nothing" against the model.

    Shape (n_channels_asked,): zero where the data do not tell the two apart, negative where they
    speak for an effect.

    Notes
    -----
    With :math:`L` the likelihood, baseline and noise integrated out, :math:`\rho` the ROI of the
    channel and :math:`\theta` all the rest, whose prior is the same in both models,

    .. math:: \frac{Z_0}{Z_1} = E\!\left[\frac{L(\theta, 0)}
        {\int p(\rho \mid \theta) L(\theta, \rho)\,d\rho}\right]

    over the posterior of :math:`\theta`: the density ratio of Savage and Dickey, with the ROI
    integrated on a grid in each draw (Verdinelli and Wasserman 1995, JASA 90). Where channels are
    bought together, draws in which another one does all the work are rare: the evidence is then
    too low by some tenths.
    """
    problem = problem_of(weekly, study, lift_tests=())
    if isinstance(problem, RegionalProblem):
        model = thin(model, REGIONAL_DRAWS)
        curves = problem.row_curves(model)
    else:
        curves = model.curves(weekly.media.to_numpy(float))[:, -len(problem.kpi) :]
    drawn = _log_roi(model, curves, problem)
    factors = []
    for channel in range(len(model.channels)) if channels is None else channels:
        grid = problem.task.log_roi_center + np.linspace(*REACH, GRID)
        scale = np.exp(grid - drawn[:, [channel]])
        likelihood = _log_likelihood(model, curves, channel, scale, problem)
        nothing = _log_likelihood(model, curves, channel, np.zeros((len(drawn), 1)), problem)
        for test in study.lift_tests:
            likelihood += _of_a_test(model, channel, scale, weekly, test)
            nothing += _of_a_test(model, channel, np.zeros((len(drawn), 1)), weekly, test)
        prior = _log_prior(grid, drawn, channel, problem)
        step = np.log(grid[1] - grid[0])
        with_effect = logsumexp(prior + likelihood, axis=1) + step
        factors.append(float(logsumexp(nothing[:, 0] - with_effect) - np.log(model.n_draws)))
    return np.array(factors)


def without_effect(model: AdditiveModel, channel: int) -> AdditiveModel:
    """Return a model one of whose channels does nothing, alone or in a pair."""
    own = model.responses[channel]
    responses = list(model.responses)
    responses[channel] = replace(own, beta=np.zeros_like(own.beta))
    return without_synergy(replace(model, responses=tuple(responses)), channel)


def without_synergy(model: AdditiveModel, channel: int) -> AdditiveModel:
    """Return a model one of whose channels has no joint effect with others."""
    apart = np.array([channel not in pair for pair in model.pairs], dtype=float)
    return replace(model, gamma=model.gamma * apart)


def _log_roi(model: AdditiveModel, curves: Array, problem: Problem) -> Array:
    """Return the log main-effect ROI of each draw as the sampler counts it, (n_draws, n)."""
    beta = np.stack([response.beta for response in model.responses], axis=1)
    earned = beta * np.einsum("dtc,t->dc", curves, problem.task.value)
    spent = problem.task.spend * problem.kpi_scale
    return np.asarray(np.log(np.maximum(earned, 1e-300) / spent))


def _log_likelihood(
    model: AdditiveModel, curves: Array, channel: int, scale: Array, problem: Problem
) -> Array:
    """Return the log likelihood with the channel's ROI scaled, shape (n_draws, n_scales).

    The main effect grows with the ROI, the joint effects with its square root, as their prior
    says: what is left unexplained is a polynomial in that root.
    """
    task = problem.task
    every = model.effect_of_curves(curves).total
    lone = without_synergy(model, channel).effect_of_curves(curves).total
    rest = without_effect(model, channel).effect_of_curves(curves).total

    def unexplained(values: Array) -> Array:
        values = values / problem.kpi_scale
        if task.rows is not None:
            values = task.rows.whiten(values.T).T
        return np.asarray(values - (values @ task.basis) @ task.basis.T)

    left, main, joint = task.kpi - unexplained(rest), unexplained(lone - rest), every - lone
    joint, root = unexplained(joint), np.sqrt(scale)
    product = inner_product(task, _component_sd(model, task))

    def dot(one: Array, other: Array) -> Array:
        return product(np.broadcast_to(one, joint.shape), other)[:, np.newaxis]

    squares = dot(left, left) - 2 * root * dot(left, joint)
    squares = squares + root**2 * (dot(joint, joint) - 2 * dot(left, main))
    squares = squares + 2 * root**3 * dot(main, joint) + root**4 * dot(main, main)
    return np.asarray(-task.freedom / 2 * np.log(np.maximum(squares, 0.0) + task.noise_sum))


def _component_sd(model: AdditiveModel, task: ScaledData) -> Array:
    """Return the standard deviation of each component per draw; its prior where none is drawn."""
    priors = [task.priors.of_component(name).median for name in task.components]
    sd = np.tile(priors, (model.n_draws, 1)).reshape(model.n_draws, len(priors))
    if model.flexible is None:
        return np.zeros_like(sd)
    sd[:, : model.flexible.sd.shape[1]] = model.flexible.sd
    return sd


def _of_a_test(
    model: AdditiveModel, channel: int, scale: Array, weekly: WeeklyData, test: LiftTest
) -> Array:
    """Return the log likelihood of a lift test, shape (n_draws, n_scales)."""
    every = effect_in_test(model, weekly, test)
    lone = effect_in_test(without_synergy(model, channel), weekly, test)
    rest = effect_in_test(without_effect(model, channel), weekly, test)
    main, joint = (lone - rest)[:, np.newaxis], (every - lone)[:, np.newaxis]
    lift = rest[:, np.newaxis] + scale * main + np.sqrt(scale) * joint
    return np.asarray(-(((test.incremental_kpi - lift) / test.standard_error) ** 2) / 2)


def _log_prior(grid: Array, drawn: Array, channel: int, problem: Problem) -> Array:
    """Return the log prior density of a log ROI given the other channels', (n_draws, n_grid).

    The pool's center is integrated exactly, its spread by Gauss and Hermite's rule.
    """
    task, priors = problem.task, problem.task.priors
    away, center_sd = grid - task.log_roi_center, priors.media_share.sd
    if not task.pooled[channel]:
        alone = norm.logpdf(away, 0.0, priors.log_roi_sd)
        return np.broadcast_to(alone, (len(drawn), len(grid)))
    others = np.delete(drawn, channel, axis=1)[:, np.delete(task.pooled, channel)]
    others, n = others - task.log_roi_center, others.shape[1]
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    parts = []
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        variance = (priors.roi_spread.median * np.exp(priors.roi_spread.sd * node)) ** 2
        precision = 1 / center_sd**2 + n / variance
        middle = others.sum(axis=1) / variance / precision
        fit = (others**2).sum(axis=1) / variance - middle**2 * precision
        known = -(n * np.log(variance) + np.log(precision) + fit) / 2 + np.log(weight)
        density = norm.logpdf(away, middle[:, np.newaxis], np.sqrt(variance + 1 / precision))
        parts.append((known[:, np.newaxis], known[:, np.newaxis] + density))
    given, joint = (np.array([part[i] for part in parts]) for i in (0, 1))
    return np.asarray(logsumexp(joint, axis=0) - logsumexp(given, axis=0))


def probability_of_no_effect(log_evidence: Array, believed: float) -> Array:
    """Return the probability that a channel does nothing, one channel at a time.

    `log_evidence`, shape (n_channels,): result of :func:`log_evidence_of_no_effect`.
    """
    return np.asarray(expit(log_evidence + logit(believed)))


def interval_with_nothing(
    draws: Array, chance: float, interval: float
) -> tuple[float, float, float]:
    """Return interval and median of an ROI that is zero with some probability.

    `draws`, shape (n_draws,): ROI where the channel works.
    """
    below, above = tails(interval)
    shares = np.array([below, 0.5, above])
    among = np.clip((shares - chance) / max(1 - chance, 1e-12), 0.0, 1.0)
    low, middle, high = np.where(shares <= chance, 0.0, np.quantile(draws, among))
    return float(low), float(middle), float(high)


def may_do_nothing(chance: float, interval: float) -> bool:
    """Tell whether "it does nothing" is a serious possibility: then the interval begins at zero.

    Examples
    --------
    >>> may_do_nothing(0.12, 0.9), may_do_nothing(0.01, 0.9), may_do_nothing(float("nan"), 0.9)
    (True, False, False)
    """
    return chance > tails(interval)[0]


def no_effect_table(
    model: AdditiveModel,
    weekly: WeeklyData,
    plan: Plan,
    study: Study,
    channels: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Return how likely channels are to do nothing, and their ROI with that chance.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    weekly : WeeklyData
        The weeks it was fitted on.
    plan : Plan
        The current plan.
    study : Study
        Says what share of channels is believed to do nothing.
    channels : sequence of int, optional
        Positions of the channels to ask about; all if not given.

    Returns
    -------
    DataFrame
        Columns channel, evidence (how many times likelier the data make "it does nothing"),
        chance, roi_low, roi and roi_high; NaN but for the channel where the model of record is
        a point estimate.
    """
    asked = list(range(len(model.channels)) if channels is None else channels)
    names = ["evidence", "chance", "roi_low", "roi", "roi_high"]
    if model.n_draws == 1:
        table = pd.DataFrame(np.nan, index=range(len(asked)), columns=names)
    else:
        evidence = log_evidence_of_no_effect(model, weekly, study, asked)
        chance = probability_of_no_effect(evidence, study.trust.nothing)
        every = zip(roi(plan).T[asked], chance, strict=True)
        bands = [interval_with_nothing(draws, own, study.interval) for draws, own in every]
        table = pd.DataFrame(np.column_stack([np.exp(evidence), chance, bands]), columns=names)
    table.insert(0, "channel", [model.channels[c] for c in asked])
    return table


def beside_own_forms(idle: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Return the interval of each ROI beside that of the study's own forms alone.

    Parameters
    ----------
    idle : DataFrame
        Result of :func:`no_effect_table`: its intervals count the forms of the curves and the
        chance of nothing.
    own : DataFrame
        Columns channel, roi_low, roi, roi_high under the study's own forms.

    Returns
    -------
    DataFrame
        Columns channel, roi_low, roi, roi_high, own_low, own and own_high.
    """
    renamed = {"roi_low": "own_low", "roi": "own", "roi_high": "own_high"}
    every = idle[["channel", "roi_low", "roi", "roi_high"]]
    return every.merge(own[["channel", *renamed]].rename(columns=renamed), on="channel")
