"""Sentences: one plan has one number, and nothing is said that was not computed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm import optimization, prose, returns
from mmm.formatting import chance, money
from mmm.prose.words import period


def usd(amount):
    return money(float(amount), "USD", signed=True)


def best_of(plan, bounds=(0.5, 1.5), **options):
    limits = [bounds] * len(plan.channels)
    return optimization.optimize(plan, limits, rng=np.random.default_rng(1), starts=4, **options)


@pytest.fixture(scope="module")
def optimal(plan):
    """Return a plan whose mean and median gain are told apart."""
    found = best_of(plan)
    gain = np.append(np.full(len(found.best.gain) - 1, 1000.0), 9e5)
    return replace(found, best=replace(found.best, gain=gain))


def summary(plan, optimal, extra, weekly, model, study):
    parts = returns.contributions(model, weekly)
    table = returns.channel_returns(plan, parts, interval=study.interval, margin=study.margin)
    totals = parts.totals(len(plan.weeks))
    return prose.executive_summary(table, plan, optimal, extra, totals, [], study, simulated=True)


def test_the_same_plan_shows_the_same_gain_everywhere(plan, optimal, weekly, model, study):
    told = summary(plan, optimal, best_of(plan, budget=1.1 * optimal.budget), weekly, model, study)
    table = optimization.recommendation_table(plan, optimal)
    regret = pd.DataFrame(
        {"plan": ["Optimum"], "true_gain": [5.0], "regret": [1.0], "share_of_possible": [0.8]}
    )
    for text in (
        told["headline"],
        told["recommendations"][0]["money"],
        prose.allocation(table, optimal, study)["title"],
        prose.regret(regret, optimal, study),
    ):
        assert usd(np.median(optimal.best.gain)) in text
        assert usd(optimal.best.gain.mean()) not in text


def test_more_money_is_spent_on_top_of_the_split_that_is_advised(
    plan, optimal, weekly, model, study
):
    extra = best_of(plan, budget=1.1 * optimal.budget)
    better = summary(plan, optimal, extra, weekly, model, study)["recommendations"]
    assert "on top of the better split" in better[1]["text"]
    kept = summary(plan, best_of(plan, (1.0, 1.0)), extra, weekly, model, study)["recommendations"]
    assert kept[0]["title"] == "Keep today's split"
    assert "on top of today's split" in kept[1]["text"]


def test_the_tile_of_the_window_tells_its_length_once(plan, optimal, weekly, model, study):
    tiles = summary(plan, optimal, optimal, weekly, model, study)["tiles"]
    window = next(tile for tile in tiles if tile["label"] == "Window")
    assert "week" in window["value"]
    assert "week" not in window["note"]
    assert period(plan.weeks[:1]).startswith("1 week, ")


def test_caution_tells_chances_that_stay_the_same_apart(study):
    rows = {
        "plan": ["Optimum", "Plain mean"],
        "expected_gain": [9.0, 10.0],
        "gain_sd": [1.0, 2.0],
        "p_gain": [1.0, 0.999],
    }
    told = prose.caution(pd.DataFrame(rows), study)
    assert f"the chance of a gain stays at {chance(1.0)}" in told
    told = prose.caution(pd.DataFrame(rows | {"p_gain": [0.95, 0.8]}), study)
    assert f"goes from {chance(0.8)} to {chance(0.95)}" in told
    told = prose.caution(pd.DataFrame(rows | {"p_gain": [np.nan, 0.8]}), study)
    assert "moves nothing" in told


def test_extra_money_is_followed_to_where_it_goes(plan, study):
    extra = best_of(plan, budget=1.1 * plan.total_spend.sum())
    told = prose.fixed_and_extra(plan, extra, study)
    first = plan.channels[int((extra.best.spend - plan.total_spend).argmax())]
    assert f"The largest increases: {study.labels[first]} (+" in told
    assert "of everything" not in prose.fixed_and_extra(plan, best_of(plan, (1.0, 1.0)), study)
