"""Notebooks 04 and 08: the baseline over the weeks, how regular it is, what recurs each year."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.formatting import listing, percent, period
from mmm.model.additive import AdditiveModel
from mmm.model.intervals import tails
from mmm.show.picture import Picture
from mmm.show.style import MUTED, PALETTE, TRUTH_COLOR, money_axis
from mmm.show.words import kpi_amount, kpi_name
from mmm.study.study import Study
from mmm.trust.baseline import REGULAR, YearlyBlock

#: The flexible components of the baseline in words.
IN_WORDS = {
    "season": "the finer season",
    "level": "a level that wanders",
    "holidays": "single holidays",
    "demand": "demand that channels share",
    "proxies": "leads and lags of the demand proxies",
}


def over_time(
    model: AdditiveModel, truth: AdditiveModel | None, weekly: WeeklyData, study: Study
) -> Picture:
    """Draw the baseline with its band, the KPI less media behind it.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    truth : AdditiveModel or None
        The true model of a simulated study.
    weekly : WeeklyData
        The weeks it was fitted on.
    study : Study
        Its KPI and interval.
    """
    draws = model.baseline_effect(weekly.weeks, weekly.controls)
    actual = None if truth is None else truth.baseline_effect(weekly.weeks, weekly.controls)[0]
    band = np.quantile(draws, tails(study.interval), axis=0)
    middle, without = draws.mean(axis=0), percent(float(draws.mean() / weekly.kpi.mean()))
    title = f"By the model, {without} of {kpi_name(study)} would have come without advertising"
    has_band = model.n_draws > 1
    if actual is not None and has_band:
        held = float(((band[0] <= actual) & (actual <= band[1])).mean())
        title += f"; the band holds the true baseline in {percent(held)} of the weeks"
    line = f"mean and {percent(study.interval)} band" if has_band else "best guess"
    low, high = (kpi_amount(float(end), study) for end in (middle.min(), middle.max()))
    return Picture(
        axes=_draw(band, middle, weekly, actual, _less_media(model, weekly), study),
        name="baseline",
        title=title,
        caption=f"Baseline of the model of record, {line}; dots: {kpi_name(study)} less the "
        f"estimated effect of media; {period(weekly.weeks)}.",
        alt=f"A line over the weeks between {low} and {high} among the dots"
        + (", the true baseline dashed beside it." if actual is not None else "."),
    )


def _less_media(model: AdditiveModel, weekly: WeeklyData) -> Array:
    """Return the KPI less the mean effect of media, shape (n_weeks,)."""
    media = model.media_effect(weekly.media.to_numpy(float)).total
    return np.asarray(weekly.kpi - media.mean(axis=0))


def _draw(
    band: Array,
    middle: Array,
    weekly: WeeklyData,
    actual: Array | None,
    rest: Array,
    study: Study,
) -> Axes:
    """Draw dots, a band and one or two lines over the weeks."""
    _, ax = plt.subplots()
    weeks = weekly.weeks
    ax.plot(weeks, rest, "o", color=MUTED, ms=2.6, mew=0, label="Outcome less media")
    ax.fill_between(weeks, *band, color=PALETTE[0], alpha=0.25, lw=0)
    ax.plot(weeks, middle, color=PALETTE[0], lw=1.6, label="Baseline")
    if actual is not None:
        ax.plot(weeks, actual, color=TRUTH_COLOR, lw=1.1, ls="dashed", label="Truth")
    ax.yaxis.set_major_formatter(money_axis(study.kpi_currency))
    ax.set_ylabel("Outcome per week")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)
    return ax


def regularity(share: float, before: float, table: pd.DataFrame, study: Study) -> str:
    """Say how far line and harmonics draw the baseline, and what else there is.

    Parameters
    ----------
    share : float
        Result of :func:`mmm.trust.regular_share`.
    before : float
        Result of :func:`mmm.trust.regular_before`.
    table : DataFrame
        Result of :func:`mmm.trust.component_table`.
    study : Study
        Its KPI.
    """
    if table.empty:
        return "This model draws the baseline by its regular terms alone."
    sizes = [
        f"{IN_WORDS[row.component]} {kpi_amount(row.size_in_kpi, study)} a week "
        f"({percent(row.share_of_kpi, digits=1)} of the mean)"
        for row in table.sort_values("size_in_kpi", ascending=False).itertuples()
    ]
    return (
        f"**A regular baseline: {percent(share)}, before the data {percent(before)}.** In that "
        f"share of the draws nothing beyond "
        f"trend, smooth season, controls and events is larger than {percent(REGULAR)} of the "
        f"weekly noise. Their sizes (standard deviation over the weeks): {listing(sizes)}."
    )


def yearly_note(blocks: list[YearlyBlock], study: Study) -> str:
    """Name weeks that lie above or below the regular season each year; empty without any.

    Parameters
    ----------
    blocks : list of YearlyBlock
        Result of :func:`mmm.trust.yearly_blocks`.
    study : Study
        Its KPI.
    """
    if not blocks:
        return ""
    named = [
        "weeks {}-{} (from {}) {} the regular season each year by about {} a week".format(
            *block.numbers,
            f"{block.first:%Y-%m-%d}",
            "exceed" if block.size > 0 else "fall short of",
            kpi_amount(abs(block.size), study),
        )
        for block in blocks
    ]
    said = listing(named)
    return (
        f"{said[0].upper()}{said[1:]}: the model found this by itself. Declare "
        f"{'it' if len(blocks) == 1 else 'them'} (`holidays` or `[[events]]`) if you know why."
    )
