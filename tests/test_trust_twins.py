"""Twins: a fixed design, truths that are what they say, noise that keeps its pattern."""

import numpy as np
import pandas as pd
import pytest

from mmm.decide.plan import current_plan
from mmm.decide.returns import roi
from mmm.errors import UsageError
from mmm.study.priors import LiftTest
from mmm.trust.twins import (
    LEVELS,
    block_bootstrap,
    design,
    effect_in_test,
    make_twins,
    standard_residuals,
)


def no_synergy(model):
    return type(model)(**{**vars(model), "gamma": np.zeros_like(model.gamma)})


def test_every_channel_meets_every_level_equally_often_and_channels_do_not_move_together():
    levels = design(6, 24)
    assert levels.shape == (24, 6)
    for column in levels.T:
        assert sorted(column) == sorted(list(LEVELS) * 4)
    correlation = np.corrcoef(np.log(levels + 0.1).T) - np.eye(6)
    assert np.abs(correlation).max() < 0.3
    assert np.array_equal(levels, design(6, 24))


def test_a_number_of_twins_that_the_levels_do_not_fit_is_refused():
    with pytest.raises(UsageError, match=r"twins = 7: .*Choose a multiple of 6"):
        design(3, 7)
    with pytest.raises(UsageError, match="twins = 0"):
        design(3, 0)


def test_the_truth_of_a_twin_is_its_level_times_the_estimate(model, weekly, study):
    plain = no_synergy(model)
    window = study.window_weeks
    estimate = np.median(roi(current_plan(plain, weekly, window_weeks=window)), axis=0)
    for twin in make_twins(plain, weekly, study, n_twins=6, seed=1):
        truth = roi(current_plan(twin.truth, twin.weekly, window_weeks=window))[0]
        assert truth == pytest.approx(twin.levels * estimate, rel=1e-9)


def test_a_channel_without_effect_has_no_synergy_either(model, weekly, study):
    window = study.window_weeks
    for twin in make_twins(model, weekly, study, n_twins=6, seed=1):
        truth = roi(current_plan(twin.truth, twin.weekly, window_weeks=window))[0]
        assert np.array_equal(truth == 0, twin.levels == 0)


def test_twins_are_the_same_bytes_again_and_differ_among_themselves(model, weekly, study):
    first, again = (make_twins(model, weekly, study, n_twins=6, seed=1) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.weekly.kpi, other.weekly.kpi)
    assert not np.array_equal(first[0].weekly.kpi, first[1].weekly.kpi)
    other = make_twins(model, weekly, study, n_twins=6, seed=2)
    assert not np.array_equal(first[0].weekly.kpi, other[0].weekly.kpi)


def test_residuals_are_standardized_and_drawn_in_blocks(model, weekly, study, rng):
    residual = standard_residuals(model, weekly, study)
    assert residual.mean() == pytest.approx(0, abs=1e-12)
    assert residual.std() == pytest.approx(1)
    drawn = block_bootstrap(np.arange(100.0), 60, rng=rng)
    assert len(drawn) == 60
    neighbors = (np.diff(drawn) % 100) == 1
    assert neighbors.mean() > 0.8


def test_a_lift_test_of_a_twin_measures_the_twins_truth(model, weekly, study):
    start, end = weekly.weeks[60], weekly.weeks[67] + pd.Timedelta(days=6)
    test = LiftTest(
        channel="video",
        start=start.date(),
        end=end.date(),
        incremental_kpi=1.0,
        standard_error=1e-6,
    )
    tested = study.model_copy(update={"lift_tests": (test,)})
    for twin in make_twins(model, weekly, tested, n_twins=6, seed=1):
        (simulated,) = twin.lift_tests
        effect = effect_in_test(twin.truth, weekly, test)[0]
        assert simulated.incremental_kpi == pytest.approx(effect, abs=1e-4)
        assert (effect == 0) == (twin.levels[1] == 0)


def test_a_channel_that_spent_nothing_in_the_window_keeps_a_truth_elsewhere(model, weekly, study):
    quiet = weekly.spend.copy()
    quiet.iloc[-52:, 2] = 0.0
    dark = type(weekly)(**{**vars(weekly), "spend": quiet, "media": quiet})
    for twin in make_twins(model, dark, study, n_twins=6, seed=1):
        assert np.isfinite(twin.weekly.kpi).all()
