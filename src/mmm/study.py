"""``study.toml`` -> one frozen, validated model. The only reader of TOML in the project."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mmm.errors import StudyError

SCHEMA_VERSION = 1

AdstockKind = Literal["geometric", "delayed", "weibull", "none"]
SaturationKind = Literal["hill", "logistic", "log", "none"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class DataSpec(_Frozen):
    """What the columns of the data file mean.

    A KPI in units (conversions, orders) is turned into money by `value_per_unit` or, week by
    week, by `value_column`.
    """

    file: str
    date: str
    date_format: str | None = None
    kpi: str
    kpi_label: str | None = None
    kpi_type: Literal["revenue", "units"] = "revenue"
    value_per_unit: float | None = Field(default=None, gt=0)
    value_column: str | None = None

    @model_validator(mode="after")
    def _value_belongs_to_units(self) -> DataSpec:
        given = [name for name in ("value_per_unit", "value_column") if getattr(self, name)]
        if self.kpi_type == "revenue" and given:
            raise ValueError(f"{given[0]} needs kpi_type = 'units'")
        if len(given) > 1:
            raise ValueError("give value_per_unit or value_column, not both")
        return self


class Channel(_Frozen):
    """One bought medium: its columns, the form of its response and its budget bounds."""

    label: str
    spend: str
    exposure: str | None = None
    adstock: AdstockKind = "geometric"
    saturation: SaturationKind = "hill"
    max_lag: int = Field(default=8, ge=0, le=26)
    bounds: tuple[float, float] = (0.5, 1.5)

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> Channel:
        low, high = self.bounds
        if not 0 <= low <= high:
            raise ValueError(f"bounds {list(self.bounds)}: need 0 <= low <= high")
        return self


class Baseline(_Frozen):
    """What sales would do without media: trend, yearly season, public holidays."""

    trend: bool = True
    season_harmonics: int = Field(default=2, ge=0, le=6)
    holidays: str | None = None


class Controls(_Frozen):
    """Non-media drivers: numeric columns as they are, text columns as 0/1 columns per level."""

    columns: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()


class Event(_Frozen):
    """A dated shock that the baseline may jump at (inclusive dates)."""

    name: str
    start: dt.date
    end: dt.date

    @model_validator(mode="after")
    def _ends_after_start(self) -> Event:
        if self.end < self.start:
            raise ValueError(f"event {self.name!r}: end {self.end} is before start {self.start}")
        return self


class Synergy(_Frozen):
    """Two channels that work better together."""

    channels: tuple[str, str]


class Holdout(_Frozen):
    """Weeks at the end that no model sees before it is judged."""

    weeks: int = Field(default=13, ge=1)


class Multiply(_Frozen):
    """Scenario: multiply one channel's spend in the window."""

    kind: Literal["multiply"]
    name: str
    channel: str
    factor: float = Field(ge=0)


class Shift(_Frozen):
    """Scenario: take a share of one channel's spend and give it to others.

    With several receivers the money is split by their current spend.
    """

    kind: Literal["shift"]
    name: str
    source: str = Field(alias="from")
    to: tuple[str, ...] = Field(min_length=1)
    share: float = Field(gt=0, le=1)


class Add(_Frozen):
    """Scenario: add money to channels, split by their current spend."""

    kind: Literal["add"]
    name: str
    amount: float = Field(gt=0)
    to: tuple[str, ...] = Field(min_length=1)


Scenario = Annotated[Multiply | Shift | Add, Field(discriminator="kind")]


class Optimize(_Frozen):
    """Settings of the budget optimizer: the extra money of the second plan."""

    add: float = Field(default=50_000, gt=0)
    starts: int = Field(default=8, ge=1, le=64)


class SimulatedChannel(_Frozen):
    """Truth of one simulated channel; half-saturation in multiples of the mean weekly spend."""

    weekly_spend: float = Field(gt=0)
    roi: float = Field(ge=0)
    retention: float = Field(ge=0, lt=1)
    half_saturation: float = Field(gt=0)
    slope: float = Field(gt=0)
    variation: float = Field(default=0.35, gt=0)
    dark_share: float = Field(default=0.0, ge=0, lt=0.9)
    follows_season: float = 0.0


class Shock(_Frozen):
    """An external shock: a share of the baseline lost or won for some weeks."""

    column: str
    first_week: int = Field(ge=0)
    weeks: int = Field(ge=1)
    effect: float = Field(gt=-1)


class Simulate(_Frozen):
    """The data-generating process of a simulated study."""

    weeks: int = Field(ge=52)
    start: dt.date
    weekly_baseline: float = Field(gt=0)
    trend_per_year: float = 0.0
    season: float = Field(default=0.0, ge=0)
    noise: float = Field(ge=0, description="standard deviation as a share of the baseline")
    synergy_share: float = Field(default=0.0, ge=0)
    shocks: tuple[Shock, ...] = ()
    channels: dict[str, SimulatedChannel]


class Study(_Frozen):
    """Everything a run needs to know, checked before anything starts.

    Attributes
    ----------
    name : str
        Name of the study's folder.
    folder : Path
        Folder that holds ``study.toml`` and the data file.
    """

    name: str = Field(exclude=True)
    folder: Path = Field(exclude=True)
    schema_version: int = Field(alias="schema")
    title: str
    question: str
    currency: str = "USD"
    seed: int = Field(ge=0)
    interval: float = Field(default=0.90, gt=0.5, lt=1)
    margin: float = Field(default=1.0, gt=0, le=1)
    window_weeks: int = Field(default=52, ge=0)
    pre_history: Literal["average", "zero", "drop"] = "average"
    data: DataSpec
    channels: dict[str, Channel] = Field(min_length=1)
    baseline: Baseline = Baseline()
    controls: Controls = Controls()
    events: tuple[Event, ...] = ()
    synergy: tuple[Synergy, ...] = ()
    holdout: Holdout = Holdout()
    scenarios: tuple[Scenario, ...] = ()
    optimize: Optimize = Optimize()
    simulate: Simulate | None = None

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
    def pairs(self) -> list[tuple[int, int]]:
        """Index pairs of the channels with synergy."""
        position = {name: i for i, name in enumerate(self.channels)}
        return [(position[s.channels[0]], position[s.channels[1]]) for s in self.synergy]

    @model_validator(mode="after")
    def _is_consistent(self) -> Study:
        if self.schema_version != SCHEMA_VERSION:
            raise ValueError(f"schema {self.schema_version}: this version reads {SCHEMA_VERSION}")
        for where, name in self._named_channels():
            if name not in self.channels:
                raise ValueError(f"{where} names the unknown channel {name!r}{self._hint(name)}")
        for pair in self.synergy:
            if pair.channels[0] == pair.channels[1]:
                raise ValueError(f"synergy of {pair.channels[0]!r} with itself")
        for kind, names in self._unique_names().items():
            repeated = sorted({name for name in names if names.count(name) > 1})
            if repeated:
                raise ValueError(f"{kind} {repeated[0]!r} is used twice")
        return self

    def _named_channels(self) -> list[tuple[str, str]]:
        named = [("synergy", name) for pair in self.synergy for name in pair.channels]
        for scenario in self.scenarios:
            where = f"scenario {scenario.name!r}"
            if isinstance(scenario, Multiply):
                named.append((where, scenario.channel))
            else:
                named += [(where, name) for name in scenario.to]
            if isinstance(scenario, Shift):
                named.append((where, scenario.source))
        if self.simulate:
            named += [("simulate.channels", name) for name in self.simulate.channels]
        return named

    def _unique_names(self) -> dict[str, list[str]]:
        columns = [channel.spend for channel in self.channels.values()]
        columns += [channel.exposure for channel in self.channels.values() if channel.exposure]
        columns += [self.data.date, self.data.kpi, *self.controls.columns]
        return {
            "column": [*columns, *self.controls.categorical],
            "channel label": [channel.label for channel in self.channels.values()],
            "scenario name": [scenario.name for scenario in self.scenarios],
        }

    def _hint(self, name: str) -> str:
        close = get_close_matches(name, list(self.channels), n=1)
        return (
            f"; did you mean {close[0]!r}?" if close else f" (known: {', '.join(self.channels)})"
        )


def load_study(path: Path) -> Study:
    """Read and validate a study file.

    Parameters
    ----------
    path : Path
        The ``study.toml``; its folder's name is the study's name.

    Returns
    -------
    Study
        The frozen study.

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
        text = path.read_text("utf-8")
        raw = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise StudyError(
            f"{path.name}: not UTF-8 text ({error.reason}). Save it as UTF-8."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{path.name}: not valid TOML: {error}. Mend that line.") from None
    name = path.parent.parent.name if path.parent.name == "data" else path.parent.name
    return parse_study(raw, text=text, name=name, folder=path.parent, where=path.name)


def parse_study(
    raw: dict[str, Any], *, text: str, name: str, folder: Path, where: str = "study.toml"
) -> Study:
    """Validate the content of a study file.

    Parameters
    ----------
    raw : dict
        The parsed TOML.
    text : str
        Its source, to name lines in errors.
    name : str
        Name of the study.
    folder : Path
        Folder that the data file's name is relative to.
    where : str, default "study.toml"
        Name of the file in errors.

    Raises
    ------
    StudyError
        One line per problem, at most eight, each with its line in the file.
    """
    reserved = sorted({"name", "folder"} & raw.keys())
    if reserved:
        line = _line_of(text, (reserved[0],))
        raise StudyError(f"{where}, line {line}: {reserved[0]}: unknown key. Remove it.")
    try:
        return Study.model_validate({**raw, "name": name, "folder": folder})
    except ValidationError as error:
        problems = [_describe(problem, text) for problem in error.errors()]
    shown = [f"  {problem}" for problem in problems[:8]]
    if len(problems) > 8:
        shown.append(f"  ... and {len(problems) - 8} more")
    raise StudyError(f"{where} has {len(problems)} problem(s):\n" + "\n".join(shown))


def _describe(problem: Any, text: str) -> str:
    location = tuple(part for part in problem["loc"] if part not in ("multiply", "shift", "add"))
    key = ".".join(str(part) for part in location) or "study"
    line = _line_of(text, location)
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = "unknown key" + _close_key(location)
    elif problem["type"] == "missing":
        message = "required, but missing"
    elif not isinstance(problem["input"], dict | list | tuple):
        message += f" (got {problem['input']!r})"
    return f"line {line}: {key}: {message}" if line else f"{key}: {message}"


def _close_key(location: tuple[str | int, ...]) -> str:
    tables: dict[str, type[BaseModel]] = {
        "data": DataSpec,
        "channels": Channel,
        "baseline": Baseline,
        "controls": Controls,
        "events": Event,
        "holdout": Holdout,
        "optimize": Optimize,
        "simulate": Simulate,
    }
    model = tables.get(str(location[0]), Study) if len(location) > 1 else Study
    close = get_close_matches(str(location[-1]), list(model.model_fields), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ". Remove it or see docs/own-data.md"


def _line_of(text: str, location: tuple[str | int, ...]) -> int | None:
    """Find the line of a key: follow the table headers, fall back to the nearest parent."""
    header = re.compile(r"\s*\[+([^\[\]]+)\]+\s*(#.*)?$")
    wanted = [str(part) for part in location]
    counts: dict[str, int] = {}
    table: list[str] = []
    best: tuple[int, int] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if match := header.match(line):
            table = [part.strip().strip("\"'") for part in match[1].split(".")]
            if line.lstrip().startswith("[["):
                counts[match[1]] = counts.get(match[1], -1) + 1
                table.append(str(counts[match[1]]))
            here = table
        elif "=" in line and not line.lstrip().startswith("#"):
            here = [*table, *(p.strip().strip("\"'") for p in line.split("=")[0].split("."))]
        else:
            continue
        depth = len(here)
        if here == wanted[:depth] and (best is None or depth > best[1]):
            best = (number, depth)
    return best[0] if best else None
