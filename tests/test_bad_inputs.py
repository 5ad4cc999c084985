"""Bad input through the command line: one named error, exit code 2, earlier outputs untouched."""

import os
import tomllib
from pathlib import Path

import pytest
from bad_inputs import studies, tables

from mmm import paths
from mmm.run import cli


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


TABLES = tables.corpus()
EXPORTS = tomllib.loads((Path(__file__).parent / "bad_inputs/exports/expected.toml").read_text())
STUDIES = studies.corpus()


def test_the_corpus_is_large():
    assert len(TABLES) + len(EXPORTS) + len(STUDIES) >= 200


@pytest.mark.parametrize("name", TABLES)
def test_a_bad_table_is_refused_and_changes_nothing(name, outputs, tmp_path, capsys):
    content, expected = TABLES[name]
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    message = refuse(capsys, outputs, "--data", path)
    assert "bad.csv" in message
    assert expected in message


@pytest.mark.parametrize("name", EXPORTS)
def test_a_bad_export_is_refused_and_changes_nothing(name, outputs, capsys):
    path = Path(__file__).parent / "bad_inputs" / "exports" / name
    message = refuse(capsys, outputs, "--data", path)
    assert name in message
    assert EXPORTS[name] in message


def test_a_missing_file_and_a_binary_file_are_refused(outputs, tmp_path, capsys):
    assert "no such file" in refuse(capsys, outputs, "--data", tmp_path / "gone.csv")
    binary = tmp_path / "bad.csv"
    binary.write_bytes(bytes(range(128, 256)) * 4)
    assert "UTF-8" in refuse(capsys, outputs, "--data", binary)


def test_a_cross_section_is_refused(shared_data, outputs, capsys):
    path = shared_data / "classic" / "Advertising.csv"
    assert "cross-section" in refuse(capsys, outputs, "--data", path)


@pytest.mark.parametrize("name", STUDIES)
def test_a_bad_study_file_is_refused_and_changes_nothing(name, outputs, tmp_path, capsys):
    content, expected = STUDIES[name]
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "study.toml").write_bytes(content)
    message = refuse(capsys, outputs, "--study", folder)
    assert "study.toml" in message or "halo_case_study.csv" in message
    assert expected in message
    if "problem(s)" in message:
        assert all("line " in line for line in message.splitlines()[1:9])


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


def test_a_failing_own_data_run_keeps_the_earlier_data_too(outputs, tmp_path, monkeypatch):
    before = snapshot(outputs)
    path = tmp_path / "bad.csv"
    path.write_bytes(tables.written(tables.good_table()))
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
