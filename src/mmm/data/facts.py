"""What the values of a column say, and what a role is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from mmm.data.words import Name, fold

Kind = Literal[
    "date",
    "kpi",
    "spend",
    "exposure",
    "control",
    "event",
    "region",
    "channel",
    "campaign",
    "population",
    "ignored",
]
Certainty = Literal["certain", "likely", "asked"]
Doubt = Literal["", "bare", "cost", "total", "unknown", "unsure"]

KPI = ("money kpi", "sales kpi", "units kpi", "late kpi", "explicit kpi")
MONEY = ("spend", "cost")
PAID = ("medium", "advertising")
#: Words between an amount and what it is counted by.
PER = frozenset(["per", "pro", "par", "por", "je", "na", "за", "毎"])


@dataclass(frozen=True, slots=True)
class Role:
    """A role, how sure it is, and why; ``kind`` is None where the user is asked.

    `doubt` says what an open column may be: it is decided by its neighbors, or asked about.
    """

    kind: Kind | None
    why: str
    certainty: Certainty = "certain"
    doubt: Doubt = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the values of a column say."""

    numeric: bool
    constant: bool
    missing: int
    levels: int
    binary: bool = False
    whole: bool = False
    fraction: bool = False
    negative: bool = False
    percent: bool = False


def facts_of(values: pd.Series, *, percent: bool = False) -> Facts:
    """Describe the values of a column."""
    missing = int(values.isna().sum())
    known = values.dropna()
    levels = int(known.nunique())
    if pd.api.types.is_bool_dtype(values) and not missing:
        return Facts(True, levels < 2, 0, levels, binary=True, whole=True)
    if not pd.api.types.is_numeric_dtype(values):
        return Facts(False, levels < 2, missing, levels)
    numbers = known.to_numpy(float)
    binary = levels <= 2 and set(np.unique(numbers)) <= {0.0, 1.0}
    whole = bool(np.all(numbers == np.round(numbers)))
    return Facts(
        numeric=True,
        constant=levels < 2,
        missing=missing,
        levels=levels,
        binary=binary,
        whole=whole,
        fraction=not binary and len(numbers) > 0 and bool(np.all((numbers >= 0) & (numbers <= 1))),
        negative=bool(np.any(numbers < 0)),
        percent=percent,
    )


def is_share(facts: Facts) -> bool:
    """Tell whether values are shares or percentages, which no spend is."""
    return facts.percent or facts.fraction


def ask(why: str, doubt: Doubt = "unsure") -> Role:
    """Return an open role; other columns may close some doubts, but none where it is unsure."""
    return Role(None, why, "asked", doubt)


def is_ratio(name: Name) -> bool:
    """Tell whether a name says that an amount is counted per something."""
    inner = {fold(word) for word in name.words[1:]}
    return bool(inner & PER)
