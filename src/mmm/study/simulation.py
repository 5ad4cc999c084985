"""The ``[simulate]`` table of ``study.toml``: the process that makes a simulated study's data."""

from __future__ import annotations

import datetime as dt
from typing import Literal, Self

from pydantic import Field, model_validator

from mmm.study.frozen import Frozen, Text


class SimulatedChannel(Frozen):
    """Truth of one simulated channel; half-saturation in multiples of the mean weekly spend.

    Retention counts where the channel's adstock is geometric, half-saturation and slope where
    its saturation is Hill; a channel without either is a straight line. Where there are regions,
    spend per head may follow local demand (`follows_demand`: log spend per standard deviation of
    demand), or be the same everywhere (`bought_nationally`).
    """

    weekly_spend: float = Field(gt=0)
    roi: float = Field(ge=0)
    retention: float = Field(default=0.0, ge=0, lt=1)
    half_saturation: float = Field(default=1.0, gt=0)
    slope: float = Field(default=1.0, gt=0)
    variation: float = Field(default=0.35, gt=0)
    dark_share: float = Field(default=0.0, ge=0, lt=0.9)
    follows_season: float = 0.0
    follows_demand: float = 0.0
    bought_nationally: bool = False


class Shock(Frozen):
    """An external shock: a share of the baseline lost or won for some weeks."""

    column: Text
    first_week: int = Field(ge=0)
    weeks: int = Field(ge=1)
    effect: float = Field(gt=-1)


class Driver(Frozen):
    """A driver of the baseline that recurs: promotion weeks, or a competitor's pressure.

    A ``promotion`` is 0 or 1 in random weeks; a ``competitor`` is a persistent wave around zero
    with unit variance. The effect is a share of the baseline per unit.
    """

    column: Text
    kind: Literal["promotion", "competitor"]
    effect: float = Field(gt=-1)
    share: float = Field(default=0.12, gt=0, lt=1, description="share of promotion weeks")


class RegionalPause(Frozen):
    """A randomized experiment: a channel is off for some weeks in regions drawn by lot."""

    channel: Text
    regions: int = Field(ge=1, description="how many regions are drawn")
    first_week: int = Field(ge=0)
    weeks: int = Field(ge=1)


class SimulatedRegions(Frozen):
    """How the nation of a simulated study falls into regions.

    Spreads are standard deviations of logs (`sizes`, `own_spend`, `unlike`, `levels`) or shares of
    a region's baseline (`trends`, per year, and `demand`). The weighted mean over regions is the
    nation's: of baseline, effects and spend per head.
    """

    names: tuple[Text, ...] = Field(min_length=2)
    population: int = Field(gt=0, description="heads of the nation")
    sizes: float = Field(default=0.6, ge=0)
    own_spend: float = Field(default=0.4, ge=0, description="spend per head, around the nation's")
    unlike: float = Field(default=0.2, ge=0, description="effect per head")
    levels: float = Field(default=0.1, ge=0, description="baseline per head")
    trends: float = Field(default=0.02, ge=0)
    demand: float = Field(default=0.04, ge=0, description="local demand, persistent")
    common_noise: float = Field(
        default=0.5, ge=0, le=1, description="share of the noise variance that hits all regions"
    )
    pause: RegionalPause | None = None

    @model_validator(mode="after")
    def _regions_are_distinct(self) -> Self:
        if len(set(self.names)) < len(self.names):
            raise ValueError("names: each region needs a name of its own")
        if self.pause is not None and self.pause.regions >= len(self.names):
            raise ValueError(
                f"pause: {self.pause.regions} of {len(self.names)} regions; at least one must "
                f"go on, to compare with"
            )
        return self


class Simulate(Frozen):
    """The data-generating process of a simulated study."""

    weeks: int = Field(ge=52)
    start: dt.date
    weekly_baseline: float = Field(gt=0)
    trend_per_year: float = 0.0
    season: float = Field(default=0.0, ge=0)
    noise: float = Field(ge=0, description="standard deviation as a share of the baseline")
    synergy_share: float = Field(default=0.0, ge=0)
    shocks: tuple[Shock, ...] = ()
    drivers: tuple[Driver, ...] = ()
    channels: dict[Text, SimulatedChannel]
    regions: SimulatedRegions | None = None

    @model_validator(mode="after")
    def _regions_fit(self) -> Self:
        regional = [n for n, c in self.channels.items() if c.follows_demand or c.bought_nationally]
        if self.regions is None:
            if regional:
                raise ValueError(
                    f"channels.{regional[0]}: follows_demand and bought_nationally need a "
                    f"[simulate.regions] table"
                )
            return self
        if self.synergy_share > 0:
            raise ValueError("synergy_share: regions are simulated without synergy")
        self._require_pause(self.regions.pause)
        return self

    def _require_pause(self, pause: RegionalPause | None) -> None:
        if pause is None:
            return
        channel = self.channels.get(pause.channel)
        if channel is None or channel.bought_nationally:
            why = "unknown" if channel is None else "bought nationally"
            raise ValueError(f"regions.pause: channel {pause.channel!r} is {why}")
        if pause.first_week + pause.weeks > self.weeks:
            raise ValueError(f"regions.pause: it ends after the {self.weeks} weeks of the data")
