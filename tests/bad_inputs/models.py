"""Malformed model files: a good one with one part broken, and what must be said about it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any, NamedTuple

MODEL, FEATURES, POOLED, GRADES = (
    "model.json",
    "model_features.json",
    "pooled.json",
    "grades.json",
)
NAN, INFINITY = float("nan"), float("inf")


class Broken(NamedTuple):
    """A damage: the file, what becomes of its content, and what the error must say."""

    file: str
    damage: bytes | Callable[[bytes], bytes]
    expected: str

    def apply(self, good: bytes) -> bytes:
        """Return the damaged content."""
        return self.damage if isinstance(self.damage, bytes) else self.damage(good)


class Gone:
    """Stands for a key that is taken out."""


class Token(str):
    """JSON that is written as it is, such as a number that Python would not write."""


#: What every file may hold instead of a model: other bytes, or what becomes of the good ones.
WHOLE: dict[str, tuple[bytes | Callable[[bytes], bytes], str]] = {
    "empty": (b"", "not a model"),
    "blank": (b" \n\n", "not a model"),
    "cut in the middle": (lambda good: good[: len(good) // 2], "not a model"),
    "cut before the last brace": (lambda good: good.rstrip()[:-1], "not a model"),
    "twice": (lambda good: good + good, "not a model"),
    "not JSON": (b"week,tv_spend\n2024-01-01,3\n", "not a model"),
    "a page of HTML": (b"<!DOCTYPE html><title>Sign in</title>", "not a model"),
    "zeros of a disk that was full": (lambda good: bytes(len(good)), "not a model"),
    "gzip": (lambda good: gzip.compress(good, mtime=0), "not a model"),
    "UTF-16": (lambda good: good.decode().encode("utf-16"), "not a model"),
    "a byte order mark": (lambda good: b"\xef\xbb\xbf" + good, "BOM"),
    "Latin-1": (lambda good: good.replace(b'": "', b'": "\xe9', 1), "not a model"),
    "deep nesting": (b"[" * 100_000, "nested too deeply"),
    "endless digits": (b"9" * 10_000, "not a model"),
    "a list": (lambda good: b"[" + good + b"]", "a list instead of an object"),
    "null": (b"null", "null instead of an object"),
    "a number": (b"1", "a number instead of an object"),
    "a text": (b'"model"', "a text instead of an object"),
    "an empty object": (b"{}", "Field required"),
}

#: file -> path of the part -> (what it becomes, what must be said) ...
PARTS: dict[str, dict[str, list[tuple[Any, str]]]] = {
    MODEL: {
        "schema": [
            (99, "schema 99, this version reads 2"),
            (0, "schema 0"),
            ("1", "schema '1'"),
            (True, "schema True"),
            (None, "schema None"),
            ([1] * 99, "this version reads 2"),
            (Gone, "schema: Field required"),
        ],
        "name": [("", "name"), (3, "name")],
        "more": [(1, "more: Extra inputs")],
        "info": [([], "info"), (Gone, "info: Field required")],
        "responses": [
            ([], "responses: List should have at least 1"),
            ({}, "responses: Input should be a valid list"),
            (None, "responses"),
            ("tv", "responses"),
            (Gone, "responses: Field required"),
        ],
        "responses.0": [(3, "responses[0]"), ({}, "responses[0].name: Field required")],
        "responses.0.name": [("video", "given twice"), ("radio", "channels"), ("\ud800", "name")],
        "responses.0.adstock": [
            ("exponential", "responses[0].adstock"),
            ("weibull", "shape is missing"),
            (None, "responses[0].adstock"),
        ],
        "responses.0.saturation": [("tanh", "responses[0].saturation"), (Gone, "saturation")],
        "responses.0.max_lag": [
            (-1, "responses[0].max_lag"),
            (8.5, "responses[0].max_lag"),
            ("8", "responses[0].max_lag"),
            (True, "responses[0].max_lag"),
            (10**12, "responses[0].max_lag"),
            (Token("1" + "0" * 400), "responses[0].max_lag"),
            (20, "the carryover lasts 20"),
        ],
        "responses.0.parameters": [([], "responses[0].parameters"), ({}, "retention is missing")],
        "responses.0.parameters.retention": [
            ([0.5] * 4, "4 value(s) for 5 draws"),
            ([1.0] * 5, "retention: [1.0] is not from 0 to below 1"),
            ([-0.1] * 5, "retention"),
            ([NAN] * 5, "finite"),
            ([None] * 5, "retention: [nan] is not from 0 to below 1"),
            ([[0.5]] * 5, "retention[0]"),
            (0.5, "retention"),
        ],
        "responses.1.parameters.half_saturation": [([0.0] * 5, "half_saturation: [0.0]")],
        "responses.1.parameters.slope": [([-1.0] * 5, "slope: [-1.0] is not above 0")],
        "responses.2.beta": [
            ([-1.0] * 5, "beta: [-1.0] is negative"),
            ([1.0] * 6, "draws of beta"),
            (["1"] * 5, "responses[2].beta[0]"),
            ([True] * 5, "responses[2].beta[0]"),
            ([INFINITY] * 5, "finite"),
            ([Token("1e400")] * 5, "finite"),
            ([1e308] * 5, "must be at most 1e+100"),
            ([], "draws of beta"),
        ],
        "responses.0.form": [
            ([1] * 5, "form: [1] is not one of 1 pairs"),
            ([0] * 4, "form: 4 value(s) for 5 draws"),
            ([-1] * 5, "responses[0].form[0]"),
            ([0.5] * 5, "responses[0].form[0]"),
        ],
        "responses.0.others": [
            ([["weibull", "hill"]], "shape is missing"),
            ([["geometric", "tanh"]], "responses[0].others[0][1]"),
            ([["geometric"]], "responses[0].others[0]"),
            (Gone, "others: Field required"),
        ],
        "responses.2.history": [([1.0] * 3, "history: 3 weeks"), ([-1.0] * 8, "history[0]")],
        "pairs": [
            ([[0, 3]], "[0, 3] are not two of the 3 channels"),
            ([[1, 1]], "[1, 1] are not two"),
            ([[-1, 1]], "[-1, 1] are not two"),
            ([[0, 1, 2]], "pairs[0]"),
            ([["tv", "video"]], "pairs[0][0]"),
            ([], "gamma[0]: 1 value(s) for 0 pairs"),
        ],
        "gamma": [([[1.0]] * 4, "gamma: 4 value(s)"), ([1.0] * 5, "gamma[0]"), ([], "gamma: 0")],
        "baseline": [
            ([[1.0]] * 5, "baseline[0]: 1 value(s)"),
            ([], "baseline: 0 value(s)"),
            ([[NAN] * 7] * 5, "finite"),
        ],
        "noise": [
            ([], "noise"),
            ([1.0], "draws of noise"),
            ([-1.0] * 5, "noise[0]"),
            ([None] * 5, "noise[0]"),
        ],
        "design": [([], "design"), (None, "design"), (Gone, "design: Field required")],
        "design.origin": [
            ("soon", "design.origin"),
            ("2022-02-30", "design.origin"),
            (20220103, "design.origin: must be a date"),
            ("9999-12-31", "design.origin"),
        ],
        "design.trend": [("yes", "design.trend"), (1, "design.trend")],
        "design.harmonics": [(10**9, "season_harmonics"), (-1, "season_harmonics"), (1, "season")],
        "design.holidays": [("Atlantis", "unknown country"), (7, "design.holidays")],
        "design.events": [([["x", "2022-01-03"]], "design.events[0]"), ([3], "design.events[0]")],
        "design.control_means": [
            ([], "control: strike"),
            ([["strike", "much"]], "design.control_means[0][1]"),
            ({"strike": 0.1}, "design.control_means"),
        ],
        "design.kept": [
            ([], "design.kept"),
            (["intercept", "intercept"], "given twice"),
            (["intercept", "luck"], "luck"),
        ],
    },
    FEATURES: {
        "schema": [(1, "schema 1, this version reads 2"), ("2", "schema '2'"), (Gone, "schema")],
        "study": [("", "study"), (None, "study")],
        "kpi": [({}, "kpi.column"), ("sales", "kpi")],
        "interval": [(1.0, "interval"), (0, "interval"), (NAN, "interval"), ("0.9", "interval")],
        "margin": [(0.0, "margin"), (-1.0, "margin"), (Gone, "margin: Field required")],
        "window_weeks": [(-1, "window_weeks"), (4.5, "window_weeks"), (None, "window_weeks")],
        "seed": [(-1, "seed"), ("one", "seed"), (1.5, "seed")],
        "add": [(-5.0, "add"), ("much", "add")],
        "objective": [("luck", "objective"), (1, "objective")],
        "groups": [
            ([{"name": "a", "channels": ["radio"], "low": 0, "high": 1}], "radio"),
            ([{"name": "a", "channels": ["tv", "tv"], "low": 0, "high": 1}], "listed twice"),
            ([{"name": "a", "channels": [], "low": 0, "high": 1}], "groups[0]"),
            ([{"name": "a", "channels": ["tv"], "low": 0.9, "high": 0.1}], "below min_share"),
            ([{"name": "a", "channels": ["tv"], "low": 0, "high": 70}], "max_share"),
            ([{}], "groups[0].name"),
        ],
        "date": [("", "date"), ("tv_spend", "given twice")],
        "weeks": [
            (["2022-01-03"], "weeks"),
            (["2022-01-03", "soon"], "weeks[1]"),
            (["2024-06-24", "2022-01-03"], "weeks"),
            (["2022-01-03", "2024-06-25"], "weeks"),
            (["2022-01-03", "2024-06-17"], "130 value(s) for 129 weeks"),
            (["0001-01-01", "9999-12-31"], "weeks[0]"),
        ],
        "media": [([], "media"), ({}, "media"), ([1], "media[0]")],
        "media.0.channel": [("video", "given twice"), ("radio", "history.spend")],
        "media.0.column": [("video_spend", "given twice"), (Gone, "media[0].column")],
        "media.0.low": [(1e9, "above high"), (NAN, "media[0].low"), ("0", "media[0].low")],
        "media.0.bounds": [
            ([2.0, 1.0], "bounds: 2 is above 1"),
            ([-1.0, 1.0], "media[0].bounds[0]"),
            ([1.0], "media[0].bounds"),
        ],
        "controls": [([], "example"), ([{"column": "strike"}], "controls[0].low")],
        "categorical": [
            ([{"column": "season", "levels": [], "usual": "a"}], "categorical[0].levels"),
            ([{"column": "season", "levels": ["a"], "usual": "b"}], "usual"),
        ],
        "value.constant": [(0.0, "value.constant"), ("1", "value.constant")],
        "value.column": [("price", "price"), (1, "value.column")],
        "baseline": [(["intercept"], "baseline terms"), ("intercept", "baseline")],
        "history": [({}, "history.spend"), ([], "history"), (Gone, "history: Field required")],
        "history.media.tv": [
            ([1.0] * 129, "129 value(s) for 130 weeks"),
            ([-1.0] * 130, "history.media.tv[0]"),
            ([None] * 130, "history.media.tv[0]"),
            (Gone, "history.media"),
        ],
        "history.spend.tv": [([1e200] * 130, "history.spend.tv[0]"), ("all", "history.spend.tv")],
        "history.media.radio": [([1.0] * 130, "history.media")],
        "history.controls.strike": [(Gone, "strike"), ([0.0], "1 value(s) for 130 weeks")],
        "history.value": [([], "history.value"), ([1.0] * 131, "131 value(s)")],
        "example": [({}, "example"), ([], "example"), (None, "example")],
        "example.tv_spend": [(Gone, "tv_spend"), ([1], "example.tv_spend")],
        "example.radio_spend": [(1.0, "radio_spend")],
    },
    POOLED: {
        "schema": [(2, "schema 2, this version reads 1"), (None, "schema None")],
        "kind": [("weekly", "damaged"), (1, "damaged"), (Gone, "damaged")],
        "interval": [(90, "interval"), (NAN, "interval")],
        "cutoff": [("never", "cutoff")],
        "units": [({}, "units"), ([], "units")],
        "calendar": [
            ({"month": [12, 1]}, "calendar.month: 12 is above 1"),
            ({"month": [1]}, "calendar.month"),
            ({"hour": [0, 23]}, "hour"),
        ],
        "example": [({}, "example"), ({"month": "May"}, "example.month")],
        "model": [([], "model"), ({}, "model.features"), (Gone, "model: Field required")],
        "model.features": [
            ([], "model.features"),
            (["month"] * 12, "given twice"),
            (["month"], "for 1 features"),
        ],
        "model.intercept": [("0", "model.intercept"), (None, "intercept"), (NAN, "intercept")],
        "model.coefficients": [
            ([1.0], "coefficients: 1 value(s)"),
            ([[1.0]] * 12, "coefficients[0]"),
            ([1e101] * 12, "coefficients[0]"),
            (1.0, "coefficients"),
        ],
        "model.size": [([-1.0] * 12, "model.size[0]")],
        "model.inverse": [
            ([[1.0] * 12] * 11, "inverse: 11 value(s)"),
            ([[1.0] * 11] * 12, "inverse[0]: 11 value(s)"),
            ([1.0] * 12, "inverse[0]"),
        ],
        "model.variance": [(-1.0, "model.variance"), (INFINITY, "model.variance")],
        "model.rows": [(0, "model.rows"), (1.5, "model.rows")],
        "model.freedom": [(0, "model.freedom"), (-3, "model.freedom")],
        "model.low": [([1e99] * 12, "is above high"), ([None] * 12, "model.low[0]")],
    },
    GRADES: {
        "grades": [
            ({}, "grades"),
            ([1], "grades[0]"),
            ([{"channel": "tv"}], "grades[0].label"),
            (Gone, "grades: Field required"),
        ],
    },
}


def change(content: bytes, path: str, value: Any) -> bytes:
    """Return a JSON document with the part at a path replaced, or taken out."""
    document = json.loads(content)
    *above, last = (int(key) if key.isdigit() else key for key in path.split("."))
    part = document
    for key in above:
        part = part[key]
    if value is Gone:
        del part[last]
    else:
        part[last] = value
    text = json.dumps(document)
    for token in {item for item in _flat(value) if isinstance(item, Token)}:
        text = text.replace(f'"{token}"', token)
    return text.encode()


def _flat(value: Any) -> list[Any]:
    return [each for item in value for each in _flat(item)] if isinstance(value, list) else [value]


def _name(value: Any) -> str:
    text = "nothing" if value is Gone else json.dumps(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def corpus() -> dict[str, Broken]:
    """Return all malformed model files."""
    found = {
        f"{file} is {name}": Broken(file, damage, expected)
        for file in (MODEL, FEATURES, POOLED, GRADES)
        for name, (damage, expected) in WHOLE.items()
    }
    for file, parts in PARTS.items():
        for path, changes in parts.items():
            for value, expected in changes:
                damage = _changing(path, value)
                found[f"{file}: {path} becomes {_name(value)}"] = Broken(file, damage, expected)
    return found


def _changing(path: str, value: Any) -> Callable[[bytes], bytes]:
    return lambda good: change(good, path, value)
