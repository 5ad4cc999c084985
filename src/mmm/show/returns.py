"""Notebook 05: contributions, returns and response curves."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mmm.data.weekly import WeeklyData
from mmm.decide.returns import Plan, observed_multipliers
from mmm.formatting import percent, period, plural, ratio
from mmm.show.answer import next_unit_in_words
from mmm.show.measures import (
    HIGHEST,
    average_name,
    confirmed,
    drawn,
    in_returns,
    marginal_name,
    not_bought,
    on_air,
    rate_name,
    spread,
    stands_out,
    unit_name,
)
from mmm.show.picture import Picture
from mmm.show.return_axis import frame_returns
from mmm.show.sources import source_colors, source_label
from mmm.show.style import (
    INK,
    MUTED,
    TRUTH_COLOR,
    channel_colors,
    money_axis,
    share_labels,
    small_multiples,
)
from mmm.show.words import axis_name, bullets, outcome, outcome_amount, window_of
from mmm.study.study import Study

#: Share of its average that a next unit earns from which a curve counts as straight.
STRAIGHT = 0.98


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
        title=f"Over all {plural(len(weekly), 'week')} the model puts {percent(media)} of "
        f"{outcome(study)} down to advertising, the rest to the baseline",
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
    ax.yaxis.set_major_formatter(money_axis(study.outcome_currency))
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
        title=f"{study.labels[first]} has the highest estimated contribution: "
        f"{outcome_amount(channels[first], study)}",
        caption=f"Mean contributions, {window_of(weekly, study)}. The bars add up to the fitted "
        f"{outcome(study)} exactly.",
        alt=f"Waterfall from the baseline of {outcome_amount(totals['baseline'], study)} to "
        f"{outcome_amount(totals.sum(), study)}; largest channel {study.labels[first]}.",
    )


def _draw_waterfall(totals: pd.Series, study: Study) -> Axes:
    """Draw one bar a source, each from where the one above it ends."""
    labels = study.labels
    names = [source_label(source, labels) for source in totals.index]
    names.append("Fitted revenue" if study.data.value_is_known else "Fitted total")
    starts = np.concatenate([[0.0], totals.cumsum().to_numpy()[:-1], [0.0]])
    heights = np.concatenate([totals.to_numpy(), [totals.sum()]])
    colors = [*source_colors(list(totals.index), list(labels)), INK]
    _, ax = plt.subplots(figsize=(8, 0.9 + 0.38 * len(names)))
    ax.barh(names, heights, left=starts, color=colors, height=0.62)
    for position, (start, height) in enumerate(zip(starts, heights, strict=True)):
        inside = height > 0.5 * totals.sum()
        x = start + height / 2 if inside else start + max(height, 0)
        color = "white" if inside and position == len(names) - 1 else INK
        text = outcome_amount(height, study) if inside else f" {outcome_amount(height, study)}"
        ax.text(
            x, position, text, va="center", ha="center" if inside else "left", color=color, size=9
        )
    ax.invert_yaxis()
    ax.set_xlim(min(0, float(starts.min())), float(totals.sum()) * 1.12)
    ax.xaxis.set_major_formatter(money_axis(study.outcome_currency))
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
        is_first = stands_out(spending["roi_low"], spending["roi"])
        is_last = stands_out(-spending["roi_high"], -spending["roi"])
        least = "earns least" if is_last else "has the lowest estimate"
        title = (
            f"{labels[top['channel']]} {'earns most' if is_first else HIGHEST} "
            f"({ratio(top['roi'])}), {labels[bottom['channel']]} {least} ({ratio(bottom['roi'])})"
        )
    what = f"Incremental {outcome(study)} per unit of spend"
    if study.break_even is None:
        unit, costs = unit_name(study), [in_returns(r["roi"], study) for r in (top, bottom)]
        what = f"Spend per incremental {unit}"
        title = f"One {unit} costs {costs[0]} on {labels[top['channel']]}"
        if len(spending) > 1:
            title = (
                f"One {unit} costs least on {labels[top['channel']]} ({costs[0]}), most on "
                f"{labels[bottom['channel']]} ({costs[1]})"
            )
    silent = not_bought(returns, study.window_weeks or len(weekly), study)
    return Picture(
        axes=_draw_by_channel(spending.reset_index(drop=True), study),
        name="returns",
        title=title,
        caption=f"{what}, {window_of(weekly, study)}. "
        f"{interval}{confirmed(returns, top['channel'], bottom['channel'], study)}"
        + (f" {silent}" if silent else ""),
        alt=roi_in_words(returns, study),
    )


def _draw_by_channel(ordered: pd.DataFrame, study: Study) -> Axes:
    """Draw one row a channel: interval, ROI, mROI and the truth."""
    is_known, texts = "true_roi" in ordered, [in_returns(v, study) for v in ordered["roi"]]
    ordered = drawn(ordered, study)
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
        text = texts[int(str(position))]
        ax.text(row["roi"], position - 0.3, text, ha="center", fontsize=8.5)
        if is_known:
            ax.plot(row["true_roi"], position, "|", color=TRUTH_COLOR, ms=17, mew=2.2, zorder=4)
    name, next_name = average_name(study), marginal_name(study)
    next_label = "mROI: the next unit of money" if study.data.value_is_known else next_name
    ax.plot([], [], "o", color=MUTED, ms=8, label=name[:1].upper() + name[1:])
    ax.plot([], [], "D", mec=MUTED, mfc="white", ms=6, label=next_label)
    if is_known:
        ax.plot([], [], "|", color=TRUTH_COLOR, ms=13, mew=2.2, label=f"True {name}")
    ax.set_yticks(range(len(ordered)), [study.labels[c] for c in ordered["channel"]])
    ax.set_ylim(len(ordered) - 0.35, -0.65)
    frame_returns(ax, ordered, study)
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
    ordered = returns[returns["roi"].notna()].sort_values("roi", ascending=False)
    shown = ", ".join(
        f"{study.labels[r.channel]} {in_returns(r.roi, study)}" for r in ordered.itertuples()
    )
    if study.break_even is None:
        return f"{average_name(study).capitalize()} by channel: {shown}."
    return f"ROI per channel: {shown}; break-even at {ratio(study.break_even)}."


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
    ordered = returns.sort_values("roi", ascending=False)
    said = bullets([_returned(row, study) for _, row in ordered.iterrows()])
    if study.data.value_is_known:
        return said
    return f"Where this page says ROI, this study has {rate_name(study)} of spend.\n\n{said}"


def _returned(row: pd.Series, study: Study) -> str:
    """Say of one channel what it returned and what its next unit does."""
    label, interval = study.labels[row["channel"]], spread(row["roi_low"], row["roi_high"], study)
    if not row["spend"] > 0:
        said = on_air(row, study)
        return f"**{label}** was not bought in these weeks" + (f"; {said}." if said else ".")
    if study.break_even is None:
        unit = unit_name(study)
        return (
            f"**{label}** cost {in_returns(row['roi'], study)}{interval} per {unit}; the next "
            f"{unit} costs {in_returns(row['mroi'], study)}."
        )
    return (
        f"**{label}** returned {ratio(row['roi'])}{interval} per unit of spend; "
        f"{next_unit_in_words(row, study)} (mROI {ratio(row['mroi'])})."
    )


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
        verb = "earns" if study.data.value_is_known else "of spend brings"
        title = (
            f"{labels[flat]} looks most saturated: its next unit {verb} an estimated "
            f"{percent(steepness[flat])} of its average"
        )
        if steepness[flat] > STRAIGHT:
            title = "No channel saturates: the next unit earns what the average one did"
        alt = "Rising, flattening curves; return of the next unit over the average: " + ", ".join(
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
    labels = study.labels
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
        currencies = (study.currency, study.outcome_currency)
        for axis, currency in zip((ax.xaxis, ax.yaxis), currencies, strict=True):
            axis.set_major_formatter(money_axis(currency))
            axis.set_major_locator(plt.MaxNLocator(3))
    share_labels(panels, x="Spend in the window", y=f"Incremental {axis_name(study)}")
    return panels[0]
