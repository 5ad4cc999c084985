"""``study.toml`` -> one frozen, validated model. The only reader of TOML in the project."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from mmm.errors import StudyError
from mmm.panel.spec import PanelSpec, TwinSpec
from mmm.priors import Beta, LiftTest, LogNormal, Priors
from mmm.process_specs import Driver, Shock, Simulate, SimulatedChannel
from mmm.specs import (
    Add,
    Baseline,
    Channel,
    Controls,
    DataSpec,
    Event,
    Frozen,
    Group,
    Holdout,
    Multiply,
    Optimize,
    Pause,
    Scenario,
    Shift,
    Synergy,
    Text,
    Trust,
    Weekly,
)
from mmm.toml_lines import line_of

SCHEMA_VERSION = 1

Location = tuple[str | int, ...]

#: Names that tables and models use for something else.
RESERVED_CHANNELS = ("baseline", "outcome", "intercept", "trend", "holidays")
RESERVED_SCENARIOS = ("channel", "Today")


class Study(Frozen):
    """Everything a run needs to know, checked before anything starts.

    Attributes
    ----------
    name : str
        Name of the study's folder.
    folder : Path
        Folder that holds ``study.toml`` and the data file.
    """

    name: Text = Field(exclude=True)
    folder: Path = Field(exclude=True)
    schema_version: int = Field(alias="schema")
    title: Text
    question: Text
    currency: str = "USD"
    seed: int = Field(ge=0, lt=2**32)
    interval: float = Field(default=0.90, gt=0.5, lt=1)
    margin: float = Field(default=1.0, gt=0, le=1)
    window_weeks: int = Field(default=52, ge=0)
    pre_history: Literal["average", "zero", "drop"] = "average"
    data: DataSpec
    channels: dict[Text, Channel] = Field(min_length=1)
    baseline: Baseline = Baseline()
    controls: Controls = Controls()
    events: tuple[Event, ...] = ()
    synergy: tuple[Synergy, ...] = ()
    holdout: Holdout = Holdout()
    scenarios: tuple[Scenario, ...] = ()
    optimize: Optimize = Optimize()
    priors: Priors = Priors()
    lift_tests: tuple[LiftTest, ...] = ()
    trust: Trust = Trust()
    simulate: Simulate | None = None
    panel: PanelSpec | None = None

    @property
    def data_file(self) -> Path:
        """Path of the data file."""
        return self.folder / self.data.file

    @property
    def channel_names(self) -> list[str]:
        """Names of the channels in the order of the study file."""
        return list(self.channels)

    @property
    def labels(self) -> dict[str, str]:
        """Label of each channel."""
        return {name: channel.label for name, channel in self.channels.items()}

    @property
    def bounds(self) -> list[tuple[float, float]]:
        """Lowest and highest multiple of today's spend that the optimizer may give a channel."""
        usual = max(1 - self.optimize.max_change, 0.0), 1 + self.optimize.max_change
        return [
            (1.0, 1.0) if name in self.optimize.fixed else channel.bounds or usual
            for name, channel in self.channels.items()
        ]

    @property
    def plan_files(self) -> list[Path]:
        """Files of weekly plans that scenarios and the optimizer name, each once."""
        named = [s.file if isinstance(s, Weekly) else s.plan for s in self.scenarios]
        return [self.folder / name for name in dict.fromkeys([*named, self.optimize.plan]) if name]

    @property
    def columns(self) -> list[tuple[Location, str]]:
        """Columns that the study names, each with its place in the study file."""
        named: list[tuple[Location, str | None]] = [
            (("data", key), getattr(self.data, key)) for key in ("date", "kpi", "value_column")
        ]
        for name, channel in self.channels.items():
            named += [(("channels", name, k), getattr(channel, k)) for k in ("spend", "exposure")]
        named += [(("controls", "columns"), name) for name in self.controls.columns]
        named += [(("controls", "categorical"), name) for name in self.controls.categorical]
        return [(location, name) for location, name in named if name is not None]

    @property
    def demand_capture(self) -> list[str]:
        """Names of the channels that harvest demand, and so share no ROI pool with the others."""
        return [name for name, channel in self.channels.items() if channel.demand_capture]

    @property
    def carry_in_weeks(self) -> int:
        """First weeks that no fit counts, because what was spent before them is not known."""
        if self.pre_history != "drop":
            return 0
        return max(channel.last_lag for channel in self.channels.values())

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Index pairs of the channels with synergy."""
        position = {name: i for i, name in enumerate(self.channels)}
        return [(position[s.channels[0]], position[s.channels[1]]) for s in self.synergy]

    @model_validator(mode="after")
    def _is_consistent(self) -> Study:
        problems = [*self._misnamed(), *self._repeated(), *self._simulation_gaps()]
        if self.schema_version != SCHEMA_VERSION:
            message = f"schema {self.schema_version}: this version reads {SCHEMA_VERSION}"
            problems.insert(0, (("schema",), message))
        if problems:
            raise PydanticCustomError("inconsistent", "inconsistent", {"problems": problems})
        return self

    def _misnamed(self) -> Iterator[tuple[Location, str]]:
        """Find channels that are named but do not exist, and names that mean something else."""
        for location, name in self._named_channels():
            if name not in self.channels:
                yield location, f"unknown channel {name!r}{self._hint(name)}"
        for name in self.channels:
            if name in RESERVED_CHANNELS:
                yield ("channels", name), f"{name!r} means something else; use another name"
        for i, scenario in enumerate(self.scenarios):
            if scenario.name in RESERVED_SCENARIOS:
                yield ("scenarios", i, "name"), f"{scenario.name!r} is taken; use another name"

    def _named_channels(self) -> Iterator[tuple[Location, str]]:
        for i, pair in enumerate(self.synergy):
            yield from ((("synergy", i, "channels"), name) for name in pair.channels)
        for i, scenario in enumerate(self.scenarios):
            yield from ((("scenarios", i, k), name) for k, name in scenario.named_channels)
        yield from ((("optimize", "fixed"), name) for name in self.optimize.fixed)
        for key, group in self.optimize.groups.items():
            where: Location = ("optimize", "groups", key, "channels")
            yield from ((where, name) for name in group.channels)
        yield from ((("lift_tests", i), test.channel) for i, test in enumerate(self.lift_tests))
        if self.simulate:
            names = self.simulate.channels
            yield from ((("simulate", "channels", name), name) for name in names)

    def _repeated(self) -> Iterator[tuple[Location, str]]:
        """Find what must be unique and is not; the second place is named."""
        for kind, places in self._unique().items():
            seen: set[object] = set()
            for location, value in places:
                if value in seen:
                    shown = " and ".join(sorted(value)) if isinstance(value, frozenset) else value
                    yield location, f"{kind} {shown!r} is used twice"
                seen.add(value)

    def _unique(self) -> dict[str, list[tuple[Location, object]]]:
        scenarios, channels = enumerate(self.scenarios), self.channels.items()
        events, pairs = enumerate(self.events), enumerate(self.synergy)
        return {
            "column": [*self.columns],
            "channel label": [(("channels", name, "label"), c.label) for name, c in channels],
            "scenario name": [(("scenarios", i, "name"), s.name) for i, s in scenarios],
            "event name": [(("events", i, "name"), e.name) for i, e in events],
            "synergy": [(("synergy", i, "channels"), frozenset(s.channels)) for i, s in pairs],
        }

    def _simulation_gaps(self) -> Iterator[tuple[Location, str]]:
        """Find columns of a simulated study that its process does not make."""
        if self.simulate is None:
            return
        where: Location = ("simulate", "channels")
        for name in sorted(self.channels.keys() - self.simulate.channels.keys()):
            yield where, f"channel {name!r} is missing"
        made = {shock.column for shock in self.simulate.shocks}
        made |= {driver.column for driver in self.simulate.drivers}
        for name in sorted(made ^ set(self.controls.columns)):
            message = f"{name!r} must be both a shock or driver and in controls.columns"
            yield ("simulate",), message
        for name, channel in self.channels.items():
            if channel.adstock in ("delayed", "weibull") or channel.saturation in (
                "logistic",
                "log",
            ):
                yield ("channels", name), "only geometric or no adstock and Hill or no saturation"
        given = [c.exposure for c in self.channels.values() if c.exposure]
        given += [self.data.value_column or "", *self.controls.categorical]
        for name in filter(None, given):
            yield ("simulate",), f"column {name!r} cannot be simulated: only spend and shocks can"

    def _hint(self, name: str) -> str:
        close = get_close_matches(name, list(self.channels), n=1)
        return (
            f"; did you mean {close[0]!r}?" if close else f" (known: {', '.join(self.channels)})"
        )


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
        problems = [line for problem in error.errors() for line in _describe(problem, text)]
    shown = [f"  {problem}" for problem in problems[:8]]
    if len(problems) > 8:
        shown.append(f"  ... and {len(problems) - 8} more")
    raise StudyError(f"{where} has {len(problems)} problem(s):\n" + "\n".join(shown))


def _tuples(value: Any) -> Any:
    """Freeze the arrays of parsed TOML, which strict validation asks for."""
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _describe(problem: Any, text: str) -> list[str]:
    """Return the lines that tell one of pydantic's problems."""
    if problem["type"] == "inconsistent":
        found = problem["ctx"]["problems"]
        return [_located(location, message, text) for location, message in found]
    location = problem["loc"]
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
    return [_located(location, message, text)]


def _quoted(problem: Any) -> str:
    """Say that a number, a date or true and false must not stand in quotes."""
    is_text = isinstance(problem["input"], str) and problem["type"].endswith("_type")
    return "; write it without quotes" if is_text else ""


def _located(location: Location, message: str, text: str) -> str:
    parts = [str(part) for part in location if part != "[key]"]
    return f"line {line_of(text, tuple(parts))}: {'.'.join(parts)}: {message}"


#: The models of each table; a scenario, for instance, may be one of several.
TABLES: dict[str, tuple[type[Frozen], ...]] = {
    "data": (DataSpec,),
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
    "simulate": (Simulate, SimulatedChannel, Shock, Driver),
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
    close = get_close_matches(str(location[-1]), sorted(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ". Remove it or see docs/own-data.md"
