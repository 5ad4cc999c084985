"""Commit 32c7b77's answers for ``verdicts.py``, which starts this with that commit on the path.

Its modules have other places, and its own ``benchmarks/battery.py`` grades. Its draws of decisions
are those of the model of record: headline, plan and scenarios were made from them.
"""

from pathlib import Path
from typing import Any

from answering import Package, run
from mmm.evaluation import predictive_scores
from mmm.hashing import code_hash
from mmm.models.bayes import fit_bayes, thin
from mmm.optimization import cautions, optimize
from mmm.returns import chance_of_gain, contributions, current_plan, mroi, roi

from mmm.data import clean, weekly_data
from mmm.study import Study


def study_of(meta: dict[str, Any], folder: Path) -> Study:
    """Describe a task as that commit's adapter of the peer bench did.

    Parameters
    ----------
    meta : dict
        The task.
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
        "controls": {"columns": tuple(meta["controls"])},
    }
    return Study.model_validate(content | meta.get("study", {}))


def graded(*task: Any) -> Any:
    """Grade and check a fit as that commit's battery does.

    Parameters
    ----------
    *task : Any
        Fit, weeks, study and seed.
    """
    from battery import graded as grade  # late, for what it loads is no cost of a fit

    return grade(*task)


if __name__ == "__main__":
    run(
        Package(
            code_hash=code_hash,
            study_of=study_of,
            clean=clean,
            weekly_data=weekly_data,
            fit_bayes=fit_bayes,
            thin=thin,
            contributions=contributions,
            current_plan=current_plan,
            roi=roi,
            mroi=mroi,
            optimize=optimize,
            cautions=cautions,
            chance_of_gain=chance_of_gain,
            predictive_scores=predictive_scores,
            graded=graded,
        )
    )
