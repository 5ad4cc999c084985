"""The look: one color per channel, one set of matplotlib settings, one way to save a figure."""

from __future__ import annotations

import io
import warnings
from importlib.resources import files

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from mmm.formatting import money

#: Color-blind safe (Okabe-Ito, then after Tol), 3:1 on white and on the dark page; channels
#: take them in the order of the study.
PALETTE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#E69F00",
    "#8A78D6",
    "#999933",
    "#B0476F",
    "#44AA99",
    "#A5533A",
    "#6699CC",
)
INK = "#222222"
MUTED = "#8a8a8a"
BASELINE_COLOR = "#b8bec6"
SYNERGY_COLOR = "#8467b5"
TRUTH_COLOR = "#111111"
#: How sure a return is. None of them is the color of a channel; they differ in lightness too.
VERDICT_COLORS = {"paid back": "#0f5c4d", "open": "#8b8f98", "did not": "#b3431e"}
GRADE_COLORS = {"A": "#0f5c4d", "B": "#4f9f8c", "C": "#c58b3a", "D": "#a9adb5"}
STATUS_COLORS = {"PASS": "#1a7f37", "REVIEW": "#9a6700", "FAIL": "#b42318"}

#: In a dark page a figure turns its paper, ink and lines; the colors of the channels stay.
DARK = """@media (prefers-color-scheme: dark) {
svg {fill: #d5dade}
path[style*="fill: #ffffff"], use[style*="fill: #ffffff"] {fill: #1b2126 !important}
g[style*="fill: #222222"], g[style*="fill: #444444"], g[style*="fill: #555555"]
 {fill: #c3cad1 !important}
path[style*="fill: #222222"], use[style*="fill: #222222"], path[style*="fill: #111111"]
 {fill: #76818c !important}
[style*="stroke: #222222"], [style*="stroke: #111111"], [style*="stroke: #000000"]
 {stroke: #e3e7ea !important}
[style*="stroke: #555555"], [style*="stroke: #999999"] {stroke: #8a949e !important}
[style*="stroke: #e6e6e6"] {stroke: #2f3840 !important}
[style*="stroke: #ffffff"] {stroke: #1b2126 !important}
path[style*="fill: #b8bec6"], use[style*="fill: #b8bec6"] {fill: #5c6670 !important}
[style*="stroke: #dddddd"], [style*="stroke: #d5d8dc"] {stroke: #46505a !important}
[style*="fill: #0f5c4d"] {fill: #4fb39d !important}
[style*="stroke: #0f5c4d"] {stroke: #4fb39d !important}
[style*="fill: #b3431e"] {fill: #e2764a !important}
[style*="stroke: #b3431e"] {stroke: #e2764a !important}
}"""


def use_style() -> None:
    """Apply the project's matplotlib settings."""
    mpl.rc_file(str(files("mmm") / "matplotlibrc"))


def channel_colors(channels: list[str]) -> dict[str, str]:
    """Return one color per channel, by its place in the study."""
    return {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(channels)}


def money_axis(currency: str) -> FuncFormatter:
    """Return a tick formatter that writes money short."""
    return FuncFormatter(lambda amount, _: money(amount, currency) if amount else "0")


def render(figure: Figure, *, raster: bool = False) -> bytes:
    """Render a figure to the same bytes every time."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():  # an emoji in a label is drawn as an empty box
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        if raster:
            figure.savefig(buffer, format="png", dpi=160, metadata={"Software": None})
        else:
            figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue().replace(b"</style>", DARK.encode() + b"</style>", 1)


def small_multiples(n_panels: int, *, height: float = 1.9, columns: int = 3) -> list[Axes]:
    """Return the axes of a grid, unused panels removed."""
    columns = min(columns, n_panels)
    rows = -(-n_panels // columns)
    _, grid = plt.subplots(rows, columns, figsize=(8, height * rows), squeeze=False)
    panels = list(grid.ravel())
    for spare in panels[n_panels:]:
        spare.remove()
    return panels[:n_panels]


def share_labels(panels: list[Axes], *, x: str = "", y: str = "") -> None:
    """Label the axes of a grid once."""
    figure = panels[0].get_figure()
    assert isinstance(figure, Figure)
    figure.supxlabel(x, fontsize=10, color="#444444")
    figure.supylabel(y, fontsize=10, color="#444444")
