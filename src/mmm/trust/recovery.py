"""Fit the twins and see how well their truths are recovered: the grade of each channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom
from threadpoolctl import threadpool_limits

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.decide.plan import Plan, current_plan
from mmm.decide.returns import mroi, roi, summarize
from mmm.findings import Grade
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.fit import fit_bayes
from mmm.parallel import run_each
from mmm.study.priors import LiftTest
from mmm.study.study import Study
from mmm.trust.twins import Twin

#: Draws and warm-up of a twin's one chain: its medians agree with those of the long chains to
#: about an eighth of a posterior standard deviation, at a twentieth of the cost.
DRAWS, WARMUP = 120, 40
#: Least recovery slope and largest error of each grade above the worst.
GRADES: dict[Grade, tuple[float, float]] = {"A": (0.8, 0.2), "B": (0.6, 0.4), "C": (0.3, 0.7)}
WORST: Grade = "D"
#: Confidence of the upper bound of the error.
CONFIDENCE = 0.8
METRICS = ("roi", "mroi")


@dataclass(frozen=True)
class Units:
    """What is graded: each channel, and each group of channels that cannot be told apart."""

    names: tuple[str, ...]  #: Channels, then groups written ``a + b``.
    members: tuple[tuple[int, ...], ...]  #: Positions of their channels.

    @classmethod
    def of(cls, channels: Sequence[str], groups: Sequence[tuple[int, ...]] = ()) -> Units:
        """Name channels and groups.

        Parameters
        ----------
        channels : sequence of str
            All channels of the study, in its order.
        groups : sequence of tuple of int
            Positions of the channels that cannot be told apart.
        """
        singles = [(c,) for c in range(len(channels))]
        joint = [" + ".join(channels[c] for c in group) for group in groups]
        return cls((*channels, *joint), (*singles, *groups))


def returns_of(plan: Plan, units: Units) -> dict[str, Array]:
    """Return the draws of ROI and mROI of channels and groups, shape (n_draws, n_units)."""
    spend, marginal = plan.total_spend, mroi(plan)
    single = roi(plan)
    joint_roi, joint_mroi = [], []
    for members in map(list, units.members[len(spend) :]):
        total = spend[members].sum()
        joint_roi.append(plan.incremental(members) / total)
        joint_mroi.append(marginal[:, members] @ (spend[members] / total))
    return {
        "roi": np.column_stack([single, *joint_roi]),
        "mroi": np.column_stack([marginal, *joint_mroi]),
    }


def quick_fit(
    weekly: WeeklyData,
    study: Study,
    *,
    seed: int,
    lift_tests: Sequence[LiftTest] | None = None,
    chains: int = 1,
) -> AdditiveModel:
    """Fit the model of a study by short chains."""
    with threadpool_limits(1):
        return fit_bayes(
            weekly,
            study,
            seed=seed,
            draws=DRAWS,
            warmup=WARMUP,
            chains=chains,
            keep=DRAWS * chains,
            lift_tests=lift_tests,
            insist=False,
            forms="own",
        ).model


def refit(twin: Twin, study: Study, units: Units, *, seed: int) -> list[dict[str, Any]]:
    """Fit one twin and put the estimates beside its truth."""
    fitted = quick_fit(twin.weekly, study, seed=seed, lift_tests=twin.lift_tests)
    with threadpool_limits(1):
        window = study.window_weeks
        true = returns_of(current_plan(twin.truth, twin.weekly, window_weeks=window), units)
        found = returns_of(current_plan(fitted, twin.weekly, window_weeks=window), units)
    rows = []
    for u, (name, members) in enumerate(zip(units.names, units.members, strict=True)):
        for metric in METRICS:
            low, middle, high = summarize(found[metric][:, u], study.interval)
            level = float(twin.levels[members[0]]) if len(members) == 1 else np.nan
            row = {"unit": name, "metric": metric, "level": level}
            row |= {"truth": float(true[metric][0, u])}
            rows.append(row | {"low": low, "estimate": middle, "high": high})
    return rows


def recover(twins: Sequence[Twin], study: Study, units: Units, *, seed: int) -> pd.DataFrame:
    """Fit all twins.

    Parameters
    ----------
    twins : sequence of Twin
        The twins.
    study : Study
        The study.
    units : Units
        What is graded.
    seed : int
        Seed of the samplers; each twin has its own, so that the number of processes does not
        matter.

    Returns
    -------
    DataFrame
        The rows of :func:`refit`, with the twin's number.
    """

    def one(item: tuple[int, Twin]) -> list[dict[str, Any]]:
        return refit(item[1], study, units, seed=seed + 1000 * (item[0] + 1))

    found = run_each(one, enumerate(twins))
    return pd.DataFrame([{"twin": i, **row} for i, rows in enumerate(found) for row in rows])


def recovery_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Judge the recovery of every channel and group.

    Parameters
    ----------
    rows : DataFrame
        Result of :func:`recover`.

    Returns
    -------
    DataFrame
        One row a unit and metric: unit, metric, grade, error (upper 80 % bound of the median
        relative error), error_median, slope (log estimate on log truth), coverage (share of the
        truths inside the interval), estimate_at_zero (median estimate where the truth is zero),
        lower_bound_at_zero (median of its lower end) and twins.
    """
    groups = rows.groupby(["unit", "metric"], sort=False)
    return pd.DataFrame(
        [{"unit": unit, "metric": metric, **_judge(g)} for (unit, metric), g in groups]
    )


def _judge(rows: pd.DataFrame) -> dict[str, Any]:
    some, none = rows[rows["truth"] > 0], rows[rows["truth"] == 0]
    judged = {"grade": WORST, "error": np.nan, "error_median": np.nan, "slope": np.nan}
    judged |= {
        "coverage": np.nan,
        "estimate_at_zero": np.nan,
        "lower_bound_at_zero": np.nan,
        "twins": len(rows),
    }
    if len(none):
        judged["estimate_at_zero"] = float(none["estimate"].median())
        judged["lower_bound_at_zero"] = float(none["low"].median())
    if len(some) < 2:  # nothing was spent in the window
        return judged
    truth, estimate = some["truth"].to_numpy(), some["estimate"].to_numpy()
    errors = np.abs(estimate / truth - 1)
    slope, bound = recovery_slope(truth, estimate), upper_bound(errors)
    inside = (some["low"] <= truth) & (truth <= some["high"])
    judged |= {"error": bound, "error_median": float(np.median(errors)), "slope": slope}
    return judged | {"grade": grade_of(slope, bound), "coverage": float(inside.mean())}


def recovery_slope(truth: Array, estimate: Array) -> float:
    """Regress log estimates on log truths.

    `truth` and `estimate`, shape (n_twins,): positive truths and what the fits found.
    """
    x, y = np.log(truth), np.log(np.maximum(estimate, 1e-9))
    return float(np.polyfit(x, y, 1)[0])


def upper_bound(errors: Array) -> float:
    """Return the upper bound of the median of errors, shape (n_twins,), by order statistics."""
    place = int(binom.ppf(CONFIDENCE, len(errors), 0.5))
    return float(np.sort(errors)[min(place, len(errors) - 1)])


def grade_of(slope: float, error: float) -> Grade:
    """Return the grade A, B, C or D."""
    for grade, (least, most) in GRADES.items():
        if slope >= least and error <= most:
            return grade
    return WORST


def worse(first: Grade, second: Grade) -> Grade:
    """Return the worse of two grades."""
    return max(first, second)
