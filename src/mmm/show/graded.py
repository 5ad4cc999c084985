"""The first screen once channels are graded: what is not known leaves it, tests come first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from mmm.formatting import listing, percent
from mmm.show.answer import answer, in_one_sentence
from mmm.study.study import Study
from mmm.trust.grades import RELIABLE, WEAK, WeakMoves, weak_moves

#: Advice rests mostly on weak grades when more than this share of its money does.
MOSTLY = 0.5
#: What rests on weak grades is told from this share of the money that is given or taken.
TOLD = 0.1
#: Keys of advice that only grades need.
FOR_GRADES = ("moves", "graded", "what", "if_weak", "if_unknown", "if_known", "is_test")

Grades = Sequence[Mapping[str, str]]


def headline(
    summary: Mapping[str, Any], returns: pd.DataFrame, grades: Grades, study: Study
) -> str:
    """Return the headline without the verdicts on channels graded D, those on C marked.

    Parameters
    ----------
    summary : mapping
        Result of :func:`mmm.show.summary.executive`.
    returns : DataFrame
        Result of :func:`mmm.decide.returns.channel_returns`.
    grades : sequence of mapping
        Entry ``grades`` of :func:`mmm.show.grades.summary`.
    study : Study
        The study.
    """
    parts = dict(summary["parts"])
    metric = "grade_roi" if study.break_even is None else "grade_mroi"
    unknown = [row["channel"] for row in grades if row[metric] == "D"]
    bought = returns[returns["spend"] > 0].sort_values("roi", ascending=False)
    known = bought[~bought["channel"].isin(unknown)]
    left_out = bought.loc[bought["channel"].isin(unknown), "channel"].tolist()
    found = parts["verdicts"]  # stored by name; told by return
    verdicts = {name: found[name] for name in known["channel"] if name in found}
    doubtful = [row["channel"] for row in grades if row[metric] == "C"]
    said = answer(
        verdicts,
        known,
        study,
        is_guess=parts["is_guess"],
        unknown=left_out,
        doubtful=doubtful,
    )
    if mostly_weak(parts["moves"], grades):
        parts |= {"verb": "might add", "but": f", mostly on channels graded {' or '.join(WEAK)}"}
    return in_one_sentence(parts, said)


def mostly_weak(moves: Mapping[str, float], grades: Iterable[Mapping[str, str]]) -> bool:
    """Tell whether most of what a move takes or gives is of channels graded C or D (mROI)."""
    weak = _weak(moves, grades)
    given = -sum(min(change, 0.0) for change in moves.values())
    taken = sum(max(change, 0.0) for change in moves.values())
    return weak.given > MOSTLY * given or weak.taken > MOSTLY * taken


def _weak(moves: Mapping[str, float], grades: Iterable[Mapping[str, str]]) -> WeakMoves:
    return weak_moves(moves, {row["channel"]: row["grade_mroi"] for row in grades})


def advice(items: Sequence[Any], grades: Grades) -> list[Any]:
    """Say of each piece of advice how much of it rests on weak grades.

    Advice that rests mostly on them gets the title it has for that case; if that is the first
    piece, the test comes before it.

    Parameters
    ----------
    items : sequence
        Entry ``recommendations`` of :func:`mmm.show.summary.executive`.
    grades : sequence of mapping
        Entry ``grades`` of :func:`mmm.show.grades.summary`.
    """
    weak = [_is_weak(item, grades) for item in items]
    order = list(range(len(items)))
    if weak and weak[0]:
        order.sort(key=lambda place: not _get(items[place], "is_test"))
    return [_with_grades(items[place], grades, is_weak=weak[place]) for place in order]


def _get(item: Any, key: str) -> Any:
    return item.get(key) if isinstance(item, dict) else None


def _is_weak(item: Any, grades: Grades) -> bool:
    """Tell whether advice rests on weak grades: mostly, or, of a cut, on a channel graded D."""
    moves = _get(item, "moves")
    if not moves:
        return False
    unknown = _unknown(grades)
    is_cut = all(change <= 0 for change in moves.values())
    return mostly_weak(moves, grades) or (is_cut and any(moves.get(name) for name in unknown))


def _unknown(grades: Grades) -> list[str]:
    return [row["channel"] for row in grades if row["grade_mroi"] == "D"]


def _all_known(grades: Grades) -> bool:
    """Tell whether ROI and mROI of every channel are graded A or B."""
    marks = [row[name] for row in grades for name in ("grade_roi", "grade_mroi")]
    return bool(marks) and all(mark in RELIABLE for mark in marks)


def _with_grades(item: Any, grades: Grades, *, is_weak: bool) -> Any:
    if not isinstance(item, dict):
        return item
    kept = {key: value for key, value in item.items() if key not in FOR_GRADES}
    if "moves" not in item:
        text = item.get("if_unknown") if _unknown(grades) else None
        title = item.get("if_known") if _all_known(grades) else None
        return kept | ({"text": text} if text else {}) | ({"title": title} if title else {})
    what, name = item.get("what", "the move"), item.get("graded", "mROI")
    said = rests_on(item["moves"], grades, name, what=what)
    if is_weak and item.get("if_weak"):
        kept["title"] = item["if_weak"]
    return kept | {"text": f"{item.get('text', '')} {said}".strip()}


def rests_on(
    moves: Mapping[str, float],
    grades: Iterable[Mapping[str, str]],
    name: str = "mROI",
    *,
    what: str = "the move",
) -> str:
    r"""Say how much of a move rests on channels whose mROI is graded C or D; empty where little.

    Examples
    --------
    >>> grades = [{"channel": "tv", "label": "TV", "grade_mroi": "C"}]
    >>> rests_on({"tv": -900.0, "search": 900.0}, grades)
    '100\xa0% of the move comes from channels whose mROI is graded C or D (TV).'
    >>> rests_on({"tv": 9.0, "search": 900.0}, grades)
    ''
    """
    labels, graded = {}, {}
    for row in grades:
        labels[row["channel"]], graded[row["channel"]] = row["label"], row["grade_mroi"]
    weak = weak_moves(moves, graded)
    said: list[str] = []
    told: list[str] = []
    for verb, amount, sign in (("comes from", weak.given, -1), ("goes to", weak.taken, 1)):
        whole = sum(max(sign * change, 0.0) for change in moves.values())
        if amount > TOLD * whole:
            said.append(f"{percent(amount / whole)}{'' if said else f' of {what}'} {verb}")
            told += [name for name in weak.channels if sign * moves[name] > 0]
    if not said:
        return ""
    names = listing([labels[name] for name in weak.channels if name in told])
    return f"{' and '.join(said)} channels whose {name} is graded {' or '.join(WEAK)} ({names})."
