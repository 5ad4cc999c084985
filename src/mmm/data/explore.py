"""Summary tables of the exploratory notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mmm.data.weekly import WeeklyData

if TYPE_CHECKING:
    from statsmodels.tsa.seasonal import DecomposeResult

#: A yearly decomposition needs two full years.
STL_WEEKS = 2 * 52


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
