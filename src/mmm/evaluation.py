"""Time-aware evaluation: expanding-window splits, holdout scores and naive baselines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]


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

    Parameters
    ----------
    n_weeks : int
        Number of weeks.
    start : int, default 0
        First week that counts.
    folds : int, default 4
        Number of splits.
    min_train : int, default 0
        Train on at least so many weeks where the data allow it.

    Returns
    -------
    list of Split
        In the order of time.

    Examples
    --------
    >>> [(s.train_end, s.valid_end) for s in expanding_splits(80)]
    [(40, 50), (50, 60), (60, 70), (70, 80)]
    """
    length = n_weeks - start
    first = start + int(np.clip(min_train, length // 2, max(length - 2 * folds, length // 2)))
    edges = np.linspace(first, n_weeks, folds + 1).round().astype(int)
    return [
        Split(start, int(a), int(b)) for a, b in zip(edges[:-1], edges[1:], strict=True) if b > a
    ]


def scores(actual: Array, predicted: Array) -> dict[str, float]:
    """Return RMSE, MAPE and R2 of a prediction.

    Parameters
    ----------
    actual, predicted : ndarray, shape (n_weeks,)
        KPI units.

    Returns
    -------
    dict of str to float
        ``rmse`` in KPI units, ``mape`` as a share (weeks at zero left out), ``r2``.
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
    """Return forecasts that need no model; every score stands beside them.

    Parameters
    ----------
    train : ndarray, shape (n_weeks,)
        KPI of the training weeks.
    horizon : int
        Weeks to forecast.
    year : int, default 52
        Weeks of a season.

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

    Parameters
    ----------
    actual : ndarray, shape (n_weeks,)
        KPI.
    predictions : dict of str to ndarray
        Named predictions of the same weeks.
    """
    rows = [{"model": name, **scores(actual, values)} for name, values in predictions.items()]
    return pd.DataFrame(rows)
