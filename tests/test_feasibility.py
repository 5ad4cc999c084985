"""Bounds, groups, budgets and scenarios that cannot hold are refused before any fit."""

import pytest
from studies import make_channel, make_frame, make_study

from mmm.decide import feasibility
from mmm.errors import InfeasibleError
from mmm.paths import data_folder
from mmm.run.pipeline import check_data
from mmm.study.load import load_study

NAMES = ("tv", "search", "radio")


def study_of(bounds=None, **optimize):
    channels = {name: make_channel(name) for name in NAMES}
    for name, ends in (bounds or {}).items():
        channels[name]["bounds"] = ends
    return make_study(NAMES, channels=channels, optimize=optimize)


@pytest.fixture
def frame():
    return make_frame(channels=NAMES)


def refused(frame, study):
    with pytest.raises(InfeasibleError) as caught:
        feasibility.check(frame, study)
    return str(caught.value)


def test_limits_that_hold_pass(frame):
    feasibility.check(frame, study_of({"tv": (1.0, 1.2)}, fixed=["search"], add=100.0))


def test_minima_above_todays_total_name_the_channels(frame):
    message = refused(
        frame, study_of({"tv": (1.1, 2.0), "search": (1.1, 2.0), "radio": (1.0, 1.0)})
    )
    assert "bounds ask for at least" in message
    assert (
        "Lower the first number of `bounds` under [channels.tv] and [channels.search]." in message
    )


def test_maxima_below_todays_total_name_the_channels(frame):
    bounds = {"tv": (0.1, 0.9), "search": (0.5, 1.0), "radio": (0.2, 0.8)}
    message = refused(frame, study_of(bounds))
    assert "ask for at most" in message
    assert (
        "Raise the second number of `bounds` under [channels.tv] and [channels.radio]." in message
    )


def test_groups_that_contradict_each_other_or_the_bounds_are_named(frame):
    groups = {
        "a": {"channels": ["tv"], "min_share": 0.9},
        "b": {"channels": ["search"], "min_share": 0.9},
    }
    assert "no split keeps the groups" in refused(frame, study_of(groups=groups))
    one = {"a": {"channels": ["tv"], "min_share": 0.95}}
    assert "'a' is to take 95% to 100%" in refused(frame, study_of(groups=one))


def test_a_group_that_only_another_total_could_meet_is_refused(frame):
    """Its channels can take the share only where the others are cut below their bounds."""
    groups = {"a": {"channels": ["tv"], "max_share": 0.1}}
    message = refused(frame, study_of({"tv": (1.0, 1.0)}, groups=groups))
    assert "[optimize.groups]" in message


@pytest.mark.parametrize("add", [1e6, 1e12])
def test_extra_money_without_room_is_refused(frame, add):
    message = refused(frame, study_of(add=add, max_change=0.1))
    assert "optimize.add" in message
    assert "max_change" in message


@pytest.mark.parametrize(
    "scenario",
    [
        {"kind": "add", "name": "More", "to": ["radio"], "amount": 10.0},
        {"kind": "shift", "name": "Move", "from": "tv", "to": ["radio"], "share": 0.1},
    ],
)
def test_money_for_a_channel_that_is_no_longer_bought_is_refused(frame, scenario):
    frame.loc[40:, "radio_spend"] = 0.0
    study = make_study(NAMES, scenarios=[scenario])
    assert "radio spend nothing in the window" in refused(frame, study)
    dated = {**scenario, "start": frame["week"][10].date(), "end": frame["week"][20].date()}
    feasibility.check(frame, make_study(NAMES, scenarios=[dated]))


@pytest.mark.parametrize("name", ["halo_case_study", "constrained_budget", "promo_competition"])
def test_the_studies_of_the_project_can_hold(name):
    check_data(load_study(data_folder() / name / "study.toml"))
