"""Read a stranger's table: separators, decimal commas, currency signs, BOM, gzip, parquet."""

from __future__ import annotations

import csv
import gzip
import io
import re
import warnings
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from mmm.errors import DataError

SEPARATORS = ",;\t|"
NOISE = re.compile(r"[\s$€£¥₹%]|\bUSD\b|\bEUR\b|\bGBP\b", re.IGNORECASE)
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
GROUPED_BY_COMMA = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
GROUPED_BY_POINT = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
WHOLE = re.compile(r"[+-]?\d{1,15}")
#: What a cell of a parquet file may hold that is neither a number nor text.
NESTED = (list, tuple, dict, set, bytes, np.ndarray)
#: First bytes of files that are often handed over as CSV, and what to do about them.
FOREIGN = {
    b"PK\x03\x04": "a spreadsheet or a zip archive. Save the sheet as 'CSV UTF-8'",
    b"PAR1": "a parquet file. Give it the ending .parquet",
    b"%PDF": "a PDF. Export the table itself as CSV",
}


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV file (optionally gzipped) or a parquet file, numbers as numbers.

    Parameters
    ----------
    path : Path
        The file; ``.parquet`` is read as parquet, everything else as delimited text.

    Returns
    -------
    DataFrame
        The raw table. Columns of numbers written with currency signs, thousands separators or
        decimal commas are numeric; a column with anything else in it stays text. Columns of a
        parquet file with lists, records or bytes become text; ``attrs["nested"]`` names them.

    Raises
    ------
    DataError
        If the file is missing, empty, not UTF-8, not a table, or repeats a column name.
    """
    require_file(path)
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path)
    text = _decoded(path)
    separator = _separator(text)
    _require_names(text, separator, path.name)
    table = _parsed(text, separator, path.name)
    if table.empty:
        raise DataError(f"{path.name}: the file has a header but no rows. Export the data again.")
    table.columns = table.columns.astype(str).str.strip()
    return table.apply(to_numbers, decimal_comma=separator == ";")


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


def _parsed(text: str, separator: str, where: str) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():  # rows longer than the header are only warned about
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                io.StringIO(text),
                sep=separator,
                skipinitialspace=True,
                index_col=False,
                low_memory=False,
            )
    except pd.errors.ParserWarning:
        raise DataError(
            f"{where}: the rows have more values than the header has names. Name every column, "
            f"delete lines above the header, and put text that holds the separator in quotes."
        ) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(
            f"{where}: cannot be read as CSV: {' '.join(str(error).split())}. Mend that line "
            f"(text that holds {separator!r} belongs in double quotes), delete lines above the "
            f"header, or export the data again."
        ) from None


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_parquet(path)
    except (ValueError, TypeError, LookupError, NotImplementedError, OSError) as error:
        reason = " ".join(str(error).splitlines()[:1]) or type(error).__name__
        raise DataError(
            f"{path.name}: cannot be read as parquet: {reason}. Export it again or save it as CSV."
        ) from None
    if not len(table):
        raise DataError(f"{path.name}: the file has no rows. Export the data again.")
    table = _without_index(table.set_axis([_flat_name(name) for name in table.columns], axis=1))
    refuse_repeated(list(table.columns), path.name)
    nested = [name for name in table.columns if _is_nested(table[name])]
    table = table.apply(_plain_values).apply(to_numbers)
    if nested:
        table.attrs["nested"] = nested
    return table


def _flat_name(name: object) -> str:
    """Return a column's name as text; levels of a name are joined."""
    return "_".join(str(n) for n in name if str(n)) if isinstance(name, tuple) else str(name)


def _without_index(table: pd.DataFrame) -> pd.DataFrame:
    """Turn an index that holds data (a name, dates, text) into columns."""
    index = table.index
    named = [name for name in index.names if name is not None and name not in table.columns]
    if named:
        return table.reset_index(level=named).reset_index(drop=True).rename(columns=str)
    if index.nlevels > 1 or index.names != [None] or pd.api.types.is_integer_dtype(index):
        return table.reset_index(drop=True)
    name = "index" if "date" in table.columns else "date"
    return table.rename_axis(name).reset_index()


def _is_nested(column: pd.Series) -> bool:
    """Tell whether a column holds lists, records or bytes."""
    if column.dtype != object and not isinstance(column.dtype, pd.ArrowDtype):
        return False
    return bool(column.map(lambda value: isinstance(value, NESTED)).any())


def _plain_values(column: pd.Series) -> pd.Series:
    """Return a column as a CSV file would give it: no zone, no categories, nothing nested."""
    dtype = column.dtype
    if isinstance(dtype, pd.DatetimeTZDtype):
        return column.dt.tz_localize(None)
    if isinstance(dtype, pd.PeriodDtype):
        return column.dt.start_time
    if isinstance(dtype, pd.CategoricalDtype):
        return column.astype(dtype.categories.dtype)
    return column.map(str, na_action="ignore") if _is_nested(column) else column


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    zipped = content[:2] == b"\x1f\x8b"
    if zipped:
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            raise DataError(f"{path.name}: a broken gzip file. Compress it again.") from None
    for mark, what in FOREIGN.items():
        if content.startswith(mark):
            first = "gzipped, unzip it first. Inside is " if zipped else ""
            raise DataError(f"{path.name}: {first}not a CSV but {what}.")
    try:
        text = content.decode(
            "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        )
    except UnicodeDecodeError:
        raise DataError(f"{path.name}: not UTF-8 text. Save it as 'CSV UTF-8'.") from None
    if not text.strip():
        raise DataError(f"{path.name}: the file is empty. Export the data again.")
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(
            f"{path.name}: not plain text: line {line} holds a NUL character. Save the file as "
            f"'CSV UTF-8'."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _separator(text: str) -> str:
    """Return the separator that cuts the first lines into the same number of columns."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    counts = {separator: _width(lines, separator) for separator in SEPARATORS}
    best = max(SEPARATORS, key=lambda separator: counts[separator])
    return best if counts[best] > 1 else ","


def _width(lines: list[str], separator: str) -> int:
    """Return the number of columns that a separator cuts lines into; 0 where they differ."""
    try:
        widths = [len(row) for row in csv.reader(lines, delimiter=separator)]
    except csv.Error:  # a field too long: cut by the wrong separator, or _header says why
        return 0
    return min(widths) if len(set(widths)) == 1 else 0


def _header(text: str, separator: str, where: str) -> list[str]:
    """Return the names in the first line that is not blank."""
    rows = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        return [name.strip() for name in next(filter(None, rows))]
    except csv.Error:
        lines = text.split("\n")
        number = next(i for i, line in enumerate(lines) if line.strip())
        most = f"{csv.field_size_limit():,} characters"
        if lines[number].count('"') % 2:
            what = f"a quote is opened and not closed within {most}. Close or delete it"
        else:
            what = f"a name has more than {most}. Shorten it, or put a line with names above"
        raise DataError(f"{where}, line {number + 1}: {what}.") from None


def _require_names(text: str, separator: str, where: str) -> None:
    names = _header(text, separator, where)
    if names and all(PLAIN.fullmatch(name) or DATE.match(name) for name in names):
        raise DataError(
            f"{where}: the first line holds values ({', '.join(names[:4])}), not names. Put "
            f"a line with the names of the columns above it."
        )
    refuse_repeated(names, where)


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


def to_numbers(column: pd.Series, *, decimal_comma: bool = False) -> pd.Series:
    """Turn a column of written numbers into numbers; leave it alone where one value is not.

    Examples
    --------
    >>> to_numbers(pd.Series(["$1,200", "$80.5", None])).tolist()
    [1200.0, 80.5, nan]
    >>> to_numbers(pd.Series(["1.200,50", "80,5"])).tolist()
    [1200.5, 80.5]
    >>> to_numbers(pd.Series(["1,5", "a lot"])).tolist()
    ['1,5', 'a lot']
    """
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    column = column.str.strip() if pd.api.types.is_string_dtype(column) else column
    bare = column.dropna().astype(str).str.replace(NOISE, "", regex=True)
    bare = bare[bare != ""]
    if bare.empty or not bare.str.contains(r"\d").all():
        return column
    comma = _comma_is_decimal(bare, decimal_comma)
    if comma is None:
        return column
    plain = bare.str.replace("." if comma else ",", "", regex=False).str.replace(",", ".")
    if not plain.str.fullmatch(PLAIN).all():
        return column
    numbers = plain.astype(float)
    if len(bare) == len(column) and plain.str.fullmatch(WHOLE).all():
        numbers = numbers.astype("int64")  # dates such as 20240101 stay whole
    return numbers.reindex(column.index)


def _comma_is_decimal(bare: pd.Series, default: bool) -> bool | None:
    """Decide what a comma means in a column; None where no reading fits every value."""
    fits = {
        False: bare.str.fullmatch(PLAIN) | bare.str.fullmatch(GROUPED_BY_COMMA),
        True: (
            bare.str.fullmatch(r"[+-]?\d+")
            | bare.str.fullmatch(DECIMAL_COMMA)
            | bare.str.fullmatch(GROUPED_BY_POINT)
        ),
    }
    possible = [reading for reading, matches in fits.items() if matches.all()]
    if len(possible) == 2:
        return default
    return possible[0] if possible else None
