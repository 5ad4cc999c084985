"""How well are the returns of many series recovered? ``python benchmarks/series.py``.

Simulated series share the center of each channel's log ROI and differ by a known spread; each is
fitted by the ridge, by the Bayesian model on its own, and pooled. The same three on the simulated
twin of the e-commerce panel, with its cost; and ten series whose reweighted draws are set beside a
second fit with the same pool as prior. Develop on other seeds than the default ones.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import stored
from recipes import Recipe
from recovery import prepare
from scoring import QUANTILES, mean_error, score
from threadpoolctl import threadpool_limits
from worlds import World, simulate_world

from mmm import paths
from mmm.arrays import Array
from mmm.decide.returns import current_plan, roi_series
from mmm.model.ridge import fit_ridge
from mmm.model.search import search_curves
from mmm.panel import fits
from mmm.panel.fits import (
    SeriesData,
    fit_all,
    fit_first,
    fit_second,
    log_roi,
    pool_fits,
    seed_of,
)
from mmm.panel.pool import log_pool_prior, resample
from mmm.panel.series import SeriesReturns, beside_truth, series_returns
from mmm.panel.source import make_panel, open_panel, panel_truth
from mmm.store import Store
from mmm.study.load import load_study

SERIES, SEED = 40, 70
#: Standard deviations between series of the log ROI of a channel.
SPREADS = (0.35, 0.6)
#: Median and log standard deviation of a channel's center.
CENTER = (1.5, 0.7)
RECIPE = Recipe(weeks=104)
BAR_ERROR, BAR_COVERAGE, BAR_SECONDS = 0.27, (0.80, 0.95), 400.0
#: Series, and draws of each pass, whose reweighting is set beside a second pass.
COMPARED, LONG = 10, 4000
SCORES = ("log_error", "interval_score", "error", "coverage", "width", "rank")
NAMES = {"ridge": "ridge, one series at a time", "alone": "Bayes, on its own", "pooled": "pooled"}


def simulate_series(spread: float, count: int, seed: int) -> tuple[list[SeriesData], list[World]]:
    """Simulate series whose channels have related ROIs.

    Parameters
    ----------
    spread : float
        Standard deviation of the log ROI between series.
    count, seed : int
        Number of series; seed.
    """
    rng = np.random.default_rng([seed, round(1000 * spread)])
    data, worlds = [], []
    center = np.log(CENTER[0]) + CENTER[1] * rng.standard_normal(5)
    for number in range(count):
        wanted = np.exp(center + spread * rng.standard_normal(5))
        key = [991, seed, round(1000 * spread), number]
        world = simulate_world(RECIPE, key, wanted=wanted)
        weekly, study = prepare(world, {})
        data.append(SeriesData(f"series {number}", weekly, study))
        worlds.append(world)
    return data, worlds


def ridge_roi(data: SeriesData) -> Array:
    """Return the ROI of each channel by the ridge of one series, over the fitted weeks.

    Parameters
    ----------
    data : SeriesData
        The series.
    """
    rng = np.random.default_rng(seed_of(data))
    curves = search_curves(data.weekly, data.study, rng=rng, starts=1)
    # a channel that lost revenue has no log
    found = np.exp(log_roi(fit_ridge(data.weekly, data.study, curves), data))[0]
    return np.maximum(found, 0.01)


def recover(spread: float, count: int, seed: int) -> list[dict[str, Any]]:
    """Score the three estimators on simulated series; a ridge ROI below 0.01 counts as 0.01.

    Parameters
    ----------
    spread : float
        Standard deviation of the log ROI between series.
    count, seed : int
        Number of series; seed.
    """
    data, worlds = simulate_series(spread, count, seed)
    start = time.process_time()
    first = [fit_first(own) for own in data]
    found = pool_fits(data, first, seed=seed)
    seconds = (time.process_time() - start) / count
    rows = []
    every = zip(data, worlds, first, found.fits, found.pool.weights, strict=True)
    for own, world, before, fit, weights in every:
        spend = own.weekly.spend.sum().to_numpy()
        base = {"part": "simulated", "spread": spread, "series": own.name, "seconds": seconds}
        base |= {"second": fit.second}
        draws = {
            "alone": before.draws.log_roi,
            "pooled": fit.draws.log_roi[resample(weights, 2000)],
        }
        for name, values in draws.items():
            quantiles = np.exp(np.quantile(values, QUANTILES, axis=0))
            rows.append(base | {"estimator": name} | score(world.roi, *quantiles, spend))
        point = ridge_roi(own)
        scores = score(world.roi, point, point, point, spend)
        kept = {key: scores[key] for key in ("log_error", "error", "rank")}
        rows.append(base | {"estimator": "ridge"} | kept)
    return rows


def set_beside(data: Sequence[SeriesData]) -> list[dict[str, Any]]:
    """Set reweighted draws beside a second fit with the same pool as prior.

    Parameters
    ----------
    data : sequence of SeriesData
        The series; the pool is learned from all of them, the first :data:`COMPARED` are compared.
    """
    pool = fit_all(data, seed=SEED).pool
    usual = dict(fits.LENGTH)
    fits.LENGTH |= {"draws": LONG}
    try:
        return [_difference(own, pool.of(own.weekly.channels, 40)) for own in data[:COMPARED]]
    finally:
        fits.LENGTH |= usual


def _difference(own: SeriesData, prior: tuple[Array, Array]) -> dict[str, Any]:
    first, second = fit_first(own), fit_second((own, {}, *prior)).draws.log_roi
    log = log_pool_prior(first.draws.log_roi, *prior) - first.draws.log_prior
    weights = np.exp(log - log.max())
    weights /= weights.sum()
    effective, sd = 1 / (weights**2).sum(), second.std(axis=0)
    kept = first.draws.log_roi[resample(weights, 4000)]
    gap = {
        q: (np.quantile(kept, q, axis=0) - np.quantile(second, q, axis=0)) / sd for q in QUANTILES
    }
    mean = (weights @ first.draws.log_roi - second.mean(axis=0)) / sd
    error = np.sqrt(1 / effective + 1 / _effective(second))
    return {
        "part": "beside a second pass",
        "series": own.name,
        "effective": effective,
        "z": (mean / error).tolist(),
        "median_gap": gap[0.5].tolist(),
        "low_gap": gap[0.05].tolist(),
        "high_gap": gap[0.95].tolist(),
    }


def _effective(draws: Array) -> Array:
    """Return the effective number of draws of chains, shape (n_channels,)."""
    from arviz_stats.base import array_stats

    chains = draws.reshape(fits.LENGTH["chains"], -1, draws.shape[1])
    axes = {"chain_axis": 0, "draw_axis": 1}
    return np.array([array_stats.ess(chains[:, :, c], **axes) for c in range(draws.shape[1])])


def twin() -> list[dict[str, Any]]:
    """Score the three estimators on the simulated twin of the panel, and time the pooled one."""
    study = load_study(paths.study_file("ecommerce_panel"))
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        make_panel(study, store)
        panel, truth = open_panel(study, store), panel_truth(study, store)
    assert truth is not None
    start = time.process_time()
    result = series_returns(panel, study)
    seconds = time.process_time() - start
    table = beside_truth(result, truth)
    known = table[table["grade"] != ""]
    ridge = _ridge_of_twin(result)
    point = np.array([ridge[key] for key in zip(known["series"], known["channel"], strict=True)])
    rows = [{"part": "twin", "what": "cost", "seconds": seconds, "series": len(result.fits)}]
    rows[0]["second"] = int(result.fits["second"].fillna(False).astype(bool).sum())
    known = known.assign(ridge=point)
    for row in known.to_dict("records"):
        kept = ("series", "channel", "grade", "reason", "roi_alone", "roi_low", "roi", "roi_high")
        rows.append({"part": "twin", "what": "roi"} | {key: row[key] for key in kept})
        rows[-1] |= {"ridge": row["ridge"], "true_roi": row["true_roi"]}
    return rows


def _ridge_of_twin(result: SeriesReturns) -> dict[tuple[str, str], float]:
    """Return the ridge's ROI of every channel that varies, as the panel had it before."""
    study = load_study(paths.study_file("ecommerce_panel"))
    from mmm.panel.series import series_study

    found = {}
    for name, weekly in result.weekly.items():
        own = series_study(study, weekly.channels)
        data = SeriesData(name, weekly, own)
        train = weekly.head(len(weekly) - own.holdout.weeks)
        usable = [c for c in weekly.channels if train.spend[c].std() > 0]
        if len(usable) < len(weekly.channels):
            train = weekly
        rng = np.random.default_rng(seed_of(data))
        curves = search_curves(train, own, rng=rng, starts=1)
        returns = roi_series(current_plan(fit_ridge(weekly, own, curves), weekly))
        found |= {(name, c): max(float(returns[c]), 0.01) for c in weekly.channels}
    return found


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells.

    Parameters
    ----------
    rows : list of dict
        Stored rows.
    """
    frame = pd.DataFrame(rows)
    return {
        "simulated": _simulated_lines(frame[frame["part"] == "simulated"]),
        "twin": _twin_lines(frame[frame["part"] == "twin"]),
        **_cost(frame[frame["part"] == "twin"]),
        **_equality(frame[frame["part"] == "beside a second pass"]),
        "bars": f"{BAR_ERROR:g}, {BAR_COVERAGE[0]:.0%} to {BAR_COVERAGE[1]:.0%}",
        "bar_seconds": f"{BAR_SECONDS:g}",
    }


def _simulated_lines(frame: pd.DataFrame) -> stored.Rows:
    lines = []
    for (spread, name), group in frame.groupby(["spread", "estimator"], sort=False):
        pooled = name == "pooled"
        inside = BAR_COVERAGE[0] <= group["coverage"].mean() <= BAR_COVERAGE[1]
        met = inside and group["log_error"].mean() <= BAR_ERROR
        lines.append(
            {
                "spread": f"{spread:g}",
                "estimator": NAMES[name],
                "series": str(len(group)),
                "log error": mean_error(group["log_error"], 3),
                "error, %": mean_error(group["error"], 1),
                "coverage": "" if name == "ridge" else mean_error(group["coverage"], 3),
                "interval score": ""
                if name == "ridge"
                else mean_error(group["interval_score"], 2),
                "met": ("yes" if met else "**no**") if pooled else "",
            }
        )
    return lines


def _twin_lines(frame: pd.DataFrame) -> stored.Rows:
    pairs = frame[frame["what"] == "roi"]
    parts: dict[str, pd.DataFrame] = {
        "all": pairs,
        "nothing limits it": pairs[pairs["reason"] == ""],
        "something limits it": pairs[pairs["reason"] != ""],
    }
    parts |= {f"graded {grade}": own for grade, own in pairs.groupby("grade")}
    lines = []
    for name, group in parts.items():
        error = {
            key: np.abs(np.log(group[key].astype(float) / group["true_roi"].astype(float)))
            for key in ("ridge", "roi_alone", "roi")
        }
        inside = group["true_roi"].between(group["roi_low"], group["roi_high"]).astype(float)
        off = (group["roi"] / group["true_roi"] - 1).abs() > 0.5
        lines.append(
            {
                "pairs": name,
                "number": str(len(group)),
                "log error, ridge": mean_error(error["ridge"], 3),
                "on its own": mean_error(error["roi_alone"], 3),
                "pooled": mean_error(error["roi"], 3),
                "covered": mean_error(inside, 3),
                "off by more than half": f"{off.mean():.1%}",
            }
        )
    return lines


def _cost(frame: pd.DataFrame) -> dict[str, str]:
    row = frame[frame["what"] == "cost"].iloc[0]
    met = "met" if row["seconds"] <= BAR_SECONDS else "**missed**"
    return {
        "seconds": f"{row['seconds']:.0f}",
        "count": f"{row['series']}",
        "second": f"{int(row['second'])}",
        "cost_met": met,
    }


def _equality(frame: pd.DataFrame) -> dict[str, str]:
    z = np.concatenate(frame["z"].to_list())
    gaps = {
        name: np.concatenate(frame[f"{name}_gap"].to_list()) for name in ("low", "median", "high")
    }
    return {
        "compared": str(len(frame)),
        "means": str(len(z)),
        "z": f"{np.sqrt((z**2).mean()):.2f}",
        "most": f"{np.abs(z).max():.1f}",
        "effective": f"{frame['effective'].min():.0f}",
        "gaps": ", ".join(f"{np.abs(gap).mean():.2f}" for gap in gaps.values()),
    }


def measured(count: int, seed: int) -> stored.Rows:
    """Measure everything.

    Parameters
    ----------
    count, seed : int
        Simulated series per spread; seed.
    """
    parts: list[Callable[[], list[dict[str, Any]]]] = []
    parts += [lambda spread=spread: recover(spread, count, seed) for spread in SPREADS]
    parts += [lambda: set_beside(simulate_series(SPREADS[0], count, seed)[0]), twin]
    rows: stored.Rows = []
    with threadpool_limits(1):
        for part in parts:
            rows += part()
            click.echo(f"{len(rows)} rows")
    return rows


@click.command()
@click.option("--series", default=SERIES, help="Simulated series per spread.")
@click.option("--seed", default=SEED, help="Seed of the simulated series.")
@stored.store_option
def main(series: int, seed: int, store: bool) -> None:
    """Print log errors and coverage on simulated series and on the twin, with standard errors."""
    rows = measured(series, seed)
    told = tables(rows)
    for name in ("simulated", "twin"):
        click.echo(pd.DataFrame(told[name]).to_string(index=False))
    click.echo({key: value for key, value in told.items() if isinstance(value, str)})
    if store:
        stored.store("series", rows)


if __name__ == "__main__":
    main()
