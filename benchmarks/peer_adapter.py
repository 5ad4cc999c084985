"""Adapter of the peer benchmark: ``python peer_adapter.py TASK_DIR OUT.json [MODEL.json]``.

The package over its public API with its defaults; only the training weeks are passed. One
setting is the user's: the bench's README says that spend before the first week is zero. Which
controls stand for demand is the package's own guess from their names, as for a user's file.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmm.data.clean import clean
from mmm.data.demand import demand_proxies
from mmm.data.weekly import WeeklyData, weekly_data
from mmm.decide.certificate import cautions
from mmm.decide.optimize import optimize
from mmm.decide.returns import chance_of_gain, contributions, current_plan, summarize
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.fit import fit_bayes, thin
from mmm.study.study import Study


def study_of(meta: dict[str, Any], folder: Path) -> Study:
    """Describe a task as a user would.

    Parameters
    ----------
    meta : dict
        The task; without ``bounds`` the study's own hold, and ``study`` overrides its entries.
    folder : Path
        Its folder.
    """
    channel = {"bounds": tuple(meta["bounds"])} if "bounds" in meta else {}
    content = {
        "schema": 1,
        "name": "task",
        "folder": folder,
        "title": "Task",
        "question": "ROI?",
        "seed": meta["seed"],
        "pre_history": "zero",
        "data": {"file": "data.csv", "date": meta["date"], "kpi": meta["target"]},
        "channels": {
            c["name"]: {"label": c["name"], "spend": c["spend_col"], **channel}
            for c in meta["channels"]
        },
        "controls": {
            "columns": tuple(meta["controls"]),
            "demand_proxies": tuple(demand_proxies(meta["controls"])),
        },
    }
    return Study.model_validate(content | meta.get("study", {}))


def roi_of(model: AdditiveModel, weekly: WeeklyData, study: Study) -> dict[str, Any]:
    """Return the ROI in the training weeks, as the bench counts it.

    Parameters
    ----------
    model : AdditiveModel
        The fitted model.
    weekly : WeeklyData
        The training weeks.
    study : Study
        The study.
    """
    draws = contributions(model, weekly).channels.sum(axis=1) / weekly.spend.sum().to_numpy()
    found = {}
    for c, name in enumerate(study.channels):
        low, median, high = summarize(draws[:, c], study.interval)
        found[name] = {"mean": float(draws[:, c].mean()), "median": median, "lo": low, "hi": high}
    return found


def main(folder: Path, out: Path, model: Path | None = None) -> None:
    """Answer a task of the bench.

    Parameters
    ----------
    folder : Path
        The task.
    out : Path
        File of the answer.
    model : Path, optional
        Keep the model here: ``plans.py`` tries other objectives on the same fit.
    """
    meta = json.loads((folder / "meta.json").read_text())
    table = pd.read_csv(folder / "data.csv", parse_dates=[meta["date"]])
    study = study_of(meta, folder)
    weekly = weekly_data(clean(table.iloc[: meta["n_train"]], study), study)
    fit = fit_bayes(weekly, study, seed=study.seed)
    # The plan: the default objective within the task's bounds, which replace `max_change`.
    plan = current_plan(thin(fit.model, 400), weekly)
    optimal = optimize(plan, study.bounds, rng=np.random.default_rng(study.seed), starts=4)
    best = optimal.best
    if model:
        model.write_text(json.dumps(fit.model.to_json()))
    said = {
        "status": "ok",
        "roi": roi_of(fit.model, weekly, study),
        "allocation": dict(zip(study.channels, best.multipliers.tolist(), strict=True)),
        "diagnostics": {
            "rhat": float(fit.diagnostics["rhat"].max()),
            "ess": float(fit.diagnostics["ess"].min()),
            "divergences": fit.divergences,
            "evaluations": fit.evaluations,
            "plan_p_gain": chance_of_gain(best.gain),
            "plan_flagged": any(f.status != "PASS" for f in cautions(plan, optimal)),
        },
        "version": version("mmm"),
    }
    out.write_text(json.dumps(said))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
