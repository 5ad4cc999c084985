"""Read the numbers of a table by one convention for the whole file, exactly, or refuse them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from mmm.errors import DataError, shortened


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Signs and codes of currencies, and the code that each stands for.
SYMBOLS = {
    **{"$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "R$": "BRL"},
    **{"A$": "AUD", "C$": "CAD", "zł": "PLN", "₩": "KRW", "₺": "TRY", "₽": "RUB", "₪": "ILS"},
    **{"kr": "kr", "kr.": "kr", "Fr.": "CHF", "SFr.": "CHF", "Rs": "INR", "Rs.": "INR"},
    **{"₴": "UAH", "Kč": "CZK", "Ft": "HUF", "Euro": "EUR"},
}
CODES = _words(
    "USD EUR GBP JPY CHF CAD AUD NZD SEK NOK DKK PLN CZK HUF RON BGN TRY RUB UAH BRL MXN ARS CLP "
    "COP PEN INR CNY RMB HKD SGD TWD KRW THB IDR MYR PHP VND ZAR AED SAR ILS EGP NGN KES"
)
PERCENT = "%"
UNITS = {name.casefold(): code for name, code in SYMBOLS.items()}
UNITS |= {code.casefold(): code for code in CODES} | {PERCENT: PERCENT, "％": PERCENT}
#: What programs write in the place of a number that they do not have.
ERROR_WORDS = _words(
    "#n/a #na #ref! #div/0! #value! #name? #num! #null! #spill! #calc! #getting_data #error! null "
    "nan na n/a none nil - -- – — ? inf +inf -inf infinity -infinity <na>"
)

_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_SIGN = r"[+-]?"
_NEUTRAL = r"[1-9]\d{0,2}(?:(?P<gap>[ '])\d{3}(?:(?P=gap)\d{3})*)"
WITH_UNIT = re.compile(
    rf"({_SIGN})\s*({_UNIT})?\s*({_SIGN})\s*([\d.,][\d.,' ]*?(?:e[+-]?\d+)?)\s*({_UNIT})?",
    re.IGNORECASE,
)
#: Most numbers of most files: whole, or with so many decimals that they are no group.
PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.(?:\d\d?|\d{4,}))?")
BEYOND_DIGITS = re.compile(r"[^\d.,+\-' ]")
#: Numbers that mean the same whatever point and comma mean.
WHOLE = re.compile(rf"{_SIGN}(?:\d+\.?|{_NEUTRAL})")
#: Numbers with a decimal point, and with a decimal comma; a group never starts with 0.
POINT = re.compile(
    rf"{_SIGN}(?:(?:\d+|{_NEUTRAL}|[1-9]\d{{0,2}}(?:,\d{{3}})+|[1-9]\d?(?:,\d{{2}})+,\d{{3}})"
    rf"(?:\.\d+)?|\.\d+|\d+\.|(?:\d+\.?\d*|\.\d+)e{_SIGN}\d+)",
    re.IGNORECASE,
)
COMMA = re.compile(
    rf"{_SIGN}(?:(?:\d+|{_NEUTRAL}|[1-9]\d{{0,2}}(?:\.\d{{3}})+)(?:,\d+)?|,\d+"
    rf"|(?:\d+(?:,\d+)?|,\d+)e{_SIGN}\d+)",
    re.IGNORECASE,
)
#: Months and weeks such as 01.2020 and 2020.01 that look like decimals.
PART_OF_YEAR = re.compile(r"(0[1-9]|1[0-2])\.(19|20)\d\d|(19|20)\d\d\.(0[1-9]|[1-4]\d|5[0-3])")
SPACES = str.maketrans({**dict.fromkeys("\xa0\u2009\u202f\u2007\t", " "), "’": "'", "−": "-"})
#: Most digits of a whole number that is kept as one.
DIGITS = 15


class Written(NamedTuple):
    """A number as it is written: its value by each reading, None where it is none."""

    point: float | int | None
    comma: float | int | None
    unit: str = ""
    grouped: bool = False


@dataclass
class Numbers:
    """The columns of a file that hold numbers, and what is known of how they are written."""

    where: str
    place: Callable[[int], str]
    columns: dict[str, list[Written | None]] = field(default_factory=dict)
    cells: dict[str, list[object]] = field(default_factory=dict)

    def at(self, name: str, row: int) -> str:
        """Return a cell with its place."""
        value = shortened(str(self.cells[name][row]), 40)
        return f"{value!r} ({self.place(row)}, column {name!r})"

    def written(self) -> Iterator[tuple[str, int, Written]]:
        """Yield every number with its column and row."""
        for name, column in self.columns.items():
            for row, number in enumerate(column):
                if number is not None:
                    yield name, row, number


def to_numbers(table: pd.DataFrame, where: str, place: Callable[[int], str]) -> pd.DataFrame:
    """Turn every text column of a table that holds numbers into numbers.

    Parameters
    ----------
    table : DataFrame
        Text columns; empty cells are missing or "". Other columns are left alone.
    where : str
        Name of the file.
    place : callable
        Returns where a row stands in the file, such as ``line 5``.

    Returns
    -------
    DataFrame
        Numbers as int64 or float64, truth values as bool, the rest as it was.
        ``attrs["units"]`` holds the currency or ``%`` of a column, ``attrs["notes"]`` what was
        decided.

    Raises
    ------
    DataError
        If a column of numbers holds an error word or two units, or if the file does not tell
        whether a point or a comma is the decimal sign.
    """
    numbers = Numbers(where, place)
    units: dict[str, str] = {}
    table = table.copy()
    for name in table.columns:
        if not _is_text(table[name]):
            continue
        cells = [_stripped(cell) for cell in table[name].tolist()]
        column = _numbers_in(cells, numbers, str(name))
        if column is None:
            table[name] = _texts(cells, table.index)
        else:
            numbers.columns[str(name)], numbers.cells[str(name)] = column, cells
            unit = _unit(numbers, str(name))
            if unit:
                units[str(name)] = unit
    comma, note = _decimal_comma(numbers)
    for name, column in numbers.columns.items():
        table[name] = _values(column, comma=comma, index=table.index)
    table.attrs["units"] = units
    table.attrs["notes"] = [*table.attrs.get("notes", []), *([note] if note else [])]
    return table


def _is_text(column: pd.Series) -> bool:
    return column.dtype == object or pd.api.types.is_string_dtype(column)


def _stripped(cell: object) -> object:
    """Return a cell without blanks around it; None where nothing is left."""
    if isinstance(cell, str):
        return cell.strip() or None
    return None if cell is None or cell is pd.NaT or cell is pd.NA or cell != cell else cell


def _texts(cells: list[object], index: pd.Index) -> pd.Series:
    """Return a column that holds no numbers: truth values, dates or text."""
    filled = [cell for cell in cells if cell is not None]
    truths = {"true": True, "false": False}
    if (
        filled
        and len(filled) == len(cells)
        and {str(cell).lower() for cell in filled} <= {*truths}
    ):
        return pd.Series([truths[str(cell).lower()] for cell in cells], index=index)
    if filled and all(isinstance(cell, dt.date) for cell in filled):
        return pd.Series(pd.to_datetime(pd.Series(cells, index=index, dtype=object)))
    texts = [None if cell is None else str(cell) for cell in cells]
    return pd.Series(texts, index=index, dtype="str" if filled else float)


def _numbers_in(cells: list[object], numbers: Numbers, name: str) -> list[Written | None] | None:
    """Return the numbers of a column; None where it is text.

    Raises
    ------
    DataError
        If all its cells are numbers but for error words.
    """
    known: dict[object, Written | None] = {}
    column: list[Written | None] = []
    errors = []
    for row, cell in enumerate(cells):
        if cell is None:
            column.append(None)
            continue
        if cell not in known or isinstance(cell, bool):
            known[cell] = read_number(cell)
        column.append(known[cell])
        if column[-1] is None:
            if str(cell).casefold() not in ERROR_WORDS:
                return None
            errors.append(row)
    filled = [cell for cell in cells if cell is not None]
    if len(errors) == len(filled) or all(map(_is_part_of_year, filled)):
        return None
    if errors:
        value, place = str(cells[errors[0]]), numbers.place(errors[0])
        more = f" ({len(errors)} such cells)" if len(errors) > 1 else ""
        raise DataError(
            f"{numbers.where}, {place}, column {name!r}: {value!r} stands where all other values "
            f"are numbers{more}. It says that a number is missing, not that it is 0: correct it, "
            f"or leave the cell empty where nothing was spent or known."
        )
    return column


def _is_part_of_year(cell: object) -> bool:
    return isinstance(cell, str) and bool(PART_OF_YEAR.fullmatch(cell))


def read_number(cell: object) -> Written | None:
    """Read a number by both meanings of point and comma; None where it is none.

    Examples
    --------
    >>> read_number("26.668")
    Written(point=26.668, comma=26668, unit='', grouped=True)
    >>> read_number("€ 1.234,5"), read_number("0,123").point, read_number("12 apples")
    (Written(point=None, comma=1234.5, unit='EUR', grouped=True), None, None)
    """
    if isinstance(cell, bool | np.bool_ | dt.date | dt.time | dt.timedelta):
        return None
    if not isinstance(cell, str):
        value = _plain(str(cell))
        return None if value is None else Written(value, value)
    if PLAIN.fullmatch(cell):
        value = _plain(cell)
        return Written(value, value if "." not in cell else None)
    text, unit = cell.translate(SPACES), ""
    match = WITH_UNIT.fullmatch(text) if BEYOND_DIGITS.search(text) else None
    if match and (match[2] or match[5]):
        names = {UNITS[part.casefold()] for part in (match[2], match[5]) if part}
        if len(names) > 1 or (match[1] and match[3]):
            return None
        unit, text = names.pop(), match[1] + match[3] + match[4].strip()
    point, comma = POINT.fullmatch(text), COMMA.fullmatch(text)
    if not point and not comma:
        return None
    bare = text.replace(" ", "").replace("'", "")
    if WHOLE.fullmatch(text):
        value = _plain(bare)
        return Written(value, value, unit, bare != text)
    by_point = _plain(bare.replace(",", "")) if point else None
    by_comma = _plain(bare.replace(".", "").replace(",", ".")) if comma else None
    grouped = bare != text or (point is None and "." in text) or (comma is None and "," in text)
    if point and comma:
        grouped = by_point != by_comma
    return Written(by_point, by_comma, unit, grouped)


def _plain(text: str) -> float | int | None:
    """Return the value of a number that Python writes so; whole ones stay whole."""
    try:
        return int(text) if len(text) <= DIGITS and text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        return None


def _unit(numbers: Numbers, name: str) -> str:
    """Return the one unit of a column; refuse two, and percent beside plain numbers."""
    rows: dict[str, int] = {}
    for row, number in enumerate(numbers.columns[name]):
        if number is not None:
            rows.setdefault(number.unit, row)
    named = [unit for unit in rows if unit]
    clashing = list(rows) if PERCENT in rows else named
    if len(clashing) > 1:
        one, other = (numbers.at(name, rows[unit]) for unit in clashing[:2])
        raise DataError(
            f"{numbers.where}: column {name!r} holds two units: {one} and {other}. They cannot be "
            f"added up: bring all values into one currency, or to percent or none."
        )
    return named[0] if named else ""


def _decimal_comma(numbers: Numbers) -> tuple[bool, str]:
    """Decide what point and comma mean in a file, and say so where it is not the usual.

    Raises
    ------
    DataError
        If cells contradict each other, or a column fits both meanings and no cell decides.
    """
    proof: dict[bool, tuple[str, int]] = {}
    doubt: tuple[str, int, Written] | None = None
    for name, row, number in numbers.written():
        if number.point is None or number.comma is None:
            proof.setdefault(number.point is None, (name, row))
        elif number.point != number.comma and doubt is None:
            doubt = name, row, number
    if len(proof) == 2:
        raise DataError(
            f"{numbers.where}: the numbers contradict each other: {numbers.at(*proof[False])} has "
            f"a decimal point, {numbers.at(*proof[True])} a decimal comma. Write all numbers of "
            f"the file in one way."
        )
    if doubt and not proof:
        name, row, number = doubt
        raise DataError(
            f"{numbers.where}: {numbers.at(name, row)} can be read as {number.point:,} or as "
            f"{number.comma:,}, and no other number of the file tells which. Save that column "
            f"without thousands separators, or with a digit more or less after the decimal sign."
        )
    comma = True in proof
    return comma, _note(numbers, comma=comma, proof=proof.get(comma))


def _note(numbers: Numbers, *, comma: bool, proof: tuple[str, int] | None) -> str:
    """Say how the numbers were read; nothing where only plain decimal points occur."""
    written = ((name, row, number.grouped) for name, row, number in numbers.written())
    grouped = next(((name, row) for name, row, is_grouped in written if is_grouped), None)
    shown = proof or grouped
    if shown is None or (grouped is None and not comma):
        return ""
    mark, word = (".", "point") if comma else (",", "comma")
    cell = str(numbers.cells[grouped[0]][grouped[1]]).translate(SPACES) if grouped else ""
    digits = cell.strip("".join(c for c in cell if not c.isdigit()))
    signs = {" ": "blank", "'": "apostrophe", mark: word}
    groups = next((f", groups by {name}" for sign, name in signs.items() if sign in digits), "")
    return (
        f"Numbers: decimal {'comma' if comma else 'point'}{groups} (from "
        f"{str(numbers.cells[shown[0]][shown[1]])!r} in column {shown[0]!r})."
    )


def _values(column: list[Written | None], *, comma: bool, index: pd.Index) -> pd.Series:
    values = [None if n is None else n.comma if comma else n.point for n in column]
    whole = all(isinstance(value, int) for value in values)
    return pd.Series(
        [np.nan if v is None else v for v in values],
        index=index,
        dtype="int64" if whole else float,
    )


def one_currency(units: dict[str, str], columns: list[str], where: str) -> str:
    """Return the currency written in some columns; empty where none is.

    Raises
    ------
    DataError
        If they are written in different ones.
    """
    named = {name: units[name] for name in columns if units.get(name, PERCENT) != PERCENT}
    if len(set(named.values())) > 1:
        shown = ", ".join(f"{name!r} in {unit}" for name, unit in named.items())
        raise DataError(
            f"{where}: outcome and spend are in different currencies ({shown}), so a return "
            f"would mean nothing. Bring all columns into one currency."
        )
    return next(iter(named.values()), "")


def refuse_truth_values(table: pd.DataFrame, columns: list[str], where: str) -> None:
    """Refuse true and false where amounts are needed.

    Raises
    ------
    DataError
        If one of the columns holds truth values.
    """
    for name in columns:
        if name in table and pd.api.types.is_bool_dtype(table[name]):
            raise DataError(
                f"{where}, column {name!r}: holds true and false, not amounts. Name the column "
                f"with the numbers, or leave it out."
            )
