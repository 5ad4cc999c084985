"""Dates are read by the one format that fits, or refused; rows are a week apart."""

import pandas as pd
import pytest
from pydantic import TypeAdapter, ValidationError
from refusals import refusal, says
from studies import make_frame, make_study

from mmm.data.calendar_words import labels_last_day, may_label_last_day
from mmm.data.clean import clean
from mmm.data.dates import EARLIEST, LATEST, infer_date_format, parse_dates
from mmm.data.spacing import refuse_coarse
from mmm.data.week_numbers import join_weeks
from mmm.errors import StudyError
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


# --- forms -----------------------------------------------------------------------------------

WEEKS = pd.date_range("2022-01-03", periods=104, freq="7D")
DAYS = pd.date_range("2022-01-03", periods=400, freq="D").delete([5, 50, 77])
ORDERS = ("%d{0}%m{0}%{1}", "%m{0}%d{0}%{1}", "%{1}{0}%m{0}%d")


def read(values, name="day"):
    format_ = infer_date_format(list(values), where="own.csv", name=name)
    column = pd.Series(list(values), name=name)
    return parse_dates(column, date_format=format_, where="own.csv")


@pytest.mark.parametrize("separator", ["-", "/", ".", " "])
@pytest.mark.parametrize("year", ["Y", "y"])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("days", [WEEKS, DAYS], ids=["weekly", "daily with gaps"])
def test_any_order_any_separator_and_years_of_two_digits_are_read(order, separator, year, days):
    assert read(days.strftime(order.format(separator, year))).equals(days)


MONTHS = {
    "en": "Jan Feb Mar Apr May June July Aug Sept Oct Nov Dec",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "de short": "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "fr short": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "es": "enero febrero marzo abril mayo junio "
    "julio agosto septiembre octubre noviembre diciembre",
    "es short": "ene feb mar abr may jun jul ago sep oct nov dic",
    "it": "gennaio febbraio marzo aprile maggio giugno "
    "luglio agosto settembre ottobre novembre dicembre",
    "it short": "gen feb mar apr mag giu lug ago set ott nov dic",
    "pt": "janeiro fevereiro março abril maio junho "
    "julho agosto setembro outubro novembro dezembro",
    "pt short": "jan fev mar abr mai jun jul ago set out nov dez",
    "nl": "januari februari maart april mei juni "
    "juli augustus september oktober november december",
    "nl short": "jan feb mrt apr mei jun jul aug sep okt nov dec",
}
SHAPES = ("{d} {m} {y}", "{d:02}-{m}-{s:02}", "{d}. {m} {y}", "{m} {d}, {y}", "{d} de {m} de {y}")


@pytest.mark.parametrize("language", MONTHS)
def test_months_by_name_are_read_in_seven_languages_or_refused_as_months(language):
    names = MONTHS[language].split()
    for shape in SHAPES:
        values = [
            shape.format(d=w.day, m=names[w.month - 1], y=w.year, s=w.year % 100) for w in WEEKS
        ]
        assert read(values).equals(WEEKS)
    for shape in ("{} {}", "{}-{}"):
        months = [shape.format(name, year) for year in (2022, 2023) for name in names]
        message = refusal(lambda months=months: read(months))
        says(message, "the data are monthly", f"first {months[0]!r}", "by week or by day")


@pytest.mark.parametrize(
    "format_",
    [
        *(
            "%G-W%V",
            "%GW%V",
            "%G-KW%V",
            "KW %V/%G",
            "KW%V %G",
            "W%V %G",
            "%V. KW %G",
            "Week %V, %G",
        ),
        *("%G-W%V-%u", "semaine %V %G", "W%V-%g", "%G%V", "%G/%V", "%V.%G"),
    ],
)
def test_weeks_by_number_are_iso_weeks_and_their_mondays(format_):
    weeks = pd.date_range("2020-12-21", periods=104, freq="7D")  # with a week 53
    values = weeks.strftime(format_)
    assert infer_date_format(list(values), where="x") == format_
    assert read(values).equals(weeks)


@pytest.mark.parametrize("value", ["202201", "2022/01", "01.2022", "2022-01"])
def test_a_year_and_a_small_number_is_what_the_name_says_or_refused(value):
    assert read([value], "week")[0] == pd.Timestamp("2022-01-03")
    says(refusal(lambda: read([value], "month")), "own.csv: the data are monthly")
    says(refusal(lambda: read([value], "t")), repr(value), "as weeks or as months", "2022-W01")


def test_months_of_several_years_are_no_weeks_whatever_their_name():
    months = pd.date_range("2022-01-01", periods=24, freq="MS").strftime("%Y%m")
    says(refusal(lambda: read(months, "week")), "the data are monthly")


@pytest.mark.parametrize(
    ("year", "full"), [("49", 2049), ("50", 1950), ("60", 1960), ("00", 2000)]
)
def test_two_digit_years_are_of_1950_to_2049(year, full):
    assert read([f"{day}.01.{year}" for day in ("08", "15")])[0].year == full
    assert [d.year for d in read(["31/12/99", "07/01/00"])] == [1999, 2000]


@pytest.mark.parametrize(
    ("freq", "word"), [("MS", "monthly"), ("ME", "monthly"), ("QS", "quarterly"), ("YS", "yearly")]
)
def test_dates_a_month_or_more_apart_say_why_they_cannot_be_used(frame, freq, word):
    dates = pd.date_range("1920-01-01", periods=len(frame), freq=freq)
    says(
        refusal(refuse_coarse, dates, "own.csv"), f"the data are {word}", "cannot be split", "Ask"
    )
    frame["week"] = dates
    says(refusal(clean, frame, make_study()), f"the data are {word}", f"{dates[0]:%Y-%m-%d}")


def test_a_year_and_a_week_in_two_columns_are_joined(frame):
    weeks = frame["week"].dt.isocalendar()
    two = frame.drop(columns="week").assign(Year=weeks.year, Week=weeks.week)
    raw = {"file": "small.csv", "date": "Year", "week_column": "Week", "kpi": "sales"}
    cleaned = clean(two, make_study(data=raw))
    assert cleaned["Year"].tolist() == frame["week"].tolist()
    two.loc[3, "Week"] = 99
    says(refusal(clean, two, make_study(data=raw)), "first '2022-W99' in data row 4")
    message = refusal(lambda: join_weeks(two.drop(columns="Week"), "Year", "Week", "small.csv"))
    says(message, "column 'Week' is missing")
    two["Week"] = "KW " + weeks.week.astype(str)
    assert len(clean(two, make_study(data=raw))) == len(frame)
    two.loc[3, "Week"] = "soon"
    says(refusal(clean, two, make_study(data=raw)), "data row 4", "'soon'", "name no week")


# --- the day that labels a week ----------------------------------------------------------------


def test_weeks_labelled_by_their_last_day_are_those_of_their_first_day(frame):
    last = frame.assign(week=frame["week"] + pd.Timedelta(days=6))
    raw = {"file": "small.csv", "date": "week", "kpi": "sales", "week_label": "last_day"}
    pd.testing.assert_frame_equal(clean(last, make_study(data=raw)), clean(frame, make_study()))


@pytest.mark.parametrize("extra", [{"frequency": "daily"}, {"date_format": "%G-W%V"}])
def test_days_and_numbers_have_no_last_day(extra):
    raw = {"file": "small.csv", "date": "week", "kpi": "sales", "week_label": "last_day"}
    with pytest.raises(StudyError, match="one date a week"):
        make_study(data=raw | extra)


ENDS = """
week_ending|Week Ending|WeekEnding|week ended|week_end|W/E|we_date|wk_ending|week ending date
end_date|eow|period end|semaine se terminant le|date de fin|Ende der Woche|KW bis
settimana che termina|data_fim|semana terminada|week eindigend
"""
STARTS = "week|week_start|date|week commencing|Woche|weekday|trend|tv_spend_end|sales|semaine"
UNSURE = "weekend|Wochenende|fin de semaine|fin de semana|fim de semana|fine settimana|weekeinde"


@pytest.mark.parametrize("name", ENDS.strip().replace("\n", "|").split("|"))
def test_names_that_say_the_last_day_are_known(name):
    assert labels_last_day(name)


def test_other_names_do_not_and_weekends_are_not_sure():
    assert not any(labels_last_day(name) for name in f"{STARTS}|{UNSURE}".split("|"))
    assert all(may_label_last_day(name) for name in UNSURE.split("|"))
    assert not any(may_label_last_day(name) for name in STARTS.split("|"))
