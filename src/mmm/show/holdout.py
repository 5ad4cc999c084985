"""Notebooks 03 and 04: how well models predict weeks that they have not seen."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.formatting import money, percent, plural, ratio
from mmm.show.picture import Picture
from mmm.show.style import INK, PALETTE, money_axis
from mmm.show.words import kpi_amount, kpi_name
from mmm.study.study import Study


def fit(
    model: str,
    predicted: Array,
    scores: pd.DataFrame,
    weekly: WeeklyData,
    study: Study,
    *,
    name: str,
) -> Picture:
    """Draw actual against predicted, the holdout shaded.

    Parameters
    ----------
    model : str
        The model that is judged, as `scores` names it.
    predicted : ndarray, shape (n_weeks,)
        Its prediction of the KPI.
    scores : DataFrame
        Result of :func:`mmm.model.evaluation.holdout_scores`.
    weekly : WeeklyData
        All weeks.
    study : Study
        Its KPI and holdout.
    name : str
        Name of the file below ``figures/``, without ending.
    """
    judged = scores[scores["model"] == model].iloc[0]
    naive = scores[scores["kind"] == "naive"].sort_values("rmse").iloc[0]
    own, bar = (kpi_amount(row["rmse"], study) for row in (judged, naive))
    verb = "beats" if judged["rmse"] <= naive["rmse"] else "does not beat"
    return Picture(
        axes=_draw_fit(model, predicted, weekly, study),
        name=name,
        title=f"On unseen weeks the model is off by {own} a week (RMSE) and {verb} the best "
        f"naive forecast ({bar})",
        caption=f"Actual and predicted {kpi_name(study)} per week; the shaded last "
        f"{study.holdout.weeks} weeks were not seen. Holdout MAPE "
        f"{percent(judged['mape'], digits=1)}, R² {ratio(judged['r2'])}; naive: "
        f"{naive['model']}.",
        alt=f"Two lines over {plural(len(weekly), 'week')}: actual and predicted; holdout "
        f"RMSE {own} against {bar} for '{naive['model']}'.",
    )


def _draw_fit(model: str, predicted: Array, weekly: WeeklyData, study: Study) -> Axes:
    """Draw two lines over all weeks."""
    weeks, n_holdout = weekly.weeks, study.holdout.weeks
    _, ax = plt.subplots()
    ax.axvspan(weeks[-n_holdout], weeks[-1], color="#f0f0f0", lw=0)
    ax.plot(weeks, weekly.kpi, color=INK, lw=1.3, label="Actual")
    ax.plot(weeks, predicted, color=PALETTE[0], lw=1.6, label=model)
    ax.text(weeks[-n_holdout], ax.get_ylim()[1], " holdout", va="top", color="#555555", fontsize=9)
    ax.yaxis.set_major_formatter(money_axis(study.kpi_currency))
    ax.set_ylabel("Outcome per week")
    ax.legend(ncols=4, loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)
    return ax


def scores(summary: pd.DataFrame, study: Study) -> Picture:
    """Draw the holdout error of every model and naive forecast.

    Parameters
    ----------
    summary : DataFrame
        Result of :func:`mmm.model.evaluation.model_summary`.
    study : Study
        Its KPI and holdout.
    """
    ordered = summary.sort_values("holdout_rmse")
    models = summary[summary["kind"] == "model"].sort_values("holdout_rmse")
    naive = summary[summary["kind"] == "naive"].sort_values("holdout_rmse")
    best, bar = models.iloc[0], naive.iloc[0]
    beats = int((models["holdout_rmse"] <= bar["holdout_rmse"]).sum())
    return Picture(
        axes=_draw_scores(ordered, study),
        name="model_scores",
        title=f"{best['model']} has the lowest error; {beats} of {len(models)} models beat the "
        f"best naive forecast (RMSE)",
        caption=f"Root mean squared error per week on the last {study.holdout.weeks} weeks, which "
        f"no model saw. A good forecast is necessary for good returns, not sufficient.",
        alt="Bars of the holdout error: "
        + ", ".join(f"{r.model} {kpi_amount(r.holdout_rmse, study)}" for r in ordered.itertuples())
        + ".",
    )


def _draw_scores(ordered: pd.DataFrame, study: Study) -> Axes:
    """Draw one bar a model, the naive forecasts in gray."""
    _, ax = plt.subplots(figsize=(8, 1.0 + 0.36 * len(ordered)))
    colors = [PALETTE[0] if kind == "model" else "#b8bec6" for kind in ordered["kind"]]
    ax.barh(ordered["model"], ordered["holdout_rmse"], color=colors, height=0.6)
    for position, value in enumerate(ordered["holdout_rmse"]):
        ax.text(value, position, f" {money(value, study.kpi_currency)}", va="center", fontsize=9)
    ax.invert_yaxis()
    ax.margins(x=0.1)
    ax.xaxis.set_major_formatter(money_axis(study.kpi_currency))
    ax.set_xlabel("Error (RMSE) per week of the holdout (grey: naive forecasts)")
    return ax
