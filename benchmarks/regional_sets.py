"""The data sets of ``regions.py``: tasks of the regional peer bench, and rows with its truth."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from bars_tables import FAMILIES
from plans import load_bench
from scoring import seeds_of
from verdict_sets import played

CHASE, PULSES = "chase", "pulses"
#: Families of the regional bench.
WORLDS = (*FAMILIES, CHASE, PULSES)
#: Other libraries' answers that the bench stores: its adapter, and what it is.
MERIDIAN = "meridian_geo"
STORED_FILE = "geo_meridian.jsonl"


#: Families whose grades are told; of the others the checks of the regions are.
GRADED = ("scratch5", "delayed", "chase")


class Bench(NamedTuple):
    """Modules of the peer bench: its runner, and its regional worlds."""

    run: ModuleType
    geo: ModuleType


class Cell(NamedTuple):
    """One data set."""

    family: str
    seed: int
    regions: int


def load_regional_bench(folder: Path) -> Bench:
    """Import the peer bench.

    Parameters
    ----------
    folder : Path
        Its folder.
    """
    run = load_bench(folder.resolve())
    return Bench(run, importlib.import_module("geo"))


def cells_of(families: str, seeds: str, regions: int) -> list[Cell]:
    """Return the data sets to run.

    Parameters
    ----------
    families : str
        Families, separated by commas; all if empty.
    seeds : str
        Seeds, such as ``0-9``.
    regions : int
        Number of regions.
    """
    names = families.split(",") if families else WORLDS
    return [Cell(name, seed, regions) for seed in seeds_of(seeds) for name in names]


def write_task(world: Any, cell: Cell, bench: Bench, folder: Path, *, grade: bool) -> int:
    """Write a task as the bench writes it, and return its number of training weeks.

    Parameters
    ----------
    world : GeoScenario
        The data set.
    cell : Cell
        Its family, seed and number of regions.
    bench : Bench
        The bench.
    folder : Path
        A folder.
    grade : bool
        Ask for grades and checks.
    """
    n_train = int(bench.geo.write_task(world, folder, cell.seed, {}))
    path = folder / "meta.json"
    meta = json.loads(path.read_text("utf-8"))
    asked = "grades" if cell.family in GRADED else "checks"
    meta |= {"grade": asked if grade else "", "fit": {"seed": cell.seed}}
    path.write_text(json.dumps(meta), "utf-8")
    return n_train


def row_of(
    cell: Cell, model: str, said: dict[str, Any], world: Any, oracle: Any, bench: Bench
) -> dict[str, Any]:
    """Put an answer beside the truth.

    Parameters
    ----------
    cell : Cell
        The data set.
    model : str
        Who answered.
    said : dict
        Result of :func:`regional_answer.answer`.
    world : GeoScenario
        The data set's truth.
    oracle : tuple
        The bench's: what a plan truly brings, what the present one does, and the best.
    bench : Bench
        The bench.
    """
    n = len(world.df) - bench.run.HOLDOUT
    truth, spend = world.roi(slice(0, n)), np.asarray(world.spend[:n].sum(axis=0))
    grades = said.get("grades", {})
    channels = [
        {
            "channel": name,
            "spend_share": float(spend[c] / spend.sum()),
            "truth": float(truth[c]),
            "roi": [said["roi"][name][key] for key in ("lo", "median", "hi")],
            "mean": said["roi"][name]["mean"],
        }
        | grades.get(name, {})
        for c, name in enumerate(world.names)
    ]
    kept = ("fit", "cpu_seconds", "peak_mb", "trust_cpu_seconds")
    row = {**name_of(cell), "model": model}
    row |= {name: said[name] for name in kept if name in said} | {"channels": channels}
    if "checks" in said:
        row["checks"] = said["checks"]
    return row | {"plan": played(said["plan"], spend, oracle, bench.run)}


def stored_rows(folder: Path, bench: Bench) -> list[dict[str, Any]]:
    """Return the answers of Meridian's geo model that the bench stores, as :func:`row_of` writes.

    Parameters
    ----------
    folder : Path
        The bench's folder.
    bench : Bench
        The bench.
    """
    lines = (folder / STORED_FILE).read_text("utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [
        stored_row(run, bench)
        for run in found
        if run["adapter"] == MERIDIAN and run["status"] == "ok"
    ]


def stored_row(run: dict[str, Any], bench: Bench) -> dict[str, Any]:
    """Return one stored answer.

    Parameters
    ----------
    run : dict
        A line of the bench's results.
    bench : Bench
        The bench.
    """
    cell = Cell(run["family"], run["seed"], run["regions"])
    world = bench.geo.geo(cell.family, cell.seed, regions=cell.regions)
    spend = np.asarray(world.spend[: len(world.df) - bench.run.HOLDOUT].sum(axis=0))
    channels = [
        {
            "channel": name,
            "spend_share": float(share),
            "truth": run["roi_table"][name][0],
            "roi": [run["roi_table"][name][1][key] for key in ("lo", "median", "hi")],
            "mean": run["roi_table"][name][1]["mean"],
        }
        for name, share in zip(world.names, spend / spend.sum(), strict=True)
    ]
    row = {**name_of(cell), "model": MERIDIAN, "beside": True}
    row |= {"channels": channels, "version": run["version"]}
    row |= {name: run[name] for name in ("cpu_seconds", "peak_mb")}
    return row | {"plan": {"gain": run["alloc_gain_pct"], "possible": run["best_gain_pct"]}}


def name_of(cell: Cell) -> dict[str, Any]:
    """Return what names a data set in a row.

    Parameters
    ----------
    cell : Cell
        The data set.
    """
    return {"set": cell.family, "seed": cell.seed, "regions": cell.regions}
