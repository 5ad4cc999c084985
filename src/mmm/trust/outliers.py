"""Weeks that stand out, and how much each of them weighs on the ROIs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.findings import ChannelFinding, graded
from mmm.formatting import listing, percent, ratio
from mmm.model.additive import AdditiveModel
from mmm.parallel import run_each
from mmm.study.study import Study
from mmm.trust.linear_view import LinearView
from mmm.trust.specifications import mode_roi

#: Studentized residuals beyond this stand out: chance shows one in 8 % of sets of 130 weeks.
STANDS_OUT = 3.5
#: Weeks whose weight is measured, those that stand out most.
MOST = 5
#: A week weighs on a channel from this change of its ROI on, if it is also half a standard
#: deviation of its log ROI.
WEIGHS = 0.1
#: Column that marks one week, so that it counts in no estimate.
MARK = "without this week"


def studentized(kpi: Array, columns: Array) -> Array:
    r"""Return each week's residual in standard deviations of what the other weeks leave of it.

    Parameters
    ----------
    kpi : ndarray, shape (n_weeks,)
        What to explain.
    columns : ndarray, shape (n_weeks, n_columns)
        What was fitted.

    Notes
    -----
    :math:`t_i = e_i / (s_{(i)} \sqrt{1 - h_i})` with the leverage h and the noise s of the other
    weeks (Belsley, Kuh and Welsch 1980). Weeks that a column of their own explains, such as an
    event of one week, are zero.
    """
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    basis = left[:, sizes > 1e-10 * sizes[0]]
    residual = kpi - basis @ (basis.T @ kpi)
    free = 1 - (basis**2).sum(axis=1)
    freedom = len(kpi) - basis.shape[1] - 1
    is_free = free > 1e-8
    if freedom < 1:
        return np.zeros(len(kpi))
    own = np.where(is_free, residual**2 / np.where(is_free, free, 1.0), 0.0)
    others = np.maximum(residual @ residual - own, 0.0) / freedom
    scale = np.sqrt(np.maximum(others, 1e-300) * np.where(is_free, free, np.inf))
    return np.asarray(residual / scale)


def outlier_table(
    model: AdditiveModel, weekly: WeeklyData, study: Study, roi: pd.Series
) -> pd.DataFrame:
    """Name the weeks that stand out, with the ROI of each channel without them.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    weekly : WeeklyData
        The weeks it was fitted on.
    study : Study
        The study.
    roi : Series
        Median ROI of record per channel, moved by the change of the posterior mode.

    Returns
    -------
    DataFrame
        Columns week (its first day), studentized (residual) and one per channel; at most five
        weeks, the one that stands out most first. A week keeps its spend; its outcome counts no
        more.
    """
    columns, first = LinearView.national(model, weekly).columns, study.carry_in_weeks
    away = np.zeros(len(weekly))
    away[first:] = studentized(weekly.kpi[first:], columns[first:])
    weeks = [int(t) for t in np.argsort(-np.abs(away))[:MOST] if abs(away[t]) > STANDS_OUT]
    table = pd.DataFrame(
        {"week": weekly.weeks[weeks].strftime("%Y-%m-%d"), "studentized": away[weeks]}
    )
    sets = [weekly, *(_without(weekly, t) for t in weeks)] if weeks else []
    modes = np.array(run_each(partial(mode_roi, study=study), sets, short=True))
    for c, name in enumerate(roi.index):
        table[name] = roi[name] * modes[1:, c] / modes[0, c] if weeks else []
    return table


def _without(weekly: WeeklyData, week: int) -> WeeklyData:
    """Let a column of its own explain one week."""
    mark = (np.arange(len(weekly)) == week).astype(float)
    controls = weekly.controls.assign(**{MARK: mark})
    regions = weekly.regions
    if regions is not None:
        kpi = np.where(mark > 0, np.nan, regions.kpi)
        regions = replace(regions.with_control(mark), kpi=kpi)
    return replace(weekly, controls=controls, regions=regions)


def outlier_finding(table: pd.DataFrame, draws: pd.DataFrame, study: Study) -> ChannelFinding:
    """Check that no ROI rests on a single week.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`outlier_table`.
    draws : DataFrame, shape (n_draws, n_channels)
        ROI of record.
    study : Study
        Its labels.

    Returns
    -------
    ChannelFinding
        REVIEW where a ROI moves without one of the weeks by more than a tenth and by more than
        half a standard deviation of its logarithm.
    """
    logs = np.log(draws.clip(lower=1e-12))
    moved = np.log(table[list(draws)].clip(lower=1e-12)) - np.log(draws.median().clip(lower=1e-12))
    limit = np.maximum(logs.std(ddof=0) / 2, np.log1p(WEIGHS))
    is_heavy = moved.abs() > limit
    said = [
        f"{row.week} ({ratio(row.studentized)} standard deviations"
        + "".join(
            f"; without it, the return of {study.labels[name]} changes by "
            f"{percent(np.expm1(moved.loc[row.Index, name]), signed=True)}"
            for name in draws
            if is_heavy.loc[row.Index, name]
        )
        + ")"
        for row in table.itertuples()
    ]
    names = f"the week of {listing(said)}" if len(said) == 1 else f"the weeks of {listing(said)}"
    finding = graded(
        "no single week carries a return",
        good=not is_heavy.to_numpy().any(),
        finding=f"{names} stand{'s' * (len(said) == 1)} out" if said else "no week stands out",
        remedy="Find out what happened there: correct the data, or name it in [[events]].",
    )
    return ChannelFinding("", finding)
