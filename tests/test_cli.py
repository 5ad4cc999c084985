"""The command line: what it accepts, refuses, prints and returns."""

import errno
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmm import choices, cli, own_data, paths, pipeline
from mmm.console import ConsoleProgress
from mmm.errors import FileError, NotebookError, ReportError, UsageError
from mmm.failure import SlowCellError
from mmm.pipeline import STAGES, Result
from mmm.study import load_study

ROOT = paths.project_root()


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """Send what a test writes to its own folder, and keep the test run's signal handlers."""
    monkeypatch.setattr(paths, "outputs_folder", lambda: tmp_path / "outputs")
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)


@pytest.fixture
def studies(tmp_path, monkeypatch):
    """Return an empty folder in the place of the project's studies."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setattr(paths, "data_folder", lambda: folder)
    return folder


@pytest.fixture
def sales(tmp_path):
    """Return a CSV file with two channels and two years of weeks."""
    random = np.random.default_rng(5)
    weeks = 104
    table = pd.DataFrame(
        {
            "week": pd.date_range("2023-01-02", periods=weeks, freq="7D").strftime("%Y-%m-%d"),
            "revenue": random.normal(1000, 50, weeks).round(2),
            "tv_spend": random.uniform(50, 150, weeks).round(2),
            "search_spend": random.uniform(20, 60, weeks).round(2),
        }
    )
    path = tmp_path / "Weekly Sales.csv"
    table.to_csv(path, index=False)
    return path


def call(capsys, *arguments: object) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of the command line."""
    with pytest.raises(SystemExit) as caught:
        cli.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return int(caught.value.code or 0), captured.out, captured.err


def refused(capsys, *arguments: object) -> str:
    """Return the message of a command line that is refused with exit code 2."""
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("Error: ") or "Usage:" in err
    return err


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
    assert choices.stage_number(text) == 3


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
    assert choices.select(only, first, last) == numbers


def test_an_unknown_notebook_or_contradicting_options_are_refused(capsys):
    assert "did you mean '05_roi'?" in refused(capsys, "--only", "05_rio")
    assert "--only runs one notebook" in refused(capsys, "--only", 3, "--from", 2)
    assert "nothing would run" in refused(capsys, "--from", 5, "--to", 2)
    assert "-v and -q" in refused(capsys, "-v", "-q")
    assert "excludes --study" in refused(capsys, "--data", "x.csv", "--study", "y")
    assert "needs --data" in refused(capsys, "--init", "mine")
    assert "No such option" in refused(capsys, "--onyl", 3)


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
        assert choices.find_study(text, tmp_path).resolve() == folder / "study.toml"
    with pytest.raises(UsageError):
        choices.find_study(str(tmp_path), tmp_path)


def test_init_writes_a_study_once(capsys, studies, sales):
    code, out, _ = call(capsys, "--init", "mine", "--data", sales)
    assert code == 0
    assert "tv_spend" in out
    assert "python run_all.py --study mine" in out
    assert (studies / "mine" / "Weekly Sales.csv").read_bytes() == sales.read_bytes()
    before = (studies / "mine" / "study.toml").read_bytes()
    assert "exists already" in refused(capsys, "--init", "mine", "--data", sales)
    assert (studies / "mine" / "study.toml").read_bytes() == before


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\\b", "a.b", " ", "-x"])
def test_init_refuses_a_name_that_is_no_folder_name(capsys, studies, sales, name):
    assert "Use letters, digits" in refused(capsys, f"--init={name}", "--data", sales)
    assert not list(studies.iterdir())


def test_init_and_data_refuse_a_missing_file(capsys, studies, tmp_path):
    assert "no such file" in refused(capsys, "--init", "mine", "--data", tmp_path / "no.csv")
    assert "no such file" in refused(capsys, "--data", tmp_path / "no.csv")
    assert not list(studies.iterdir())
    assert not (tmp_path / "outputs").exists()


def test_own_data_run_from_guess_to_report(capsys, sales, tmp_path):
    code, out, _ = call(capsys, "--data", sales, "--only", 1, "--output", tmp_path / "mine")
    folder = tmp_path / "mine" / "weekly_sales"
    assert code == 0
    assert "--init weekly_sales --data" in out
    assert out.splitlines()[-1] == str(folder / "report.html")
    assert (folder / "report.html").is_file()
    assert (folder / "data" / "Weekly Sales.csv").read_bytes() == sales.read_bytes()
    assert (folder / "data" / "weekly.csv").is_file()
    assert choices.find_study("weekly_sales", tmp_path / "mine") == folder / "data" / "study.toml"


def test_own_data_named_like_a_result_or_a_study_collides_with_neither(tmp_path, sales):
    assert own_data.slug(paths.DEFAULT_STUDY) == f"{paths.DEFAULT_STUDY}_own"
    csv = sales.rename(tmp_path / "weekly.csv")
    written = own_data.own_study(csv, tmp_path / "outputs", quiet=True)
    assert sorted(path.name for path in written.parent.iterdir()) == [
        "own_data_weekly.csv",
        "study.toml",
    ]


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

    monkeypatch.setattr(cli, "run", fail)
    got, out, err = call(capsys, "-q")
    assert (got, out) == (code, "")
    assert str(error) in err


def test_studies_run_one_after_the_other_with_the_same_settings(capsys, monkeypatch, tmp_path):
    ran = []

    def record(plan, settings):
        ran.append((plan.study.name, settings.engine, settings.timeout, settings.with_report))
        return Result(plan.study.name, plan.workspace.published, None, {"01": 1.0})

    monkeypatch.setattr(cli, "run", record)
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


@pytest.mark.parametrize("below", ["", "sub", "sub/deeper"])
def test_an_output_folder_below_a_file_is_refused_at_once(capsys, sales, below):
    for more in ((), ("--dry-run",), ("--list",)):
        message = refused(capsys, "--output", sales / below, *more)
        assert f"{sales.name} is a file" in message
        assert "Name a folder" in message


@pytest.mark.parametrize("option", ["--output", "--study"])
@pytest.mark.parametrize("length", [300, 5000])
def test_a_name_that_is_too_long_fits_on_the_screen(capsys, option, length):
    code, _, err = call(capsys, option, "x" * length, "--dry-run")
    assert code in (2, 4)
    assert err.startswith("Error: ")
    assert len(err) < 600


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EACCES, "Allow access"),
        (errno.ENOSPC, "Free some space"),
        (errno.ENAMETOOLONG, "shorter name"),
        (errno.EIO, "Check the path"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_message(capsys, monkeypatch, code, words):
    def fail(path):
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(pipeline, "load_study", fail)
    got, out, err = call(capsys, "--dry-run")
    assert (got, out) == (4, "")
    assert err.startswith("Error: ")
    assert f"study.toml: cannot be read or written ({os.strerror(code)})" in err
    assert words in err


def test_an_error_without_a_file_or_a_reason_is_named_by_its_kind():
    message = str(FileError.of(TimeoutError()))
    assert message.startswith("cannot be read or written (TimeoutError). ")


@pytest.mark.skipif(os.name == "nt", reason="files are opened otherwise there")
@pytest.mark.parametrize("start", ["run_all.py", "-m"])
def test_a_screen_that_cannot_be_written_is_one_message(tmp_path, start):
    """A file that is open for reading only refuses what is printed, as a full disk does."""
    (tmp_path / "screen").write_text("", "utf-8")
    words = ["-m", "mmm", "run"] if start == "-m" else [str(ROOT / start)]
    with (tmp_path / "screen").open("rb") as screen:
        done = subprocess.run(
            [sys.executable, *words, "--list"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            stdout=screen,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 4
    assert done.stderr.startswith("Error: cannot be read or written (")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "study"),
    [
        ("sales.2024.csv", "sales_2024"),
        ("sales.2025.CSV.gz", "sales_2025"),
        (".hidden.csv", "hidden"),
        ("Q1 & Q2.parquet", "q1_q2"),
        ("no_ending", "no_ending"),
    ],
)
def test_own_data_is_named_like_its_file_without_the_ending(name, study):
    assert own_data.slug(own_data.stem_of(name)) == study


def test_files_whose_letters_are_lost_have_studies_of_their_own():
    names = [
        "\u00c4\u00d6\u00dc",
        "AOU",
        "\u65e5\u672c",
        "\u4e2d\u56fd",
        "\udcff",
        "\udcfe",
        "!",
        "?",
    ]
    names += ["x" * 300 + end for end in "yz"]
    made = [own_data.slug(name) for name in names]
    assert len(set(made)) == len(made)
    for name in made:
        assert re.fullmatch(r"[a-z0-9][a-z0-9_]{0,63}", name)  # --init takes it


def test_the_results_of_one_data_file_are_not_replaced_by_those_of_another(
    capsys, sales, tmp_path
):
    out = tmp_path / "out"
    study = own_data.own_study(sales, tmp_path, quiet=True)
    shutil.copytree(study.parent, out / "weekly_sales" / "data")
    other = sales.with_name("weekly-sales.csv")
    shutil.copy(sales, other)
    for more in ((), ("--dry-run",)):
        code, _, err = call(capsys, "--data", other, "-q", "--output", out, *more)
        assert code == 2
        for words in ("'Weekly Sales.csv'", "'weekly-sales.csv'", "--output DIR", "--init NAME"):
            assert words in err
    assert call(capsys, "--data", sales, "-q", "--output", out, "--dry-run")[0] == 0
    (out / "weekly_sales" / "data" / "study.toml").write_text("schema = 99", "utf-8")
    assert call(capsys, "--data", other, "-q", "--output", out, "--dry-run")[0] == 0


@pytest.mark.parametrize("name", ["study.toml", "Study.TOML", "weekly.csv"])
def test_data_named_like_a_file_of_the_study_are_kept_beside_it(capsys, studies, sales, name):
    csv = sales.rename(sales.with_name(name))
    assert call(capsys, "--init", "mine", "--data", csv)[0] == 0
    copy = studies / "mine" / f"own_data_{name}"
    assert copy.read_bytes() == csv.read_bytes()
    assert load_study(studies / "mine" / "study.toml").data_file == copy


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 elsewhere")
@pytest.mark.parametrize("name", [b"\xff.csv", b"\xfe.csv", b"x" * 250 + b".csv"])
def test_a_file_name_that_cannot_be_written_gets_a_safe_copy(capsys, studies, sales, name):
    csv = sales.rename(sales.with_name(os.fsdecode(name)))
    assert call(capsys, "--data", csv, "--dry-run")[0] == 0
    assert call(capsys, "--init", "mine", "--data", csv)[0] == 0
    copy = load_study(studies / "mine" / "study.toml").data_file
    assert re.fullmatch(r"own_data_[0-9a-f]{6}\.csv", copy.name)
    assert copy.read_bytes() == csv.read_bytes()


def test_a_full_disk_leaves_no_half_of_a_study(capsys, studies, sales, monkeypatch):
    write = own_data.write_bytes

    def fail(path, content):
        if path.name == "study.toml":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, content)

    monkeypatch.setattr(own_data, "write_bytes", fail)
    for words in (("--init", "mine", "--data", sales), ("--data", sales)):
        code, _, err = call(capsys, *words)
        assert code == 4
        assert re.match(r"Error: \S+: cannot be read or written .*Free some space", err)
    assert not list(studies.iterdir())
