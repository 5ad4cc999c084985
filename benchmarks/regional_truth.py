"""Public regional data with a published truth: ``python benchmarks/regional_truth.py``.

The file and its truth are those of mmm-framework (MIT): 8 areas whose effects are 0.3 to 1.8 times
the usual, and budgets that follow performance. The file is read as a user's file is.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
import stored
from scoring import QUANTILES
from threadpoolctl import threadpool_limits

from mmm.arrays import Array
from mmm.data.clean import clean, clean_regions
from mmm.data.files import read_table
from mmm.data.regions import national
from mmm.data.weekly import WeeklyData, weekly_data
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.fit import fit_bayes
from mmm.run.own_data import own_study
from mmm.study.load import load_study

FILE, TRUTH = "mmm_framework/geo_mff.csv.gz", "mmm_framework/geo_truth.json"
SEED = 1


def contributions_by_region(model: AdditiveModel, weekly: WeeklyData) -> Array:
    """Return what each channel contributed, shape (n_draws, n_regions, n_channels).

    Parameters
    ----------
    model : AdditiveModel
        A regional model.
    weekly : WeeklyData
        Its weeks.
    """
    media, found = weekly.media.to_numpy(float), []
    for c, response in enumerate(model.responses):
        shares = response.by_region(response.adstock_media(media[:, c])).sum(axis=2)
        found.append(response.beta[:, np.newaxis] * shares)
    return np.stack(found, axis=2)


def row_of(name: str, draws: Array, truth: Array) -> dict[str, Any]:
    """Put draws beside the truth.

    Parameters
    ----------
    name : str
        What they are of.
    draws : ndarray, shape (n_draws, n)
        Contributions.
    truth : ndarray, shape (n,)
        The published ones.
    """
    low, middle, high = np.quantile(draws, QUANTILES, axis=0)
    return {
        "what": name,
        "n": len(truth),
        "covered": int(((low <= truth) & (truth <= high)).sum()),
        "log_error": float(np.abs(np.log(middle / truth)).mean()),
        "log_width": float(np.log(high / low).mean()),
    }


def measured(data: Path) -> list[dict[str, Any]]:
    """Fit the file with its regions and as their sum, and score both.

    Parameters
    ----------
    data : Path
        Folder of the public data sets.
    """
    with tempfile.TemporaryDirectory() as place:
        study = load_study(own_study(data / FILE, Path(place), quiet=True))
        table = read_table(data / FILE)
        weekly = weekly_data(clean(table, study), study, clean_regions(table, study))
    said = json.loads((data / TRUTH).read_text("utf-8"))
    assert weekly.regions is not None
    names = [name for c in study.channels for name in said["channels"] if name.lower() == c]
    whole = np.array([said["true_contribution"][name] for name in names])
    by_region = said["true_contribution_by_geo"]
    local = np.array([[by_region[r][name] for name in names] for r in weekly.regions.names])
    start = time.process_time()
    with threadpool_limits(1):
        model = fit_bayes(weekly, study, seed=SEED).model
        seconds = time.process_time() - start
        summed = fit_bayes(national(weekly), study, seed=SEED).model
    draws = contributions_by_region(model, weekly)
    alone = summed.media_effect(weekly.media.to_numpy(float)).channels.sum(axis=1)
    flat = draws.reshape(len(draws), -1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        row_of("by area", flat, local.ravel()) | {"cpu_seconds": seconds, "peak_mb": peak},
        row_of("all areas", draws.sum(axis=1), whole),
        row_of("all areas, from their sum alone", alone, whole),
    ]


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells.

    Parameters
    ----------
    rows : list of dict
        Stored rows.
    """
    lines = [
        {
            "contributions": row["what"],
            "in their 90 % interval": f"{row['covered']} of {row['n']}",
            "log error": f"{row['log_error']:.2f}",
            "log width": f"{row['log_width']:.2f}",
        }
        for row in rows
    ]
    return {"lines": lines, "seconds": f"{rows[0]['cpu_seconds']:.1f}"}


@click.command()
@click.option(
    "--data", envvar="MMM_TEST_DATA", required=True, type=click.Path(path_type=Path, exists=True)
)
@stored.store_option
def main(data: Path, store: bool) -> None:
    """Fit public regional data whose truth is published."""
    rows = measured(data)
    for row in rows:
        click.echo(row)
    if store:
        stored.store("regional_truth", rows)


if __name__ == "__main__":
    main()
