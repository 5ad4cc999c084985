"""Execute a run: skip what is unchanged, execute the rest, render the report, publish."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmm import paths, report
from mmm.errors import MMMError, OutputError, ReportError, UsageError
from mmm.run import progress
from mmm.run.notebook import machine_folders, normalize
from mmm.run.pipeline import Result, Run, Settings, Stage, check_data, input_hashes
from mmm.run.records import (
    REPORT,
    REPORT_FILES,
    UNCHANGED,
    Ledger,
    Record,
    snapshot,
    write_records,
    written_since,
)
from mmm.store import Store, code_hash, sha256

if TYPE_CHECKING:
    from mmm.run.kernels import Kernels


def execute(run: Run, settings: Settings | None = None) -> Result:
    """Execute a checked run: notebooks, report, manifest, publication.

    Raises
    ------
    DataError
        If the data cannot be used.
    NotebookError
        If a notebook fails; the partly executed copy is kept.
    ReportError
        If the report cannot be rendered.
    OutputError
        If the results cannot be written.
    """
    settings = settings or Settings()
    settings = replace(settings, progress=progress.LoggedProgress(settings.progress))
    space = run.workspace
    if Ledger(run, force=settings.force).is_current(with_report=settings.with_report):
        return _nothing_to_do(run, settings)
    check_data(run.study)
    with _named_write_errors(space.published), space.lock():
        space.heal()
        ledger = Ledger(run, force=settings.force)
        own = _own_files(run)
        space.prepare(resume=not run.is_whole)
        with progress.in_folder(space.partial), _named_write_errors(space.published):
            inputs = input_hashes(run, ledger.shared["code"])
            work = _Work(run, settings, ledger, Store(space.partial), inputs)
            missing = work.everything(own)
    folder = space.partial if missing else space.published
    page = folder / "report.html" if settings.with_report else None
    return Result(run.study.name, folder, page, work.seconds, work.skipped, missing)


def _nothing_to_do(run: Run, settings: Settings) -> Result:
    names = [stage.notebook for stage in run.selected]
    names += [REPORT] if settings.with_report else []
    for name in names:
        settings.progress.skip(name)
    folder = run.workspace.published
    page = folder / "report.html" if settings.with_report else None
    return Result(run.study.name, folder, page, skipped=names)


def _own_files(run: Run) -> dict[str, bytes]:
    """Read the files of an own-data study, to be published together with its results."""
    if not run.is_own_data:
        return {}
    files = (run.study_file, run.study.data_file, *run.study.plan_files)
    return {path.name: path.read_bytes() for path in files if path.is_file()}


@contextmanager
def _named_write_errors(folder: Path) -> Iterator[None]:
    """Say of a full disk or a folder that cannot be written what it is."""
    try:
        yield
    except OSError as error:
        named = OutputError.of(error, folder)
        if named is None:
            raise
        raise named from error


@dataclass
class _Work:
    """One run in progress: what it has done so far."""

    run: Run
    settings: Settings
    ledger: Ledger
    store: Store
    inputs: dict[str, str]
    seconds: dict[str, float] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=dict)

    def everything(self, own: Mapping[str, bytes]) -> list[str]:
        """Execute and publish; return the notebooks that must run before that is possible."""
        progress.log_start(self.run, self.settings, self.ledger.shared["code"])
        for name, content in own.items():
            self.store.write_bytes(f"data/{name}", content)
        self.notebooks()
        if self.settings.with_report:
            self.report()
        self._require_same_inputs()
        missing = self.finish({f"data/{name}" for name in own})
        if missing:
            progress.log.info("not published before these have run: %s", ", ".join(missing))
        else:
            progress.log.info("complete: %d steps run", len(self.seconds))
            self.run.workspace.publish()
        return missing

    def notebooks(self) -> None:
        """Run or skip the notebooks in order."""
        # All of them, so that a run that is stopped early loses none of an earlier one's steps.
        self.records = self.ledger.earlier
        states = {state.step: state for state in self.ledger.forecast()}
        if all(state.state == UNCHANGED for state in states.values()):
            self._each(None)
            return
        from mmm.run.kernels import Kernels, kernel_environment  # slow to import, as is papermill

        jobs, dask = self.settings.jobs, self.settings.dask
        environment = kernel_environment(
            self.run.study_file, self.store.folder, jobs=jobs, dask=dask
        )
        with Kernels(environment, paths.project_root()) as kernels:
            if self.settings.with_report:
                _import_ahead("mmm.report.exporter")
            self._each(kernels)

    def _each(self, kernels: Kernels | None) -> None:
        for stage in self.run.stages:
            if stage not in self.run.selected:
                self.ledger.learn(stage)
                continue
            finding = self.ledger.look(stage)
            if finding.folder is not None and finding.record is not None:
                self._keep(stage.notebook, finding.folder, finding.record)
            else:
                assert kernels is not None
                progress.log.info("%s: %s", stage.notebook, finding.reason)
                kernels.expect(*self._imports_from(stage))
                self._run(stage, kernels, finding.record)
            self.ledger.learn(stage, self.records[stage.notebook])
            self._save()

    def _imports_from(self, stage: Stage) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Return the imports of a notebook, and of the next ones that may have to run."""
        states = {state.step: state.state for state in self.ledger.forecast()}
        later = self.run.selected[self.run.selected.index(stage) + 1 :]
        todo = [s for s in later if states[s.notebook] != UNCHANGED]
        return self.run.imports(stage), [self.run.imports(s) for s in todo]

    def _keep(self, step: str, folder: Path, record: Record) -> None:
        """Take over the results of an unchanged step."""
        for name in record.outputs if folder != self.store.folder else ():
            self.store.write_bytes(name, (folder / name).read_bytes())
        self.records[step] = record
        self.skipped.append(step)
        self.settings.progress.skip(step)

    def _run(self, stage: Stage, kernels: Kernels, last: Record | None) -> None:
        """Execute a notebook and record what it was made from and what it wrote."""
        name, progress = stage.notebook, self.settings.progress
        made_from = self.ledger.made_from(stage)
        earlier = [*stage.outputs, *(last.outputs if last else ())]
        unfinished = self.run.workspace.clear(name, earlier)
        self.records.pop(name, None)
        self._save()
        before, start = snapshot(self.store.folder), time.perf_counter()
        progress.start(name, self.run.notebooks[name].n_cells + 1, self.ledger.expected(name))
        cells = _execute_notebook(self.run, stage, self.settings, kernels, unfinished)
        self.seconds[name] = round(time.perf_counter() - start, 3)
        progress.done(self.seconds[name])
        outputs = written_since(before, self.store.folder)
        self.records[name] = Record(made_from, outputs, self.seconds[name], cells)

    def report(self) -> None:
        """Render the report, unless the one that is there was made from the same results."""
        finding = self.ledger.look_at_report(self.store)
        if finding.folder is not None and finding.record is not None:
            self._keep(REPORT, finding.folder, finding.record)
            return
        made_from = self.ledger.report_made_from(self.store)
        expected = self.ledger.expected(REPORT)
        self.seconds[REPORT] = _render(self.store, self.run, self.settings, expected)
        pages = [name for name in REPORT_FILES if self.store.path(name).is_file()]
        outputs = {name: sha256(self.store.path(name)) for name in pages}
        self.records[REPORT] = Record(made_from, outputs, self.seconds[REPORT])

    def _save(self) -> None:
        write_records(self.store, self.records, engine=self.settings.engine)

    def finish(self, own: set[str]) -> list[str]:
        """Drop what no step has written, write the manifest, and say what cannot be published."""
        if self.run.is_whole:
            written = {name for record in self.records.values() for name in record.outputs}
            for name in set(self.store.files()) - written - own:
                self.store.path(name).unlink()
        parameters = {**self._earlier_parameters(), **self.run.parameters}
        self.store.write_manifest(
            study=self.run.study.name,
            seed=self.run.study.seed,
            inputs=self.inputs,
            parameters=parameters,
        )
        self._save()
        return self.run.workspace.missing_notebooks()

    def _require_same_inputs(self) -> None:
        """Refuse to publish results of files that were rewritten while the run was at work."""
        now = input_hashes(self.run, code_hash())
        changed = [name for name in self.inputs if now.get(name) != self.inputs[name]]
        if changed:
            raise UsageError(
                f"{', '.join(changed)} changed while the run was at work, so its results would "
                f"mix two versions. Nothing was published. Run again."
            )

    def _earlier_parameters(self) -> dict[str, Any]:
        """Return the parameters of notebooks that an earlier run has left."""
        if self.run.is_whole or not self.store.path("manifest.json").is_file():
            return {}
        return dict(self.store.read_json("manifest.json").get("parameters", {}))


def _import_ahead(module: str) -> None:
    """Import a slow module of the report while the kernels have the work."""
    threading.Thread(target=importlib.import_module, args=(module,), daemon=True).start()


def _execute_notebook(
    run: Run, stage: Stage, settings: Settings, kernels: Kernels, unfinished: Path
) -> list[float]:
    """Execute a notebook into the partial folder; return when each cell began, in seconds."""
    from mmm.run import engine
    from mmm.run.failure import notebook_error, refused_parameters, require_complete

    space, notebook = run.workspace, run.notebooks[stage.notebook]
    start = time.perf_counter()
    cells: list[float] = []
    position, source = 0, ""

    def on_cell_start(cell: Any, cell_index: int) -> None:
        nonlocal position, source
        position, source = cell_index, cell["source"]
        cells.append(round(time.perf_counter() - start, 3))
        settings.progress.cell(cell_index + 1)

    try:
        executed = engine.execute(
            notebook.path,
            unfinished,
            run.parameters[stage.notebook],
            engine=settings.engine,
            kernels=kernels,
            timeout=settings.timeout,
            on_cell_start=on_cell_start,
        )
        require_complete(executed, stage.outputs, space.partial)
    except engine.FAILURES as error:
        refused = refused_parameters(error, notebook, run.given)
        raise notebook_error(
            error,
            notebook,
            position=position,
            source=source,
            kept=unfinished,
            resume=run.resume_command(stage, without=refused),
            refused=refused,
        ) from None
    progress.log_warnings(stage.notebook, executed)
    folders = machine_folders(paths.project_root(), space.partial)
    text = engine.to_text(normalize(executed, prefix=stage.notebook[:2], folders=folders))
    Store(space.partial).write_text(f"notebooks/{stage.notebook}.ipynb", text)
    unfinished.unlink(missing_ok=True)
    return cells


def _render(store: Store, run: Run, settings: Settings, expected: float | None) -> float:
    """Render the report and return the seconds it took."""
    start = time.perf_counter()
    settings.progress.start(REPORT, 0, expected)
    try:
        report.render(store, run.study)
    except (MMMError, OSError):
        raise
    except Exception as error:
        again = run.resume_command(run.selected[-1])
        raise ReportError(
            f"The report could not be rendered: {type(error).__name__}: {error}. The executed "
            f"notebooks are kept in {store.folder}. Render again with: {again}"
        ) from error
    seconds = round(time.perf_counter() - start, 3)
    settings.progress.done(seconds)
    return seconds
