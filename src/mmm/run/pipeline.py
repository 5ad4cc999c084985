"""The notebooks in order, and a run of them: everything that can be checked beforehand."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmm import paths
from mmm.errors import ArtefactError, StudyError
from mmm.run import publish
from mmm.run.notebook import Notebook, read_notebook, resolve_parameters
from mmm.run.workspace import Workspace
from mmm.store import digest, sha256
from mmm.study.load import load_study
from mmm.study.study import Study


@dataclass(frozen=True)
class Stage:
    """One notebook with the artefacts it reads and writes, below the study's output folder.

    Every later notebook may read what the first ones leave below ``data/``; everything else that
    a notebook reads is in its ``inputs``, or a change of it would go unnoticed. ``ahead`` are
    import statements of slow packages that its functions import when they need them, which
    a kernel runs while it waits.
    """

    number: int
    notebook: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    ahead: tuple[str, ...] = ()


WEEKLY, LINEAR, MODEL = "data/weekly.csv", "models/ols.json", "models/model.json"
RETURNS = "tables/returns.csv"
#: What notebook 01 writes of a regional study only; every later notebook may read it.
REGIONS = "data/regions.csv"
STAGES = (
    Stage(1, "01_data_generation", (), (WEEKLY, "tables/data_quality.csv")),
    Stage(2, "02_exploratory_analysis", (WEEKLY,), ("tables/summary_statistics.csv",)),
    Stage(3, "03_ols_vif", (WEEKLY,), (LINEAR, "tables/ols_coefficients.csv", "tables/vif.csv")),
    Stage(
        4,
        "04_adstock_saturation_ridge",
        (WEEKLY, LINEAR),
        (
            MODEL,
            "models/model_features.json",
            "tables/model_summary.csv",
            "tables/model_checks.csv",
        ),
        ahead=("import numba", "import nutpie", "import arviz_stats"),
    ),
    Stage(5, "05_roi", (WEEKLY, MODEL), (RETURNS, "tables/channel_contributions.csv")),
    Stage(6, "06_what_if", (WEEKLY, MODEL), ("tables/scenarios.csv",)),
    Stage(
        7,
        "07_budget_optimization",
        (
            *(WEEKLY, LINEAR, MODEL, RETURNS, "tables/data_quality.csv"),
            *("tables/model_checks.csv", "tables/model_summary.csv"),
        ),
        (
            "tables/budget_recommendations.csv",
            "reports/summary.json",
            "reports/card.json",
            "reports/whatif.json",
        ),
    ),
    Stage(
        8,
        "08_trust",
        (
            *(WEEKLY, MODEL, RETURNS, "tables/budget_recommendations.csv"),
            *("tables/model_checks.csv", "reports/summary.json"),
        ),
        (
            *("tables/trust_grades.csv", "tables/trust_checks.csv", "reports/trust.json"),
            *("models/grades.json", "reports/summary_insights.txt"),
        ),
        ahead=("import nutpie", "import arviz_stats"),
    ),
)


class Progress:
    """What a run reports while it works; this one is silent."""

    def start(self, name: str, n_cells: int, expected: float | None = None) -> None:
        """Say that a notebook (or, without cells, the report) starts; seconds of the last run."""

    def cell(self, number: int) -> None:
        """Say that a cell starts, counted from one."""

    def done(self, seconds: float) -> None:
        """Say that what started has completed."""

    def skip(self, name: str) -> None:
        """Say that a notebook or the report is unchanged, and its results are kept."""


@dataclass(frozen=True)
class Settings:
    """How to run, as opposed to what."""

    engine: str = "warm"  #: Who executes the notebooks.
    timeout: int | None = None  #: Seconds a cell may take.
    with_report: bool = True  #: Render ``report.html``.
    force: bool = False  #: Run steps whose inputs are unchanged, too.
    jobs: int = 1  #: Local processes for independent fits.
    dask: str = ""  #: Address of a Dask scheduler for them; empty for none.
    progress: Progress = field(default_factory=Progress)  #: Notified of what happens.


@dataclass(frozen=True)
class Run:
    """A run in which everything that can be checked beforehand has been checked."""

    study: Study
    study_file: Path
    workspace: Workspace
    stages: tuple[Stage, ...]
    selected: tuple[Stage, ...]
    notebooks: Mapping[str, Notebook]
    parameters: Mapping[str, Mapping[str, Any]]
    given: Mapping[str, str]
    options: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every notebook runs."""
        return len(self.selected) == len(self.stages)

    def imports(self, stage: Stage) -> tuple[str, ...]:
        """Return the import statements that a kernel runs before it gets a notebook."""
        notebook = self.notebooks[stage.notebook]
        values = {**notebook.parameters, **self.parameters[stage.notebook]}
        return notebook.imports + (() if values.get("model") == "ridge" else stage.ahead)

    @property
    def is_own_data(self) -> bool:
        """Whether the study was guessed from a CSV file and is kept among its results."""
        return self.study.folder.name == "data"

    def resume_command(self, stage: Stage, *, without: Collection[str] = ()) -> str:
        """Return the command that runs this study again from a notebook on."""
        known = self.is_own_data or self.study.folder == paths.data_folder() / self.study.name
        study = self.study.name if known else str(self.study_file)
        words = ["python", "run_all.py", "--study", study, "--from", str(stage.number)]
        if self.selected[-1] != self.stages[-1]:
            words += ["--to", str(self.selected[-1].number)]
        later = [n for s, n in self._sources() if s.number >= stage.number]
        for name, text in self.given.items():
            if name not in without and any(name in notebook.parameters for notebook in later):
                words += ["-p", name, text]
        return shlex.join([*words, *self.options])

    def _sources(self) -> list[tuple[Stage, Notebook]]:
        return [(stage, self.notebooks[stage.notebook]) for stage in self.selected]


@dataclass(frozen=True)
class Result:
    """A completed run."""

    study: str
    folder: Path  #: Where its results are.
    report: Path | None  #: The report, unless none was wanted.
    #: Wall time of each notebook that ran, and of the report.
    seconds: dict[str, float] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)  #: Steps that were unchanged.
    #: Notebooks that must run before the results can be published; empty when they are.
    missing: list[str] = field(default_factory=list)


def prepare(
    study_file: Path,
    *,
    output: Path | None = None,
    notebooks: Path | None = None,
    stages: Sequence[Stage] = STAGES,
    selected: Iterable[int] | None = None,
    parameters: Mapping[str, str] | None = None,
    quick: bool = False,
) -> Run:
    """Check a run before anything starts, except the data: :func:`check_data` does that.

    Raises
    ------
    MMMError
        If the study, its data, a notebook, a parameter or an input is not as it must be.
    """
    study_file = study_file.resolve()
    study = load_study(study_file)
    numbers = {stage.number for stage in stages} if selected is None else set(selected)
    chosen = tuple(stage for stage in stages if stage.number in numbers)
    folder = notebooks or paths.notebooks_folder()
    sources = {s.notebook: read_notebook(folder / f"{s.notebook}.ipynb") for s in chosen}
    given = dict(parameters or {})
    resolved = resolve_parameters(list(sources.values()), given, study=study.name, quick=quick)
    workspace = Workspace((output or paths.outputs_folder()).resolve() / study.name)
    publish.require_place(workspace.published, _protected(study, workspace))
    publish.require_place(workspace.partial, ())
    _require_inputs(chosen, stages, workspace)
    options = (["--quick"] if quick else []) + (["--output", str(output)] if output else [])
    return Run(
        study=study,
        study_file=study_file,
        workspace=workspace,
        stages=tuple(stages),
        selected=chosen,
        notebooks=sources,
        parameters=resolved,
        given=given,
        options=tuple(options),
    )


def _protected(study: Study, workspace: Workspace) -> list[Path]:
    """List what results must never take the place of."""
    root = paths.project_root()
    sources = ("src", "notebooks", "data", "tests", "docs", ".git", "run_all.py")
    own = study.folder.resolve() == workspace.published / "data"  # published with its results
    files = [] if own else [study.folder, study.data_file, *study.plan_files]
    return [path.resolve() for path in (*files, *(root / name for name in sources))]


def _require_inputs(
    selected: Sequence[Stage], stages: Sequence[Stage], workspace: Workspace
) -> None:
    made: set[str] = set()
    for stage in selected:
        for name in stage.inputs:
            if name not in made and not (workspace.source / name).exists():
                maker = next(s for s in stages if name in s.outputs)
                raise ArtefactError(
                    f"{stage.notebook} needs {name}, which {maker.notebook} writes and no earlier "
                    f"run has left here. Run with --from {maker.number}."
                )
        made.update(stage.outputs)


def check_data(study: Study) -> None:
    """Check the data of a study; not needed where nothing has changed since they were.

    Raises
    ------
    StudyError
        If it is a study of many series.
    DataError
        If its data or a weekly plan cannot be used, or a check of the data fails that the
        study does not accept.
    InfeasibleError
        If a scenario has dates outside the weeks it is evaluated in, or bounds, groups, budgets
        or scenarios cannot hold.
    """
    from mmm.data import clean, quality  # pandas is slow to import
    from mmm.decide import feasibility, scenario_weeks
    from mmm.model.simulate import simulate
    from mmm.panel import source

    if study.data.series is not None:
        raise StudyError(
            f"{study.name} is a study of many series, each of which is run as a study of its own: "
            f"run it alone, with --study {study.name}."
        )
    frame = clean.check(study)
    if frame is not None:
        quality.require_passed(frame, study)
    scenario_weeks.check(study)
    if study.simulate is not None:
        frame = simulate(study).national
    if frame is not None:
        feasibility.check(frame, study)
    if study.panel is not None:
        source.check(study)


def input_hashes(run: Run, code: str) -> dict[str, str]:
    """Hash what the results depend on: study, data, notebooks and the code of the package."""
    files = {"study.toml": run.study_file, run.study.data.file: run.study.data_file}
    files |= {path.name: path for path in run.study.plan_files}
    folder = next(iter(run.notebooks.values())).path.parent
    for stage in run.stages:
        files[f"notebooks/{stage.notebook}.ipynb"] = folder / f"{stage.notebook}.ipynb"
    hashes = {name: sha256(path) for name, path in files.items() if path.is_file()}
    return {**hashes, "src/mmm": code}


def ingredients(
    run: Run, stage: Stage, shared: Mapping[str, str], known: Mapping[str, str]
) -> dict[str, str]:
    """Return the hash of everything that decides what a notebook writes."""
    notebook = run.notebooks[stage.notebook]
    base = {name: value for name, value in known.items() if name.startswith("data/")}
    return {
        **shared,
        "notebook": sha256(notebook.path),
        "parameters": digest(run.parameters[stage.notebook]),
        **({"data/": digest(base)} if stage.inputs else {}),
        **{name: known.get(name, "") for name in stage.inputs},
    }
