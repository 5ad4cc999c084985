"""The schema of the public Conjura set (Anderson 2024) and the reader of files that have it.

One row per brand, territory and day; money is in the currency of the series.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd

from mmm.errors import DataError

SERIES, BRAND, TERRITORY = "MMM_TIMESERIES_ID", "ORGANISATION_ID", "TERRITORY_NAME"
DATE, CURRENCY = "DATE_DAY", "CURRENCY_CODE"
PRICE, DISCOUNT = "ALL_PURCHASES_ORIGINAL_PRICE", "ALL_PURCHASES_GROSS_DISCOUNT"
ROLL_UP = "All Territories"

VERTICALS = ("ORGANISATION_VERTICAL", "ORGANISATION_SUBVERTICAL")
TEXTS = (
    SERIES,
    BRAND,
    *VERTICALS,
    "ORGANISATION_MARKETING_SOURCES",
    "ORGANISATION_PRIMARY_TERRITORY_NAME",
    TERRITORY,
    DATE,
    CURRENCY,
)
PURCHASES = tuple(
    f"{who}_PURCHASES{what}"
    for who in ("FIRST", "ALL")
    for what in ("", "_UNITS", "_ORIGINAL_PRICE", "_GROSS_DISCOUNT")
)
CHANNELS = (
    "GOOGLE_PAID_SEARCH",
    "GOOGLE_SHOPPING",
    "GOOGLE_PMAX",
    "GOOGLE_DISPLAY",
    "GOOGLE_VIDEO",
    "META_FACEBOOK",
    "META_INSTAGRAM",
    "META_OTHER",
    "TIKTOK",
)
#: Visits that purchases and advertising both cause: results of media, not drivers beside it.
MEDIATORS = ("ORGANIC_SEARCH_CLICKS", "DIRECT_CLICKS", "BRANDED_SEARCH_CLICKS")
UNPAID = (
    "DIRECT_CLICKS",
    "BRANDED_SEARCH_CLICKS",
    "ORGANIC_SEARCH_CLICKS",
    "EMAIL_CLICKS",
    "REFERRAL_CLICKS",
    "ALL_OTHER_CLICKS",
)
COLUMNS = (
    *TEXTS,
    *PURCHASES,
    *(f"{channel}_{kind}" for kind in ("SPEND", "CLICKS", "IMPRESSIONS") for channel in CHANNELS),
    *UNPAID,
)


def read_panel(path: Path, *, date_format: str) -> pd.DataFrame:
    """Read a panel file (CSV, optionally gzipped); columns beyond the schema are left out.

    The 50 columns of the schema, dates parsed, sorted by series and day.

    Raises
    ------
    DataError
        If the file or a column is missing, a number or date is malformed, or a series repeats a
        day or changes its currency.
    """
    _require_schema(path)
    types: dict[str, str] = dict.fromkeys(COLUMNS, "float64") | dict.fromkeys(TEXTS, "category")
    try:
        raw = pd.read_csv(path, usecols=list(COLUMNS), dtype=types, encoding="utf-8-sig")
    except ValueError as error:
        raise DataError(
            f"{path.name}: a column of numbers holds something else ({error}). "
            f"Remove currency signs and thousands separators."
        ) from None
    if raw.empty:
        raise DataError(f"{path.name}: the file has a header but no rows. Download it again.")
    raw[DATE] = _dates(raw[DATE], date_format, path.name)
    raw = raw.sort_values([SERIES, DATE], kind="stable", ignore_index=True)[list(COLUMNS)]
    _require_series(raw, path.name)
    return raw


def _require_schema(path: Path) -> None:
    if not path.is_file():
        raise DataError(f"{path.name}: no such file. Put the published file there.")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig") as file:
        names = [name.strip().strip('"') for name in file.readline().split(",")]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise DataError(
            f"{path.name}: {len(missing)} of the {len(COLUMNS)} columns of the schema are "
            f"missing, first {missing[0]!r}. Use the file as it is published."
        )


def _dates(column: pd.Series, date_format: str, file: str) -> pd.Series:
    """Parse dates by the declared format, each distinct text once."""
    texts = column.cat.categories
    parsed = pd.to_datetime(texts, format=date_format, errors="coerce")
    codes = column.cat.codes.to_numpy()
    bad = (codes < 0) | np.asarray(parsed.isna())[codes]
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"{file}: {int(bad.sum())} of {len(column)} dates are not in the declared format "
            f"{date_format}, first {column.iloc[row]!r} in data row {row + 1}. Set [data] "
            f"date_format to the format of this copy of the file."
        )
    return pd.Series(parsed.to_numpy()[codes], index=column.index)


def _require_series(raw: pd.DataFrame, file: str) -> None:
    """Insist on one row per series and day, and one brand, territory and currency a series."""
    empty = raw[[SERIES, BRAND, TERRITORY, CURRENCY]].isna().any(axis=1)
    if empty.any():
        raise DataError(f"{file}: {int(empty.sum())} rows lack a series, brand or currency.")
    same = (raw[SERIES] == raw[SERIES].shift()).to_numpy()
    repeated = same & (raw[DATE] == raw[DATE].shift()).to_numpy()
    if repeated.any():
        row = raw[repeated].iloc[0]
        raise DataError(
            f"{file}: {int(repeated.sum())} rows repeat a day of their series, first "
            f"{row[DATE]:%Y-%m-%d} of {row[SERIES]}. Remove the copies."
        )
    for column in (BRAND, TERRITORY, CURRENCY):
        changed = same & (raw[column].astype(str) != raw[column].astype(str).shift()).to_numpy()
        if changed.any():
            name = raw[SERIES][changed].iloc[0]
            raise DataError(
                f"{file}: {column} changes within series {name}. Money of two currencies or "
                f"markets cannot be one series: split it."
            )
