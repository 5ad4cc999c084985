"""A plan in words: who gives, who gets, how far beyond what was seen, and how sure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.decide.optimize import Allocation
from mmm.decide.returns import Plan
from mmm.decide.scenarios import beyond_observed
from mmm.formatting import listing, money, percent, plural, ratio
from mmm.show.words import outcome, sure_in_words
from mmm.study.study import Study

#: Moves of less than this share of the budget are none.
MOVED = 0.005


def plan_in_words(plan: Plan, best: Allocation, revenue: float, study: Study) -> str:
    """Say the plan as one would in a meeting.

    Parameters
    ----------
    plan : Plan
        The current plan.
    best : Allocation
        The recommended one.
    revenue : float
        Fitted revenue of the window.
    study : Study
        The study.
    """
    moves = moves_in_words(plan, best, study)
    if not moves:
        return "Keep today's split: no move within the limits is sure enough of a gain."
    gain = _share_of_revenue(best.gain, revenue, len(plan.weeks), study)
    reached = reach_in_words(plan, best, study)
    return f"{moves}: {gain}{'; ' if reached else ''}{reached}."


def moves_in_words(plan: Plan, best: Allocation, study: Study) -> str:
    """Say who gives and who gets money, by week; empty where nothing moves."""
    weeks = len(plan.weeks)
    change = _weekly_change(plan, best)
    threshold = MOVED * plan.total_spend.sum() / weeks
    if (change.abs() < threshold).all():
        return ""
    cent = 0.01 / weeks
    givers, takers = -change[change < -cent], change[change > cent]
    return _moves(givers.sort_values(ascending=False), takers.sort_values(ascending=False), study)


def reach_in_words(plan: Plan, best: Allocation, study: Study) -> str:
    """Say which channels a plan drives beyond what was ever seen; empty where it does not."""
    beyond, change = beyond_observed(plan, best.multipliers), _weekly_change(plan, best)
    raised = [c for c in change[change > 0.01 / len(plan.weeks)].index if c in beyond]
    if not raised:
        return ""
    said = [
        f"{study.labels[c]} {'would reach ' * (c == raised[0])}{ratio(beyond[c])}" for c in raised
    ]
    seen = "its highest week" if len(raised) == 1 else "their highest weeks"
    return f"{listing(said)} times {seen} so far: move there in steps"


def _weekly_change(plan: Plan, best: Allocation) -> pd.Series:
    return pd.Series((best.spend - plan.total_spend) / len(plan.weeks), index=plan.channels)


def _moves(givers: pd.Series, takers: pd.Series, study: Study) -> str:
    """Say who gives and who takes, per week."""
    if givers.empty or takers.empty:
        verb, word, some = ("Add", "to", takers) if givers.empty else ("Cut", "from", givers)
        return f"{verb} {_total(some, study)} {word} {_parts(some, study)}"
    return (
        f"Move {_total(takers, study)} from {_parts(givers, study)} to {_parts(takers, study)}"
        if abs(takers.sum() - givers.sum()) < 0.01 * takers.sum() + 0.01
        else f"Take {_total(givers, study)} from {_parts(givers, study)} and give "
        f"{_total(takers, study)} to {_parts(takers, study)}"
    )


def _total(changes: pd.Series, study: Study) -> str:
    return f"{money(float(changes.sum()), study.currency)} a week"


def _parts(changes: pd.Series, study: Study, *, most: int = 2) -> str:
    """List the largest amounts by channel, the others together; one channel without amount."""
    if len(changes) == 1:
        return study.labels[str(changes.index[0])]
    parts = [
        f"{study.labels[str(name)]} ({money(value, study.currency)})"
        for name, value in changes.head(most).items()
    ]
    others = changes.iloc[most:]
    if len(others):
        who = study.labels[str(others.index[0])] if len(others) == 1 else "others"
        parts.append(f"{who} ({money(float(others.sum()), study.currency)})")
    return listing(parts)


def _share_of_revenue(gain: np.ndarray, revenue: float, weeks: int, study: Study) -> str:
    """Write a gain as percent of revenue, with its interval and how sure it is."""
    share = percent(float(np.median(gain)) / revenue, signed=True, digits=1)
    text = f"{share} {outcome(study)} over {plural(weeks, 'week')}"
    if len(gain) == 1:
        return text
    tail = (1 - study.interval) / 2
    low, high = (
        percent(float(x) / revenue, signed=True, digits=1)
        for x in np.quantile(gain, [tail, 1 - tail])
    )
    said = f"{text} ({percent(study.interval)}: {low} to {high})"
    return ", ".join(filter(None, [said, sure_in_words(gain)]))
