"""The date column of a stranger's table is found, understood and said, or named and refused."""

import tomllib

import pandas as pd
import pytest
from refusals import says
from studies import make_frame

from mmm.data.clean import clean
from mmm.data.files import read_table
from mmm.data.guess import guess_roles
from mmm.data.study_draft import to_toml
from mmm.decide.plan_files import read_plan
from mmm.study.load import parse_study

MONDAYS = make_frame()["week"]


@pytest.fixture
def write(tmp_path):
    def _write(frame, name="own.csv"):
        path = tmp_path / name
        frame.to_csv(path, index=False)
        return path

    return _write


def cleaned(path):
    """Return the guess, its study and the clean table of a file."""
    guess = guess_roles(path)
    text = to_toml(guess, "x")
    study = parse_study(tomllib.loads(text), text=text, name="x", folder=path.parent)
    return guess, study, clean(read_table(path, study.data.sheet), study)


def problem_of(path):
    """Return what keeps a run of a file from starting."""
    return " ".join(map(str, guess_roles(path).problems))


def dated(**columns):
    """Return the usual table with other columns in place of its dates, in front."""
    rest = make_frame().drop(columns="week")
    return pd.concat([pd.DataFrame(columns, index=rest.index), rest], axis=1)


ISO = MONDAYS.dt.isocalendar()
FORMS = {
    "ISO weeks": {"week": MONDAYS.dt.strftime("%G-W%V")},
    "German weeks": {"Kalenderwoche": MONDAYS.dt.strftime("KW %V/%G")},
    "six digits": {"week": MONDAYS.dt.strftime("%G%V").astype(int)},
    "year and week": {"Year": ISO.year, "Week": ISO.week},
    "jahr and kw": {"jahr": ISO.year, "kw": ISO.week},
    "année and semaine": {"année": ISO.year, "semaine": ISO.week},
    "two digits": {"day": MONDAYS.dt.strftime("%d-%m-%y")},
    "last day": {"week_ending": (MONDAYS + pd.Timedelta(days=6)).dt.strftime("%d/%m/%Y")},
    "first and last": {"week_end": MONDAYS + pd.Timedelta(days=6), "week_start": MONDAYS},
}


@pytest.mark.parametrize("form", FORMS)
def test_however_weeks_are_named_the_weekly_data_are_the_same(write, form):
    guess, study, frame = cleaned(write(dated(**FORMS[form])))
    assert frame[study.data.date].tolist() == MONDAYS.tolist()
    assert frame["sales"].tolist() == make_frame()["sales"].tolist()
    assert form == "first and last" or len(guess.notes) == 1
    assert all(note in guess.shown() for note in guess.notes)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("year and week", "ISO weeks, named by their Monday (2022-01-03 to 2023-12-25)"),
        ("two digits", "two-digit years, read as 2022-01-03 to 2023-12-25"),
        ("last day", "'week_ending' is the last day of each week"),
    ],
)
def test_what_was_decided_is_said(write, form, said):
    assert said in guess_roles(write(dated(**FORMS[form]))).notes[0]


def test_a_name_that_may_mean_the_weekend_is_read_and_asked_about(write):
    guess = guess_roles(write(dated(Wochenende=MONDAYS)))
    assert guess.week_label == "first_day"
    assert 'if it is the last, set week_label = "last_day"' in guess.notes[0]


@pytest.mark.parametrize("form", ["year and week", "last day", "ISO weeks"])
def test_a_plan_names_its_weeks_as_the_study_does(write, form):
    table = dated(**FORMS[form])
    _, study, _ = cleaned(write(table))
    plan = write(table.tail(13).drop(columns="promo", errors="ignore"), "plan.csv")
    assert read_plan(plan, study).weeks.tolist() == MONDAYS.tail(13).tolist()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"Holiday": "No"}, "no column holds dates, so this is a cross-section"),
        ({"birthday_promo": "Yes"}, "no column holds dates, so this is a cross-section"),
        ({"week": "soon, 12"}, "Column 'week' looks like dates, first 'soon, 12'"),
        ({"week": range(44562, 44562 + 104)}, "Column 'week' looks like dates, first '44562'"),
        ({"t": MONDAYS.dt.strftime("%b-%y")}, "column 't': the data are monthly"),
        ({"Year": 2022, "Week": [1, 60] * 52}, "Column 'Year' looks like dates"),
        (
            {
                "Year": [2020 + n // 12 for n in range(104)],
                "month": [1 + n % 12 for n in range(104)],
            },
            "column 'Year': the data are monthly (first 2020, 1 in 'month')",
        ),
    ],
)
def test_what_stands_in_the_place_of_dates_is_named(write, columns, message):
    says(problem_of(write(dated(**columns))), "own.csv", message)


def test_the_remedy_for_unknown_dates_names_the_key_and_the_forms(write):
    message = problem_of(write(dated(week="week twelve 12")))
    says(message, "`date_format`", "2024-01-31", "KW 5/2024")


def test_percentages_and_truth_values_are_neither_outcome_nor_spend(write):
    frame = make_frame().assign(radio_spend="5 %", revenue=[True, False] * 52)
    guess = guess_roles(write(frame))
    assert guess.kpi == "sales"
    assert [c.column for c in guess.of("spend")] == ["tv_spend", "search_spend"]


def test_the_currency_of_the_values_is_known_and_two_are_refused(write):
    frame = make_frame()
    frame["tv_spend"] = frame["tv_spend"].map("€{:.2f}".format)
    assert guess_roles(write(frame)).currency == "EUR"
    frame["sales"] = frame["sales"].map("${:.2f}".format)
    message = problem_of(write(frame))
    says(message, "different currencies", "'sales' in USD, 'tv_spend' in EUR")


def test_the_day_that_labels_a_week_is_a_line_of_the_draft(write):
    assert 'week_label = "first_day"' in to_toml(guess_roles(write(make_frame())), "x")
    assert 'week_label = "last_day"' in to_toml(
        guess_roles(write(dated(**FORMS["last day"]))), "x"
    )
    assert "week_label" not in to_toml(guess_roles(write(dated(**FORMS["ISO weeks"]))), "x")
