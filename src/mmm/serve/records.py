"""The fields of a record, and the pydantic model that checks them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    create_model,
)

from mmm.errors import require_choice

#: Largest amount that a field takes: far beyond any budget, far from overflow.
LARGEST = 1e12


FieldKind = Literal["amount", "number", "whole", "week", "level"]


@dataclass(frozen=True)
class FieldSpec:
    """One field of a record."""

    name: str  #: As in the data file.
    #: A number from zero on, any number, a whole number, the first day of a week, or a text.
    kind: FieldKind
    unit: str  #: Unit, in words.
    #: Range seen in training; None where there is none.
    low: float | str | None = None
    high: float | str | None = None
    limits: tuple[int, int] | None = None  #: Values that exist (whole numbers).
    levels: tuple[str, ...] = ()  #: Known texts.

    def __post_init__(self) -> None:
        require_choice(self.kind, get_args(FieldKind), f"kind of {self.name!r}")

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest and largest value that is accepted."""
        if self.limits is not None:
            return self.limits
        return (0.0 if self.kind == "amount" else -LARGEST), LARGEST


def parse_week(value: object) -> dt.date:
    """Read a date written as YYYY-MM-DD.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return dt.date.fromisoformat(value)
    raise ValueError("must be a date written YYYY-MM-DD")


Week = Annotated[
    dt.date, BeforeValidator(parse_week), WithJsonSchema({"type": "string", "format": "date"})
]


def _whole(value: float) -> float:
    if not value.is_integer():  # pydantic's multiple_of lets 1e-42 pass
        raise ValueError("must be a whole number")
    return value


Whole = Annotated[float, AfterValidator(_whole)]


def _annotation(spec: FieldSpec) -> Any:
    if spec.kind == "week":
        return Week
    if spec.kind == "level":
        return Literal[spec.levels]
    return Whole if spec.kind == "whole" else float


def _field(spec: FieldSpec) -> Any:
    about = {"alias": spec.name, "description": spec.unit}
    if spec.kind in ("week", "level"):
        return Field(**about)  # type: ignore[call-overload]
    low, high = spec.bounds
    if spec.kind == "whole":
        extra = {"type": "integer", "minimum": int(low), "maximum": int(high)}
        return Field(**about, ge=low, le=high, json_schema_extra=extra)  # type: ignore[call-overload]
    return Field(**about, ge=low, le=high)  # type: ignore[call-overload]


def record_model(name: str, specs: Sequence[FieldSpec]) -> type[BaseModel]:
    """Make the model of a record: every field required, nothing else accepted."""
    config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)
    fields = {f"f{i}": (_annotation(spec), _field(spec)) for i, spec in enumerate(specs)}
    return create_model(name, __config__=config, **fields)  # type: ignore[call-overload]


def answer(
    predicted: float,
    *,
    interval: tuple[float, float, float],
    contributions: dict[str, float],
    extrapolation: list[dict[str, Any]],
) -> dict[str, Any]:
    """Put one prediction into the form of the service."""
    level, low, high = interval
    return {
        "predicted_revenue": predicted,
        "interval": {"level": level, "low": low, "high": high},
        "contributions": contributions,
        "extrapolation": extrapolation,
    }


def extrapolated(specs: Sequence[FieldSpec], values: Sequence[Any]) -> list[dict[str, Any]]:
    """List the fields whose value lies outside what the model has seen."""
    return [
        {"field": spec.name, "value": value, "low": spec.low, "high": spec.high}
        for spec, value in zip(specs, values, strict=True)
        if spec.low is not None and not spec.low <= value <= spec.high
    ]
