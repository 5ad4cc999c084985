"""The population of the simulated twin, of which :mod:`mmm.panel.twin` makes days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.random import Generator

from mmm.arrays import Array
from mmm.errors import StudyError
from mmm.panel.schema import CHANNELS, DATE, ROLL_UP, TEXTS, UNPAID
from mmm.study.panel import PanelSpec, TwinSpec
from mmm.study.study import Study


class Territory(NamedTuple):
    """A country, the units of its currency per dollar, and how often it is a brand's home."""

    name: str
    currency: str
    rate: float
    weight: int


TERRITORIES = (
    Territory("UK", "GBP", 0.8, 8),
    Territory("US", "USD", 1.0, 8),
    Territory("Germany", "EUR", 0.92, 3),
    Territory("Australia", "AUD", 1.5, 3),
    Territory("Canada", "CAD", 1.35, 2),
    Territory("Sweden", "SEK", 10.5, 1),
    Territory("Norway", "NOK", 10.6, 1),
    Territory("Denmark", "DKK", 6.9, 1),
    Territory("Switzerland", "CHF", 0.9, 1),
    Territory("New Zealand", "NZD", 1.62, 1),
    Territory("Poland", "PLN", 4.0, 1),
    Territory("India", "INR", 83.0, 1),
    Territory("Japan", "JPY", 145.0, 1),
    Territory("South Korea", "KRW", 1330.0, 1),
    Territory("Netherlands", "EUR", 0.92, 2),
    Territory("Ireland", "EUR", 0.92, 2),
    Territory("France", "EUR", 0.92, 2),
)
VERTICALS = (
    ("Apparel & Accessories", "Clothing"),
    ("Beauty & Fitness", "Hair Care"),
    ("Beauty & Fitness", "Skin Care"),
    ("Food & Drink", "Beverages"),
    ("Home & Garden", "Home Furnishings"),
    ("", ""),
)


class Typical(NamedTuple):
    """What is typical of a channel: who uses it, what it returns, what its ads cost."""

    usage: float  # share of the brands that use it
    share: float  # of their spend, relative to other channels
    roi: float
    retention: float
    half_saturation: float  # in mean active weeks
    click_price: float  # in dollars
    click_rate: float  # share of seen ads that are clicked


TYPICAL = {
    "GOOGLE_PAID_SEARCH": Typical(0.90, 3.0, 2.4, 0.15, 1.3, 0.8, 0.05),
    "GOOGLE_SHOPPING": Typical(0.80, 3.0, 3.0, 0.20, 1.2, 0.5, 0.012),
    "GOOGLE_PMAX": Typical(0.80, 4.0, 2.6, 0.30, 1.3, 0.5, 0.015),
    "GOOGLE_DISPLAY": Typical(0.35, 0.3, 0.7, 0.40, 1.0, 0.3, 0.004),
    "GOOGLE_VIDEO": Typical(0.20, 0.3, 0.6, 0.50, 1.0, 0.4, 0.003),
    "META_FACEBOOK": Typical(0.95, 5.0, 1.7, 0.40, 1.1, 0.9, 0.011),
    "META_INSTAGRAM": Typical(0.55, 2.0, 1.2, 0.35, 1.0, 0.9, 0.008),
    "META_OTHER": Typical(0.25, 0.1, 0.8, 0.35, 1.0, 0.6, 0.006),
    "TIKTOK": Typical(0.12, 0.8, 0.9, 0.40, 1.0, 0.5, 0.009),
}
#: Numbers of countries that have a series of their own, and the shares of brands with so many.
COUNTRIES = ((0, 2, 3, 4), (0.62, 0.18, 0.12, 0.08))
FIRST_PMAX = pd.Timestamp("2021-11-01")
DAY = pd.Timedelta(days=1)


class ChannelPlan(NamedTuple):
    """One channel of one market: size in its currency, pauses, first and last week."""

    name: str
    weekly_spend: float
    dark_share: float
    first: pd.Timestamp
    last: pd.Timestamp


class Market(NamedTuple):
    """What the simulation of one brand in one country starts from; money is in its currency."""

    rate: float  # units of the currency per dollar
    weekly_baseline: float  # revenue of a week without advertising
    growth: float  # share of it that comes on top each year
    week_shape: Array  # share of a week that falls on each day, from Monday; sums to one
    daily_noise: float  # standard deviation of a day as a share of its baseline
    order_value: float
    visits: float  # size of the unpaid traffic
    channels: tuple[ChannelPlan, ...]


class Series(NamedTuple):
    """One published series: its texts by column, and the markets it adds up."""

    texts: dict[str, str]
    members: tuple[tuple[int, float], ...]  # number of each market, its money in this currency


class Brand(NamedTuple):
    """One brand: its days, what its markets have in common, and its series, roll-up first."""

    start: pd.Timestamp
    days: int
    focus: str  # identifier of the study's focus series, where that is the brand's only one
    used: tuple[str, ...]
    unpaid: tuple[str, ...] = ()
    markets: tuple[Market, ...] = ()
    series: tuple[Series, ...] = ()


def plan_brands(study: Study, spec: PanelSpec, twin: TwinSpec, rng: Generator) -> list[Brand]:
    """Plan the brands of a twin; the first one has the focus series alone.

    Raises
    ------
    StudyError
        If a channel or the currency of the study is not part of the schema.
    """
    wanted = tuple(channel.spend.removesuffix("_SPEND") for channel in study.channels.values())
    for name in wanted:
        if name not in CHANNELS:
            raise StudyError(f"channel {name!r} is not in the schema of the panel: {CHANNELS}.")
    homes = _homes(study.currency, twin.series, rng)
    lengths = _lengths(np.array([len(places) for places in homes]), twin, rng)
    brands = []
    for index, (places, days) in enumerate(zip(homes, lengths.tolist(), strict=True)):
        latest = pd.Timestamp(twin.end) - (days - 1) * DAY
        slack = (latest - pd.Timestamp(twin.start)).days
        back = int(rng.integers(0, slack + 1)) if rng.random() > 0.55 else 0
        if index == 0:  # the focus ends with the panel, the next brand starts with it
            brand = Brand(latest, days, spec.focus, wanted)
        else:
            used = tuple(name for name in CHANNELS if rng.random() < TYPICAL[name].usage)
            start = latest - (slack if index == 1 else back) * DAY
            brand = Brand(start, days, "", used or ("META_FACEBOOK",))
        brands.append(_filled(brand, places, rng))
    return brands


def _homes(currency: str, n_series: int, rng: Generator) -> list[list[Territory]]:
    """Return each brand's countries with series of their own, and last its home."""
    first = {place.currency: place for place in reversed(TERRITORIES)}
    order = list(dict.fromkeys(place.currency for place in TERRITORIES))
    if currency not in order:
        raise StudyError(f"the twin has no series in {currency}; it knows {', '.join(order)}.")
    order.remove(currency)
    weight = np.array([place.weight for place in TERRITORIES], dtype=float)
    homes = [[first[currency]]]
    while left := n_series - sum(map(len, homes)):
        if order:
            home = TERRITORIES.index(first[order.pop(0)])
        else:
            home = int(rng.choice(len(weight), p=weight / weight.sum()))
        count = min(int(rng.choice(COUNTRIES[0], p=COUNTRIES[1])), left - 1)
        others = np.where(np.arange(len(weight)) == home, 0.0, weight) / (
            weight.sum() - weight[home]
        )
        abroad = rng.choice(len(weight), max(count - 1, 0), replace=False, p=others)
        own = [home, *abroad.tolist(), home] if count else [home]
        homes.append([TERRITORIES[place] for place in own])
    return homes


def _lengths(counts: Array, twin: TwinSpec, rng: Generator) -> Array:
    """Return the days of each brand, such that all series together have the wanted rows."""
    shortest, longest = twin.shortest_days, (twin.end - twin.start).days + 1
    spread = rng.beta(0.9, 2.0, len(counts))
    spread[0] = 0.45

    def days(stretch: float) -> Array:
        return np.clip(np.round(shortest + stretch * spread), shortest, longest)

    low, high = 0.0, 50.0 * longest
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if counts @ days(middle) <= twin.rows else (low, middle)
    lengths = days(low).astype(int)
    for index in np.flatnonzero(counts == 1)[::-1]:
        lengths[index] = min(lengths[index] + twin.rows - counts @ lengths, longest)
    if counts @ lengths < twin.rows:
        raise StudyError(f"[panel.twin] rows = {twin.rows}: {counts.sum()} series cannot meet it.")
    return lengths


def _filled(brand: Brand, places: list[Territory], rng: Generator) -> Brand:
    """Add the markets: the countries, then the rest of the world or the only market there is."""
    rest = rng.uniform(0.6, 1.4)
    sizes = 45_000 * np.exp(rng.normal(0, 0.8)) * rng.dirichlet(np.full(len(places), 4.0))
    sizes[-1] *= rest
    unpaid = tuple(u for u in UNPAID if u != "BRANDED_SEARCH_CLICKS" or rng.random() < 0.65)
    markets = [_market(brand, p.rate, size, rng) for p, size in zip(places, sizes, strict=True)]
    series = tuple(_series(brand, places, rng))
    return brand._replace(unpaid=unpaid, markets=tuple(markets), series=series)


def _series(brand: Brand, places: list[Territory], rng: Generator) -> Iterator[Series]:
    """Yield the roll-up (or only) series of a brand, then those of its countries."""
    vertical = VERTICALS[int(rng.integers(len(VERTICALS)))]
    sources = "Google, Meta, Tiktok" if "TIKTOK" in brand.used else "Google, Meta"
    identity = rng.bytes(16).hex()
    *countries, home = places
    every = tuple((i, home.rate / place.rate) for i, place in enumerate(places))
    alone = [(place.name, place.currency, ((i, 1.0),)) for i, place in enumerate(countries)]
    for name, currency, members in [(ROLL_UP, home.currency, every), *alone]:
        series = rng.bytes(16).hex()
        texts = (brand.focus or series, identity, *vertical, sources, home.name, name, currency)
        columns = (column for column in TEXTS if column != DATE)
        yield Series(dict(zip(columns, texts, strict=True)), members)


def _market(brand: Brand, rate: float, dollars: float, rng: Generator) -> Market:
    shape = np.array([1.05, 1.0, 0.98, 1.0, 0.97, 0.95, 1.05]) * np.exp(rng.normal(0, 0.05, 7))
    baseline = max(dollars, 4_000.0) * rate
    return Market(
        rate=rate,
        weekly_baseline=baseline,
        growth=float(rng.normal(0.05, 0.08)),
        week_shape=shape / shape.sum(),
        daily_noise=0.07 if brand.focus else float(rng.uniform(0.06, 0.14)),
        order_value=float(60 * rate * np.exp(rng.normal(0, 0.3))),
        visits=float(np.exp(rng.normal(0, 0.3))),
        channels=tuple(_channels(brand, baseline, rng)),
    )


def _channels(brand: Brand, baseline: float, rng: Generator) -> Iterator[ChannelPlan]:
    """Plan the channels: Performance Max arrives late in 2021 and mostly replaces Shopping."""
    shares = rng.dirichlet([3 * TYPICAL[name].share for name in brand.used])
    budget = baseline * rng.uniform(0.14, 0.26)
    launch = FIRST_PMAX + int(rng.integers(0, 300)) * DAY
    for name, share in zip(brand.used, shares.tolist(), strict=True):
        first, last = brand.start - 90 * DAY, brand.start + (brand.days - 1) * DAY
        if not brand.focus:
            if name == "GOOGLE_PMAX":
                first = max(first, launch)
            if name == "GOOGLE_SHOPPING" and "GOOGLE_PMAX" in brand.used:
                last = min(last, launch + 120 * DAY)
            if name in ("META_INSTAGRAM", "TIKTOK") and rng.random() < 0.4:
                first += int(brand.days * rng.uniform(0.2, 0.9)) * DAY
        dark = float(rng.choice([0.05, 0.15, 0.35]))
        if first + 28 * DAY < last and last > brand.start:
            weekly = budget * max(share, 0.08 if brand.focus else 0.002)
            yield ChannelPlan(name, weekly, dark, first, last)
