"""Bad input through the command line: one named error, exit code 2, earlier outputs untouched."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmm import cli, paths

GOOD_WEEKS = 104


@pytest.fixture
def table():
    random = np.random.default_rng(2)
    weeks = pd.date_range("2023-01-02", periods=GOOD_WEEKS, freq="7D")
    return pd.DataFrame(
        {
            "week": weeks.strftime("%Y-%m-%d"),
            "revenue": random.normal(1000, 40, GOOD_WEEKS).round(2),
            "tv_spend": random.uniform(10, 90, GOOD_WEEKS).round(2),
            "search_spend": random.uniform(5, 30, GOOD_WEEKS).round(2),
        }
    )


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    """Return an outputs folder that already holds a good report of a study named ``bad``."""
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    folder = tmp_path / "outputs"
    (folder / "bad" / "data").mkdir(parents=True)
    (folder / "bad" / "report.html").write_text("the last good report")
    (folder / "bad" / "data" / "bad.csv").write_text("the last good data")
    monkeypatch.setattr(paths, "outputs_folder", lambda: folder)
    return folder


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refuse(capsys, outputs, *arguments: object) -> str:
    before = snapshot(outputs)
    with pytest.raises(SystemExit) as caught:
        cli.main([str(argument) for argument in arguments])
    message = capsys.readouterr().err
    assert caught.value.code == 2
    assert snapshot(outputs) == before
    assert "Traceback" not in message
    assert len(message.splitlines()) <= 12
    return message


def text(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False)


def changed(column, row, value):
    def change(frame):
        frame[column] = frame[column].astype(object)
        frame.loc[row, column] = value
        return text(frame)

    return change


CSVS = {
    "empty file": (lambda _: "", "empty"),
    "header only": (lambda t: text(t.head(0)), "no rows"),
    "no date column": (lambda t: text(t.drop(columns="week")), "no column holds dates"),
    "unparsable date": (changed("week", 7, "soon"), "'soon'"),
    "mixed date formats": (changed("week", 9, "06/03/2023"), "'06/03/2023'"),
    "duplicate week": (lambda t: text(pd.concat([t, t.tail(1)])), "repeat a date"),
    "missing week": (lambda t: text(t.drop(index=40)), "1 week(s) missing"),
    "rows ten days apart": (
        lambda t: text(
            t.assign(week=pd.date_range("2023-01-02", periods=len(t), freq="10D").astype(str))
        ),
        "not 7",
    ),
    "too few days": (
        lambda t: text(t.assign(week=pd.date_range("2023-01-02", periods=len(t)).astype(str))),
        "fewer than the",
    ),
    "spend is text": (changed("tv_spend", 3, "a lot"), "'a lot'"),
    "spend with two decimal points": (changed("tv_spend", 3, "5.1.7"), "'5.1.7'"),
    "negative spend": (changed("tv_spend", 5, -3.0), "negative"),
    "all-zero channel": (lambda t: text(t.assign(tv_spend=0)), "always zero"),
    "constant channel": (lambda t: text(t.assign(tv_spend=7)), "always 7"),
    "gap in the KPI": (changed("revenue", 11, None), "is empty"),
    "KPI is text": (changed("revenue", 11, "n/k"), "'n/k'"),
    "too few weeks": (lambda t: text(t.head(20)), "fewer than the"),
    "no spend": (lambda t: text(t[["week", "revenue"]]), "media spend"),
    "no outcome": (lambda t: text(t.drop(columns="revenue")), "outcome"),
    "a column twice": (lambda t: text(t).replace("search_spend", "tv_spend", 1), "appears twice"),
    "ragged rows": (lambda t: text(t) + "2025-01-06,1,2,3,4,5,6\n", "cannot be read as CSV"),
}


@pytest.mark.parametrize("name", CSVS)
def test_a_bad_csv_is_refused_and_changes_nothing(name, table, outputs, tmp_path, capsys):
    make, expected = CSVS[name]
    path = tmp_path / "bad.csv"
    path.write_text(make(table))
    message = refuse(capsys, outputs, "--data", path)
    assert "bad.csv" in message
    assert expected in message


def test_a_missing_file_and_a_binary_file_are_refused(outputs, tmp_path, capsys):
    assert "no such file" in refuse(capsys, outputs, "--data", tmp_path / "gone.csv")
    binary = tmp_path / "bad.csv"
    binary.write_bytes(bytes(range(128, 256)) * 4)
    assert "UTF-8" in refuse(capsys, outputs, "--data", binary)


def test_a_cross_section_is_refused(shared_data, outputs, capsys):
    path = shared_data / "classic" / "Advertising.csv"
    assert "cross-section" in refuse(capsys, outputs, "--data", path)


STUDIES = {
    "unknown key": ("seed = 1", "sed = 1", "sed"),
    "wrong type": ("seed = 1", 'seed = "one"', "seed"),
    "not TOML": ("seed = 1", "seed = = 1", "line"),
    "unknown channel": ('channel = "search"', 'channel = "serch"', "did you mean 'search'"),
    "missing table": ("[data]", "[dta]", "data"),
    "bad bounds": ('spend = "tv_spend"', 'spend = "tv_spend"\nbounds = [2, 1]', "bounds"),
}


@pytest.mark.parametrize("name", STUDIES)
def test_a_bad_study_file_is_refused_with_its_line(name, outputs, tmp_path, capsys):
    old, new, expected = STUDIES[name]
    good = (paths.data_folder() / paths.DEFAULT_STUDY / "study.toml").read_text("utf-8")
    assert old in good
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "study.toml").write_text(good.replace(old, new, 1), "utf-8")
    message = refuse(capsys, outputs, "--study", folder)
    assert expected in message
    assert "line" in message


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--study", "halo_case_studi"), "halo_case_study"),
        (("--only", "9"), "9"),
        (("--only", "05_roy"), "05_roi"),
        (("-p", "search_start", "3"), "search_starts"),
        (("-p", "search_starts", "many"), "many"),
    ],
)
def test_unknown_names_and_wrong_values_are_refused(arguments, expected, outputs, capsys):
    assert expected in refuse(capsys, outputs, *arguments)


def test_a_failing_own_data_run_keeps_the_earlier_data_too(table, outputs, tmp_path, monkeypatch):
    before = snapshot(outputs)
    path = tmp_path / "bad.csv"
    path.write_text(text(table))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    broken = tmp_path / "notebooks"
    broken.mkdir()
    for notebook in paths.notebooks_folder().glob("*.ipynb"):
        source = notebook.read_text("utf-8").replace("book = open_study(study)", "book = None")
        (broken / notebook.name).write_text(source, "utf-8")
    monkeypatch.setattr(paths, "notebooks_folder", lambda: broken)
    with pytest.raises(SystemExit) as caught:
        cli.main(["--data", os.fspath(path), "-q"])
    assert caught.value.code == 1
    after = snapshot(outputs)
    assert {name: after[name] for name in before} == before
    assert any(name.startswith("bad.partial") for name in after)
