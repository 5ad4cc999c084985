"""What-if and budget questions, passed to the package's own scenarios and optimizer.

Two thin adapters: :func:`what_if` and :func:`best_budget`. The numbers are those of notebooks
06 and 07 for the same question.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mmm import decide
from mmm.arrays import Array
from mmm.decide.limits import GroupShare, Limits
from mmm.decide.returns import (
    NOTHING,
    Plan,
    chance_of_gain,
    contributions,
    current_plan,
    summarize,
)
from mmm.errors import InfeasibleError
from mmm.model.additive import AdditiveModel
from mmm.model.files import Features
from mmm.model.schema import FeaturesFile
from mmm.serve.problems import SHOWN, conflict, unusable
from mmm.serve.schemas import OptimizeRequest
from mmm.study.schema import Scenario
from mmm.study.streams import stream

#: Starts of the optimizer, as notebook 07 has them.
STARTS = 8


@dataclass(frozen=True)
class Planner:
    """The current plan of a weekly model, ready to be changed."""

    plan: Plan  #: Spend of the study's window.
    revenue: float  #: Fitted revenue of the window.
    about: FeaturesFile  #: The content of ``model_features.json``.

    @property
    def labels(self) -> dict[str, str]:
        """Label of each channel."""
        return {medium.channel: medium.label for medium in self.about.media}

    @property
    def bounds(self) -> dict[str, tuple[float, float]]:
        """Lowest and highest multiplier of each channel's spend."""
        return {medium.channel: medium.bounds for medium in self.about.media}

    @property
    def window(self) -> dict[str, Any]:
        """The window: first week, last week, number of weeks."""
        weeks = self.plan.weeks
        return {
            "first": f"{weeks[0]:%Y-%m-%d}",
            "last": f"{weeks[-1]:%Y-%m-%d}",
            "weeks": len(weeks),
        }


def make_planner(model: AdditiveModel, features: Features) -> Planner:
    """Take the last weeks of the data as the current plan."""
    window = features.file.window_weeks
    plan = current_plan(model, features.weekly, window_weeks=window)
    revenue = contributions(model, features.weekly).totals(window).sum()
    return Planner(plan, float(revenue), features.file)


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as records of plain values; NaN becomes None."""
    return [_without_nan(row) for row in table.to_dict("records")]


def _without_nan(row: dict[Any, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and np.isnan(v) else v for k, v in row.items()}


def what_if(planner: Planner, scenario: Scenario) -> dict[str, Any]:
    """Evaluate a scenario.

    Raises
    ------
    RequestError
        422 for an unknown channel, 409 where the scenario cannot be carried out.
    """
    _require_channels(scenario, planner)
    about = planner.about
    try:
        result = decide.evaluate(scenario, planner.plan)
    except InfeasibleError as error:
        raise conflict(None, str(error), "Change the scenario.") from None
    table = decide.scenario_table(
        [replace(result, base_revenue=planner.revenue)],
        interval=about.interval,
        margin=about.profit_margin,
        labels=planner.labels,
    )
    row = rows_of(table)[0] if about.value.known else _in_units(rows_of(table)[0])
    plan = planner.plan
    spend = zip(plan.channels, plan.total_spend, result.spend_by_channel, strict=True)
    return {
        **row,
        "beyond_observed": [
            {"channel": c, "factor": flag.above}
            for c, flag in result.outside.items()
            if flag.above > 1
        ],
        "interval": about.interval,
        "currency": about.currency,
        "window": planner.window,
        "spend": [
            {"channel": name, "today": float(now), "scenario": float(now + change)}
            for name, now, change in spend
        ],
    }


def _in_units(row: dict[str, Any]) -> dict[str, Any]:
    """Say that a change is of the KPI and not of money, where a unit of it has no value."""
    ends = ("_low", "", "_high")
    in_kpi = {f"kpi_change{end}": row[f"revenue_change{end}"] for end in ends}
    return row | in_kpi | {f"revenue_change{end}": None for end in ends}


def _require_channels(scenario: Scenario, planner: Planner) -> None:
    seen: dict[str, int] = {}
    for key, name in scenario.named_channels:
        place = seen[key] = seen.get(key, -1) + 1
        is_list = key in ("to", "channels")
        _require_channel(f"{key}[{place}]" if is_list else key, name, planner)


def _require_channel(field: str, name: str, planner: Planner) -> None:
    if name not in planner.plan.channels:
        reason = f"unknown channel {name[:SHOWN]!r}"
        raise unusable(field, reason, f"Use one of {', '.join(planner.plan.channels)}.")


def _groups(planner: Planner) -> tuple[GroupShare, ...]:
    place = {name: c for c, name in enumerate(planner.plan.channels)}
    return tuple(
        GroupShare(g.name, tuple(place[c] for c in g.channels), g.low, g.high)
        for g in planner.about.groups
    )


def best_budget(planner: Planner, request: OptimizeRequest) -> dict[str, Any]:
    """Find the best allocation of a budget.

    Raises
    ------
    RequestError
        422 for an unknown channel, 409 where no plan meets total and bounds.
    """
    plan, about = planner.plan, planner.about
    bounds, budget = _bounds(planner, request), _budget(planner, request)
    rng = stream(about.seed, "optimizer")
    try:
        limits = Limits(bounds, _groups(planner))
        optimal = decide.optimize(
            plan, limits, rng=rng, budget=budget, objective=about.objective, starts=STARTS
        )
    except InfeasibleError as error:
        raise conflict("budget", str(error), "Change the budget or the bounds.") from None
    gain, margin = optimal.best.gain, about.profit_margin
    currency = about.currency if about.value.known else ""
    added = optimal.budget - float(plan.total_spend.sum())
    profit = gain * margin - added if margin is not None else None
    checks = decide.certificate(plan, optimal, currency, margin=margin)
    rows = decide.recommendation_table(plan, optimal)
    return {
        "budget": optimal.budget,
        "currency": about.currency,
        "window": planner.window,
        "channels": rows_of(rows),
        "gain": _change(gain, about.interval),
        "profit": None if profit is None else _change(profit, about.interval),
        "interval": about.interval,
        **_without_nan({"p_gain": np.nan if profit is None else chance_of_gain(profit)}),
        "certificate": [
            {"check": c.check, "status": c.status, "finding": c.finding} for c in checks
        ],
    }


def _bounds(planner: Planner, request: OptimizeRequest) -> tuple[tuple[float, float], ...]:
    """Return the bounds of every channel: the request's, else the study's."""
    for name in request.bounds or {}:
        _require_channel(f"bounds.{name[:SHOWN]}", name, planner)
    bounds = tuple((planner.bounds | (request.bounds or {})).values())
    for name, (low, high) in zip(planner.plan.channels, bounds, strict=True):
        if low > high:
            reason = f"the low end {low:g} is above the high end {high:g}"
            raise conflict(f"bounds.{name}", reason, "Swap them.")
    return bounds


def _budget(planner: Planner, request: OptimizeRequest) -> float | None:
    """Return the requested total; None for today's."""
    if request.add is None:
        return request.budget
    if request.budget is not None:
        raise conflict("add", "budget and add contradict each other", "Give one of them.")
    return float(planner.plan.total_spend.sum() + request.add)


def _change(draws: Array, interval: float) -> dict[str, float | None]:
    """Describe a change in money; what is less than half a cent in every draw is none."""
    draws = np.where(np.abs(draws).max() < NOTHING, 0.0, draws)
    low, median, high = summarize(draws, interval)
    ends = _without_nan({"low": low, "median": median, "high": high})
    return {"mean": float(draws.mean()), **ends}
