"""Two runs on one results folder: one works, the other says so and changes nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_pipeline import OPEN, QUIET, contents, plan_tiny, write_project

from mmm.errors import UsageError
from mmm.run.runner import execute

#: Runs the tiny project by the command line's own frame, once it is told to start.
PROGRAM = """
import sys, time
from pathlib import Path
import click
import mmm.run.kernels, papermill, pandas
from mmm.run.cli import main
from test_pipeline import run_tiny
folder = Path(sys.argv[1])
@click.command()
def command():
    print("ready", flush=True)
    while not (folder / "go").exists():
        time.sleep(0.001)
    run_tiny(folder, folder / "out")
main([], entry=command)
"""


def start(project):
    """Start a run in a process of its own, which waits for the file ``go``."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(project)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def slow(tmp_path):
    """Return a project whose first notebook takes two seconds longer than it needs."""
    write = 'store.write_text("data/weekly.csv", "a\\n1\\n")'
    wait = "import time\ntime.sleep(2)"
    return write_project(
        tmp_path, [("parameters", 'study = "x"'), ("", OPEN), ("", wait), ("", write)]
    )


def test_of_two_runs_that_start_at_once_one_runs_and_the_other_says_so(slow):
    runs = [start(slow) for _ in range(2)]
    (slow / "go").touch()
    ended = [(*process.communicate(timeout=120), process) for process in runs]
    (_, won, winner), (_, lost, loser) = sorted(ended, key=lambda end: end[-1].returncode)
    assert (winner.returncode, won) == (0, "")
    assert loser.returncode == UsageError.exit_code
    assert lost == (
        f"Error: tiny: another run (process {winner.pid}) writes to these results. Two runs would "
        "mix them. Wait for it, stop it, or use --output DIR.\n"
    )
    found = contents(slow / "out" / "tiny")
    assert found["data/weekly.csv"] == b"a\n1\n"
    assert found["tables/second.csv"] == b"1,0.5\n"
    assert [path.name for path in (slow / "out").iterdir()] == ["tiny"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_the_lock_of_a_killed_run_is_free(slow):
    killed = start(slow)
    (slow / "go").touch()
    plan = plan_tiny(slow, slow / "out")
    deadline = time.monotonic() + 60
    while not plan.workspace.lock_file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert execute(plan, QUIET).missing == []
    assert not plan.workspace.lock_file.exists()


def test_a_run_in_the_same_process_is_kept_away_too(slow):
    plan = plan_tiny(slow, slow / "out")
    with (
        plan.workspace.lock(),
        pytest.raises(UsageError, match=f"another run .process {os.getpid()}. writes"),
    ):
        execute(plan, QUIET)
    assert not plan.workspace.lock_file.exists()
