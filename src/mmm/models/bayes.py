"""The adstock and saturation model with its uncertainty: every ROI with an honest interval.

The same model as the ridge; carryover, curves and ROIs have priors (:mod:`mmm.priors`), the
baseline and the noise are integrated out (:mod:`mmm.models.posterior`), nutpie draws the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm.data import WeeklyData
from mmm.evaluation import naive_forecasts
from mmm.findings import Finding
from mmm.models.base import AdditiveModel, ChannelResponse
from mmm.models.nuts import Chains, sample
from mmm.models.posterior import Effects, Posterior
from mmm.models.problem import Problem
from mmm.priors import LiftTest, Priors
from mmm.study import Study

Array = NDArray[np.float64]

#: Draws of the default fit: per chain, after so many of warm-up.
DRAWS, WARMUP, CHAINS = 560, 120, 4
#: Lag-one correlation of the residuals from which the model is said to miss something: beyond
#: chance (two standard errors) it is REVIEW, from here on FAIL.
MISFIT = 0.5
#: A run has converged when R-hat is at most this and the effective sample size at least that.
MAX_RHAT, MIN_ESS = 1.01, 400
#: A run that has not is repeated once with so many times the draws.
LONGER = 2


@dataclass(frozen=True)
class BayesFit:
    """A posterior, ready for everything that takes an additive model.

    Attributes
    ----------
    model : AdditiveModel
        All draws, thinned evenly to `keep`; baseline and noise drawn given the rest.
    diagnostics : DataFrame
        Per channel: ``rhat`` and ``ess`` of its log ROI, prior and posterior median and standard
        deviation of the log ROI, and the contraction, 1 - (posterior sd / prior sd)^2.
    divergences : int
        Of the draws kept.
    n_draws : int
        Draws after warm-up over all chains.
    evaluations : int
        Gradient evaluations.
    worst_rhat : float
        Largest R-hat over all parameters.
    residuals : ndarray, shape (n_rows,)
        KPI minus the posterior mean, in the weeks of the likelihood.
    """

    model: AdditiveModel
    diagnostics: pd.DataFrame
    divergences: int
    n_draws: int
    evaluations: int
    worst_rhat: float
    residuals: Array

    @property
    def converged(self) -> bool:
        """Whether no check of the sampler failed."""
        return all(finding.status != "FAIL" for finding in self.sampler_findings())

    def predictive(self, weekly: WeeklyData, *, seed: int) -> Array:
        """Draw the KPI of any weeks, noise included, shape (n_draws, n_weeks).

        Parameters
        ----------
        weekly : WeeklyData
            All weeks from the first one of the data on, held-out ones included.
        seed : int
            Seed of the noise.
        """
        model, rng = self.model, np.random.default_rng([seed, 2])
        expected = model.predict(weekly.media.to_numpy(float), weekly.weeks, weekly.controls)
        return expected + model.noise[:, np.newaxis] * rng.standard_normal(expected.shape)

    @property
    def residual_correlation(self) -> float:
        """Correlation of the residuals of neighbouring weeks."""
        r = self.residuals - self.residuals.mean()
        return float(r[1:] @ r[:-1] / max(r @ r, 1e-300))

    def findings(self) -> list[Finding]:
        """Return the checks of sampler and fit: PASS, REVIEW or FAIL, with a remedy."""
        return [*self.sampler_findings(), self.misfit()]

    def misfit(self) -> Finding:
        """Check that what is left unexplained has no pattern over time."""
        correlation = self.residual_correlation
        return _graded(
            "residuals have no pattern",
            abs(correlation) <= 2 / np.sqrt(len(self.residuals)),
            abs(correlation) > MISFIT,
            f"neighbouring weeks correlate by {correlation:.2f}",
            "Something that changes over time is missing, and intervals are too narrow: add "
            "controls or events, or shorten the data if effects have changed.",
        )

    def sampler_findings(self) -> list[Finding]:
        """Return the checks of the sampler."""
        rhat, ess = float(self.diagnostics["rhat"].max()), float(self.diagnostics["ess"].min())
        share = self.divergences / self.n_draws
        again = "Run with more draws (draws = 2000); if it stays, merge channels or add data."
        return [
            _graded(
                "chains agree", rhat <= MAX_RHAT, rhat > 1.05, f"largest R-hat {rhat:.3f}", again
            ),
            _graded(
                "enough effective draws",
                ess >= MIN_ESS,
                ess < MIN_ESS / 4,
                f"smallest effective sample size of an ROI {ess:.0f}",
                again,
            ),
            _graded(
                "no divergences",
                share <= 0.001,
                share > 0.02,
                f"{self.divergences} of {self.n_draws} draws",
                "Tighten the priors of curves the data cannot tell, or merge channels.",
            ),
        ]


def _enough(diagnostics: pd.DataFrame) -> bool:
    """Tell whether every ROI has converged with enough effective draws."""
    return bool((diagnostics["rhat"] <= MAX_RHAT).all() and (diagnostics["ess"] >= MIN_ESS).all())


def _graded(check: str, good: bool, bad: bool, finding: str, remedy: str) -> Finding:
    if good:
        return Finding(check, "PASS", finding)
    return Finding(check, "FAIL" if bad else "REVIEW", finding, remedy)


def fit_bayes(
    weekly: WeeklyData,
    study: Study,
    *,
    seed: int,
    draws: int = DRAWS,
    warmup: int = WARMUP,
    chains: int = CHAINS,
    keep: int = 1000,
    priors: Priors | None = None,
    lift_tests: Sequence[LiftTest] | None = None,
    demand_capture: Sequence[str] | None = None,
    insist: bool = True,
) -> BayesFit:
    """Fit the Bayesian model.

    Parameters
    ----------
    weekly : WeeklyData
        Weeks to fit on.
    study : Study
        Forms of the curves, synergy pairs and baseline.
    seed : int
        Seed; the same seed gives the same bytes.
    draws, warmup, chains : int
        Length and number of the chains.
    keep : int, default 1000
        Draws to hand over, evenly thinned.
    priors : Priors, optional
        What is believed before the data; the study's if not given.
    lift_tests : sequence of LiftTest, optional
        Experiments; the study's if not given.
    demand_capture : sequence of str, optional
        Channels that harvest demand and share no ROI pool with the others; those that the study
        marks if not given.
    insist : bool, default True
        Where an ROI has not converged, let a second run with twice the draws replace the first.
    """
    tests = study.lift_tests if lift_tests is None else lift_tests
    if demand_capture is None:
        demand_capture = [name for name, c in study.channels.items() if c.demand_capture]
    problem = Problem.of(weekly, study, priors or study.priors, tests, demand_capture)
    posterior = Posterior(problem.task)
    size, names = posterior.size, study.channel_names
    found = sample(posterior, size, seed=seed, draws=draws, warmup=warmup, chains=chains)
    diagnostics, worst = _diagnose(posterior, found, names)
    if insist and not _enough(diagnostics):  # once more, longer, in the coordinates learned so far
        length = {"draws": LONGER * draws, "warmup": warmup, "chains": chains}
        found = sample(posterior, size, seed=seed, **length, after=found)
        diagnostics, worst = _diagnose(posterior, found, names)
    flat = found.draws.reshape(-1, posterior.size)
    thinned = flat[np.linspace(0, len(flat) - 1, min(keep, len(flat))).round().astype(int)]
    rng = np.random.default_rng([seed, 1])
    model = _assemble(problem, posterior, thinned, study, rng)
    expected = model.predict(weekly.media.to_numpy(float), weekly.weeks, weekly.controls)
    return BayesFit(
        model=model,
        diagnostics=diagnostics,
        divergences=found.divergences,
        n_draws=len(flat),
        evaluations=found.evaluations,
        worst_rhat=worst,
        residuals=(weekly.kpi - expected.mean(axis=0))[-len(problem.kpi) :],
    )


def draw_prior(
    weekly: WeeklyData,
    study: Study,
    *,
    seed: int,
    n_draws: int = 1000,
    priors: Priors | None = None,
) -> AdditiveModel:
    """Return a model whose media effects come from the prior alone.

    Parameters
    ----------
    weekly : WeeklyData
        Weeks; their KPI sets the scale of the prior and the baseline under each draw.
    study : Study
        Forms of the curves, synergy pairs and baseline.
    seed : int
        Seed.
    n_draws : int, default 1000
        Number of draws.
    priors : Priors, optional
        What is believed before the data; the study's if not given.

    Returns
    -------
    AdditiveModel
        Its ROI (:func:`mmm.returns.roi`) is the prior of the reported ROI, synergy included.
    """
    problem = Problem.of(weekly, study, priors or study.priors)
    posterior, rng = Posterior(problem.task), np.random.default_rng([seed, 3])
    points = np.array([posterior.draw_prior(rng) for _ in range(n_draws)])
    return replace(_assemble(problem, posterior, points, study, rng), name="prior")


def predictive_scores(draws: Array, actual: Array, *, interval: float) -> dict[str, float]:
    r"""Score predictive draws of weeks that the model has not seen.

    Parameters
    ----------
    draws : ndarray, shape (n_draws, n_weeks)
        Result of :meth:`BayesFit.predictive`; one draw scores a point forecast.
    actual : ndarray, shape (n_weeks,)
        What happened, KPI units.
    interval : float
        Central share of the interval.

    Returns
    -------
    dict of str to float
        ``coverage``, the share of weeks inside the interval; ``crps``, the mean continuous
        ranked probability score in KPI units, which for one draw is the mean absolute error.

    Notes
    -----
    :math:`\mathrm{CRPS} = E|X - y| - \tfrac12 E|X - X'|` (Gneiting and Raftery 2007).
    """
    tail = (1 - interval) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
    ordered, n_draws = np.sort(draws, axis=0), len(draws)
    rank = (2 * np.arange(1, n_draws + 1) - n_draws - 1)[:, np.newaxis]
    spread = 2 * (rank * ordered).sum(axis=0) / n_draws**2  # E|X - X'|
    crps = np.abs(draws - actual).mean(axis=0) - spread / 2
    inside = (actual >= low) & (actual <= high)
    return {"coverage": float(inside.mean()), "crps": float(crps.mean())}


def _assemble(
    problem: Problem,
    posterior: Posterior,
    points: Array,
    study: Study,
    rng: np.random.Generator,
) -> AdditiveModel:
    """Turn draws into an additive model; draw noise and baseline given the rest."""
    task, n_draws = problem.task, len(points)
    effects = [posterior.effects(point) for point in points]
    squares = np.array([e.residual @ e.residual for e in effects]) + task.noise_sum
    noise = problem.kpi_scale * np.sqrt(squares / rng.chisquare(task.freedom, n_draws))
    media = problem.kpi_scale * np.array([_media(e, task.pairs) for e in effects])
    _, triangle = np.linalg.qr(problem.baseline)
    wobble = rng.standard_normal((n_draws, len(triangle))) @ np.linalg.inv(triangle).T
    solved = (problem.kpi - media) @ np.linalg.pinv(problem.baseline).T
    unit = _curve_units(problem, study)
    gamma = np.array([e.gamma for e in effects]).reshape(n_draws, -1)
    pair_unit = np.array([unit[i] * unit[j] for i, j in task.pairs])
    return AdditiveModel(
        name="bayes",
        responses=_responses(problem, posterior, points, effects, study),
        pairs=task.pairs,
        gamma=gamma * problem.kpi_scale / pair_unit,
        design=problem.design,
        baseline=solved + noise[:, np.newaxis] * wobble,
        noise=noise,
    )


def _media(effects: Effects, pairs: tuple[tuple[int, int], ...]) -> Array:
    """Return the scaled KPI due to media, shape (n_weeks,)."""
    curves = effects.curves
    total = effects.beta @ curves[: len(effects.beta)]
    for gamma, (i, j) in zip(effects.gamma, pairs, strict=True):
        total = total + gamma * curves[i] * curves[j]
    return np.asarray(total)


def _curve_units(problem: Problem, study: Study) -> Array:
    """Return the media units per unit of each curve: a straight line keeps its own."""
    straight = [channel.saturation == "none" for channel in study.channels.values()]
    return np.where(straight, problem.media_scale, 1.0)


def _responses(
    problem: Problem,
    posterior: Posterior,
    points: Array,
    effects: list[Effects],
    study: Study,
) -> tuple[ChannelResponse, ...]:
    parameters = [posterior.parameters(point) for point in points]
    unit, max_lag = _curve_units(problem, study), problem.task.max_lag
    responses = []
    for c, (name, channel) in enumerate(study.channels.items()):
        values = {key: np.array([p[c][key] for p in parameters]) for key in parameters[0][c]}
        if "half_saturation" in values:
            values["half_saturation"] *= problem.media_scale[c]
        responses.append(
            ChannelResponse(
                name=name,
                adstock=channel.adstock,
                saturation=channel.saturation,
                max_lag=max_lag[c],
                parameters=values,
                beta=np.array([e.beta[c] for e in effects]) * problem.kpi_scale / unit[c],
                history=problem.history[len(problem.history) - max_lag[c] :, c],
            )
        )
    return tuple(responses)


def _diagnose(posterior: Posterior, found: Chains, names: list[str]) -> tuple[pd.DataFrame, float]:
    """Return R-hat, effective sample size and contraction of each channel's log ROI."""
    from arviz_stats.base import array_stats

    log_roi = posterior.log_roi(found.draws)
    axes = {"chain_axis": 0, "draw_axis": 1}
    rhat = [float(array_stats.rhat(log_roi[:, :, c], **axes)) for c in range(len(names))]
    ess = [float(array_stats.ess(log_roi[:, :, c], **axes)) for c in range(len(names))]
    everything = [
        float(array_stats.rhat(found.draws[:, :, k], **axes)) for k in range(posterior.size)
    ]
    priors, center = posterior.task.priors, posterior.task.log_roi_center
    prior_sd = float(np.hypot(priors.media_share.sd, priors.roi_spread.median))
    sd = log_roi.std(axis=(0, 1))
    table = pd.DataFrame(
        {
            "channel": names,
            "rhat": rhat,
            "ess": ess,
            "prior_median": np.exp(center),
            "posterior_median": np.exp(np.median(log_roi, axis=(0, 1))),
            "prior_sd_log": prior_sd,
            "posterior_sd_log": sd,
            "contraction": 1 - (sd / prior_sd) ** 2,
        }
    )
    return table, max(everything)


def thin(model: AdditiveModel, n_draws: int) -> AdditiveModel:
    """Keep evenly spaced draws of a model, e.g. for an optimizer that visits them often.

    Parameters
    ----------
    model : AdditiveModel
        A model.
    n_draws : int
        Draws to keep; all of them where there are fewer.
    """
    rows = np.linspace(0, model.n_draws - 1, min(n_draws, model.n_draws)).round().astype(int)
    return model.take(rows)


def predictive_table(
    train: Array, actual: Array, draws: Array, *, interval: float
) -> pd.DataFrame:
    """Score the predictive intervals of the held-out weeks beside naive point forecasts.

    Parameters
    ----------
    train : ndarray, shape (n_train,)
        KPI of the training weeks.
    actual : ndarray, shape (n_weeks,)
        KPI of all weeks.
    draws : ndarray, shape (n_draws, n_weeks - n_train)
        Predictive draws of the weeks after the training weeks.
    interval : float
        Central share of the interval.

    Returns
    -------
    DataFrame
        Columns model, coverage (empty for a point forecast) and crps, KPI units.
    """
    unseen = actual[len(train) :]
    rows = [{"model": "Bayesian Ridge", **predictive_scores(draws, unseen, interval=interval)}]
    for name, forecast in naive_forecasts(train, len(unseen)).items():
        scores = predictive_scores(forecast[np.newaxis], unseen, interval=interval)
        rows.append({"model": name, "coverage": np.nan, "crps": scores["crps"]})
    return pd.DataFrame(rows)
