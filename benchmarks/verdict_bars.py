"""The bars of ``verdicts.py``: what is measured, on which data sets, and what it must be."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bars_tables import FAMILIES, HARD, LOSS
from recipes import BATTERY
from verdict_scores import SURE, SURER, WRONG
from verdict_sets import SEEDS

#: Families whose plans must not lose, and worlds of the battery.
CALM = tuple(family for family in FAMILIES if family != HARD)
OF_BATTERY = tuple(BATTERY)


class Measured(NamedTuple):
    """A measure of both packages on the same data sets."""

    old: float
    new: float
    change: float
    error: float  #: Standard error of the change.
    sets: int


class Bar(NamedTuple):
    """What is measured, on which data sets, and what it must be."""

    name: str
    sets: tuple[str, ...]
    top: str
    bottom: str = "one"
    scale: float = 1.0
    digits: int = 0
    bar: str = ""
    met: Callable[[Measured], bool] | None = None


def at_least(limit: float) -> Callable[[Measured], bool]:
    """Return the test of a bar from below.

    Parameters
    ----------
    limit : float
        The bar.
    """
    return lambda m: m.new >= limit


def at_most(limit: float) -> Callable[[Measured], bool]:
    """Return the test of a bar from above.

    Parameters
    ----------
    limit : float
        The bar.
    """
    return lambda m: m.new <= limit


def falls_by(least: float, errors: float = 0.0) -> Callable[[Measured], bool]:
    """Return the test of a bar of the difference.

    Parameters
    ----------
    least : float
        So much lower at least,
    errors : float, default 0
        and by so many standard errors.
    """
    return lambda m: m.change <= -least and m.change < -errors * m.error


BARS = (
    Bar("bench: error %", FAMILIES, "error", bar="-3 or better", met=falls_by(3)),
    Bar(
        "bench: ROI covered %",
        FAMILIES,
        "coverage",
        scale=100,
        bar="86 to 94",
        met=lambda m: 86 <= m.new <= 94,
    ),
    Bar(
        "bench: interval score",
        FAMILIES,
        "interval_score",
        digits=2,
        bar="lower by 2 s.e.",
        met=falls_by(0, 2),
    ),
    Bar("bench: width %", FAMILIES, "width", bar="<= 160", met=at_most(160)),
    Bar("bench: rank", FAMILIES, "rank", digits=2),
    Bar("bench: mROI covered %", FAMILIES, "m_coverage", scale=100),
    Bar(f"`{HARD}`: error %", (HARD,), "error", bar="-10 or better", met=falls_by(10)),
    Bar(
        "plans: share of the possible gain, %",
        FAMILIES,
        "gain",
        "possible",
        100,
        bar="not below by more than 1 s.e. (aim 66)",
        met=lambda m: m.change >= -m.error,
    ),
    Bar(
        f"plans: true losses above {LOSS} % outside `{HARD}`, % of the plans",
        CALM,
        "lost",
        scale=100,
        bar="0",
        met=at_most(0),
    ),
    Bar("plans: true gain inside the promised interval, %", FAMILIES, "kept", scale=100),
    Bar("battery: A covers, %", OF_BATTERY, "a_inside", "a", 100, bar=">= 88", met=at_least(88)),
    Bar("the same by the interval of notebook 08", OF_BATTERY, "a_inside_wider", "a", 100),
    Bar("battery: A and B cover, %", OF_BATTERY, "claimed_inside", "claimed", 100),
    Bar(
        f"battery: A and B in unwarned sets off by > {WRONG:.0%}, %",
        OF_BATTERY,
        "silent",
        "unwarned",
        100,
        bar="<= 6",
        met=at_most(6),
    ),
    Bar("battery: A and B in unwarned sets, a set", OF_BATTERY, "unwarned", digits=1),
    Bar(
        "trend break: error %",
        ("trend break",),
        "error",
        bar="a quarter less",
        met=lambda m: m.new <= 0.75 * m.old,
    ),
    Bar(
        "clean: sets with any REVIEW or FAIL, %",
        ("clean",),
        "warned",
        scale=100,
        bar="<= 15",
        met=at_most(15),
    ),
    Bar(
        "clean: spend graded A or B, %",
        ("clean",),
        "claimed_spend",
        scale=100,
        bar=">= 50",
        met=at_least(50),
    ),
    Bar(
        "holiday block: ROI covered %",
        ("holiday block",),
        "coverage",
        scale=100,
        bar=">= 87",
        met=at_least(87),
    ),
    Bar(
        "holiday block: mROI covered %",
        ("holiday block",),
        "m_coverage",
        scale=100,
        bar=">= 89",
        met=at_least(89),
    ),
    Bar(
        "holiday block: interval score",
        ("holiday block",),
        "interval_score",
        digits=2,
        bar="lower by 1 s.e.",
        met=falls_by(0, 1),
    ),
    Bar(
        "holiday block: forecast, MAE %",
        ("holiday block",),
        "forecast_mae",
        digits=2,
        bar="<= 4.4",
        met=at_most(4.4),
    ),
    Bar("holiday block: forecast, CRPS %", ("holiday block",), "forecast_crps", digits=2),
    Bar(
        "holiday block: forecast's weeks covered %",
        ("holiday block",),
        "forecast_coverage",
        scale=100,
    ),
    Bar(
        "demand: ROI covered %",
        ("demand",),
        "coverage",
        scale=100,
        bar=">= 82",
        met=at_least(82),
    ),
    Bar(
        "clean and collinear: log error",
        ("clean", "collinear"),
        "log_error",
        digits=3,
        bar="<= +.01",
        met=lambda m: m.change <= 0.01,
    ),
    Bar(
        "late launch: mROI of the launched channel covered %",
        ("late launch",),
        "launched",
        scale=100,
        bar=">= 85",
        met=at_least(85),
    ),
    Bar("late launch: mROI of all channels covered %", ("late launch",), "m_coverage", scale=100),
    Bar(f"mROI above 1 with >= {SURE:.0%}: truly so, %", tuple(SEEDS), "sure_true", "sure", 100),
    Bar(
        f"mROI above 1 with >= {SURER:.0%}: truly so, %", tuple(SEEDS), "surer_true", "surer", 100
    ),
    Bar(
        "CPU per fit and plan, in units of `ols`",
        FAMILIES,
        "cpu_seconds",
        "ols_cpu_seconds",
        digits=1,
        bar="<= 4",
        met=at_most(4),
    ),
)
