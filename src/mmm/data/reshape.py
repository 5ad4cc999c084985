"""Bring tables into the one layout of the models: a row a week, a column a channel."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches

import pandas as pd

from mmm.data.columns import numbers, text_among_numbers
from mmm.data.dates import mondays
from mmm.errors import DataError

DAYS = 7


def spend_column(channel: object) -> str:
    """Return the column that holds a channel's spend once a long table is wide.

    Examples
    --------
    >>> spend_column("Paid Search")
    'paid_search_spend'
    """
    name = re.sub(r"\W+", "_", str(channel).strip().lower()).strip("_")
    return f"{name or 'channel'}_spend"


def only_market(table: pd.DataFrame, column: str, value: str, where: str) -> pd.DataFrame:
    """Keep the rows of one market.

    Raises
    ------
    DataError
        If the column is missing, or no row has the value.
    """
    if column not in table.columns:
        raise DataError(f"{where}: there is no column {column!r} to pick a market by.")
    names = table[column].astype(str).str.strip()
    if not (names == value).any():
        known = sorted(names.unique())
        close = get_close_matches(value, known, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]!r}?" if close else f"It has: {', '.join(known[:20])}."
        raise DataError(f"{where}: no row of column {column!r} is {value!r}; {hint}")
    return table[names == value].reset_index(drop=True)


def to_wide(
    table: pd.DataFrame,
    *,
    date: str,
    channel: str,
    spend: str,
    keep: list[str],
    where: str,
    regions: Sequence[str] = (),
    sums: Collection[str] = (),
) -> pd.DataFrame:
    """Turn a long table (a row per date and channel) into a wide one (a row per date).

    Spend is summed over all rows of a channel. What is kept is taken once a date, or once a date
    and region; over regions `sums` are summed, other numbers averaged.

    Returns
    -------
    DataFrame
        The dates, the kept columns, and ``<channel>_spend`` per channel.

    Raises
    ------
    DataError
        If a kept column differs between the rows of a date, a channel is unnamed, spend is not
        a number, or two channels would share a column.
    """
    wide = _spread(table, [date], channel=channel, spend=spend, where=where)
    rest = _shared(table, [date, *regions], keep, where)
    if regions:
        rest = sum_regions(
            rest.reset_index(), date=date, regions=regions, keep=keep, sums=sums, where=where
        ).set_index(date)
    return rest.join(wide).rename_axis(columns=None).reset_index()


def region_rows_of(
    table: pd.DataFrame, *, by: list[str], channel: str, spend: str, keep: list[str], where: str
) -> pd.DataFrame:
    """Turn a long table into one with a row per date and region, the columns `by`.

    Returns
    -------
    DataFrame
        Dates, regions, the kept columns, and ``<channel>_spend`` per channel: zero for a region
        and date in which the channel has no row.

    Raises
    ------
    DataError
        As :func:`to_wide`.
    """
    wide = _spread(table, by, channel=channel, spend=spend, where=where)
    rest = _shared(table, by, keep, where)
    return rest.join(wide).rename_axis(columns=None).reset_index()


def _shared(table: pd.DataFrame, by: list[str], keep: list[str], where: str) -> pd.DataFrame:
    """Return what all rows of a date (and region) share."""
    rows = table.groupby(by, sort=False, dropna=False)
    unlike = [name for name in keep if (rows[name].nunique(dropna=False) >= 2).any()]
    if unlike:
        raise DataError(
            f"{where}: {unlike[0]!r} differs between the rows of a date, so its value for the "
            f"date is not known. Give it the same value in each row, or leave it out."
        )
    return rows[keep].first()


def _spread(
    table: pd.DataFrame, by: list[str], *, channel: str, spend: str, where: str
) -> pd.DataFrame:
    """Return a column of spend per channel, summed over the rows of a date (and region)."""
    columns = _columns_of(table[channel], where)
    _require_numbers(table[spend], where)
    wide = table.assign(**{channel: table[channel].map(columns)}).pivot_table(
        index=by, columns=channel, values=spend, aggfunc="sum", sort=False, observed=True
    )
    return wide[list(columns.values())].fillna(0.0)


def _columns_of(names: pd.Series, where: str) -> dict[object, str]:
    """Return the column of each channel of a long table."""
    if names.isna().any():
        row = int(names.isna().to_numpy().argmax()) + 1
        raise DataError(
            f"{where}: {int(names.isna().sum())} of {len(names)} rows name no channel in "
            f"{str(names.name)!r}, first data row {row}. Fill them."
        )
    columns = {name: spend_column(name) for name in names.unique()}
    if len(set(columns.values())) < len(columns):
        raise DataError(
            f"{where}: channels {sorted(map(str, columns))} are too alike to keep apart. "
            f"Rename them."
        )
    return columns


def sum_regions(
    table: pd.DataFrame,
    *,
    date: str,
    regions: Sequence[str],
    keep: Sequence[str],
    sums: Collection[str],
    where: str,
) -> pd.DataFrame:
    """Make one row a date of one row a date and region: `sums` summed, other numbers averaged.

    What all regions of every date share is that of the whole, and taken once.

    Raises
    ------
    DataError
        If a region has no row for a date, so that sums would not be comparable, or what is to
        be summed is not a number.
    """
    counts = table.groupby(date, sort=False).size()
    if counts.min() < counts.max():
        short = counts.index[int(counts.to_numpy().argmin())]
        raise DataError(
            f"{where}: {int(counts.min())} of {int(counts.max())} rows of {regions[0]!r} stand "
            f"for {short}, so sums over all of them would drop there. Add the missing rows, or "
            f"use --market {regions[0]}=NAME."
        )
    for name in keep:
        if name in sums:
            _require_numbers(table[name], where)
    levels = table.groupby(date, sort=False)[list(keep)].nunique(dropna=False)
    shared = {name for name in keep if (levels[name] < 2).all()}
    rules = {name: _rule(table[name], is_sum=name in sums and name not in shared) for name in keep}
    return table.groupby(date, sort=False).agg(rules).reset_index()


def _rule(values: pd.Series, *, is_sum: bool) -> object:
    if is_sum:
        return lambda rows: rows.sum(skipna=False)
    if pd.api.types.is_numeric_dtype(values):
        return "mean"
    return lambda rows: rows.mode().iloc[0] if rows.notna().any() else None


def to_weeks(
    table: pd.DataFrame, *, date: str, means: list[str], texts: list[str]
) -> tuple[pd.DataFrame, str]:
    """Aggregate daily rows to weeks that start on Monday; partial weeks are dropped."""
    groups = table.groupby(mondays(table[date]), sort=True)
    rules: dict[str, object] = dict.fromkeys(means, "mean")
    rules |= {name: lambda values: values.mode().iloc[0] for name in texts}
    for name in table.columns:
        if name not in rules and name != date:
            rules[name] = "sum"
    weeks = groups.agg(rules)
    full = groups.size() == DAYS
    partial = [week for week in (full.index[0], full.index[-1]) if not full[week]]
    weeks = weeks.drop(index=partial)
    said = f"{len(table)} days became {len(weeks)} weeks (Monday to Sunday; KPI and spend summed)."
    if partial:
        dropped = ", ".join(f"{week:%Y-%m-%d}" for week in dict.fromkeys(partial))
        said += f" Partial weeks dropped: {dropped}."
    return weeks[[name for name in table.columns if name != date]].reset_index(), said


def _require_numbers(spend: pd.Series, where: str) -> None:
    _, bad = numbers(spend)
    if bad.any():
        raise text_among_numbers(spend, bad, f"{where}, column {str(spend.name)!r}: spend")
