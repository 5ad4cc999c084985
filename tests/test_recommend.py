"""What is recommended: which side of break-even, what to move, add, cut and test."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mmm import decide
from mmm.decide import returns
from mmm.decide.certificate import LIKELY, TOGETHER
from mmm.decide.recommend import (
    MOVED,
    channel_to_test,
    more_money,
    next_unit,
    paid_back,
    spend_less,
    verdict,
)
from mmm.findings import Finding


def best_of(plan, bounds=(0.5, 1.5), **options):
    limits = [bounds] * len(plan.channels)
    return decide.optimize(plan, limits, rng=np.random.default_rng(1), starts=4, **options)


@pytest.fixture(scope="module")
def optimal(plan):
    return best_of(plan)


@pytest.fixture(scope="module")
def extra(plan):
    return best_of(plan, budget=1.1 * plan.total_spend.sum())


def earned(plan, weekly, model, study):
    parts = returns.contributions(model, weekly)
    terms = {"interval": study.interval, "margin": study.profit_margin}
    return returns.channel_returns(plan, parts, **terms)


def with_spend(plan, optimal, change):
    """Return the optimum with other spend, so many units of money from today's."""
    spend = plan.total_spend + np.asarray(change)
    best = replace(optimal.best, spend=spend, multipliers=spend / plan.total_spend)
    return replace(optimal, best=best)


def open_returns(**columns):
    table = {"channel": ["tv", "search"], "spend": [900.0, 100.0], "roi": [1.0, 2.0]}
    table |= {"p_earns": [0.5, 0.5], "mroi_low": [0.5, 0.1], "mroi": [1.0, 1.5]}
    return pd.DataFrame(table | {"mroi_high": [2.0, 3.0]} | columns)


# --- which side of break-even --------------------------------------------------------------


def test_money_was_paid_back_where_the_whole_interval_lies_on_one_side():
    table = pd.DataFrame({"roi_low": [1.1, 0.8, 0.2, np.nan], "roi_high": [2.0, 1.2, 0.9, np.nan]})
    assert paid_back(table, 1.0) == ["paid back", "open", "did not", "open"]


@pytest.mark.parametrize(
    ("chance", "side"),
    [(0.9, "pays back"), (0.89, "open"), (0.09, "does not pay back"), (np.nan, "open")],
)
def test_nine_in_ten_draws_make_a_verdict(chance, side):
    assert verdict(chance) == side


# --- moves ---------------------------------------------------------------------------------


def test_moves_are_weekly_and_name_what_leaves_the_data(plan, optimal):
    moves = decide.moves(plan, optimal.best)
    assert not moves.kept
    assert_allclose(moves.weekly.sum(), 0, atol=0.01)
    change = optimal.best.spend - plan.total_spend
    assert moves.amount == pytest.approx(change[change > 0].sum())
    assert moves.weeks == len(plan.weeks)
    assert moves.gain is optimal.best.gain
    beyond = decide.beyond_observed(plan, optimal.best.multipliers)
    grown = set(moves.weekly[moves.weekly > 0].index)
    assert set(moves.beyond) == grown & set(beyond)


def test_a_split_that_hardly_changes_is_kept(plan, optimal):
    small, enough = (share * MOVED * plan.total_spend.sum() for share in (0.9, 1.1))
    kept = decide.moves(plan, with_spend(plan, optimal, [small, -small, 0.0]).best)
    assert kept.kept
    assert (kept.amount, kept.beyond) == (0.0, {})
    moved = decide.moves(plan, with_spend(plan, optimal, [enough, -enough, 0.0]).best)
    assert list(moved.weekly.index) == plan.channels[:2]  # the third does not change at all
    assert_allclose(moved.weekly * moved.weeks, [enough, -enough])


def test_a_move_that_may_lose_is_to_be_tried_first(plan, optimal, extra, weekly, model, study):
    table = earned(plan, weekly, model, study)
    losing = replace(optimal, best=replace(optimal.best, gain=-optimal.best.gain))
    found = decide.recommend(table, plan, losing, extra, [], study)
    assert "in some regions" in found.try_first


# --- more or less money --------------------------------------------------------------------


def test_extra_money_is_judged_by_its_profit_over_the_better_split(plan, optimal, extra):
    found = more_money(plan, optimal, extra, 1e3)
    assert found.verdict == "pays back"
    assert found.added == pytest.approx(0.1 * plan.total_spend.sum())
    assert_allclose(found.revenue, extra.best.gain - optimal.best.gain)
    assert_allclose(found.profit, 1e3 * found.revenue - found.added)
    assert more_money(plan, optimal, extra, 1e-6).verdict == "does not pay back"
    even = found.added / np.median(found.revenue)  # half of the draws on either side
    assert more_money(plan, optimal, extra, even).verdict == "open"


def test_a_point_estimate_of_extra_money_pays_or_does_not(plan, optimal, extra):
    def first(found):
        return replace(found, best=replace(found.best, gain=found.best.gain[:1]))

    found = more_money(plan, first(optimal), first(extra), 1.0)
    even = found.added / found.revenue[0]
    verdicts = [
        more_money(plan, first(optimal), first(extra), factor * even).verdict
        for factor in (1.5, 1.1, 0.5)
    ]
    assert verdicts == ["pays back", "open", "does not pay back"]


@pytest.mark.parametrize(
    ("mroi", "side"),
    [(1.5, "pays back"), (1.1, "open"), (0.9, "open"), (0.5, "does not pay back"), (0.0, "open")],
)
def test_a_best_guess_near_break_even_or_shrunk_to_nothing_is_no_verdict(mroi, side):
    row = pd.Series({"mroi_low": np.nan, "mroi": mroi / 0.5, "p_earns": float(mroi > 1)})
    assert next_unit(row, 0.5) == side
    drawn = pd.Series({"mroi_low": 0.1, "mroi": mroi, "p_earns": 0.95})
    assert next_unit(drawn, 0.5) == "pays back"


def test_a_cut_goes_down_to_the_limits_of_what_is_lost(plan, optimal, weekly, model, study):
    poor = study.model_copy(update={"margin": 0.05})
    table = earned(plan, weekly, model, poor)
    less = spend_less(table, plan, optimal, poor.profit_margin)
    lost = table["p_earns"] <= 0.1
    assert list(less.weekly.index) == table.loc[lost, "channel"].tolist()
    assert less.saved == pytest.approx(0.5 * plan.total_spend[lost].sum())
    share = np.where(lost, 0.5, 1.0)
    assert_allclose(less.missed, plan.revenue(np.ones(3)) - plan.revenue(share))
    assert_allclose(less.profit, less.saved - 0.05 * less.missed)
    assert spend_less(table, plan, best_of(plan, (1.0, 1.0)), poor.profit_margin) is None
    assert spend_less(table.assign(p_earns=0.5), plan, optimal, poor.profit_margin) is None


def test_a_cut_is_advised_only_where_more_money_is_lost(
    plan, optimal, extra, weekly, model, study
):
    poor = study.model_copy(update={"margin": 0.05})
    found = decide.recommend(earned(plan, weekly, model, poor), plan, optimal, extra, [], poor)
    assert found.more.verdict == "does not pay back"
    assert found.less is not None
    rich = study.model_copy(update={"margin": 1.0})
    table = earned(plan, weekly, model, rich).assign(p_earns=0.0)
    found = decide.recommend(table, plan, optimal, extra, [], rich)
    assert (found.less is None) == (found.more.verdict != "does not pay back")


# --- which channel to test -----------------------------------------------------------------


def test_the_test_is_of_the_most_money_on_an_open_answer():
    found = channel_to_test(open_returns())
    assert (found.channel, found.reason) == ("tv", "open answer")
    assert (found.spend, found.mroi) == (900.0, (0.5, 1.0, 2.0))
    told = channel_to_test(open_returns(p_earns=[0.95, 0.5]))
    assert (told.channel, told.reason) == ("search", "open answer")


def test_without_an_open_answer_the_least_exact_one_is_tested():
    found = channel_to_test(open_returns(p_earns=[0.99, 0.01]))
    assert (found.channel, found.reason) == ("search", "widest interval")
    point = open_returns(p_earns=[1.0, 0.0], mroi_low=np.nan, mroi_high=np.nan, mroi=[0.4, 0.9])
    found = channel_to_test(point)
    assert (found.channel, found.reason) == ("tv", "lowest return")


# --- all of it -----------------------------------------------------------------------------


def test_verdicts_come_in_the_order_of_the_returns(plan, optimal, extra, weekly, model, study):
    table = earned(plan, weekly, model, study).assign(
        roi=[1.0, 3.0, 2.0], p_earns=[0.95, 0.5, 0.05]
    )
    names = table["channel"].tolist()
    found = decide.recommend(table, plan, optimal, extra, [], study).verdicts
    assert list(found.items()) == [
        (names[1], "open"),
        (names[2], "does not pay back"),
        (names[0], "pays back"),
    ]


def test_failed_checks_of_data_and_model_forbid_acting(plan, optimal, extra, weekly, model, study):
    checks = [Finding("dates", "FAIL", ""), Finding("media share", "REVIEW", "")]
    checks += [Finding(LIKELY, "FAIL", ""), Finding(TOGETHER, "FAIL", "")]
    table = earned(plan, weekly, model, study)
    found = decide.recommend(table, plan, optimal, extra, checks, study)
    assert [f.check for f in found.failed] == ["dates"]
