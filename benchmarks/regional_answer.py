"""One model's answer to a regional task: ``python regional_answer.py [TASK_FOLDER MODEL]``.

The task is a folder as the peer bench writes them, a row a region and week. MODEL is ``regional``
or ``national``: the same fit of the same weeks, with and without their regions.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from answering import cost, grades_of, plan_of, state_of, worst
from peer_adapter import roi_of, study_of
from present import PACKAGE
from threadpoolctl import threadpool_limits

from mmm.data.clean import clean, clean_regions
from mmm.data.regions import national
from mmm.data.weekly import WeeklyData, weekly_data
from mmm.model.bayes.fit import BayesFit, fit_bayes
from mmm.store import code_hash
from mmm.study.study import Study
from mmm.trust import regional_findings

REGIONAL, NATIONAL = "regional", "national"
#: What a task may ask for: grades with all checks, or those of the regions.
GRADES, CHECKS = "grades", "checks"


def regional_study(meta: dict[str, Any], folder: Path) -> Study:
    """Describe a task as a user would, its regions named.

    Parameters
    ----------
    meta : dict
        The task.
    folder : Path
        Its folder.
    """
    data = {"file": "data.csv", "kpi": meta["target"]}
    data |= {name: meta[name] for name in ("date", "region", "population")}
    return study_of(meta | {"study": {"data": data}}, folder)


def weeks_of(table: pd.DataFrame, n_weeks: int, study: Study) -> WeeklyData:
    """Return the first weeks of a regional table, with their regions.

    Parameters
    ----------
    table : DataFrame
        A row a region and week.
    n_weeks : int
        Training weeks.
    study : Study
        Its study.
    """
    date = study.data.date
    rows = table[table[date].isin(np.sort(table[date].unique())[:n_weeks])].copy()
    return weekly_data(clean(rows, study), study, clean_regions(rows, study))


def checks_of(fit: BayesFit, weekly: WeeklyData, study: Study, seed: int) -> dict[str, Any]:
    """Return the checks of the regions alone, by channel; none without regions.

    Parameters
    ----------
    fit : BayesFit
        The fit.
    weekly : WeeklyData
        Its weeks, with regions if the fit has them.
    study : Study
        Its study.
    seed : int
        Seed of the checks.
    """
    found = regional_findings(fit.model, weekly, study, seed=seed)
    names = {f.channel for f in found}
    return {"grades": {n: {"checks": worst(found, n)} for n in names}} if found else {}


def trust_of(fit: BayesFit, weekly: WeeklyData, study: Study, seed: int) -> dict[str, Any]:
    """Return grades and checks by channel, and the checks of the model, as notebook 08 makes them.

    Parameters
    ----------
    fit : BayesFit
        The fit.
    weekly : WeeklyData
        Its weeks, with regions if the fit has them.
    study : Study
        Its study.
    seed : int
        Seed of the twins.
    """
    table, checks = PACKAGE.graded(fit, weekly, study, seed)
    return {"grades": grades_of(table, checks), "checks": worst(checks, "")}


def answer(folder: Path, model: str) -> dict[str, Any]:
    """Fit a task and return what one model says of it.

    Parameters
    ----------
    folder : Path
        The task.
    model : str
        ``regional`` or ``national``.

    Returns
    -------
    dict
        ROI of the training weeks by channel, plan, state of the fit, its cost with imports and
        plan; then grades and checks, or the checks of the regions, where the task asks for them.
    """
    meta = json.loads((folder / "meta.json").read_text("utf-8"))
    table = pd.read_csv(folder / "data.csv", parse_dates=[meta["date"]])
    study = regional_study(meta, folder)
    weekly = weeks_of(table, meta["n_train"], study)
    if model == NATIONAL:
        weekly = national(weekly)
    with threadpool_limits(1):
        fit = fit_bayes(weekly, study, **meta["fit"])
        said = {"roi": roi_of(fit.model, weekly, study)}
        said["plan"] = plan_of(PACKAGE, fit, weekly, study)
        said |= {"fit": state_of(fit), **cost()}
        if meta["grade"] and model == REGIONAL:
            start = time.process_time()
            asked = trust_of if meta["grade"] == GRADES else checks_of
            said |= asked(fit, weekly, study, meta["seed"])
            said["trust_cpu_seconds"] = time.process_time() - start
    return said


def main() -> None:
    """Answer the task that the command line names, or tell the package's code without one."""
    if len(sys.argv) < 2:
        print(code_hash())
        return
    folder = Path(sys.argv[1])
    (folder / "answer.json").write_text(json.dumps(answer(folder, sys.argv[2])), "utf-8")


if __name__ == "__main__":
    main()
