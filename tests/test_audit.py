"""The audit: what is there, and what to be careful about."""

import datetime as dt
import re

import numpy as np
import pytest
from refusals import refusal, says
from studies import make_frame, make_study

from mmm.data.clean import clean
from mmm.data.quality import audit, require_passed
from mmm.errors import StudyError


def audited(frame, study=None):
    study = study or make_study()
    return {finding.check: finding for finding in audit(clean(frame, study), study)}


@pytest.fixture
def frame():
    frame = make_frame(n_weeks=130)
    return frame.assign(sales=1000 + np.sin(np.arange(130.0)))


def test_sound_data_pass_every_check(frame):
    findings = audited(frame)
    assert {finding.status for finding in findings.values()} == {"PASS"}
    assert "130 weeks from 2022-01-03 to 2024-06-24" in findings["dates"].finding


def test_empty_spend_is_counted_per_channel_with_its_first_week(frame):
    assert "empty spend" not in audited(frame)
    frame.loc[[3, 9], "tv_spend"] = np.nan
    finding = audited(frame)["empty spend"]
    assert finding.status == "REVIEW"
    assert "TV: 2 weeks, first 2022-01-24" in finding.finding
    assert "SEARCH" not in finding.finding


def test_under_two_years_need_review(frame):
    finding = audited(frame.head(100))["dates"]
    assert finding.status == "REVIEW"
    assert "two" in finding.remedy


def test_more_weeks_than_a_market_lives_fail():
    assert audited(make_frame(n_weeks=2700))["dates"].status == "FAIL"


def test_negative_outcomes_are_counted(frame):
    frame.loc[[3, 5], "sales"] = -1.0
    finding = audited(frame)["KPI"]
    assert finding.status == "REVIEW"
    assert finding.finding.startswith("2 of 130")


def test_an_outlying_week_is_named(frame):
    frame.loc[40, "sales"] *= 3
    finding = audited(frame)["outliers"]
    assert finding.status == "REVIEW"
    assert "2022-10-10" in finding.finding
    assert "[[events]]" in finding.remedy


def test_a_tiny_channel_is_named(frame):
    frame["tv_spend"] *= 0.01
    finding = audited(frame)["spend share"]
    assert finding.status == "REVIEW"
    assert re.fullmatch(r"TV [12]\xa0%, SEARCH 9[89]\xa0%\.", finding.finding)
    assert finding.remedy.startswith("TV is under 3\xa0%")


def test_a_channel_that_is_rarely_on_air_is_named(frame):
    frame["tv_spend"] = np.where(np.arange(len(frame)) % 10 == 0, frame["tv_spend"], 0.0)
    finding = audited(frame)["active weeks"]
    assert finding.status == "REVIEW"
    assert "TV is active in only 10\xa0%" in finding.finding


def test_a_channel_that_starts_in_the_holdout_is_named(frame):
    frame.loc[: len(frame) - 14, "tv_spend"] = 0.0
    finding = audited(frame)["training weeks"]
    assert finding.status == "REVIEW"
    assert finding.finding.startswith("TV never varies")


def test_few_weeks_per_parameter_need_review(frame):
    finding = audited(frame.head(60))["observations per parameter"]
    assert finding.status == "REVIEW"
    assert re.findall(r"\d+(?:\.\d)?", finding.finding) == ["3.9", "12"]


def test_a_date_after_the_latest_plausible_one_fails():
    study = make_study()
    data = study.data.model_copy(update={"latest_plausible": dt.date(2023, 1, 1)})
    study = study.model_copy(update={"data": data})
    found = {f.check: f for f in audit(clean(make_frame(), study), study)}
    assert found["dates"].status == "FAIL"
    assert "latest plausible" in found["dates"].finding


def test_shuffled_rows_look_like_no_series(rng):
    frame = make_frame()
    order = rng.permutation(len(frame))
    columns = [name for name in frame.columns if name != "week"]
    frame[columns] = rng.normal(100, 5, (len(frame), len(columns)))[order]
    assert audited(frame)["order in time"].status == "REVIEW"


def test_a_week_that_is_the_opposite_of_the_last_is_written_with_a_minus():
    frame = make_frame(n_weeks=130)
    frame["sales"] = 1000.0 + 50 * (-1.0) ** np.arange(130)
    assert "Week to week r = −" in audited(frame)["order in time"].finding


def test_a_control_that_is_the_outcome_fails_by_name(frame):
    study = make_study(controls={"columns": ("copy",)})
    found = audited(frame.assign(copy=frame["sales"] * 3 + 1), study)["controls"]
    assert found.status == "FAIL"
    assert "'copy'" in found.finding
    assert "remove 'copy'" in found.remedy


@pytest.mark.parametrize("factor", [1, 2.5])
def test_spends_that_repeat_another_fail_by_name(frame, factor):
    found = audited(frame.assign(search_spend=frame["tv_spend"] * factor))["repeated spend"]
    assert found.status == "FAIL"
    assert "'tv_spend' and 'search_spend'" in found.finding


@pytest.mark.parametrize(("value", "said"), [(0.0, "zero"), (1000.0, "always 1000")])
@pytest.mark.parametrize(("first", "weeks", "status"), [(20, 13, "FAIL"), (90, 40, "FAIL")])
def test_an_outcome_that_stands_still_for_a_quarter_fails(
    frame, value, said, first, weeks, status
):
    frame.loc[first : first + weeks - 1, "sales"] = value
    finding = audited(frame)["KPI varies"]
    assert finding.status == status
    assert said in finding.finding
    assert f"{weeks} weeks in a row" in finding.finding


def test_twelve_weeks_of_one_value_are_no_quarter(frame):
    frame.loc[20:31, "sales"] = 0.0
    assert audited(frame)["KPI varies"].status == "PASS"


def test_a_check_that_fails_stops_before_any_fit_unless_it_is_accepted(frame):
    frame.loc[20:40, "sales"] = 0.0
    study = make_study()
    says(refusal(require_passed, clean(frame, study), study), "KPI varies", "[checks]")
    accepting = make_study(checks={"accept": ["KPI varies"]})
    require_passed(clean(frame, accepting), accepting)
    with pytest.raises(StudyError, match="there is no check 'KPI varie'"):
        require_passed(clean(frame, study), make_study(checks={"accept": ["KPI varie"]}))
