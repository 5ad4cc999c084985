"""Are verdicts as sure as their evidence? ``python benchmarks/verdicts.py BENCH_FOLDER [--help]``.

Families of the peer bench and worlds of our own (:data:`verdict_sets.SEEDS`), each fitted in a
process of its own; one line a data set is appended to ``--out``, and what the same code has put
there is not run again. ``--earlier FOLDER`` runs the same data sets with the package of a checkout
of 32c7b77 there. ``--report`` prints the bars: both packages, and their paired differences.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pandas as pd
import stored
from plans import load_bench
from scoring import seeds_of
from verdict_sets import BENCH, cells_of, row_of, task_of, write_task
from verdict_tables import compared

HERE = Path(__file__).resolve().parent
CHILDREN = resource.RUSAGE_CHILDREN
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def answering(earlier: Path | None) -> tuple[list[str], dict[str, str]]:
    """Return the command that answers for a package, and its environment.

    Parameters
    ----------
    earlier : Path or None
        Checkout of the earlier commit; None for the present package.
    """
    script = HERE / ("earlier.py" if earlier else "present.py")
    places = [earlier / "src", earlier / "benchmarks", HERE] if earlier else [HERE]
    path = os.pathsep.join([*map(str, places), os.environ.get("PYTHONPATH", "")])
    env = {**os.environ, **dict.fromkeys(ONE_THREAD, "1"), "PYTHONPATH": path}
    return [sys.executable, "-P", str(script)], env


def code_of(earlier: Path | None) -> str:
    """Return the hash of a package's code.

    Parameters
    ----------
    earlier : Path or None
        As for :func:`answering`.
    """
    command, env = answering(earlier)
    asked = subprocess.run(command, check=True, env=env, capture_output=True, text=True)
    return asked.stdout.strip()


def trial(
    cell: tuple[str, int], earlier: Path | None, bench: ModuleType | None, *, grade: bool
) -> dict[str, Any]:
    """Let a package answer one data set.

    Parameters
    ----------
    cell : (str, int)
        Family or world, and seed.
    earlier : Path or None
        As for :func:`answering`.
    bench : module or None
        The bench's runner.
    grade : bool
        Grade the channels of the battery.
    """
    task = task_of(*cell, bench, grade=grade)
    command, env = answering(earlier)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_task(task, folder)
        done = subprocess.run([*command, str(folder)], env=env, capture_output=True, text=True)
        if done.returncode:
            return {"set": cell[0], "seed": cell[1], "failed": done.stderr.strip()[-300:]}
        said = json.loads((folder / "answer.json").read_text("utf-8"))
        row = row_of(*cell, task, said, bench)
        if bench is not None and cell[0] in BENCH:
            row["ols_cpu_seconds"] = cpu_of_ols(bench, folder, env)
    return row


def cpu_of_ols(bench: ModuleType, folder: Path, env: dict[str, str]) -> float:
    """Return the CPU seconds of the bench's least squares on a task: the unit of cost.

    Parameters
    ----------
    bench : module
        The bench's runner.
    folder : Path
        The task.
    env : dict
        Environment.
    """
    script = bench.HERE / "adapters" / "ols_adapter.py"
    before = resource.getrusage(CHILDREN)
    command = [sys.executable, str(script), str(folder), str(folder / "ols.json")]
    subprocess.run(command, check=True, env=env)
    after = resource.getrusage(CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells: bars and families, beside the stored rows of 32c7b77.

    Parameters
    ----------
    rows : list of dict
        Rows of the present package.
    """
    return compared(stored.read(stored.path_of("verdicts" + stored.EARLIER)).rows, rows)


def show(rows: stored.Rows, beside: stored.Rows) -> None:
    """Print the tables.

    Parameters
    ----------
    rows, beside : list of dict
        Rows of the present package and of the earlier one.
    """
    told = compared(beside, rows)
    print(f"{told['sets']} data sets run by both\n")
    for name in ("bars", "families", "sizes", "grades"):
        if told[name]:
            print(pd.DataFrame(told[name]).to_string(index=False), end="\n\n")


@click.command()
@click.argument(
    "bench", required=False, envvar="MMM_PEER_BENCH", type=click.Path(path_type=Path, exists=True)
)
@click.option("--sets", default="", help="Families and worlds, separated by commas.")
@click.option("--seeds", default="", help="Seeds of all; those of the report by default.")
@click.option("--grades/--no-grades", default=True, help="Grade the battery: most of the time.")
@click.option("--earlier", type=click.Path(path_type=Path, exists=True), help="32c7b77's folder.")
@click.option("--out", type=click.Path(path_type=Path), help="Rows; results/ by default.")
@click.option("--beside", type=click.Path(path_type=Path), help="Rows of the earlier package.")
@click.option("--report", is_flag=True, help="Only print the tables of what has been run.")
def main(
    bench: Path | None,
    sets: str,
    seeds: str,
    grades: bool,
    earlier: Path | None,
    out: Path | None,
    beside: Path | None,
    report: bool,
) -> None:
    """Run the data sets, or go on where they stopped, and print the tables."""
    beside = beside or stored.path_of("verdicts" + stored.EARLIER)
    out = out or (beside if earlier else stored.path_of("verdicts"))
    if not report:
        run_all(cells_of(sets, seeds), out, bench, earlier, grade=grades)
    if earlier or not (out.exists() and beside.exists()):
        click.echo("no tables: they need rows of both packages (--out, --beside)")
        return
    wanted = set(sets.split(",")) if sets else None
    kept = set(seeds_of(seeds)) if seeds else None
    ours, theirs = (
        [
            row
            for row in stored.read(path).rows
            if (not wanted or row["set"] in wanted) and (not kept or row["seed"] in kept)
        ]
        for path in (out, beside)
    )
    show(ours, theirs)


def run_all(
    cells: list[tuple[str, int]],
    out: Path,
    bench: Path | None,
    earlier: Path | None,
    *,
    grade: bool,
) -> None:
    """Run data sets that have not been run, one after the other.

    Parameters
    ----------
    cells : list of (str, int)
        The data sets.
    out : Path
        File of rows.
    bench : Path or None
        The bench's folder.
    earlier : Path or None
        As for :func:`answering`.
    grade : bool
        Grade the channels of the battery.
    """
    code = code_of(earlier)
    done = {(row["set"], row["seed"]) for row in stored.resume(out, code)}
    runner = load_bench(bench.resolve()) if bench else None
    for cell in cells:
        if cell in done:
            continue
        row = trial(cell, earlier, runner, grade=grade) | {"code": code}
        stored.append(out, row, code)
        took = row.get("failed") or f"{row['all_cpu_seconds']:.1f} CPU s"
        click.echo(f"{cell[0]} {cell[1]}: {took}")


if __name__ == "__main__":
    main()
