"""A plan in words: who gives, who gets, how far beyond what was seen, and how sure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.decide.plan import Plan
from mmm.decide.recommend import Moves
from mmm.decide.targets import Target
from mmm.formatting import listing, money, percent, plural, ratio
from mmm.model.intervals import tails
from mmm.show.words import bullets, outcome, sure_in_words
from mmm.study.study import Study

#: A channel's part of a move below this share of it is not named.
TRIFLE = 0.02


def sentence(moves: Moves, revenue: float, study: Study) -> str:
    """Say a plan as one would in a meeting.

    Parameters
    ----------
    moves : Moves
        Result of :func:`mmm.decide.moves`.
    revenue : float
        Fitted revenue of the window, currency.
    study : Study
        The study.
    """
    if moves.kept:
        return "Keep today's split: no move within the limits is sure enough of a gain."
    gain, reached = _share_of_revenue(moves, revenue, study), reach_in_words(moves, study)
    return f"{moves_in_words(moves, study)}: {gain}{'; ' if reached else ''}{reached}."


def moves_in_words(moves: Moves, study: Study) -> str:
    """Say who gives and who gets money, by week; empty where nothing moves."""
    if moves.kept:
        return ""
    change = moves.weekly
    givers, takers = -change[change < 0], change[change > 0]
    return _moves(givers.sort_values(ascending=False), takers.sort_values(ascending=False), study)


def reach_in_words(moves: Moves, study: Study) -> str:
    """Say which channels a plan drives beyond what was ever seen; empty where it does not."""
    if not moves.beyond:
        return ""
    first = next(iter(moves.beyond))
    said = [
        f"{study.labels[name]} {'would reach ' * (name == first)}{ratio(factor)}"
        for name, factor in moves.beyond.items()
    ]
    seen = "its highest week" if len(said) == 1 else "their highest weeks"
    return f"{listing(said)} times {seen} so far: move there in steps"


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
    changes = changes[changes >= TRIFLE * changes.sum()]
    if len(changes) == 1:
        return f"{study.labels[str(changes.index[0])]} (almost all of it)"
    parts = [
        f"{study.labels[str(name)]} ({money(value, study.currency)})"
        for name, value in changes.head(most).items()
    ]
    others = changes.iloc[most:]
    if len(others):
        who = study.labels[str(others.index[0])] if len(others) == 1 else "others"
        parts.append(f"{who} ({money(float(others.sum()), study.currency)})")
    return listing(parts)


def _share_of_revenue(moves: Moves, revenue: float, study: Study) -> str:
    """Write a gain as percent of revenue, with its interval and how sure it is."""
    gain = moves.gain
    share = percent(float(np.median(gain)) / revenue, signed=True, digits=1)
    text = f"{share} {outcome(study)} over {plural(moves.weeks, 'week')}"
    if len(gain) == 1:
        return text
    ends = np.quantile(gain, tails(study.interval))
    low, high = (percent(float(end) / revenue, signed=True, digits=1) for end in ends)
    said = f"{text} ({percent(study.interval)}: {low} to {high})"
    return ", ".join(filter(None, [said, sure_in_words(gain)]))


def targets(found: list[Target], plan: Plan, study: Study) -> str:
    """Say at which budgets the study's targets are met.

    Parameters
    ----------
    found : list of Target
        Result of :func:`mmm.decide.target_budgets`; empty where no return is money.
    plan : Plan
        The current plan.
    study : Study
        The study.
    """
    if not found:
        return "Without the value of a unit there is no break-even to find a budget for."
    return bullets([_target(target, plan, study) for target in found])


def _target(target: Target, plan: Plan, study: Study) -> str:
    if target.budget is None:
        return f"Target missed: {target.problem}"
    change = target.budget / float(plan.total_spend.sum()) - 1
    amount = f"{money(target.budget, study.currency)} ({percent(change, signed=True)})"
    goal = ratio(target.value)
    if target.kind == "roi":
        return (
            f"All media together return at least {goal} per unit of spend up to a budget of "
            f"{amount}."
        )
    plain = study.optimize.objective == "mean" or plan.model.n_draws == 1
    judged = "" if plain else ", judged with the same caution,"
    if target.end == "most":
        return f"The next unit of money{judged} earns {goal} or more up to the limits: {amount}."
    if target.end == "least":
        return f"The next unit of money{judged} earns less than {goal} even at {amount}."
    return f"The next unit of money{judged} earns just {goal} at a budget of {amount}."
