"""Every series of a panel with a model of its own, their returns pooled."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from mmm.formatting import listing, percent, plural, ratio
from mmm.panel.reasons import NO_ESTIMATE, REASONS
from mmm.panel.series import (
    SeriesReturns,
    beside_truth,
    channel_summary,
    series_returns,
    stored_series,
    wide_table,
)
from mmm.panel.source import open_panel, panel_truth
from mmm.show.panel import channel_name
from mmm.show.picture import Picture
from mmm.show.style import INK, MUTED, PALETTE
from mmm.show.words import bullets
from mmm.show.workbook import Workbook

WIDE_CAPTION = (
    "ROI and grade per channel by brand and territory, or why there is no ROI; B: size, C: "
    "direction, D: hardly more than what the other series say"
)


def returns(book: Workbook) -> None:
    """Show one model per series, pooled: ROI and grade per channel (notebook 05).

    Parameters
    ----------
    book : Workbook
        An open study; nothing is shown unless it has a ``[panel]`` table.
    """
    if book.study.panel is None:
        return
    panel = open_panel(book.study, book.store)
    truth = panel_truth(book.study, book.store)
    result = series_returns(panel, book.study)
    table = result.channels if truth is None else beside_truth(result, truth)
    summary = channel_summary(table)
    book.say("## Every series of the panel, pooled")
    _store(book, result, table)
    named = summary.assign(channel=summary["channel"].map(channel_name))
    book.show_table(
        named,
        caption="Series with an ROI by grade, and without, by channel",
        name="panel_channels",
    )
    book.say(reading(table, result.fits, summary))
    book.show(by_series(table, result.pool, book.study.interval))
    book.show_table(
        result.pool.assign(channel=result.pool["channel"].map(channel_name)),
        caption=f"What the pool expects of a further series, {percent(book.study.interval)} "
        "interval; spread: standard deviation of the log ROI between series",
        name="panel_pool",
    )
    wide = wide_table(result)
    wide = wide.rename(columns={c: channel_name(c) for c in panel.channels})
    book.show_table(wide, caption=WIDE_CAPTION)


def _store(book: Workbook, result: SeriesReturns, table: pd.DataFrame) -> None:
    stored_series(result).write(book.store)
    book.store.write_table("tables/panel_series_roi.csv", table)
    book.store.write_table("tables/panel_series_fits.csv", result.fits)


def reading(table: pd.DataFrame, fits: pd.DataFrame, summary: pd.DataFrame) -> str:
    """Say how many series answer for each channel, how well, and what limits them.

    Parameters
    ----------
    table : DataFrame
        Rows per series and channel, with the true ROI where it is known.
    fits : DataFrame
        Rows per series.
    summary : DataFrame
        Result of :func:`mmm.panel.series.channel_summary`.
    """
    known = table[table["grade"] != ""]
    lines = [_counts(table), _limits(known), _holdouts(fits), _shrinkage(known)]
    lines += [_channel_line(row) for row in summary.to_dict("records") if row["estimated"]]
    if "true_roi" in known and len(known):
        lines.append(_beside_truth(known))
    lines.append(
        "ROI is money per money of the same currency, so it may be compared, and pooled, across "
        "series. No series has twins of its own, so none is graded A. Territories of one brand "
        "count as separate series; an All Territories series whose countries are here as well "
        "repeats them and does not inform the pool."
    )
    return bullets([line for line in lines if line])


def _counts(table: pd.DataFrame) -> str:
    known = table["grade"] != ""
    counts = table.loc[~known, "reason"].value_counts()
    why = listing([f"{name} ({counts[name]})" for name in NO_ESTIMATE if name in counts])
    total = f"{known.sum()} of {len(table)} pairs of series and channel get an ROI"
    if not why:
        return f"{total}."
    grades = [f"{(table['grade'] == g).sum()} {g}" for g in "BCD" if (table["grade"] == g).any()]
    return f"{total}, graded {listing(grades)}; the others do not: {why}."


def _limits(known: pd.DataFrame) -> str:
    """Name what caps grades, and how often."""
    reasons = known["reason"].str.split("; ").explode()
    counts = reasons[reasons != ""].value_counts()
    named = [f"{name} ({counts[name]})" for name in REASONS if name in counts]
    return f"Grades are capped for what limits a channel: {listing(named)}." if named else ""


def _holdouts(fits: pd.DataFrame) -> str:
    judged = fits.dropna(subset=["holdout_r2"])
    if not len(judged):
        return ""
    better = judged["beats_naive"].astype(bool)
    return (
        f"On the held-out weeks the models of {int(better.sum())} of {len(judged)} series beat "
        f"the mean of the last four weeks (median R² {ratio(judged['holdout_r2'].median())} "
        f"beside {ratio(judged['naive_r2'].median())})."
    )


def _shrinkage(known: pd.DataFrame) -> str:
    """Say how far the other series move an estimate."""
    if not len(known):
        return ""
    moved = np.abs(np.log(known["roi"] / known["roi_alone"]))
    most = known.loc[moved.idxmax()]
    return (
        f"**What pooling does**: an estimate moves by {percent(float(np.expm1(moved.median())))} "
        f"in the median, toward what the other series say of the channel; most for "
        f"{channel_name(most['channel'])} of `{most['series'][:8]}`, from "
        f"{ratio(most['roi_alone'])} on its own to {ratio(most['roi'])}."
    )


def _channel_line(row: dict[str, float | str]) -> str:
    text = (
        f"**{channel_name(str(row['channel']))}**: median ROI {ratio(float(row['median_roi']))} "
        f"over {plural(int(row['estimated']), 'estimate')}"
    )
    if "median_true_roi" in row:
        text += (
            f" (truth {ratio(float(row['median_true_roi']))}; "
            f"{percent(float(row['within_half']))} of the estimates within half of their truth)"
        )
    return f"{text}."


def _beside_truth(known: pd.DataFrame) -> str:
    inside = known["true_roi"].between(known["roi_low"], known["roi_high"]).mean()
    error = {
        name: np.abs(np.log(known[name] / known["true_roi"])).mean()
        for name in ("roi_alone", "roi")
    }
    return (
        f"**Beside the truth** of the twin: the intervals hold {percent(float(inside))} of the "
        f"true ROIs; the mean absolute log error is {ratio(float(error['roi']))}, before pooling "
        f"{ratio(float(error['roi_alone']))}."
    )


def by_series(table: pd.DataFrame, pool: pd.DataFrame, interval: float) -> Picture:
    """Draw the ROI of every series by channel, alone and pooled, beside the pool.

    Parameters
    ----------
    table : DataFrame
        Rows per series and channel.
    pool : DataFrame
        Result of :func:`mmm.panel.series.pool_table`.
    interval : float
        Central share of the pool's interval.

    Returns
    -------
    Picture
        ``figures/panel_series.png``.
    """
    known = table[table["grade"] != ""]
    ordered = pool.sort_values("roi").reset_index(drop=True)
    least, most = ordered.iloc[0], ordered.iloc[-1]
    names = channel_name(most["channel"]), channel_name(least["channel"])
    returns_ = ratio(most["roi"]), ratio(least["roi"])
    return Picture(
        axes=_draw(known, ordered),
        name="panel_series",
        title=f"In a typical series {names[0]} returns {returns_[0]} per unit of spend"
        + (f", {names[1]} {returns_[1]}" if len(ordered) > 1 else ""),
        caption=f"Median ROI of {plural(len(known), 'pair')} of series and channel, before (gray) "
        f"and after pooling (color), log scale. Bars: {percent(interval)} interval of the ROI "
        "that the pool expects of a further series.",
        alt=f"Dots per channel; pooled estimates lie closer together than those of single series; "
        f"the pool's median runs from {returns_[1]} to {returns_[0]}.",
        raster=True,
    )


def _draw(known: pd.DataFrame, pool: pd.DataFrame) -> Axes:
    _, axes = plt.subplots(figsize=(8, 0.9 * len(pool) + 1))
    for k, row in enumerate(pool.itertuples()):
        own = known[known["channel"] == row.channel]
        shift = np.linspace(-0.12, 0.12, len(own))
        axes.scatter(own["roi_alone"], k + 0.25 + shift, s=6, color=MUTED, alpha=0.6)
        axes.scatter(own["roi"], k - 0.05 + shift, s=6, color=PALETTE[0], alpha=0.7)
        axes.plot([row.roi_low, row.roi_high], [k - 0.32] * 2, color=INK, linewidth=3)
        axes.plot([row.roi], [k - 0.32], "o", color=INK, markersize=5)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.set_yticks(range(len(pool)), [channel_name(name) for name in pool["channel"]])
    axes.set_xlabel("ROI: incremental revenue per unit of spend")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    return axes
