"""What limits the return of a channel in one series: no estimate at all, or a capped grade."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.clean import parameter_count
from mmm.data.dates import WEEK
from mmm.data.weekly import WeeklyData
from mmm.findings import Grade
from mmm.model.baseline import baseline_design
from mmm.panel.schema import DATE
from mmm.study.panel import PanelSpec
from mmm.study.study import Study
from mmm.trust.diagnostics import SEVERE_VIF, vif_table
from mmm.trust.grades import AT_MOST, HALF
from mmm.trust.recovery import worse

#: Why a channel has no estimate, in the order the rules are tried.
NO_ESTIMATE = ("unused", "negative spend", "days missing", "too short")
#: Why an estimate is graded no better than this.
CAPS: dict[str, Grade] = {
    "never varies": "D",
    "moves with others": "D",
    "too few active weeks": "C",
    "too little spend": "C",
    "too few weeks": "C",
    "no better than the last four weeks": "C",
}
NOT_BETTER = "no better than the last four weeks"
#: All of them, in the order in which they are told.
REASONS = (*NO_ESTIMATE, *CAPS)
#: Half a year: with less, trend and season can draw every week.
LEAST_WEEKS = 26
#: The best grade of a series: none of them has twins of its own.
BEST: Grade = "B"
#: Chance of being half off, by the draws, from which an estimate tells nothing but its pool.
HARDLY = 1 / 3


def reasons_of(
    rows: pd.DataFrame, spend: pd.DataFrame, weekly: WeeklyData, study: Study, spec: PanelSpec
) -> dict[str, str]:
    """Return what limits each channel; empty where nothing does.

    Parameters
    ----------
    rows : DataFrame
        Weekly rows of the series.
    spend : DataFrame
        Their spend, one column a channel.
    weekly : WeeklyData
        The same weeks, with the channels that were bought.
    study : Study
        Study of these channels.
    spec : PanelSpec
        What a channel needs.
    """
    whole = series_reason(rows, spend)
    if whole:
        return {str(c): "unused" if (v == 0).all() else whole for c, v in spend.items()}
    total = float(spend.to_numpy().sum())
    few = len(rows) - study.holdout.weeks < spec.weeks_per_parameter * parameter_count(rows, study)
    reasons = {str(c): _channel_reason(v, total, spec) for c, v in spend.items()}
    for name in _inseparable(weekly, study):
        reasons[name] = reasons[name] or "moves with others"
    return {name: reason or ("too few weeks" if few else "") for name, reason in reasons.items()}


def series_reason(rows: pd.DataFrame, spend: pd.DataFrame) -> str:
    """Return why a whole series has no model; empty where it has one."""
    if (spend < 0).to_numpy().any():
        return "negative spend"
    if (rows[DATE].diff().iloc[1:] != WEEK).any():
        return "days missing"
    return "too short" if len(rows) < LEAST_WEEKS else ""


def _channel_reason(values: pd.Series, total: float, spec: PanelSpec) -> str:
    if (values == 0).all():
        return "unused"
    if not values.std() > 0:
        return "never varies"
    if (values > 0).sum() < spec.min_active_weeks:
        return "too few active weeks"
    return "too little spend" if values.sum() < spec.min_spend_share * total else ""


def _inseparable(weekly: WeeklyData, study: Study) -> list[str]:
    """Return the channels whose spend the others and the baseline explain."""
    varied = [name for name in weekly.channels if weekly.spend[name].std() > 0]
    if len(varied) < 2:
        return []
    design = baseline_design(weekly, study)
    with warnings.catch_warnings():  # of copies, which is what is looked for here
        warnings.simplefilter("ignore", UserWarning)
        vif = vif_table(weekly, design.matrix(weekly.weeks, weekly.controls))
    severe = vif.loc[~(vif["vif"] <= SEVERE_VIF), "channel"]
    return [str(name) for name in severe if name in varied]


def half_off(draws: Array) -> Array:
    """Return the chance that the median is off by more than half, by the draws themselves.

    `draws`, shape (n_draws, n_channels): returns of the channels.
    """
    missed = np.abs(np.median(draws, axis=0) - draws) > HALF * np.abs(draws)
    return np.asarray(missed.mean(axis=0))


def grade_of(chance_half_off: float, reasons: str) -> Grade:
    """Return the grade of one estimate.

    Parameters
    ----------
    chance_half_off : float
        Chance that it is off by more than half, by its draws.
    reasons : str
        What limits it, separated by semicolons.

    Examples
    --------
    >>> grade_of(0.05, ""), grade_of(0.05, "too few weeks"), grade_of(0.5, "too few weeks")
    ('B', 'C', 'D')
    """
    own: Grade = "D" if chance_half_off > HARDLY else "C" if chance_half_off > AT_MOST else BEST
    for reason in filter(None, reasons.split("; ")):
        own = worse(own, CAPS[reason])
    return own
