"""What a command line prints and returns, for tests of it; and folders of their own for them."""

import numpy as np
import pandas as pd
import pytest

from mmm import paths
from mmm.run import cli


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
