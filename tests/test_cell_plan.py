"""The budget by channel and region: proven, split as it can be bought, and told apart."""

import time
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from regional import HEADS, NAMES, many_regions, split_model, split_weeks

from mmm.decide import cell_plan
from mmm.decide.cell_plan import (
    BEST,
    PLACE,
    SAME,
    cell_certificate,
    cell_table,
    gains_by_place,
    plan_cells,
    weekly_plan,
)
from mmm.decide.cells import cell_model
from mmm.decide.limits import GroupShare, Limits
from mmm.decide.newton import climb, curvature
from mmm.decide.optimize import optimize
from mmm.decide.regional import bought_nationally, regional_returns, returns_alone, shrinkage
from mmm.decide.returns import current_plan
from mmm.decide.search import OBJECTIVES, Search, Surrogate, kkt_residual
from mmm.study.schema import Group

WINDOW = 30


@pytest.fixture(scope="module")
def regional(model, weekly):
    """Draws of a model of three regions with different effects, and their weeks."""
    split = split_weeks(weekly)
    effect = np.exp(0.3 * np.random.default_rng(3).standard_normal((model.n_draws, 3)))
    return split_model(model, split, effect), split


@pytest.fixture(scope="module")
def alone(study):
    """The study without its pair, with a window and the name of its regions."""
    data = study.data.model_copy(update={"region": "geo"})
    return study.model_copy(update={"synergy": (), "window_weeks": WINDOW, "data": data})


@pytest.fixture(scope="module")
def national(regional, alone):
    plan = current_plan(*regional, window_weeks=WINDOW)
    return optimize(plan, Limits.of(alone), rng=np.random.default_rng(0))


@pytest.fixture(scope="module")
def found(regional, alone, national):
    return plan_of(*regional, alone, national)


def plan_of(model, weekly, study, national, starts=6):
    rng, best = np.random.default_rng(1), national.best.multipliers
    return plan_cells(model, weekly, study, best, rng=rng, starts=starts)


def test_the_best_cells_pass_their_certificate(found, national, alone):
    checks = cell_certificate(found, alone)
    assert {c.status for c in checks if c.check != "the gain is likely"} == {"PASS"}
    assert len(checks) == 10
    assert found.optimal.best.score >= national.best.score - 0.01
    assert_allclose(found.optimal.best.spend.sum(), found.optimal.budget, atol=1e-6)


def test_the_national_plan_is_the_same_in_its_cells(found, national):
    assert_allclose(found.national.gain, national.best.gain, atol=1e-4 * national.budget)
    gains = gains_by_place(found, interval=0.9).set_index("plan")["expected_gain"]
    assert_allclose(gains[SAME] + gains[PLACE], gains[BEST])
    assert found.optimal.best.score > found.national.score


def test_no_exchange_between_two_cells_is_better(found):
    best, judge = found.optimal, OBJECTIVES["cautious"]
    today, current = found.plan.revenue(np.ones(9)), found.plan.total_spend
    step = 1e-3 * best.budget
    for giver, taker in np.ndindex(9, 9):
        spend = best.best.spend.copy()
        spend[giver] -= step
        spend[taker] += step
        if (spend >= best.low).all() and (spend <= best.high).all():
            gain = found.plan.revenue(spend / current) - today
            assert judge(gain, 1.0)[0] <= best.best.score + 0.01


def test_regions_that_are_alike_add_nothing(model, weekly, alone, monkeypatch):
    monkeypatch.setattr(cell_plan, "bought_nationally", lambda _: [])  # as if it could be split
    even = split_weeks(weekly, spread=0.0)
    same = split_model(model, even, np.ones((model.n_draws, 3)))
    plan = current_plan(same, even, window_weeks=WINDOW)
    best = optimize(plan, Limits.of(alone), rng=np.random.default_rng(0))
    found = plan_of(same, even, alone, best)
    assert len(found.cells) == 9
    assert np.abs(found.by_place).max() < 1e-4 * np.abs(found.plan.revenue(np.ones(9))).mean()


def test_where_nothing_may_move_todays_plan_is_kept(regional, alone, national):
    names = alone.channel_names
    fixed = {
        name: alone.channels[name].model_copy(update={"bounds": (1.0, 1.0)}) for name in names
    }
    found = plan_of(*regional, alone.model_copy(update={"channels": fixed}), national)
    assert_allclose(found.optimal.best.spend, found.plan.total_spend, atol=0.01)
    assert {c.status for c in cell_certificate(found, alone)} == {"PASS"}


def test_what_is_bought_nationally_moves_together(model, weekly, alone, national):
    split = split_weeks(weekly)
    even = split_weeks(weekly, spread=0.0).regions
    media, spend = split.regions.media.copy(), split.regions.spend.copy()
    media[:, :, 0], spend[:, :, 0] = even.media[:, :, 0], even.spend[:, :, 0]
    mixed = replace(split, regions=replace(split.regions, media=media, spend=spend))
    assert bought_nationally(mixed) == [alone.channel_names[0]]
    regions = split_model(model, mixed, np.full((model.n_draws, 3), 1.0))
    found = plan_of(regions, mixed, alone, national)
    assert [cell.region for cell in found.cells] == ["all regions", *NAMES, *NAMES]
    table = regional_returns(regions, mixed, window_weeks=WINDOW, interval=0.9)
    assert set(table[table["bought"] == "nationally"]["channel"]) == {alone.channel_names[0]}


def test_the_smallest_regions_move_together_where_there_are_many(
    regional, alone, national, monkeypatch
):
    monkeypatch.setattr(cell_plan, "MOST_CELLS", 3)
    monkeypatch.setattr(cell_plan, "MOST_NUMBERS", 30)
    found = plan_of(*regional, alone, national)
    assert [cell.region for cell in found.cells] == ["North", "2 other regions"] * 3
    assert found.plan.model.n_draws * len(found.cells) <= 30
    assert cell_certificate(found, alone)[2].status == "PASS"
    table = weekly_plan(found, regional[1], alone)
    assert_allclose(table.iloc[:, 2:].to_numpy().sum(), found.optimal.budget, atol=0.02)


@pytest.mark.thorough
def test_six_channels_in_forty_regions_are_split_in_ten_seconds():
    model, weekly, study = many_regions(40, 6, 400)
    start = time.process_time()
    found = plan_cells(model, weekly, study, np.ones(6), rng=np.random.default_rng(1))
    checks = cell_certificate(found, study)
    assert time.process_time() - start < 10  # CPU seconds; 5 where it was measured
    assert len(found.cells) == 240
    assert found.plan.model.n_draws == 400
    assert {c.status for c in checks} == {"PASS"}
    assert found.optimal.starts_agreeing == found.optimal.starts == 8


def test_a_group_of_regions_responds_as_its_regions_do(regional):
    model, weekly = regional
    groups = {name: [(0, 2), (1,)] for name in model.channels}
    joint, weeks = cell_model(model, weekly, groups)
    apart, own = cell_model(model, weekly)
    effect = joint.media_effect(weeks.media.to_numpy(float)).channels
    single = apart.media_effect(own.media.to_numpy(float)).channels
    assert_allclose(effect[:, :, 0], single[:, :, 0] + single[:, :, 2], rtol=1e-12)
    assert_allclose(effect[:, :, 1], single[:, :, 1], rtol=1e-12)
    assert_allclose(weeks.spend.iloc[:, 0], own.spend.iloc[:, 0] + own.spend.iloc[:, 2])
    assert joint.channels[0].endswith("North and 1 more")


def test_the_written_plan_adds_up_to_its_cells(found, regional, alone):
    table, cells = weekly_plan(found, regional[1], alone), cell_table(found)
    columns = [channel.spend for channel in alone.channels.values()]
    assert list(table) == [alone.data.date, "geo", *columns]
    assert len(table) == 3 * WINDOW
    sums = table.groupby("geo")[columns].sum().loc[list(NAMES)].T.to_numpy().ravel()
    assert_allclose(sums, cells["recommended_spend"], atol=0.006)
    assert_allclose(cells["change"].sum(), 0.0, atol=0.01)


def test_groups_hold_the_sum_of_their_cells(regional, alone, national):
    name = alone.channel_names[0]
    today = found_share(regional, alone)
    for low, high in ((today * 0.9, today * 0.95), (today * 1.02, today * 1.02)):
        group = Group(channels=(name,), min_share=low, max_share=high)
        limited = alone.model_copy(
            update={"optimize": alone.optimize.model_copy(update={"groups": {"g": group}})}
        )
        found = plan_of(*regional, limited, national)
        checks = {c.check: c.status for c in cell_certificate(found, limited)}
        assert checks["group g keeps its share"] == "PASS"
        assert checks["marginal scores are equal where channels are free"] == "PASS"
        assert found.optimal.feasible.groups == (GroupShare("g", (0, 1, 2), low, high),)


def found_share(regional, study):
    spend = current_plan(*regional, window_weeks=study.window_weeks).total_spend
    return float(spend[0] / spend.sum())


@pytest.mark.parametrize("objective", ["cautious", "mean"])
def test_the_curvature_of_an_objective_is_that_of_its_slopes(objective):
    rng = np.random.default_rng(0)
    gain, slope = 3 * rng.standard_normal(400) + 1, rng.standard_normal((400, 4))
    found, judge, step = curvature(objective, gain, 100.0, slope), OBJECTIVES[objective], 1e-5
    ahead, behind = (
        np.stack([judge(gain + side * step * s, 100.0)[1] @ slope for s in slope.T])
        for side in (1, -1)
    )
    assert_allclose(found, (ahead - behind) / (2 * step), atol=1e-8)
    assert np.linalg.eigvalsh(found).max() < 1e-10


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
def test_newton_climbs_at_least_as_high_as_slsqp(regional, objective):
    plan = current_plan(*cell_model(*regional), window_weeks=WINDOW)
    limits = Limits(((0.5, 1.6),) * 9)
    task = Search(
        plan, limits.in_money(plan), objective, plan.revenue(np.ones(9)), plan.total_spend.sum()
    )
    surrogate = Surrogate.of(plan, *np.transpose(limits.bounds))
    start = task.feasible.project(np.full(9, task.budget / 9), task.budget)
    mine, its = climb(task, surrogate, start), task.climb(start, surrogate.revenue_and_slope)
    scores = [task.score(spend, surrogate.revenue_and_slope)[0] for spend in (mine, its)]
    assert scores[0] >= scores[1] - 1e-6 * task.unit
    assert kkt_residual(task, mine) < 1e-4


def test_polynomials_pass_through_a_place_of_the_plan(regional):
    plan = current_plan(*cell_model(*regional), window_weeks=WINDOW)
    rough = Surrogate.of(plan, np.zeros(9), np.full(9, 3.0))
    place = np.linspace(0.4, 1.9, 9)
    exact = plan.revenue_and_gradient(place)
    revenue, slope = rough.through(place, *exact).revenue_and_slope(place)
    assert_allclose(revenue, exact[0], rtol=1e-12)
    assert_allclose(slope, exact[1], rtol=1e-9, atol=1e-9 * np.abs(exact[1]).max())


def test_returns_of_regions_are_those_of_the_nation(regional):
    plan = current_plan(*cell_model(*regional), window_weeks=WINDOW)
    national = current_plan(*regional, window_weeks=WINDOW)
    brought = returns_alone(plan).reshape(-1, 3, 3).sum(axis=2)
    assert_allclose(brought[:, 1], national.incremental([1]), rtol=1e-9)
    table = regional_returns(*regional, window_weeks=WINDOW, interval=0.9)
    first = table[table["channel"] == table["channel"].iloc[0]]
    assert list(first["region"]) == ["all regions", *NAMES]
    assert_allclose(first["spend"].iloc[1:].sum(), first["spend"].iloc[0])
    assert (first["roi_low"] <= first["roi"]).all()
    assert first["factor"].iloc[1:].notna().all()


def test_a_region_without_data_of_its_own_is_shrunk_fully(model, weekly):
    split, rng = split_weeks(weekly), np.random.default_rng(0)
    many = model.take(rng.integers(0, model.n_draws, 2000))
    known, unknown = np.exp([0.3, -0.3]), np.exp(0.3 * rng.standard_normal(2000))
    effect = np.column_stack([np.full(2000, known[0]), np.full(2000, known[1]), unknown])
    pulled = shrinkage(split_model(many, split, effect))
    assert_allclose(pulled[:, :2], 0.0, atol=1e-12)
    assert_allclose(pulled[:, 2], 1.0, atol=0.05)
    assert len(HEADS) == pulled.shape[1]
