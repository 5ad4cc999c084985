"""Read the sheet of a workbook that holds the data, and refuse cells that hold errors."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from string import ascii_uppercase
from xml.etree import ElementTree

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from mmm.data.calendar_words import is_like_date, names_dates
from mmm.data.encoding import LARGEST_FILE, MIB, require_size
from mmm.data.number_format import to_numbers
from mmm.data.rows import Grid, Line, grid
from mmm.errors import DataError

WORKBOOK_ENDINGS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
#: Fewest rows of a sheet that is taken for the data where a workbook has several.
FEWEST_ROWS = 20


def read_sheet(path: Path, sheet: str | None) -> pd.DataFrame:
    """Read one sheet of a workbook, by its name or as the only one that looks like the data.

    Raises
    ------
    DataError
        If the workbook cannot be read, no sheet or several fit, or a cell holds an error.
    """
    require_size(path)
    content = path.read_bytes()
    _require_unpacked_size(content, path.name)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        lines = {name: _lines(workbook, name) for name in _visible(workbook, sheet)}
    except (CalamineError, OSError) as error:
        reason = " ".join(str(error).splitlines()[:1]) or type(error).__name__
        raise DataError(
            f"{path.name}: cannot be read as a workbook: {reason}. Remove its password, save it "
            f"again as .xlsx, or save the sheet as 'CSV UTF-8'."
        ) from None
    name, filled = _chosen(lines, sheet, path.name, list(workbook.sheet_names))
    where = f"{path.name}, sheet {name!r}"
    part = _part(content, name)
    if part is not None:
        _restore_errors(filled, part, where)
    table = grid(filled, where, unit="row")
    if part is None:
        _refuse_gaps(where, table)
    frame = pd.DataFrame(table.rows, columns=table.names, dtype=object)
    others = len(workbook.sheet_names) - 1
    if others:
        frame.attrs["notes"] = [f"Workbook: sheet {name!r} was read, {others} other(s) were not."]
        frame.attrs["sheet"] = name
    return to_numbers(frame, where, table.place)


def _require_unpacked_size(content: bytes, name: str) -> None:
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > LARGEST_FILE:
            raise DataError(
                f"{name}: unpacked, the workbook has more than {LARGEST_FILE // MIB} MiB. Keep "
                f"the sheet with the data alone."
            )


def _visible(workbook: CalamineWorkbook, sheet: str | None) -> list[str]:
    """Return the sheets that a reader sees, or the one that is named."""
    if sheet is not None:
        return [name for name in workbook.sheet_names if name == sheet]
    shown = [m.name for m in workbook.sheets_metadata if m.visible == SheetVisibleEnum.Visible]
    return shown or list(workbook.sheet_names)


def _lines(workbook: CalamineWorkbook, name: str) -> list[Line]:
    rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return [(number, list(row)) for number, row in enumerate(rows, start=1)]


def _chosen(
    lines: dict[str, list[Line]], sheet: str | None, where: str, known: list[str]
) -> tuple[str, list[Line]]:
    """Return the sheet to read, and its lines."""
    shown = ", ".join(map(repr, known[:12]))
    if sheet is not None and sheet not in lines:
        raise DataError(
            f"{where}: no sheet {sheet!r}; the workbook has {shown}. Correct `sheet` under [data]."
        )
    filled = {name: rows for name, rows in lines.items() if rows}
    if len(filled) > 1:
        filled = {name: rows for name, rows in filled.items() if _looks_like_data(rows)}
    if len(filled) == 1:
        return next(iter(filled.items()))
    some = (
        f"several sheets look like the data ({', '.join(map(repr, filled))})"
        if filled
        else f"no sheet of {shown} has a header, {FEWEST_ROWS} rows and a column of dates"
    )
    raise DataError(
        f'{where}: {some}. Name the one to read in the study file: `sheet = "..."` under [data], '
        f"or save that sheet as a file of its own."
    )


def _looks_like_data(rows: list[Line]) -> bool:
    """Tell whether a sheet has a header, enough rows and a column of dates."""
    cells = [row for _, row in rows if any(str(cell).strip() for cell in row)]
    if len(cells) <= FEWEST_ROWS:
        return False
    for column in zip(*cells[-FEWEST_ROWS:], strict=True):
        filled = [str(cell) for cell in column if str(cell).strip()]
        if len(filled) > FEWEST_ROWS // 2 and all(map(is_like_date, filled)):
            return True
    return any(names_dates(cell) for _, row in rows[:5] for cell in row)


def _restore_errors(lines: list[Line], part: bytes, where: str) -> None:
    """Put errors such as #N/A back where the reader gives empty cells.

    Raises
    ------
    DataError
        If a formula has no value, as in a workbook that a program wrote and nobody opened.
    """
    rows = dict(lines)
    for reference, value in _bad_cells(part):
        if value is None:
            raise DataError(
                f"{where}, cell {reference}: a formula whose value was never computed. Open the "
                f"workbook, save it, and use that file."
            )
        letters, number = reference.rstrip("0123456789"), reference.lstrip(ascii_uppercase)
        column = sum(26**i * (ord(c) - 64) for i, c in enumerate(reversed(letters))) - 1
        row = rows.get(int(number), [])
        if column < len(row):
            row[column] = value


def _refuse_gaps(where: str, table: Grid) -> None:
    """Refuse empty cells among numbers where they may be errors: in all forms but .xlsx."""
    for i, name in enumerate(table.names):
        column = [row[i] for row in table.rows]
        if "" not in column or not any(type(cell) in (int, float) for cell in column):
            continue
        place = table.place(column.index(""))
        raise DataError(
            f"{where}, column {name!r}: {place} is empty, and this kind of workbook does not tell "
            f"an empty cell from an error such as #N/A. Save it as .xlsx, or enter the number."
        )


def _part(content: bytes, sheet: str) -> bytes | None:
    """Return the XML of a sheet of an .xlsx workbook; None for other kinds."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return None
        sheets = ElementTree.fromstring(archive.read("xl/workbook.xml")).iter()
        marks = {
            element.get("name"): next(v for k, v in element.items() if k.endswith("}id"))
            for element in sheets
            if _tag(element) == "sheet"
        }
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {link.get("Id"): link.get("Target", "") for link in links}
        target = PurePosixPath("/xl") / targets[marks[sheet]]
        return archive.read(str(target).lstrip("/"))


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _bad_cells(part: bytes) -> Iterator[tuple[str, str | None]]:
    """Yield the cells of a sheet that hold an error, or (None) a formula without a value."""
    for _, element in ElementTree.iterparse(io.BytesIO(part)):
        if _tag(element) == "c":
            inner = {_tag(child): child.text or "" for child in element}
            if element.get("t") == "e":
                yield element.get("r", ""), inner.get("v", "#N/A")
            elif "f" in inner and "v" not in inner:
                yield element.get("r", ""), None
        elif _tag(element) == "row":
            element.clear()
