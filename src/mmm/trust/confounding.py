"""Checks of what twins cannot see: demand that moves spend and sales at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import f as f_distribution

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.decide.plan import Plan
from mmm.decide.returns import SURE, mroi
from mmm.findings import ChannelFinding, Finding, graded
from mmm.formatting import percent
from mmm.model.additive import AdditiveModel
from mmm.study.study import Study
from mmm.trust.lift_tests import PRECISE, anchored
from mmm.trust.linear_view import LinearView, remainder

#: Spend that the baseline and last week's KPI explain to more than this share is no experiment.
EXPLAINED = 0.6
#: Blocks of the baseline that a hidden driver is compared with.
YARDSTICKS = ("season", "trend")
#: P-value that says that spend of later weeks explains today's KPI.
LEAD_P = 0.01
#: A hidden driver weaker than this overturns the verdict: hardly anything measured is weaker.
FRAGILE = 0.05
#: What a lift test answers for, and what to do about what it does not.
ANCHORED = "a lift test anchors its ROI, not that of the next unit of money"
STEPS = "For the next unit, change its spend in steps, in some regions or weeks, and compare."


def partial_r2(outcome: Array, added: Array, given: Array) -> float:
    """Return the share of what is left of an outcome that added columns explain.

    Parameters
    ----------
    outcome : ndarray, shape (n_weeks,)
        What to explain.
    added : ndarray, shape (n_weeks, n_added)
        Columns that come in.
    given : ndarray, shape (n_weeks, n_given)
        Columns that are there already.
    """
    before = remainder(outcome, given)
    after = remainder(outcome, np.column_stack([given, added]))
    return float(1 - (after @ after) / max(float(before @ before), 1e-300))


def robustness_value(partial: float, share: float) -> float:
    r"""Return how strong a hidden driver must be to take away a share of an effect.

    Notes
    -----
    :math:`RV_q = \tfrac12 (\sqrt{f_q^4 + 4 f_q^2} - f_q^2)`, :math:`f_q^2 = q^2 R^2 / (1 - R^2)`
    (Cinelli and Hazlett 2020, Making sense of sensitivity, JRSS B 82).
    """
    square = share**2 * partial / max(1 - partial, 1e-12)
    return float((np.sqrt(square**2 + 4 * square) - square) / 2)


def bias_share(view: LinearView, channel: int, block: Sequence[int]) -> float:
    """Return the share of a channel's effect that a driver as strong as a block would feign."""
    spend, others = view.curves[:, channel], view.others(channel)
    added, given = others[:, list(block)], np.delete(others, list(block), axis=1)
    with_spend = np.column_stack([given, spend])
    on_spend = partial_r2(spend, added, given)
    on_kpi = partial_r2(view.kpi, added, with_spend)
    hidden = min(on_spend / max(1 - on_spend, 1e-9), 0.99)
    overlap = min(on_spend**2 / max((1 - on_spend) ** 2, 1e-9), 0.99)
    strength = (1 + np.sqrt(overlap)) ** 2 / (1 - overlap) * on_kpi / max(1 - on_kpi, 1e-9)
    own = partial_r2(view.kpi, spend[:, np.newaxis], others)
    feigned = np.sqrt(min(strength, 1.0) * hidden / (1 - hidden))
    return float(feigned / np.sqrt(max(own / max(1 - own, 1e-12), 1e-12)))


def robustness_table(
    model: AdditiveModel, weekly: WeeklyData, plan: Plan, *, margin: float | None
) -> pd.DataFrame:
    """Return how strong a hidden driver of demand must be to take each mROI to break-even.

    Without a margin there is no break-even: then it must feign the whole effect.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    weekly : WeeklyData
        The weeks it was fitted on.
    plan : Plan
        The current plan.
    margin : float or None
        Profit per unit of revenue; None where the value of a unit of the KPI is not known.

    Returns
    -------
    DataFrame
        Columns channel, mroi (median), p_earns, robustness (share of the unexplained variation
        of spend and KPI), bias_like_season and bias_like_trend (share of the effect that a
        driver as strong as they would feign), needed (share that takes the mROI to break-even).
    """
    view, draws = LinearView.of(model, weekly), mroi(plan)
    rows = []
    for c, name in enumerate(plan.channels):
        middle = float(np.median(draws[:, c]))
        needed = _needed(middle, margin)
        own = partial_r2(view.kpi, view.curves[:, [c]], view.others(c))
        row = {
            "channel": name,
            "mroi": middle,
            "p_earns": np.nan if margin is None else float(np.mean(draws[:, c] * margin > 1)),
            "robustness": robustness_value(own, needed),
            "needed": needed,
        }
        for block in YARDSTICKS:
            if block in view.blocks:
                row[f"bias_like_{block}"] = bias_share(view, c, view.blocks[block])
        rows.append(row)
    return pd.DataFrame(rows)


def _needed(mroi: float, margin: float | None) -> float:
    """Return the share of an effect that must be feigned for its verdict to turn."""
    if not mroi > 0:
        return np.nan
    return 1.0 if margin is None else abs(1 - 1 / (margin * mroi))


def overturned_by_season(robustness: pd.DataFrame) -> list[str]:
    """Return the channels whose mROI a driver as strong as the season takes to break-even."""
    if "bias_like_season" not in robustness:
        return []
    is_prone = robustness["bias_like_season"] >= robustness["needed"]
    return robustness.loc[is_prone, "channel"].tolist()


def lead_p_value(view: LinearView, channel: int) -> float:
    """Test whether spend of later weeks explains the KPI of today.

    Returns
    -------
    float
        P-value of the F test of the next four weeks' media; small where spend follows demand
        that planners foresaw, or last week's sales.
    """
    rows, leads = view.followed, view.later[view.followed, channel]
    given = np.column_stack([view.others(channel), view.curves[:, channel]])[rows]
    n_leads = np.linalg.matrix_rank(leads)
    freedom = len(given) - np.linalg.matrix_rank(given) - n_leads
    if freedom < 1 or n_leads < 1:
        return float("nan")
    share = partial_r2(view.kpi[rows], leads, given)
    ratio = share / n_leads / (max(1 - share, 1e-12) / freedom)
    return float(f_distribution.sf(ratio, n_leads, freedom))


def spend_explained(view: LinearView, channel: int) -> float:
    """Return how much of a channel's spend the baseline and last week's KPI explain."""
    rows = np.flatnonzero(view.follows)
    columns = np.column_stack([view.rest[rows, : view.n_baseline], view.outcome[rows - 1]])
    own = view.spend[rows, channel]
    level = view.rest[rows][:, view.blocks["level"]]  # of each region, where there are some
    left, total = remainder(own, columns), remainder(own, level)
    freedom = len(own) - np.linalg.matrix_rank(columns)
    if freedom < 1 or not total @ total > 0:
        return float("nan")
    spread = total @ total / (len(own) - level.shape[1])
    return float(1 - (left @ left / freedom) / spread)


def confounding_findings(
    model: AdditiveModel, weekly: WeeklyData, study: Study, robustness: pd.DataFrame
) -> list[ChannelFinding]:
    """Check every channel for signs that its spend follows demand.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    weekly : WeeklyData
        The weeks it was fitted on.
    study : Study
        Says which channels harvest demand and which were tested.
    robustness : DataFrame
        Result of :func:`robustness_table`.
    """
    view = LinearView.of(model, weekly)
    tested, anchors = {t.channel for t in study.lift_tests}, anchored(model, weekly, study)
    found: list[ChannelFinding] = []
    for c, (name, channel) in enumerate(study.channels.items()):
        found += [
            _lead_finding(name, lead_p_value(view, c), name in anchors),
            _explained_finding(name, spend_explained(view, c), name in anchors),
        ]
        row = robustness.set_index("channel").loc[name]
        if np.isfinite(row["p_earns"]):
            found.append(_fragile_finding(name, row))
        if channel.demand_capture:
            found.append(_demand_finding(name, name in tested, name in anchors))
    return found


def _lead_finding(name: str, p_value: float, is_anchored: bool) -> ChannelFinding:
    finding = graded(
        "spend of later weeks explains nothing",
        good=not p_value < LEAD_P,
        finding=f"p = {p_value:.3f}",
        remedy="Spend reacts to sales or to demand that planners foresee: add what they look at "
        "as a control, or test the channel.",
    )
    return _capped(name, finding, "spend of later weeks explains sales", is_anchored)


def _capped(name: str, finding: Finding, cap: str, is_anchored: bool) -> ChannelFinding:
    """Return the finding of a channel, whose grades are capped unless it passed.

    Where a lift test anchors its ROI, that of the mROI alone is.
    """
    if finding.status == "PASS":
        return ChannelFinding(name, finding)
    if not is_anchored:
        return ChannelFinding(name, finding, cap)
    said = replace(finding, finding=f"{finding.finding}; {ANCHORED}", remedy=STEPS)
    return ChannelFinding(name, said, mroi_cap=cap)


def _explained_finding(name: str, share: float, is_anchored: bool) -> ChannelFinding:
    finding = graded(
        "spend varies on its own",
        good=not share > EXPLAINED,
        finding=f"baseline and last week's outcome explain {percent(share)} of its spend",
        remedy="Vary it against the season for some weeks, or test it in some regions.",
    )
    return _capped(name, finding, "its spend follows the baseline", is_anchored)


def _fragile_finding(name: str, row: pd.Series) -> ChannelFinding:
    check = "verdict survives a hidden driver"
    strength = f"a driver of {percent(row['robustness'], digits=1)} of what is left unexplained"
    if 1 - SURE < row["p_earns"] < SURE:
        text = f"no verdict on the next unit of money; {strength} would move it to break-even"
        return ChannelFinding(name, Finding(check, "PASS", text))
    if not row["robustness"] < FRAGILE:
        text = f"only {strength} would overturn it"
        return ChannelFinding(name, Finding(check, "PASS", text))
    remedy = "Do not rest a decision on which side of break-even it is: test it first."
    return ChannelFinding(name, Finding(check, "REVIEW", f"{strength} overturns it", remedy))


def _demand_finding(name: str, is_tested: bool, is_anchored: bool) -> ChannelFinding:
    check = "demand capture is tested"
    if is_anchored:
        return ChannelFinding(name, Finding(check, "PASS", ANCHORED), mroi_cap="demand capture")
    vague = f"its lift test's standard error is above {percent(PRECISE)} of the effect"
    finding = Finding(
        check,
        "REVIEW",
        f"the channel harvests demand and {vague if is_tested else 'no lift test anchors it'}",
        "Pause it in some regions: buyers who search for you would partly come anyway.",
    )
    return ChannelFinding(name, finding, "demand capture without a precise lift test")
