"""The population of the simulated twin: brands, markets, currencies, dates, channels, spend.

No media plan of anybody: :mod:`mmm.decide.plan` has those. :mod:`mmm.panel.twin` makes days of
these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm.errors import StudyError
from mmm.panel.schema import CHANNELS, ROLL_UP, UNPAID
from mmm.study.panel import PanelSpec, TwinSpec
from mmm.study.study import Study

Array = NDArray[np.float64]

#: Territory, currency, units of it per dollar, how often it is a brand's home.
TERRITORIES = (
    ("UK", "GBP", 0.8, 8),
    ("US", "USD", 1.0, 8),
    ("Germany", "EUR", 0.92, 3),
    ("Australia", "AUD", 1.5, 3),
    ("Canada", "CAD", 1.35, 2),
    ("Sweden", "SEK", 10.5, 1),
    ("Norway", "NOK", 10.6, 1),
    ("Denmark", "DKK", 6.9, 1),
    ("Switzerland", "CHF", 0.9, 1),
    ("New Zealand", "NZD", 1.62, 1),
    ("Poland", "PLN", 4.0, 1),
    ("India", "INR", 83.0, 1),
    ("Japan", "JPY", 145.0, 1),
    ("South Korea", "KRW", 1330.0, 1),
    ("Netherlands", "EUR", 0.92, 2),
    ("Ireland", "EUR", 0.92, 2),
    ("France", "EUR", 0.92, 2),
)
VERTICALS = (
    ("Apparel & Accessories", "Clothing"),
    ("Beauty & Fitness", "Hair Care"),
    ("Beauty & Fitness", "Skin Care"),
    ("Food & Drink", "Beverages"),
    ("Home & Garden", "Home Furnishings"),
    ("", ""),
)
#: Share of the brands that use a channel, and its typical share of their spend.
USAGE = dict(
    zip(
        CHANNELS,
        (
            (0.90, 3.0),
            (0.80, 3.0),
            (0.80, 4.0),
            (0.35, 0.3),
            (0.20, 0.3),
            (0.95, 5.0),
            (0.55, 2.0),
            (0.25, 0.1),
            (0.12, 0.8),
        ),
        strict=True,
    )
)
#: Share of brands by number of countries that have a series of their own.
COUNTRIES = ((0, 2, 3, 4), (0.62, 0.18, 0.12, 0.08))
FIRST_PMAX = pd.Timestamp("2021-11-01")


@dataclass(frozen=True)
class ChannelPlan:
    """One channel of one market: size in its currency, pauses, first and last week."""

    name: str
    weekly_spend: float
    dark_share: float
    first: pd.Timestamp
    last: pd.Timestamp


@dataclass(frozen=True)
class Market:
    """What the simulation of one brand in one country starts from.

    Attributes
    ----------
    start : Timestamp
        First day.
    days : int
        Number of days.
    fx : float
        Units of the market's currency per dollar.
    weekly_baseline : float
        Revenue of a week without advertising, in that currency.
    growth : float
        Share of it that comes on top each year.
    week_shape : ndarray, shape (7,)
        Share of a week that falls on each day, from Monday; sums to one.
    daily_noise : float
        Standard deviation of a day as a share of its baseline.
    order_value : float
        Typical order, in the market's currency.
    visits : float
        Size of the unpaid traffic.
    unpaid : tuple of str
        Unpaid sources that are recorded.
    channels : tuple of ChannelPlan
        Channels the market uses.
    """

    start: pd.Timestamp
    days: int
    fx: float
    weekly_baseline: float
    growth: float
    week_shape: Array
    daily_noise: float
    order_value: float
    visits: float
    unpaid: tuple[str, ...]
    channels: tuple[ChannelPlan, ...]


@dataclass(frozen=True)
class SeriesPlan:
    """One published series: the markets it adds up, each with its conversion rate.

    Attributes
    ----------
    name, brand, territory, currency : str
        Its identity.
    labels : tuple of str
        Vertical, sub-vertical, marketing sources and primary territory.
    roll_up : bool
        Whether it adds up countries that have series of their own.
    markets : tuple of Market
        All markets of the brand.
    members : tuple of (int, float)
        Positions of its markets and what one unit of their money is in its currency.
    """

    name: str
    brand: str
    territory: str
    currency: str
    labels: tuple[str, str, str, str]
    roll_up: bool
    markets: tuple[Market, ...]
    members: tuple[tuple[int, float], ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The first seven columns of its rows, quoted where they hold commas."""
        values = (self.name, self.brand, *self.labels, self.territory)
        return tuple(f'"{value}"' if "," in value else value for value in values)


def plan_series(study: Study, spec: PanelSpec, rng: np.random.Generator) -> list[list[SeriesPlan]]:
    """Plan the series of a twin, grouped by brand; the focus series is a brand of its own.

    Raises
    ------
    StudyError
        If a channel or the currency of the study is not part of the schema.
    """
    assert spec.twin is not None
    homes = _homes(study, spec.twin, rng)
    counts = np.array([1 + len(countries) for _, countries in homes])
    lengths = _lengths(counts, spec.twin, rng)
    brands = []
    for index, (home, countries) in enumerate(homes):
        start = _start(index, int(lengths[index]), spec.twin, rng)
        wanted = _focus_channels(study) if index == 0 else ()
        brand = _brand(home, countries, start, int(lengths[index]), wanted, rng)
        if index == 0:
            brand = [SeriesPlan(**{**vars(brand[0]), "name": spec.focus})]
        brands.append(brand)
    return brands


def _focus_channels(study: Study) -> tuple[str, ...]:
    names = tuple(channel.spend.removesuffix("_SPEND") for channel in study.channels.values())
    for name in names:
        if name not in CHANNELS:
            raise StudyError(f"channel {name!r} is not in the schema of the panel: {CHANNELS}.")
    return names


def _homes(study: Study, twin: TwinSpec, rng: np.random.Generator) -> list[tuple[int, list[int]]]:
    """Return each brand's home territory and the countries with series of their own."""
    currencies = [currency for _, currency, _, _ in TERRITORIES]
    if study.currency not in currencies:
        known = ", ".join(dict.fromkeys(currencies))
        raise StudyError(f"the twin has no series in {study.currency}; it knows {known}.")
    weight = np.array([weight for *_, weight in TERRITORIES], dtype=float)
    first = currencies.index(study.currency)
    order = [currencies.index(code) for code in dict.fromkeys(currencies)]
    homes: list[tuple[int, list[int]]] = [(first, [])]
    order.remove(first)
    left = twin.series - 1
    while left:
        home = order.pop(0) if order else int(rng.choice(len(weight), p=weight / weight.sum()))
        count = min(int(rng.choice(COUNTRIES[0], p=COUNTRIES[1])), left - 1)
        others = weight.copy()
        others[home] = 0.0
        size = max(count - 1, 0)
        abroad = rng.choice(len(weight), size=size, replace=False, p=others / others.sum())
        homes.append((home, [home, *(int(i) for i in abroad)] if count else []))
        left -= 1 + count
    return homes


def _lengths(counts: Array, twin: TwinSpec, rng: np.random.Generator) -> Array:
    """Return the days of each brand, such that all series together have the wanted rows."""
    longest = (twin.end - twin.start).days + 1
    spread = rng.beta(0.9, 2.0, len(counts))
    spread[0] = 0.45
    low, high = 0.0, 50.0 * longest

    def days(stretch: float) -> Array:
        wanted = np.round(twin.shortest_days + stretch * spread)
        return np.asarray(np.clip(wanted, twin.shortest_days, longest).astype(int))

    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if counts @ days(middle) <= twin.rows else (low, middle)
    lengths = days(low)
    missing = int(twin.rows - counts @ lengths)
    for index in np.flatnonzero(counts == 1)[::-1]:
        step = int(np.clip(missing, 0, longest - lengths[index]))
        lengths[index] += step
        missing -= step
    if missing:
        raise StudyError(f"[panel.twin] rows = {twin.rows}: {counts.sum()} series cannot meet it.")
    return lengths


def _start(index: int, days: int, twin: TwinSpec, rng: np.random.Generator) -> pd.Timestamp:
    """Return a first day: the focus ends with the panel, the next brand starts with it."""
    latest = pd.Timestamp(twin.end) - pd.Timedelta(days=days - 1)
    slack = (latest - pd.Timestamp(twin.start)).days
    back = int(rng.integers(0, slack + 1)) if rng.random() > 0.55 else 0
    if index < 2:
        back = 0 if index == 0 else slack
    return latest - pd.Timedelta(days=back)


def _brand(
    home: int,
    countries: list[int],
    start: pd.Timestamp,
    days: int,
    wanted: tuple[str, ...],
    rng: np.random.Generator,
) -> list[SeriesPlan]:
    """Plan one brand: its roll-up (or only) series first, then its countries."""
    used = wanted or tuple(c for c in CHANNELS if rng.random() < USAGE[c][0])
    used = used or ("META_FACEBOOK",)
    fit = rng.uniform(0.6, 1.4)  # how large the brand's rest of the world is
    sizes = 45_000 * np.exp(rng.normal(0, 0.8)) * rng.dirichlet(np.full(len(countries) + 1, 4.0))
    sizes[-1] *= fit
    unpaid = tuple(u for u in UNPAID if u != "BRANDED_SEARCH_CLICKS" or rng.random() < 0.65)
    places = [*countries, home]  # the last market is the rest of the world, or the only one
    markets = tuple(
        _market(place, start, days, size, used, unpaid, bool(wanted), rng)
        for place, size in zip(places, sizes, strict=True)
    )
    vertical = VERTICALS[int(rng.integers(len(VERTICALS)))]
    sources = "Google, Meta, Tiktok" if "TIKTOK" in used else "Google, Meta"
    labels = (*vertical, sources, TERRITORIES[home][0])
    brand = rng.bytes(16).hex()
    own = TERRITORIES[home]
    rates = [own[2] / TERRITORIES[place][2] for place in places]
    every = tuple((i, rate) for i, rate in enumerate(rates))
    planned = [(ROLL_UP, own[1], bool(countries), every)]
    planned += [
        (TERRITORIES[place][0], TERRITORIES[place][1], False, ((i, 1.0),))
        for i, place in enumerate(countries)
    ]
    return [
        SeriesPlan(
            rng.bytes(16).hex(), brand, territory, currency, labels, rolled, markets, members
        )
        for territory, currency, rolled, members in planned
    ]


def _market(
    place: int,
    start: pd.Timestamp,
    days: int,
    dollars: float,
    used: tuple[str, ...],
    unpaid: tuple[str, ...],
    is_focus: bool,
    rng: np.random.Generator,
) -> Market:
    rate = TERRITORIES[place][2]
    shape = np.array([1.05, 1.0, 0.98, 1.0, 0.97, 0.95, 1.05]) * np.exp(rng.normal(0, 0.05, 7))
    baseline = max(dollars, 4_000.0) * rate
    return Market(
        start=start,
        days=days,
        fx=rate,
        weekly_baseline=baseline,
        growth=float(rng.normal(0.05, 0.08)),
        week_shape=shape / shape.sum(),
        daily_noise=0.07 if is_focus else float(rng.uniform(0.06, 0.14)),
        order_value=float(60 * rate * np.exp(rng.normal(0, 0.3))),
        visits=float(np.exp(rng.normal(0, 0.3))),
        unpaid=unpaid,
        channels=_channels(start, days, baseline, used, is_focus, rng),
    )


def _channels(
    start: pd.Timestamp,
    days: int,
    baseline: float,
    used: tuple[str, ...],
    is_focus: bool,
    rng: np.random.Generator,
) -> tuple[ChannelPlan, ...]:
    """Plan the channels: Performance Max arrives late in 2021 and mostly replaces Shopping."""
    last_day = start + pd.Timedelta(days=days - 1)
    shares = rng.dirichlet([3 * USAGE[c][1] for c in used])
    budget = baseline * rng.uniform(0.14, 0.26)
    launch = FIRST_PMAX + pd.Timedelta(days=int(rng.integers(0, 300)))
    plans = []
    for name, share in zip(used, shares, strict=True):
        first, last = start - pd.Timedelta(days=90), last_day
        if not is_focus and name == "GOOGLE_PMAX":
            first = max(first, launch)
        if not is_focus and name == "GOOGLE_SHOPPING" and "GOOGLE_PMAX" in used:
            last = min(last, launch + pd.Timedelta(days=120))
        if name in ("META_INSTAGRAM", "TIKTOK") and not is_focus and rng.random() < 0.4:
            first += pd.Timedelta(days=int(days * rng.uniform(0.2, 0.9)))
        dark = float(rng.choice([0.05, 0.15, 0.35]))
        if first + pd.Timedelta(days=28) < last and last > start:
            weekly = float(budget * max(share, 0.08 if is_focus else 0.002))
            plans.append(ChannelPlan(name, weekly, dark, first, last))
    return tuple(plans)
