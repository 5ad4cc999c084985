"""``study.toml`` -> one validated study; errors name the line. The project's only TOML reader."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mmm.errors import StudyError, shortened
from mmm.formatting import did_you_mean, indented
from mmm.study.data_spec import DataSpec, Market
from mmm.study.distributions import Beta, LogNormal
from mmm.study.frozen import Frozen
from mmm.study.panel import PanelSpec, TwinSpec
from mmm.study.priors import LiftTest, Priors
from mmm.study.schema import (
    Add,
    Baseline,
    Channel,
    Checks,
    Controls,
    Event,
    Group,
    Holdout,
    Multiply,
    Optimize,
    Pause,
    Question,
    Shift,
    Synergy,
    Trust,
    Weekly,
)
from mmm.study.simulation import (
    Driver,
    RegionalPause,
    Shock,
    Simulate,
    SimulatedChannel,
    SimulatedRegions,
)
from mmm.study.study import Location, Study

#: Problems of one file that are told; the rest are counted.
MOST_SHOWN = 8

HEADER = re.compile(r"\s*(\[\[?)(.+?)\]\]?\s*(#.*)?$")


KEY = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*(\.|=|$)""")


def line_of(text: str, location: tuple[str | int, ...]) -> int:
    r"""Find the line of a key: follow the table headers, fall back to the nearest parent.

    Examples
    --------
    >>> line_of('title = "x"\n\n[data]\nfile = "x.csv"', ("data", "file"))
    4
    """
    wanted = [str(part) for part in location]
    counts: dict[str, int] = {}
    table: list[str] = []
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if match := HEADER.match(line):
            table = _parts(match[2])
            if match[1] == "[[":
                counts[match[2]] = counts.get(match[2], -1) + 1
                table.append(str(counts[match[2]]))
            here = table
        elif keys := _keys(line):
            here = [*table, *keys]
        else:
            continue
        if len(here) > depth and here == wanted[: len(here)]:
            best, depth = number, len(here)
    return best


def _keys(line: str) -> list[str]:
    """Return the dotted key that a line assigns to; nothing where it assigns none."""
    keys, at = [], 0
    while match := KEY.match(line, at):
        keys.append(_bare(match[1]))
        if match[2] == "=":
            return keys
        if not match[2]:
            return []
        at = match.end()
    return []


def _parts(dotted: str) -> list[str]:
    return [_bare(match[1]) for match in KEY.finditer(dotted)]


def _bare(key: str) -> str:
    if key.startswith('"'):
        return re.sub(r"\\(.)", r"\1", key[1:-1])
    return key.strip("'")


def load_study(path: Path) -> Study:
    """Read and validate a study file.

    Raises
    ------
    StudyError
        If the file is missing, is not TOML, has unknown keys or values of a wrong type; the
        message names the line.
    """
    if not path.is_file():
        raise StudyError(
            f"There is no study file {path.parent.name}/{path.name}. "
            f"`python run_all.py --list` shows the studies; "
            f"`python run_all.py --init NAME --data FILE.csv` writes one for your own data."
        )
    try:
        text = path.read_text("utf-8-sig")
        raw = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise StudyError(
            f"{path.name}: not UTF-8 text ({error.reason}). Save it as UTF-8."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{path.name}: not valid TOML: {error}. Mend that line.") from None
    except RecursionError:
        raise StudyError(f"{path.name}: not valid TOML: brackets nested too deep.") from None
    own = path.parent.name == "data"  # an own-data run keeps its study among its results
    name = path.parent.parent.name.removesuffix(".partial") if own else path.parent.name
    return parse_study(raw, text=text, name=name, folder=path.parent, where=path.name)


def parse_study(
    raw: dict[str, Any], *, text: str, name: str, folder: Path, where: str = "study.toml"
) -> Study:
    """Validate the content of a study file.

    Raises
    ------
    StudyError
        One line per problem, at most eight, each with its line in the file.
    """
    reserved = sorted({"name", "folder"} & raw.keys())
    if reserved:
        line = line_of(text, (reserved[0],))
        raise StudyError(f"{where}, line {line}: {reserved[0]}: unknown key. Remove it.")
    try:
        return Study.model_validate({**_tuples(raw), "name": name, "folder": folder})
    except ValidationError as error:
        found = [one for problem in error.errors() for one in _each(problem)]
    except RecursionError:
        raise StudyError(
            f"{where}: keys nested too deep. A study has tables such as [data] and "
            f"[channels.NAME]; remove the dots."
        ) from None
    problems = [_described(*one, text) for one in found[:MOST_SHOWN]]
    problems += [""] * (len(found) - len(problems))
    raise StudyError(f"{where} has {len(found)} problem(s):\n{indented(problems, MOST_SHOWN)}")


def _tuples(value: Any) -> Any:
    """Freeze the arrays of parsed TOML, which strict validation requires."""
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _each(problem: Any) -> list[tuple[Location, Any]]:
    """Return the place and the content of what one of pydantic's problems tells."""
    if problem["type"] == "inconsistent":
        return [*problem["ctx"]["problems"]]
    return [(problem["loc"], problem)]


def _described(location: Location, problem: Any, text: str) -> str:
    """Return the line that tells one problem: a message, or one of pydantic's."""
    if isinstance(problem, str):
        return _located(location, problem, text)
    if location[:1] == ("scenarios",):  # pydantic puts the kind of the scenario in third place
        location = location[:2] + location[3:]
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = "unknown key" + _close_key(location)
    elif problem["type"] == "missing":
        message = "required, but missing"
    elif problem["type"] == "string_pattern_mismatch":
        message = "must not be empty"
    elif not isinstance(problem["input"], dict | list | tuple | BaseModel):
        message += f" (got {problem['input']!r}{_quoted(problem)})"
    return _located(location, message, text)


def _quoted(problem: Any) -> str:
    """Say that a number, a date or true and false must not be quoted."""
    is_text = isinstance(problem["input"], str) and problem["type"].endswith("_type")
    return "; write it without quotes" if is_text else ""


def _located(location: Location, message: str, text: str) -> str:
    parts = [str(part) for part in location if part != "[key]"]
    return f"line {line_of(text, tuple(parts))}: {shortened('.'.join(parts))}: {message}"


#: The models of each table; a scenario, for instance, may be one of several.
TABLES: dict[str, tuple[type[Frozen], ...]] = {
    "data": (DataSpec, Market),
    "channels": (Channel,),
    "baseline": (Baseline,),
    "controls": (Controls,),
    "events": (Event,),
    "synergy": (Synergy,),
    "holdout": (Holdout,),
    "scenarios": (Multiply, Shift, Add, Pause, Weekly),
    "optimize": (Optimize, Group),
    "priors": (Priors, LogNormal, Beta),
    "lift_tests": (LiftTest,),
    "trust": (Trust,),
    "checks": (Checks,),
    "questions": (Question,),
    "simulate": (Simulate, SimulatedChannel, Shock, Driver, SimulatedRegions, RegionalPause),
    "panel": (PanelSpec, TwinSpec),
}


#: What to say of keys that users expect but that have another name, or none.
EXPECTED_KEYS: dict[Location, str] = {
    ("optimize", "budget"): "; extra money is `add`, the total is today's spend",
    ("optimize", "bounds"): "; bounds belong to a channel: [channels.NAME] bounds = [0.5, 2.0]",
}


def _close_key(location: Location) -> str:
    if location in EXPECTED_KEYS:
        return EXPECTED_KEYS[location]
    models = TABLES.get(str(location[0]), ()) if len(location) > 1 else (Study,)
    fields = [item for model in models for item in model.model_fields.items()]
    known = {field.alias or name for name, field in fields} - {"name", "folder"}
    hint = did_you_mean(str(location[-1]), known)
    return f"; {hint}" if hint else ". Remove it or see docs/own-data.md"
