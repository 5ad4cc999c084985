"""The ``[panel]`` table of ``study.toml``: many daily series in one published file."""

from __future__ import annotations

import datetime as dt

from pydantic import Field, model_validator

from mmm.study.frozen import Frozen, Text
from mmm.study.series import Rates

#: Channels of the classic regression, in the order of its inputs.
CLASSIC_CHANNELS = (
    "GOOGLE_PAID_SEARCH",
    "GOOGLE_SHOPPING",
    "GOOGLE_PMAX",
    "META_FACEBOOK",
    "META_INSTAGRAM",
)


class TwinSpec(Frozen):
    """Size of the simulated twin that stands in for the published file."""

    series: int = Field(default=143, ge=20)
    rows: int = Field(default=132_759, ge=1)
    start: dt.date = dt.date(2019, 7, 1)
    end: dt.date = dt.date(2024, 6, 30)
    shortest_days: int = Field(default=449, ge=28)

    @model_validator(mode="after")
    def _rows_fit(self) -> TwinSpec:
        days = (self.end - self.start).days + 1
        low, high = self.series * self.shortest_days, self.series * days
        if not low <= self.rows <= high:
            raise ValueError(
                f"rows = {self.rows}: {self.series} series of {self.shortest_days} to {days} days "
                f"have between {low} and {high} rows"
            )
        return self


class PanelSpec(Frozen):
    """How a panel of daily series is cleaned, split in time and modeled."""

    focus: Text  #: Identifier of the series that the weekly notebooks study.
    cutoff: dt.date  #: Last training day of the pooled regression.
    #: Channels whose columns are mostly empty and are dropped.
    drop: tuple[Text, ...] = ("TIKTOK", "GOOGLE_VIDEO", "GOOGLE_DISPLAY", "META_OTHER")
    #: Days before the cut-off whose mean is the naive forecast.
    naive_days: int = Field(default=28, ge=7)
    #: The pooled what-if: this channel's spend on the test rows times this factor.
    scenario_channel: Text = "GOOGLE_PAID_SEARCH"
    scenario_factor: float = Field(default=1.3, ge=0)
    #: Weeks of spend without which the ROI of a channel is graded C at best.
    min_active_weeks: int = Field(default=13, ge=1)
    #: Share of a series' spend without which it is, too.
    min_spend_share: float = Field(default=0.02, ge=0, lt=1)
    #: Training weeks per parameter without which all channels of a series are.
    weeks_per_parameter: float = Field(default=2.5, ge=1)
    #: Units of the study's currency per unit of each other one, for one budget over all series,
    #: as a table in the file; without any there is no such budget.
    fx: Rates = ()
    #: Simulate this twin when the published file is not in the study's folder.
    twin: TwinSpec | None = None

    @model_validator(mode="after")
    def _scenario_is_kept(self) -> PanelSpec:
        if self.scenario_channel in self.drop:
            raise ValueError(f"scenario_channel {self.scenario_channel!r} is dropped")
        if self.scenario_channel not in CLASSIC_CHANNELS:
            raise ValueError(
                f"scenario_channel {self.scenario_channel!r} is no input of the classic "
                f"regression, so it has no coefficient there. Use one of "
                f"{', '.join(CLASSIC_CHANNELS)}"
            )
        return self
