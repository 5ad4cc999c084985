"""Read a date column by the one format that fits, and insist on one row a week."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm.errors import DataError

WEEK = pd.Timedelta(days=7)
#: From the first day of a week to its last.
LAST_DAY = pd.Timedelta(days=6)
#: First and last date that a model file may hold (`models.form.Day`).
EARLIEST, LATEST = pd.Timestamp(1900, 1, 1), pd.Timestamp(2200, 1, 1)
DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%Y%m%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%d. %m. %Y",
    "%Y-%m-%dT%H:%M",
    *(f"%Y-%m-%d{t}%H:%M:%S{f}" for t in " T" for f in (".%f", "%z", ".%f%z")),
)
OFFSET = re.compile(r"\s*(?:Z|UTC|[+-]\d{2}:?\d{2})$")


def share_of_days(weeks: pd.DatetimeIndex, start: object, end: object) -> NDArray[np.float64]:
    """Return the share of each week's days that lie between two dates.

    Parameters
    ----------
    weeks : DatetimeIndex, shape (n_weeks,)
        First day of each week.

    Examples
    --------
    >>> share_of_days(pd.DatetimeIndex(["2024-01-01", "2024-01-08"]), "2024-01-06", "2024-01-14")
    array([0.28571429, 1.        ])
    """
    first = np.maximum(weeks, pd.Timestamp(start))
    last = np.minimum(weeks + LAST_DAY, pd.Timestamp(end))
    days = np.asarray((last - first) / pd.Timedelta(days=1), dtype=float) + 1
    return np.clip(days, 0.0, 7.0) / 7.0


def mondays(dates: pd.Series) -> pd.Series:
    """Return the Monday of each date's week."""
    return dates - pd.to_timedelta(dates.dt.day_of_week, unit="D")


def dates_in(text: pd.Series, format_: str) -> pd.Series:
    """Read dates in one format; what is not in it is NaT.

    Examples
    --------
    >>> dates_in(pd.Series(["2024-01-01T00:00:00+01:00"]), "%Y-%m-%dT%H:%M:%S%z")[0]
    Timestamp('2024-01-01 00:00:00')
    """
    if not format_.endswith("%z"):
        dates = pd.to_datetime(text, format=format_, errors="coerce", utc="%z" in format_.lower())
        return dates.dt.tz_localize(None)
    bare = text.str.replace(OFFSET, "", regex=True).where(text.str.contains(OFFSET))
    return pd.to_datetime(bare, format=format_[:-2].rstrip(), errors="coerce")


def infer_date_format(values: Sequence[object], *, where: str) -> str:
    """Find the one date format that reads every value.

    Returns
    -------
    str
        A :func:`~datetime.datetime.strptime` format. Where both day-first and month-first
        read everything, the one with weekly spacing wins.

    Raises
    ------
    DataError
        If no format reads all values, or two read them and neither is weekly.
    """
    text = pd.Series(values).astype(str).str.strip()
    parsed = {format_: dates_in(text, format_) for format_ in DATE_FORMATS}
    complete = {format_: dates for format_, dates in parsed.items() if dates.notna().all()}
    if not complete:
        best = max(parsed, key=lambda format_: int(parsed[format_].notna().sum()))
        _refuse_unparsable(text, parsed[best], best, where)
    weekly = {format_: dates for format_, dates in complete.items() if is_weekly(dates)}
    fitting = weekly or complete
    first, *others = fitting
    for other in others:
        if not fitting[other].equals(fitting[first]):
            raise DataError(
                f"{where}: dates such as {text.iloc[0]!r} can be read as {first} or {other}, that "
                f"is with day and month swapped. Rewrite the dates as YYYY-MM-DD."
            )
    return first


def is_weekly(dates: pd.Series) -> bool:
    """Tell whether dates, in any order, are seven days apart."""
    return bool((dates.sort_values().diff()[1:] == WEEK).all())


def _refuse_unparsable(text: pd.Series, dates: pd.Series, format_: str, where: str) -> NoReturn:
    bad = dates.isna()
    row = int(np.flatnonzero(bad)[0])
    some = f"{bad.sum()} of {len(text)} dates are not in the format {format_}"
    raise DataError(
        f"{where}: {some}, first {text.iloc[row]!r} in data row {row + 1}. "
        f"Use one format for all dates (best YYYY-MM-DD), or set `date_format` in the study file."
    )


def _require_format(format_: str, text: pd.Series, where: str) -> None:
    """Refuse a declared format that pandas cannot use, or that only tells it to guess."""
    reason = "" if "%" in format_ else "it names no part of a date, such as %Y"
    try:
        dates_in(text, format_)
    except (ValueError, TypeError, LookupError, ArithmeticError, re.error) as error:
        reason = str(error)
    if reason:
        raise DataError(
            f"{where}: date_format {format_!r} cannot be used ({reason}). Write it as the dates "
            f"are written, e.g. '%Y-%m-%d' for 2024-01-31 or '%d/%m/%Y' for 31/01/2024, or leave "
            f"date_format out."
        )


def parse_dates(column: pd.Series, *, date_format: str | None, where: str) -> pd.DatetimeIndex:
    """Read a date column by its declared format, or by the only one that fits.

    Raises
    ------
    DataError
        If a value is empty, not in the format or outside 1900 to 2200, or the format cannot be
        used.
    """
    if column.isna().any():
        row = int(np.flatnonzero(column.isna())[0]) + 1
        raise DataError(
            f"{where}: {column.isna().sum()} dates are empty, first in data row {row}. "
            f"Fill them or remove the rows."
        )
    text = column.astype(str).str.strip()
    if date_format is not None:
        _require_format(date_format, text, where)
    format_ = date_format or infer_date_format(text.tolist(), where=where)
    dates = dates_in(text, format_)
    if dates.isna().any():
        _refuse_unparsable(text, dates, format_, where)
    _require_plausible(text, dates, where)
    return pd.DatetimeIndex(dates).normalize()


def _require_plausible(text: pd.Series, dates: pd.Series, where: str) -> None:
    outside = ((dates < EARLIEST) | (dates > LATEST)).to_numpy()
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise DataError(
            f"{where}: {outside.sum()} of {len(text)} dates are not between {EARLIEST:%Y-%m-%d} "
            f"and {LATEST:%Y-%m-%d}, first {text.iloc[row]!r} in data row {row + 1}. Correct "
            f"them, or remove the rows."
        )


def require_spacing(weeks: pd.DatetimeIndex, where: str, *, days: int = 7) -> None:
    """Insist on one row a week, or one a day.

    Raises
    ------
    DataError
        If a date is repeated or two neighbours are not that far apart.
    """
    step, row = pd.Timedelta(days=days), "day" if days == 1 else "week"
    spacing = "daily" if days == 1 else "weekly"
    repeated = weeks[weeks.duplicated()]
    if len(repeated):
        raise DataError(
            f"{where}: {len(repeated)} of {len(weeks)} rows repeat a date, first "
            f"{repeated[0]:%Y-%m-%d}. One row a {row} is needed: sum the rows of a {row}, or "
            f"pick one market."
        )
    steps = pd.Series(weeks).diff()[1:]
    if (steps == step).all():
        return
    typical = steps.median()
    if typical != step:
        raise DataError(
            f"{where}: rows are typically {typical / WEEK * 7:g} day(s) apart, not {days} (first "
            f"{weeks[0]:%Y-%m-%d}, then {weeks[1]:%Y-%m-%d}). Carryover is measured in weeks: "
            f'aggregate the data to one row a week, or to one a day with frequency = "daily".'
        )
    at = int(np.flatnonzero(steps != step)[0])
    missing = max(round((weeks[at + 1] - weeks[at]) / step) - 1, 0)
    raise DataError(
        f"{where}: {int((steps != step).sum())} break(s) in the {spacing} spacing, first between "
        f"{weeks[at]:%Y-%m-%d} and {weeks[at + 1]:%Y-%m-%d} ({missing} {row}(s) missing). "
        f"Carryover assumes equal spacing: add the missing rows (zero spend where there was none, "
        f"the real KPI)."
    )
