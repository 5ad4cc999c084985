"""Grades: thresholds, bounds, and fits of twins that do not depend on who runs them."""

import numpy as np
import pandas as pd
import pytest

from mmm import paths
from mmm.decide.plan import current_plan
from mmm.decide.returns import roi
from mmm.model.bayes.fit import fit_bayes
from mmm.trust.recovery import (
    Units,
    grade_of,
    recover,
    recovery_slope,
    recovery_table,
    returns_of,
    upper_bound,
    worse,
)
from mmm.trust.twins import make_twins


def rows_of(truth, estimate, *, spread=1.3, unit="tv"):
    table = pd.DataFrame({"truth": truth, "estimate": estimate})
    table["low"], table["high"] = table["estimate"] / spread, table["estimate"] * spread
    return table.assign(unit=unit, metric="roi", level=1.0, twin=range(len(table)))


@pytest.mark.parametrize(
    ("slope", "error", "grade"),
    [
        (0.8, 0.2, "A"),
        (0.79, 0.1, "B"),
        (1.0, 0.21, "B"),
        (0.6, 0.4, "B"),
        (0.59, 0.1, "C"),
        (0.3, 0.7, "C"),
        (0.29, 0.1, "D"),
        (1.0, 0.71, "D"),
        (np.nan, np.nan, "D"),
    ],
)
def test_a_grade_needs_both_a_small_error_and_an_estimate_that_moves(slope, error, grade):
    assert grade_of(slope, error) == grade


def test_the_worse_of_two_grades():
    assert worse("A", "C") == worse("C", "A") == "C"


def test_an_estimate_that_never_moves_is_a_d_however_close_it_is():
    truth = np.array([0.9, 1.0, 1.1] * 8)
    judged = recovery_table(rows_of(truth, np.ones(24))).iloc[0]
    assert judged["error_median"] < 0.12
    assert judged["slope"] == pytest.approx(0, abs=1e-9)
    assert judged["grade"] == "D"


def test_an_estimate_that_follows_is_an_a():
    truth = np.geomspace(0.25, 4, 20)
    judged = recovery_table(rows_of(truth, 1.1 * truth)).iloc[0]
    assert judged["slope"] == pytest.approx(1)
    assert judged["error"] == pytest.approx(0.1)
    assert judged["coverage"] == 1
    assert judged["grade"] == "A"


def test_zero_truths_say_what_nothing_reads_as_and_count_in_nothing_else():
    truth = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 4.0])
    estimate = np.array([0.2, 0.3, 0.9, 1.0, 2.0, 4.0])
    judged = recovery_table(rows_of(truth, estimate)).iloc[0]
    assert judged["estimate_at_zero"] == pytest.approx(0.3)
    assert judged["error"] == pytest.approx(0, abs=1e-9)
    assert judged["twins"] == 6


def test_a_channel_without_spend_in_the_window_is_not_graded_well():
    judged = recovery_table(rows_of([np.nan] * 6, [np.nan] * 6)).iloc[0]
    assert judged["grade"] == "D"
    assert np.isnan(judged["error"])


def test_the_bound_holds_with_the_confidence_it_claims(rng):
    errors = np.abs(rng.standard_normal((4000, 20)))
    median = 0.6745
    held = np.mean([upper_bound(row) >= median for row in errors])
    assert 0.8 <= held <= 0.92


def test_few_twins_give_their_largest_error():
    assert upper_bound(np.array([0.1, 0.3])) == 0.3


def test_the_slope_is_that_of_the_logarithms():
    truth = np.array([0.5, 1.0, 2.0, 4.0])
    assert recovery_slope(truth, 3 * truth**0.4) == pytest.approx(0.4)


def test_a_group_is_switched_off_as_a_whole(model, plan):
    units = Units.of(model.channels, [(0, 1)])
    assert units.names == ("tv", "video", "search", "tv + video")
    found, spend = returns_of(plan, units), plan.total_spend
    joint = plan.incremental([0, 1]) / spend[:2].sum()
    assert np.allclose(found["roi"][:, 3], joint)
    assert np.allclose(found["roi"][:, :3], roi(plan))
    low, high = found["mroi"][:, :2].min(axis=1), found["mroi"][:, :2].max(axis=1)
    assert ((found["mroi"][:, 3] >= low) & (found["mroi"][:, 3] <= high)).all()


@pytest.fixture(scope="module")
def recovered(fitted):
    study, weekly, model = fitted
    twins = make_twins(model, weekly, study, n_twins=12, seed=1)
    return recover(twins, study, Units.of(model.channels), seed=1)


def test_clean_twins_come_back(recovered):
    table = recovery_table(recovered).set_index(["unit", "metric"])
    assert (table["twins"] == 12).all()
    assert set(table.loc[("tv", ["roi", "mroi"]), "grade"]) <= {"A", "B"}
    assert (table["coverage"] >= 0.5).all()


def test_the_number_of_processes_changes_no_byte(fitted, recovered, monkeypatch):
    study, weekly, model = fitted
    twins = make_twins(model, weekly, study, n_twins=12, seed=1)
    monkeypatch.setattr(paths, "jobs", lambda: 2)
    again = recover(twins, study, Units.of(model.channels), seed=1)
    assert again.to_csv() == recovered.to_csv()


def test_the_short_chain_agrees_with_the_long_ones(fitted):
    study, weekly, model = fitted
    twin = make_twins(model, weekly, study, n_twins=6, seed=1)[3]
    short = recover([twin], study, Units.of(model.channels), seed=1)
    short = short[short["metric"] == "roi"]["estimate"].to_numpy()
    long = fit_bayes(twin.weekly, study, seed=3).model
    draws = np.log(roi(current_plan(long, weekly, window_weeks=study.window_weeks)))
    gap = np.abs(np.log(short) - np.median(draws, axis=0)) / draws.std(axis=0)
    assert gap.max() < 0.6
