"""Summary tables of the exploratory notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm.data.weekly import WeeklyData

if TYPE_CHECKING:
    from statsmodels.tsa.seasonal import DecomposeResult

#: A yearly decomposition needs two full years.
STL_WEEKS = 2 * 52
#: Log spend is taken of spend plus this share of its mean.
OFFSET = 0.1


def summary_statistics(weekly: WeeklyData) -> pd.DataFrame:
    """Describe the outcome and each channel's weekly spend.

    Parameters
    ----------
    weekly : WeeklyData
        The data.

    Returns
    -------
    DataFrame
        Columns series, total, mean, std, min, median, max, variation (std over mean) and
        active_weeks (share of weeks above zero).
    """
    series = {"outcome": pd.Series(weekly.revenue), **dict(weekly.spend.items())}
    rows = [
        {
            "series": name,
            "total": values.sum(),
            "mean": values.mean(),
            "std": values.std(),
            "min": values.min(),
            "median": values.median(),
            "max": values.max(),
            "variation": values.std() / values.mean(),
            "active_weeks": (values > 0).mean(),
        }
        for name, values in series.items()
    ]
    return pd.DataFrame(rows)


def correlations(weekly: WeeklyData) -> pd.DataFrame:
    """Return the Pearson correlations of outcome and spend.

    Parameters
    ----------
    weekly : WeeklyData
        The data.
    """
    table = weekly.spend.assign(outcome=weekly.revenue)[["outcome", *weekly.channels]].corr()
    table.attrs["n"] = len(weekly)
    return table


#: Channels move together when :func:`shared_movement` exceeds this.
MOVES_TOGETHER = 0.3


def shared_movement(spend: pd.DataFrame, baseline: NDArray[np.float64]) -> float:
    r"""Return how much the channels' spend rises and falls together, beyond the baseline.

    Parameters
    ----------
    spend : DataFrame, shape (n_weeks, n_channels)
        Currency per week.
    baseline : ndarray, shape (n_weeks, n_terms)
        Baseline terms that may move all channels: trend, season.

    Returns
    -------
    float
        Mean correlation over pairs of channels of :math:`\log(x / \bar x + 0.1)`, the baseline
        taken out; a tenth of the mean keeps dark weeks finite. Zero for a single channel.

    Notes
    -----
    Spend that moves together beyond season and trend mostly follows demand that planners
    foresaw, or one planner's budget: the data then hardly tell the channels apart.
    """
    if spend.shape[1] < 2:
        return 0.0
    basis, _ = np.linalg.qr(baseline)
    values = spend.to_numpy(float)
    logs = np.log(values / np.maximum(values.mean(axis=0), 1e-300) + OFFSET)
    logs = logs - basis @ (basis.T @ logs)
    logs = logs / np.maximum(np.linalg.norm(logs, axis=0), 1e-12)
    pairs = np.triu_indices(spend.shape[1], 1)
    return float((logs.T @ logs)[pairs].mean())


def zero_weeks(weekly: WeeklyData) -> pd.DataFrame:
    """Count the zero weeks of each channel and control in the clean data.

    Empty weeks are not among them as such: cleaning refused them or set them to zero.

    Parameters
    ----------
    weekly : WeeklyData
        The data.
    """
    columns = pd.concat([weekly.spend, weekly.controls], axis=1)
    return pd.DataFrame(
        {
            "column": columns.columns,
            "kind": ["channel"] * weekly.spend.shape[1] + ["control"] * weekly.controls.shape[1],
            "zero_weeks": (columns == 0).sum().to_numpy(),
            "zero_share": (columns == 0).mean().to_numpy(),
        }
    )


def decompose(weekly: WeeklyData) -> DecomposeResult:
    """Split the outcome into trend, yearly season and remainder by STL.

    Notes
    -----
    The season is a mean over the years (degree zero, Cleveland et al. 1990): with two or three
    years, a line through each week of the year would follow every dot.
    """
    from statsmodels.tsa.seasonal import STL  # slow to import, and only needed here

    series = pd.Series(weekly.revenue)
    return STL(series, period=52, seasonal=13, seasonal_deg=0).fit()
