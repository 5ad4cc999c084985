"""Time-aware evaluation: no peeking, scores by hand, naive forecasts."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import norm

from mmm.model import evaluation as ev


@given(
    n_weeks=st.integers(20, 400),
    start=st.integers(0, 8),
    folds=st.integers(1, 6),
    min_train=st.integers(0, 500),
)
def test_splits_validate_on_the_future_only_and_each_week_once(n_weeks, start, folds, min_train):
    splits = ev.expanding_splits(n_weeks, start=start, folds=folds, min_train=min_train)
    assert splits[-1].valid_end == n_weeks
    for split in splits:
        assert start == split.start < split.train_end < split.valid_end
    for earlier, later in pairwise(splits):
        assert earlier.valid_end == later.train_end
    assert splits[0].train_end >= start + (n_weeks - start) // 2


def test_splits_train_on_the_wanted_minimum_where_the_data_allow_it():
    assert ev.expanding_splits(100, min_train=70)[0].train_end == 70
    assert ev.expanding_splits(100, min_train=99)[0].train_end == 92


def test_scores_are_those_computed_by_hand():
    scores = ev.scores(np.array([10.0, 20.0, 30.0]), np.array([11.0, 18.0, 33.0]))
    assert_allclose(scores["rmse"], np.sqrt((1 + 4 + 9) / 3))
    assert_allclose(scores["mape"], (0.1 + 0.1 + 0.1) / 3)
    assert_allclose(scores["r2"], 1 - 14 / 200)


def test_weeks_at_zero_do_not_blow_up_the_percentage_error():
    assert_allclose(ev.scores(np.array([0.0, 10.0]), np.array([5.0, 11.0]))["mape"], 0.1)


def test_a_constant_outcome_has_no_r2():
    assert np.isnan(ev.scores(np.ones(3), np.ones(3))["r2"])


def test_naive_forecasts_repeat_the_last_month_and_the_last_year():
    train = np.arange(1.0, 61.0)
    naive = ev.naive_forecasts(train, 54)
    assert_allclose(naive["last 4 weeks"], np.full(54, 58.5))
    assert_allclose(naive["same week last year"][:3], [9, 10, 11])
    assert_allclose(naive["same week last year"][52:], [9, 10])


def test_a_short_history_has_no_last_year():
    assert list(ev.naive_forecasts(np.ones(51), 4)) == ["last 4 weeks"]


def test_the_holdout_is_scored_on_unseen_weeks_beside_naive_forecasts():
    actual = np.concatenate([np.full(60, 10.0), np.array([20.0, 30.0])])
    perfect_later = np.concatenate([np.zeros(60), actual[60:]])
    table = ev.holdout_scores(actual[:60], actual, {"model": perfect_later}).set_index("model")
    assert table.loc["model", "rmse"] == 0
    assert table.loc["model", "kind"] == "model"
    assert_allclose(table.loc["last 4 weeks", "rmse"], np.sqrt((100 + 400) / 2))
    assert ev.beaten_by(actual[:60], actual, perfect_later) is None


def test_a_model_worse_than_a_naive_forecast_is_named_with_the_better_one():
    actual = np.concatenate([np.full(60, 10.0), np.full(5, 10.0)])
    beaten = ev.beaten_by(actual[:60], actual, np.full(65, 99.0))
    assert beaten == ev.Beaten("last 4 weeks", 0.0)


def test_a_lead_of_one_lucky_week_may_be_chance():
    """Diebold and Mariano's statistic of one week is 1, whatever the lead of that week."""
    lucky = np.zeros(13)
    lucky[4] = 1e6
    assert ev.diebold_mariano(lucky) == pytest.approx(0.19, abs=0.02)
    assert ev.diebold_mariano(1.0 + 0.1 * (-1.0) ** np.arange(13)) < 1e-6


def test_equally_good_forecasts_rarely_seem_surely_worse(rng):
    errors = rng.standard_normal((2, 1000, 13)) ** 2
    found = [ev.diebold_mariano(lead) < 0.05 for lead in errors[0] - errors[1]]
    assert np.mean(found) == pytest.approx(0.04, abs=0.02)


def test_the_summary_scores_training_and_holdout_apart():
    actual = np.linspace(10.0, 20.0, 65)
    prediction = actual.copy()
    prediction[60:] += 3.0
    table = ev.model_summary(actual[:60], actual, {"m": prediction}).set_index("model")
    assert table.loc["m", "train_rmse"] == pytest.approx(0.0)
    assert table.loc["m", "holdout_rmse"] == pytest.approx(3.0)
    assert table.loc["last 4 weeks"].filter(like="train_").isna().all()


def gaussian_crps(z):
    """CRPS of a standard normal forecast (Gneiting and Raftery 2007, equation 21)."""
    return z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi)


def test_a_gaussian_forecast_has_the_crps_and_coverage_of_its_formula():
    mean, deviation = 50.0, 4.0
    quantiles = mean + deviation * norm.ppf((np.arange(4000) + 0.5) / 4000)
    z = np.array([0.0, -1.0, 1.6, 1.7, -2.5])  # the 90 % interval ends at 1.645
    train, unseen = np.linspace(10.0, 40.0, 30), mean + deviation * z
    draws = np.tile(quantiles[:, np.newaxis], len(z))
    actual = np.concatenate([train, unseen])
    table = ev.predictive_table(train, actual, draws, interval=0.9).set_index("model")
    own = table.loc["Bayesian MMM"]
    assert own["coverage"] == pytest.approx(3 / 5)
    assert own["crps"] == pytest.approx(deviation * gaussian_crps(z).mean(), rel=1e-3)
    wider = ev.predictive_table(train, actual, draws, interval=0.95)
    assert wider["coverage"].iloc[0] == pytest.approx(4 / 5)  # it ends at 1.96
    naive = table.loc["last 4 weeks"]
    assert np.isnan(naive["coverage"])
    assert naive["crps"] == pytest.approx(np.abs(unseen - train[-4:].mean()).mean())
    assert list(table.index) == ["Bayesian MMM", "last 4 weeks"]  # no year is known
