"""Every bad input stops with one error that names the place, the value and the remedy."""

import datetime as dt
import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from refusals import refusal, says
from studies import make_frame, make_study, simulated_study

from mmm.data.clean import check, clean, parameter_count
from mmm.data.files import read_table
from mmm.data.weekly import weekly_data
from mmm.study.load import load_study


@pytest.fixture
def write(tmp_path):
    def _write(content, name="sales.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


@pytest.fixture
def frame():
    return make_frame()


# --- reading -------------------------------------------------------------------------------


def test_missing_file_is_named(tmp_path):
    says(refusal(read_table, tmp_path / "no.csv"), "no.csv", "no such file", "Check the path")


def test_a_folder_is_not_a_file(tmp_path):
    says(refusal(read_table, tmp_path), "a folder, not a file", "Name the CSV")


def test_an_empty_path_names_no_file():
    says(refusal(read_table, Path("")), "No data file was named", "Name a CSV")  # noqa: PTH201


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes, and links need rights")
def test_pipes_and_links_that_lead_nowhere_are_not_called_missing(tmp_path):
    pipe, loop, broken = (tmp_path / name for name in ("pipe", "loop", "broken"))
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    broken.symlink_to(tmp_path / "gone.csv")
    says(refusal(read_table, pipe), f"{pipe}: not a regular file", "Save the data to a file first")
    for link in (loop, broken):
        says(refusal(read_table, link), f"{link}: not a regular file", "Name the file itself")


def test_empty_file_is_refused(write):
    says(refusal(read_table, write("")), "sales.csv", "empty", "Export")


def test_header_without_rows_is_refused(write):
    says(refusal(read_table, write("week,tv_spend,sales\n")), "header but no rows", "Export")


def test_text_in_no_encoding_that_is_sure_is_refused(write):
    message = refusal(read_table, write("週,電視\n2024-01-01,1\n".encode("big5")))
    says(message, "sales.csv", "not UTF-8", "CSV UTF-8")


def test_a_repeated_column_name_is_refused(write):
    message = refusal(read_table, write("week,tv,tv \n2024-01-01,1,2\n"))
    says(message, "sales.csv", "'tv'", "appears twice", "Rename")


def test_a_row_with_too_many_values_names_its_line(write):
    message = refusal(read_table, write("week,tv,sales\n2024-01-01,1,2\n2024-01-08,1,200,3\n"))
    says(message, "sales.csv", "Expected 3 fields in line 3, saw 4", "double quotes")


def test_rows_longer_than_the_header_are_not_read_as_an_index(write):
    message = refusal(read_table, write("week,tv\n2024-01-01,1,2\n2024-01-08,1,200\n"))
    says(message, "more values than the header", "Name every column")


def test_an_unclosed_quote_is_refused(write):
    says(refusal(read_table, write('week,tv\n2024-01-01,"1\n2024-01-08,2\n')), "EOF inside string")


def test_a_broken_gzip_file_is_refused(write):
    whole = gzip.compress(b"week,tv\n" + b"2024-01-01,1\n" * 500)
    says(refusal(read_table, write(whole[:40], "cut.csv.gz")), "cut.csv.gz", "broken gzip")


def test_byte_order_mark_windows_line_ends_blanks_and_gzip_read_as_the_plain_file(write):
    plain = "week,tv spend,sales\n2024-01-01,1.5,2\n2024-01-08,3,4\n"
    expected = read_table(write(plain))
    padded = plain.replace(",", " , ").replace("tv spend", "tv spend")
    for name, content in {
        "bom.csv": b"\xef\xbb\xbf" + plain.encode(),
        "crlf.csv": plain.replace("\n", "\r\n").encode(),
        "trailing.csv": (plain + "\n\n").encode(),
        "blanks.csv": padded.encode(),
        "packed.csv.gz": gzip.compress(plain.encode()),
    }.items():
        pd.testing.assert_frame_equal(read_table(write(content, name)), expected)


def test_trailing_commas_do_not_shift_the_columns(write):
    table = read_table(write("week,tv\n2024-01-01,1,\n2024-01-08,2,\n"))
    assert table["week"].tolist() == ["2024-01-01", "2024-01-08"]


def test_hostile_column_names_are_read_as_they_are(write):
    names = ['say "hi"', "two\nlines", "📈", "<script>alert(1)</script>", "a,b"]
    table = pd.DataFrame([[1, 2, 3, 4, 5]], columns=names)
    assert list(read_table(write(table.to_csv(index=False)))) == names


# --- rows ---------------------------------------------------------------------------------


def test_rows_in_any_order_are_sorted(frame):
    shuffled = frame.sample(frac=1.0, random_state=1)
    cleaned = clean(shuffled, make_study())
    assert cleaned["week"].is_monotonic_increasing
    assert_allclose(cleaned["sales"], frame["sales"])


def test_a_cross_section_without_time_is_refused(shared_data):
    table = read_table(shared_data / "classic/Advertising.csv")
    study = make_study(
        ("TV", "Radio"),
        data={"file": "Advertising.csv", "date": "Unnamed: 0", "kpi": "Sales"},
        channels={n: {"label": n, "spend": n} for n in ("TV", "Radio")},
    )
    says(refusal(clean, table, study), "Advertising.csv, column 'Unnamed: 0'", "200 of 200", "'1'")


# --- numbers -------------------------------------------------------------------------------


def test_a_column_that_is_not_in_the_file_is_refused(frame):
    message = refusal(clean, frame.rename(columns={"tv_spend": "tele"}), make_study())
    says(message, "1 column(s)", "'tv_spend'", "The file has: week, tele", "study.toml")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("tv_spend", "tv_spent", "'tv_spent' (channels.tv.spend, line 12); did you mean 'tv_sp"),
        ("price", "prize", "'prize' (controls.columns, line 16); did you mean 'price'?"),
        ("sales", "outcome", "'outcome' (data.kpi, line 8). The file has"),
    ],
)
def test_a_column_that_the_file_lacks_is_named_with_its_key_and_line(
    tmp_path, frame, old, new, place
):
    toml = tmp_path / "study.toml"
    text = """schema = 1
title = "Shop"
question = "Which channels pay?"
seed = 1
[data]
file = "shop.csv"
date = "week"
kpi = "sales"

[channels.tv]
label = "TV"
spend = "tv_spend"

# what else moves sales
[controls]
columns = ["price"]
"""
    toml.write_text(text.replace(f'"{old}"', f'"{new}"'), "utf-8")
    message = refusal(clean, frame.assign(price=1.0), load_study(toml))
    says(message, "shop.csv: the study names 1 column(s)", place, "Correct the name in study.toml")


@pytest.mark.parametrize("text", ["1,200", "$5", "n.a.", "12 USD"])
def test_spend_that_is_not_a_number_is_refused(frame, text):
    frame["tv_spend"] = frame["tv_spend"].astype(object)
    frame.loc[4, "tv_spend"] = text
    message = refusal(clean, frame, make_study())
    says(message, "small.csv", "channel 'tv', column 'tv_spend'", repr(text), "2022-01-31")
    says(message, "Remove currency signs, thousands separators and text")


def test_negative_spend_is_refused(frame):
    frame.loc[4, "tv_spend"] = -3.5
    message = refusal(clean, frame, make_study())
    says(message, "'tv_spend' is negative", "-3.5 in the week of 2022-01-31", "book refunds")


@pytest.mark.parametrize("column", ["tv_spend", "sales"])
def test_infinite_values_are_refused(frame, column):
    frame.loc[2, column] = np.inf
    message = refusal(clean, frame, make_study())
    says(message, column, "not numbers of a plausible size, first inf in the week of 2022-01-17")


def test_a_channel_that_is_all_zero_is_refused(frame):
    frame["tv_spend"] = 0.0
    says(
        refusal(clean, frame, make_study()),
        "'tv_spend' never varies (always zero)",
        "[channels.tv]",
    )


def test_a_channel_that_is_constant_is_refused(frame):
    frame["tv_spend"] = 12.5
    says(refusal(clean, frame, make_study()), "never varies (always 12.5)", "Remove [channels.tv]")


def test_an_empty_spend_column_counts_as_all_zero(frame):
    frame["tv_spend"] = np.nan
    says(refusal(clean, frame, make_study()), "'tv_spend' never varies (always zero)")


def test_empty_spend_is_zero_spend(frame):
    frame.loc[[1, 2], "tv_spend"] = np.nan
    assert clean(frame, make_study()).loc[[1, 2], "tv_spend"].tolist() == [0.0, 0.0]


def test_a_gap_in_the_outcome_is_refused(frame):
    frame.loc[[9, 30], "sales"] = np.nan
    message = refusal(clean, frame, make_study())
    says(message, "KPI 'sales' is empty 2 times, first in the week of 2022-03-07", "fill it")


def test_a_constant_outcome_is_refused(frame):
    frame["sales"] = 7.0
    says(
        refusal(clean, frame, make_study()),
        "KPI 'sales' never varies (always 7)",
        "another column",
    )


def test_a_gap_in_a_control_is_refused(frame):
    frame["promo"] = np.arange(len(frame), dtype=float)
    frame.loc[3, "promo"] = np.nan
    study = make_study(controls={"columns": ["promo"]})
    says(refusal(clean, frame, study), "control 'promo' is empty", "2022-01-24", "[controls]")


def test_fewer_weeks_than_parameters_are_refused(frame):
    # 2 channels x 4 + intercept + trend + 2 season terms = 12; 13 weeks are held out
    study = make_study()
    assert parameter_count(frame, study) == 12
    assert len(clean(frame.head(25), study)) == 25
    message = refusal(clean, frame.head(24), study)
    says(message, "24 weeks, 13 of them held out", "12 parameters", "Bring more weeks")


def test_lift_tests_that_the_weeks_do_not_hold_are_refused_with_the_dates(frame):
    test = {"channel": "tv", "incremental_kpi": 5.0, "standard_error": 1.0}

    def tested(start, end, **changes):
        when = {"start": dt.date.fromisoformat(start), "end": dt.date.fromisoformat(end)}
        return make_study(lift_tests=(test | when,), **changes)

    last = frame["week"].iloc[-1] + pd.Timedelta(days=6)
    clean(frame, tested("2022-01-03", f"{last:%Y-%m-%d}"))
    late = tested("2023-12-01", f"{last + pd.Timedelta(days=1):%Y-%m-%d}")
    says(
        refusal(clean, frame, late), "lift test 1 (of 'tv')", "2022-01-03 to", "Correct its dates"
    )
    early = tested("2022-02-01", "2022-04-01", pre_history="drop")
    says(refusal(clean, frame, early), "2022-02-28 to", "[[lift_tests]]")


def test_holidays_count_as_a_parameter(frame):
    usual = parameter_count(frame, make_study())
    with_holidays = make_study(baseline={"season_harmonics": 1, "holidays": "US"})
    assert parameter_count(frame, with_holidays) == usual + 1


def test_errors_of_daily_files_speak_of_days(frame):
    data = {"file": "small.csv", "date": "week", "kpi": "sales", "frequency": "daily"}
    daily = frame.assign(week=pd.date_range("2022-01-03", periods=len(frame)))
    daily.loc[5, "sales"] = np.nan
    message = refusal(clean, daily, make_study(data=data))
    says(message, "is empty 1 times", "on 2022-01-08")


def test_a_refund_counts_in_the_week_of_its_purchase(frame):
    data = {"file": "small.csv", "date": "week", "kpi": "sales", "frequency": "daily"}
    study = make_study(data=data, window_weeks=4, holdout={"weeks": 1})
    daily = make_frame(n_weeks=7 * 60).assign(week=pd.date_range("2022-01-03", periods=7 * 60))
    daily.loc[5, "tv_spend"] = -1
    weeks = clean(daily, study)
    assert weeks["tv_spend"].iloc[0] == pytest.approx(daily["tv_spend"].head(7).sum())
    daily.loc[7:13, "tv_spend"] = -1
    message = refusal(clean, daily, study)
    says(message, "negative in 1 week,", "-7 in the week of 2022-01-10", "book refunds")


def test_hostile_column_names_pass_through(frame):
    spend, kpi = 'tv "prime"\n📺', "<script>alert('sales')</script>"
    frame = frame.rename(columns={"tv_spend": spend, "sales": kpi})
    study = make_study(
        data={"file": "small.csv", "date": "week", "kpi": kpi},
        channels={
            "tv": {"label": "TV", "spend": spend},
            "search": {"label": "Search", "spend": "search_spend"},
        },
    )
    weekly = weekly_data(clean(frame, study), study)
    assert_allclose(weekly.spend["tv"], frame[spend])
    assert_allclose(weekly.kpi, frame[kpi])


# --- weekly data ---------------------------------------------------------------------------


def test_text_controls_become_a_column_per_unusual_level(frame):
    frame["event"] = ["fair" if week % 10 == 0 else None for week in range(len(frame))]
    study = make_study(controls={"categorical": ["event"]})
    weekly = weekly_data(clean(frame, study), study)
    assert list(weekly.controls) == ["event: fair"]
    assert weekly.controls["event: fair"].sum() == 11


def test_units_are_turned_into_money_by_one_value_or_week_by_week(frame):
    frame["value"] = np.linspace(1.0, 2.0, len(frame))
    base = {"file": "small.csv", "date": "week", "kpi": "sales", "kpi_type": "units"}
    fixed = make_study(data={**base, "value_per_unit": 3.0})
    moving = make_study(data={**base, "value_column": "value"})
    assert_allclose(weekly_data(clean(frame, fixed), fixed).revenue, 3 * frame["sales"])
    assert_allclose(
        weekly_data(clean(frame, moving), moving).revenue, frame["value"] * frame["sales"]
    )


def test_the_model_sees_the_exposure_and_the_budget_sees_the_spend(frame):
    frame["tv_grps"] = 10 * frame["tv_spend"]
    channels = {
        "tv": {"label": "TV", "spend": "tv_spend", "exposure": "tv_grps"},
        "search": {"label": "Search", "spend": "search_spend"},
    }
    study = make_study(channels=channels)
    weekly = weekly_data(clean(frame, study), study)
    assert_allclose(weekly.media["tv"], 10 * weekly.spend["tv"])
    assert_allclose(weekly.media["search"], weekly.spend["search"])


def test_the_first_weeks_keep_every_part_in_step(frame):
    weekly = weekly_data(clean(frame, study := make_study()), study)
    head = weekly.head(20)
    assert (
        len(head) == len(head.kpi) == len(head.spend) == len(head.media) == len(head.value) == 20
    )
    assert head.weeks[-1] == weekly.weeks[19]


def test_check_reads_the_file_beside_the_study(frame, tmp_path):
    study = make_study().model_copy(update={"folder": tmp_path})
    says(refusal(check, study), "small.csv", "no such file")
    frame.to_csv(tmp_path / "small.csv", index=False)
    check(study)
    frame.assign(tv_spend=0).to_csv(tmp_path / "small.csv", index=False)
    says(refusal(check, study), "always zero")


def test_check_asks_no_file_of_a_simulated_study(tmp_path):
    check(simulated_study().model_copy(update={"folder": tmp_path}))
    assert not list(tmp_path.iterdir())
