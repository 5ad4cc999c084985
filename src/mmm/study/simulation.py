"""The ``[simulate]`` table of ``study.toml``: the process that makes a simulated study's data."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from mmm.study.frozen import Frozen, Text


class SimulatedChannel(Frozen):
    """Truth of one simulated channel; half-saturation in multiples of the mean weekly spend.

    Retention counts where the channel's adstock is geometric, half-saturation and slope where
    its saturation is Hill; a channel without either is a straight line.
    """

    weekly_spend: float = Field(gt=0)
    roi: float = Field(ge=0)
    retention: float = Field(default=0.0, ge=0, lt=1)
    half_saturation: float = Field(default=1.0, gt=0)
    slope: float = Field(default=1.0, gt=0)
    variation: float = Field(default=0.35, gt=0)
    dark_share: float = Field(default=0.0, ge=0, lt=0.9)
    follows_season: float = 0.0


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
