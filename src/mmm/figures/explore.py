"""Figures of the exploratory notebooks: what the data look like before any model."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from statsmodels.nonparametric.smoothers_lowess import lowess

from mmm.data import WeeklyData
from mmm.explore import decompose
from mmm.style import INK, MUTED, channel_colors, money_axis


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


def plot_kpi_and_spend(weekly: WeeklyData, currency: str) -> Axes:
    """Draw the KPI above the total spend, by week.

    Parameters
    ----------
    weekly : WeeklyData
        The data.
    currency : str
        ISO code.
    """
    _, (top, bottom) = plt.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    top.plot(weekly.weeks, weekly.revenue, color=INK)
    top.set_ylabel("Outcome per week")
    top.set_ylim(bottom=min(0, float(weekly.revenue.min())))
    spend = weekly.spend.sum(axis=1)
    bottom.fill_between(weekly.weeks, spend, step="mid", color=MUTED, lw=0)
    bottom.set_ylim(bottom=0)
    bottom.set_ylabel("Spend per week")
    for ax in (top, bottom):
        ax.yaxis.set_major_formatter(money_axis(currency))
    return top


def plot_distributions(weekly: WeeklyData, labels: dict[str, str], currency: str) -> Axes:
    """Draw a histogram of the KPI and of each channel's weekly spend.

    Parameters
    ----------
    weekly : WeeklyData
        The data.
    labels : dict of str to str
        Label per channel.
    currency : str
        ISO code.
    """
    colors = channel_colors(weekly.channels)
    panels = small_multiples(len(labels) + 1)
    panels[0].hist(weekly.revenue, bins=20, color=INK, alpha=0.8)
    panels[0].set_title("Outcome")
    for ax, name in zip(panels[1:], weekly.channels, strict=True):
        ax.hist(weekly.spend[name], bins=20, color=colors[name], alpha=0.85)
        ax.set_title(labels[name])
    for ax in panels:
        ax.xaxis.set_major_formatter(money_axis(currency))
        ax.xaxis.set_major_locator(plt.MaxNLocator(4))
    share_labels(panels, x="Per week", y="Weeks")
    return panels[0]


def plot_weekly_spend(weekly: WeeklyData, labels: dict[str, str], currency: str) -> Axes:
    """Draw each channel's spend over time, so that flights and dark weeks show.

    Parameters
    ----------
    weekly : WeeklyData
        The data.
    labels : dict of str to str
        Label per channel.
    currency : str
        ISO code.
    """
    colors = channel_colors(weekly.channels)
    panels = small_multiples(len(labels), columns=2, height=1.5)
    for ax, name in zip(panels, weekly.channels, strict=True):
        ax.fill_between(
            weekly.weeks, weekly.spend[name], step="mid", color=colors[name], alpha=0.8, lw=0
        )
        ax.set_title(labels[name])
        ax.set_ylim(bottom=0)
        ax.yaxis.set_major_formatter(money_axis(currency))
        ax.xaxis.set_major_locator(plt.MaxNLocator(4))
    share_labels(panels, y="Spend per week")
    return panels[0]


def plot_seasonality(weekly: WeeklyData, currency: str) -> Axes:
    """Split the KPI into trend, yearly season and remainder (STL).

    Parameters
    ----------
    weekly : WeeklyData
        At least two years of data.
    currency : str
        ISO code.
    """
    parts = decompose(weekly)
    _, panels = plt.subplots(3, 1, sharex=True, figsize=(8, 4.6))
    series = {"Trend": parts.trend, "Season": parts.seasonal, "Remainder": parts.resid}
    for ax, (name, values) in zip(panels, series.items(), strict=True):
        ax.plot(weekly.weeks, values, color=INK, lw=1.4)
        ax.set_ylabel(name)
        ax.yaxis.set_major_formatter(money_axis(currency))
        if name != "Trend":
            ax.axhline(0, color=MUTED, lw=0.8)
    return panels[0]


def plot_correlations(correlations: pd.DataFrame, labels: dict[str, str]) -> Axes:
    """Draw the correlation matrix of outcome and spend.

    Parameters
    ----------
    correlations : DataFrame, shape (n, n)
        Pearson correlations.
    labels : dict of str to str
        Label per channel.
    """
    names = [labels.get(name, name) for name in correlations.columns]
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


def plot_spend_response(weekly: WeeklyData, labels: dict[str, str], currency: str) -> Axes:
    """Scatter the KPI against each channel's spend with a LOWESS line.

    Parameters
    ----------
    weekly : WeeklyData
        The data.
    labels : dict of str to str
        Label per channel.
    currency : str
        ISO code.
    """
    colors = channel_colors(weekly.channels)
    panels = small_multiples(len(labels), height=2.1)
    for ax, name in zip(panels, weekly.channels, strict=True):
        spend = weekly.spend[name].to_numpy(float)
        ax.scatter(spend, weekly.revenue, s=9, color=colors[name], alpha=0.5, lw=0)
        smooth = lowess(weekly.revenue, spend, frac=0.7, it=1)
        ax.plot(smooth[:, 0], smooth[:, 1], color=INK, lw=1.6)
        ax.set_title(labels[name])
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(money_axis(currency))
            axis.set_major_locator(plt.MaxNLocator(4))
    share_labels(panels, x="Spend per week", y="Outcome per week")
    return panels[0]
