"""Planners who chase local demand: seen where they do, and taken out of the returns."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from regional import split_weeks

from mmm.data.local_movement import local_demand, local_logs, local_movement
from mmm.model.bayes.regional import LOCAL, RegionalProblem


@pytest.fixture(scope="module")
def chased(weekly):
    """Three regions whose channels all follow the region's own demand."""
    rng = np.random.default_rng(5)
    split = split_weeks(weekly)
    demand = rng.standard_normal((3, len(weekly)))
    demand -= demand.mean(axis=0)
    spend = split.regions.spend * np.exp(0.8 * demand)[:, :, np.newaxis]
    return replace(split, regions=replace(split.regions, spend=spend, media=spend)), demand


def test_only_spend_that_follows_local_demand_moves_together(weekly, chased):
    assert abs(local_movement(split_weeks(weekly).regions)) < 0.15
    assert local_movement(chased[0].regions) > 0.4


def test_weeks_that_a_region_does_not_have_are_no_movement(weekly):
    regions = split_weeks(weekly).regions
    kpi, spend = regions.kpi.copy(), regions.spend.copy()
    kpi[2, :40], spend[2, :40] = np.nan, 0.0
    late = local_movement(replace(regions, kpi=kpi, spend=spend))
    assert abs(late - local_movement(regions)) < 0.15


def test_the_shared_movement_is_the_demand_that_planners_followed(chased):
    split, demand = chased
    within = demand - demand.mean(axis=1, keepdims=True)
    found = local_demand(split.regions)
    assert np.corrcoef(found.ravel(), within.ravel())[0, 1] > 0.8
    assert found.std() == pytest.approx(1)


def test_channels_bought_for_all_regions_alike_do_not_vary_locally(weekly):
    split = split_weeks(weekly)
    spend = split.regions.spend.copy()
    spend[:, :, 0] = weekly.spend.iloc[:, 0].to_numpy() * split.regions.heads[:, np.newaxis]
    logs = local_logs(replace(split.regions, spend=spend))
    assert not logs[:, :, 0].any()
    assert_allclose(logs.mean(axis=0), 0, atol=1e-9)


def test_local_demand_is_a_component_where_channels_share_it(weekly, chased, study):
    alone = study.model_copy(update={"synergy": ()})
    parts = {
        name: RegionalProblem.of_regions(weeks, alone, alone.priors)[1].task.components
        for name, weeks in (("apart", split_weeks(weekly)), ("chased", chased[0]))
    }
    assert LOCAL in parts["chased"]
    assert LOCAL not in parts["apart"]
