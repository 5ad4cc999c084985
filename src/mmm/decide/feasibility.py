"""Whether the plans and scenarios that a study asks for can exist, before anything is fitted."""

from __future__ import annotations

import pandas as pd

from mmm.data.weekly import WeeklyData, weekly_data
from mmm.decide.limits import CENT, Feasible, Limits
from mmm.decide.plan_files import read_plan
from mmm.decide.scenario_weeks import touched_weeks
from mmm.decide.scenarios import weights_of
from mmm.errors import InfeasibleError
from mmm.formatting import listing, money
from mmm.study.schema import Add, Shift
from mmm.study.study import Study


def check(frame: pd.DataFrame, study: Study) -> None:
    """See that bounds, groups, budgets and scenarios of a study can hold.

    Parameters
    ----------
    frame : DataFrame
        The clean data of the study.
    study : Study
        What it asks for.

    Raises
    ------
    InfeasibleError
        If they contradict each other or what is spent; the message names the key to change.
    """
    weekly = weekly_data(frame, study)
    window = weekly.spend.tail(study.window_weeks or len(weekly))
    total = _require_total(window, study, "today's spend")
    _require_extra(window, total, study)
    if study.optimize.plan is not None:
        coming = read_plan(study.folder / study.optimize.plan, study).spend
        _require_total(coming, study, f"the spend of {study.optimize.plan}")
    for scenario in study.scenarios:
        if isinstance(scenario, Shift | Add):
            spend = _spend_of(scenario, weekly, study)
            weights_of(scenario, spend[list(scenario.to)].sum().to_numpy(float))


def _feasible(spend: pd.DataFrame, study: Study) -> Feasible:
    current = spend[study.channel_names].sum().to_numpy(float)
    return Limits.of(study).around(study.channel_names, current)


def _require_total(spend: pd.DataFrame, study: Study, what: str) -> float:
    """Refuse limits that today's total cannot meet; return the total."""
    feasible, total = _feasible(spend, study), float(spend.to_numpy().sum())
    least, most = feasible.totals()
    if least - CENT <= total <= most + CENT:
        return total
    amount, low = money(total, study.currency), least > total
    end, factor = ("least", least) if low else ("most", most)
    raise InfeasibleError(
        f"{'bounds and groups' if feasible.groups else 'bounds'} ask for at {end} "
        f"{money(factor, study.currency)} over the window, but {what} is {amount} and the plan "
        f"keeps that total. {_remedy(study, low=low)}"
    )


def _remedy(study: Study, *, low: bool) -> str:
    """Name the keys that force the total up, or down."""
    forced = [
        f"[channels.{name}]"
        for name, (least, most) in zip(study.channels, study.bounds, strict=True)
        if (least > 1 if low else most < 1)
    ]
    end = "first number" if low else "second number"
    if not forced:
        return "Widen min_share and max_share in [optimize.groups], or `bounds` of their channels."
    change = "Lower" if low else "Raise"
    said = f"{change} the {end} of `bounds` under {listing(forced)}"
    return f"{said}, or widen [optimize.groups]." if study.optimize.groups else f"{said}."


def _require_extra(spend: pd.DataFrame, total: float, study: Study) -> None:
    """Refuse extra money for which the limits have no room."""
    add = study.optimize.add
    if add is None:
        return
    room = _feasible(spend, study).totals()[1] - total
    if add > room + CENT:
        raise InfeasibleError(
            f"optimize.add = {add:,.0f}: the bounds leave room for "
            f"{money(max(room, 0.0), study.currency)} more at most. Lower `add`, or raise "
            f"max_change in [optimize] or the second number of `bounds` of some channels."
        )


def _spend_of(scenario: Shift | Add, weekly: WeeklyData, study: Study) -> pd.DataFrame:
    """Return the spend of the weeks that a scenario changes."""
    if scenario.plan:
        file = read_plan(study.folder / scenario.plan, study)
        return file.spend[touched_weeks(scenario, file.weeks)]
    if scenario.start is None and scenario.end is None:
        return weekly.spend.tail(study.window_weeks or len(weekly))
    return weekly.spend[touched_weeks(scenario, weekly.weeks)]
