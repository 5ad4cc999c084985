"""How a return is written: as an ROI, or as what a unit costs where its value is not known."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pandas as pd

from mmm.formatting import between, listing, percent, price, ratio
from mmm.show.words import kpi_name
from mmm.study.study import Study

#: What the first of an order is said to have where the intervals do not settle it.
HIGHEST = "has the highest estimate"


def unit_name(study: Study) -> str:
    """Return the name of one unit of the KPI, e.g. ``conversion``."""
    name = kpi_name(study)
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and name[-2:] not in ("ss", "us", "is") else name


def average_name(study: Study) -> str:
    """Return the name of what spend has returned, e.g. ``ROI``, or ``cost per conversion``."""
    return "ROI" if study.data.value_is_known else f"cost per {unit_name(study)}"


def marginal_name(study: Study) -> str:
    """Return the name of what the next unit of spend returns."""
    return "mROI" if study.data.value_is_known else f"cost of the next {unit_name(study)}"


def rate_name(study: Study) -> str:
    """Return the name of a return as a rate, e.g. ``ROI``, or ``conversions per USD``."""
    return "ROI" if study.data.value_is_known else f"{kpi_name(study)} per {study.currency}"


def rate_title(study: Study) -> str:
    """Return the name of a return as a rate with a capital, for axes and captions."""
    name = rate_name(study)
    return f"{name[:1].upper()}{name[1:]}"


def rate(value: float, study: Study) -> str:
    """Write a return as a rate: an ROI, or units per unit of spend with three digits."""
    if study.data.value_is_known or not math.isfinite(value):
        return ratio(value)
    return ratio(value) if abs(value) >= 1 or value == 0 else f"{value:.3g}"


def in_returns(value: float, study: Study) -> str:
    """Write a return: a ratio, or what a unit costs."""
    if study.data.value_is_known:
        return ratio(value)
    return price(1 / value, study.currency) if value > 0 else "–"


def ends_of_returns(low: float, high: float, study: Study) -> str:
    """Write an interval of a return, low end first; empty for a point estimate."""
    if study.data.value_is_known:
        return between(low, high, ratio)
    if not math.isfinite(low) or not high > 0:
        return ""
    least = price(1 / high, study.currency)
    return f"{least} to {price(1 / low, study.currency)}" if low > 0 else f"{least} or more"


def spread(low: float, high: float, study: Study) -> str:
    """Return an interval in parentheses, or nothing for a point estimate."""
    ends = ends_of_returns(low, high, study)
    return f" ({percent(study.interval)}: {ends})" if ends else ""


def drawn(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the returns of channels as they are drawn: as they are, or as costs of a unit.

    Parameters
    ----------
    table : DataFrame
        Columns roi and mroi with low and high, and perhaps true_roi.
    """
    if study.data.value_is_known:
        return table
    columns = [c for c in ("roi", "mroi", "true_roi") if c in table]
    costs = {name: 1 / table[name].where(table[name] > 0) for name in columns}
    for name in ("roi", "mroi"):
        costs[f"{name}_low"] = 1 / table[f"{name}_high"].where(table[f"{name}_high"] > 0)
        costs[f"{name}_high"] = 1 / table[f"{name}_low"].where(table[f"{name}_low"] > 0)
    return table.assign(**costs)


def not_bought(returns: pd.DataFrame, weeks: int, study: Study) -> str:
    """Say which channels were not bought, and what they returned when they were; else nothing.

    Parameters
    ----------
    returns : DataFrame
        Result of :func:`mmm.decide.on_air.while_on_air`.
    weeks : int
        Weeks of the window.
    """
    silent = returns[returns["roi"].isna()]
    if silent.empty:
        return ""
    said = [f"{study.labels[r['channel']]}{_while_on_air(r, study)}" for _, r in silent.iterrows()]
    return f"Not bought in these {weeks} weeks: {'; '.join(said)}."


def _while_on_air(row: pd.Series, study: Study) -> str:
    said = on_air(row, study)
    return f" ({said})" if said else ""


def on_air(row: pd.Series, study: Study) -> str:
    """Say what a channel that was not bought returned while it was; empty where it is bought."""
    if "on_air_roi" not in row or not math.isfinite(row["on_air_roi"]):
        return ""
    interval = spread(row["on_air_roi_low"], row["on_air_roi_high"], study)
    return (
        f"{average_name(study)} while on air {in_returns(row['on_air_roi'], study)}{interval}, "
        f"{row['on_air_first']} to {row['on_air_last']}"
    )


def confirmed(returns: pd.DataFrame, top: str, bottom: str, study: Study) -> str:
    """Say which ends of the order and which intervals the truth confirms; empty without one."""
    if "true_roi" not in returns:
        return ""
    table = returns.set_index("channel")
    truth = table["true_roi"]
    most, least = str(truth.idxmax()), str(truth.idxmin())
    right = most == top, least == bottom
    share = "both ends" if all(right) else "one end" if any(right) else "neither end"
    said = (
        f" The simulated truth confirms {share} of the order: {study.labels[most]} earns most "
        f"there, {study.labels[least]} least."
    )
    known = table[table["roi_low"].notna() & truth.notna()]
    if known.empty:
        return said
    held = known["true_roi"].between(known["roi_low"], known["roi_high"])
    for end in ("roi_low", "roi_high"):  # a truth that is written like an end lies within
        write = partial(rate, study=study)
        held |= known["true_roi"].map(write) == known[end].map(write)
    missed = [study.labels[str(name)] for name in held.index[~held]]
    those = f", not in {'that' if len(missed) == 1 else 'those'} of {listing(missed)}"
    return f"{said} It lies in {held.sum()} of {len(held)} intervals{those if missed else ''}."


def stands_out(low: pd.Series, middle: pd.Series) -> bool:
    """Tell whether the first of an order is first beyond its own interval.

    Parameters
    ----------
    low, middle : Series
        Lower bounds and medians; the bound of the largest median must exceed all others. A point
        estimate, whose bounds are NaN, never stands out.

    Examples
    --------
    >>> stands_out(pd.Series([2.1, 0.4]), pd.Series([3.0, 2.0]))
    True
    >>> stands_out(pd.Series([1.5, 1.8]), pd.Series([2.3, 2.0]))
    False
    """
    first = middle.idxmax()
    return bool((low[first] > middle.drop(first)).all()) and not np.isnan(low[first])
