"""What every check of a study's cells needs: the columns it names, numbers, and their weeks."""

from __future__ import annotations

import pandas as pd

from mmm.data.columns import LARGEST, numbers
from mmm.errors import DataError
from mmm.formatting import did_you_mean
from mmm.study.load import line_of
from mmm.study.study import Location, Study


def require_columns(
    table: pd.DataFrame, columns: list[tuple[Location, str]], study: Study
) -> None:
    """Insist on the columns that a study names.

    Raises
    ------
    DataError
        If the table does not have one; it names the nearest, and the line of the study.
    """
    missing = [(location, name) for location, name in columns if name not in table.columns]
    if missing:
        location, name = missing[0]
        hint = did_you_mean(name, table.columns)
        hint = f"; {hint}" if hint else "."
        known = ", ".join(table.columns[:12]) + (" ..." if len(table.columns) > 12 else "")
        raise DataError(
            f"{study.data.file}: the study names {len(missing)} column(s) that the file does not "
            f"have, first {name!r} ({_place(location, study)}){hint} The file has: "
            f"{known}. Correct the name in study.toml."
        )


def _place(location: Location, study: Study) -> str:
    """Name a key of the study file, with its line where the file is at hand."""
    key = ".".join(map(str, location))
    path = study.folder / "study.toml"
    return (
        f"{key}, line {line_of(path.read_text('utf-8-sig'), location)}" if path.is_file() else key
    )


def numeric(frame: pd.DataFrame, column: str, what: str, study: Study) -> pd.Series:
    """Return a column as floats.

    Raises
    ------
    DataError
        If a cell holds text, or a number of no plausible size.
    """
    values, bad = numbers(frame[column], low=-LARGEST, high=LARGEST)
    if bad.any():
        value = frame[column][bad].iloc[0]
        first = repr(value) if isinstance(value, str) else f"{value:g}"
        raise DataError(
            f"{study.data.file}: {what} {column!r} has {int(bad.sum())} value(s) that are not "
            f"numbers of a plausible size, first {first} {week_of(frame, bad, study)}. Remove "
            f"currency signs, thousands separators and text."
        )
    return values


def week_of(frame: pd.DataFrame, rows: pd.Series, study: Study) -> str:
    """Say when the first of some rows is, and of which region."""
    first = frame[rows].iloc[0]
    region = study.data.region
    of_whom = f" of {region} {first[region]!r}" if region and region in frame.columns else ""
    when = "on" if study.data.frequency == "daily" else "in the week of"
    return f"{when} {first[study.data.date]:%Y-%m-%d}{of_whom}"
