"""The first screen: the answer, three recommendations, and what to distrust."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mmm.decide.plan import Plan
from mmm.decide.recommend import ChannelTest, MoreMoney, Moves, Recommendation, SpendLess
from mmm.findings import Finding, worst_of
from mmm.formatting import ends_of, money, percent, plural, ratio
from mmm.show.answer import (
    AT_FACE,
    answer,
    by_channel,
    extremes,
    few,
    in_one_sentence,
    parts_of,
)
from mmm.show.checks import failures
from mmm.show.distrust import distrust
from mmm.show.measures import (
    average_name,
    ends_of_returns,
    in_returns,
    marginal_name,
    not_bought,
    spread,
    unit_name,
)
from mmm.show.plan_words import moves_in_words, reach_in_words, sentence
from mmm.show.words import (
    amount_in_words,
    certainty_in_words,
    kpi_amount,
    outcome,
    outcome_amount,
)
from mmm.study.study import Study

#: What to do before the budget is changed where channels move together.
TOGETHER_FIRST = (
    "Channels move together here, so the draws know less than they say: try it in some regions "
    "or in small steps first."
)
#: What extra money does.
COMES_BACK = {
    "pays back": "pays back",
    "does not pay back": "does not pay back",
    "open": "may or may not pay back",
}
#: Why a channel is the one to test.
WHY_TEST = {
    "open answer": "No other open answer has as much money on it.",
    "lowest return": "It has the lowest return of all.",
    "widest interval": "Whether the next unit pays back can be told for every channel; this one's "
    "figure is the least exact.",
}
#: Said of a cut where the same money could be moved instead.
NOT_ON_TOP = "It is an alternative to moving the money, not an addition to it."
#: The same where no side of break-even can be told.
WHY_TEST_UNITS = "Its figure is the least exact."


def insights(returns: pd.DataFrame, moves: Moves, revenue: float, study: Study) -> str:
    """Name both ends of the order and the reallocation in one paragraph.

    Parameters
    ----------
    returns : DataFrame
        Result of :func:`mmm.decide.returns.channel_returns`.
    moves : Moves
        Result of :func:`mmm.decide.moves`.
    revenue : float
        Fitted revenue of the window, currency; units where they have no value.
    study : Study
        The study.
    """
    top, bottom = extremes(returns)
    under = (
        f"Lowest: {study.labels[bottom['channel']]} with "
        f"{in_returns(bottom['roi'], study)}"
        f"{spread(bottom['roi_low'], bottom['roi_high'], study)}. "
    )
    article = "an" if study.data.value_is_known else "a"
    return (
        f"Highest: {study.labels[top['channel']]} with {article} {average_name(study)} of "
        f"{in_returns(top['roi'], study)}{spread(top['roi_low'], top['roi_high'], study)}. "
        f"{under if top['channel'] != bottom['channel'] else ''}"
        f"Recommended reallocation: {sentence(moves, revenue, study)}"
    )


def executive(
    advice: Recommendation,
    returns: pd.DataFrame,
    plan: Plan,
    totals: pd.Series,
    findings: list[Finding],
    study: Study,
    *,
    simulated: bool,
) -> dict[str, Any]:
    """Return the first screen of the report as data.

    Parameters
    ----------
    advice : Recommendation
        Result of :func:`mmm.decide.recommend`.
    returns : DataFrame
        Result of :func:`mmm.decide.returns.channel_returns`.
    plan : Plan
        The current plan.
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
        Keys headline, parts (of the headline, for when grades are known), recommendations,
        tiles, distrust, failed, notes.
    """
    parts = parts_of(advice, returns, study)
    said = answer(advice.verdicts, returns, study, is_guess=parts["is_guess"])
    items = [_move(advice, study), _budget(advice, study), _test(advice.test, study)]
    return {
        "headline": in_one_sentence(parts, said),
        "parts": parts,
        "recommendations": _not_yet(advice, items) if advice.failed else items,
        "tiles": _tiles(plan, totals, study),
        "distrust": distrust(returns, plan, findings, study, simulated=simulated),
        "failed": failures(findings),
        "notes": _notes(returns, len(plan.weeks), study),
    }


def _not_yet(advice: Recommendation, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put holding still in the place of moving money."""
    remedies = " ".join(dict.fromkeys(f.remedy for f in advice.failed if f.remedy))
    hold = {"title": "Do not move money on these figures", "text": remedies}
    if advice.more is None:
        return [hold, *items[1:]]
    text = f"{AT_FACE} {items[1]['text']}"
    title = "No cut on these figures" if advice.less else "No new money on these figures"
    return [hold, items[1] | {"title": title, "if_weak": title, "text": text}, *items[2:]]


def _tiles(plan: Plan, totals: pd.Series, study: Study) -> list[dict[str, str]]:
    revenue, spend = float(totals.sum()), float(plan.total_spend.sum())
    media = 1 - float(totals["baseline"]) / revenue
    bought = int((plan.total_spend > 0).sum())
    channels = plural(bought, "channel")
    if bought < len(plan.channels):
        channels += f"; {len(plan.channels) - bought} not bought"
    return [
        _tile(outcome(study).capitalize(), outcome_amount(revenue, study), "fitted, mean"),
        _tile("Media spend", money(spend, study.currency), channels),
        _tile("Due to media", percent(media), f"{_media(totals)}; the rest is baseline"),
        _tile("Window", plural(len(plan.weeks), "week"), ends_of(plan.weeks)),
    ]


def _media(totals: pd.Series) -> str:
    """Name what of the sources is media: synergy only where the study has one."""
    return "channels and synergy" if any(" x " in str(s) for s in totals.index) else "channels"


def _notes(returns: pd.DataFrame, weeks: int, study: Study) -> list[str]:
    notes = [] if returns["roi_low"].isna().all() else [_interval_note(study)]
    silent = not_bought(returns, weeks, study)
    return [*notes, *([silent] if silent else []), _margin_note(study)]


def _interval_note(study: Study) -> str:
    return f"Intervals hold {percent(study.interval)} of the posterior."


def _margin_note(study: Study) -> str:
    """Say what a return is judged against."""
    if study.break_even is None:
        unit = unit_name(study)
        return f"Cost per {unit}: spend over the {outcome(study)} that it added."
    judged = f"ROI is judged against {ratio(study.break_even)} of revenue per unit of spend."
    if study.margin is None:
        return f"No margin was given: {judged}"
    return f"Margin {percent(study.margin)}: {judged}"


def _tile(label: str, value: str, note: str) -> dict[str, str]:
    return {"label": label, "value": value, "note": note}


def _move(advice: Recommendation, study: Study) -> dict[str, Any]:
    moves = advice.moves
    if moves.kept:
        return {
            "title": "Keep today's split",
            "text": "No move within the limits is sure enough of a gain.",
        }
    said = [moves_in_words(moves, study), reach_in_words(moves, study), advice.try_first]
    title = "Try a better split before you buy it" if advice.try_first else "Reallocate the budget"
    return {
        **_for_grades(moves.weekly, study, what="the move"),
        "if_weak": "Test before you move this money",
        "title": title,
        "money": f"{amount_in_words(moves.gain, study)} {outcome(study)}",
        "certainty": certainty_in_words(moves.gain, study),
        "text": ". ".join(filter(None, said)).rstrip(".") + ".",
    }


def _for_grades(weekly: pd.Series, study: Study, *, what: str) -> dict[str, Any]:
    """Return what says, once there are grades, how much of a change of spend rests on which."""
    return {
        "moves": by_channel(weekly),
        "graded": marginal_name(study),
        "what": what,
    }


def _budget(advice: Recommendation, study: Study) -> dict[str, Any]:
    """Advise on the total: a cut where one surely pays, else what more money would do."""
    if advice.more is None:
        return _value_first(study)
    if advice.less is not None:
        item = _less(advice.less, study)
        if set(advice.less.weekly.index) & set(advice.moves.weekly.index):
            item["text"] += f" {NOT_ON_TOP}"
    else:
        split = "today's split" if advice.moves.kept else "the better split"
        item = _more(advice.more, split, study)
    if not advice.together:
        return item
    title = item["title"]
    if advice.less is not None:
        title = f"Try this first: {title[:1].lower()}{title[1:]}"
    return item | {"title": title, "text": f"{item['text']} {TOGETHER_FIRST}"}


def _more(more: MoreMoney, split: str, study: Study) -> dict[str, Any]:
    added = money(more.added, study.currency)
    guess = " at the best guess" if len(more.profit) == 1 and more.verdict != "open" else ""
    return {
        **_for_grades(more.weekly, study, what="it"),
        "if_weak": f"{added} more {COMES_BACK['open']}",
        "title": f"{added} more {COMES_BACK[more.verdict]}{guess}",
        "money": f"{amount_in_words(more.profit, study)} after its cost",
        "certainty": certainty_in_words(more.profit, study),
        "text": f"Spent on top of {split}, {added} more would add "
        f"{amount_in_words(more.revenue, study, signed=False)} of {outcome(study)}.",
    }


def _value_first(study: Study) -> dict[str, str]:
    """Ask for the value of a unit in the place of advice that needs one."""
    unit = unit_name(study)
    return {
        "title": f"Say what one {unit} is worth",
        "text": f"Without it nobody can tell whether a {unit} is worth its cost, so nothing is "
        f"said of a larger or a smaller budget. Set `value_per_unit` or `value_column` under "
        f"[data], or run with `--value-per-unit`.",
    }


def _less(less: SpendLess, study: Study) -> dict[str, Any]:
    names = few([study.labels[str(name)] for name in less.weekly.index])
    return {
        **_for_grades(less.weekly, study, what="the cut"),
        "if_weak": f"Test before you spend less on {names}",
        "title": f"Spend less on {names}",
        "money": f"{amount_in_words(less.profit, study)} after what is lost",
        "certainty": certainty_in_words(less.profit, study),
        "text": f"More money there does not come back. Down to the lower limits of the plan, "
        f"{money(less.saved, study.currency)} is saved and "
        f"{amount_in_words(less.missed, study, signed=False)} of {outcome(study)} is lost.",
    }


def _test(test: ChannelTest, study: Study) -> dict[str, Any]:
    low, middle, high = test.mroi
    interval, why = ends_of_returns(low, high, study), WHY_TEST[test.reason]
    next_unit = "its next unit earns"
    if study.break_even is None:
        next_unit = f"its next {unit_name(study)} costs"
        why = WHY_TEST_UNITS if test.reason == "widest interval" else why
    how = (
        "Hold it out in some regions, or pause it in some weeks; "
        "notebook 08 simulates such tests for the channels with the weakest grades."
    )
    return {
        "is_test": True,
        "title": f"Put {study.labels[test.channel]} to the test",
        "money": f"{money(test.spend, study.currency)} at stake",
        "certainty": f"{next_unit} {in_returns(middle, study)}"
        + (f" ({percent(study.interval)}: {interval})" if interval else ""),
        "text": f"{why} {how}",
        **(_if_told(how, study.labels[test.channel]) if test.reason == "widest interval" else {}),
    }


def _if_told(how: str, label: str) -> dict[str, str]:
    """Return what is said once there are grades, of a test where every answer is told."""
    return {"if_unknown": how, "if_known": f"No test is urgent; if any, test {label}"}


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
        Result of :func:`executive`.
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
    model = scores[scores["model"] == record].iloc[0]
    naive = scores[scores["kind"] == "naive"].sort_values("holdout_rmse").iloc[0]
    return {
        "title": study.title,
        "question": study.question,
        "headline": summary["headline"],
        "status": worst_of(f.status for f in findings),
        "fit": f"Unseen weeks: off by {kpi_amount(model['holdout_rmse'], study)} (RMSE), "
        f"R² {ratio(model['holdout_r2'])}; best naive forecast "
        f"{kpi_amount(naive['holdout_rmse'], study)}.",
        "figure": "returns",
        "alt": alt,
    }
