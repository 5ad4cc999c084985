"""What a column is, judged by the columns beside it: open roles are closed or asked about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm.data.facts import Facts, Role, ask, is_share
from mmm.data.kpi import is_money
from mmm.data.names import core
from mmm.data.words import fold, read_name

#: Marks of Robyn's and other public files at the end or start of a name.
SPEND_MARK = re.compile(r"[a-z0-9]_S(_|$)|^mdsp_")
EXPOSURE_MARK = re.compile(r"[a-z0-9]_[IP](_|$)|^mdip_")
NUMBERED = re.compile(r"(x|media|channel|ch|m)_?\d+", re.IGNORECASE)
#: How many times smaller or larger than all other spends a spend may be.
SIZES = 10
#: A total may be off by rounding.
ROUNDING = 5e-3

Roles = dict[str, Role]
AllFacts = dict[str, Facts]


@dataclass(frozen=True)
class Beside:
    """All columns of a table with their roles so far, what their values say, and the KPI."""

    table: pd.DataFrame
    roles: Roles
    facts: AllFacts
    kpi: str | None


def settle(table: pd.DataFrame, roles: Roles, facts: AllFacts, *, kpi: str | None) -> Roles:
    """Close the open roles that the other columns decide."""
    for step in (_marked, _bare, _siblings, _numbered, _totals):
        roles = roles | step(Beside(table, roles, facts, kpi))
    return roles


def _open(roles: Roles, *doubts: str) -> list[str]:
    return [n for n, role in roles.items() if role.kind is None and role.doubt in doubts]


def _spends(roles: Roles) -> list[str]:
    return [name for name, role in roles.items() if role.kind == "spend"]


def _is_amount(facts: Facts) -> bool:
    return facts.numeric and not (is_share(facts) or facts.binary or facts.negative)


def _marked(beside: Beside) -> Roles:
    """Read the marks of a file that tells spend from exposure by one letter."""
    spend = [n for n in _open(beside.roles, "unknown", "bare") if SPEND_MARK.search(n)]
    spend = [n for n in spend if _is_amount(beside.facts[n])]
    if len(spend) < 2 and not any(read_name(n).says("medium") for n in spend):
        return {}
    seen = [n for n in _open(beside.roles, "unknown", "bare") if EXPOSURE_MARK.search(n)]
    return dict.fromkeys(
        spend, Role("spend", "its mark says spend, as others do")
    ) | dict.fromkeys(seen, Role("exposure", "its mark says exposure, as others say spend"))


def _bare(beside: Beside) -> Roles:
    """Take columns named after media for spend where they look like the money of the others."""
    bare, spends = _open(beside.roles, "bare"), _spends(beside.roles)
    cents = beside.kpi is not None and not beside.facts[beside.kpi].whole
    cents = cents or any(not beside.facts[n].whole for n in [*bare, *spends])
    found = {}
    for name in bare:
        if read_name(name).says("brand"):
            found[name] = ask("media for the brand, or what people think of it?")
        elif beside.facts[name].whole and (cents or spends or not _is_money(beside.kpi)):
            found[name] = ask(
                "its name says media; whole numbers: spend, or what was sent or seen?"
            )
        elif spends and read_name(name).says("owned"):
            found[name] = ask("media of our own, or bought?")
        elif spends and not _is_like(beside.table, name, spends):
            found[name] = ask("its name says media, but other columns say spend")
        else:
            found[name] = Role("spend", "named after a medium, with amounts of money", "likely")
    return found


def _is_money(kpi: str | None) -> bool:
    """Tell whether the outcome is surely money, so that whole numbers are rounded money, too."""
    return kpi is not None and is_money(read_name(kpi))


def _is_like(table: pd.DataFrame, name: str, spends: list[str]) -> bool:
    """Tell whether a column is of another medium than the spends, and of their size."""
    media = {tuple(map(fold, core(n))) for n in spends}
    sizes = [float(table[n].mean()) for n in spends]
    size = float(table[name].mean())
    in_range = min(sizes) / SIZES <= size <= max(sizes) * SIZES
    return in_range and tuple(map(fold, core(name))) not in media


def _affixes(name: str) -> Iterator[tuple[str, str]]:
    parts = re.split(r"[\W_]+", name.strip("_ "))
    if len(parts) < 2:  # camelCase
        parts = list(read_name(name).words)
    if len(parts) > 1:
        yield "first", re.sub(r"\d+", "#", parts[0].lower())
        yield "last", re.sub(r"\d+", "#", parts[-1].lower())


def _siblings(beside: Beside) -> Roles:
    """Take a column for spend where all others with its first or last word are spend."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name in beside.roles:
        for affix in _affixes(name):
            groups.setdefault(affix, []).append(name)
    found = {}
    for name in _open(beside.roles, "unknown", "cost"):
        if not _is_amount(beside.facts[name]):
            continue
        for affix in _affixes(name):
            others = [n for n in groups[affix] if n != name and beside.roles[n].kind is not None]
            needed = 1 if read_name(affix[1]).says("spend", "cost") else 2
            if len(others) >= needed and all(beside.roles[n].kind == "spend" for n in others):
                why = f"named like {others[0]!r}, which is spend"
                found[name] = Role("spend", why, "likely")
                break
    return found


def _numbered(beside: Beside) -> Roles:
    """Take x1, x2, ... for spend where nothing else is."""
    names = [n for n in _open(beside.roles, "unknown", "bare") if NUMBERED.fullmatch(n)]
    names = [n for n in names if _is_amount(beside.facts[n]) or beside.facts[n].fraction]
    if _spends(beside.roles) or len(names) < 2:
        return {}
    return dict.fromkeys(names, Role("spend", "numbered, and no column says spend", "likely"))


def _totals(beside: Beside) -> Roles:
    """Leave sums of other spend columns out; a lone column without a medium is the spend."""
    found: Roles = {}
    lone = _open(beside.roles, "total")
    spends = _spends(beside.roles)
    for name in lone:
        others = [n for n in spends if n not in found]
        if not others:
            found[name] = Role("spend", "the only spend", "likely")
            spends = [name]
        elif read_name(name).says("total") or is_sum(beside.table[name], beside.table[others]):
            found[name] = Role("ignored", "the sum of other spend columns: left out")
        else:
            found[name] = ask("its name says spend, but no medium; not the sum of the others")
    for name in _spends(beside.roles | found):
        others = [n for n in _spends(beside.roles | found) if n != name]
        if len(others) > 1 and is_sum(beside.table[name], beside.table[others]):
            found[name] = Role("ignored", "the sum of other spend columns: left out")
    return found


def is_sum(values: pd.Series, others: pd.DataFrame) -> bool:
    """Tell whether a column is the sum of two or more others, but for rounding.

    Examples
    --------
    >>> parts = pd.DataFrame({"a": [1.0, 2, 3, 9], "b": [4.0, 6, 1, 2], "c": [7.0, 1, 5, 5]})
    >>> is_sum(parts["a"] + parts["c"], parts), is_sum(parts["a"] * 2, parts)
    (True, False)
    """
    total = values.fillna(0.0).to_numpy(float)
    parts = others.fillna(0.0).to_numpy(float)
    size = max(float(np.abs(total).mean()), 1e-300)
    if np.abs(parts.sum(axis=1) - total).mean() <= ROUNDING * size and parts.shape[1] > 1:
        return True
    fitted = np.linalg.lstsq(parts, total, rcond=None)[0]
    weights = np.round(fitted)
    if (
        np.abs(fitted - weights).max() > 0.01
        or not np.isin(weights, (0, 1)).all()
        or weights.sum() < 2
    ):
        return False
    return bool(np.abs(parts @ weights - total).mean() <= ROUNDING * size)
