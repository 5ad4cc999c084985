"""The present package's answers for ``verdicts.py``: ``python present.py [TASK_FOLDER]``."""

from typing import Any

from answering import Package, run
from peer_adapter import study_of

from mmm.data.clean import clean
from mmm.data.weekly import weekly_data
from mmm.decide.certificate import cautions
from mmm.decide.optimize import optimize
from mmm.decide.returns import chance_of_gain, contributions, current_plan, mroi, roi
from mmm.model.bayes.fit import fit_bayes, thin
from mmm.model.evaluation import predictive_scores
from mmm.store import code_hash


def graded(*task: Any) -> Any:
    """Grade and check a fit as the battery does.

    Parameters
    ----------
    *task : Any
        Fit, weeks, study and seed.
    """
    from battery import graded as grade  # late, for what it loads is no cost of a fit

    return grade(*task)


PACKAGE = Package(
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

if __name__ == "__main__":
    run(PACKAGE)
