"""Notebook 07: how much of a plan's gain to believe."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.decide.budgets import Optimism, at_limits
from mmm.decide.optimize import OptimalPlan
from mmm.decide.plan import Plan
from mmm.decide.recommend import Moves
from mmm.decide.scenarios import beyond_observed
from mmm.formatting import chance, listing, percent, ratio
from mmm.show.budget import OBJECTIVE_WORDS
from mmm.show.words import amount_in_words, outcome_amount, promises
from mmm.study.study import Study

#: Two plans are told apart where expected gain or its spread differ by more than this share.
SAME = 0.01


def caution(plans: pd.DataFrame, study: Study) -> str:
    """Say what the cautious objective costs against the plain mean.

    Parameters
    ----------
    plans : DataFrame
        Result of :func:`mmm.decide.compare`, with a plan ``Plain mean``.
    study : Study
        The study.
    """
    rows = plans.set_index("plan")
    best, plain = rows.loc["Optimum"], rows.loc["Plain mean"]
    if not np.isfinite(best["gain_sd"]):
        return "A point estimate has no spread: caution and plain mean are the same plan."
    if _is_same(best, plain):
        return (
            f"{OBJECTIVE_WORDS[study.optimize.objective]} Here that is practically the plain-mean "
            f"plan: expected (mean) gain and its standard deviation differ by less than "
            f"{percent(SAME)}."
        )
    given_up = outcome_amount(plain["expected_gain"] - best["expected_gain"], study)
    before, after = chance(plain["p_gain"]), chance(best["p_gain"])
    if np.isnan(best["p_gain"]):
        sure = "it moves nothing, so there is no gain to be sure of"
    elif before == after:
        sure = f"the chance of a gain stays at {after}"
    else:
        sure = f"the chance of a gain goes from {before} to {after}"
    return (
        f"{OBJECTIVE_WORDS[study.optimize.objective]} Against the plain-mean plan it gives up "
        f"{given_up} of expected (mean) gain; the standard deviation falls from "
        f"{outcome_amount(plain['gain_sd'], study)} to {outcome_amount(best['gain_sd'], study)}, "
        f"and {sure}."
    )


def _is_same(best: pd.Series, plain: pd.Series) -> bool:
    """Tell whether two plans hardly differ in expected gain and its spread."""
    return all(
        abs(best[name] - plain[name]) <= SAME * abs(plain[name])
        for name in ("expected_gain", "gain_sd")
    )


def luck(found: Optimism | None, moves: Moves, study: Study) -> str:
    """Say how much of the expected gain is the optimizer's luck with the draws.

    Parameters
    ----------
    found : Optimism or None
        Result of :func:`mmm.decide.optimism`.
    moves : Moves
        Result of :func:`mmm.decide.moves`: where nothing moves, nothing can be luck.
    study : Study
        The study.
    """
    if found is None:
        return "A point estimate has no draws to split: how lucky its optimum is cannot be told."
    if moves.kept:
        return "No split is worth its trouble here: no gain is claimed that could be luck."
    how_much = percent(max(found.share, 0.0), digits=1)
    if how_much == percent(0.0, digits=1):
        how_much = "next to nothing"
    return (
        f"Plans chosen on half of the draws have an expected (mean) gain of "
        f"{outcome_amount(found.promised, study, signed=True)} there and of "
        f"{outcome_amount(found.kept, study, signed=True)} on the other half: "
        f"{how_much} of it is luck with the draws. "
        f"Errors that all draws share do not show here."
    )


def price_of_limits(optimal: OptimalPlan, wide: OptimalPlan, plan: Plan, study: Study) -> str:
    """Say what the limits cost.

    Parameters
    ----------
    optimal : OptimalPlan
        The plan within the limits.
    wide : OptimalPlan
        The plan within limits twice as wide.
    plan : Plan
        The current plan.
    study : Study
        The study.
    """
    more = wide.best.gain - optimal.best.gain
    text = (
        f"The best plan within limits twice as wide {promises(more, study)} "
        f"{_median(more, study)} more: the price of caution."
    )
    names = [study.labels[name] for name in at_limits(plan, optimal)]
    if names:
        text += f" {listing(names)} {'stand' if len(names) > 1 else 'stands'} at a limit."
    beyond = beyond_observed(plan, wide.best.multipliers)
    if beyond:
        worst = max(beyond, key=beyond.__getitem__)
        text += (
            f" That plan takes {study.labels[worst]} to {ratio(beyond[worst])} times its highest "
            f"week so far."
        )
    return text


def _median(gain: np.ndarray, study: Study) -> str:
    """Write the median of draws and say that it is one."""
    return amount_in_words(gain, study) + (" (median)" if len(gain) > 1 else "")


def regret(table: pd.DataFrame | None, optimal: OptimalPlan, study: Study) -> str:
    """Say what the plan would earn under the truth, and what it leaves.

    Parameters
    ----------
    table : DataFrame or None
        Result of :func:`mmm.decide.regret_table`; None where the truth is not known.
    optimal : OptimalPlan
        The optimum under the model.
    study : Study
        The study.
    """
    if table is None:
        return "The truth of real data is not known: run the plan in some regions first."
    row = table.set_index("plan").loc["Optimum"]
    text = (
        f"The model expects {_median(optimal.best.gain, study)} of the plan, which really earns "
        f"{outcome_amount(row['true_gain'], study, signed=True)}. The best plan under the truth "
        f"would earn {outcome_amount(row['true_gain'] + row['regret'], study, signed=True)}: the "
        f"regret is {outcome_amount(row['regret'], study)}"
    )
    if np.isfinite(row["share_of_possible"]):
        text += f", and {percent(row['share_of_possible'])} of the possible gain is reached"
    return f"{text}."
