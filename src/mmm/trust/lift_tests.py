"""How far lift tests answer for a channel: for its ROI where they are precise, never its mROI."""

from __future__ import annotations

from mmm.data.dates import share_of_days
from mmm.data.weekly import WeeklyData
from mmm.model.additive import AdditiveModel
from mmm.study.priors import LiftTest
from mmm.study.study import Study

#: A test anchors a channel up to this standard error, as a share of the effect: three standard
#: errors from zero, and a third of what the default prior leaves open of a log ROI.
PRECISE = 1 / 3


def anchored(model: AdditiveModel, weekly: WeeklyData, study: Study) -> set[str]:
    """Return the channels whose ROI a lift test knows well enough to answer for it.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    weekly : WeeklyData
        The weeks it was fitted on.
    study : Study
        Lists the tests.

    Returns
    -------
    set of str
        Channels of which one test has a standard error of at most a third of its effect, or of
        what its spend would have brought at the ROI of all media: a test that finds nothing can
        be precise, too. The mROI is anchored by none of them: they switch spend on and off, and
        so measure all of it, not the next unit.
    """
    if not study.lift_tests:
        return set()
    usual = _effect_per_spend(model, weekly)
    return {t.channel for t in study.lift_tests if relative_error(t, weekly, usual) <= PRECISE}


def relative_error(test: LiftTest, weekly: WeeklyData, usual: float) -> float:
    """Return the standard error of a test as a share of its effect, or of the usual effect.

    `usual`: KPI that all media bring per unit of spend.
    """
    share = share_of_days(weekly.weeks, test.start, test.end)
    paid = float(share @ weekly.spend[test.channel].to_numpy(float))
    effect = max(test.incremental_kpi, usual * paid)
    return test.standard_error / effect if effect > 0 else float("inf")


def _effect_per_spend(model: AdditiveModel, weekly: WeeklyData) -> float:
    effect = model.media_effect(weekly.media.to_numpy(float)).total.mean(axis=0).sum()
    return float(effect) / max(float(weekly.spend.to_numpy().sum()), 1e-300)
