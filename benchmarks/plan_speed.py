"""How fast is the optimizer? ``python benchmarks/plan_speed.py [--help]``."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import stored
from threadpoolctl import threadpool_limits

from mmm.data.weekly import weekly_data
from mmm.decide.budgets import frontier
from mmm.decide.optimize import optimize
from mmm.decide.plan import Plan, current_plan
from mmm.decide.search import OBJECTIVES
from mmm.model.response import ChannelResponse

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
studies = importlib.import_module("studies")

N_CHANNELS, N_WEEKS, N_DRAWS, POINTS = 6, 104, 1000, 20
#: Bars of one optimization and of a frontier, CPU seconds.
OPTIMIZATION, FRONTIER = 2.0, 15.0


def speed_plan() -> Plan:
    """Return a plan of six channels, one pair with synergy, as a posterior would give it."""
    names = tuple(f"channel{n}" for n in range(N_CHANNELS))
    study = studies.make_study(names, synergy=[{"channels": ["channel0", "channel4"]}])
    weekly = weekly_data(studies.make_frame(N_WEEKS, names, seed=3), study)
    rng = np.random.default_rng(3)
    model = studies.drawn_model(weekly, study, rng, N_DRAWS)
    center = model.take(np.zeros(N_DRAWS, dtype=int))  # a posterior: one truth, a tenth of spread
    responses = tuple(_blurred(response, rng) for response in center.responses)
    return current_plan(replace(center, responses=responses), weekly)


def _blurred(response: ChannelResponse, rng: np.random.Generator) -> ChannelResponse:
    factor = np.exp(0.1 * rng.standard_normal(len(response.beta)))
    return replace(response, beta=response.beta * factor)


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """Return a result and the CPU seconds it took.

    Parameters
    ----------
    run : callable
        What to time.
    """
    start = time.process_time()
    result = run()
    return result, time.process_time() - start


def measure() -> stored.Rows:
    """Time one optimization per objective, and a frontier."""
    plan, bounds, rows = speed_plan(), [(0.5, 1.5)] * N_CHANNELS, []
    for name in OBJECTIVES:

        def run(objective: str = name) -> Any:
            return optimize(plan, bounds, rng=np.random.default_rng(1), objective=objective)

        best, seconds = timed(run)
        row = {"what": f"one optimization, {name}", "cpu_seconds": seconds, "bar": OPTIMIZATION}
        proof = {"kkt": best.kkt_residual, "agreeing": best.starts_agreeing, "of": best.starts}
        rows.append(row | proof)
    table, seconds = timed(lambda: frontier(plan, bounds, points=POINTS))
    what = f"frontier, {len(table)} points"
    return [*rows, {"what": what, "cpu_seconds": seconds, "bar": FRONTIER}]


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells: CPU seconds beside their bars.

    Parameters
    ----------
    rows : list of dict
        Rows of :func:`measure`.
    """
    lines = [
        {
            "what": row["what"],
            "CPU s": f"{row['cpu_seconds']:.1f}",
            "bar": f"{row['bar']:g}",
            "met": "yes" if row["cpu_seconds"] <= row["bar"] else "**no**",
            "KKT residual": f"{row['kkt']:.0e}" if row.get("kkt") is not None else "",
            "starts that agree": f"{row['agreeing']} of {row['of']}" if "of" in row else "",
        }
        for row in rows
    ]
    problem = f"{N_CHANNELS} channels, one pair with synergy, {N_DRAWS:,} draws, {N_WEEKS} weeks"
    return {"speed": lines, "problem": problem}


@click.command()
@stored.store_option
def main(store: bool) -> None:
    """Measure the speed of the optimizer."""
    with threadpool_limits(1):
        rows = measure()
    print(pd.DataFrame(tables(rows)["speed"]).to_string(index=False))
    if store:
        stored.store("plan_speed", rows)


if __name__ == "__main__":
    main()
