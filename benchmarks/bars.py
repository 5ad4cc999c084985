"""The bars of the peer benchmark in one table: ``python benchmarks/bars.py BENCH_FOLDER``.

Copies the bench, registers ``peer_adapter.py`` with this interpreter, runs it beside ``ols`` and
``prior_only``, scores every data set and prints what RESULTS.md tells. MMM_PEER_BENCH may name the
folder; ``--rows`` scores the results of an earlier run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pandas as pd
import stored
from bars_tables import FAMILIES, tables
from scoring import score

ADAPTERS = ("peer", "ols", "prior_only")
COSTS = ["cpu_seconds", "peak_mb", "alloc_gain_pct", "best_gain_pct"]


def run_bench(bench: Path, adapters: Sequence[str], families: Sequence[str], seeds: str) -> Path:
    """Run adapters in a copy of the bench and return the file of their results.

    Parameters
    ----------
    bench : Path
        The bench's folder.
    adapters : sequence of str
        Adapters. The environments of other libraries are the bench's own.
    families : sequence of str
        Families of data sets.
    seeds : str
        Seeds, e.g. ``10-29``.
    """
    copy = Path(tempfile.mkdtemp(prefix="peer_bench_")) / "bench"
    shutil.copytree(bench, copy, ignore=shutil.ignore_patterns(".venvs"))
    adapter = Path(__file__).with_name("peer_adapter.py")
    shutil.copy(adapter, copy / "adapters" / "peer_adapter.py")
    launcher = copy / ".venvs" / "base" / "bin" / "python"
    launcher.parent.mkdir(parents=True)
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    launcher.chmod(0o755)
    for environment in environments(bench):
        (copy / ".venvs" / environment.name).symlink_to(environment)
    runner = copy / "run.py"
    runner.chmod(0o644)
    text = runner.read_text().replace('PYTHONS = {"ols"', 'PYTHONS = {"peer": "base", "ols"')
    runner.write_text(text)
    results = copy / "bars.jsonl"
    command = [sys.executable, str(runner), "--adapters", ",".join(adapters), "--seeds", seeds]
    command += ["--families", ",".join(families), "--results", str(results)]
    own = {name: value for name, value in os.environ.items() if name != "MMM_VENVS"}
    subprocess.run([*command, "--work", str(copy / "work")], check=True, cwd=copy, env=own)
    return results


def environments(bench: Path) -> list[Path]:
    """Return the installed environments of other libraries.

    Parameters
    ----------
    bench : Path
        The bench's folder; the bench lets MMM_VENVS move them.
    """
    folder = Path(os.environ.get("MMM_VENVS") or bench / ".venvs").resolve()
    return sorted(p.parents[1] for p in folder.glob("*/bin/python") if p.parents[1].name != "base")


def read_bench(results: Path) -> stored.Rows:
    """Read the bench's own results.

    Parameters
    ----------
    results : Path
        Its file of JSON lines.
    """
    return [json.loads(line) for line in results.read_text("utf-8").splitlines()]


def scored(run: dict[str, Any]) -> dict[str, Any]:
    """Score one run of the bench.

    Parameters
    ----------
    run : dict
        One line of its results.
    """
    row = {key: run.get(key) for key in ("adapter", "family", "seed", "status", *COSTS)}
    if run["status"] == "ok":
        truth = [pair[0] for pair in run["roi_table"].values()]
        table = pd.DataFrame([pair[1] for pair in run["roi_table"].values()]).clip(lower=1e-3)
        spend = spend_of(run["family"])
        row |= score(truth, table["lo"], table["median"], table["hi"], spend)
        row |= {"rhat": run.get("diagnostics", {}).get("rhat")}
        row |= {"ess": run.get("diagnostics", {}).get("ess")}
        row |= {"flagged": run.get("diagnostics", {}).get("plan_flagged")}
        # the bench's own spend weights are exact; ours are the families' mean spends
        row |= {"error": run["roi_mape_median"], "width": run["interval_width"]}
    return row


def spend_of(family: str) -> list[float]:
    """Return the mean weekly spend of a family's channels, thousands.

    Parameters
    ----------
    family : str
        Family of the bench.
    """
    means = {"mini4": [60, 30, 25, 4], "case6": [60, 30, 25, 15, 20, 12]}
    return means.get(family, [60, 30, 25, 15, 4])


@click.command()
@click.argument(
    "bench", required=False, envvar="MMM_PEER_BENCH", type=click.Path(path_type=Path, exists=True)
)
@click.option("--seeds", default="10-29", help="Seeds to report on.")
@click.option("--rows", type=click.Path(path_type=Path, exists=True), help="Earlier results.")
@stored.store_option
def main(bench: Path | None, seeds: str, rows: Path | None, store: bool) -> None:
    """Run the bench (or read earlier results) and print the bars."""
    if rows is None and bench is None:
        raise click.UsageError("name the bench's folder, or an earlier result with --rows")
    results = rows or run_bench(bench, ADAPTERS, FAMILIES, seeds)  # type: ignore[arg-type]
    runs = {(r["adapter"], r["family"], r["seed"]): r for r in read_bench(results)}
    found = [scored(run) for run in runs.values()]
    told = tables(found)
    for name in ("scores", "plans", "bars"):
        print(pd.DataFrame(told[name]).to_string(index=False), end="\n\n")
    print(told["failed"])
    if store:
        stored.store("bars", found)


if __name__ == "__main__":
    main()
