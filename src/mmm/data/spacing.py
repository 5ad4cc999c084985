"""Insist on one row a week or a day, and say why months cannot be used."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from mmm.data.calendar_words import in_english, names_dates
from mmm.errors import DataError

WEEK = pd.Timedelta(days=7)
MONTH_FORMATS = (
    *(f"%Y{s}%m" for s in ("-", "/", ".", "")),
    *(f"%m{s}%Y" for s in "/.-"),
    *(f"%b{s}{y}" for s in " -/." for y in ("%y", "%Y")),
    *(f"%Y{s}%b" for s in " -"),
    "%b%y",
    "%b. %Y",
)
QUARTER = re.compile(
    r"(19|20)\d\d[-/ ]*[QT][1-4]|[QT][1-4][-/ ]*((19|20)?\d\d)|"
    r"[1-4]\.? ?(quart\w*|trim\w*|q|t)[-/ ]*((19|20)?\d\d)",
    re.IGNORECASE,
)
YEAR = re.compile(r"(19|20)\d\d")
#: Days from one row to the next of data that are too coarse, and what they are called.
COARSE = {(28, 31): "monthly", (89, 92): "quarterly", (365, 366): "yearly"}


def refuse_periods(text: pd.Series, name: object, where: str) -> None:
    """Refuse months, quarters and years that are written as such.

    Raises
    ------
    DataError
        If all values are months, quarters, or years of which each stands once.
    """
    period = periods(text, name)
    if period:
        raise DataError(too_coarse(where, period, f"first {text.iloc[0]!r}"))


def periods(text: pd.Series, name: object) -> str:
    """Return ``monthly``, ``quarterly`` or ``yearly`` where that is what a column holds."""
    values = text.drop_duplicates()
    english = values.map(lambda value: in_english(value, long=False))
    if any(
        pd.to_datetime(english, format=f, errors="coerce").notna().all() for f in MONTH_FORMATS
    ):
        return "monthly"
    if values.map(lambda value: bool(QUARTER.fullmatch(value))).all():
        return "quarterly"
    years = values.map(lambda value: bool(YEAR.fullmatch(value))).all()
    return "yearly" if years and names_dates(name) and len(values) == len(text) else ""


def refuse_coarse(dates: pd.DatetimeIndex, where: str) -> None:
    """Refuse dates that are a month, a quarter or a year apart.

    Raises
    ------
    DataError
        If the usual step between different dates is that long.
    """
    days = pd.Series(dates.unique().sort_values())
    typical = days.diff()[1:].median() / pd.Timedelta(days=1) if len(days) > 2 else 0
    for (low, high), period in COARSE.items():
        if low <= typical <= high:
            shown = f"{days.iloc[0]:%Y-%m-%d}, then {days.iloc[1]:%Y-%m-%d}"
            raise DataError(too_coarse(where, period, shown))


def too_coarse(where: str, period: str, shown: str) -> str:
    """Return why months, quarters or years cannot be used, and what can."""
    noun = {"monthly": "months", "quarterly": "quarters", "yearly": "years"}[period]
    return (
        f"{where}: the data are {period} ({shown}), but weekly or daily rows are needed. "
        f"{noun.capitalize()} cannot be split into weeks: they do not say in which week money was "
        f"spent and what followed from it, which is what carryover is learned from. Ask for the "
        f"same figures by week or by day: ad platforms and shop systems export both."
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
        refuse_coarse(weeks, where)
        remedy = (
            'aggregate the data to one row a week, or to one a day with frequency = "daily"'
            if typical < WEEK
            else "ask for the same figures by week or by day"
        )
        raise DataError(
            f"{where}: rows are typically {typical / WEEK * 7:g} day(s) apart, not {days} (first "
            f"{weeks[0]:%Y-%m-%d}, then {weeks[1]:%Y-%m-%d}). Carryover is measured in weeks: "
            f"{remedy}."
        )
    at = int(np.flatnonzero(steps != step)[0])
    missing = max(round((weeks[at + 1] - weeks[at]) / step) - 1, 0)
    raise DataError(
        f"{where}: {int((steps != step).sum())} break(s) in the {spacing} spacing, first between "
        f"{weeks[at]:%Y-%m-%d} and {weeks[at + 1]:%Y-%m-%d} ({missing} {row}(s) missing). "
        f"Carryover assumes equal spacing: add the missing rows (zero spend where there was none, "
        f"the real KPI)."
    )
