"""Draws are taken over the forms of the curves in proportion to what the data support."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from known_truth import load, make_study, simulate
from scipy.special import logsumexp
from scipy.stats import multivariate_t
from test_posterior import make_task

from mmm.decide.returns import current_plan, mroi, roi
from mmm.errors import UsageError
from mmm.model.additive import joined
from mmm.model.bayes.averaging import (
    LEAST_SHARE,
    MOST_FORMS,
    allotted,
    form_variants,
    log_evidence,
    shares_of,
)
from mmm.model.bayes.convergence import weighed, worst_of
from mmm.model.bayes.fit import fit_bayes, thin
from mmm.model.bayes.posterior import Posterior
from mmm.model.bayes.sampler import laplace

QUICK = {"seed": 1, "draws": 60, "warmup": 40, "chains": 2, "keep": 100, "insist": False}


PAIRS = [("geometric", "hill"), ("weibull", "hill"), ("delayed", "log")]


def task_of(adstock, saturation):
    return make_task(np.random.default_rng(3), (adstock,) * 2, (saturation,) * 2)


def sampled_evidence(task, rng, n_draws=20_000):
    """Return the log integral of the density, by importance sampling."""
    posterior = Posterior(task)
    mode, scale = laplace(posterior, posterior.size)
    proposal = multivariate_t(np.zeros(posterior.size), np.eye(posterior.size), df=5)
    points = proposal.rvs(n_draws, random_state=rng)
    density = np.array([posterior(mode + scale @ point)[0] for point in points])
    inverse = np.linalg.slogdet(scale)[1] - proposal.logpdf(points)
    return logsumexp(density + inverse) - np.log(n_draws)


def test_data_that_say_nothing_favor_no_form():
    """Priors are counted with their constants, which differ between forms."""
    found = []
    for pair in PAIRS:
        task = task_of(*pair)
        found.append(log_evidence(replace(task, kpi=np.zeros_like(task.kpi), noise_sum=1e9)))
    np.testing.assert_allclose(found, found[0], atol=0.25)


def test_evidence_differs_between_forms_as_the_integrals_do(rng):
    fast, exact = [], []
    for pair in PAIRS:
        task = task_of(*pair)
        nothing = replace(task, kpi=np.zeros_like(task.kpi), noise_sum=1e9)
        fast.append(log_evidence(task))
        exact.append(sampled_evidence(task, rng) - sampled_evidence(nothing, rng))
    np.testing.assert_allclose(np.array(fast) - fast[0], np.array(exact) - exact[0], atol=0.5)


def pairs_of(variants):
    return [(v.channels["tv"].adstock, v.channels["tv"].saturation) for v in variants]


def test_forms_that_know_no_less_are_variants_and_none_stays_none(study):
    variants = form_variants(study)
    assert variants[0] is study
    own = study.channels["tv"]
    assert own.saturation == "hill"
    assert sorted(pairs_of(variants)) == [
        (name, "hill") for name in ("delayed", "geometric", "weibull")
    ]
    simple = {n: c.model_copy(update={"saturation": "log"}) for n, c in study.channels.items()}
    assert len(form_variants(study.model_copy(update={"channels": simple}))) == 9
    channels = study.channels | {
        "tv": study.channels["tv"].model_copy(update={"adstock": "none", "saturation": "none"})
    }
    for variant in form_variants(study.model_copy(update={"channels": channels})):
        assert (variant.channels["tv"].adstock, variant.channels["tv"].saturation) == ("none",) * 2
    lines = {
        n: c.model_copy(update={"adstock": "none", "saturation": "none"})
        for n, c in study.channels.items()
    }
    assert len(form_variants(study.model_copy(update={"channels": lines}))) == 1


def test_shares_follow_evidence_and_belief_in_the_studys_own_forms():
    even = shares_of(np.zeros(9))
    assert even[even > 0] == pytest.approx(np.array([8, 1, 1, 1]) / 11)
    assert (even[even > 0] >= LEAST_SHARE).all()
    refuted = shares_of(np.array([-20.0, 0, -1, -9]))
    assert refuted[0] == refuted[3] == 0
    assert refuted[1] / refuted[2] == pytest.approx(np.e)
    assert np.count_nonzero(shares_of(np.linspace(0, 0.2, 9))) <= MOST_FORMS
    assert shares_of(np.zeros(1)).tolist() == [1]


@pytest.mark.parametrize("n_draws", [40, 100, 397])
def test_an_even_selection_takes_each_form_in_proportion(model, mixed, n_draws):
    counts = allotted(1000, np.array([0.61, 0.27, 0.12]))
    assert counts.sum() == 1000
    every = [mixed.take(np.full(count, k)) for k, count in enumerate(counts)]
    form = thin(joined(every), n_draws).responses[0].form
    found = np.bincount(form, minlength=3) / len(form)
    np.testing.assert_allclose(found, counts / 1000, atol=1.5 / n_draws)


def test_other_forms_that_say_twice_the_return_move_the_interval(model, weekly):
    """Half of the draws move, and with them median, bounds and the curve: roi and mroi alike."""
    many = model.take(np.arange(200) % model.n_draws)
    double = replace(
        many,
        responses=tuple(replace(r, beta=2 * r.beta) for r in many.responses),
        gamma=2 * many.gamma,
    )
    both = joined([many, double])
    for measure in (roi, mroi):
        alone, mixed = (measure(current_plan(m, weekly)) for m in (many, both))
        low, high = np.quantile(alone, [0.05, 0.95], axis=0)
        wide_low, wide_high = np.quantile(mixed, [0.05, 0.95], axis=0)
        assert (wide_high > 1.5 * high).all()
        assert wide_low == pytest.approx(low, rel=0.2)
        assert mixed.mean(axis=0) == pytest.approx(1.5 * alone.mean(axis=0), rel=0.02)


def test_a_form_counts_in_the_checks_by_its_share():
    table = pd.DataFrame({"rhat": [1.04, 1.0], "ess": [100.0, 400.0], "prior_sd_log": 1.0})
    own = weighed(table, 0.25)
    assert own["rhat"].tolist() == [1.01, 1.0]
    assert own["ess"].tolist() == [400.0, 1600.0]
    both = worst_of([own, weighed(table, 0.75)], np.random.default_rng(0).normal(0, 0.5, (900, 2)))
    assert both["rhat"].tolist() == pytest.approx([1.03, 1.0])
    assert both["ess"].tolist() == pytest.approx([100 / 0.75, 400 / 0.75])
    assert both["contraction"].to_numpy() == pytest.approx([0.75, 0.75], abs=0.05)


def test_a_fit_draws_from_the_forms_that_the_data_support():
    study = make_study()
    weekly = load(simulate(np.random.default_rng(6))[0], study)
    fit = fit_bayes(weekly, study, **QUICK)
    assert len(fit.forms) == 3
    assert fit.forms["share"].sum() == pytest.approx(1)
    chosen = fit.forms[fit.forms["share"] > 0]
    response = fit.model.responses[0]
    assert set(response.forms) == set(zip(chosen["adstock"], chosen["saturation"], strict=True))
    assert fit.model.n_draws == 100
    pairs = [
        response.forms.index(pair)
        for pair in zip(chosen["adstock"], chosen["saturation"], strict=True)
    ]
    counts = np.bincount(response.form, minlength=len(pairs))[pairs]
    np.testing.assert_allclose(counts / 100, chosen["share"], atol=0.01)
    own = fit_bayes(weekly, study, **QUICK, forms="own")
    assert own.own is own.model
    assert own.model.responses[0].form is None
    assert own.forms["share"].tolist() == [1.0]
    assert fit.own.responses[0].forms == own.model.responses[0].forms
    again = fit_bayes(weekly, study, **QUICK)
    assert again.model.to_json() == fit.model.to_json()


def test_forms_that_the_data_refute_give_no_draws_but_are_told():
    """All effects come three weeks late here: a carryover that falls at once is refuted."""
    table, _ = simulate(np.random.default_rng(6))
    late = table[["tv", "web", "mail"]].shift(3).bfill().sum(axis=1)
    noise = np.random.default_rng(1).standard_normal(len(table))
    table["revenue"] = 400 + late + 4 * noise
    forms = {"adstock": "geometric", "max_lag": 8}
    channels = {name: {"label": name, "spend": name} | forms for name in ("tv", "web", "mail")}
    study = make_study(channels=channels)
    fit = fit_bayes(load(table, study), study, **QUICK)
    assert fit.forms["share"][0] == 0
    assert not any(adstock == "geometric" for adstock, _ in used(fit.model))
    assert used(fit.own) == {("geometric", study.channels["tv"].saturation)}


def used(model):
    """Return the pairs of forms that some draw has."""
    response = model.responses[0]
    return {response.forms[number] for number in response.form_of_draws}


def test_an_unknown_choice_of_forms_is_refused(weekly, study):
    with pytest.raises(UsageError, match="forms"):
        fit_bayes(weekly, study, seed=1, forms="all")
