"""Guess what the columns of a stranger's CSV mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
import pandas as pd

from mmm.data.columns import numbers, text_among_numbers
from mmm.data.dates import parse_dates
from mmm.data.draft import Column, Guess
from mmm.data.files import read_table
from mmm.data.find_dates import find_dates
from mmm.data.number_format import PERCENT, one_currency
from mmm.data.reshape import constant_by_date, to_wide
from mmm.errors import DataError
from mmm.study.schema import Frequency
from mmm.study.study import RESERVED_CHANNELS

KPI_WORDS = (
    ("revenue", "money"),
    ("sales", "money"),
    ("turnover", "money"),
    ("gmv", "money"),
    ("conversions", "units"),
    ("orders", "units"),
    ("units", "units"),
    ("umsatz", "money"),
    ("omzet", "money"),
    ("ventes", "money"),
    ("ventas", "money"),
    ("receita", "money"),
    ("fatturato", "money"),
    ("transactions", "units"),
    ("subscriptions", "units"),
    ("kpi", "money"),
    ("target", "money"),
    ("y", "money"),
)
CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "euro": "EUR", "euros": "EUR"}
ISO_CODES = ["USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "BRL"]
CURRENCIES |= {code.lower(): code for code in ISO_CODES}
# fmt: off
MEDIA_WORDS = {
    "tv", "television", "radio", "ooh", "print", "newspaper", "newspapers", "magazine",
    "magazines", "search", "social", "display", "video", "youtube", "facebook", "instagram",
    "meta", "google", "tiktok", "snapchat", "pinterest", "email", "affiliate", "sponsorship",
    "sponsorships", "cinema", "podcast", "shopping", "sem", "direct_mail", "npp", "audio",
}
# fmt: on
SPEND = re.compile(
    r"(^|[\W_])(spend|spending|spends|cost|costs|budget|investment|expenditure)([\W_]|$)"
)
SPEND_PREFIX = re.compile(r"^mdsp_")
EXPOSURE = re.compile(
    r"(^|[\W_])(impressions?|imps?|clicks?|grps?|views|reach|circulation)([\W_]|$)"
)
EXPOSURE_MARK = re.compile(r"^mdip_|_[IP]$")
CALENDAR = re.compile(
    r"^(unnamed.*|index|id|t|year|yr|yr_nbr|month|quarter|qtr|qtr_nbr|prd|period|week_?n\w*|wk_nbr|"
    r"wk_in_yr_nbr|day|dayofyear|day_of_year|day_of_week|weekday|isoweek)$"
)
CHANNEL_NAMES = re.compile(r"channel|medium|media|platform|source")
MOST_CHANNELS = 40
RIVAL = re.compile(r"competitor|rival|market")
DERIVED = re.compile(r"contribution|^log_|latent|^init_|^intercept$|predicted|fitted|residual")
NO_KPI = re.compile("|".join(p.pattern for p in (SPEND, RIVAL, DERIVED)) + r"|(^|_)per(_|$)")


def guess_roles(path: Path) -> Guess:
    """Guess the role of every column of a CSV file.

    Returns
    -------
    Guess
        Dates are found by their content, the KPI and the spend by their names; what remains
        numeric is a control.

    Raises
    ------
    DataError
        If there is no date column (a cross-section has no carryover), no KPI or no spend.
    """
    table = read_table(path)
    attrs, nested = table.attrs, table.attrs.get("nested", [])
    units = attrs.get("units", {})
    found = find_dates(table.drop(columns=nested), path.name)
    table, dates, date_format = found.table, found.name, found.format
    long = _find_long(table, dates)
    columns = list(long)
    if long:
        channel, spend = (column.column for column in long)
        shared = [n for n in constant_by_date(table, dates) if n not in (channel, spend)]
        table = to_wide(
            table, date=dates, channel=channel, spend=spend, keep=shared, where=path.name
        )
    no_amounts = [n for n in table if units.get(n) == PERCENT or table[n].dtype == bool]
    kpi, kind = _find_kpi(table.drop(columns=no_amounts), dates, path.name)
    naming = _naming([name for name in table.columns if name not in (dates, kpi)])
    spends = _find_spend(table, naming, {dates, kpi, *no_amounts}, path.name)
    says_spend = f"named {NUMBERED}" if naming == NUMBERED else "its name says media"
    stems = {_stem(name): channel for name, channel in spends.items()}
    for name in table.columns:
        if name == dates:
            columns.append(Column(name, "date", found.why))
        elif name == kpi:
            columns.append(Column(name, "KPI", f"its name says so ({kind})"))
        elif name in spends:
            columns.append(Column(name, "spend", says_spend, spends[name]))
        else:
            column = _other(name, table[name], kpi, stems)
            columns.append(_passed_over(column, naming, spends.values()))
    columns += [Column(name, "ignored", "lists, records or bytes") for name in nested]
    if found.week_column:
        columns.append(Column(found.week_column, "ignored", f"read together with {dates!r}"))
    written = one_currency(units, [kpi, *spends], path.name)
    return Guess(
        file=path.name,
        date_format=date_format,
        columns=columns,
        kpi_type="units" if kind == "units" else "revenue",
        frequency=_frequency(parse_dates(table[dates], date_format=date_format, where=path.name)),
        currency=next(filter(None, map(_currency, [kpi, *spends])), "") or written,
        kpi_label=_without_currency(kpi) if _currency(kpi) else "",
        sheet=attrs.get("sheet", ""),
        week_column=found.week_column,
        week_label=found.week_label,
        notes=[*attrs.get("notes", []), *found.notes],
    )


def _words(name: str) -> list[str]:
    """Split a name into words; a currency sign is a word of its own."""
    return re.findall(r"[$€£¥]|[^\W_]+", name)


def _currency(name: str) -> str:
    """Return the currency that a column's name holds; empty where it holds none."""
    return next((CURRENCIES[w] for w in _words(name.lower()) if w in CURRENCIES), "")


def _without_currency(name: str) -> str:
    words = [word for word in _words(name) if word.lower() not in CURRENCIES]
    return " ".join(words).capitalize()


def _find_long(table: pd.DataFrame, dates: str) -> list[Column]:
    """Find the channel names and the spend of a long file; nothing where the file is wide."""
    if not table[dates].duplicated().any():
        return []
    texts = [
        name
        for name in table.columns
        if CHANNEL_NAMES.search(name.lower())
        and not pd.api.types.is_numeric_dtype(table[name])
        and 2 <= table[name].nunique(dropna=False) <= MOST_CHANNELS
    ]
    spends = [name for name in table.columns if SPEND.search(name.lower())]
    if len(texts) != 1 or len(spends) != 1:
        return []
    named = table.loc[table[texts[0]].notna(), [dates, texts[0]]]  # to_wide refuses the others
    if named.empty or named.duplicated().any():
        return []
    return [
        Column(texts[0], "channel name", f"{table[texts[0]].nunique()} names, dates repeat"),
        Column(spends[0], "spend of each channel", "its name says spend"),
    ]


def _frequency(dates: pd.DatetimeIndex) -> Frequency:
    steps = pd.Series(dates.unique().sort_values()).diff()[1:]
    return "daily" if len(steps) and steps.median() == pd.Timedelta(days=1) else "weekly"


def _find_kpi(table: pd.DataFrame, dates: str, file: str) -> tuple[str, str]:
    candidates = [
        name for name in table.columns if name != dates and not NO_KPI.search(name.lower())
    ]
    exact = [(n, kind) for word, kind in KPI_WORDS for n in candidates if n.lower() == word]
    part = [(n, kind) for word, kind in KPI_WORDS[:-1] for n in candidates if word in n.lower()]
    for name, kind in exact + part:
        if _is_amount(table[name], f"{file}, column {name!r}: the KPI"):
            return name, kind
    raise DataError(
        f"{file}: no column looks like the outcome (names looked for: "
        f"{', '.join(word for word, _ in KPI_WORDS)}). Rename it, or write a study file with "
        f'`kpi = "..."`.'
    )


def _says_spend(name: str) -> bool:
    return bool(SPEND.search(name.lower()) or SPEND_PREFIX.search(name))


def _ends_in_s(name: str) -> bool:
    return bool(re.search(r"[a-z]_S$", name))


def _names_medium(name: str) -> bool:
    words = set(re.split(r"[\W_]+", name.lower()))
    return bool(words & MEDIA_WORDS) and not EXPOSURE.search(name.lower())


def _is_numbered(name: str) -> bool:
    return bool(re.fullmatch(r"x\d+", name.lower()))


NUMBERED = "x1, x2, ..."
#: How spend may be named; the first naming of any column is the naming of the whole file.
NAMINGS: dict[str, Callable[[str], bool]] = {
    "*_spend or *_cost": _says_spend,
    "*_S": _ends_in_s,
    "after media": _names_medium,
    NUMBERED: _is_numbered,
}


def _naming(names: list[str]) -> str:
    """Return how the file names its spend; nothing where it names none."""
    return next((key for key, fits in NAMINGS.items() if any(map(fits, names))), "")


def _passed_over(column: Column, naming: str, channels: Collection[str]) -> Column:
    """Say of a control that it would be spend if the file named its spend differently."""
    name = column.column
    fits = {key for key, fit in NAMINGS.items() if fit(name)}
    if column.role != "control" or not fits or naming in fits:
        return column
    channel = _channel_name(name, channels)
    why = (
        f"looks like media, but other columns are named {naming}: rename it, or add "
        f"[channels.{channel}]"
    )
    return Column(name, "control", why, channel)


def _channel_name(column: str, taken: Collection[str]) -> str:
    """Shorten the name of a column to a channel that is not taken yet."""
    used = {*taken, *RESERVED_CHANNELS}
    slug = _slug(column)
    candidates = [_stem(column), slug, *(f"{slug}_{n}" for n in range(2, 1000))]
    return next(c for c in candidates if c not in used)


def _find_spend(table: pd.DataFrame, naming: str, taken: set[str], file: str) -> dict[str, str]:
    names = [name for name in table.columns if name not in taken]
    spend = [n for n in names if naming and NAMINGS[naming](n)]
    spend = [n for n in spend if _is_amount(table[n], f"{file}, column {n!r}: spend")]
    if len(spend) > 2:
        total = table[spend].sum(axis=1)
        spend = [n for n in spend if not np.allclose(2 * table[n].fillna(0), total)]
    if not spend:
        raise DataError(
            f"{file}: no column looks like media spend (names ending in _spend or _cost, or "
            f"naming a medium). Rename the columns, or write a study file with [channels.X]."
        )
    channels: dict[str, str] = {}
    for name in spend:
        channels[name] = _channel_name(name, channels.values())
    return channels


def _is_amount(values: pd.Series, what: str) -> bool:
    """Tell numbers from text; text with digits in it is numbers that must be mended."""
    if pd.api.types.is_numeric_dtype(values):
        return True
    digits = values.astype(str).str.contains(r"\d")
    if not (digits & values.notna()).any():
        return False
    _, bad = numbers(values)
    raise text_among_numbers(values, bad, what)


def _slug(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_") or "channel"


def _stem(name: str) -> str:
    bare = re.sub(r"_[SIP]$|^mds?p_|^mdip_", "", name)
    words = [w for w in re.split(r"[\W_]+", bare) if w]
    kept = [w for w in words if not (SPEND.search(w.lower()) or EXPOSURE.search(w.lower()))]
    return _slug("_".join(kept)) if kept else _slug(name)


def _other(name: str, values: pd.Series, kpi: str, stems: dict[str, str]) -> Column:
    lower = name.lower()
    if re.search(r"(revenue|value|price)_?per_", lower) and kpi.lower().rstrip("s") in lower:
        return Column(name, "value per unit", "money per unit of the KPI")
    if CALENDAR.match(lower):
        return Column(name, "ignored", "calendar or counter: the baseline has its own season")
    if SPEND.search(lower):
        return Column(name, "ignored", "spend in words, or the sum of the other spend columns")
    if DERIVED.search(lower):
        return Column(name, "ignored", "looks derived from the KPI or from a model")
    if EXPOSURE.search(lower) or EXPOSURE_MARK.search(name):
        channel = stems.get(_stem(name), "")
        why = f"exposure of {channel}" if channel else "exposure without a spend column"
        return Column(name, "exposure", why, channel)
    if not pd.api.types.is_numeric_dtype(values):
        if values.nunique() <= 12:
            return Column(name, "categorical", f"text with {values.nunique()} levels")
        return Column(name, "ignored", "text with many levels")
    if (values == values.iloc[0]).all():
        return Column(name, "ignored", "never varies")
    if values.isna().any():
        return Column(name, "ignored", f"{int(values.isna().sum())} empty values")
    return Column(name, "control", "numeric, not media")
