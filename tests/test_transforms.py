"""Adstock and saturation: hand-computed values and the properties every curve must have."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from mmm.model import transforms as tf

LAGS = 6
ADSTOCKS = [
    ("none", ()),
    ("geometric", (0.5,)),
    ("geometric", (0.0,)),
    ("delayed", (0.6, 2.0)),
    ("delayed", (0.0, 1.3)),
    ("weibull", (2.0, 3.0)),
]
SATURATIONS = [
    ("none", ()),
    ("hill", (3.0, 1.5)),
    ("hill", (3.0, 0.7)),
    ("logistic", (3.0,)),
    ("log", (3.0,)),
]
every_adstock = pytest.mark.parametrize(("kind", "parameters"), ADSTOCKS)
every_saturation = pytest.mark.parametrize(("kind", "parameters"), SATURATIONS)


def test_geometric_weights_halve_each_week_by_hand():
    assert_allclose(tf.geometric_weights(0.5, max_lag=2), [4 / 7, 2 / 7, 1 / 7])


def test_delayed_weights_peak_where_they_are_told_by_hand():
    assert_allclose(tf.delayed_weights(0.5, 1.0, max_lag=3), np.array([2, 4, 2, 1]) / 9)


def test_weibull_weights_follow_the_density_by_hand():
    lags = np.array([1.0, 2.0, 3.0])
    density = 2.0 / 3.0 * (lags / 3.0) * np.exp(-((lags / 3.0) ** 2))
    assert_allclose(tf.weibull_weights(2.0, 3.0, max_lag=2), density / density.sum())


def test_weibull_weights_of_a_fast_decay_follow_the_density_by_hand():
    lags, shape, scale = np.array([1.0, 2.0, 3.0, 4.0]), 0.7, 0.8
    density = shape / scale * (lags / scale) ** (shape - 1) * np.exp(-((lags / scale) ** shape))
    assert_allclose(tf.weibull_weights(shape, scale, max_lag=3), density / density.sum())


def test_without_later_lags_the_first_week_has_all_the_weight():
    for weights in (
        tf.geometric_weights(0.5, max_lag=0),
        tf.delayed_weights(0.5, 3.0, max_lag=0),
        tf.weibull_weights(2.0, 3.0, max_lag=0),
    ):
        assert_allclose(weights, [1.0])


def test_weights_that_would_underflow_keep_their_nearest_lag():
    assert_allclose(tf.weibull_weights(2.0, 0.03, max_lag=3), [1, 0, 0, 0], atol=1e-300)
    assert_allclose(tf.delayed_weights(0.5, 2000.0, max_lag=1), [1 / 3, 2 / 3])


@pytest.mark.parametrize(
    ("function", "first", "second"),
    [
        (tf.delayed_weights, [0.5, 0.3, 0.9], [1.0, 2000.0, 0.4]),
        (tf.weibull_weights, [2.0, 2.0, 0.6], [3.0, 0.03, 0.9]),
    ],
)
def test_each_draw_has_the_weights_that_it_has_alone(function, first, second):
    together = function(first, second, max_lag=4)
    assert together.shape == (3, 5)
    for draw, parameters in enumerate(zip(first, second, strict=True)):
        assert_allclose(together[draw], function(*parameters, max_lag=4))


def test_carry_over_of_one_lag_counts_the_week_before_the_first_one():
    assert_allclose(tf.carry_over([10.0, 0.0], [0.6, 0.4], history=[20.0]), [14.0, 4.0])


def test_single_precision_and_whole_numbers_are_computed_in_double_precision():
    level, half = np.float32([0.1, 0.7]), np.float32(0.3)
    exact = level.astype(float)
    assert_allclose(tf.hill(level, half, 1.5), tf.hill(exact, float(half), 1.5), rtol=1e-14)
    assert_allclose(
        tf.geometric_weights(half, max_lag=2),
        tf.geometric_weights(float(half), max_lag=2),
        rtol=1e-14,
    )
    for values in tf.saturation_with_slope("none", [0, 5]):
        assert values.dtype == float
    assert tf.saturate("none", [0, 5]).dtype == float


def test_carry_over_adds_weighted_past_weeks_by_hand():
    assert_allclose(tf.carry_over([10.0, 0.0, 4.0], [0.6, 0.3, 0.1]), [6.0, 3.0, 3.4])


def test_carry_over_counts_the_weeks_before_the_first_one():
    carried = tf.carry_over([10.0, 0.0], [0.6, 0.3, 0.1], history=[20.0, 30.0])
    assert_allclose(carried, [6 + 9 + 2, 3 + 3])


def test_carry_over_uses_only_the_latest_weeks_of_a_long_history():
    long, short = ([99.0, 20.0, 30.0], [20.0, 30.0])
    weights = [0.6, 0.3, 0.1]
    assert_allclose(
        tf.carry_over([1.0, 2.0], weights, history=long),
        tf.carry_over([1.0, 2.0], weights, history=short),
    )


@every_adstock
def test_weights_are_not_negative_and_sum_to_one(kind, parameters):
    weights = tf.adstock_weights(kind, *parameters, max_lag=LAGS)
    assert weights.min() >= 0
    assert_allclose(weights.sum(), 1.0)


@given(retention=st.floats(0, 0.999), peak=st.floats(0, 60), max_lag=st.integers(0, 26))
def test_delayed_weights_sum_to_one_even_for_a_peak_beyond_the_last_lag(retention, peak, max_lag):
    weights = tf.delayed_weights(retention, peak, max_lag=max_lag)
    assert weights.shape == (max_lag + 1,)
    assert_allclose(weights.sum(), 1.0)


@every_adstock
def test_an_impulse_lasts_exactly_max_lag_weeks(kind, parameters):
    impulse = np.zeros(20)
    impulse[4] = 1.0
    weights = tf.adstock_weights(kind, *parameters, max_lag=LAGS)
    response = tf.carry_over(impulse, weights)
    last = 4 + (LAGS if kind != "none" else 0)
    assert_allclose(response[: last + 1].sum(), 1.0)
    assert_allclose(response[4 : last + 1], weights)
    assert not response[last + 1 :].any()
    assert not response[:4].any()


@every_adstock
def test_future_media_does_not_change_the_past(kind, parameters, rng):
    media = rng.gamma(2.0, size=30)
    altered = media.copy()
    altered[15:] *= 10
    weights = tf.adstock_weights(kind, *parameters, max_lag=LAGS)
    before, after = tf.carry_over(media, weights), tf.carry_over(altered, weights)
    assert_allclose(before[:15], after[:15], rtol=0, atol=0)


@every_adstock
def test_constant_media_with_a_constant_history_stays_constant(kind, parameters):
    weights = tf.adstock_weights(kind, *parameters, max_lag=LAGS)
    carried = tf.carry_over(np.full(12, 7.0), weights, history=np.full(LAGS, 7.0))
    assert_allclose(carried, 7.0)


def test_a_leading_axis_of_draws_gives_each_draw_its_own_curve(rng):
    media, retention, half, slope = rng.gamma(2.0, size=9), [0.1, 0.8], [1.0, 2.0], [1.0, 1.7]
    carried = tf.carry_over(media, tf.geometric_weights(retention, max_lag=3))
    shares = tf.hill(carried, half, slope)
    _, slopes = tf.saturation_with_slope("hill", carried, half, slope)
    assert carried.shape == shares.shape == slopes.shape == (2, 9)
    for draw in range(2):
        alone = tf.carry_over(media, tf.geometric_weights(retention[draw], max_lag=3))
        assert_allclose(carried[draw], alone)
        assert_allclose(shares[draw], tf.hill(alone, half[draw], slope[draw]))


def test_saturation_curves_take_the_values_of_their_formulas():
    assert_allclose(tf.hill([0.0, 1.0, 2.0, 4.0], 2.0, 2.0), [0, 0.2, 0.5, 0.8])
    rate = np.log(3.0) / 2.0
    expected = (1 - np.exp(-rate * 3.0)) / (1 + np.exp(-rate * 3.0))
    assert_allclose(tf.logistic([0.0, 2.0, 3.0], 2.0), [0, 0.5, expected])
    assert_allclose(tf.log_saturation([0.0, 2.0, 6.0], 2.0), [0, np.log(2), np.log(4)])
    assert_allclose(tf.saturate("none", [0.0, 5.0]), [0, 5])


@given(
    levels=st.lists(st.floats(0, 1e6), min_size=2, max_size=20),
    half=st.floats(0.01, 1e4),
    slope=st.floats(0.3, 4.0),
)
def test_the_hill_curve_rises_from_zero_and_never_passes_one(levels, half, slope):
    shares = tf.hill(np.sort(levels), half, slope)
    assert np.all(np.diff(shares) >= 0)
    assert shares.min() >= 0
    assert shares.max() <= 1
    assert_allclose(tf.hill([0.0, half], half, slope), [0.0, 0.5])


@every_saturation
def test_the_slope_equals_finite_differences(kind, parameters):
    level, step = np.array([0.05, 0.5, 2.0, 3.0, 9.0]), 1e-6
    up = tf.saturate(kind, level + step, *parameters)
    down = tf.saturate(kind, level - step, *parameters)
    expected = (up - down) / (2 * step)
    share, slope = tf.saturation_with_slope(kind, level, *parameters)
    assert_allclose(share, tf.saturate(kind, level, *parameters))
    assert_allclose(slope, expected, rtol=1e-7)


def test_a_steep_hill_curve_has_the_slope_of_its_first_millionth_at_zero():
    half, slope, ratio = 5000.0, 0.5, 1e-6
    share = ratio**slope / (1 + ratio**slope)
    expected = slope * share * (1 - share) / (ratio * half)
    nothing, found = tf.saturation_with_slope("hill", [0.0], half, slope)
    assert_allclose(found, [expected])
    assert nothing == 0


@pytest.mark.parametrize("retention", [-0.1, 1.0, 1.5, np.nan])
def test_retention_outside_its_range_is_refused(retention):
    with pytest.raises(ValueError, match=r"retention in \[0, 1\)"):
        tf.geometric_weights(retention, max_lag=2)
    with pytest.raises(ValueError, match=r"retention in \[0, 1\)"):
        tf.delayed_weights(retention, 1.0, max_lag=2)


def test_negative_lags_and_shapes_are_refused():
    with pytest.raises(ValueError, match="max_lag >= 0"):
        tf.geometric_weights(0.5, max_lag=-1)
    with pytest.raises(ValueError, match=r"^need max_lag >= 0, .* and peak_delay >= 0\.$"):
        tf.delayed_weights(0.5, -1.0, max_lag=2)
    for shape, scale, max_lag in ((0.0, 1.0, 2), (1.0, 0.0, 2), (1.0, 1.0, -1)):
        with pytest.raises(ValueError, match=r"^need max_lag >= 0 and a positive shape"):
            tf.weibull_weights(shape, scale, max_lag=max_lag)


def test_unknown_forms_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="unknown adstock 'exp': choose one of geometric"):
        tf.adstock_weights("exp", 0.5, max_lag=2)
    for function in (tf.saturate, tf.saturation_with_slope):
        with pytest.raises(
            ValueError, match="unknown saturation 'tanh': choose one of hill, logistic"
        ):
            function("tanh", [1.0], 2.0)
