"""Guessing the roles of a stranger's columns, and writing the guess as a study."""

import tomllib

import numpy as np
import pandas as pd
import pytest
from studies import make_frame

from mmm.data.clean import clean
from mmm.data.files import read_table
from mmm.data.guess import guess_roles
from mmm.errors import DataError
from mmm.study.load import parse_study

HOLIDAYS = (
    "Black Friday|Christmas Day|Christmas Eve|Columbus Day|Cyber Monday|Day after Christmas|"
    "Easter|Father's Day|Green Monday|July 4th|Labor Day|MLK|Memorial Day|Mother's Day|NYE|"
    "New Year's Day|Pre Thanksgiving|Presidents Day|Prime Day|Thanksgiving|Valentine's Day|"
    "Veterans Day"
)
RETAIL_MEDIA = ("dm", "inst", "nsp", "auddig", "audtr", "vidtr", "viddig", "so", "on", "sem")

#: file -> role -> columns; spend as {column: channel}
EXPECTED = {
    "robyn/dt_simulated_weekly.csv": {
        "date": ["DATE"],
        "KPI": ["revenue"],
        "spend": {
            "tv_S": "tv",
            "ooh_S": "ooh",
            "print_S": "print",
            "search_S": "search",
            "facebook_S": "facebook",
        },
        "exposure": ["facebook_I", "search_clicks_P"],
        "control": ["competitor_sales_B", "newsletter"],
        "categorical": ["events"],
    },
    "meridian/national_all_channels.csv": {
        "date": ["time"],
        "KPI": ["conversions"],
        "value per unit": ["revenue_per_conversion"],
        "spend": {f"Channel{n}_spend": f"channel{n}" for n in range(5)},
        "exposure": [
            *(f"Channel{n}_impression" for n in range(5)),
            "Organic_channel0_impression",
        ],
        "control": ["competitor_sales_control", "sentiment_score_control", "Promo"],
    },
    "mmm_stan/retail_weekly_209.csv": {
        "date": ["wk_strt_dt"],
        "KPI": ["sales"],
        "spend": {f"mdsp_{name}": name for name in RETAIL_MEDIA},
        "exposure": [f"mdip_{name}" for name in [*RETAIL_MEDIA, "em", "sms", "aff"]],
        "ignored": ["yr_nbr", "qtr_nbr", "prd", "wk_nbr", "wk_in_yr_nbr"],
        "control": [
            *("me_ics_all", "me_gas_dpg", "st_ct", "mrkdn_valadd_edw", "mrkdn_pdm"),
            *(f"va_pub_{share}" for share in ("0.15", "0.2", "0.25", "0.3")),
            *(f"hldy_{day}" for day in HOLIDAYS.split("|")),
            *(f"seas_prd_{n}" for n in (*range(1, 10), 12)),
            *(f"seas_week_{n}" for n in range(40, 49)),
        ],
    },
    "reference/seed001_marketing_data.csv": {
        "date": ["week"],
        "KPI": ["sales"],
        "spend": {
            "tv_spend": "tv",
            "search_spend": "search",
            "social_spend": "social",
            "email_spend": "email",
        },
    },
    "pymc/mmm_example.csv": {
        "date": ["date_week"],
        "KPI": ["y"],
        "spend": {"x1": "x1", "x2": "x2"},
        "control": ["event_1", "event_2"],
        "ignored": ["dayofyear", "t"],
    },
}


def study_of(guess, folder, name="guessed"):
    text = guess.to_toml(name)
    return parse_study(tomllib.loads(text), text=text, name=name, folder=folder)


@pytest.fixture
def write(tmp_path):
    def _write(frame):
        path = tmp_path / "own.csv"
        frame.to_csv(path, index=False)
        return path

    return _write


@pytest.mark.parametrize("file", EXPECTED)
def test_the_roles_of_public_files_are_guessed_right(shared_data, file):
    guess = guess_roles(shared_data / file)
    found = {}
    for column in guess.columns:
        found.setdefault(column.role, set()).add(column.column)
    assert found == {role: set(columns) for role, columns in EXPECTED[file].items()}
    assert {c.column: c.channel for c in guess.of("spend")} == EXPECTED[file]["spend"]


@pytest.mark.parametrize("file", EXPECTED)
def test_the_written_study_of_public_files_loads_and_accepts_them(shared_data, file):
    path = shared_data / file
    study = study_of(guess_roles(path), path.parent)
    frame = clean(read_table(path), study)
    assert len(frame) == len(read_table(path))
    assert study.channel_names == list(EXPECTED[file]["spend"].values())
    assert study.data.kpi == EXPECTED[file]["KPI"][0]
    expected = {*EXPECTED[file].get("control", []), *EXPECTED[file].get("categorical", [])}
    assert {*study.controls.columns, *study.controls.categorical} == expected
    is_units = study.data.kpi_type == "units"
    assert is_units == (study.data.value_column is not None) == ("meridian" in file)


def test_the_written_study_is_editable_and_says_why(write):
    text = guess_roles(write(make_frame())).to_toml("my_shop")
    assert text.startswith("# Guessed from the data file")
    assert 'title = "my shop"' in text
    assert 'spend = "tv_spend" # its name says media' in text
    assert 'kpi = "sales" # its name says so (money)\n# kpi_label = "Revenue"  #' in text
    assert 'name = "TV +20 %" #' in text
    assert 'name = "Move 10 % of TV to the others" #' in text


def test_the_commented_label_of_the_kpi_is_a_key_of_the_study(write):
    text = guess_roles(write(make_frame())).to_toml("x").replace("# kpi_label", "kpi_label")
    study = parse_study(
        tomllib.loads(text), text=text, name="x", folder=write(make_frame()).parent
    )
    assert study.data.kpi_label == "Revenue"


def test_numbered_columns_are_not_said_to_name_media(write):
    frame = make_frame().rename(columns={"tv_spend": "x1", "search_spend": "x2"})
    assert {c.why for c in guess_roles(write(frame)).of("spend")} == {"named x1, x2, ..."}


def test_an_exposure_stands_as_a_comment_under_its_channel(write):
    frame = make_frame().assign(tv_impressions=1000)
    guess = guess_roles(write(frame))
    assert "# exposure = 'tv_impressions'" in guess.to_toml("x")
    assert study_of(guess, write(frame).parent).channels["tv"].exposure is None


def test_hostile_column_names_survive_the_round_trip(write):
    names = {
        "tv_spend": 'TV "prime"\ntime\\x spend',
        "search_spend": "<script>alert(1)</script> 🔍_spend",
        "sales": "Sales = [a]\t'#1'",
        "week": 'wéek\n"0"',
    }
    frame = make_frame().rename(columns=names)
    frame['promo = "x"\n[controls]'] = np.arange(len(frame)) % 7
    path = write(frame)
    study = study_of(guess_roles(path), path.parent)
    assert [c.spend for c in study.channels.values()] == [names["tv_spend"], names["search_spend"]]
    assert (study.data.kpi, study.data.date) == (names["sales"], names["week"])
    assert study.controls.columns == ('promo = "x"\n[controls]',)
    assert len(clean(read_table(path), study)) == len(frame)


def test_columns_that_shorten_to_the_same_channel_stay_apart(write):
    frame = make_frame().rename(columns={"tv_spend": "📺 spend", "search_spend": "📻 spend"})
    frame["TV-Spend"], frame["tv cost"] = frame["📺 spend"] * 2, frame["📺 spend"] * 3
    frame["baseline_spend"] = frame["📻 spend"] * 2
    study = study_of(guess_roles(write(frame)), write(frame).parent)
    columns = [channel.spend for channel in study.channels.values()]
    assert columns == ["📺 spend", "📻 spend", "TV-Spend", "tv cost", "baseline_spend"]
    assert "baseline" not in study.channels


def test_a_column_with_total_spend_is_no_channel(write):
    frame = make_frame()
    frame["total_spend"] = frame["tv_spend"] + frame["search_spend"]
    guess = guess_roles(write(frame))
    assert [c.column for c in guess.of("spend")] == ["tv_spend", "search_spend"]
    assert [c.column for c in guess.of("ignored")] == ["total_spend"]


@pytest.mark.parametrize("text", ["1,20,0", "5 apples", "7..5"])
@pytest.mark.parametrize("column", ["tv_spend", "sales"])
def test_numbers_written_as_text_are_refused_with_the_value(write, column, text):
    frame = make_frame().astype({column: object})
    frame.loc[3, column] = text
    with pytest.raises(DataError, match="Remove currency signs, thousands separators") as caught:
        guess_roles(write(frame))
    assert f"own.csv, column {column!r}" in str(caught.value)
    assert f"not numeric in 1 of 104 rows, first {text!r} in data row 4" in str(caught.value)


@pytest.mark.parametrize("name", ["tags", "media", "tv_spend_by_day"])
def test_lists_in_a_parquet_file_are_ignored_with_the_reason(tmp_path, name):
    path = tmp_path / "own.parquet"
    frame = make_frame()
    frame[name] = [[1.0, 2.0]] * len(frame)
    frame.to_parquet(path)
    guess = guess_roles(path)
    assert [(c.column, c.why) for c in guess.of("ignored")] == [(name, "lists, records or bytes")]
    assert len(clean(read_table(path), study_of(guess, tmp_path))) == len(frame)


def test_a_text_column_with_a_media_name_is_no_spend(write):
    frame = make_frame().assign(budget_owner="Ada")
    guess = guess_roles(write(frame))
    assert [c.column for c in guess.of("spend")] == ["tv_spend", "search_spend"]


@pytest.mark.parametrize(
    ("names", "spend", "passed_over"),
    [
        ({"promo": "Radio"}, ["tv_spend", "search_spend"], {"Radio": "radio"}),
        ({"promo": "TV"}, ["tv_spend", "search_spend"], {"TV": "tv_2"}),
        (
            {"tv_spend": "x1", "search_spend": "x2", "promo": "radio"},
            ["radio"],
            {"x1": "x1", "x2": "x2"},
        ),
    ],
)
def test_columns_named_like_media_in_another_way_are_told(write, names, spend, passed_over):
    frame = make_frame().assign(promo=np.arange(104) % 7, price=np.arange(104) % 5)
    guess = guess_roles(write(frame.rename(columns=names)))
    assert [c.column for c in guess.of("spend")] == spend
    told = {c.column: c for c in guess.of("control") if c.channel}
    assert {name: c.channel for name, c in told.items()} == passed_over
    for column in told.values():
        assert "looks like media" in column.why
        assert f"[channels.{column.channel}]" in column.why
    warning = guess.shown().splitlines()[-1]
    assert warning.startswith("Warning: ")
    assert all(repr(name) in warning for name in passed_over)
    assert "price" not in warning


def test_a_guess_without_doubtful_controls_warns_of_nothing(write):
    guess = guess_roles(write(make_frame().assign(promo=np.arange(104) % 7)))
    assert [c.why for c in guess.of("control")] == ["numeric, not media"]
    assert guess.shown().startswith(f"{guess.table().to_string(index=False)}\n\ncurrency: USD")
    assert "Warning" not in guess.shown()


def test_a_cross_section_without_time_is_refused(shared_data):
    with pytest.raises(DataError, match="cross-section without time") as caught:
        guess_roles(shared_data / "classic/Advertising.csv")
    assert "TV, Radio, Newspaper, Sales" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("at", "Jan {0:02} 2023, Monday", "Column 'at' looks like dates, first 'Jan 01 2023, Mon"),
        ("week", "week {0}", "Column 'week' looks like dates, first 'week 1'. Write"),
        ("week", 2023.5, "cross-section without time"),
        ("code", "B-{0:04}-77", "cross-section without time"),
        ("shop", "{0}", "cross-section without time"),
    ],
)
def test_a_column_that_looks_like_dates_is_shown(write, name, text, message):
    frame = make_frame(28).drop(columns="week")
    values = [text.format(n + 1) if isinstance(text, str) else text for n in range(28)]
    with pytest.raises(DataError, match=message):
        guess_roles(write(frame.assign(**{name: values})))


def test_dates_that_mix_formats_are_refused(write):
    frame = make_frame()
    frame["week"] = frame["week"].dt.strftime("%Y-%m-%d")
    frame.loc[frame.index[::9], "week"] = "07/02/2022"
    with pytest.raises(DataError, match="first '07/02/2022' in data row 1"):
        guess_roles(write(frame))


def test_a_file_without_an_outcome_is_refused(write):
    with pytest.raises(DataError, match="no column looks like the outcome") as caught:
        guess_roles(write(make_frame().rename(columns={"sales": "blob"})))
    assert 'kpi = "..."' in str(caught.value)


def test_a_file_without_spend_is_refused(write):
    renamed = make_frame().rename(columns={"tv_spend": "a", "search_spend": "b"})
    with pytest.raises(DataError, match="no column looks like media spend"):
        guess_roles(write(renamed))


def test_day_first_dates_are_written_with_their_format(write):
    frame = make_frame()
    frame["week"] = frame["week"].dt.strftime("%d.%m.%Y")
    path = write(frame)
    study = study_of(guess_roles(path), path.parent)
    assert study.data.date_format == "%d.%m.%Y"
    cleaned = clean(read_table(path), study)
    assert pd.Timestamp(cleaned["week"].iloc[1]) == pd.Timestamp("2022-01-10")


@pytest.mark.parametrize(
    ("kpi", "spend", "currency", "label"),
    [
        ("sales_eur", "tv_spend", "EUR", "Sales"),
        ("Revenue (GBP)", "tv_spend", "GBP", "Revenue"),
        ("sales", "tv cost €", "EUR", ""),
        ("europe_sales", "tv_spend", "", ""),
        ("umsatz_chf", "tv_spend", "CHF", "Umsatz"),
    ],
)
def test_the_currency_is_read_from_the_names_or_said_to_be_assumed(
    tmp_path, kpi, spend, currency, label
):
    frame = make_frame(60).rename(columns={"sales": kpi, "tv_spend": spend})
    path = tmp_path / "shop.csv"
    frame.to_csv(path, index=False)
    guess = guess_roles(path)
    assert (guess.currency, guess.kpi_label) == (currency, label)
    toml = tomllib.loads(guess.to_toml("shop"))
    assert toml["currency"] == (currency or "USD")
    assert toml["data"].get("kpi_label", "") == label
    assert ("assumed" in guess.shown()) == (not currency)
    clean(read_table(path), parse_study(toml, text="", name="shop", folder=tmp_path))
