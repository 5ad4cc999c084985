"""The files of ``models/``: each field once, checked before anything is computed with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

import pandas as pd
from pydantic import Field, ValidationError, model_validator

from mmm.model.flexible import FlexibleBaseline, FlexibleDesign
from mmm.model.parts import (
    Amount,
    Array,
    Day,
    File,
    Number,
    Part,
    Positive,
    Rows,
    Tuple,
    array_of,
    day_text,
    require,
    require_count,
    require_distinct,
    require_known,
    stored_as,
    tuple_of,
)
from mmm.model.response_part import ResponsePart
from mmm.study.data_spec import KpiType
from mmm.study.frozen import Frozen, Text
from mmm.study.schema import MOST_HARMONICS, Baseline, Group, ObjectiveKey

#: Weeks of a fit: more than two centuries are a damaged file.
MOST_WEEKS = 12_000

Event = tuple[Text, Day, Day]


def _series(rows: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in rows)


def _rows(series: tuple[tuple[float, ...], ...]) -> list[list[float]]:
    return [list(values) for values in series]


Series = Annotated[tuple[tuple[float, ...], ...], stored_as(list[list[Number]], _series, _rows)]


def _events(events: tuple[tuple[str, pd.Timestamp, pd.Timestamp], ...]) -> list[list[str]]:
    return [[name, day_text(start), day_text(end)] for name, start, end in events]


def _means(pairs: list[tuple[str, float]]) -> dict[str, float]:
    require_distinct("control_means", [name for name, _ in pairs])
    return dict(pairs)


def _pairs(means: dict[str, float]) -> list[list[Any]]:
    return [list(item) for item in means.items()]


class DesignPart(Part):
    """How weeks become baseline terms."""

    origin: Day
    trend: bool
    harmonics: int
    events: Annotated[tuple[Event, ...], stored_as(list[Tuple[Event]], tuple, _events)]
    holidays: str | None
    control_means: Annotated[
        dict[str, float], stored_as(list[Tuple[tuple[Text, Number]]], _means, _pairs)
    ]
    kept: Annotated[tuple[str, ...], tuple_of(Annotated[list[Text], Field(min_length=1)])]

    @model_validator(mode="after")
    def _terms_are_known(self) -> Self:
        own = {"trend": self.trend, "season_harmonics": self.harmonics, "holidays": self.holidays}
        _require_as_in_a_study(Baseline, own)
        terms = ["intercept", *["trend"] * self.trend, *["holidays"] * bool(self.holidays)]
        for j in range(1, self.harmonics + 1):
            terms += [f"season sin {j}", f"season cos {j}"]
        terms += [f"control: {name}" for name in self.control_means]
        terms += [f"event: {name}" for name, _, _ in self.events]
        require_known("kept", self.kept, terms)
        require_distinct("kept", self.kept)
        return self


class FlexibleDesignPart(Part):
    """How weeks become columns of the flexible baseline."""

    first: Day
    n_weeks: int = Field(ge=1, le=MOST_WEEKS)
    harmonics: int = Field(ge=0, le=MOST_HARMONICS)
    level: bool
    country: str | None
    holidays: Annotated[tuple[str, ...], tuple_of(list[Text])]
    movement: Series
    proxies: Series

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        _require_as_in_a_study(Baseline, {"holidays": self.country})
        for name in ("movement", "proxies"):
            for i, values in enumerate(getattr(self, name)):
                require_count(f"{name}[{i}]", values, self.n_weeks, "weeks of the fit")
        return self

    def read(self) -> FlexibleDesign:
        """Return the design that the content describes."""
        return FlexibleDesign(**dict(self))


class FlexiblePart(Part):
    """Draws of the flexible baseline."""

    design: FlexibleDesignPart
    coefficients: Rows
    sd: Rows

    @model_validator(mode="after")
    def _columns_are_as_many(self) -> Self:
        design = self.design.read()
        for name, rows, wanted, what in (
            ("coefficients", self.coefficients, len(design.owner), "columns"),
            ("sd", self.sd, len(design.components), "components"),
        ):
            for i, row in enumerate(rows):
                require_count(f"{name}[{i}]", row, wanted, what)
        return self

    @classmethod
    def of(cls, flexible: FlexibleBaseline) -> Self:
        """Return the content that :meth:`read` reads."""
        design = FlexibleDesignPart.model_construct(**vars(flexible.design))
        return cls.model_construct(**vars(flexible) | {"design": design})

    def read(self) -> FlexibleBaseline:
        """Return the draws that the content describes."""
        return FlexibleBaseline(self.design.read(), self.coefficients, self.sd)


class ModelFile(File):
    """``model.json``: an additive model with its draws."""

    SCHEMA: ClassVar[int] = 2

    schema_: int = Field(alias="schema")
    name: Text
    responses: list[ResponsePart] = Field(min_length=1)
    pairs: Annotated[tuple[tuple[int, int], ...], tuple_of(list[Tuple[tuple[int, int]]])]
    gamma: Rows
    design: DesignPart
    baseline: Rows
    noise: Annotated[Array, array_of(Annotated[list[Amount], Field(min_length=1)])]
    flexible: FlexiblePart | None
    info: dict[str, Any]

    @model_validator(mode="after")
    def _draws_are_as_many(self) -> Self:
        draws, channels = len(self.noise), len(self.responses)
        require_distinct("responses", [response.name for response in self.responses])
        for i, response in enumerate(self.responses):
            require_count(f"responses[{i}].beta", response.beta, draws, "draws of noise")
        for i, j in self.pairs:
            is_pair = i != j and min(i, j) >= 0 and max(i, j) < channels
            require(is_pair, f"pairs: [{i}, {j}] are not two of the {channels} channels")
        for name, rows, wanted, what in (
            ("gamma", self.gamma, len(self.pairs), "pairs"),
            ("baseline", self.baseline, len(self.design.kept), "baseline terms"),
        ):
            require_count(name, rows, draws, "draws of noise")
            for i, row in enumerate(rows):
                require_count(f"{name}[{i}]", row, wanted, what)
        if self.flexible is not None:
            for name, rows in (
                ("coefficients", self.flexible.coefficients),
                ("sd", self.flexible.sd),
            ):
                require_count(f"flexible.{name}", rows, draws, "draws of noise")
        return self


class KpiPart(Part):
    """What the model predicts."""

    column: Text
    label: Text
    type: KpiType


class RangePart(Part):
    """A numeric control and the range seen in training."""

    column: Text
    low: Number
    high: Number

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        require(self.low <= self.high, f"low {self.low:g} is above high {self.high:g}")
        return self


class MediumPart(RangePart):
    """One channel as callers see it."""

    channel: Text
    label: Text
    spend: Text
    unit: str
    bounds: Tuple[tuple[Amount, Amount]]

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> Self:
        low, high = self.bounds
        require(low <= high, f"bounds: {low:g} is above {high:g}")
        return self


class LevelsPart(Part):
    """A text control and the texts it has had."""

    column: Text
    levels: list[str] = Field(min_length=1)
    usual: str

    @model_validator(mode="after")
    def _usual_is_a_level(self) -> Self:
        require_known("usual", [self.usual], self.levels)
        return self


class ValuePart(Part):
    """Money per unit of the outcome: a constant, or a column."""

    column: Text | None
    constant: Positive
    low: Number
    high: Number
    known: bool = True


class GroupPart(Part):
    """Channels that together take between two shares of the budget."""

    name: Text
    channels: list[Text]
    low: float
    high: float

    @model_validator(mode="after")
    def _is_a_group_of_a_study(self) -> Self:
        own = {"channels": tuple(self.channels), "min_share": self.low, "max_share": self.high}
        _require_as_in_a_study(Group, own)
        return self


class HistoryPart(Part):
    """The weeks behind the model."""

    spend: dict[str, list[Amount]]
    media: dict[str, list[Amount]]
    controls: dict[str, list[Number]]
    value: list[Number]


class FeaturesFile(File):
    """``model_features.json``: what a caller hands in, and the weeks behind the model."""

    SCHEMA: ClassVar[int] = 2

    schema_: int = Field(alias="schema")
    study: Text
    title: Text
    currency: str
    kpi: KpiPart
    interval: float = Field(gt=0, lt=1)
    margin: Positive
    window_weeks: int = Field(ge=0)
    seed: int = Field(ge=0)
    add: Positive | None
    objective: ObjectiveKey
    groups: list[GroupPart]
    date: Text
    region: Text | None = None  # the column of a regional study
    weeks: Tuple[tuple[Day, Day]]
    media: list[MediumPart] = Field(min_length=1)
    controls: list[RangePart]
    categorical: list[LevelsPart]
    value: ValuePart
    baseline: list[Text]
    history: HistoryPart
    example: dict[str, str | float]

    @property
    def profit_margin(self) -> float | None:
        """Profit per unit of revenue; None where the value of a unit of the KPI is not known."""
        return self.margin if self.value.known else None

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        names = [medium.channel for medium in self.media]
        require_distinct("media", names)
        for group in self.groups:
            require_known(f"groups: {group.name}", group.channels, names)
        columns = [self.date, *(medium.column for medium in self.media)]
        columns += [control.column for control in self.controls]
        columns += [control.column for control in self.categorical]
        columns += [self.value.column] if self.value.column else []
        require_distinct("columns of a record", columns)
        require_known("example", self.example, columns)
        require_known("columns of a record", columns, self.example, "the example")
        self._check_weeks(names)
        return self

    def _check_weeks(self, names: list[str]) -> None:
        first, last = self.weeks
        days = (last - first).days
        require(
            days >= 0 and days % 7 == 0,
            f"weeks: {day_text(last)} is not a number of weeks after {day_text(first)}",
        )
        history = self.history
        tables = {"spend": history.spend, "media": history.media, "controls": history.controls}
        for key, table in tables.items():
            if key != "controls":
                require_known(f"history.{key}", names, table)
                require_known(f"history.{key}", table, names)
            for name, values in table.items():
                require_count(f"history.{key}.{name}", values, days // 7 + 1, "weeks")
        require_count("history.value", history.value, days // 7 + 1, "weeks")
        numeric = [control.column for control in self.controls]
        require_known("history.controls", numeric, history.controls)


def _require_as_in_a_study(table: type[Frozen], values: Mapping[str, object]) -> None:
    try:
        table.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None
