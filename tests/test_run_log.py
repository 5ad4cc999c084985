"""The log of a run: what it says, where it stands, and what becomes of it when a run fails."""

import logging
import os
import re
import subprocess
import sys
import textwrap
import time
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_run import (
    FIRST,
    QUIET,
    SECOND,
    contents,
    plan_tiny,
    run_tiny,
    write_notebook,
    write_project,
)

from mmm.errors import NotebookError
from mmm.run.pipeline import Settings
from mmm.run.progress import LOG_FILE, in_folder, log, on_screen
from mmm.run.verify import verify
from mmm.store import Store

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO|WARNING|ERROR) +(\S.*)")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Return a project that has been run once, showing its log, which no test may change."""
    folder = write_project(tmp_path_factory.mktemp("done"), FIRST)
    run_tiny(folder, folder / "out", settings=replace(QUIET, jobs=2))
    return folder


@pytest.fixture
def own(tmp_path):
    """Return a project whose notebooks a test may break."""
    return write_project(tmp_path)


def said(folder):
    """Return level and first line of each message of a log."""
    found = [LINE.fullmatch(line) for line in (folder / LOG_FILE).read_text("utf-8").splitlines()]
    return [match.groups() for match in found if match]


def test_the_log_names_versions_steps_cells_seconds_and_warnings(done):
    lines = said(done / "out" / "tiny")
    text = "\n".join(message for _, message in lines)
    assert lines[0] == ("INFO", "study tiny, seed 7: 01_first, 02_second")
    assert "engine warm, jobs 2, cluster none" in text
    assert f"Python {sys.version.split()[0]} on {sys.platform}, numpy " in text
    assert "01_first: never run" in text
    assert re.search(r"01_first cell 9/9 after \d+\.\d s", text)
    assert re.search(r"02_second done in \d+\.\d s", text)
    (warning,) = (message for level, message in lines if level == "WARNING")
    assert warning.startswith("01_first cell 8: ")
    assert "UserWarning: careful" in warning
    assert lines[-1] == ("INFO", "complete: 2 steps run")


def test_the_log_is_no_part_of_what_is_compared(done):
    folder = done / "out" / "tiny"
    assert LOG_FILE in [path.name for path in folder.iterdir()]
    assert LOG_FILE not in Store(folder).files()
    assert LOG_FILE not in (folder / "manifest.json").read_text("utf-8")
    assert LOG_FILE not in (folder / "run.json").read_text("utf-8")
    assert verify(plan_tiny(done, done / "out"), QUIET) == len(contents(folder))


def test_a_run_with_nothing_to_do_keeps_the_log_of_the_one_that_made_the_results(done, capsys):
    before = (done / "out" / "tiny" / LOG_FILE).read_bytes()
    with on_screen():
        assert run_tiny(done, done / "out").seconds == {}
    assert (done / "out" / "tiny" / LOG_FILE).read_bytes() == before
    assert "02_second unchanged" in capsys.readouterr().out


def test_a_failed_run_says_why_in_its_own_log_and_the_next_run_replaces_it(own, capsys):
    run_tiny(own, own / "out")
    published, partial = own / "out" / "tiny", own / "out" / "tiny.partial"
    before = (published / LOG_FILE).read_bytes()
    write_notebook(own / "notebooks", "02_second", [*SECOND[:2], ("", "1 / 0")])
    with on_screen(), pytest.raises(NotebookError) as caught:
        run_tiny(own, own / "out")
    assert (published / LOG_FILE).read_bytes() == before
    text = (partial / LOG_FILE).read_text("utf-8")
    assert "01_first unchanged" in text
    assert "02_second: changed: notebook" in text
    assert text.endswith(f"ERROR   NotebookError: {caught.value}\n")
    # The screen has shown the same, but the error, which the command line prints.
    assert capsys.readouterr().out == text[: text.index("ERROR") - len("2024-01-01T00:00:00Z ")]
    write_notebook(own / "notebooks", "02_second", SECOND)
    run_tiny(own, own / "out")
    assert "ERROR" not in (published / LOG_FILE).read_text("utf-8")
    assert not partial.exists()


def test_a_run_that_is_stopped_says_so(tmp_path):
    with pytest.raises(KeyboardInterrupt), in_folder(tmp_path):
        raise KeyboardInterrupt
    assert said(tmp_path) == [("ERROR", "stopped (KeyboardInterrupt)")]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_run_that_is_killed_leaves_what_it_had_said(own):
    sleep = ("", "import time; time.sleep(60)")
    write_notebook(own / "notebooks", "01_first", [*SECOND[:2], sleep])
    script = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import tiny_run as t
        t.run_tiny(Path({str(own)!r}), Path({str(own / "out")!r}))
    """)
    process = subprocess.Popen([sys.executable, "-c", script])
    path = own / "out" / "tiny.partial" / LOG_FILE
    while not path.exists() or "01_first cell 5/5" not in path.read_text("utf-8"):
        assert process.poll() is None
        time.sleep(0.1)
    process.kill()
    process.wait()
    assert said(path.parent)[-1][1].startswith("01_first cell 5/5 after ")


def test_warnings_of_the_runner_itself_are_logged(tmp_path):
    with in_folder(tmp_path), warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)  # pytest has put its own recorder there
        warnings.warn("the report is large", UserWarning, stacklevel=1)
    assert "UserWarning: the report is large" in (tmp_path / LOG_FILE).read_text("utf-8")
    assert not log.handlers


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path):
    folder = tmp_path / "partial"
    folder.mkdir()
    with in_folder(folder):
        (folder / LOG_FILE).mkdir()
        log.info("nobody reads this")
    assert list((folder / LOG_FILE).iterdir()) == []


def test_the_default_settings_are_silent_on_screen(own, capsys):
    run_tiny(own, own / "out", settings=replace(Settings(), with_report=False))
    assert capsys.readouterr() == ("", "")
