"""Baseline design matrix: intercept, trend, yearly season, holidays, controls and events."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.dates import LAST_DAY, share_of_days
from mmm.data.weekly import WeeklyData
from mmm.study.study import Study

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class BaselineDesign:
    """How a week becomes a row of the baseline matrix; learned once, applied to any week."""

    origin: pd.Timestamp  #: Week at which the trend is zero; it counts in years.
    trend: bool  #: Whether there is a linear trend.
    harmonics: int  #: Number of yearly sine and cosine pairs.
    events: tuple[tuple[str, pd.Timestamp, pd.Timestamp], ...]  #: Dated shocks.
    holidays: str | None  #: Country whose public holidays count (days per week).
    #: Mean of each control, subtracted so that the intercept keeps its meaning.
    control_means: dict[str, float]
    kept: tuple[str, ...]  #: Columns that are kept; constant or repeated ones are dropped.

    def matrix(self, weeks: pd.DatetimeIndex, controls: pd.DataFrame) -> pd.DataFrame:
        """Return the baseline matrix of any weeks.

        Parameters
        ----------
        weeks : DatetimeIndex, shape (n_weeks,)
            First day of each week.
        controls : DataFrame, shape (n_weeks, n_controls)
            Values of the controls.

        Returns
        -------
        DataFrame, shape (n_weeks, n_columns)
            One named column per term, the intercept first.
        """
        return self._all_columns(weeks, controls)[list(self.kept)]

    def _all_columns(self, weeks: pd.DatetimeIndex, controls: pd.DataFrame) -> pd.DataFrame:
        columns = {"intercept": np.ones(len(weeks))}
        if self.trend:
            days = (weeks - self.origin) / pd.Timedelta(days=1)
            columns["trend"] = days.to_numpy(float) / DAYS_PER_YEAR
        columns |= fourier(weeks, self.harmonics)
        if self.holidays:
            columns["holidays"] = holiday_counts(weeks, self.holidays)
        for name, mean in self.control_means.items():
            columns[f"control: {name}"] = controls[name].to_numpy(float) - mean
        for name, start, end in self.events:
            columns[f"event: {name}"] = (share_of_days(weeks, start, end) > 0).astype(float)
        return pd.DataFrame(columns)

    def calendar(self, weeks: pd.DatetimeIndex) -> Array:
        """Return the terms that the date alone decides: intercept, trend and season.

        `weeks`, shape (n_weeks,): first day of each week.
        """
        bare = replace(self, control_means={}, events=(), holidays=None)
        return bare._all_columns(weeks, pd.DataFrame()).to_numpy(float)

    def dropped(self, weeks: pd.DatetimeIndex, controls: pd.DataFrame) -> list[str]:
        """List the terms that were left out because others already say the same."""
        return [name for name in self._all_columns(weeks, controls) if name not in self.kept]


def baseline_design(weekly: WeeklyData, study: Study) -> BaselineDesign:
    """Set up the baseline of a study on the weeks of a fit."""
    events = tuple((e.name, pd.Timestamp(e.start), pd.Timestamp(e.end)) for e in study.events)
    design = BaselineDesign(
        origin=weekly.weeks[0],
        trend=study.baseline.trend,
        harmonics=study.baseline.season_harmonics,
        events=events,
        holidays=study.baseline.holidays,
        control_means={name: float(values.mean()) for name, values in weekly.controls.items()},
        kept=(),
    )
    columns = design._all_columns(weekly.weeks, weekly.controls)
    return replace(design, kept=tuple(independent_columns(columns)))


def independent_columns(columns: pd.DataFrame, *, tolerance: float = 1e-6) -> list[str]:
    """List the columns that are not a linear combination of those before them.

    `columns`, shape (n_weeks, n_columns): candidate columns, the most important first.
    """
    kept: list[str] = []
    basis = np.empty((len(columns), 0))
    for name, values in columns.items():
        vector = values.to_numpy(float)
        remainder = vector - basis @ (basis.T @ vector)
        remainder -= basis @ (basis.T @ remainder)
        length = float(np.linalg.norm(remainder))
        if length > tolerance * max(float(np.linalg.norm(vector)), 1e-300):
            basis = np.column_stack([basis, remainder / length])
            kept.append(str(name))
    return kept


def fourier(weeks: pd.DatetimeIndex, harmonics: int) -> dict[str, Array]:
    """Return yearly sine and cosine terms."""
    angle = 2 * np.pi * weeks.day_of_year.to_numpy(float) / DAYS_PER_YEAR
    terms: dict[str, Array] = {}
    for j in range(1, harmonics + 1):
        terms[f"season sin {j}"] = np.sin(j * angle)
        terms[f"season cos {j}"] = np.cos(j * angle)
    return terms


def holiday_counts(weeks: pd.DatetimeIndex, country: str) -> Array:
    """Count the public holidays in each week."""
    every = {day for days in holidays_by_name(weeks, country).values() for day in days}
    days = pd.DatetimeIndex(sorted(every))
    position = np.searchsorted(weeks, days, side="right") - 1
    last = weeks[-1] + LAST_DAY
    inside = (position >= 0) & (days <= last)
    return np.bincount(position[inside], minlength=len(weeks)).astype(float)


def holidays_by_name(weeks: pd.DatetimeIndex, country: str) -> dict[str, list[pd.Timestamp]]:
    """Return the public holidays from the year before some weeks to the year after, by name.

    A day that stands for another ("observed", "substitute") counts under the name of that one.
    """
    import holidays

    years = range(weeks.min().year - 1, weeks.max().year + 2)
    found: dict[str, list[pd.Timestamp]] = {}
    for day, names in sorted(holidays.country_holidays(country, years=years).items()):
        for name in names.split("; "):
            plain = re.sub(r"\s*\(.*\)$", "", name)
            found.setdefault(plain, []).append(pd.Timestamp(day))
    return found
