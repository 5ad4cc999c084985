"""Small words that the sentences share."""

from __future__ import annotations

from functools import partial

import numpy as np

from mmm.data.weekly import WeeklyData
from mmm.decide.returns import SURE, chance_of_gain, summarize
from mmm.formatting import between, chance, money, percent, period
from mmm.study.study import Study


def kpi_name(study: Study) -> str:
    """Return the name of the KPI in its own unit, e.g. ``conversions``."""
    return (study.data.kpi_label or study.data.kpi).replace("_", " ").lower()


def outcome(study: Study) -> str:
    """Return the name of the outcome: that of the KPI, or ``revenue`` where units have a value."""
    if study.data.kpi_type == "units" and study.data.value_is_known:
        return "revenue"
    return kpi_name(study)


def axis_name(study: Study) -> str:
    """Return the name of the outcome on an axis: ``revenue``, or the units that are counted."""
    return "revenue" if study.data.value_is_known else kpi_name(study)


def outcome_amount(value: float, study: Study, *, signed: bool = False) -> str:
    """Write an amount of the outcome: money, or a number of units where they have no value."""
    return money(value, study.outcome_currency, signed=signed)


def kpi_amount(value: float, study: Study) -> str:
    """Write an amount of the KPI: as money, or as a number with the name of the unit."""
    if study.data.kpi_type == "revenue":
        return money(value, study.currency)
    return f"{money(value, '')} {kpi_name(study)}"


def window_of(weekly: WeeklyData, study: Study) -> str:
    """Return the study's window for captions."""
    return period(weekly.weeks[-study.window_weeks :])


def bullets(lines: list[str]) -> str:
    """Return a markdown list."""
    return "\n".join(f"- {line}" for line in lines)


def amount_in_words(gain: np.ndarray, study: Study, *, signed: bool = True) -> str:
    """Write the median of a change in the outcome, without its name.

    `gain`, shape (n_draws,): change, currency.
    """
    return outcome_amount(float(np.median(gain)), study, signed=signed)


def interval_in_words(gain: np.ndarray, study: Study) -> str:
    """Write the interval of a change in the outcome; empty for a point estimate.

    `gain`, shape (n_draws,): change, currency.
    """
    low, _, high = summarize(gain, study.interval)
    ends = between(low, high, partial(outcome_amount, study=study, signed=True))
    return f"{percent(study.interval)}: {ends}" if ends else ""


def promises(gain: np.ndarray, study: Study) -> str:
    """Return the verb for a gain: only one that is sure, and all of whose interval is a gain.

    `gain`, shape (n_draws,): change, currency.
    """
    if len(gain) == 1:
        return "suggests"
    low, _, _ = summarize(gain, study.interval)
    return "promises" if low > 0 and chance_of_gain(gain) >= SURE else "could add"


def certainty_in_words(profit: np.ndarray, study: Study) -> str:
    """Write the interval of a change in profit and how sure a gain is; empty without draws.

    `profit`, shape (n_draws,): change in profit, or in revenue at the same total spend; currency.
    """
    return "; ".join(filter(None, [interval_in_words(profit, study), sure_in_words(profit)]))


def sure_in_words(profit: np.ndarray) -> str:
    r"""Say how likely a gain is: never certain, and nothing where draws cannot tell.

    `profit`, shape (n_draws,): change in profit, or in revenue at the same total spend; currency.

    Examples
    --------
    >>> sure_in_words(np.array([1.0, 2.0])), sure_in_words(np.array([-1.0, -2.0]))
    ('over 95\xa0% sure of a gain', 'a gain is under 5\xa0% likely')
    >>> sure_in_words(np.array([1.0, 2.0, 3.0, -1.0]))
    'a gain is 75\xa0% likely'
    >>> sure_in_words(np.array([-1.0, -2.0, -1.0, 1.0])), sure_in_words(np.zeros(2))
    ('a gain is only 25\xa0% likely', '')
    """
    share = chance_of_gain(profit)
    if np.isnan(share):
        return ""
    said = chance(share)
    if share >= SURE:
        return f"{said} sure of a gain"
    if share >= 0.5:
        return f"a gain is {said} likely"
    return f"a gain is {said if said.startswith('under') else f'only {said}'} likely"
