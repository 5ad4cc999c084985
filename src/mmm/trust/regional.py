"""Checks of regional data: what varies where, whether it follows local demand, and who agrees."""

from __future__ import annotations

import numpy as np

from mmm.arrays import Array
from mmm.data.local_movement import local_logs, local_movement
from mmm.data.movement import MOVES_TOGETHER
from mmm.data.regions import national
from mmm.data.weekly import WeeklyData
from mmm.decide.returns import current_plan, roi
from mmm.findings import ChannelFinding, Finding, graded
from mmm.formatting import ratio
from mmm.model.additive import AdditiveModel
from mmm.study.study import Study
from mmm.trust.lift_tests import anchored
from mmm.trust.recovery import quick_fit

#: Standard errors by which the returns of weeks and of regions may differ.
APART = 2.6
#: Name and remedy of the check that planners do not follow local demand.
CHASES = "local spend does not follow local demand"
RANDOMIZE = (
    "Planners who buy more where sales are strong make any channel look good. Draw by lot where "
    "and when a channel is bought, for some weeks: only that settles it."
)


def regional_findings(
    model: AdditiveModel, weekly: WeeklyData, study: Study, *, seed: int
) -> list[ChannelFinding]:
    """Check whether regions can be believed; nothing where there are none.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    weekly : WeeklyData
        The weeks it was fitted on.
    study : Study
        The study.
    seed : int
        Seed of the national fit that the regional one is compared with.

    Returns
    -------
    list of ChannelFinding
        None for a model without regions. Per channel that varies locally: whether local spend
        follows local demand, which caps its grades, and whether the weeks of the whole country
        agree with the regions. Per channel bought for all regions alike: that regions say
        nothing about it.
    """
    regions = weekly.regions
    if regions is None or not model.has_regions:
        return []
    varies = np.abs(local_logs(regions)).max(axis=(0, 1)) > 0
    together, anchors = local_movement(regions), anchored(model, weekly, study)
    apart = disagreement(model, weekly, study, seed=seed)
    found = []
    for c, name in enumerate(weekly.channels):
        if not varies[c]:
            found.append(_bought_nationally(name))
            continue
        found.append(_chase(name, together, is_anchored=name in anchors))
        found.append(_agreement(name, float(apart[c])))
    return found


def disagreement(model: AdditiveModel, weekly: WeeklyData, study: Study, *, seed: int) -> Array:
    """Return how far the log ROI of the weeks alone is from that of regions, (n_channels,).

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    weekly : WeeklyData
        The weeks it was fitted on.
    study : Study
        The study.
    seed : int
        Seed of the fit of the national weeks.

    Notes
    -----
    In standard errors of the difference. The national weeks are part of the regional data, so its
    variance is the difference of the two (Hausman 1978); never taken below a quarter of the
    national one.
    """
    alone = quick_fit(national(weekly), study, seed=seed, chains=2)
    one, other = (
        np.log(np.maximum(roi(current_plan(m, weekly, window_weeks=study.window_weeks)), 1e-9))
        for m in (alone, model)
    )
    variance = np.maximum(one.var(axis=0) - other.var(axis=0), one.var(axis=0) / 4)
    return np.asarray((one.mean(axis=0) - other.mean(axis=0)) / np.sqrt(variance))


def _chase(name: str, together: float, *, is_anchored: bool) -> ChannelFinding:
    good = not together > MOVES_TOGETHER
    finding = graded(
        CHASES,
        good=good,
        finding=f"within regions the spends of channels correlate by {ratio(together)} on average",
        remedy=RANDOMIZE,
    )
    cap = "" if good else "local spend follows local demand"
    if is_anchored:
        return ChannelFinding(name, finding, mroi_cap=cap)
    return ChannelFinding(name, finding, cap)


def _agreement(name: str, apart: float) -> ChannelFinding:
    good = not abs(apart) > APART
    higher = "more" if apart > 0 else "less"
    finding = graded(
        "regions and weeks agree",
        good=good,
        finding=f"weeks alone say {higher}, by {ratio(abs(apart))} standard errors",
        remedy="Either demand that hits all regions moves the national spend, or local demand "
        "moves the local one. A test in regions drawn by lot tells which.",
    )
    return ChannelFinding(name, finding, "" if good else "regions and weeks disagree")


def _bought_nationally(name: str) -> ChannelFinding:
    said = "bought for all regions alike: regions say nothing about it, weeks alone do"
    return ChannelFinding(name, Finding("regions tell of the channel", "PASS", said))
