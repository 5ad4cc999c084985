"""One line on what is wrong with the content of a file that has a form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mmm.errors import ArtefactError

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
