"""The log of a run: a line per step, cell and warning in ``run.log``, and with ``-v`` on screen.

The file is beside ``run.json``, outside the manifest and the identity of the results. Each
line is written when it is said, so that a run that is killed leaves what it had to say.
"""

from __future__ import annotations

import logging
import platform
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mmm.errors import MMMError
from mmm.run.pipeline import Progress, Result, Run, Settings
from mmm.run.records import REPORT, State
from mmm.store import PACKAGES

if TYPE_CHECKING:
    from nbformat import NotebookNode

LOG_FILE = "run.log"
log = logging.getLogger("mmm.run")
log.setLevel(logging.INFO)


class _Appender(logging.Handler):
    """Append each line to a file that nobody else has to close: it may move or vanish."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def emit(self, record: logging.LogRecord) -> None:
        try:
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(self.format(record) + "\n")
        except OSError:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Go on: what keeps the log from being written meets the results, too, and is named."""


def _lines() -> logging.Formatter:
    formatter = logging.Formatter("%(asctime)sZ %(levelname)-7s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    return formatter


@contextmanager
def on_screen() -> Iterator[None]:
    """Show the log on the standard output, except what ends a run: the command line says that."""
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(lambda record: record.levelno < logging.ERROR)
    with _attached(handler):
        yield


@contextmanager
def in_folder(folder: Path) -> Iterator[None]:
    """Write the log of one run, in the place of an earlier one's, and how the run ended."""
    path = folder / LOG_FILE
    path.unlink(missing_ok=True)
    with _attached(_Appender(path)):
        logging.captureWarnings(True)
        try:
            yield
        except MMMError as error:
            log.error("%s: %s", type(error).__name__, error)
            raise
        except Exception:
            log.exception("unexpected error")
            raise
        except BaseException as error:
            log.error("stopped (%s)", type(error).__name__)
            raise
        finally:
            logging.captureWarnings(False)


@contextmanager
def _attached(handler: logging.Handler) -> Iterator[None]:
    """Send our lines, and the warnings of this process, to a handler."""
    handler.setFormatter(_lines())
    loggers = (log, logging.getLogger("py.warnings"))
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()


def log_start(run: Run, settings: Settings, code: str) -> None:
    """Say what runs, how, and with which versions."""
    names = ", ".join(stage.notebook for stage in run.selected)
    log.info("study %s, seed %d: %s", run.study.name, run.study.seed, names)
    log.info(
        "engine %s, jobs %d, cluster %s", settings.engine, settings.jobs, settings.dask or "none"
    )
    versions = [f"{name} {version(name)}" for name in PACKAGES]
    log.info("Python %s on %s, %s", platform.python_version(), sys.platform, ", ".join(versions))
    log.info("code %s", code)


def log_warnings(name: str, executed: NotebookNode) -> None:
    """Repeat what the cells of a notebook have written to standard error."""
    for number, cell in enumerate(executed.cells, start=1):
        for output in cell.get("outputs", ()):
            if output.output_type == "stream" and output.name == "stderr":
                log.warning("%s cell %d: %s", name, number, output.text.rstrip())


class LoggedProgress(Progress):
    """Write what happens to the log, and pass it on."""

    def __init__(self, also: Progress) -> None:
        self._also = also
        self._name, self._cells, self._began = "", 0, 0.0

    def start(self, name: str, n_cells: int, expected: float | None = None) -> None:
        """Say what starts."""
        self._name, self._cells, self._began = name, n_cells, time.perf_counter()
        about = "" if expected is None else f", {expected:.1f} s last time"
        log.info("%s starts%s", name, about)
        self._also.start(name, n_cells, expected)

    def cell(self, number: int) -> None:
        """Say which cell starts, and when."""
        elapsed = time.perf_counter() - self._began
        log.info("%s cell %d/%d after %.1f s", self._name, number, self._cells, elapsed)
        self._also.cell(number)

    def done(self, seconds: float) -> None:
        """Say how long it took."""
        log.info("%s done in %.1f s", self._name, seconds)
        self._also.done(seconds)

    def skip(self, name: str) -> None:
        """Say what is unchanged."""
        log.info("%s unchanged", name)
        self._also.skip(name)


class ConsoleProgress(Progress):
    """One line per step; on a terminal it shows the cell that runs, and the time it will take."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._name, self._cells, self._began, self._of = "", 0, 0.0, ""

    def start(self, name: str, n_cells: int, expected: float | None = None) -> None:
        """Remember what starts."""
        self._name, self._cells, self._began = name, n_cells, time.perf_counter()
        self._of = "" if expected is None else f" of about {expected:.1f} s"
        self._show(f"{name:30s}")

    def cell(self, number: int) -> None:
        """Show the running cell."""
        elapsed = time.perf_counter() - self._began
        line = f"{self._name:30s} cell {number:3d}/{self._cells} {elapsed:6.1f} s{self._of}"
        self._show(line)

    def done(self, seconds: float) -> None:
        """Print the line that stays."""
        self._show("")
        cells = f"{self._cells:4d} cells" if self._cells else " " * 10
        click.echo(f"{self._name:30s} {cells} {seconds:6.1f} s")

    def skip(self, name: str) -> None:
        """Print the line of a step that was not needed."""
        click.echo(f"{name:30s} unchanged")

    def _show(self, line: str) -> None:
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            click.echo("\r" + line[:width].ljust(width) + "\r" + line[:width], nl=False)


def describe_states(states: Sequence[State]) -> str:
    """Say for each step whether it would run, and why."""
    words = (f"{s.state}" + (f" ({s.reason})" if s.reason else "") for s in states)
    return "\n".join(f"  {s.step:28s} {w}" for s, w in zip(states, words, strict=True))


def summarize(run: Run, result: Result, seconds: float) -> str:
    """Say in a few lines what a run has done; the last one is the path of the report."""
    count = len(result.seconds.keys() - {REPORT})
    unchanged = len(set(result.skipped) - {REPORT})
    lines = [f"{result.study}: {count} of {len(run.stages)} notebooks in {seconds:.1f} s"]
    if unchanged:
        lines[0] += f", {unchanged} unchanged (--force runs them again)"
    executed = {path.stem for path in (result.folder / "notebooks").glob("*.ipynb")}
    absent = [stage.notebook for stage in run.stages if stage.notebook not in executed]
    older = executed - {stage.notebook for stage in run.selected}
    if older:
        lines.append(f"From an earlier run: {', '.join(sorted(older))}")
    if absent:
        lines.append(f"Not run yet: {', '.join(absent)}")
    if result.missing:
        lines.append(f"Not published before these have run: {', '.join(result.missing)}")
    lines.append(str(result.report or result.folder))
    return "\n".join(lines)
