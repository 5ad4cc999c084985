"""A channel that does nothing: spend that looks like the real one and cannot have an effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.decide.plan import Plan, current_plan
from mmm.findings import ChannelFinding, graded
from mmm.formatting import ratio
from mmm.model.baseline import baseline_design
from mmm.parallel import run_each
from mmm.study.study import Study
from mmm.trust.diagnostics import AGREEMENT
from mmm.trust.grades import RELIABLE
from mmm.trust.linear_view import remainder
from mmm.trust.no_effect import no_effect_table
from mmm.trust.recovery import quick_fit

NAME = "placebo"
#: Chains of a fit with a surrogate, whose lower end is read, not its median alone.
CHAINS = 2
#: The interval of a channel without effect must reach below this ROI.
NOTHING = 0.3
#: What is kept of the estimate for a surrogate.
ESTIMATE = ["chance", "roi_low", "roi", "roi_high"]


def surrogate_spend(
    weekly: WeeklyData, study: Study, channel: int, *, rng: np.random.Generator
) -> Array:
    """Return spend that keeps a channel's season and flights but meets other weeks.

    Shape (n_weeks,), or (n_regions, n_weeks) where there are regions: what the baseline explains
    of the spend stays in its weeks; the rest is moved round by a quarter to three quarters of the
    data, and the sum takes the values of the real spend in its order. Purely random spend would
    pass this placebo trivially.
    """
    matrix = baseline_design(weekly, study).matrix(weekly.weeks, weekly.controls).to_numpy(float)
    n_weeks = len(weekly)
    by = int(rng.integers(n_weeks // 4, 3 * n_weeks // 4 + 1))
    if weekly.regions is None:
        return _moved(weekly.spend.to_numpy(float)[:, channel], matrix, by)
    return np.stack([_moved(spend, matrix, by) for spend in weekly.regions.spend[:, :, channel]])


def _moved(spend: Array, matrix: Array, by: int) -> Array:
    """Move what the baseline does not explain of spend some weeks on; shape (n_weeks,)."""
    own = remainder(spend, matrix)
    moved = np.roll(own, by)
    order = np.argsort(np.argsort(spend - own + moved, kind="stable"), kind="stable")
    return np.asarray(np.sort(spend)[order])


def with_placebo(weekly: WeeklyData, study: Study, spend: Array) -> tuple[WeeklyData, Study]:
    """Add a channel with its spend, as :func:`surrogate_spend` makes it, to a study."""
    first = next(iter(study.channels.values()))
    extra = first.model_copy(
        update={"label": NAME, "spend": NAME, "exposure": None, "demand_capture": False}
    )
    more = {NAME: spend if weekly.regions is None else spend.sum(axis=0)}
    weekly = replace(
        weekly,
        spend=weekly.spend.assign(**more),
        media=weekly.media.assign(**more),
        regions=weekly.regions and weekly.regions.with_channel(spend),
    )
    return weekly, study.model_copy(update={"channels": {**study.channels, NAME: extra}})


def placebo_row(weekly: WeeklyData, study: Study, channel: int, *, seed: int) -> pd.Series:
    """Return the estimate for a channel's surrogate: a row of :func:`placebo_table`."""
    rng = np.random.default_rng([seed, 43, channel])
    wider, more = with_placebo(weekly, study, surrogate_spend(weekly, study, channel, rng=rng))
    fitted = quick_fit(wider, more, seed=seed + channel, chains=CHAINS)
    plan = current_plan(fitted, wider, window_weeks=study.window_weeks)
    asked = [len(weekly.channels), channel]
    placebo, own = no_effect_table(fitted, wider, plan, more, asked).to_dict("records")
    return pd.Series({name: placebo[name] for name in ESTIMATE} | {"own_roi": own["roi"]})


def placebo_table(weekly: WeeklyData, study: Study, *, seed: int) -> pd.DataFrame:
    """Fit the study once more per channel, each time with that channel's surrogate added.

    Parameters
    ----------
    weekly : WeeklyData
        The weeks.
    study : Study
        The study.
    seed : int
        Seed of surrogates and samplers.

    Returns
    -------
    DataFrame
        Columns channel, chance (of doing nothing), roi_low, roi, roi_high: estimated for
        a surrogate of the channel, with its chance of doing nothing counted; own_roi: estimated
        for the channel itself by the same fit in the same way.
    """
    every = run_each(partial(placebo_row, weekly, study, seed=seed), range(len(study.channels)))
    table = pd.DataFrame(every, columns=[*ESTIMATE, "own_roi"])
    table.insert(0, "channel", study.channel_names)
    return table.reset_index(drop=True)


def usual_return(plan: Plan, study: Study) -> float | None:
    """Return what a unit of all spend returns; None where a return is money, and so has a scale.

    Parameters
    ----------
    plan : Plan
        The current plan.
    study : Study
        Says whether the value of a unit of the KPI is known.
    """
    if study.data.value_is_known:
        return None
    everything = plan.incremental([*range(len(plan.channels))])
    return float(np.median(everything)) / float(plan.total_spend.sum()) or None


def placebo_findings(
    table: pd.DataFrame, grades: Mapping[str, str], usual: float | None = None
) -> list[ChannelFinding]:
    """Check that a channel that cannot have an effect is not credited, and not like its channel.

    REVIEW where the interval of the surrogate begins above an ROI of 0.3, or where its estimate is
    above 0.3 and within a factor of 1.5 of that of the channel, or larger.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`placebo_table`.
    grades : mapping of str to str
        Grade of the ROI per channel; where it is C or D, it says already that an estimate may
        be mostly assumption.
    usual : float, optional
        What a unit of all spend returns, where that is no money: estimates are told and judged
        as multiples of it.
    """
    found = []
    for row in table.itertuples():
        low, middle, high = (v / (usual or 1.0) for v in (row.roi_low, row.roi, row.roi_high))
        own = row.own_roi / (usual or 1.0)
        text = f"estimated at {ratio(middle)}, {ratio(low)} to {ratio(high)}"
        text += " times what all media return" if usual else ""
        is_alike = middle > NOTHING and middle * AGREEMENT >= own
        credited = low > NOTHING or is_alike
        finding = graded(
            "a copy without effect is not credited",
            good=not (credited and grades[row.channel] in RELIABLE),
            finding=f"{text}; the channel beside it at {ratio(own)}" if is_alike else text,
            remedy="Spend with this season and these flights is credited anyway: test it.",
        )
        found.append(ChannelFinding(row.channel, finding))
    return found
