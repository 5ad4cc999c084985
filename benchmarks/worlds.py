"""Simulated worlds with known truth for the benchmarks of recovery and misspecification.

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
from recipes import BATTERY, HOLIDAYS, RECIPES, UNDECLARED, Recipe

from mmm.arrays import Array

#: Lags of the true carryover; longer than any default of the package.
LAGS = 26
SPEND = {"tv": 60e3, "search": 30e3, "social": 25e3, "display": 15e3, "email": 5e3}
RETENTION = {"tv": 0.65, "search": 0.15, "social": 0.35, "display": 0.45, "email": 0.1}
DARK = {"tv": 0.35, "display": 0.2}
ALL = slice(None)
#: Share of a channel's spend by which the true mROI turns it up and down.
STEP = 1e-3


@dataclass(frozen=True)
class World:
    """One simulated data set and its truth.

    Attributes
    ----------
    table : DataFrame
        date, ``<channel>_spend``, promo, revenue; the weeks to be forecast are its last ones.
    channels : list of str
        Names.
    roi : ndarray, shape (n_channels,)
        True ROI over the weeks of the table: what the channel earned in them over its spend there.
    expected : ndarray, shape (n_weeks,)
        Revenue without noise.
    media_of : callable
        Maps spend, weeks before the table included, to the true media revenue per week.
    lasting_roi, mroi : ndarray, shape (n_channels,)
        What the spend of the fitted weeks earned, and what a little more of it would, per unit
        of spend, also after these weeks: see :func:`_lasting_returns`.
    pre_history : {"zero", "average"}
        What a user would say about the weeks before the table.
    ahead : int
        Weeks at the end of the table that are not to be fitted.
    launched : str
        Channel that was launched late, if any.
    """

    table: pd.DataFrame
    channels: list[str]
    roi: Array
    expected: Array
    media_of: Callable[[Array], Array] = field(repr=False)
    lasting_roi: Array
    mroi: Array
    pre_history: str = "zero"
    ahead: int = 0
    launched: str = ""


def make_world(name: str, seed: int) -> World:
    """Simulate one world.

    Parameters
    ----------
    name : str
        A key of :data:`RECIPES`.
    seed : int
        Seed.
    """
    return simulate_world(RECIPES[name], [crc32(name.encode()), seed])


def make_battery_world(name: str, seed: int) -> World:
    """Simulate one world of the battery.

    Parameters
    ----------
    name : str
        A key of :data:`BATTERY`.
    seed : int
        Seed.
    """
    key = [1000 + list(BATTERY).index(name), seed]
    return simulate_world(BATTERY[name], key, switch_off=True)


def make_any_world(name: str, seed: int) -> World:
    """Simulate a world of the battery, a recipe or a world of ``verdicts.py``.

    Parameters
    ----------
    name : str
        A key of :data:`BATTERY`, :data:`RECIPES` or :data:`UNDECLARED`; looked up in that order.
    seed : int
        Seed.
    """
    if name in BATTERY:
        return make_battery_world(name, seed)
    if name in RECIPES:
        return make_world(name, seed)
    return simulate_world(UNDECLARED[name], [crc32(name.encode()), seed], switch_off=True)


def simulate_world(
    recipe: Recipe, key: list[int], *, switch_off: bool = False, wanted: Array | None = None
) -> World:
    """Simulate a world from its recipe.

    Parameters
    ----------
    recipe : Recipe
        What it is made of.
    key : list of int
        Seed.
    switch_off : bool, default False
        Count as true ROI what is lost where a channel's spend in the table is switched off,
        instead of its contribution, carry-in included, over that spend.
    wanted : ndarray, shape (n_channels,), optional
        ROIs that set the size of the effects, instead of those of the recipe.
    """
    rng, twist = np.random.default_rng(key), np.random.default_rng([*key, 1])
    stop = recipe.before + recipe.weeks
    n = stop + recipe.ahead
    weeks = pd.date_range(recipe.start, periods=n, freq="W-MON")
    season = _season(weeks, rng) + _block(recipe, weeks, twist)
    demand = recipe.demand * _ar1(n, 0.8, rng)
    spend = _twisted_spend(recipe, _spend(recipe, season, demand, rng), demand, twist)
    curves = [_true_curve(recipe, c, spend[:, i].mean(), rng) for i, c in enumerate(SPEND)]
    spend, launched = _launched(recipe, spend, stop, twist)
    drawn = _wanted_roi(recipe, rng)
    roi = drawn if wanted is None else wanted
    swing = 1 + recipe.with_season * season + recipe.drift * np.linspace(-0.5, 0.5, n)
    size = [
        roi[i] * spend[:, i].sum() / (swing * curve(spend[:, i])).sum()
        for i, curve in enumerate(curves)
    ]

    def media_of(plan: Array, rows: NDArray[np.intp] | slice = ALL) -> Array:
        parts = [b * c(plan[:, i]) for i, (b, c) in enumerate(zip(size, curves, strict=True))]
        return np.asarray(sum(parts)) * swing[rows] + _joint(recipe, parts)

    promo = (rng.random(n) < 0.12).astype(float)
    relative = _relative_baseline(recipe, weeks, 1 + season + demand, promo, rng)
    media, share = media_of(spend), rng.uniform(*recipe.share)
    baseline = media.sum() * (1 - share) / share * relative / relative.sum()
    usual = baseline / baseline.mean() if recipe.multiplies else np.ones(n)

    def expected_of(plan: Array) -> Array:
        return np.asarray(media_of(plan) * usual + baseline)

    noise = _noise(recipe, expected_of(spend), rng, twist)
    spend = _with_feedback(recipe, spend, expected_of, noise)
    expected, kept = expected_of(spend), slice(recipe.before, None)
    rows, window = _and_after(stop), slice(recipe.before, stop)
    lasting = _lasting_returns(
        spend[rows], window, lambda plan: float(media_of(plan, rows) @ usual[rows])
    )
    seen = [swing[kept] @ curve(spend[:, i])[kept] for i, curve in enumerate(curves)]
    true = np.array(size) * np.array(seen) / spend[kept].sum(axis=0)
    if switch_off:
        true = _true_roi(spend, expected_of, window)
    table = _recorded(recipe, spend, twist).set_index(weeks.rename("date")).reset_index()
    table = table.assign(promo=promo, revenue=expected + noise)[kept].reset_index(drop=True)
    history = "average" if recipe.before else "zero"
    known = (table, list(SPEND), true, expected[kept], media_of)
    return World(*known, *lasting, history, recipe.ahead, launched)


def _recorded(recipe: Recipe, spend: Array, rng: np.random.Generator) -> pd.DataFrame:
    """Lose the spend of some weeks on its way into the data."""
    recorded = spend.copy()
    recorded[rng.permutation(len(spend))[: recipe.lost]] = 0.0
    return pd.DataFrame(recorded, columns=[f"{channel}_spend" for channel in SPEND])


def _block(recipe: Recipe, weeks: pd.DatetimeIndex, rng: np.random.Generator) -> Array | float:
    """Return the part of the season that comes and goes with some calendar weeks."""
    if not any(recipe.block):
        return 0.0
    number = weeks.isocalendar().week.to_numpy(int)
    inside = (number >= HOLIDAYS[0]) & (number <= HOLIDAYS[1])
    return np.asarray(rng.uniform(*recipe.block) * inside)


def _launched(
    recipe: Recipe, spend: Array, stop: int, rng: np.random.Generator
) -> tuple[Array, str]:
    """Take away what one always-on channel spent before its launch, and name it."""
    if not recipe.launched:
        return spend, ""
    name = str(rng.choice([channel for channel in SPEND if channel not in DARK]))
    spend = spend.copy()
    spend[: stop - recipe.launched, list(SPEND).index(name)] = 0.0
    return spend, name


def _and_after(stop: int) -> NDArray[np.intp]:
    """Return the weeks up to a window's end and those that repeat its last year after it."""
    return np.concatenate([np.arange(stop), stop - 52 + np.arange(LAGS) % 52])


def _lasting_returns(
    spend: Array, window: slice, revenue_of: Callable[[Array], float]
) -> tuple[Array, Array]:
    """Return the true ROI and mROI of the window's spend, carryover after it included.

    As the package counts them: all weeks after the window repeat its last year.
    """
    now, roi, mroi = revenue_of(spend), [], []
    for channel in range(spend.shape[1]):
        own = spend[window, channel].sum()

        def revenue(factor: float, channel: int = channel) -> float:
            plan = spend.copy()
            plan[window, channel] *= factor
            return revenue_of(plan)

        roi.append((now - revenue(0.0)) / own)
        mroi.append((revenue(1 + STEP) - revenue(1 - STEP)) / (2 * STEP * own))
    return np.array(roi), np.array(mroi)


def _season(weeks: pd.DatetimeIndex, rng: np.random.Generator) -> Array:
    angle = 2 * np.pi * weeks.day_of_year.to_numpy() / 365.25
    year = np.cos(angle - rng.uniform(0, 6.3))
    return np.asarray(0.1 * (year + 0.4 * np.cos(2 * angle - rng.uniform(0, 6.3))))


def _wanted_roi(recipe: Recipe, rng: np.random.Generator) -> Array:
    """Draw the ROIs that set the size of the effects."""
    roi = recipe.roi[0] * np.exp(recipe.roi[1] * rng.standard_normal(len(SPEND)))
    roi[rng.permutation(len(roi))[: recipe.nulls]] = 0.0
    if recipe.negative:
        roi[3] = -0.5
    return np.asarray(roi)


def _relative_baseline(
    recipe: Recipe,
    weeks: pd.DatetimeIndex,
    usual: Array,
    promo: Array,
    rng: np.random.Generator,
) -> Array:
    """Add trend, promotions and what the recipe breaks to the season and demand of each week."""
    n = len(weeks)
    relative = usual + 0.05 * np.arange(n) / 52 + rng.uniform(0.04, 0.1) * promo
    relative = relative + recipe.walk * np.cumsum(rng.standard_normal(n)) / np.sqrt(52)
    relative = relative + recipe.step * (np.arange(n) > 0.6 * n)
    return np.asarray(relative + recipe.christmas * ((weeks.month == 12) & (weeks.day > 7)))


def _noise(
    recipe: Recipe, expected: Array, rng: np.random.Generator, twist: np.random.Generator
) -> Array:
    """Draw what the truth leaves unexplained, with weeks far out where the recipe has some."""
    n, r2 = len(expected), rng.uniform(*recipe.r2)
    noise = expected.std() * np.sqrt((1 - r2) / r2) * _ar1(n, recipe.autocorrelation, rng)
    struck = twist.permutation(n)[: recipe.outliers]
    noise[struck] += 5 * noise.std() * twist.choice([-1.0, 1.0], recipe.outliers)
    return np.asarray(noise)


def _true_roi(spend: Array, expected_of: Callable[[Array], Array], kept: slice) -> Array:
    """Switch off each channel in the weeks of the data and count what is lost in them."""
    now, roi = expected_of(spend)[kept].sum(), []
    for channel in range(spend.shape[1]):
        without = spend.copy()
        without[kept, channel] = 0.0
        lost = now - expected_of(without)[kept].sum()
        roi.append(lost / spend[kept, channel].sum())
    return np.array(roi)


def _joint(recipe: Recipe, parts: list[Array]) -> Array | float:
    """Return the joint effect of TV and search."""
    if not recipe.synergy:
        return 0.0
    product = parts[0] * parts[1]
    # a constant of the truth, so that it falls with either partner
    usual = np.maximum(parts[0], 1e-9).mean() * np.maximum(parts[1], 1e-9).mean()
    return np.asarray(recipe.synergy * min(parts[0].mean(), parts[1].mean()) * product / usual)


def _twisted_spend(recipe: Recipe, spend: Array, demand: Array, rng: np.random.Generator) -> Array:
    """Let planners chase demand, buy in pairs, or hardly buy at all."""
    spend, n = spend.copy(), len(spend)
    names = list(SPEND)
    for name in recipe.chasers:
        column = spend[:, names.index(name)]
        chased = column * np.exp(0.4 * demand / max(float(demand.std()), 1e-12))
        spend[:, names.index(name)] = chased / chased.mean() * column.mean()
    if recipe.twins:
        for copy, model in (("display", "tv"), ("social", "search")):
            mean = spend[:, names.index(copy)].mean()
            column = spend[:, names.index(model)] * np.exp(0.1 * rng.standard_normal(n))
            spend[:, names.index(copy)] = column / column.mean() * mean
    if recipe.few:
        for name, active in (("display", 6), ("email", 5)):
            on = np.zeros(n)
            on[rng.permutation(n)[:active]] = 1.0
            column = spend[:, names.index(name)]
            spend[:, names.index(name)] = np.where(on > 0, np.maximum(column, column.mean()), 0.0)
    if recipe.tiny:
        spend[:, names.index("email")] *= 0.05
    return np.round(spend, 2)


def _with_feedback(
    recipe: Recipe, spend: Array, expected_of: Callable[[Array], Array], noise: Array
) -> Array:
    """Let each week's spend follow the sales of the week before."""
    if not recipe.feedback:
        return spend
    planned = spend
    for _ in range(12):  # the past settles first, so a dozen passes are close to the fixed point
        sales = expected_of(spend) + noise
        last = np.concatenate([sales[:1], sales[:-1]])
        factor = np.exp(recipe.feedback * np.clip((last - sales.mean()) / sales.std(), -3, 3))
        spend = np.round(planned * (factor / factor.mean())[:, np.newaxis], 2)
    return spend


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
    retention = max(retention, 1e-3) if peak else retention  # a late peak needs some memory
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
