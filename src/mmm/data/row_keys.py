"""What tells the rows of a date apart: regions, channels, campaigns."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import pandas as pd

from mmm.data.words import read_name

MOST_CHANNELS = 40
MOST_LEVELS = 500
Key = Literal["region", "channel", "campaign"]


@dataclass(frozen=True, slots=True)
class RowKeys:
    """The columns that tell the rows of a date apart.

    Attributes
    ----------
    roles : dict of str to str
        Role of each of them; no role where it is not known what it tells apart.
    follow : dict of str to str
        Columns that only repeat a key, such as its number, and that key.
    unique : bool
        Whether no two rows have the same date and keys.
    """

    roles: dict[str, Key | None]
    follow: dict[str, str]
    unique: bool = True

    def of(self, key: Key) -> list[str]:
        """List the columns of one role."""
        return [name for name, role in self.roles.items() if role == key]

    @property
    def channel_column(self) -> str | None:
        """The column whose names are the channels: campaigns, where there is none of channels."""
        return next(iter([*self.of("channel"), *self.of("campaign")]), None)

    @property
    def unknown(self) -> list[str]:
        """Columns that tell rows apart in a way that is not known."""
        return [name for name, role in self.roles.items() if role is None]


def find_keys(table: pd.DataFrame, date: str, taken: Collection[str] = ()) -> RowKeys:
    """Find what tells the rows of a date apart; nothing where dates are not repeated."""
    if not table[date].duplicated().any():
        return RowKeys({}, {})
    free = [str(name) for name in table.columns if name != date and name not in taken]
    texts = [name for name in free if _may_be_key(table, name)]
    varying = [n for n in texts if (table.groupby(date)[n].nunique(dropna=False) >= 2).any()]
    named = sorted(varying, key=lambda name: _preference(table, name))  # stable
    chosen = _smallest(table, date, named)
    keys = list(chosen) if chosen is not None else [n for n in named if _key_of(table, n)]
    roles = {name: _key_of(table, name) for name in keys}
    follow: dict[str, str] = {}
    for name in (name for name in named if name not in keys):
        said = _key_of(table, name)
        key = next((key for key in keys if _follows(table, name, key)), "")
        if said is not None and (not key or (said == "channel" and said not in roles.values())):
            roles[name] = said
        elif key:
            follow[name] = key
    return RowKeys(_one_channel(table, roles), follow, chosen is not None)


def with_region(table: pd.DataFrame, date: str, keys: RowKeys, region: str) -> RowKeys:
    """Return the keys of rows whose regions the user names; of others, only what they need."""
    known: dict[str, Key | None] = {region: "region"}
    known |= {n: role for n, role in keys.roles.items() if role in ("channel", "campaign")}
    known[region] = "region"
    follow = {name: key for name, key in keys.follow.items() if name != region}
    if not table.duplicated([date, *known]).any():
        others = [n for n in keys.roles if n not in known and _follows(table, n, region)]
        return RowKeys(known, follow | dict.fromkeys(others, region))
    others_too = {n: role for n, role in keys.roles.items() if n not in known}
    return RowKeys(known | others_too, follow, keys.unique)


def _preference(table: pd.DataFrame, name: str) -> tuple[bool, bool, int]:
    """Sort columns that tell rows apart: those with a known role, names before numbers."""
    said = read_name(name)
    return _key_of(table, name) is None, said.says("identifier"), len(said.unknown)


def _may_be_key(table: pd.DataFrame, name: str) -> bool:
    values = table[name]
    if not 2 <= values.nunique(dropna=False) <= MOST_LEVELS:
        return False
    if not pd.api.types.is_numeric_dtype(values):
        return not read_name(name).only("date", "ending", "calendar")
    is_code = pd.api.types.is_integer_dtype(values)
    said = read_name(name)
    return is_code and said.only("region", "channel", "campaign", "identifier")


def _key_of(table: pd.DataFrame, name: str) -> Key | None:
    said = read_name(name)
    if said.says("campaign"):
        return "campaign"
    levels = table[name].dropna().unique()
    media = sum(read_name(str(level)).says("medium", "owned", "organic") for level in levels)
    if media > len(levels) / 2:
        return "channel"
    if said.says("region"):
        return "region"
    return "channel" if said.says("channel") else None


def _smallest(table: pd.DataFrame, date: str, names: list[str]) -> tuple[str, ...] | None:
    """Return the fewest columns that make the rows of a date unique, known ones first."""
    for size in range(1, min(len(names), 4) + 1):
        for some in combinations(names[:12], size):
            if not table.duplicated([date, *some]).any():
                return some
    return None


def _one_channel(table: pd.DataFrame, roles: dict[str, Key | None]) -> dict[str, Key | None]:
    """Keep the coarsest of several channel columns; the finer ones are summed like campaigns."""
    channels = [name for name, role in roles.items() if role == "channel"]
    if len(channels) < 2:
        return roles
    best = min(channels, key=lambda n: (not read_name(n).only("channel"), _rank(table, n)))
    return {n: "campaign" if n in channels and n != best else r for n, r in roles.items()}


def _rank(table: pd.DataFrame, name: str) -> tuple[bool, int]:
    exact = name.strip().lower() not in ("channel", "kanal", "canal", "medium", "media")
    return exact, table[name].nunique()


def _follows(table: pd.DataFrame, name: str, key: str) -> bool:
    return not (table.groupby(key, dropna=False)[name].nunique(dropna=False) >= 2).any()


def constant_within(table: pd.DataFrame, keys: Iterable[str]) -> list[str]:
    """List the columns that say the same in all rows with the same keys."""
    levels = table.groupby(list(keys), sort=False, dropna=False).nunique(dropna=False)
    return [str(name) for name in levels.columns if (levels[name] <= 1).all()]
