"""The linear regression: right where the world is linear."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from studies import make_frame, make_study

from mmm.data.weekly import weekly_data
from mmm.decide.returns import current_plan, roi_series
from mmm.model.ols import fit_ols


@pytest.fixture
def study():
    return make_study(("tv", "search", "radio"))


def linear_world(study, n_weeks=400, noise=20.0, seed=2):
    frame = make_frame(n_weeks, study.channel_names)
    random = np.random.default_rng(seed)
    frame["sales"] = (
        900
        + 2.0 * frame["tv_spend"]
        + 0.5 * frame["search_spend"]
        + 40 * np.sin(2 * np.pi * frame["week"].dt.day_of_year / 365.25)
        + noise * random.normal(size=n_weeks)
    )
    return weekly_data(frame, study)


def test_coefficients_of_a_noiseless_linear_world_are_exact(study):
    fit = fit_ols(linear_world(study, noise=0.0), study)
    params = fit.regression.params
    assert_allclose(params[["tv", "search"]], [2.0, 0.5], rtol=1e-8)
    assert_allclose(params[["radio", "trend", "season cos 1"]], 0.0, atol=1e-7)
    assert_allclose(params["season sin 1"], 40.0, rtol=1e-8)


def test_coefficients_of_a_noisy_linear_world_lie_in_their_intervals(study):
    table = fit_ols(linear_world(study), study).coefficients(0.95).set_index("term")
    for term, truth in {"tv": 2.0, "search": 0.5, "radio": 0.0}.items():
        assert table.loc[term, "low"] < truth < table.loc[term, "high"]
        assert table.loc[term, "std_error"] < 0.05


def test_a_wider_confidence_level_gives_wider_intervals(study):
    fit = fit_ols(linear_world(study), study)
    narrow, wide = fit.coefficients(0.8), fit.coefficients(0.95)
    assert (wide["high"] - wide["low"] > narrow["high"] - narrow["low"]).all()


def test_the_additive_model_predicts_what_the_regression_predicts(study):
    weekly = linear_world(study)
    fit = fit_ols(weekly.head(300), study)
    model = fit.model()
    draws = model.predict(weekly)
    assert draws.shape == (1, 400)
    assert_allclose(draws[0], fit.predict(weekly))


def test_the_roi_of_a_straight_line_is_its_coefficient(study):
    weekly = linear_world(study)
    fit = fit_ols(weekly, study)
    roi = roi_series(current_plan(fit.model(), weekly, window_weeks=52))
    assert_allclose(roi, fit.regression.params[study.channel_names], rtol=1e-9)
