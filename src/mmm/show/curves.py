"""Notebook 04: carryover, saturation, what the data say of both, and what others would say."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.decide.learned import ALL_MEDIA
from mmm.decide.returns import summarize
from mmm.formatting import listing, percent
from mmm.model.additive import AdditiveModel
from mmm.model.curves import Curves
from mmm.model.intervals import tails
from mmm.model.transforms import delayed_weights, geometric_weights, hill, weibull_weights
from mmm.show.measures import rate, rate_name, rate_title
from mmm.show.picture import Picture
from mmm.show.style import (
    MUTED,
    PALETTE,
    TRUTH_COLOR,
    channel_colors,
    money_axis,
    share_labels,
    small_multiples,
)
from mmm.show.words import axis_name, bullets, kpi_amount, outcome, window_of
from mmm.study.study import Study

#: Lags of the carryover examples, in weeks.
EXAMPLE_LAGS = 8


def carryover_examples() -> Picture:
    """Draw the forms of carryover before any is fitted."""
    return Picture(
        axes=_draw_carryover_examples(),
        name="carryover_examples",
        title="Carryover spreads one week's spend over the weeks after it",
        caption="Lag weights, summing to one, of the three forms the project knows; examples, "
        "not fitted.",
        alt="Three panels of lag weights: geometric falls from week 0, delayed peaks later, "
        "Weibull can do both.",
    )


def _draw_carryover_examples() -> Axes:
    """Draw three lines of lag weights a form."""
    panels = small_multiples(3, height=2.4)
    lags = np.arange(EXAMPLE_LAGS + 1)
    examples = {
        "Geometric": [
            (f"retention {r:g}", geometric_weights(r, max_lag=EXAMPLE_LAGS))
            for r in (0.2, 0.5, 0.8)
        ],
        "Delayed": [
            (f"peak in week {p:g}", delayed_weights(0.5, p, max_lag=EXAMPLE_LAGS))
            for p in (0, 1, 3)
        ],
        "Weibull": [
            (f"shape {k:g}", weibull_weights(k, 3.0, max_lag=EXAMPLE_LAGS))
            for k in (0.8, 1.5, 3.0)
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


def saturation_examples() -> Picture:
    """Draw Hill curves before any is fitted: what half-saturation and slope do."""
    return Picture(
        axes=_draw_saturation_examples(),
        name="saturation_examples",
        title="Saturation makes each further unit of spend earn less",
        caption="Hill curves for different half-saturation points and slopes; examples, not "
        "fitted.",
        alt="Two panels of rising curves that level off: earlier for a smaller half-saturation "
        "and S-shaped for a larger slope.",
    )


def _draw_saturation_examples() -> Axes:
    """Draw three half-saturations, and three slopes beside them."""
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


def search_reading(curves: Curves, study: Study) -> str:
    """Say what the search found.

    Parameters
    ----------
    curves : Curves
        Result of :func:`mmm.model.search.search_curves`.
    study : Study
        Its labels and KPI.
    """
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


def prior_posterior(
    prior: Array, posterior: Array, truth: pd.Series | None, study: Study
) -> Picture:
    """Draw what was believed of each ROI before the data, and what is believed after them.

    Parameters
    ----------
    prior, posterior : ndarray, shape (n_draws, n_channels)
        Draws of the reported ROI (:func:`mmm.decide.returns.roi`).
    truth : Series or None
        True ROI per channel.
    study : Study
        Its labels and interval.
    """
    narrower = 1 - np.log(posterior).std(axis=0) / np.log(prior).std(axis=0)
    most, least = int(np.nanargmax(narrower)), int(np.nanargmin(narrower))
    names, known = list(study.labels.values()), prior[np.isfinite(prior)]
    low, middle, high = (rate(v, study) for v in summarize(known, study.interval))
    return Picture(
        axes=_draw_prior_posterior(prior, posterior, truth, study),
        name="prior_posterior",
        title=f"The data say most about {names[most]}, least about {names[least]}",
        caption=f"{percent(study.interval)} intervals of the reported {rate_name(study)} before "
        f"the data (grey: median {middle}, {low} to {high}) and after them. "
        f"The spread of its logarithm shrinks by {percent(narrower[least])} to "
        f"{percent(narrower[most])}.",
        alt="Wide prior intervals with narrower posterior intervals inside; medians after the "
        "data: "
        + ", ".join(
            f"{n} {rate(float(v), study)}"
            for n, v in zip(names, np.median(posterior, 0), strict=True)
        )
        + ".",
    )


def prior_reading(table: pd.DataFrame, study: Study) -> str:
    """Say what the prior expected of all media, and whose answer is still most of it.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.decide.learned_table`.
    study : Study
        Its labels and interval.
    """
    rows = table.set_index("answer")
    media, channels = rows.loc[ALL_MEDIA], rows.drop(index=ALL_MEDIA)["still_prior"].dropna()
    spans = [
        f"{percent(media[when])} ({percent(media[f'{when}_low'])} to "
        f"{percent(media[f'{when}_high'])})"
        for when in ("before", "after")
    ]
    said = (
        f"Before the data, all media together were expected to earn {spans[0]} of the "
        f"{outcome(study)}; after them {spans[1]}."
    )
    if channels.empty:
        return said
    most, least = channels.idxmax(), channels.idxmin()
    return (
        f"{said} Of the prior's variance {study.labels[str(most)]} keeps "
        f"{percent(min(channels[most], 1.0))}, {study.labels[str(least)]} "
        f"{percent(min(channels[least], 1.0))}: what is kept was assumed, not learned."
    )


def _draw_prior_posterior(
    prior: Array, posterior: Array, truth: pd.Series | None, study: Study
) -> Axes:
    """Draw a narrow interval inside a wide one a channel."""
    labels, interval = study.labels, study.interval
    below, above = tails(interval)
    colors = channel_colors(list(labels))
    _, ax = plt.subplots(figsize=(8, 1.3 + 0.5 * len(labels)))
    for c, name in enumerate(labels):
        wide, narrow = (np.quantile(d[:, c], [below, 0.5, above]) for d in (prior, posterior))
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
    ax.set_xlabel(f"{rate_title(study)} (logarithmic scale)")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax


def parameter_caption(main: AdditiveModel, record: AdditiveModel) -> str:
    """Say whose carryover and saturation a table shows.

    Parameters
    ----------
    main : AdditiveModel
        The draws of record that have the forms of the table.
    record : AdditiveModel
        The model of record.
    """
    share = main.n_draws / record.n_draws
    whose = "" if share == 1 else f" in the {percent(share)} of the draws with these forms"
    if whose:
        forms = dict.fromkeys(name for r in main.responses for name in (r.adstock, r.saturation))
        whose += f" ({listing(list(forms))})"
    return f"Carryover and saturation{whose}, with the truth where it is known"


def fitted_curves(
    model: AdditiveModel, truth: AdditiveModel | None, weekly: WeeklyData, study: Study
) -> Picture:
    """Draw the weekly effect of steady adstocked media, beside the truth where it is known.

    Parameters
    ----------
    model : AdditiveModel
        The estimate; its mean over draws is drawn, up to the highest week seen.
    truth : AdditiveModel or None
        The true model of a simulated study; the estimate is judged at half of that week.
    weekly : WeeklyData
        The data.
    study : Study
        Its labels.
    """
    top = weekly.media.max()
    title = "The fitted response curves: how soon each channel saturates"
    caption = (
        "Effect per week of steady adstocked media up to the highest week seen; "
        "main effects without synergy."
    )
    alt = "One rising, flattening curve per channel; the truth is not known."
    if truth is not None:
        close = [study.labels[name] for name in _close_to(truth, model, top / 2)]
        named = listing(close) or "none"
        title = f"{len(close)} of {len(truth.responses)} curves come within a third of the truth"
        caption += f" Judged at half of the highest week: {named}."
        alt = f"Estimated (solid) and true (dashed) curves per channel; close are {named}."
    axes = _draw_fitted_curves(model, truth, top, study)
    return Picture(axes, name="fitted_curves", title=title, caption=caption, alt=alt)


def _close_to(truth: AdditiveModel, model: AdditiveModel, media: pd.Series) -> list[str]:
    """Return the channels whose mean effect at a level of media is within a third of the truth."""
    close = []
    for estimate, real in zip(model.responses, truth.responses, strict=True):
        level = np.array([media[real.name]])
        value = float((estimate.beta * estimate.curve(level)[:, 0]).mean())
        actual = float(real.beta[0] * real.curve(level)[0, 0])
        if abs(value / actual - 1) <= 0.33:
            close.append(real.name)
    return close


def _draw_fitted_curves(
    model: AdditiveModel, truth: AdditiveModel | None, top: pd.Series, study: Study
) -> Axes:
    """Draw one panel a channel, from no media to the highest week."""
    colors = channel_colors(model.channels)
    panels = small_multiples(len(study.labels), height=2.0)
    for c, (ax, name) in enumerate(zip(panels, model.channels, strict=True)):
        level = np.linspace(0, top[name], 81)
        lines = [(model, colors[name], "solid", "Estimate")]
        if truth is not None:
            lines.append((truth, TRUTH_COLOR, "dashed", "Truth"))
        for source, color, dash, tag in lines:
            response = source.responses[c]
            effect = (response.beta[:, np.newaxis] * response.curve(level)).mean(axis=0)
            ax.plot(level, effect, color=color, ls=dash, label=tag)
        ax.set_title(study.labels[name])
        ax.set_ylim(bottom=0)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(money_axis(""))
            axis.set_major_locator(plt.MaxNLocator(4))
    panels[0].legend(fontsize=8)
    share_labels(panels, x="Steady weekly media", y="Effect per week")
    return panels[0]


def elasticities(values: pd.Series, weekly: WeeklyData, study: Study) -> Picture:
    """Draw the percent change in revenue per percent change in spend.

    Parameters
    ----------
    values : Series
        Result of :func:`mmm.decide.returns.elasticities`.
    weekly : WeeklyData
        The data.
    study : Study
        Its labels and window.
    """
    first = str(values.idxmax())
    return Picture(
        axes=_draw_elasticities(values, study),
        name="elasticities",
        title=f"{study.labels[first]} has the highest estimated elasticity: 10 % more spend, "
        f"{percent(values[first] / 10, digits=2)} more {outcome(study)}",
        caption=f"Percent change in {outcome(study)} per percent change in spend at the current "
        f"plan, model of record, mean; {window_of(weekly, study)}.",
        alt="Bars of the elasticity: "
        + ", ".join(f"{study.labels[str(n)]} {v:.3f}" for n, v in values.items())
        + ".",
    )


def _draw_elasticities(values: pd.Series, study: Study) -> Axes:
    """Draw one bar a channel, the largest first."""
    colors = channel_colors(list(values.index))
    ordered = values.sort_values(ascending=False)
    _, ax = plt.subplots(figsize=(8, 1.0 + 0.36 * len(ordered)))
    names = [study.labels[name] for name in ordered.index]
    ax.barh(names, ordered, color=[colors[name] for name in ordered.index], height=0.6)
    for position, value in enumerate(ordered):
        ax.text(value, position, f" {value:.3f}", va="center", fontsize=9)
    ax.invert_yaxis()
    ax.set_xlabel(f"Elasticity: % change in {axis_name(study)} per 1 % more spend")
    return ax


def agreement_reading(table: pd.DataFrame, study: Study) -> str:
    """Say on which channels the estimators agree that know carryover and saturation.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.trust.diagnostics.agreement_table`.
    study : Study
        Its labels.
    """
    groups = {
        verdict: [study.labels[c] for c in table[table["verdict"] == verdict]["channel"]]
        for verdict in ("agree", "magnitude differs", "sign or rank differs")
    }
    lines = []
    if groups["agree"]:
        lines.append(
            f"All estimators with carryover and saturation agree on "
            f"**{listing(groups['agree'])}**."
        )
    if groups["magnitude differs"]:
        lines.append(
            f"For {listing(groups['magnitude differs'])} the direction is shared, the size "
            f"is not: it depends on how strongly an estimator shrinks."
        )
    if groups["sign or rank differs"]:
        lines.append(
            f"For {listing(groups['sign or rank differs'])} even sign or rank depends on the "
            f"method: treat these figures as hypotheses."
        )
    return bullets(lines)
