"""``study.toml`` -> one frozen, validated model. The only reader of TOML in the project."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mmm.formatting import did_you_mean
from mmm.study.data_spec import DataSpec
from mmm.study.forms import ADSTOCKS, SATURATIONS
from mmm.study.frozen import Frozen, Text
from mmm.study.panel import PanelSpec
from mmm.study.priors import LiftTest, Priors
from mmm.study.schema import (
    Baseline,
    Channel,
    Checks,
    Controls,
    Event,
    Holdout,
    Optimize,
    PreHistory,
    Question,
    Scenario,
    Synergy,
    Trust,
    Weekly,
)
from mmm.study.simulation import Simulate

SCHEMA_VERSION = 1

Location = tuple[str | int, ...]

#: Names that tables and models use for something else.
RESERVED_CHANNELS = ("baseline", "outcome", "intercept", "trend", "holidays")
RESERVED_SCENARIOS = ("channel", "Today")
#: Names of other bars and lines of the figures, which labels of channels would merge with.
RESERVED_LABELS = ("Baseline", "Actual", "Fitted revenue")


#: What is used twice where only capitals and spaces differ.
FOLDED = ("channel label",)


class Study(Frozen):
    """Everything a run needs to know, checked before anything starts."""

    name: Text = Field(exclude=True)  #: Name of the study's folder.
    folder: Path = Field(exclude=True)  #: Folder that holds ``study.toml`` and the data file.
    schema_version: int = Field(alias="schema")
    title: Text
    question: Text
    currency: str = "USD"
    seed: int = Field(ge=0, lt=2**32)
    interval: float = Field(default=0.90, gt=0.5, lt=1)
    margin: float | None = Field(default=None, gt=0, le=1)
    window_weeks: int = Field(default=52, ge=0)
    pre_history: PreHistory = "average"
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
    checks: Checks = Checks()
    questions: tuple[Question, ...] = ()
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
    def kpi_currency(self) -> str:
        """Currency of the KPI itself; empty where it counts units."""
        return self.currency if self.data.kpi_type == "revenue" else ""

    @property
    def outcome_currency(self) -> str:
        """Currency that outcomes are written in; empty where the value of a unit is unknown."""
        return self.currency if self.data.value_is_known else ""

    @property
    def profit_margin(self) -> float | None:
        """Profit per unit of revenue, 1 where nobody gave one.

        None where the value of a unit is unknown: units are counted, and no profit can be told,
        whatever margin is given.
        """
        if not self.data.value_is_known:
            return None
        return 1.0 if self.margin is None else self.margin

    @property
    def break_even(self) -> float | None:
        """Revenue per unit of spend that pays the spend back; None where no profit can be told."""
        return None if self.profit_margin is None else 1 / self.profit_margin

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
        yield from self._named_like_synergies()
        if self.data.region and self.synergy:
            message = "regional models have no synergy: remove it, or sum over region_columns"
            yield ("synergy",), message
        for key in ("target_roi", "target_mroi"):
            if getattr(self.optimize, key) is not None and not self.data.value_is_known:
                message = "a return needs value_per_unit or value_column under [data]"
                yield ("optimize", key), message
        for i, scenario in enumerate(self.scenarios):
            if scenario.name in RESERVED_SCENARIOS:
                yield ("scenarios", i, "name"), f"{scenario.name!r} is taken; use another name"

    def _named_like_synergies(self) -> Iterator[tuple[Location, str]]:
        """Find channels that a table or figure could not tell from a synergy or the baseline."""
        keys: dict[str, str] = {}
        labels = {_folded(label): "another source" for label in RESERVED_LABELS}
        for pair in self.synergy:
            for one, two in (pair.channels, pair.channels[::-1]):
                of_whom = f"the synergy of {one!r} and {two!r}"
                keys[f"{one} x {two}"] = of_whom
                if one in self.channels and two in self.channels:
                    first, second = self.channels[one].label, self.channels[two].label
                    labels |= {_folded(f"{first} {sign} {second}"): of_whom for sign in "x×"}
        for name, channel in self.channels.items():
            if name in keys:
                yield ("channels", name), f"{name!r} is the name of {keys[name]}; use another name"
            if (label := _folded(channel.label)) in labels:
                where: Location = ("channels", name, "label")
                yield where, f"{channel.label!r} is the name of {labels[label]}; use another one"

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
            seen: dict[object, object] = {}
            for location, value in places:
                same = _folded(value) if kind in FOLDED and isinstance(value, str) else value
                if same in seen:
                    shown = " and ".join(sorted(value)) if isinstance(value, frozenset) else value
                    other = "" if seen[same] == value else f" (the other is {seen[same]!r})"
                    yield location, f"{kind} {shown!r} is used twice{other}"
                seen[same] = value

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
            forms = ADSTOCKS[channel.adstock], SATURATIONS[channel.saturation]
            if not all(form.is_simulated for form in forms):
                yield ("channels", name), f"only {_simulated()} can be simulated"
        given = [c.exposure for c in self.channels.values() if c.exposure]
        given += [self.data.value_column or "", *self.controls.categorical]
        for name in filter(None, given):
            yield ("simulate",), f"column {name!r} cannot be simulated: only spend and shocks can"

    def _hint(self, name: str) -> str:
        hint = did_you_mean(name, self.channels)
        return f"; {hint}" if hint else f" (known: {', '.join(self.channels)})"


def _folded(label: str) -> str:
    """Return what two labels share that people would read as one.

    Examples
    --------
    >>> _folded("TV  Spot") == _folded("tv spot"), _folded("TV") == _folded("Radio")
    (True, False)
    """
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())


def _simulated() -> str:
    """Name the forms that a simulated study may have."""
    adstock, saturation = (
        " or ".join(form.name for form in forms.values() if form.is_simulated)
        for forms in (ADSTOCKS, SATURATIONS)
    )
    return f"{adstock} as adstock and {saturation} as saturation"
