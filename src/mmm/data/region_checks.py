"""What a regional file is refused for: totals among regions, currencies, populations."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from mmm.arrays import Array
from mmm.errors import DataError
from mmm.study.study import Study

#: Share of a region's KPI by which it may differ from the sum of all others and be that sum.
SUM_SLACK = 0.005
#: Distance from none or all of a region, and weeks beyond the regions, for parts of a subtotal.
PART, FREE_WEEKS = 1e-3, 5
#: Largest ratio between two populations of one region that growth could explain.
MOST_GROWTH = 2.0
#: Codes that a column of currencies holds.
CURRENCIES = re.compile(
    "USD|EUR|GBP|JPY|CHF|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|TRY|RUB|UAH|ILS"
    "|ZAR|BRL|MXN|ARS|CLP|COP|PEN|CNY|HKD|TWD|KRW|SGD|MYR|THB|IDR|PHP|VND|INR|AED|SAR|EGP|NGN|KES"
)
NAMED_CURRENCY = re.compile(
    r"currenc|(?<![a-z])(curr|ccy)(?![a-z])|w(ä|ae)hrung|devise|moneda|valuta", re.IGNORECASE
)
ALL = "all|total|overall|grand total|national|nationwide|sum|gesamt|alle|tous|toutes|todos|totale"
PLACES = (
    "territories|regions|markets|geos|geographies|dmas|states|countries|areas|stores|districts"
    "|regionen|laender|länder|märkte|pays|paises|países|regiones"
)
WHOLE = re.compile(rf"(?:{ALL})(?:[ _-]+(?:{PLACES}))?|(?:{PLACES})[ _-]+total", re.IGNORECASE)


TOTAL = re.compile(r"(?<![a-z])(grand )?totals?(?![a-z])", re.IGNORECASE)


def require_one_currency(table: pd.DataFrame, column: str, file: str) -> None:
    """Refuse regions whose amounts are in different currencies.

    Raises
    ------
    DataError
        If a column of currency codes differs between rows; it names two regions.
    """
    for name in table.columns:
        codes = table[name].dropna()
        if pd.api.types.is_numeric_dtype(codes) or codes.nunique() < 2:
            continue
        codes = codes.astype(str).str.strip().str.upper()
        if not is_currency_column(str(name), codes):
            continue
        first, other = codes.index[0], codes.index[codes != codes.iloc[0]][0]
        remedy = f", or use --market {column}=NAME"
        if table[column][first] == table[column][other]:
            remedy = ""
        raise DataError(
            f"{file}: column {name!r} says {codes[first]} for {column} {table[column][first]!r} "
            f"and {codes[other]} for {table[column][other]!r}, and amounts in different "
            f"currencies cannot be added. Convert them to one{remedy}."
        )


def is_currency_column(name: str, values: pd.Series) -> bool:
    """Tell whether a column says which currency a row is in, by its name or its values.

    Parameters
    ----------
    name : str
        Its name.
    values : Series
        Its texts, in capitals, none missing.
    """
    return bool(NAMED_CURRENCY.search(name) or all(map(CURRENCIES.fullmatch, values.unique())))


def currency_column(table: pd.DataFrame) -> str | None:
    """Return the column that says which currency a row is in, where they are several."""
    for name in table.columns:
        texts = table[name].dropna()
        if pd.api.types.is_numeric_dtype(texts) or texts.nunique() < 2:
            continue
        if is_currency_column(str(name), texts.astype(str).str.strip().str.upper()):
            return str(name)
    return None


def require_no_totals(kpi: pd.DataFrame, column: str, file: str) -> None:
    """Refuse a region that is the sum of the others: all would count twice.

    Parameters
    ----------
    kpi : DataFrame, shape (n_regions, n_weeks)
        Outcome by region; empty where it is not known.
    column, file : str
        The column of the regions, and the file.

    Raises
    ------
    DataError
        If a region is called like a total, or its KPI is the sum of all others.
    """
    for name in map(str, kpi.index):
        if WHOLE.fullmatch(name) or TOTAL.search(name):
            raise DataError(_total(name, "is called like the total of the regions", column, file))
    if len(kpi) < 3:
        return
    others = kpi.sum() - kpi  # of the regions that are known in a week
    size, apart = kpi.abs().sum(axis=1), (kpi - others).abs().sum(axis=1)
    sums = kpi.index[(size > 0) & (apart <= SUM_SLACK * size)]
    if len(sums):
        raise DataError(_total(str(sums[0]), "is the sum of all other regions", column, file))
    _require_no_subtotal(kpi.dropna(axis=1), column, file)


def _require_no_subtotal(kpi: pd.DataFrame, column: str, file: str) -> None:
    """Refuse a region that is the exact sum of some others."""
    if kpi.shape[1] < len(kpi) + FREE_WEEKS:
        return
    values = kpi.to_numpy(float)
    for place, own in enumerate(values):
        others = np.delete(values, place, axis=0).T
        parts, left = nnls(others, own)
        whole = np.abs(parts - np.round(parts)).max() < PART and np.round(parts).max() == 1
        if whole and np.round(parts).sum() > 1 and left <= PART * np.linalg.norm(own):
            names = kpi.index.delete(place)[np.round(parts) == 1]
            said = (
                f"is the sum of {', '.join(map(str, names[:3]))}{' and others' * (len(names) > 3)}"
            )
            raise DataError(_total(str(kpi.index[place]), said, column, file))


def require_no_total_summed(
    table: pd.DataFrame, *, date: str, kpi: str, column: str, file: str
) -> None:
    """Refuse a total among the regions of a file that are to be summed.

    Raises
    ------
    DataError
        As :func:`require_no_totals`.
    """
    outcome = pd.to_numeric(table[kpi], errors="coerce")
    names = table[column].astype(str).str.strip()
    rows = outcome.groupby([names, table[date]], sort=False).first()
    require_no_totals(rows.unstack(), column, file)  # noqa: PD010, no summing


def _total(name: str, why: str, column: str, file: str) -> str:
    return (
        f"{file}: {column} {name!r} {why}, so everything would count twice. Remove its rows from "
        f"the file, or model only it with --market {column}={name!r} (in a study: market = "
        f"{{column = {column!r}, value = {name!r}}} alone)."
    )


def populations(rows: pd.DataFrame, names: list[str], study: Study) -> tuple[Array, float]:
    """Return the mean population of each region, and the largest change within one.

    Returns
    -------
    ndarray, shape (n_regions,)
        Mean over the weeks in which it is given.
    float
        Largest population of a region over its smallest, less one.

    Raises
    ------
    DataError
        If a region has none, one that is not above zero, or one that more than doubles.
    """
    column, region = str(study.data.population), str(study.data.region)
    groups = rows.groupby(region, sort=False)[column]
    low, high, mean = (groups.agg(how).reindex(names) for how in ("min", "max", "mean"))
    where = f"{study.data.file}: population {column!r}"
    remedy = f"Correct it, or leave population out: --ignore {column}."
    if mean.isna().any():
        missing = mean.index[mean.isna()]
        raise DataError(
            f"{where} is missing for {len(missing)} of {len(names)} regions, first "
            f"{missing[0]!r}. {remedy}"
        )
    if (low <= 0).any():
        name = low.index[(low <= 0).to_numpy()][0]
        raise DataError(f"{where} is {low[name]:g} for {name!r}: need a number above 0. {remedy}")
    growth = high / low
    if growth.max() > MOST_GROWTH:
        name = growth.idxmax()
        raise DataError(
            f"{where} runs from {low[name]:g} to {high[name]:g} for {name!r}, more than a region "
            f"grows: it is no population. {remedy}"
        )
    return mean.to_numpy(float), float(np.max(growth) - 1)
