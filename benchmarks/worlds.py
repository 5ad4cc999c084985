"""Simulated worlds with known truth for the recovery benchmark.

Each world breaks one thing the model believes. Truths are drawn here and nowhere else; the
package sees only the table, as a user would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Lags of the true carryover; longer than any default of the package.
LAGS = 26
SPEND = {"tv": 60e3, "search": 30e3, "social": 25e3, "display": 15e3, "email": 5e3}
RETENTION = {"tv": 0.65, "search": 0.15, "social": 0.35, "display": 0.45, "email": 0.1}
DARK = {"tv": 0.35, "display": 0.2}


@dataclass(frozen=True)
class Recipe:
    """What a world is made of.

    Attributes
    ----------
    weeks : int
        Length.
    share : (float, float)
        Range of the media share of revenue.
    roi : (float, float)
        Median and log standard deviation of the ROIs.
    half, slope : (float, float)
        Ranges of half-saturation (in mean weeks) and Hill slope.
    curve : {"hill", "logistic", "power"}
        Form of the true saturation.
    peak : (float, float)
        Range of the peak delay in weeks.
    together : float
        Correlation of the channels' own movement.
    demand : float
        Hidden demand as a share of the baseline; planners see it, the data do not.
    walk : float
        Standard deviation of a yearly random walk of the baseline, as a share of it.
    autocorrelation : float
        Of the noise.
    nulls : int
        Channels without any effect.
    r2 : (float, float)
        Range of the share of variance that the truth explains.
    before : int
        Weeks of advertising before the first week of the table.
    """

    weeks: int = 143
    share: tuple[float, float] = (0.1, 0.4)
    roi: tuple[float, float] = (1.5, 0.7)
    half: tuple[float, float] = (0.4, 2.5)
    slope: tuple[float, float] = (0.8, 2.0)
    curve: str = "hill"
    peak: tuple[float, float] = (0.0, 0.0)
    together: float = 0.0
    demand: float = 0.0
    walk: float = 0.0
    autocorrelation: float = 0.0
    nulls: int = 0
    r2: tuple[float, float] = (0.8, 0.95)
    before: int = 0


RECIPES = {
    "clean": Recipe(),
    "collinear": Recipe(together=0.85),
    "demand": Recipe(together=0.6, demand=0.05),
    "delayed": Recipe(peak=(1.0, 4.0)),
    "logistic": Recipe(curve="logistic"),
    "power": Recipe(curve="power"),
    "concave": Recipe(slope=(0.6, 1.0), half=(0.3, 1.5)),
    "steep": Recipe(slope=(1.5, 3.0), half=(0.7, 1.8)),
    "short": Recipe(weeks=78),
    "weak": Recipe(share=(0.02, 0.08), roi=(0.4, 0.7)),
    "rich": Recipe(share=(0.3, 0.6), roi=(4.0, 0.8)),
    "wandering": Recipe(walk=0.04, autocorrelation=0.4),
    "null": Recipe(nulls=1),
    "ongoing": Recipe(before=26),
    "young": Recipe(before=26, weeks=78),
}


@dataclass(frozen=True)
class World:
    """One simulated data set and its truth.

    Attributes
    ----------
    table : DataFrame
        date, ``<channel>_spend``, promo, revenue.
    channels : list of str
        Names.
    roi : ndarray, shape (n_channels,)
        True ROI over the weeks of the table: what the channel earned in them over its spend there.
    expected : ndarray, shape (n_weeks,)
        Revenue without noise.
    media_of : callable
        Maps spend, weeks before the table included, to the true media revenue per week.
    pre_history : {"zero", "average"}
        What a user would say about the weeks before the table.
    """

    table: pd.DataFrame
    channels: list[str]
    roi: Array
    expected: Array
    media_of: Callable[[Array], Array] = field(repr=False)
    pre_history: str = "zero"


def make_world(name: str, seed: int) -> World:
    """Simulate one world.

    Parameters
    ----------
    name : str
        A key of :data:`RECIPES`.
    seed : int
        Seed.
    """
    recipe = RECIPES[name]
    rng = np.random.default_rng([crc32(name.encode()), seed])
    n = recipe.before + recipe.weeks
    weeks = pd.date_range("2021-01-04", periods=n, freq="W-MON")
    angle = 2 * np.pi * weeks.dayofyear.to_numpy() / 365.25
    season = 0.1 * (
        np.cos(angle - rng.uniform(0, 6.3)) + 0.4 * np.cos(2 * angle - rng.uniform(0, 6.3))
    )
    demand = recipe.demand * _ar1(n, 0.8, rng)
    spend = _spend(recipe, season, demand, rng)
    curves = [_true_curve(recipe, c, spend[:, i].mean(), rng) for i, c in enumerate(SPEND)]
    roi = recipe.roi[0] * np.exp(recipe.roi[1] * rng.standard_normal(len(SPEND)))
    roi[rng.permutation(len(roi))[: recipe.nulls]] = 0.0
    size = [
        roi[i] * spend[:, i].sum() / curve(spend[:, i]).sum() for i, curve in enumerate(curves)
    ]

    def media_of(plan: Array) -> Array:
        parts = [
            b * curve(plan[:, i]) for i, (b, curve) in enumerate(zip(size, curves, strict=True))
        ]
        return np.asarray(sum(parts))

    promo = (rng.random(n) < 0.12).astype(float)
    relative = 1 + season + demand + 0.05 * np.arange(n) / 52 + rng.uniform(0.04, 0.1) * promo
    relative = relative + recipe.walk * np.cumsum(rng.standard_normal(n)) / np.sqrt(52)
    media, share = media_of(spend), rng.uniform(*recipe.share)
    expected = media + media.sum() * (1 - share) / share * relative / relative.sum()
    r2 = rng.uniform(*recipe.r2)
    noise = expected.std() * np.sqrt((1 - r2) / r2) * _ar1(n, recipe.autocorrelation, rng)
    columns = {f"{c}_spend": spend[:, i] for i, c in enumerate(SPEND)}
    table = pd.DataFrame({"date": weeks, **columns, "promo": promo, "revenue": expected + noise})
    known = slice(recipe.before, None)
    seen = [curve(spend[:, i])[known].sum() for i, curve in enumerate(curves)]
    earned = np.array(size) * np.array(seen) / spend[known].sum(axis=0)
    table, history = table[known].reset_index(drop=True), "average" if recipe.before else "zero"
    return World(table, list(SPEND), earned, expected[known], media_of, history)


def _ar1(n: int, rho: float, rng: np.random.Generator) -> Array:
    shocks = rng.standard_normal(n)
    path = np.empty(n)
    path[0] = shocks[0]
    for t in range(1, n):
        path[t] = rho * path[t - 1] + np.sqrt(1 - rho**2) * shocks[t]
    return path


def _spend(recipe: Recipe, season: Array, demand: Array, rng: np.random.Generator) -> Array:
    n = len(season)
    common = rng.standard_normal(n)
    if recipe.demand:
        common = 0.8 * demand / recipe.demand + 0.6 * common
    columns = []
    for channel, mean in SPEND.items():
        own = 0.5 * _ar1(n, 0.6, rng) + 0.87 * rng.standard_normal(n)
        z = np.sqrt(recipe.together) * common + np.sqrt(1 - recipe.together) * own
        weekly = np.exp(0.4 * z) * (1 + 2 * rng.uniform(0, 1) * season)
        if channel in DARK:
            bursts = np.repeat(rng.random(n // 4 + 1) > DARK[channel], 4)[:n]
            weekly = weekly * np.where(bursts, 1.0, 0.0)
        columns.append(np.round(weekly / weekly.mean() * mean, 2))
    return np.column_stack(columns)


def _true_curve(
    recipe: Recipe, channel: str, mean: float, rng: np.random.Generator
) -> Callable[[Array], Array]:
    retention = float(np.clip(RETENTION[channel] + rng.uniform(-0.15, 0.15), 0.01, 0.9))
    peak = rng.uniform(*recipe.peak)
    weights = retention ** np.abs(np.arange(LAGS) - peak)
    weights = weights / weights.sum()
    half, slope = rng.uniform(*recipe.half), rng.uniform(*recipe.slope)

    def curve(spend: Array) -> Array:
        level = np.convolve(spend / mean, weights)[: len(spend)]
        if recipe.curve == "logistic":
            return np.asarray(np.tanh(np.log(3) / 2 * level / half))
        if recipe.curve == "power":
            return np.asarray(level ** min(slope / 2, 0.95))
        return np.asarray(level**slope / (level**slope + half**slope))

    return curve
