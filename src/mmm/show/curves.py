"""Sentences of notebooks 03 and 04: what the models say and how far to trust them."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from mmm.data.weekly import WeeklyData
from mmm.decide.returns import summarize
from mmm.formatting import listing, money, percent, plural, ratio
from mmm.model.additive import AdditiveModel
from mmm.model.curves import Curves
from mmm.model.transforms import delayed_weights, geometric_weights, hill, weibull_weights
from mmm.show.style import (
    INK,
    MUTED,
    PALETTE,
    TRUTH_COLOR,
    channel_colors,
    money_axis,
    share_labels,
    small_multiples,
)
from mmm.show.words import FigureWords, bullets, kpi_amount, kpi_name, outcome, window_of
from mmm.study.study import Study

Array = NDArray[np.float64]


def _per_unit(study: Study, channel: str) -> str:
    """Return what one more unit of a channel's media is called."""
    spec = study.channels[channel]
    return f"unit of {spec.exposure}" if spec.exposure else study.currency


def fit(table: pd.DataFrame, name: str, weekly: WeeklyData, study: Study) -> FigureWords:
    """Words around actual against predicted.

    Parameters
    ----------
    table : DataFrame
        Columns model, kind, rmse, mape, r2 of the holdout; models and naive forecasts.
    name : str
        The model that is judged.
    weekly : WeeklyData
        All weeks.
    study : Study
        The study.
    """
    model = table[table["model"] == name].iloc[0]
    naive = table[table["kind"] == "naive"].sort_values("rmse").iloc[0]
    own, bar = (kpi_amount(row["rmse"], study) for row in (model, naive))
    verb = "beats" if model["rmse"] <= naive["rmse"] else "does not beat"
    return FigureWords(
        title=f"On unseen weeks the model is off by {own} a week (RMSE) and {verb} the best "
        f"naive forecast ({bar})",
        caption=f"Actual and predicted {kpi_name(study)} per week; the shaded last "
        f"{study.holdout.weeks} weeks were not seen. Holdout MAPE "
        f"{percent(model['mape'], digits=1)}, R² {ratio(model['r2'])}; naive: {naive['model']}.",
        alt=f"Two lines over {plural(len(weekly), 'week')}: actual and predicted; holdout "
        f"RMSE {own} against {bar} for '{naive['model']}'.",
    )


def carryover_examples() -> FigureWords:
    """Words around the carryover examples."""
    return FigureWords(
        title="Carryover spreads one week's spend over the weeks after it",
        caption="Lag weights, summing to one, of the three forms the project knows; examples, "
        "not fitted.",
        alt="Three panels of lag weights: geometric falls from week 0, delayed peaks later, "
        "Weibull can do both.",
    )


def saturation_examples() -> FigureWords:
    """Words around the saturation examples."""
    return FigureWords(
        title="Saturation makes each further unit of spend earn less",
        caption="Hill curves for different half-saturation points and slopes; examples, not "
        "fitted.",
        alt="Two panels of rising curves that level off: earlier for a smaller half-saturation "
        "and S-shaped for a larger slope.",
    )


def search_reading(curves: Curves, study: Study) -> str:
    """Read what the search found."""
    kept, scales = [], []
    for name, values in zip(study.channels, curves.parameters, strict=True):
        if "retention" in values:
            kept.append(f"{study.labels[name]} {percent(values['retention'])}")
        elif "scale" in values:
            scales.append(f"{study.labels[name]} {values['scale']:.1f}")
    text = f"From week to week, this share of its effect stays: {listing(kept)}. " if kept else ""
    text += f"Weibull scales: {listing(scales)}. " if scales else ""
    return (
        f"{text}The search stopped at a penalty of {curves.penalty:.3g} and a validation error "
        f"(RMSE) of {kpi_amount(curves.cv_rmse, study)} a week."
    )


def model_scores(summary: pd.DataFrame, study: Study) -> FigureWords:
    """Words around the comparison of models."""
    models = summary[summary["kind"] == "model"].sort_values("holdout_rmse")
    naive = summary[summary["kind"] == "naive"].sort_values("holdout_rmse")
    best, bar = models.iloc[0], naive.iloc[0]
    beats = int((models["holdout_rmse"] <= bar["holdout_rmse"]).sum())
    return FigureWords(
        title=f"{best['model']} has the lowest error; {beats} of {len(models)} models beat the "
        f"best naive forecast (RMSE)",
        caption=f"Root mean squared error per week on the last {study.holdout.weeks} weeks, which "
        f"no model saw. A good forecast is necessary for good returns, not sufficient.",
        alt="Bars of the holdout error: "
        + ", ".join(
            f"{r.model} {kpi_amount(r.holdout_rmse, study)}"
            for r in summary.sort_values("holdout_rmse").itertuples()
        )
        + ".",
    )


def elasticities(values: pd.Series, weekly: WeeklyData, study: Study) -> FigureWords:
    """Words around the elasticities."""
    first = str(values.idxmax())
    return FigureWords(
        title=f"{study.labels[first]} moves {outcome(study)} most: 10 % more spend, "
        f"{percent(values[first] / 10, digits=2)} more {outcome(study)}",
        caption=f"Percent change in {outcome(study)} per percent change in spend at the current "
        f"plan, model of record, mean; {window_of(weekly, study)}.",
        alt="Bars of the elasticity: "
        + ", ".join(f"{study.labels[str(n)]} {v:.3f}" for n, v in values.items())
        + ".",
    )


def curves_against_truth(
    model: AdditiveModel, truth: AdditiveModel | None, top: dict[str, float], study: Study
) -> FigureWords:
    """Words around the fitted curves; they are judged at half of the highest week seen."""
    caption = (
        "Effect per week of steady adstocked media up to the highest week seen; "
        "main effects without synergy."
    )
    if truth is None:
        return FigureWords(
            title="The fitted response curves: how soon each channel saturates",
            caption=caption,
            alt="One rising, flattening curve per channel; the truth is not known.",
        )
    close = []
    for estimate, real in zip(model.responses, truth.responses, strict=True):
        level = np.array([top[real.name] / 2])
        value = float((estimate.beta * estimate.curve(level)[:, 0]).mean())
        actual = float(real.beta[0] * real.curve(level)[0, 0])
        if abs(value / actual - 1) <= 0.33:
            close.append(study.labels[real.name])
    return FigureWords(
        title=f"{len(close)} of {len(truth.responses)} curves come within a third of the truth",
        caption=f"{caption} Judged at half of the highest week: {listing(close) or 'none'}.",
        alt=f"Estimated (solid) and true (dashed) curves per channel; close are "
        f"{listing(close) or 'none'}.",
    )


def agreement_reading(table: pd.DataFrame, study: Study) -> str:
    """Read the agreement between estimators."""
    groups = {
        verdict: [study.labels[c] for c in table[table["verdict"] == verdict]["channel"]]
        for verdict in ("agree", "magnitude differs", "sign or rank differs")
    }
    lines = []
    if groups["agree"]:
        lines.append(f"All estimators agree on **{listing(groups['agree'])}**.")
    if groups["magnitude differs"]:
        lines.append(
            f"For {listing(groups['magnitude differs'])} the direction is shared, the size "
            f"is not: carryover and saturation matter there."
        )
    if groups["sign or rank differs"]:
        lines.append(
            f"For {listing(groups['sign or rank differs'])} even sign or rank depends on the "
            f"method: treat these figures as hypotheses."
        )
    return bullets(lines)


def prior_posterior(prior: Array, posterior: Array, study: Study) -> FigureWords:
    """Words around what the data added to the prior."""
    narrower = 1 - np.log(posterior).std(axis=0) / np.log(prior).std(axis=0)
    most, least = int(narrower.argmax()), int(narrower.argmin())
    names = list(study.labels.values())
    low, middle, high = summarize(prior.ravel(), study.interval)
    return FigureWords(
        title=f"The data say most about {names[most]}, least about {names[least]}",
        caption=f"{percent(study.interval)} intervals of the reported ROI before the data "
        f"(grey: median {ratio(middle)}, {ratio(low)} to {ratio(high)}) and after them. "
        f"The spread of the log ROI shrinks by {percent(narrower[least])} to "
        f"{percent(narrower[most])}.",
        alt="Wide prior intervals with narrower posterior intervals inside; medians after the "
        "data: "
        + ", ".join(
            f"{n} {ratio(float(v))}" for n, v in zip(names, np.median(posterior, 0), strict=True)
        )
        + ".",
    )


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
