"""Fixtures that several test files share."""

import contextlib
import os
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from studies import drawn_model, simulated_study

from mmm.data.weekly import weekly_data
from mmm.decide.returns import current_plan
from mmm.model.simulate import simulate
from mmm.run import kernels


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
def plan(model, weekly):
    return current_plan(model, weekly, window_weeks=52)
