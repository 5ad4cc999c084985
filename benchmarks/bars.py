"""The bars of the peer benchmark in one table: ``python benchmarks/bars.py BENCH_FOLDER``.

Copies the bench, registers ``peer_adapter.py`` with this interpreter, runs it beside ``ols`` and
``prior_only`` and prints the tables of ``RESULTS.md``; ``--rows`` only prints, of an earlier run.
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
from scoring import score

FAMILIES = ("mini4", "case6", "scratch5", "hard", "delayed")
ADAPTERS = ("peer", "ols", "prior_only")
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


#: Columns of the printed table: name, column, digits, factor, whether with a standard error.
SHOWN = (
    ("log error", "log_error", 3, 1, True),
    ("interval score", "interval_score", 2, 1, True),
    ("rank", "rank", 2, 1, True),
    ("error %", "error", 0, 1, True),
    ("coverage %", "coverage", 0, 100, True),
    ("width %", "width", 0, 1, True),
    ("plan's gain %", "alloc_gain_pct", 2, 1, False),
    ("possible %", "best_gain_pct", 2, 1, False),
    ("CPU s", "cpu_seconds", 1, 1, False),
)


def cell(values: pd.Series, digits: int, factor: float, error: bool) -> str:
    """Write a mean, with its standard error over data sets.

    Parameters
    ----------
    values : Series
        One value per data set.
    digits : int
        Digits behind the point.
    factor : float
        Unit.
    error : bool
        Whether the standard error is written.
    """
    known = values.dropna() * factor
    if known.empty:
        return "-"
    text = f"{known.mean():.{digits}f}"
    return f"{text} ± {known.std() / np.sqrt(len(known)):.{digits}f}" if error else text


def table(rows: pd.DataFrame) -> str:
    """Return the scores per adapter and family as a Markdown table.

    Parameters
    ----------
    rows : DataFrame
        One row a run.
    """
    lines = ["| family | adapter | sets | " + " | ".join(name for name, *_ in SHOWN) + " |"]
    lines.append("|" + "---|" * (len(SHOWN) + 3))
    for adapter, of_adapter in rows.groupby("adapter", sort=False):
        for family in (*FAMILIES, "pooled"):
            group = of_adapter if family == "pooled" else of_adapter[of_adapter.family == family]
            cells = [cell(group[column], *rest) for _, column, *rest in SHOWN]
            lines.append(f"| {family} | {adapter} | {len(group)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def plans(ours: pd.DataFrame) -> str:
    """Return what the plans gained and lost as a Markdown table.

    Parameters
    ----------
    ours : DataFrame
        One row a run of our adapter.
    """
    lines = ["| family | share of possible % | lose | lose > 0.3 % | worst % | flagged |"]
    lines.append("|" + "---|" * 6)
    for family in (*FAMILIES, "pooled"):
        group = ours if family == "pooled" else ours[ours.family == family]
        gain = group["alloc_gain_pct"]
        share = 100 * gain.sum() / group["best_gain_pct"].sum()
        lines.append(
            f"| {family} | {share:.0f} | {(gain < 0).sum()} | {(gain < -0.3).sum()} "
            f"| {gain.min():.2f} | {int(group['flagged'].sum())} of {len(group)} |"
        )
    return "\n".join(lines)


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
    print("failed:", int((every["status"] != "ok").sum()), "of", len(every), "runs\n")
    every = every[every["status"] == "ok"]
    ours = every[every["adapter"] == "peer"]
    cpu = every.groupby("adapter")["cpu_seconds"].mean()
    print(table(every), plans(ours), sep="\n\n")
    print(
        f"\nCPU ratio to ols: {cpu['peer'] / cpu['ols']:.2f} (without a first, compiling run: ",
        end="",
    )
    print(f"{ours['cpu_seconds'].iloc[1:].mean() / cpu['ols']:.2f}); ", end="")
    print(f"largest {ours['peak_mb'].max():.0f} MB")
    print(f"R-hat <= 1.01: {np.mean(ours['rhat'] <= 1.01):.2f}; ", end="")
    print(f"ESS >= 400: {np.mean(ours['ess'] >= 400):.2f}, smallest {ours['ess'].min():.0f}")


if __name__ == "__main__":
    main()
