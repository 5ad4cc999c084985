"""Which steps of a run are unchanged: what each one was made from, and what it wrote.

A step is a notebook, or the report. After each step a record goes into ``run.json``: the hashes of
what went in (notebook, code, study, data, parameters, packages, artefacts of earlier steps) and of
what came out. A step is skipped when all that goes in is the same and all that came out is there.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mmm.hashing import code_hash, sha256
from mmm.store import PACKAGES, UNHASHED, Store

RUN_FILE = "run.json"
NEVER = "never run"


@dataclass(frozen=True)
class Record:
    """One completed step.

    Attributes
    ----------
    made_from : dict of str to str
        Hash of everything that decides what the step writes, by name.
    outputs : dict of str to str
        Hash of every file it wrote, by its path below the study's output folder.
    seconds : float
        Wall time.
    cells : list of float
        Seconds after the start at which each cell began.
    """

    made_from: dict[str, str]
    outputs: dict[str, str]
    seconds: float = 0.0
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


def digest(value: object) -> str:
    """Return the SHA-256 of a value that JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


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
class Finding:
    """Whether a step can be skipped.

    Attributes
    ----------
    folder : Path or None
        Where its intact results are; None if it must run.
    record : Record or None
        What made them; of a step that must run the last one known.
    reason : str
        Why it must run; empty where it need not.
    """

    folder: Path | None
    record: Record | None
    reason: str


def look_up(
    step: str, made_from: Mapping[str, str], places: Sequence[tuple[Path, Mapping[str, Record]]]
) -> Finding:
    """Find intact results of a step that were made from the same things."""
    reason, last = NEVER, None
    for folder, records in places:
        record = records.get(step)
        if record is None:
            continue
        if record.made_from == made_from:
            if record.is_intact(folder):
                return Finding(folder, record, "")
            found = "its results are missing or altered"
        else:
            names = sorted(record.made_from.keys() | made_from.keys())
            pairs = ((n, record.made_from.get(n), made_from.get(n)) for n in names)
            found = "changed: " + ", ".join(name for name, old, new in pairs if old != new)
        if last is None:
            reason, last = found, record
    return Finding(None, last, reason)
