"""Sentences of notebooks 03 and 04: what the models say and how far to trust them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm.data import WeeklyData
from mmm.diagnostics import HIGH_VIF, SEVERE_VIF
from mmm.findings import Finding
from mmm.formatting import percent, ratio
from mmm.models.base import AdditiveModel
from mmm.models.media import Curves
from mmm.prose.words import (
    FigureWords,
    bullets,
    kpi_amount,
    kpi_name,
    listing,
    outcome,
    period,
    plural,
    window_of,
)
from mmm.returns import summarize
from mmm.study import Study

Array = NDArray[np.float64]


def _per_unit(study: Study, channel: str) -> str:
    """Return what one more unit of a channel's media is called."""
    spec = study.channels[channel]
    return f"unit of {spec.exposure}" if spec.exposure else study.currency


def coefficients(table: pd.DataFrame, study: Study) -> FigureWords:
    """Words around the OLS coefficients."""
    names = [
        study.labels[str(row.term)] + (" (negative)" if row.high < 0 else "")
        for row in table.itertuples()
        if row.low > 0 or row.high < 0
    ]
    who = f"only {listing(names)}" if names else "no channel"
    if len(names) == len(table):
        who = "every channel" if (table["low"] > 0).all() else f"each channel, {listing(names)},"
    return FigureWords(
        title=f"On a straight line, {who} can be told from zero",
        caption=f"OLS coefficients with {percent(study.interval)} HAC confidence intervals, "
        f"training weeks.",
        alt="Coefficients with intervals: "
        + ", ".join(
            f"{study.labels[r.term]} {ratio(r.coefficient)} ({ratio(r.low)} to {ratio(r.high)})"
            for r in table.itertuples()
        )
        + ".",
    )


def coefficient_reading(table: pd.DataFrame, study: Study) -> str:
    """Read the coefficients in business terms."""
    lines = []
    for row in table.itertuples():
        unit = _per_unit(study, str(row.term))
        text = (
            f"One more {unit} of **{study.labels[str(row.term)]}** goes with "
            f"{ratio(row.coefficient)} more {kpi_name(study)} "
            f"({percent(study.interval)}: {ratio(row.low)} to {ratio(row.high)})"
        )
        if row.low <= 0 <= row.high:
            text += ": zero is inside, so this says little"
        elif row.high < 0:
            text += ": negative, which points at a missing driver rather than at harmful ads"
        lines.append(f"{text}.")
    return bullets(lines)


def _vif(factor: float) -> str:
    """Write a variance inflation factor; beyond a thousand a channel is a copy of others."""
    return f"{factor:.1f}" if factor < 1000 else "over 1,000"


def vif(table: pd.DataFrame, study: Study) -> FigureWords:
    """Words around the variance inflation factors."""
    worst = table.loc[table["vif"].idxmax()]
    label = study.labels[worst["channel"]]
    severity = "no channel is high" if worst["vif"] <= HIGH_VIF else f"{label} is hard to separate"
    return FigureWords(
        title=f"Collinearity: {severity} (highest VIF {_vif(worst['vif'])})",
        caption="Variance inflation factor of each channel given all other channels and the "
        f"baseline, training weeks; above {HIGH_VIF:g} is high, above {SEVERE_VIF:g} severe.",
        alt="Bars of the variance inflation factor: "
        + ", ".join(f"{study.labels[r.channel]} {_vif(r.vif)}" for r in table.itertuples())
        + ".",
    )


def vif_reading(table: pd.DataFrame, study: Study) -> str:
    """Say what collinearity costs."""
    worst = table.loc[table["vif"].idxmax()]
    high = table[table["vif"] > HIGH_VIF]
    cost = (
        f"For {study.labels[worst['channel']]}, sharing its pattern with other drivers makes the "
        f"standard error {worst['standard_error_factor']:.1f} times what it would be alone."
    )
    if len(high):
        names = listing([study.labels[c] for c in high["channel"]])
        return (
            f"{cost} Above a VIF of {HIGH_VIF:g} ({names}) single coefficients swing with small "
            f"changes in the data; read those channels as a group."
        )
    return (
        f"{cost} No channel exceeds {HIGH_VIF:g}, so collinearity is not what limits these "
        f"estimates."
    )


def residuals(findings: list[Finding], weekly: WeeklyData) -> FigureWords:
    """Words around the residual plots."""
    failed = [f.check.split(" (")[0] for f in findings if f.status != "PASS"]
    title = f"Residuals show {listing(failed)}" if failed else "Residuals look like plain noise"
    return FigureWords(
        title=title,
        caption=f"Residuals of the linear regression over time and against its fit; "
        f"{period(weekly.weeks)}.",
        alt=f"Residuals over time and against fitted values; {len(findings) - len(failed)} of "
        f"{len(findings)} residual tests pass.",
    )


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


def linear_limits(findings: list[Finding], roi: pd.Series, study: Study) -> str:
    """Say where the linear model fails."""
    shape = ("autocorrelation", "curvature")
    bent = [f for f in findings if f.check.startswith(shape) and f.status != "PASS"]
    opening = (
        "**Here the line is too simple.** In general:"
        if bent
        else "**Here nothing speaks against the line**: its residuals show neither carryover "
        "nor a bend, so the simplest model is the right one for these data. Elsewhere it fails, "
        "because:"
    )
    lines = [
        "It gives every week's spend its full effect at once: whatever works a week later is "
        "credited to the baseline or to another channel.",
        "It gives the last unit of money the same return as the first, so that its best plan is "
        "always to put everything into one channel.",
    ]
    negative = [study.labels[str(name)] for name in roi[roi < 0].index]
    if negative:
        lines.append(
            f"It gives {listing(negative)} a negative return, which no amount of advertising "
            f"plausibly has."
        )
    lines += [
        f"{f.check[0].upper()}{f.check[1:]}: {f.finding}. {f.remedy}"
        for f in findings
        if f.status != "PASS"
    ]
    return f"{opening}\n\n{bullets(lines)}"


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
    for (name, channel), values in zip(study.channels.items(), curves.parameters, strict=True):
        if "retention" in values:
            kept.append(f"{study.labels[name]} {percent(values['retention'])}")
        elif channel.adstock == "weibull":
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
