"""Other libraries on the peer bench: ``python benchmarks/peers.py BENCH_FOLDER``.

A library whose environment the bench's README builds is run again; the bench's own rows stand for
the others, and are marked so. Data sets are other and fewer than those of ``bars.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pandas as pd
import stored
from bars import environments, read_bench, run_bench
from bars_tables import FAMILIES

#: Adapters of the bench, and what they are.
LIBRARIES = {
    "pymc_marketing": "PyMC-Marketing",
    "meridian": "Meridian, documented settings",
    "meridian:fourier": "Meridian, trend and Fourier controls",
    "robynpy": "robynpy, a tenth of its default search",
    "lightweight_mmm": "lightweight_mmm",
}
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
    wanted = [r for r in rows if r["adapter"] in LIBRARIES and r["family"] in FAMILIES]
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
    return {"libraries": lines}


@click.command()
@click.argument("bench", envvar="MMM_PEER_BENCH", type=click.Path(path_type=Path, exists=True))
@click.option("--seeds", default="0-2", show_default=True, help="Seeds of what is run again.")
@stored.store_option
def main(bench: Path, seeds: str, store: bool) -> None:
    """Run the libraries that are installed, read the rows of the others, and print a table."""
    installed = {environment.name for environment in environments(bench)}
    again = [name for name in LIBRARIES if name in installed]
    rows = [
        kept(row, rerun=False)
        for row in last_runs(read_bench(bench / "results.jsonl"))
        if row["adapter"] not in again
    ]
    if again:
        results = run_bench(bench, again, FAMILIES, seeds)
        rows += [kept(row, rerun=True) for row in last_runs(read_bench(results))]
    print(pd.DataFrame(tables(rows)["libraries"]).to_string(index=False))
    if store:
        source = "the benchmark's own rows, from a machine of its authors; not rerun"
        own = None if again else {"origin": stored.HANDED_OVER, "source": source}
        stored.store("peers", rows, own)


if __name__ == "__main__":
    main()
