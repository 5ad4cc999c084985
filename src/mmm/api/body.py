"""Read a JSON body strictly: no duplicate keys, no NaN, no bottomless nesting."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from mmm.api.problems import REMEDIES, RequestError

#: Largest body that is read, in bytes.
BODY_LIMIT = 1024 * 1024


def _malformed(reason: str, remedy: str, field: str | None = None) -> RequestError:
    return RequestError(400, "malformed JSON", field=field, reason=reason, remedy=remedy)


def _refuse_constant(text: str) -> NoReturn:
    raise _malformed(f"{text} is not a JSON number", "Send finite numbers only.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        name = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _malformed(f"the key {name[:60]!r} is given twice", "Give each key once.", name[:60])
    return found


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_unique)


def read_json(raw: bytes, mimetype: str) -> Any:
    """Parse the body of a request.

    Parameters
    ----------
    raw : bytes
        The body.
    mimetype : str
        Its declared type, without parameters.

    Returns
    -------
    Any
        Dicts, lists, strings, numbers, booleans and None.

    Raises
    ------
    RequestError
        415 for another type, 400 for anything that is not strict JSON in UTF-8.
    """
    if mimetype != "application/json":
        reason = f"the content type is {mimetype[:60] or 'missing'}"
        raise RequestError(
            415, "unsupported media type", field=None, reason=reason, remedy=REMEDIES[415]
        )
    try:
        return _DECODER.decode(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise _malformed("the body is not UTF-8 text", "Encode it as UTF-8.") from None
    except RecursionError:
        raise _malformed("nested too deeply", "Send a record or a list of records.") from None
    except json.JSONDecodeError as error:
        where = f"{error.msg} at line {error.lineno}, column {error.colno}"
        raise _malformed(where, "Send one JSON document.") from None
    except ValueError:  # an integer of thousands of digits
        raise _malformed("a number has too many digits", "Send finite numbers only.") from None
