"""Cut a table into its header and rows, and refuse lines that do not belong to it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from mmm.data.calendar_words import is_like_date
from mmm.errors import DataError, shortened

#: A cell as text, or as a workbook gives it.
Cell = str | int | float | bool | dt.date | dt.time | dt.timedelta
#: A line of a file with the number under which a reader finds it.
Line = tuple[int, list[Cell]]

SEPARATORS = ",;\t|"
#: Signs between columns that are known, but not read: text holds them too often.
OTHER_SEPARATORS = {None: "blanks", "~": "tildes (~)", "^": "carets (^)", ":": "colons (:)"}
#: Lines that are looked at to tell separator and header.
SAMPLE = 50
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
NUMBER = re.compile(r"[+-]?[\d.,]*\d[\d.,]*(e[+-]?\d+)?", re.IGNORECASE)
TOTAL = re.compile(
    r"(grand |sub)?(totals?|sum|somme|suma|soma|totaa?le?n?|som|summe|gesamt(summe)?|insgesamt|"
    r"zwischensumme|sous-total|subtotale|total general|total général|totale generale)\s*:?",
    re.IGNORECASE,
)
TOO_LONG = f"{csv.field_size_limit():,} characters"


@dataclass(frozen=True)
class Grid:
    """The names and rows of a table, each row with its place in the file."""

    where: str
    names: list[str]
    rows: list[list[Cell]]
    numbers: list[int]
    unit: str = "line"

    def place(self, row: int) -> str:
        """Return where a row stands, as a reader of the file finds it."""
        return f"{self.unit} {self.numbers[row]}"


def cut(text: str, where: str) -> Grid:
    """Cut the text of a CSV file into names and rows of text.

    Raises
    ------
    DataError
        If lines are too short or too long, a quote stays open, a title stands above the header
        or a total among the rows, or names are missing or repeated.
    """
    text, said = _declared_separator(text)
    separator = said or _separator(text)
    lines = list(_lines(text, separator, where))
    _refuse_other_separators(lines, where)
    return grid(lines, where, unit="line", ragged=True)


def grid(lines: list[Line], where: str, *, unit: str, ragged: bool = False) -> Grid:
    """Find the header of lines that are cut into cells already.

    Raises
    ------
    DataError
        As :func:`cut`.
    """
    filled = [(number, cells) for number, cells in lines if any(_text(cell) for cell in cells)]
    if not filled:
        raise DataError(f"{where}: the header has no names and no row follows. Export again.")
    _refuse_title(filled, where, unit)
    header, rows = filled[0][1], filled[1:]
    if not rows:
        raise DataError(f"{where}: the file has a header but no rows. Export the data again.")
    if ragged:
        longest = max(len(row) for _, row in rows)
        while len(header) > longest and not _text(header[-1]):
            header.pop()
        _refuse_ragged(len(header), rows, where, lines[-1][0])
    names = [_text(name) for name in header]
    if all(NUMBER.fullmatch(name) or DATE.match(name) for name in filter(None, names)):
        raise DataError(
            f"{where}: the first {unit} holds values ({', '.join(names[:4])}), not names. Put "
            f"a line with the names of the columns above it."
        )
    refuse_repeated(names, where)
    used = [i for i, name in enumerate(names) if name or any(_text(row[i]) for _, row in rows)]
    table = Grid(
        where=where,
        names=[names[i] or f"Unnamed: {i}" for i in used],
        rows=[[row[i] for i in used] for _, row in rows],
        numbers=[number for number, _ in rows],
        unit=unit,
    )
    refuse_repeated(table.names, where)
    _refuse_total(table)
    return table


def refuse_repeated(names: list[str], where: str) -> None:
    """Insist on names that are there once.

    Raises
    ------
    DataError
        If a name appears twice.
    """
    counts = Counter(names)
    repeated = [name for name in names if name and counts[name] > 1]
    if repeated:
        raise DataError(f"{where}: column {repeated[0]!r} appears twice. Rename one of them.")


def _text(cell: Cell) -> str:
    return str(cell).strip()


def _declared_separator(text: str) -> tuple[str, str]:
    """Blank out a first line such as ``sep=;``, by which Excel is told the separator."""
    match = re.match(r"[ \t]*\"?sep=(.)\"?[ \t]*\n", text, re.IGNORECASE)
    return (text[match.end() - 1 :], match[1]) if match else (text, "")


def _separator(text: str) -> str:
    """Return the separator that cuts most of the first lines into the same number of columns."""
    head = "\n".join([line for line in text.split("\n", SAMPLE)[:SAMPLE] if line.strip()])
    best = max(SEPARATORS, key=lambda separator: _agreement(head, separator))
    return best if _agreement(head, best)[1] > 1 else ","


def _agreement(head: str, separator: str) -> tuple[float, int]:
    """Return the share of rows that have the usual number of columns, and that number."""
    try:
        widths = [len(row) for row in csv.reader(io.StringIO(head), delimiter=separator) if row]
    except csv.Error:  # a field too long: cut by the wrong separator, or _lines says why
        return 0.0, 0
    width, count = max(Counter(widths).items(), key=lambda item: (item[1], item[0]))
    return (count / len(widths), width) if width > 1 else (0.0, width)


def _refuse_other_separators(lines: list[Line], where: str) -> None:
    """Refuse lines of one cell that blanks or other signs cut into as many parts as the header."""
    cells = [_text(row[0]) for _, row in lines[:SAMPLE] if len(row) == 1 and _text(row[0])]
    if len(cells) < min(len(lines), 2):
        return
    for sign, what in OTHER_SEPARATORS.items():
        parts = {len(cell.split(sign)) for cell in cells}
        if len(parts) == 1 and parts.pop() > 2:
            raise DataError(
                f"{where}: the columns are separated by {what}. Save the file with commas, "
                f"semicolons, tabs or bars (|) between the columns."
            )


def _lines(text: str, separator: str, where: str) -> Iterator[Line]:
    """Yield the rows of a CSV text, each with the number of its first line."""
    reader = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
    start = 1
    try:
        for row in reader:
            yield start, list(row)
            last, start = start, reader.line_num + 1
    except csv.Error:
        raise DataError(_too_long(text, start, where)) from None
    _refuse_open_quote(text, last, separator, where)


def _too_long(text: str, number: int, where: str) -> str:
    lines = text.split("\n")
    number += next((i for i, line in enumerate(lines[number - 1 :]) if line.strip()), 0)
    if lines[number - 1].count('"') % 2:
        what = f"a quote is opened and not closed within {TOO_LONG}. Close or delete it"
    elif not any(line.strip() for line in lines[: number - 1]):
        what = f"a name has more than {TOO_LONG}. Shorten it, or put a line with names above"
    else:
        what = f"a cell has more than {TOO_LONG}. Shorten it"
    return f"{where}, line {number}: {what}."


def _refuse_open_quote(text: str, start: int, separator: str, where: str) -> None:
    """Refuse a quote that is opened in the last row and never closed."""
    rest = io.StringIO("\n".join(text.split("\n")[start - 1 :]))
    try:
        list(csv.reader(rest, delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise DataError(
                f"{where}: cannot be read as CSV: EOF inside string: the quote that line {start} "
                f"opens is never closed. Close or delete it, or export the data again."
            ) from None


def _refuse_ragged(width: int, rows: list[Line], where: str, last: int) -> None:
    """Refuse rows with more or fewer fields than the header has names; drop empty ends."""
    for _, row in rows:
        while len(row) > width and not _text(row[-1]):
            row.pop()
    widths = [len(row) for _, row in rows]
    if min(widths) > width:
        raise DataError(
            f"{where}: the rows have more values than the header has names. Name every column, "
            f"delete lines above the header, and put text that holds the separator in quotes."
        )
    at = next((i for i, n in enumerate(widths) if n != width), None)
    if at is None:
        return
    number, row = rows[at]
    if widths[at] > width:
        raise DataError(
            f"{where}: cannot be read as CSV: Expected {width} fields in line {number}, saw "
            f"{widths[at]}. Mend that line (text that holds the separator belongs in double "
            f"quotes), delete lines above the header, or export the data again."
        )
    shown = shortened(", ".join(map(_text, row)), 60)
    if number == rows[-1][0] and number >= last - 1:
        why = "It is the last line: the download looks cut. Export the data again"
    else:
        why = "Complete that line or delete it (an empty cell needs its separator, too)"
    raise DataError(
        f"{where}: line {number} has {widths[at]} of {width} values ({shown!r}), so the others "
        f"would be missing. {why}."
    )


def _refuse_title(lines: list[Line], where: str, unit: str) -> None:
    """Refuse lines with few filled cells above a header with many."""
    sample = [[cell for cell in map(_text, cells) if cell] for _, cells in lines[:SAMPLE]]
    below = [len(cells) for cells in sample[1:]]
    width = Counter(below).most_common(1)[0][0] if below else 0
    if len(sample[0]) > max(width // 2, 1) or width < 2:
        return
    header = next((i for i, cells in enumerate(sample) if len(cells) >= width), 0)
    is_named = not any(NUMBER.fullmatch(cell) or DATE.match(cell) for cell in sample[header])
    if header and is_named:
        first, at = lines[0][0], lines[header][0]
        which = f"{unit} {first}" if at == first + 1 else f"{unit}s {first} to {at - 1}"
        title = shortened(sample[0][0] if sample[0] else "", 60)
        raise DataError(
            f"{where}: {unit} {first} ({title!r}) looks like a title above the header, which is "
            f"{unit} {at}. Delete {which}."
        )


def _refuse_total(table: Grid) -> None:
    """Refuse a row of totals: a word, or nothing, where all other rows hold dates."""
    undated = len(table.rows) > 2 and _is_undated(table, -1)
    for i, name in enumerate(table.names):
        cells = [_text(row[i]) for row in table.rows]
        words = [at for at, cell in enumerate(cells) if TOTAL.fullmatch(cell)]
        suspects = words or [at for at in (len(cells) - 1,) if not cells[at] and undated]
        if not suspects:
            continue
        others = [cell for at, cell in enumerate(cells) if at not in set(suspects)]
        if not others or not all(is_like_date(cell, name) for cell in others):
            continue
        at, where = suspects[0], f"{table.where}, column {name!r}"
        what = f"{cells[at]!r}" if cells[at] else "no date beside its numbers"
        raise DataError(
            f"{where}: {table.place(at)} has {what} where the other rows have a date, so it looks "
            f"like a row of totals. Delete it."
        )


def _is_undated(table: Grid, row: int) -> bool:
    """Tell whether a row holds a number, but nothing like a date."""
    cells = dict(zip(table.names, map(_text, table.rows[row]), strict=True))
    dated = any(is_like_date(cell, name) for name, cell in cells.items())
    return not dated and any(NUMBER.fullmatch(cell) for cell in cells.values())
