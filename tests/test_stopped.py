"""Runs of the smallest study that are killed, interrupted, or run beside each other."""

import contextlib
import os
import random
import shutil
import signal
import time

import psutil
import pytest
from command_line import FAST, READS, STUDY, finish, start
from tiny_run import contents

from mmm import paths
from mmm.run.pipeline import STAGES

KILLS = 20
windows = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


def living(output):
    """List the processes that write to a folder, however deep below a run."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(paths.OUTPUT_VARIABLE, "").startswith(str(output)):
                found.append(process)
    return found


def wait_until_gone(output):
    deadline = time.monotonic() + 30
    while living(output):
        assert time.monotonic() < deadline, f"left behind: {living(output)}"
        time.sleep(0.1)


@pytest.fixture
def whole(quick_run):
    """Return the results of one run that nobody stopped."""
    return quick_run / STUDY


def test_every_result_a_notebook_reads_is_one_of_its_inputs(quick_run):
    """Else a change of it would not make the notebook run again."""
    reads: dict[str, set[str]] = {}
    for line in (quick_run / "trace" / READS).read_text("utf-8").splitlines():
        process, name = line.split(" ", 1)
        reads.setdefault(process, set()).add(name)
    # Each notebook has a process of its own, and the first of them only writes.
    readers = [stage for stage in STAGES if stage.inputs]
    found = [names for names in reads.values() if "data/weekly.csv" in names]
    assert len(found) >= len(readers)
    for stage, names in zip(readers, found[-len(readers) :], strict=True):
        undeclared = {name for name in names - set(stage.inputs) if not name.startswith("data/")}
        assert not undeclared - set(stage.outputs), stage.notebook


def moments():
    """Return where each run is killed: a step, a cell of it and a delay, in the order of a run."""
    chance = random.Random(9)
    cells = [(stage.notebook, cell) for stage in STAGES for cell in range(1, 13)]
    chosen = sorted(chance.sample(cells, KILLS - 4))
    found = [(f"{name} cell {cell}/", chance.uniform(0, 0.2)) for name, cell in chosen]
    found += [("report starts", delay) for delay in (0.0, 0.3)]
    # The report has been rendered: the manifest is written and the results are swapped in.
    return found + [("report done", delay) for delay in (0.0, 0.02)]


def kill_at(process, sign, delay):
    """Kill a run after it has printed a line, and return what it had printed."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if sign in line:
            break
    time.sleep(delay)
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    process.stdout.close()
    process.wait()
    return lines


def reached(whole, tmp_path, moments):
    """Kill a run at each moment, complete it, and return how many moments it has reached."""
    published = tmp_path / STUDY
    shutil.copytree(whole, published)
    (published / "run.json").unlink()  # so that everything runs again
    old, new = b"<html>the last good report</html>", (whole / "report.html").read_bytes()
    (published / "report.html").write_bytes(old)
    count = 0
    for number, (sign, delay) in enumerate(moments):
        engine = ("warm", "nbclient")[number % 2]
        lines = kill_at(start(tmp_path, *FAST, "--engine", engine), sign, delay)
        count += any(sign in line for line in lines)
        assert (published / "report.html").read_bytes() in (old, new)
    text = finish(start(tmp_path, *FAST))
    assert "unchanged" in text
    wait_until_gone(tmp_path)
    assert contents(published) == contents(whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == [STUDY]
    return count


@windows
def test_a_killed_run_keeps_the_last_report_and_the_next_completes(whole, tmp_path):
    working, publishing = ("05_roi cell 4/", 0.1), ("report done", 0.0)
    assert reached(whole, tmp_path, [working, publishing]) == 2


@pytest.mark.thorough
@windows
def test_a_run_killed_at_any_moment_keeps_the_last_report_and_the_next_completes(whole, tmp_path):
    # After a kill while publishing there is little left to do.
    assert reached(whole, tmp_path, moments()) >= KILLS - 2


@windows
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_leaves_no_process(tmp_path, number, code):
    process = start(tmp_path, *FAST)
    children = []
    for line in process.stdout:
        if "01_data_generation cell 6/" in line:
            children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(number)
            break
    text = process.communicate(timeout=60)[0]
    assert process.returncode == code, text
    assert "Traceback" not in text
    assert children
    wait_until_gone(tmp_path)
    assert not [child for child in children if child.is_running()]
    assert not (tmp_path / f".{STUDY}.lock").exists()


def test_two_studies_at_once_write_the_same_bytes_as_one(whole, tmp_path):
    """The second is a copy under another name; a few notebooks are enough to disturb."""
    other = tmp_path / "other"
    shutil.copytree(paths.data_folder() / STUDY, other)
    few = ("--to", "3", "--no-report", "--jobs", "2")
    both = ("--study", STUDY, "--study", str(other))
    text = finish(start(tmp_path / "out", *both, *few))
    assert text.count(f": 3 of {len(STAGES)} notebooks") == 2
    expected = contents(whole)
    one, two = (contents(tmp_path / "out" / name) for name in (STUDY, "other"))
    assert one.keys() == two.keys()
    assert len(one) > 20
    assert all(content == expected[name] for name, content in one.items())
    tables = [name for name in two if name.startswith("tables/")]
    assert all(two[name] == expected[name] for name in tables)
