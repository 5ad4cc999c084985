"""A window without an outcome or without spend, and names that collide, stop before any fit."""

import numpy as np
import pytest
from refusals import refusal, says
from studies import make_frame, make_study

from mmm.data.clean import clean


@pytest.fixture
def frame():
    return make_frame()


@pytest.mark.parametrize("change", [lambda kpi: kpi * 0, lambda kpi: -kpi])
def test_a_window_without_an_outcome_is_refused(frame, change):
    frame.loc[:51, "sales"] *= 3
    frame.loc[52:, "sales"] = change(frame.loc[52:, "sales"])
    says(refusal(clean, frame, make_study()), "window of 52 weeks", "adds up to", "window_weeks")
    assert len(clean(frame, make_study(window_weeks=104))) == 104


def test_the_value_of_the_units_counts_in_the_window(frame):
    frame["value"] = 1.0
    frame.loc[52:, "value"] = 0.0
    data = {"file": "small.csv", "date": "week", "kpi": "sales", "kpi_type": "units"}
    study = make_study(data={**data, "value_column": "value"})
    says(refusal(clean, frame, study), "window of 52 weeks", "adds up to 0")


def test_a_window_in_which_nothing_is_bought_names_the_last_spend(frame):
    frame.loc[60:, ["tv_spend", "search_spend"]] = 0.0
    frame.loc[52:, ["tv_spend", "search_spend"]] = 0.0
    message = refusal(clean, frame, make_study())
    says(message, "no channel spends anything", "2022-12-26", "Set window_weeks")
    frame.loc[103, "tv_spend"] = 1.0
    assert len(clean(frame, make_study())) == 104


@pytest.mark.parametrize("size", [1e-300, 1e-13])
def test_an_outcome_too_small_to_compute_with_is_refused(frame, size):
    frame["sales"] *= size
    says(refusal(clean, frame, make_study()), "too small to compute with", "smaller units")


def test_a_level_and_a_column_of_one_name_are_refused(frame):
    frame["promo"] = ["a", "b"] * 52
    frame["promo: a"] = np.arange(104.0)
    study = make_study(controls={"columns": ["promo: a"], "categorical": ["promo"]})
    says(refusal(clean, frame, study), "'promo: a'", "overwrite", "Rename")


def test_levels_of_two_columns_of_one_name_are_refused(frame):
    frame["promo"] = ["x: a", "b"] * 52
    frame["promo: x"] = ["a", "c"] * 52
    study = make_study(controls={"categorical": ["promo", "promo: x"]})
    says(refusal(clean, frame, study), "'promo: x: a'", "overwrite")
