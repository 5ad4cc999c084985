r"""What line and harmonics cannot draw of a baseline: components that are shrunk, not free.

Each component is a set of columns :math:`Z_k` with coefficients
:math:`b_k \sim N(0, s_k^2 \sigma^2 I)`; the columns are scaled so that :math:`s_k` is about the
standard deviation of the component in multiples of the weekly noise (of the level after a year; of
each series of demand and proxies; of a holiday in its week). The data decide how large :math:`s_k`
is: near zero the baseline is the regular one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm.arrays import Array
from mmm.data.dates import LAST_DAY, WEEK
from mmm.data.movement import MOVES_TOGETHER, common_movement, shared_component
from mmm.data.weekly import WeeklyData
from mmm.model.baseline import DAYS_PER_YEAR, holidays_by_name
from mmm.study.priors import COMPONENTS
from mmm.study.study import Study

#: Highest yearly harmonic of the flexible season, and the width in weeks of the bumps it draws.
LAST_HARMONIC, BUMP = 12, 2.0
#: Weeks between the knots of the wandering level, the most knots within the data, and the weeks
#: after the data in which the level may go on wandering.
KNOT, MOST_KNOTS, AHEAD = 8, 24, 52
WEEKS_PER_YEAR = 52.18
#: Days before and after a public holiday that belong to it.
BEFORE, AFTER = 7, 3
#: Weeks by which a demand proxy is moved: planners see demand earlier than sales do, or later.
SHIFTS = (-2, -1, 1, 2)


@dataclass(frozen=True)
class FlexibleDesign:
    """How a week becomes a row of the flexible components."""

    first: pd.Timestamp  #: First week of the fit.
    n_weeks: int  #: Weeks of the fit.
    harmonics: int  #: Yearly pairs that the regular baseline has already; zero for no season.
    level: bool  #: Whether the level may wander.
    country: str | None  #: Country whose public holidays have effects of their own.
    holidays: tuple[str, ...]  #: Their names.
    #: Series that only the weeks of the fit have, each of mean zero: the common movement of the
    #: channels' spend (and, without a proxy, that of the weeks before and after), and leads and
    #: lags of declared demand proxies. Zero in all other weeks.
    movement: tuple[tuple[float, ...], ...] = ()
    proxies: tuple[tuple[float, ...], ...] = ()

    def columns(self, weeks: pd.DatetimeIndex) -> dict[str, Array]:
        """Return the columns of each component, shape (n_weeks, n_columns) each.

        `weeks`, shape (n_weeks,): first day of each week.
        """
        since = ((weeks - self.first) / WEEK).to_numpy(float)
        found = {}
        if self.harmonics:
            found["season"] = yearly_bumps(weeks, self.harmonics + 1)
        if self.level:
            found["level"] = wandering(since, self.n_weeks)
        if self.country and self.holidays:
            found["holidays"] = around_holidays(weeks, self.country, self.holidays)
        if self.movement:
            found["demand"] = _remembered(self.movement, since)
        if self.proxies:
            found["proxies"] = _remembered(self.proxies, since)
        return {name: found[name] for name in COMPONENTS if name in found}

    def matrix(self, weeks: pd.DatetimeIndex) -> Array:
        """Return all columns side by side, shape (n_weeks, n_columns)."""
        return np.column_stack([np.empty((len(weeks), 0)), *self.columns(weeks).values()])

    @property
    def components(self) -> tuple[str, ...]:
        """Names of the components, in the order of their columns."""
        return tuple(self.columns(pd.DatetimeIndex([self.first])))

    @property
    def owner(self) -> NDArray[np.int64]:
        """Position of each column's component, shape (n_columns,)."""
        widths = [c.shape[1] for c in self.columns(pd.DatetimeIndex([self.first])).values()]
        return np.repeat(np.arange(len(widths)), widths)


def flexible_design(weekly: WeeklyData, study: Study, baseline: Array) -> FlexibleDesign:
    """Set up the flexible components of a study on the weeks of a fit.

    Parameters
    ----------
    weekly : WeeklyData
        The weeks of the fit.
    study : Study
        A study without trend or season gets no flexible one either.
    baseline : ndarray, shape (n_weeks, n_terms)
        The regular baseline, which is taken out before spends are compared.
    """
    country = study.baseline.holidays
    dates = holidays_by_name(weekly.weeks, country) if country else {}
    within = (weekly.weeks[0], weekly.weeks[-1] + LAST_DAY)
    names = [n for n, days in dates.items() if any(within[0] <= d <= within[1] for d in days)]
    return FlexibleDesign(
        first=weekly.weeks[0],
        n_weeks=len(weekly),
        harmonics=study.baseline.season_harmonics,
        level=study.baseline.trend,
        country=country,
        holidays=tuple(sorted(names)),
        movement=_movement(weekly, baseline, has_proxy=bool(study.controls.demand_proxies)),
        proxies=tuple(
            tuple(shifted(weekly.controls[name].to_numpy(float), by).tolist())
            for name in study.controls.demand_proxies
            for by in SHIFTS
        ),
    )


def _movement(
    weekly: WeeklyData, baseline: Array, *, has_proxy: bool
) -> tuple[tuple[float, ...], ...]:
    """Return the common movement of spend where there is one, and its neighbors without proxy."""
    spend = weekly.spend.to_numpy(float)
    if spend.shape[1] < 2 or not common_movement(spend, baseline) > MOVES_TOGETHER:
        return ()
    common = shared_component(spend)
    weeks = (0,) if has_proxy else (0, -1, 1)
    return tuple(tuple(shifted(common, by).tolist()) for by in weeks)


def shifted(values: Array, by: int) -> Array:
    """Return a series some weeks later (or earlier, if negative), standardized.

    At the edge the first (or last) value stands for those that are not known; a series that does
    not move is zero.
    """
    places = np.clip(np.arange(len(values)) - by, 0, len(values) - 1)
    moved = values[places] - values[places].mean()
    spread = float(moved.std())
    moves = spread > 1e-9 * float(np.abs(values).max(initial=0.0))
    return np.asarray(moved / spread if moves else np.zeros(len(values)))


def _remembered(series: tuple[tuple[float, ...], ...], since: Array) -> Array:
    """Return known series by weeks since the first, shape (n_weeks, n_series)."""
    values, week = np.array(series).T, np.round(since).astype(int)
    known = (week >= 0) & (week < len(values))
    return np.where(known[:, np.newaxis], values[np.clip(week, 0, len(values) - 1)], 0.0)


@dataclass(frozen=True)
class FlexibleBaseline:
    """Draws of the flexible components."""

    design: FlexibleDesign
    coefficients: Array  #: Shape (n_draws, n_columns): KPI units.
    #: Shape (n_draws, n_components): standard deviation of each, in multiples of the noise.
    sd: Array

    def effect(self, weeks: pd.DatetimeIndex) -> Array:
        """Return what the components add to the KPI, shape (n_draws, n_weeks)."""
        return np.asarray(self.coefficients @ self.design.matrix(weeks).T)

    def effect_of(self, component: str, weeks: pd.DatetimeIndex) -> Array:
        """Return what one component adds to the KPI, shape (n_draws, n_weeks)."""
        mine = self.design.owner == self.design.components.index(component)
        return np.asarray(self.coefficients[:, mine] @ self.design.matrix(weeks)[:, mine].T)

    def whitener(self, weeks: pd.DatetimeIndex) -> Array:
        r"""Return what makes weeks independent again once the components count as noise.

        Shape (n_weeks, n_weeks).

        Notes
        -----
        :math:`(I + Z D^2 Z')^{-1/2}` at the median standard deviations, by eigenvalues: residuals
        and columns that it multiplies are those of a plain regression (generalized least squares).
        """
        sd = np.median(self.sd, axis=0)[self.design.owner]
        columns = self.design.matrix(weeks) * sd
        left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
        return np.eye(len(weeks)) - left * (1 - 1 / np.sqrt(1 + sizes**2)) @ left.T

    def take(self, draws: NDArray[np.intp]) -> FlexibleBaseline:
        """Keep some draws."""
        return replace(self, coefficients=self.coefficients[draws], sd=self.sd[draws])


def yearly_bumps(weeks: pd.DatetimeIndex, first: int) -> Array:
    r"""Return higher yearly harmonics whose spectrum draws bumps of some weeks.

    Shape (n_weeks, 2 n_harmonics).

    Notes
    -----
    :math:`v_j \propto \exp(-(2 \pi j L / 52.18)^2 / 2)`, L weeks, scaled to sum to one: the
    spectrum of a periodic Gaussian process whose covariance is a bump of width L.
    """
    order = np.arange(first, max(LAST_HARMONIC, first) + 1)
    spectrum = np.exp(-((2 * np.pi * order * BUMP / WEEKS_PER_YEAR) ** 2) / 2)
    size = np.sqrt(spectrum / spectrum.sum())
    angle = 2 * np.pi * weeks.day_of_year.to_numpy(float) / DAYS_PER_YEAR
    return np.column_stack(
        [
            s * wave(j * angle)
            for j, s in zip(order, size, strict=True)
            for wave in (np.sin, np.cos)
        ]
    )


def wandering(since: Array, n_weeks: int) -> Array:
    """Return the columns of a level that may move between knots, like a random walk.

    Parameters
    ----------
    since : ndarray, shape (n_weeks_asked,)
        Weeks since the first week of the fit.
    n_weeks : int
        Weeks of the fit.

    Returns
    -------
    ndarray, shape (n_weeks_asked, n_knots)
        Ramps from zero to one; the walk's standard deviation after a year is one. After the last
        knot the level stays.
    """
    step = max(KNOT, -(-n_weeks // MOST_KNOTS))
    knots = step * np.arange(-(-(n_weeks + AHEAD) // step))
    ramps = np.clip((since[:, np.newaxis] - knots) / step, 0.0, 1.0)
    return np.asarray(ramps * np.sqrt(step / WEEKS_PER_YEAR))


def around_holidays(weeks: pd.DatetimeIndex, country: str, names: tuple[str, ...]) -> Array:
    """Return two columns a holiday: its own week, and the days before and after it.

    Shape (n_weeks, 2 n_holidays): 0 or 1; and how many of the days around fall into the week, over
    those of a holiday of one day.
    """
    days_of, columns = holidays_by_name(weeks, country), []
    for name in names:
        itself = pd.DatetimeIndex(days_of.get(name, []))
        near = [itself + pd.Timedelta(days=k) for k in range(-BEFORE, AFTER + 1)]
        around = pd.DatetimeIndex(sorted({day for days in near for day in days} - set(itself)))
        columns.append(np.minimum(_days_in(weeks, itself), 1.0))
        columns.append(_days_in(weeks, around) / (BEFORE + AFTER))
    return np.column_stack(columns)


def _days_in(weeks: pd.DatetimeIndex, days: pd.DatetimeIndex) -> Array:
    """Count the days that fall into each week."""
    order = np.argsort(weeks)
    position = np.searchsorted(weeks[order], days, side="right") - 1
    inside = position >= 0
    inside[inside] &= days[inside] <= weeks[order][position[inside]] + LAST_DAY
    counts = np.zeros(len(weeks))
    np.add.at(counts, order[position[inside]], 1.0)
    return counts
