"""No grade is better than what the model's own draws say of a figure."""

import numpy as np
import pandas as pd
import pytest
from studies import drawn_model, make_frame, make_study

from mmm.data.weekly import weekly_data
from mmm.decide.plan import current_plan
from mmm.decide.returns import roi
from mmm.trust import chance_half_off, grade_table

CHANNELS = ["tv", "search"]


def recovered(grade):
    """Return the recovery of two channels, all of one grade."""
    numbers = dict.fromkeys(
        ["error", "error_median", "slope", "coverage", "estimate_at_zero"], 0.1
    )
    rows = [
        {"unit": name, "metric": metric, "grade": grade, "twins": 48} | numbers
        for name in CHANNELS
        for metric in ("roi", "mroi")
    ]
    return pd.DataFrame(rows).assign(lower_bound_at_zero=0.0)


def test_the_chance_counts_draws_that_the_median_misses_by_half(rng):
    study = make_study()
    weekly = weekly_data(make_frame(), study)
    model = drawn_model(weekly, study, rng)
    plan = current_plan(model, weekly)
    chances = chance_half_off(plan)
    for name, draws in zip(model.channels, roi(plan).T, strict=True):
        low, high = np.median(draws) / np.array([1.5, 0.5])
        outside = (draws < low) | (draws > high)
        assert chances.loc[name, "roi"] == pytest.approx(outside.mean(), abs=1e-12)
    one = current_plan(model.take(np.array([0])), weekly)
    assert (chance_half_off(one) == 0).all(axis=None)


def test_a_figure_that_its_draws_leave_open_is_a_direction():
    unsure = pd.DataFrame({"roi": [0.3, 0.0], "mroi": [0.0, 0.3]}, index=CHANNELS)
    table = grade_table(recovered("A"), CHANNELS, half_off=unsure)
    assert table["grade_roi"].tolist() == ["C", "A"]
    assert table["grade_mroi"].tolist() == ["A", "C"]
    assert table["caps"].tolist() == ["an interval too wide for a size", ""]
    assert (
        grade_table(recovered("D"), CHANNELS, half_off=unsure)["grade_roi"].tolist() == ["D"] * 2
    )
