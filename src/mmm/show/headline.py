"""Words around the figure of the first screen."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mmm.formatting import between, plural, ratio
from mmm.show.glossary import GRADE_SCALE
from mmm.show.style import GRADE_COLORS, INK, MUTED, VERDICT_COLORS
from mmm.show.words import FigureWords
from mmm.study.study import Study


def headline_figure(
    returns: pd.DataFrame,
    verdicts: list[str],
    study: Study,
    *,
    basis: str,
    grades: dict[str, str] | None = None,
) -> FigureWords:
    """Words around the ROI figure that is coloured by how sure it is."""
    top = returns.loc[returns["roi"].idxmax()]
    best = f"{study.labels[top['channel']]} earned most ({ratio(top['roi'])})"
    paid = verdicts.count("paid back")
    count = f"{paid} of {plural(len(returns), 'channel')} very likely paid back; "
    said = []
    for row, verdict in zip(returns.itertuples(), verdicts, strict=True):
        grade = f", grade {grades.get(row.channel, 'D')}" if grades else ""
        interval = between(row.roi_low, row.roi_high, ratio)
        words = f"{interval}, {verdict}" if interval else verdict
        said.append(f"{study.labels[row.channel]} {ratio(row.roi)} ({words}{grade})")
    colour = (
        f"Colour: grade of the ROI. {GRADE_SCALE}."
        if grades
        else "Colour: the whole interval lies above break-even, below it, or neither."
    )
    return FigureWords(
        title=(count if returns["roi_low"].notna().any() else "") + best,
        caption=f"{basis} {colour} Diamond: return on the next unit of spend.",
        alt=f"ROI per channel against break-even at {ratio(1 / study.margin)}: {', '.join(said)}.",
    )


def verdicts(returns: pd.DataFrame, break_even: float) -> list[str]:
    """Say of each channel whether its whole interval lies above or below break-even."""
    words = np.full(len(returns), "open", dtype=object)
    words[(returns["roi_low"] > break_even).to_numpy()] = "paid back"
    words[(returns["roi_high"] < break_even).to_numpy()] = "did not"
    return words.tolist()


def plot_headline(
    returns: pd.DataFrame,
    labels: dict[str, str],
    break_even: float,
    grades: dict[str, str] | None = None,
) -> Axes:
    """Draw ROI with its interval per channel, coloured by how sure it is."""
    table = returns.assign(verdict=verdicts(returns, break_even))
    kinds, palette = list(table["verdict"]), VERDICT_COLORS
    if grades:
        kinds, palette = [grades.get(name, "D") for name in table["channel"]], GRADE_COLORS
    table = table.assign(kind=kinds).sort_values("roi", ascending=False).reset_index(drop=True)
    _, ax = plt.subplots(figsize=(5.4, 1.15 + 0.42 * len(table)))
    for y, row in table.iterrows():
        _draw_channel(ax, float(str(y)), row, palette[row["kind"]])
    for kind, color in palette.items():
        if (table["kind"] == kind).any():
            name = f"Grade {kind}" if grades else kind
            ax.plot([], [], "o-", color=color, lw=4, ms=7, label=name)
    ax.plot([], [], "D", mec=MUTED, mfc="white", ms=5.5, label="next unit")
    _frame(ax, table, labels, break_even)
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
