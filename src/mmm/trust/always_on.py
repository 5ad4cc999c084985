"""Channels that are never off: what they would leave behind at no spend, nobody has seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.findings import ChannelFinding, graded
from mmm.formatting import percent
from mmm.model.additive import AdditiveModel
from mmm.model.response import ChannelResponse
from mmm.study.forms import NONE, SLOPE
from mmm.study.priors import Priors
from mmm.study.study import Study
from mmm.trust.grades import AT_MOST
from mmm.trust.lift_tests import anchored

#: An ROI of which more than this share lies below the lowest pressure ever seen is extrapolated,
#: unless the data have narrowed the prior of the curve's shape to less than `LEARNED` of it. In
#: simulated worlds the 90 % intervals of such ROIs held 10 of 16 truths, all others 92 of 104.
UNSEEN, LEARNED = 0.55, 0.9


def unseen_share(response: ChannelResponse, media: Array, weeks: slice) -> float:
    """Return how much of a channel's effect lies below the lowest pressure that it ever had.

    Parameters
    ----------
    response : ChannelResponse
        Draws of its carryover and curve.
    media : ndarray, shape (n_weeks,)
        Pressure of all weeks.
    weeks : slice
        The weeks whose effect is split.

    Returns
    -------
    float
        Mean over the draws; NaN where the channel has no effect in these weeks.
    """
    adstocked = response.adstock_media(media)
    effect = response.curve(adstocked)[:, weeks]
    below = response.curve(adstocked.min(axis=-1, keepdims=True))
    total = effect.sum(axis=1)
    if not (total > 0).all():
        return float("nan")
    return float(np.mean(below[:, 0] * effect.shape[1] / total))


def shape_unlearned(response: ChannelResponse, priors: Priors) -> float:
    """Return the spread of the shape of the curve after the data, as a share of that before.

    The shape is the slope of a Hill curve. Zero for a straight line, which has none; one for a
    point estimate, which says nothing of it, and for a form that takes its shape for granted.
    """
    if response.saturation == NONE:
        return 0.0
    draws = response.parameters.get(SLOPE.name)
    if draws is None or len(draws) == 1:
        return 1.0
    return float(np.nanstd(np.log(draws)) / priors.slope.sd)


def always_on_findings(
    model: AdditiveModel, weekly: WeeklyData, study: Study, half_off: pd.Series
) -> list[ChannelFinding]:
    """Check every channel that spends in the window for an ROI that nobody has seen.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    weekly : WeeklyData
        The weeks it was fitted on.
    study : Study
        Says which weeks count, what was believed of the curves, and which channels were tested.
    half_off : Series
        Chance per channel that its ROI is half off (:func:`mmm.trust.chance_half_off`): an
        interval that is too wide for a size says it all.

    Returns
    -------
    list of ChannelFinding
        The cap is of the ROI alone, the one figure that extrapolates to no spend; the mROI keeps
        the grade that its twins give it.
    """
    tested = anchored(model, weekly, study)
    window, found = slice(-study.window_weeks or None, None), []
    for response in model.responses:
        name = response.name
        share = unseen_share(response, weekly.media[name].to_numpy(float), window)
        if np.isnan(share):
            continue
        learned = shape_unlearned(response, study.priors) < LEARNED or half_off[name] > AT_MOST
        finding = graded(
            "spend was low enough to see what it adds",
            good=name in tested or learned or not share > UNSEEN,
            finding=f"{percent(share)} of its effect lies below its lowest pressure so far",
            remedy="Its ROI, all of its spend against none, rests on the shape that was assumed "
            "of the curve: pause it for some weeks, in some regions at least, or test it.",
        )
        cap = "" if finding.status == "PASS" else "never having been off"
        found.append(ChannelFinding(name, finding, roi_cap=cap))
    return found
