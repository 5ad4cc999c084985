"""A simulated twin of the public Conjura panel: same schema and size, known truth.

Each market (brand and country) is an ordinary :class:`~mmm.model.additive.AdditiveModel` on Monday
weeks; days share out its weeks, so that weekly aggregates follow the model exactly up to noise.
An "All Territories" series of a brand with countries is their sum, converted, plus a rest of the
world that has no series of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.random import Generator, SeedSequence, default_rng

from mmm.arrays import Array
from mmm.data.dates import WEEK
from mmm.data.weekly import WeeklyData
from mmm.decide.returns import current_plan, mroi, roi
from mmm.errors import StudyError
from mmm.model.additive import AdditiveModel
from mmm.model.baseline import BaselineDesign
from mmm.model.response import ChannelResponse
from mmm.model.simulate import worth
from mmm.model.simulate_regions import persistent
from mmm.panel import schema
from mmm.panel.population import DAY, TYPICAL, Brand, Market, Series, plan_brands
from mmm.study.panel import PanelSpec
from mmm.study.study import Study

MAX_LAG = 8
#: Visits per order of each unpaid source. All but email rise with sales of any origin, those that
#: advertising causes included.
VISITS = dict(zip(schema.UNPAID, (14.0, 5.0, 20.0, 4.0, 3.0, 2.0), strict=True))
NUMBERS = [name for name in schema.COLUMNS if name not in schema.TEXTS]
#: Which of them hold money; the others count something.
MONEY = np.array([name.endswith(("_SPEND", "_PRICE", "_DISCOUNT")) for name in NUMBERS])


class PanelTwin(NamedTuple):
    """The simulated file, as it would be published, and its truth."""

    csv: bytes
    truth: dict[str, Any]  # per series: its texts, and spend, ROI and mROI over its full weeks
    focus: AdditiveModel  # weekly model of the focus series, with the channels of the study


class World(NamedTuple):
    """One simulated market: its days, its full weeks, and the model behind them."""

    days: Array  # one column for each of NUMBERS; NaN where a channel was not used
    model: AdditiveModel
    weekly: WeeklyData


def simulate_twin(study: Study) -> PanelTwin:
    """Simulate the twin of a panel study.

    Raises
    ------
    StudyError
        If the study has no ``[panel.twin]`` table.
    """
    spec = study.panel
    if spec is None or spec.twin is None:
        raise StudyError(f"study {study.name!r} has no [panel.twin] table to simulate from.")
    plan_seed, *seeds = SeedSequence(study.seed).spawn(1 + spec.twin.series)
    brands = plan_brands(study, spec, spec.twin, default_rng(plan_seed))
    texts, days, truth, models = [], [], {}, []
    for brand, seed in zip(brands, seeds, strict=False):
        rngs = map(default_rng, seed.spawn(len(brand.markets)))
        worlds = [simulate_market(brand, *pair) for pair in zip(brand.markets, rngs, strict=True)]
        models.append(worlds[0].model)
        for series in brand.series:
            members = [(worlds[i], rate) for i, rate in series.members]
            dates = pd.date_range(brand.start, periods=brand.days).strftime("%Y-%m-%d")
            texts.append(pd.DataFrame({**series.texts, schema.DATE: dates}))
            days.append(_added([w.days * np.where(MONEY, rate, 1.0) for w, rate in members]))
            truth[series.texts[schema.SERIES]] = _truth(series, members, spec)
    file = _csv(pd.concat(texts, ignore_index=True), days)
    return PanelTwin(file, truth, _focus_model(models[0], study))


def simulate_market(brand: Brand, market: Market, rng: Generator) -> World:
    """Simulate the days of one market; what is before its full weeks becomes their history."""
    lead = brand.start.weekday()
    n_weeks = -(-(lead + brand.days) // 7)
    earliest = brand.start - lead * DAY - MAX_LAG * WEEK
    grid = pd.date_range(earliest, periods=MAX_LAG + n_weeks, freq="7D")
    season = rng.normal(0, 0.25, 2)
    spend = _weekly_spend(market, grid, rng)
    model = _true_model(market, grid[MAX_LAG], spend, season, rng)
    none = pd.DataFrame(index=spend.index)
    baseline = model.baseline_effect(grid, none)[0]
    expected = baseline + model.media_effect(spend.to_numpy()).total[0]
    known = slice(MAX_LAG, None)
    days = _days(brand, market, spend[known], baseline[known], expected[known], rng)
    first, last = MAX_LAG + (lead > 0), MAX_LAG + (lead + brand.days) // 7
    before = spend[first - MAX_LAG : first]
    responses = tuple(replace(r, history=before[r.name].to_numpy()) for r in model.responses)
    weekly = WeeklyData(grid, expected, np.ones(len(grid)), spend, spend, controls=none)
    full = weekly.after(first).head(last - first)
    return World(days, replace(model, responses=responses), full)


def _weekly_spend(market: Market, grid: pd.DatetimeIndex, rng: Generator) -> pd.DataFrame:
    """Draw weekly spend: persistent, lognormal, in flights, within each channel's years."""
    columns = {}
    for channel in market.channels:
        level = persistent(len(grid), 0.6, rng)
        flights = np.repeat(rng.random(len(grid) // 4 + 1) > channel.dark_share, 4)[: len(grid)]
        active = flights & (grid >= channel.first).astype(bool) & (grid <= channel.last)
        pattern = np.exp(0.45 * level) * active
        if active[MAX_LAG:].any():
            values = channel.weekly_spend * pattern / pattern[active].mean()
            columns[channel.name] = np.round(values, 2)
    return pd.DataFrame(columns)


def _true_model(
    market: Market, origin: pd.Timestamp, spend: pd.DataFrame, season: Array, rng: Generator
) -> AdditiveModel:
    terms = ("intercept", "trend", "season sin 1", "season cos 1", "season sin 2", "season cos 2")
    design = BaselineDesign(
        origin, trend=True, harmonics=2, events=(), holidays=None, control_means={}, kept=terms
    )
    swing = np.array([-0.06, 0.10, 0.03, -0.02]) * (1 + np.repeat(season, 2))
    level = market.weekly_baseline
    return AdditiveModel(
        name="truth",
        responses=tuple(_true_response(str(c), spend[c].to_numpy(float), rng) for c in spend),
        pairs=(),
        gamma=np.zeros((1, 0)),
        design=design,
        baseline=level * np.array([[1.0, market.growth, *swing]]),
        noise=np.array([market.daily_noise * level / np.sqrt(7)]),
    )


def _true_response(name: str, spend: Array, rng: Generator) -> ChannelResponse:
    typical = TYPICAL[name]
    retention = np.clip(typical.retention + rng.normal(0, 0.05), 0.02, 0.8)
    half = typical.half_saturation * rng.uniform(0.7, 1.4) * spend[spend > 0].mean()
    shape = {"retention": retention, "half_saturation": half, "slope": rng.uniform(1.0, 1.4)}
    revenue = typical.roi * np.exp(rng.normal(0, 0.35)) * spend.sum()
    return worth(revenue, spend, name, ("geometric", "hill"), shape, max_lag=MAX_LAG)


def _days(
    brand: Brand,
    market: Market,
    spend: pd.DataFrame,
    baseline: Array,
    expected: Array,
    rng: Generator,
) -> Array:
    """Share out weeks to days, and derive orders, visits and impressions."""
    inside = slice(brand.start.weekday(), brand.start.weekday() + brand.days)
    noise = market.daily_noise * market.weekly_baseline / 7 * rng.normal(size=7 * len(spend))
    revenue = np.outer(expected, market.week_shape).ravel() + noise
    columns = _purchases(market, np.maximum(revenue, 0.02 * expected.min() / 7)[inside], rng)
    orders = columns["ALL_PURCHASES"]
    for name in brand.unpaid:
        if name != "EMAIL_CLICKS":
            per_order = VISITS[name] * market.visits
            columns[name] = np.round(per_order * (orders + 1) * _factors(0.12, brand.days, rng))
    for channel in spend:
        typical = TYPICAL[str(channel)]
        parts = rng.gamma(12.0, size=(len(spend), 7)) * market.week_shape
        parts /= parts.sum(axis=1, keepdims=True)
        daily = (parts * spend[[channel]].to_numpy()).ravel()[inside]
        per_click = typical.click_price * market.rate
        clicks = np.round(daily / per_click * _factors(0.15, brand.days, rng))
        seen = np.round(clicks / typical.click_rate * _factors(0.1, brand.days, rng))
        for kind, values in (("SPEND", daily), ("CLICKS", clicks), ("IMPRESSIONS", seen)):
            columns[f"{channel}_{kind}"] = np.where(daily > 0, values, np.nan)
    # mailings follow the season and not the advertising
    mailed = np.repeat(baseline, 7) / 7 * _factors(0.4, 7 * len(spend), rng)
    visits = VISITS["EMAIL_CLICKS"] * market.visits * mailed / market.order_value
    columns["EMAIL_CLICKS"] = np.round(visits)[inside]
    unused = np.full(brand.days, np.nan)
    return np.column_stack([columns.get(name, unused) for name in NUMBERS])


def _factors(deviation: float, count: int, rng: Generator) -> Array:
    return np.exp(rng.normal(0, deviation, count))


def _purchases(market: Market, revenue: Array, rng: Generator) -> dict[str, Array]:
    n_days = len(revenue)
    rate = np.clip(0.12 + 0.05 * rng.normal(size=n_days), 0.0, 0.5)
    price = revenue / (1 - rate)
    orders = np.round(price / (market.order_value * _factors(0.06, n_days, rng)))
    new = np.clip(0.55 + 0.06 * rng.normal(size=n_days), 0.05, 0.95)
    units = np.round(orders * 1.6)
    first = (np.round(orders * new), np.round(units * new), price * new, (price - revenue) * new)
    every = (orders, units, price, price - revenue)
    return dict(zip(schema.PURCHASES, (*first, *every), strict=True))


def _added(parts: list[Array]) -> Array:
    """Add up markets; a day is empty where it is empty in all of them."""
    return np.where(np.all(np.isnan(parts), axis=0), np.nan, np.nansum(parts, axis=0))


def _csv(texts: pd.DataFrame, days: list[Array]) -> bytes:
    """Write the file: money in cents, everything else in whole numbers."""
    values = np.concatenate(days).round(2)
    columns = dict(texts.items())
    for name, money, column in zip(NUMBERS, MONEY, values.T, strict=True):
        columns[name] = column if money else pd.array(column, dtype="Int64")
    table = pd.DataFrame(columns)[list(schema.COLUMNS)]
    return table.to_csv(index=False, lineterminator="\n").encode()


def _truth(series: Series, members: list[tuple[World, float]], spec: PanelSpec) -> dict[str, Any]:
    """Return the true returns of a series: those of its markets, converted and added up."""
    totals: dict[str, Array] = {}
    scenario = np.zeros(2)
    for world, rate in members:
        plan = current_plan(world.model, world.weekly)
        rows = zip(plan.channels, plan.total_spend, roi(plan)[0], mroi(plan)[0], strict=True)
        for name, spend, average, marginal in rows:
            if spend > 0:
                row = rate * spend * np.array([1.0, average, marginal])
                totals[name] = totals.get(name, 0.0) + row
        scenario += rate * _true_scenario(world, spec)
    return {
        "brand": series.texts[schema.BRAND],
        "territory": series.texts[schema.TERRITORY],
        "currency": series.texts[schema.CURRENCY],
        "roll_up": len(members) > 1,
        "weeks": len(members[0][0].weekly),
        "channels": {
            name: {"spend": spend, "roi": gain / spend, "mroi": slope / spend}
            for name, (spend, gain, slope) in totals.items()
        },
        "scenario": {"extra_spend": scenario[0], "extra_revenue": scenario[1]},
    }


def _true_scenario(world: World, spec: PanelSpec) -> Array:
    """Return extra spend and extra revenue of the scenario in the full weeks after the cut-off."""
    weeks = int((world.weekly.weeks > pd.Timestamp(spec.cutoff)).sum())
    if not weeks:
        return np.zeros(2)
    plan = current_plan(world.model, world.weekly, window_weeks=weeks)
    changed = np.array([name == spec.scenario_channel for name in plan.channels])
    factors = np.where(changed, spec.scenario_factor, 1.0)
    gain = plan.revenue(factors)[0] - plan.revenue(np.ones_like(factors))[0]
    return np.array([plan.total_spend @ (factors - 1), gain])


def _focus_model(model: AdditiveModel, study: Study) -> AdditiveModel:
    """Return the true model with the study's names, order and lags."""
    known = {response.name: response for response in model.responses}
    responses = tuple(
        replace(known[channel.spend.removesuffix("_SPEND")], name=name)
        for name, channel in study.channels.items()
    )
    return replace(model, responses=responses)
