"""One grade a channel: what its twins say, capped by what twins cannot see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.decide.plan import Plan
from mmm.decide.returns import mroi, roi, summarize
from mmm.findings import ChannelFinding, Grade
from mmm.model.additive import AdditiveModel
from mmm.trust.linear_view import LinearView, remainder
from mmm.trust.recovery import Units, returns_of, worse

#: Grades of an ROI that a decision can use, and grades that a budget should not rest on.
RELIABLE, WEAK = ("A", "B"), ("C", "D")
#: No channel whose effect may be confounded is graded better than this.
CAPPED: Grade = "C"
#: A return is half off where its estimate differs from it by more than this share; with a greater
#: chance of that, by the model's own draws, its grade tells a direction, not a size.
HALF, AT_MOST = 0.5, 1 / 8
TOO_WIDE = "an interval too wide for a size"
#: Columns of the recovery of an ROI that are kept with its grade.
KEPT = ["error", "error_median", "slope", "coverage", "estimate_at_zero", "lower_bound_at_zero"]


def chance_half_off(plan: Plan) -> pd.DataFrame:
    """Return the chance that a return is not what it is said to be, by half or more.

    Parameters
    ----------
    plan : Plan
        The current plan.

    Returns
    -------
    DataFrame
        Columns roi and mroi, a row per channel: share of the draws from which the median differs
        by more than half of the draw. Zero for a point estimate, which says nothing of it.
    """
    return pd.DataFrame(
        {name: _missed_by_half(draws(plan)) for name, draws in (("roi", roi), ("mroi", mroi))},
        index=plan.channels,
    )


def _missed_by_half(draws: Array) -> Array:
    """Return the share of draws that the median misses by more than half, shape (n_channels,)."""
    missed = np.abs(np.median(draws, axis=0) - draws) > HALF * np.abs(draws)
    return np.asarray(missed.mean(axis=0))


def grade_table(
    recovery: pd.DataFrame,
    channels: Sequence[str],
    findings: Iterable[ChannelFinding] = (),
    half_off: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the grade of every channel.

    Parameters
    ----------
    recovery : DataFrame
        Result of :func:`mmm.trust.recovery.recovery_table`.
    channels : sequence of str
        The channels, in the order of the study.
    findings : iterable of ChannelFinding
        Checks; those with a cap lower the grade.
    half_off : DataFrame, optional
        Result of :func:`chance_half_off`: no grade is better than what the draws themselves say.

    Returns
    -------
    DataFrame
        One row a channel: channel, grade_roi and grade_mroi (A to D, capped), error (upper 80 %
        bound of the median relative error of the ROI), error_median, slope, coverage,
        estimate_at_zero, lower_bound_at_zero, mroi_error, mroi_slope, twins, recovered_roi and
        recovered_mroi (grades before caps), caps (reasons, separated by semicolons), mroi_caps
        (reasons that hold for the mROI alone).
    """
    found = list(findings)
    table = recovery.set_index(["unit", "metric"])
    rows = []
    for name in channels:
        own, marginal = table.loc[(name, "roi")], table.loc[(name, "mroi")]
        about = [f for f in found if f.channel in ("", name)]
        both = {f.cap for f in about} - {""}
        caps = [c for f in about for c in (f.cap, f.roi_cap) if c]
        mroi_caps = [f.mroi_cap for f in about if f.mroi_cap]
        for metric, reasons in (("roi", caps), ("mroi", mroi_caps)):
            if half_off is not None and half_off.loc[name, metric] > AT_MOST:
                reasons.append(TOO_WIDE)
        rows.append(
            {
                "channel": name,
                "grade_roi": worse(own["grade"], CAPPED if caps else "A"),
                "grade_mroi": worse(marginal["grade"], CAPPED if both or mroi_caps else "A"),
                **own[KEPT],
                "mroi_error": marginal["error"],
                "mroi_slope": marginal["slope"],
                "twins": own["twins"],
                "recovered_roi": own["grade"],
                "recovered_mroi": marginal["grade"],
                "caps": "; ".join(dict.fromkeys(caps)),
                "mroi_caps": "; ".join(dict.fromkeys(mroi_caps)),
            }
        )
    return pd.DataFrame(rows)


def share_graded(grades: pd.DataFrame, spend: pd.Series) -> float:
    """Return the share of spend on channels whose ROI is graded A or B.

    Parameters
    ----------
    grades : DataFrame
        Result of :func:`grade_table`.
    spend : Series
        Spend per channel.
    """
    good = grades.set_index("channel")["grade_roi"].isin(RELIABLE)
    weights = spend / max(float(spend.sum()), 1e-300)
    return float(np.sum(weights[good.index].to_numpy() * good.to_numpy()))


@dataclass(frozen=True)
class WeakMoves:
    """What of a move of money rests on channels whose mROI is graded C or D."""

    #: Money that comes from such channels and that goes to them, currency a week.
    given: float
    taken: float
    channels: list[str]  #: Those channels, the largest move first.


def weak_moves(moves: Mapping[str, float], grades: Mapping[str, str]) -> WeakMoves:
    """Return what of a move rests on weak grades.

    Parameters
    ----------
    moves : mapping of str to float
        Change in spend per channel, currency a week.
    grades : mapping of str to str
        Grade of the mROI per channel; channels without one count as graded well.

    Examples
    --------
    >>> weak_moves({"tv": -900.0, "search": 900.0}, {"tv": "C", "search": "A"})
    WeakMoves(given=900.0, taken=0.0, channels=['tv'])
    """
    weak = {name: change for name, change in moves.items() if grades.get(name) in WEAK and change}
    return WeakMoves(
        given=sum((-change for change in weak.values() if change < 0), 0.0),
        taken=sum((change for change in weak.values() if change > 0), 0.0),
        channels=sorted(weak, key=lambda name: -abs(weak[name])),
    )


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
    own = remainder(view.curves, view.rest[:, : view.n_baseline])
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
        Result of :func:`mmm.trust.recovery.recovery_table`.
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
