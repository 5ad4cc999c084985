"""What-if plans: money is conserved, and plans beyond experience are flagged."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mmm.decide.returns import chance_of_gain, contributions, current_plan
from mmm.decide.scenario_weeks import forecast, setting_of, window_setting
from mmm.decide.scenarios import (
    best_scenario,
    beyond_observed,
    evaluate,
    evaluate_all,
    scenario_table,
    spend_table,
)
from mmm.errors import DataError, InfeasibleError
from mmm.formatting import money
from mmm.show.scenarios import sentences
from mmm.study.schema import Add, Multiply, Pause, Shift, Weekly


def after(scenario, plan):
    """Return each channel's spend under a scenario."""
    return plan.total_spend + evaluate(scenario, plan).spend_by_channel


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
    assert_allclose(after(multiply("video", 1.3), plan) / plan.total_spend, [1.0, 1.3, 1.0])
    result = evaluate(multiply("video", 1.3), plan)
    assert_allclose(result.spend_change, 0.3 * plan.total_spend[1])
    expected = plan.revenue([1.0, 1.3, 1.0]) - plan.revenue([1.0, 1.0, 1.0])
    assert_allclose(result.revenue_change, expected)
    assert (result.revenue_change > 0).all()


def test_multiply_by_zero_loses_what_the_channel_added(plan):
    result = evaluate(multiply("search", 0.0), plan)
    assert_allclose(result.revenue_change, -plan.incremental([2]))


@pytest.mark.parametrize("to", [("search",), ("video", "search")])
@pytest.mark.parametrize("share", [0.1, 1.0])
def test_shift_conserves_the_money(plan, to, share):
    scenario = shift("tv", to, share)
    spent = after(scenario, plan)
    assert_allclose(spent.sum(), plan.total_spend.sum(), rtol=1e-12)
    assert_allclose(spent[0], (1 - share) * plan.total_spend[0], atol=1e-6)
    assert evaluate(scenario, plan).spend_change == 0.0


def test_several_receivers_share_by_their_current_spend(plan):
    spend = plan.total_spend
    moved = 0.1 * spend[0]
    given = after(shift("tv", ("video", "search")), plan)[1:] - spend[1:]
    assert_allclose(given, moved * spend[1:] / spend[1:].sum())


def test_named_shares_decide_who_gets_how_much(plan):
    scenario = Shift(
        kind="shift",
        name="move",
        to=("video", "search"),
        shares=(0.7, 0.3),
        share=0.1,
        **{"from": "tv"},
    )
    given = after(scenario, plan)[1:] - plan.total_spend[1:]
    assert_allclose(given, 0.1 * plan.total_spend[0] * np.array([0.7, 0.3]))


def test_add_spends_exactly_the_amount(plan):
    result = evaluate(add(50_000.0), plan)
    assert_allclose(result.spend_change, 50_000.0)
    factors = after(add(50_000.0), plan) / plan.total_spend
    assert factors[1] == 1.0
    assert factors[0] == pytest.approx(factors[2])


def test_money_cannot_go_where_no_pattern_is(model, weekly):
    plan = silent_plan(model, weekly, "search")
    for scenario in (shift("tv", ("search",)), add(1_000.0, ("search",))):
        with pytest.raises(InfeasibleError, match="search spend nothing in the window") as caught:
            evaluate(scenario, plan)
        assert repr(scenario.name) in str(caught.value)
        assert "Name a channel with spend" in str(caught.value)


def test_a_silent_channel_among_several_receivers_gets_nothing(model, weekly):
    plan = silent_plan(model, weekly, "search")
    spent = after(shift("tv", ("video", "search")), plan)
    assert spent[2] == 0
    assert_allclose(spent.sum(), plan.total_spend.sum())


def test_plans_beyond_the_highest_week_so_far_are_flagged(plan):
    room = plan.peak["tv"] / plan.spend["tv"].max()
    assert beyond_observed(plan, np.array([room, 1.0, 1.0])) == {}
    flagged = beyond_observed(plan, np.array([room * 1.5, 1.0, 1.0]))
    assert list(flagged) == ["tv"]
    assert flagged["tv"] == pytest.approx(1.5)
    flag = evaluate(multiply("tv", room * 2), plan).outside["tv"]
    assert flag.above == pytest.approx(2.0)
    assert flag.weeks_above >= 1
    assert flag.weeks_below == 0


def test_weeks_below_the_lowest_one_are_flagged_too(plan):
    flag = evaluate(multiply("search", 0.0), plan).outside["search"]
    assert flag.below == 0.0
    assert flag.weeks_below == len(plan.weeks)
    assert evaluate(multiply("tv", 1.0), plan).outside == {}


def test_the_table_tells_change_profit_and_chance(model, weekly):
    setting = window_setting(model, weekly, window_weeks=52)
    plan = setting.plan
    results = [evaluate(multiply("tv", 1.5), setting), evaluate(shift(), setting)]
    labels = {name: name.upper() for name in plan.channels}
    table = scenario_table(results, interval=0.9, margin=0.4, labels=labels)
    first = results[0]
    profit = 0.4 * first.revenue_change - first.spend_change
    revenue = contributions(model, weekly).totals(52).sum()
    assert table["scenario"].tolist() == ["more", "move"]
    assert table["revenue_change"][0] == pytest.approx(np.median(first.revenue_change))
    share = np.median(first.revenue_change) / revenue
    assert table["revenue_change_pct"][0] == pytest.approx(share)
    assert table["profit_change"][0] == pytest.approx(np.median(profit))
    assert table["p_gain"][0] == pytest.approx(np.mean(profit > 0)) == chance_of_gain(profit)
    assert table["spend_change"][1] == 0
    assert "kpi_change" not in table  # the KPI is money already
    beyond = evaluate(multiply("tv", 2 * plan.peak["tv"] / plan.spend["tv"].max()), setting)
    flagged = scenario_table([beyond], interval=0.9, margin=1.0, labels=labels)
    assert flagged["beyond_observed"][0].startswith("TV 2.00 times its highest week in ")


def test_the_best_scenario_earns_more_than_it_costs(plan):
    results = [evaluate(multiply("tv", factor), plan) for factor in (1.2, 1.5)]
    tables = [
        scenario_table(results, interval=0.9, margin=margin, labels={c: c for c in plan.channels})
        for margin in (1e-6, 1e6)
    ]
    assert best_scenario(tables[0]) is None
    best = best_scenario(tables[1])
    assert best["profit_change"] == tables[1]["profit_change"].max() > 0
    assert best["revenue_change"] == tables[1]["revenue_change"][1]


def test_a_gain_is_of_profit_and_each_amount_stands_beside_its_truth(model, weekly, study):
    study = study.model_copy(update={"margin": 0.4})
    setting = window_setting(model, weekly, window_weeks=52)
    results = [evaluate(multiply("tv", 1.5), setting), evaluate(shift(), setting)]
    truths = [replace(r, revenue_change=r.revenue_change[:1]) for r in results]
    terms = {"interval": 0.9, "margin": study.profit_margin, "labels": study.labels}
    table = scenario_table(results, **terms)
    more, moved = sentences(results, table, truths, study).splitlines()
    revenue, profit = more.split("after its cost ")
    assert "gain" not in revenue  # more spend always adds revenue
    assert f"the truth is {signed(truths[0].revenue_change[0])}" in revenue
    assert f"the truth is {signed(truths[0].profit_change(study.profit_margin)[0])}" in profit
    assert "gain" in profit
    assert "after its cost" not in moved
    assert "gain" in moved
    nothing = evaluate(multiply("tv", 1.0), setting)
    row = scenario_table([nothing], **terms)
    assert np.isnan(row["p_gain"][0])
    assert "gain" not in sentences([nothing], row, [], study)


def signed(amount):
    return money(float(amount), "USD", signed=True)


def test_a_kpi_in_units_is_told_beside_the_money(plan):
    dear = replace(plan, value=np.full_like(plan.value, 5.0))
    result = evaluate(multiply(), dear)
    assert_allclose(result.revenue_change, 5 * result.kpi_change)
    table = scenario_table([result], interval=0.9, margin=1.0, labels={})
    assert table["revenue_change"][0] == pytest.approx(5 * table["kpi_change"][0])
    still = replace(result, kpi_change=0 * result.kpi_change, revenue_change=0 * result.kpi_change)
    table = scenario_table([result, still], interval=0.9, margin=1.0, labels={})
    assert table["kpi_change"].notna().all()


def test_the_spend_table_adds_up(plan):
    table = spend_table([evaluate(shift("tv", ("search",), 0.5), plan)], plan.channels)
    assert list(table) == ["channel", "move"]
    assert table["move"].sum() == pytest.approx(0.0, abs=1e-6)
    assert table["move"][0] == pytest.approx(-plan.total_spend[0] / 2)


def test_a_channel_nobody_knows_is_named(plan):
    with pytest.raises(InfeasibleError, match="unknown channel 'radio'"):
        evaluate(multiply("radio"), plan)


# --- some of the weeks ---------------------------------------------------------------------


def pause(start, end, **options):
    kind = {"kind": "pause", "name": "dark", "channels": ("search",)}
    return Pause(**kind, start=start.date(), end=end.date(), **options)


def evaluated(scenario, model, weekly, study):
    """Evaluate one scenario as the only one of a study."""
    alone = study.model_copy(update={"scenarios": (scenario,)})
    (result,) = evaluate_all(model, weekly, alone)
    return result


def test_a_pause_loses_what_the_channel_added_in_those_weeks(model, weekly, study):
    weeks = weekly.weeks
    scenario = pause(weeks[80], weeks[83] + pd.Timedelta(days=6))
    result = evaluated(scenario, model, weekly, study)
    spend = weekly.media.copy()
    spend.iloc[80:84, 2] = 0.0
    lost = (
        model.media_effect(spend.to_numpy()).total
        - model.media_effect(weekly.media.to_numpy()).total
    )
    assert_allclose(result.revenue_change, lost.sum(axis=1))  # the tail ends within the data
    assert result.spend_change == pytest.approx(-weekly.spend.iloc[80:84, 2].sum())
    part = evaluated(pause(weeks[80], weeks[83], markets=0.25), model, weekly, study)
    assert_allclose(part.revenue_change, result.revenue_change / 4)
    assert part.spend_change == pytest.approx(result.spend_change / 4)


def test_dates_outside_the_data_are_refused(model, weekly, study):
    late = weekly.weeks[-1] + pd.Timedelta(days=70)
    with pytest.raises(InfeasibleError, match="is outside the weeks"):
        evaluated(pause(late, late), model, weekly, study)


# --- plan files ----------------------------------------------------------------------------


def plan_table(weekly, study, start, n_weeks=6, spend=30_000.0, **columns):
    table = pd.DataFrame({"week": pd.date_range(start, periods=n_weeks, freq="7D")})
    for channel in study.channels.values():
        table[channel.spend] = spend
    return table.assign(strike=0.0, **columns)


@pytest.fixture
def evaluate_file(tmp_path, study, model, weekly):
    """Evaluate a table as a weekly scenario; the carry-in and the controls are the study's."""

    def run(table, chosen=model, **fields):
        table.to_csv(tmp_path / "plan.csv", index=False, date_format="%Y-%m-%d")
        here = study.model_copy(update={"folder": tmp_path})
        scenario = Weekly(kind="weekly", name="plan", file="plan.csv")
        setting = setting_of(scenario, chosen, weekly, here)
        return evaluate(scenario, setting), setting

    return run


def next_week(weekly, weeks=1):
    return weekly.weeks[-1] + pd.Timedelta(days=7 * weeks)


def extended(weekly, table, study, after_plan=0):
    """Return the data followed by a plan and by a repeat of the last year."""
    names = study.channel_names
    spend = table[[study.channels[n].spend for n in names]].set_axis(names, axis=1)
    start = len(weekly) - 52
    tail = weekly.spend.iloc[start + len(table) : start + len(table) + after_plan]
    return pd.concat([weekly.spend, spend, tail], ignore_index=True).to_numpy(float)


def test_a_future_plan_carries_in_and_fades_out(evaluate_file, model, weekly, study):
    table = plan_table(weekly, study, next_week(weekly))
    result, setting = evaluate_file(table)
    tail = max(r.max_lag for r in model.responses)
    planned = extended(weekly, table, study, tail)
    repeated = planned.copy()
    repeated[len(weekly) : len(weekly) + 6] = weekly.spend.iloc[-52:-46].to_numpy()
    change = model.media_effect(planned).total - model.media_effect(repeated).total
    assert_allclose(result.revenue_change, change.sum(axis=1), rtol=1e-9)
    assert result.is_future
    assert result.weeks[0] == next_week(weekly)
    assert setting.plan.weeks.equals(result.weeks)


def test_the_forecast_continues_the_baseline(evaluate_file, model, weekly, study):
    table = plan_table(weekly, study, next_week(weekly)).assign(strike=[0, 1, 1, 0, 0, 0])
    _, setting = evaluate_file(table)
    shown = forecast(setting, interval=0.9)
    baseline = model.baseline_effect(
        weekly.weeks.append(pd.DatetimeIndex(table["week"])),
        pd.concat([weekly.controls, table[["strike"]]], ignore_index=True),
    )
    expected = (baseline + model.media_effect(extended(weekly, table, study)).total)[:, -6:]
    assert_allclose(shown["revenue"], np.median(expected, axis=0), rtol=1e-9)
    assert (shown["low"] <= shown["revenue"]).all()
    assert shown["week"].tolist() == table["week"].tolist()


def test_a_past_plan_is_compared_with_what_was_spent(evaluate_file, weekly, study):
    same = plan_table(weekly, study, weekly.weeks[60])
    for name, channel in study.channels.items():
        same[channel.spend] = weekly.spend[name].iloc[60:66].to_numpy()
    result, setting = evaluate_file(same)
    assert_allclose(result.revenue_change, 0, atol=1e-6)
    assert not setting.is_future
    assert setting.controls["strike"].tolist() == weekly.controls["strike"].iloc[60:66].tolist()


def test_money_can_be_moved_within_a_future_plan(tmp_path, model, weekly, study):
    table = plan_table(weekly, study, next_week(weekly))
    table.to_csv(tmp_path / "plan.csv", index=False, date_format="%Y-%m-%d")
    here = study.model_copy(update={"folder": tmp_path})
    scenario = shift("tv", ("search",), 0.5).model_copy(update={"plan": "plan.csv"})
    result = evaluated(scenario, model, weekly, here)
    assert_allclose(result.spend_by_channel, [-90_000, 0, 90_000])
    assert result.is_future


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="tv_spend"), "column 'tv_spend' is missing"),
        (lambda t: t.assign(radio_spend=1.0), "unknown column 'radio_spend'"),
        (lambda t: t.assign(tv_spend=-1.0), "spend of 'tv' is .*-1.* in the week of"),
        (lambda t: t.assign(tv_spend=[1, None, 1, 1, 1, 1]), "spend of 'tv' is empty"),
        (lambda t: t.assign(tv_spend=np.inf), "finite number, at least 0"),
        (lambda t: t.drop(index=2), r"1 week\(s\) missing"),
        (lambda t: t.drop(columns="strike"), "control, and 'strike' is missing"),
        (lambda t: t.assign(week=t["week"] + pd.Timedelta(days=1)), "start on Tuesday"),
        (lambda t: t.assign(week=t["week"] - pd.Timedelta(days=21)), "wholly in the data, or"),
        (lambda t: t.assign(week=t["week"] + pd.Timedelta(days=7 * 60)), "within a year"),
    ],
)
def test_a_bad_plan_file_says_what_is_wrong(evaluate_file, weekly, study, change, message):
    table = change(plan_table(weekly, study, next_week(weekly)))
    with pytest.raises(DataError, match=message):
        evaluate_file(table)


def test_a_missing_plan_file_is_named(model, weekly, study, tmp_path):
    here = study.model_copy(update={"folder": tmp_path})
    with pytest.raises(DataError, match=r"nothing\.csv: .* not beside it"):
        evaluated(Weekly(kind="weekly", name="x", file="nothing.csv"), model, weekly, here)


def test_media_follow_spend_at_the_price_of_the_week(model, weekly):
    clicks = weekly.spend * np.array([2.0, 3.0, 4.0])
    paid = replace(weekly, media=clicks)
    plan = current_plan(model, paid, window_weeks=52)
    doubled = plan.with_spend(2 * plan.spend.to_numpy())
    assert_allclose(doubled.revenue(np.ones(3)), plan.revenue(np.full(3, 2.0)), rtol=1e-12)
    silent = plan.with_spend(0 * plan.spend.to_numpy()).with_spend(plan.spend.to_numpy())
    assert_allclose(silent.media, clicks.iloc[-52:], rtol=1e-9)  # usual price: constant here


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_impossible_spend_is_refused_with_its_week(plan, bad):
    spend = plan.spend.to_numpy().copy()
    spend[3, 1] = bad
    with pytest.raises(InfeasibleError, match=f"'video' in the week of {plan.weeks[3]:%Y-%m-%d}"):
        plan.with_spend(spend)
