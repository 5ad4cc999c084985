"""The baseline: what sales would do without media."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from studies import make_frame, make_study

from mmm.data.weekly import weekly_data
from mmm.model.baseline import baseline_design, fourier, holiday_counts, independent_columns

WEEKS = pd.date_range("2023-01-02", periods=104, freq="7D")


def weekly_of(study, frame=None):
    return weekly_data(make_frame() if frame is None else frame, study)


def test_terms_come_in_order_and_the_trend_counts_years():
    weekly = weekly_of(study := make_study())
    matrix = baseline_design(weekly, study).matrix(weekly.weeks, weekly.controls)
    assert list(matrix) == ["intercept", "trend", "season sin 1", "season cos 1"]
    assert (matrix["intercept"] == 1).all()
    assert matrix["trend"].iloc[0] == 0
    assert_allclose(np.diff(matrix["trend"]), 7 / 365.25)


def test_the_season_repeats_itself_after_a_year():
    days = pd.DatetimeIndex(["2023-03-06", "2025-03-06"])
    for values in fourier(days, 3).values():
        assert_allclose(values[0], values[1])
    assert len(fourier(days, 3)) == 6
    assert_allclose(fourier(days, 1)["season sin 1"][0], np.sin(2 * np.pi * 65 / 365.25))


def test_holidays_are_counted_in_the_week_they_fall_in():
    counts = pd.Series(holiday_counts(WEEKS, "US"), index=WEEKS)
    assert counts["2023-07-03"] == 1  # Independence Day, a Tuesday
    assert counts["2023-12-25"] == 1  # Christmas; New Year's Day is the next Monday
    assert counts["2024-01-01"] == 1
    assert counts["2023-03-06"] == 0


def test_holidays_outside_the_weeks_do_not_count():
    weeks = pd.date_range("2023-03-06", periods=2, freq="7D")
    assert holiday_counts(weeks, "US").tolist() == [0.0, 0.0]


def test_an_event_covers_every_week_it_touches():
    event = {"name": "strike", "start": pd.Timestamp("2022-01-16").date()}
    event["end"] = pd.Timestamp("2022-01-24").date()
    weekly = weekly_of(study := make_study(events=[event]))
    matrix = baseline_design(weekly, study).matrix(weekly.weeks, weekly.controls)
    # weeks start on 3, 10, 17, 24 and 31 January
    assert matrix["event: strike"].tolist()[:5] == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_controls_are_centred_on_the_weeks_they_were_learned_on():
    frame = make_frame()
    frame["promo"] = np.arange(len(frame), dtype=float) % 5
    study = make_study(controls={"columns": ["promo"]})
    weekly = weekly_of(study, frame)
    train = weekly.head(50)
    design = baseline_design(train, study)
    seen = design.matrix(train.weeks, train.controls)["control: promo"]
    assert_allclose(seen.mean(), 0.0, atol=1e-12)
    unseen = design.matrix(weekly.weeks, weekly.controls)["control: promo"]
    assert_allclose(unseen[:50], seen)


def test_a_term_that_others_already_say_is_dropped_and_named():
    frame = make_frame()
    frame["promo"] = (np.arange(len(frame)) % 4 == 0).astype(float)
    frame["promo_again"] = 3 * frame["promo"] + 2
    frame["closed"] = 0.0
    study = make_study(controls={"columns": ["promo", "promo_again", "closed"]})
    weekly = weekly_of(study, frame)
    design = baseline_design(weekly, study)
    dropped = design.dropped(weekly.weeks, weekly.controls)
    assert dropped == ["control: promo_again", "control: closed"]
    matrix = design.matrix(weekly.weeks, weekly.controls)
    assert np.linalg.matrix_rank(matrix) == matrix.shape[1]


def test_independent_columns_keep_the_first_of_a_dependent_set():
    columns = pd.DataFrame(
        {"a": [1.0, 0, 0], "b": [1.0, 1, 0], "c": [2.0, 1, 0], "d": [0.0, 0, 1]}
    )
    assert independent_columns(columns) == ["a", "b", "d"]


def test_an_unknown_country_is_an_error():
    with pytest.raises(NotImplementedError):
        holiday_counts(WEEKS, "Atlantis")
