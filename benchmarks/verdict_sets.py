"""The data sets of ``verdicts.py``: their tasks, their truth, and rows that hold both."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from bars_tables import FAMILIES
from recipes import BATTERY, UNDECLARED
from scoring import seeds_of
from worlds import World, make_any_world

from mmm.arrays import Array

BENCH = ("linear4", *FAMILIES)
#: Recipes that the battery has not.
RECIPES_TOO = ("demand", "collinear")
WORLDS = (*UNDECLARED, *BATTERY, *RECIPES_TOO)
#: Seeds nobody has run before the report; develop on 0-9.
SEEDS = dict.fromkeys(BENCH, "50-69") | dict.fromkeys(WORLDS, "20-22")
SEEDS |= dict.fromkeys(("clean", "trend break", "late launch", *RECIPES_TOO), "20-39")
SEEDS |= {"holiday block": "20-59"}
#: Short chains for the worlds, as in ``battery.py``.
SHORT = {"draws": 300, "chains": 2, "keep": 400, "insist": False}
#: Share of a channel's spend by which the bench's true mROI turns it up and down, and weeks after
#: the window in which its sales count.
STEP, TAIL = 1e-3, 26


class Task(NamedTuple):
    """A data set as it is handed to a package, and what only the benchmark knows of it.

    ``truth`` holds ROI and mROI by channel; ``play`` maps a plan's multipliers to its true and
    the possible gain in % of revenue.
    """

    table: pd.DataFrame
    meta: dict[str, Any]
    truth: dict[str, dict[str, float]]
    launched: str = ""
    oracle: Any = None


def cells_of(sets: str, seeds: str) -> list[tuple[str, int]]:
    """Return the data sets to run, each a name and a seed.

    Parameters
    ----------
    sets : str
        Families of the bench and worlds, separated by commas; all if empty.
    seeds : str
        Their seeds; those of the report if empty.
    """
    names = sets.split(",") if sets else list(SEEDS)
    return [(name, seed) for name in names for seed in seeds_of(seeds or SEEDS[name])]


def task_of(name: str, seed: int, bench: ModuleType | None, *, grade: bool) -> Task:
    """Make one data set.

    Parameters
    ----------
    name : str
        Family of the bench, or world.
    seed : int
        Its seed.
    bench : module or None
        The bench's runner; only families need it.
    grade : bool
        Ask for grades where the data set is a world of the battery: nothing is asked of others'.
    """
    if name not in BENCH:
        asked = grade and name in BATTERY
        return world_task(make_any_world(name, seed), seed, grade=asked)
    if bench is None:
        raise ValueError(f"{name} is a family of the peer bench: name its folder")
    return bench_task(bench, bench.make(name, seed), seed)


def world_task(world: World, seed: int, *, grade: bool) -> Task:
    """Return the task of a world.

    Parameters
    ----------
    world : World
        The world.
    seed : int
        Its seed, also of the sampler.
    grade : bool
        Ask for grades.
    """
    meta = {
        "date": "date",
        "target": "revenue",
        "controls": ["promo"],
        "n_train": len(world.table) - world.ahead,
        "seed": 1,
        "channels": [{"name": name, "spend_col": f"{name}_spend"} for name in world.channels],
        "study": {"pre_history": world.pre_history, "window_weeks": 0},
        "fit": SHORT | {"seed": seed},
        "in_window": False,
        "plan": False,
        "ahead": world.ahead,
        "grade": grade,
    }
    pairs = zip(world.channels, world.lasting_roi, world.mroi, strict=True)
    truth = {name: {"roi": float(roi), "mroi": float(mroi)} for name, roi, mroi in pairs}
    return Task(world.table, meta, truth, world.launched)


def bench_task(bench: ModuleType, scenario: Any, seed: int) -> Task:
    """Return the task of a data set of the peer bench.

    Parameters
    ----------
    bench : module
        The bench's runner.
    scenario : Scenario
        The data set.
    seed : int
        Its seed, also of the sampler.
    """
    n = len(scenario.df) - bench.HOLDOUT
    columns = zip(scenario.names, scenario.spend_cols, strict=True)
    meta = {
        "date": "date",
        "target": "revenue",
        "controls": scenario.controls,
        "n_train": n,
        "bounds": bench.BOUNDS,
        "seed": seed,
        "channels": [{"name": name, "spend_col": column} for name, column in columns],
        "fit": {"seed": seed},
        "in_window": True,
        "plan": True,
        "ahead": 0,
        "grade": False,
        "settings": {},
    }
    table = scenario.df.copy()
    table.loc[n:, "revenue"] = np.nan
    pairs = zip(scenario.names, scenario.roi(slice(0, n)), bench_mroi(scenario, n), strict=True)
    truth = {name: {"roi": float(roi), "mroi": float(mroi)} for name, roi, mroi in pairs}
    return Task(table, meta, truth, oracle=bench.oracle(scenario, n))


def bench_mroi(scenario: Any, n_weeks: int) -> Array:
    """Return what a little more spend in the training weeks would earn, also after them.

    Other spend repeats the last year after these weeks, as the package assumes.

    Parameters
    ----------
    scenario : Scenario
        A data set of the bench.
    n_weeks : int
        Training weeks.
    """
    after = n_weeks - 52 + np.arange(TAIL) % 52
    spend = scenario.spend[np.concatenate([np.arange(n_weeks), after])]

    def media(channel: int, factor: float) -> float:
        plan = spend.copy()
        plan[:n_weeks, channel] *= factor
        curves = [c.curve(plan[:, i]) for i, c in enumerate(scenario.channels)]
        total = sum(c.beta * v.sum() for c, v in zip(scenario.channels, curves, strict=True))
        if scenario.synergy:
            one, two, size = scenario.synergy
            total += size * (curves[one] @ curves[two])
        return float(total)

    return np.array(
        [
            (media(c, 1 + STEP) - media(c, 1 - STEP)) / (2 * STEP * spend[:n_weeks, c].sum())
            for c in range(len(scenario.channels))
        ]
    )


def write_task(task: Task, folder: Path) -> None:
    """Write a task as packages and the bench's adapters read it.

    Parameters
    ----------
    task : Task
        The task.
    folder : Path
        A folder.
    """
    task.table.to_csv(folder / "data.csv", index=False)
    (folder / "meta.json").write_text(json.dumps(task.meta), "utf-8")


def row_of(
    name: str, seed: int, task: Task, said: dict[str, Any], bench: ModuleType | None
) -> dict[str, Any]:
    """Put a package's answer beside the truth.

    Parameters
    ----------
    name : str
        Family or world.
    seed : int
        Its seed.
    task : Task
        The data set.
    said : dict
        Result of :func:`answering.answer`.
    bench : module or None
        The bench's runner.
    """
    n = task.meta["n_train"]
    spend = {c["name"]: float(task.table[c["spend_col"]][:n].sum()) for c in task.meta["channels"]}
    grades = said.get("grades", {})
    channels = [
        {
            "channel": c,
            "spend_share": spend[c] / sum(spend.values()),
            "launched": c == task.launched,
        }
        | {m: [task.truth[c][m], *said["returns"][c][m]] for m in ("roi", "mroi")}
        | {"above_one": said["returns"][c]["above_one"]}
        | grades.get(c, {})
        for c in spend
    ]
    kept = ("fit", "cpu_seconds", "peak_mb", "all_cpu_seconds", "forecast", "model")
    row = {"set": name, "seed": seed, "channels": channels}
    row |= {key: said[key] for key in kept if key in said}
    if bench is not None and "plan" in said:
        row["plan"] = played(said["plan"], np.array(list(spend.values())), task.oracle, bench)
    return row


def played(plan: dict[str, Any], spend: Array, oracle: Any, bench: ModuleType) -> dict[str, Any]:
    """Play a plan in the true world.

    Parameters
    ----------
    plan : dict
        The plan.
    spend : ndarray, shape (n_channels,)
        Spend in the training weeks.
    oracle : tuple
        The bench's: what a plan truly brings, what the present one does, and the best.
    bench : module
        The bench's runner.
    """
    value, base, _, best = oracle
    multipliers = bench.project(np.array(plan["multipliers"]), spend / spend.sum(), *bench.BOUNDS)
    gain = 100 * (value(multipliers) - base) / base
    known = {name: plan[name] for name in ("p_gain", "flagged", "promised")}
    return {"gain": float(gain), "possible": float(100 * (best - base) / base), **known}
