"""Spend that rises and falls together: found in spite of dark weeks, and as one series."""

import numpy as np
import pytest

from mmm.data.movement import MOVES_TOGETHER, common_movement, shared_component


def shared_spend(rng, n_weeks=130, n_channels=4):
    """Return spend that one demand moves; every channel is dark in its own third of the weeks."""
    demand = np.exp(0.3 * rng.standard_normal(n_weeks))[:, np.newaxis]
    own = np.exp(0.15 * rng.standard_normal((n_weeks, n_channels)))
    return 100 * demand * own * (rng.random((n_weeks, n_channels)) > 1 / 3)


def test_dark_weeks_do_not_hide_a_common_movement(rng):
    calendar = np.column_stack([np.ones(130), np.arange(130)])
    assert common_movement(shared_spend(rng), calendar) > MOVES_TOGETHER
    apart = [common_movement(shared_spend(rng, n_channels=1), calendar) for _ in range(2)]
    assert apart == [0.0, 0.0]


def test_weeks_that_are_missing_everywhere_are_no_common_movement(rng):
    spend = 100 * np.exp(0.3 * rng.standard_normal((130, 4)))
    spend[rng.choice(130, 12, replace=False)] = 0.0
    assert abs(common_movement(spend, np.ones((130, 1)))) < MOVES_TOGETHER / 2


def test_the_shared_component_is_the_demand_that_moves_all_channels(rng):
    demand = rng.standard_normal(130)
    spend = 100 * np.exp(0.4 * demand[:, np.newaxis] + 0.1 * rng.standard_normal((130, 4)))
    found = shared_component(np.column_stack([spend, np.zeros(130)]))
    assert found.std() == pytest.approx(1.0)
    assert np.corrcoef(found, demand)[0, 1] > 0.95
