"""Sentences of notebook 05: contributions, returns and response curves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.data import WeeklyData
from mmm.formatting import money, percent, ratio
from mmm.prose.words import FigureWords, bullets, outcome, plural, window_of
from mmm.returns import SURE
from mmm.study import Study

#: Share of its average that a next unit earns from which a curve counts as straight.
STRAIGHT = 0.98


def spread(low: float, high: float, study: Study) -> str:
    """Return an interval in parentheses, or nothing for a point estimate."""
    if not np.isfinite(low):
        return ""
    return f" ({percent(study.interval)}: {ratio(low)} to {ratio(high)})"


def contributions_over_time(
    by_week: pd.DataFrame, weekly: WeeklyData, study: Study
) -> FigureWords:
    """Words around the stacked contributions."""
    totals = by_week.sum()
    media = 1 - totals["baseline"] / totals.sum()
    return FigureWords(
        title=f"Over all {plural(len(weekly), 'week')} advertising makes {percent(media)} of "
        f"{outcome(study)}; the rest would have come without it",
        caption=f"Mean contribution per week, carry-in included; baseline, channels and synergy "
        f"add up to the fitted {outcome(study)}. {plural(len(weekly), 'week')}.",
        alt=f"Stacked areas over {plural(len(weekly), 'week')}: baseline {percent(1 - media)}, "
        f"media {percent(media)}, with the actual outcome as a line.",
    )


def waterfall(totals: pd.Series, weekly: WeeklyData, study: Study) -> FigureWords:
    """Words around the waterfall."""
    channels = totals[list(study.channels)]
    first = str(channels.idxmax())
    return FigureWords(
        title=f"{study.labels[first]} contributes most among the channels: "
        f"{money(channels[first], study.currency)}",
        caption=f"Mean contributions, {window_of(weekly, study)}. The bars add up to the fitted "
        f"{outcome(study)} exactly.",
        alt=f"Waterfall from the baseline of {money(totals['baseline'], study.currency)} to "
        f"{money(totals.sum(), study.currency)}; largest channel {study.labels[first]}.",
    )


def returns_figure(
    returns: pd.DataFrame, truth: pd.Series | None, weekly: WeeklyData, study: Study
) -> FigureWords:
    """Words around the ROI figure."""
    ordered = returns.sort_values("roi", ascending=False)
    spending = ordered.dropna(subset=["roi"]) if ordered["roi"].notna().any() else ordered
    top, bottom = spending.iloc[0], spending.iloc[-1]
    labels = study.labels
    interval = (
        f"Bars: {percent(study.interval)} credible intervals."
        if np.isfinite(top["roi_low"])
        else "Point estimates of the ridge: it gives no intervals."
    )
    shown = ", ".join(f"{labels[r.channel]} {ratio(r.roi)}" for r in ordered.itertuples())
    beside = ""
    if truth is not None:
        right = str(truth.idxmax()) == top["channel"], str(truth.idxmin()) == bottom["channel"]
        share = "both ends" if all(right) else "one end" if any(right) else "neither end"
        most, least = labels[str(truth.idxmax())], labels[str(truth.idxmin())]
        beside = (
            f" The simulated truth confirms {share} of the order: {most} earns most there, "
            f"{least} least."
        )
    title = f"{labels[top['channel']]} earns {ratio(top['roi'])} per {study.currency}"
    if len(spending) > 1:
        title = (
            f"{labels[top['channel']]} earns most per {study.currency} ({ratio(top['roi'])}), "
            f"{labels[bottom['channel']]} least ({ratio(bottom['roi'])})"
        )
    return FigureWords(
        title=title,
        caption=f"Incremental {outcome(study)} per unit of spend, {window_of(weekly, study)}. "
        f"{interval}{beside}",
        alt=f"ROI per channel: {shown}; break-even at {ratio(1 / study.margin)}.",
    )


def returns_reading(returns: pd.DataFrame, study: Study) -> str:
    """Read ROI and mROI of every channel."""
    lines = []
    for row in returns.sort_values("roi", ascending=False).itertuples():
        interval = spread(row.roi_low, row.roi_high, study)
        verdict = _next_unit(row.p_earns)
        lines.append(
            f"**{study.labels[row.channel]}** returned {ratio(row.roi)}{interval} per unit of "
            f"spend; {verdict} (mROI {ratio(row.mroi)})."
        )
    return bullets(lines)


def _next_unit(probability: float) -> str:
    """Say whether the next unit of money earns its keep."""
    if probability >= SURE:
        return "the next unit still pays"
    if probability <= 1 - SURE:
        return "the next unit does not pay back"
    return f"whether the next unit pays is open ({percent(probability)} likely)"


def response_curves(returns: pd.DataFrame, weekly: WeeklyData, study: Study) -> FigureWords:
    """Words around the response curves."""
    steepness = (returns["mroi"] / returns["roi"].where(returns["roi"] > 0)).set_axis(
        returns["channel"]
    )
    steepness = steepness.dropna()
    labels = study.labels
    if steepness.empty:
        title = "No channel shows a response"
        alt = "Flat response curves."
    else:
        flat = str(steepness.idxmin())
        title = (
            f"{labels[flat]} is the most saturated: its next unit earns "
            f"{percent(steepness[flat])} of its average"
        )
        if steepness[flat] > STRAIGHT:
            title = "No channel saturates: the next unit earns what the average one did"
        alt = "Rising, flattening curves; mROI over ROI: " + ", ".join(
            f"{labels[str(n)]} {percent(v)}" for n, v in steepness.items()
        )
    return FigureWords(
        title=title,
        caption=f"Incremental {outcome(study)} against spend, others held, "
        f"{window_of(weekly, study)}. Dot: today. Dashed: the plan's highest week would exceed "
        f"every week so far.",
        alt=alt,
    )
