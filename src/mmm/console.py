"""What a run prints while it works and when it is done."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence

import click

from mmm.ledger import REPORT, State
from mmm.pipeline import Plan, Progress, Result


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


def summarize(plan: Plan, result: Result, seconds: float) -> str:
    """Say in a few lines what a run has done; the last one is the path of the report."""
    count = len(result.seconds.keys() - {REPORT})
    unchanged = len(set(result.skipped) - {REPORT})
    lines = [f"{result.study}: {count} of {len(plan.stages)} notebooks in {seconds:.1f} s"]
    if unchanged:
        lines[0] += f", {unchanged} unchanged (--force runs them again)"
    executed = {path.stem for path in (result.folder / "notebooks").glob("*.ipynb")}
    absent = [stage.notebook for stage in plan.stages if stage.notebook not in executed]
    older = executed - {stage.notebook for stage in plan.selected}
    if older:
        lines.append(f"From an earlier run: {', '.join(sorted(older))}")
    if absent:
        lines.append(f"Not run yet: {', '.join(absent)}")
    if result.missing:
        lines.append(f"Not published before these have run: {', '.join(result.missing)}")
    lines.append(str(result.report or result.folder))
    return "\n".join(lines)
