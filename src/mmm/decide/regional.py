"""What spend returned region by region, and how far each region stands on data of its own."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.stats import norm

from mmm.arrays import Array
from mmm.data.region_findings import is_even
from mmm.data.weekly import WeeklyData
from mmm.decide.cells import Group, bought_groups, cell_model
from mmm.decide.plan import Plan, current_plan
from mmm.decide.returns import summarize
from mmm.decide.search import nonzero
from mmm.findings import Finding
from mmm.formatting import ratio
from mmm.model.additive import AdditiveModel
from mmm.study.study import Study

#: In the place of a region's name: the whole country.
NATION = "all regions"
#: Check of :func:`spread_is_usual`, and the share of the prior below which a spread is usual.
ALIKE, LIKELY = "regions respond about alike", 0.95


def bought_nationally(weekly: WeeklyData) -> list[str]:
    """Return the channels that all regions have in proportion to their heads, in every week.

    Parameters
    ----------
    weekly : WeeklyData
        The data; none without regions.
    """
    regions = weekly.regions
    if regions is None:
        return []
    spend = np.where(np.isfinite(regions.kpi)[:, :, np.newaxis], regions.spend, np.nan)
    names = map(str, weekly.spend.columns)
    return [n for c, n in enumerate(names) if is_even(spend[:, :, c], regions.heads)]


def returns_alone(plan: Plan) -> Array:
    """Return what each channel's spend in the window brought, shape (n_draws, n_channels).

    Parameters
    ----------
    plan : Plan
        A plan without synergy: each channel is then switched off by itself.
    """
    found = []
    for response, rest, flight in zip(plan.model.responses, plan.rest, plan.flight, strict=True):
        gained = (response.curve(rest + flight) - response.curve(rest)) @ plan.value
        found.append(response.beta * gained)
    return np.stack(found, axis=1)


def regional_returns(
    model: AdditiveModel, weekly: WeeklyData, *, window_weeks: int, interval: float
) -> pd.DataFrame:
    """Return ROI per channel, nationally and by region, with what regions add of their own.

    Parameters
    ----------
    model : AdditiveModel
        A model of regions.
    weekly : WeeklyData
        The data with their regions.
    window_weeks : int
        Last weeks to judge (0: all weeks).
    interval : float
        Central share of the intervals.

    Returns
    -------
    DataFrame
        A row per channel and region, after a row of all regions: columns channel, region, bought
        (by region, or nationally: in proportion to the heads in every week), spend (currency over
        the window), spend_share (of the channel), low, median and high of roi and of factor (the
        effect in the region over the mean of all heads; empty for all regions), and shrinkage
        (see :func:`shrinkage`): one where the region's data say nothing of their own.
    """
    plan = current_plan(*cell_model(model, weekly), window_weeks=window_weeks)
    brought, spend, rows = returns_alone(plan), plan.total_spend, []
    national, pulled, cell = bought_nationally(weekly), shrinkage(model), 0
    for c, response in enumerate(model.responses):
        split = response.regions
        assert split is not None
        groups: list[Group] = bought_groups(split, None, len(weekly))
        here = slice(cell, cell + len(groups))
        total = float(spend[here].sum())
        bought = "nationally" if response.name in national else "by region"
        about = {"channel": response.name, "bought": bought}
        earned = brought[:, here].sum(axis=1) / nonzero(np.array(total))
        row = about | {"region": NATION, "spend": total, "spend_share": 1.0}
        rows.append(row | _ends("roi", earned if total > 0 else None, interval))
        factor = split.effect / (split.effect @ split.heads)[:, np.newaxis]
        for (region,), amount, gain in zip(groups, spend[here], brought[:, here].T, strict=True):
            row = about | {"region": split.names[region], "spend": amount}
            row |= {"spend_share": amount / total if total > 0 else np.nan}
            row |= _ends("roi", gain / amount if amount > 0 else None, interval)
            row |= _ends("factor", factor[:, region], interval)
            rows.append(row | {"shrinkage": pulled[c, region]})
        cell += len(groups)
    first = ["channel", "region", "bought"]
    table = pd.DataFrame(rows)
    return table[[*first, *table.columns.difference(first, sort=False)]]


def _ends(name: str, draws: Array | None, interval: float) -> dict[str, float]:
    """Return low, median and high of draws; empty without any."""
    low, median, high = (np.nan,) * 3 if draws is None else summarize(draws, interval)
    return {f"{name}_low": low, name: median, f"{name}_high": high}


def shrinkage(model: AdditiveModel) -> Array:
    r"""Return how far each region is drawn to the national effect, shape (n_channels, n_regions).

    Parameters
    ----------
    model : AdditiveModel
        A model of regions.

    Notes
    -----
    :math:`\mathrm{var}(d) / E[\tau^2]` of the deviations d, logs of the factors: with normal noise
    it is the share of the way from the region's own estimate to the national one. The spread
    :math:`\tau`, which all regions and channels share, is estimated by the mean square of all d.
    """
    logs = _deviations(model)
    usual = float((logs**2).mean())
    if not usual > 0 or model.n_draws < 2:
        return np.full((len(logs), logs.shape[2]), np.nan)
    return np.asarray((logs.var(axis=1) / usual).clip(0.0, 1.0))


def _deviations(model: AdditiveModel) -> Array:
    """Return the logs of the factors, shape (n_channels, n_draws, n_regions)."""
    splits = [response.regions for response in model.responses if response.regions is not None]
    return np.log(np.maximum([split.effect for split in splits], 1e-300))


def spread_is_usual(model: AdditiveModel, study: Study) -> Finding:
    """Check that regions respond no more differently than was held likely before the data.

    Parameters
    ----------
    model : AdditiveModel
        A model of regions.
    study : Study
        Its prior of the spread.
    """
    prior = study.priors.region_spread
    found = float(np.sqrt((_deviations(model) ** 2).mean()))
    limit = prior.median * math.exp(norm.ppf(LIKELY) * prior.sd)
    up, most = ratio(math.exp(found)), ratio(math.exp(limit))
    return Finding(
        ALIKE,
        "PASS" if found <= limit else "REVIEW",
        f"a region's response differs from the average by a factor of {up}, as a rule; up to "
        f"{most} was held likely",
        ""
        if found <= limit
        else "Something else may differ between regions, such as prices, "
        "distribution or how the outcome is counted. Try the split in a few regions first.",
    )
