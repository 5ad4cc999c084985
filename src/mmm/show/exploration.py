"""Notebook 02: what the weeks look like before any model."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from statsmodels.nonparametric.smoothers_lowess import lowess
from statsmodels.tsa.seasonal import DecomposeResult

from mmm.data.explore import STL_WEEKS, decompose
from mmm.data.weekly import WeeklyData
from mmm.formatting import listing, percent, period, plural, ratio
from mmm.show.picture import Picture
from mmm.show.style import INK, MUTED, channel_colors, money_axis, share_labels, small_multiples
from mmm.show.words import bullets, outcome
from mmm.study.study import Study

#: Channels whose strongest correlation is below this one move on their own.
UNRELATED = 0.1


def distributions(weekly: WeeklyData, study: Study) -> Picture:
    """Draw a histogram of the outcome and of each channel's weekly spend.

    Parameters
    ----------
    weekly : WeeklyData
        The data.
    study : Study
        Its labels and currency.
    """
    variation = weekly.spend.std() / weekly.spend.mean()
    calm, lively = str(variation.idxmin()), str(variation.idxmax())
    labels = study.labels
    return Picture(
        axes=_draw_distributions(weekly, study),
        name="distributions",
        title=f"{labels[lively]} varies most, {labels[calm]} least: the more, the better measured",
        caption=f"Distribution of weekly values; {period(weekly.weeks)}. Coefficient of variation "
        f"{ratio(variation[lively])} against {ratio(variation[calm])}.",
        alt=f"Histograms of the outcome and of the weekly spend of {len(labels)} channels; "
        f"{labels[lively]} is the widest, {labels[calm]} the narrowest.",
    )


def _draw_distributions(weekly: WeeklyData, study: Study) -> Axes:
    """Draw one histogram a panel, the outcome first."""
    colors = channel_colors(weekly.channels)
    panels = small_multiples(len(study.labels) + 1)
    panels[0].hist(weekly.revenue, bins=20, color=INK, alpha=0.8)
    panels[0].set_title("Outcome")
    for ax, name in zip(panels[1:], weekly.channels, strict=True):
        ax.hist(weekly.spend[name], bins=20, color=colors[name], alpha=0.85)
        ax.set_title(study.labels[name])
    for ax in panels:
        currency = study.outcome_currency if ax is panels[0] else study.currency
        ax.xaxis.set_major_formatter(money_axis(currency))
        ax.xaxis.set_major_locator(plt.MaxNLocator(4))
    share_labels(panels, x="Per week", y="Weeks")
    return panels[0]


def weekly_spend(weekly: WeeklyData, study: Study) -> Picture:
    """Draw each channel's spend over time, so that flights and dark weeks show.

    Parameters
    ----------
    weekly : WeeklyData
        The data.
    study : Study
        Its labels and currency.
    """
    dark = (weekly.spend <= 0.05 * weekly.spend.mean()).mean()
    flighted = [study.labels[str(name)] for name in dark[dark > 0.05].index]
    if flighted:
        verb, whose = ("runs", "its") if len(flighted) == 1 else ("run", "their")
        title = f"{listing(flighted)} {verb} in flights; {whose} dark weeks are the best evidence"
    else:
        title = "Every channel runs all year: there are no dark weeks to learn from"
    return Picture(
        axes=_draw_weekly_spend(weekly, study),
        name="weekly_spend",
        title=title,
        caption=f"Spend per week; {period(weekly.weeks)}. Dark weeks spend under 5 % of the mean.",
        alt="One area chart of weekly spend per channel; share of dark weeks: "
        + ", ".join(f"{study.labels[str(n)]} {percent(v)}" for n, v in dark.items())
        + ".",
    )


def _draw_weekly_spend(weekly: WeeklyData, study: Study) -> Axes:
    """Draw one area chart a channel."""
    colors = channel_colors(weekly.channels)
    panels = small_multiples(len(study.labels), columns=2, height=1.5)
    for ax, name in zip(panels, weekly.channels, strict=True):
        ax.fill_between(
            weekly.weeks, weekly.spend[name], step="mid", color=colors[name], alpha=0.8, lw=0
        )
        ax.set_title(study.labels[name])
        ax.set_ylim(bottom=0)
        ax.yaxis.set_major_formatter(money_axis(study.currency))
        ax.xaxis.set_major_locator(plt.MaxNLocator(4))
    share_labels(panels, y="Spend per week")
    return panels[0]


def seasonality(weekly: WeeklyData, study: Study) -> Picture:
    """Split the outcome into trend, yearly season and remainder (STL, Cleveland et al. 1990).

    Parameters
    ----------
    weekly : WeeklyData
        At least :data:`mmm.data.explore.STL_WEEKS` weeks.
    study : Study
        Its labels and currency.
    """
    parts = decompose(weekly)
    swing = float(np.ptp(parts.seasonal) / np.mean(weekly.revenue))
    growth = float(parts.trend.iloc[-1] / parts.trend.iloc[0] - 1)
    direction = "rises" if growth > 0 else "falls"
    return Picture(
        axes=_draw_seasonality(weekly, parts, study),
        name="seasonality",
        title=f"STL draws a season of {percent(swing)} of {outcome(study)} from low to high and "
        f"a trend that {direction} by {percent(abs(growth))}",
        caption=f"STL decomposition with a yearly period; {period(weekly.weeks)}. It knows no "
        f"spend and no noise: part of its season may be either.",
        alt=f"Three panels: a trend that {direction} by {percent(abs(growth))}, a yearly season "
        f"of {percent(swing)} from low to high, and the remainder.",
    )


def _draw_seasonality(weekly: WeeklyData, parts: DecomposeResult, study: Study) -> Axes:
    """Draw the parts of the outcome one above the other."""
    _, panels = plt.subplots(3, 1, sharex=True, figsize=(8, 4.6))
    series = {"Trend": parts.trend, "Season": parts.seasonal, "Remainder": parts.resid}
    for ax, (name, values) in zip(panels, series.items(), strict=True):
        ax.plot(weekly.weeks, values, color=INK, lw=1.4)
        ax.set_ylabel(name)
        ax.yaxis.set_major_formatter(money_axis(study.outcome_currency))
        if name != "Trend":
            ax.axhline(0, color=MUTED, lw=0.8)
    return panels[0]


def seasonality_needs(weekly: WeeklyData) -> str:
    """Say why there is no decomposition of a short series.

    Parameters
    ----------
    weekly : WeeklyData
        Fewer than :data:`mmm.data.explore.STL_WEEKS` weeks.
    """
    return (
        f"A seasonal decomposition needs two full years ({STL_WEEKS} weeks); there are "
        f"{len(weekly)}. The season in the models below rests on thin evidence."
    )


def correlations(table: pd.DataFrame, study: Study) -> Picture:
    """Draw the correlation matrix of outcome and spend.

    Parameters
    ----------
    table : DataFrame, shape (1 + n_channels, 1 + n_channels)
        Result of :func:`mmm.data.explore.correlations`.
    study : Study
        Its labels.
    """
    title, alt = _correlations_in_words(table, study)
    return Picture(
        axes=_draw_correlations(table, study),
        name="correlations",
        title=title,
        caption=f"Pearson correlation of weekly values, n = {table.attrs.get('n', 0)} weeks.",
        alt=alt,
    )


def _correlations_in_words(table: pd.DataFrame, study: Study) -> tuple[str, str]:
    """Return the title and the alternative text of the correlation matrix."""
    if len(table.columns) < 3:  # the outcome and one channel
        value = ratio(float(table.iloc[0, 1]))
        return (
            f"One channel: it correlates with the outcome by {value}",
            f"Correlation matrix of the outcome and one channel: {value}.",
        )
    first, second, strongest = strongest_pair(table)
    names = [study.labels.get(name, name) for name in (first, second)]
    if abs(strongest) < UNRELATED:
        return (
            f"No two channels move together (strongest: {names[0]} and {names[1]}, "
            f"r = {ratio(strongest)})",
            f"Correlation matrix of outcome and spend; no pair of channels beyond "
            f"{ratio(abs(strongest))}.",
        )
    verdict = "hard to tell apart" if abs(strongest) > 0.7 else "still separable"
    move = "move against each other" if strongest < 0 else "move together"
    return (
        f"{names[0]} and {names[1]} {move} most (r = {ratio(strongest)}): {verdict}",
        f"Correlation matrix of outcome and spend; the strongest pair of channels is "
        f"{names[0]} and {names[1]} with {ratio(strongest)}.",
    )


def _draw_correlations(correlations: pd.DataFrame, study: Study) -> Axes:
    """Draw the lower triangle as a heat map."""
    names = [study.labels.get(name, name) for name in correlations.columns]
    side = min(8.0, 2.4 + 0.62 * len(names))
    _, ax = plt.subplots(figsize=(8, side * 0.72))
    sns.heatmap(
        correlations.to_numpy(),
        mask=np.triu(np.ones(correlations.shape, dtype=bool), k=1),
        vmin=-1,
        vmax=1,
        cmap="RdBu_r",
        annot=True,
        fmt=".2f",
        annot_kws={"size": 9},
        xticklabels=names,
        yticklabels=names,
        linewidths=1,
        cbar_kws={"label": "Correlation"},
        ax=ax,
    )
    ax.grid(visible=False)
    ax.tick_params(axis="x", rotation=40)
    return ax


def strongest_pair(table: pd.DataFrame) -> tuple[str, str, float]:
    """Return the two channels with the highest absolute correlation, the outcome left out."""
    channels = [name for name in table.columns if name != "outcome"]
    best = (channels[0], channels[-1], 0.0)
    for i, first in enumerate(channels):
        for second in channels[i + 1 :]:
            value = float(table.loc[first, second])
            if abs(value) > abs(best[2]):
                best = (first, second, value)
    return best


def collinearity_warning(table: pd.DataFrame, study: Study) -> str:
    """Warn early of channels whose effects will be hard to separate.

    Parameters
    ----------
    table : DataFrame, shape (1 + n_channels, 1 + n_channels)
        Result of :func:`mmm.data.explore.correlations`.
    study : Study
        Its labels.
    """
    channels = [name for name in table.columns if name != "outcome"]
    pairs = [
        f"{study.labels[a]} with {study.labels[b]} ({ratio(table.loc[a, b])})"
        for i, a in enumerate(channels)
        for b in channels[i + 1 :]
        if abs(table.loc[a, b]) > 0.7
    ]
    if pairs:
        return (
            f"**Early warning.** {listing(pairs)} move together: a model can tell what they do "
            f"jointly, but hardly what each does alone. Notebook 03 measures how much that costs."
        )
    return (
        "No pair of channels is correlated above 0.7. Notebook 03 checks whether several "
        "together still explain one another (variance inflation)."
    )


def spend_response(weekly: WeeklyData, study: Study) -> Picture:
    """Scatter the outcome against each channel's spend with a LOWESS line.

    Parameters
    ----------
    weekly : WeeklyData
        The data.
    study : Study
        Its labels and currency.
    """
    correlation = weekly.spend.corrwith(pd.Series(weekly.revenue, index=weekly.spend.index))
    first = str(correlation.idxmax())
    return Picture(
        axes=_draw_spend_response(weekly, study),
        name="spend_response",
        title=f"Raw weeks hint at {study.labels[first]} most, but season and carryover blur it",
        caption=f"{outcome(study).capitalize()} against spend, one dot a week, with a LOWESS "
        f"line; n = {len(weekly)}. Correlation is not the effect: demand drives both axes.",
        alt="Scatter plots of the outcome against each channel's weekly spend with smooth lines; "
        f"the strongest raw correlation is {study.labels[first]} with "
        f"{ratio(correlation[first])}.",
        raster=len(weekly) > 300,
    )


def _draw_spend_response(weekly: WeeklyData, study: Study) -> Axes:
    """Draw one scatter plot a channel."""
    colors = channel_colors(weekly.channels)
    panels = small_multiples(len(study.labels), height=2.1)
    for ax, name in zip(panels, weekly.channels, strict=True):
        spend = weekly.spend[name].to_numpy(float)
        ax.scatter(spend, weekly.revenue, s=9, color=colors[name], alpha=0.5, lw=0)
        smooth = lowess(weekly.revenue, spend, frac=0.7, it=1)
        ax.plot(smooth[:, 0], smooth[:, 1], color=INK, lw=1.6)
        ax.set_title(study.labels[name])
        currencies = (study.currency, study.outcome_currency)
        for axis, currency in zip((ax.xaxis, ax.yaxis), currencies, strict=True):
            axis.set_major_formatter(money_axis(currency))
            axis.set_major_locator(plt.MaxNLocator(4))
    share_labels(panels, x="Spend per week", y="Outcome per week")
    return panels[0]


def takeaways(weekly: WeeklyData, table: pd.DataFrame, study: Study) -> str:
    """Sum up the exploration in a few bullets.

    Parameters
    ----------
    weekly : WeeklyData
        The data.
    table : DataFrame, shape (1 + n_channels, 1 + n_channels)
        Result of :func:`mmm.data.explore.correlations`.
    study : Study
        Its labels and holdout.
    """
    share = weekly.spend.sum() / weekly.spend.to_numpy().sum()
    largest, smallest = str(share.idxmax()), str(share.idxmin())
    variation = weekly.spend.std() / weekly.spend.mean()
    lively, calm = str(variation.idxmax()), str(variation.idxmin())
    labels = study.labels
    held_out = (
        f"There are {plural(len(weekly), 'week')}, of which the last "
        f"{study.holdout.weeks} are kept away from every model until it is judged."
    )
    if len(labels) == 1:
        alone = f"{labels[lively]} varies by {percent(variation[lively])} around its mean."
        return bullets([alone, held_out])
    first, second, strongest = strongest_pair(table)
    return bullets(
        [
            f"{labels[largest]} takes {percent(share[largest])} of the spend, "
            f"{labels[smallest]} {percent(share[smallest])}.",
            f"{labels[lively]} varies most from week to week (coefficient of variation "
            f"{ratio(variation[lively])}), {labels[calm]} least ({ratio(variation[calm])}).",
            f"The most correlated pair of channels is {labels[first]} and {labels[second]} "
            f"(r = {ratio(strongest)}).",
            held_out,
        ]
    )
