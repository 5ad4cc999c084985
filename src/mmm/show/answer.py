"""The headline: which channels earn back their next unit of spend, and what a move would add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mmm.decide.recommend import Moves, Recommendation, next_unit
from mmm.formatting import listing, money, percent, plural
from mmm.show.checks import failures_in_words
from mmm.show.measures import in_returns, unit_name
from mmm.show.words import amount_in_words, interval_in_words, outcome, promises
from mmm.study.study import Study

#: Before what would be said if every check had passed.
AT_FACE = "At face value only:"
#: What a channel's next unit of spend does, of one channel and of several.
EARNS = {
    "pays back": ("earns back its next unit of spend", "earn back their next unit of spend"),
    "does not pay back": ("does not", "do not"),
    "open": ("may or may not", "may or may not"),
}


def parts_of(advice: Recommendation, returns: pd.DataFrame, study: Study) -> dict[str, Any]:
    """Return what the headline is made of.

    Parameters
    ----------
    advice : Recommendation
        Result of :func:`mmm.decide.recommend`.
    returns : DataFrame
        Result of :func:`mmm.decide.returns.channel_returns`.
    study : Study
        The study.
    """
    before = ""
    if advice.failed:
        why = f"These data cannot carry a decision yet: {failures_in_words(advice.failed)}."
        before = f"{why} {AT_FACE} "
    move, verb, gain = _promise(advice.moves, study)
    return {
        "before": before,
        "verdicts": dict(advice.verdicts),
        "is_guess": bool(returns["roi_low"].isna().all()),
        "moves": by_channel(advice.moves.weekly),
        "move": move,
        "verb": verb,
        "gain": gain,
        "but": "",
    }


def in_one_sentence(parts: Mapping[str, Any], said: str) -> str:
    """Return the headline: what failed, what channels earn, and what a move would add."""
    move = " ".join(filter(None, (parts["move"], parts["verb"], parts["gain"])))
    return f"{parts['before']}{said}; {move}{parts['but']}."


def by_channel(weekly: pd.Series) -> dict[str, float]:
    """Return changes in spend by channel, shape (n_channels,), as plain numbers."""
    return {str(name): float(change) for name, change in weekly.items()}


def answer(
    verdicts: Mapping[str, str],
    returns: pd.DataFrame,
    study: Study,
    *,
    is_guess: bool,
    unknown: Sequence[str] = (),
    doubtful: Sequence[str] = (),
) -> str:
    """Say which channels earn back their next unit of spend, and which do not.

    Parameters
    ----------
    verdicts : mapping of str to str
        Side of break-even per channel.
    returns : DataFrame
        Returns of the same channels.
    study : Study
        The study.
    is_guess : bool
        Whether the model has no intervals.
    unknown : sequence of str
        Channels of which these data cannot tell it.
    doubtful : sequence of str
        Channels of which they tell a direction at most: their grade stands beside their names.
    """
    labels = study.labels | {name: f"{study.labels[name]} (grade C)" for name in doubtful}
    if not unknown:
        return _known(verdicts, returns, study, labels, is_guess=is_guess)
    names = few([study.labels[name] for name in unknown])
    if returns.empty:
        what = "earns" if study.break_even is not None else "buys"
        return f"What the next unit of spend on {names} {what} is not known (grade D)"
    said = _known(verdicts, returns, study, labels, is_guess=is_guess)
    return f"{said}; not known (grade D): {names}"


def _known(
    verdicts: Mapping[str, str],
    returns: pd.DataFrame,
    study: Study,
    labels: Mapping[str, str],
    *,
    is_guess: bool,
) -> str:
    if study.break_even is None:
        return _cheapest(returns, study, labels)
    clauses: list[str] = []
    for verdict, (one, many) in EARNS.items():
        names = [labels[c] for c, found in verdicts.items() if found == verdict]
        if not names:
            continue
        verb = one if len(names) == 1 else many
        if not clauses and verdict != "pays back":
            verb += f" earn back {'its' if len(names) == 1 else 'their'} next unit of spend"
        clauses.append(f"{few(names)} {verb}")
    said = ", ".join(clauses)
    return f"Best guesses suggest that {said}" if is_guess else said


def _cheapest(returns: pd.DataFrame, study: Study, labels: Mapping[str, str]) -> str:
    """Say where a unit of the KPI costs least and most: no side of break-even is known."""
    top, bottom = extremes(returns)
    first, last = labels[top["channel"]], labels[bottom["channel"]]
    least, most = in_returns(top["roi"], study), in_returns(bottom["roi"], study)
    if first == last:
        return f"{first} buys one {unit_name(study)} for {least}"
    return f"One {unit_name(study)} costs least on {first} ({least}) and most on {last} ({most})"


def few(names: list[str], *, most: int = 5) -> str:
    """List names; of many the first and the last ones."""
    if len(names) <= most:
        return listing(names)
    return listing([*names[: most - 2], plural(len(names) - most + 1, "other"), names[-1]])


def _promise(moves: Moves, study: Study) -> tuple[str, str, str]:
    """Return a move, the verb for its gain, and its gain."""
    if moves.kept:
        return "no other split of the same budget is sure enough to beat today's", "", ""
    interval = interval_in_words(moves.gain, study)
    gain = f"{amount_in_words(moves.gain, study)} {outcome(study)}"
    return (
        f"moving {money(moves.amount, study.currency)} within the same budget",
        promises(moves.gain, study),
        gain + (f" ({interval})" if interval else ""),
    )


def extremes(returns: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the channels with the highest and the lowest ROI, of those that spend at all."""
    spending = returns.dropna(subset=["roi"]) if returns["roi"].notna().any() else returns
    ordered = spending.sort_values("roi", ascending=False)
    return ordered.iloc[0], ordered.iloc[-1]


def next_unit_in_words(row: pd.Series, study: Study) -> str:
    """Say of a row of the table of returns whether the next unit of money earns its keep."""
    found, is_guess = next_unit(row, study.profit_margin or 1.0), np.isnan(row["mroi_low"])
    if found == "open":
        chance = "" if is_guess else f" ({percent(row['p_earns'])} likely)"
        return f"whether the next unit pays is open{chance}"
    guess = " at the best guess" if is_guess else ""
    return f"the next unit {'still pays' if found == 'pays back' else found}{guess}"
