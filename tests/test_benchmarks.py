"""RESULTS.md says what the stored rows say, and the rows say where they come from."""

import importlib
import json
import platform
import re
import shutil
import sys
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

from mmm.store import code_hash

ROOT = Path(__file__).resolve().parents[1]
BENCHMARKS = ROOT / "benchmarks"
sys.path.append(str(BENCHMARKS))
bars_tables, battery_tables, peers, pipeline, plans, results_page, service, stored, suite = map(
    importlib.import_module,
    (
        "bars_tables",
        "battery_tables",
        "peers",
        "pipeline",
        "plans",
        "results_page",
        "service",
        "stored",
        "suite",
    ),
)

#: Scripts that `make bench` does not run as a step, and why.
BY_HAND = {
    "compare_outputs": "takes the outputs of two environments",
    "lines": "counts lines of the package; measures no result",
    "priors": "prints where the default priors come from; measures nothing",
    "results_page": "is the end of make bench",
    "suite": "is make bench",
}
FILES = sorted(path.stem for path in stored.RESULTS.glob("*.jsonl"))
FACTS = {"code", "command", "load", "machine", "origin", "packages", "python", "system"}


def scripts():
    """Return the names of the scripts that can be run."""
    found = BENCHMARKS.glob("*.py")
    return sorted(p.stem for p in found if "@click.command" in p.read_text("utf-8"))


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Work on a copy of the stored rows."""
    copy = shutil.copytree(stored.RESULTS, tmp_path / "results")
    monkeypatch.setattr(stored, "RESULTS", copy)
    return copy


@pytest.fixture
def told():
    """Run a command that stores what it is told, as a benchmark does."""

    @click.command()
    @click.option("--seeds", default="0-2")
    @click.option("--quick", is_flag=True)
    @click.option("--out", type=click.Path(path_type=Path))
    @click.option("--part", hidden=True)
    @stored.store_option
    def main(seeds, quick, out, part, store):
        assert store
        stored.store("told", [{"seed": seeds, "value": np.float64(1 / 3), "none": np.nan}])

    return main


def test_page_is_what_the_stored_rows_render_to():
    text = (BENCHMARKS / "RESULTS.md").read_text("utf-8")
    assert results_page.render() == text, "run python benchmarks/results_page.py"


@pytest.mark.parametrize("name", FILES)
def test_rows_say_where_they_come_from(name):
    text = stored.path_of(name).read_text("utf-8")
    provenance, rows = stored.read(stored.path_of(name))
    assert rows
    if provenance["origin"] == stored.MEASURED:
        assert set(provenance) == FACTS
        assert set(provenance["packages"]) == set(stored.PACKAGES)
        script = name.removesuffix(stored.EARLIER)
        assert f"benchmarks/{script}.py" in provenance["command"]
    else:
        assert provenance["origin"] in (stored.TRANSCRIBED, stored.HANDED_OVER)
        assert provenance["source"]
    assert platform.node() not in text
    assert not re.search(r"(^|[\s\"'])/\w+/|\b20\d\d-\d\d-\d\d\b", text)
    assert text == "".join(map(stored.line_of, [provenance, *rows]))


@pytest.mark.parametrize("name", scripts())
def test_script_answers_help(name):
    answer = CliRunner().invoke(importlib.import_module(name).main, ["--help"])
    assert answer.exit_code == 0, answer.output
    assert "Usage" in answer.output


def test_make_bench_runs_every_script():
    assert {step.name for step in suite.STEPS} == set(scripts()) - set(BY_HAND)
    recipe = (ROOT / "Makefile").read_text("utf-8").partition("\nbench:")[2].partition("\n\n")[0]
    assert "benchmarks/suite.py" in recipe
    answer = CliRunner().invoke(suite.main, ["--list"], env={"MMM_PEER_BENCH": ""})
    for step in suite.STEPS:
        assert f"{step.command}: " in answer.output
    assert "benchmarks/bars.py: MMM_PEER_BENCH is not set" in answer.output


def test_stored_rows_tell_command_and_code_but_no_path(results, told, tmp_path):
    words = ["--seeds", "3-4", "--quick", "--store", "--out", str(tmp_path / "rows")]
    answer = CliRunner().invoke(told, words)
    assert answer.exit_code == 0, answer.output
    provenance, rows = stored.read(stored.path_of("told"))
    assert provenance["command"] == "python benchmarks/test_benchmarks.py --seeds 3-4 --quick"
    assert provenance["code"] == code_hash()
    assert rows == [{"none": None, "seed": "3-4", "value": 0.333333}]
    assert stored.is_current("told", provenance["command"])
    assert not stored.is_current("told", "python benchmarks/test_benchmarks.py")


def test_stopped_benchmark_goes_on_with_the_same_code_only(results, told):
    file = stored.path_of("told")
    CliRunner().invoke(told, ["--store"])
    stored.append(file, {"seed": "5"})
    assert [row["seed"] for row in stored.resume(file)] == ["0-2", "5"]
    head, *rows = file.read_text("utf-8").splitlines()
    other = json.loads(head) | {"code": "0" * 64}
    file.write_text("\n".join([json.dumps(other), *rows]) + "\n", "utf-8")
    assert stored.resume(file) == []
    assert not file.exists()


def test_rows_of_other_code_than_the_page_are_marked_as_stored(results):
    head = stored.read(stored.path_of("sbc")).provenance
    (results / "page.json").write_text(stored.line_of({"code": head["code"]}), "utf-8")
    assert results_page.marked(head).startswith("Measured by `python benchmarks/sbc.py`")
    stored.note_page()
    assert results_page.marked(head | {"code": "0" * 64}).startswith("**Stored**, not rerun")


def test_peers_are_compared_on_the_same_data_sets_only():
    def run(adapter, seed, error, covered=4):
        known = {"adapter": adapter, "family": "mini4", "seed": seed, "status": "ok"}
        scores = {"roi_mape_median": error, "covered": covered, "intervals": 4, "rerun": True}
        return dict.fromkeys(peers.KEPT, 1.0) | known | scores | {"version": "1"}

    rows = [run("peer", seed, 20.0 + seed) for seed in range(3)]
    others = [run("meridian", 0, 30.0), run("meridian", 2, 36.0, 2), run("meridian", 7, 900.0)]
    (line,) = peers.tables([*rows, *others])["paired"]
    assert line["same data sets"] == 2
    assert line["error %"] == "-12.0 ± 2.0"
    assert line["covered %"] == "25 ± 25"
    assert peers.tables(others)["paired"] == []


def test_suite_runs_what_is_not_stored_with_this_code(results, monkeypatch):
    monkeypatch.setenv("MMM_PEER_BENCH", "anywhere")
    step = suite.Step("told", ("--seeds", "3"), needs="MMM_PEER_BENCH")
    assert suite.state_of(step, force=False) == ""
    head = {"origin": stored.MEASURED, "code": code_hash(), "command": step.command}
    stored.store("told", [], head)
    assert suite.state_of(step, force=False) == "stored already"
    assert suite.state_of(step, force=True) == ""
    assert suite.state_of(step._replace(resumes=True), force=False) == ""
    monkeypatch.delenv("MMM_PEER_BENCH")
    assert suite.state_of(step, force=True) == "MMM_PEER_BENCH is not set: its stored rows stay"


def bench_runs(rng, *, loss=0.0):
    """Return rows as bars.py makes them: this model good, the others worse."""
    quality = {"peer": 0.3, "ols": 1.5, "prior_only": 0.5}
    rows = []
    for seed in range(4):
        for family in bars_tables.FAMILIES:
            for adapter, error in quality.items():
                row = {"adapter": adapter, "family": family, "seed": seed, "status": "ok"}
                row |= {"log_error": error + 0.01 * rng.normal(), "interval_score": 4 * error}
                row |= {"rank": 0.7, "error": 100 * error, "coverage": 0.9, "width": 120.0}
                row |= {"cpu_seconds": 4.0 if adapter == "peer" else 2.0, "peak_mb": 300.0}
                row |= {"rhat": 1.001, "ess": 900.0, "best_gain_pct": 3.0}
                row |= {"alloc_gain_pct": 2.0, "flagged": family == bars_tables.HARD}
                rows.append(row)
    rows[0]["alloc_gain_pct"] = 2.0 - loss
    return rows


def met(rows):
    """Return whether each bar is met, by the first words of its name."""
    return {
        row["bar"].split(" ")[0] + row["bar"][-9:]: row["met"]
        for row in bars_tables.tables(rows)["bars"]
    }


def test_bars_are_met_by_a_good_model_and_missed_by_a_plan_that_loses(rng):
    good, bad = met(bench_runs(rng)), met(bench_runs(np.random.default_rng(1), loss=2.5))
    assert set(good.values()) == {"yes"}
    assert [name for name in bad if bad[name] != good[name]] == ["plans:ged there"]
    assert bad["plans:ged there"] == "**no**"


def test_bar_within_noise_says_so(rng):
    rows = bench_runs(rng)
    for row in rows:
        row["rank"] = bars_tables.RANK - 0.01 + (0.1 if row["seed"] % 2 else -0.1)
    line = next(row for row in bars_tables.tables(rows)["bars"] if row["bar"].startswith("rank"))
    assert "±" in line["measured"]
    assert line["met"].endswith(", within one standard error")


def test_failed_runs_are_counted_and_not_scored(rng):
    rows = [*bench_runs(rng), {"adapter": "peer", "family": "hard", "seed": 9, "status": "error"}]
    result = bars_tables.tables(rows)
    assert result["failed"] == "1 of 61 runs failed"
    assert result["sets"] == "20"


def played_plans():
    """Return rows as plans.py makes them."""
    rows = []
    for objective in ("cautious", "mean"):
        for seed in range(3):
            row = {"family": "hard", "seed": seed, "objective": objective, "gain": -0.01 * seed}
            row |= {"possible": 0.03, "promised": 0.02, "flagged": True, "kkt": 1e-8}
            rows.append(row | {"agreeing": 4, "p_gain": 0.8})
    return rows


def battery_rows():
    """Return rows as battery.py makes them: one claim that is wrong without a warning."""
    channel = {"truth": 1.0, "low": 0.5, "estimate": 1.1, "high": 1.5, "spend_share": 0.5}
    channel |= {"low_of_record": 0.6, "high_of_record": 1.4}
    channel |= {"grade": "A", "alone": "A", "open": [], "caps": "", "channel": "tv"}
    wrong = channel | {"channel": "search", "estimate": 3.0, "low": 2.0, "high": 4.0, "grade": "B"}
    model = {"pattern in the residuals": "PASS", "channels move on their own": "PASS"}
    fake = {"of": "tv", "low": 0.0, "low_if_sure": 0.4, "estimate": 0.2, "grade": "-"}
    row = {"world": "clean", "channels": [channel, wrong], "model": model, "surrogate": fake}
    return [row | {"seed": seed, "cpu_seconds": 2.0} for seed in (10, 11)]


def test_battery_tells_its_bad_rows():
    told = battery_tables.tables(battery_rows())
    assert told["seeds"].startswith("seed 10: 1 of ")
    assert told["misses"] == ["clean"]
    silent = next(row for row in told["bars"] if row["bar"].startswith("silent"))
    assert (silent["measured"], silent["met"]) == ("50.0%", "no")
    fakes = [
        row["met"]
        for row in told["bars"]
        if row["bar"].startswith(("surrogates b", "the same, if"))
    ]
    assert fakes == ["yes", "-"]
    json.dumps(told)


def test_page_renders_from_measured_rows_of_every_benchmark(results, rng):
    turn = {"stock": 20.0, "pipeline": 10.0, "unchanged": 0.5}
    load = {"study": "a", "kind": "load", "kept_open": True, "requests": 400.0, "p99": 9.0}
    attack = {"study": "a", "kind": "attack", "requests": 10, "failed": True}
    batch = {"study": "a", "kind": "batch", "rows": 5, "seconds": 1.0, "megabytes": 2.0}
    compared = {"file": "a.csv", "difference": None, "between": "one and two"}
    part = {"seconds": 11.0, "gigabytes": 0.5, "rows": 1000, "series": 7}
    part |= {"one": 8.0, "two": 4.0, "two_with_start": 5.0}
    measured = {
        "bars": bench_runs(rng),
        "battery": battery_rows(),
        "compare_outputs": [compared],
        "pipeline": [{"model": model, "turn": 1} | turn for model in ("bayes", "ridge")],
        "panel": [part | {"part": name} for name in ("twin", "pool", "series", "workers")],
        "plans": played_plans(),
        "service": [load, attack, batch],
    }
    head = stored.read(stored.path_of("sbc")).provenance
    for name, rows in measured.items():
        stored.store(name, rows, head)
    text = results_page.render()
    assert "**Transcribed**" not in text
    assert "| 90 ± 0 | 120 ± 0 | 2.00 | 3.00 | 4.0 |" in text
    assert "| read, clean, both pooled fits | 11.0 | 0.50 | 10 s, 1.5 GB | **no** |" in text
    assert "(2.00 x; the bar of\n1.6 x is met)" in text
    assert "| ridge | 1 | 20.0 | 10.0 | 0.50 | 0.5 |" in text
    assert "400 requests/s, 99 % within 9 ms | 500/s, 20 ms | **no** |" in text
    assert "| a | random requests | 10, with a failure | no failure | **no** |" in text
    assert "1 tables and JSON files of the default study, 1 differ" in text
    assert "| cautious | **pooled** | -1.00 (3.00) | -33 |" in text
