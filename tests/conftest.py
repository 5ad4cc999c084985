"""The two tiers of tests, and fixtures that several files share."""

import contextlib
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from command_line import traced_run
from filelock import FileLock
from hypothesis import settings
from services import store_pooled, store_weekly
from studies import drawn_model, mixed_model, simulated_study

from mmm.data.weekly import weekly_data
from mmm.decide.returns import current_plan
from mmm.model.simulate import simulate
from mmm.run import kernels

#: What takes longest starts first, so that no worker is left alone with it at the end.
LONGEST = ("test_results.py", "test_stopped.py", "test_strangers.py", "test_docs.py")

settings.register_profile("default", max_examples=50, derandomize=True, deadline=None)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=1000)


def pytest_configure(config):
    """Let property tests run in both tiers, with the examples of each."""
    thorough = config.option.markexpr.startswith("thorough")
    settings.load_profile("thorough" if thorough else "default")
    if config.option.markexpr == "thorough":
        config.option.markexpr = "thorough or hypothesis"


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: [item.path.name == name for name in LONGEST], reverse=True)


@pytest.fixture(scope="session")
def once(tmp_path_factory, worker_id):
    """Return a function that fills a folder by name, in one of the workers of a session."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def fill(name, make):
        folder, made = shared / name, shared / f"{name}.made"
        with FileLock(shared / f"{name}.lock"):
            if not made.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                made.touch()
        return folder

    return fill


@pytest.fixture(scope="session", autouse=True)
def _coverage_counts_kernels():
    """Under coverage, end kernels by a signal at which they save what they ran, then kill them."""
    plain = kernels.Kernels.stop

    def stop(self, kernel):
        pid = getattr(kernel.manager.provisioner, "pid", None)
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid) if pid else None
            if process is not None and process.is_running():
                process.terminate()
                process.wait(30)
        plain(self, kernel)

    with pytest.MonkeyPatch.context() as patch:
        if "COVERAGE_PROCESS_CONFIG" in os.environ and os.name != "nt":
            patch.setattr(kernels.Kernels, "stop", stop)
        yield


@pytest.fixture(autouse=True)
def _figures_are_closed():
    """Close what a test draws: matplotlib keeps every figure until then."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def rng():
    return np.random.default_rng(20240101)


@pytest.fixture(scope="session")
def shared_data():
    """Public data sets that are not part of the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("MMM_TEST_DATA") or beside)
    if not folder.is_dir():
        pytest.skip(f"no public data sets in {folder}: set MMM_TEST_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def study():
    """Three channels, two of them with synergy, and a known truth."""
    return simulated_study()


@pytest.fixture(scope="session")
def simulation(study):
    return simulate(study)


@pytest.fixture(scope="session")
def weekly(simulation, study):
    return weekly_data(simulation.frame, study)


@pytest.fixture(scope="session")
def model(weekly, study):
    """Five draws and a history, so that nothing passes by ignoring either."""
    with_history = study.model_copy(update={"pre_history": "average"})
    return drawn_model(weekly, with_history, np.random.default_rng(11))


@pytest.fixture(scope="session")
def mixed(weekly, study):
    """Seven draws that take turns among three pairs of forms."""
    with_history = study.model_copy(update={"pre_history": "average"})
    return mixed_model(weekly, with_history, np.random.default_rng(12), n_draws=7)


@pytest.fixture(scope="session")
def plan(model, weekly):
    return current_plan(model, weekly, window_weeks=52)


@pytest.fixture(scope="session")
def fitted():
    """Return study, weeks and a short Bayesian fit of three channels without synergy."""
    from mmm.model.bayes.fit import fit_bayes  # slow to import, and few tests fit

    study = simulated_study(synergy=0.0)
    weekly = weekly_data(simulate(study).frame, study)
    fit = fit_bayes(
        weekly, study, seed=1, draws=150, warmup=80, chains=1, insist=False, forms="own"
    )
    return study, weekly, fit.model


@pytest.fixture(scope="session")
def served(once, model, weekly, simulation, study):
    """Return the results of a pooled and of a weekly study, which no test may change."""

    def make(folder):
        store_pooled(folder / "pooled")
        store_weekly(folder / "weekly", model, weekly, simulation.frame, study)

    return once("served", make)


@pytest.fixture(scope="session")
def pooled_folder(served):
    return served / "pooled" / "models"


@pytest.fixture(scope="session")
def weekly_folder(served):
    return served / "weekly" / "models"


@pytest.fixture(scope="session")
def quick_run(once):
    """Return a folder with the results of a quick run, and a list of what its notebooks read."""
    return once("quick_run", traced_run)
