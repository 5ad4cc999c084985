"""A file of many series: a study for each, named errors, and one page over all of them."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomlkit
from bs4 import BeautifulSoup
from pages import SVG
from studies import make_frame, raw_study

from mmm.data.draft import Told
from mmm.data.series import split_series
from mmm.errors import DataError, StudyError, UsageError
from mmm.panel.own import open_series, portfolio_of_own
from mmm.report import render_series
from mmm.run.many import is_many, own_series, split_study
from mmm.store import Store
from mmm.study.load import load_study, parse_study


def a_file(currencies=("EUR", "USD", "EUR")):
    """Return the rows of three brands, in no order; the third never bought search."""
    parts = []
    for seed, (brand, code) in enumerate(zip(("Alpha", "Beta & Co", "Gamma"), currencies)):  # noqa: B905
        frame = make_frame(104, seed=seed).assign(brand=brand, code=code)
        frame["week"] = frame["week"].dt.strftime("%Y-%m-%d")
        if brand == "Gamma":
            frame["search_spend"] = 0.0
        parts.append(frame)
    return pd.concat(parts).sample(frac=1, random_state=3).reset_index(drop=True)


def a_study(folder, table, **data):
    """Write a study of many series and its file."""
    keys = {"series": "brand", "currency_column": "code", "fx": {"USD": 0.9}} | data
    keys = {key: value for key, value in keys.items() if value is not None}
    raw = raw_study(currency="EUR")
    raw["data"] |= {"date_format": "%Y-%m-%d", **keys}
    raw["scenarios"] = [
        {"kind": "multiply", "name": "More TV", "channel": "tv", "factor": 1.2},
        {"kind": "multiply", "name": "More search", "channel": "search", "factor": 1.2},
    ]
    raw["optimize"] = {"groups": {"both": {"channels": ["tv", "search"], "min_share": 0.5}}}
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "small.csv", index=False)
    (folder / "study.toml").write_text(tomlkit.dumps(raw), "utf-8")
    return folder / "study.toml"


@pytest.fixture
def staging(tmp_path):
    return tmp_path / "staging"


def test_each_series_becomes_a_study_with_its_rows_currency_and_channels(tmp_path, staging):
    file = a_study(tmp_path / "brands", a_file())
    assert is_many(file)
    parts = split_study(file, staging)
    assert parts.titles == dict(
        zip(parts.files, [parts.titles[name] for name in parts.files], strict=True)
    )
    assert set(parts.titles.values()) == {"Alpha", "Beta & Co", "Gamma"}
    studies = {parts.titles[name]: load_study(path) for name, path in parts.files.items()}
    assert studies["Beta & Co"].name == "beta_co"
    assert studies["Beta & Co"].currency == "USD"
    assert studies["Gamma"].channel_names == ["tv"]
    assert [s.name for s in studies["Gamma"].scenarios] == ["More TV"]
    assert studies["Gamma"].optimize.groups == {}
    assert studies["Alpha"].optimize.groups["both"].channels == ("tv", "search")
    assert studies["Alpha"].channel_names == ["tv", "search"]
    assert not any(is_many(path) for path in parts.files.values())
    rows = pd.read_csv(studies["Alpha"].data_file)
    assert len(rows) == 104
    assert "brand" not in rows


def test_the_studies_of_series_pass_the_checks_of_any_data(tmp_path, staging):
    from mmm.run.pipeline import check_data

    parts = split_study(a_study(tmp_path / "brands", a_file()), staging)
    for path in parts.files.values():
        check_data(load_study(path))


def test_three_weeks_are_refused_by_the_name_of_the_series(tmp_path, staging):
    from mmm.run.pipeline import check_data

    table = a_file()
    few = table[(table["brand"] != "Gamma") | (table["week"] < "2022-01-20")]
    parts = split_study(a_study(tmp_path / "brands", few), staging)
    with pytest.raises(DataError, match=r"gamma\.csv: 3 weeks"):
        check_data(load_study(parts.files["gamma"]))


def split(table, **data):
    raw = raw_study(currency="EUR")
    raw["data"] |= {"date_format": "%Y-%m-%d", "series": "brand", **data}
    study = parse_study(raw, text=tomlkit.dumps(raw), name="small", folder=Path())
    return split_series(table, study)


def test_two_rows_of_one_series_and_week_are_named():
    table = a_file()
    again = pd.concat([table, table[table["brand"] == "Beta & Co"].iloc[[0]]], ignore_index=True)
    week = again["week"].iloc[-1]
    with pytest.raises(DataError, match=rf"brand 'Beta & Co' has 2 rows for {week}, data rows"):
        split(again)


def test_mixed_currencies_in_one_series_are_named():
    table = a_file()
    table.loc[table["brand"].eq("Alpha").idxmax(), "code"] = "SEK"
    with pytest.raises(DataError, match=r"brand 'Alpha' has rows in (SEK and EUR|EUR and SEK)"):
        split(table, currency_column="code")


def test_rows_without_a_series_and_missing_columns_are_named():
    table = a_file()
    table.loc[4, "brand"] = " "
    with pytest.raises(DataError, match="1 row without a name in 'brand', first data row 5"):
        split(table)
    with pytest.raises(DataError, match=r"no column 'brnd'.*did you mean 'brand'"):
        split(a_file(), series="brnd")
    with pytest.raises(DataError, match=r"no column 'cod'.*did you mean 'code'"):
        split(a_file(), currency_column="cod")


def test_a_missing_rate_is_named_before_anything_runs(tmp_path, staging):
    file = a_study(tmp_path / "brands", a_file(("EUR", "USD", "SEK")))
    with pytest.raises(DataError, match="no exchange rate for SEK"):
        split_study(file, staging)


def test_keys_without_series_are_refused(tmp_path):
    with pytest.raises(StudyError, match="fx needs series"):
        load_study(a_study(tmp_path / "one", a_file(), series=None, currency_column=None))
    with pytest.raises(StudyError, match="USD = 0: a rate is above zero"):
        load_study(a_study(tmp_path / "two", a_file(), fx={"USD": 0.0}))


def test_a_series_without_any_spend_is_told_and_the_others_are_split(tmp_path, staging):
    table = a_file()
    table.loc[table["brand"] == "Gamma", "tv_spend"] = 0.0
    parts = split_study(a_study(tmp_path / "brands", table), staging)
    assert set(parts.files) == {"alpha", "beta_co"}
    assert "no channel's spend varies" in str(parts.failed["gamma"])


def test_names_that_share_a_folder_are_kept_apart(tmp_path, staging):
    table = a_file().replace({"brand": {"Beta & Co": "alpha"}})
    parts = split_study(a_study(tmp_path / "brands", table), staging)
    assert len(parts.files) == 3
    assert sorted(parts.titles.values()) == ["Alpha", "Gamma", "alpha"]


def test_any_file_is_guessed_as_series(tmp_path, staging):
    csv = tmp_path / "sales.csv"
    a_file().drop(columns="code").to_csv(csv, index=False)
    file = own_series(csv, "brand", staging, Told(), quiet=True)
    study = load_study(file)
    assert study.data.series == "brand"
    assert study.data.market is None
    assert set(split_study(file, staging / "parts").titles.values()) == {
        *("Alpha", "Beta & Co", "Gamma")
    }
    with pytest.raises(DataError, match="no column 'brands'"):
        own_series(csv, "brands", staging, Told(), quiet=True)
    from mmm.data.draft import Market

    with pytest.raises(UsageError, match="--series takes every series"):
        own_series(csv, "brand", staging, Told(market=Market("brand", "Alpha")), quiet=True)


CARD = {
    "title": "Brands",
    "question": "Which channels pay?",
    "headline": "TV earns most.",
    "status": "REVIEW",
    "fit": "Unseen weeks: 0.8 % off.",
    "figure": "returns",
    "alt": "ROI: TV 2.6",
}


def fake_run(folder, study_file):
    """Leave what a run of a series leaves, as far as the page over all of them reads it."""
    study = load_study(study_file)
    store, table = Store(folder / study.name), pd.read_csv(study.data_file)
    store.write_text("data/study.toml", study_file.read_text("utf-8"))
    store.write_table("data/weekly.csv", table.sort_values("week"))
    names = study.channel_names
    spend = [table[f"{name}_spend"].tail(52).sum() for name in names]
    returns = pd.DataFrame({"channel": names, "spend": spend, "roi": 1.0})
    store.write_table("tables/returns.csv", returns.assign(roi_low=0.5, roi_high=1.5))
    grades = pd.DataFrame({"channel": names, "grade_mroi": ["B", "D"][: len(names)]})
    store.write_table("tables/trust_grades.csv", grades.assign(grade_roi="B"))
    plan = pd.DataFrame({"channel": names, "change_pct": 0.1})
    store.write_table("tables/budget_recommendations.csv", plan)
    store.write_json("reports/card.json", CARD)
    store.write_text("figures/returns.svg", SVG)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    file = a_study(folder / "brands", a_file())
    parts = split_study(file, folder / "staging")
    for path in parts.files.values():
        fake_run(folder / "out", path)
    return folder / "out", parts


def test_series_that_were_run_are_pooled_and_share_one_budget(run):
    folder, parts = run
    series = [open_series(folder, name, title) for name, title in parts.titles.items()]
    found = portfolio_of_own(series, parts.study)
    assert len(found.table) == 5
    assert (found.table["pooled_low"] < found.table["pooled_high"]).all()
    assert found.pool["series"].tolist() == [3, 2]
    # how likely the gain is, these data do not promise
    failed = {c.check for c in found.checks if c.status == "FAIL"}
    assert failed <= {"the gain is likely"}
    assert found.plan.spend.sum() == pytest.approx(found.plan.budget, abs=1e-6)
    held = found.budget["at"] == "held"
    assert held.sum() == 2  # the two channels whose mROI is graded D
    np.testing.assert_allclose(found.budget["change"][held], 0.0, atol=0.01)
    is_dollar = found.budget["currency"] == "USD"
    rate = found.budget["recommended_spend"] / found.budget["recommended_local"]
    np.testing.assert_allclose(rate[is_dollar], 0.9)


def test_the_page_has_a_card_per_series_one_table_and_what_was_not_run(run):
    folder, parts = run
    page = render_series(folder, parts.titles, parts.study, {"Tiny <b>": "3 weeks & no more"})
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    assert soup.h1.get_text() == "Small: 3 series"
    assert len(soup.select("article.study")) == 3
    titles = [tag.get_text() for tag in soup.select(".over-all h2")]
    assert titles[0] == "All series and channels"
    assert "One budget over all series" in titles
    assert titles[-1] == "Not run"
    text = soup.get_text()
    assert "Tiny <b>" in text
    assert "Beta & Co" in text
    table = soup.select(".over-all table")[0]
    assert len(table.select("tbody tr")) == 5


def test_without_rates_the_page_says_why_there_is_no_budget(run):
    folder, parts = run
    series = [open_series(folder, name, title) for name, title in parts.titles.items()]
    data = parts.study.data.model_copy(update={"fx": ()})
    found = portfolio_of_own(series, parts.study.model_copy(update={"data": data}))
    assert found.plan is None
    assert "no exchange rate for USD" in found.missing[0]
    assert len(found.pool) == 2


def test_units_without_a_value_are_not_pooled(run):
    folder, parts = run
    series = [open_series(folder, name, title) for name, title in parts.titles.items()]
    data = parts.study.data.model_copy(update={"kpi_type": "units"})
    found = portfolio_of_own(series, parts.study.model_copy(update={"data": data}))
    assert found.pool.empty
    assert "What a unit is worth is not known" in found.missing[0]


def test_the_written_study_is_valid_toml(tmp_path, staging):
    parts = split_study(a_study(tmp_path / "brands", a_file()), staging)
    for path in parts.files.values():
        assert "series" not in tomllib.loads(path.read_text("utf-8"))["data"]


def command_of(*words):
    """Return the exit code of the command line in this process, its output and its error."""
    from click.testing import CliRunner

    from mmm.run.cli import command

    return CliRunner().invoke(command, list(map(str, words)))


def test_the_command_shows_every_series_and_names_the_one_that_cannot_run(tmp_path):
    table = a_file()
    few = table[(table["brand"] != "Gamma") | (table["week"] < "2022-01-20")]
    file = a_study(tmp_path / "brands", few)
    found = command_of("--study", file, "--dry-run", "--output", tmp_path / "out")
    assert isinstance(found.exception, DataError)
    assert "1 of 3 studies did not run" in str(found.exception)
    assert "gamma: gamma.csv: 3 weeks" in str(found.exception)
    assert {line for line in found.output.splitlines() if not line.startswith(" ")} == {
        *("alpha", "beta_co")
    }


def test_the_command_runs_series_of_a_guessed_file(tmp_path):
    csv = tmp_path / "sales.csv"
    a_file().drop(columns="code").to_csv(csv, index=False)
    words = ["--data", csv, "--series", "brand", "--dry-run", "--output", tmp_path / "out"]
    found = command_of(*words)
    assert found.exception is None
    assert "every value of 'brand' gets a study of its own" in found.output
    assert "beta_co" in found.output
    refused = command_of(*words, "--json")
    assert "--series makes several" in str(refused.exception)


def test_a_study_of_series_runs_alone(tmp_path):
    file = a_study(tmp_path / "brands", a_file())
    found = command_of("--study", file, "--study", "linear_baseline", "--dry-run")
    assert isinstance(found.exception, UsageError)
    assert "run it alone" in str(found.exception)


def test_among_other_studies_a_study_of_series_is_named(tmp_path):
    from mmm.run.pipeline import check_data

    study = load_study(a_study(tmp_path / "brands", a_file()))
    with pytest.raises(StudyError, match=r"many series.*--study brands"):
        check_data(study)


def test_a_study_of_series_can_be_started_from_a_file(tmp_path, monkeypatch):
    from mmm import paths

    csv = tmp_path / "sales.csv"
    a_file().drop(columns="code").to_csv(csv, index=False)
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(paths, "data_folder", lambda: tmp_path / "data")
    found = command_of("--init", "mine", "--data", csv, "--series", "brand")
    assert found.exception is None, found.output
    assert load_study(tmp_path / "data" / "mine" / "study.toml").data.series == "brand"
