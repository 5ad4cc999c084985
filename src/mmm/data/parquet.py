"""Read a parquet file as a CSV file would give it: no index, no zones, nothing nested."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mmm.data.encoding import require_size
from mmm.data.number_format import to_numbers
from mmm.data.rows import refuse_repeated
from mmm.errors import DataError

#: What a cell may hold that is neither a number nor text.
NESTED = (list, tuple, dict, set, bytes, np.ndarray)


def read_parquet(path: Path) -> pd.DataFrame:
    """Read a parquet file; ``attrs["nested"]`` names columns with lists, records or bytes.

    Raises
    ------
    DataError
        If it is no parquet file, too large or empty, or repeats a column name.
    """
    require_size(path)
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
    table = table.apply(_plain_values)
    table = to_numbers(table, path.name, lambda row: f"data row {row + 1}")
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
