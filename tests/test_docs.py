"""Every command of the pages is run as it is written, or listed here with the reason why not."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = ("make ", "python ", ".venv/", "curl ", "dask ", "docker ")
#: Commands that are run, in this order, and what they must say.
RUN = {
    "python run_all.py --data sales.csv": "outputs/sales/report.html",
    "python run_all.py --data sales.csv --dry-run": "08_trust",
    "python run_all.py --init sales --data sales.csv": "python run_all.py --study sales",
}
#: Commands that are not run here.
LISTED = {
    "make report": "installs the lock; the public workflow runs it on every system",
    "make test": "is this suite",
    "make test-thorough": "is the long part of this suite",
    "make lint": "is CI's next step",
    ".venv/bin/pip install mutmut": "needs a network",
    ".venv/bin/mutmut run": "about ten minutes",
    ".venv/bin/mutmut results": "reads what the run has written",
    "python -m venv .venv && .venv/bin/python -m pip install -r requirements.txt": "installs the "
    "lock, as make does",
    ".venv/bin/python run_all.py": "test_results runs the default study",
    "python run_all.py --study ecommerce_panel": "over a minute; test_results runs it",
    "make serve STUDY=ecommerce_panel": "does not end by itself; test_api_document serves",
    "curl -s 'http://127.0.0.1:8000/predict?detail=0'": "test_api_document asks this question",
    "python run_all.py --study ecommerce_panel --jobs 4": "over a minute",
    "python run_all.py --study ecommerce_panel --dask tcp://scheduler:8786": "needs a cluster",
    "python run_all.py --all --jobs 4": "over a minute; test_results runs --all",
    "python benchmarks/battery.py --jobs 4": "minutes; test_battery spreads it",
    "dask scheduler": "does not end by itself; test_parallel starts one",
    "dask worker tcp://SCHEDULER:8786 --nworkers 16 --nthreads 1 --memory-limit 1GB": "a cluster",
}


def commands() -> set[str]:
    """Return the commands in the fenced blocks of all pages."""
    found = set()
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        for block in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            found |= {
                line.strip().partition(" -H ")[0]
                for line in block.splitlines()
                if line.startswith(PROGRAMS)
            }
    return found


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Copy the project as a user would get it, with a file of weekly sales beside it."""
    folder = tmp_path_factory.mktemp("checkout")
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    for name in filter(None, listing.stdout.split("\0")):
        if not name.startswith(("tests/", "docs/report/")) and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    for code in (ROOT / "src").rglob("*.nb?"):  # numba knows its sources by their content
        (folder / code.relative_to(ROOT)).parent.mkdir(exist_ok=True)
        (folder / code.relative_to(ROOT)).write_bytes(code.read_bytes())
    rng = np.random.default_rng(5)
    spend = rng.gamma(4, 250, (80, 2)) * (rng.random((80, 2)) > 0.2)
    weeks = pd.date_range("2023-01-02", periods=80, freq="7D").strftime("%Y-%m-%d")
    table = pd.DataFrame(spend.round(2), columns=["tv_spend", "search_spend"])
    revenue = 9000 + 60 * np.sqrt(spend).sum(axis=1) + rng.normal(0, 200, 80)
    table.assign(week=weeks, revenue=revenue.round(2)).to_csv(folder / "sales.csv", index=False)
    return folder


def test_every_command_is_run_or_listed():
    assert commands() == RUN.keys() | LISTED.keys()


@pytest.mark.parametrize("command", RUN)
def test_the_command_does_what_the_page_says(command, checkout):
    words = command.split()
    assert words[0] == "python"
    result = subprocess.run(
        [sys.executable, *words[1:]], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert RUN[command] in result.stdout
