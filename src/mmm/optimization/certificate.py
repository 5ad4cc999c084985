"""The certificate of a plan: what is promised, checked line by line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mmm.explore import shared_movement
from mmm.findings import Finding
from mmm.formatting import between, chance, money, percent
from mmm.optimization.limits import CENT
from mmm.optimization.solve import Allocation, OptimalPlan
from mmm.optimization.task import STATIONARY
from mmm.plans import YEAR, Plan
from mmm.returns import SURE, mroi

Array = NDArray[np.float64]

#: Checks of :func:`cautions`: they speak about the plan, not about the data or the optimizer.
LIKELY, TOGETHER = "the gain is likely", "channels move on their own"
#: Mean correlation of spend, trend and season taken out, from which channels move together.
MOST_TOGETHER = 0.3
#: Remedy of a plan that may well lose money.
TRY_FIRST = (
    "Try the move in some regions or in small steps first, or ask for a more cautious objective."
)


def certificate(plan: Plan, optimal: OptimalPlan, currency: str = "") -> list[Finding]:
    """Prove a plan: each line is PASS or FAIL.

    Parameters
    ----------
    plan : Plan
        The current plan.
    optimal : OptimalPlan
        The optimum to prove.
    currency : str, default ""
        ISO code that the comparisons are written with; numbers alone without it.

    Returns
    -------
    list of Finding
        Budget, bounds, groups, first-order conditions, starts, the comparisons with today and
        with simple rules under the same model and objective, and how sure the gain is.
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
    return [*findings, *_comparisons(plan, optimal, currency), *cautions(plan, optimal)]


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
        status = "PASS" if lead >= -slack else "FAIL"
        said = f"better by {money(lead, currency)}"
        findings.append(Finding(f"not worse than {name}", status, said))  # type: ignore[arg-type]
    return findings


def p_gain(best: Allocation) -> float:
    """Return the share of draws in which a plan does not lose against today.

    Parameters
    ----------
    best : Allocation
        The plan.
    """
    return float(np.mean(best.gain >= 0))


def cautions(plan: Plan, optimal: OptimalPlan) -> list[Finding]:
    """Say whether a plan can be acted on, or is to be tried first.

    Parameters
    ----------
    plan : Plan
        The current plan.
    optimal : OptimalPlan
        The optimum.

    Returns
    -------
    list of Finding
        Whether the gain is likely; and, for plans of a year and more with at least three
        channels, FAIL where spend moves together: the draws then know less than they say.
    """
    findings = [gain_is_likely(optimal)]
    if len(plan.weeks) < YEAR or len(plan.channels) < 3:
        return findings
    together = shared_movement(plan.spend, plan.model.design.calendar(plan.weeks))
    said = f"beyond trend and season, spend correlates by {together:.2f} on average"
    if together > MOST_TOGETHER:
        return [*findings, Finding(TOGETHER, "FAIL", said, TRY_FIRST)]
    return [*findings, Finding(TOGETHER, "PASS", said)]


def gain_is_likely(optimal: OptimalPlan) -> Finding:
    """Say whether a plan is so likely to gain that it can be acted on.

    Parameters
    ----------
    optimal : OptimalPlan
        The plan; one that keeps today's split, or asks for less money, is not judged.

    Returns
    -------
    Finding
        PASS where P(gain) is at least 0.9. A point estimate has no probability: its gain must
        be positive.
    """
    best = optimal.best
    check = LIKELY
    if np.abs(best.spend - optimal.today.spend).sum() <= 2 * CENT * len(best.spend):
        return Finding(check, "PASS", "nothing is moved")
    share = p_gain(best)
    if len(best.gain) == 1:
        text = "a point estimate: no probability"
    else:
        text = f"{chance(share)} of the draws gain"
    ok = share >= SURE or optimal.budget < optimal.today.spend.sum() - CENT
    return Finding(check, "PASS" if ok else "FAIL", text, "" if ok else TRY_FIRST)
