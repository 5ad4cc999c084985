"""Small regional worlds for tests: national weeks split over regions, with a model of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from studies import drawn_model, make_frame, make_study

from mmm.arrays import Array
from mmm.data.regions import Regions
from mmm.data.weekly import WeeklyData, weekly_data
from mmm.model.additive import AdditiveModel
from mmm.model.split import RegionSplit
from mmm.study.study import Study

HEADS = np.array([0.5, 0.3, 0.2])
NAMES = ("North", "South", "West")


def split_weeks(weekly: WeeklyData, seed: int = 0, spread: float = 0.5) -> WeeklyData:
    """Split national weeks over three regions; sums over regions are the national weeks."""
    rng = np.random.default_rng(seed)
    weights = HEADS[:, np.newaxis, np.newaxis] * np.exp(
        spread * rng.standard_normal((3, *weekly.media.shape))
    )
    weights /= weights.sum(axis=0)
    wobble = HEADS[:, np.newaxis] * np.exp(0.05 * rng.standard_normal((3, len(weekly))))
    regions = Regions(
        names=NAMES,
        heads=HEADS,
        kpi=weekly.kpi * wobble / wobble.sum(axis=0),
        spend=weekly.spend.to_numpy(float) * weights,
        media=weekly.media.to_numpy(float) * weights,
        controls=np.broadcast_to(weekly.controls.to_numpy(float), (3, *weekly.controls.shape)),
        by_population=True,
    )
    return replace(weekly, regions=regions)


def split_model(model: AdditiveModel, weekly: WeeklyData, effect: Array) -> AdditiveModel:
    """Give a national model without synergy the regions of its weeks; `effect` (n_draws, 3)."""
    regions = weekly.regions
    assert regions is not None
    responses = tuple(
        replace(r, regions=RegionSplit.of(regions.names, HEADS, regions.media[:, :, c], effect))
        for c, r in enumerate(model.responses)
    )
    return replace(model, responses=responses, pairs=(), gamma=model.gamma[:, :0])


def many_regions(
    n_regions: int, n_channels: int, n_draws: int
) -> tuple[AdditiveModel, WeeklyData, Study]:
    """Return draws of a model of many regions of different size, its weeks and its study."""
    names, rng = [f"c{number}" for number in range(n_channels)], np.random.default_rng(0)
    study = make_study(names, window_weeks=52)
    weekly = weekly_data(make_frame(156, names), study)
    heads = rng.dirichlet(np.full(n_regions, 2.0))
    local = heads[:, np.newaxis, np.newaxis] * np.exp(
        0.5 * rng.standard_normal((n_regions, 1, n_channels))
        + 0.5 * rng.standard_normal((n_regions, len(weekly), n_channels))
    )
    media = weekly.media.to_numpy(float) * local / local.sum(axis=0)
    regions = Regions(
        names=tuple(f"R{number}" for number in range(n_regions)),
        heads=heads,
        kpi=weekly.kpi * heads[:, np.newaxis],
        spend=media,
        media=media,
        controls=np.zeros((n_regions, len(weekly), 0)),
        by_population=True,
    )
    model = drawn_model(weekly, study, rng, n_draws)
    usual = 0.25 * rng.standard_normal(n_regions)
    responses = tuple(
        replace(
            response,
            regions=RegionSplit.of(
                regions.names,
                heads,
                media[:, :, c],
                np.exp(usual + 0.25 * rng.standard_normal((n_draws, n_regions))),
            ),
        )
        for c, response in enumerate(model.responses)
    )
    return replace(model, responses=responses), replace(weekly, regions=regions), study
