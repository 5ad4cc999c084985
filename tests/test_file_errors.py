"""Files and folders that cannot be used: one message, not a traceback."""

import errno
import os
import subprocess
import sys

import pytest
from terminal import call, own_folders, refused, sales

from mmm import paths
from mmm.errors import FileError
from mmm.run import pipeline

ROOT = paths.project_root()

__all__ = ["own_folders", "sales"]  # fixtures


@pytest.mark.parametrize("below", ["", "sub", "sub/deeper"])
def test_an_output_folder_below_a_file_is_refused_at_once(capsys, sales, below):
    for more in ((), ("--dry-run",), ("--list",)):
        message = refused(capsys, "--output", sales / below, *more)
        assert f"{sales.name} is a file" in message
        assert "Name a folder" in message


def test_a_file_in_the_place_of_a_study_and_links_in_a_circle_are_refused(capsys, tmp_path):
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / paths.DEFAULT_STUDY).write_text("", "utf-8")
    assert "is a file" in refused(capsys, "--dry-run")
    (tmp_path / "circle").symlink_to("circle")
    code, _, err = call(capsys, "--output", tmp_path / "circle", "-q")
    assert code in (2, 4)
    assert err.startswith("Error: ")


@pytest.mark.parametrize("words", [["--output", ""], ["--data="]])
def test_an_empty_path_is_not_the_present_folder(capsys, words):
    assert "the name is empty" in refused(capsys, *words, "--dry-run")


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
