"""The budget by channel and region: an ordinary plan with a channel per cell.

Each cell keeps the bounds of its channel, groups of channels hold the sum of their cells, and the
total is today's. What is bought nationally moves together in all regions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.decide.cells import Group, bought_groups, cell_model
from mmm.decide.certificate import gain_is_likely, proof
from mmm.decide.limits import CENT, Limits
from mmm.decide.newton import climb
from mmm.decide.optimize import Allocation, OptimalPlan, agreeing, beside, search_of
from mmm.decide.plan import Plan, current_plan
from mmm.decide.regional import NATION, bought_nationally, returns_alone, spread_is_usual
from mmm.decide.returns import chance_of_gain, mroi, summarize
from mmm.decide.search import CORNER, STATIONARY, Search, Surrogate, kkt_residual, nonzero
from mmm.findings import Finding
from mmm.formatting import money, plural
from mmm.model.additive import AdditiveModel
from mmm.study.study import Study

#: Cells of a plan, at most: of more, the regions with least spend move together. And cells times
#: draws: of more, evenly spaced draws are kept.
MOST_CELLS, MOST_NUMBERS = 400, 160_000
#: Accuracy of the climbs from all starts; times the best of them is repeated on polynomials with
#: the value and the slopes of the exact plan.
COARSE, REPEATS = 1e-7, 3
#: Names of the plans in the table of gains.
SAME, BEST, PLACE = "Same change in every region", "By channel and region", "What regions add"


@dataclass(frozen=True)
class Cell:
    """A channel in a region, or in several whose budgets move together."""

    channel: str
    region: str  #: Name of the region, or which regions.
    places: Group  #: Their positions.


@dataclass(frozen=True)
class CellPlan:
    """The best split of a budget over channels and regions."""

    model: AdditiveModel  #: The model of regions, all draws.
    cells: tuple[Cell, ...]
    plan: Plan  #: Today's plan with a channel per cell.
    optimal: OptimalPlan  #: The best one.
    national: Allocation  #: The best national plan: its changes in every region alike.

    @property
    def by_place(self) -> Array:
        """What regions add to the gain of the best national plan, shape (n_draws,); currency."""
        return np.asarray(self.optimal.best.gain - self.national.gain)


def plan_cells(
    model: AdditiveModel,
    weekly: WeeklyData,
    study: Study,
    multipliers: Array,
    *,
    rng: np.random.Generator,
    starts: int = 8,
) -> CellPlan:
    """Find the best split of today's total over channels and regions.

    Parameters
    ----------
    model : AdditiveModel
        A model of regions.
    weekly : WeeklyData
        The data with their regions.
    study : Study
        Bounds of the channels, groups, window and objective.
    multipliers : ndarray, shape (n_channels,)
        The best national plan, as factors on today's spend.
    rng : Generator
        Draws the starting points.
    starts : int, default 8
        Starting points: today's plan, two simple rules, the best national plan, then random ones.

    Raises
    ------
    InfeasibleError
        If the limits cannot add up to the total.
    """
    cells = cells_of(model, weekly, study)
    plan = plan_under(_thinned(model, len(cells)), weekly, study, cells)
    owner = np.array([study.channel_names.index(cell.channel) for cell in cells])
    total = round(float(plan.total_spend.sum()), 2)
    limits = _limits(study, owner)
    task = search_of(plan, limits, study.optimize.objective, total)
    rules = [task.feasible.project(rule, total) for rule in _rules(plan, cells, weekly, total)]
    national = task.feasible.project(multipliers[owner] * plan.total_spend, total)
    surrogate = Surrogate.of(plan, *np.transpose(limits.bounds))
    with threadpool_limits(1):  # threads that wait for each other cost more than they save
        best = _search(task, surrogate, [*rules, national], starts, rng)
    optimal = beside(rules, task, *best)
    return CellPlan(model, cells, plan, optimal, Allocation.of(task, national))


def plan_under(
    model: AdditiveModel, weekly: WeeklyData, study: Study, cells: tuple[Cell, ...]
) -> Plan:
    """Return today's plan with a channel per cell under a model, such as the truth.

    Parameters
    ----------
    model : AdditiveModel
        A model of regions.
    weekly : WeeklyData
        The data with their regions.
    study : Study
        Its channels and window.
    cells : tuple of Cell
        The cells, regions within channels.
    """
    groups: dict[str, list[Group]] = {name: [] for name in study.channel_names}
    for cell in cells:
        groups[cell.channel].append(cell.places)
    return current_plan(*cell_model(model, weekly, groups), window_weeks=study.window_weeks)


def cells_of(model: AdditiveModel, weekly: WeeklyData, study: Study) -> tuple[Cell, ...]:
    """Return the cells of a plan, regions within channels.

    Parameters
    ----------
    model : AdditiveModel
        A model of regions.
    weekly : WeeklyData
        The data with their regions.
    study : Study
        Its channels and window.
    """
    regions, together = weekly.regions, bought_nationally(weekly)
    assert regions is not None
    apart = [c for c, name in enumerate(study.channel_names) if name not in together]
    alone = max(MOST_CELLS // max(len(apart), 1), 1)
    spent = regions.spend[:, -study.window_weeks :][:, :, apart].sum(axis=(1, 2))
    first = set(np.argsort(-spent, kind="stable")[:alone].tolist())
    everywhere = tuple(range(len(regions)))
    others = tuple(r for r in everywhere if r not in first)
    by_region = [*((r,) for r in everywhere if r in first), *([others] if others else [])]
    found = []
    for response in model.responses:
        split = response.regions
        assert split is not None
        wanted = [everywhere] if response.name in together else by_region
        for group in bought_groups(split, wanted, len(weekly)):
            found.append(Cell(response.name, _name(group, wanted, split.names), group))
    return tuple(found)


def _name(group: Group, wanted: list[Group], names: tuple[str, ...]) -> str:
    if len(wanted) == 1 and len(names) > 1:
        return NATION
    return names[group[0]] if len(group) == 1 else plural(len(group), "other region")


def _thinned(model: AdditiveModel, n_cells: int) -> AdditiveModel:
    """Keep evenly spaced draws, so many that a plan of its cells stays small."""
    every = -(-model.n_draws * n_cells // MOST_NUMBERS)
    return model if every == 1 else model.take(np.arange(0, model.n_draws, every))


def _limits(study: Study, owner: Array) -> Limits:
    """Give each cell the bounds of its channel, and each group the cells of its channels."""
    national = Limits.of(study)
    groups = [
        replace(group, members=tuple(np.flatnonzero(np.isin(owner, group.members)).tolist()))
        for group in national.groups
    ]
    return Limits(tuple(national.bounds[c] for c in owner), tuple(groups))


def _rules(plan: Plan, cells: tuple[Cell, ...], weekly: WeeklyData, total: float) -> list[Array]:
    """Return today's split, ROI-proportional shares, and equal ones per channel and head."""
    assert weekly.regions is not None
    current = plan.total_spend
    ratio = np.maximum(returns_alone(plan).mean(axis=0) / nonzero(current), 0.0) * (current > 0)
    heads = np.array([weekly.regions.heads[list(cell.places)].sum() for cell in cells])
    weights = [current, ratio if ratio.sum() > 0 else current, heads * (current > 0)]
    return [total * weight / weight.sum() for weight in weights]


def _search(
    task: Search,
    surrogate: Surrogate,
    targets: list[Array],
    starts: int,
    rng: np.random.Generator,
) -> tuple[Array, int, int]:
    """Return the best plan, how many starts reached it, and how many there were."""
    assert task.budget is not None
    low, high = task.feasible.low, task.feasible.high
    drawn = [rng.uniform(low, high) for _ in range(starts - len(targets))]
    targets = [*targets, *(task.feasible.project(target, task.budget) for target in drawn)]
    found = [climb(task, surrogate, target, last=COARSE) for target in targets]
    scores = [task.score(spend, surrogate.revenue_and_slope)[0] for spend in found]
    best = climb(task, surrogate, found[int(np.argmax(scores))])
    exact, today = task.plan.revenue_and_gradient, targets[0]
    lead = task.score(best, exact)[0] - task.score(today, exact)[0]
    if lead < CORNER * task.unit and np.allclose(today, task.plan.total_spend):
        return today, agreeing(task, scores, today), len(found)  # nothing is gained or moved
    for _ in range(REPEATS):
        if kkt_residual(task, best) <= STATIONARY:
            break
        place = best / nonzero(task.plan.total_spend)
        surrogate = surrogate.through(place, *exact(place))
        best = climb(task, surrogate, best)
    return best, agreeing(task, scores, best), len(found)


def cell_certificate(found: CellPlan, study: Study) -> list[Finding]:
    """Check a plan by channel and region: each line is PASS or FAIL.

    Parameters
    ----------
    found : CellPlan
        Result of :func:`plan_cells`.
    study : Study
        Its currency, and its prior of how far regions differ.
    """
    currency = study.outcome_currency
    lead = found.optimal.best.score - found.national.score
    slack = CENT * float(np.nanmax(np.abs(mroi(found.plan, found.optimal.best.multipliers))))
    beaten = Finding(
        "not worse than the best national plan",
        "PASS" if lead >= -slack else "FAIL",
        f"better by {money(lead, currency)}",
    )
    likely = gain_is_likely(found.plan, found.optimal)
    alike = spread_is_usual(found.model, study)
    return [*proof(found.plan, found.optimal, currency), beaten, alike, likely]


def cell_table(found: CellPlan) -> pd.DataFrame:
    """Return today's and the recommended spend of each cell.

    Parameters
    ----------
    found : CellPlan
        Result of :func:`plan_cells`.

    Returns
    -------
    DataFrame
        Columns channel, region, current_spend, recommended_spend, change, change_pct,
        lower_bound, upper_bound, current_mroi, recommended_mroi (medians); currency over the
        window.
    """
    plan, optimal = found.plan, found.optimal
    current, advised = plan.total_spend, optimal.best.spend
    marginal = [np.median(mroi(plan, m), axis=0) for m in (None, optimal.best.multipliers)]
    return pd.DataFrame(
        {
            "channel": [cell.channel for cell in found.cells],
            "region": [cell.region for cell in found.cells],
            "current_spend": current,
            "recommended_spend": advised,
            "change": advised - current,
            "change_pct": (advised - current) / nonzero(current),
            "lower_bound": optimal.low,
            "upper_bound": optimal.high,
            "current_mroi": marginal[0],
            "recommended_mroi": marginal[1],
        }
    )


def gains_by_place(
    found: CellPlan, *, interval: float, true_plan: Plan | None = None
) -> pd.DataFrame:
    """Return how much of the gain comes from where rather than what is bought.

    Parameters
    ----------
    found : CellPlan
        Result of :func:`plan_cells`.
    interval : float
        Central share of the interval.
    true_plan : Plan, optional
        Today's plan with the same cells under the truth, where it is known.

    Returns
    -------
    DataFrame
        The best national plan in every region alike, the best plan by channel and region, and the
        difference: columns plan, gain_low, gain (median), gain_high, expected_gain (mean), p_gain,
        and true_gain where the truth is known; currency.
    """
    plans = found.national, found.optimal.best
    gains = {SAME: plans[0].gain, BEST: plans[1].gain, PLACE: found.by_place}
    rows = []
    for name, gain in gains.items():
        low, median, high = summarize(gain, interval)
        row = {"plan": name, "gain_low": low, "gain": median, "gain_high": high}
        rows.append(row | {"expected_gain": float(gain.mean()), "p_gain": chance_of_gain(gain)})
    table = pd.DataFrame(rows)
    if true_plan is None:
        return table
    today = true_plan.revenue(np.ones(len(found.cells)))
    same, best = (float((true_plan.revenue(p.multipliers) - today).mean()) for p in plans)
    return table.assign(true_gain=[same, best, best - same])


def weekly_plan(found: CellPlan, weekly: WeeklyData, study: Study) -> pd.DataFrame:
    """Return the plan as rows of regions and weeks, in the columns of the study's file.

    Parameters
    ----------
    found : CellPlan
        Result of :func:`plan_cells`.
    weekly : WeeklyData
        The data with their regions.
    study : Study
        Names the columns.

    Returns
    -------
    DataFrame
        Date, region and spend columns: a row per region and week of the window, in cents; cells
        keep the timing they had.
    """
    regions, plan = weekly.regions, found.plan
    assert regions is not None
    spend = np.zeros((len(regions), len(plan.weeks), len(study.channels)))
    before = regions.spend[:, -len(plan.weeks) :]
    for cell, factor in zip(found.cells, found.optimal.best.multipliers, strict=True):
        place = list(cell.places), slice(None), study.channel_names.index(cell.channel)
        spend[place] = _in_cents(before[place] * factor)
    index: Mapping[str, Array | list[str]] = {
        study.data.date: np.tile(plan.weeks.strftime("%Y-%m-%d"), len(regions)),
        str(study.data.region): np.repeat(regions.names, len(plan.weeks)),
    }
    columns = [channel.spend for channel in study.channels.values()]
    return pd.DataFrame(
        {**index, **dict(zip(columns, spend.reshape(-1, len(columns)).T, strict=True))}
    )


def _in_cents(amounts: Array) -> Array:
    """Round to cents so that the sum is rounded, too."""
    sums = np.round(np.cumsum(amounts.ravel()) / CENT)
    return np.asarray(np.diff(sums, prepend=0.0).reshape(amounts.shape) * CENT)
