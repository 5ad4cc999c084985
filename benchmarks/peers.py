"""Other libraries on the peer bench: ``python benchmarks/peers.py BENCH_FOLDER``.

A library whose environment the bench's README builds is run again; the bench's own rows stand for
the others, and are marked so. Data sets are fewer than those of ``bars.py``, and this package was
developed on their seeds: it is run on them and compared with each library on the same ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pandas as pd
import stored
from bars import environments, read_bench, run_bench
from bars_tables import FAMILIES
from scoring import mean_error

#: Adapters of the bench, and what they are.
LIBRARIES = {
    "pymc_marketing": "PyMC-Marketing",
    "meridian": "Meridian, documented settings",
    "meridian:fourier": "Meridian, trend and Fourier controls",
    "robynpy": "robynpy, a tenth of its default search",
    "lightweight_mmm": "lightweight_mmm",
}
#: This package's adapter.
OURS = "peer"
#: What is compared on the same data sets: name, digits.
COMPARED = {"error %": 1, "covered %": 0, "width %": 0, "plan's gain, % of revenue": 2}
KEPT = ("adapter", "family", "seed", "status", "version", "roi_mape_median", "roi_rank")
KEPT += ("covered", "intervals", "interval_width", "alloc_gain_pct", "best_gain_pct")
KEPT += ("cpu_seconds", "peak_mb")


def last_runs(rows: stored.Rows) -> stored.Rows:
    """Return the last run of each library and data set.

    Parameters
    ----------
    rows : list of dict
        The bench's results.
    """
    known = {OURS, *LIBRARIES}
    wanted = [r for r in rows if r["adapter"] in known and r["family"] in FAMILIES]
    return list({(r["adapter"], r["family"], r["seed"]): r for r in wanted}.values())


def kept(row: dict[str, Any], *, rerun: bool) -> dict[str, Any]:
    """Return what is stored of a run.

    Parameters
    ----------
    row : dict
        A line of the bench's results.
    rerun : bool
        Whether it was run here.
    """
    return {name: row.get(name) for name in KEPT} | {"rerun": rerun}


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells: one line a library.

    Parameters
    ----------
    rows : list of dict
        Rows of :func:`kept`.
    """
    every, lines = pd.DataFrame(rows), []
    for adapter, name in LIBRARIES.items():
        own = every[every["adapter"] == adapter]
        runs = own[own["status"] == "ok"]
        if runs.empty:
            continue
        planned = runs.dropna(subset=["alloc_gain_pct"])
        gain, possible = planned["alloc_gain_pct"], planned["best_gain_pct"].sum()
        intervals = runs["intervals"].sum()
        lines.append(
            {
                "library": name,
                "version": " ".join(sorted(set(runs["version"].dropna()))),
                "data sets": len(runs),
                "failed": len(own) - len(runs),
                "error %": f"{runs['roi_mape_median'].mean():.0f}",
                "rank": f"{runs['roi_rank'].mean():.2f}",
                "coverage %": f"{100 * runs['covered'].sum() / intervals:.0f}"
                if intervals
                else "no intervals",
                "width %": f"{runs['interval_width'].mean():.0f}" if intervals else "",
                "plans' gain, % of possible": f"{100 * gain.sum() / possible:.0f}",
                "plans that lose": f"{(gain < 0).sum()} of {len(gain)}",
                "CPU s": f"{runs['cpu_seconds'].mean():.0f}",
                "MB": f"{runs['peak_mb'].mean():.0f}",
                "rows": "rerun" if own["rerun"].all() else "stored",
            }
        )
    return {"libraries": lines, "paired": paired(every)}


def paired(every: pd.DataFrame) -> stored.Rows:
    """Return this package less each library on the data sets that both have answered.

    Parameters
    ----------
    every : DataFrame
        Rows of :func:`kept`.

    Returns
    -------
    list of dict
        One line a library, differences with their standard errors over data sets; empty where
        this package has not been run.
    """
    answered = every[every["status"] == "ok"].set_index(["family", "seed"])
    own, lines = compared(answered[answered["adapter"] == OURS]), []
    for adapter, name in LIBRARIES.items():
        other = compared(answered[answered["adapter"] == adapter])
        both = own.index.intersection(other.index)
        if both.empty:
            continue
        line = {"this package less": name, "same data sets": len(both)}
        for column, digits in COMPARED.items():
            line[column] = mean_error(own.loc[both, column] - other.loc[both, column], digits)
        lines.append(line)
    return lines


def compared(runs: pd.DataFrame) -> pd.DataFrame:
    """Return what is compared of each run.

    Parameters
    ----------
    runs : DataFrame
        Runs of one adapter by family and seed.
    """
    intervals = runs["intervals"].where(runs["intervals"] > 0)
    columns = (
        runs["roi_mape_median"],
        100 * runs["covered"] / intervals,
        runs["interval_width"],
        runs["alloc_gain_pct"],
    )
    return pd.DataFrame(dict(zip(COMPARED, columns, strict=True)), dtype=float)


@click.command()
@click.argument("bench", envvar="MMM_PEER_BENCH", type=click.Path(path_type=Path, exists=True))
@click.option("--seeds", default="0-2", show_default=True, help="Seeds of what is run.")
@stored.store_option
def main(bench: Path, seeds: str, store: bool) -> None:
    """Run this package and installed libraries, read the rows of the others, and compare."""
    installed = {environment.name for environment in environments(bench)}
    again = [name for name in LIBRARIES if name in installed]
    rows = [
        kept(row, rerun=False)
        for row in last_runs(read_bench(bench / "results.jsonl"))
        if row["adapter"] not in (OURS, *again)
    ]
    results = run_bench(bench, [OURS, *again], FAMILIES, seeds)
    rows += [kept(row, rerun=True) for row in last_runs(read_bench(results))]
    told = tables(rows)
    for name in ("libraries", "paired"):
        print(pd.DataFrame(told[name]).to_string(index=False), end="\n\n")
    if store:
        stored.store("peers", rows)


if __name__ == "__main__":
    main()
