"""Read a date column by the one format that fits, and insist on one row a week."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.calendar_words import in_english
from mmm.data.spacing import WEEK, refuse_periods
from mmm.data.week_numbers import (
    is_week_format,
    plain_format,
    week_format,
    weeks_in,
    weeks_or_months,
)
from mmm.errors import DataError

#: From the first day of a week to its last.
LAST_DAY = pd.Timedelta(days=6)
#: First and last date that a model file may hold (`mmm.model.parts.Day`).
EARLIEST, LATEST = pd.Timestamp(1900, 1, 1), pd.Timestamp(2200, 1, 1)
#: Two-digit years from 50 on are of the last century; the rule asks no clock.
FIRST_OF_OLD = 50
MONTH_NAMES = ("%B", "%b")
DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M",
    *(f"%Y-%m-%d{t}%H:%M:%S{f}" for t in " T" for f in (".%f", "%z", ".%f%z")),
    "%Y%m%d",
    *(f"%Y{s}%m{s}%d" for s in "/. "),
    *(f"%d{s}%m{s}%Y" for s in "/.- "),
    *(f"%m{s}%d{s}%Y" for s in "/-. "),
    "%d. %m. %Y",
    *(f"%m{s}%d{s}%y" for s in "/-. "),
    *(f"%d{s}%m{s}%y" for s in "/.- "),
    *(f"%y{s}%m{s}%d" for s in "-/. "),
    "%d. %m. %y",
    *(
        f"{order.replace('/', s)} {time}"
        for order in ("%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d")
        for s in "/.-"
        for time in ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
        if (order, s) != ("%Y/%m/%d", "-")
    ),
    *(f"%d{s}{m}{s}%Y" for m in MONTH_NAMES for s in " -/."),
    *(f"%d. {m} %Y" for m in MONTH_NAMES),
    *(f"{m} %d{s} %Y" for m in MONTH_NAMES for s in (",", "")),
    *(f"%Y{s}{m}{s}%d" for m in MONTH_NAMES for s in " -"),
    *(f"%d{s}{m}{s}%y" for m in MONTH_NAMES for s in " -/."),
    *(f"%d. {m} %y" for m in MONTH_NAMES),
    *(f"{m} %d{s} %y" for m in MONTH_NAMES for s in (",",)),
)
#: What the messages say of the forms that are read.
FORMS = (
    "dates such as 2024-01-31, 31.01.2024, 31/01/24, 31 Jan 2024 or 20240131, weeks such as "
    "2024-W05, KW 5/2024 or 202405"
)
OFFSET = re.compile(r"\s*(?:Z|UTC|[+-]\d{2}:?\d{2})$")
#: Values of a column that are tried first: a format that reads none of them is not its format.
HEAD = 20


def share_of_days(weeks: pd.DatetimeIndex, start: object, end: object) -> Array:
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

    Months may be named in seven languages, two-digit years are of 1950 to 2049, and ISO weeks
    (``%G-W%V``) become their Mondays.

    Examples
    --------
    >>> dates_in(pd.Series(["2024-01-01T00:00:00+01:00"]), "%Y-%m-%dT%H:%M:%S%z")[0]
    Timestamp('2024-01-01 00:00:00')
    >>> dates_in(pd.Series(["3 févr. 2022"]), "%d %b %Y")[0]
    Timestamp('2022-02-03 00:00:00')
    """
    if is_week_format(format_):
        return weeks_in(text, format_)
    named = next((name for name in MONTH_NAMES if name in format_), None)
    if named:
        english = {t: in_english(t, long=named == "%B") for t in text.unique()}
        text = text.map(english)
    if format_.endswith("%z"):
        bare = text.str.replace(OFFSET, "", regex=True).where(text.str.contains(OFFSET))
        return pd.to_datetime(bare, format=format_[:-2].rstrip(), errors="coerce")
    dates = pd.to_datetime(text, format=format_, errors="coerce", utc="%z" in format_.lower())
    dates = dates.dt.tz_localize(None)
    if "%y" not in format_:
        return dates
    century = pd.Timestamp(2000 + FIRST_OF_OLD, 1, 1)
    return dates.where(dates < century, dates - pd.DateOffset(years=100))


def infer_date_format(values: Sequence[object], *, where: str, name: object = "") -> str:
    """Find the one date format that reads every value.

    Parameters
    ----------
    values : sequence
        Dates as they are written.
    where : str
        File and column, for errors.
    name : str
        Name of the column, which may say whether 2022/01 is a week or a month.

    Returns
    -------
    str
        A :func:`~datetime.datetime.strptime` format, or one of ISO weeks. Where several read
        everything (day and month swapped), the one with weekly spacing wins.

    Raises
    ------
    DataError
        If no format reads all values, two read them and spacing decides for neither, or the
        values are months, quarters or years.
    """
    text = pd.Series(values).astype(str).str.strip()
    formats = complete_formats(text)
    if not formats:
        format_ = number_format(text, name, where)
        if format_:
            return format_
        refuse_periods(text, name, where)
        _refuse_unknown(text, where)
    return _spaced_right(formats, text.iloc[0], where)


def complete_formats(text: pd.Series) -> dict[str, pd.Series]:
    """Return the formats that read all values, each with the distinct dates that it reads."""
    text = text.drop_duplicates()
    week = week_format(text.iloc[0])
    found = {}
    for format_ in (*([week] if week else []), *DATE_FORMATS):
        if dates_in(text.head(HEAD), format_).notna().all():
            dates = dates_in(text, format_)
            if dates.notna().all():
                found[format_] = dates.drop_duplicates().sort_values()
    return found


def number_format(text: pd.Series, name: object, where: str) -> str | None:
    """Return the format of years with a number, where the numbers are weeks; else None.

    Raises
    ------
    DataError
        If the numbers can be weeks as well as months.
    """
    format_ = plain_format(text.iloc[0])
    if format_ is None or not all(plain_format(value) == format_ for value in text.unique()):
        return None
    if weeks_or_months(text, name, where) == "months":
        return None
    if weeks_in(text, format_).isna().any():
        _refuse_unparsable(text, weeks_in(text, format_), format_, where)
    return format_


def _spaced_right(formats: dict[str, pd.Series], first: str, where: str) -> str:
    """Return the format whose dates are spaced as data are: weekly, then daily or monthly."""
    tests = (is_weekly, _is_daily_or_monthly, _is_mostly_regular)
    fitting = formats
    for test in tests:
        kept = {format_: dates for format_, dates in formats.items() if test(dates)}
        if kept:
            fitting = kept
            break
    chosen, *others = fitting
    for other in others:
        if fitting[other].tolist() != fitting[chosen].tolist():
            one, two = (dates_in(pd.Series([first]), f)[0] for f in (chosen, other))
            raise DataError(
                f"{where}: dates such as {first!r} can be read as {chosen} or {other}, that is as "
                f"{one:%Y-%m-%d} or {two:%Y-%m-%d}, with day, month or year swapped. Rewrite the "
                f"dates as YYYY-MM-DD, or set `date_format` in the study file."
            )
    return chosen


def is_weekly(dates: pd.Series) -> bool:
    """Tell whether dates, in any order, are seven days apart."""
    return bool((dates.sort_values().diff()[1:] == WEEK).all())


def _is_daily_or_monthly(dates: pd.Series) -> bool:
    days = dates.sort_values().diff()[1:].dt.days
    return bool((days == 1).all() or days.between(28, 31).all())


def _is_mostly_regular(dates: pd.Series) -> bool:
    days = dates.sort_values().diff()[1:].dt.days
    return bool((days == 7).mean() > 0.5 or (days == 1).mean() > 0.5)


def nearest(text: pd.Series) -> tuple[pd.Series, str]:
    """Return the dates of the format that reads most values, and that format."""
    week = week_format(text.iloc[0])
    formats = [*([week] if week else []), *DATE_FORMATS]
    head = text.head(10 * HEAD)
    best = max(formats, key=lambda format_: int(dates_in(head, format_).notna().sum()))
    return dates_in(text, best), best


def _refuse_unknown(text: pd.Series, where: str) -> NoReturn:
    dates, format_ = nearest(text)
    if dates.notna().any():
        _refuse_unparsable(text, dates, format_, where)
    raise DataError(
        f"{where}: {len(text)} of {len(text)} dates are not understood, first {text.iloc[0]!r} in "
        f"data row 1. Read are {FORMS}. Rewrite them, or set `date_format` in the study file."
    )


def _refuse_unparsable(text: pd.Series, dates: pd.Series, format_: str, where: str) -> NoReturn:
    bad = dates.isna()
    row = int(np.flatnonzero(bad)[0])
    some = f"{bad.sum()} of {len(text)} dates are not in the format {format_}"
    why = " (there is no such ISO week)" if is_week_format(format_) else ""
    raise DataError(
        f"{where}: {some}, first {text.iloc[row]!r} in data row {row + 1}{why}. Use one format "
        f"for all dates (best YYYY-MM-DD), or set `date_format` in the study file."
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
    format_ = date_format or infer_date_format(text.tolist(), where=where, name=column.name)
    dates = dates_in(text, format_)
    if dates.isna().any():
        _refuse_unparsable(text, dates, format_, where)
    _require_plausible(text, dates, where)
    return pd.DatetimeIndex(dates).normalize()


def first_days(dates: pd.DatetimeIndex, week_label: str) -> pd.DatetimeIndex:
    """Return the first day of each week, whichever day labels it in the file."""
    return dates - LAST_DAY if week_label == "last_day" else dates


def _require_plausible(text: pd.Series, dates: pd.Series, where: str) -> None:
    outside = ((dates < EARLIEST) | (dates > LATEST)).to_numpy()
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise DataError(
            f"{where}: {outside.sum()} of {len(text)} dates are not between {EARLIEST:%Y-%m-%d} "
            f"and {LATEST:%Y-%m-%d}, first {text.iloc[row]!r} in data row {row + 1}. Correct "
            f"them, or remove the rows."
        )
