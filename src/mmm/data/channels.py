"""Name the channels of a table: their keys, labels and exposures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

import pandas as pd

from mmm.data.draft import Medium
from mmm.data.facts import Role
from mmm.data.names import core
from mmm.data.reshape import spend_column
from mmm.data.row_keys import RowKeys
from mmm.data.words import capitalized, fold, read_name
from mmm.study.study import RESERVED_CHANNELS, RESERVED_LABELS


def find_channels(table: pd.DataFrame, roles: dict[str, Role], keys: RowKeys) -> list[Medium]:
    """List the channels: one a spend column, or one a name in a long file."""
    spends = [name for name, role in roles.items() if role.kind == "spend"]
    column = keys.channel_column
    if column is not None and spends:
        return _of_rows(table, column, spends[0])
    seen = {stem(n): n for n, role in reversed(roles.items()) if role.kind == "exposure"}
    labels = _labels(spends)
    found: list[Medium] = []
    for name in spends:
        key = _free(slug(labels[name]), slug(name), [m.key for m in found])
        label = _free_label(labels[name], name, [m.label for m in found])
        found.append(Medium(key, label, name, name, roles[name].why, seen.get(stem(name), "")))
    return found


def _of_rows(table: pd.DataFrame, column: str, spend: str) -> list[Medium]:
    found: list[Medium] = []
    for value in table[column].dropna().unique():
        text = str(value).strip()
        wide = spend_column(value)
        key = _free(slug(text), wide, [m.key for m in found])
        label = _free_label(_cased(text.replace("_", " ").split()), text, [m.label for m in found])
        found.append(Medium(key, label, text, wide, f"{column!r} in the rows, {spend!r}"))
    return found


def _labels(spends: list[str]) -> dict[str, str]:
    """Shorten the names of columns to what tells them apart, in their own capitals."""
    short = {name: core(name) for name in spends}
    firsts = Counter(words[0].lower() for words in short.values() if len(words) > 1)
    for name, words in short.items():  # `Media TV`, `Media Radio`: the first word says nothing
        said = read_name(words[0]) if words else None
        if said and len(words) > 1 and said.only("advertising") and firsts[words[0].lower()] > 1:
            short[name] = words[1:]
    return {name: _cased(words) for name, words in short.items()}


def _cased(words: list[str]) -> str:
    return " ".join(capitalized(word) for word in words)


def stem(name: str) -> str:
    """Return the key of a column's channel, the same for its spend and its exposure."""
    return slug("_".join(core(name)))


def slug(text: str) -> str:
    """Turn a name into a key of the study file."""
    return re.sub(r"[\W_]+", "_", text.lower()).strip("_") or "channel"


def _free(short: str, long: str, taken: Collection[str]) -> str:
    """Return the first key that no other channel has, also in small letters without accents."""
    used = {fold(key) for key in taken} | set(RESERVED_CHANNELS)
    candidates = [short, long, *(f"{long}_{n}" for n in range(2, 1000))]
    return next(key for key in candidates if fold(key) not in used)


def _free_label(label: str, name: str, taken: Collection[str]) -> str:
    used = {fold(other) for other in (*taken, *RESERVED_LABELS)}
    candidates = [label, name.strip(), *(f"{label} {n}" for n in range(2, 1000))]
    return next(text for text in candidates if fold(text) not in used)
