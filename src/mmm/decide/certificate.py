"""The certificate of a plan: what is promised, checked line by line."""

from __future__ import annotations

import numpy as np

from mmm.data.movement import MOVES_TOGETHER, common_movement
from mmm.decide.limits import CENT
from mmm.decide.optimize import OptimalPlan
from mmm.decide.plan import YEAR, Plan
from mmm.decide.returns import SURE, chance_of_gain, mroi
from mmm.decide.search import STATIONARY
from mmm.findings import Finding, Status, graded
from mmm.formatting import between, chance, money, percent, ratio

#: Checks of :func:`cautions`: they speak about the plan, not about the data or the optimizer.
LIKELY, TOGETHER = "the gain is likely", "channels move on their own"
#: Remedy of a plan that may well lose money.
TRY_FIRST = (
    "Try the move in some regions or in small steps first, or ask for a more cautious objective."
)


def certificate(
    plan: Plan, optimal: OptimalPlan, currency: str = "", *, margin: float | None = 1.0
) -> list[Finding]:
    """Check a plan: each line is PASS or FAIL.

    Parameters
    ----------
    plan : Plan
        The current plan.
    optimal : OptimalPlan
        The optimum to check.
    currency : str, default ""
        ISO code that the comparisons are written with; numbers alone without it.
    margin : float or None, default 1.0
        Profit per unit of revenue; it matters where the plan costs more or less than today's.
        None where the value of a unit of the KPI is not known.

    Returns
    -------
    list of Finding
        Budget, bounds, groups, first-order conditions, starts, the comparisons with today and
        with simple rules under the same model and objective, and how sure the gain is.
    """
    return [*proof(plan, optimal, currency), *cautions(plan, optimal, margin=margin)]


def proof(plan: Plan, optimal: OptimalPlan, currency: str = "") -> list[Finding]:
    """Check that a plan keeps its limits and is the best one within them.

    Parameters
    ----------
    plan : Plan
        The current plan.
    optimal : OptimalPlan
        The optimum to check.
    currency : str, default ""
        ISO code that the comparisons are written with; numbers alone without it.
    """
    best, feasible = optimal.best, optimal.feasible
    inside = (best.spend >= feasible.low - CENT) & (best.spend <= feasible.high + CENT)
    off = abs(best.spend.sum() - optimal.budget)
    lines = [
        ("budget is met to the cent", off < CENT / 2, f"off by {off:.4f}"),
        ("every bound holds", bool(inside.all()), "all channels within their bounds"),
    ]
    for group in feasible.groups:
        spent = float(best.spend[list(group.members)].sum())
        room = CENT * len(group.members)
        held = group.low * optimal.budget - room <= spent <= group.high * optimal.budget + room
        share = percent(spent / optimal.budget, digits=1)
        shown = f"{share} of {between(group.low, group.high, percent)}"
        lines.append((f"group {group.name} keeps its share", bool(held), shown))
    lines += [
        (
            "marginal scores are equal where channels are free",
            optimal.kkt_residual <= STATIONARY,
            f"largest relative difference {optimal.kkt_residual:.1e}",
        ),
        (
            "at least two starts reach the optimum",
            optimal.starts_agreeing >= 2,
            f"{optimal.starts_agreeing} of {optimal.starts}",
        ),
    ]
    findings = [Finding(check, "PASS" if ok else "FAIL", text) for check, ok, text in lines]
    return [*findings, *_comparisons(plan, optimal, currency)]


def _comparisons(plan: Plan, optimal: OptimalPlan, currency: str) -> list[Finding]:
    marginal = mroi(plan, optimal.best.multipliers)
    slack = CENT * float(np.nanmax(np.abs(marginal)))  # plans are rounded to the cent
    rules = {
        "today's plan": optimal.today,
        "ROI-proportional": optimal.roi_proportional,
        "an equal split": optimal.equal_split,
    }
    findings = []
    for name, rule in rules.items():
        lead = optimal.best.score - rule.score
        status: Status = "PASS" if lead >= -slack else "FAIL"
        said = f"better by {money(lead, currency)}"
        findings.append(Finding(f"not worse than {name}", status, said))
    return findings


def cautions(plan: Plan, optimal: OptimalPlan, *, margin: float | None = 1.0) -> list[Finding]:
    """Say whether a plan can be acted on, or is to be tried first.

    Whether the gain is likely; and, for plans of a year and more with several channels,
    FAIL where spend moves together: the draws then know less than they say.
    """
    findings = [gain_is_likely(plan, optimal, margin=margin)]
    if len(plan.weeks) < YEAR or len(plan.channels) < 2:
        return findings
    together = common_movement(plan.spend, plan.model.design.calendar(plan.weeks))
    said = f"beyond trend and season, spend correlates by {ratio(together)} on average"
    apart = not together > MOVES_TOGETHER
    return [*findings, graded(TOGETHER, good=apart, bad=True, finding=said, remedy=TRY_FIRST)]


def gain_is_likely(plan: Plan, optimal: OptimalPlan, *, margin: float | None = 1.0) -> Finding:
    """Say whether a plan is so likely to gain that it can be acted on.

    PASS where :func:`mmm.decide.returns.chance_of_gain` of the profit is at least 0.9. A point
    estimate has no probability: its profit must not fall.
    """
    best, check, today = optimal.best, LIKELY, plan.total_spend
    if np.abs(best.spend - today).sum() <= 2 * CENT * len(best.spend):
        return Finding(check, "PASS", "nothing is moved")
    cost = float(best.spend.sum() - today.sum())
    if margin is None and abs(cost) > CENT:
        return Finding(check, "PASS", "not judged: what a unit is worth is not known")
    profit = best.gain * (margin or 1.0) - cost
    share = chance_of_gain(profit)
    if len(profit) == 1:
        ok, text = bool(profit[0] > -CENT), "a point estimate: no probability"
    elif np.isnan(share):
        ok, text = True, "no draw gains or loses"
    else:
        ok, text = share >= SURE, f"{chance(share)} of the draws gain"
    return graded(check, good=ok, bad=True, finding=text, remedy=TRY_FIRST)
