"""Guessing the roles of a stranger's columns, and writing the guess as a study."""

import tomllib

import numpy as np
import pandas as pd
import pytest
from studies import make_frame

from mmm.data.clean import clean
from mmm.data.draft import Told
from mmm.data.files import read_table
from mmm.data.guess import guess_roles
from mmm.data.study_draft import to_toml
from mmm.study.load import parse_study

HOLIDAYS = (
    "Black Friday|Christmas Day|Christmas Eve|Columbus Day|Cyber Monday|Day after Christmas|"
    "Easter|Father's Day|Green Monday|July 4th|Labor Day|MLK|Memorial Day|Mother's Day|NYE|"
    "New Year's Day|Pre Thanksgiving|Presidents Day|Prime Day|Thanksgiving|Valentine's Day|"
    "Veterans Day"
)
RETAIL_MEDIA = ("dm", "inst", "nsp", "auddig", "audtr", "vidtr", "viddig", "so", "on", "sem")

#: file -> role -> columns; spend as {column: channel}; None for what is asked
EXPECTED = {
    "robyn/dt_simulated_weekly.csv": {
        "date": ["DATE"],
        "kpi": ["revenue"],
        "spend": {
            "tv_S": "tv",
            "ooh_S": "ooh",
            "print_S": "print",
            "search_S": "search",
            "facebook_S": "facebook",
        },
        "exposure": ["facebook_I", "search_clicks_P"],
        "control": ["competitor_sales_B"],
        "event": ["events"],
        None: ["newsletter"],
    },
    "meridian/national_all_channels.csv": {
        "date": ["time"],
        "kpi": ["conversions"],
        "spend": {f"Channel{n}_spend": f"channel{n}" for n in range(5)},
        "exposure": [f"Channel{n}_impression" for n in range(5)],
        "ignored": ["revenue_per_conversion"],
        "control": [
            "Organic_channel0_impression",
            *("competitor_sales_control", "sentiment_score_control", "Promo"),
        ],
    },
    "mmm_stan/retail_weekly_209.csv": {
        "date": ["wk_strt_dt"],
        "kpi": ["sales"],
        "spend": {f"mdsp_{name}": name for name in RETAIL_MEDIA},
        "exposure": [f"mdip_{name}" for name in [*RETAIL_MEDIA, "em", "aff"]],
        "ignored": ["yr_nbr", "qtr_nbr", "prd", "wk_nbr", "wk_in_yr_nbr"],
        "event": [f"hldy_{day}" for day in HOLIDAYS.split("|")],
        "control": [
            *("mdip_sms", "mrkdn_valadd_edw", "mrkdn_pdm"),
            *(f"seas_prd_{n}" for n in (*range(1, 10), 12)),
            *(f"seas_week_{n}" for n in range(40, 49)),
        ],
        None: [
            *("me_ics_all", "me_gas_dpg", "st_ct"),
            *(f"va_pub_{share}" for share in ("0.15", "0.2", "0.25", "0.3")),
        ],
    },
    "reference/seed001_marketing_data.csv": {
        "date": ["week"],
        "kpi": ["sales"],
        "spend": {
            "tv_spend": "tv",
            "search_spend": "search",
            "social_spend": "social",
            "email_spend": "email",
        },
    },
    "pymc/mmm_example.csv": {
        "date": ["date_week"],
        "kpi": ["y"],
        "spend": {"x1": "x1", "x2": "x2"},
        "event": ["event_1", "event_2"],
        "ignored": ["dayofyear", "t"],
    },
}


def study_of(guess, folder, name="guessed"):
    text = to_toml(guess, name)
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
    assert found.get(None, set()) <= {question.column for question in guess.questions}
    assert guess.problems == []


@pytest.mark.parametrize("file", EXPECTED)
def test_the_written_study_of_public_files_loads_and_accepts_them(shared_data, file):
    path = shared_data / file
    study = study_of(guess_roles(path), path.parent)
    frame = clean(read_table(path), study)
    assert len(frame) == len(read_table(path))
    assert study.channel_names == list(EXPECTED[file]["spend"].values())
    assert study.data.kpi == EXPECTED[file]["kpi"][0]
    expected = {*EXPECTED[file].get("control", []), *EXPECTED[file].get("event", [])}
    assert {*study.controls.columns, *study.controls.categorical} == expected
    is_units = study.data.kpi_type == "units"
    assert is_units == (study.data.value_column is not None) == ("meridian" in file)


def test_the_written_study_is_editable_and_says_why(write):
    text = to_toml(guess_roles(write(make_frame())), "my_shop")
    assert text.startswith("# Guessed from the data file")
    assert 'title = "my shop"' in text
    assert 'spend = "tv_spend" # its name says spend' in text
    assert 'kpi = "sales" # its name says so\n# kpi_label = "Revenue"  # what' in text
    assert 'name = "TV +20 %" # free text, shown in the report' in text
    assert 'name = "Move 10 % of TV to the others" # free text as well' in text


def test_the_commented_label_of_the_kpi_is_a_key_of_the_study(write):
    text = to_toml(guess_roles(write(make_frame())), "x").replace("# kpi_label", "kpi_label")
    study = parse_study(
        tomllib.loads(text), text=text, name="x", folder=write(make_frame()).parent
    )
    assert study.data.kpi_label == "Revenue"


def test_numbered_columns_are_not_said_to_name_media(write):
    frame = make_frame().rename(columns={"tv_spend": "x1", "search_spend": "x2"})
    assert {c.why for c in guess_roles(write(frame)).of("spend")} == {
        "numbered, and no column says spend"
    }


def test_an_exposure_stands_as_a_comment_under_its_channel(write):
    frame = make_frame().assign(tv_impressions=np.arange(104) * 1000)
    guess = guess_roles(write(frame))
    assert '# exposure = "tv_impressions"' in to_toml(guess, "x")
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
    frame['what\n[data]\r"'] = np.arange(len(frame)) % 5
    path = write(frame)
    study = study_of(guess_roles(path), path.parent)
    assert [c.spend for c in study.channels.values()] == [names["tv_spend"], names["search_spend"]]
    assert (study.data.kpi, study.data.date) == (names["sales"], names["week"])
    assert study.controls.columns == ('promo = "x"\n[controls]',)
    assert len(clean(read_table(path), study)) == len(frame)


def test_columns_that_shorten_to_the_same_channel_stay_apart(write, rng):
    frame = make_frame().rename(columns={"tv_spend": "📺 spend", "search_spend": "📻 spend"})
    for name in ("TV-Spend", "tv cost", "baseline_spend"):
        frame[name] = rng.uniform(1, 9, len(frame))
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
def test_numbers_written_as_text_are_a_problem_with_the_value(write, column, text):
    frame = make_frame().astype({column: object})
    frame.loc[3, column] = text
    problem = next(p for p in guess_roles(write(frame)).problems if p.column == column)
    assert problem.text == f"Not numeric in 1 of 104 rows, first {text!r} in data row 4."
    assert problem.remedy == "Remove currency signs, thousands separators and text."


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


@pytest.mark.parametrize("name", ["Radio", "TV", "LinkedIn", "Plakat", "ラジオ"])
def test_whole_numbers_named_after_media_beside_spend_are_asked_about(write, name):
    guess = guess_roles(write(make_frame().assign(**{name: np.arange(104) % 7})))
    assert [c.column for c in guess.of("spend")] == ["tv_spend", "search_spend"]
    (asked,) = guess.of(None)
    (question,) = guess.questions
    assert (asked.column, asked.certainty, question.column) == (name, "asked", name)
    assert f"--spend {name}" in question.remedy or f"--spend '{name}'" in question.remedy
    assert guess.shown().index("Questions:") > guess.shown().index("currency")


def test_amounts_named_after_another_medium_are_spend_beside_spend(write, rng):
    frame = make_frame()
    frame["Radio"] = (frame["tv_spend"] * rng.uniform(0.5, 1.5, len(frame))).round(2)
    frame["TV"] = (frame["tv_spend"] * rng.uniform(0.5, 1.5, len(frame))).round(2)
    frame["Plakat"] = frame["Radio"] / 1e5
    guess = guess_roles(write(frame))
    assert [c.column for c in guess.of("spend")] == ["tv_spend", "search_spend", "Radio"]
    assert [c.column for c in guess.of(None)] == ["TV", "Plakat"]


def test_a_cross_section_without_time_is_a_problem(shared_data):
    problem = guess_roles(shared_data / "classic/Advertising.csv").problems[0]
    assert "cross-section without time" in problem.text
    assert "TV, Radio, Newspaper, Sales" in problem.text


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
    problem = guess_roles(write(frame.assign(**{name: values}))).problems[0]
    assert message in str(problem)


def test_dates_that_mix_formats_are_a_problem(write):
    frame = make_frame()
    frame["week"] = frame["week"].dt.strftime("%Y-%m-%d")
    frame.loc[frame.index[::9], "week"] = "07/02/2022"
    guess = guess_roles(write(frame))
    assert guess.date is None
    assert "first '07/02/2022' in data row 1" in guess.problems[0].text


def test_a_file_without_an_outcome_asks_for_it(write):
    guess = guess_roles(write(make_frame().rename(columns={"sales": "blob"})))
    assert guess.kpi is None
    (problem,) = guess.problems
    assert problem.remedy.startswith("Say --kpi COLUMN. Columns with numbers: 'blob'")
    told = guess_roles(write(make_frame().rename(columns={"sales": "blob"})), Told(kpi="blob"))
    assert (told.kpi, told.problems) == ("blob", [])


def test_a_file_without_spend_asks_for_it(write):
    renamed = make_frame().rename(columns={"tv_spend": "a", "search_spend": "b"})
    guess = guess_roles(write(renamed))
    assert "No column looks like media spend" in guess.problems[0].text
    told = guess_roles(write(renamed), Told(spend=("a", "b")))
    assert ([m.key for m in told.channels], told.problems) == (["a", "b"], [])


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
    toml = tomllib.loads(to_toml(guess, "shop"))
    assert toml["currency"] == (currency or "USD")
    assert toml["data"].get("kpi_label", "") == label
    assert ("assumed" in guess.shown()) == (not currency)
    clean(read_table(path), parse_study(toml, text="", name="shop", folder=tmp_path))


def test_controls_whose_names_say_demand_are_proposed_as_its_proxies(write):
    frame = make_frame().assign(
        demand_index=np.random.default_rng(0).normal(100, 10, 104).round(1)
    )
    drafted = to_toml(guess_roles(write(frame)), "shop")
    assert 'demand_proxies = ["demand_index"] # likely: their names say demand' in drafted


@pytest.mark.parametrize("name", ["demand", "total_demand", "nachfrage", "unmet_demand"])
def test_demand_that_may_be_what_people_ordered_is_no_driver(write, name):
    orders = np.random.default_rng(0).normal(500, 40, 104).round()
    guess = guess_roles(write(make_frame().assign(**{name: orders})))
    assert name not in guess.controls(text=False)
