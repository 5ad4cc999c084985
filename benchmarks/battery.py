"""Does a grade mean something where the model is wrong? ``python benchmarks/battery.py --help``.

Worlds that each break one thing (:data:`worlds.BATTERY`) are fitted, graded and checked as in
notebook 08. One line a data set is appended to ``--out``; what the same code has put there is not
run again, so the battery may be stopped and resumed. ``--jobs`` and ``--dask`` spread the data
sets; the tables do not depend on which came first. ``--report`` prints those of RESULTS.md.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import cloudpickle
import numpy as np
import pandas as pd
import stored
from battery_tables import in_order, print_report, tables
from recovery import prepare
from scoring import seeds_of
from threadpoolctl import threadpool_limits
from worlds import BATTERY, World, make_battery_world

from mmm import trust
from mmm.data.weekly import WeeklyData
from mmm.decide.plan import current_plan
from mmm.decide.returns import contributions, roi, summarize
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.fit import BayesFit, fit_bayes
from mmm.parallel import run_each
from mmm.study.study import Study
from mmm.trust.diagnostics import plausibility_findings
from mmm.trust.placebo import surrogate_spend, with_placebo
from mmm.trust.recovery import quick_fit

__all__ = ["main", "tables", "trial"]  # results_page.py asks every benchmark for its tables

#: Twins a data set, as in notebook 08, and of a surrogate that has to be graded.
TWINS, FEW = 48, 12
WINDOW = {"window_weeks": 0}


def trial(name: str, seed: int) -> dict[str, Any]:
    """Fit, grade and check one world.

    Parameters
    ----------
    name : str
        A key of :data:`worlds.BATTERY`.
    seed : int
        Seed of world, sampler and twins.

    Returns
    -------
    dict
        The world, one entry a channel, the checks of the whole, and a surrogate channel.
    """
    start, world = time.process_time(), make_battery_world(name, seed)
    weekly, study = prepare(world, {"study": WINDOW})
    with threadpool_limits(1):
        fit = fit_bayes(weekly, study, seed=seed, draws=300, chains=2, keep=400, insist=False)
        table, checks = graded(fit, weekly, study, seed)
        row = {"world": name, "seed": seed, "channels": scored(world, fit, weekly, table, checks)}
        row["model"] = {c.finding.check: c.finding.status for c in checks if not c.channel}
        row["surrogate"] = surrogate(weekly, study, seed)
    return row | {"cpu_seconds": time.process_time() - start}


def graded(
    fit: BayesFit, weekly: WeeklyData, study: Study, seed: int
) -> tuple[pd.DataFrame, list[trust.ChannelFinding]]:
    """Grade and check a fit as notebook 08 does.

    Parameters
    ----------
    fit : BayesFit
        The fit.
    weekly : WeeklyData
        Its weeks.
    study : Study
        The study.
    seed : int
        Seed of the twins.
    """
    model, plan = fit.model, current_plan(fit.model, weekly)
    study = trust.with_main_forms(study, model)
    twins = trust.make_twins(model, weekly, study, n_twins=TWINS, seed=seed)
    units = trust.Units.of(model.channels)
    recovery = trust.recovery_table(trust.recover(twins, study, units, seed=seed))
    robust = trust.robustness_table(model, weekly, plan, margin=study.profit_margin)
    checks = trust.confounding_findings(model, weekly, study, robust)
    half_off = trust.chance_half_off(plan)
    checks += trust.always_on_findings(model, weekly, study, half_off["roi"])
    checks += [trust.misfit_finding(model, weekly, study), trust.together_finding(weekly, study)]
    checks += trust.regional_findings(model, weekly, study, seed=seed)
    checks += of_the_whole(model, weekly)
    table = trust.grade_table(recovery, model.channels, checks, half_off)
    draws = pd.DataFrame(roi(plan), columns=model.channels)
    middle = draws.median()
    curve = trust.specification_curve(weekly, study, middle)
    idle = trust.no_effect_table(model, weekly, plan, study)
    table = table.merge(idle[["channel", "roi_low", "roi", "roi_high"]], on="channel")
    checks += trust.specification_findings(
        curve,
        trust.prior_sensitivity(weekly, study, middle),
        trust.rolling_origin(weekly, study, middle),
        draws,
        break_even=study.break_even,
        interval=study.interval,
    )
    checks += trust.plausible_findings(plan, study)
    checks += trust.contraction_findings(draws, study)
    grades = table.set_index("channel")["grade_roi"]
    fakes = trust.placebo_table(weekly, study, seed=seed)
    return table, checks + trust.placebo_findings(fakes, grades)


def of_the_whole(model: AdditiveModel, weekly: WeeklyData) -> list[trust.ChannelFinding]:
    """Check the model as notebook 04 does, without its holdout.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    weekly : WeeklyData
        Its weeks.
    """
    fitted = model.predict(weekly).mean(axis=0)
    parts = contributions(model, weekly)
    found = plausibility_findings(model, parts, weekly.kpi, fitted, None)
    failed = trust.of_the_model(found)
    review = [trust.ChannelFinding("", f) for f in found if f.status != "FAIL"]
    return failed + review


def scored(
    world: World,
    fit: BayesFit,
    weekly: WeeklyData,
    table: pd.DataFrame,
    checks: Sequence[trust.ChannelFinding],
) -> list[dict[str, Any]]:
    """Put the estimates, grades and checks of each channel beside its truth.

    Parameters
    ----------
    world : World
        Knows the truth.
    fit : BayesFit
        The fit.
    weekly : WeeklyData
        Its weeks.
    table : DataFrame
        The grades.
    checks : sequence of ChannelFinding
        The checks.
    """
    draws = roi(current_plan(fit.model, weekly))
    share = (weekly.spend.sum() / weekly.spend.to_numpy().sum()).to_numpy()
    rows = []
    for c, grade in enumerate(table.itertuples()):
        low, middle, high = summarize(draws[:, c], 0.90)
        own = [k.finding for k in checks if k.channel == grade.channel]
        rows.append(
            {
                "channel": grade.channel,
                "truth": float(world.roi[c]),
                "low": grade.roi_low,
                "estimate": middle,
                "high": grade.roi_high,
                "low_of_record": low,
                "high_of_record": high,
                "spend_share": float(share[c]),
                "grade": grade.grade_roi,
                "alone": grade.recovered_roi,
                "error_bound": grade.error,
                "slope": grade.slope,
                "caps": grade.caps,
                "open": [f.check for f in own if f.status != "PASS"],
            }
        )
    return rows


def surrogate(weekly: WeeklyData, study: Study, seed: int) -> dict[str, Any]:
    """Add a channel that does nothing, and grade it where it is credited with something.

    Parameters
    ----------
    weekly : WeeklyData
        The weeks.
    study : Study
        The study.
    seed : int
        Seed; it also says whose spend is copied.
    """
    channel = seed % len(weekly.channels)
    rng = np.random.default_rng([seed, 44])
    wider, more = with_placebo(weekly, study, surrogate_spend(weekly, study, channel, rng=rng))
    model = quick_fit(wider, more, seed=seed, chains=2)
    plan = current_plan(model, wider)
    read = trust.no_effect_table(model, wider, plan, more, [len(weekly.channels)]).iloc[0]
    low, middle, high = (float(read[name]) for name in ("roi_low", "roi", "roi_high"))
    plain = summarize(roi(plan)[:, -1], 0.90)
    grade = "-"
    if middle > 0.5:
        twins = trust.make_twins(model, wider, more, n_twins=FEW, seed=seed)
        rows = trust.recover(twins, more, trust.Units.of(wider.channels), seed=seed)
        grade = str(trust.recovery_table(rows).set_index(["unit", "metric"])["grade"].iloc[-2])
    row = {"of": weekly.channels[channel], "low": low, "estimate": middle, "high": high}
    return row | {"low_if_sure": plain[0], "chance": float(read["chance"]), "grade": grade}


def read_rows(out: Path) -> list[dict[str, Any]]:
    """Read the data sets that have been run.

    Parameters
    ----------
    out : Path
        File of JSON lines.
    """
    return stored.read(out).rows if out.exists() else []


@click.command()
@click.option("--worlds", default=",".join(BATTERY), help="Worlds, separated by commas.")
@click.option("--seeds", default="0-2", help="Seeds, e.g. 0-2 to develop; report on 13-15.")
@click.option("--out", default="battery.jsonl", type=click.Path(path_type=Path), help="Rows.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, help="Processes.")
@click.option("--dask", default="", metavar="ADDRESS", help="Run on this Dask cluster.")
@click.option("--report", is_flag=True, help="Only print the tables of what has been run.")
def main(worlds: str, seeds: str, out: Path, jobs: int, dask: str, report: bool) -> None:
    """Run the battery, or go on where it stopped, and print its tables."""
    done = set() if report else {(row["world"], row["seed"]) for row in stored.resume(out)}
    cells = [(name, seed) for seed in seeds_of(seeds) for name in worlds.split(",")]
    todo = [cell for cell in cells if cell not in done and not report]
    for name in (
        "battery_tables",
        "recipes",
        "recovery",
        "scoring",
        "stored",
        "worlds",
    ):  # workers know the package
        cloudpickle.register_pickle_by_value(sys.modules[name])
    hear = partial(stored.append, out)
    run_each(lambda cell: trial(*cell), todo, jobs=jobs, dask=dask, on_result=hear)
    print_report(in_order(read_rows(out)))


if __name__ == "__main__":
    main()
