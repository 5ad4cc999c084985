"""Read a stranger's table: CSV in any usual form, gzip, parquet, and the sheet of a workbook."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mmm.data.encoding import decoded
from mmm.data.excel import WORKBOOK_ENDINGS, read_sheet
from mmm.data.number_format import to_numbers
from mmm.data.parquet import read_parquet
from mmm.data.rows import cut
from mmm.data.variables import by_variable
from mmm.errors import DataError


def read_table(path: Path, sheet: str | None = None) -> pd.DataFrame:
    """Read a CSV file (optionally gzipped), a parquet file or a workbook, numbers as numbers.

    Parameters
    ----------
    path : Path
        The file; ``.parquet`` is read as parquet, ``.xlsx``, ``.xls``, ``.xlsb`` and ``.ods`` as
        workbooks, everything else as delimited text.
    sheet : str, optional
        The sheet of a workbook; without it the only one that looks like the data.

    Returns
    -------
    DataFrame
        The raw table. Columns of numbers written with currency signs, thousands separators or
        decimal commas are numeric; a column with anything else in it stays text. Columns of a
        parquet file with lists, records or bytes become text. A table with a row per variable
        has a column per variable instead. ``attrs`` holds ``notes``
        (sentences on what was decided), ``units`` (currency or ``%`` by column), ``nested`` and
        ``sheet``.

    Raises
    ------
    DataError
        If the file is missing, empty, too large, not a table, repeats a column name, or leaves
        open what its letters, rows or numbers mean.
    """
    require_file(path)
    return by_variable(_read(path, sheet), path.name)


def _read(path: Path, sheet: str | None) -> pd.DataFrame:
    ending = path.suffix.lower()
    if ending == ".parquet":
        return read_parquet(path)
    if ending in WORKBOOK_ENDINGS:
        return read_sheet(path, sheet)
    text, notes = decoded(path)
    grid = cut(text, path.name)
    table = pd.DataFrame(grid.rows, columns=grid.names, dtype=object)
    table.attrs["notes"] = notes
    return to_numbers(table, path.name, grid.place)


def require_file(path: Path) -> None:
    """Insist on a file that can be read more than once.

    Raises
    ------
    DataError
        If it is missing, or a folder, a pipe, a device or a link that leads to no file.
    """
    if path == Path():
        raise DataError(
            "No data file was named: an empty path is this folder. Name a CSV or parquet file."
        )
    if path.is_dir():
        raise DataError(f"{path}: a folder, not a file. Name the CSV or parquet file in it.")
    if path.is_file():
        return
    if path.exists():
        raise DataError(
            f"{path}: not a regular file (a pipe or a device). Save the data to a file first and "
            f"name that."
        )
    if path.is_symlink():
        raise DataError(f"{path}: not a regular file (a link to no file). Name the file itself.")
    raise DataError(f"{path}: no such file. Check the path; quote names with spaces.")
