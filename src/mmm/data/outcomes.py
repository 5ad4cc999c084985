"""Find columns that nearly determine the KPI: outcomes in disguise, not its drivers."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.neighbors import is_sum

#: Share of the KPI's variance from which a column is the KPI in other words: as it is, after
#: trend and season, and together with others. No driver of a business comes near; judgments.
ALONE, AFTER_SEASON, TOGETHER = 0.97, 0.9, 0.995
WEEKS_OF_YEAR = 365.25 / 7


def determined(kpi: pd.Series, columns: pd.DataFrame) -> dict[str, str]:
    """Name the columns that nearly determine the KPI, and how.

    Parameters
    ----------
    kpi : Series, shape (n_weeks,)
        The outcome in the order of time.
    columns : DataFrame, shape (n_weeks, n_columns)
        Candidates; 0/1 columns and columns with gaps determine nothing.

    Returns
    -------
    dict of str to str
        What was found, by column: that it explains the KPI alone, as a product or as a sum.
    """
    outcome = kpi.to_numpy(float)
    usable = {
        str(name): values.to_numpy(float)
        for name, values in columns.items()
        if values.notna().all() and values.nunique() > 2
    }
    if len(outcome) < 10 or np.ptp(outcome) == 0 or not usable:
        return {}
    found = {name: said for name, x in usable.items() if (said := _alone(outcome, x))}
    for a, b in combinations([name for name in usable if name not in found], 2):
        if _is_product(outcome, usable[a], usable[b]):
            found |= {
                a: f"its product with {b!r} is the KPI",
                b: f"its product with {a!r} is the KPI",
            }
    rest = [name for name in usable if name not in found]
    return found | _sum_of(kpi, columns[rest])


def _alone(outcome: Array, values: Array) -> str:
    """Say that a column rises and falls with the KPI; nothing where it does not."""
    if np.corrcoef(outcome, values)[0, 1] <= 0:
        return ""
    if _shared(outcome, values) >= ALONE:
        return "it explains the KPI almost alone"
    clock = _clock(len(outcome))
    y, x = (v - clock @ np.linalg.lstsq(clock, v, rcond=None)[0] for v in (outcome, values))
    if np.ptp(x) <= 1e-9 * np.ptp(values) or np.corrcoef(y, x)[0, 1] <= 0:
        return ""
    said = "after trend and season it explains the KPI almost alone"
    return said if _shared(y, x) >= AFTER_SEASON else ""


def _shared(one: Array, other: Array) -> float:
    return float(np.corrcoef(one, other)[0, 1] ** 2)


def _clock(n_weeks: int) -> Array:
    """Return a constant, a trend and two pairs of the yearly season."""
    time = np.arange(n_weeks) / WEEKS_OF_YEAR
    waves = [f(2 * np.pi * k * time) for k in (1, 2) for f in (np.sin, np.cos)]
    return np.column_stack([np.ones(n_weeks), time, *waves])


def _is_product(outcome: Array, one: Array, other: Array) -> bool:
    if min(outcome.min(), one.min(), other.min()) <= 0:
        return False
    parts = np.log(one) + np.log(other)
    if np.ptp(parts) == 0 or _shared(np.log(outcome), parts) < TOGETHER:
        return False
    slope = float(np.polyfit(parts, np.log(outcome), 1)[0])
    return abs(slope - 1) < 0.1


def _sum_of(kpi: pd.Series, columns: pd.DataFrame) -> dict[str, str]:
    """Name the columns that add up to the KPI, or explain it together."""
    if columns.shape[1] < 2:
        return {}
    values = columns.to_numpy(float)
    if is_sum(kpi, columns):
        weights = np.linalg.lstsq(values, kpi.to_numpy(float), rcond=None)[0]
        parts = [str(n) for n, w in zip(columns, weights, strict=True) if abs(w - 1) < 0.05]
        return {name: f"the KPI is the sum of {', '.join(map(repr, parts))}" for name in parts}
    return {}


def proportional(spends: pd.DataFrame) -> list[tuple[str, str]]:
    """List the pairs of columns that are equal, or one a multiple of the other."""
    pairs = combinations(spends.columns, 2)
    return [(str(a), str(b)) for a, b in pairs if _is_multiple(spends[a], spends[b])]


def _is_multiple(one: pd.Series, other: pd.Series) -> bool:
    x, y = one.to_numpy(float), other.to_numpy(float)
    if not x.any() or not y.any():
        return False
    factor = float(x @ y) / float(x @ x)
    return bool(np.abs(y - factor * x).max() <= 1e-3 * np.abs(y).max())
