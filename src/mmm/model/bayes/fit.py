"""The adstock and saturation model with its uncertainty: every ROI with an honest interval.

The same model as the ridge; carryover, curves and ROIs have priors (:mod:`mmm.study.priors`), the
baseline and the noise are integrated out (:mod:`mmm.model.bayes.posterior`), nutpie draws the
rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.errors import UsageError, require_choice
from mmm.findings import Finding
from mmm.formatting import listing
from mmm.model.additive import AdditiveModel, joined
from mmm.model.bayes.averaging import (
    BELIEF_IN_OWN,
    allotted,
    form_variants,
    log_evidence,
    shares_of,
)
from mmm.model.bayes.convergence import (
    diagnose,
    enough,
    sampler_findings,
    weighed,
    worst_of,
)
from mmm.model.bayes.draws import assemble
from mmm.model.bayes.posterior import Posterior, adapted_posterior
from mmm.model.bayes.problem import Problem
from mmm.model.bayes.regional import RegionalProblem, problem_of
from mmm.model.bayes.sampler import MAX_DEPTH, REGIONAL_DEPTH, Chains, sample
from mmm.model.curves import with_main_forms
from mmm.model.files import RECORD_NAMES
from mmm.study.priors import LiftTest, Priors
from mmm.study.study import Study

#: Draws of the default fit: per chain, after so many of warm-up.
LENGTH = {"draws": 560, "warmup": 120, "chains": 4}
#: The same of regions, whose draws follow longer paths.
REGIONAL_LENGTH = {"draws": 400, "warmup": 150, "chains": 2}
#: Chains that have not converged go on by their length, up to so many times it in all. Longer
#: chains, not more of them: R-hat of chains of a given length does not fall with their number.
LONGEST = 4
#: Length of fits that nobody decides with, as the one that is only scored on the holdout: means
#: and bands need no tail draws.
BRIEF: dict[str, Any] = {"draws": 160, "warmup": 100, "chains": 2}
#: What is fitted: an average over the forms of the curves, or the study's own forms alone.
Forms = Literal["averaged", "own"]
#: Seeds that the rounds of one pair of forms may take.
SEEDS_PER_FORM = 100


@dataclass(frozen=True)
class BayesFit:
    """A posterior, ready for everything that takes an additive model."""

    #: The draws to decide with, `keep` of them, over the forms of the curves in proportion to
    #: their shares; baseline and noise drawn given the rest.
    model: AdditiveModel
    #: Draws of the study's own forms alone: those of their share, or a brief run where they have
    #: none.
    own: AdditiveModel
    #: Columns adstock, saturation, with regions week_effects (their variance over that of the
    #: regions' own noise), evidence (log, over that of the first row), share of the draws: one
    #: row per pair of forms, the study's own first, or per size of the week effects.
    forms: pd.DataFrame
    #: Per channel: ``rhat`` and ``ess`` of its log ROI (the worst of the forms', each weighed by
    #: its share), prior and posterior median and standard deviation of the log ROI, and the
    #: contraction, 1 - (posterior sd / prior sd)^2.
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
    draws: int | None = None,
    warmup: int | None = None,
    chains: int | None = None,
    keep: int = 1000,
    priors: Priors | None = None,
    lift_tests: Sequence[LiftTest] | None = None,
    demand_capture: Sequence[str] | None = None,
    insist: bool = True,
    forms: Forms = "averaged",
) -> BayesFit:
    """Fit the Bayesian model, averaged over the forms of the curves or with the study's own."""
    require_choice(forms, get_args(Forms), "forms")
    variants, tables = _variants(weekly, study, forms, priors, lift_tests, demand_capture)
    evidence, rounds = np.zeros(1), LONGEST if insist else 1
    if len(variants) > 1:
        evidence = np.array([log_evidence(p.task) + p.constant for p in tables])
    shares = shares_of(evidence, belief_in_own=None if weekly.regions else BELIEF_IN_OWN)
    length = dict(LENGTH if weekly.regions is None else REGIONAL_LENGTH)
    asked = {"draws": draws, "warmup": warmup, "chains": chains}
    length |= {name: value for name, value in asked.items() if value is not None}
    runs = {
        k: _Run.of(variants[k], tables[k], seed, k, rounds, length, shares[k])
        for k in np.flatnonzero(shares).tolist()
    }
    found = list(runs.values())
    model, log_roi = _pooled(found, keep)
    own = model
    if weekly.regions is None and (len(found) > 1 or 0 not in runs):
        alone = runs.get(0) or _Run.of(study, tables[0], seed, 0, 1, BRIEF, 1.0)
        own = alone.model(keep)
    diagnostics = [run.diagnostics for run in found]
    return BayesFit(
        model=model,
        own=own,
        forms=_form_table(variants, tables, evidence, shares),
        diagnostics=diagnostics[0] if len(found) == 1 else worst_of(diagnostics, log_roi),
        divergences=sum(run.chains.divergences for run in found),
        n_draws=sum(len(run.points) for run in found),
        evaluations=sum(run.chains.evaluations for run in found),
        residuals=(weekly.kpi - model.expected(weekly))[-len(tables[0].kpi) :],
    )


@dataclass(frozen=True)
class _Run:
    """The chains of one pair of forms."""

    study: Study
    problem: Problem
    posterior: Posterior
    chains: Chains  #: In plain coordinates.
    diagnostics: pd.DataFrame  #: Weighed by the share.
    share: float  #: Of the draws.
    stream: list[int]  #: Seed of what is drawn given the coordinates.

    @classmethod
    def of(
        cls,
        study: Study,
        problem: Problem,
        seed: int,
        number: int,
        rounds: int,
        length: dict[str, int],
        share: float,
    ) -> _Run:
        """Sample; forms of a small share need fewer chains and fewer draws."""
        posterior = adapted_posterior(problem.task)
        if share < 1:
            chains = max(min(2, length["chains"]), round(share * length["chains"]))
            draws = math.ceil(share * length["draws"] * length["chains"] / chains)
            length = length | {"draws": draws, "chains": chains}
        names = study.channel_names
        own_seed = seed + SEEDS_PER_FORM * number
        found, table = _chains(posterior, names, own_seed, rounds, length, share)
        stream = [seed, 1, number] if number else [seed, 1]
        return cls(study, problem, posterior, found, table, share, stream)

    @property
    def points(self) -> Array:
        """All draws, shape (n_draws, size)."""
        return self.chains.draws.reshape(-1, self.posterior.size)

    def kept(self, keep: int) -> Array:
        """Return some of the draws, evenly spaced, shape (n_kept, size)."""
        return self.points[_evenly(len(self.points), keep)]

    def model(self, keep: int) -> AdditiveModel:
        """Return the model with some of the draws."""
        rng = np.random.default_rng(self.stream)
        return assemble(self.problem, self.posterior, self.kept(keep), self.study, rng)


def _pooled(runs: Sequence[_Run], keep: int) -> tuple[AdditiveModel, Array]:
    """Return draws of the runs in proportion to their shares, and their log ROIs."""
    total = min(keep, *(int(len(run.points) / run.share) for run in runs))
    counts = allotted(total, np.array([run.share for run in runs]))
    pairs = list(zip(runs, counts.tolist(), strict=True))
    log_roi = np.concatenate([run.posterior.log_roi(run.kept(count)) for run, count in pairs])
    return joined([run.model(count) for run, count in pairs]), log_roi


def _form_table(
    variants: Sequence[Study], tables: Sequence[Problem], evidence: Array, shares: Array
) -> pd.DataFrame:
    rows = []
    for variant, log_odds, share in zip(variants, evidence - evidence[0], shares, strict=True):
        channels = list(variant.channels.values())
        names = [
            listing(list(dict.fromkeys(getattr(channel, key) for channel in channels)))
            for key in ("adstock", "saturation")
        ]
        rows.append((*names, float(log_odds), float(share)))
    table = pd.DataFrame(rows, columns=["adstock", "saturation", "evidence", "share"])
    effects = [p.common for p in tables if isinstance(p, RegionalProblem)]
    if effects:
        table.insert(2, "week_effects", effects)
    return table


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
    final = fit_bayes(weekly, study, seed=study.seed, keep=keep)
    train, main = (
        weekly.head(len(weekly) - study.holdout.weeks),
        with_main_forms(study, final.model),
    )
    trained = fit_bayes(train, main, seed=study.seed, forms="own", **BRIEF, insist=False)
    return trained, final


def _variants(
    weekly: WeeklyData,
    study: Study,
    forms: Forms,
    priors: Priors | None,
    lift_tests: Sequence[LiftTest] | None,
    demand_capture: Sequence[str] | None,
) -> tuple[list[Study], Sequence[Problem]]:
    """Return what is averaged over: forms of the curves, or the size of regions' week effects.

    What the study says holds where nothing else is given.
    """
    given = (priors, lift_tests, demand_capture)
    if forms == "own" or weekly.regions is None:
        variants = [study] if forms == "own" else form_variants(study)
        return variants, [problem_of(weekly, variant, *given) for variant in variants]
    tests = study.lift_tests if lift_tests is None else lift_tests
    alone = study.demand_capture if demand_capture is None else demand_capture
    believed = priors or study.priors
    problems = RegionalProblem.of_regions(weekly, study, believed, tests, alone)
    return [study] * len(problems), problems


def _chains(
    posterior: Posterior,
    names: list[str],
    seed: int,
    rounds: int,
    length: dict[str, int],
    share: float,
) -> tuple[Chains, pd.DataFrame]:
    """Run chains until they converge or the rounds are over; draws come in plain coordinates."""
    run, depth = None, MAX_DEPTH if posterior.task.rows is None else REGIONAL_DEPTH
    for round_ in range(rounds):
        run = sample(
            posterior,
            posterior.size,
            seed=seed + round_,
            after=run,
            depth=depth,
            held=posterior.held,
            **length,
        )
        points = posterior.plain(run.draws)
        diagnostics = weighed(diagnose(posterior, points, names), share)
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
