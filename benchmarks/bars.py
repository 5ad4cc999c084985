"""The bars of the peer benchmark in one table: ``python benchmarks/bars.py BENCH_FOLDER``.

Copies the bench, registers ``peer_adapter.py`` with this interpreter, runs it beside ``ols`` and
``prior_only`` and prints the table of ``RESULTS.md``. ``--rows`` only prints, from an earlier run.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np
import pandas as pd
from scoring import score, summarize

FAMILIES = ("mini4", "case6", "scratch5", "hard", "delayed")
ADAPTERS = ("peer", "ols", "prior_only")
SCORES = ["log_error", "interval_score", "rank", "error", "coverage", "width", "bias"]
COSTS = ["cpu_seconds", "peak_mb", "alloc_gain_pct", "best_gain_pct"]


def run_bench(bench: Path, seeds: str) -> Path:
    """Run the three adapters in a copy of the bench and return its results.

    Parameters
    ----------
    bench : Path
        The bench's folder.
    seeds : str
        Seeds, e.g. ``10-29``.
    """
    copy = Path(tempfile.mkdtemp(prefix="peer_bench_")) / "bench"
    shutil.copytree(bench, copy)
    adapter = Path(__file__).with_name("peer_adapter.py")
    shutil.copy(adapter, copy / "adapters" / "peer_adapter.py")
    bin_folder = copy / ".venvs" / "base" / "bin"
    bin_folder.mkdir(parents=True)
    launcher = bin_folder / "python"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    launcher.chmod(0o755)
    runner = copy / "run.py"
    text = runner.read_text().replace('PYTHONS = {"ols"', 'PYTHONS = {"peer": "base", "ols"')
    runner.write_text(text)
    results = copy / "bars.jsonl"
    command = [sys.executable, str(runner), "--adapters", ",".join(ADAPTERS), "--seeds", seeds]
    command += ["--families", ",".join(FAMILIES), "--results", str(results)]
    subprocess.run([*command, "--work", str(copy / "work")], check=True, cwd=copy)
    return results


def scored(line: str) -> dict[str, object]:
    """Score one line of the bench's results.

    Parameters
    ----------
    line : str
        JSON of one run.
    """
    run = json.loads(line)
    row = {key: run.get(key) for key in ("adapter", "family", "seed", "status", *COSTS)}
    if run["status"] == "ok":
        truth = [pair[0] for pair in run["roi_table"].values()]
        table = pd.DataFrame([pair[1] for pair in run["roi_table"].values()]).clip(lower=1e-3)
        spend = spend_of(run["family"])
        row |= score(truth, table["lo"], table["median"], table["hi"], spend)
        row |= {"rhat": run.get("diagnostics", {}).get("rhat")}
        row |= {"ess": run.get("diagnostics", {}).get("ess")}
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


def ratio_of_cpu(rows: pd.DataFrame) -> float:
    """Return the CPU seconds of the peer over those of ols.

    Parameters
    ----------
    rows : DataFrame
        One row a run.
    """
    mean = rows.groupby("adapter")["cpu_seconds"].mean()
    return float(mean["peer"] / mean["ols"])


@click.command()
@click.argument("bench", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--seeds", default="10-29", help="Seeds to report on.")
@click.option("--rows", type=click.Path(path_type=Path, exists=True), help="Earlier results.")
def main(bench: Path | None, seeds: str, rows: Path | None) -> None:
    """Run the bench (or read earlier results) and print the bars."""
    if rows is None and bench is None:
        raise click.UsageError("name the bench's folder, or an earlier result with --rows")
    results = rows or run_bench(bench, seeds)  # type: ignore[arg-type]
    every = pd.DataFrame([scored(line) for line in results.read_text().splitlines()])
    every = every.drop_duplicates(["adapter", "family", "seed"], keep="last")
    print("failed:", int((every["status"] != "ok").sum()), "of", len(every), "runs")
    for adapter, group in every[every["status"] == "ok"].groupby("adapter", sort=False):
        columns = SCORES + [c for c in COSTS if group[c].notna().any()]
        print(f"\n{adapter}, {len(group)} data sets\n")
        print(summarize(group, "family", columns).round(3).to_string())
    ours = every[every["adapter"] == "peer"]
    print(f"\nCPU ratio to ols: {ratio_of_cpu(every):.2f}; largest {ours['peak_mb'].max():.0f} MB")
    print(f"R-hat <= 1.01: {np.mean(ours['rhat'] <= 1.01):.2f}; ESS: min {ours['ess'].min():.0f}")
    print(f"ESS >= 400: {np.mean(ours['ess'] >= 400):.2f}; plans that lose money: ", end="")
    print(f"{int((ours['alloc_gain_pct'] < 0).sum())} of {len(ours)}")


if __name__ == "__main__":
    main()
