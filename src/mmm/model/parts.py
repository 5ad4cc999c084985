"""What the parts of a model file share: their types, their checks, and how errors are reported.

A file is described once, by its class: reading checks the content and gives the values that the
package computes with; writing takes those values and gives the content.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence, Sized
from typing import Annotated, Any, ClassVar, Self, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetPydanticSchema,
    ValidationError,
)
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from mmm.arrays import Array
from mmm.errors import ArtefactError

AGAIN = "Run the pipeline again to make a new one."
#: No size of a model comes near it; beyond it, products overflow.
LARGEST = 1e100

Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Amount = Annotated[float, Field(ge=0, le=LARGEST)]
Positive = Annotated[float, Field(gt=0, le=LARGEST)]
Pair = TypeVar("Pair")
Tuple = Annotated[Pair, Field(strict=False)]  # a list in JSON


def stored_as(
    kind: Any, read: Callable[[Any], Any], write: Callable[[Any], Any]
) -> GetPydanticSchema:
    """Say of what kind a value is in the file, how it is read from there and written there."""

    def schema(_: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            read,
            handler.generate_schema(kind),
            serialization=core_schema.plain_serializer_function_ser_schema(write),
        )

    return GetPydanticSchema(schema)


def array_of(kind: Any) -> GetPydanticSchema:
    """Read an array from a list, or from a list of rows."""
    return stored_as(kind, _array, np.ndarray.tolist)


def tuple_of(kind: Any) -> GetPydanticSchema:
    """Read a tuple from a list."""
    return stored_as(kind, tuple, list)


def _array(values: list[Any]) -> Array:
    lengths = {len(row) for row in values if isinstance(row, list)}
    require(len(lengths) < 2, "its rows are not equally long")
    return np.array(values, dtype=float)


def _nulled(values: Array) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]


def _positions(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


Numbers = Annotated[Array, array_of(list[Number])]
Amounts = Annotated[Array, array_of(list[Amount])]
Rows = Annotated[Array, array_of(list[list[Number]])]
#: Numbers of which some are not known: null in the file, NaN in the array.
Gapped = Annotated[Array, stored_as(list[Number | None], _array, _nulled)]
Positions = Annotated[
    NDArray[np.int64], stored_as(list[Annotated[int, Field(ge=0)]], _positions, np.ndarray.tolist)
]


def _written(value: object) -> object:
    if isinstance(value, pd.Timestamp):
        return day_text(value)
    require(isinstance(value, str), "must be a date written YYYY-MM-DD")
    return value


def _timestamp(day: dt.date) -> pd.Timestamp:
    return pd.Timestamp(day.isoformat())


def day_text(day: pd.Timestamp) -> str:
    """Write a day as files have it.

    Examples
    --------
    >>> day_text(pd.Timestamp("2024-07-01"))
    '2024-07-01'
    """
    return f"{day:%Y-%m-%d}"


_WrittenDay = Annotated[
    dt.date,
    BeforeValidator(_written),
    Field(ge=dt.date(1900, 1, 1), le=dt.date(2200, 1, 1), strict=False),
]
Day = Annotated[pd.Timestamp, stored_as(_WrittenDay, _timestamp, day_text)]


class Part(BaseModel):
    """A part of a file: unknown keys, wrong types and numbers that are not finite are refused."""

    model_config = ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, arbitrary_types_allowed=True
    )


class File(Part):
    """A whole file; its schema, where it has one, is raised when older files cannot be read."""

    SCHEMA: ClassVar[int | None] = None

    @classmethod
    def read(cls, content: Any) -> Self:
        """Check that the parsed JSON is what the project writes.

        Raises
        ------
        ArtefactError
            If it is of another version, or damaged; names the first place and what is wrong
            there.
        """
        if not isinstance(content, dict):
            raise ArtefactError(
                f"damaged: it holds {_kind(content)} instead of an object. {AGAIN}"
            )
        found, wanted = content.get("schema"), cls.SCHEMA
        if wanted is not None and "schema" in content and (type(found), found) != (int, wanted):
            raise ArtefactError(
                f"it has schema {found!r:.40}, this version reads {wanted}. {AGAIN}"
            )
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            problems = error.errors(include_url=False)
            raise ArtefactError(_told(problems, error.error_count())) from None

    def content(self) -> dict[str, Any]:
        """Return the content of the file, plain data."""
        return self.model_dump(mode="json", by_alias=True)


def require(is_met: bool, message: str) -> None:
    """Refuse a part of a file with a message."""
    if not is_met:
        raise ValueError(message)


def require_count(name: str, values: Sized, wanted: int, what: str) -> None:
    """Refuse a list that is not as long as another."""
    require(len(values) == wanted, f"{name}: {len(values)} value(s) for {wanted} {what}")


def require_known(
    name: str, given: Iterable[str], known: Iterable[str], where: str = "the file"
) -> None:
    """Refuse names that are not among those of another part."""
    known = set(known)
    unknown = [item for item in given if item not in known]
    require(not unknown, f"{name}: {', '.join(unknown[:3])!r:.80} is nowhere else in {where}")


def require_distinct(name: str, given: Sequence[str]) -> None:
    """Refuse a list with a name that is given twice."""
    twice = [item for item in given if given.count(item) > 1]
    require(not twice, f"{name}: {twice[:1]} is given twice")


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
