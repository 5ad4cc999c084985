"""The command line: what it accepts, refuses, prints and returns."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import call, own_folders, refused, sales, studies

from mmm import paths
from mmm.errors import NotebookError, ReportError, UsageError
from mmm.run import cli, options
from mmm.run.failure import SlowCellError
from mmm.run.pipeline import STAGES, Result
from mmm.run.progress import ConsoleProgress

ROOT = paths.project_root()

__all__ = ["own_folders", "sales", "studies"]  # fixtures


def test_run_all_lists_studies_and_questions_from_any_folder(tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "run_all.py"), "--list"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert paths.DEFAULT_STUDY in done.stdout
    for stage in STAGES:
        assert stage.notebook in done.stdout
    assert done.stdout.count("?") >= len(STAGES)


def test_a_broken_study_is_listed_with_its_problem(capsys, studies):
    (studies / "broken").mkdir()
    (studies / "broken" / "study.toml").write_text("schema = ", "utf-8")
    code, out, _ = call(capsys, "--list")
    assert code == 0
    assert "cannot be read: study.toml: not valid TOML" in out


@pytest.mark.parametrize("text", ["3", "03", "03_ols_vif", "ols_vif", "03_ols_vif.ipynb"])
def test_a_notebook_is_named_by_number_or_name(text):
    assert options.stage_number(text) == 3


@pytest.mark.parametrize(
    ("only", "first", "last", "numbers"),
    [
        (None, None, None, None),
        ("4", None, None, [4]),
        (None, "6", None, [6, 7, 8]),
        (None, None, "2", [1, 2]),
        (None, "3", "05_roi", [3, 4, 5]),
    ],
)
def test_selections(only, first, last, numbers):
    assert options.select(only, first, last) == numbers


def test_an_unknown_notebook_or_contradicting_options_are_refused(capsys):
    assert "did you mean '05_roi'?" in refused(capsys, "--only", "05_rio")
    assert "--only runs one notebook" in refused(capsys, "--only", 3, "--from", 2)
    assert "nothing would run" in refused(capsys, "--from", 5, "--to", 2)
    assert "-v and -q" in refused(capsys, "-v", "-q")
    assert "excludes --study" in refused(capsys, "--data", "x.csv", "--study", "y")
    assert "needs --data" in refused(capsys, "--init", "mine")
    assert "No such option" in refused(capsys, "--onyl", 3)


def test_the_state_of_a_study_that_is_not_there_is_an_error_after_the_others(capsys):
    words = ("--study", "nosuch", "--study", paths.DEFAULT_STUDY)
    code, out, err = call(capsys, "--list", *words)
    assert code == 2
    assert err.startswith("Error: There is no study 'nosuch'")
    assert out.index("State of nosuch") < out.index(f"State of {paths.DEFAULT_STUDY}")


def test_a_word_that_names_a_file_is_answered_with_its_option(capsys, sales):
    message = refused(capsys, sales)
    assert f"argument ({sales}). Did you mean --data '{sales}'?" in message
    study = paths.data_folder() / paths.DEFAULT_STUDY / "study.toml"
    assert f"Did you mean --study {study}?" in refused(capsys, study, "--dry-run")
    message = refused(capsys, "one", "two")
    assert "arguments (one two)." in message
    assert "Did you mean" not in message


def test_an_unknown_study_names_the_nearest(capsys):
    message = refused(capsys, "--study", "halo_case_studdy")
    assert message == (
        "Error: There is no study 'halo_case_studdy'; did you mean 'halo_case_study'?\n"
    )


def test_an_unknown_parameter_is_refused_before_anything_is_written(capsys, tmp_path):
    assert "no selected notebook has this parameter" in refused(capsys, "-p", "no_such", "1")
    assert not (tmp_path / "outputs").exists()


def test_a_study_is_found_by_name_folder_and_file(tmp_path):
    folder = paths.data_folder() / paths.DEFAULT_STUDY
    for text in (paths.DEFAULT_STUDY, str(folder), str(folder / "study.toml")):
        assert options.find_study(text, tmp_path).resolve() == folder / "study.toml"
    with pytest.raises(UsageError):
        options.find_study(str(tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotebookError("cell 3"), 1),
        (ReportError("no template"), 3),
        (SlowCellError("too slow"), 124),
        (KeyboardInterrupt(), 130),
    ],
)
def test_a_failure_is_one_message_and_its_exit_code(capsys, monkeypatch, error, code):
    def fail(plan, settings):
        raise error

    monkeypatch.setattr(cli, "execute", fail)
    got, out, err = call(capsys, "-q")
    assert (got, out) == (code, "")
    assert str(error) in err


def test_studies_run_one_after_the_other_with_the_same_settings(capsys, monkeypatch, tmp_path):
    ran = []

    def record(plan, settings):
        ran.append((plan.study.name, settings.engine, settings.timeout, settings.with_report))
        return Result(plan.study.name, plan.workspace.published, None, {"01": 1.0})

    monkeypatch.setattr(cli, "execute", record)
    other = tmp_path / "other"
    shutil.copytree(paths.data_folder() / paths.DEFAULT_STUDY, other)  # with its plan file
    options = ("--engine", "nbclient", "--timeout", 9, "--no-report")
    code, out, _ = call(capsys, "--study", paths.DEFAULT_STUDY, "--study", other, *options)
    assert code == 0
    assert ran == [(name, "nbclient", 9, False) for name in (paths.DEFAULT_STUDY, "other")]
    assert out.splitlines()[-1] == str(tmp_path / "outputs" / "other")
    twice = ("--study", paths.DEFAULT_STUDY) * 2
    assert "is given twice" in refused(capsys, *twice)
    assert len(ran) == 2


def test_progress_without_a_terminal_is_one_plain_line_per_notebook(capsys):
    progress = ConsoleProgress()
    progress.start("05_roi", 9)
    progress.cell(1)
    progress.done(1.25)
    progress.start("report", 0)
    progress.done(0.5)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["05_roi", "9", "cells", "1.2", "s"],
        ["report", "0.5", "s"],
    ]


def test_output_folder_may_be_relative(tmp_path, monkeypatch, capsys):
    seen = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "run_all", lambda plans, *_, **__: seen.extend(plans))
    assert call(capsys, "--output", "here")[0] == 0
    assert seen[0].workspace.published == Path(tmp_path, "here", paths.DEFAULT_STUDY)


@pytest.fixture
def three_studies(tmp_path, monkeypatch):
    """A study that runs, one that cannot be read, and one whose groups contradict its bounds."""
    good = paths.data_folder() / "constrained_budget" / "study.toml"
    text = good.read_text("utf-8")
    sick = text[: text.index("[simulate]")].replace("[controls]", "[unknown]")
    for name, content in (("a_sick", sick + "\nx = 1\n"), ("b_good", text), ("c_none", text)):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "study.toml").write_text(content, "utf-8")
    groups = text.replace("max_share = 0.60", "min_share = 0.99")
    (tmp_path / "data" / "c_none" / "study.toml").write_text(groups, "utf-8")
    monkeypatch.setattr(paths, "data_folder", lambda: tmp_path / "data")
    return tmp_path


def test_all_runs_what_can_run_and_lists_the_others(three_studies, capsys, monkeypatch):
    ran, pages = [], []
    monkeypatch.setattr(cli, "run_one", lambda plan, *_: ran.append(plan.study.name))
    monkeypatch.setattr(cli, "render_index", lambda _, names: pages.append(names) or "index")
    code, _, err = call(capsys, "--all", "--output", three_studies / "out")
    assert code == 2
    assert (ran, pages) == (["b_good"], [["b_good"]])
    assert "2 of 3 studies did not run" in err
    assert "a_sick: study.toml has" in err
    assert "c_none: no split keeps the groups" in err


def test_all_goes_on_where_a_study_fails_while_it_runs(three_studies, capsys, monkeypatch):
    def fail(plan, *_):
        raise NotebookError("cell 3")

    monkeypatch.setattr(cli, "run_one", fail)
    monkeypatch.setattr(cli, "render_index", lambda *_: pytest.fail("nothing has run"))
    code, _, err = call(capsys, "--all", "-q", "--output", three_studies / "out")
    assert code == 2
    assert "3 of 3 studies did not run" in err
    assert "b_good: cell 3" in err


def test_all_shows_what_would_run_and_what_could_not(three_studies, capsys):
    code, out, err = call(capsys, "--all", "--dry-run", "--output", three_studies / "out")
    assert code == 2
    assert "b_good" in out
    assert "2 of 3 studies did not run" in err
