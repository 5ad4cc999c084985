"""A stranger's table with what its names and values say, before roles are given."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from mmm.data.date_column import FoundDate, find_date
from mmm.data.draft import Told
from mmm.data.facts import Facts, facts_of
from mmm.data.files import read_table
from mmm.data.reshape import only_market
from mmm.data.row_keys import RowKeys, find_keys, with_region
from mmm.errors import DataError


@dataclass(frozen=True)
class Sheet:
    """A table with what its names and values say.

    Attributes
    ----------
    table : DataFrame
        The rows; those of one market, where only one is asked for.
    file : str
        Its name.
    date : FoundDate
        Where its dates are.
    keys : RowKeys
        What tells the rows of a date apart.
    facts : dict of str to Facts
        What the values of each column say.
    nested : list of str
        Columns with lists, records or bytes, which are in no other attribute.
    told : Told
        What the user says.
    """

    table: pd.DataFrame
    file: str
    date: FoundDate
    keys: RowKeys
    facts: dict[str, Facts]
    nested: list[str]
    told: Told

    @property
    def names(self) -> list[str]:
        """Names of the columns, in their order."""
        return list(self.facts)

    @property
    def dates(self) -> list[str]:
        """Columns that hold dates."""
        named = (self.date.column, self.date.week_column, *self.date.others)
        return [name for name in named if name]


def open_sheet(path: Path, told: Told) -> Sheet:
    """Read a table, and what its names and values say.

    Raises
    ------
    DataError
        If it cannot be read, or does not have a column or a market that the user names.
    """
    table = read_table(path)
    nested = [str(name) for name in table.attrs.get("nested", [])]
    attrs = dict(table.attrs)
    table = table.drop(columns=nested)
    _require_told(told, [str(name) for name in table.columns], path.name)
    if told.market is not None:
        table = only_market(table, told.market.column, told.market.value, path.name)
    table.attrs = attrs
    units = attrs.get("units", {})
    facts = {
        str(name): facts_of(table[name], percent=units.get(name) == "%") for name in table.columns
    }
    date = find_date(table, path.name, told.date)
    table = date.table
    table.attrs = attrs
    taken = {*told.roles(), date.week_column} - {told.region}
    keys = find_keys(table, date.column, taken) if date.column is not None else RowKeys({}, {})
    if told.region is not None and date.column is not None:
        keys = with_region(table, date.column, keys, told.region)
    return Sheet(table, path.name, date, keys, facts, nested, told)


def _require_told(told: Told, names: list[str], file: str) -> None:
    for name, role in told.roles().items():
        if name not in names:
            kinds = {"ignored": "ignore", "region": "region" if name == told.region else "market"}
            option = kinds.get(role, role)
            close = get_close_matches(name, names, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]!r}?" if close else f"It has: {', '.join(names[:20])}."
            raise DataError(f"--{option} {name!r}: {file} has no such column; {hint}")
