"""The tables of ``study.toml``, each a frozen model that refuses unknown keys and wrong types."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from mmm.study.data_spec import MOST_MONEY
from mmm.study.forms import NONE, AdstockName, SaturationName
from mmm.study.frozen import Frozen, Text

PreHistory = Literal["average", "zero", "drop"]
ObjectiveName = Literal["cautious", "mean", "p10"]
#: The same in a file, where the cautious objective may still go by its former name.
ObjectiveKey = Annotated[
    ObjectiveName, BeforeValidator(lambda name: "cautious" if name == "mean_sd" else name)
]

#: Longest carryover in weeks and most pairs of the yearly season that a study may ask for.
LONGEST_LAG, MOST_HARMONICS = 26, 6
#: Largest multiple of today's spend that a plan may ask for: nobody has data for more.
MOST_TIMES = 100


class Channel(Frozen):
    """One bought medium: its columns, the form of its response and its budget bounds.

    `demand_capture` marks a channel that harvests demand, such as branded search: its ROI does
    not inform that of the others. Weibull carryover is the default because it contains geometric
    decay (shape 1) and a delayed peak, so that nobody has to know the form beforehand. `bounds`
    are multiples of today's spend; without them the optimizer's `max_change` holds.
    """

    label: Text
    spend: Text
    exposure: Text | None = None
    adstock: AdstockName = "weibull"
    saturation: SaturationName = "hill"
    max_lag: int = Field(default=12, ge=0, le=LONGEST_LAG)
    demand_capture: bool = False
    bounds: tuple[float, float] | None = None

    @property
    def last_lag(self) -> int:
        """Last lag with an effect, in weeks; none without carryover."""
        return 0 if self.adstock == NONE else self.max_lag

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> Channel:
        low, high = self.bounds or (0.0, 0.0)
        if not 0 <= low <= high:
            raise ValueError(f"bounds [{low:g}, {high:g}]: need 0 <= low <= high")
        if high > MOST_TIMES:
            raise ValueError(
                f"bounds [{low:g}, {high:g}]: these are multiples of today's spend, not money; "
                f"at most {MOST_TIMES}"
            )
        return self


class Baseline(Frozen):
    """What sales would do without media: trend, yearly season, public holidays."""

    trend: bool = True
    season_harmonics: int = Field(default=2, ge=0, le=MOST_HARMONICS)
    holidays: str | None = None

    @field_validator("holidays")
    @classmethod
    def _country_is_known(cls, country: str | None) -> str | None:
        if country is not None:
            from holidays import list_supported_countries  # slow to import, rarely needed

            if country not in list_supported_countries():
                raise ValueError("unknown country; use an ISO code such as 'US', 'GB' or 'DE'")
        return country


class Controls(Frozen):
    """Non-media drivers: numeric columns as they are, text columns as 0/1 columns per level.

    `demand_proxies` stand for demand: their values of the weeks before and after count too.
    """

    columns: tuple[Text, ...] = ()
    categorical: tuple[Text, ...] = ()
    demand_proxies: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _proxies_are_controls(self) -> Controls:
        for name in self.demand_proxies:
            if name not in self.columns or self.demand_proxies.count(name) > 1:
                raise ValueError(f"demand proxy {name!r}: name one of columns, and once")
        return self


class Event(Frozen):
    """A dated shock that the baseline may jump at (inclusive dates)."""

    name: Text
    start: dt.date
    end: dt.date

    @model_validator(mode="after")
    def _ends_after_start(self) -> Event:
        if self.end < self.start:
            raise ValueError(f"event {self.name!r}: end {self.end} is before start {self.start}")
        return self


class Synergy(Frozen):
    """Two channels that work better together."""

    channels: tuple[Text, Text]

    @model_validator(mode="after")
    def _takes_two(self) -> Synergy:
        if self.channels[0] == self.channels[1]:
            raise ValueError(f"synergy of {self.channels[0]!r} with itself")
        return self


class Holdout(Frozen):
    """Weeks at the end that no model sees before it is judged."""

    weeks: int = Field(default=13, ge=1)


class WhatIf(Frozen):
    """What every scenario has: a name, and the weeks it is about.

    The weeks are the study's window; or those of `plan`, a CSV file of future weeks with their
    spend and controls. `start` and `end` keep the change to some of them (inclusive dates); for
    past weeks they may lie anywhere in the data.
    """

    name: Text
    plan: Text | None = None
    start: dt.date | None = None
    end: dt.date | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.start and self.end and self.end < self.start:
            raise ValueError(f"end {self.end} is before start {self.start}")
        return self

    @property
    def named_channels(self) -> list[tuple[str, str]]:
        """Channels the scenario names, each with its key."""
        return []


class Multiply(WhatIf):
    """Scenario: multiply one channel's spend."""

    kind: Literal["multiply"]
    channel: Text
    factor: float = Field(ge=0, le=MOST_TIMES)

    @property
    def named_channels(self) -> list[tuple[str, str]]:
        """Channels the scenario names, each with its key."""
        return [("channel", self.channel)]


class Receivers(WhatIf):
    """Scenario that gives money to channels: by `shares`, else by their current spend."""

    to: tuple[Text, ...] = Field(min_length=1)
    shares: tuple[Annotated[float, Field(ge=0)], ...] | None = None

    @model_validator(mode="after")
    def _receivers_fit(self) -> Self:
        for name in self.to:
            if self.to.count(name) > 1:
                raise ValueError(f"{name!r} is listed twice in `to`")
        if self.shares is None:
            return self
        if len(self.shares) != len(self.to):
            raise ValueError(f"{len(self.shares)} shares for {len(self.to)} channels in `to`")
        if abs(sum(self.shares) - 1) > 1e-6:
            raise ValueError(f"shares add up to {sum(self.shares):g}, not 1")
        return self

    @property
    def named_channels(self) -> list[tuple[str, str]]:
        """Channels the scenario names, each with its key."""
        return [("to", name) for name in self.to]


class Shift(Receivers):
    """Scenario: take a share of one channel's spend and give it to others."""

    kind: Literal["shift"]
    source: Text = Field(alias="from")
    share: float = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _moves(self) -> Shift:
        if self.source in self.to:
            raise ValueError(f"{self.source!r} cannot give money to itself")
        return self

    @property
    def named_channels(self) -> list[tuple[str, str]]:
        """Channels the scenario names, each with its key."""
        return [("from", self.source), *super().named_channels]


class Add(Receivers):
    """Scenario: add money to channels."""

    kind: Literal["add"]
    amount: float = Field(gt=0, le=MOST_MONEY)


class Pause(WhatIf):
    """Scenario: stop channels from `start` to `end`, in all markets or in a share of them.

    A pause in some regions is how a channel is measured: the change is what such a test should
    find, regions being alike.
    """

    kind: Literal["pause"]
    channels: tuple[Text, ...] = Field(min_length=1)
    markets: float = Field(default=1.0, gt=0, le=1)

    @model_validator(mode="after")
    def _has_weeks(self) -> Pause:
        if self.start is None or self.end is None:
            raise ValueError("a pause needs start and end")
        return self

    @property
    def named_channels(self) -> list[tuple[str, str]]:
        """Channels the scenario names, each with its key."""
        return [("channels", name) for name in self.channels]


class Weekly(WhatIf):
    """Scenario: the weekly plan of a CSV file.

    Past weeks are compared with what was spent; future weeks with a repeat of the last 52.
    """

    kind: Literal["weekly"]
    file: Text

    @model_validator(mode="after")
    def _file_has_the_weeks(self) -> Weekly:
        if self.plan or self.start or self.end:
            raise ValueError("the file says which weeks: remove plan, start and end")
        return self


Scenario = Annotated[Multiply | Shift | Add | Pause | Weekly, Field(discriminator="kind")]


class Group(Frozen):
    """Channels that together take between two shares of the budget."""

    channels: tuple[Text, ...] = Field(min_length=1)
    min_share: float = Field(default=0.0, ge=0, le=1)
    max_share: float = Field(default=1.0, ge=0, le=1)

    @model_validator(mode="after")
    def _shares_are_ordered(self) -> Group:
        if self.max_share < self.min_share:
            raise ValueError(f"max_share {self.max_share:g} is below min_share {self.min_share:g}")
        for name in self.channels:
            if self.channels.count(name) > 1:
                raise ValueError(f"{name!r} is listed twice in `channels`")
        return self


class Optimize(Frozen):
    """Settings of the budget optimizer.

    `add` is the extra money of the second plan; a tenth of the window's spend if not given.
    `max_change` bounds the channels that have no `bounds` of their own, as a share of their
    spend. `target_mroi` is break-even at the study's margin if not given. `plan` is a CSV file of
    future weeks to be optimized as well.
    """

    objective: ObjectiveKey = "cautious"
    add: float | None = Field(default=None, gt=0)
    max_change: float = Field(default=0.5, gt=0, le=10)
    fixed: tuple[Text, ...] = ()
    groups: dict[Text, Group] = Field(default_factory=dict)
    target_roi: float | None = Field(default=None, gt=0)
    target_mroi: float | None = Field(default=None, gt=0)
    plan: Text | None = None


class Checks(Frozen):
    """Checks of the data whose FAIL the study accepts, by name; every other FAIL ends a run."""

    accept: tuple[Text, ...] = ()


class Question(Frozen):
    """What the draft of a study left open; delete it once it is answered."""

    column: Text | None = None
    text: Text
    remedy: Text


class Trust(Frozen):
    """What the checks of notebook 08 take for granted.

    Attributes
    ----------
    plausible_roi : (float, float)
        Lowest and highest ROI of a channel that is believable.
    nothing : float
        Share of channels believed, before the data, to have no effect at all.
    """

    plausible_roi: tuple[float, float] = (0.05, 20.0)
    nothing: float = Field(default=0.1, gt=0, lt=1)

    @model_validator(mode="after")
    def _range_is_ordered(self) -> Trust:
        low, high = self.plausible_roi
        if not 0 <= low < high:
            raise ValueError(f"plausible_roi {list(self.plausible_roi)}: need 0 <= low < high")
        return self
