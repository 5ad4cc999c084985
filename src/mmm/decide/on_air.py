"""What channels returned that are no longer bought."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.data.weekly import WeeklyData
from mmm.decide.plan import YEAR, plan_of_rows
from mmm.decide.returns import roi, summarize
from mmm.model.additive import AdditiveModel


def while_on_air(
    table: pd.DataFrame, model: AdditiveModel, weekly: WeeklyData, *, interval: float
) -> pd.DataFrame:
    """Add the ROI that channels without spend in the window had when they were last bought.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.decide.returns.channel_returns`.
    model : AdditiveModel
        The fitted model.
    weekly : WeeklyData
        The data.
    interval : float
        Central share of the intervals.

    Returns
    -------
    DataFrame
        The table as it is where every channel spends; else with the columns on_air_first,
        on_air_last (up to 52 weeks that end with the last one with spend), and low, median and
        high of on_air_roi; empty for the channels that are bought.
    """
    silent = table.index[table["spend"] <= 0]
    if silent.empty:
        return table
    rows = {}
    for place in silent:
        c = weekly.channels.index(str(table.loc[place, "channel"]))
        spent = np.flatnonzero(weekly.spend.iloc[:, c] > 0)
        stop = int(spent[-1]) + 1
        start = max(stop - YEAR, int(spent[0]))
        past = plan_of_rows(model, weekly, start, stop)
        low, median, high = summarize(roi(past)[:, c], interval)
        rows[place] = {
            "on_air_first": f"{weekly.weeks[start]:%Y-%m-%d}",
            "on_air_last": f"{weekly.weeks[stop - 1]:%Y-%m-%d}",
            **{"on_air_roi_low": low, "on_air_roi": median, "on_air_roi_high": high},
        }
    return table.join(pd.DataFrame.from_dict(rows, orient="index"))
