"""The weeks of a regional study region by region, beside the national weeks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.study.study import Study

if TYPE_CHECKING:
    from mmm.data.weekly import WeeklyData

#: Rounds in which shares and totals settle, and what stands for zero in a division.
SHARE_STEPS, TINY = 50, 1e-12


@dataclass(frozen=True)
class Regions:
    """The weeks of a study region by region; weeks are those of the national data beside them.

    Attributes
    ----------
    names : tuple of str, shape (n_regions,)
        Names of the regions, as the file writes them.
    heads : ndarray, shape (n_regions,)
        Share of the population, or of the mean KPI where no population is given; sums to one.
    kpi : ndarray, shape (n_regions, n_weeks)
        Outcome in KPI units; NaN where a region has no row for a week or no KPI.
    spend : ndarray, shape (n_regions, n_weeks, n_channels)
        Currency; zero where there is no row.
    media : ndarray, shape (n_regions, n_weeks, n_channels)
        Media units; zero where there is no row.
    controls : ndarray, shape (n_regions, n_weeks, n_controls)
        In the order of the national controls; their national value where there is no row.
    by_population : bool
        Whether `heads` are shares of a population.
    """

    names: tuple[str, ...]
    heads: Array
    kpi: Array
    spend: Array
    media: Array
    controls: Array
    by_population: bool

    def __len__(self) -> int:
        return len(self.names)

    def head(self, n_weeks: int) -> Regions:
        """Return the first `n_weeks` weeks."""
        return self.kept(slice(None, n_weeks))

    def after(self, n_weeks: int) -> Regions:
        """Return the weeks after the first `n_weeks`."""
        return self.kept(slice(n_weeks, None))

    def with_control(self, values: Array) -> Regions:
        """Return the regions with one more control, the same everywhere; shape (n_weeks,)."""
        column = np.broadcast_to(values, self.kpi.shape)[:, :, np.newaxis]
        return replace(self, controls=np.concatenate([self.controls, column], axis=2))

    def with_channel(self, spend: Array) -> Regions:
        """Return the regions with one more channel, bought by spend; (n_regions, n_weeks)."""
        column = spend[:, :, np.newaxis]
        return replace(
            self,
            spend=np.concatenate([self.spend, column], axis=2),
            media=np.concatenate([self.media, column], axis=2),
        )

    def at(self, rows: Array) -> Regions:
        """Return weeks by their positions, some of them perhaps more than once."""
        weekly = ("kpi", "spend", "media", "controls")
        return replace(self, **{name: getattr(self, name)[:, rows] for name in weekly})

    def scaled(self, channel: int, factors: Array) -> Regions:
        """Return the regions with another spend of one channel; factors by week."""
        spend, media = self.spend.copy(), self.media.copy()
        spend[:, :, channel] *= factors
        media[:, :, channel] *= factors
        return replace(self, spend=spend, media=media)

    def kept(self, keep: slice) -> Regions:
        """Return some of the weeks."""
        weekly = ("kpi", "spend", "media", "controls")
        return replace(self, **{name: getattr(self, name)[:, keep] for name in weekly})


def national(weekly: WeeklyData) -> WeeklyData:
    """Return the weeks without their regions: what a national model sees."""
    return replace(weekly, regions=None)


def kpi_shares(kpi: Array) -> Array:
    """Return the share of each region in the outcome, where some have no row for some weeks.

    Each KPI is taken for a region's share of its week's total; shares and totals are found in
    turn, so that a region that starts late is not measured on its late weeks alone.

    Parameters
    ----------
    kpi : ndarray, shape (n_regions, n_weeks)
        Outcome; NaN where it is not known.

    Returns
    -------
    ndarray, shape (n_regions,)
        Shares that sum to one.

    Examples
    --------
    >>> late = np.array([[10.0, 20.0, 40.0], [np.nan, np.nan, 40.0]])
    >>> kpi_shares(late).round(3)
    array([0.5, 0.5])
    """
    seen = np.isfinite(kpi)
    known = np.where(seen, kpi, 0.0)
    share: Array = np.full(len(kpi), 1 / len(kpi))
    for _ in range(SHARE_STEPS):
        total = known.sum(axis=0) / np.maximum(share @ seen, TINY)
        share = np.maximum(known.sum(axis=1) / np.maximum(seen @ total, TINY), TINY)
        share = share / share.sum()
    return share


def by_region(rows: pd.DataFrame, column: str, study: Study) -> pd.DataFrame:
    """Return a column as a table with a row per region, in their order, and a column per week."""
    region = str(study.data.region)
    wide = rows.set_index([region, study.data.date])[column].unstack()  # noqa: PD010, no summing
    return wide.reindex(index=rows[region].unique()).sort_index(axis=1)


def regions_of(rows: pd.DataFrame, weekly: WeeklyData, study: Study) -> Regions:
    """Return the regions of a study, from the clean rows that notebook 01 writes.

    Parameters
    ----------
    rows : DataFrame
        A row per region and week, as :func:`mmm.data.regional.regional` returns them.
    weekly : WeeklyData
        The national weeks.
    study : Study
        What the columns mean.
    """
    spec = study.data
    dates = pd.to_datetime(rows[spec.date])
    rows = rows.assign(**{spec.date: dates, str(spec.region): rows[spec.region].astype(str)})

    def wide(table: pd.DataFrame, column: str) -> Array:
        return by_region(table, column, study).reindex(columns=weekly.weeks).to_numpy(float)

    channels = study.channels.values()
    kpi = wide(rows, spec.kpi)
    heads = kpi_shares(kpi)
    if spec.population is not None:
        people = np.nanmean(wide(rows, spec.population), axis=1)
        heads = people / people.sum()
    controls = _controls(rows, weekly, study)
    national_controls = weekly.controls.to_numpy(float).T
    return Regions(
        names=tuple(rows[spec.region].unique()),
        heads=heads,
        kpi=kpi,
        spend=_stacked([np.nan_to_num(wide(rows, c.spend)) for c in channels], kpi),
        media=_stacked([np.nan_to_num(wide(rows, c.exposure or c.spend)) for c in channels], kpi),
        controls=_stacked(
            [
                _control(wide(controls, name), values)
                for name, values in zip(controls.columns[2:], national_controls, strict=True)
            ],
            kpi,
        ),
        by_population=spec.population is not None,
    )


def _stacked(tables: list[Array], like: Array) -> Array:
    return np.stack(tables, axis=2) if tables else np.zeros((*like.shape, 0))


def _control(values: Array, national_values: Array) -> Array:
    """Fill what regions do not know by what the nation has."""
    return np.where(np.isfinite(values), values, national_values)


def _controls(rows: pd.DataFrame, weekly: WeeklyData, study: Study) -> pd.DataFrame:
    """Return region, week and each control of the nation; texts as 0/1 columns per level."""
    columns = {name: rows[name] for name in (str(study.data.region), study.data.date)}
    for name in map(str, weekly.controls.columns):
        if name in study.controls.columns:
            columns[name] = rows[name].astype(float)
            continue
        text = next(t for t in study.controls.categorical if name.startswith(f"{t}: "))
        levels = rows[text].fillna("none").astype(str)
        columns[name] = (levels == name.removeprefix(f"{text}: ")).astype(float)
    return pd.DataFrame(columns)
