"""What a run finds when it starts: results that can be kept, and steps that must run."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mmm.run.pipeline import Run, Stage, ingredients
from mmm.store import PACKAGES, UNHASHED, Store, code_hash, digest, sha256

REPORT = "report"
#: What rendering the report writes: the page, and the figure of its first screen.
REPORT_FILES = ("report.html", "figures/headline.svg")
UNCHANGED, RUNS, WAITS = "unchanged", "runs", "waits"


@dataclass(frozen=True)
class State:
    """What a run would do with a step, and why."""

    step: str  #: Name of the notebook, or ``report``.
    #: Skipped; run; or run only if an earlier step writes something else than last time.
    state: str
    reason: str = ""  #: Why it runs, or what it waits for.


class Ledger:
    """The records of earlier runs, and the hashes of all that is known so far in this one.

    Parameters
    ----------
    force : bool, default False
        Find nothing that could be kept.
    """

    def __init__(self, run: Run, *, force: bool = False) -> None:
        space = run.workspace
        self.run = run
        study = run.study
        files = (run.study_file, study.data_file, *study.plan_files)
        self.shared = shared_ingredients(*files)
        folders = [folder for folder in (space.partial, space.published) if folder.exists()]
        self.places = [(folder, read_records(folder)) for folder in folders]
        self.known: dict[str, str] = {}
        self._force = force

    @property
    def earlier(self) -> dict[str, Record]:
        """The records that a run of some notebooks goes on from."""
        return dict(self.places[0][1]) if self.places else {}

    def made_from(self, stage: Stage) -> dict[str, str]:
        """Return the hashes of what goes into a notebook, given the steps before it."""
        return ingredients(self.run, stage, self.shared, self.known)

    def look(self, stage: Stage) -> Lookup:
        """Find out whether a selected notebook can be skipped."""
        if self._force:
            return Lookup(None, self._last(stage.notebook), "forced")
        return look_up(stage.notebook, self.made_from(stage), self.places)

    def learn(self, stage: Stage, record: Record | None = None) -> None:
        """Take note of the artefacts of a notebook."""
        if record is not None:
            self.known |= record.outputs
            return
        source, last = self.run.workspace.source, self._last(stage.notebook)
        names = stage.outputs if last is None else last.outputs
        self.known |= {n: sha256(source / n) for n in names if (source / n).is_file()}

    def _last(self, step: str) -> Record | None:
        return next((records[step] for _, records in self.places if step in records), None)

    def expected(self, step: str) -> float | None:
        """Return the seconds a step took when it ran last; None if it never did."""
        last = self._last(step)
        return None if last is None else last.seconds

    def look_at_report(self, store: Store) -> Lookup:
        """Find a report that was made from the results of a folder."""
        if self._force:
            return Lookup(None, self._last(REPORT), "forced")
        return look_up(REPORT, self.report_made_from(store), self.places)

    def report_made_from(self, store: Store) -> dict[str, str]:
        """Return the hashes of what goes into the report: the package's code and all results."""
        results = {n: sha256(store.folder / n) for n in store.files() if n not in REPORT_FILES}
        return {**self.shared, "results": digest(results)}

    def is_current(self, *, with_report: bool) -> bool:
        """Tell whether the published results are what this run would make."""
        space = self.run.workspace
        if self._force or space.partial.exists() or not (space.published / RUN_FILE).is_file():
            return False
        for state in self.forecast():
            if state.state != UNCHANGED:
                return False
        store = Store(space.published)
        return not with_report or self.look_at_report(store).folder is not None

    def forecast(self) -> list[State]:
        """Say what a run would do with each selected notebook."""
        states: list[State] = []
        remade: dict[str, str] = {}
        known, self.known = self.known, dict(self.known)
        for stage in self.run.stages:
            if stage not in self.run.selected:
                self.learn(stage)
                continue
            waits = next((remade[name] for name in stage.inputs if name in remade), None)
            finding = self.look(stage)
            if finding.folder is not None and waits is None:
                states.append(State(stage.notebook, UNCHANGED))
            elif waits is not None and _only_waits(finding, stage):
                states.append(State(stage.notebook, WAITS, f"runs if {waits} changes its results"))
            else:
                states.append(State(stage.notebook, RUNS, finding.reason))
            if states[-1].state != UNCHANGED:
                remade |= dict.fromkeys(stage.outputs, stage.notebook)
            self.learn(stage, finding.record if finding.folder is not None else None)
        self.known = known
        return states


def _only_waits(finding: Lookup, stage: Stage) -> bool:
    """Tell whether nothing but artefacts of earlier notebooks could make a notebook run."""
    if finding.folder is not None:
        return True
    changed = finding.reason.removeprefix("changed: ").split(", ")
    return finding.reason.startswith("changed: ") and set(changed) <= {*stage.inputs, "data/"}


RUN_FILE = "run.json"


NEVER = "never run"


@dataclass(frozen=True)
class Record:
    """One completed step."""

    made_from: dict[str, str]  #: Hash of everything that decides what the step writes, by name.
    #: Hash of every file it wrote, by its path below the study's output folder.
    outputs: dict[str, str]
    seconds: float = 0.0  #: Wall time.
    #: Seconds after the start at which each cell began.
    cells: list[float] = field(default_factory=list)

    def is_intact(self, folder: Path) -> bool:
        """Tell whether a folder still holds every file of this step, unchanged."""
        files = ((folder / name, digest) for name, digest in self.outputs.items())
        return all(path.is_file() and sha256(path) == digest for path, digest in files)


def read_records(folder: Path) -> dict[str, Record]:
    """Read the records of a folder's last run."""
    try:
        content = json.loads((folder / RUN_FILE).read_text("utf-8"))
        return {name: Record(**record) for name, record in content["steps"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write_records(store: Store, records: Mapping[str, Record], **about: Any) -> Path:
    """Write the records of the steps completed so far."""
    seconds = {name: record.seconds for name, record in records.items()}
    steps = {name: asdict(record) for name, record in records.items()}
    return store.write_json(RUN_FILE, {**about, "seconds": seconds, "steps": steps})


def shared_ingredients(study_file: Path, *data_files: Path) -> dict[str, str]:
    """Return the hashes that all steps of a study depend on."""
    packages = {name: version(name) for name in PACKAGES}
    return {
        "code": code_hash(),
        "data": digest({path.name: sha256(path) for path in data_files if path.is_file()}),
        "packages": digest([platform.python_version(), packages]),
        "study": sha256(study_file),
    }


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Return time and size of every file of a folder, to tell later which were written."""
    found = ((path, path.stat()) for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): (status.st_mtime_ns, status.st_ino)
        for path, status in found
    }


def written_since(before: Mapping[str, tuple[int, int]], folder: Path) -> dict[str, str]:
    """Return the hash of every file written since a snapshot."""
    now = snapshot(folder)
    changed = sorted(name for name, status in now.items() if before.get(name) != status)
    return {name: sha256(folder / name) for name in changed if name not in UNHASHED}


@dataclass(frozen=True)
class Lookup:
    """Whether a step can be skipped."""

    folder: Path | None  #: Where its intact results are; None if it must run.
    record: Record | None  #: What made them; of a step that must run the last one known.
    reason: str  #: Why it must run; empty where it need not.


def look_up(
    step: str, made_from: Mapping[str, str], places: Sequence[tuple[Path, Mapping[str, Record]]]
) -> Lookup:
    """Find intact results of a step that were made from the same things."""
    reason, last = NEVER, None
    for folder, records in places:
        record = records.get(step)
        if record is None:
            continue
        if record.made_from == made_from:
            if record.is_intact(folder):
                return Lookup(folder, record, "")
            found = "its results are missing or altered"
        else:
            names = sorted(record.made_from.keys() | made_from.keys())
            pairs = ((n, record.made_from.get(n), made_from.get(n)) for n in names)
            found = "changed: " + ", ".join(name for name, old, new in pairs if old != new)
        if last is None:
            reason, last = found, record
    return Lookup(None, last, reason)
