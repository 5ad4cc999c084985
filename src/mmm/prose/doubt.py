"""Sentences on what intervals leave out: no effect at all, others' choices, and weak grades."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from mmm.formatting import money, percent, ratio
from mmm.prose.words import listing
from mmm.study import Study

#: Grades that a budget should not rest on.
WEAK = ("C", "D")


def nothing_reading(table: pd.DataFrame, study: Study) -> str:
    """Say which channels may be doing nothing at all.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.trust.nothing.nothing_table`.
    study : Study
        The study.
    """
    believed = percent(study.trust.nothing)
    if table["chance"].isna().all():
        return "One best guess per channel has no chance of being nothing: fit with intervals."
    idle = table[table["chance"] > (1 - study.interval) / 2]
    parts = [f"{study.labels[r.channel]} ({percent(r.chance)})" for r in idle.itertuples()]
    start = f"To whoever expects {believed} of all channels to do nothing, these data"
    if not parts:
        return f"{start} leave no channel of which that is a serious possibility."
    return (
        f"{start} leave that possibility open for {listing(parts)}. With it, the interval of the "
        f"return begins at zero."
    )


def wider_reading(wider: pd.DataFrame, record: pd.DataFrame, study: Study) -> str:
    """Say how much wider the intervals are when other choices and nothing are counted.

    Parameters
    ----------
    wider : DataFrame
        Result of :func:`mmm.trust.wider.wider_table`.
    record : DataFrame
        Columns channel, roi_low and roi_high of the model of record.
    study : Study
        The study.
    """
    if wider["roi_low"].isna().all():
        return "One best guess per channel has no interval to widen."
    both = wider.merge(record, on="channel", suffixes=("", "_own"))
    factor = (both["roi_high"] - both["roi_low"]) / (both["roi_high_own"] - both["roi_low_own"])
    most = factor.idxmax()
    return (
        f"They are {ratio(float(factor.median()))} times as wide as those of the model of record "
        f"(median of the channels), and {ratio(float(factor[most]))} times for "
        f"{study.labels[both.loc[most, 'channel']]}."
    )


def rests_on(
    moves: Mapping[str, float], grades: Iterable[Mapping[str, str]], currency: str
) -> str:
    """Say how much of a move rests on channels whose mROI is graded C or D; empty where nothing.

    Examples
    --------
    >>> grades = [{"channel": "tv", "label": "TV", "grade_mroi": "C"}]
    >>> rests_on({"tv": -900.0, "search": 900.0}, grades, "USD")
    '$900 a week of the move comes from channels whose mROI is graded C or D (TV).'
    """
    labels = {g["channel"]: g["label"] for g in grades if g["grade_mroi"] in WEAK}
    weak = {name: change for name, change in moves.items() if name in labels and change}
    given = -sum(change for change in weak.values() if change < 0)
    taken = sum(change for change in weak.values() if change > 0)
    start = {"comes from": given, "goes to": taken}
    said = [f"{money(amount, currency)} {verb}" for verb, amount in start.items() if amount]
    if not said:
        return ""
    first = (
        said[0]
        .replace(" comes", " a week of the move comes")
        .replace(" goes", " a week of the move goes")
    )
    names = listing([labels[name] for name in sorted(weak, key=lambda n: -abs(weak[n]))])
    return (
        f"{' and '.join([first, *said[1:]])} channels whose mROI is graded "
        f"{' or '.join(WEAK)} ({names})."
    )
