"""Adapter of the peer benchmark: ``python peer_adapter.py TASK_DIR OUT.json [MODEL.json]``.

The package over its public API with its defaults; only the training weeks are passed. One
setting is the user's: the bench's README says that spend before the first week is zero.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from mmm.data.clean import clean
from mmm.data.weekly import weekly_data
from mmm.decide.certificate import cautions
from mmm.decide.optimize import optimize
from mmm.decide.returns import chance_of_gain, contributions, current_plan, summarize
from mmm.model.bayes.fit import fit_bayes, thin
from mmm.study.study import Study

task = Path(sys.argv[1])
meta = json.loads((task / "meta.json").read_text())
table = pd.read_csv(task / "data.csv", parse_dates=[meta["date"]])
channels = {
    c["name"]: {"label": c["name"], "spend": c["spend_col"], "bounds": tuple(meta["bounds"])}
    for c in meta["channels"]
}
study = Study.model_validate(
    {
        "schema": 1,
        "name": "task",
        "folder": task,
        "title": "Task",
        "question": "ROI?",
        "seed": meta["seed"],
        "pre_history": "zero",
        "data": {"file": "data.csv", "date": meta["date"], "kpi": meta["target"]},
        "channels": channels,
        "controls": {"columns": tuple(meta["controls"])},
    }
)
weekly = weekly_data(clean(table.iloc[: meta["n_train"]], study), study)
fit = fit_bayes(weekly, study, seed=study.seed)

# In-window ROI, as the bench counts it: contributions of the training weeks over their spend.
draws = contributions(fit.model, weekly).channels.sum(axis=1) / weekly.spend.sum().to_numpy()
roi = {}
for c, name in enumerate(study.channels):
    low, median, high = summarize(draws[:, c], study.interval)
    roi[name] = {"mean": float(draws[:, c].mean()), "median": median, "lo": low, "hi": high}

# The plan: the default objective within the task's bounds, which replace `max_change`.
plan = current_plan(thin(fit.model, 400), weekly)
optimal = optimize(plan, study.bounds, rng=np.random.default_rng(study.seed), starts=4)
best = optimal.best
if len(sys.argv) > 3:  # benchmarks/plans.py tries other objectives on the same fit
    Path(sys.argv[3]).write_text(json.dumps(fit.model.to_json()))
Path(sys.argv[2]).write_text(
    json.dumps(
        {
            "status": "ok",
            "roi": roi,
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
    )
)
