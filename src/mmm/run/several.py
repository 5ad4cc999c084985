"""Several studies at once, each by a command of its own, so that none can disturb another."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

import click

from mmm import paths
from mmm.errors import MMMError, NotebookError
from mmm.run.pipeline import Run

SECONDS_TO_STOP = 15


def run_side_by_side(runs: Sequence[Run], words: Sequence[str], *, jobs: int, quiet: bool) -> None:
    """Run checked studies, several at a time; each prints its lines when it has completed.

    Raises
    ------
    MMMError
        If a study fails; the others run to their end.
    """
    failed = failures_side_by_side(runs, words, jobs=jobs, quiet=quiet)
    if failed:
        first = next(iter(failed.values()))
        error = NotebookError("\n\n".join(f"{name}: {one}" for name, one in failed.items()))
        error.exit_code = first.exit_code
        raise error


def failures_side_by_side(
    runs: Sequence[Run], words: Sequence[str], *, jobs: int, quiet: bool
) -> dict[str, MMMError]:
    """Run checked studies as :func:`run_side_by_side`; return the error of each that failed."""
    at_once = min(jobs, len(runs))
    share = max(1, jobs // at_once)
    script = str(paths.project_root() / "run_all.py")
    command = [sys.executable, script, "--jobs", str(share), *words]
    running: list[subprocess.Popen[str]] = []

    failures: dict[str, MMMError] = {}
    with ThreadPoolExecutor(at_once) as pool:
        futures = [pool.submit(_run_one, run, command, running) for run in runs]
        try:
            for future in as_completed(futures):
                run, code, out, err = future.result()
                if not quiet:
                    click.echo(out, nl=False)
                if code:
                    failures[run.study.name] = _failure(code, err)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            _stop(running)
            raise
    return failures


def _run_one(
    run: Run, command: Sequence[str], running: list[subprocess.Popen[str]]
) -> tuple[Run, int, str, str]:
    """Run one study by a command, and return its exit code and what it has printed."""
    process = subprocess.Popen(
        [*command, "--study", str(run.study_file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    running.append(process)
    out, err = process.communicate()
    return run, process.returncode, out, err


def _stop(running: Sequence[subprocess.Popen[str]]) -> None:
    """Ask all commands to stop, which ends their kernels, and wait for them."""
    for process in running:
        if process.poll() is None:
            process.terminate()
    for process in running:
        try:
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()


def _failure(code: int, printed: str) -> MMMError:
    """Return the error that a command has printed."""
    error = NotebookError(printed.strip().replace("Error: ", "", 1))
    error.exit_code = code
    return error
