"""The bodies of requests and answers that do not depend on the model."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from mmm.findings import Status
from mmm.serve.records import FieldKind

#: Most records, and most weeks of history, in one request.
RECORDS, HISTORY = 1_000, 520

#: Keys that an answer has only where the KPI is not money already.
IN_UNITS = "In units of the KPI, where it counts units"

Multiplier = Annotated[float, Field(ge=0, le=10)]


class Strict(BaseModel):
    """A body that refuses unknown keys, wrong types and numbers that are not finite."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class OptimizeRequest(Strict):
    """A budget question; without any field: today's total within the study's bounds."""

    budget: Annotated[float, Field(gt=0, le=1e12)] | None = Field(
        default=None, description="Total over the window, in the study's currency"
    )
    add: Annotated[float, Field(gt=0, le=1e12)] | None = Field(
        default=None, description="Money on top of today's total; excludes budget"
    )
    bounds: dict[str, tuple[Multiplier, Multiplier]] | None = Field(
        default=None, description="Lowest and highest multiple of a channel's present spend"
    )


class Error(BaseModel):
    """What is wrong with a request."""

    error: str
    field: str | None
    reason: str
    remedy: str


class Health(BaseModel):
    """The state of the service."""

    status: Literal["ok"]
    model: str
    study: str
    version: str
    model_schema: int = Field(serialization_alias="schema")


class Interval(BaseModel):
    """Central prediction interval, noise included."""

    level: float
    low: float
    high: float


class Extrapolation(BaseModel):
    """A value outside the range seen in training."""

    field: str
    value: float | str
    low: float | str
    high: float | str


class Prediction(BaseModel):
    """Expected revenue of one record; only the first part with ``?detail=0``."""

    predicted_revenue: float
    interval: Interval | None = Field(default=None)
    contributions: dict[str, float] | None = Field(default=None)
    extrapolation: list[Extrapolation] | None = Field(default=None)


class ModelField(BaseModel):
    """One field of a record."""

    name: str
    kind: FieldKind
    unit: str
    low: float | str | None
    high: float | str | None
    minimum: float | None
    maximum: float | None
    levels: list[str]


class Planning(BaseModel):
    """What /what-if and /optimize change: the spend of a window."""

    channels: dict[str, str]
    bounds: dict[str, tuple[float, float]]
    window: dict[str, Any]
    currency: str
    spend: dict[str, float]


class Grade(BaseModel):
    """How well the data know a channel: A to D for its ROI and for its next unit of spend."""

    channel: str
    label: str
    grade_roi: str
    grade_mroi: str
    sentence: str


class ModelAnswer(BaseModel):
    """The model: what it takes, in which range it was trained, and an example."""

    model: str
    kind: Literal["pooled", "weekly"]
    study: str
    title: str
    outcome: str
    unit: str
    interval: float
    features: list[ModelField]
    example: dict[str, float | str]
    takes_history: bool
    planning: Planning | None
    grades: list[Grade]


class RegionPart(BaseModel):
    """A region, and its share of the population (of the mean KPI where no population is known)."""

    name: str
    share: float


class RegionalModelAnswer(ModelAnswer):
    """The model of several regions."""

    regions: list[RegionPart]


class Credible(BaseModel):
    """Central interval of the draws, without the noise of a single week."""

    level: float
    low: float
    high: float


class Contribution(BaseModel):
    """What media add in one region and week; a region has no baseline, so it is no prediction."""

    region: str
    week: str
    incremental: float = Field(description="What all media add to the KPI, in the answer's unit")
    unit: str
    interval: Credible | None
    contributions: dict[str, float] = Field(description="Per channel; they add up to it")
    extrapolation: list[Extrapolation]


class Contributions(RootModel[list[Contribution]]):
    """One answer per record."""


class Beyond(BaseModel):
    """A channel driven beyond its highest week so far."""

    channel: str
    factor: float


class ScenarioSpend(BaseModel):
    """Spend of one channel over the window, today and in the scenario."""

    channel: str
    today: float
    scenario: float


class WhatIfAnswer(BaseModel):
    """What a scenario changes over the window."""

    scenario: str
    weeks: str
    spend_change: float
    kpi_change_low: float | None = Field(default=None, description=IN_UNITS)
    kpi_change: float | None = Field(default=None, description=IN_UNITS)
    kpi_change_high: float | None = Field(default=None, description=IN_UNITS)
    revenue_change_low: float | None
    revenue_change: float | None
    revenue_change_high: float | None
    revenue_change_pct: float
    profit_change: float | None
    p_gain: float | None
    beyond_observed: list[Beyond]
    interval: float
    currency: str
    window: dict[str, Any]
    spend: list[ScenarioSpend]


class Gain(BaseModel):
    """A change against the current plan: of revenue (units where they have no value) or profit."""

    mean: float
    low: float | None
    median: float | None
    high: float | None


class Check(BaseModel):
    """One line of the certificate."""

    check: str
    status: Status
    finding: str


class OptimizeAnswer(BaseModel):
    """The best plan found, and the certificate that checks it."""

    budget: float
    currency: str
    window: dict[str, Any]
    channels: list[dict[str, Any]]
    gain: Gain
    profit: Gain | None
    interval: float
    p_gain: float | None
    certificate: list[Check]
