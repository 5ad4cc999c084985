"""The figure of the first screen: ROI with intervals, colored by how sure it is."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mmm.decide.recommend import paid_back
from mmm.formatting import listing, plural, ratio
from mmm.show.glossary import GRADE_SCALE
from mmm.show.measures import (
    HIGHEST,
    average_name,
    drawn,
    ends_of_returns,
    in_returns,
    stands_out,
    unit_name,
)
from mmm.show.picture import Picture
from mmm.show.return_axis import frame_returns
from mmm.show.style import GRADE_COLORS, INK, MUTED, VERDICT_COLORS
from mmm.study.study import Study

#: Name of the figure's file.
NAME = "headline"
#: Names from so many letters on leave no room for a legend in one line.
LONG = 20


def roi(
    returns: pd.DataFrame, study: Study, *, basis: str, grades: dict[str, str] | None = None
) -> Picture:
    """Draw ROI with its interval per channel, colored by how sure it is.

    Channels that were not bought have none and are left out. Where the value of a unit is not
    known, what a unit costs is drawn, and no break-even.

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
    returns = returns[returns["roi"].notna()]
    found = paid_back(returns, study.break_even)
    if study.break_even is None:
        return _costs(returns, found, study, basis=basis, grades=grades)
    color = (
        f"Color: grade of the ROI. {GRADE_SCALE}."
        if grades
        else "Color: the whole interval lies above break-even, below it, or neither."
    )
    said = ", ".join(_in_words(returns, found, study, grades))
    return Picture(
        axes=_draw_roi(returns, found, study, grades),
        name=NAME,
        title=_title(returns, study, grades),
        caption=f"{basis} {color} Diamond: return on the next unit of spend.",
        alt=f"ROI per channel against break-even at {ratio(study.break_even)}: {said}.",
    )


def _title(returns: pd.DataFrame, study: Study, grades: dict[str, str] | None) -> str:
    """Count the channels that paid back and name the best; those graded D are not known."""
    known, unknown = _told_apart(returns, study, grades)
    if known.empty:
        return unknown
    top = known.loc[known["roi"].idxmax()]
    leads = "earned most" if stands_out(known["roi_low"], known["roi"]) else HIGHEST
    said = [f"{study.labels[top['channel']]} {leads} ({ratio(top['roi'])})"]
    if known["roi_low"].notna().any():
        paid = paid_back(known, study.break_even).count("paid back")
        said.insert(0, f"{paid} of {plural(len(returns), 'channel')} very likely paid back")
    return "; ".join([*said, *([unknown] if unknown else [])])


def _told_apart(
    returns: pd.DataFrame, study: Study, grades: dict[str, str] | None
) -> tuple[pd.DataFrame, str]:
    """Return the channels that are not graded D, and half a sentence on those that are."""
    is_known = np.array([(grades or {}).get(name) != "D" for name in returns["channel"]])
    names = [study.labels[name] for name in returns.loc[~is_known, "channel"]]
    return returns[is_known], f"not known (grade D): {listing(names)}" if names else ""


def _costs(
    returns: pd.DataFrame,
    found: list[str],
    study: Study,
    *,
    basis: str,
    grades: dict[str, str] | None,
) -> Picture:
    """Describe the figure of what a unit costs."""
    unit, name = unit_name(study), average_name(study)
    color = f" Color: grade of the estimate. {GRADE_SCALE}." if grades else ""
    said = ", ".join(_in_words(returns, found, study, grades))
    known, title = _told_apart(returns, study, grades)
    if not known.empty:
        top = known.loc[known["roi"].idxmax()]
        best = f"{study.labels[top['channel']]} buys one {unit} for the least: "
        title = "; ".join(filter(None, (f"{best}{in_returns(top['roi'], study)}", title)))
    return Picture(
        axes=_draw_roi(returns, found, study, grades),
        name=NAME,
        title=title,
        caption=f"{basis}{color} Diamond: cost of the next {unit}.",
        alt=f"{name.capitalize()} by channel: {said}.",
    )


def _in_words(
    returns: pd.DataFrame, found: list[str], study: Study, grades: dict[str, str] | None
) -> list[str]:
    """Say of each channel its ROI, interval, verdict and grade."""
    said = []
    for row, verdict in zip(returns.itertuples(), found, strict=True):
        grade = f", grade {grades.get(row.channel, 'D')}" if grades else ""
        interval = ends_of_returns(row.roi_low, row.roi_high, study)
        verdicts = [] if study.break_even is None else [verdict]
        words = ", ".join(filter(None, [interval, *verdicts])) + grade
        inside = f" ({words.removeprefix(', ')})" if words else ""
        said.append(f"{study.labels[row.channel]} {in_returns(row.roi, study)}{inside}")
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
    shown = drawn(table, study)
    for y, row in table.iterrows():
        _draw_channel(ax, float(str(y)), shown.loc[y], palette[row["kind"]], _number(row, study))
    for kind, color in palette.items():
        if (table["kind"] == kind).any() and (grades or study.break_even is not None):
            name = f"Grade {kind}" if grades else kind
            ax.plot([], [], "o-", color=color, lw=4, ms=7, label=name)
    ax.plot([], [], "D", mec=MUTED, mfc="white", ms=5.5, label="next unit")
    _frame(ax, shown, study)
    return ax


def _frame(ax: Axes, table: pd.DataFrame, study: Study) -> None:
    """Draw all that is not a channel: break-even, names, limits, legend."""
    names = [_short(study.labels[c]) for c in table["channel"]]
    ax.set_yticks(range(len(table)), names, fontsize=10, color=INK)
    ax.set_ylim(len(table) - 0.3, -0.7)
    frame_returns(ax, table, study)
    if study.break_even is not None:
        ax.set_xlabel("Incremental revenue per unit of spend (ROI)")
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.legend(
        ncols=4 if max(map(len, names)) < LONG else 2,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        handletextpad=0.4,
        borderpad=0.2,
        columnspacing=1.2,
    )


def _number(row: pd.Series, study: Study) -> str:
    """Write a return with its interval."""
    interval = ends_of_returns(row["roi_low"], row["roi_high"], study)
    shown = in_returns(row["roi"], study)
    return f"{shown}  ({interval})" if interval else shown


def _draw_channel(ax: Axes, y: float, row: pd.Series, color: str, text: str) -> None:
    ax.plot([row["roi_low"], row["roi_high"]], [y, y], color=color, lw=5, alpha=0.45, zorder=2)
    ax.plot(row["mroi"], y, "D", mec=MUTED, mfc="white", ms=5.5, zorder=3)
    ax.plot(row["roi"], y, "o", color=color, ms=8.5, zorder=4)
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
