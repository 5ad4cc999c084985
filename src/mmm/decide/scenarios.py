"""A scenario becomes weekly spend, and this becomes money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mmm.arrays import Array, Mask
from mmm.data.weekly import WeeklyData
from mmm.decide.plan import Plan
from mmm.decide.returns import NOTHING, chance_of_gain, summarize
from mmm.decide.scenario_weeks import Setting, setting_of, touched_weeks
from mmm.errors import InfeasibleError
from mmm.formatting import ends_of, plural, ratio
from mmm.model.additive import AdditiveModel
from mmm.study.schema import Add, Multiply, Pause, Scenario, Shift, Weekly
from mmm.study.study import Study


@dataclass(frozen=True)
class OutOfRange:
    """Planned spend of one channel outside the weekly range of the data."""

    #: Highest planned week over the highest seen, lowest planned over the lowest seen; one where
    #: the range is kept.
    above: float
    #: Number of such weeks.
    weeks_above: int
    below: float
    weeks_below: int


@dataclass(frozen=True)
class ScenarioResult:
    """What a scenario would change, the carryover after its weeks included."""

    name: str
    weeks: pd.DatetimeIndex  #: Shape (n_weeks,): weeks of the plan it is evaluated in.
    is_future: bool  #: Whether these come after the data.
    spend_by_channel: Array  #: Shape (n_channels,): change in each channel's spend, currency.
    spend_change: float  #: Extra cost, currency; zero for a pure shift.
    kpi_change: Array  #: Shape (n_draws,): change in the KPI, in its own unit.
    revenue_change: Array  #: Shape (n_draws,): change in revenue, currency.
    base_revenue: float  #: Expected revenue of the weeks without the scenario, currency.
    outside: dict[str, OutOfRange]  #: Channels whose changed weeks leave the observed range.

    def profit_change(self, margin: float | None) -> Array:
        """Return the change in profit: in revenue times margin, less the extra cost.

        Shape (n_draws,): currency. Without a margin no profit is known and it is NaN; where
        nothing is paid more or less it has the sign of the outcome all the same, and is the
        change in it.
        """
        if margin is None:
            unpaid = abs(self.spend_change) < NOTHING
            return np.asarray(self.revenue_change) * (1.0 if unpaid else np.nan)
        return np.asarray(self.revenue_change * margin - self.spend_change)


def evaluate_all(model: AdditiveModel, weekly: WeeklyData, study: Study) -> list[ScenarioResult]:
    """Evaluate the scenarios of a study, each in its own weeks.

    Parameters
    ----------
    model : AdditiveModel
        A fitted model, or the truth.
    weekly : WeeklyData
        The data.
    study : Study
        Its scenarios.
    """
    return [evaluate(s, setting_of(s, model, weekly, study)) for s in study.scenarios]


def evaluate(scenario: Scenario, setting: Setting | Plan) -> ScenarioResult:
    """Evaluate one scenario."""
    if isinstance(setting, Plan):
        if isinstance(scenario, Weekly) or scenario.plan:
            raise InfeasibleError(
                f"scenario {scenario.name!r} names a plan file, which is evaluated from a study "
                f"(`mmm.decide.scenarios`), not on a plan alone. Leave `plan` out, or choose "
                f"another kind."
            )
        setting = Setting(setting, pd.DataFrame())
    plan = setting.plan
    spend = weekly_spend(scenario, plan, setting.planned)
    other, ones = plan.with_spend(spend), np.ones(len(plan.channels))
    change = other.effect(ones) - plan.effect(ones)
    moved = spend - plan.spend.to_numpy(float)
    part = scenario.markets if isinstance(scenario, Pause) else 1.0
    known = len(setting.controls) == len(plan.weeks)
    return ScenarioResult(
        name=scenario.name,
        weeks=plan.weeks,
        is_future=setting.is_future,
        spend_by_channel=part * moved.sum(axis=0),
        spend_change=0.0 if isinstance(scenario, Shift) else part * float(moved.sum()),
        kpi_change=part * change.sum(axis=1),
        revenue_change=part * (change @ plan.value),
        base_revenue=float(setting.expected().sum(axis=1).mean()) if known else np.nan,
        outside=out_of_range(plan, spend, np.abs(moved) > 0),
    )


def weekly_spend(scenario: Scenario, plan: Plan, planned: Array | None = None) -> Array:
    """Translate a scenario into weekly spend.

    Parameters
    ----------
    plan : Plan
        The spend without it.
    planned : ndarray, shape (n_weeks, n_channels), optional
        What the file of a weekly scenario says.

    Returns
    -------
    ndarray, shape (n_weeks, n_channels)
        Currency per week.

    Raises
    ------
    InfeasibleError
        If money should go to channels that spend nothing in the weeks, or a channel is unknown.
    """
    if planned is not None:
        return planned
    spend, touched = plan.spend.to_numpy(float).copy(), touched_weeks(scenario, plan.weeks)
    if isinstance(scenario, Multiply):
        spend[touched, _position(scenario.channel, scenario, plan)] *= scenario.factor
    elif isinstance(scenario, Pause):
        for name in scenario.channels:
            spend[touched, _position(name, scenario, plan)] = 0.0
    elif isinstance(scenario, Shift):
        source = _position(scenario.source, scenario, plan)
        taken = scenario.share * spend[touched, source]
        spend[touched, source] -= taken
        _give(float(taken.sum()), scenario, plan, spend, touched)
    elif isinstance(scenario, Add):
        _give(scenario.amount, scenario, plan, spend, touched)
    return spend


def _give(amount: float, scenario: Shift | Add, plan: Plan, spend: Array, touched: Mask) -> None:
    """Give an amount to the receivers of a scenario, each in its own weekly pattern."""
    places = [_position(name, scenario, plan) for name in scenario.to]
    current = plan.spend.to_numpy(float)[touched].sum(axis=0)[places]
    weight = weights_of(scenario, current)
    for place, now, share in zip(places, current, weight / weight.sum(), strict=True):
        if share > 0:
            spend[touched, place] *= 1 + amount * share / now


def weights_of(scenario: Shift | Add, current: Array) -> Array:
    """Return what each receiver of a scenario gets, in proportion.

    Parameters
    ----------
    scenario : Shift or Add
        Names the receivers.
    current : ndarray, shape (n_receivers,)
        What they spend in the weeks of the scenario.

    Raises
    ------
    InfeasibleError
        If money should go to channels that spend nothing there.
    """
    weight = current if scenario.shares is None else np.array(scenario.shares)
    silent = [name for name, s, w in zip(scenario.to, current, weight, strict=True) if s <= 0 < w]
    if silent or weight.sum() <= 0:
        raise InfeasibleError(
            f"scenario {scenario.name!r}: {', '.join(silent or scenario.to)} spend nothing in the "
            f"window, so there is no weekly pattern to scale. Name a channel with spend."
        )
    return weight


def _position(name: str, scenario: Scenario, plan: Plan) -> int:
    if name not in plan.channels:
        raise InfeasibleError(
            f"scenario {scenario.name!r}: unknown channel {name!r}. The plan has "
            f"{', '.join(plan.channels)}."
        )
    return plan.channels.index(name)


def out_of_range(plan: Plan, spend: Array, changed: Mask) -> dict[str, OutOfRange]:
    """Return the channels whose changed weeks leave the weekly range of the data.

    Parameters
    ----------
    spend : ndarray, shape (n_weeks, n_channels)
        Planned spend.
    changed : ndarray of bool, shape (n_weeks, n_channels)
        Weeks that the scenario changes.
    """
    found = {}
    for c, name in enumerate(plan.channels):
        weeks, peak, trough = spend[changed[:, c], c], plan.peak[name], plan.trough[name]
        above, below = weeks > peak * (1 + 1e-9), weeks < trough * (1 - 1e-9)
        if above.any() or below.any():
            found[name] = OutOfRange(
                above=float(weeks.max() / peak) if above.any() else 1.0,
                weeks_above=int(above.sum()),
                below=float(weeks.min() / trough) if below.any() else 1.0,
                weeks_below=int(below.sum()),
            )
    return found


def beyond_observed(plan: Plan, multipliers: ArrayLike) -> dict[str, float]:
    """Return the channels that a plan drives beyond their highest week so far.

    `multipliers`, shape (n_channels,): factor on each channel's spend.
    """
    spend = plan.spend.to_numpy(float) * np.asarray(multipliers, dtype=float)
    found = out_of_range(plan, spend, np.ones(spend.shape, dtype=bool))
    return {name: flag.above for name, flag in found.items() if flag.above > 1}


def scenario_table(
    results: list[ScenarioResult],
    *,
    interval: float,
    margin: float | None,
    labels: dict[str, str],
) -> pd.DataFrame:
    """Return one row per scenario.

    Parameters
    ----------
    results : list of ScenarioResult
        Evaluated scenarios.
    interval : float
        Central share of the intervals.
    margin : float or None
        Profit per unit of revenue; None where the value of a unit of the KPI is not known: then
        the chance of a gain is told only where nothing is paid for it.
    labels : dict of str to str
        Label per channel.

    Returns
    -------
    DataFrame
        Columns scenario, weeks, spend_change, kpi_change (in every row or in none: where the
        KPI counts units) and revenue_change (medians) with low and high, revenue_change_pct of
        the expected revenue, profit_change, p_gain (of profit; empty for a point estimate),
        beyond_observed.
    """
    rows, in_units = [], any(_is_in_units(result) for result in results)
    for result in results:
        profit = result.profit_change(margin)
        row: dict[str, object] = {
            "scenario": result.name,
            "weeks": ends_of(result.weeks),
            "spend_change": result.spend_change,
        }
        changes = {"kpi_change": result.kpi_change} if in_units else {}
        changes["revenue_change"] = result.revenue_change
        for key, draws in changes.items():
            low, median, high = summarize(draws, interval)
            row |= {f"{key}_low": low, key: median, f"{key}_high": high}
        row |= {
            "revenue_change_pct": float(np.median(result.revenue_change)) / result.base_revenue,
            "profit_change": np.nan if margin is None else float(np.median(profit)),
            "p_gain": chance_of_gain(profit),
            "beyond_observed": "; ".join(
                f"{labels[name]} {range_in_words(flag)}" for name, flag in result.outside.items()
            ),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def best_scenario(table: pd.DataFrame) -> pd.Series | None:
    """Return the row of the scenario that earns most after its cost; None where none earns."""
    if table["profit_change"].isna().all():
        return None
    best = table.loc[table["profit_change"].idxmax()]
    return best if best["profit_change"] > 0 else None


def _is_in_units(result: ScenarioResult) -> bool:
    """Tell whether a unit of the KPI is worth something else than one unit of money."""
    return not np.allclose(result.kpi_change, result.revenue_change, rtol=1e-9)


def range_in_words(flag: OutOfRange) -> str:
    """Say how far planned spend leaves the observed range, and for how long.

    Examples
    --------
    >>> range_in_words(OutOfRange(above=1.4, weeks_above=3, below=1.0, weeks_below=0))
    '1.40 times its highest week in 3 weeks'
    """
    parts = []
    if flag.weeks_above:
        weeks = plural(flag.weeks_above, "week")
        parts.append(f"{ratio(flag.above)} times its highest week in {weeks}")
    if flag.weeks_below:
        weeks = plural(flag.weeks_below, "week")
        parts.append(f"{ratio(flag.below)} times its lowest week in {weeks}")
    return " and ".join(parts)


def spend_table(results: list[ScenarioResult], channels: list[str]) -> pd.DataFrame:
    """Return the change in each channel's spend under each scenario.

    Parameters
    ----------
    results : list of ScenarioResult
        Evaluated scenarios.
    channels : list of str
        Names of the channels.

    Returns
    -------
    DataFrame
        Columns channel, then one per scenario; currency over its weeks.
    """
    return pd.DataFrame({"channel": channels} | {r.name: r.spend_by_channel for r in results})
