"""From a parsed body to checked records, scenarios and budget questions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from mmm.serve.loading import Predictor
from mmm.serve.problems import (
    REMEDIES,
    SHOWN,
    RequestError,
    conflict,
    invalid,
    refused,
    shorten,
    unusable,
)
from mmm.serve.records import record_model
from mmm.serve.regional import REGION, RegionalPredictor
from mmm.serve.schemas import HISTORY, RECORDS, OptimizeRequest
from mmm.study.schema import Scenario

SCENARIO: TypeAdapter[Any] = TypeAdapter(Scenario)
SCENARIO_KINDS = list(SCENARIO.json_schema()["discriminator"]["mapping"])


@dataclass(frozen=True)
class RecordForms:
    """What the records of a model look like."""

    record: type[BaseModel]  #: One record.
    history: type[BaseModel] | None  #: One week of history; None where nothing carries over.
    names: list[str]  #: Fields of a record.


@dataclass(frozen=True)
class Question:
    """A checked prediction request."""

    #: At least one record; weeks before the first one, if any were sent.
    records: list[BaseModel]
    history: list[BaseModel]
    is_single: bool  #: Whether one record was sent, not a list.


def record_forms(predictor: Predictor) -> RecordForms:
    """Make the models that check the records of a predictor."""
    history = None
    if predictor.carries_over:
        history = record_model("HistoryWeek", predictor.history_specs)  # type: ignore[union-attr]
    names = [spec.name for spec in predictor.specs]
    return RecordForms(record_model("Record", predictor.specs), history, names)


@dataclass(frozen=True)
class RegionQuestion:
    """A checked question about one region."""

    region: str
    weeks: Question


def region_forms(predictor: RegionalPredictor) -> RecordForms:
    """Make the models that check the records of one region."""
    history = record_model("RegionHistoryWeek", predictor.history_specs)
    names = [spec.name for spec in predictor.specs]
    return RecordForms(record_model("RegionRecord", predictor.specs), history, names)


def read_region_question(body: Any, forms: RecordForms) -> RegionQuestion:
    """Check the body of a question about one region: a region, its records and their history.

    Raises
    ------
    RequestError
        422 with the first field that is wrong.
    """
    wanted = f"an object of {REGION}, records and history"
    if not isinstance(body, dict):
        raise _not_a_record(body, "", wanted)
    weeks = {key: value for key, value in body.items() if key != REGION}
    if not isinstance(body.get(REGION), str):
        reason = f"must be the name of a region (got {shorten(body.get(REGION))})"
        raise unusable(REGION, reason, "GET /model lists the regions.")
    if not isinstance(weeks.get("records"), list):
        raise _not_a_record(weeks.get("records"), "records", "a list of weeks of the region")
    return RegionQuestion(body[REGION], read_question(weeks, forms))


def require_no_region(body: Any, predictor: RegionalPredictor) -> None:
    """Refuse a prediction of one region: there is no baseline of one.

    Raises
    ------
    RequestError
        422 if the body or a record names a region.
    """
    records = body if isinstance(body, list) else [body]
    if isinstance(body, dict) and isinstance(body.get("records"), list):
        records = [body, *body["records"]]
    names = {REGION, predictor.column} - {spec.name for spec in predictor.whole.specs}
    found = [name for r in records if isinstance(r, dict) for name in sorted(names & r.keys())]
    if found:
        reason = "a prediction is of the whole country: the model has no baseline of one region"
        remedy = "POST /contribution says what media add in a region; or remove it."
        raise unusable(found[0], reason, remedy)


def read_question(body: Any, forms: RecordForms) -> Question:
    """Check the body of a prediction request.

    Raises
    ------
    RequestError
        422 with the first field that is wrong.
    """
    if isinstance(body, list):
        return Question(_records(body, forms.record, RECORDS, "", forms.names), [], False)
    if not isinstance(body, dict):
        raise _not_a_record(body, "")
    if forms.history is None or not isinstance(body.get("records"), list):
        return Question([_record(body, forms.record, "", forms.names)], [], True)
    unknown = [key for key in body if key not in ("records", "history")]
    if unknown:
        raise unusable(unknown[0][:SHOWN], "unknown beside records and history", "Remove it.")
    records = _records(body["records"], forms.record, RECORDS, "records", forms.names)
    history = body.get("history", [])
    if not isinstance(history, list):
        raise _not_a_record(history, "history", "a list of weeks")
    known = forms.names[: len(forms.history.model_fields)]
    weeks = _records(history, forms.history, HISTORY, "history", known) if history else []
    return Question(records, weeks, False)


def _not_a_record(
    body: Any, field: str, wanted: str = "a record or a list of records"
) -> RequestError:
    reason = f"must be {wanted} (got {shorten(body)})"
    return unusable(field or None, reason, "GET /model shows an example.")


def _records(
    items: list[Any], form: type[BaseModel], most: int, where: str, names: list[str]
) -> list[BaseModel]:
    if not 1 <= len(items) <= most:
        reason = f"{len(items)} records; between 1 and {most} are answered at a time"
        raise unusable(where or None, reason, REMEDIES[413])
    return [_record(item, form, f"{where}[{i}]", names) for i, item in enumerate(items)]


def _record(item: Any, form: type[BaseModel], where: str, names: list[str]) -> BaseModel:
    if not isinstance(item, dict):
        raise _not_a_record(item, where, "a record")
    try:
        return form.model_validate(item)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False), known=names, prefix=where) from None


def read_scenario(raw: bytes) -> Any:
    """Check the body of a what-if request.

    Raises
    ------
    RequestError
        422 for a wrong field, 409 for a scenario that contradicts itself or has no measure.
    """
    try:
        return SCENARIO.validate_json(raw)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    if errors[0]["type"].startswith("union_tag"):
        reason = f"no known kind of scenario (got {shorten(_kind_of(errors[0]))})"
        raise unusable("kind", reason, f"Use one of {', '.join(SCENARIO_KINDS)}.")
    if errors[0]["type"] == "value_error":
        message = errors[0]["msg"].removeprefix("Value error, ")
        raise conflict(None, message, "Change the scenario.")
    place = errors[0]["loc"]
    known = scenario_fields(str(place[0])) if len(place) > 1 else []
    raise invalid(errors, known=known, skip=int(len(place) > 1))


def _kind_of(error: ErrorDetails) -> Any:
    found = error["input"]
    return found.get("kind") if isinstance(found, dict) else found


def scenario_fields(kind: str) -> list[str]:
    """List the fields that a scenario of one kind has."""
    schema = SCENARIO.json_schema()
    name = schema["discriminator"]["mapping"][kind].rpartition("/")[2]
    return sorted(schema["$defs"][name]["properties"])


def read_budget(raw: bytes) -> OptimizeRequest:
    """Check the body of a budget question.

    Raises
    ------
    RequestError
        422 with the first field that is wrong.
    """
    try:
        return OptimizeRequest.model_validate_json(raw)
    except ValidationError as error:
        known = list(OptimizeRequest.model_fields)
        raise invalid(error.errors(include_url=False), known=known) from None


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
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        key = twice[:SHOWN]
        raise _malformed(f"the key {key!r} is given twice", "Give each key once.", key)
    return found


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_unique)


def read_json(raw: bytes, mimetype: str) -> Any:
    """Parse the body of a request.

    Dicts, lists, strings, numbers, booleans and None.

    Raises
    ------
    RequestError
        415 for another type, 400 for anything that is not strict JSON in UTF-8.
    """
    if mimetype != "application/json":
        reason = f"the content type is {mimetype[:SHOWN] or 'missing'}"
        raise refused(415, "unsupported media type", reason)
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
