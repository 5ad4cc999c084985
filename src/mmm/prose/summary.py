"""The executive summary: the answer, three recommendations, and what to distrust."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmm.data import WeeklyData
from mmm.findings import Finding
from mmm.formatting import money, percent, ratio
from mmm.optimization import OptimalPlan
from mmm.optimization.certificate import LIKELY, TOGETHER, cautions
from mmm.prose.money import spread
from mmm.prose.plans import plan_in_words
from mmm.prose.words import gain_in_words, listing, outcome, window_of
from mmm.returns import Plan
from mmm.study import Study


def insights(
    returns: pd.DataFrame, plan: Plan, optimal: OptimalPlan, revenue: float, study: Study
) -> str:
    """Name top channel, underperformer and reallocation in one paragraph.

    Parameters
    ----------
    returns : DataFrame
        Result of :func:`mmm.returns.channel_returns`.
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
    return (
        f"Top channel: {study.labels[top['channel']]} with an ROI of {ratio(top['roi'])}"
        f"{spread(top['roi_low'], top['roi_high'], study)}. "
        f"Underperformer: {study.labels[bottom['channel']]} with {ratio(bottom['roi'])}"
        f"{spread(bottom['roi_low'], bottom['roi_high'], study)}. "
        f"Recommended reallocation: {plan_in_words(plan, optimal.best, revenue, study)}"
    )


def _extremes(returns: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    ordered = returns.sort_values("roi", ascending=False)
    return ordered.iloc[0], ordered.iloc[-1]


def executive_summary(
    returns: pd.DataFrame,
    plan: Plan,
    optimal: OptimalPlan,
    extra: OptimalPlan,
    totals: pd.Series,
    findings: list[Finding],
    weekly: WeeklyData,
    study: Study,
    *,
    simulated: bool,
) -> dict[str, Any]:
    """Return the first screen of the report as data.

    Parameters
    ----------
    returns : DataFrame
        Result of :func:`mmm.returns.channel_returns`.
    plan : Plan
        The current plan.
    optimal, extra : OptimalPlan
        Best plan at the same total, and with extra money.
    totals : Series
        Contribution of each source in the window; they add up to the fitted revenue.
    findings : list of Finding
        All checks; what is not PASS is repeated under what to distrust.
    weekly : WeeklyData
        The data.
    study : Study
        The study.
    simulated : bool
        Whether the truth is known.

    Returns
    -------
    dict
        Keys headline, recommendations, tiles, distrust, key_figures, notes.
    """
    revenue = float(totals.sum())
    failed = [f for f in findings if f.status == "FAIL" and f.check not in (LIKELY, TOGETHER)]
    headline = _headline(returns, optimal, revenue, study)
    advice = _recommendations(returns, plan, optimal, extra, revenue, study)
    if failed:
        reasons = listing([f.check for f in failed])
        headline = (
            f"These data cannot carry a decision yet: {reasons} failed. {_AT_FACE} {headline}"
        )
        money_advice = f"{_AT_FACE} {advice[1]['text']}"
        no_money = {"title": "No new money on these figures", "text": money_advice}
        advice = [_hold_still(failed), no_money, advice[2]]
    return {
        "headline": headline,
        "recommendations": advice,
        "tiles": _tiles(plan, optimal, totals, weekly, study),
        "distrust": _distrust(returns, findings, simulated=simulated),
        "key_figures": ["returns", "allocation"],
        "notes": [
            *(
                []
                if returns["roi_low"].isna().all()
                else [f"Intervals hold {percent(study.interval)} of the posterior."]
            ),
            f"Margin {percent(study.margin)}: ROI is judged against "
            f"{ratio(1 / study.margin)} of revenue per unit of spend.",
        ],
    }


def _headline(returns: pd.DataFrame, optimal: OptimalPlan, revenue: float, study: Study) -> str:
    """Say who earns most, who least, and what a better split promises."""
    top, bottom = _extremes(returns)
    gain, labels = optimal.best.gain, study.labels
    text = (
        f"{labels[top['channel']]} earns most per unit of spend ({_ratio(top)}), "
        f"{labels[bottom['channel']]} least ({_ratio(bottom)}); "
    )
    if np.median(gain) <= 1e-6 * revenue:
        return f"{text}no other split of the same budget is sure enough to beat today's."
    share = percent(float(np.median(gain)) / revenue, signed=True, digits=1)
    text += f"a better split of the same budget promises {share} {outcome(study)}: "
    return f"{text}{gain_in_words(gain, study)}."


def _tiles(
    plan: Plan, optimal: OptimalPlan, totals: pd.Series, weekly: WeeklyData, study: Study
) -> list[dict[str, str]]:
    """Return the four figures below the headline."""
    revenue = float(totals.sum())
    media = 1 - float(totals["baseline"]) / revenue
    spend, gain = float(plan.total_spend.sum()), float(optimal.best.gain.mean())
    rows = [
        (
            outcome(study).capitalize(),
            money(revenue, study.currency),
            window_of(weekly, study),
        ),
        ("Media spend", money(spend, study.currency), f"{len(study.channels)} channels"),
        ("Due to media", percent(media), "channels and their synergy; the rest is baseline"),
        (
            "Gain from a better split",
            money(gain, study.currency, signed=True),
            "same budget, within the limits",
        ),
    ]
    return [{"label": label, "value": value, "note": note} for label, value, note in rows]


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
        Result of :func:`mmm.evaluation.model_summary`.
    alt : str
        The headline figure in words.
    study : Study
        The study.
    record : str
        Name of the estimator of record in the scores.
    """
    statuses = {f.status for f in findings}
    worst = next(status for status in ("FAIL", "REVIEW", "PASS") if status in statuses)
    model = scores[scores["model"] == record].iloc[0]
    naive = scores[scores["kind"] == "naive"].sort_values("holdout_mape").iloc[0]
    return {
        "title": study.title,
        "question": study.question,
        "headline": summary["headline"],
        "status": worst,
        "fit": f"Unseen weeks: {percent(model['holdout_mape'], digits=1)} off, "
        f"R² {ratio(model['holdout_r2'])}; best naive forecast "
        f"{percent(naive['holdout_mape'], digits=1)}.",
        "figure": "returns",
        "alt": alt,
    }


_AT_FACE = "At face value only:"


def _hold_still(failed: list[Finding]) -> dict[str, str]:
    remedies = " ".join(dict.fromkeys(f.remedy for f in failed if f.remedy))
    return {"title": "Do not move money on these figures", "text": remedies}


def _ratio(row: pd.Series) -> str:
    """Write an ROI with its interval, where there is one."""
    if np.isnan(row["roi_low"]):
        return ratio(row["roi"])
    return f"{ratio(row['roi'])}, {ratio(row['roi_low'])} to {ratio(row['roi_high'])}"


def _recommendations(
    returns: pd.DataFrame,
    plan: Plan,
    optimal: OptimalPlan,
    extra: OptimalPlan,
    revenue: float,
    study: Study,
) -> list[dict[str, str]]:
    added = extra.budget - float(plan.total_spend.sum())
    profit = float(extra.best.gain.mean() - optimal.best.gain.mean()) * study.margin - added
    verdict = "pays back" if profit > 0 else "does not pay back"
    low = returns.loc[returns["mroi"].idxmin()]
    remedies = [f.remedy for f in cautions(plan, optimal) if f.status != "PASS"]
    sure = not remedies
    return [
        {
            "title": "Reallocate the budget" if sure else "Try a better split before you buy it",
            "text": plan_in_words(plan, optimal.best, revenue, study)
            + ("" if sure else f" {remedies[0]}"),
        },
        {
            "title": f"{money(added, study.currency)} more {verdict}",
            "text": f"On top of the better split, {money(added, study.currency)} more would bring "
            f"back {money(profit + added, study.currency)}: "
            f"{money(profit, study.currency, signed=True)} after its cost.",
        },
        {
            "title": f"Put {study.labels[low['channel']]} to the test",
            "text": f"Its next unit of spend earns {ratio(low['mroi'])}, the least of all. Pause "
            f"it in some weeks or regions: that measures it better than any model.",
        },
    ]


def _distrust(returns: pd.DataFrame, findings: list[Finding], *, simulated: bool) -> list[str]:
    lines = [
        f"**{f.status}: {f.check}**: {f.finding.rstrip('.')}. {f.remedy}"
        for f in sorted(findings, key=lambda f: f.status)
        if f.status != "PASS"
    ]
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
