"""Notebook 05: contributions, returns and response curves."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mmm.data.weekly import WeeklyData
from mmm.decide.recommend import verdict
from mmm.decide.returns import Plan, observed_multipliers
from mmm.formatting import money, percent, period, plural, ratio
from mmm.show.picture import Picture
from mmm.show.style import (
    BASELINE_COLOR,
    INK,
    MUTED,
    SYNERGY_COLOR,
    TRUTH_COLOR,
    channel_colors,
    money_axis,
    share_labels,
    small_multiples,
)
from mmm.show.words import bullets, outcome, window_of
from mmm.study.study import Study

#: Share of its average that a next unit earns from which a curve counts as straight.
STRAIGHT = 0.98


def spread(low: float, high: float, study: Study) -> str:
    """Return an interval in parentheses, or nothing for a point estimate."""
    if not np.isfinite(low):
        return ""
    return f" ({percent(study.interval)}: {ratio(low)} to {ratio(high)})"


def contributions_over_time(by_week: pd.DataFrame, weekly: WeeklyData, study: Study) -> Picture:
    """Stack the fitted revenue of each week by source, the actual one on top as a line.

    Parameters
    ----------
    by_week : DataFrame, shape (n_weeks, n_sources)
        Result of :meth:`mmm.decide.returns.Contributions.by_week`.
    weekly : WeeklyData
        The data.
    study : Study
        Its labels and currency.

    Returns
    -------
    Picture
        ``figures/contributions_over_time.svg``.
    """
    totals = by_week.sum()
    media = 1 - totals["baseline"] / totals.sum()
    return Picture(
        axes=_draw_contributions(by_week, weekly.revenue, study),
        name="contributions_over_time",
        title=f"Over all {plural(len(weekly), 'week')} advertising makes {percent(media)} of "
        f"{outcome(study)}; the rest would have come without it",
        caption=f"Mean contribution per week, carry-in included; baseline, channels and synergy "
        f"add up to the fitted {outcome(study)}. {plural(len(weekly), 'week')}.",
        alt=f"Stacked areas over {plural(len(weekly), 'week')}: baseline {percent(1 - media)}, "
        f"media {percent(media)}, with the actual outcome as a line.",
    )


def _draw_contributions(by_week: pd.DataFrame, actual: np.ndarray, study: Study) -> Axes:
    """Draw stacked areas and a line."""
    _, ax = plt.subplots(figsize=(8, 4.4))
    sources = list(by_week.columns)
    ax.stackplot(
        by_week.index,
        by_week.to_numpy().T,
        colors=source_colors(sources, list(study.labels)),
        labels=[source_label(s, study.labels) for s in sources],
        lw=0,
    )
    ax.plot(by_week.index, actual, color=INK, lw=1.1, label="Actual")
    ax.yaxis.set_major_formatter(money_axis(study.currency))
    ax.set_ylabel("Outcome per week")
    ax.set_ylim(bottom=min(0, float(by_week["baseline"].min())))
    ax.legend(ncols=4, loc="lower left", bbox_to_anchor=(0, 1.0), fontsize=8.5)
    return ax


def waterfall(totals: pd.Series, weekly: WeeklyData, study: Study) -> Picture:
    """Draw a waterfall from the baseline over channels and synergy to the fitted revenue.

    Parameters
    ----------
    totals : Series
        Mean total per source over the window
        (:meth:`mmm.decide.returns.Contributions.totals`).
    weekly : WeeklyData
        The data.
    study : Study
        Its labels, currency and window.

    Returns
    -------
    Picture
        ``figures/waterfall.svg``.
    """
    channels = totals[list(study.channels)]
    first = str(channels.idxmax())
    return Picture(
        axes=_draw_waterfall(totals, study),
        name="waterfall",
        title=f"{study.labels[first]} contributes most among the channels: "
        f"{money(channels[first], study.currency)}",
        caption=f"Mean contributions, {window_of(weekly, study)}. The bars add up to the fitted "
        f"{outcome(study)} exactly.",
        alt=f"Waterfall from the baseline of {money(totals['baseline'], study.currency)} to "
        f"{money(totals.sum(), study.currency)}; largest channel {study.labels[first]}.",
    )


def _draw_waterfall(totals: pd.Series, study: Study) -> Axes:
    """Draw one bar a source, each from where the one above it ends."""
    labels, currency = study.labels, study.currency
    names = [source_label(source, labels) for source in totals.index] + ["Fitted revenue"]
    starts = np.concatenate([[0.0], totals.cumsum().to_numpy()[:-1], [0.0]])
    heights = np.concatenate([totals.to_numpy(), [totals.sum()]])
    colors = [*source_colors(list(totals.index), list(labels)), INK]
    _, ax = plt.subplots(figsize=(8, 0.9 + 0.38 * len(names)))
    ax.barh(names, heights, left=starts, color=colors, height=0.62)
    for position, (start, height) in enumerate(zip(starts, heights, strict=True)):
        inside = height > 0.5 * totals.sum()
        x = start + height / 2 if inside else start + max(height, 0)
        color = "white" if inside and position == len(names) - 1 else INK
        text = money(height, currency) if inside else f" {money(height, currency)}"
        ax.text(
            x, position, text, va="center", ha="center" if inside else "left", color=color, size=9
        )
    ax.invert_yaxis()
    ax.set_xlim(min(0, float(starts.min())), float(totals.sum()) * 1.12)
    ax.xaxis.set_major_formatter(money_axis(currency))
    ax.grid(visible=False, axis="y")
    return ax


def by_channel(returns: pd.DataFrame, weekly: WeeklyData, study: Study) -> Picture:
    """Draw ROI and mROI per channel, with intervals and, where it is known, the true ROI.

    Parameters
    ----------
    returns : DataFrame
        Result of :func:`mmm.decide.returns.channel_returns`, with a column ``true_roi`` where
        the truth is known.
    weekly : WeeklyData
        The data.
    study : Study
        Its labels, interval, margin and window.

    Returns
    -------
    Picture
        ``figures/returns.svg``.
    """
    ordered = returns.sort_values("roi", ascending=False).reset_index(drop=True)
    spending = ordered.dropna(subset=["roi"]) if ordered["roi"].notna().any() else ordered
    top, bottom = spending.iloc[0], spending.iloc[-1]
    labels = study.labels
    interval = (
        f"Bars: {percent(study.interval)} credible intervals."
        if np.isfinite(top["roi_low"])
        else "Point estimates of the ridge: it gives no intervals."
    )
    title = f"{labels[top['channel']]} earns {ratio(top['roi'])} per {study.currency}"
    if len(spending) > 1:
        title = (
            f"{labels[top['channel']]} earns most per {study.currency} ({ratio(top['roi'])}), "
            f"{labels[bottom['channel']]} least ({ratio(bottom['roi'])})"
        )
    return Picture(
        axes=_draw_by_channel(ordered, study),
        name="returns",
        title=title,
        caption=f"Incremental {outcome(study)} per unit of spend, {window_of(weekly, study)}. "
        f"{interval}{_confirmed(returns, top['channel'], bottom['channel'], study)}",
        alt=roi_in_words(returns, study),
    )


def _confirmed(returns: pd.DataFrame, top: str, bottom: str, study: Study) -> str:
    """Say which ends of the order the truth confirms; empty where it is not known."""
    if "true_roi" not in returns:
        return ""
    truth = returns.set_index("channel")["true_roi"]
    most, least = str(truth.idxmax()), str(truth.idxmin())
    right = most == top, least == bottom
    share = "both ends" if all(right) else "one end" if any(right) else "neither end"
    return (
        f" The simulated truth confirms {share} of the order: {study.labels[most]} earns most "
        f"there, {study.labels[least]} least."
    )


def _draw_by_channel(ordered: pd.DataFrame, study: Study) -> Axes:
    """Draw one row a channel: interval, ROI, mROI and the truth."""
    is_known, break_even = "true_roi" in ordered, 1 / study.margin
    colors = channel_colors(list(study.labels))
    _, ax = plt.subplots(figsize=(8, 1.3 + 0.46 * len(ordered)))
    for position, row in ordered.iterrows():
        color = colors[row["channel"]]
        ax.plot(
            [row["roi_low"], row["roi_high"]],
            [position] * 2,
            color=color,
            lw=4,
            alpha=0.4,
            zorder=2,
        )
        ax.plot(row["roi"], position, "o", color=color, ms=9, zorder=3)
        ax.plot(row["mroi"], position, "D", mec=color, mfc="white", ms=6, zorder=3)
        ax.text(row["roi"], position - 0.3, ratio(row["roi"]), ha="center", fontsize=8.5)
        if is_known:
            ax.plot(row["true_roi"], position, "|", color=TRUTH_COLOR, ms=17, mew=2.2, zorder=4)
    ax.plot([], [], "o", color=MUTED, ms=8, label="ROI")
    ax.plot([], [], "D", mec=MUTED, mfc="white", ms=6, label="mROI: the next unit of money")
    if is_known:
        ax.plot([], [], "|", color=TRUTH_COLOR, ms=13, mew=2.2, label="True ROI")
    ax.axvline(break_even, color=INK, lw=0.9, ls=(0, (4, 3)))
    ax.text(break_even, len(ordered) - 0.45, " break-even", fontsize=8.5, color="#555555")
    ax.set_yticks(range(len(ordered)), [study.labels[c] for c in ordered["channel"]])
    ax.set_ylim(len(ordered) - 0.35, -0.65)
    ax.set_xlim(left=0)
    ax.set_xlabel("Incremental revenue per unit of spend")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax


def roi_in_words(returns: pd.DataFrame, study: Study) -> str:
    """Say the ROI of every channel in one sentence, the highest first.

    Parameters
    ----------
    returns : DataFrame
        Result of :func:`mmm.decide.returns.channel_returns`.
    study : Study
        Its labels and margin.

    Returns
    -------
    str
        Plain text.
    """
    ordered = returns.sort_values("roi", ascending=False)
    shown = ", ".join(f"{study.labels[r.channel]} {ratio(r.roi)}" for r in ordered.itertuples())
    return f"ROI per channel: {shown}; break-even at {ratio(1 / study.margin)}."


def reading(returns: pd.DataFrame, study: Study) -> str:
    """Say of every channel what it returned and whether its next unit of money pays.

    Parameters
    ----------
    returns : DataFrame
        Result of :func:`mmm.decide.returns.channel_returns`.
    study : Study
        Its labels and interval.

    Returns
    -------
    str
        Markdown.
    """
    lines = []
    for row in returns.sort_values("roi", ascending=False).itertuples():
        interval = spread(row.roi_low, row.roi_high, study)
        earns = _next_unit(row.p_earns)
        lines.append(
            f"**{study.labels[row.channel]}** returned {ratio(row.roi)}{interval} per unit of "
            f"spend; {earns} (mROI {ratio(row.mroi)})."
        )
    return bullets(lines)


def _next_unit(probability: float) -> str:
    """Say whether the next unit of money earns its keep."""
    found = verdict(probability)
    if found == "open":
        return f"whether the next unit pays is open ({percent(probability)} likely)"
    return f"the next unit {'still pays' if found == 'pays back' else found}"


def response_curves(
    curves: pd.DataFrame, returns: pd.DataFrame, plan: Plan, study: Study
) -> Picture:
    """Draw incremental revenue against spend, the current spend marked.

    Parameters
    ----------
    curves : DataFrame
        Result of :func:`mmm.decide.returns.response_curves`.
    returns : DataFrame
        Result of :func:`mmm.decide.returns.channel_returns`.
    plan : Plan
        The current plan; beyond its highest week so far a curve is dashed.
    study : Study
        Its labels and currency.

    Returns
    -------
    Picture
        ``figures/response_curves.svg``.
    """
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
    return Picture(
        axes=_draw_response_curves(curves, observed_multipliers(plan), study),
        name="response_curves",
        title=title,
        caption=f"Incremental {outcome(study)} against spend, others held, "
        f"{period(plan.weeks)}. Dot: today. Dashed: the plan's highest week would exceed "
        f"every week so far.",
        alt=alt,
    )


def _draw_response_curves(curves: pd.DataFrame, peaks: dict[str, float], study: Study) -> Axes:
    """Draw one panel a channel, dashed above its multiplier in `peaks`."""
    labels, currency = study.labels, study.currency
    colors = channel_colors(list(labels))
    panels = small_multiples(len(labels), height=2.15)
    for ax, (name, curve) in zip(panels, curves.groupby("channel", sort=False), strict=True):
        color = colors[str(name)]
        seen = curve["multiplier"] <= peaks[str(name)] + 1e-9
        ax.fill_between(curve["spend"], curve["low"], curve["high"], color=color, alpha=0.2, lw=0)
        ax.plot(curve["spend"][seen], curve["revenue"][seen], color=color)
        ax.plot(curve["spend"][~seen], curve["revenue"][~seen], color=color, ls=(0, (2, 2)))
        today = curve[curve["multiplier"] == 1].iloc[0]
        ax.plot(today["spend"], today["revenue"], "o", color=INK, ms=6)
        ax.set_title(labels[str(name)])
        ax.set_ylim(bottom=0)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(money_axis(currency))
            axis.set_major_locator(plt.MaxNLocator(3))
    share_labels(panels, x="Spend in the window", y="Incremental revenue")
    return panels[0]


def source_colors(sources: list[str], channels: list[str]) -> list[str]:
    """Return the color of each source: baseline gray, channels their own, synergy purple."""
    colors = {"baseline": BASELINE_COLOR, **channel_colors(channels)}
    return [colors.get(source, SYNERGY_COLOR) for source in sources]


def source_label(source: str, labels: dict[str, str]) -> str:
    """Return the label of a source; a synergy pair is written ``A × B``."""
    if source == "baseline":
        return "Baseline"
    parts = source.split(" x ") if source not in labels else [source]
    return " × ".join(labels.get(part, part) for part in parts)
