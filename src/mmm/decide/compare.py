"""Tables of plans: recommended amounts, plans side by side, and regret under the truth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.decide.limits import Limits
from mmm.decide.optimize import OptimalPlan, optimize
from mmm.decide.plan import Plan
from mmm.decide.returns import chance_of_gain, mroi, summarize
from mmm.decide.search import nonzero


def recommendation_table(plan: Plan, optimal: OptimalPlan) -> pd.DataFrame:
    """Return current and recommended spend per channel.

    Parameters
    ----------
    plan : Plan
        The current plan.
    optimal : OptimalPlan
        The optimum.

    Returns
    -------
    DataFrame
        Columns channel, current_spend, recommended_spend, change, change_pct, lower_bound,
        upper_bound, current_mroi, recommended_mroi (medians); currency over the window.
    """
    current = plan.total_spend
    change = optimal.best.spend - current
    return pd.DataFrame(
        {
            "channel": plan.channels,
            "current_spend": current,
            "recommended_spend": optimal.best.spend,
            "change": change,
            "change_pct": change / nonzero(current),
            "lower_bound": optimal.low,
            "upper_bound": optimal.high,
            "current_mroi": np.median(mroi(plan), axis=0),
            "recommended_mroi": np.median(mroi(plan, optimal.best.multipliers), axis=0),
        }
    )


def allocations(optimal: OptimalPlan, others: Mapping[str, OptimalPlan]) -> dict[str, Array]:
    """Return the multipliers of the optimum, of other optima and of the simple rules, by name."""
    return {
        "Optimum": optimal.best.multipliers,
        **{name: other.best.multipliers for name, other in others.items()},
        "ROI-proportional": optimal.roi_proportional.multipliers,
        "Equal split": optimal.equal_split.multipliers,
    }


def compare(
    plan: Plan, optimal: OptimalPlan, others: Mapping[str, OptimalPlan], *, interval: float
) -> pd.DataFrame:
    """Return the gain of the optimum and of its competitors, under one model.

    Parameters
    ----------
    plan : Plan
        The current plan of the model that judges.
    optimal : OptimalPlan
        The optimum and its comparisons.
    others : mapping of str to OptimalPlan
        Optima by other objectives or models at the same total.
    interval : float
        Central share of the interval.

    Returns
    -------
    DataFrame
        Columns plan, gain_low, gain (median), gain_high, expected_gain (mean: what optimizers
        climb), gain_sd, p_gain; currency.
    """
    now, rows = plan.revenue(np.ones(len(plan.channels))), []
    for name, multipliers in allocations(optimal, others).items():
        gain = plan.revenue(multipliers) - now
        low, median, high = summarize(gain, interval)
        rows.append(
            {
                "plan": name,
                "gain_low": low,
                "gain": median,
                "gain_high": high,
                "expected_gain": float(gain.mean()),
                "gain_sd": float(gain.std()) if len(gain) > 1 else np.nan,
                "p_gain": chance_of_gain(gain),  # at the same total the profit has its sign
            }
        )
    return pd.DataFrame(rows)


def regret_table(
    true_plan: Plan,
    limits: Limits,
    optimal: OptimalPlan,
    others: Mapping[str, OptimalPlan],
    *,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return what each plan would really gain, and what it leaves to the best plan of the truth.

    Parameters
    ----------
    true_plan : Plan
        The current plan in the true world of a simulated study.
    limits : Limits
        Limits of the optimum.
    optimal : OptimalPlan
        The optimum under the model.
    others : mapping of str to OptimalPlan
        Other optima at the same total.
    rng : Generator
        Draws the starting points of the true optimum.

    Returns
    -------
    DataFrame
        Columns plan, true_gain, regret, share_of_possible (empty where nothing can be gained);
        currency. The first row is the best plan under the truth.
    """
    best = optimize(true_plan, limits, rng=rng, budget=optimal.budget, objective="mean")
    possible = float(best.best.gain[0])
    now, rows = true_plan.revenue(np.ones(len(true_plan.channels))), []
    plans = {"Best under the truth": best.best.multipliers, **allocations(optimal, others)}
    for name, multipliers in plans.items():
        gain = float((true_plan.revenue(multipliers) - now)[0])
        share = gain / possible if possible > 0 else np.nan
        rows.append((name, gain, possible - gain, share))
    return pd.DataFrame(rows, columns=["plan", "true_gain", "regret", "share_of_possible"])
