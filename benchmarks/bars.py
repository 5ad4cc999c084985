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
from scoring import mean_error, score

FAMILIES = ("mini4", "case6", "scratch5", "hard", "delayed")
#: The family in which spend follows hidden demand: every model fails there, and must say so.
HARD = "hard"
ADAPTERS = ("peer", "ols", "prior_only")
NAMES = {"peer": "**this model**"}
COSTS = ["cpu_seconds", "peak_mb", "alloc_gain_pct", "best_gain_pct"]
#: The bars, in the units of the tables.
RANK, ERROR, WIDTH, COVERAGE, COVERAGE_OF_A_FAMILY = 0.55, 35, 150, (85, 95), 75
CPU_RATIO, MEGABYTES, RHAT, RHAT_SHARE, ESS = 3, 350, 1.01, 95, 400
PLAN_SHARE, LOSS = 60, 0.3


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


#: Columns of the table of scores: name, column, digits.
SHOWN = (
    ("log error", "log_error", 3),
    ("interval score", "interval_score", 2),
    ("rank", "rank", 2),
    ("error %", "error", 0),
    ("coverage %", "coverage", 0),
    ("width %", "width", 0),
    ("plan's gain %", "alloc_gain_pct", 2),
    ("possible %", "best_gain_pct", 2),
    ("CPU s", "cpu_seconds", 1),
)
WITHOUT_ERROR = ("alloc_gain_pct", "best_gain_pct", "cpu_seconds")


def by_family(runs: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the runs of each family, and all of them.

    Parameters
    ----------
    runs : DataFrame
        One row a run.
    """
    return [*((f, runs[runs["family"] == f]) for f in FAMILIES), ("**pooled**", runs)]


def score_table(runs: pd.DataFrame) -> stored.Rows:
    """Return the scores by adapter and family, and pooled.

    Parameters
    ----------
    runs : DataFrame
        One row a run.
    """
    lines = []
    for adapter, of_adapter in runs.groupby("adapter", sort=False):
        for family, group in by_family(of_adapter):
            line = {"family": family, "adapter": NAMES.get(adapter, adapter), "sets": len(group)}
            for name, column, digits in SHOWN:
                unit = 100 if column == "coverage" else 1
                text = mean_error(unit * group[column], digits)
                line[name] = text.partition(" ± ")[0] if column in WITHOUT_ERROR else text
            lines.append(line)
    return lines


def plan_table(ours: pd.DataFrame) -> stored.Rows:
    """Return what the plans gained and lost, by family and pooled.

    Parameters
    ----------
    ours : DataFrame
        One row a run of our adapter.
    """
    lines = []
    for family, group in by_family(ours):
        gain = group["alloc_gain_pct"]
        lines.append(
            {
                "family": family,
                "share of possible %": f"{plan_share(group):.0f}",
                "lose": int((gain < 0).sum()),
                f"lose > {LOSS} %": int((gain < -LOSS).sum()),
                "worst %": f"{gain.min():.2f}",
                "flagged": f"{int(group['flagged'].sum())} of {len(group)}",
            }
        )
    return lines


def plan_share(group: pd.DataFrame) -> float:
    """Return the share of the possible gain that the plans bring, in percent.

    Parameters
    ----------
    group : DataFrame
        One row a run of our adapter.
    """
    return float(100 * group["alloc_gain_pct"].sum() / group["best_gain_pct"].sum())


def verdict(value: float, met: bool, limit: float = 0.0, error: float = 0.0) -> str:
    """Say whether a bar is met, and whether noise alone could turn that.

    Parameters
    ----------
    value : float
        What was measured.
    met : bool
        Whether it meets the bar.
    limit : float
        The bar.
    error : float
        Standard error; 0 for none.
    """
    close = ", within one standard error" if error and abs(value - limit) <= error else ""
    return ("yes" if met else "**no**") + close


def spread(means: pd.Series, digits: int) -> str:
    """Write the range of some means.

    Parameters
    ----------
    means : Series
        One mean a family.
    digits : int
        Digits behind the point.
    """
    return f"{means.min():.{digits}f} to {means.max():.{digits}f}"


def bar_table(runs: pd.DataFrame) -> stored.Rows:
    """Return the bars, what was measured, and whether they are met.

    Parameters
    ----------
    runs : DataFrame
        One row a run.
    """
    ours = runs[runs["adapter"] == "peer"]
    means = runs.groupby(["adapter", "family"])[["log_error", "interval_score"]].mean()
    model, prior = means.loc["peer"], means.loc["prior_only"]
    easy = [family for family in model.index if family != HARD]
    told, better = [], (model < prior).loc[easy].to_numpy().all()
    for column, name in (("log_error", "log error"), ("interval_score", "interval score")):
        told.append(
            f"{name} {spread(model.loc[easy, column], 2)} against "
            f"{spread(prior.loc[easy, column], 2)}; in `{HARD}` "
            f"{model.loc[HARD, column]:.2f} against {prior.loc[HARD, column]:.2f}"
        )
    lines = [
        (
            f"log error and interval score better than prior_only in every family but `{HARD}`",
            "; ".join(told),
            verdict(0, bool(better)),
        )
    ]
    rank, error, width = (ours[c].mean() for c in ("rank", "error", "width"))
    noise = ours[["rank", "error", "width"]].sem()
    calm = ours[ours["family"] != HARD]
    cover = 100 * ours["coverage"].mean()
    lowest = 100 * calm.groupby("family")["coverage"].mean().min()
    cpu = runs.groupby("adapter")["cpu_seconds"].mean()
    ratio, memory = cpu["peer"] / cpu["ols"], ours["peak_mb"].max()
    rhat = 100 * (ours["rhat"] <= RHAT).mean()
    enough, share = 100 * (ours["ess"] >= ESS).mean(), plan_share(ours)
    lost, hard = calm["alloc_gain_pct"], ours[ours["family"] == HARD]
    lines += [
        (
            f"rank >= {RANK}",
            mean_error(ours["rank"], 2),
            verdict(rank, rank >= RANK, RANK, noise["rank"]),
        ),
        (
            f"error <= {ERROR} %",
            f"{mean_error(ours['error'], 0)}; without `{HARD}` {calm['error'].mean():.0f}",
            verdict(error, error <= ERROR, ERROR, noise["error"]),
        ),
        (
            f"coverage {COVERAGE[0]}-{COVERAGE[1]} % pooled, "
            f">= {COVERAGE_OF_A_FAMILY} % in each family but `{HARD}`",
            f"{mean_error(100 * ours['coverage'], 0)}; lowest of them {lowest:.0f}",
            verdict(cover, COVERAGE[0] <= cover <= COVERAGE[1] and lowest >= COVERAGE_OF_A_FAMILY),
        ),
        (
            f"width <= {WIDTH} %",
            mean_error(ours["width"], 0),
            verdict(width, width <= WIDTH, WIDTH, noise["width"]),
        ),
        (
            f"CPU <= {CPU_RATIO} x `ols` in the same run, imports and plan included",
            f"{ratio:.1f} x ({cpu['peer']:.1f} s against {cpu['ols']:.1f} s)",
            verdict(ratio, ratio <= CPU_RATIO),
        ),
        (
            f"<= {MEGABYTES} MB",
            f"{memory:.0f} MB at most, {ours['peak_mb'].mean():.0f} on average",
            verdict(memory, memory <= MEGABYTES),
        ),
        (
            f"R-hat <= {RHAT} in >= {RHAT_SHARE} % of the fits, ESS >= {ESS} on every ROI",
            f"R-hat {rhat:.0f} %, ESS {enough:.0f} % (smallest {ours['ess'].min():.0f})",
            verdict(rhat, rhat >= RHAT_SHARE and enough == 100),
        ),
        (
            f"plans: share of the possible gain >= {PLAN_SHARE} %",
            f"{share:.0f} %",
            verdict(share, share >= PLAN_SHARE),
        ),
        (
            f"plans: no true loss above {LOSS} % outside `{HARD}`, flagged there",
            f"{(lost < -LOSS).sum()} of {len(lost)} (worst {lost.min():.2f}); flagged in "
            f"`{HARD}` {int(hard['flagged'].sum())} of {len(hard)}, elsewhere "
            f"{int(calm['flagged'].sum())} of {len(calm)}",
            verdict(0, not (lost < -LOSS).any() and bool(hard["flagged"].all())),
        ),
    ]
    return [dict(zip(("bar", "measured", "met"), line, strict=True)) for line in lines]


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells: scores, plans and bars.

    Parameters
    ----------
    rows : list of dict
        Rows of :func:`scored`.
    """
    every = pd.DataFrame(rows)
    runs = every[every["status"] == "ok"]
    runs = runs.assign(flagged=runs["flagged"].eq(True))
    return {
        "scores": score_table(runs),
        "plans": plan_table(runs[runs["adapter"] == "peer"]),
        "bars": bar_table(runs),
        "sets": str(runs.groupby(["family", "seed"]).ngroups),
        "failed": f"{len(every) - len(runs)} of {len(every)} runs failed",
    }


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
