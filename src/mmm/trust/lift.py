"""Close the loop: what a lift test of a channel would do to its grade."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mmm.data import WeeklyData
from mmm.models.base import AdditiveModel
from mmm.plans import current_plan
from mmm.priors import LiftTest
from mmm.returns import roi, summarize
from mmm.study import Study
from mmm.trust.confounding import confounding_findings, robustness_table
from mmm.trust.experiments import hypothetical_test
from mmm.trust.grades import grade_table
from mmm.trust.recoverability import Units, quick_fit, recover, recovery_table
from mmm.trust.twins import effect_in_test, make_twins

#: Chains of the fit with the test, and twins that grade it.
CHAINS, TWINS = 3, 12


@dataclass(frozen=True)
class Tested:
    """A channel before and after a lift test that was played, not run.

    Attributes
    ----------
    test : LiftTest
        The test.
    before, after : (float, float, float)
        Low, median and high of its ROI.
    grade : Series
        Its row of the grades with the test.
    from_truth : bool
        Whether the test found the known truth, or the model's own median.
    """

    test: LiftTest
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    grade: pd.Series
    from_truth: bool


def play_lift_test(
    model: AdditiveModel,
    weekly: WeeklyData,
    study: Study,
    channel: int,
    *,
    truth: AdditiveModel | None,
    seed: int,
) -> Tested:
    """Add a lift test to a study, fit it again and grade the channel anew.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    weekly : WeeklyData
        The weeks it was fitted on.
    study : Study
        The study.
    channel : int
        Position of the channel.
    truth : AdditiveModel or None
        The true model where it is known: the test finds its effect.
    seed : int
        Seed of sampler and twins.
    """
    window, name = study.window_weeks, model.channels[channel]
    test = hypothetical_test(model, weekly, channel)
    if truth is not None:
        effect = float(effect_in_test(truth, weekly, test)[0])
        test = hypothetical_test(model, weekly, channel, effect=effect)
    tested = study.model_copy(update={"lift_tests": (*study.lift_tests, test)})
    after = quick_fit(weekly, tested, seed=seed, chains=CHAINS)
    units = Units.of(model.channels)
    twins = make_twins(after, weekly, tested, n_twins=TWINS, seed=seed)
    recovery = recovery_table(recover(twins, tested, units, seed=seed))
    plan = current_plan(after, weekly, window_weeks=window)
    robust = robustness_table(after, weekly, plan, margin=study.margin)
    checks = confounding_findings(after, weekly, tested, robust)
    grades = grade_table(recovery, model.channels, checks).set_index("channel", drop=False)
    now = current_plan(model, weekly, window_weeks=window)
    return Tested(
        test=test,
        before=summarize(roi(now)[:, channel], study.interval),
        after=summarize(roi(plan)[:, channel], study.interval),
        grade=grades.loc[name],
        from_truth=truth is not None,
    )
