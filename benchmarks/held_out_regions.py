"""Are regions predicted that no fit has seen? ``python benchmarks/held_out_regions.py BENCH``.

Each data set of the regional bench is fitted without one of its regions; what each channel brings
there is predicted from its spend alone, the region's factor drawn from the learned spread.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np
import pandas as pd
import stored
from regional_answer import regional_study, weeks_of
from regional_sets import Cell, cells_of, load_regional_bench, name_of, write_task
from regions import HERE, code_of
from scoring import QUANTILES
from threadpoolctl import threadpool_limits

from mmm.arrays import Array
from mmm.data.regions import Regions
from mmm.data.weekly import WeeklyData
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.fit import fit_bayes
from mmm.model.split import RegionSplit

FAMILIES = "mini4,case6,scratch5,hard,delayed"


def without(weekly: WeeklyData, region: int) -> WeeklyData:
    """Return the weeks without one of their regions.

    Parameters
    ----------
    weekly : WeeklyData
        Weeks with regions.
    region : int
        Its position.
    """
    old = weekly.regions
    assert old is not None
    kept = np.arange(len(old)) != region
    parts = {n: getattr(old, n)[kept] for n in ("kpi", "spend", "media", "controls")}
    names = tuple(name for name, keep in zip(old.names, kept, strict=True) if keep)
    heads = old.heads[kept] / old.heads[kept].sum()
    rest = replace(old, names=names, heads=heads, **parts)
    spend = pd.DataFrame(rest.spend.sum(axis=0), columns=weekly.channels)
    controls = np.einsum("r,rtk->tk", heads, rest.controls)
    return replace(
        weekly,
        kpi=rest.kpi.sum(axis=0),
        spend=spend,
        media=spend,
        controls=pd.DataFrame(controls, columns=weekly.controls.columns),
        regions=rest,
    )


def predicted(model: AdditiveModel, regions: Regions, region: int, *, seed: int) -> Array:
    """Return what each channel brings in a region that the model has not seen.

    Parameters
    ----------
    model : AdditiveModel
        Model of the other regions.
    regions : Regions
        All regions.
    region : int
        Position of the unseen one.
    seed : int
        Seed of its factors.

    Returns
    -------
    ndarray, shape (n_draws, n_channels)
        KPI over all weeks.
    """
    known = [r.regions.effect for r in model.responses if r.regions is not None]
    spread = np.log(np.stack(known)).std(axis=(0, 2))  # of each draw, over channels and regions
    rng = np.random.default_rng([seed, 8])
    others = regions.heads.sum() - regions.heads[region]
    heads = np.array([regions.heads[region] / others])
    found = []
    for c, response in enumerate(model.responses):
        factor = np.exp(spread * rng.standard_normal(len(spread)))[:, np.newaxis]
        media = regions.media[[region], :, c]
        alone = replace(
            response, regions=RegionSplit.of((regions.names[region],), heads, media, factor)
        )
        found.append(response.beta * alone.curve(alone.adstock_media(media[0])).sum(axis=1))
    return np.stack(found, axis=1)


def true_effect(world: Any, region: int, n_weeks: int) -> Array:
    """Return what each channel truly brings in a region, shape (n_channels,).

    Parameters
    ----------
    world : GeoScenario
        The data set's truth.
    region : int
        Position of the region.
    n_weeks : int
        Training weeks.
    """
    full, found = world.expected(world.x)[region, :n_weeks].sum(), []
    for c in range(world.x.shape[2]):
        off = world.x.copy()
        off[:, :n_weeks, c] = 0.0
        found.append(full - world.expected(off)[region, :n_weeks].sum())
    return np.array(found)


def trial(cell: Cell, folder: Path) -> dict[str, Any]:
    """Predict one region of a data set from the others.

    Parameters
    ----------
    cell : Cell
        The data set; the region that is left out follows from its seed.
    folder : Path
        Folder of the peer bench.
    """
    bench = load_regional_bench(folder)
    world, region = bench.geo.geo(cell.family, cell.seed, regions=cell.regions), cell.seed
    region %= cell.regions
    with TemporaryDirectory() as place:
        n_weeks = write_task(world, cell, bench, Path(place), grade=False)
        meta = json.loads((Path(place) / "meta.json").read_text("utf-8"))
        table = pd.read_csv(Path(place) / "data.csv", parse_dates=[meta["date"]])
        study = regional_study(meta, Path(place))
        weekly = weeks_of(table, n_weeks, study)
    with threadpool_limits(1):
        fit = fit_bayes(without(weekly, region), study, seed=cell.seed)
    assert weekly.regions is not None
    draws = predicted(fit.model, weekly.regions, region, seed=cell.seed)
    low, middle, high = np.quantile(draws, QUANTILES, axis=0)
    truth = true_effect(world, region, n_weeks)
    return name_of(cell) | {
        "covered": float(((low <= truth) & (truth <= high)).mean()),
        "log_error": float(np.abs(np.log(middle / truth)).mean()),
        "width": float(np.log(high / low).mean()),
    }


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells.

    Parameters
    ----------
    rows : list of dict
        Stored rows.
    """
    frame = pd.DataFrame(rows)
    lines = []
    for name, group in [*frame.groupby("set", sort=False), ("**all**", frame)]:
        error = 100 * group["covered"].std() / np.sqrt(len(group))
        lines.append(
            {
                "family": name,
                "sets": len(group),
                "coverage %": f"{100 * group['covered'].mean():.0f} ± {error:.0f}",
                "log error": f"{group['log_error'].mean():.2f}",
                "log width": f"{group['width'].mean():.2f}",
            }
        )
    return {"held_out": lines}


@click.command()
@click.argument("folder", envvar="MMM_PEER_BENCH", type=click.Path(path_type=Path, exists=True))
@click.option("--families", default=FAMILIES)
@click.option("--seeds", default="70-79")
@click.option("--out", type=click.Path(path_type=Path), default=None)
def main(folder: Path, families: str, seeds: str, out: Path | None) -> None:
    """Predict regions that no fit has seen."""
    path = out or HERE / "results" / "held_out_regions.jsonl"
    code = code_of()
    done = {(row["set"], row["seed"]) for row in stored.resume(path, code)}
    for cell in cells_of(families, seeds, 8):
        if (cell.family, cell.seed) not in done:
            row = trial(cell, folder)
            stored.append(path, row, code)
            click.echo(row)


if __name__ == "__main__":
    main()
