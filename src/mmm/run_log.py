"""The log of a run: a line per step, cell and warning in ``run.log``, and with ``-v`` on screen.

The file stands beside ``run.json``, outside the manifest and the identity of the results. Each
line is written when it is said, so that a run that is killed leaves what it had to say.
"""

from __future__ import annotations

import logging
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from mmm.errors import MMMError
from mmm.pipeline import Plan, Progress, Settings
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


def log_start(plan: Plan, settings: Settings, code: str) -> None:
    """Say what runs, how, and with which versions."""
    names = ", ".join(stage.notebook for stage in plan.selected)
    log.info("study %s, seed %d: %s", plan.study.name, plan.study.seed, names)
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
    """Write what happens to the log, and tell it on.

    Parameters
    ----------
    also : Progress
        Told the same.
    """

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
