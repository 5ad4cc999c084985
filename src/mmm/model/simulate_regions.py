"""Regions of a simulated study: unequal, each with demand of its own that spend partly follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.model.baseline import DAYS_PER_YEAR
from mmm.model.response import ChannelResponse
from mmm.study.simulation import RegionalPause, Simulate, SimulatedRegions
from mmm.study.streams import stream
from mmm.study.study import Study

#: Memory of local demand and of a region's own spend, from week to week.
DEMAND_MEMORY, SPEND_MEMORY = 0.8, 0.6


@dataclass(frozen=True)
class RegionalWorld:
    """What is drawn for the regions of a study; weighted over regions it is the nation's."""

    names: tuple[str, ...]  #: Shape (n_regions,).
    population: Array  #: Shape (n_regions,): whole heads.
    spend: Array  #: Shape (n_regions, n_weeks, n_channels): currency.
    effect: Array  #: Shape (n_regions, n_channels): multiplies the effect per head.
    level: Array  #: Shape (n_regions, n_weeks): multiplies the baseline per head.
    noise: Array  #: Shape (n_regions, n_weeks): the nation's has unit variance.
    pause: dict[str, Any] | None  #: Channel, regions and weeks of the randomized pause.

    @property
    def heads(self) -> Array:
        """Shares of the population, shape (n_regions,)."""
        return np.asarray(self.population / self.population.sum())


def draw_regions(process: Simulate, national: pd.DataFrame, seed: int) -> RegionalWorld:
    """Draw the regions of a simulated study.

    Parameters
    ----------
    process : Simulate
        The data-generating process, with a table of regions.
    national : DataFrame, shape (n_weeks, n_channels)
        National spend by channel; the regions share out each week's.
    seed : int
        The study's seed.

    Returns
    -------
    RegionalWorld
        Spend to the cent, the pause taken out of it.
    """
    spec = process.regions
    if spec is None:
        raise ValueError("the process has no [simulate.regions] table")
    sizes, demands, spends, effects, levels, lots, noises = stream(seed, "regions").spawn(7)
    population = _population(spec, sizes)
    heads = population / population.sum()
    n_weeks, n_regions = len(national), len(spec.names)
    demand = np.stack([persistent(n_weeks, DEMAND_MEMORY, demands) for _ in spec.names])
    demand -= heads @ demand
    factors = np.exp(spec.unlike * effects.normal(size=(n_regions, national.shape[1])))
    spend = _spend(process, national, heads, demand, spends)
    pause = None if spec.pause is None else _pause(spec.pause, spec.names, lots)
    if pause is not None:
        weeks = slice(pause["first_week"], pause["first_week"] + pause["weeks"])
        off = [spec.names.index(name) for name in pause["regions"]]
        spend[off, weeks, list(national).index(pause["channel"])] = 0.0
    return RegionalWorld(
        names=spec.names,
        population=population,
        spend=spend,
        effect=factors / (heads @ factors),
        level=_level(spec, heads, demand, levels),
        noise=_noise(spec.common_noise, heads, n_weeks, noises),
        pause=pause,
    )


def persistent(n_weeks: int, memory: float, rng: np.random.Generator) -> Array:
    """Draw a first-order autoregression with unit variance."""
    shock = rng.normal(size=n_weeks)
    level = np.empty(n_weeks)
    level[0] = shock[0]
    for t in range(1, n_weeks):
        level[t] = memory * level[t - 1] + np.sqrt(1 - memory**2) * shock[t]
    return level


def _population(spec: SimulatedRegions, rng: np.random.Generator) -> Array:
    size = np.exp(spec.sizes * rng.normal(size=len(spec.names)))
    return np.maximum(np.round(spec.population * size / size.sum()), 1.0)


def _spend(
    process: Simulate,
    national: pd.DataFrame,
    heads: Array,
    demand: Array,
    rng: np.random.Generator,
) -> Array:
    """Share out each week's national spend: by heads, own habits and local demand."""
    spread = 0.0 if process.regions is None else process.regions.own_spend
    n_regions, n_weeks = demand.shape
    split = []
    for name in national:
        channel = process.channels[str(name)]
        slow = np.stack([persistent(n_weeks, SPEND_MEMORY, rng) for _ in range(n_regions)])
        own = (slow + rng.normal(size=(n_regions, n_weeks))) / np.sqrt(2)
        log_ratio = spread * own + channel.follows_demand * demand
        per_head = np.exp(0.0 * log_ratio if channel.bought_nationally else log_ratio)
        weight = heads[:, np.newaxis] * per_head
        split.append(weight / weight.sum(axis=0) * national[name].to_numpy(float))
    return np.round(np.stack(split, axis=2), 2)


def _level(spec: SimulatedRegions, heads: Array, demand: Array, rng: np.random.Generator) -> Array:
    """Return each region's baseline per head as a multiple of the nation's."""
    n_regions, n_weeks = demand.shape
    level = np.exp(spec.levels * rng.normal(size=n_regions))
    trend = spec.trends * rng.normal(size=n_regions)
    years = 7 * np.arange(n_weeks) / DAYS_PER_YEAR
    drift = np.outer(trend - heads @ trend, years) + spec.demand * demand
    return np.asarray((level / (heads @ level))[:, np.newaxis] + drift)


def _noise(common: float, heads: Array, n_weeks: int, rng: np.random.Generator) -> Array:
    """Draw shocks that hit all regions alike, and each region's own; they sum to unit variance."""
    shared = np.outer(heads, rng.normal(size=n_weeks))
    own = np.sqrt(heads)[:, np.newaxis] * rng.normal(size=(len(heads), n_weeks))
    return np.asarray(np.sqrt(common) * shared + np.sqrt(1 - common) * own)


def _pause(
    pause: RegionalPause, names: tuple[str, ...], rng: np.random.Generator
) -> dict[str, Any]:
    """Draw the regions of a pause by lot."""
    drawn = np.sort(rng.choice(len(names), size=pause.regions, replace=False))
    return {
        "channel": pause.channel,
        "regions": [names[r] for r in drawn],
        "first_week": pause.first_week,
        "weeks": pause.weeks,
    }


def regional_curves(
    response: ChannelResponse, media: Array, world: RegionalWorld, c: int
) -> Array:
    """Return what each region adds to the nation's curve, shape (n_regions, n_weeks).

    Parameters
    ----------
    response : ChannelResponse
        The channel's response to national media, with one draw.
    media : ndarray, shape (n_regions, n_weeks)
        The channel's media by region.
    world : RegionalWorld
        The regions.
    c : int
        Number of the channel.
    """
    curves = [
        h * world.effect[r, c] * response.curve(response.adstock_media(media[r] / h))[0]
        for r, h in enumerate(world.heads)
    ]
    return np.stack(curves)


def regional_table(national: pd.DataFrame, world: RegionalWorld, study: Study) -> pd.DataFrame:
    """Return the long table without the outcome: a row a week and region.

    Parameters
    ----------
    national : DataFrame
        A row a week: date, national spend and controls.
    world : RegionalWorld
        The regions.
    study : Study
        What the columns are called.
    """
    n_weeks, n_regions = len(national), len(world.names)
    long = national.loc[np.repeat(national.index, n_regions)].reset_index(drop=True)
    for c, channel in enumerate(study.channels.values()):
        long[channel.spend] = world.spend[:, :, c].T.ravel()
    named = {
        study.data.region: list(world.names) * n_weeks,
        study.data.population: np.tile(world.population.astype(int), n_weeks),
    }
    for place, (column, values) in enumerate(named.items(), start=1):
        if column is not None:
            long.insert(place, column, values)
    return long
