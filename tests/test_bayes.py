"""The Bayesian model against known truth."""

import datetime as dt
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from known_truth import N_WEEKS, load, make_study, simulate

from mmm.data.clean import clean
from mmm.data.weekly import weekly_data
from mmm.decide.returns import contributions, current_plan, roi
from mmm.errors import UsageError
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.fit import bayes_fits, draw_prior, fit_bayes, thin
from mmm.model.bayes.problem import Problem
from mmm.model.evaluation import predictive_scores
from mmm.study.priors import LiftTest, Priors
from mmm.trust.plausibility import misfit_finding


@pytest.fixture(scope="module")
def case():
    table, truth = simulate(np.random.default_rng(6))
    study = make_study()
    weekly = load(table, study)
    return table, truth, study, weekly, fit_bayes(weekly, study, seed=1)


def test_true_roi_lies_in_the_intervals_and_chains_agree(case):
    _, truth, study, weekly, fit = case
    draws = contributions(fit.model, weekly).channels.sum(axis=1) / weekly.spend.sum().to_numpy()
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    expected = np.array(list(truth.values()))
    assert np.all((low < expected) & (expected < high))
    assert fit.diagnostics["ess"].min() >= 400
    assert fit.diagnostics["rhat"].max() <= 1.01
    assert {finding.status for finding in fit.sampler_findings()} == {"PASS"}
    assert misfit_finding(fit.model, weekly, study).finding.status != "FAIL"


def test_sampled_roi_is_the_roi_of_the_contributions(case):
    _, _, _, weekly, fit = case
    total = contributions(fit.model, weekly).channels.sum(axis=1)
    median = np.median(total / weekly.spend.sum().to_numpy(), axis=0)
    np.testing.assert_allclose(median, fit.diagnostics["posterior_median"], rtol=0.1)


def test_intervals_narrow_from_prior_to_posterior(case):
    *_, fit = case
    assert fit.diagnostics["contraction"].between(0.2, 1).all()


def test_model_takes_everything_downstream_and_survives_json(case):
    _, _, _, weekly, fit = case
    again = AdditiveModel.from_json(json.loads(json.dumps(fit.model.to_json())))
    plan = current_plan(again, weekly, window_weeks=52)
    np.testing.assert_array_equal(roi(plan), roi(current_plan(fit.model, weekly, window_weeks=52)))


def test_predictive_draws_cover_weeks_that_were_held_out(case):
    table, _, study, _, _ = case
    every = load(table, study)
    fit = fit_bayes(every.head(N_WEEKS - 13), study, seed=2)
    draws = fit.predictive(every, seed=3)[:, -13:]
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    inside = (every.kpi[-13:] >= low) & (every.kpi[-13:] <= high)
    assert inside.mean() >= 0.75


def test_predictive_scores_of_a_normal_forecast():
    """The CRPS of a standard normal at its mean is (sqrt 2 - 1) / sqrt pi."""
    draws = np.random.default_rng(1).standard_normal((20_000, 1))
    found = predictive_scores(draws, np.zeros(1), interval=0.9)
    assert found["crps"] == pytest.approx((np.sqrt(2) - 1) / np.sqrt(np.pi), abs=0.005)
    assert found["coverage"] == 1.0
    point = predictive_scores(np.array([[1.0, 2.0]]), np.array([2.0, 5.0]), interval=0.9)
    assert point == {"coverage": 0.0, "crps": 2.0}


def test_prior_is_wide_and_centred_on_a_quarter_of_the_kpi(case):
    _, _, study, weekly, _ = case
    prior = draw_prior(weekly, study, seed=1, n_draws=500)
    ratio = contributions(prior, weekly).channels.sum(axis=1) / weekly.spend.sum().to_numpy()
    center = 0.25 * weekly.revenue.sum() / weekly.spend.to_numpy().sum()
    np.testing.assert_allclose(np.median(ratio, axis=0), center, rtol=0.2)
    assert np.all(np.log(ratio).std(axis=0) > 0.75)


def test_thinning_keeps_whole_draws(case):
    *_, fit = case
    few = thin(fit.model, 10)
    assert few.n_draws == 10
    np.testing.assert_array_equal(few.noise[[0, -1]], fit.model.noise[[0, -1]])
    assert thin(few, 99).n_draws == 10


def test_currency_changes_nothing(case):
    _, _, study, _, fit = case
    table, _ = simulate(np.random.default_rng(6), scale=1000.0)
    other = fit_bayes(load(table, study), study, seed=1)
    np.testing.assert_allclose(
        other.diagnostics["posterior_median"], fit.diagnostics["posterior_median"], rtol=0.05
    )


def test_a_kpi_around_zero_still_has_a_scale(case):
    _, _, study, weekly, _ = case
    around = replace(weekly, kpi=weekly.kpi - 1.05 * weekly.kpi.mean())
    fit = fit_bayes(
        around, study, seed=1, draws=60, warmup=40, chains=1, insist=False, forms="own"
    )
    assert around.revenue.sum() < 0
    assert np.isfinite(roi(current_plan(fit.model, around))).all()


def test_lift_test_pulls_the_roi_and_narrows_it(case):
    _, _, study, weekly, fit = case
    parts = contributions(fit.model, weekly).channels[:, :, 2]
    start, end = weekly.weeks[60].date(), weekly.weeks[67].date() + dt.timedelta(days=6)
    goal = 1.6 * float(parts[:, 60:68].sum(axis=1).mean())
    test = LiftTest(
        channel="mail", start=start, end=end, incremental_kpi=goal, standard_error=0.05 * goal
    )
    lifted = fit_bayes(weekly, study, seed=1, lift_tests=[test])
    before, after = fit.diagnostics.loc[2], lifted.diagnostics.loc[2]
    assert after["posterior_median"] > before["posterior_median"]
    assert after["posterior_sd_log"] < before["posterior_sd_log"]


def lift_test(weekly, first, last, *, days=0):
    """Return a test of tv over some weeks, some days longer."""
    start, end = (
        weekly.weeks[first].date(),
        weekly.weeks[last].date() + dt.timedelta(days=6 + days),
    )
    return LiftTest(channel="tv", start=start, end=end, incremental_kpi=1, standard_error=1)


def test_a_lift_test_counts_only_where_all_of_its_days_are_fitted(case):
    _, _, study, weekly, _ = case
    test = lift_test(weekly, 90, 99)
    for weeks, counted in ((104, 1), (100, 1), (99, 0), (91, 0)):
        problem = Problem.of(weekly.head(weeks), study, study.priors, [test])
        assert len(problem.task.tests) == counted
    dropping = study.model_copy(update={"pre_history": "drop"})
    early = Problem.of(weekly, dropping, study.priors, [lift_test(weekly, 11, 20)])
    assert early.task.tests == ()


def test_a_week_that_a_lift_test_covers_in_part_loses_that_part_of_its_spend(case):
    _, _, study, weekly, _ = case
    test = lift_test(weekly, 90, 91, days=2)
    (term,) = Problem.of(weekly, study, study.priors, [test]).task.tests
    without = term.lags[:, 0] * weekly.media["tv"].mean()
    share = np.ones(len(weekly))
    share[[90, 91, 92]] = 0, 0, 5 / 7
    assert without == pytest.approx(weekly.media["tv"] * share)
    assert np.flatnonzero(term.weeks).tolist() == [90, 91, 92]


def test_a_term_that_varies_only_in_dropped_weeks_leaves_the_baseline(case):
    table, _, _, _, _ = case
    dropped = {"name": "opening", "start": dt.date(2023, 1, 9), "end": dt.date(2023, 1, 20)}
    study = make_study(pre_history="drop", events=(dropped,))
    weekly = weekly_data(clean(table, study), study)
    fit = fit_bayes(
        weekly, study, seed=1, draws=40, warmup=40, chains=1, insist=False, forms="own"
    )
    assert "event: opening" not in fit.model.design.kept
    assert np.isfinite(fit.model.baseline).all()


def test_the_fits_drop_the_same_weeks_and_count_no_lag_where_there_is_no_carryover(case):
    table, truth, _, _, _ = case
    channels = {name: {"label": name, "spend": name, "max_lag": 8} for name in truth}
    channels["tv"] |= {"adstock": "none", "max_lag": 20}
    study = make_study(pre_history="drop", channels=channels)
    weekly = weekly_data(clean(table, study), study)
    assert study.carry_in_weeks == 8
    assert len(Problem.of(weekly, study, study.priors).kpi) == N_WEEKS - 8


def test_the_prior_of_a_log_roi_is_as_wide_as_it_is_said(rng):
    priors = Priors()
    spread = priors.roi_spread.median * np.exp(priors.roi_spread.sd * rng.standard_normal(400_000))
    drawn = priors.media_share.sd * rng.standard_normal(400_000)
    drawn += spread * rng.standard_normal(400_000)
    assert priors.log_roi_sd == pytest.approx(drawn.std(), rel=0.01)


def test_synergy_and_other_forms_sample(case):
    table, truth, _, _, _ = case
    forms = [("delayed", "logistic"), ("weibull", "log"), ("none", "none")]
    channels = {
        name: {"label": name, "spend": name, "adstock": adstock, "saturation": saturation}
        for name, (adstock, saturation) in zip(truth, forms, strict=True)
    }
    study = make_study(channels=channels, synergy=({"channels": ("tv", "mail")},))
    weekly = load(table, study)
    fit = fit_bayes(weekly, study, seed=1, draws=150, demand_capture=["web"])
    assert fit.model.gamma.shape[1] == 1
    parts = contributions(fit.model, weekly)
    np.testing.assert_allclose(
        parts.fitted.mean(axis=0),
        fit.model.predict(weekly).mean(axis=0),
    )
    residual = weekly.kpi - parts.fitted.mean(axis=0)
    assert np.std(residual) < 1.3 * fit.model.noise.mean()


def test_same_seed_gives_the_same_bytes_in_another_process(tmp_path):
    table, _ = simulate(np.random.default_rng(6))
    table.to_csv(tmp_path / "t.csv", index=False)
    script = """
import sys, hashlib, pathlib, pandas as pd
sys.path.insert(0, sys.argv[1])
from known_truth import load, make_study
from mmm.model.bayes.fit import fit_bayes
study = make_study()
weekly = load(pd.read_csv(sys.argv[2], parse_dates=["date"]), study)
model = fit_bayes(weekly, study, seed=4, draws=50, warmup=50, chains=2).model
print(hashlib.sha256(model.baseline.tobytes() + model.responses[0].beta.tobytes()).hexdigest())
assert "arviz" not in sys.modules  # two CPU seconds that raw draws do not need
"""
    command = [sys.executable, "-c", script, str(Path(__file__).parent), str(tmp_path / "t.csv")]
    runs = [
        subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout != ""


def read_example(folder, name):
    table = pd.read_csv(folder / "pymc" / name, parse_dates=["date_week"])
    channels = {
        name: {"label": name, "spend": name, "saturation": "logistic"} for name in ("x1", "x2")
    }
    study = make_study(
        data={"file": "t.csv", "date": "date_week", "kpi": "y"},
        channels=channels,
        controls={"columns": ("event_1", "event_2")},
    )
    return study, load(table, study)


def test_public_example_with_known_contributions(shared_data):
    """The example of pymc-marketing: the truth lies within the 90 % intervals."""
    study, weekly = read_example(shared_data, "mmm_example.csv")
    truth = pd.read_csv(shared_data / "pymc" / "mmm_example_true_contributions.csv")
    fit = fit_bayes(weekly, study, seed=1)
    draws = contributions(fit.model, weekly).channels.sum(axis=1)
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    expected = truth[["x1_contribution", "x2_contribution"]].sum().to_numpy()
    assert np.all((low <= expected) & (expected <= high)), (low, expected, high)


def test_effects_that_drift_are_flagged(shared_data):
    study, weekly = read_example(shared_data, "media_tvp_data.csv")
    fit = fit_bayes(weekly, study, seed=1, draws=200)
    misfit = misfit_finding(fit.model, weekly, study).finding
    assert misfit.status != "PASS"
    assert misfit.remedy


def test_an_estimator_of_record_is_one_of_two_and_ridge_draws_nothing(weekly, study):
    assert bayes_fits(weekly, study, record="ridge", keep=10) == (None, None)
    with pytest.raises(UsageError, match=r"model = 'rigde': choose one of ridge, bayes\."):
        bayes_fits(weekly, study, record="rigde", keep=10)
