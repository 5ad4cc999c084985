"""Where scenarios are evaluated: past weeks as they were, or future weeks from a plan file."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmm.arrays import Array, Mask
from mmm.data.clean import clean
from mmm.data.dates import LAST_DAY
from mmm.data.files import read_table
from mmm.data.weekly import WeeklyData, weekly_data
from mmm.decide.plan import Plan, current_plan, plan_of_rows
from mmm.decide.plan_files import PlanFile, read_plan
from mmm.decide.returns import summarize
from mmm.errors import DataError, InfeasibleError
from mmm.formatting import ends_of, period, span
from mmm.model.additive import AdditiveModel
from mmm.model.simulate import simulate
from mmm.study.schema import Scenario, Weekly
from mmm.study.study import Study


@dataclass(frozen=True)
class Setting:
    """Where a scenario is evaluated: the weeks, their spend without it, and the controls."""

    plan: Plan  #: The spend that the scenario is compared with.
    controls: pd.DataFrame  #: Shape (n_weeks, n_controls): controls of the weeks.
    is_future: bool = False  #: Whether the weeks come after the data.
    #: Shape (n_weeks, n_channels): weekly spend of the scenario itself, where a file gives it.
    planned: Array | None = None

    @property
    def window(self) -> str:
        """The weeks in words, for captions."""
        return period(self.plan.weeks)

    def expected(self, plan: Plan | None = None) -> Array:
        """Return the expected revenue of each week, carry-in included.

        Parameters
        ----------
        plan : Plan, optional
            Other spend in the same weeks.

        Returns
        -------
        ndarray, shape (n_draws, n_weeks)
            Baseline continued by trend, season, holidays, events and controls, plus media.
        """
        chosen, n_weeks = plan or self.plan, len(self.plan.weeks)
        media = chosen.effect(np.ones(len(chosen.channels)))[:, :n_weeks]
        baseline = chosen.model.baseline_effect(chosen.weeks, self.controls)
        return np.asarray((baseline + media) * chosen.value[:n_weeks])


def window_setting(model: AdditiveModel, weekly: WeeklyData, *, window_weeks: int) -> Setting:
    """Return the last weeks of the data as they were."""
    plan = current_plan(model, weekly, window_weeks=window_weeks)
    return Setting(plan, weekly.controls.iloc[len(weekly) - len(plan.weeks) :])


def file_setting(
    model: AdditiveModel, weekly: WeeklyData, study: Study, file: PlanFile, *, as_base: bool
) -> Setting:
    """Return the weeks of a plan file, past or future."""
    start, stop = file.rows(weekly)
    plan = plan_of_rows(model, weekly, start, stop)
    if study.data.value_column and study.data.value_column in file.others:
        value = plan.value.copy()
        value[: len(plan.weeks)] = file.others[study.data.value_column].to_numpy(float)
        plan = replace(plan, value=value)
    planned = file.spend.to_numpy(float)
    return Setting(
        plan=plan.with_spend(planned) if as_base else plan,
        controls=file.controls(weekly, study),
        is_future=start >= len(weekly),
        planned=None if as_base else planned,
    )


def setting_of(
    scenario: Scenario, model: AdditiveModel, weekly: WeeklyData, study: Study
) -> Setting:
    """Return where a scenario of the study file is evaluated.

    Raises
    ------
    InfeasibleError
        If its dates leave the data.
    """
    if isinstance(scenario, Weekly):
        file = read_plan(study.folder / scenario.file, study)
        return file_setting(model, weekly, study, file, as_base=False)
    if scenario.plan:
        file = read_plan(study.folder / scenario.plan, study)
        return file_setting(model, weekly, study, file, as_base=True)
    if scenario.start is None and scenario.end is None:
        return window_setting(model, weekly, window_weeks=study.window_weeks)
    inside = np.flatnonzero(touched_weeks(scenario, weekly.weeks))
    start, stop = int(inside[0]), int(inside[-1]) + 1
    plan = plan_of_rows(model, weekly, start, stop)
    return Setting(plan, weekly.controls.iloc[start:stop])


def future_settings(model: AdditiveModel, weekly: WeeklyData, study: Study) -> dict[str, Setting]:
    """Return where the scenarios that plan future weeks are evaluated, by name.

    Parameters
    ----------
    model : AdditiveModel
        A fitted model.
    weekly : WeeklyData
        The data.
    study : Study
        Its scenarios.
    """
    weeklies = [scenario for scenario in study.scenarios if isinstance(scenario, Weekly)]
    settings = {s.name: setting_of(s, model, weekly, study) for s in weeklies}
    return {name: setting for name, setting in settings.items() if setting.is_future}


def future_plan(model: AdditiveModel, weekly: WeeklyData, study: Study) -> Setting | None:
    """Return the future weeks that are to be optimized; None where the study names none.

    Parameters
    ----------
    model : AdditiveModel
        A fitted model.
    weekly : WeeklyData
        The data.
    study : Study
        Names the file of the plan in ``[optimize]``.
    """
    if study.optimize.plan is None:
        return None
    file = read_plan(study.folder / study.optimize.plan, study)
    return file_setting(model, weekly, study, file, as_base=True)


def touched_weeks(scenario: Scenario, weeks: pd.DatetimeIndex) -> Mask:
    """Return which weeks a scenario changes.

    Raises
    ------
    InfeasibleError
        If it touches none of them.
    """
    first = pd.Timestamp(scenario.start) if scenario.start else weeks[0]
    last = pd.Timestamp(scenario.end) if scenario.end else weeks[-1]
    inside = (weeks + LAST_DAY >= first) & (weeks <= last)
    if first > weeks[-1] + LAST_DAY or last < weeks[0]:
        raise InfeasibleError(
            f"scenario {scenario.name!r}: {span(first, last)} is outside the weeks "
            f"{ends_of(weeks)}. Choose dates within them, or name a `plan` with future weeks."
        )
    return np.asarray(inside)


def check(study: Study) -> None:
    """See that scenarios and weekly plans lie where they can be evaluated, before anything runs.

    Raises
    ------
    DataError
        If a plan file cannot be read, starts on another weekday, leaves the data half way, lacks
        a control, has a level of one that the data never have, or spends nothing to optimize.
    InfeasibleError
        If the dates of a scenario leave the weeks it is evaluated in.
    """
    files = {path: read_plan(path, study) for path in study.plan_files}
    dated = any(scenario.start or scenario.end for scenario in study.scenarios)
    if study.panel is not None or not (dated or files):
        return
    made = study.simulate is not None
    frame = (
        simulate(study).national
        if made
        else clean(read_table(study.data_file, study.data.sheet), study)
    )
    weekly = weekly_data(frame, study)
    for file in files.values():
        file.controls(weekly, study)
        if file.rows(weekly)[1] > len(weekly):
            file.require_known_levels(frame, study)
    for scenario in study.scenarios:
        weeks = files[study.folder / scenario.plan].weeks if scenario.plan else weekly.weeks
        touched_weeks(scenario, weeks)
    named = study.optimize.plan
    if named and not files[study.folder / named].spend.to_numpy().any():
        raise DataError(
            f"{named}: no week has any spend, so [optimize] has nothing to distribute. Write what "
            f"is planned into it, or leave `plan` out."
        )


def forecast(setting: Setting, *, interval: float) -> pd.DataFrame:
    """Return the expected revenue of the weeks of a plan file, with it and without it.

    Parameters
    ----------
    setting : Setting
        Weeks with planned spend.
    interval : float
        Central share of the intervals: of the expectation, without weekly noise.

    Returns
    -------
    DataFrame
        Columns week, without_plan (median), low, revenue (median), high; currency.
    """
    without, spend = setting.expected(), setting.planned
    draws = without if spend is None else setting.expected(setting.plan.with_spend(spend))
    bands = np.array([summarize(draws[:, t], interval) for t in range(draws.shape[1])])
    return pd.DataFrame(
        {
            "week": setting.plan.weeks,
            "without_plan": np.median(without, axis=0),
            "low": bands[:, 0],
            "revenue": bands[:, 1],
            "high": bands[:, 2],
        }
    )
