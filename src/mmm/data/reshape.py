"""Bring tables into the one layout of the models: a row a week, a column a channel."""

from __future__ import annotations

import re

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


def to_wide(
    table: pd.DataFrame, *, date: str, channel: str, spend: str, keep: list[str], where: str
) -> pd.DataFrame:
    """Turn a long table (a row per date and channel) into a wide one (a row per date).

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
    names = table[channel]
    if names.isna().any():
        row = int(names.isna().to_numpy().argmax()) + 1
        raise DataError(
            f"{where}: {int(names.isna().sum())} of {len(table)} rows name no channel in "
            f"{channel!r}, first data row {row}. Fill them."
        )
    _, bad = numbers(table[spend])
    if bad.any():
        raise text_among_numbers(table[spend], bad, f"{where}, column {spend!r}: spend")
    columns = {name: spend_column(name) for name in names.unique()}
    if len(set(columns.values())) < len(columns):
        raise DataError(
            f"{where}: channels {sorted(map(str, columns))} are too alike to keep apart. "
            f"Rename them."
        )
    unlike = [name for name in keep if name not in constant_by_date(table, date)]
    if unlike:
        raise DataError(
            f"{where}: {unlike[0]!r} differs between the rows of a date, so its value for the "
            f"date is not known. Give it the same value in each row, or leave it out."
        )
    wide = table.assign(**{channel: names.map(columns)}).pivot_table(
        index=date, columns=channel, values=spend, aggfunc="sum", sort=False, observed=True
    )
    wide = wide[list(columns.values())].fillna(0.0)
    rest = table.groupby(date, sort=False)[keep].first()
    return rest.join(wide).rename_axis(columns=None).reset_index()


def constant_by_date(table: pd.DataFrame, date: str) -> list[str]:
    """List the columns of a long table that say the same in all rows of a date."""
    levels = table.groupby(date, sort=False).nunique(dropna=False)
    return [str(name) for name in levels.columns if (levels[name] <= 1).all()]


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
