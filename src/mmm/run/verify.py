"""Repeat a run in another folder and compare every byte with the manifest."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mmm.errors import ArtefactError, VerificationError
from mmm.formatting import indented, plural
from mmm.run.pipeline import Run, Settings, input_hashes
from mmm.run.runner import execute
from mmm.run.workspace import Workspace
from mmm.store import Store, code_hash

SHOWN = 20


def compare_hashes(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Name the files that are missing, new or different.

    Examples
    --------
    >>> compare_hashes({"a": "1", "b": "2"}, {"b": "3", "c": "4"})
    ['a: missing', 'b: differs', 'c: not in the manifest']
    """
    lines = []
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            lines.append(f"{name}: missing")
        elif name not in expected:
            lines.append(f"{name}: not in the manifest")
        elif found[name] != expected[name]:
            lines.append(f"{name}: differs")
    return lines


def verify(run: Run, settings: Settings) -> int:
    """Repeat a completed run and compare what it writes with the manifest.

    Raises
    ------
    ArtefactError
        If there are no complete results to compare with.
    VerificationError
        If the inputs have changed since, the results on disk are not those of the manifest, or
        the repeated run writes other bytes; the message names the files.
    """
    store = Store(run.workspace.published)
    if not store.path("manifest.json").is_file():
        raise ArtefactError(f"{store.folder}: no results to verify. Run without --verify first.")
    manifest = store.read_json("manifest.json")
    name = run.study.name
    changed = compare_hashes(manifest["inputs"], input_hashes(run, code_hash()))
    _require_same(changed, f"{name}: the inputs are not those of the results")
    results = store.hashes()
    listed = {name: results[name] for name in manifest["outputs"] if name in results}
    altered = compare_hashes(manifest["outputs"], listed)
    _require_same(altered, f"{name}: the results were altered after they were made")
    with tempfile.TemporaryDirectory(prefix="mmm-verify-") as folder:
        again = replace(
            run, workspace=Workspace(Path(folder) / name), parameters=manifest["parameters"]
        )
        with_report = "report.html" in manifest["outputs"]
        result = execute(again, replace(settings, force=True, with_report=with_report))
        found = Store(result.folder).hashes()
    differences = compare_hashes(manifest["outputs"], found)
    _require_same(differences, f"{name}: a repeated run does not give the same bytes")
    return len(found)


def _require_same(differences: list[str], what: str) -> None:
    if differences:
        count = plural(len(differences), "difference")
        raise VerificationError(f"{what} ({count}):\n{indented(differences, SHOWN)}")
