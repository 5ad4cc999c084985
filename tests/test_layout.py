"""Long and daily files become the same weekly tables as wide weekly ones."""

import tomllib

import numpy as np
import pandas as pd
import pytest

from mmm.data.clean import clean
from mmm.data.files import read_table
from mmm.data.guess import guess_roles
from mmm.data.quality import audit
from mmm.data.reshape import to_wide
from mmm.data.weekly import weekly_data
from mmm.errors import DataError
from mmm.study.load import parse_study

CHANNELS = {"TV": "tv_spend", "Paid Search": "paid_search_spend"}


@pytest.fixture
def days(rng):
    """Return 1,000 days from a Wednesday on."""
    return pd.DataFrame(
        {
            "date": pd.date_range("2021-01-06", periods=1000),
            "revenue": rng.normal(1000, 30, 1000).round(2),
            "tv_spend": rng.uniform(10, 90, 1000).round(2),
            "paid_search_spend": rng.uniform(5, 30, 1000).round(2),
            "temperature": rng.normal(15, 4, 1000).round(1),
        }
    )


def long_form(wide):
    parts = [
        wide.drop(columns=list(CHANNELS.values())).assign(channel=name, spend=wide[column])
        for name, column in CHANNELS.items()
    ]
    return pd.concat(parts).sort_values(["date", "channel"])


def study_of(table, folder):
    path = folder / "own.csv"
    table.to_csv(path, index=False)
    guess = guess_roles(path)
    text = guess.to_toml("own")
    return guess, parse_study(tomllib.loads(text), text=text, name="own", folder=folder)


def test_daily_rows_are_guessed_and_summed_to_full_weeks(days, tmp_path):
    guess, study = study_of(days, tmp_path)
    assert guess.frequency == study.data.frequency == "daily"
    frame = clean(read_table(study.data_file), study)
    weekly = weekly_data(frame, study)
    assert (weekly.weeks.day_of_week == 0).all()
    first = days[days["date"].between("2021-01-11", "2021-01-17")]
    assert weekly.weeks[0] == pd.Timestamp("2021-01-11")
    assert weekly.kpi[0] == pytest.approx(first["revenue"].sum())
    assert weekly.spend["tv"].iloc[0] == pytest.approx(first["tv_spend"].sum())
    assert weekly.controls["temperature"].iloc[0] == pytest.approx(first["temperature"].mean())
    said = {f.check: f.finding for f in audit(frame, study)}["aggregation"]
    assert "Partial weeks dropped: 2021-01-04, 2023-10-02" in said


def test_a_long_file_gives_the_same_weeks_as_the_wide_one(days, tmp_path):
    (tmp_path / "wide").mkdir()
    (tmp_path / "long").mkdir()
    _, wide = study_of(days, tmp_path / "wide")
    guess, long = study_of(long_form(days), tmp_path / "long")
    assert [c.column for c in guess.of("channel name")] == ["channel"]
    assert set(long.channels) == set(wide.channels) == {"tv", "paid_search"}
    first = weekly_data(clean(read_table(wide.data_file), wide), wide)
    second = weekly_data(clean(read_table(long.data_file), long), long)
    np.testing.assert_allclose(first.kpi, second.kpi)
    for name in first.channels:
        np.testing.assert_allclose(first.spend[name], second.spend[name])


def test_a_channel_without_a_row_spends_nothing():
    table = pd.DataFrame(
        {"d": [1, 1, 2], "m": ["TV", "Radio", "TV"], "s": [5.0, 2.0, 7.0], "y": [9.0, 9.0, 8.0]}
    )
    wide = to_wide(table, date="d", channel="m", spend="s", keep=["y"], where="f.csv")
    assert wide["radio_spend"].tolist() == [2.0, 0.0]
    assert wide["y"].tolist() == [9.0, 8.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [9.0, 8.5]}, "'y' differs between the rows of a date"),
        ({"m": ["TV", None]}, "1 of 2 rows name no channel in 'm', first data row 2. Fill"),
        ({"s": ["5", "a lot"]}, "column 's': spend is not numeric in 1 of 2 rows, first 'a lot'"),
        ({"m": ["TV", "tv "]}, "too alike"),
    ],
)
def test_a_long_file_that_contradicts_itself_is_refused(change, message):
    table = pd.DataFrame({"d": [1, 1], "m": ["TV", "Radio"], "s": [5.0, 2.0], "y": [9.0, 9.0]})
    table = table.assign(**change)
    with pytest.raises(DataError, match=message):
        to_wide(table, date="d", channel="m", spend="s", keep=["y"], where="f.csv")


@pytest.mark.parametrize(
    ("column", "rows", "value", "message"),
    [
        ("channel", [6], None, "1 of 208 rows name no channel in 'channel', first data row 7"),
        ("channel", [6, 7], None, "2 of 208 rows name no channel in 'channel', first data row 7"),
        ("channel", slice(0, None, 2), None, "104 of 208 rows name no channel"),
        ("spend", [150], "5 k", "column 'spend': .* 1 of 208 rows, first '5 k' in data row 151"),
    ],
)
def test_errors_of_a_long_file_name_its_own_rows(days, tmp_path, column, rows, value, message):
    table = long_form(days.head(104)).astype({column: object})
    table.iloc[rows, table.columns.get_loc(column)] = value
    table.to_csv(tmp_path / "own.csv", index=False)
    with pytest.raises(DataError, match=message):
        guess_roles(tmp_path / "own.csv")


def test_a_missing_day_is_refused(days, tmp_path):
    _, study = study_of(days.drop(index=500), tmp_path)
    with pytest.raises(DataError, match=r"daily spacing.*1 day\(s\) missing"):
        clean(read_table(study.data_file), study)
