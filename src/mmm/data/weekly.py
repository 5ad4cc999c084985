"""Clean weekly data: outcome, spend, media, controls and dates of the same weeks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.regions import Regions, regions_of
from mmm.study.study import Study


@dataclass(frozen=True)
class WeeklyData:
    """Clean weekly data of one study; rows are weeks, oldest first.

    Attributes
    ----------
    weeks : DatetimeIndex, shape (n_weeks,)
        First day of each week.
    kpi : ndarray, shape (n_weeks,)
        Outcome, in KPI units (or currency when the KPI is revenue).
    value : ndarray, shape (n_weeks,)
        Currency per KPI unit; one where the KPI is money already.
    spend : DataFrame, shape (n_weeks, n_channels)
        Currency per week, by channel name.
    media : DataFrame, shape (n_weeks, n_channels)
        Pressure the model sees: the exposure column where one is given, else the spend.
    controls : DataFrame, shape (n_weeks, n_controls)
        Non-media drivers; text columns are already 0/1 columns.
    regions : Regions, optional
        The same weeks region by region, of a regional study.
    """

    weeks: pd.DatetimeIndex
    kpi: Array
    value: Array
    spend: pd.DataFrame
    media: pd.DataFrame
    controls: pd.DataFrame
    regions: Regions | None = None

    def __len__(self) -> int:
        return len(self.weeks)

    @property
    def revenue(self) -> Array:
        """KPI in money, per week."""
        return self.kpi * self.value

    @property
    def channels(self) -> list[str]:
        """Channel names in the order of the study."""
        return list(self.spend.columns)

    def head(self, n_weeks: int) -> WeeklyData:
        """Return the first `n_weeks` weeks."""
        return self._kept(slice(None, n_weeks))

    def after(self, n_weeks: int) -> WeeklyData:
        """Return the weeks after the first `n_weeks`."""
        return self._kept(slice(n_weeks, None))

    def _kept(self, keep: slice) -> WeeklyData:
        return WeeklyData(
            weeks=self.weeks[keep],
            kpi=self.kpi[keep],
            value=self.value[keep],
            spend=self.spend.iloc[keep],
            media=self.media.iloc[keep],
            controls=self.controls.iloc[keep],
            regions=None if self.regions is None else self.regions.kept(keep),
        )


def weekly_data(
    frame: pd.DataFrame, study: Study, regions: pd.DataFrame | None = None
) -> WeeklyData:
    """Turn a clean table into :class:`WeeklyData`, with the rows of its regions where given.

    Parameters
    ----------
    frame : DataFrame
        The national weeks.
    study : Study
        What the columns mean.
    regions : DataFrame, optional
        A row per region and week; one region alone is the nation.
    """
    channels = study.channels.items()
    spend = {name: frame[channel.spend].astype(float) for name, channel in channels}
    media = {name: frame[c.exposure or c.spend].astype(float) for name, c in channels}
    value = np.ones(len(frame))
    if study.data.value_column:
        value = frame[study.data.value_column].to_numpy(float)
    elif study.data.value_per_unit:
        value = np.full(len(frame), study.data.value_per_unit)
    weekly = WeeklyData(
        weeks=pd.DatetimeIndex(pd.to_datetime(frame[study.data.date])),
        kpi=frame[study.data.kpi].to_numpy(float),
        value=value,
        spend=pd.DataFrame(spend),
        media=pd.DataFrame(media),
        controls=_control_columns(frame, study),
    )
    if regions is None or regions[study.data.region].nunique() < 2:
        return weekly
    return replace(weekly, regions=regions_of(regions, weekly, study))


def _control_columns(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    columns = {name: frame[name].astype(float) for name in study.controls.columns}
    for name in study.controls.categorical:
        values = frame[name].fillna("none").astype(str)
        usual = values.mode().iloc[0]
        for level in sorted(set(values) - {usual}):
            columns[f"{name}: {level}"] = (values == level).astype(float)
    return pd.DataFrame(columns, index=frame.index)
