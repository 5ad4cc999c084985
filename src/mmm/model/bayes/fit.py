"""The adstock and saturation model with its uncertainty: every ROI with an honest interval.

The same model as the ridge; carryover, curves and ROIs have priors (:mod:`mmm.study.priors`), the
baseline and the noise are integrated out (:mod:`mmm.model.bayes.posterior`), nutpie draws the
rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.errors import UsageError
from mmm.findings import Finding
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.convergence import diagnose, enough, sampler_findings
from mmm.model.bayes.draws import assemble
from mmm.model.bayes.posterior import Posterior, adapted_posterior
from mmm.model.bayes.problem import Problem
from mmm.model.bayes.sampler import Chains, sample
from mmm.model.files import RECORD_NAMES
from mmm.study.priors import LiftTest, Priors
from mmm.study.study import Study

#: Draws of the default fit: per chain, after so many of warm-up.
DRAWS, WARMUP, CHAINS = 560, 120, 4
#: Chains that have not converged go on by their length, up to so many times it in all. Longer
#: chains, not more of them: R-hat of chains of a given length does not fall with their number.
LONGEST = 4
#: Length of the fit that is only scored on the holdout: its mean and bands need no tail draws.
BRIEFLY: dict[str, Any] = {"draws": 160, "warmup": 100, "chains": 2, "insist": False}


@dataclass(frozen=True)
class BayesFit:
    """A posterior, ready for everything that takes an additive model."""

    #: All draws, thinned evenly to `keep`; baseline and noise drawn given the rest.
    model: AdditiveModel
    #: Per channel: ``rhat`` and ``ess`` of its log ROI, prior and posterior median and standard
    #: deviation of the log ROI, and the contraction, 1 - (posterior sd / prior sd)^2.
    diagnostics: pd.DataFrame
    divergences: int  #: Of the draws kept.
    n_draws: int  #: Draws after warm-up over all chains.
    evaluations: int  #: Gradient evaluations.
    #: Shape (n_rows,): KPI minus the posterior mean, in the weeks of the likelihood.
    residuals: Array

    def predictive(self, weekly: WeeklyData, *, seed: int) -> Array:
        """Draw the KPI of any weeks, noise included, shape (n_draws, n_weeks).

        `weekly`: all weeks from the first one of the data on, held-out ones included.
        """
        model, rng = self.model, np.random.default_rng([seed, 2])
        expected = model.predict(weekly)
        return expected + model.noise[:, np.newaxis] * rng.standard_normal(expected.shape)

    def sampler_findings(self) -> list[Finding]:
        """Return the checks of the sampler."""
        return sampler_findings(self.diagnostics, self.divergences / self.n_draws)


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
    """Fit the Bayesian model."""
    problem = _problem(weekly, study, priors, lift_tests, demand_capture)
    posterior = adapted_posterior(problem.task)
    length = {"draws": draws, "warmup": warmup, "chains": chains}
    rounds = LONGEST if insist else 1
    found, diagnostics = _chains(posterior, study.channel_names, seed, rounds, length)
    flat = found.draws.reshape(-1, posterior.size)
    rng = np.random.default_rng([seed, 1])
    model = assemble(problem, posterior, flat[_evenly(len(flat), keep)], study, rng)
    return BayesFit(
        model=model,
        diagnostics=diagnostics,
        divergences=found.divergences,
        n_draws=len(flat),
        evaluations=found.evaluations,
        residuals=(weekly.kpi - model.expected(weekly))[-len(problem.kpi) :],
    )


def bayes_fits(
    weekly: WeeklyData, study: Study, *, record: str, keep: int
) -> tuple[BayesFit, BayesFit] | tuple[None, None]:
    """Fit the Bayesian MMM on the training weeks (briefly, to judge it) and on all weeks.

    Parameters
    ----------
    weekly : WeeklyData
        All weeks, the holdout of the study at their end.
    study : Study
        The study.
    record : str
        Estimator of record; nothing is fitted for ``ridge``, the fast path.
    keep : int
        Draws of the second fit to keep: the fixed subset that all figures use.

    Raises
    ------
    UsageError
        If there is no such estimator.
    """
    if record not in RECORD_NAMES:
        raise UsageError(f"model = {record!r}: choose one of {', '.join(RECORD_NAMES)}.")
    if record == "ridge":
        return None, None
    train = weekly.head(len(weekly) - study.holdout.weeks)
    trained = fit_bayes(train, study, seed=study.seed, **BRIEFLY)
    return trained, fit_bayes(weekly, study, seed=study.seed, keep=keep)


def _problem(
    weekly: WeeklyData,
    study: Study,
    priors: Priors | None,
    lift_tests: Sequence[LiftTest] | None,
    demand_capture: Sequence[str] | None,
) -> Problem:
    """Set the problem up with what the study says where nothing else is given."""
    tests = study.lift_tests if lift_tests is None else lift_tests
    alone = study.demand_capture if demand_capture is None else demand_capture
    return Problem.of(weekly, study, priors or study.priors, tests, alone)


def _chains(
    posterior: Posterior, names: list[str], seed: int, rounds: int, length: dict[str, int]
) -> tuple[Chains, pd.DataFrame]:
    """Run chains until they converge or the rounds are over; draws come in plain coordinates."""
    run = None
    for round_ in range(rounds):
        run = sample(posterior, posterior.size, seed=seed + round_, after=run, **length)
        points = posterior.plain(run.draws)
        diagnostics = diagnose(posterior, points, names)
        if enough(diagnostics):
            break
    assert run is not None
    return replace(run, draws=points), diagnostics


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
        Its ROI (:func:`mmm.decide.returns.roi`) is the prior of the reported ROI, synergy
        included.
    """
    problem = Problem.of(weekly, study, priors or study.priors)
    posterior, rng = Posterior(problem.task), np.random.default_rng([seed, 3])
    points = np.array([posterior.draw_prior(rng) for _ in range(n_draws)])
    return replace(assemble(problem, posterior, points, study, rng), name="prior")


def thin(model: AdditiveModel, n_draws: int) -> AdditiveModel:
    """Keep evenly spaced draws of a model, e.g. for an optimizer that visits them often."""
    return model.take(_evenly(model.n_draws, n_draws))


def _evenly(n_draws: int, keep: int) -> NDArray[np.int64]:
    """Return which draws to keep: evenly spaced, the first and the last among them."""
    return np.linspace(0, n_draws - 1, min(keep, n_draws)).round().astype(int)
