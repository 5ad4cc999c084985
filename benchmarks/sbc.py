"""Simulation-based calibration of the sampler: ``python benchmarks/sbc.py --help``.

Parameters are drawn from the prior, data from the parameters, and the rank of each true value
among its posterior draws is uniform if density, gradient and sampler are right (Talts et al.
2018, Validating Bayesian Inference Algorithms with Simulation-Based Calibration).
"""

from __future__ import annotations

from typing import Any

import click
import numpy as np
import pandas as pd
import stored
from numpy.typing import NDArray
from scipy.stats import chisquare
from threadpoolctl import threadpool_limits

from mmm.arrays import Array
from mmm.model.bayes.posterior import Posterior, adapted_posterior
from mmm.model.bayes.problem import ScaledData
from mmm.model.bayes.sampler import sample
from mmm.model.flexible import wandering, yearly_bumps
from mmm.parallel import run_each
from mmm.study.priors import Priors

N_WEEKS, N_LAGS, RANKS, BINS = 60, 5, 99, 10
#: Chance of a false alarm, over all coordinates.
LEVEL = 0.01


def make_task(kpi: Array, seed: int) -> ScaledData:
    """Return a small problem: two channels, a pair, trend and season.

    Parameters
    ----------
    kpi : ndarray, shape (n_weeks,)
        Scaled KPI; its baseline part does not matter.
    seed : int
        Seed of the media, the same for all replications.
    """
    rng = np.random.default_rng([99, seed])
    media = rng.gamma(2, 0.5, (2, N_WEEKS + N_LAGS - 1))
    media /= media.mean(axis=1, keepdims=True)
    windows = [np.lib.stride_tricks.sliding_window_view(m, N_LAGS)[:, ::-1] for m in media]
    week = np.arange(N_WEEKS)
    design = np.column_stack([np.ones(N_WEEKS), week, np.sin(week / 8), np.cos(week / 8)])
    basis, _ = np.linalg.qr(design)
    columns, owner = flexible_columns()
    return ScaledData(
        lags=np.stack(windows),
        value=np.ones(N_WEEKS),
        spend=np.array([60.0, 30.0]),
        kpi=kpi - basis @ (basis.T @ kpi),
        basis=basis,
        adstock=("geometric", "weibull"),
        saturation=("hill", "hill"),
        max_lag=(N_LAGS - 1, N_LAGS - 1),
        pooled=np.array([True, True]),
        pairs=((0, 1),),
        log_roi_center=0.5,
        noise_sum=10.0,
        priors=Priors(noise_weight=10.0),
        columns=columns - basis @ (basis.T @ columns),
        owner=owner,
        components=("season", "level"),
    )


def flexible_columns() -> tuple[Array, NDArray[np.int64]]:
    """Return the columns of a fine season and of a wandering level, and the component of each."""
    weeks = pd.date_range("2024-01-01", periods=N_WEEKS, freq="7D")
    parts = [yearly_bumps(weeks, 3), wandering(np.arange(N_WEEKS, dtype=float), N_WEEKS)]
    parts = [part[:, np.abs(part).max(axis=0) > 0] for part in parts]  # later knots say nothing
    return np.hstack(parts), np.repeat([0, 1], [part.shape[1] for part in parts])


def rank_of_truth(seed: int) -> Array:
    """Simulate, fit, and return the rank of each true coordinate among thinned draws.

    Parameters
    ----------
    seed : int
        Seed of the replication.
    """
    rng = np.random.default_rng([7, seed])
    blank = Posterior(make_task(np.zeros(N_WEEKS), 0))
    truth = blank.draw_prior(rng)
    media = -blank.effects(truth).residual
    variance = blank.task.noise_sum / rng.chisquare(blank.task.priors.noise_weight)
    columns, owner = flexible_columns()
    drawn = blank.component_sd(truth)[owner] * rng.standard_normal(len(owner))
    kpi = media + np.sqrt(variance) * (columns @ drawn + rng.standard_normal(N_WEEKS))
    with threadpool_limits(1):
        posterior = adapted_posterior(make_task(kpi, 0))
        chains = sample(posterior, posterior.size, seed=seed, draws=400, warmup=200, chains=2)
    flat = posterior.plain(chains.draws).reshape(-1, posterior.size)
    thinned = flat[np.linspace(0, len(flat) - 1, RANKS).round().astype(int)]
    return np.asarray((thinned < truth).sum(axis=0))


def names_of(posterior: Posterior) -> list[str]:
    """Name the coordinates.

    Parameters
    ----------
    posterior : Posterior
        Knows the layout.
    """
    names = ["pool centre", "pool spread", "log ROI 1", "log ROI 2", "synergy"]
    for block in posterior.blocks:
        names += [f"{block.name} {channel + 1}" for channel in block.channels]
    return names + [f"sd of the {name}" for name in posterior.task.components]


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells: the facts of the test.

    Parameters
    ----------
    rows : list of dict
        Coordinate, p value and histogram of ranks.
    """
    smallest, limit = min(row["p"] for row in rows), LEVEL / len(rows)
    return {
        "draws": sum(rows[0]["ranks"]),
        "coordinates": len(rows),
        "smallest": f"{smallest:.4f}",
        "limit": f"{limit:.4f}",
        "verdict": "PASS" if smallest > limit else "FAIL",
    }


@click.command()
@click.option("--draws", default=240, help="Prior draws.")
@click.option("--jobs", default=1, help="Processes.")
@stored.store_option
def main(draws: int, jobs: int, store: bool) -> None:
    """Print the rank histogram of every coordinate and a test of its uniformity."""
    ranks = np.array(run_each(rank_of_truth, range(draws), jobs=jobs))
    names = names_of(Posterior(make_task(np.zeros(N_WEEKS), 0)))
    rows = []
    for name, column in zip(names, ranks.T, strict=True):
        counts = np.bincount(column * BINS // (RANKS + 1), minlength=BINS)
        rows.append({"coordinate": name, "p": chisquare(counts).pvalue, "ranks": counts.tolist()})
    print(pd.DataFrame(rows).round(3).to_string(index=False))
    told = tables(rows)
    print(f"{draws} prior draws: smallest p {told['smallest']}, {told['verdict']}")
    if store:
        stored.store("sbc", rows)
    if told["verdict"] != "PASS":
        raise SystemExit(1)


if __name__ == "__main__":
    main()
