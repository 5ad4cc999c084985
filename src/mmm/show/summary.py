"""The executive summary: the answer, three recommendations, and what to distrust."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmm.decide.certificate import LIKELY, TOGETHER, cautions
from mmm.decide.optimize import OptimalPlan
from mmm.decide.returns import SURE, Plan, chance_of_gain
from mmm.findings import Finding, worst_of
from mmm.formatting import between, ends_of, listing, money, percent, plural, ratio
from mmm.show.checks import failures, failures_in_words, open_lines
from mmm.show.plan_words import moves_in_words, plan_in_words, reach_in_words
from mmm.show.returns import spread
from mmm.show.words import (
    amount_in_words,
    certainty_in_words,
    interval_in_words,
    kpi_amount,
    outcome,
)
from mmm.study.study import Study

#: Before what would be said if every check had passed.
AT_FACE = "At face value only:"


def insights(
    returns: pd.DataFrame, plan: Plan, optimal: OptimalPlan, revenue: float, study: Study
) -> str:
    """Name top channel, underperformer and reallocation in one paragraph.

    Parameters
    ----------
    returns : DataFrame
        Result of :func:`mmm.decide.returns.channel_returns`.
    plan : Plan
        The current plan.
    optimal : OptimalPlan
        The best plan at the same total.
    revenue : float
        Fitted revenue of the window.
    study : Study
        The study.
    """
    top, bottom = _extremes(returns)
    under = (
        f"Underperformer: {study.labels[bottom['channel']]} with {ratio(bottom['roi'])}"
        f"{spread(bottom['roi_low'], bottom['roi_high'], study)}. "
    )
    return (
        f"Top channel: {study.labels[top['channel']]} with an ROI of {ratio(top['roi'])}"
        f"{spread(top['roi_low'], top['roi_high'], study)}. "
        f"{under if top['channel'] != bottom['channel'] else ''}"
        f"Recommended reallocation: {plan_in_words(plan, optimal.best, revenue, study)}"
    )


def _extremes(returns: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the channels with the highest and the lowest ROI, of those that spend at all."""
    spending = returns.dropna(subset=["roi"]) if returns["roi"].notna().any() else returns
    ordered = spending.sort_values("roi", ascending=False)
    return ordered.iloc[0], ordered.iloc[-1]


def executive_summary(
    returns: pd.DataFrame,
    plan: Plan,
    optimal: OptimalPlan,
    extra: OptimalPlan,
    totals: pd.Series,
    findings: list[Finding],
    study: Study,
    *,
    simulated: bool,
) -> dict[str, Any]:
    """Return the first screen of the report as data.

    Parameters
    ----------
    returns : DataFrame
        Result of :func:`mmm.decide.returns.channel_returns`.
    plan : Plan
        The current plan.
    optimal, extra : OptimalPlan
        Best plan at the same total, and with extra money.
    totals : Series
        Contribution of each source in the window; they add up to the fitted revenue.
    findings : list of Finding
        All checks; what is not PASS is repeated under what to distrust.
    study : Study
        The study.
    simulated : bool
        Whether the truth is known.

    Returns
    -------
    dict
        Keys headline, recommendations, tiles, distrust, failed, notes.
    """
    headline = _answer(returns, plan, optimal, study)
    advice = _recommendations(returns, plan, optimal, extra, study)
    failed = [f for f in findings if f.status == "FAIL" and f.check not in (LIKELY, TOGETHER)]
    if failed:
        headline, advice = _not_yet(failed, headline, advice)
    return {
        "headline": headline,
        "recommendations": advice,
        "tiles": _tiles(plan, totals, study),
        "distrust": _distrust(returns, findings, simulated=simulated),
        "failed": failures(findings),
        "notes": _notes(returns, study),
    }


def _not_yet(
    failed: list[Finding], headline: str, advice: list[dict[str, Any]]
) -> tuple[str, list[dict[str, Any]]]:
    """Put what failed before the answer, and holding still in the place of moving money."""
    why = f"These data cannot carry a decision yet: {failures_in_words(failed)}."
    remedies = " ".join(dict.fromkeys(f.remedy for f in failed if f.remedy))
    hold = {"title": "Do not move money on these figures", "text": remedies}
    text = f"{AT_FACE} {advice[1]['text']}"
    no_money = advice[1] | {"title": "No new money on these figures", "text": text}
    return f"{why} {AT_FACE} {headline}", [hold, no_money, *advice[2:]]


def _tiles(plan: Plan, totals: pd.Series, study: Study) -> list[dict[str, str]]:
    revenue, spend = float(totals.sum()), float(plan.total_spend.sum())
    media = 1 - float(totals["baseline"]) / revenue
    return [
        _tile(outcome(study).capitalize(), money(revenue, study.currency), "fitted, mean"),
        _tile("Media spend", money(spend, study.currency), plural(len(plan.channels), "channel")),
        _tile("Due to media", percent(media), "channels and synergy; the rest is baseline"),
        _tile("Window", plural(len(plan.weeks), "week"), ends_of(plan.weeks)),
    ]


def _notes(returns: pd.DataFrame, study: Study) -> list[str]:
    margin = (
        f"Margin {percent(study.margin)}: ROI is judged against {ratio(1 / study.margin)} of "
        f"revenue per unit of spend."
    )
    if returns["roi_low"].isna().all():
        return [margin]
    return [f"Intervals hold {percent(study.interval)} of the posterior.", margin]


def _tile(label: str, value: str, note: str) -> dict[str, str]:
    return {"label": label, "value": value, "note": note}


def _answer(returns: pd.DataFrame, plan: Plan, optimal: OptimalPlan, study: Study) -> str:
    """Answer the study's question in one sentence."""
    ordered = returns.sort_values("roi", ascending=False)
    sure, lost = ordered["p_earns"] >= SURE, ordered["p_earns"] <= 1 - SURE
    groups = {
        ("earns back its next unit of spend", "earn back their next unit of spend"): sure,
        ("does not", "do not"): lost,
        ("may or may not", "may or may not"): ~sure & ~lost,
    }
    clauses: list[str] = []
    for (one, many), members in groups.items():
        names = [study.labels[name] for name in ordered.loc[members, "channel"]]
        if names:
            verb = one if len(names) == 1 else many
            if not clauses and not members.equals(sure):
                verb += f" earn back {'its' if len(names) == 1 else 'their'} next unit of spend"
            clauses.append(f"{_names(names)} {verb}")
    return f"{', '.join(clauses)}; {_promise(plan, optimal, study)}."


def _names(names: list[str], *, most: int = 5) -> str:
    """List names; of many the first and the last ones."""
    if len(names) <= most:
        return listing(names)
    return listing([*names[: most - 2], plural(len(names) - most + 1, "other"), names[-1]])


def _promise(plan: Plan, optimal: OptimalPlan, study: Study) -> str:
    moved = float(np.clip(optimal.best.spend - plan.total_spend, 0, None).sum())
    if not moves_in_words(plan, optimal.best, study):
        return "no other split of the same budget is sure enough to beat today's"
    gain = amount_in_words(optimal.best.gain, study)
    interval = interval_in_words(optimal.best.gain, study)
    return (
        f"moving {money(moved, study.currency)} within the same budget promises {gain} "
        f"{outcome(study)}" + (f" ({interval})" if interval else "")
    )


def card(
    summary: dict[str, Any],
    findings: list[Finding],
    scores: pd.DataFrame,
    alt: str,
    study: Study,
    *,
    record: str,
) -> dict[str, str]:
    """Return the study's card on the portfolio page as data.

    Parameters
    ----------
    summary : dict
        Result of :func:`executive_summary`.
    findings : list of Finding
        All checks; the worst one marks the card.
    scores : DataFrame
        Result of :func:`mmm.model.evaluation.model_summary`.
    alt : str
        The headline figure in words.
    study : Study
        The study.
    record : str
        Name of the estimator of record in the scores.
    """
    worst = worst_of(f.status for f in findings)
    model = scores[scores["model"] == record].iloc[0]
    naive = scores[scores["kind"] == "naive"].sort_values("holdout_rmse").iloc[0]
    return {
        "title": study.title,
        "question": study.question,
        "headline": summary["headline"],
        "status": worst,
        "fit": f"Unseen weeks: off by {kpi_amount(model['holdout_rmse'], study)} (RMSE), "
        f"R² {ratio(model['holdout_r2'])}; best naive forecast "
        f"{kpi_amount(naive['holdout_rmse'], study)}.",
        "figure": "returns",
        "alt": alt,
    }


def _recommendations(
    returns: pd.DataFrame, plan: Plan, optimal: OptimalPlan, extra: OptimalPlan, study: Study
) -> list[dict[str, Any]]:
    more, sure = _more_money(plan, optimal, extra, study)
    less = _spend_less(returns, plan, optimal, study) if sure <= 1 - SURE else None
    return [_move(plan, optimal, study), less or more, _test(returns, study)]


def _move(plan: Plan, optimal: OptimalPlan, study: Study) -> dict[str, Any]:
    moves, gain = moves_in_words(plan, optimal.best, study), optimal.best.gain
    if not moves:
        return {
            "title": "Keep today's split",
            "text": "No move within the limits is sure enough of a gain.",
        }
    reached = reach_in_words(plan, optimal.best, study)
    remedies = [f.remedy for f in cautions(plan, optimal) if f.status != "PASS"]
    weekly = (optimal.best.spend - plan.total_spend) / len(plan.weeks)
    cent, pairs = 0.01 / len(plan.weeks), zip(plan.channels, weekly, strict=True)
    return {
        "moves": {name: float(change) for name, change in pairs if abs(change) > cent},
        "currency": study.currency,
        "title": "Try a better split before you buy it" if remedies else "Reallocate the budget",
        "money": f"{amount_in_words(gain, study)} {outcome(study)}",
        "certainty": certainty_in_words(gain, study),
        "text": ". ".join(filter(None, [moves, reached, *remedies[:1]])).rstrip(".") + ".",
    }


def _more_money(
    plan: Plan, optimal: OptimalPlan, extra: OptimalPlan, study: Study
) -> tuple[dict[str, str], float]:
    """Return what extra money would bring, and how likely it is to come back."""
    added = extra.budget - float(plan.total_spend.sum())
    brought = extra.best.gain - optimal.best.gain
    profit = brought * study.margin - added
    sure = float(profit[0] > 0) if len(profit) == 1 else chance_of_gain(profit)
    verdict = "may or may not pay back"
    if sure >= SURE:
        verdict = "pays back"
    elif sure <= 1 - SURE:
        verdict = "does not pay back"
    split = "the better split" if moves_in_words(plan, optimal.best, study) else "today's split"
    advice = {
        "title": f"{money(added, study.currency)} more {verdict}",
        "money": f"{amount_in_words(profit, study)} after its cost",
        "certainty": certainty_in_words(profit, study),
        "text": f"Spent on top of {split}, {money(added, study.currency)} more would "
        f"bring {amount_in_words(brought, study, signed=False)} of {outcome(study)}.",
    }
    return advice, sure


def _spend_less(
    returns: pd.DataFrame, plan: Plan, optimal: OptimalPlan, study: Study
) -> dict[str, str] | None:
    """Advise to cut what surely does not pay back to its limits; None where no cut surely pays."""
    names = returns.loc[returns["p_earns"] <= 1 - SURE, "channel"]
    lost = np.isin(plan.channels, names)
    spend = np.where(lost, np.minimum(optimal.low, plan.total_spend), plan.total_spend)
    saved = float((plan.total_spend - spend).sum())
    share = np.divide(spend, plan.total_spend, out=np.ones(len(spend)), where=plan.total_spend > 0)
    missed = plan.revenue(np.ones(len(spend))) - plan.revenue(share)
    profit = saved - missed * study.margin
    if not chance_of_gain(profit) >= SURE:  # also where nothing can be cut
        return None
    cut = [study.labels[plan.channels[c]] for c in np.flatnonzero(spend < plan.total_spend)]
    return {
        "title": f"Spend less on {_names(cut)}",
        "money": f"{amount_in_words(profit, study)} after what is lost",
        "certainty": certainty_in_words(profit, study),
        "text": f"More money there does not come back. Down to the lower limits of the plan, "
        f"{money(saved, study.currency)} is saved and "
        f"{amount_in_words(missed, study, signed=False)} of {outcome(study)} is lost.",
    }


def _test(returns: pd.DataFrame, study: Study) -> dict[str, str]:
    """Name the channel whose test would tell most: the most money on an open answer."""
    doubt = np.minimum(returns["p_earns"], 1 - returns["p_earns"])
    is_open = doubt > 1 - SURE
    is_point = returns["mroi_low"].isna().all()
    if is_open.any():
        why = "No other open answer has as much money on it."
        row = returns.loc[(doubt * returns["spend"]).where(is_open).idxmax()]
    elif is_point:
        why, row = "The least of all.", returns.loc[returns["mroi"].idxmin()]
    else:
        why = "Every channel's side of break-even is told; this one's figure is the least exact."
        row = returns.loc[(returns["mroi_high"] / returns["mroi_low"]).idxmax()]
    interval = between(row["mroi_low"], row["mroi_high"], ratio)
    return {
        "title": f"Put {study.labels[row['channel']]} to the test",
        "money": f"{money(row['spend'], study.currency)} at stake",
        "certainty": f"its next unit earns {ratio(row['mroi'])}"
        + (f" ({percent(study.interval)}: {interval})" if interval else ""),
        "text": f"{why} Hold it out in some regions, or pause it in some weeks; "
        "notebook 08 plays such tests for the channels with the weakest grades.",
    }


def _distrust(returns: pd.DataFrame, findings: list[Finding], *, simulated: bool) -> list[str]:
    lines = open_lines(findings)
    if np.isnan(returns["roi_low"]).all():
        lines.append(
            "These are point estimates: the ridge says how much, not how sure. Differences "
            "between channels of similar ROI are not established."
        )
    lines.append(
        "The model sees correlation. If spend follows demand that no column measures, returns "
        "are overstated."
    )
    if simulated:
        lines.append("The data are simulated: the truth stands beside the estimates below.")
    return lines
