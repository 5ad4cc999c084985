"""A pooled regression that can be interpreted: one scale, every row once, no mediators.

It counts every order once, scales each series by its own mean revenue so that no currency is left,
and keeps only inputs that are decided before the sale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.regression.linear_model import OLS

from mmm.arrays import Array, Mask
from mmm.model.intervals import tails
from mmm.panel.cleaning import Panel, without_roll_ups
from mmm.panel.pooled import (
    CLASSIC_FEATURES,
    PooledFit,
    count_rows,
    least_squares,
    naive_predictions,
    scenario_table,
    score_fit,
    split_rows,
)
from mmm.panel.schema import BRAND, CURRENCY, DATE, SERIES
from mmm.study.panel import PanelSpec

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class _Scaled:
    """The rows of the honest version in units of their series' mean training revenue."""

    frame: pd.DataFrame
    train: Mask
    revenue: Array
    inputs: pd.DataFrame
    centered: Array  # inputs minus their series' training mean


def fit_corrected(panel: Panel, spec: PanelSpec, *, interval: float = 0.90) -> PooledFit:
    """Fit the pooled regression that can be interpreted.

    Revenue and spend are divided by the mean training revenue of their series, so that a spend
    coefficient is revenue per unit of spend in any currency. Each series has its own level; months
    and days of the week are levels, not numbers. Errors are clustered by brand; a single brand has
    no intervals. Series without training rows are left out.
    """
    data = _scale(panel, spec)
    train, revenue = data.train, data.revenue
    solution = least_squares(data.centered[train], revenue[train] - 1)[1:]
    fitted = 1 + data.centered @ solution
    brands = data.frame[BRAND].astype(str)[train]
    spread = clustered_errors(data.centered[train], revenue[train] - 1, brands)
    factor = stats.t.ppf(tails(interval)[1], max(brands.nunique() - 1, 1))
    terms = pd.DataFrame({"term": data.inputs.columns, "coefficient": solution})
    terms = terms.assign(low=solution - factor * spread, high=solution + factor * spread)
    paid = solution[list(data.inputs.columns).index(f"{spec.scenario_channel}_SPEND")]
    naive = naive_predictions(data.frame, revenue, train, days=spec.naive_days)
    return PooledFit(
        name="honest",
        unit="share of the series' mean daily revenue",
        terms=terms,
        scores=score_fit(revenue, train, fitted, naive),
        scenario=scenario_table(data.frame, ~train, spec, float(paid)),
        rows=count_rows(data.frame, train, len(panel.frame) - len(data.frame)),
    )


def _scale(panel: Panel, spec: PanelSpec) -> _Scaled:
    frame = without_roll_ups(panel.frame)
    past = frame[split_rows(frame, spec)].groupby(SERIES, observed=True)
    typical = past[["revenue", "EMAIL_CLICKS"]].mean()
    typical = typical[typical["revenue"] > 0]
    frame = frame[frame[SERIES].isin(typical.index)]
    train = split_rows(frame, spec)
    own = typical.loc[frame[SERIES].astype(str)]
    scale, email = own["revenue"].to_numpy(float), own["EMAIL_CLICKS"].to_numpy(float)
    inputs = _inputs(panel, frame, scale, email)
    values, series = inputs.to_numpy(float), frame[SERIES].astype(str).to_numpy()
    level = pd.DataFrame(values[train]).groupby(series[train]).mean()
    centered = values - level.loc[series].to_numpy()
    return _Scaled(frame, train, frame["revenue"].to_numpy(float) / scale, inputs, centered)


def _inputs(panel: Panel, frame: pd.DataFrame, scale: Array, email: Array) -> pd.DataFrame:
    """Return the inputs in units that no currency is part of; mediators are not among them."""
    columns = {name: frame[name].to_numpy(float) / scale for name in panel.spend_columns}
    columns["EMAIL_CLICKS"] = frame["EMAIL_CLICKS"].to_numpy(float) / np.where(email > 0, email, 1)
    days = (frame[DATE] - frame[DATE].min()) / pd.Timedelta(days=1)
    columns["years"] = days.to_numpy(float) / DAYS_PER_YEAR
    for month in range(2, 13):
        columns[f"month {month}"] = (frame["month"] == month).to_numpy(float)
    for day in range(1, 7):
        columns[f"day of week {day}"] = (frame["day_of_week"] == day).to_numpy(float)
    return pd.DataFrame(columns)


def clustered_errors(features: Array, revenue: Array, cluster: pd.Series) -> Array:
    """Return standard errors that allow any correlation within a cluster.

    Parameters
    ----------
    features : ndarray, shape (n_rows, n_terms)
        Inputs of the regression.
    revenue : ndarray, shape (n_rows,)
        Its outcome.

    Returns
    -------
    ndarray, shape (n_terms,)
        Not a number where there is one cluster alone.
    """
    groups = cluster.astype("category").cat.codes.to_numpy()
    if groups.max() == 0:  # one brand alone cannot say how brands differ
        return np.full(features.shape[1], np.nan)
    fit = OLS(revenue, features).fit()
    return np.asarray(fit.get_robustcov_results("cluster", groups=groups).bse, dtype=float)


def compare(literal: PooledFit, honest: PooledFit, panel: Panel) -> pd.DataFrame:
    """Put the spend coefficients of both versions side by side.

    Parameters
    ----------
    panel : Panel
        Names the channels.

    Returns
    -------
    DataFrame
        Columns channel, literal, honest, honest_low, honest_high: revenue per unit of spend.
    """
    rows = []
    for channel in panel.channels:
        name = f"{channel}_SPEND"
        own = honest.terms.set_index("term").loc[name]
        classic = literal.coefficient(name) if name in CLASSIC_FEATURES else float("nan")
        row = {"channel": channel, "literal": classic, "honest": own["coefficient"]}
        rows.append(row | {"honest_low": own["low"], "honest_high": own["high"]})
    return pd.DataFrame(rows)


def true_averages(truth: dict[str, Any], panel: Panel) -> pd.DataFrame:
    """Average the true returns of a twin over the series of the honest version.

    Columns true_roi and true_mroi, weighted by spend as a share of the series' revenue.
    """
    frame = without_roll_ups(panel.frame)
    scale = frame.groupby(SERIES, observed=True)["revenue"].mean()
    rows = [
        (name, own["spend"] / scale[series], own["roi"], own["mroi"])
        for series in scale.index
        for name, own in truth[series]["channels"].items()
    ]
    table = pd.DataFrame(rows, columns=["channel", "weight", "true_roi", "true_mroi"])
    table[["true_roi", "true_mroi"]] = table[["true_roi", "true_mroi"]].mul(
        table["weight"], axis=0
    )
    sums = table.groupby("channel").sum()
    return sums[["true_roi", "true_mroi"]].div(sums["weight"], axis=0).loc[list(panel.channels)]


def scenario_beside(
    literal: PooledFit, honest: PooledFit, panel: Panel, truth: dict[str, Any] | None
) -> pd.DataFrame:
    """Put the scenario of both versions side by side, in each currency.

    Columns currency, literal_extra_spend, literal_extra_revenue, honest_extra_spend,
    honest_extra_revenue, true_extra_revenue (what the honest version's extra spend really earns)
    and naive_extra_revenue, which is zero: a naive forecast knows no spend.
    """
    table = literal.scenario.drop(columns="test_rows").set_index("currency")
    table = table.add_prefix("literal_")
    other = honest.scenario.drop(columns="test_rows").set_index("currency").add_prefix("honest_")
    table = table.join(other)
    if truth is not None:
        kept = without_roll_ups(panel.frame).drop_duplicates(SERIES).set_index(SERIES)
        own = pd.DataFrame([truth[name]["scenario"] for name in kept.index])
        sums = own.groupby(kept[CURRENCY].astype(str).to_numpy()).sum()
        ratio = sums["extra_revenue"] / sums["extra_spend"].where(sums["extra_spend"] > 0)
        table["true_extra_revenue"] = table["honest_extra_spend"] * ratio
    return table.assign(naive_extra_revenue=0.0).reset_index()
