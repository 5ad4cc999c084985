"""The figure of the first screen: ROI with intervals, colored by how sure it is."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mmm.decide.recommend import paid_back
from mmm.formatting import between, plural, ratio
from mmm.show.glossary import GRADE_SCALE
from mmm.show.picture import Picture
from mmm.show.style import GRADE_COLORS, INK, MUTED, VERDICT_COLORS
from mmm.study.study import Study

#: Name of the figure's file.
NAME = "headline"


def roi(
    returns: pd.DataFrame, study: Study, *, basis: str, grades: dict[str, str] | None = None
) -> Picture:
    """Draw ROI with its interval per channel, colored by how sure it is.

    Parameters
    ----------
    returns : DataFrame
        Result of :func:`mmm.decide.returns.channel_returns`.
    study : Study
        Its labels and margin.
    basis : str
        First sentences of the caption: what the figures are about.
    grades : dict of str to str, optional
        Grade of each channel's ROI; they take the place of the verdicts.

    Returns
    -------
    Picture
        ``figures/headline.svg``.
    """
    found = paid_back(returns, 1 / study.margin)
    top = returns.loc[returns["roi"].idxmax()]
    best = f"{study.labels[top['channel']]} earned most ({ratio(top['roi'])})"
    count = f"{found.count('paid back')} of {plural(len(returns), 'channel')} very likely paid "
    color = (
        f"Colour: grade of the ROI. {GRADE_SCALE}."
        if grades
        else "Colour: the whole interval lies above break-even, below it, or neither."
    )
    said = ", ".join(_in_words(returns, found, study, grades))
    return Picture(
        axes=_draw_roi(returns, found, study, grades),
        name=NAME,
        title=f"{count}back; {best}" if returns["roi_low"].notna().any() else best,
        caption=f"{basis} {color} Diamond: return on the next unit of spend.",
        alt=f"ROI per channel against break-even at {ratio(1 / study.margin)}: {said}.",
    )


def _in_words(
    returns: pd.DataFrame, found: list[str], study: Study, grades: dict[str, str] | None
) -> list[str]:
    """Say of each channel its ROI, interval, verdict and grade."""
    said = []
    for row, verdict in zip(returns.itertuples(), found, strict=True):
        grade = f", grade {grades.get(row.channel, 'D')}" if grades else ""
        interval = between(row.roi_low, row.roi_high, ratio)
        words = f"{interval}, {verdict}" if interval else verdict
        said.append(f"{study.labels[row.channel]} {ratio(row.roi)} ({words}{grade})")
    return said


def _draw_roi(
    returns: pd.DataFrame, found: list[str], study: Study, grades: dict[str, str] | None
) -> Axes:
    """Draw one row a channel, the highest ROI first."""
    kinds, palette = found, VERDICT_COLORS
    if grades:
        kinds, palette = [grades.get(name, "D") for name in returns["channel"]], GRADE_COLORS
    table = returns.assign(kind=kinds).sort_values("roi", ascending=False).reset_index(drop=True)
    _, ax = plt.subplots(figsize=(5.4, 1.15 + 0.42 * len(table)))
    for y, row in table.iterrows():
        _draw_channel(ax, float(str(y)), row, palette[row["kind"]])
    for kind, color in palette.items():
        if (table["kind"] == kind).any():
            name = f"Grade {kind}" if grades else kind
            ax.plot([], [], "o-", color=color, lw=4, ms=7, label=name)
    ax.plot([], [], "D", mec=MUTED, mfc="white", ms=5.5, label="next unit")
    _frame(ax, table, study.labels, 1 / study.margin)
    return ax


def _frame(ax: Axes, table: pd.DataFrame, labels: dict[str, str], break_even: float) -> None:
    """Draw all that is not a channel: break-even, names, limits, legend."""
    ax.axvline(break_even, color=INK, lw=0.9, ls=(0, (4, 3)), zorder=1)
    ax.text(break_even, len(table) - 0.45, " break-even", fontsize=8.5, color="#555555")
    names = [_short(labels[c]) for c in table["channel"]]
    ax.set_yticks(range(len(table)), names, fontsize=10, color=INK)
    ax.set_ylim(len(table) - 0.3, -0.7)
    ax.set_xlim(0, 1.04 * float(np.nanmax(table[["roi", "roi_high", "mroi"]].to_numpy())))
    ax.set_xlabel("Incremental revenue per unit of spend (ROI)")
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.legend(
        ncols=4,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        handletextpad=0.4,
        borderpad=0.2,
        columnspacing=1.2,
    )


def _draw_channel(ax: Axes, y: float, row: pd.Series, color: str) -> None:
    ax.plot([row["roi_low"], row["roi_high"]], [y, y], color=color, lw=5, alpha=0.45, zorder=2)
    ax.plot(row["mroi"], y, "D", mec=MUTED, mfc="white", ms=5.5, zorder=3)
    ax.plot(row["roi"], y, "o", color=color, ms=8.5, zorder=4)
    interval = between(row["roi_low"], row["roi_high"], ratio)
    text = f"{ratio(row['roi'])}  ({interval})" if interval else ratio(row["roi"])
    ax.annotate(
        text,
        (1, y),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=9,
        color=INK,
    )


def _short(label: str, *, most: int = 24) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"
