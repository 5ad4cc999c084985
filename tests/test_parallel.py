"""Independent calls: the same answers in one process, in several and on a cluster."""

import operator
import os
import threading
import time

import numpy as np
import pandas as pd
import pytest
from cluster import Cluster
from distributed import Client
from panels import load, panel_study, small_study
from studies import simulated_study
from threadpoolctl import threadpool_info

from mmm import parallel, paths
from mmm.data.weekly import weekly_data
from mmm.errors import ClusterError, DataError, UsageError
from mmm.model.search import search_curves
from mmm.model.simulate import simulate
from mmm.panel.series import series_returns
from mmm.panel.twin import simulate_twin
from mmm.parallel import differences, run_each
from mmm.trust import prior_sensitivity, rolling_origin, specification_curve
from mmm.trust.specifications import Specification


def blas_threads(_item):
    import scipy.linalg  # noqa: F401 loads BLAS

    return {library["num_threads"] for library in threadpool_info()}


def nested(item):
    return run_each(operator.neg, [item, item], jobs=2), os.getpid()


def refuse(item):
    raise DataError(f"sales.csv, row {item}: no date.")


@pytest.mark.parametrize("jobs", [1, 2])
def test_answers_come_in_the_order_of_the_items(jobs):
    assert run_each(abs, range(-5, 3), jobs=jobs) == [5, 4, 3, 2, 1, 0, 1, 2]
    assert run_each(abs, [], jobs=jobs) == []


def test_blas_keeps_to_one_thread_in_every_process():
    assert run_each(blas_threads, [1], jobs=1) == [{1}]
    assert run_each(blas_threads, [1, 2], jobs=2) == [{1}, {1}]


def test_a_call_inside_a_call_starts_no_processes():
    answers = run_each(nested, [1, 2], jobs=2)
    assert [answer for answer, _ in answers] == [[-1, -1], [-2, -2]]
    assert os.getpid() not in {pid for _, pid in answers}


def test_an_error_of_a_call_is_raised_as_it_was():
    with pytest.raises(DataError, match=r"sales\.csv, row [34]: no date"):
        run_each(refuse, [3, 4], jobs=2)


def test_the_runner_says_how_many_processes(monkeypatch):
    monkeypatch.setenv(paths.JOBS_VARIABLE, "2")
    assert os.getpid() not in {pid for _, pid in run_each(nested, [1, 2])}
    with pytest.raises(UsageError, match="jobs = 0"):
        run_each(abs, [1], jobs=0)
    monkeypatch.setenv(paths.DASK_VARIABLE, "tcp://127.0.0.1:1")
    monkeypatch.setattr(parallel, "SECONDS_TO_CONNECT", 1)
    with pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:1: no scheduler answers there"):
        run_each(abs, [1])


def whose(item):
    return item, os.getpid()


def test_answers_are_heard_as_they_come():
    for jobs, short in ((1, False), (2, False), (2, True)):
        heard = []
        answers = run_each(whose, range(6), jobs=jobs, short=short, on_result=heard.append)
        assert [item for item, _ in answers] == list(range(6))
        assert sorted(heard) == sorted(answers)


def test_short_calls_are_sent_together_where_that_saves_time_and_stay_where_not(monkeypatch):
    monkeypatch.setattr(parallel, "SECONDS_NEW", 1e9)
    monkeypatch.setattr(parallel, "SECONDS_READY", 1e9)
    assert {pid for _, pid in run_each(whose, range(9), jobs=2, short=True)} == {os.getpid()}
    monkeypatch.setattr(parallel, "SECONDS_NEW", 0)
    monkeypatch.setattr(parallel, "SECONDS_READY", 0)
    answers = run_each(whose, range(9), jobs=2, short=True)
    assert [item for item, _ in answers] == list(range(9))
    assert answers[0][1] == os.getpid()
    assert len({pid for _, pid in answers[1:]}) == 1  # a tenth of a second holds all of them
    assert os.getpid() not in {pid for _, pid in answers[1:]}


def test_searches_and_other_choices_are_the_same_bytes_in_other_processes(monkeypatch):
    study = simulated_study(weeks=104, synergy=0.0)
    weekly = weekly_data(simulate(study).frame, study)
    roi = pd.Series(1.0, index=list(study.channels))
    choices = [
        Specification(),
        Specification("geometric", "log"),
        Specification(baseline="regular"),
    ]

    def everything():
        return (
            repr(search_curves(weekly, study, rng=np.random.default_rng(1), starts=3)),
            specification_curve(weekly, study, roi, choices).to_csv(),
            prior_sensitivity(weekly, study, roi).to_csv(),
            rolling_origin(weekly, study, roi).to_csv(),
        )

    here = everything()
    monkeypatch.setenv(paths.JOBS_VARIABLE, "2")
    for name in ("SECONDS_NEW", "SECONDS_READY", "SECONDS_A_MESSAGE"):
        monkeypatch.setattr(parallel, name, 1e-9)
    sent = []
    plain = parallel._elsewhere
    monkeypatch.setattr(parallel, "_elsewhere", lambda *a: sent.append(a[1]) or plain(*a))
    assert everything() == here
    assert [len(groups) for groups in sent] == [2, 2, 6, 2]


def test_other_versions_are_named():
    here = {"python": "3.11.7", "numpy": "2.4.6", "dask": "1"}
    others = {"worker a": {**here, "numpy": None}, "worker b": here}
    assert differences(here, others) == ["worker a: numpy is missing, here 2.4.6"]
    assert differences(here, {"scheduler": {**here, "numpy": "1"}}, scheduler=True) == []


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    file = tmp_path_factory.mktemp("panel") / "panel.csv"
    file.write_bytes(simulate_twin(small_study()).csv)
    return load(file, panel_study())


def kill_a_busy_worker(cluster, killed):
    """Kill the first worker once it has been given work."""
    with Client(cluster.address, set_as_default=False) as client:
        while True:
            busy = [name for name, tasks in client.processing().items() if tasks]
            if len(busy) == 2:
                break
            time.sleep(0.02)
        time.sleep(0.3)
        cluster.workers[0].kill()
        killed.append(sum(len(tasks) for tasks in client.processing().values()))


def test_series_on_a_cluster_that_loses_a_worker_are_the_same_bytes(cluster, panel):
    study = panel_study()
    with Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    killed = []
    killer = threading.Thread(target=kill_a_busy_worker, args=(cluster, killed))
    killer.start()
    far = series_returns(panel, study, dask=cluster.address)
    killer.join()
    assert killed[0] > 0, "the worker was killed when all was done"
    assert cluster.workers[0].wait() != 0
    here = series_returns(panel, study, jobs=1)
    assert len(here.fits) == 20
    assert here.fits["holdout_r2"].notna().sum() > 3
    for own, other in ((here.channels, far.channels), (here.fits, far.fits)):
        assert other.to_csv() == own.to_csv()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("x", "missing port"),
        ("tcp://host", "missing port"),
        ("http://host:8786", "unknown address scheme"),
        ("tcp://host:port", "invalid literal"),
        ("tcp://host:99999", "no port 99999"),
    ],
)
def test_what_is_no_address_is_refused_before_a_client_is_made(monkeypatch, address, words):
    monkeypatch.setattr("distributed.Client", None)
    with (
        pytest.raises(ClusterError, match=rf"--dask {address}: .*{words}.*tcp://HOST:8786"),
        parallel.connect(address),
    ):
        pass


def test_a_cluster_with_other_code_or_versions_is_refused(cluster, monkeypatch):
    monkeypatch.setattr(parallel, "code_hash", lambda: "other")
    with (
        pytest.raises(ClusterError, match="other code in src/mmm than here"),
        parallel.connect(cluster.address),
    ):
        pass
    monkeypatch.undo()
    with parallel.connect(cluster.address) as client:
        assert set(client.run(paths.jobs).values()) == {1}
