"""Small words that the sentences share."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
import pandas as pd

from mmm.data import WeeklyData
from mmm.formatting import money, percent
from mmm.study import Study


class FigureWords(TypedDict):
    """What stands around a figure."""

    title: str
    caption: str
    alt: str


def listing(items: list[str]) -> str:
    """Join items as in a sentence.

    Examples
    --------
    >>> listing(["TV"]), listing(["TV", "Search"]), listing(["TV", "Search", "Social"])
    ('TV', 'TV and Search', 'TV, Search and Social')
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def kpi_name(study: Study) -> str:
    """Return the name of the KPI in its own unit, e.g. ``conversions``."""
    return (study.data.kpi_label or study.data.kpi).replace("_", " ").lower()


def outcome(study: Study) -> str:
    """Return the name of the KPI in money: its own, or ``revenue`` where it counts units."""
    return kpi_name(study) if study.data.kpi_type == "revenue" else "revenue"


def period(weeks: pd.DatetimeIndex) -> str:
    """Return a period for captions."""
    return f"{len(weeks)} weeks, {weeks[0]:%Y-%m-%d} to {weeks[-1]:%Y-%m-%d}"


def window_of(weekly: WeeklyData, study: Study) -> str:
    """Return the study's window for captions."""
    return period(weekly.weeks[-study.window_weeks :])


def bullets(lines: list[str]) -> str:
    """Return a markdown list."""
    return "\n".join(f"- {line}" for line in lines)


def plural(count: int, noun: str) -> str:
    """Count a noun.

    Examples
    --------
    >>> plural(1, "week"), plural(3, "week")
    ('1 week', '3 weeks')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"


def gain_in_words(gain: np.ndarray, study: Study) -> str:
    """Write a change in money with its interval and how sure a gain is, where draws tell.

    Parameters
    ----------
    gain : ndarray, shape (n_draws,)
        Change, currency.
    study : Study
        The study.
    """
    text = money(float(np.median(gain)), study.currency, signed=True)
    if len(gain) == 1:
        return text
    tail = (1 - study.interval) / 2
    low, high = (
        money(float(x), study.currency, signed=True) for x in np.quantile(gain, [tail, 1 - tail])
    )
    return f"{text} ({percent(study.interval)}: {low} to {high}; {chance(gain)} of a gain)"


def chance(gain: np.ndarray) -> str:
    """Write the probability of a gain from draws: never certain in either direction.

    Parameters
    ----------
    gain : ndarray, shape (n_draws,)
        Change, currency.
    """
    share = float(np.mean(gain > 0))
    if share > 0.995:
        return f"over {percent(0.99)} sure"
    if share < 0.005:
        return f"less than {percent(0.01)} likely"
    return f"{percent(share)} sure" if share >= 0.5 else f"only {percent(share)} likely"
