"""What is wrong with a request: one exception, reported as error, field, reason and remedy."""

from __future__ import annotations

from typing import Any

from pydantic_core import ErrorDetails


class RequestError(Exception):
    """A request that cannot be answered.

    Parameters
    ----------
    status : int
        HTTP status, 400 to 499.
    error : str
        Kind of problem, in a few words.
    field : str or None
        The part of the request that is wrong, e.g. ``[3].month``.
    reason : str
        What is wrong with it.
    remedy : str
        What to do.
    """

    def __init__(
        self, status: int, error: str, *, field: str | None, reason: str, remedy: str
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.error = error
        self.field = field
        self.reason = reason
        self.remedy = remedy

    def to_json(self) -> dict[str, Any]:
        """Return the body of the answer."""
        return {
            "error": self.error,
            "field": self.field,
            "reason": self.reason,
            "remedy": self.remedy,
        }


#: What a client did wrong before its body was read, by HTTP status.
REMEDIES = {
    400: "Send a well-formed HTTP request.",
    404: "GET /openapi.json lists the paths.",
    405: "Use a method that the Allow header of this answer names.",
    413: "Split the records over several requests, or score a file: python -m mmm predict.",
    415: "Send JSON with the header Content-Type: application/json.",
}
SHOWN = 60


def shorten(value: object) -> str:
    """Return a value as text that fits into a sentence."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def locate(parts: tuple[int | str, ...], prefix: str = "") -> str | None:
    """Write a path inside a body as ``[3].month``."""
    path = prefix
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path[:200] or None


def invalid(
    errors: list[ErrorDetails], *, known: list[str], prefix: str = "", skip: int = 0
) -> RequestError:
    """Turn the findings of pydantic into one problem; unknown and missing fields come first."""
    ranked = sorted(errors, key=lambda e: {"extra_forbidden": 0, "missing": 1}.get(e["type"], 2))
    kind = ranked[0]["type"]
    same = [error for error in ranked if error["type"] == kind]
    parts = ranked[0]["loc"][skip:]
    field = locate(parts, prefix)
    named = (str(part)[:SHOWN] for error in same[:12] for part in error["loc"][-1:])
    names = ", ".join(dict.fromkeys(named))
    if kind == "extra_forbidden":
        reason = f"unknown: {names}"
        remedy = f"Remove it. Known fields: {', '.join(known)}."
    elif kind == "missing":
        reason = f"required, but missing: {names}"
        remedy = f"Give it. Known fields: {', '.join(known)}."
    else:
        message = ranked[0]["msg"].removeprefix("Value error, ")
        reason = f"{message} (got {shorten(ranked[0]['input'])})"
        remedy = "Correct the value; GET /model shows units, limits and an example."
    return unusable(field, reason, remedy)


def unusable(field: str | None, reason: str, remedy: str) -> RequestError:
    """Return the problem of a body or query that does not have the required form."""
    return RequestError(422, "invalid request", field=field, reason=reason, remedy=remedy)


def refused(status: int, error: str, reason: str) -> RequestError:
    """Return the problem of a request whose body was not read."""
    remedy = REMEDIES.get(status, REMEDIES[400])
    return RequestError(status, error.lower(), field=None, reason=reason, remedy=remedy)


def conflict(field: str | None, reason: str, remedy: str) -> RequestError:
    """Return the problem of a well-formed request that this model cannot answer."""
    return RequestError(409, "cannot be answered", field=field, reason=reason, remedy=remedy)
