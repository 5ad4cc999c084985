"""The sampler: known densities come back, and a density may have no value in places."""

import numpy as np
import pytest

from mmm.model.bayes.sampler import mode_of, sample


def normal(point):
    return -0.5 * point @ point, -point


def test_a_normal_density_comes_back_with_its_moments():
    chains = sample(normal, 3, seed=1, draws=1000, warmup=200, chains=2)
    draws = chains.draws.reshape(-1, 3)
    np.testing.assert_allclose(draws.mean(axis=0), 0, atol=0.1)
    np.testing.assert_allclose(draws.std(axis=0), 1, atol=0.1)
    assert chains.divergences == 0


@pytest.mark.parametrize("value", [-np.inf, np.nan])
def test_a_start_where_the_density_has_no_value_is_drawn_again(value):
    refused = []

    def within(point):
        if point @ point < 2:
            return normal(point)
        refused.append(point)
        return value, np.full(3, np.nan)

    chains = sample(within, 3, seed=1, draws=50, warmup=50, chains=2)
    assert refused
    assert chains.draws.shape == (2, 50, 3)
    assert np.sum(chains.draws**2, axis=2).max() < 2


def test_chains_go_on_from_where_they_were():
    first = sample(normal, 2, seed=1, draws=50, warmup=50, chains=2)
    longer = sample(normal, 2, seed=2, draws=50, warmup=50, chains=2, after=first)
    np.testing.assert_array_equal(longer.draws[:, :50], first.draws)
    assert longer.draws.shape == (2, 100, 2)
    assert longer.evaluations > first.evaluations


def test_a_mode_is_found_beside_coordinates_that_are_held():
    def ridge(point):  # rises without end along the second coordinate
        return -0.5 * (point[0] - 3) ** 2 + point[1], np.array([3 - point[0], 1.0])

    np.testing.assert_allclose(mode_of(ridge, 2, held=(1,)), [3, 0], atol=1e-5)
