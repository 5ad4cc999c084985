"""Weekly plans in files: what is refused before a run, and what is let pass."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from studies import make_frame, make_study

from mmm.errors import DataError, InfeasibleError
from mmm.run.pipeline import check_data

PLAN = {"kind": "weekly", "name": "Plan", "file": "plan.csv"}
SHIFT = {"kind": "shift", "from": "tv", "to": ["search"], "share": 0.5}


@pytest.fixture
def folder(tmp_path):
    """Return a folder with data whose value of a unit, promotion and region are known."""
    frame = make_frame()
    columns = {"price": 2.0, "promo": np.arange(len(frame)) % 5, "region": "north"}
    frame = frame.assign(**columns)
    frame.loc[::3, "region"] = "south"
    frame.to_csv(tmp_path / "small.csv", index=False)
    return tmp_path


def make_planned(folder, *scenarios, **tables):
    """Return the study of the folder, with a plan as its scenario if none is given."""
    study = make_study(
        data={
            **{"file": "small.csv", "date": "week", "kpi": "sales"},
            **{"kpi_type": "units", "value_column": "price"},
        },
        controls={"columns": ["promo"], "categorical": ["region"]},
        holdout={"weeks": 13},
        scenarios=list(scenarios or [PLAN]),
        **tables,
    )
    return study.model_copy(update={"folder": folder})


def write_plan(folder, start=None, n_weeks=4, **columns):
    """Write a plan; it starts after the data if no other week is named."""
    last = pd.read_csv(folder / "small.csv", parse_dates=["week"])["week"].iloc[-1]
    first = pd.Timestamp(start) if start else last + pd.Timedelta(days=7)
    given = {
        "week": pd.date_range(first, periods=n_weeks, freq="7D"),
        **{"tv_spend": 100.0, "search_spend": 80.0, "price": 2.0, "promo": 1, "region": "north"},
        **columns,
    }
    table = pd.DataFrame({name: value for name, value in given.items() if value is not None})
    table.to_csv(folder / "plan.csv", index=False)


@pytest.mark.parametrize("column", ["price", "tv_spend"])
@pytest.mark.parametrize("value", ["dear", None, -1.0, 1e300])
def test_amounts_are_numbers_of_a_plausible_size(folder, column, value):
    write_plan(folder, **{column: [1.0, 2.0, "" if value is None else value, 4.0]})
    name = "value 'price'" if column == "price" else "spend of 'tv'"
    with pytest.raises(DataError, match=rf"plan\.csv: {name} is .*\(1 such week\)\. Give"):
        check_data(make_planned(folder))


def test_a_plan_without_the_value_of_a_unit_is_a_plan(folder):
    write_plan(folder, price=None)
    check_data(make_planned(folder))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"promo": None}, "'promo' is missing"),
        ({"promo": "much"}, "control 'promo' is 'much'"),
        ({"region": "west"}, r"control 'region' is 'west'.*Known are 'north', 'south'\."),
        ({"start": "2024-01-02"}, "start on Tuesday.*data's on Monday"),
        ({"start": "2023-12-18"}, "wholly in the data, or starts after it"),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused_before_the_run(folder, change, message):
    write_plan(folder, **change)
    for study in (
        make_planned(folder),
        make_planned(folder, optimize={"plan": "plan.csv"}),
        make_planned(folder, {"name": "Mix", "plan": "plan.csv", **SHIFT}),
    ):
        with pytest.raises(DataError, match=message):
            check_data(study)


def test_past_weeks_need_no_controls_and_may_have_any_region(folder):
    write_plan(folder, start="2023-01-02", promo=None, region="west")
    check_data(make_planned(folder))


def test_a_plan_that_spends_nothing_cannot_be_optimized(folder):
    write_plan(folder, tv_spend=0, search_spend=0)
    check_data(make_planned(folder))
    with pytest.raises(DataError, match=r"plan\.csv: no week has any spend"):
        check_data(make_planned(folder, optimize={"plan": "plan.csv"}))


@pytest.mark.parametrize("simulated", [False, True])
def test_dates_of_a_scenario_lie_in_its_weeks(folder, study, simulated):
    write_plan(folder)
    dated = {"name": "Mix", **SHIFT, "start": dt.date(2031, 1, 6), "end": dt.date(2031, 2, 3)}
    planned = {
        **dated,
        "plan": "plan.csv",
        "start": dt.date(2022, 3, 7),
        "end": dt.date(2022, 3, 14),
    }
    for scenario in (dated,) if simulated else (dated, planned):
        bad = make_planned(folder, scenario)
        if simulated:
            bad = study.model_copy(update={"scenarios": bad.scenarios})
        with pytest.raises(InfeasibleError, match=r"scenario 'Mix': .*outside the weeks"):
            check_data(bad)
