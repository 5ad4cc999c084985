"""The benchmark of verdicts: its worlds, its truth, and what its table says of two packages."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))
import stored  # noqa: E402
import verdict_bars  # noqa: E402
import verdict_scores  # noqa: E402
import verdict_sets  # noqa: E402
import verdict_tables  # noqa: E402
import verdicts  # noqa: E402
import worlds  # noqa: E402


def made_up(seed, *, grade="A", estimate=1.0, width=0.5, status="PASS"):
    """Return a row of the battery's plain world: one channel right, one as told."""
    channels = [
        {
            "channel": name,
            "spend_share": 0.5,
            "launched": False,
            "roi": [truth, middle - width, middle, middle + width],
            "mroi": [truth, 0.5, 1.0, 2.0],
            "above_one": [0.5, 0.5],
            "grade": letter,
            "wider_low": 0.1,
            "wider_high": 9.0,
            "checks": {"other priors agree": status},
        }
        for name, truth, middle, letter in (
            ("tv", 1.0, 1.1, "B"),
            ("search", 0.9, estimate, grade),
        )
    ]
    row = {"set": "clean", "seed": seed, "channels": channels, "model": {"media share": "PASS"}}
    return row | {"cpu_seconds": 2.0, "peak_mb": 200.0, "fit": {}}


def line(told, measure):
    """Return the line of a bar."""
    return next(row for row in told["bars"] if row["measure"].startswith(measure))


def test_block_of_weeks_returns_every_year_and_is_to_be_forecast():
    world = worlds.make_any_world("holiday block", 3)
    fitted = len(world.table) - world.ahead
    week = world.table["date"].dt.isocalendar().week
    inside = week.between(*worlds.HOLIDAYS).to_numpy()
    assert (fitted, inside[:fitted].sum(), inside[fitted:].sum()) == (156, 15, 5)
    around = week.isin([44, 45, 51, 52]).to_numpy()
    assert world.expected[inside].mean() > 1.05 * world.expected[around].mean()


def test_late_launch_spends_in_the_last_weeks_only():
    world = worlds.make_any_world("late launch", 1)
    spend = world.table[f"{world.launched}_spend"].to_numpy()
    assert len(spend) == 130
    assert not spend[:-13].any()
    assert (spend[-13:] > 0).all()
    place = world.channels.index(world.launched)
    assert 0 < world.mroi[place] < 20


@pytest.mark.parametrize("name", ["clean", "multiplicative", "demand"])
def test_true_mroi_is_what_a_little_more_spend_earns(name):
    world = worlds.make_any_world(name, 2)
    spend = world.table[[f"{c}_spend" for c in world.channels]].to_numpy()
    more = spend * np.where(np.arange(5) == 1, 1.01, 1.0)
    earned = world.media_of(more).sum() - world.media_of(spend).sum()  # search hardly lasts
    rough = earned / (0.01 * spend[:, 1].sum())
    assert world.mroi[1] == pytest.approx(rough, rel=0.1)
    assert world.lasting_roi == pytest.approx(world.roi, rel=0.1)


def test_same_worlds_have_the_same_truth_by_any_name():
    for name, make in (("trend break", worlds.make_battery_world), ("demand", worlds.make_world)):
        pd.testing.assert_frame_equal(worlds.make_any_world(name, 4).table, make(name, 4).table)


def test_difference_is_paired_and_has_the_error_of_a_mean():
    keys = pd.MultiIndex.from_tuples([("clean", s) for s in range(4)], names=["set", "seed"])
    before = pd.DataFrame({"error": [50.0, 40, 30, 20], "one": 1.0}, index=keys)
    after = before.assign(error=before["error"] - [1, 2, 3, 6])
    old, new, change, error, n = verdict_scores.paired(before, after.iloc[::-1], "error")
    assert (old, new, change, n) == (35, 32, -3, 4)
    assert error == pytest.approx(pd.Series([1, 2, 3, 6]).sem())
    assert verdict_scores.paired(before, after, "nothing")[-1] == 0


def test_silent_failures_are_counted_per_claim_of_unwarned_sets():
    before = [made_up(20, estimate=4.0), made_up(21, estimate=4.0, status="REVIEW"), made_up(22)]
    after = [made_up(20, estimate=4.0, grade="C"), *before[1:]]
    told = verdict_tables.compared(before, after)
    silent = line(told, "battery: A and B in unwarned sets off")
    assert (silent["32c7b77"], silent["now"], silent["met"]) == ("25", "0", "yes")
    assert line(told, "battery: A covers")["32c7b77"] == "33"
    assert line(told, "the same by the interval of notebook 08")["32c7b77"] == "100"
    warned = line(told, "clean: sets with any REVIEW")
    assert (warned["now"], warned["met"]) == ("33", "**no**")
    assert line(told, "clean: spend graded")["now"] == "83"


def test_only_data_sets_of_both_packages_are_compared():
    failed = {"set": "clean", "seed": 23, "failed": "no convergence"}
    told = verdict_tables.compared([made_up(20), made_up(21)], [made_up(21), made_up(22), failed])
    assert (told["sets"], told["failed"]) == ("1", "1")
    assert verdict_tables.compared([made_up(20)], [made_up(21)])["sets"] == "0"


def test_grades_are_compared_where_both_packages_gave_them():
    ungraded = made_up(21)
    for channel in ungraded["channels"]:
        del channel["grade"], channel["checks"]
    del ungraded["model"]
    told = verdict_tables.compared([made_up(20), ungraded], [made_up(20), made_up(21)])
    best = told["grades"][0]
    assert (best["channels, 32c7b77"], best["channels, now"]) == (1, 1)
    assert line(told, "battery: A covers")["sets"] == 1


def test_wider_intervals_do_not_pass_as_better():
    before, after = ([made_up(s, width=w) for s in (20, 21)] for w in (0.2, 0.9))
    told = verdict_tables.compared(before, after)
    assert line(told, "interval score worse")["now"].startswith("clean +")
    assert line(told, "interval score worse")["met"] == "**no**"


def test_no_change_meets_no_bar_of_a_change():
    same = verdict_bars.Measured(2.0, 2.0, 0.0, 0.0, 9)
    assert not verdict_bars.falls_by(0, 2)(same)
    better = same._replace(change=-0.3, error=0.1)
    assert verdict_bars.falls_by(0, 2)(better)
    assert not verdict_bars.falls_by(0, 2)(better._replace(error=0.2))
    assert not verdict_bars.falls_by(3)(better)


def test_run_goes_on_where_it_stopped_and_keeps_what_failed(monkeypatch, tmp_path):
    def trial(cell, *_, **__):
        seed = cell[1]
        if seed == 21:
            return {"set": "clean", "seed": seed, "failed": "no weeks"}
        return made_up(seed) | {"all_cpu_seconds": 1}

    monkeypatch.setattr(verdicts, "code_of", lambda *_: "a" * 64)
    monkeypatch.setattr(verdicts, "trial", trial)
    out = tmp_path / "rows.jsonl"
    words = ["--sets", "clean", "--out", str(out), "--beside", str(out), "--seeds"]
    for seeds in ("20-21", "20-22"):
        done = CliRunner().invoke(verdicts.main, [*words, seeds], catch_exceptions=False)
    assert "clean 22" in done.output
    assert "clean 20" not in done.output
    assert "battery: A covers" in done.output
    rows = stored.read(out).rows
    assert [row["seed"] for row in rows] == [20, 21, 22]
    assert {row["code"] for row in rows} == {stored.read(out).provenance["code"]} == {"a" * 64}


def test_every_world_of_the_report_can_be_asked_for():
    cells = verdict_sets.cells_of("", "")
    assert len(cells) == len(set(cells))
    count = pd.Series([name for name, _ in cells]).value_counts()
    assert (count["holiday block"], count["clean"], count["hard"], count["outliers"]) == (
        40,
        20,
        20,
        3,
    )
    with pytest.raises(ValueError, match="peer bench"):
        verdict_sets.task_of("hard", 0, None, grade=False)
