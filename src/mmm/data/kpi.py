"""Which column is the outcome, judged by its name, and whether it is money."""

from __future__ import annotations

import re

from mmm.data.facts import PAID, Facts, is_ratio
from mmm.data.words import Name, fold, is_currency, read_name

#: Ranks of outcomes that are credited to a medium, so that they are not all of the outcome.
CREDITED = (6, 7, 8)
#: Ranks of outcomes that may be below one, in millions.
AMOUNTS = (1, 2)
NO_KPI = (
    *("rival", "lagged", "planned", "derived", "ratio", "interest", "exposure", "goods"),
    *("population", "control", "weather", "macro", "distribution"),
)


def kpi_rank(name: Name, facts: Facts) -> tuple[int, ...] | None:
    """Rank a column as the outcome, best first; None where it cannot be."""
    if not facts.numeric or facts.binary or facts.constant or facts.percent:
        return None
    if facts.fraction and _tier(name) not in AMOUNTS:
        return None
    if name.says("explicit kpi"):
        return (0, len(name.unknown), 0)
    if fold(name.text.strip()) in ("y", "target"):
        return (9, 0, 0)
    if name.says(*NO_KPI) or is_ratio(name) or name.says("spend") or _is_number_of(name, facts):
        return None
    if is_cohort(name) or (name.says("share", "average") and not name.says("value")):
        return None
    paid_for = name.says("price") and is_amount_paid(name)
    if name.says("cost", "holiday", "event", "brand") or (name.says("price") and not paid_for):
        return None
    if name.says("promotion"):
        return None
    tier = 1 if paid_for or is_money(name) else _tier(name)
    if tier is None:
        return None
    tier += 5 if name.says(*PAID, "owned", "organic") else 0
    extra = [w for w in name.unknown if fold(w) not in ("d", "de", "of", "la", "the", "des")]
    return (tier, len(extra) - name.says("total"), len(name.words))


def _tier(name: Name) -> int | None:
    order = ("money kpi", "sales kpi", "units kpi", "late kpi", "visits")
    return next((i for i, concept in enumerate(order, 1) if name.says(concept)), None)


def is_cohort(name: Name) -> bool:
    """Tell whether a name counts days since an install, as in d7_revenue."""
    return bool(re.match(r"(?i)d\d+[\W_]", name.text))


def is_money(name: Name) -> bool:
    """Tell whether a name of units says their value."""
    worth = name.says("value") or any(is_symbol(word) for word in name.words)
    return name.says("money kpi") or (worth and name.says("units kpi", "sales kpi"))


def is_install(name: str) -> bool:
    """Tell whether a column counts the installs of an app."""
    return any(fold(word).startswith(("install", "download")) for word in read_name(name).words)


def is_symbol(word: str) -> bool:
    """Tell whether a word is a currency, not only how a number is written."""
    return is_currency(word) and (word in "$€£¥₹" or (len(word) == 3 and word.isupper()))


def kpi_kind(name: Name, facts: Facts) -> tuple[str, bool]:
    """Return whether a KPI is "revenue" or "units", and whether that is known."""
    if is_money(name) or (name.says("price") and is_amount_paid(name)):
        return "revenue", True
    if name.says("sales kpi"):
        return ("units", True) if name.says("count", "units kpi") else ("revenue", True)
    if name.says("late kpi"):
        money = {"profit", "margin", "earnings", "gewinn", "marge", "benefice", "beneficio"}
        in_money = bool({fold(word) for word in name.words} & money) or not facts.whole
        return ("revenue", True) if in_money else ("units", True)
    if name.says("units kpi", "visits"):
        return "units", True
    return ("units" if facts.whole else "revenue"), False


def is_amount_paid(name: Name) -> bool:
    """Tell the price of all purchases, which is an outcome, from the price of a unit."""
    if not name.says("units kpi") or name.says("average", "ratio", "count") or is_ratio(name):
        return False
    return any(
        fold(word).endswith("s") for word in name.words if read_name(word).says("units kpi")
    )


def _is_number_of(name: Name, facts: Facts) -> bool:
    """Tell whether whole numbers only name something."""
    return facts.whole and name.says("identifier")
