"""A model of regions is the sum of its cells, and one region of all heads is no region at all."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from regional import HEADS, split_model, split_weeks

from mmm.decide.cells import cell_model
from mmm.decide.plan import plan_of_rows
from mmm.decide.returns import current_plan
from mmm.model.additive import AdditiveModel
from mmm.model.split import RegionSplit
from mmm.store import to_json


@pytest.fixture(params=["model", "mixed"])
def regional(request, weekly):
    """Draws of a model of three regions, of one pair of forms or several."""
    model, split = request.getfixturevalue(request.param), split_weeks(weekly)
    effect = np.random.default_rng(3).uniform(0.5, 1.5, (model.n_draws, 3))
    return split_model(model, split, effect), split


def test_national_media_are_the_sum_of_what_the_cells_do(regional):
    model, split = regional
    cells, weeks = cell_model(model, split)
    national = model.media_effect(split.media.to_numpy(float)).channels
    by_cell = cells.media_effect(weeks.media.to_numpy(float)).channels
    by_channel = by_cell.reshape(*by_cell.shape[:2], -1, len(HEADS)).sum(axis=3)
    assert_allclose(by_channel, national, rtol=1e-12)


def test_a_plan_of_channels_is_the_plan_of_their_cells(regional):
    model, split = regional
    plan = plan_of_rows(model, split, len(split) - 20, len(split) + 5)
    cells = plan_of_rows(*cell_model(model, split), len(split) - 20, len(split) + 5)
    factors = np.array([0.5, 1.0, 1.7])
    assert_allclose(plan.total_spend, cells.total_spend.reshape(3, 3).sum(axis=1), rtol=1e-12)
    revenue, slope = plan.revenue_and_gradient(factors)
    by_cell, slopes = cells.revenue_and_gradient(np.repeat(factors, 3))
    assert_allclose(revenue, by_cell, rtol=1e-12)
    assert_allclose(slope, slopes.reshape(-1, 3, 3).sum(axis=2), rtol=1e-12)
    step = 1e-6 * np.array([1.0, 0.0, 0.0])
    difference = (plan.revenue(factors + step) - plan.revenue(factors - step)) / 2e-6
    assert_allclose(slope[:, 0], difference, rtol=1e-6)


def test_other_spend_in_a_window_is_split_as_that_window_was(regional):
    model, split = regional
    plan = current_plan(model, split, window_weeks=20)
    again = plan.with_spend(plan.spend.to_numpy(float) * 1.3)
    assert_allclose(again.revenue(np.ones(3)), plan.revenue(np.full(3, 1.3)), rtol=1e-12)


def test_regions_of_the_same_spend_per_head_are_one_market(model, weekly):
    even = split_weeks(weekly, spread=0.0)
    split = split_model(model, even, np.ones((model.n_draws, 3)))
    plain = replace(model, pairs=(), gamma=model.gamma[:, :0])
    media = weekly.media.to_numpy(float)
    assert_allclose(split.media_effect(media).total, plain.media_effect(media).total, rtol=1e-12)


def test_a_stored_model_keeps_its_regions(regional):
    model, split = regional
    content = model.to_json()
    again = AdditiveModel.from_json(content)
    media = split.media.to_numpy(float)
    assert_array_equal(again.media_effect(media).total, model.media_effect(media).total)
    assert to_json(again.to_json()) == to_json(content)


def test_weeks_before_and_after_the_data_are_split_too():
    media = np.array([[1.0, 2.0, 0.0], [3.0, 2.0, 0.0]])
    split = RegionSplit.of(("a", "b"), np.array([0.5, 0.5]), media, np.ones((1, 2)))
    assert_allclose(split.shares(0, 3), [[0.25, 0.75], [0.5, 0.5], [0.375, 0.625]])
    assert_allclose(split.shares(-1, 1), [[0.375, 0.625]])
    assert_allclose(split.shares(3, 2), [[0.25, 0.75], [0.5, 0.5]])


def test_cells_need_regions_without_synergy(model, weekly):
    with pytest.raises(ValueError, match="cells need a model of regions"):
        cell_model(model, weekly)


def test_cells_pay_what_their_region_paid(model, weekly):
    split = split_weeks(weekly)
    regions = replace(
        split.regions, media=split.regions.media * np.array([1, 3, 5])[:, None, None]
    )
    dear = replace(split, regions=regions)
    _, cells = cell_model(split_model(model, dear, np.ones((model.n_draws, 3))), dear)
    paid = np.moveaxis(regions.spend, 2, 0).reshape(-1, len(weekly)).T
    assert_allclose(cells.spend.to_numpy(), paid)


def test_held_out_weeks_are_predicted_as_their_regions_bought(model, weekly):
    split = split_weeks(weekly)
    effect = np.random.default_rng(3).uniform(0.5, 1.5, (model.n_draws, 3))
    known = split_model(model, split.head(80), effect)
    every = split_model(model, split, effect)
    assert_allclose(known.predict(split)[:, 80:], every.predict(split)[:, 80:], rtol=1e-12)
