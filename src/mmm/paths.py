"""Folders of the project, and the only place that reads environment variables.

The runner points the kernels at the study file and at a temporary output folder through
``MMM_STUDY_FILE`` and ``MMM_OUTPUT``, so that no path ever appears in a notebook, and says through
``MMM_JOBS`` and ``MMM_DASK`` where independent fits run.
"""

from __future__ import annotations

import os
from pathlib import Path

STUDY_FILE_VARIABLE = "MMM_STUDY_FILE"
OUTPUT_VARIABLE = "MMM_OUTPUT"
JOBS_VARIABLE = "MMM_JOBS"
DASK_VARIABLE = "MMM_DASK"
DEFAULT_STUDY = "halo_case_study"


def project_root() -> Path:
    """Return the folder that holds ``run_all.py``, ``data`` and ``notebooks``."""
    return Path(__file__).resolve().parents[2]


def notebooks_folder() -> Path:
    """Return the folder of the numbered notebooks."""
    return project_root() / "notebooks"


def data_folder() -> Path:
    """Return the folder with one sub-folder per study."""
    return project_root() / "data"


def outputs_folder() -> Path:
    """Return the folder that receives one sub-folder of results per study."""
    return project_root() / "outputs"


def study_file(name: str) -> Path:
    """Return the path of a study's ``study.toml``, which need not exist.

    The file the runner named, else ``data/<name>/study.toml``, else the copy that an own-data run
    left in ``outputs/<name>/data/``.
    """
    if STUDY_FILE_VARIABLE in os.environ:
        return Path(os.environ[STUDY_FILE_VARIABLE])
    own = outputs_folder() / name / "data" / "study.toml"
    declared = data_folder() / name / "study.toml"
    return own if own.exists() and not declared.exists() else declared


def output_folder(name: str) -> Path:
    """Return the folder a notebook writes to: the runner's, else ``outputs/<name>``."""
    return Path(os.environ.get(OUTPUT_VARIABLE) or outputs_folder() / name)


def jobs() -> int:
    """Return the number of local processes the runner allows a notebook; 1 without a runner."""
    return int(os.environ.get(JOBS_VARIABLE) or 1)


def dask_address() -> str:
    """Return the address of the Dask scheduler the runner was given; empty without one."""
    return os.environ.get(DASK_VARIABLE, "")
