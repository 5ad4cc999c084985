"""What one package answers about a data set: its verdicts, their grades, and what they cost.

The same for the present package (``present.py``) and for an earlier one (``earlier.py``), which
say only where the functions are found. A task is a folder with ``data.csv`` and ``meta.json`` as
the peer bench writes them; meta may further hold ``fit`` (options of the fit), ``study`` (entries
of the study), and what is asked besides: ``plan``, ``grade``, ``ahead``.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import psutil
from scoring import INTERVAL, QUANTILES
from threadpoolctl import threadpool_limits

#: Worst last.
STATUSES = ("PASS", "REVIEW", "FAIL")
#: Draws the optimizer sees, as in the adapter of the peer bench.
DRAWS = 400


class Package(NamedTuple):
    """The functions that a benchmark of verdicts asks a package for."""

    code_hash: Callable[[], str]
    study_of: Callable[[dict[str, Any], Path], Any]
    clean: Callable[..., Any]
    weekly_data: Callable[..., Any]
    fit_bayes: Callable[..., Any]
    thin: Callable[..., Any]
    contributions: Callable[..., Any]
    current_plan: Callable[..., Any]
    roi: Callable[..., Any]
    mroi: Callable[..., Any]
    optimize: Callable[..., Any]
    cautions: Callable[..., Any]
    chance_of_gain: Callable[..., float]
    predictive_scores: Callable[..., dict[str, float]]
    graded: Callable[..., Any]


def answer(package: Package, folder: Path) -> dict[str, Any]:
    """Fit a task and return what the package says of it.

    Parameters
    ----------
    package : Package
        The package.
    folder : Path
        Folder of the task.

    Returns
    -------
    dict
        ``returns`` by channel, ``plan``, ``fit``, costs up to there, then ``grades`` by channel,
        ``model`` (status by check) and ``forecast`` where the task asks for them.
    """
    meta = json.loads((folder / "meta.json").read_text("utf-8"))
    table = pd.read_csv(folder / "data.csv", parse_dates=[meta["date"]])
    study = package.study_of(meta, folder)
    weekly = package.weekly_data(package.clean(table.iloc[: meta["n_train"]].copy(), study), study)
    with threadpool_limits(1):
        fit = package.fit_bayes(weekly, study, **meta["fit"])
        said = {"returns": returns(package, fit, weekly, in_window=meta["in_window"])}
        if meta["plan"]:
            said["plan"] = plan_of(package, fit, weekly, study)
        said |= {"fit": state_of(fit), **cost()}
        if meta["ahead"]:
            said["forecast"] = forecast(package, fit, table, study, meta)
        if meta["grade"]:
            graded, checks = package.graded(fit, weekly, study, meta["fit"]["seed"])
            said |= {"grades": grades_of(graded, checks), "model": worst(checks, "")}
    return said


def returns(
    package: Package, fit: Any, weekly: Any, *, in_window: bool
) -> dict[str, dict[str, list[float]]]:
    """Return what the draws of decisions say of ROI and mROI: low, median, high, chance above 1.

    Parameters
    ----------
    package : Package
        The package.
    fit : BayesFit
        The fit; headline and plans are made from the draws of its model.
    weekly : WeeklyData
        Its weeks.
    in_window : bool
        Count only what is earned in the weeks of the data, as the peer bench does.
    """
    plan = package.current_plan(fit.model, weekly)
    ratio, marginal = package.roi(plan), package.mroi(plan)
    if in_window:
        total = package.contributions(fit.model, weekly).channels.sum(axis=1)
        ratio = total / weekly.spend.sum().to_numpy()
    return {
        name: {
            "roi": np.quantile(ratio[:, c], QUANTILES).tolist(),
            "mroi": np.quantile(marginal[:, c], QUANTILES).tolist(),
            "above_one": [float(np.mean(draws[:, c] > 1)) for draws in (ratio, marginal)],
        }
        for c, name in enumerate(weekly.channels)
    }


def plan_of(package: Package, fit: Any, weekly: Any, study: Any) -> dict[str, Any]:
    """Return the plan of the default objective, as the adapter of the peer bench makes it.

    Parameters
    ----------
    package : Package
        The package.
    fit : BayesFit
        The fit.
    weekly : WeeklyData
        Its weeks.
    study : Study
        Its study.
    """
    plan = package.current_plan(package.thin(fit.model, DRAWS), weekly)
    rng = np.random.default_rng(study.seed)
    optimal = package.optimize(plan, study.bounds, rng=rng, starts=4)
    gain = np.asarray(optimal.best.gain)
    return {
        "multipliers": optimal.best.multipliers.tolist(),
        "promised": (100 * np.quantile(gain, QUANTILES) / weekly.kpi.sum()).tolist(),
        "p_gain": package.chance_of_gain(gain),
        "flagged": any(f.status != "PASS" for f in package.cautions(plan, optimal)),
    }


def state_of(fit: Any) -> dict[str, float]:
    """Return the sampler's diagnostics.

    Parameters
    ----------
    fit : BayesFit
        The fit.
    """
    return {
        "rhat": float(fit.diagnostics["rhat"].max()),
        "ess": float(fit.diagnostics["ess"].min()),
        "divergences": int(fit.divergences),
    }


def cost() -> dict[str, float]:
    """Return the process's CPU seconds so far, imports included, and its peak memory.

    Memory is the highest resident set less what is shared with other processes now, in MB.
    """
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, CHILDREN))
    memory = psutil.Process().memory_full_info()
    seconds = time.process_time() + children.ru_utime + children.ru_stime
    shared = memory.rss - memory.pss
    return {"cpu_seconds": seconds, "peak_mb": own.ru_maxrss / 1024 - shared / 1024**2}


CHILDREN = resource.RUSAGE_CHILDREN


def forecast(
    package: Package, fit: Any, table: pd.DataFrame, study: Any, meta: dict[str, Any]
) -> dict[str, float]:
    """Score a forecast of the weeks after those fitted, whose spend is known.

    Parameters
    ----------
    package : Package
        The package.
    fit : BayesFit
        The fit.
    table : DataFrame
        All weeks.
    study : Study
        The study.
    meta : dict
        The task.

    Returns
    -------
    dict of str to float
        ``mae`` of the predictive mean, ``crps`` and the ``interval_score`` of the 90 % interval in
        % of the mean KPI of the fitted weeks; ``coverage``, the share of weeks inside.
    """
    ahead, usual = meta["ahead"], float(table[meta["target"]].iloc[: meta["n_train"]].mean())
    weekly = package.weekly_data(package.clean(table.copy(), study), study)
    draws = fit.predictive(weekly, seed=meta["fit"]["seed"])[:, -ahead:]
    actual = table[meta["target"]].to_numpy(float)[-ahead:]
    low, high = np.quantile(draws, [QUANTILES[0], QUANTILES[-1]], axis=0)
    missed = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    scores = package.predictive_scores(draws, actual, interval=INTERVAL)
    return {
        "mae": 100 * float(np.abs(draws.mean(axis=0) - actual).mean()) / usual,
        "crps": 100 * scores["crps"] / usual,
        "interval_score": 100 * float((high - low + 2 / (1 - INTERVAL) * missed).mean()) / usual,
        "coverage": scores["coverage"],
    }


def grades_of(table: pd.DataFrame, checks: list[Any]) -> dict[str, dict[str, Any]]:
    """Return grades, interval with the chance of nothing and checks by channel.

    Parameters
    ----------
    table : DataFrame
        The grades.
    checks : list of ChannelFinding
        The checks.
    """
    names = {"grade_roi": "grade", "grade_mroi": "grade_mroi", "caps": "caps"}
    names |= {"recovered_roi": "alone", "roi_low": "wider_low", "roi_high": "wider_high"}
    return {
        row["channel"]: {new: row[old] for old, new in names.items() if old in row}
        | {"checks": worst(checks, row["channel"])}
        for row in table.to_dict("records")
    }


def worst(checks: list[Any], channel: str) -> dict[str, str]:
    """Return the worst status of each check of a channel; of the model for an empty name.

    Parameters
    ----------
    checks : list of ChannelFinding
        The checks.
    channel : str
        The channel.
    """
    found: dict[str, str] = {}
    for check in checks:
        if check.channel == channel:
            known = found.get(check.finding.check, STATUSES[0])
            found[check.finding.check] = max(known, check.finding.status, key=STATUSES.index)
    return found


def run(package: Package) -> None:
    """Answer the task that the command line names, or tell the package's code without one.

    Parameters
    ----------
    package : Package
        The package.
    """
    if len(sys.argv) < 2:
        print(package.code_hash())
        return
    folder, start = Path(sys.argv[1]), time.process_time()
    said = answer(package, folder)
    said["all_cpu_seconds"] = time.process_time() - start
    (folder / "answer.json").write_text(json.dumps(said), "utf-8")
