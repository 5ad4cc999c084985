"""Figures of the model notebooks: coefficients, fits, residuals and curves."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from mmm.data import WeeklyData
from mmm.diagnostics import HIGH_VIF, SEVERE_VIF
from mmm.figures.explore import share_labels, small_multiples
from mmm.formatting import money
from mmm.models.base import AdditiveModel
from mmm.style import INK, MUTED, PALETTE, STATUS_COLORS, TRUTH_COLOR, channel_colors, money_axis
from mmm.transforms import delayed_weights, geometric_weights, hill, weibull_weights

Array = NDArray[np.float64]


def plot_coefficients(coefficients: pd.DataFrame, labels: dict[str, str]) -> Axes:
    """Draw media coefficients with their confidence intervals.

    Parameters
    ----------
    coefficients : DataFrame
        Columns term, coefficient, low, high; one row a channel.
    labels : dict of str to str
        Label per channel.
    """
    _, ax = plt.subplots(figsize=(8, 1.2 + 0.42 * len(coefficients)))
    colors = channel_colors(list(coefficients["term"]))
    for position, row in enumerate(coefficients.itertuples()):
        ax.plot([row.low, row.high], [position] * 2, color=colors[row.term], lw=3, alpha=0.45)
        ax.plot(row.coefficient, position, "o", color=colors[row.term], ms=8)
    ax.axvline(0, color=INK, lw=0.8)
    ax.axvline(1, color=MUTED, lw=0.8, ls=(0, (4, 3)))
    ax.set_yticks(range(len(coefficients)), [labels[t] for t in coefficients["term"]])
    ax.invert_yaxis()
    ax.set_xlabel("Outcome per unit of media (dashed: 1)")
    return ax


def plot_vif(vif: pd.DataFrame, labels: dict[str, str]) -> Axes:
    """Draw the variance inflation factors with the usual limits.

    Parameters
    ----------
    vif : DataFrame
        Columns channel, vif, status.
    labels : dict of str to str
        Label per channel.
    """
    _, ax = plt.subplots(figsize=(8, 1.0 + 0.36 * len(vif)))
    shown = vif["vif"].clip(upper=50)
    ax.barh(
        [labels[c] for c in vif["channel"]],
        shown,
        color=[STATUS_COLORS[s] for s in vif["status"]],
        height=0.6,
    )
    for limit, name in ((HIGH_VIF, "high"), (SEVERE_VIF, "severe")):
        ax.axvline(limit, color=MUTED, lw=1, ls=(0, (4, 3)))
        ax.text(limit, -0.75, f" {name}", color="#555555", fontsize=8.5, va="center")
    ax.invert_yaxis()
    ax.set_xlim(0, max(1.1 * SEVERE_VIF, float(shown.max()) * 1.08))
    ax.set_xlabel("Variance inflation factor")
    return ax


def plot_fit(
    weekly: WeeklyData, predictions: dict[str, Array], n_holdout: int, currency: str
) -> Axes:
    """Draw actual against predicted, the holdout shaded.

    Parameters
    ----------
    weekly : WeeklyData
        The data.
    predictions : dict of str to ndarray, shape (n_weeks,)
        Named predictions.
    n_holdout : int
        Number of held-out weeks at the end.
    currency : str
        ISO code.
    """
    weeks = weekly.weeks
    _, ax = plt.subplots()
    ax.axvspan(weeks[-n_holdout], weeks[-1], color="#f0f0f0", lw=0)
    ax.plot(weeks, weekly.kpi, color=INK, lw=1.3, label="Actual")
    for color, (name, values) in zip(PALETTE, predictions.items(), strict=False):
        ax.plot(weeks, values, color=color, lw=1.6, label=name)
    ax.text(weeks[-n_holdout], ax.get_ylim()[1], " holdout", va="top", color="#555555", fontsize=9)
    ax.yaxis.set_major_formatter(money_axis(currency))
    ax.set_ylabel("Outcome per week")
    ax.legend(ncols=4, loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)
    return ax


def plot_residuals(
    weeks: pd.DatetimeIndex, fitted: Array, residuals: Array, currency: str
) -> Axes:
    """Draw residuals over time and against the fitted values.

    Parameters
    ----------
    weeks : DatetimeIndex, shape (n_weeks,)
        First day of each week.
    fitted, residuals : ndarray, shape (n_weeks,)
        From the same fit.
    currency : str
        ISO code.
    """
    _, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(8, 3), width_ratios=[2, 1])
    left.plot(weeks, residuals, color=PALETTE[0], lw=1.1)
    right.scatter(fitted, residuals, s=10, color=PALETTE[0], alpha=0.6, lw=0)
    left.xaxis.set_major_locator(plt.MaxNLocator(5))
    left.set_ylabel("Residual")
    right.set_xlabel("Fitted outcome")
    right.xaxis.set_major_formatter(money_axis(currency))
    right.xaxis.set_major_locator(plt.MaxNLocator(4))
    for ax in (left, right):
        ax.axhline(0, color=INK, lw=0.8)
        ax.yaxis.set_major_formatter(money_axis(currency))
    return left


def plot_carryover_examples(max_lag: int = 8) -> Axes:
    """Draw the forms of carryover before any is fitted.

    Parameters
    ----------
    max_lag : int, default 8
        Last lag shown, in weeks.
    """
    panels = small_multiples(3, height=2.4)
    lags = np.arange(max_lag + 1)
    examples = {
        "Geometric": [
            (f"retention {r:g}", geometric_weights(r, max_lag=max_lag)) for r in (0.2, 0.5, 0.8)
        ],
        "Delayed": [
            (f"peak in week {p:g}", delayed_weights(0.5, p, max_lag=max_lag)) for p in (0, 1, 3)
        ],
        "Weibull": [
            (f"shape {k:g}", weibull_weights(k, 3.0, max_lag=max_lag)) for k in (0.8, 1.5, 3.0)
        ],
    }
    for ax, (title, lines) in zip(panels, examples.items(), strict=True):
        for color, (name, weights) in zip(PALETTE, lines, strict=False):
            ax.plot(lags, weights, marker="o", ms=3.5, color=color, label=name)
        ax.set_title(title)
        ax.set_ylim(bottom=0)
        ax.legend(fontsize=8)
    share_labels(panels, x="Weeks after the spend", y="Share of the effect")
    return panels[0]


def plot_saturation_examples() -> Axes:
    """Draw Hill curves before any is fitted: what half-saturation and slope do."""
    panels = small_multiples(2, height=2.5, columns=2)
    spend = np.linspace(0, 4, 121)
    for color, half in zip(PALETTE, (0.5, 1.0, 2.0), strict=False):
        curve = hill(spend, half, 1.2)
        panels[0].plot(spend, curve, color=color, label=f"half-saturation {half:g}")
    for color, slope in zip(PALETTE, (0.8, 1.2, 2.5), strict=False):
        panels[1].plot(spend, hill(spend, 1.0, slope), color=color, label=f"slope {slope:g}")
    for ax, title in zip(panels, ("How soon it saturates", "How it starts"), strict=True):
        ax.set_title(title)
        ax.set_ylim(0, 1)
        ax.legend(fontsize=8, loc="lower right")
    share_labels(panels, x="Adstocked spend, in multiples of the average", y="Share of the effect")
    return panels[0]


def plot_model_scores(summary: pd.DataFrame, currency: str) -> Axes:
    """Draw the holdout error of every model and naive forecast.

    Parameters
    ----------
    summary : DataFrame
        Columns model, kind (``model`` or ``naive``), holdout_rmse.
    currency : str
        ISO code of the KPI; empty where it counts units.
    """
    ordered = summary.sort_values("holdout_rmse")
    _, ax = plt.subplots(figsize=(8, 1.0 + 0.36 * len(ordered)))
    colors = [PALETTE[0] if kind == "model" else "#b8bec6" for kind in ordered["kind"]]
    ax.barh(ordered["model"], ordered["holdout_rmse"], color=colors, height=0.6)
    for position, value in enumerate(ordered["holdout_rmse"]):
        ax.text(value, position, f" {money(value, currency)}", va="center", fontsize=9)
    ax.invert_yaxis()
    ax.margins(x=0.1)
    ax.xaxis.set_major_formatter(money_axis(currency))
    ax.set_xlabel("Error (RMSE) per week of the holdout (grey: naive forecasts)")
    return ax


def plot_elasticities(elasticities: pd.Series, labels: dict[str, str]) -> Axes:
    """Draw the percent change in revenue per percent change in spend.

    Parameters
    ----------
    elasticities : Series
        Per channel.
    labels : dict of str to str
        Label per channel.
    """
    colors = channel_colors(list(elasticities.index))
    ordered = elasticities.sort_values(ascending=False)
    _, ax = plt.subplots(figsize=(8, 1.0 + 0.36 * len(ordered)))
    names = [labels[name] for name in ordered.index]
    ax.barh(names, ordered, color=[colors[name] for name in ordered.index], height=0.6)
    for position, value in enumerate(ordered):
        ax.text(value, position, f" {value:.3f}", va="center", fontsize=9)
    ax.invert_yaxis()
    ax.set_xlabel("Elasticity: % change in revenue per 1 % more spend")
    return ax


def plot_curves_against_truth(
    model: AdditiveModel,
    truth: AdditiveModel | None,
    labels: dict[str, str],
    top: dict[str, float],
) -> Axes:
    """Draw the weekly effect of steady adstocked media, beside the truth where it is known.

    Parameters
    ----------
    model : AdditiveModel
        The estimate; its mean over draws is drawn.
    truth : AdditiveModel or None
        The true model of a simulated study.
    labels : dict of str to str
        Label per channel.
    top : dict of str to float
        Highest media level to draw per channel.
    """
    colors = channel_colors(model.channels)
    panels = small_multiples(len(labels), height=2.0)
    for c, (ax, name) in enumerate(zip(panels, model.channels, strict=True)):
        level = np.linspace(0, top[name], 81)
        lines = [(model, colors[name], "solid", "Estimate")]
        if truth is not None:
            lines.append((truth, TRUTH_COLOR, "dashed", "Truth"))
        for source, color, dash, tag in lines:
            response = source.responses[c]
            effect = (response.beta[:, np.newaxis] * response.curve(level)).mean(axis=0)
            ax.plot(level, effect, color=color, ls=dash, label=tag)
        ax.set_title(labels[name])
        ax.set_ylim(bottom=0)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(money_axis(""))
            axis.set_major_locator(plt.MaxNLocator(4))
    panels[0].legend(fontsize=8)
    share_labels(panels, x="Steady weekly media", y="Effect per week")
    return panels[0]


def plot_prior_posterior(
    prior: Array,
    posterior: Array,
    labels: dict[str, str],
    truth: pd.Series | None,
    *,
    interval: float,
) -> Axes:
    """Draw what was believed of each ROI before the data, and what is believed after them.

    Parameters
    ----------
    prior, posterior : ndarray, shape (n_draws, n_channels)
        Draws of the reported ROI.
    labels : dict of str to str
        Label per channel.
    truth : Series or None
        True ROI per channel.
    interval : float
        Central share of the intervals.
    """
    ends = [(1 - interval) / 2, 0.5, (1 + interval) / 2]
    colors = channel_colors(list(labels))
    _, ax = plt.subplots(figsize=(8, 1.3 + 0.5 * len(labels)))
    for c, name in enumerate(labels):
        wide, narrow = (np.quantile(d[:, c], ends) for d in (prior, posterior))
        ax.plot(wide[[0, 2]], [c, c], color="#d5d8dc", lw=9, solid_capstyle="butt", zorder=1)
        ax.plot(narrow[[0, 2]], [c, c], color=colors[name], lw=4, alpha=0.5, zorder=2)
        ax.plot(narrow[1], c, "o", color=colors[name], ms=8, zorder=3)
        if truth is not None:
            ax.plot(truth[name], c, "|", color=TRUTH_COLOR, ms=16, mew=2.2, zorder=4)
    ax.plot([], [], color="#d5d8dc", lw=9, label="Before the data")
    ax.plot([], [], "o-", color=MUTED, lw=4, ms=7, label="After the data")
    if truth is not None:
        ax.plot([], [], "|", color=TRUTH_COLOR, ms=13, mew=2.2, label="Truth")
    ax.set_yticks(range(len(labels)), list(labels.values()))
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(plt.FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set_xlabel("ROI (logarithmic scale)")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax
