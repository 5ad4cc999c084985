"""Long and daily files become the same weekly tables as wide weekly ones."""

import tomllib

import numpy as np
import pandas as pd
import pytest

from mmm.data.clean import clean
from mmm.data.draft import Market, Told
from mmm.data.files import read_table
from mmm.data.guess import guess_roles
from mmm.data.quality import audit
from mmm.data.reshape import to_wide
from mmm.data.study_draft import to_toml
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
    text = to_toml(guess, "own")
    return guess, parse_study(tomllib.loads(text), text=text, name="own", folder=folder)


def test_daily_rows_are_guessed_and_summed_to_full_weeks(days, tmp_path):
    guess, study = study_of(days, tmp_path)
    assert (guess.frequency, study.data.frequency) == ("day", "daily")
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
    assert [c.column for c in guess.of("channel")] == ["channel"]
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
    (tmp_path / "clean").mkdir()
    _, study = study_of(long_form(days.head(104)), tmp_path / "clean")
    with pytest.raises(DataError, match=message):
        clean(read_table(tmp_path / "own.csv"), study)


def test_a_missing_day_is_refused(days, tmp_path):
    _, study = study_of(days.drop(index=500), tmp_path)
    with pytest.raises(DataError, match=r"daily spacing.*1 day\(s\) missing"):
        clean(read_table(study.data_file), study)


# --- regions, campaigns, several keys ---------------------------------------------------------

REGIONS = {"North": 1.0, "South": 0.5, "West": 0.25}


def by_region(wide, keys=("region",)):
    """Return a row per date and region: KPI and spend in shares, drivers as they are."""
    amounts = ["revenue", *CHANNELS.values()]
    parts = [
        wide.assign(
            **{name: wide[name] * share for name in amounts}, **dict.fromkeys(keys, region)
        )
        for region, share in REGIONS.items()
    ]
    return pd.concat(parts).sort_values("date")


def weekly_of(table, folder, told=None):
    folder.mkdir(exist_ok=True)
    path = folder / "own.csv"
    table.to_csv(path, index=False)
    guess = guess_roles(path, told)
    assert guess.problems == []
    text = to_toml(guess, "own")
    study = parse_study(tomllib.loads(text), text=text, name="own", folder=folder)
    return guess, weekly_data(clean(read_table(path), study), study)


@pytest.mark.parametrize("name", ["region", "Bundesland", "DMA", "store_id"])
def test_regions_are_summed_and_drivers_averaged(days, tmp_path, name):
    _, whole = weekly_of(days, tmp_path / "whole")
    table = by_region(days, (name,))
    if name == "store_id":
        table[name] = table[name].map({"North": 101, "South": 102, "West": 103})
    guess, summed = weekly_of(table, tmp_path / "regions", Told(sum_regions=True))
    assert (guess.layout, guess.regions) == ("regions", [name])
    assert any("summed to one series, controls averaged" in note for note in guess.notes)
    np.testing.assert_allclose(summed.kpi, whole.kpi * sum(REGIONS.values()))
    np.testing.assert_allclose(summed.spend, whole.spend * sum(REGIONS.values()))
    np.testing.assert_allclose(summed.controls, whole.controls)


@pytest.mark.parametrize("layout", ["wide", "long"])
def test_one_market_can_be_picked(days, tmp_path, layout):
    table = by_region(days)
    if layout == "long":
        table = long_form(table)
    guess, one = weekly_of(table, tmp_path / "one", Told(market=Market("region", "South")))
    _, whole = weekly_of(days, tmp_path / "whole")
    assert guess.layout == layout
    np.testing.assert_allclose(one.kpi, whole.kpi * 0.5)
    with pytest.raises(
        DataError, match="no row of column 'region' is 'Sout'; did you mean 'South'"
    ):
        guess_roles(tmp_path / "one" / "own.csv", Told(market=Market("region", "Sout")))


def test_channels_by_regions_are_summed_and_the_kpi_is_taken_once(days, tmp_path):
    _, whole = weekly_of(days, tmp_path / "whole")
    told = Told(sum_regions=True)
    guess, summed = weekly_of(long_form(by_region(days)), tmp_path / "both", told)
    assert guess.layout == "regions"
    assert {medium.source for medium in guess.channels} == set(CHANNELS)
    np.testing.assert_allclose(summed.kpi, whole.kpi * sum(REGIONS.values()))
    for name in whole.channels:
        expected = whole.spend[name] * sum(REGIONS.values())
        np.testing.assert_allclose(summed.spend[name], expected)


@pytest.mark.parametrize(
    "names", [("channel", "campaign"), ("ads_type", "ad_set"), ("source", "creative")]
)
def test_campaigns_of_a_channel_are_summed(days, tmp_path, names):
    channel, campaign = names
    long = long_form(days).rename(columns={"channel": channel})
    halves = [long.assign(spend=long["spend"] / 2, **{campaign: f"{n} push"}) for n in ("A", "B")]
    guess, weekly = weekly_of(pd.concat(halves), tmp_path / "campaigns")
    _, whole = weekly_of(days, tmp_path / "whole")
    assert guess.layout == "long"
    assert [column.column for column in guess.of("channel")] == [channel]
    assert [column.column for column in guess.of("campaign")] == [campaign]
    np.testing.assert_allclose(weekly.kpi, whole.kpi)
    for name in whole.channels:
        np.testing.assert_allclose(weekly.spend[name], whole.spend[name])


def test_campaigns_are_the_channels_where_there_are_no_others(days, tmp_path):
    long = long_form(days).rename(columns={"channel": "campaign"})
    guess, _ = weekly_of(long, tmp_path / "campaigns")
    assert [medium.source for medium in guess.channels] == list(dict.fromkeys(long["campaign"]))


def test_rows_told_apart_by_something_unknown_are_asked_about(days, tmp_path):
    by_region(days, ("blob",)).to_csv(tmp_path / "own.csv", index=False)
    guess = guess_roles(tmp_path / "own.csv")
    assert [column.column for column in guess.of(None)] == ["blob"]
    (problem,) = guess.problems
    assert problem.column == "blob"
    assert "--market blob=North" in problem.remedy


def test_a_kpi_that_differs_between_the_channels_of_a_date_is_a_problem(days, tmp_path):
    long = long_form(days)
    long["revenue"] = long["revenue"] * np.where(long["channel"] == "TV", 1, 2)
    long.to_csv(tmp_path / "own.csv", index=False)
    (problem,) = guess_roles(tmp_path / "own.csv").problems
    assert (problem.column, "credited with" in problem.text) == ("revenue", True)


def test_a_region_that_misses_a_date_is_refused(days, tmp_path):
    table = by_region(days).reset_index(drop=True).drop(index=7)
    table.to_csv(tmp_path / "own.csv", index=False)
    guess = guess_roles(tmp_path / "own.csv", Told(sum_regions=True))
    text = to_toml(guess, "own")
    study = parse_study(tomllib.loads(text), text=text, name="own", folder=tmp_path)
    with pytest.raises(DataError, match="2 of 3 rows of 'region' stand for 2021-01-08"):
        clean(read_table(tmp_path / "own.csv"), study)


def test_a_kpi_of_the_whole_country_is_taken_once(days, tmp_path):
    table = by_region(days)
    table["revenue"] = table.groupby("date")["revenue"].transform("sum")
    guess, summed = weekly_of(table, tmp_path / "regions")
    _, whole = weekly_of(days, tmp_path / "whole")
    np.testing.assert_allclose(summed.kpi, whole.kpi * sum(REGIONS.values()))
    np.testing.assert_allclose(summed.spend, whole.spend * sum(REGIONS.values()))
    assert any("'revenue' repeats and is taken once" in note for note in guess.notes)
