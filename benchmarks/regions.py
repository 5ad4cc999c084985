"""Do regions help? ``python benchmarks/regions.py BENCH_FOLDER [--help]``.

Every data set of the regional peer bench is fitted with its regions and as the sum of them, each
in a process of its own; one line a model is appended to ``--out``, and what the same code has put
there is not run again. MMM_PEER_BENCH may name the folder; ``--report`` only prints the tables.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
import pandas as pd
import stored
from regional_sets import (
    Bench,
    Cell,
    cells_of,
    load_regional_bench,
    name_of,
    row_of,
    stored_rows,
    write_task,
)
from regional_tables import NATIONAL, REGIONAL, compared

HERE = Path(__file__).resolve().parent
SCRIPT = HERE / "regional_answer.py"
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def environment() -> dict[str, str]:
    """Return the environment of an answering process: one thread, our scripts at hand."""
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, **dict.fromkeys(ONE_THREAD, "1"), "PYTHONPATH": path}


def code_of() -> str:
    """Return the hash of the package's code."""
    command = [sys.executable, "-P", str(SCRIPT)]
    asked = subprocess.run(command, check=True, env=environment(), capture_output=True, text=True)
    return asked.stdout.strip()


def trial(cell: Cell, models: list[str], bench: Bench, *, grade: bool) -> list[dict[str, Any]]:
    """Let models answer one data set, one after the other.

    Parameters
    ----------
    cell : Cell
        The data set.
    models : list of str
        ``regional`` and ``national``.
    bench : Bench
        The bench.
    grade : bool
        Ask for grades and checks.
    """
    world = bench.geo.geo(cell.family, cell.seed, regions=cell.regions)
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        oracle = world.oracle(write_task(world, cell, bench, folder, grade=grade))
        for model in models:
            command = [sys.executable, "-P", str(SCRIPT), str(folder), model]
            done = subprocess.run(command, env=environment(), capture_output=True, text=True)
            if done.returncode:
                failed = done.stderr.strip()[-300:]
                rows.append({**name_of(cell), "model": model, "failed": failed})
                continue
            said = json.loads((folder / "answer.json").read_text("utf-8"))
            rows.append(row_of(cell, model, said, world, oracle, bench))
    return rows


def run_all(
    tasks: list[tuple[Cell, bool]],
    models: list[str],
    bench: Bench,
    out: Path,
    *,
    grade: bool,
    jobs: int,
) -> Iterator[dict[str, Any]]:
    """Run what has not been run, append it to a file of rows, and yield it.

    Parameters
    ----------
    tasks : list of (Cell, bool)
        The data sets, and whether they are only run beside a stored answer of another library.
    models : list of str
        Who answers.
    bench : Bench
        The bench.
    out : Path
        File of rows.
    grade : bool
        Ask for grades and checks.
    jobs : int
        Data sets at a time, at most one a core.
    """
    code = code_of()
    done = {key_of(row) for row in stored.resume(out, code)}
    left = [(c, [m for m in models if (*c, m) not in done], beside) for c, beside in tasks]
    left = [task for task in left if task[1]]
    pool = ThreadPoolExecutor(min(jobs, os.cpu_count() or 1))
    try:
        found = pool.map(lambda task: trial(*task[:2], bench, grade=grade), left)
        for (_, _, beside), rows in zip(left, found, strict=True):
            for row in rows:
                stored.append(out, row | {"beside": beside}, code)
                yield row
    finally:  # a stopped benchmark starts no further data sets
        pool.shutdown(cancel_futures=True)


def cell_of(row: dict[str, Any]) -> Cell:
    """Return the data set of a row.

    Parameters
    ----------
    row : dict
        The row.
    """
    return Cell(row["set"], row["seed"], row["regions"])


def key_of(row: dict[str, Any]) -> tuple[str, int, int, str]:
    """Return the data set of a row and who answered.

    Parameters
    ----------
    row : dict
        The row.
    """
    return (*cell_of(row), row["model"])


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells.

    Parameters
    ----------
    rows : list of dict
        Stored rows.
    """
    return compared(rows)


@click.command()
@click.argument(
    "folder", required=False, envvar="MMM_PEER_BENCH", type=click.Path(path_type=Path, exists=True)
)
@click.option("--families", default="", help="Families, separated by commas; all by default.")
@click.option("--seeds", default="70-79", show_default=True, help="Develop on 0-9.")
@click.option("--regions", default=8, show_default=True, help="Regions of every data set.")
@click.option("--models", default=f"{REGIONAL},{NATIONAL}", show_default=True, help="Who answers.")
@click.option("--grades/--no-grades", default=True, help="Grade and check: most of the time.")
@click.option("--meridian/--no-meridian", default=True, help="Also Meridian's own data sets.")
@click.option("--jobs", default=1, show_default=True, help="Data sets at a time.")
@click.option("--out", type=click.Path(path_type=Path), help="Rows; results/ by default.")
@click.option("--report", is_flag=True, help="Only print the tables of what has been run.")
def main(
    folder: Path | None,
    families: str,
    seeds: str,
    regions: int,
    models: str,
    grades: bool,
    meridian: bool,
    jobs: int,
    out: Path | None,
    report: bool,
) -> None:
    """Run the data sets, or go on where they stopped, and print the tables."""
    out = out or stored.path_of("regions")
    if not report:
        if folder is None:
            raise click.UsageError("name the bench's folder, or print what has been run: --report")
        bench = load_regional_bench(folder)
        cells = cells_of(families, seeds, regions)
        peers = stored_rows(folder, bench) if meridian else []
        beside = [cell for cell in map(cell_of, peers) if cell not in cells]
        tasks = [(cell, False) for cell in cells] + [(cell, True) for cell in beside]
        for row in run_all(tasks, models.split(","), bench, out, grade=grades, jobs=jobs):
            took = row.get("failed") or f"{row['cpu_seconds']:.1f} CPU s, {row['peak_mb']:.0f} MB"
            click.echo(f"{row['set']} {row['seed']} {row['model']}: {took}")
        known = {key_of(row) for row in stored.read(out).rows}
        for row in peers:
            if key_of(row) not in known:
                stored.append(out, row)
    show(stored.read(out).rows)


def show(rows: stored.Rows) -> None:
    """Print the tables.

    Parameters
    ----------
    rows : list of dict
        Stored rows.
    """
    for name, lines in compared(rows).items():
        if isinstance(lines, list) and lines:
            click.echo(f"{name}\n{pd.DataFrame(lines).to_string(index=False)}\n")


if __name__ == "__main__":
    main()
