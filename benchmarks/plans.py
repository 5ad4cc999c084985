"""Are the plans good? ``python benchmarks/plans.py BENCH_FOLDER [--help]``.

Every data set of the peer bench is fitted once by ``peer_adapter.py`` (the models stay in the
cache folder), and each objective's plan is played in the true world. MMM_PEER_BENCH may name the
folder.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import numpy as np
import pandas as pd
import stored
from bars_tables import FAMILIES, LOSS
from scoring import seeds_of
from threadpoolctl import threadpool_limits

from mmm.data.weekly import WeeklyData
from mmm.decide.certificate import cautions
from mmm.decide.optimize import OptimalPlan, optimize
from mmm.decide.plan import Plan, current_plan
from mmm.decide.returns import chance_of_gain
from mmm.decide.search import OBJECTIVES
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.fit import thin


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


def evaluate_all(
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
        "p_gain": chance_of_gain(found.best.gain),
        "flagged": any(f.status != "PASS" for f in cautions(plan, found)),
        "kkt": found.kkt_residual,
        "agreeing": found.starts_agreeing,
    }


def quality_table(rows: pd.DataFrame) -> stored.Rows:
    """Return gains, losses and flags by objective and family, and pooled.

    Parameters
    ----------
    rows : DataFrame
        Rows of :func:`evaluate_all`.
    """
    lines = []
    for objective, plans in rows.groupby("objective", sort=False):
        for family, group in [*plans.groupby("family", sort=False), ("**pooled**", plans)]:
            gain, possible = 100 * group["gain"], 100 * group["possible"]
            bad = gain < -LOSS
            lines.append(
                {
                    "objective": objective,
                    "family": family,
                    "gain (possible) %": f"{gain.mean():.2f} ({possible.mean():.2f})",
                    "share %": f"{100 * gain.sum() / possible.sum():.0f}",
                    "promised %": f"{100 * group['promised'].mean():.2f}",
                    "lose": int((gain < 0).sum()),
                    f"lose > {LOSS} %": int(bad.sum()),
                    "of them flagged": int((bad & group["flagged"]).sum()),
                    "worst %": f"{gain.min():.2f}",
                    "flagged": f"{int(group['flagged'].sum())} of {len(group)}",
                }
            )
    return lines


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells: quality by objective, and the certificates' extremes.

    Parameters
    ----------
    rows : list of dict
        Rows of :func:`evaluate_all`.
    """
    table = pd.DataFrame(rows)
    optimism = 100 * (table["promised"] - table["gain"]).groupby(table["objective"]).mean()
    sets = table.groupby(["family", "seed"]).ngroups
    return {
        "quality": quality_table(table),
        "kkt": f"{table['kkt'].max():.0e}",
        "agreeing": str(table["agreeing"].min()),
        "optimism": ", ".join(f"{name} {points:.1f}" for name, points in optimism.items()),
        "sets": str(sets),
    }


@click.command()
@click.argument("bench", envvar="MMM_PEER_BENCH", type=click.Path(path_type=Path, exists=True))
@click.option("--seeds", default="10-29", help="Seeds to report on; develop on 0-9.")
@click.option("--families", default=",".join(FAMILIES), help="Families, separated by commas.")
@click.option("--draws", default=400, help="Draws the optimizer sees, as in the adapter.")
@click.option("--cache", type=click.Path(path_type=Path), help="Keep the models here.")
@stored.store_option
def main(
    bench: Path, seeds: str, families: str, draws: int, cache: Path | None, store: bool
) -> None:
    """Measure the quality of the plans in the true worlds of the peer bench."""
    runner = load_bench(bench.resolve())
    cells = [(family, seed) for seed in seeds_of(seeds) for family in families.split(",")]
    with threadpool_limits(1), tempfile.TemporaryDirectory() as folder:
        rows = [
            row
            for cell in cells
            for row in evaluate_all(runner, *cell, cache or Path(folder), draws)
        ]
    told = tables(rows)
    print(pd.DataFrame(told["quality"]).to_string(index=False))
    print(f"\nlargest KKT residual {told['kkt']}; fewest agreeing starts {told['agreeing']}")
    if store:
        stored.store("plans", rows)


if __name__ == "__main__":
    main()
