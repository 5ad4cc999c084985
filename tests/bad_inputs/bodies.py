"""Malformed bodies for every POST endpoint, the status and what the answer must say."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from services import CLASSIC

from mmm.serve.requests import BODY_LIMIT
from mmm.serve.schemas import HISTORY, RECORDS

JSON = "application/json"
NAN, INFINITY = float("nan"), float("inf")

#: The weekly model of the tests: its weeks run to 2024-06-24, its media carry over for 8 weeks.
WEEK = {
    "week": "2024-07-01",
    "tv_spend": 40_000.0,
    "video_spend": 40_000.0,
    "search_spend": 40_000.0,
    "strike": 0.0,
}
PAST = {key: value for key, value in WEEK.items() if key != "strike"} | {"week": "2024-06-24"}
MORE = {"kind": "multiply", "name": "x", "channel": "tv", "factor": 1.1}
MOVE = {"kind": "shift", "name": "x", "from": "tv", "to": ["search"], "share": 0.1}
GIVE = {"kind": "add", "name": "x", "to": ["tv", "video"], "amount": 1000}
STOP = {
    "kind": "pause",
    "name": "x",
    "channels": ["tv"],
    "start": "2024-01-01",
    "end": "2024-02-01",
}
FILE = {"kind": "weekly", "name": "x", "file": "plan.csv"}


class Body(NamedTuple):
    """A request: service, path, body, its type, the status and a part of the answer."""

    service: str
    path: str
    content: bytes
    kind: str | None
    status: int
    expected: str


#: What any endpoint may be sent: body, type, status, what must be said.
ANYWHERE: dict[str, tuple[bytes, str | None, int, str]] = {
    "nothing": (b"", JSON, 400, "malformed JSON"),
    "blanks": (b" \r\n\t", JSON, 400, "malformed JSON"),
    "half an object": (b'{"a": 1', JSON, 400, "line 1, column"),
    "two documents": (b"{}{}", JSON, 400, "Extra data"),
    "a trailing comma": (b'{"a": 1,}', JSON, 400, "malformed JSON"),
    "single quotes": (b"{'a': 1}", JSON, 400, "malformed JSON"),
    "a comment": (b'{"a": 1} // one', JSON, 400, "malformed JSON"),
    "form fields": (b"a=1&b=2", JSON, 400, "malformed JSON"),
    "a line break in a text": (b'{"a": "b\nc"}', JSON, 400, "malformed JSON"),
    "a number with leading zeros": (b'{"a": 01}', JSON, 400, "malformed JSON"),
    "a hexadecimal number": (b'{"a": 0x1}', JSON, 400, "malformed JSON"),
    "NaN": (b'{"a": NaN}', JSON, 400, "NaN is not a JSON number"),
    "Infinity": (b'{"a": Infinity}', JSON, 400, "Infinity is not a JSON number"),
    "-Infinity in a list": (b"[[-Infinity]]", JSON, 400, "-Infinity is not"),
    "a key twice": (b'{"a": 1, "b": 2, "a": 3}', JSON, 400, "'a' is given twice"),
    "a key twice deep inside": (b'{"a": [{"b": {"c": 1, "c": 1}}]}', JSON, 400, "given twice"),
    "a key twice by its escape": (b'{"a": 1, "\\u0061": 2}', JSON, 400, "given twice"),
    "ten thousand lists": (b"[" * 10_000 + b"]" * 10_000, JSON, 400, "nested too deeply"),
    "ten thousand objects": (
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        JSON,
        400,
        "nested too deeply",
    ),
    "endless digits": (b'{"a": ' + b"9" * 5_000 + b"}", JSON, 400, "too many digits"),
    "Latin-1": (b'{"caf\xe9": 1}', JSON, 400, "not UTF-8"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), JSON, 400, "not UTF-8"),
    "UTF-16 without mark": ('{"a": 1}'.encode("utf-16-le"), JSON, 400, "malformed JSON"),
    "a byte order mark": (b"\xef\xbb\xbf{}", JSON, 400, "malformed JSON"),
    "a surrogate in UTF-8": (b'{"a": "\xed\xa0\x80"}', JSON, 400, "not UTF-8"),
    "a binary file": (bytes(range(256)), JSON, 400, "not UTF-8"),
    "a gzip file": (b"\x1f\x8b\x08\x00\x00", JSON, 400, "not UTF-8"),
    "too large": (b'"' + b"x" * BODY_LIMIT + b'"', JSON, 413, "larger than"),
    "a text": (b'"text"', JSON, 422, "'text'"),
    "a number": (b"1e3", JSON, 422, "1000"),
    "a number beyond all": (b"1e400", JSON, 422, "inf"),
    "true": (b"true", JSON, 422, "true"),
    "null": (b"null", JSON, 422, "null"),
    "a list in a list": (b"[[]]", JSON, 422, "a list"),
    "a lone surrogate as key": (b'{"\\ud800": 1}', JSON, 422, "invalid request"),
    "a null byte as key": (b'{"a\\u0000b": 1}', JSON, 422, "invalid request"),
    "an empty key": (b'{"": 1}', JSON, 422, "invalid request"),
    "a key of 100,000 letters": (b'{"' + b"k" * 100_000 + b'": 1}', JSON, 422, "invalid request"),
    "10,000 unknown keys": (
        json.dumps({f"key {i}": i for i in range(10_000)}).encode(),
        JSON,
        422,
        "invalid request",
    ),
    "plain text": (b"{}", "text/plain", 415, "text/plain"),
    "a form": (b"a=1", "application/x-www-form-urlencoded", 415, "Send JSON"),
    "an upload": (b"--x--", "multipart/form-data; boundary=x", 415, "Send JSON"),
    "another JSON": (b"{}", "application/vnd.api+json", 415, "Send JSON"),
    "a type of 10,000 letters": (b"{}", "x" * 10_000, 415, "Send JSON"),
    "no type": (b"{}", None, 415, "missing"),
}


def week(**changes: Any) -> dict[str, Any]:
    """Return the good week with some fields changed."""
    return WEEK | changes


def later(weeks: int, **changes: Any) -> dict[str, Any]:
    """Return a good week some weeks after the last one in the data."""
    days = ["2024-07-01", "2024-07-08", "2024-07-15"]
    return week(week=days[weeks], **changes)


#: Questions about weeks: body, status, what must be said.
WEEKS: dict[str, tuple[Any, int, str]] = {
    "an unknown field": (week(radio_spend=1), 422, "radio_spend"),
    "a field missing": ({"week": "2024-07-01"}, 422, "tv_spend"),
    "a field in capitals": (week(TV_SPEND=1), 422, "TV_SPEND"),
    "a text for a number": (week(tv_spend="40000"), 422, "tv_spend"),
    "a number with separators": (week(tv_spend="40,000"), 422, "tv_spend"),
    "true for a number": (week(tv_spend=True), 422, "tv_spend"),
    "null for a number": (week(tv_spend=None), 422, "tv_spend"),
    "a list for a number": (week(tv_spend=[1]), 422, "tv_spend"),
    "an object for a number": (week(tv_spend={"amount": 1}), 422, "tv_spend"),
    "a negative amount": (week(tv_spend=-0.01), 422, "tv_spend"),
    "an amount beyond all budgets": (week(tv_spend=1e13), 422, "tv_spend"),
    "an integer of 400 digits": (week(tv_spend=10**400), 422, "tv_spend"),
    "a control beyond all": (week(strike=-1e300), 422, "strike"),
    "a number for a date": (week(week=20240701), 422, "YYYY-MM-DD"),
    "a time": (week(week="2024-07-01T00:00:00Z"), 422, "YYYY-MM-DD"),
    "another form of date": (week(week="01/07/2024"), 422, "YYYY-MM-DD"),
    "a day that does not exist": (week(week="2024-02-30"), 422, "week"),
    "a month that does not exist": (week(week="2024-13-01"), 422, "week"),
    "a year of five digits": (week(week="12024-07-01"), 422, "week"),
    "other digits": (week(week="２０２４-07-01"), 422, "week"),
    "the year zero": (week(week="0000-01-03"), 422, "week"),
    "the first year": (week(week="0001-01-01"), 409, "is not within"),
    "the last year": (week(week="9999-12-27"), 409, "is not within"),
    "the week before the data": (week(week="2021-12-27"), 409, "is not within"),
    "a Tuesday": (week(week="2024-07-02"), 409, "start on a Monday"),
    "no records": ([], 422, "0 records"),
    "more records than are answered": ([WEEK] * (RECORDS + 1), 422, f"{RECORDS + 1} records"),
    "a record that is a list": ([WEEK, []], 422, "[1]"),
    "a record that is null": ([WEEK, None], 422, "[1]"),
    "a wrong record among good ones": ([later(0), later(1, tv_spend="1")], 422, "[1].tv_spend"),
    "a week twice": ([later(0), later(0)], 409, "does not follow"),
    "a week left out": ([later(0), later(2)], 409, "does not follow"),
    "weeks backwards": ([later(1), later(0)], 409, "does not follow"),
    "records as an object": ({"records": WEEK}, 422, "records"),
    "records as a text": ({"records": "all"}, 422, "records"),
    "no records in an object": ({"records": []}, 422, "0 records"),
    "a key beside records": ({"records": [WEEK], "model": "ols"}, 422, "model"),
    "history alone": ({"history": [PAST]}, 422, "history"),
    "history as an object": ({"records": [WEEK], "history": PAST}, 422, "history"),
    "history as null": ({"records": [WEEK], "history": None}, 422, "history"),
    "history of numbers": ({"records": [WEEK], "history": [1, 2]}, 422, "history[0]"),
    "history with a control": ({"records": [WEEK], "history": [WEEK]}, 422, "strike"),
    "history with a field missing": (
        {"records": [WEEK], "history": [{"week": "2024-06-24"}]},
        422,
        "history[0].tv_spend",
    ),
    "history that is negative": (
        {"records": [WEEK], "history": [PAST | {"tv_spend": -1}]},
        422,
        "history[0].tv_spend",
    ),
    "history that ends too early": (
        {"records": [WEEK], "history": [PAST | {"week": "2024-06-17"}]},
        409,
        "must be the week before",
    ),
    "history that ends too late": (
        {"records": [WEEK], "history": [PAST | {"week": "2024-07-01"}]},
        409,
        "must be the week before",
    ),
    "history on a Sunday": (
        {"records": [WEEK], "history": [PAST | {"week": "2024-06-23"}]},
        409,
        "history[0].week",
    ),
    "history of another century": (
        {"records": [WEEK], "history": [PAST | {"week": "1924-06-23"}]},
        409,
        "history[0].week",
    ),
    "history of the last year": (
        {"records": [WEEK], "history": [PAST | {"week": "9999-12-27"}]},
        409,
        "history[0].week",
    ),
    "history with a week twice": ({"records": [WEEK], "history": [PAST, PAST]}, 409, "history[1]"),
    "more history than is read": (
        {"records": [WEEK], "history": [PAST] * (HISTORY + 1)},
        422,
        f"between 1 and {HISTORY}",
    ),
    "a later week without its history": (later(2), 409, "carry over"),
}

#: Questions about days of a panel.
DAYS: dict[str, tuple[Any, int, str]] = {
    "an unknown field": (CLASSIC | {"TIKTOK_SPEND": 1}, 422, "TIKTOK_SPEND"),
    "fields missing": ({"year": 2024, "month": 5}, 422, "day_of_week"),
    "month 13": (CLASSIC | {"month": 13}, 422, "month"),
    "month 0": (CLASSIC | {"month": 0}, 422, "month"),
    "half a month": (CLASSIC | {"month": 5.5}, 422, "whole number"),
    "a month in words": (CLASSIC | {"month": "May"}, 422, "month"),
    "the eighth day": (CLASSIC | {"day_of_week": 7}, 422, "day_of_week"),
    "a year of another age": (CLASSIC | {"year": 1e6}, 422, "year"),
    "the year true": (CLASSIC | {"year": True}, 422, "year"),
    "clicks below zero": (CLASSIC | {"EMAIL_CLICKS": -1}, 422, "EMAIL_CLICKS"),
    "clicks beyond all": (CLASSIC | {"EMAIL_CLICKS": 1e300}, 422, "EMAIL_CLICKS"),
    "clicks of 400 digits": (CLASSIC | {"EMAIL_CLICKS": 10**400}, 422, "EMAIL_CLICKS"),
    "records and history": ({"records": [CLASSIC], "history": []}, 422, "history"),
    "more records than are answered": ([CLASSIC] * (RECORDS + 1), 422, f"{RECORDS + 1} records"),
    "no records": ([], 422, "0 records"),
    "an empty record": ({}, 422, "missing"),
}

SCENARIOS: dict[str, tuple[Any, int, str]] = {
    "an empty object": ({}, 422, "kind"),
    "a list of scenarios": ([MORE], 422, "a list"),
    "no kind": ({"name": "x", "channel": "tv", "factor": 2}, 422, "kind"),
    "an unknown kind": (MORE | {"kind": "double"}, 422, "double"),
    "a kind that is a list": (MORE | {"kind": ["multiply"]}, 422, "invalid request"),
    "a kind that is null": (MORE | {"kind": None}, 422, "invalid request"),
    "an unknown field": (MORE | {"factr": 2}, 422, "factr"),
    "no name": ({k: v for k, v in MORE.items() if k != "name"}, 422, "name"),
    "an empty name": (MORE | {"name": " "}, 422, "name"),
    "a name that is a number": (MORE | {"name": 3}, 422, "name"),
    "a name with a lone surrogate": (MORE | {"name": "\ud800"}, 422, "invalid request"),
    "an unknown channel": (MORE | {"channel": "radio"}, 422, "'radio'"),
    "a channel that is a list": (MORE | {"channel": ["tv"]}, 422, "channel"),
    "a channel in capitals": (MORE | {"channel": "TV"}, 422, "'TV'"),
    "no factor": ({k: v for k, v in MORE.items() if k != "factor"}, 422, "factor"),
    "a factor below zero": (MORE | {"factor": -0.5}, 422, "factor"),
    "a factor as text": (MORE | {"factor": "110 %"}, 422, "factor"),
    "a factor that is true": (MORE | {"factor": True}, 422, "factor"),
    "a factor beyond all": (MORE | {"factor": 1e308}, 422, "factor"),
    "a factor of 400 digits": (MORE | {"factor": 10**400}, 422, "factor"),
    "a share above one": (MOVE | {"share": 10}, 422, "share"),
    "a share of nothing": (MOVE | {"share": 0}, 422, "share"),
    "no receivers": (MOVE | {"to": []}, 422, "to"),
    "receivers as text": (MOVE | {"to": "search"}, 422, "to"),
    "a giver that receives": (MOVE | {"to": ["tv"]}, 409, "itself"),
    "a receiver twice": (MOVE | {"to": ["search", "search"]}, 409, "twice"),
    "an unknown receiver": (MOVE | {"to": ["search", "radio"]}, 422, "to[1]"),
    "an unknown giver": (MOVE | {"from": "radio"}, 422, "from"),
    "an amount below zero": (GIVE | {"amount": -1}, 422, "amount"),
    "an amount that is null": (GIVE | {"amount": None}, 422, "amount"),
    "an amount beyond all": (GIVE | {"amount": 1e308}, 422, "amount"),
    "shares that are not one": (GIVE | {"shares": [0.5, 0.6]}, 409, "add up to"),
    "one share for two": (GIVE | {"shares": [1.0]}, 409, "1 shares for 2"),
    "a share below zero": (GIVE | {"shares": [1.5, -0.5]}, 422, "shares"),
    "shares beyond all": (GIVE | {"shares": [1e308, 1e308]}, 409, "add up to"),
    "a pause without weeks": ({k: v for k, v in STOP.items() if k != "end"}, 409, "start and end"),
    "a pause backwards": (STOP | {"end": "2023-01-01"}, 409, "before start"),
    "a pause of no day": (STOP | {"start": "soon"}, 422, "start"),
    "a pause before the data": (STOP | {"start": "1990-01-01", "end": "1990-02-01"}, 409, "1990"),
    "a pause at the end of time": (
        STOP | {"start": "9999-12-01", "end": "9999-12-31"},
        409,
        "9999",
    ),
    "a pause in more than all markets": (STOP | {"markets": 30}, 422, "markets"),
    "a pause of nothing": (STOP | {"channels": []}, 422, "channels"),
    "a pause of an unknown channel": (STOP | {"channels": ["radio"]}, 422, "channels[0]"),
    "a file of the server": (FILE | {"file": "/etc/passwd"}, 409, "file"),
    "a file that is a number": (FILE | {"file": 3}, 422, "file"),
    "a plan of the server": (MORE | {"plan": "../plan.csv"}, 409, "plan"),
    "10,000 receivers": (GIVE | {"to": [f"c{i}" for i in range(10_000)]}, 422, "to[0]"),
}

BUDGETS: dict[str, tuple[Any, int, str]] = {
    "a list": ([], 422, "a list"),
    "an unknown field": ({"money": 1}, 422, "money"),
    "groups, which the study file has": ({"groups": []}, 422, "groups"),
    "overlapping groups": (
        {"groups": [{"channels": ["tv", "video"]}, {"channels": ["tv"]}]},
        422,
        "groups",
    ),
    "a budget below zero": ({"budget": -1}, 422, "budget"),
    "no budget at all": ({"budget": 0}, 422, "budget"),
    "a budget as text": ({"budget": "1000000"}, 422, "budget"),
    "a budget that is true": ({"budget": True}, 422, "budget"),
    "a budget in a list": ({"budget": [1e6]}, 422, "budget"),
    "a budget beyond all": ({"budget": 1e13}, 422, "budget"),
    "a budget of 400 digits": ({"budget": 10**400}, 422, "budget"),
    "a budget below all bounds": ({"budget": 1}, 409, "budget"),
    "a budget above all bounds": ({"budget": 1e12}, 409, "budget"),
    "less money": ({"add": -1000}, 422, "add"),
    "more money than the bounds allow": ({"add": 1e12}, 409, "budget"),
    "budget and add": ({"budget": 1e6, "add": 1}, 409, "contradict"),
    "bounds as a list": ({"bounds": [[0, 1]]}, 422, "bounds"),
    "bounds as text": ({"bounds": "none"}, 422, "bounds"),
    "bounds of an unknown channel": ({"bounds": {"radio": [0, 1]}}, 422, "bounds.radio"),
    "bounds of a channel without a name": ({"bounds": {"": [0, 1]}}, 422, "bounds"),
    "bounds the wrong way round": ({"bounds": {"tv": [2, 1]}}, 409, "Swap them"),
    "one bound": ({"bounds": {"tv": [1]}}, 422, "bounds.tv"),
    "three bounds": ({"bounds": {"tv": [0, 1, 2]}}, 422, "bounds.tv"),
    "a bound below zero": ({"bounds": {"tv": [-1, 1]}}, 422, "bounds.tv[0]"),
    "a bound above ten": ({"bounds": {"tv": [0, 11]}}, 422, "bounds.tv[1]"),
    "a bound that is null": ({"bounds": {"tv": [None, 1]}}, 422, "bounds.tv[0]"),
    "a bound that is text": ({"bounds": {"tv": ["0", 1]}}, 422, "bounds.tv[0]"),
    "bounds that hold nothing": (
        {"budget": 1e6, "bounds": {"tv": [0, 0], "video": [0, 0], "search": [0, 0]}},
        409,
        "budget",
    ),
    "10,000 unknown channels": (
        {"bounds": {f"c{i}": [0, 1] for i in range(10_000)}},
        422,
        "bounds.c0",
    ),
    "a channel of 100,000 letters": ({"bounds": {"c" * 100_000: [0, 1]}}, 422, "bounds.c"),
}

QUESTIONS = {
    ("weekly", "/predict"): WEEKS,
    ("pooled", "/predict"): DAYS,
    ("weekly", "/what-if"): SCENARIOS,
    ("weekly", "/optimize"): BUDGETS,
}


def corpus() -> dict[str, Body]:
    """Return all malformed requests."""
    found: dict[str, Body] = {}
    for (service, path), questions in QUESTIONS.items():
        for name, (content, kind, status, expected) in ANYWHERE.items():
            found[f"{service} {path}: {name}"] = Body(
                service, path, content, kind, status, expected
            )
        for name, (question, status, expected) in questions.items():
            content = json.dumps(question).encode()
            found[f"{service} {path}: {name}!"] = Body(
                service, path, content, JSON, status, expected
            )
    return found
