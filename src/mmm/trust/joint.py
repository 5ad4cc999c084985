"""Channels that move together so closely that only their joint return can be told."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from mmm.data import WeeklyData
from mmm.models.base import AdditiveModel
from mmm.plans import Plan
from mmm.returns import summarize
from mmm.trust.confounding import LinearView, remainder
from mmm.trust.recoverability import Units, returns_of

Array = NDArray[np.float64]

#: Channels whose curves correlate more than this, baseline taken out, are not split: the
#: variance of each estimate is then about three times what it would be alone.
INSEPARABLE = 0.8


def inseparable(model: AdditiveModel, weekly: WeeklyData) -> list[tuple[int, ...]]:
    """Find the groups of channels that the data cannot tell apart.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    weekly : WeeklyData
        The weeks it was fitted on.

    Returns
    -------
    list of tuple of int
        Positions of the channels of each group of two or more.
    """
    view = LinearView.of(model, weekly)
    baseline = model.design.matrix(weekly.weeks, weekly.controls).to_numpy(float)
    own = remainder(view.curves, baseline)
    length = np.sqrt((own**2).sum(axis=0))
    own = own / np.where(length > 0, length, 1.0)
    _, group = connected_components(own.T @ own > INSEPARABLE, directed=False)
    members = [tuple(int(c) for c in np.flatnonzero(group == g)) for g in range(group.max() + 1)]
    return [group for group in members if len(group) > 1]


def joint_table(
    plan: Plan, units: Units, recovery: pd.DataFrame, *, interval: float
) -> pd.DataFrame:
    """Return the joint ROI of each group beside the single ones of its channels.

    Parameters
    ----------
    plan : Plan
        The current plan; a group is switched off as a whole.
    units : Units
        Channels and groups.
    recovery : DataFrame
        Result of :func:`mmm.trust.recoverability.recovery_table`.
    interval : float
        Central share of the intervals.

    Returns
    -------
    DataFrame
        Columns unit, roi_low, roi, roi_high, grade and note; empty where every channel can be
        told apart.
    """
    grades = recovery[recovery["metric"] == "roi"].set_index("unit")["grade"]
    draws, rows = returns_of(plan, units)["roi"], []
    joint = [m for m in units.members if len(m) > 1]
    shown = [(m, "joint") for m in joint]
    shown += [((c,), "not told apart from the others") for members in joint for c in members]
    for members, note in shown:
        name = units.names[units.members.index(members)]
        low, middle, high = summarize(draws[:, units.members.index(members)], interval)
        rows.append((name, low, middle, high, grades[name], note))
    columns = ["unit", "roi_low", "roi", "roi_high", "grade", "note"]
    return pd.DataFrame(rows, columns=columns)
