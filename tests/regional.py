"""Small regional worlds for tests: national weeks split over regions, with a model of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mmm.arrays import Array
from mmm.data.regions import Regions
from mmm.data.weekly import WeeklyData
from mmm.model.additive import AdditiveModel
from mmm.model.split import RegionSplit

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
