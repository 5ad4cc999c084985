"""Fixtures that several test files share."""

import os
from pathlib import Path

import numpy as np
import pytest
from studies import drawn_model, simulated_study

from mmm.data import weekly_data
from mmm.returns import current_plan
from mmm.simulate import simulate


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
