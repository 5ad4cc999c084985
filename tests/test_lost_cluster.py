"""A cluster that is lost for good ends a run with one named error, and costs no result."""

import threading
import time
from dataclasses import replace

import pytest
from cluster import Cluster
from distributed import Client
from tiny_run import QUIET, SECOND, contents, run_tiny, write_notebook, write_project

from mmm.errors import NotebookError
from mmm.parallel import run_each

#: A cell whose first call ends every worker that it meets.
DEADLY = """
from mmm.parallel import run_each
def deadly(item):
    import os
    return item or os._exit(9)
run_each(deadly, range(3))
"""
#: A cell that works on the cluster until somebody stops it.
LONG = """
import time
from mmm.parallel import run_each
run_each(time.sleep, [0.2] * 3000)
"""


@pytest.fixture
def doomed(tmp_path):
    """Return a cluster of its own for a test that ends it."""
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.stop()


@pytest.fixture
def tiny(tmp_path):
    """Return a project with results, whose second notebook a test replaces."""
    write_project(tmp_path)
    run_tiny(tmp_path, tmp_path / "out")
    return tmp_path


def lost_cluster(tiny, address, source):
    """Run the second notebook on a cluster that will be lost, and return the error."""
    before = contents(tiny / "out" / "tiny")
    write_notebook(tiny / "notebooks", "02_second", [*SECOND[:2], ("", source)])
    with pytest.raises(NotebookError) as caught:
        run_tiny(tiny, tiny / "out", settings=replace(QUIET, dask=address))
    assert contents(tiny / "out" / "tiny") == before
    text = str(caught.value)
    assert caught.value.exit_code == 1
    assert text.startswith(f"02_second.ipynb, cell 4: {address}: ")
    assert "run again.\nKept as far as it ran: " in text
    assert "--from 2" in text
    assert len(text.splitlines()) == 3
    return text


def test_answers_of_a_worker_that_is_lost_are_not_computed_again(doomed, tmp_path):
    log = tmp_path / "calls.log"
    log.touch()

    def noted(item):
        time.sleep(0.05)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{item}\n")
        return item

    heard = []

    def hear(answer):
        heard.append(answer)
        if len(heard) == 50:
            doomed.workers[0].kill()

    with Client(doomed.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    answers = run_each(noted, range(60), dask=doomed.address, on_result=hear)
    assert answers == list(range(60))
    assert len(log.read_text("utf-8").split()) < 60 + 5  # those that were under way


def test_a_call_that_keeps_losing_workers_is_given_up_and_named(doomed, tiny):
    stop = threading.Event()

    def replace_lost_workers():
        while not stop.wait(0.2):
            alive = [worker for worker in doomed.workers if worker.poll() is None]
            doomed.workers += [doomed.add_worker() for _ in range(2 - len(alive))]

    nanny = threading.Thread(target=replace_lost_workers)
    nanny.start()
    try:
        text = lost_cluster(tiny, doomed.address, DEADLY)
    finally:
        stop.set()
        nanny.join()
    assert "a task was on 4 workers when they were lost" in text
    assert "Give each worker more" in text


def test_a_scheduler_that_dies_while_it_works_is_named(doomed, tiny):
    def kill_at_work():
        with Client(doomed.address, set_as_default=False) as client:
            while not any(client.processing().values()):
                time.sleep(0.05)
        doomed.scheduler.kill()

    killer = threading.Thread(target=kill_at_work)
    killer.start()
    text = lost_cluster(tiny, doomed.address, LONG)
    killer.join()
    assert "the scheduler went away while it worked. Start it" in text
    kept = (tiny / "out" / "tiny.partial" / "unfinished" / "02_second.ipynb").read_text("utf-8")
    assert "distributed.client - ERROR" not in kept
