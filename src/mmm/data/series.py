"""Take a file of many series apart: the rows, the currency and the bought channels of each."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mmm.data.columns import numbers
from mmm.data.names import one_spelling
from mmm.data.reshape import spend_column
from mmm.errors import DataError, StudyError
from mmm.formatting import did_you_mean, listing, plural
from mmm.study.study import Study


@dataclass(frozen=True)
class OneSeries:
    """What a file says of one series."""

    name: str
    rows: pd.DataFrame  #: Its rows as they were read, without the column of the series.
    currency: str
    bought: tuple[str, ...]  #: Channels of the study that vary in these rows.
    #: Channels that do not, which a study of this series leaves out.
    left_out: tuple[str, ...]


def split_series(table: pd.DataFrame, study: Study) -> list[OneSeries]:
    """Return the series of a file in the order in which they first appear.

    Parameters
    ----------
    table : DataFrame
        The raw table.
    study : Study
        A study with ``[data] series``.

    Raises
    ------
    DataError
        If a column is missing, a row names no series or no currency, a series has several
        currencies, or has two rows for one date.
    StudyError
        If the study has lift tests, which do not say of which series they are.
    """
    spec, where = study.data, study.data.file
    names = names_of(table, str(spec.series), where)
    if study.lift_tests:
        raise StudyError(
            f"{study.name}: [[lift_tests]] do not say of which series they are. Run that series "
            f"as a study of its own, with [data] market instead of series."
        )
    if spec.currency_column is not None:
        _require(table, spec.currency_column, where)
    return [_one(name, table[names == name], study) for name in dict.fromkeys(names)]


def names_of(table: pd.DataFrame, column: str, where: str) -> pd.Series:
    """Return the name of the series of each row.

    Raises
    ------
    DataError
        If there is no such column, or a row names no series.
    """
    _require(table, column, where)
    return _names(table[column], where)


def _require(table: pd.DataFrame, name: str, where: str) -> None:
    if name not in table.columns:
        columns = list(map(str, table.columns))
        hint = did_you_mean(name, columns) or f"it has {', '.join(columns[:12])}"
        raise DataError(f"{where}: there is no column {name!r} to tell series apart; {hint}.")


def _names(column: pd.Series, where: str) -> pd.Series:
    """Return texts without blanks around them; refuse rows without one."""
    text = column.astype(object).where(column.notna(), "").astype(str).map(one_spelling)
    empty = text == ""
    if empty.any():
        first = int(empty.to_numpy().argmax()) + 1
        raise DataError(
            f"{where}: {plural(int(empty.sum()), 'row')} without a name in {column.name!r}, first "
            f"data row {first}. Fill them or remove these rows."
        )
    return text


def _one(name: str, rows: pd.DataFrame, study: Study) -> OneSeries:
    spec, where = study.data, study.data.file
    currency = study.currency
    if spec.currency_column is not None:
        codes = list(dict.fromkeys(_names(rows[spec.currency_column], where)))
        if len(codes) > 1:
            raise DataError(
                f"{where}: {spec.series} {name!r} has rows in {listing(codes)}. Its amounts have "
                f"no sum: convert them, or give each currency a series of its own."
            )
        currency = codes[0]
    _require_one_row(name, rows, study)
    bought = _bought(rows, study)
    left_out = tuple(c for c in study.channels if c not in bought)
    return OneSeries(name, rows.drop(columns=str(spec.series)), currency, bought, left_out)


def _require_one_row(name: str, rows: pd.DataFrame, study: Study) -> None:
    """Refuse two rows of a series for one date, where a date has one row."""
    spec = study.data
    if spec.channel_column is not None or spec.region_columns or spec.market is not None:
        return
    keys = [key for key in (spec.date, spec.week_column) if key is not None and key in rows]
    twice = rows.duplicated(keys, keep=False) if keys else pd.Series(dtype=bool)
    if twice.any():
        first = rows[twice].iloc[0]
        same = (rows[keys] == first[keys]).all(axis=1)
        date = " ".join(str(first[key]) for key in keys)
        raise DataError(
            f"{spec.file}: {spec.series} {name!r} has {int(same.sum())} rows for {date}, data "
            f"rows {listing([str(int(i) + 1) for i in rows.index[same][:5]])}. Which one counts "
            f"cannot be guessed: remove or add up the others."
        )


def _bought(rows: pd.DataFrame, study: Study) -> tuple[str, ...]:
    """Return the channels whose spend, and exposure, varies."""
    spec = study.data
    if spec.channel_column is not None and spec.spend_column is not None:
        amount, _ = numbers(rows[spec.spend_column])
        sums = amount.fillna(0.0).groupby(rows[spec.channel_column].map(spend_column)).sum()
        return tuple(n for n, c in study.channels.items() if sums.get(c.spend, 0.0) != 0)
    found = []
    for name, channel in study.channels.items():
        columns = [c for c in (channel.spend, channel.exposure) if c is not None]
        # a column that the file lacks, or that is no number, is named when the study is checked
        values = [numbers(rows[c])[0].fillna(0.0) for c in columns if c in rows]
        if len(values) < len(columns) or all((v != v.iloc[0]).any() for v in values):
            found.append(name)
    return tuple(found)
