"""The table ``[data]`` of ``study.toml``: the file, its layout, and what its columns mean."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field, model_validator

from mmm.study.frozen import Frozen, Text
from mmm.study.series import SeriesKeys

KpiType = Literal["revenue", "units"]
Frequency = Literal["weekly", "daily"]

#: Largest amount, or value of a KPI unit, that a study may name; the least is its inverse.
MOST_MONEY = 1e12


class Market(Frozen):
    """One market of a panel: the rows of a column with one value."""

    column: Text
    value: Text


class DataSpec(SeriesKeys):
    """What the columns of the data file mean.

    A KPI in units (conversions, orders) is turned into money by `value_per_unit` or, week by
    week, by `value_column`; without either it counts units. Daily rows are summed to weeks that
    start on Monday. A long file (a row per date and channel) names its `channel_column` and
    `spend_column`; its channels then spend in columns called ``<channel>_spend``. Of a panel,
    the rows of a date are summed over `region_columns`, or only those of one `market` are used;
    or each `region` is kept and modeled, per head of its `population` where a column holds it.
    A workbook with several sheets names its `sheet`. Where `date` holds years, `week_column`
    holds the ISO weeks. With the `week_label` "last_day", dates are shifted to the first day of
    their week as they are read.
    """

    file: Text
    sheet: Text | None = None
    date: Text
    week_column: Text | None = None
    date_format: Text | None = None
    week_label: Literal["first_day", "last_day"] = "first_day"
    kpi: Text
    kpi_label: Text | None = None
    kpi_type: KpiType = "revenue"
    value_per_unit: float | None = Field(default=None, ge=1 / MOST_MONEY, le=MOST_MONEY)
    value_column: Text | None = None
    frequency: Frequency = "weekly"
    channel_column: Text | None = None
    spend_column: Text | None = None
    region_columns: tuple[Text, ...] = ()
    market: Market | None = None
    region: Text | None = None
    population: Text | None = None
    latest_plausible: dt.date | None = None

    @model_validator(mode="after")
    def _long_files_name_both(self) -> DataSpec:
        if (self.channel_column is None) != (self.spend_column is None):
            raise ValueError("a long file names both channel_column and spend_column")
        return self

    @model_validator(mode="after")
    def _regions_are_modeled_or_not(self) -> DataSpec:
        if self.population is not None and self.region is None:
            raise ValueError("population needs region, the column of the regions")
        others = [name for name in ("region_columns", "market") if getattr(self, name)]
        if self.region is not None and others:
            raise ValueError(
                f"region models each region, {others[0]} leaves none to model: keep one of them"
            )
        if self.region is not None and self.series is not None:
            raise ValueError(
                "series makes a study of each value, region one model of all: keep one of them"
            )
        return self

    @model_validator(mode="after")
    def _weeks_are_labelled_once(self) -> DataSpec:
        by_number = self.week_column is not None or "%V" in (self.date_format or "")
        if self.week_label == "last_day" and (by_number or self.frequency == "daily"):
            raise ValueError("week_label = 'last_day' needs one date a week, not days or numbers")
        return self

    @model_validator(mode="after")
    def _value_belongs_to_units(self) -> DataSpec:
        given = [name for name in ("value_per_unit", "value_column") if getattr(self, name)]
        if self.kpi_type == "revenue" and given:
            raise ValueError(f"{given[0]} needs kpi_type = 'units'")
        if len(given) > 1:
            raise ValueError("give value_per_unit or value_column, not both")
        return self

    @property
    def value_is_known(self) -> bool:
        """Whether the study says what the KPI is worth in money."""
        return self.kpi_type == "revenue" or bool(self.value_per_unit or self.value_column)
