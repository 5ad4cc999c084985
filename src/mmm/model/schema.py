"""What the files of ``models/`` must hold, checked before anything is computed with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from mmm.errors import ArtefactError
from mmm.study.forms import NONE, AdstockName, SaturationName, parameters_of
from mmm.study.frozen import Frozen, Text
from mmm.study.schema import Baseline, Group, Optimize

#: No size of a model comes near it; beyond it, products overflow.
LARGEST = 1e100
#: Weeks that a carryover may last, far above what a study file may ask for.
LONGEST = 104

Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Amount = Annotated[float, Field(ge=0, le=LARGEST)]
Positive = Annotated[float, Field(gt=0, le=LARGEST)]
Pair = TypeVar("Pair")
Tuple = Annotated[Pair, Field(strict=False)]  # a list in JSON


def _is_text(value: object) -> object:
    _require(isinstance(value, str), "must be a date written YYYY-MM-DD")
    return value


Day = Annotated[
    dt.date,
    BeforeValidator(_is_text),
    Field(ge=dt.date(1900, 1, 1), le=dt.date(2200, 1, 1), strict=False),
]


class Form(BaseModel):
    """A part of a file: unknown keys, wrong types and numbers that are not finite are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class ResponseForm(Form):
    """Draws of one channel's curve."""

    name: Text
    adstock: AdstockName
    saturation: SaturationName
    max_lag: int = Field(ge=0, le=LONGEST)
    parameters: dict[str, list[Number]]
    beta: list[Number]
    history: list[Amount]

    @model_validator(mode="after")
    def _parameters_fit_the_forms(self) -> Self:
        for parameter in parameters_of(self.adstock, self.saturation):
            name = parameter.name
            _require(name in self.parameters, f"parameters: {name} is missing")
            bad = [value for value in self.parameters[name] if not parameter.is_valid(value)]
            _require(not bad, f"parameters.{name}: {bad[:1]} is not {parameter.limits}")
        for name, draws in self.parameters.items():
            _require_count(f"parameters.{name}", draws, len(self.beta), "draws of beta")
        _require(
            len(self.history) >= self.max_lag,
            f"history: {len(self.history)} weeks, but the carryover lasts {self.max_lag}",
        )
        if self.saturation != NONE:  # the straight line of OLS may fall
            bad = [value for value in self.beta if value < 0]
            _require(not bad, f"beta: {bad[:1]} is negative")
        return self


class DesignForm(Form):
    """How weeks become baseline terms."""

    origin: Day
    trend: bool
    harmonics: int
    events: list[Tuple[tuple[Text, Day, Day]]]
    holidays: str | None
    control_means: list[Tuple[tuple[Text, Number]]]
    kept: list[Text] = Field(min_length=1)

    @model_validator(mode="after")
    def _terms_are_known(self) -> Self:
        own = {"trend": self.trend, "season_harmonics": self.harmonics, "holidays": self.holidays}
        _require_as_in_a_study(Baseline, own)
        terms = ["intercept", *["trend"] * self.trend, *["holidays"] * bool(self.holidays)]
        for j in range(1, self.harmonics + 1):
            terms += [f"season sin {j}", f"season cos {j}"]
        terms += [f"control: {name}" for name, _ in self.control_means]
        terms += [f"event: {name}" for name, _, _ in self.events]
        _require_known("kept", self.kept, terms)
        _require_distinct("kept", self.kept)
        _require_distinct("control_means", [name for name, _ in self.control_means])
        return self


class ModelForm(Form):
    """``model.json``: an additive model with its draws."""

    schema_: int = Field(alias="schema")
    name: Text
    responses: list[ResponseForm] = Field(min_length=1)
    pairs: list[Tuple[tuple[int, int]]]
    gamma: list[list[Number]]
    design: DesignForm
    baseline: list[list[Number]]
    noise: list[Amount] = Field(min_length=1)
    info: dict[str, Any]

    @model_validator(mode="after")
    def _draws_are_as_many(self) -> Self:
        draws, channels = len(self.noise), len(self.responses)
        _require_distinct("responses", [response.name for response in self.responses])
        for i, response in enumerate(self.responses):
            _require_count(f"responses[{i}].beta", response.beta, draws, "draws of noise")
        for i, j in self.pairs:
            is_pair = i != j and min(i, j) >= 0 and max(i, j) < channels
            _require(is_pair, f"pairs: [{i}, {j}] are not two of the {channels} channels")
        for name, rows, wanted, what in (
            ("gamma", self.gamma, len(self.pairs), "pairs"),
            ("baseline", self.baseline, len(self.design.kept), "baseline terms"),
        ):
            _require_count(name, rows, draws, "draws of noise")
            for i, row in enumerate(rows):
                _require_count(f"{name}[{i}]", row, wanted, what)
        return self


class KpiForm(Form):
    """What the model predicts."""

    column: Text
    label: Text
    type: Literal["revenue", "units"]


class RangeForm(Form):
    """A numeric control and the range seen in training."""

    column: Text
    low: Number
    high: Number

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        _require(self.low <= self.high, f"low {self.low:g} is above high {self.high:g}")
        return self


class MediumForm(RangeForm):
    """One channel as callers see it."""

    channel: Text
    label: Text
    spend: Text
    unit: str
    bounds: Tuple[tuple[Amount, Amount]]

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> Self:
        low, high = self.bounds
        _require(low <= high, f"bounds: {low:g} is above {high:g}")
        return self


class LevelsForm(Form):
    """A text control and the texts it has had."""

    column: Text
    levels: list[str] = Field(min_length=1)
    usual: str

    @model_validator(mode="after")
    def _usual_is_a_level(self) -> Self:
        _require_known("usual", [self.usual], self.levels)
        return self


class ValueForm(Form):
    """Money per unit of the outcome: a constant, or a column."""

    column: Text | None
    constant: Positive
    low: Number
    high: Number


class GroupForm(Form):
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


class HistoryForm(Form):
    """The weeks behind the model."""

    spend: dict[str, list[Amount]]
    media: dict[str, list[Amount]]
    controls: dict[str, list[Number]]
    value: list[Number]


class FeaturesForm(Form):
    """``model_features.json``: what a caller hands in, and the weeks behind the model."""

    schema_: int = Field(alias="schema")
    study: Text
    title: Text
    currency: str
    kpi: KpiForm
    interval: float = Field(gt=0, lt=1)
    margin: Positive
    window_weeks: int = Field(ge=0)
    seed: int = Field(ge=0)
    add: Positive | None
    objective: str
    groups: list[GroupForm]
    date: Text
    weeks: Tuple[tuple[Day, Day]]
    media: list[MediumForm] = Field(min_length=1)
    controls: list[RangeForm]
    categorical: list[LevelsForm]
    value: ValueForm
    baseline: list[Text]
    history: HistoryForm
    example: dict[str, str | float]

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        _require_as_in_a_study(Optimize, {"objective": self.objective})
        names = [medium.channel for medium in self.media]
        _require_distinct("media", names)
        for group in self.groups:
            _require_known(f"groups: {group.name}", group.channels, names)
        columns = [self.date, *(medium.column for medium in self.media)]
        columns += [control.column for control in self.controls]
        columns += [control.column for control in self.categorical]
        columns += [self.value.column] if self.value.column else []
        _require_distinct("columns of a record", columns)
        _require_known("example", self.example, columns)
        _require_known("columns of a record", columns, self.example, "the example")
        self._check_weeks(names)
        return self

    def _check_weeks(self, names: list[str]) -> None:
        first, last = self.weeks
        days = (last - first).days
        _require(
            days >= 0 and days % 7 == 0, f"weeks: {last} is not a number of weeks after {first}"
        )
        history = self.history
        tables = {"spend": history.spend, "media": history.media, "controls": history.controls}
        for key, table in tables.items():
            if key != "controls":
                _require_known(f"history.{key}", names, table)
                _require_known(f"history.{key}", table, names)
            for name, values in table.items():
                _require_count(f"history.{key}.{name}", values, days // 7 + 1, "weeks")
        _require_count("history.value", history.value, days // 7 + 1, "weeks")
        numeric = [control.column for control in self.controls]
        _require_known("history.controls", numeric, history.controls)


def _require(is_met: bool, message: str) -> None:
    if not is_met:
        raise ValueError(message)


def _require_as_in_a_study(table: type[Frozen], values: Mapping[str, object]) -> None:
    try:
        table.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None


def _require_count(name: str, values: Sequence[object], wanted: int, what: str) -> None:
    _require(len(values) == wanted, f"{name}: {len(values)} value(s) for {wanted} {what}")


def _require_known(
    name: str, given: Iterable[str], known: Iterable[str], where: str = "the file"
) -> None:
    known = set(known)
    unknown = [item for item in given if item not in known]
    _require(not unknown, f"{name}: {', '.join(unknown[:3])!r:.80} is nowhere else in {where}")


def _require_distinct(name: str, given: Sequence[str]) -> None:
    twice = [item for item in given if given.count(item) > 1]
    _require(not twice, f"{name}: {twice[:1]} is given twice")


AGAIN = "Run the pipeline again to make a new one."


def check_form(content: Any, form: type[BaseModel], *, schema: int | None = None) -> None:
    """See that the content of a file is what the project writes.

    Raises
    ------
    ArtefactError
        If it is of another version, or damaged; names the first place and what is wrong there.
    """
    if not isinstance(content, dict):
        raise ArtefactError(f"damaged: it holds {_kind(content)} instead of an object. {AGAIN}")
    found = content.get("schema")
    if schema is not None and "schema" in content and (type(found), found) != (int, schema):
        raise ArtefactError(f"it has schema {found!r:.40}, this version reads {schema}. {AGAIN}")
    try:
        form.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise ArtefactError(_told(found, error.error_count())) from None


def _told(errors: Sequence[ErrorDetails], count: int) -> str:
    first = errors[0]
    place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in first["loc"])
    limits = {"less_than_equal": "le", "greater_than_equal": "ge"}
    message = first["msg"].removeprefix("Value error, ")[:200]
    if first["type"] in limits:
        end = first["ctx"][limits[first["type"]]]
        message = f"must be at {'most' if 'less' in first['type'] else 'least'} {end}"
    is_plain = not isinstance(first["input"], dict | list | BaseModel) and first["type"] not in (
        "missing",
        "value_error",
    )
    got = f" (got {_shown(first['input'])})" if is_plain else ""
    more = f" ({count - 1} more problem(s))" if count > 1 else ""
    where = f"{place.removeprefix('.')[:120]}: " if place else ""
    return f"damaged: {where}{message}{got}{more}. {AGAIN}"


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # an integer of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= 40 else f"{text[:40]}..."


def _kind(content: object) -> str:
    names = {list: "a list", str: "a text", type(None): "null", bool: "true or false"}
    return names.get(type(content), "a number")
