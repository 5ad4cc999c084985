"""What to do with the budget: what to move, whether to add or cut, and what to test.

Only decisions are made here, with their numbers; :mod:`mmm.show` writes them out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mmm.arrays import Array
from mmm.decide.certificate import LIKELY, TOGETHER, cautions
from mmm.decide.limits import CENT
from mmm.decide.optimize import Allocation, OptimalPlan
from mmm.decide.plan import Plan
from mmm.decide.returns import SURE, chance_of_gain
from mmm.decide.scenarios import beyond_observed
from mmm.findings import Finding
from mmm.study.study import Study

Verdict = Literal["pays back", "open", "does not pay back"]
Reason = Literal["open answer", "lowest return", "widest interval"]

#: A plan is worth its trouble when some channel changes by at least this share of the budget.
MOVED = 0.005
#: What a best guess of the profit per unit of money must exceed, or stay below, to name a side of
#: break-even; and what it must exceed to be a guess at all, as the ridge shrinks to zero what the
#: data cannot tell. Between them about as many channels pay back as do not.
PAYS, LOSES, SHRUNK = 1.4, 0.7, 0.05


def verdict(chance: float) -> Verdict:
    """Return on which side of break-even money is; without a chance the answer is open.

    Examples
    --------
    >>> verdict(0.95), verdict(0.5), verdict(0.05), verdict(float("nan"))
    ('pays back', 'open', 'does not pay back', 'open')
    """
    if chance >= SURE:
        return "pays back"
    return "does not pay back" if chance <= 1 - SURE else "open"


def verdict_of_guess(profit: float) -> Verdict:
    """Return on which side of break-even a best guess of the profit per unit of money is.

    Examples
    --------
    >>> verdict_of_guess(2.0), verdict_of_guess(1.2), verdict_of_guess(0.5)
    ('pays back', 'open', 'does not pay back')
    >>> verdict_of_guess(0.0), verdict_of_guess(float("nan"))
    ('open', 'open')
    """
    if profit > PAYS:
        return "pays back"
    return "does not pay back" if SHRUNK < profit < LOSES else "open"


def next_unit(row: pd.Series, margin: float) -> Verdict:
    """Return on which side of break-even a channel's next unit of money is.

    Parameters
    ----------
    row : Series
        Row of the table of returns: mroi, its low end (empty for a point estimate) and p_earns.
    margin : float
        Profit per unit of revenue.
    """
    if np.isnan(row["mroi_low"]):
        return verdict_of_guess(row["mroi"] * margin)
    return verdict(row["p_earns"])


def paid_back(returns: pd.DataFrame, break_even: float | None) -> list[str]:
    """Return whether each channel's whole interval of the ROI lies on one side of break-even.

    Where there is no break-even, because the value of a unit is not known, nothing is decided.

    Examples
    --------
    >>> table = pd.DataFrame({"roi_low": [1.1, 0.8, 0.2], "roi_high": [2.0, 1.2, 0.9]})
    >>> paid_back(table, 1.0)
    ['paid back', 'open', 'did not']
    """
    found = np.full(len(returns), "open", dtype=object)
    if break_even is None:
        return found.tolist()
    found[(returns["roi_low"] > break_even).to_numpy()] = "paid back"
    found[(returns["roi_high"] < break_even).to_numpy()] = "did not"
    return found.tolist()


def worth_moving(change: ArrayLike, budget: float) -> bool:
    """Tell whether some channel changes by enough money to be worth the trouble.

    Examples
    --------
    >>> worth_moving([-4.0, 4.0], budget=1000.0), worth_moving([-6.0, 6.0], budget=1000.0)
    (False, True)
    """
    return bool((np.abs(change) >= MOVED * budget).any())


@dataclass(frozen=True)
class Moves:
    """What a plan moves against today's; nothing where no move is worth the trouble."""

    #: Change in spend of each channel that changes by more than a cent, currency a week.
    weekly: pd.Series
    amount: float  #: Money that goes to channels that grow, currency over the window.
    weeks: int  #: Weeks of the window.
    #: Channels that grow beyond their highest week so far: highest planned week over it.
    beyond: dict[str, float]
    gain: Array  #: Shape (n_draws,): revenue against today's plan, currency.

    @property
    def kept(self) -> bool:
        """Whether today's split is kept."""
        return self.weekly.empty


def moves(plan: Plan, best: Allocation) -> Moves:
    """Return what a recommended plan moves.

    Parameters
    ----------
    plan : Plan
        The current plan.
    best : Allocation
        The recommended one.

    Returns
    -------
    Moves
        Empty where :func:`worth_moving` says no.
    """
    change = pd.Series(best.spend - plan.total_spend, index=plan.channels)
    weeks, weekly = len(plan.weeks), _weekly(change.to_numpy(), plan)
    if not worth_moving(change, float(plan.total_spend.sum())):
        return Moves(weekly.iloc[:0], 0.0, weeks, {}, best.gain)
    reached = beyond_observed(plan, best.multipliers)
    return Moves(
        weekly=weekly,
        amount=float(change.clip(lower=0).sum()),
        weeks=weeks,
        beyond={name: reached[name] for name in weekly[weekly > 0].index if name in reached},
        gain=best.gain,
    )


@dataclass(frozen=True)
class MoreMoney:
    """What money on top of the best plan of today's total would earn."""

    added: float  #: Currency over the window.
    #: Shape (n_draws,): what it adds to revenue, and to profit after its cost; currency.
    revenue: Array
    profit: Array
    verdict: Verdict  #: Whether it comes back.
    #: What each channel gets of it, currency a week; those that get nothing are left out.
    weekly: pd.Series


def more_money(plan: Plan, optimal: OptimalPlan, extra: OptimalPlan, margin: float) -> MoreMoney:
    """Judge extra money by the profit it adds to the better split."""
    added = extra.budget - float(plan.total_spend.sum())
    revenue = extra.best.gain - optimal.best.gain
    profit = revenue * margin - added
    if len(profit) > 1:
        found = verdict(chance_of_gain(profit))
    else:
        found = verdict_of_guess(float(revenue[0]) * margin / added) if added > 0 else "open"
    change = extra.best.spend - optimal.best.spend
    return MoreMoney(added, revenue, profit, found, _weekly(change, plan))


def _weekly(change: Array, plan: Plan) -> pd.Series:
    """Return changes in spend of more than a cent by channel, currency a week."""
    weeks = len(plan.weeks)
    weekly = pd.Series(change / weeks, index=plan.channels)
    return weekly[weekly.abs() > CENT / weeks]


@dataclass(frozen=True)
class SpendLess:
    """A cut that very likely pays."""

    #: Change in spend of what is cut, down to its lower limit, currency a week.
    weekly: pd.Series
    saved: float  #: Currency over the window.
    #: Shape (n_draws,): revenue that is lost, and profit that is gained; currency.
    missed: Array
    profit: Array


def spend_less(
    returns: pd.DataFrame, plan: Plan, optimal: OptimalPlan, margin: float
) -> SpendLess | None:
    """Cut what does not pay back to its lower limits; None where no cut very likely pays."""
    today = plan.total_spend
    names = returns.loc[returns["p_earns"] <= 1 - SURE, "channel"]
    lost = np.isin(plan.channels, names)
    spend = np.where(lost, np.minimum(optimal.low, today), today)
    share = np.divide(spend, today, out=np.ones(len(spend)), where=today > 0)
    saved = float((today - spend).sum())
    missed = plan.revenue(np.ones(len(spend))) - plan.revenue(share)
    profit = saved - missed * margin
    if not chance_of_gain(profit) >= SURE:  # also where nothing can be cut
        return None
    return SpendLess(_weekly(spend - today, plan), saved, missed, profit)


@dataclass(frozen=True)
class ChannelTest:
    """The channel whose test would tell most."""

    channel: str  #: Its name.
    spend: float  #: Money at stake, currency over the window.
    #: Low, median and high of what its next unit of spend earns; no ends for a point estimate.
    mroi: tuple[float, float, float]
    #: It has the most money on an open answer; without intervals it earns least; or, where no
    #: answer is open, its own is the least exact.
    reason: Reason


def channel_to_test(returns: pd.DataFrame) -> ChannelTest:
    """Name the channel whose test would tell most."""
    returns = returns[returns["spend"] > 0] if (returns["spend"] > 0).any() else returns
    doubt = np.minimum(returns["p_earns"], 1 - returns["p_earns"])
    is_open = doubt > 1 - SURE
    reason: Reason = "widest interval"
    if is_open.any():
        reason, place = "open answer", (doubt * returns["spend"]).where(is_open).idxmax()
    elif returns["mroi_low"].isna().all():
        reason, place = "lowest return", returns["mroi"].idxmin()
    else:
        place = (returns["mroi_high"] / returns["mroi_low"]).idxmax()
    row = returns.loc[place]
    return ChannelTest(
        channel=row["channel"],
        spend=float(row["spend"]),
        mroi=(row["mroi_low"], row["mroi"], row["mroi_high"]),
        reason=reason,
    )


@dataclass(frozen=True)
class Recommendation:
    """What to do with the budget."""

    #: For each channel bought in the window, from the highest ROI down, whether its next unit of
    #: spend "pays back", "does not pay back", or is "open"; empty where no profit can be told
    #: because the value of a unit of the KPI is not known.
    verdicts: dict[str, Verdict]
    moves: Moves  #: What to move at the same total.
    try_first: str  #: What to do before the move is bought; empty where it can be acted on.
    #: Whether channels move together, so that no change of spend is as sure as its draws say.
    together: bool
    more: MoreMoney | None  #: What extra money would earn; None where no profit can be told.
    #: What to cut instead, where extra money does not pay back and a cut very likely does.
    less: SpendLess | None
    test: ChannelTest  #: Which channel to test.
    failed: list[Finding]  #: Checks that forbid acting on any of it; empty where there is none.


def recommend(
    returns: pd.DataFrame,
    plan: Plan,
    optimal: OptimalPlan,
    extra: OptimalPlan,
    findings: Iterable[Finding],
    study: Study,
) -> Recommendation:
    """Decide what to do with the budget.

    Parameters
    ----------
    returns : DataFrame
        Result of :func:`mmm.decide.returns.channel_returns`.
    plan : Plan
        The current plan.
    optimal, extra : OptimalPlan
        Best plan at the same total, and with extra money.
    findings : iterable of Finding
        All checks of data, model and plan. Every FAIL forbids acting, but for those of
        :func:`mmm.decide.certificate.cautions`: they ask to try the move first.
    study : Study
        Says what a unit of revenue earns.
    """
    ordered = returns[returns["p_earns"].notna()].sort_values("roi", ascending=False)
    margin, more, less, verdicts = study.profit_margin, None, None, {}
    if margin is not None:
        verdicts = {row["channel"]: next_unit(row, margin) for _, row in ordered.iterrows()}
        more = more_money(plan, optimal, extra, margin)
        if more.verdict == "does not pay back":
            less = spend_less(returns, plan, optimal, margin)
    doubts = [f for f in cautions(plan, optimal) if f.status != "PASS"]
    return Recommendation(
        verdicts=verdicts,
        moves=moves(plan, optimal.best),
        try_first=doubts[0].remedy if doubts else "",
        together=any(f.check == TOGETHER for f in doubts),
        more=more,
        less=less,
        test=channel_to_test(returns),
        failed=[f for f in findings if f.status == "FAIL" and f.check not in (LIKELY, TOGETHER)],
    )
