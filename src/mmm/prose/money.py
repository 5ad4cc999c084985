"""Sentences of notebooks 05 to 07: returns, scenarios and plans."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from mmm.data import WeeklyData
from mmm.formatting import between, chance, money, percent, ratio
from mmm.optimization import Allocation, OptimalPlan
from mmm.prose.words import FigureWords, bullets, listing, outcome, window_of
from mmm.returns import SURE, Plan, summarize
from mmm.scenarios import ScenarioResult, beyond_observed
from mmm.study import Study


def spread(low: float, high: float, study: Study) -> str:
    """Return an interval in parentheses, or nothing for a point estimate."""
    if not np.isfinite(low):
        return ""
    return f" ({percent(study.interval)}: {ratio(low)} to {ratio(high)})"


def gain_in_words(gain: np.ndarray, study: Study) -> str:
    """Write a change in money with its interval and how sure a gain is, where draws tell.

    Parameters
    ----------
    gain : ndarray, shape (n_draws,)
        Change, currency.
    study : Study
        The study.
    """
    text = amount_in_words(gain, study)
    sure = certainty_in_words(gain, study)
    return f"{text} ({sure} of a gain)" if sure else text


def amount_in_words(gain: np.ndarray, study: Study, *, signed: bool = True) -> str:
    """Write the median of a change in money.

    Parameters
    ----------
    gain : ndarray, shape (n_draws,)
        Change, currency.
    study : Study
        The study.
    signed : bool, default True
        Write a plus sign before gains.
    """
    return money(float(np.median(gain)), study.currency, signed=signed)


def interval_in_words(gain: np.ndarray, study: Study) -> str:
    """Write the interval of a change in money; empty for a point estimate.

    Parameters
    ----------
    gain : ndarray, shape (n_draws,)
        Change, currency.
    study : Study
        The study.
    """
    low, _, high = summarize(gain, study.interval)
    ends = between(low, high, partial(money, currency=study.currency, signed=True))
    return f"{percent(study.interval)}: {ends}" if ends else ""


def certainty_in_words(gain: np.ndarray, study: Study) -> str:
    """Write the interval of a change and how sure a gain is; empty for a point estimate.

    Parameters
    ----------
    gain : ndarray, shape (n_draws,)
        Change, currency.
    study : Study
        The study.
    """
    interval = interval_in_words(gain, study)
    sure = float(np.mean(gain > 0))
    word = f"{chance(sure)} sure" if sure >= 0.5 else f"only {chance(sure)} likely"
    return f"{interval}; {word}" if interval else ""


def contributions_over_time(
    by_week: pd.DataFrame, weekly: WeeklyData, study: Study
) -> FigureWords:
    """Words around the stacked contributions."""
    totals = by_week.sum()
    media = 1 - totals["baseline"] / totals.sum()
    return FigureWords(
        title=f"Advertising makes {percent(media)} of {outcome(study)}; the rest would have come "
        f"without it",
        caption=f"Mean contribution per week, carry-in included; baseline, channels and synergy "
        f"add up to the fitted {outcome(study)}. {len(weekly)} weeks.",
        alt=f"Stacked areas over {len(weekly)} weeks: baseline {percent(1 - media)}, media "
        f"{percent(media)}, with the actual outcome as a line.",
    )


def waterfall(totals: pd.Series, weekly: WeeklyData, study: Study) -> FigureWords:
    """Words around the waterfall."""
    channels = totals[list(study.channels)]
    first = str(channels.idxmax())
    return FigureWords(
        title=f"{study.labels[first]} contributes most among the channels: "
        f"{money(channels[first], study.currency)}",
        caption=f"Mean contributions, {window_of(weekly, study)}. The bars add up to the fitted "
        f"{outcome(study)} exactly.",
        alt=f"Waterfall from the baseline of {money(totals['baseline'], study.currency)} to "
        f"{money(totals.sum(), study.currency)}; largest channel {study.labels[first]}.",
    )


def returns_figure(
    returns: pd.DataFrame, truth: pd.Series | None, weekly: WeeklyData, study: Study
) -> FigureWords:
    """Words around the ROI figure."""
    ordered = returns.sort_values("roi", ascending=False)
    top, bottom = ordered.iloc[0], ordered.iloc[-1]
    labels = study.labels
    interval = (
        f"Bars: {percent(study.interval)} credible intervals."
        if np.isfinite(top["roi_low"])
        else "Point estimates of the ridge: it gives no intervals."
    )
    shown = ", ".join(f"{labels[r.channel]} {ratio(r.roi)}" for r in ordered.itertuples())
    beside = ""
    if truth is not None:
        right = str(truth.idxmax()) == top["channel"], str(truth.idxmin()) == bottom["channel"]
        beside = (
            f" The truth agrees on {'both' if all(right) else 'one' if any(right) else 'neither'}."
        )
    return FigureWords(
        title=f"{labels[top['channel']]} earns most per {study.currency} ({ratio(top['roi'])}), "
        f"{labels[bottom['channel']]} least ({ratio(bottom['roi'])})",
        caption=f"Incremental {outcome(study)} per unit of spend, {window_of(weekly, study)}. "
        f"{interval}{beside}",
        alt=f"ROI per channel: {shown}; break-even at {ratio(1 / study.margin)}.",
    )


def returns_reading(returns: pd.DataFrame, study: Study) -> str:
    """Read ROI and mROI of every channel."""
    lines = []
    for row in returns.sort_values("roi", ascending=False).itertuples():
        interval = spread(row.roi_low, row.roi_high, study)
        verdict = _next_unit(row.p_earns)
        lines.append(
            f"**{study.labels[row.channel]}** returned {ratio(row.roi)}{interval} per unit of "
            f"spend; {verdict} (mROI {ratio(row.mroi)})."
        )
    return bullets(lines)


def _next_unit(probability: float) -> str:
    """Say whether the next unit of money earns its keep."""
    if probability >= SURE:
        return "the next unit still pays"
    if probability <= 1 - SURE:
        return "the next unit does not pay back"
    return f"whether the next unit pays is open ({percent(probability)} likely)"


def response_curves(returns: pd.DataFrame, weekly: WeeklyData, study: Study) -> FigureWords:
    """Words around the response curves."""
    steepness = (returns["mroi"] / returns["roi"].where(returns["roi"] > 0)).set_axis(
        returns["channel"]
    )
    steepness = steepness.dropna()
    labels = study.labels
    if steepness.empty:
        title = "No channel shows a response"
        alt = "Flat response curves."
    else:
        flat = str(steepness.idxmin())
        title = (
            f"{labels[flat]} is the most saturated: its next unit earns "
            f"{percent(steepness[flat])} of its average"
        )
        alt = "Rising, flattening curves; mROI over ROI: " + ", ".join(
            f"{labels[str(n)]} {percent(v)}" for n, v in steepness.items()
        )
    return FigureWords(
        title=title,
        caption=f"Incremental {outcome(study)} against spend, others held, "
        f"{window_of(weekly, study)}. Dot: today. Dashed: the plan's highest week would exceed "
        f"every week so far.",
        alt=alt,
    )


def scenarios(table: pd.DataFrame, weekly: WeeklyData, study: Study) -> FigureWords:
    """Words around the scenarios."""
    best = table.loc[table["profit_change"].idxmax()]
    return FigureWords(
        title=f"Best of the scenarios after its cost: {best['scenario']} "
        f"({money(best['profit_change'], study.currency, signed=True)})",
        caption=f"Change against the plan of the window, {window_of(weekly, study)}; profit at a "
        f"margin of {percent(study.margin)}.",
        alt="Change in revenue: "
        + ", ".join(
            f"{r.scenario} {money(r.revenue_change, study.currency, signed=True)}"
            for r in table.itertuples()
        )
        + ".",
    )


def scenario_reading(
    results: list[ScenarioResult], table: pd.DataFrame, truth: list[ScenarioResult], study: Study
) -> str:
    """Read every scenario: change, cost, extrapolation and, where known, the truth."""
    lines = []
    for index, (result, row) in enumerate(zip(results, table.itertuples(), strict=True)):
        text = (
            f"**{result.name}**: {gain_in_words(result.revenue_change, study)} "
            f"{outcome(study)} ({percent(row.revenue_change_pct, signed=True, digits=1)})"
        )
        if abs(result.spend_change) >= 1:
            text += f" for {money(result.spend_change, study.currency, signed=True)} of spend"
        if truth:
            real = float(truth[index].revenue_change[0])
            text += f"; the truth is {money(real, study.currency, signed=True)}"
        if result.beyond:
            parts = [f"{study.labels[c]} {x:.2f} times" for c, x in result.beyond.items()]
            text += (
                f". Relies on the curve beyond what was seen: {listing(parts)} its highest week"
            )
        lines.append(f"{text}.")
    return bullets(lines)


def allocation(table: pd.DataFrame, optimal: OptimalPlan, study: Study) -> FigureWords:
    """Words around the recommended allocation."""
    moved = float(table["change"].clip(lower=0).sum())
    gain = float(optimal.best.gain.mean())
    if moved < 0.005 * optimal.budget:
        title = "Today's split is already the best within the bounds"
    else:
        title = (
            f"Moving {money(moved, study.currency)} earns "
            f"{money(gain, study.currency, signed=True)} more {outcome(study)} at the same budget"
        )
    return FigureWords(
        title=title,
        caption=f"Spend over the window at a fixed total of "
        f"{money(optimal.budget, study.currency)}; grey: allowed range.",
        alt="Arrows from today's to the recommended spend: "
        + ", ".join(
            f"{study.labels[r.channel]} {percent(r.change_pct, signed=True)}"
            for r in table.itertuples()
        )
        + ".",
    )


def plan_gains(gains: pd.Series, study: Study) -> FigureWords:
    """Words around the comparison of plans."""
    best = money(gains["Optimum"], study.currency, signed=True)
    rule = money(float(gains.drop("Optimum").max()), study.currency, signed=True)
    return FigureWords(
        title=f"The optimum beats simple rules: {best} against {rule} for the best of them",
        caption="Expected change in revenue against today's plan at the same total and bounds.",
        alt="Bars: "
        + ", ".join(f"{n} {money(v, study.currency, signed=True)}" for n, v in gains.items())
        + ".",
    )


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
        return "Keep today's split: no move within the bounds promises a gain."
    share = percent(float(np.median(best.gain)) / revenue, signed=True, digits=1)
    text = (
        f"{moves}: {share} {outcome(study)} over {len(plan.weeks)} weeks, "
        f"{gain_in_words(best.gain, study)}."
    )
    return text + steps_in_words(plan, best, study)


def moves_in_words(plan: Plan, best: Allocation, study: Study) -> str:
    """Say who gives and who gets money, by week; empty where nothing moves.

    Parameters
    ----------
    plan : Plan
        The current plan.
    best : Allocation
        The recommended one.
    study : Study
        The study.
    """
    weeks = len(plan.weeks)
    change = pd.Series((best.spend - plan.total_spend) / weeks, index=plan.channels)
    threshold = 0.005 * plan.total_spend.sum() / weeks
    givers, takers = change[change < -threshold], change[change > threshold]
    moves = []
    if len(givers):
        moves.append(f"take {_amounts(-givers.sort_values(), 'from', study)}")
    if len(takers):
        moves.append(f"give {_amounts(takers.sort_values(ascending=False), 'to', study)}")
    text = " and ".join(moves)
    return text[:1].upper() + text[1:]


def steps_in_words(plan: Plan, best: Allocation, study: Study) -> str:
    """Warn of channels that a plan drives beyond what was ever seen; empty where it does not.

    Parameters
    ----------
    plan : Plan
        The current plan.
    best : Allocation
        The recommended one.
    study : Study
        The study.
    """
    beyond = [study.labels[name] for name in beyond_observed(plan, best.multipliers)]
    if not beyond:
        return ""
    return f" {listing(beyond)} would exceed the highest week so far: move there in steps."


def _amounts(changes: pd.Series, word: str, study: Study, *, most: int = 2) -> str:
    """List the largest weekly amounts, the others together."""
    parts = [
        f"{money(v, study.currency)} a week {word} {study.labels[str(n)]}"
        for n, v in changes.head(most).items()
    ]
    others = changes.iloc[most:]
    if len(others):
        who = study.labels[str(others.index[0])] if len(others) == 1 else "others"
        parts.append(f"{money(float(others.sum()), study.currency)} {word} {who}")
    return listing(parts)


def fixed_and_extra(plan: Plan, extra: OptimalPlan, study: Study) -> str:
    """Say where extra money would go and what it would earn."""
    amount = extra.budget - float(plan.total_spend.sum())
    gain = float(extra.best.gain.mean())
    up = pd.Series(extra.best.spend - plan.total_spend, index=plan.channels)
    best = listing([study.labels[str(n)] for n in up.nlargest(2).index if up[n] > 0])
    return (
        f"With {money(amount, study.currency)} more over the window, the best plan earns "
        f"{money(gain, study.currency, signed=True)} against today, most of it through more "
        f"{best or 'of everything'}."
    )


def plan_under_truth(optimal: OptimalPlan, true_gain: float | None, study: Study) -> str:
    """Say what the plan would earn in the true world of a simulated study.

    Parameters
    ----------
    optimal : OptimalPlan
        The optimum under the model.
    true_gain : float or None
        Its gain under the truth, currency; None where the truth is not known.
    study : Study
        The study.
    """
    if true_gain is None:
        return "The truth of real data is not known: run the plan in some regions first."
    promised = float(optimal.best.gain.mean())
    return (
        f"Promised {money(promised, study.currency, signed=True)}, the plan really earns "
        f"{money(true_gain, study.currency, signed=True)}. The gap is what errors in the curves "
        f"cost, and it is usually on this side: an optimizer picks what the model overrates."
    )
