"""Time-aware evaluation: expanding-window splits, holdout scores and naive baselines."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as t_distribution

from mmm.arrays import Array
from mmm.model.intervals import tails


@dataclass(frozen=True, slots=True)
class Split:
    """Weeks ``start..train_end`` train, ``train_end..valid_end`` validate (ends exclusive)."""

    start: int
    train_end: int
    valid_end: int


def expanding_splits(
    n_weeks: int, *, start: int = 0, folds: int = 4, min_train: int = 0
) -> list[Split]:
    """Cut the second half of the data into validation blocks, each trained on all before it.

    Examples
    --------
    >>> [(s.train_end, s.valid_end) for s in expanding_splits(80)]
    [(40, 50), (50, 60), (60, 70), (70, 80)]
    """
    length = n_weeks - start
    first = start + int(np.clip(min_train, length // 2, max(length - 2 * folds, length // 2)))
    edges = np.linspace(first, n_weeks, folds + 1).round().astype(int)
    return [Split(start, int(a), int(b)) for a, b in itertools.pairwise(edges) if b > a]


def scores(actual: Array, predicted: Array) -> dict[str, float]:
    """Return RMSE, MAPE and R2 of a prediction.

    `actual` and `predicted`, shape (n_weeks,): KPI units.
    """
    error = np.asarray(actual) - np.asarray(predicted)
    nonzero = np.abs(actual) > 0
    mape = (
        np.mean(np.abs(error[nonzero] / np.asarray(actual)[nonzero])) if nonzero.any() else np.nan
    )
    variation = np.sum((actual - np.mean(actual)) ** 2)
    return {
        "rmse": float(np.sqrt(np.mean(error**2))),
        "mape": float(mape),
        "r2": float(1 - np.sum(error**2) / variation) if variation > 0 else float("nan"),
    }


def naive_forecasts(train: Array, horizon: int, *, year: int = 52) -> dict[str, Array]:
    """Return forecasts that need no model: what every model is compared with.

    Parameters
    ----------
    train : ndarray, shape (n_weeks,)
        KPI of the training weeks.

    Returns
    -------
    dict of str to ndarray, shape (horizon,)
        ``last 4 weeks``: their mean; ``same week last year`` where a year is known.
    """
    forecasts = {"last 4 weeks": np.full(horizon, train[-4:].mean())}
    if len(train) >= year:
        forecasts["same week last year"] = np.resize(train[-year:], horizon)
    return forecasts


def score_table(actual: Array, predictions: dict[str, Array]) -> pd.DataFrame:
    """Return one row of scores per prediction.

    `actual`, shape (n_weeks,): KPI.
    """
    rows = [{"model": name, **scores(actual, values)} for name, values in predictions.items()]
    return pd.DataFrame(rows)


def holdout_scores(train: Array, actual: Array, predictions: dict[str, Array]) -> pd.DataFrame:
    """Score predictions and naive forecasts on the weeks after the training weeks.

    Parameters
    ----------
    train : ndarray, shape (n_train,)
        KPI of the training weeks.
    actual : ndarray, shape (n_weeks,)
        KPI of all weeks.
    predictions : dict of str to ndarray, shape (n_weeks,)
        Predictions of all weeks by model.

    Returns
    -------
    DataFrame
        Columns model, kind (``model`` or ``naive``), rmse, mape, r2.
    """
    horizon = len(actual) - len(train)
    unseen = {name: values[-horizon:] for name, values in predictions.items()}
    naive = naive_forecasts(train, horizon)
    table = score_table(actual[-horizon:], {**unseen, **naive})
    table.insert(1, "kind", ["model"] * len(unseen) + ["naive"] * len(naive))
    return table


def model_summary(train: Array, actual: Array, predictions: dict[str, Array]) -> pd.DataFrame:
    """Score models on training and held-out weeks, beside the naive forecasts.

    Parameters
    ----------
    train : ndarray, shape (n_train,)
        KPI of the training weeks.
    actual : ndarray, shape (n_weeks,)
        KPI of all weeks.
    predictions : dict of str to ndarray, shape (n_weeks,)
        Predictions of all weeks by model.

    Returns
    -------
    DataFrame
        Columns model, kind, train_rmse, train_mape, train_r2, holdout_rmse, holdout_mape,
        holdout_r2; training scores of a naive forecast are empty.
    """
    seen = {name: values[: len(train)] for name, values in predictions.items()}
    fitted = score_table(train, seen).add_prefix("train_").rename(columns={"train_model": "model"})
    unseen = holdout_scores(train, actual, predictions)
    unseen = unseen.rename(columns={k: f"holdout_{k}" for k in ("rmse", "mape", "r2")})
    table = unseen.merge(fitted, on="model", how="left")
    return table[
        ["model", "kind", *fitted.columns[1:], "holdout_rmse", "holdout_mape", "holdout_r2"]
    ]


@dataclass(frozen=True, slots=True)
class Beaten:
    """A naive forecast that was better than a model on the weeks after the training weeks."""

    name: str  #: The naive forecast.
    p_value: float  #: Chance of as large a lead if both were equally good.


def beaten_by(train: Array, actual: Array, predicted: Array) -> Beaten | None:
    """Return the best naive forecast if it beats a model on the holdout.

    Its p-value counts how many were tried (Bonferroni).

    Parameters
    ----------
    train : ndarray, shape (n_train,)
        KPI of the training weeks.
    actual, predicted : ndarray, shape (n_weeks,)
        KPI of all weeks, and the model's prediction of it.
    """
    horizon = len(actual) - len(train)
    own = (actual - predicted)[-horizon:] ** 2
    naive = naive_forecasts(train, horizon)
    losses = {name: (actual[-horizon:] - values) ** 2 for name, values in naive.items()}
    best = min(losses, key=lambda name: float(losses[name].mean()))
    lead = own - losses[best]
    if not lead.mean() > 0:
        return None
    return Beaten(best, min(len(losses) * diebold_mariano(lead), 1.0))


def diebold_mariano(lead: Array) -> float:
    r"""Return the p-value of one forecast being better than another, one-sided.

    Parameters
    ----------
    lead : ndarray, shape (n_weeks,)
        Loss of the one that seems worse minus loss of the other.

    Notes
    -----
    The test of Diebold and Mariano (1995), corrected for few weeks by the factor and the t
    distribution of Harvey, Leybourne and Newbold (1997); :math:`\sqrt[3]{n}` autocovariances
    count, with Bartlett's weights. Of equally good forecasts over 13 weeks, 4 to 5 % come out
    below 0.05, whether errors of neighboring weeks correlate by 0.5 or not at all.
    """
    n, away = len(lead), lead - lead.mean()
    lags = int(np.cbrt(n))
    weights = 2 * (1 - np.arange(lags + 1) / (lags + 1)) / n
    weights[0] = 1 / n
    variance = sum(w * (away[k:] @ away[: n - k]) for k, w in enumerate(weights)) / n
    if not variance > 0:
        return 0.0 if n > 1 else 1.0
    steps = lags + 1
    factor = np.sqrt((n + 1 - 2 * steps + steps * (steps - 1) / n) / n)
    return float(t_distribution.sf(factor * lead.mean() / np.sqrt(variance), n - 1))


def predictive_scores(draws: Array, actual: Array, *, interval: float) -> dict[str, float]:
    r"""Score predictive draws of weeks that the model has not seen.

    Parameters
    ----------
    draws : ndarray, shape (n_draws, n_weeks)
        Predictive draws; one draw scores a point forecast.
    actual : ndarray, shape (n_weeks,)
        What happened, KPI units.

    Returns
    -------
    dict of str to float
        ``coverage``, the share of weeks inside the interval; ``crps``, the mean continuous
        ranked probability score in KPI units, which for one draw is the mean absolute error.

    Notes
    -----
    :math:`\mathrm{CRPS} = E|X - y| - \tfrac12 E|X - X'|` (Gneiting and Raftery 2007).
    """
    low, high = np.quantile(draws, tails(interval), axis=0)
    ordered, n_draws = np.sort(draws, axis=0), len(draws)
    rank = (2 * np.arange(1, n_draws + 1) - n_draws - 1)[:, np.newaxis]
    spread = 2 * (rank * ordered).sum(axis=0) / n_draws**2  # E|X - X'|
    crps = np.abs(draws - actual).mean(axis=0) - spread / 2
    inside = (actual >= low) & (actual <= high)
    return {"coverage": float(inside.mean()), "crps": float(crps.mean())}


def predictive_table(
    train: Array, actual: Array, draws: Array, *, interval: float
) -> pd.DataFrame:
    """Score the predictive intervals of the held-out weeks beside naive point forecasts.

    Parameters
    ----------
    train : ndarray, shape (n_train,)
        KPI of the training weeks.
    actual : ndarray, shape (n_weeks,)
        KPI of all weeks.
    draws : ndarray, shape (n_draws, n_weeks - n_train)
        Predictive draws of the weeks after the training weeks.
    interval : float
        Central share of the interval.

    Returns
    -------
    DataFrame
        Columns model, coverage (empty for a point forecast) and crps, KPI units.
    """
    unseen = actual[len(train) :]
    rows = [{"model": "Bayesian MMM", **predictive_scores(draws, unseen, interval=interval)}]
    for name, forecast in naive_forecasts(train, len(unseen)).items():
        scores = predictive_scores(forecast[np.newaxis], unseen, interval=interval)
        rows.append({"model": name, "coverage": np.nan, "crps": scores["crps"]})
    return pd.DataFrame(rows)
