"""The battery: spread over processes, resumed, and printed the same whichever came first."""

import json
import random

import pytest
from click.testing import CliRunner

from mmm import paths


@pytest.fixture
def battery(monkeypatch):
    """Return the benchmark as a module."""
    monkeypatch.syspath_prepend(str(paths.project_root() / "benchmarks"))
    import battery

    return battery


def made_up(name, seed):
    """Return a data set whose channels depend on its world and seed only."""
    chance = random.Random(f"{name} {seed}")
    channels = [
        {
            "channel": channel,
            "truth": 1.0,
            "low": chance.uniform(0, 1),
            "estimate": chance.uniform(0.5, 2),
            "high": chance.uniform(1, 3),
            "low_of_record": 0.5,
            "high_of_record": 2.0,
            "spend_share": 0.5,
            "grade": chance.choice("ABCD"),
            "alone": chance.choice("ABCD"),
            "open": [],
        }
        for channel in ("tv", "search")
    ]
    checks = ("pattern in the residuals", "channels move on their own")
    surrogate = {"low": 0.0, "low_if_sure": 0.1, "estimate": 0.4, "grade": "-"}
    row = {"world": name, "seed": seed, "channels": channels, "surrogate": surrogate}
    return row | {"model": dict.fromkeys(checks, "PASS"), "cpu_seconds": 1.0}


def printed(battery, out, *words):
    done = CliRunner().invoke(battery.main, ["--out", str(out), *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_tables_do_not_depend_on_processes_stops_or_order(battery, monkeypatch, tmp_path):
    cells = ("--worlds", "clean,multiplicative,wrong curve", "--seeds", "3-5")
    monkeypatch.setattr(battery, "trial", made_up)
    table = printed(battery, tmp_path / "one.jsonl", *cells)
    assert table.startswith("9 data sets (seed 3: 3 of 23 worlds")
    lines = (tmp_path / "one.jsonl").read_text("utf-8").splitlines()
    head = lines.pop(0)  # where it was measured
    assert [json.loads(line)["seed"] for line in lines] == [3, 3, 3, 4, 4, 4, 5, 5, 5]
    # Stopped after four, which came in another order, and gone on with in two processes.
    random.Random(1).shuffle(lines)
    begun = "".join(f"{line}\n" for line in (head, *lines[:4]))
    (tmp_path / "two.jsonl").write_text(begun, "utf-8")
    assert printed(battery, tmp_path / "two.jsonl", *cells, "--jobs", "2") == table
    again = (tmp_path / "two.jsonl").read_text("utf-8").splitlines()[1:]
    assert again[:4] == lines[:4]
    assert sorted(again) == sorted(lines)
    monkeypatch.setattr(battery, "trial", None)  # nothing is left to run
    assert printed(battery, tmp_path / "two.jsonl", *cells, "--jobs", "2") == table
