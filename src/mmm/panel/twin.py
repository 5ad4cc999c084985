"""A simulated twin of the public Conjura panel: same schema and size, known truth.

Each market (brand and country) is an ordinary :class:`~mmm.model.additive.AdditiveModel` on Monday
weeks; days share out its weeks, so that weekly aggregates follow the model exactly up to noise.
An "All Territories" series of a brand with countries is their sum, converted, plus a rest of the
world that has no series of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm.data.weekly import WeeklyData
from mmm.decide.returns import current_plan, mroi, roi
from mmm.errors import StudyError
from mmm.model.additive import AdditiveModel, ChannelResponse
from mmm.model.baseline import BaselineDesign
from mmm.panel.population import Market, SeriesPlan, plan_series
from mmm.panel.schema import CHANNELS, COLUMNS, PURCHASES, UNPAID
from mmm.study.panel import PanelSpec
from mmm.study.study import Study

Array = NDArray[np.float64]

MAX_LAG = 8
WEEK = pd.Timedelta(days=7)
#: Typical truth per channel: ROI, retention, half-saturation in mean active weeks, click price in
#: dollars, share of seen ads that are clicked.
TYPICAL = {
    "GOOGLE_PAID_SEARCH": (2.4, 0.15, 1.3, 0.8, 0.05),
    "GOOGLE_SHOPPING": (3.0, 0.20, 1.2, 0.5, 0.012),
    "GOOGLE_PMAX": (2.6, 0.30, 1.3, 0.5, 0.015),
    "GOOGLE_DISPLAY": (0.7, 0.40, 1.0, 0.3, 0.004),
    "GOOGLE_VIDEO": (0.6, 0.50, 1.0, 0.4, 0.003),
    "META_FACEBOOK": (1.7, 0.40, 1.1, 0.9, 0.011),
    "META_INSTAGRAM": (1.2, 0.35, 1.0, 0.9, 0.008),
    "META_OTHER": (0.8, 0.35, 1.0, 0.6, 0.006),
    "TIKTOK": (0.9, 0.40, 1.0, 0.5, 0.009),
}
#: Visits per order of each unpaid source. All but email rise with sales of any origin, those that
#: advertising causes included.
VISITS = dict(zip(UNPAID, (14.0, 5.0, 20.0, 4.0, 3.0, 2.0), strict=True))
PAID = tuple(f"{c}_{kind}" for kind in ("SPEND", "CLICKS", "IMPRESSIONS") for c in CHANNELS)


@dataclass(frozen=True)
class PanelTwin:
    """The simulated file and its truth.

    Attributes
    ----------
    csv : bytes
        The file, as it would be published.
    truth : dict
        Per series: brand, territory, currency, roll_up, weeks, scenario and, per channel used,
        ``roi`` and ``mroi`` over all full weeks and ``spend``.
    focus : AdditiveModel
        True weekly model of the focus series, with the channels of the study.
    """

    csv: bytes
    truth: dict[str, Any]
    focus: AdditiveModel


@dataclass(frozen=True)
class World:
    """One simulated market: its days, and the weekly model behind them.

    Attributes
    ----------
    days : dict of str to ndarray, shape (n_days,)
        Numeric columns of the schema; NaN where a channel was not used.
    model : AdditiveModel
        The truth on full weeks, carry-in included.
    weekly : WeeklyData
        The full weeks.
    """

    days: dict[str, Array]
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
    plan_seed, *seeds = np.random.SeedSequence(study.seed).spawn(1 + spec.twin.series)
    brands = plan_series(study, spec, np.random.default_rng(plan_seed))
    parts = [",".join(COLUMNS) + "\n"]
    truth: dict[str, Any] = {}
    focus: AdditiveModel | None = None
    for brand, seed in zip(brands, seeds, strict=False):
        worlds = [simulate_market(m, np.random.default_rng(s)) for m, s in _seeded(brand, seed)]
        for series in brand:
            members = [(worlds[i], rate) for i, rate in series.members]
            parts.append(_rows(series, members))
            truth[series.name] = _truth(series, members, spec)
            if series.name == spec.focus:
                focus = _focus_model(members[0][0], study)
    assert focus is not None
    return PanelTwin("".join(parts).encode(), truth, focus)


def _seeded(
    brand: list[SeriesPlan], seed: np.random.SeedSequence
) -> Iterator[tuple[Market, np.random.SeedSequence]]:
    markets = brand[0].markets
    return iter(zip(markets, seed.spawn(len(markets)), strict=True))


def simulate_market(market: Market, rng: np.random.Generator) -> World:
    """Simulate the days of one market."""
    monday = market.start - pd.Timedelta(days=market.start.weekday())
    lead = (market.start - monday).days
    n_weeks = -(-(lead + market.days) // 7)
    grid = pd.date_range(monday - MAX_LAG * WEEK, periods=MAX_LAG + n_weeks, freq="7D")
    season = rng.normal(0, 0.25, 2)
    spend = _weekly_spend(market, grid, rng)
    model = _true_model(market, grid, spend, season, rng)
    baseline = model.baseline_effect(grid, pd.DataFrame(index=spend.index))[0]
    expected = baseline + model.media_effect(spend.to_numpy()).total[0]
    days = _days(market, spend.iloc[MAX_LAG:], expected[MAX_LAG:], lead, rng)
    if "EMAIL_CLICKS" in market.unpaid:
        inside = slice(lead, lead + market.days)
        days["EMAIL_CLICKS"] = _email(market, baseline[MAX_LAG:], rng)[inside]
    first = MAX_LAG + (lead > 0)
    last = MAX_LAG + (lead + market.days) // 7
    return _world(days, model, grid, spend, expected, slice(first, last))


def _world(
    days: dict[str, Array],
    model: AdditiveModel,
    grid: pd.DatetimeIndex,
    spend: pd.DataFrame,
    expected: Array,
    full: slice,
) -> World:
    """Cut the weekly model to the full weeks; what came before becomes its history."""
    before = spend.iloc[full.start - MAX_LAG : full.start].to_numpy(float)
    responses = tuple(
        replace(response, history=before[:, c]) for c, response in enumerate(model.responses)
    )
    inside = spend.iloc[full].reset_index(drop=True)
    weekly = WeeklyData(
        weeks=grid[full],
        kpi=expected[full],
        value=np.ones(len(inside)),
        spend=inside,
        media=inside,
        controls=pd.DataFrame(index=inside.index),
    )
    return World(days, replace(model, responses=responses), weekly)


def _weekly_spend(
    market: Market, grid: pd.DatetimeIndex, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw weekly spend: persistent, lognormal, in flights, within each channel's years."""
    columns = {}
    for channel in market.channels:
        shock = rng.normal(size=len(grid))
        level = np.empty(len(grid))
        level[0] = shock[0]
        for t in range(1, len(grid)):
            level[t] = 0.6 * level[t - 1] + 0.8 * shock[t]
        flights = np.repeat(rng.random(len(grid) // 4 + 1) > channel.dark_share, 4)[: len(grid)]
        active = flights & (grid >= channel.first).astype(bool) & (grid <= channel.last)
        pattern = np.exp(0.45 * level) * active
        if active[MAX_LAG:].any():
            values = channel.weekly_spend * pattern / pattern[active].mean()
            columns[channel.name] = np.round(values, 2)
    return pd.DataFrame(columns)


def _true_model(
    market: Market,
    grid: pd.DatetimeIndex,
    spend: pd.DataFrame,
    season: Array,
    rng: np.random.Generator,
) -> AdditiveModel:
    terms = ("intercept", "trend", "season sin 1", "season cos 1", "season sin 2", "season cos 2")
    design = BaselineDesign(
        origin=grid[MAX_LAG],
        trend=True,
        harmonics=2,
        events=(),
        holidays=None,
        control_means={},
        kept=terms,
    )
    swing = np.array([-0.06, 0.10, 0.03, -0.02]) * (1 + np.repeat(season, 2))
    level = market.weekly_baseline
    baseline = level * np.array([1.0, market.growth, *swing])
    responses = tuple(_true_response(str(c), spend[c].to_numpy(float), rng) for c in spend)
    return AdditiveModel(
        name="truth",
        responses=responses,
        pairs=(),
        gamma=np.zeros((1, 0)),
        design=design,
        baseline=baseline[np.newaxis],
        noise=np.array([market.daily_noise * level / np.sqrt(7)]),
    )


def _true_response(name: str, spend: Array, rng: np.random.Generator) -> ChannelResponse:
    typical, retention, half, *_ = TYPICAL[name]
    active = spend[spend > 0]
    response = ChannelResponse(
        name=name,
        adstock="geometric",
        saturation="hill",
        max_lag=MAX_LAG,
        parameters={
            "retention": np.array([np.clip(retention + rng.normal(0, 0.05), 0.02, 0.8)]),
            "half_saturation": np.array([half * rng.uniform(0.7, 1.4) * active.mean()]),
            "slope": np.array([rng.uniform(1.0, 1.4)]),
        },
        beta=np.ones(1),
        history=np.zeros(MAX_LAG),
    )
    wanted = typical * np.exp(rng.normal(0, 0.35))
    share = response.curve(response.adstock_media(spend)).sum()
    return replace(response, beta=np.array([wanted * spend.sum() / share]))


def _days(
    market: Market, spend: pd.DataFrame, expected: Array, lead: int, rng: np.random.Generator
) -> dict[str, Array]:
    """Share out weeks to days, and derive orders, visits and impressions."""
    inside = slice(lead, lead + market.days)
    n_days = 7 * len(spend)
    week_shape = np.tile(market.week_shape, len(spend))
    noise = market.daily_noise * market.weekly_baseline / 7 * rng.normal(size=n_days)
    revenue = np.maximum(np.repeat(expected, 7) * week_shape + noise, 0.02 * expected.min() / 7)
    revenue = revenue[inside]
    columns = _purchases(market, revenue, rng)
    orders = columns["ALL_PURCHASES"]
    for name, per_order in VISITS.items():
        if name in market.unpaid and name != "EMAIL_CLICKS":
            wobble = np.exp(rng.normal(0, 0.12, len(orders)))
            columns[name] = np.round(per_order * market.visits * (orders + 1) * wobble)
    for channel in spend:
        parts = rng.gamma(12.0, size=(len(spend), 7)) * market.week_shape
        parts /= parts.sum(axis=1, keepdims=True)
        daily = (parts * spend[channel].to_numpy()[:, np.newaxis]).ravel()[inside]
        price, rate = TYPICAL[str(channel)][3] * market.fx, TYPICAL[str(channel)][4]
        clicks = np.round(daily / price * np.exp(rng.normal(0, 0.15, len(daily))))
        seen = np.round(clicks / rate * np.exp(rng.normal(0, 0.1, len(daily))))
        dark = daily <= 0
        for kind, values in (("SPEND", daily), ("CLICKS", clicks), ("IMPRESSIONS", seen)):
            columns[f"{channel}_{kind}"] = np.where(dark, np.nan, values)
    return columns


def _email(market: Market, baseline: Array, rng: np.random.Generator) -> Array:
    """Return visits from mailings, which follow the season and not the advertising."""
    sends = np.exp(rng.normal(0, 0.4, 7 * len(baseline)))
    daily = np.repeat(baseline, 7) / 7 * sends
    return np.round(VISITS["EMAIL_CLICKS"] * market.visits * daily / market.order_value)


def _purchases(market: Market, revenue: Array, rng: np.random.Generator) -> dict[str, Array]:
    n_days = len(revenue)
    rate = np.clip(0.12 + 0.05 * rng.normal(size=n_days), 0.0, 0.5)
    price = revenue / (1 - rate)
    orders = np.round(price / (market.order_value * np.exp(rng.normal(0, 0.06, n_days))))
    new = np.clip(0.55 + 0.06 * rng.normal(size=n_days), 0.05, 0.95)
    units = np.round(orders * 1.6)
    first = (np.round(orders * new), np.round(units * new), price * new, (price - revenue) * new)
    return dict(zip(PURCHASES, (*first, orders, units, price, price - revenue), strict=True))


def _rows(series: SeriesPlan, members: list[tuple[World, float]]) -> str:
    """Return the CSV rows of one series, converted and added up over its markets."""
    counts = {c for c in (*PAID, *UNPAID) if not c.endswith("_SPEND")}
    counts |= {c for c in PURCHASES if c.endswith(("PURCHASES", "UNITS"))}
    n_days = series.markets[0].days
    days = pd.date_range(series.markets[0].start, periods=n_days).strftime("%Y-%m-%d")
    texts = [*([text] * n_days for text in series.texts), days, [series.currency] * n_days]
    columns: list[Any] = texts
    for name in (*PURCHASES, *PAID, *UNPAID):
        found = [(world.days[name], rate) for world, rate in members if name in world.days]
        if not found:
            columns.append([""] * n_days)
        elif name in counts:
            columns.append(_written(_added([(values, 1.0) for values, _ in found]), digits=0))
        else:
            columns.append(_written(_added(found), digits=2))
    return "".join(",".join(row) + "\n" for row in zip(*columns, strict=True))


def _added(parts: list[tuple[Array, float]]) -> Array:
    """Add up converted columns; a day is empty when it is empty everywhere."""
    stacked = np.stack([values * rate for values, rate in parts])
    total = np.nansum(stacked, axis=0)
    return np.where(np.isnan(stacked).all(axis=0), np.nan, total)


def _written(values: Array, *, digits: int) -> list[str]:
    empty = np.isnan(values)
    filled = np.round(np.where(empty, 0.0, values), digits)
    texts = filled.astype(np.int64).tolist() if digits == 0 else filled.tolist()
    return ["" if gone else str(text) for gone, text in zip(empty, texts, strict=True)]


def _truth(
    series: SeriesPlan, members: list[tuple[World, float]], spec: PanelSpec
) -> dict[str, Any]:
    """Return the true returns of a series: those of its markets, converted and added up."""
    totals: dict[str, Array] = {}
    scenario = np.zeros(2)
    for world, rate in members:
        plan = current_plan(world.model, world.weekly)
        spend, average, marginal = plan.total_spend, roi(plan)[0], mroi(plan)[0]
        for c, name in enumerate(plan.channels):
            if spend[c] > 0:
                row = rate * spend[c] * np.array([1.0, average[c], marginal[c]])
                totals[name] = totals.get(name, np.zeros(3)) + row
        scenario += rate * _true_scenario(world, spec)
    channels = {
        name: {"spend": spend, "roi": gain / spend, "mroi": slope / spend}
        for name, (spend, gain, slope) in totals.items()
    }
    names = ("brand", "territory", "currency", "roll_up")
    return {name: getattr(series, name) for name in names} | {
        "weeks": len(members[0][0].weekly),
        "channels": channels,
        "scenario": {"extra_spend": scenario[0], "extra_revenue": scenario[1]},
    }


def _true_scenario(world: World, spec: PanelSpec) -> Array:
    """Return extra spend and extra revenue of the scenario in the full weeks after the cut-off."""
    weeks = int((world.weekly.weeks > pd.Timestamp(spec.cutoff)).sum())
    if not weeks or spec.scenario_channel not in world.weekly.channels:
        return np.zeros(2)
    plan = current_plan(world.model, world.weekly, window_weeks=weeks)
    factors = np.ones(len(plan.channels))
    position = plan.channels.index(spec.scenario_channel)
    factors[position] = spec.scenario_factor
    extra = plan.total_spend[position] * (spec.scenario_factor - 1)
    gain = plan.revenue(factors)[0] - plan.revenue(np.ones(len(factors)))[0]
    return np.array([extra, gain])


def _focus_model(world: World, study: Study) -> AdditiveModel:
    """Return the true model with the study's names, order and lags."""
    known = {response.name: response for response in world.model.responses}
    responses = []
    for name, channel in study.channels.items():
        response = known[channel.spend.removesuffix("_SPEND")]
        responses.append(replace(response, name=name))
    return replace(world.model, responses=tuple(responses))
