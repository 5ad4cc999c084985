"""Where the panel of a study comes from: the published file, or the simulated twin."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from mmm.data import clean
from mmm.errors import DataError
from mmm.panel.cleaning import Panel, clean_panel, focus_table, panel_spec
from mmm.panel.schema import read_panel
from mmm.panel.twin import simulate_twin
from mmm.store import Store
from mmm.study.panel import PanelSpec
from mmm.study.study import Study

TRUTH = "data/panel_truth.json"
FOCUS_TRUTH = "data/truth.json"


def is_published(study: Study) -> bool:
    """Tell whether the published file lies in the study's folder."""
    return study.data_file.is_file()


def check(study: Study) -> None:
    """Validate a panel study before anything runs; a twin has no file to check.

    Raises
    ------
    DataError
        If the file is not there and may not be simulated, or cannot be used as it is.
    """
    spec = panel_spec(study)
    if is_published(study):
        panel = _load(study.data_file, spec, str(study.data.date_format), 0)
        clean.clean(focus_table(panel, study), study)
    elif spec.twin is None:
        raise DataError(
            f"{study.data.file} is not in the folder of study {study.name}, and the study has no "
            f"[panel.twin] table to simulate from. Put the file there or add the table."
        )


def make_panel(study: Study, store: Store) -> None:
    """Simulate the twin into a run's ``data`` folder unless the published file is there."""
    if is_published(study):
        return
    twin = simulate_twin(study)
    store.write_bytes(f"data/{study.data.file}", twin.csv)
    store.write_json(TRUTH, twin.truth)
    store.write_json(FOCUS_TRUTH, twin.focus.to_json())


def open_panel(study: Study, store: Store) -> Panel:
    """Read and clean the panel; within one process it is read once.

    Raises
    ------
    ArtefactError
        If notebook 01 has not made the twin yet.
    """
    name = f"data/{study.data.file}"
    path = study.data_file if is_published(study) else store.path(name, must_exist=True)
    changed = path.stat().st_mtime_ns
    return _load(path, panel_spec(study), str(study.data.date_format), changed)


@lru_cache(maxsize=1)
def _load(path: Path, spec: PanelSpec, date_format: str, changed: int) -> Panel:  # noqa: ARG001
    return clean_panel(read_panel(path, date_format=date_format), spec, date_format=date_format)


def load_focus(study: Study, store: Store) -> pd.DataFrame:
    """Make the panel where needed and return the weekly raw table of its focus series."""
    make_panel(study, store)
    return focus_table(open_panel(study, store), study)


def panel_truth(study: Study, store: Store) -> dict[str, Any] | None:
    """Return the true returns of every series of a twin; None for the published file."""
    if is_published(study):
        return None
    truth: dict[str, Any] = store.read_json(TRUTH)
    return truth
