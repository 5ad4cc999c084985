"""What was believed before the data, what is believed after them, and how much of it is left."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.decide.plan import Plan
from mmm.decide.returns import roi, summarize

#: Row of what all channels together are worth, as a share of the outcome of the window.
ALL_MEDIA = "all media, share of outcome"


def roi_intervals(plan: Plan, interval: float) -> pd.DataFrame:
    """Return the interval and the median of each ROI.

    Parameters
    ----------
    plan : Plan
        The spend whose ROI it is.
    interval : float
        Central share.

    Returns
    -------
    DataFrame
        Columns channel, roi_low, roi and roi_high.
    """
    rows = [summarize(draws, interval) for draws in roi(plan).T]
    table = pd.DataFrame(rows, columns=["roi_low", "roi", "roi_high"])
    table.insert(0, "channel", plan.channels)
    return table


def learned_table(
    prior: Plan, posterior: Plan, outcome: float, *, interval: float
) -> pd.DataFrame:
    """Set the prior of each answer beside its posterior.

    Parameters
    ----------
    prior, posterior : Plan
        The current plan under draws of the prior and of the posterior.
    outcome : float
        Outcome of the window, in the unit of the plans' revenue.
    interval : float
        Central share of the intervals.

    Returns
    -------
    DataFrame
        A row per channel (its ROI) and one for the share of the outcome that all media earn: low,
        median and high before and after the data, and still_prior, the variance of the logarithm
        after them over that before. Zero: all is learned; one: nothing is.
    """
    before, after = _answers(prior, outcome), _answers(posterior, outcome)
    rows = []
    for c, name in enumerate([*posterior.channels, ALL_MEDIA]):
        row: dict[str, object] = {"answer": name}
        for when, draws in (("before", before[:, c]), ("after", after[:, c])):
            low, middle, high = summarize(draws, interval)
            row |= {f"{when}_low": low, when: middle, f"{when}_high": high}
        rows.append(row | {"still_prior": _spread(after[:, c]) / _spread(before[:, c])})
    return pd.DataFrame(rows)


def _answers(plan: Plan, outcome: float) -> Array:
    """Return ROIs and the share of all media, shape (n_draws, n_channels + 1)."""
    every = plan.incremental(list(range(len(plan.channels))))
    return np.column_stack([roi(plan), every / outcome])


def _spread(draws: Array) -> float:
    """Return the variance of the logarithm; NaN where a draw is not positive."""
    return float(np.log(draws).var()) if (draws > 0).all() else float("nan")
