"""The seven notebooks in order: check everything, run them, render, publish."""

from __future__ import annotations

import hashlib
import shlex
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmm import data, paths, report
from mmm.errors import ArtefactError, MMMError, ReportError
from mmm.notebook import Notebook, machine_folders, normalize, read_notebook, resolve_parameters
from mmm.panel import source
from mmm.store import Store, sha256
from mmm.study import Study, load_study
from mmm.workspace import Workspace

if TYPE_CHECKING:
    from mmm.engine import Kernels


@dataclass(frozen=True)
class Stage:
    """One notebook with the artefacts it reads and writes, below the study's output folder."""

    number: int
    notebook: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


WEEKLY, LINEAR, MODEL = "data/weekly.csv", "models/ols.json", "models/model.json"
RETURNS = "tables/returns.csv"
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
    ),
    Stage(5, "05_roi", (WEEKLY, MODEL), (RETURNS, "tables/channel_contributions.csv")),
    Stage(6, "06_what_if", (WEEKLY, MODEL), ("tables/scenarios.csv",)),
    Stage(
        7,
        "07_budget_optimization",
        (WEEKLY, LINEAR, MODEL, RETURNS, "tables/data_quality.csv", "tables/model_checks.csv"),
        (
            "tables/budget_recommendations.csv",
            "reports/summary_insights.txt",
            "reports/summary.json",
            "reports/card.json",
            "reports/whatif.json",
        ),
    ),
)


class Progress:
    """What a run tells while it works; this one is silent."""

    def start(self, name: str, n_cells: int) -> None:
        """Say that a notebook (or, without cells, the report) starts."""

    def cell(self, number: int) -> None:
        """Say that a cell starts, counted from one."""

    def done(self, seconds: float) -> None:
        """Say that what started has completed."""


@dataclass(frozen=True)
class Settings:
    """How to run, as opposed to what.

    Attributes
    ----------
    engine : {"warm", "nbclient"}
        Who executes the notebooks.
    timeout : int or None
        Seconds a cell may take.
    with_report : bool
        Render ``report.html``.
    progress : Progress
        Told what happens.
    """

    engine: str = "warm"
    timeout: int | None = None
    with_report: bool = True
    progress: Progress = field(default_factory=Progress)


@dataclass(frozen=True)
class Plan:
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

    @property
    def is_own_data(self) -> bool:
        """Whether the study was guessed from a CSV file and lives among its results."""
        return self.study.folder.name == "data"

    def resume_command(self, stage: Stage) -> str:
        """Return the command that runs this study again from a notebook on.

        Parameters
        ----------
        stage : Stage
            The first notebook to run.
        """
        known = self.is_own_data or self.study.folder == paths.data_folder() / self.study.name
        study = self.study.name if known else str(self.study_file)
        words = ["python", "run_all.py", "--study", study, "--from", str(stage.number)]
        if self.selected[-1] != self.stages[-1]:
            words += ["--to", str(self.selected[-1].number)]
        later = [n for s, n in self._sources() if s.number >= stage.number]
        for name, text in self.given.items():
            if any(name in notebook.parameters for notebook in later):
                words += ["-p", name, text]
        return shlex.join([*words, *self.options])

    def _sources(self) -> list[tuple[Stage, Notebook]]:
        return [(stage, self.notebooks[stage.notebook]) for stage in self.selected]


@dataclass(frozen=True)
class Result:
    """A completed run.

    Attributes
    ----------
    study : str
        Name of the study.
    folder : Path
        Where its results are.
    report : Path or None
        The report, unless none was wanted.
    seconds : dict of str to float
        Wall time of each notebook and of the report.
    missing : list of str
        Notebooks that must run before the results can be published; empty when they are.
    """

    study: str
    folder: Path
    report: Path | None
    seconds: dict[str, float] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def plan_run(
    study_file: Path,
    *,
    output: Path | None = None,
    notebooks: Path | None = None,
    stages: Sequence[Stage] = STAGES,
    selected: Iterable[int] | None = None,
    parameters: Mapping[str, str] | None = None,
    quick: bool = False,
) -> Plan:
    """Check a run before anything starts.

    Parameters
    ----------
    study_file : Path
        The ``study.toml``.
    output : Path, optional
        Folder that receives one sub-folder per study; the project's ``outputs`` if not given.
    notebooks : Path, optional
        Folder of the notebooks; the project's if not given.
    stages : sequence of Stage
        All notebooks of the pipeline, in order.
    selected : iterable of int, optional
        Numbers of the notebooks to run; all if not given.
    parameters : mapping of str to str, optional
        Notebook parameters as text.
    quick : bool, default False
        Use smaller settings where a notebook declares them.

    Raises
    ------
    MMMError
        If the study, its data, a notebook, a parameter or an input is not as it must be.
    """
    study_file = study_file.resolve()
    study = load_study(study_file)
    data.check(study)
    if study.panel is not None:
        source.check(study)
    numbers = {stage.number for stage in stages} if selected is None else set(selected)
    chosen = tuple(stage for stage in stages if stage.number in numbers)
    folder = notebooks or paths.notebooks_folder()
    sources = {s.notebook: read_notebook(folder / f"{s.notebook}.ipynb") for s in chosen}
    given = dict(parameters or {})
    resolved = resolve_parameters(list(sources.values()), given, study=study.name, quick=quick)
    workspace = Workspace((output or paths.outputs_folder()).resolve() / study.name)
    _require_inputs(chosen, stages, workspace)
    options = (["--quick"] if quick else []) + (["--output", str(output)] if output else [])
    return Plan(
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


def run_study(study_file: Path, *, settings: Settings | None = None, **choices: Any) -> Result:
    """Check and run one study.

    Parameters
    ----------
    study_file : Path
        The ``study.toml``.
    settings : Settings, optional
        How to run.
    **choices : Any
        Handed to :func:`plan_run`.

    Returns
    -------
    Result
        Where the results are, and how long it took.
    """
    return run(plan_run(study_file, **choices), settings)


def run(plan: Plan, settings: Settings | None = None) -> Result:
    """Run a checked plan: notebooks, report, manifest, publication.

    Parameters
    ----------
    plan : Plan
        From :func:`plan_run`.
    settings : Settings, optional
        How to run.

    Raises
    ------
    NotebookError
        If a notebook fails; the partly executed copy is kept.
    ReportError
        If the report cannot be rendered.
    """
    settings = settings or Settings()
    space, study = plan.workspace, plan.study
    with space.lock():
        own = _own_files(plan)
        space.prepare(resume=not plan.is_whole)
        for name, content in own.items():
            Store(space.partial).write_bytes(f"data/{name}", content)
        seconds = _run_notebooks(plan, settings)
        store = Store(space.partial)
        if settings.with_report:
            seconds["report"] = _render(store, plan, settings.progress)
        store.write_json("run.json", {"engine": settings.engine, "seconds": seconds})
        store.write_manifest(study=study.name, seed=study.seed, inputs=_inputs(plan))
        missing = space.missing_notebooks()
        if not missing:
            space.publish()
    folder = space.partial if missing else space.published
    page = folder / "report.html" if settings.with_report else None
    return Result(study.name, folder, page, seconds, missing)


def _own_files(plan: Plan) -> dict[str, bytes]:
    """Read the files of an own-data study, to be published together with its results."""
    if not plan.is_own_data:
        return {}
    files = (plan.study_file, plan.study.data_file)
    return {path.name: path.read_bytes() for path in files if path.is_file()}


def _run_notebooks(plan: Plan, settings: Settings) -> dict[str, float]:
    from mmm.engine import Kernels, kernel_environment  # papermill is slow to import

    imports = [plan.notebooks[stage.notebook].imports for stage in plan.selected]
    environment = kernel_environment(plan.study_file, plan.workspace.partial)
    seconds = {}
    with Kernels(imports, environment, paths.project_root()) as kernels:
        for stage in plan.selected:
            start = time.perf_counter()
            settings.progress.start(stage.notebook, plan.notebooks[stage.notebook].n_cells + 1)
            _run_notebook(plan, stage, settings, kernels)
            seconds[stage.notebook] = round(time.perf_counter() - start, 3)
            settings.progress.done(seconds[stage.notebook])
    return seconds


def _run_notebook(plan: Plan, stage: Stage, settings: Settings, kernels: Kernels) -> None:
    from mmm import engine
    from mmm.failure import notebook_error, require_complete

    space, notebook = plan.workspace, plan.notebooks[stage.notebook]
    unfinished = space.clear(stage.notebook, stage.outputs)
    position, source = 0, ""

    def on_cell_start(cell: Any, cell_index: int) -> None:
        nonlocal position, source
        position, source = cell_index, cell["source"]
        settings.progress.cell(cell_index + 1)

    try:
        executed = engine.execute(
            notebook.path,
            unfinished,
            plan.parameters[stage.notebook],
            engine=settings.engine,
            kernels=kernels,
            timeout=settings.timeout,
            on_cell_start=on_cell_start,
        )
        require_complete(executed, stage.outputs, space.partial)
    except engine.FAILURES as error:
        raise notebook_error(
            error,
            notebook,
            position=position,
            source=source,
            kept=unfinished,
            resume=plan.resume_command(stage),
        ) from None
    folders = machine_folders(paths.project_root(), space.partial)
    text = engine.to_text(normalize(executed, prefix=stage.notebook[:2], folders=folders))
    Store(space.partial).write_text(f"notebooks/{stage.notebook}.ipynb", text)
    unfinished.unlink(missing_ok=True)


def _render(store: Store, plan: Plan, progress: Progress) -> float:
    start = time.perf_counter()
    progress.start("report", 0)
    try:
        report.render(store, plan.study)
    except MMMError:
        raise
    except Exception as error:
        again = plan.resume_command(plan.stages[-1])
        raise ReportError(
            f"The report could not be rendered: {type(error).__name__}: {error}. The executed "
            f"notebooks are kept in {store.folder}. Render again with: {again}"
        ) from error
    seconds = round(time.perf_counter() - start, 3)
    progress.done(seconds)
    return seconds


def _inputs(plan: Plan) -> dict[str, str]:
    """Hash what the results depend on: study, data, notebooks and the code of the package."""
    files = {"study.toml": plan.study_file, plan.study.data.file: plan.study.data_file}
    folder = next(iter(plan.notebooks.values())).path.parent
    for stage in plan.stages:
        name = f"{stage.notebook}.ipynb"
        files[f"notebooks/{name}"] = folder / name
    package = Path(__file__).parent
    code = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            code.update(f"{path.relative_to(package).as_posix()} {sha256(path)}\n".encode())
    hashes = {name: sha256(path) for name, path in files.items() if path.is_file()}
    return {**hashes, "src/mmm": code.hexdigest()}
