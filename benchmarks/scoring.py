"""Scores of ROI estimates against the truth, the same for every benchmark here."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import rankdata

#: Central share of the scored intervals, and the quantiles that bound them.
INTERVAL, QUANTILES = 0.90, (0.05, 0.5, 0.95)
#: A prior that learns nothing: Meridian's default for every ROI, LogNormal(0.2, 0.9).
PRIOR_ONLY = tuple(np.exp(0.2 + 0.9 * z) for z in (-1.6448536, 0.0, 1.6448536))


def score(
    truth: ArrayLike, low: ArrayLike, median: ArrayLike, high: ArrayLike, spend: ArrayLike
) -> dict[str, float]:
    """Score the ROI estimates of one data set.

    Parameters
    ----------
    truth, low, median, high : array_like, shape (n_channels,)
        True ROI, bounds of the 90 % interval, and estimate.
    spend : array_like, shape (n_channels,)
        Spend, for the weighted scores.

    Returns
    -------
    dict of str to float
        ``log_error`` mean absolute log ratio; ``interval_score`` of the log ROI (width plus 2 /
        0.1 per unit missed); ``error`` spend-weighted absolute relative error, %; ``rank``
        correlation; ``coverage`` share; ``width`` spend-weighted, % of the truth; ``bias`` mean
        log ratio. Scores on the log scale leave channels without effect out.
    """
    t, lo, mid, hi = (np.asarray(v, dtype=float) for v in (truth, low, median, high))
    weight = np.asarray(spend, dtype=float) / np.sum(spend)
    some = t > 0
    inside = (t >= lo) & (t <= hi)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_t, log_lo, log_hi = np.log(t[some]), np.log(lo[some]), np.log(hi[some])
        ratio = np.log(mid[some]) - log_t
    missed = np.maximum(log_lo - log_t, 0) + np.maximum(log_t - log_hi, 0)
    share = weight[some] / weight[some].sum()
    varies = np.ptp(mid) > 0
    return {
        "log_error": float(np.abs(ratio).mean()),
        "interval_score": float((log_hi - log_lo + 2 / (1 - INTERVAL) * missed).mean()),
        "error": float(100 * share @ (np.abs(mid - t)[some] / t[some])),
        "rank": float(np.corrcoef(rankdata(mid), rankdata(t))[0, 1]) if varies else np.nan,
        "coverage": float(inside[some].mean()),
        "width": float(100 * share @ ((hi - lo)[some] / t[some])),
        "bias": float(ratio.mean()),
    }


def summarize(rows: pd.DataFrame, by: str, columns: list[str]) -> pd.DataFrame:
    """Return means and standard errors over data sets, by group and pooled.

    Parameters
    ----------
    rows : DataFrame
        One row a data set.
    by : str
        Column to group by.
    columns : list of str
        Columns to summarize.

    Returns
    -------
    DataFrame
        One row a group, then ``pooled`` and ``standard error`` of the pooled mean.
    """
    table = rows.groupby(by, sort=False)[columns].mean()
    table.loc["pooled"] = rows[columns].mean()
    table.loc["standard error"] = rows[columns].std() / np.sqrt(rows[columns].count())
    return table


def mean_error(values: pd.Series, digits: int) -> str:
    """Write a mean with its standard error over data sets.

    Parameters
    ----------
    values : Series
        One value per data set.
    digits : int
        Digits behind the point.
    """
    known = values.dropna()
    if known.empty:
        return "-"
    error = f" ± {known.sem():.{digits}f}" if len(known) > 1 else ""
    return f"{known.mean():.{digits}f}{error}"


def seeds_of(text: str) -> list[int]:
    """Read ``0-4,7`` as a list of seeds.

    Parameters
    ----------
    text : str
        Numbers and ranges, separated by commas.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        seeds += range(int(first), int(last or first) + 1)
    return seeds
