"""The flexible baseline: what it draws, what it leaves to media, and how it goes on."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from studies import make_frame, make_study

from mmm.data.weekly import weekly_data
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.fit import fit_bayes
from mmm.model.bayes.posterior import Posterior
from mmm.model.bayes.problem import Problem
from mmm.model.bayes.shrunken import inner_product, shrunken
from mmm.model.flexible import around_holidays, shifted, wandering, yearly_bumps
from mmm.trust.plausibility import misfit_finding

SHORT = {"draws": 150, "chains": 2, "insist": False, "keep": 150, "forms": "own"}


def weeks_of(frame, study):
    return weekly_data(frame, study)


@pytest.fixture(scope="module")
def study():
    return make_study()


def fitted(frame, study, **options):
    return fit_bayes(weeks_of(frame, study), study, seed=1, **(SHORT | options)).model


def found(model, weekly, component):
    """Return the mean effect of one component, shape (n_weeks,)."""
    own = model.flexible.design.components.index(component)
    kept = model.flexible.coefficients * (model.flexible.design.owner == own)
    return replace(model.flexible, coefficients=kept).effect(weekly.weeks).mean(axis=0)


def test_a_block_of_weeks_that_nobody_declared_is_drawn_by_the_season(study):
    frame = make_frame(156)
    block = frame["week"].dt.month == 12
    frame["sales"] += 120 * block
    weekly = weeks_of(frame, study)
    season = found(fitted(frame, study), weekly, "season")
    assert season[block].mean() - season[~block].mean() > 60


def test_a_break_is_drawn_by_the_level(study):
    frame = make_frame(156)
    after = np.arange(156) >= 90
    frame["sales"] += 150 * after
    weekly = weeks_of(frame, study)
    model = fitted(frame, study)
    expected = model.baseline_effect(weekly.weeks, weekly.controls).mean(axis=0)
    assert expected[100:].mean() - expected[:80].mean() == pytest.approx(150, rel=0.2)
    level = model.flexible.sd[:, model.flexible.design.components.index("level")]
    assert np.median(level) > 0.5


def test_a_regular_baseline_stays_regular(study):
    model = fitted(make_frame(156), study)
    assert (np.median(model.flexible.sd, axis=0) < 0.35).all()


def test_the_level_stays_where_it_is_and_grows_uncertain_after_the_data(study):
    frame = make_frame(130)
    frame["sales"] += np.cumsum(np.random.default_rng(0).normal(0, 12, 130))
    weekly = weeks_of(frame, study)
    model = fitted(frame, study)
    ahead = pd.date_range(weekly.weeks[-1], periods=40, freq="7D")
    own = model.flexible.design.components.index("level")
    kept = model.flexible.coefficients * (model.flexible.design.owner == own)
    level = replace(model.flexible, coefficients=kept).effect(ahead)
    assert level[:, 39].std() > 1.2 * level[:, 0].std()
    assert abs(level[:, 39].mean() - level[:, 0].mean()) < level[:, 39].std()


def test_a_study_without_trend_and_season_gets_neither(study):
    plain = make_study(baseline={"trend": False, "season_harmonics": 0})
    weekly = weeks_of(make_frame(), plain)
    assert Problem.of(weekly, plain, plain.priors).task.components == ()


def test_spend_that_moves_together_is_a_component_only_then(rng):
    together = rng.normal(size=104)
    study, frame = make_study(), make_frame()
    assert "demand" not in Problem.of(weeks_of(frame, study), study, study.priors).task.components
    for name in ("tv_spend", "search_spend"):
        frame[name] = np.exp(0.5 * together + 0.1 * rng.normal(size=104)) * 100
    assert "demand" in Problem.of(weeks_of(frame, study), study, study.priors).task.components


def test_a_declared_demand_proxy_counts_in_the_weeks_around(rng):
    study = make_study(controls={"columns": ["interest"], "demand_proxies": ["interest"]})
    frame = make_frame().assign(interest=rng.normal(size=104))
    task = Problem.of(weeks_of(frame, study), study, study.priors).task
    assert (task.owner == task.components.index("proxies")).sum() == 4


def test_a_proxy_that_is_no_control_is_refused():
    with pytest.raises(Exception, match="demand proxy 'interest': name one of columns"):
        make_study(controls={"columns": [], "demand_proxies": ["interest"]})


def test_a_shifted_series_keeps_its_order():
    np.testing.assert_allclose(
        shifted(np.array([1.0, 2.0, 3.0, 6.0]), 1) * np.std([1, 1, 2, 3]) + 1.75, [1, 1, 2, 3]
    )


def test_the_walk_has_unit_variance_after_a_year():
    columns = wandering(np.array([52.0]), 104)
    assert (columns**2).sum() == pytest.approx(1.0, rel=0.1)


def test_the_fine_season_repeats_every_year():
    weeks = pd.DatetimeIndex(["2023-03-06", "2027-03-06"])
    first, second = yearly_bumps(weeks, 3)
    np.testing.assert_allclose(first, second)


def test_a_holiday_has_its_week_and_the_days_around():
    weeks = pd.date_range("2023-11-27", periods=8, freq="7D")
    own, around = around_holidays(weeks, "US", ("Christmas Day",)).T
    assert weeks[own > 0].tolist() == [pd.Timestamp("2023-12-25")]
    assert around[weeks == "2023-12-18"] == pytest.approx(0.7)
    assert around.sum() == pytest.approx(1.0)


def test_zeros_before_a_launch_do_not_move_the_prior(study):
    frame = make_frame(104)
    frame.loc[:77, "tv_spend"] = 0.0
    late = weeks_of(frame, study)
    own = frame.loc[78:, "tv_spend"].mean()
    assert Problem.of(late, study, study.priors).media_scale[0] == pytest.approx(own)
    stopped = weeks_of(frame.assign(tv_spend=frame["tv_spend"].to_numpy()[::-1]), study)
    assert Problem.of(stopped, study, study.priors).media_scale[0] == pytest.approx(own)


def test_coefficients_solve_their_normal_equations(rng, study):
    problem = Problem.of(weeks_of(make_frame(), study), study, study.priors)
    task, sd = problem.task, np.array([[0.5, 1.5]])
    left = rng.normal(size=(1, len(task.kpi)))
    left = left - left @ task.basis @ task.basis.T
    size = sd[0, task.owner]
    scaled = task.columns * size
    expected = np.linalg.solve(np.eye(len(size)) + scaled.T @ scaled, scaled.T @ left[0])
    solved = shrunken(task, sd, left)
    np.testing.assert_allclose(solved.middle[0], expected, atol=1e-9)
    covariance = np.eye(len(left[0])) + scaled @ scaled.T
    product = left[0] @ np.linalg.solve(covariance, left[0])
    assert inner_product(task, sd)(left, left)[0] == pytest.approx(product)
    assert left[0] @ left[0] - solved.less[0] == pytest.approx(product)


def test_the_sampler_moves_in_the_strength_of_each_component(study):
    problem = Problem.of(weeks_of(make_frame(), study), study, study.priors)
    posterior = Posterior(problem.task)
    sd = posterior.component_sd(np.zeros(posterior.size))
    assert sd.tolist() == [study.priors.season_sd.median, study.priors.level_sd.median]


def test_a_model_with_flexible_baseline_survives_json(study):
    frame = make_frame(156)
    weekly = weeks_of(frame, study)
    model = fitted(frame, study)
    again = AdditiveModel.from_json(model.to_json())
    ahead = weekly.weeks + pd.Timedelta(days=7 * 30)
    np.testing.assert_array_equal(again.flexible.effect(ahead), model.flexible.effect(ahead))
    np.testing.assert_array_equal(again.flexible.sd, model.flexible.sd)


def test_what_the_level_draws_is_no_pattern_in_the_residuals(study):
    frame = make_frame(156)
    frame["sales"] += np.cumsum(np.random.default_rng(0).normal(0, 4, 156))
    weekly = weeks_of(frame, study)
    model = fitted(frame, study)
    assert misfit_finding(model, weekly, study).finding.status == "PASS"
    without = replace(model, flexible=None)
    assert misfit_finding(without, weekly, study).finding.status != "PASS"


@pytest.mark.parametrize("level", [0.1, 0.3, 7.3, 100.1, 0.0])
def test_a_proxy_that_does_not_move_says_nothing(level):
    assert (shifted(np.full(117, level), 1) == 0).all()


def test_days_around_a_holiday_count_once_also_across_the_turn_of_the_year():
    january = pd.DatetimeIndex(["2023-01-02"])
    both = pd.DatetimeIndex(["2022-12-26", "2023-01-02"])
    alone = around_holidays(january, "PH", ("Rizal Day",))
    np.testing.assert_array_equal(alone, around_holidays(both, "PH", ("Rizal Day",))[1:])
    weeks = pd.date_range("2023-01-02", periods=10, freq="7D")
    _, around = around_holidays(weeks, "CN", ("Chinese New Year",)).T
    assert around.max() <= 0.7
