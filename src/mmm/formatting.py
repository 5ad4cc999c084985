"""One way to write money, shares and ratios, used by checks, figures, tables and prose."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
SPACE = "\N{NO-BREAK SPACE}"


def money(amount: float, currency: str = "USD", *, signed: bool = False) -> str:
    """Write an amount of money short, with two or three significant digits.

    Examples
    --------
    >>> money(1_234_567), money(-52_000), money(980.0), money(0.5)
    ('$1.23M', '−$52.0k', '$980', '$0.50')
    """
    if not math.isfinite(amount):
        return "–"
    amount = 0.0 if abs(amount) < 0.005 else amount
    sign = "−" if amount < 0 else "+" if signed and amount > 0 else ""
    number = short(abs(amount))
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number}{SPACE}{currency}".strip()


def price(amount: float, currency: str = "USD") -> str:
    """Write what one unit costs: as money, and with two digits where that is a few cents.

    Examples
    --------
    >>> price(8.614), price(0.00213), price(float("inf"))
    ('$8.61', '$0.0021', '–')
    """
    if not 0 < amount < 0.0995:
        return money(amount, currency)
    symbol, number = SYMBOLS.get(currency), f"{amount:.2g}"
    return f"{symbol}{number}" if symbol else f"{number}{SPACE}{currency}".strip()


def short(number: float) -> str:
    """Write a non-negative number with three significant digits and k, M or B.

    Examples
    --------
    >>> short(999.6), short(12_345), short(4.2e9), short(7.0), short(0.0)
    ('1.00k', '12.3k', '4.20B', '7.00', '0')
    """
    if number == 0:
        return "0"
    for unit, divisor in (("", 1.0), ("k", 1e3), ("M", 1e6), ("B", 1e9)):
        scaled = number / divisor
        if scaled < 999.5 or unit == "B":
            digits = 0 if scaled >= 99.95 else 1 if scaled >= 9.995 else 2
            return f"{scaled:.{digits}f}{unit}"
    raise AssertionError


def percent(share: float, *, signed: bool = False, digits: int = 0) -> str:
    r"""Write a share as a percentage.

    Examples
    --------
    >>> percent(0.25), percent(-0.031, signed=True, digits=1), percent(-0.001, signed=True)
    ('25\xa0%', '−3.1\xa0%', '0\xa0%')
    """
    if not math.isfinite(share):
        return "–"
    return _sign(share, f"{abs(share):.{digits}%}".replace("%", f"{SPACE}%"), signed=signed)


def _sign(number: float, text: str, *, signed: bool = False) -> str:
    """Put the sign before a written number; one that is written as zero has none."""
    if not any(digit in text for digit in "123456789"):
        return text
    return f"−{text}" if number < 0 else f"+{text}" if signed else text


def ratio(value: float) -> str:
    """Write a ratio such as an ROI with two or three significant digits, thousands in full.

    Examples
    --------
    >>> ratio(1.234), ratio(12.0), ratio(0.05), ratio(-0.001), ratio(4_871.2)
    ('1.23', '12.0', '0.05', '0.00', '4,871')
    """
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    digits = 0 if size >= 99.95 else 1 if size >= 9.995 else 2
    return _sign(value, f"{size:,.{digits}f}")


#: No chance is said to be larger: where the truth is simulated, verdicts with more draws than that
#: behind them held in about so many cases.
SUREST = 0.95


def chance(share: float) -> str:
    r"""Write a share of draws as a probability, no surer than draws have proven to be.

    Examples
    --------
    >>> chance(1.0), chance(0.93), chance(0.0)
    ('over 95\xa0%', '93\xa0%', 'under 5\xa0%')
    """
    if not math.isfinite(share):
        return "–"
    if share > SUREST:
        return f"over {percent(SUREST)}"
    if 1 - share > SUREST:
        return f"under {percent(1 - SUREST)}"
    return percent(share)


def between(low: float, high: float, write: Callable[[float], str]) -> str:
    """Write an interval; empty where there is none.

    Examples
    --------
    >>> between(1.0, 2.5, ratio), between(float("nan"), 2.5, ratio)
    ('1.00 to 2.50', '')
    """
    return f"{write(low)} to {write(high)}" if math.isfinite(low) else ""


def listing(items: list[str]) -> str:
    """Join items as in a sentence.

    Examples
    --------
    >>> listing(["TV"]), listing(["TV", "Search"]), listing(["TV", "Search", "Social"])
    ('TV', 'TV and Search', 'TV, Search and Social')
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def period(weeks: pd.DatetimeIndex) -> str:
    """Return a period for captions: its length, and its first and last week."""
    return f"{plural(len(weeks), 'week')}, {ends_of(weeks)}"


def ends_of(weeks: pd.DatetimeIndex) -> str:
    """Return the first and the last week of a period."""
    return span(weeks[0], weeks[-1])


def span(first: dt.date, last: dt.date) -> str:
    """Write a range of days.

    Examples
    --------
    >>> span(dt.date(2024, 1, 1), dt.date(2024, 1, 8))
    '2024-01-01 to 2024-01-08'
    """
    return f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"


def plural(count: int, noun: str) -> str:
    """Count a noun.

    Examples
    --------
    >>> plural(1, "week"), plural(3, "week")
    ('1 week', '3 weeks')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the known name that is closest to a wrong one; empty where none is close.

    Examples
    --------
    >>> did_you_mean("forrest", ["forest", "ridge"]), did_you_mean("x", ["forest", "ridge"])
    ("did you mean 'forest'?", '')
    """
    close = get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name is closest to a wrong one, or list them all.

    Examples
    --------
    >>> nearest("x", ["forest", "ridge"])
    'known: forest, ridge.'
    """
    names = sorted(known)
    return did_you_mean(name, names) or f"known: {', '.join(names) or 'none'}."


def indented(lines: Sequence[str], most: int = 8) -> str:
    r"""List the first lines below a message, and count the others.

    Examples
    --------
    >>> print("Problems:", indented(["a", "b", "c"], most=2), sep="\n")
    Problems:
      a
      b
      ... and 1 more
    """
    others = [f"... and {len(lines) - most} more"] if len(lines) > most else []
    return "\n".join(f"  {line}" for line in [*lines[:most], *others])
