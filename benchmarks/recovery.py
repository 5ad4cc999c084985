"""How well does the package recover known ROIs? ``python benchmarks/recovery.py --help``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import stored
from recipes import RECIPES
from scoring import PRIOR_ONLY, QUANTILES, mean_error, score, seeds_of, summarize
from threadpoolctl import threadpool_limits
from worlds import World, make_world

from mmm.data.clean import clean
from mmm.data.weekly import WeeklyData, weekly_data
from mmm.decide.returns import contributions
from mmm.model.bayes.fit import fit_bayes
from mmm.parallel import run_each
from mmm.study.priors import Priors
from mmm.study.study import Study

COLUMNS = ["log_error", "interval_score", "error", "rank", "coverage", "width", "bias"]
COLUMNS += ["ess", "rhat", "cpu_seconds", "divergences"]
#: Coverage of 90 % intervals below which RESULTS.md names a world as one where the model fails.
LOW_COVERAGE = 0.8


def study_of(world: World, settings: dict[str, Any]) -> Study:
    """Describe a world as a user would.

    Parameters
    ----------
    world : World
        The world.
    settings : dict
        ``study`` and ``channel`` entries override the defaults.
    """
    channels = {
        c: {"label": c, "spend": f"{c}_spend"} | settings.get("channel", {})
        for c in world.channels
    }
    content = {
        "schema": 1,
        "name": "world",
        "folder": Path(),
        "title": "World",
        "question": "ROI?",
        "seed": 1,
        "pre_history": world.pre_history,
        "data": {"file": "world.csv", "date": "date", "kpi": "revenue"},
        "channels": channels,
        "controls": {"columns": ("promo",)},
    }
    return Study.model_validate(content | settings.get("study", {}))


def prepare(world: World, settings: dict[str, Any]) -> tuple[WeeklyData, Study]:
    """Return the clean weeks and the study of a world.

    Parameters
    ----------
    world : World
        The world.
    settings : dict
        As for :func:`study_of`.
    """
    study = study_of(world, settings)
    return weekly_data(clean(world.table, study), study), study


def recover(name: str, seed: int, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Fit one world and score it, beside a prior that learns nothing.

    Parameters
    ----------
    name : str
        World.
    seed : int
        Seed of the world.
    settings : dict
        Overrides of study, channels and priors.
    """
    world = make_world(name, seed)
    weekly, study = prepare(world, settings)
    start = time.process_time()
    with threadpool_limits(1):
        fit = fit_bayes(weekly, study, seed=seed, priors=Priors(**settings.get("priors", {})))
    cpu = time.process_time() - start
    spend = weekly.spend.sum().to_numpy()
    draws = contributions(fit.model, weekly).channels.sum(axis=1) / spend
    quantiles = np.quantile(draws, QUANTILES, axis=0)
    null = np.array(world.roi) == 0
    info = {
        "ess": float(fit.diagnostics["ess"].min()),
        "rhat": float(fit.diagnostics["rhat"].max()),
        "divergences": fit.divergences,
        "cpu_seconds": cpu,
        "null_median": float(quantiles[1][null].mean()) if null.any() else np.nan,
    }
    prior = np.tile(np.array(PRIOR_ONLY)[:, np.newaxis], len(spend))
    row = {"world": name, "seed": seed}
    return [
        row | {"model": "bayes"} | score(world.roi, *quantiles, spend) | info,
        row | {"model": "prior_only"} | score(world.roi, *prior, spend),
    ]


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells: scores by world, and where intervals fail.

    Parameters
    ----------
    rows : list of dict
        Rows of :func:`recover`.
    """
    table = pd.DataFrame(rows)
    ours, prior = (table[table["model"] == model] for model in ("bayes", "prior_only"))
    worlds = [*ours.groupby("world", sort=False), ("**pooled**", ours)]
    lines = []
    for world, own in worlds:
        other = prior if world == "**pooled**" else prior[prior["world"] == world]
        lines.append(
            {
                "world": world,
                "sets": len(own),
                "log error": mean_error(own["log_error"], 2),
                "prior_only": mean_error(other["log_error"], 2),
                "interval score": mean_error(own["interval_score"], 2),
                "its prior_only": mean_error(other["interval_score"], 2),
                "rank": mean_error(own["rank"], 2),
                "coverage %": mean_error(100 * own["coverage"], 0),
                "width %": mean_error(own["width"], 0),
                "bias": mean_error(own["bias"], 2),
            }
        )
    coverage = ours.groupby("world", sort=False)["coverage"].mean()
    nulls = ours.loc[ours["world"] == "null", "null_median"].dropna()
    return {
        "scores": lines,
        "low_coverage": coverage[coverage < LOW_COVERAGE].index.tolist(),
        "limit": f"{100 * LOW_COVERAGE:.0f}",
        "null": f"{nulls.min():.2f} to {nulls.max():.2f}" if len(nulls) else "",
        "rhat": f"{100 * (ours['rhat'] <= 1.01).mean():.0f}",
    }


@click.command()
@click.option("--worlds", default=",".join(RECIPES), help="Worlds, separated by commas.")
@click.option("--seeds", default="0-9", help="Seeds, e.g. 0-9; report on 10-29.")
@click.option("--jobs", default=1, help="Processes.")
@click.option("--settings", default="{}", help='JSON: {"priors": {}, "channel": {}, "study": {}}.')
@click.option("--out", type=click.Path(path_type=Path), help="Write one JSON line a data set.")
@stored.store_option
def main(worlds: str, seeds: str, jobs: int, settings: str, out: Path | None, store: bool) -> None:
    """Recover the ROIs of simulated worlds and print the scores."""
    cells = [(name, seed) for name in worlds.split(",") for seed in seeds_of(seeds)]
    chosen = json.loads(settings)
    found = run_each(lambda cell: recover(*cell, chosen), cells, jobs=jobs)
    rows = pd.DataFrame([row for pair in found for row in pair])
    if out:
        rows.to_json(out, orient="records", lines=True)
    if store:
        stored.store("recovery", rows.to_dict("records"))
    for model, group in rows.groupby("model"):
        print(f"\n{model}, {len(group)} data sets\n")
        print(summarize(group, "world", COLUMNS).round(3).to_string())


if __name__ == "__main__":
    main()
