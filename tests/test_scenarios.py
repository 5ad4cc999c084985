"""What-if plans: money is conserved, and plans beyond experience are flagged."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mmm.errors import InfeasibleError
from mmm.returns import current_plan
from mmm.scenarios import beyond_observed, evaluate, multipliers_of, scenario_table, spend_table
from mmm.specs import Add, Multiply, Shift


def multiply(channel="tv", factor=1.2):
    return Multiply(kind="multiply", name="more", channel=channel, factor=factor)


def shift(source="tv", to=("search",), share=0.1):
    return Shift(kind="shift", name="move", to=to, share=share, **{"from": source})


def add(amount=50_000.0, to=("tv", "search")):
    return Add(kind="add", name="add", amount=amount, to=to)


def silent_plan(model, weekly, name):
    spend = weekly.spend.copy()
    spend.loc[spend.index[-52:], name] = 0.0
    changed = type(weekly)(**{**vars(weekly), "spend": spend, "media": spend})
    return current_plan(model, changed, window_weeks=52)


def test_multiply_changes_one_channel(plan):
    assert_allclose(multipliers_of(multiply("video", 1.3), plan), [1.0, 1.3, 1.0])
    result = evaluate(multiply("video", 1.3), plan)
    assert_allclose(result.spend_change, 0.3 * plan.total_spend[1])
    expected = plan.revenue([1.0, 1.3, 1.0]) - plan.revenue([1.0, 1.0, 1.0])
    assert_allclose(result.revenue_change, expected)
    assert (result.revenue_change > 0).all()


def test_multiply_by_zero_loses_what_the_channel_brought(plan):
    result = evaluate(multiply("search", 0.0), plan)
    assert_allclose(result.revenue_change, -plan.incremental([2]))


@pytest.mark.parametrize("to", [("search",), ("video", "search")])
@pytest.mark.parametrize("share", [0.1, 1.0])
def test_shift_conserves_the_money(plan, to, share):
    scenario = shift("tv", to, share)
    result = evaluate(scenario, plan)
    after = plan.total_spend * result.multipliers
    assert_allclose(after.sum(), plan.total_spend.sum(), rtol=1e-12)
    assert_allclose(after[0], (1 - share) * plan.total_spend[0], atol=1e-6)
    assert result.spend_change == 0.0


def test_several_receivers_share_by_their_current_spend(plan):
    spend = plan.total_spend
    moved = 0.1 * spend[0]
    after = spend * multipliers_of(shift("tv", ("video", "search")), plan)
    assert_allclose(after[1:] - spend[1:], moved * spend[1:] / spend[1:].sum())


def test_add_spends_exactly_the_amount(plan):
    result = evaluate(add(50_000.0), plan)
    assert_allclose(result.spend_change, 50_000.0)
    assert result.multipliers[1] == 1.0
    assert result.multipliers[0] == pytest.approx(result.multipliers[2])


def test_money_cannot_go_where_no_pattern_is(model, weekly):
    plan = silent_plan(model, weekly, "search")
    for scenario in (shift("tv", ("search",)), add(1_000.0, ("search",))):
        with pytest.raises(InfeasibleError, match="search spend nothing in the window") as caught:
            evaluate(scenario, plan)
        assert repr(scenario.name) in str(caught.value)
        assert "Name a channel with spend" in str(caught.value)


def test_a_silent_channel_among_several_receivers_gets_nothing(model, weekly):
    plan = silent_plan(model, weekly, "search")
    after = plan.total_spend * multipliers_of(shift("tv", ("video", "search")), plan)
    assert after[2] == 0
    assert_allclose(after.sum(), plan.total_spend.sum())


def test_plans_beyond_the_highest_week_so_far_are_flagged(plan):
    room = plan.peak["tv"] / plan.spend["tv"].max()
    assert beyond_observed(plan, np.array([room, 1.0, 1.0])) == {}
    flagged = beyond_observed(plan, np.array([room * 1.5, 1.0, 1.0]))
    assert list(flagged) == ["tv"]
    assert flagged["tv"] == pytest.approx(1.5)
    assert evaluate(multiply("tv", room * 2), plan).beyond["tv"] == pytest.approx(2.0)


def test_the_table_tells_change_profit_and_chance(plan):
    results = [evaluate(multiply("tv", 1.5), plan), evaluate(shift(), plan)]
    labels = {name: name.upper() for name in plan.channels}
    table = scenario_table(results, revenue=1e6, interval=0.9, margin=0.4, labels=labels)
    first = results[0]
    profit = 0.4 * first.revenue_change - first.spend_change
    assert table["scenario"].tolist() == ["more", "move"]
    assert table["revenue_change"][0] == pytest.approx(np.median(first.revenue_change))
    assert table["revenue_change_pct"][0] == pytest.approx(np.median(first.revenue_change) / 1e6)
    assert table["profit_change"][0] == pytest.approx(np.median(profit))
    assert table["p_gain"][0] == pytest.approx(np.mean(profit > 0))
    assert table["spend_change"][1] == 0
    beyond = evaluate(multiply("tv", 2 * plan.peak["tv"] / plan.spend["tv"].max()), plan)
    flagged = scenario_table([beyond], revenue=1e6, interval=0.9, margin=1.0, labels=labels)
    assert flagged["beyond_observed"][0] == "TV 2.00 times"


def test_the_spend_table_starts_with_today(plan):
    table = spend_table([evaluate(shift("tv", ("search",), 0.5), plan)], plan)
    assert list(table) == ["channel", "Today", "move"]
    assert_allclose(table["Today"], plan.total_spend)
    assert table["move"].sum() == pytest.approx(table["Today"].sum())
    assert table["move"][0] == pytest.approx(table["Today"][0] / 2)
