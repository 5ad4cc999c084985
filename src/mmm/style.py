"""The look: one colour per channel, one set of matplotlib settings, one way to save a figure."""

from __future__ import annotations

import io
from importlib.resources import files

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from mmm.formatting import money

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


def use_style() -> None:
    """Apply the project's matplotlib settings."""
    mpl.rc_file(str(files("mmm") / "matplotlibrc"))


def channel_colors(channels: list[str]) -> dict[str, str]:
    """Return one colour per channel, by its place in the study."""
    return {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(channels)}


def money_axis(currency: str) -> FuncFormatter:
    """Return a tick formatter that writes money short."""
    return FuncFormatter(lambda amount, _: money(amount, currency) if amount else "0")


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
