"""Are the plans good, and fast? ``python benchmarks/plans.py [BENCH_FOLDER] [--help]``.

Without the peer bench only the speed is measured. With it, every data set is fitted once by
``peer_adapter.py`` (the models stay in the cache folder), and each objective's plan is played in
the true world of the bench.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import numpy as np
import pandas as pd
from scoring import seeds_of
from threadpoolctl import threadpool_limits

from mmm.data import WeeklyData
from mmm.models.base import AdditiveModel, ChannelResponse
from mmm.models.bayes import thin
from mmm.optimization import OBJECTIVES, OptimalPlan, cautions, frontier, optimize, p_gain
from mmm.plans import Plan, current_plan

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
studies = importlib.import_module("studies")

FAMILIES = ("mini4", "case6", "scratch5", "hard", "delayed")
#: A true loss of more than this share of the revenue is a bad plan.
BAD = 0.003


def speed_plan() -> Plan:
    """Return a plan of 6 channels, one pair with synergy, 1,000 draws and 104 weeks."""
    names = tuple(f"channel{n}" for n in range(6))
    study = studies.make_study(names, synergy=[{"channels": ["channel0", "channel4"]}])
    weekly = importlib.import_module("mmm.data").weekly_data(
        studies.make_frame(104, names, seed=3), study
    )
    rng = np.random.default_rng(3)
    model = studies.drawn_model(weekly, study, rng, 1000)
    center = model.take(np.zeros(1000, dtype=int))  # a posterior: one truth, a tenth of spread
    responses = tuple(_blurred(response, rng) for response in center.responses)
    model = AdditiveModel(**{**vars(center), "responses": responses})
    return current_plan(model, weekly)


def _blurred(response: ChannelResponse, rng: np.random.Generator) -> ChannelResponse:
    factor = np.exp(0.1 * rng.standard_normal(len(response.beta)))
    return ChannelResponse(**{**vars(response), "beta": response.beta * factor})


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


def speed_table() -> pd.DataFrame:
    """Time one optimization per objective, and a frontier of 20 points."""
    plan, bounds, rows = speed_plan(), [(0.5, 1.5)] * 6, []
    for name in OBJECTIVES:

        def run(objective: str = name) -> Any:
            return optimize(plan, bounds, rng=np.random.default_rng(1), objective=objective)

        best, seconds = timed(run)
        proof = f"KKT {best.kkt_residual:.0e}, {best.starts_agreeing} of {best.starts} starts"
        rows.append((f"one optimization, {name}", seconds, proof))
    table, seconds = timed(lambda: frontier(plan, bounds, points=20))
    rows.append((f"frontier of {len(table)} points", seconds, ""))
    return pd.DataFrame(rows, columns=["what", "cpu_seconds", "proof"])


def load_bench(folder: Path) -> ModuleType:
    """Import the runner of the peer bench.

    Parameters
    ----------
    folder : Path
        The bench's folder.
    """
    sys.path[:0] = [str(folder), str(folder / "adapters")]
    return importlib.import_module("run")


def fit(bench: ModuleType, family: str, seed: int, cache: Path) -> AdditiveModel:
    """Return the adapter's model of one data set, fitted only once.

    Parameters
    ----------
    bench : module
        The bench's runner.
    family : str
        Family of the data set.
    seed : int
        Its seed.
    cache : Path
        Folder of the models.
    """
    folder = cache / f"{family}_{seed}"
    path = folder / "model.json"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        world = bench.make(family, seed)
        n_train = len(world.df) - bench.HOLDOUT
        data = world.df.copy()
        data.loc[n_train:, "revenue"] = np.nan
        data.to_csv(folder / "data.csv", index=False)
        columns = zip(world.names, world.spend_cols, strict=True)
        meta = {
            "date": "date",
            "target": "revenue",
            "controls": world.controls,
            "n_train": n_train,
            "bounds": bench.BOUNDS,
            "seed": seed,
            "channels": [{"name": name, "spend_col": column} for name, column in columns],
        }
        (folder / "meta.json").write_text(json.dumps(meta))
        adapter = Path(__file__).with_name("peer_adapter.py")
        files = [str(folder), str(folder / "out.json"), str(path)]
        subprocess.run([sys.executable, str(adapter), *files], check=True)
    return AdditiveModel.from_json(json.loads(path.read_text()))


def play(
    bench: ModuleType, family: str, seed: int, cache: Path, draws: int
) -> list[dict[str, Any]]:
    """Play each objective's plan of one data set in its true world.

    Parameters
    ----------
    bench : module
        The bench's runner.
    family : str
        Family of the data set.
    seed : int
        Its seed.
    cache : Path
        Folder of the models.
    draws : int
        Draws that the optimizer sees, as in the adapter.
    """
    world = bench.make(family, seed)
    n_train = len(world.df) - bench.HOLDOUT
    true_revenue, base, _, possible = bench.oracle(world, n_train)
    spend = world.df[world.spend_cols].iloc[:n_train].set_axis(world.names, axis=1)
    weekly = WeeklyData(
        weeks=pd.DatetimeIndex(world.df["date"][:n_train]),
        kpi=world.df["revenue"].to_numpy()[:n_train],
        value=np.ones(n_train),
        spend=spend,
        media=spend,
        controls=world.df[world.controls].iloc[:n_train],
    )
    plan = current_plan(thin(fit(bench, family, seed, cache), draws), weekly)
    bounds, rows = [bench.BOUNDS] * len(world.names), []
    for objective in OBJECTIVES:
        rng = np.random.default_rng(seed)
        found = optimize(plan, bounds, rng=rng, objective=objective, starts=4)
        shares = plan.total_spend / plan.total_spend.sum()
        played = bench.project(found.best.multipliers, shares, *bench.BOUNDS)
        known = {"family": family, "seed": seed, "objective": objective}
        gain = (true_revenue(played) - base) / base
        true = {"gain": gain, "possible": (possible - base) / base}
        rows.append({**known, **true, **_said(plan, found, base)})
    return rows


def _said(plan: Plan, found: OptimalPlan, base: float) -> dict[str, Any]:
    """Return what the optimizer says of its plan, money as a share of the base."""
    return {
        "promised": float(found.best.gain.mean()) / base,
        "p_gain": p_gain(found.best),
        "flagged": any(f.status != "PASS" for f in cautions(plan, found)),
        "kkt": found.kkt_residual,
        "agreeing": found.starts_agreeing,
    }


def quality_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return gains, losses and flags by objective and family, and pooled.

    Parameters
    ----------
    rows : DataFrame
        Rows of :func:`play`.
    """
    lines = []
    for objective, plans in rows.groupby("objective", sort=False):
        groups = [*plans.groupby("family", sort=False), ("pooled", plans)]
        for family, group in groups:
            bad = group["gain"] < -BAD
            lines.append(
                {
                    "objective": objective,
                    "family": family,
                    "gain %": 100 * group["gain"].mean(),
                    "possible %": 100 * group["possible"].mean(),
                    "share %": 100 * group["gain"].sum() / group["possible"].sum(),
                    "promised %": 100 * group["promised"].mean(),
                    "lose": int((group["gain"] < 0).sum()),
                    "lose > 0.3 %": int(bad.sum()),
                    "of them flagged": int((bad & group["flagged"]).sum()),
                    "worst %": 100 * group["gain"].min(),
                    "flagged": int(group["flagged"].sum()),
                    "plans": len(group),
                }
            )
    return pd.DataFrame(lines)


@click.command()
@click.argument("bench", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--seeds", default="10-29", help="Seeds to report on; develop on 0-9.")
@click.option("--families", default=",".join(FAMILIES), help="Families, separated by commas.")
@click.option("--draws", default=400, help="Draws the optimizer sees, as in the adapter.")
@click.option("--cache", default=Path("plans_cache"), type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Write one JSON line a plan.")
def main(
    bench: Path | None, seeds: str, families: str, draws: int, cache: Path, out: Path | None
) -> None:
    """Measure the speed of the optimizer and, with the peer bench, the quality of its plans."""
    pd.set_option("display.width", 200)
    with threadpool_limits(1):
        print(speed_table().round(2).to_string(index=False))
        if bench is None:
            return
        runner = load_bench(bench.resolve())
        cells = [(family, seed) for family in families.split(",") for seed in seeds_of(seeds)]
        rows = pd.DataFrame([row for cell in cells for row in play(runner, *cell, cache, draws)])
    if out:
        rows.to_json(out, orient="records", lines=True)
    print(quality_table(rows).round(2).to_string(index=False))
    print(f"\nlargest KKT residual {rows['kkt'].max():.1e}; ", end="")
    print(f"fewest agreeing starts {rows['agreeing'].min()}")


if __name__ == "__main__":
    main()
