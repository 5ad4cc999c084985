"""Tables with a row per variable (a master flat file): a column per variable instead."""

from __future__ import annotations

import re

import pandas as pd

from mmm.errors import DataError
from mmm.formatting import plural

#: Names of the column that says what a row measures, and of the one that holds its amount.
VARIABLE = re.compile(r"(variable|metric|measure)[ _]*(name)?")
VALUE = re.compile(r"(variable|metric|measure)?[ _]*value")


def by_variable(table: pd.DataFrame, file: str) -> pd.DataFrame:
    """Return a table with a column per variable, where each row of it holds one variable.

    Such a table has one column of variables, one of their values, and no other column of numbers
    but whole ones. Columns that are filled only for some variables, such as the campaign of
    media, are summed over; columns without values are left out. Any other table is returned as
    it is.

    Raises
    ------
    DataError
        If two rows hold the same variable of the same date, region and so on.
    """
    names = [str(name) for name in table.columns]
    variables = [name for name in names if VARIABLE.fullmatch(name.strip().lower())]
    values = [name for name in names if VALUE.fullmatch(name.strip().lower())]
    if len(variables) != 1 or len(values) != 1 or not _is_flat(table, variables[0], values[0]):
        return table
    variable, value = variables[0], values[0]
    others = table.drop(columns=[variable, value]).dropna(axis=1, how="all")
    filled = [str(name) for name in others.columns]
    _require_one_value(table, [*filled, variable], file)
    keys = [name for name in filled if table[name].notna().all()]
    kinds = table[variable].astype(str).str.strip()
    taken = sorted(set(kinds) & set(keys))
    if taken:
        raise DataError(
            f"{file}: a variable in {variable!r} has the name of a column, {taken[0]!r}. Rename "
            f"one of them."
        )
    sums = table.assign(**{variable: kinds}).groupby([*keys, variable], sort=False)[value]
    wide = sums.sum(min_count=1).unstack()[list(kinds.unique())]  # noqa: PD010, summed above
    wide = wide.rename_axis(columns=None).reset_index()
    wide.attrs = dict(table.attrs)
    said = _said(wide, variable, filled, keys, kinds)
    wide.attrs["notes"] = [*table.attrs.get("notes", []), said]
    return wide


def _is_flat(table: pd.DataFrame, variable: str, value: str) -> bool:
    """Tell whether rows hold one of several variables each, and no amount beside its value."""
    if pd.api.types.is_numeric_dtype(table[variable]) or table[variable].isna().any():
        return False
    if not pd.api.types.is_numeric_dtype(table[value]) or table[variable].nunique() < 2:
        return False
    others = table.drop(columns=[variable, value]).dropna(axis=1, how="all")
    if not len(others.columns):
        return False
    return not any(pd.api.types.is_float_dtype(others[name]) for name in others.columns)


def _require_one_value(table: pd.DataFrame, keys: list[str], file: str) -> None:
    copies = table.duplicated(keys)
    if copies.any():
        row = int(copies.to_numpy().argmax())
        first = ", ".join(map(str, table[keys].iloc[row].dropna()))
        raise DataError(
            f"{file}: {plural(int(copies.sum()), 'row')} repeat a variable where "
            f"{', '.join(keys)} are the same, first {first} in data row {row + 1}. Remove the "
            f"copies, or add their amounts up."
        )


def _said(
    wide: pd.DataFrame, variable: str, filled: list[str], keys: list[str], kinds: pd.Series
) -> str:
    summed = [name for name in filled if name not in keys]
    over = f", summed over {', '.join(map(repr, summed))}" if summed else ""
    return (
        f"A row per variable: the {kinds.nunique()} variables of {variable!r} became columns of "
        f"{len(wide)} rows{over}."
    )
