"""The benchmark of regions: its weeks, its scores, and what its tables say of made-up answers."""

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mmm import paths
from mmm.data.regions import national
from mmm.model.simulate import simulate
from mmm.study.load import load_study

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))
import regional_answer  # noqa: E402
import regional_sets  # noqa: E402
import regional_tables  # noqa: E402
import regions  # noqa: E402
import results_page  # noqa: E402
import stored  # noqa: E402
from verdict_sets import SHORT  # noqa: E402

N_TRAIN = 91


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    """Write the simulated regional study as a task of the bench, with a control."""
    study = load_study(paths.data_folder() / "regional_rollout" / "study.toml")
    table = simulate(study).frame
    table["promo"] = (table["week"].dt.month == 11).astype(float)
    table.loc[table["week"] >= np.sort(table["week"].unique())[N_TRAIN], "revenue"] = np.nan
    folder = tmp_path_factory.mktemp("task")
    table.to_csv(folder / "data.csv", index=False)
    channels = [{"name": n, "spend_col": c.spend} for n, c in study.channels.items()]
    meta = {"date": "week", "target": "revenue", "region": "region", "population": "population"}
    meta |= {"controls": ["promo"], "n_train": N_TRAIN, "bounds": [0.5, 2.0], "seed": 1}
    meta |= {"channels": channels, "grade": False}
    meta |= {"fit": SHORT | {"seed": 1}}
    (folder / "meta.json").write_text(json.dumps(meta), "utf-8")
    return SimpleNamespace(folder=folder, meta=meta, table=table)


@pytest.fixture(scope="module")
def weekly(task):
    study = regional_answer.regional_study(task.meta, task.folder)
    return regional_answer.weeks_of(task.table, N_TRAIN, study)


def test_the_weeks_are_the_training_weeks_of_all_regions(task, weekly):
    assert len(weekly) == N_TRAIN
    assert weekly.regions.kpi.shape == (10, N_TRAIN)
    assert np.isfinite(weekly.regions.kpi).all()
    north = task.table[task.table["region"] == "Northern"][:N_TRAIN]
    place = weekly.regions.names.index("Northern")
    assert_allclose(weekly.regions.kpi[place], north["revenue"])
    assert_allclose(weekly.regions.spend[place, :, 1], north["search_spend"])
    assert weekly.regions.controls.shape == (10, N_TRAIN, 1)
    assert_allclose(weekly.regions.controls[place, :, 0], north["promo"])


def test_the_national_fit_sees_the_sums(weekly):
    assert_allclose(weekly.regions.kpi.sum(axis=0), weekly.kpi)
    assert_allclose(weekly.regions.spend.sum(axis=0), weekly.spend)
    assert_allclose(weekly.regions.heads.sum(), 1)
    assert set(np.unique(weekly.controls["promo"])) == {0.0, 1.0}
    assert national(weekly).regions is None


def made_up(model, family, seed, *, estimates=(1.0, 2.0), gain=1.0, cpu=6.0, **more):
    """Return a stored row of two equal channels whose true ROIs are 1 and 2."""
    channels = [
        {
            "channel": name,
            "spend_share": 0.5,
            "truth": truth,
            "roi": [0.5 * middle, middle, 2 * middle],
            "mean": middle,
        }
        for name, truth, middle in zip(("tv", "search"), (1.0, 2.0), estimates, strict=True)
    ]
    row = {"set": family, "seed": seed, "regions": 8, "model": model, "channels": channels}
    row |= {"cpu_seconds": cpu, "peak_mb": 300.0, "fit": {"rhat": 1.0}}
    return row | {"plan": {"gain": gain, "possible": 2.0}} | more


def pair(family, seed, better, worse, **more):
    """Return a data set as both answer it: every estimate off by these shares."""
    return [
        made_up(model, family, seed, estimates=(1 + off, 2 + 2 * off), **more.get(model, {}))
        for model, off in ((regional_tables.REGIONAL, better), (regional_tables.NATIONAL, worse))
    ]


def bar(told, start):
    return next(line for line in told["bars"] if line["bar"].startswith(start))


def test_differences_are_paired_with_their_standard_error():
    rows = [*pair("mini4", 0, 0.1, 0.3), *pair("mini4", 1, 0.2, 0.5), *pair("chase", 0, 0.1, 0.1)]
    told = regional_tables.compared(rows)
    by_family = {line["regions less their sum"]: line for line in told["gains"]}
    # -20 and -30 points: mean -25, standard error of the mean 5
    assert by_family["`mini4`"]["error %"] == "-25 ± 5"
    assert by_family["**all**"]["sets"] == 3
    score = next(line for line in told["scores"] if line["family"] == "`mini4`")
    assert (score["sets"], score["error %"], score["coverage %"]) == (2, "15", "100")
    assert score["plan's share of the possible gain %"] == "50"
    assert told["sets"] == "3"


def test_bars_are_met_and_missed():
    good = [row for seed in range(3) for row in pair("case6", seed, 0.1, 0.3)]
    told = regional_tables.compared(good)
    assert bar(told, "five families: error %")["met"] == "yes"
    assert bar(told, "five families: coverage")["met"] == "**no**"  # all of them is too many
    assert bar(told, "five families: plan's share")["met"] == "**no**"
    assert not any("chase" in line["bar"] for line in told["bars"])
    slow = [row for s in range(2) for row in pair("case6", s, 0.4, 0.3, regional={"cpu": 9.0})]
    told = regional_tables.compared(slow)
    assert bar(told, "five families: error %")["met"] == "**no**"
    assert bar(told, "CPU s")["met"] == "**no**"
    assert bar(told, "`case6`: interval score")["met"] == "yes"


def test_chase_must_be_warned_of_and_must_not_be_claimed():
    rows = []
    for seed, (status, grade) in enumerate([("REVIEW", "C"), ("REVIEW", "A"), ("PASS", "C")]):
        row = made_up("regional", "chase", seed) | {"checks": {regional_tables.CHECK: status}}
        row["channels"][0] |= {"grade": grade, "checks": {}}
        rows += [row, made_up("national", "chase", seed)]
    told = regional_tables.compared(rows)
    warned, claimed = bar(told, "`chase`: warned"), bar(told, "`chase`: sets with a grade")
    assert (warned["regions"], warned["sets"], warned["met"]) == ("67", 3, "**no**")
    assert (claimed["regions"], claimed["met"]) == ("33", "**no**")
    line = told["grades"][0]
    assert line["regions may mislead %"] == "67"
    assert line["spend graded A or B %"] == "17"


def test_data_sets_of_another_library_count_only_against_it():
    rows = pair("mini4", 0, 0.1, 0.3)
    beside = [row | {"beside": True} for row in pair("hard", 1, 0.2, 0.3)]
    peer = made_up("meridian_geo", "hard", 1, estimates=(1.5, 3.0), cpu=300.0, beside=True)
    del peer["fit"]
    told = regional_tables.compared([*rows, *beside, peer])
    assert told["sets"] == "1"
    assert not any("hard" in line["family"] for line in told["scores"])
    assert bar(told, "Meridian's sets: error")["difference"] == "-30.0"
    assert bar(told, "Meridian's sets: CPU")["met"] == "yes"
    lines = {line["model"]: line["error %"] for line in told["peer"]}
    assert lines["Meridian, geo model"] == "50"
    assert lines["their sum less Meridian"] == "-20"


def test_a_failed_fit_is_counted_and_not_scored():
    failed = {"set": "mini4", "seed": 3, "regions": 8, "model": "regional", "failed": "why"}
    told = regional_tables.compared([*pair("mini4", 0, 0.1, 0.3), failed])
    assert (told["failed"], told["sets"]) == ("1", "1")


def test_rows_hold_the_truth_beside_the_answer():
    spend = np.array([[1.0, 3.0]] * 10)
    world = SimpleNamespace(df=pd.DataFrame(index=range(10)), names=["tv", "search"], spend=spend)
    world.roi = lambda _: np.array([1.0, 2.0])
    run = SimpleNamespace(HOLDOUT=2, BOUNDS=(0.5, 2.0), project=lambda m, *_: m)
    oracle = (lambda m: 100.0 + m[0]), 101.0, None, 103.0
    estimate = {"lo": 0.5, "median": 1.0, "hi": 2.0, "mean": 1.1}
    said = {"roi": dict.fromkeys(world.names, estimate), "cpu_seconds": 1.0, "peak_mb": 2.0}
    said["plan"] = {"multipliers": [2.0, 1.0], "p_gain": 0.9, "flagged": False, "promised": [0]}
    cell, bench = regional_sets.Cell("mini4", 4, 8), regional_sets.Bench(run, None)
    row = regional_sets.row_of(cell, "regional", said, world, oracle, bench)
    assert [c["truth"] for c in row["channels"]] == [1.0, 2.0]
    assert [c["spend_share"] for c in row["channels"]] == [0.25, 0.75]
    assert row["plan"]["gain"] == pytest.approx(100 / 101)
    assert row["plan"]["possible"] == pytest.approx(200 / 101)
    assert regional_tables.line_of(row)["error"] == pytest.approx(75 * 0.5)


def test_what_is_stored_is_not_run_again(tmp_path, monkeypatch):
    ran = []

    def trial(cell, models, bench, *, grade):
        ran.append((cell.seed, tuple(models)))
        return [made_up(model, cell.family, cell.seed) for model in models]

    monkeypatch.setattr(regions, "trial", trial)
    monkeypatch.setattr(regions, "code_of", lambda: "c0de")
    monkeypatch.setattr(stored, "provenance", lambda code="": {"code": code})
    tasks = [(regional_sets.Cell("mini4", seed, 8), seed == 1) for seed in range(2)]
    out, options = tmp_path / "rows.jsonl", {"grade": False, "jobs": 1}
    assert len(list(regions.run_all(tasks, ["national"], None, out, **options))) == 2
    found = list(regions.run_all(tasks, ["regional", "national"], None, out, **options))
    assert ran == [(0, ("national",)), (1, ("national",)), (0, ("regional",)), (1, ("regional",))]
    assert [row["beside"] for row in stored.read(out).rows] == [False, True, False, True]
    assert len(found) == 2


def test_the_page_shows_the_tables(tmp_path, monkeypatch):
    copy = shutil.copytree(stored.RESULTS, tmp_path / "results")
    monkeypatch.setattr(stored, "RESULTS", copy)
    rows = [*pair("mini4", 0, 0.1, 0.3), *pair("mini4", 1, 0.2, 0.5)]
    peer = made_up("meridian_geo", "mini4", 0, estimates=(1.5, 3.0), beside=True)
    stored.store("regions", [*rows, peer], {"origin": stored.HANDED_OVER, "source": "made up"})
    _, _, part = results_page.render().partition("\n## Do regions help?\n")
    part = part.partition("\n## ")[0]
    assert "2 data sets" in part
    for told in ("`mini4`", "-25 ± 5", "less Meridian", "five families: rank >= .60"):
        assert told in part
    assert "made up" in part


@pytest.mark.parametrize("model", ["regional", "national"])
def test_a_task_is_answered_with_its_cost(task, model):
    said = regional_answer.answer(task.folder, model)
    assert set(said["roi"]) == {"tv", "search", "social", "online_video", "radio"}
    assert len(said["plan"]["multipliers"]) == 5
    assert said["cpu_seconds"] > 0
    assert said["peak_mb"] > 50
