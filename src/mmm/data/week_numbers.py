"""Read weeks that are written as numbers (2022-W01, KW 1/2022, 202201): ISO weeks, by Monday."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

import pandas as pd

from mmm.data.calendar_words import MONTH_WORDS, WEEK_MARKS, WEEK_WORDS, bare, name_words
from mmm.errors import DataError

#: What a week format is made of: ISO year (four digits or two), ISO week, day of the week.
PARTS = {
    "%G": r"(?P<G>\d{4})",
    "%g": r"(?P<g>\d{2})",
    "%V": r"(?P<V>\d{1,2})",
    "%u": r"(?P<u>[1-7])",
}
MARK = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)?")
YEAR_AND_PART = re.compile(
    r"(?P<year>(19|20)\d\d)[-/. ]?(?P<part>\d\d?)|(?P<p>\d\d?)[-/. ](?P<y>(19|20)\d\d)"
)
#: Months of a year; a number above it is a week.
MONTHS = 12
JOINED = "%G-W%V"


def is_week_format(format_: str) -> bool:
    """Tell whether a format names an ISO week."""
    return "%V" in format_ and ("%G" in format_ or "%g" in format_)


def week_format(value: str) -> str | None:
    """Return the format of a week that is marked as one (W, KW, week, semaine, ...).

    Examples
    --------
    >>> [week_format(text) for text in ("2022-W01", "KW 1/2022", "2022W011", "2022-01")]
    ['%G-W%V', 'KW %V/%G', None, None]
    """
    marks = MARK.findall(value)
    if len(marks) != 1 or bare(marks[0]) not in WEEK_MARKS.split("|"):
        return None
    groups = list(re.finditer(r"\d+", value))
    mark = value.index(marks[0])
    years = [g for g in groups if len(g[0]) == 4]
    shorts = [g for g in groups if len(g[0]) <= 2]
    if len(years) + len(shorts) != len(groups) or not 2 <= len(groups) <= 3 or len(years) > 1:
        return None
    if not years:
        week = min(shorts, key=lambda g: (g.start() < mark, g.start()))
        years = [g for g in shorts if g is not week and len(g[0]) == 2]
    year = years[0] if years else None
    rest = [g for g in groups if g is not year]
    if year is None or (
        len(rest) == 2 and (rest[1].start() < year.start() or len(rest[1][0]) > 1)
    ):
        return None
    keys = {year.start(): "%G" if len(year[0]) == 4 else "%g", rest[0].start(): "%V"}
    keys |= {group.start(): "%u" for group in rest[1:]}
    return re.sub(r"\d+", lambda group: keys[group.start()], value)


def plain_format(value: str) -> str | None:
    """Return the format of a year and a number without a mark, which may be a month as well.

    Examples
    --------
    >>> [plain_format(text) for text in ("2022-01", "202201", "1/2022", "2022")]
    ['%G-%V', '%G%V', '%V/%G', None]
    """
    match = YEAR_AND_PART.fullmatch(value)
    if not match or (match["year"] and value.isdigit() and len(value) != 6):
        return None
    year, part = ("year", "part") if match["year"] else ("y", "p")
    between = re.sub(r"\d", "", value)
    return f"%G{between}%V" if match.start(year) < match.start(part) else f"%V{between}%G"


def weeks_in(text: pd.Series, format_: str) -> pd.Series:
    """Read weeks in one format as their Mondays; what is not in it is NaT.

    Examples
    --------
    >>> weeks_in(pd.Series(["2020-W53", "2021-W53"]), "%G-W%V").tolist()
    [Timestamp('2020-12-28 00:00:00'), NaT]
    """
    pattern = re.escape(format_.replace(" ", "")).replace(r"\%", "%")
    for key, part in PARTS.items():
        pattern = pattern.replace(key, part)
    form = re.compile(pattern, re.IGNORECASE)
    known = {value: _monday(form.fullmatch(re.sub(r"\s", "", value))) for value in set(text)}
    return pd.to_datetime(text.map(known))


def _monday(match: re.Match[str] | None) -> dt.date | None:
    if match is None:
        return None
    parts = match.groupdict()
    year = int(parts["G"]) if parts.get("G") else 2000 + int(parts["g"])
    try:
        return dt.date.fromisocalendar(year, int(parts["V"]), int(parts.get("u") or 1))
    except ValueError:
        return None


def weeks_or_months(text: pd.Series, name: object, where: str) -> Literal["weeks", "months"]:
    """Tell whether years with a number are weeks or months.

    Raises
    ------
    DataError
        If they can be both.
    """
    pairs = set()
    for value in text.unique():
        match = YEAR_AND_PART.fullmatch(value)
        if match:
            pairs.add((int(match["year"] or match["y"]), int(match["part"] or match["p"])))
    if any(part > MONTHS for _, part in pairs):
        return "weeks"
    order = sorted(year * MONTHS + part for year, part in pairs)
    years = {year for year, _ in pairs}
    if len(years) > 1 and order == list(range(order[0], order[-1] + 1)):
        return "months"
    words = set(name_words(name))
    if words & WEEK_WORDS:
        return "weeks"
    if words & MONTH_WORDS:
        return "months"
    raise DataError(
        f"{where}: values such as {text.iloc[0]!r} can be read as weeks or as months of a year. "
        f"Write weeks as 2022-W01, or write the first day of each week as YYYY-MM-DD."
    )


def join_weeks(table: pd.DataFrame, date: str, week: str, where: str) -> pd.DataFrame:
    """Join a column of years and one of weeks to weeks such as 2022-W01, in place of the years.

    Raises
    ------
    DataError
        If a column is missing, or a row has no year or no week.
    """
    missing = [name for name in (date, week) if name not in table]
    if missing:
        raise DataError(
            f"{where}: column {missing[0]!r} is missing. Year and week stand in the columns "
            f"{date!r} and {week!r}."
        )
    years = table[date].map(_whole).str.extract(r"^((?:19|20)\d\d)$")[0]
    weeks = table[week].map(_whole).str.extract(r"^\D*(\d{1,2})\D*$")[0]
    bad = (years.isna() | weeks.isna()).to_numpy()
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"{where}: data row {row + 1} has year {table[date].iloc[row]!r} and week "
            f"{table[week].iloc[row]!r}, which name no week. Correct the row, or delete it."
        )
    return table.assign(**{date: years + "-W" + weeks.str.zfill(2)}).drop(columns=week)


def _whole(value: object) -> str:
    """Return a cell as text; 2022.0 is 2022."""
    return re.sub(r"\.0$", "", str(value)).strip()
