"""Find the column of the dates for a guess: what keeps them from being read is a problem."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mmm.data.dates import complete_formats, parse_dates
from mmm.data.draft import Frequency
from mmm.data.find_dates import find_dates
from mmm.data.words import read_name
from mmm.errors import DataError


@dataclass(frozen=True)
class FoundDate:
    """Where the dates are, or why there are none.

    Attributes
    ----------
    table : DataFrame
        The table; where year and week stand in two columns, they are joined in the first.
    column : str or None
        The column of the dates; None where none can be read.
    format : str
        The one format that reads them all.
    why : str
        How they were recognized.
    others : tuple of str
        Further columns of dates.
    frequency : {"day", "week", "month"}
        From one date to the next.
    week_column : str
        The column of the weeks, beside one of the years.
    week_label : {"first_day", "last_day"}
        Which day of a week its date is.
    notes : tuple of str
        What was decided.
    problem : str
        Why the dates cannot be used; empty where they can.
    """

    table: pd.DataFrame
    column: str | None
    format: str = ""
    why: str = ""
    others: tuple[str, ...] = ()
    frequency: Frequency = "week"
    week_column: str = ""
    week_label: str = "first_day"
    notes: tuple[str, ...] = ()
    problem: str = ""


def find_date(table: pd.DataFrame, file: str, told: str | None = None) -> FoundDate:
    """Find the dates by their values; of several columns the first day of the week wins."""
    names = sorted(map(str, table.columns), key=lambda name: read_name(name).says("ending"))
    try:
        found = find_dates(table[names] if told is None else table[[told]], file)
        where = f"{file}, column {found.name!r}"
        dates = parse_dates(found.table[found.name], date_format=found.format, where=where)
    except DataError as error:
        coarse: Frequency = "month" if "month" in str(error) else "week"
        return FoundDate(table, None, frequency=coarse, problem=str(error))
    others = [n for n in names if n not in (found.name, found.week_column) and _is_date(table[n])]
    return FoundDate(
        table=table.assign(**{found.name: found.table[found.name]}),
        column=found.name,
        format=found.format,
        why=found.why,
        others=tuple(others),
        frequency=_frequency(dates),
        week_column=found.week_column,
        week_label=found.week_label,
        notes=tuple(found.notes),
    )


def _frequency(dates: pd.DatetimeIndex) -> Frequency:
    step = pd.Series(dates.unique().sort_values()).diff()[1:].median()
    return "day" if pd.notna(step) and step < pd.Timedelta(days=2) else "week"


def _is_date(values: pd.Series) -> bool:
    """Tell whether all values of a column are written dates."""
    if pd.api.types.is_numeric_dtype(values):
        return False
    text = values.dropna().astype(str).str.strip()
    return len(text) > 0 and bool(text.str.contains(r"\d").all()) and bool(complete_formats(text))
