"""The tables of ``verdicts.py``: bars, and scores by family, size of the ROI and grade."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import stored
from bars_tables import FAMILIES, HARD
from recipes import BATTERY
from verdict_bars import BARS, OF_BATTERY, Bar, Measured, at_most
from verdict_scores import WRONG, channel_table, paired, set_table

OLD, NEW, CHANGE = "32c7b77", "now", "difference"
#: Bounds of the bins of the true ROI.
SIZES = (0.0, 0.25, 0.75, 1.5, 3.0, np.inf)


def compared(before: stored.Rows, after: stored.Rows) -> dict[str, Any]:
    """Return the tables of both packages on the data sets that both have run.

    Parameters
    ----------
    before, after : list of dict
        Rows of the earlier and of the present package.
    """
    keys = [{(r["set"], r["seed"]) for r in rows if "failed" not in r} for rows in (before, after)]
    both = keys[0] & keys[1]
    if not both:
        return {"sets": "0", "bars": [], "families": [], "sizes": [], "grades": [], "failed": "0"}
    kept = [[r for r in rows if (r["set"], r["seed"]) in both] for rows in (before, after)]
    old, new = (set_table(rows) for rows in kept)
    channels = [channel_table(rows) for rows in kept]
    families = family_table(old, new)
    return {
        "sets": str(len(both)),
        "failed": str(sum("failed" in row for row in after)),
        "bars": bar_table(old, new),
        "families": families,
        "sizes": size_table(*channels),
        "grades": grade_table(*graded_by_both(*channels)),
    }


def bar_table(old: pd.DataFrame, new: pd.DataFrame) -> stored.Rows:
    """Return the bars, what both packages reach, and whether they are met.

    Parameters
    ----------
    old, new : DataFrame
        Scores by data set.
    """
    lines = []
    for bar in BARS:
        names = of_the_battery(old) if bar.sets is OF_BATTERY else old.index
        chosen = names[names.get_level_values("set").isin(bar.sets)]
        old_part, new_part = old.loc[chosen], new.loc[chosen]
        *values, n = paired(old_part, new_part, bar.top, bar.bottom)
        if n and not np.isnan(values[:2]).all():
            lines.append(line_of(bar, Measured(*(bar.scale * v for v in values), n)))
    return [*lines, *memory_bar(old, new), score_bar(old, new)]


def of_the_battery(table: pd.DataFrame) -> pd.MultiIndex:
    """Return the battery's data sets with the seeds that all its worlds have: each counts alike.

    Parameters
    ----------
    table : DataFrame
        Scores by data set.
    """
    keys = table.index[table.index.get_level_values("set").isin(BATTERY)]
    counts = keys.get_level_values("seed").value_counts()
    seeds = counts.index[counts == counts.max()] if len(counts) else []
    return keys[keys.get_level_values("seed").isin(seeds)]


def line_of(bar: Bar, found: Measured) -> dict[str, Any]:
    """Return a bar as a line of the table.

    Parameters
    ----------
    bar : Bar
        The bar.
    found : Measured
        What was measured, in the units of the table.
    """
    met = "" if bar.met is None else "yes" if bar.met(found) else "**no**"
    return {
        "measure": bar.name,
        "sets": found.sets,
        OLD: number(found.old, bar.digits),
        NEW: number(found.new, bar.digits),
        CHANGE: change_of(found, max(bar.digits, 1)),
        "bar": bar.bar,
        "met": met,
    }


def number(value: float, digits: int) -> str:
    """Write a number, or a dash where there is none.

    Parameters
    ----------
    value : float
        The number.
    digits : int
        Digits behind the point.
    """
    return f"{value:.{digits}f}" if np.isfinite(value) else "-"


def change_of(found: Measured, digits: int) -> str:
    """Write a difference with its standard error.

    Parameters
    ----------
    found : Measured
        What was measured.
    digits : int
        Digits behind the point.
    """
    if np.isnan(found.change):
        return "-"
    error = f" ± {found.error:.{digits}f}" if np.isfinite(found.error) else ""
    return f"{found.change:+.{digits}f}{error}"


def memory_bar(old: pd.DataFrame, new: pd.DataFrame) -> stored.Rows:
    """Return the bar of the highest memory of any fit and plan, if there were any.

    Parameters
    ----------
    old, new : DataFrame
        Scores by data set.
    """
    of_bench = old.index[old.index.get_level_values("set").isin(FAMILIES)]
    if of_bench.empty:
        return []
    most, now = (table.loc[of_bench, "peak_mb"].max() for table in (old, new))
    bar = Bar("peak memory, MB", FAMILIES, "peak_mb", bar="<= 400", met=at_most(400))
    return [line_of(bar, Measured(most, now, now - most, np.nan, len(of_bench)))]


def score_bar(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, Any]:
    """Return the bar that no family but the one of hidden demand gets a worse interval score.

    Parameters
    ----------
    old, new : DataFrame
        Scores by data set.
    """
    worse = []
    for name in old.index.unique("set"):
        found = Measured(*paired(old.loc[[name]], new.loc[[name]], "interval_score"))
        if name != HARD and found.change > max(found.error, 0.0):
            worse.append(f"{name} {change_of(found, 2)}")
    return {
        "measure": f"interval score worse by more than 1 s.e., in all but `{HARD}`",
        "sets": len(old),
        OLD: "",
        NEW: ", ".join(worse) or "none",
        CHANGE: "",
        "bar": "none",
        "met": "**no**" if worse else "yes",
    }


def family_table(old: pd.DataFrame, new: pd.DataFrame) -> stored.Rows:
    """Return scores of both packages by family and world.

    Parameters
    ----------
    old, new : DataFrame
        Scores by data set.
    """
    lines = []
    for name in old.index.unique("set"):
        parts = old.loc[[name]], new.loc[[name]]
        line: dict[str, Any] = {"data sets": name, "n": len(parts[0])}
        for title, column, scale, digits in (
            ("error %", "error", 1, 0),
            ("log error", "log_error", 1, 3),
            ("interval score", "interval_score", 1, 2),
            ("ROI covered %", "coverage", 100, 0),
            ("mROI covered %", "m_coverage", 100, 0),
            ("width %", "width", 1, 0),
        ):
            *values, n = paired(*parts, column)
            found = Measured(*(scale * v for v in values), n)
            line[title] = f"{found.new:.{digits}f}"
            line[f"Δ {title}"] = change_of(found, digits)
        lines.append(line)
    return lines


def size_table(old: pd.DataFrame, new: pd.DataFrame) -> stored.Rows:
    """Return coverage and bias by size of the true ROI.

    Parameters
    ----------
    old, new : DataFrame
        One row a channel.
    """
    lines = []
    groups = [t.groupby(pd.cut(t["truth"], SIZES), observed=True) for t in (old, new)]
    for size, before in groups[0]:
        after = groups[1].get_group(size)
        line: dict[str, Any] = {"true ROI": f"{size.left:g} to {size.right:g}", "n": len(after)}
        for name, table in ((OLD, before), (NEW, after)):
            line[f"covered %, {name}"] = f"{100 * table['inside'].mean():.0f}"
            line[f"off by %, {name}"] = f"{100 * np.expm1(table['ratio'].mean()):+.0f}"
        lines.append(line)
    return lines


def graded_by_both(old: pd.DataFrame, new: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the channels of the data sets that both packages have graded.

    Parameters
    ----------
    old, new : DataFrame
        One row a channel.
    """
    keys = [pd.MultiIndex.from_frame(table[["set", "seed"]]) for table in (old, new)]
    graded = [set(key[table["grade"] != ""]) for key, table in zip(keys, (old, new), strict=True)]
    both = graded[0] & graded[1]
    return [table[key.isin(both)] for key, table in zip(keys, (old, new), strict=True)]


def grade_table(old: pd.DataFrame, new: pd.DataFrame) -> stored.Rows:
    """Return what each grade holds.

    Parameters
    ----------
    old, new : DataFrame
        One row a channel.
    """
    lines = []
    for grade in "ABCD":
        line: dict[str, Any] = {"grade": grade}
        for name, table in ((OLD, old), (NEW, new)):
            own = table[table["grade"] == grade]
            some = len(own) > 0
            line[f"channels, {name}"] = len(own)
            line[f"covered %, {name}"] = f"{100 * own['inside'].mean():.0f}" if some else "-"
            wrong = f"{100 * (own['error'] > WRONG).mean():.0f}" if some else "-"
            line[f"off by > {WRONG:.0%}, %, {name}"] = wrong
        lines.append(line)
    return lines if any(line[f"channels, {NEW}"] for line in lines) else []
