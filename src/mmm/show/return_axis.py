"""The axis of returns: its limit, its unit, and where break-even is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from mmm.formatting import price, ratio
from mmm.show.measures import unit_name
from mmm.show.style import INK
from mmm.study.study import Study

#: Break-even within so many times the data is drawn; farther away an arrow points to it.
NEAR = 1.5
#: A cost whose upper end is more than so many times the largest median is cut at the edge.
FARTHEST = 3.0


def frame_returns(ax: Axes, ordered: pd.DataFrame, study: Study) -> None:
    """Name the axis of returns, and draw break-even where there is one."""
    if study.break_even is None:
        most = float(np.nanmax(ordered[["roi", "roi_high", "mroi"]].to_numpy()))
        ax.set_xlim(0, 1.04 * min(most, FARTHEST * float(ordered["roi"].max())))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: price(x, study.currency)))
        ax.set_xlabel(f"Spend per incremental {unit_name(study)}")
        return
    mark_break_even(ax, ordered, study.break_even)
    ax.set_xlabel("Incremental revenue per unit of spend")


def mark_break_even(ax: Axes, table: pd.DataFrame, break_even: float) -> None:
    """Set the limit of an axis of returns and mark break-even on it.

    A line marks it within reach of the returns; an arrow at the edge where it is far beyond.

    Parameters
    ----------
    table : DataFrame
        What is drawn, one row a channel: columns roi, roi_high and mroi, perhaps true_roi.
    """
    columns = [name for name in ("roi", "roi_high", "mroi", "true_roi") if name in table]
    most, y = float(np.nanmax(table[columns].to_numpy())), len(table) - 0.45
    style: dict[str, Any] = {"fontsize": 8.5, "color": "#555555"}
    if break_even > NEAR * most:
        ax.set_xlim(0, 1.04 * most)
        ax.text(1.04 * most, y, f"break-even {ratio(break_even)} →", ha="right", **style)
        return
    limit = 1.04 * max(most, break_even)
    ax.set_xlim(0, limit)
    ax.axvline(break_even, color=INK, lw=0.9, ls=(0, (4, 3)), zorder=1)
    is_right = break_even > limit / 2
    text = "break-even " if is_right else " break-even"
    ax.text(break_even, y, text, ha="right" if is_right else "left", **style)
