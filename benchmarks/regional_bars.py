"""The bars of ``regions.py``: what is measured, on which data sets, and what it must be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from bars_tables import FAMILIES
from regional_sets import CHASE, MERIDIAN, PULSES, WORLDS
from verdict_bars import Measured
from verdict_scores import paired
from verdict_tables import change_of, number

from mmm.trust.regional import CHASES

#: Name of the check that says whether spend that follows local demand misleads a regional fit.
CHECK = CHASES
EASY = tuple(name for name in WORLDS if name != CHASE)


class Bar(NamedTuple):
    """What is measured on which data sets, and what it must be.

    ``met`` sees the measure before and after, the change and its error, in units of the table.
    """

    name: str
    sets: tuple[str, ...]
    top: str
    bar: str
    met: Callable[[Measured], bool]
    bottom: str = "one"
    scale: float = 1.0
    digits: int = 0
    against: str = ""
    most: bool = False  #: Take the highest instead of the mean.

    def line(self, before: pd.DataFrame, after: pd.DataFrame) -> dict[str, Any] | None:
        """Return the bar as a line of the table; None where it was not measured.

        Parameters
        ----------
        before, after : DataFrame
            Scores of the same data sets, of what it is held against and of the regional fit.
        """
        found = self.measured(before, after)
        if found is None:
            return None
        return {
            "bar": f"{self.name} {self.bar}",
            "sets": found.sets,
            "against": number(found.old, self.digits),
            "regions": number(found.new, self.digits),
            "difference": change_of(found, max(self.digits, 1)),
            "met": "yes" if self.met(found) else "**no**",
        }

    def measured(self, before: pd.DataFrame, after: pd.DataFrame) -> Measured | None:
        """Return the measure in units of the table.

        Parameters
        ----------
        before, after : DataFrame
            As for :meth:`line`.
        """
        if self.top not in after or after[self.top].isna().all():
            return None
        if self.most:
            old, new = before[self.top].max(), after[self.top].max()
            return Measured(old, new, new - old, np.nan, len(after))
        *values, n = paired(before, after, self.top, self.bottom)
        if n:
            return Measured(*(self.scale * v for v in values), n)
        new = self.scale * ratio_of(after, self.top, self.bottom)
        return Measured(np.nan, new, np.nan, np.nan, int(after[self.top].notna().sum()))


def ratio_of(scores: pd.DataFrame, top: str, bottom: str) -> float:
    """Return a ratio of sums over the data sets that have a value; a mean with ``one`` below.

    Parameters
    ----------
    scores : DataFrame
        Scores by data set.
    top, bottom : str
        Columns.
    """
    known = scores[scores[top].notna()]
    return float(known[top].sum() / known[bottom].sum()) if len(known) else np.nan


def lower_by(points: float) -> Callable[[Measured], bool]:
    """Return the test of a measure that has to fall.

    Parameters
    ----------
    points : float
        By how much.
    """
    return lambda m: m.change <= -points


def between(low: float, high: float) -> Callable[[Measured], bool]:
    """Return the test of a measure that has to lie between two limits.

    Parameters
    ----------
    low, high : float
        The limits.
    """
    return lambda m: low <= m.new <= high


def not_worse(m: Measured) -> bool:
    """Tell whether a score that should be low has not risen by more than one standard error.

    Parameters
    ----------
    m : Measured
        The measure.
    """
    return m.change <= np.nan_to_num(m.error)


_FIVE = "five families:"
BARS = (
    Bar(f"{_FIVE} error %", FAMILIES, "error", "lower by >= 5 points", lower_by(5)),
    Bar(f"{_FIVE} rank", FAMILIES, "rank", ">= .60", between(0.6, 1), digits=2),
    Bar(f"{_FIVE} coverage %", FAMILIES, "coverage", "85 to 95", between(85, 95), scale=100),
    Bar(f"{_FIVE} interval score", FAMILIES, "interval_score", "lower", lower_by(0), digits=2),
    *(
        Bar(
            f"`{name}`: interval score",
            (name,),
            "interval_score",
            "not worse by more than 1 s.e.",
            not_worse,
            digits=2,
        )
        for name in FAMILIES
    ),
    Bar(
        f"{_FIVE} plan's share of the possible gain %",
        FAMILIES,
        "gain",
        "higher by >= 5 points",
        lambda m: m.change >= 5,
        bottom="possible",
        scale=100,
    ),
    Bar(f"`{PULSES}`: error %", (PULSES,), "error", "<= 36", between(0, 36)),
    Bar(f"`{PULSES}`: coverage %", (PULSES,), "coverage", "85 to 95", between(85, 95), scale=100),
    Bar(
        f"`{CHASE}`: error %",
        (CHASE,),
        "error",
        "not worse by more than 5 points",
        lambda m: m.change <= 5,
    ),
    Bar(f"`{CHASE}`: warned, % of sets", (CHASE,), "misled", ">= 90", between(90, 100), scale=100),
    Bar(
        f"`{CHASE}`: sets with a grade A or B, %",
        (CHASE,),
        "claimed",
        "none",
        between(0, 0),
        scale=100,
    ),
    Bar(
        f"outside `{CHASE}`: warned, % of sets", EASY, "misled", "<= 15", between(0, 15), scale=100
    ),
    Bar(
        "`scratch5`, `delayed`: spend graded A or B, %",
        ("scratch5", "delayed"),
        "claimed_spend",
        ">= 50",
        between(50, 100),
        scale=100,
    ),
    Bar("CPU s of fit and plan", WORLDS, "cpu_seconds", "<= 8", between(0, 8), digits=1),
    Bar("highest memory, MB", WORLDS, "peak_mb", "<= 450", between(0, 450), most=True),
    Bar("Meridian's sets: error %", WORLDS, "error", "lower", lower_by(0), against=MERIDIAN),
    Bar(
        "Meridian's sets: coverage %",
        WORLDS,
        "coverage",
        "nearer to 90",
        lambda m: abs(m.new - 90) < abs(m.old - 90),
        scale=100,
        against=MERIDIAN,
    ),
    Bar(
        "Meridian's sets: plan's share of the possible gain %",
        WORLDS,
        "gain",
        "higher",
        lambda m: m.change > 0,
        bottom="possible",
        scale=100,
        against=MERIDIAN,
    ),
    Bar(
        "Meridian's sets: CPU s",
        WORLDS,
        "cpu_seconds",
        "at most a thirtieth",
        lambda m: m.new <= m.old / 30,
        digits=1,
        against=MERIDIAN,
    ),
)
