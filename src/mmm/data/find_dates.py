"""Find the date column of a stranger's table, or say what it has instead."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field, replace
from typing import NoReturn

import pandas as pd

from mmm.data.calendar_words import (
    MONTH_WORDS,
    WEEK_WORDS,
    YEAR_WORDS,
    labels_last_day,
    may_label_last_day,
    name_words,
    names_dates,
)
from mmm.data.dates import (
    FORMS,
    complete_formats,
    infer_date_format,
    nearest,
    number_format,
    parse_dates,
)
from mmm.data.spacing import refuse_coarse, refuse_periods, too_coarse
from mmm.data.week_numbers import JOINED, is_week_format, join_weeks
from mmm.errors import DataError

#: Share of a column's values that read like dates, above which it is meant as dates.
MEANT = 0.3
#: Share of values that are years or weeks, above which a column is meant as such.
MOST = 0.9
#: Names of columns that number weeks.
COUNTED = re.compile(r"(week|wk|woche|kw|semaine|semana|settimana)", re.IGNORECASE)


@dataclass(frozen=True)
class DateColumn:
    """The column with the dates, how they are written, and which day labels a week.

    Attributes
    ----------
    table : DataFrame
        The table; where year and week stand in two columns, they are joined in the first.
    notes : list of str
        What was decided, in sentences.
    """

    table: pd.DataFrame
    name: str
    format: str
    week_column: str = ""
    week_label: str = "first_day"
    notes: list[str] = field(default_factory=list)

    @property
    def why(self) -> str:
        """How the column was recognized."""
        if self.week_column:
            return f"years, with the ISO weeks in {self.week_column!r}"
        return f"all values read as {self.format}"


def find_dates(table: pd.DataFrame, file: str) -> DateColumn:
    """Find the date column of a table.

    Raises
    ------
    DataError
        If there is none, it cannot be read, or its rows are months, quarters or years.
    """
    names = sorted(map(str, table.columns), key=lambda n: (not names_dates(n), labels_last_day(n)))
    texts = {name: text for name in names if (text := _written(table[name])) is not None}
    for name, text in texts.items():
        if complete_formats(text):
            where = f"{file}, column {name!r}"
            format_ = infer_date_format(text.tolist(), where=where, name=name)
            return _found(table, name, format_, file)
    for name, text in texts.items():
        of_weeks = number_format(text, name, f"{file}, column {name!r}")
        if of_weeks:
            return _found(table, name, of_weeks, file)
    pair = _year_and_week(table)
    if pair is None:
        _refuse(table, names, texts, file)
    found = _found(join_weeks(table, *pair, file), pair[0], JOINED, file)
    return replace(found, week_column=pair[1])


def _written(column: pd.Series) -> pd.Series | None:
    """Return a column's values as text where they may be dates; None where they cannot."""
    if _is_float(column) or pd.api.types.is_bool_dtype(column):
        return None
    text = column.dropna().astype(str).str.strip()
    if not len(text) or text.str.contains(r"\d").mean() < 0.5:
        return None
    if pd.api.types.is_integer_dtype(column):
        lengths = set(text.str.len())
        if lengths != {8} and not (lengths == {6} and text.map(_is_year_and_part).all()):
            return None
    return text


def _is_float(column: pd.Series) -> bool:
    return pd.api.types.is_float_dtype(column)


def _is_year_and_part(text: str) -> bool:
    return bool(re.fullmatch(r"(19|20)\d\d(0[1-9]|[1-4]\d|5[0-3])", text))


def _found(table: pd.DataFrame, name: str, format_: str, file: str) -> DateColumn:
    """Return the date column with what it means, unless its rows are too coarse."""
    where = f"{file}, column {name!r}"
    dates = parse_dates(table[name], date_format=format_, where=where)
    refuse_coarse(dates, where)
    notes, label = [], "first_day"
    span = f"{dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}"
    steps = pd.Series(dates.unique().sort_values()).diff()[1:]
    is_daily = len(steps) > 0 and steps.median() < pd.Timedelta(days=2)
    if is_week_format(format_):
        notes.append(f"Dates: weeks are ISO weeks, named by their Monday ({span}).")
    elif "%y" in format_:
        notes.append(f"Dates: two-digit years, read as {span}.")
    if not is_week_format(format_) and not is_daily:
        if labels_last_day(name):
            label = "last_day"
            notes.append(
                f"Dates: {name!r} is the last day of each week, so weeks begin six days earlier."
            )
        elif may_label_last_day(name):
            notes.append(
                f"Dates: {name!r} was read as the first day of each week; if it is the last, set "
                f'week_label = "last_day".'
            )
    return DateColumn(table, name, format_, week_label=label, notes=notes)


def _year_and_week(table: pd.DataFrame) -> tuple[str, str] | None:
    """Return the columns with the year and the week, where there is one of each."""

    def found(words: frozenset[str], low: int, high: int) -> list[str]:
        named = [str(n) for n in table.columns if set(name_words(n)) & words]
        return [name for name in named if _between(table[name], low, high)]

    years, weeks = found(YEAR_WORDS, 1900, 2100), found(WEEK_WORDS, 1, 53)
    return (years[0], weeks[0]) if len(years) == len(weeks) == 1 else None


def _between(column: pd.Series, low: int, high: int) -> bool:
    """Tell whether nearly all values are whole numbers between two, perhaps marked as weeks."""
    digits = column.astype(str).str.extract(r"^\D*(\d{1,4})(?:\.0)?\D*$")[0]
    return bool(digits.astype(float).between(low, high).mean() > MOST)


def _refuse(
    table: pd.DataFrame, names: list[str], texts: dict[str, pd.Series], file: str
) -> NoReturn:
    """Say what the table has in the place of dates."""
    for name in names:
        values, where = table[name].dropna().astype(str).str.strip(), f"{file}, column {name!r}"
        is_dated = name in texts or (names_dates(name) and not _is_float(table[name]))
        if len(values) and is_dated:
            refuse_periods(values, name, where)
    for name, text in texts.items():
        if nearest(text)[0].notna().mean() >= MEANT:
            infer_date_format(table[name].tolist(), where=f"{file}, column {name!r}", name=name)
    _refuse_year_and_month(table, file)
    for name in names:
        if _is_meant(name, table[name]):
            raise DataError(
                f"{file}: no column holds dates that can be read. Column {name!r} looks like "
                f"dates, first {str(table[name].dropna().iloc[0])!r}. Write them as YYYY-MM-DD "
                f"(of a week, its first day), or set `date_format` in a study file. Read are "
                f"{FORMS}."
            )
    _refuse_week_numbers(table, file)
    raise DataError(
        f"{file}: no column holds dates, so this is a cross-section without time (columns: "
        f"{', '.join(map(str, table.columns[:10]))}). Marketing mix modeling needs one row a week "
        f"with its date: carryover and season cannot be seen otherwise."
    )


def _refuse_week_numbers(table: pd.DataFrame, file: str) -> None:
    """Refuse weeks that are counted from some start, which no column names."""
    for name in map(str, table.columns):
        values = table[name].dropna()
        if not COUNTED.match(name.strip()) or not pd.api.types.is_integer_dtype(values):
            continue
        first, last, known = int(values.min()), int(values.max()), int(values.nunique())
        if known >= 2 and known >= MOST * (last - first + 1):
            raise DataError(
                f"{file}: column {name!r} numbers the weeks from {first} to {last}, and no column "
                f"has their dates or years. Season, holidays and lift tests need dates: add a "
                f"column with the first day of each week."
            )


def _refuse_year_and_month(table: pd.DataFrame, file: str) -> None:
    words = {str(name): set(name_words(name)) for name in table.columns}
    years = [name for name, said in words.items() if said & YEAR_WORDS]
    months = [name for name, said in words.items() if said & MONTH_WORDS]
    if years and months and len(table[[years[0], months[0]]].drop_duplicates()) == len(table):
        shown = f"{table[years[0]].iloc[0]}, {table[months[0]].iloc[0]} in {months[0]!r}"
        raise DataError(too_coarse(f"{file}, column {years[0]!r}", "monthly", f"first {shown}"))


def _is_meant(name: str, values: pd.Series) -> bool:
    """Tell whether a column whose dates cannot be read may be meant as dates."""
    values = values.dropna()
    if values.empty or _is_float(values) or pd.api.types.is_bool_dtype(values):
        return False
    is_text = not pd.api.types.is_numeric_dtype(values)
    text = values.head(20).astype(str)
    if names_dates(name) and (is_text or text.str.fullmatch(r"\d{4,}").all()):
        return True
    if not is_text or not text.str.contains(r"\d\D*\d\D*\d\D*\d").all():
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bool(pd.to_datetime(text, format="mixed", errors="coerce", utc=True).notna().all())
