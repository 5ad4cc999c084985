"""Columns of numbers: which of their cells hold none, and how text in them is reported."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.errors import DataError

#: No amount, count or index of a business is larger; beyond it, squares lose their digits.
LARGEST = 1e15


def numbers(
    column: pd.Series, *, low: float = -np.inf, high: float = np.inf, may_be_empty: bool = True
) -> tuple[pd.Series, pd.Series]:
    """Return a column as floats, and which of its cells hold no number from `low` to `high`."""
    values = pd.to_numeric(column, errors="coerce").astype(float)
    bad = ~values.between(low, high)
    return values, bad & column.notna() if may_be_empty else bad


def text_among_numbers(column: pd.Series, bad: pd.Series, what: str) -> DataError:
    """Return the error of a column that holds text, with its first."""
    row = int(bad.to_numpy().argmax())
    return DataError(
        f"{what} is not numeric in {int(bad.sum())} of {len(column)} rows, first "
        f"{column.iloc[row]!r} in data row {row + 1}. Remove currency signs, thousands separators "
        f"and text."
    )
