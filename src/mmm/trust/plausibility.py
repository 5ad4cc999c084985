"""Checks of the model of record as a whole, and of figures that common sense would refuse."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from mmm.data.local_movement import local_movement
from mmm.data.movement import MOVES_TOGETHER, common_movement
from mmm.data.weekly import WeeklyData
from mmm.decide.plan import Plan
from mmm.decide.returns import observed_multipliers, roi, summarize
from mmm.findings import ChannelFinding, Finding, graded
from mmm.formatting import ratio
from mmm.model.additive import AdditiveModel
from mmm.model.baseline import baseline_design
from mmm.study.study import Study
from mmm.trust.diagnostics import pattern_finding
from mmm.trust.linear_view import LinearView


def misfit_finding(model: AdditiveModel, weekly: WeeklyData, study: Study) -> ChannelFinding:
    """Let a pattern in the residuals cap every grade; a cap is never a silent one.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    weekly : WeeklyData
        The weeks it was fitted on.
    study : Study
        The study.

    Returns
    -------
    ChannelFinding
        The finding of :func:`mmm.trust.diagnostics.pattern_finding` on the weeks that were
        counted, given the columns of the :class:`mmm.trust.linear_view.LinearView`; what the
        flexible baseline may draw counts as correlated noise.
    """
    counted = slice(study.carry_in_weeks, None)
    residuals = (weekly.kpi - model.expected(weekly))[counted]
    columns = LinearView.national(model, weekly).columns[counted]
    if model.flexible is not None:
        weeks = weekly.weeks[counted]
        root = model.flexible.whitener(weeks)
        residuals = root @ (residuals + model.flexible.effect(weeks).mean(axis=0))
        columns = root @ columns
    found = pattern_finding(residuals, columns)
    return ChannelFinding(
        "", found, "" if found.status == "PASS" else "a pattern in the residuals"
    )


def together_finding(weekly: WeeklyData, study: Study) -> ChannelFinding:
    """Check that the channels are not all turned up and down together.

    Parameters
    ----------
    weekly : WeeklyData
        The weeks.
    study : Study
        Names the baseline terms.
    """
    design = baseline_design(weekly, study)
    baseline = design.matrix(weekly.weeks, weekly.controls).to_numpy(float)
    common = common_movement(weekly.spend, baseline)
    if weekly.regions is not None:  # what moves together in the country may move apart in regions
        common = min(common, local_movement(weekly.regions))
    apart = len(weekly.channels) < 2 or common <= MOVES_TOGETHER
    finding = graded(
        "channels move on their own",
        good=apart,
        finding=f"beyond trend, season and controls, spends correlate by {ratio(common)} on "
        "average in weeks in which both channels spend",
        remedy="Spend that rises everywhere at once mostly follows demand that planners foresaw, "
        "and demand sells by itself: add what they look at as a control, or vary channels apart.",
    )
    return ChannelFinding("", finding, "" if apart else "channels moving together")


def plausible_findings(plan: Plan, study: Study) -> list[ChannelFinding]:
    """Check each ROI against the range that the study calls plausible.

    Without a value of the KPI's units a return is no ROI, and nothing is checked.

    Parameters
    ----------
    plan : Plan
        The current plan.
    study : Study
        States the range and the interval.
    """
    draws, (least, most) = roi(plan), study.trust.plausible_roi
    found: list[ChannelFinding] = []
    if not study.data.value_is_known:
        return found
    for c, name in enumerate(plan.channels):
        low, middle, high = summarize(draws[:, c], study.interval)
        finding = graded(
            "ROI is plausible",
            good=not np.isfinite(middle) or least <= middle <= most,
            bad=low > most or high < least,
            finding=f"{ratio(middle)}; plausible is {ratio(least)} to {ratio(most)}",
            remedy="Check the units of spend and outcome, then what else moved in the same weeks.",
        )
        found.append(ChannelFinding(name, finding))
    return found


def extrapolation_findings(recommended: pd.DataFrame, plan: Plan) -> list[ChannelFinding]:
    """Check that the recommended budget stays where the curve has been seen.

    Parameters
    ----------
    recommended : DataFrame
        Columns channel, current_spend and recommended_spend.
    plan : Plan
        The current plan.
    """
    seen, found = observed_multipliers(plan), []
    for row in recommended.itertuples():
        if row.channel not in seen or not row.current_spend > 0:
            continue
        factor = row.recommended_spend / row.current_spend
        reach = factor / seen[row.channel]
        finding = graded(
            "the plan stays where data are",
            good=reach <= 1 + 1e-9 or abs(factor - 1) < 0.005,
            finding=f"{ratio(reach)} times its highest week so far",
            remedy="Go there in steps, and fit again after each.",
        )
        found.append(ChannelFinding(row.channel, finding))
    return found


def of_the_model(findings: Iterable[Finding]) -> list[ChannelFinding]:
    """Let failed checks of the model as a whole cap every grade.

    Parameters
    ----------
    findings : iterable of Finding
        Checks of an earlier notebook.
    """
    return [
        ChannelFinding("", f, f"a failed check of the model ({f.check})")
        for f in findings
        if f.status == "FAIL"
    ]
