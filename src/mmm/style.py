"""The look: one colour per channel, one way to write money, shares and ratios."""

from __future__ import annotations

import io
import math
from importlib.resources import files

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

#: Colour-blind safe (Okabe-Ito, then Tol); channels take them in the order of the study.
PALETTE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#E69F00",
    "#332288",
    "#999933",
    "#882255",
    "#44AA99",
    "#661100",
    "#6699CC",
)
INK = "#222222"
MUTED = "#8a8a8a"
BASELINE_COLOR = "#b8bec6"
SYNERGY_COLOR = "#6b4c9a"
TRUTH_COLOR = "#111111"
STATUS_COLORS = {"PASS": "#1a7f37", "REVIEW": "#9a6700", "FAIL": "#b42318"}
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def use_style() -> None:
    """Apply the project's matplotlib settings."""
    mpl.rc_file(str(files("mmm") / "matplotlibrc"))


def channel_colors(channels: list[str]) -> dict[str, str]:
    """Return one colour per channel, by its place in the study."""
    return {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(channels)}


def money(amount: float, currency: str = "USD", *, signed: bool = False) -> str:
    """Write an amount of money short, with two or three significant digits.

    Parameters
    ----------
    amount : float
        The amount.
    currency : str, default "USD"
        ISO code; unknown ones are written behind the number.
    signed : bool, default False
        Write a plus sign before gains.

    Examples
    --------
    >>> money(1_234_567), money(-52_000), money(980.0), money(0.5)
    ('$1.23M', '−$52.0k', '$980', '$0.50')
    """
    if not math.isfinite(amount):
        return "–"
    sign = "−" if amount < 0 else "+" if signed else ""
    number = short(abs(amount))
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {currency}".strip()


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
    """Write a share as a percentage.

    Examples
    --------
    >>> percent(0.25), percent(-0.031, signed=True, digits=1)
    ('25 %', '−3.1 %')
    """
    if not math.isfinite(share):
        return "–"
    text = f"{abs(share):.{digits}%}".replace("%", " %")
    sign = "−" if share < 0 else "+" if signed else ""
    return sign + text


def ratio(value: float) -> str:
    """Write a ratio such as an ROI with two or three significant digits.

    Examples
    --------
    >>> ratio(1.234), ratio(12.34), ratio(0.05)
    ('1.23', '12.3', '0.05')
    """
    if not math.isfinite(value):
        return "–"
    text = f"{abs(value):.2f}" if abs(value) < 9.995 else f"{abs(value):.3g}"
    return f"−{text}" if value < 0 else text


def money_axis(currency: str) -> FuncFormatter:
    """Return a tick formatter that writes money short."""
    return FuncFormatter(lambda amount, _: money(amount, currency) if amount else "0")


def percent_axis() -> FuncFormatter:
    """Return a tick formatter that writes shares as percentages."""
    return FuncFormatter(lambda share, _: percent(share))


def render(figure: Figure, *, raster: bool = False) -> bytes:
    """Render a figure to the same bytes every time.

    Parameters
    ----------
    figure : Figure
        The figure.
    raster : bool, default False
        PNG instead of SVG, for figures with very many marks.
    """
    buffer = io.BytesIO()
    if raster:
        figure.savefig(buffer, format="png", dpi=160, metadata={"Software": None})
    else:
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
