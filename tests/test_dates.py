"""Dates are read by the one format that fits, or refused; rows are a week apart."""

import pandas as pd
import pytest
from pydantic import TypeAdapter, ValidationError
from refusals import refusal, says
from studies import make_frame, make_study

from mmm.data.clean import clean
from mmm.data.dates import EARLIEST, LATEST, infer_date_format, parse_dates
from mmm.model.parts import Day


@pytest.fixture
def frame():
    return make_frame()


# --- reading -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "format_"),
    [
        (["2024-01-01", "2024-01-08"], "%Y-%m-%d"),
        (["2024-01-01 00:00:00"], "%Y-%m-%d %H:%M:%S"),
        (["31/12/2023", "07/01/2024"], "%d/%m/%Y"),
        (["12/31/2023", "1/7/2024"], "%m/%d/%Y"),
        (["31.12.2023"], "%d.%m.%Y"),
        (["20231231"], "%Y%m%d"),
        (["1-Jan-2024"], "%d-%b-%Y"),
        (["01/01/2024", "08/01/2024", "15/01/2024"], "%d/%m/%Y"),
        (["02 January 2023", "9 January 2023"], "%d %B %Y"),
        (["January 2, 2023"], "%B %d, %Y"),
        (["02. 01. 2023", "16. 01. 2023"], "%d. %m. %Y"),
        (["2023-01-02T00:00"], "%Y-%m-%dT%H:%M"),
        (["2023-01-02T00:00:00Z"], "%Y-%m-%dT%H:%M:%S%z"),
        (["2023-01-02 00:00:00+00:00"], "%Y-%m-%d %H:%M:%S%z"),
        (["2023-01-02 00:00:00.000"], "%Y-%m-%d %H:%M:%S.%f"),
        (["2023-01-02T00:00:00.000Z"], "%Y-%m-%dT%H:%M:%S.%f%z"),
        (["01/02/2024", "08/02/2024"], "%d/%m/%Y"),  # only day first is weekly
        (["02/01/2024", "02/08/2024"], "%m/%d/%Y"),  # only month first is weekly
    ],
)
def test_the_one_date_format_that_fits_is_found(values, format_):
    assert infer_date_format(values, where="file") == format_


def test_ambiguous_day_and_month_are_refused():
    message = refusal(lambda: infer_date_format(["01/02/2024", "03/04/2024"], where="a.csv, 'd'"))
    says(message, "a.csv, 'd'", "'01/02/2024'", "%d/%m/%Y or %m/%d/%Y", "YYYY-MM-DD")


def test_dates_that_mix_formats_are_refused(frame):
    frame["week"] = frame["week"].dt.strftime("%Y-%m-%d")
    frame.loc[5, "week"] = "07/02/2022"
    message = refusal(clean, frame, make_study())
    says(message, "small.csv, column 'week'", "1 of 104", "'07/02/2022' in data row 6", "Use one")


def test_unparsable_dates_are_refused(frame):
    frame["week"] = [f"week {n}" for n in range(len(frame))]
    message = refusal(clean, frame, make_study())
    says(message, "column 'week'", "104 of 104", "'week 0' in data row 1", "date_format")


def test_dates_that_break_the_declared_format_are_refused(frame):
    frame["week"] = frame["week"].dt.strftime("%Y-%m-%d")
    raw = {"file": "small.csv", "date": "week", "kpi": "sales", "date_format": "%d/%m/%Y"}
    says(refusal(clean, frame, make_study(data=raw)), "not in the format %d/%m/%Y", "'2022-01-03'")


@pytest.mark.parametrize(
    ("format_", "reason"),
    [
        ("%Q", "bad directive"),
        ("%Y-%m-%d%", "stray %"),
        ("%Y-%m-%d %Y", "redefinition"),
        ("%Y-%m-%U", "without day and year"),
        ("mixed", "names no part of a date"),
        ("ISO8601", "names no part of a date"),
        ("", "names no part of a date"),
    ],
)
def test_a_format_that_cannot_be_used_is_refused(frame, format_, reason):
    where = "small.csv, column 'week'"
    message = refusal(lambda: parse_dates(frame["week"], date_format=format_, where=where))
    says(message, f"{where}: date_format {format_!r} cannot", reason, "'%Y-%m-%d' for 2024-01-31")


@pytest.mark.parametrize("date", ["1899-12-25", "0001-01-01", "2200-01-06", "9999-12-27"])
def test_dates_that_no_model_file_may_hold_are_refused(frame, date):
    frame["week"] = frame["week"].dt.strftime("%Y-%m-%d")
    frame.loc[5, "week"] = date
    message = refusal(clean, frame, make_study())
    says(message, "small.csv, column 'week'", "1 of 104 dates are not between 1900-01-01 and 2200")
    says(message, f"first '{date}' in data row 6", "Correct them")


def test_the_first_and_last_date_are_those_of_a_model_file():
    day = TypeAdapter(Day)
    for date in (EARLIEST, LATEST):
        assert parse_dates(pd.Series([f"{date:%Y-%m-%d}"]), date_format=None, where="x")[0] == date
        assert day.validate_python(f"{date:%Y-%m-%d}") == date
    for date in (EARLIEST - pd.Timedelta(days=1), LATEST + pd.Timedelta(days=1)):
        with pytest.raises(ValidationError):
            day.validate_python(f"{date:%Y-%m-%d}")


def test_an_empty_date_is_refused(frame):
    frame.loc[3, "week"] = pd.NaT
    says(refusal(clean, frame, make_study()), "1 dates are empty", "data row 4", "Fill them")


def test_a_time_of_day_is_dropped():
    dates = parse_dates(pd.Series(["2024-01-01 12:00:00"]), date_format=None, where="x")
    assert dates[0] == pd.Timestamp("2024-01-01")


@pytest.mark.parametrize("format_", [None, "%Y-%m-%dT%H:%M:%S%z"])
def test_a_date_with_an_offset_is_the_day_that_is_written(format_):
    text = ["2023-03-20T00:00:00+01:00", "2023-03-27T00:00:00+02:00", "2023-04-03T00:00:00Z"]
    dates = parse_dates(pd.Series(text), date_format=format_, where="x")
    assert dates.tolist() == list(pd.date_range("2023-03-20", periods=3, freq="7D"))


def test_an_offset_within_a_declared_format_is_dropped_too():
    text = ["+0100 2023-03-20", "+0200 2023-03-27"]
    dates = parse_dates(pd.Series(text), date_format="%z %Y-%m-%d", where="x")
    assert dates.tz is None
    text = ["2023-03-20", "2023-03-27T00:00:00Z"]
    says(
        refusal(
            lambda: parse_dates(pd.Series(text), date_format="%Y-%m-%dT%H:%M:%S%z", where="x")
        ),
        "1 of 2 dates are not in the format",
    )


def test_repeated_weeks_are_refused(frame):
    frame = pd.concat([frame, frame.iloc[[7]]])
    message = refusal(clean, frame, make_study())
    says(message, "small.csv", "1 of 105 rows repeat a date, first 2022-02-21", "pick one market")


def test_missing_weeks_are_refused(frame):
    message = refusal(clean, frame.drop(index=[10, 11]), make_study())
    says(message, "between 2022-03-07 and 2022-03-28 (2 week(s) missing)", "add the missing rows")


def test_daily_rows_are_refused(frame):
    frame["week"] = pd.date_range("2022-01-01", periods=len(frame), freq="D")
    message = refusal(clean, frame, make_study())
    says(message, "typically 1 day(s) apart, not 7", "2022-01-01", "aggregate the data")
