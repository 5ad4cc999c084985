"""The identities that keep every reported number consistent, draw by draw."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from studies import drawn_model, make_frame, make_study

from mmm.data.weekly import weekly_data
from mmm.decide.optimize import optimize
from mmm.decide.returns import (
    NOTHING,
    beside_truth,
    brief,
    chance_of_gain,
    channel_returns,
    contribution_table,
    contributions,
    current_plan,
    elasticities,
    mroi,
    observed_multipliers,
    response_curve,
    response_curves,
    roi,
    roi_series,
    summarize,
)
from mmm.model.additive import AdditiveModel

EXACT = 1e-9
COST = ["channel", "spend", "incremental_revenue"]


def extended(weekly, tail):
    """Return media and value with the last year repeated after the end, and the row indices."""
    n_weeks = len(weekly)
    repeat = [n_weeks - 52 + k % 52 for k in range(tail)]
    rows = [*range(n_weeks), *repeat]
    return weekly.media.to_numpy(float)[rows], weekly.value[rows]


def brute_force(model, weekly, group, window_weeks):
    """Return what is lost when a group of channels does not spend in the window."""
    tail = max(r.max_lag for r in model.responses)
    media, value = extended(weekly, tail)
    without = media.copy()
    start = len(weekly) - window_weeks if window_weeks else 0
    without[start : len(weekly), group] = 0.0
    with_it, without_it = (model.media_effect(m).total @ value for m in (media, without))
    return with_it - without_it


def test_baseline_channels_and_synergy_add_up_to_the_fitted_kpi_in_every_draw(model, weekly):
    parts = contributions(model, weekly)
    fitted = model.predict(weekly)
    assert parts.fitted.shape == (5, len(weekly))
    assert_allclose(parts.fitted, fitted * weekly.value, rtol=EXACT)
    assert parts.names == ["baseline", "tv", "video", "search", "tv x video"]
    assert_allclose(parts.by_week().sum(axis=1), fitted.mean(axis=0), rtol=EXACT)
    assert_allclose(parts.totals().sum(), fitted.mean(axis=0).sum(), rtol=EXACT)
    assert_allclose(parts.totals(52).sum(), fitted.mean(axis=0)[-52:].sum(), rtol=EXACT)


def test_contributions_of_units_are_money_at_the_value_of_their_week(model, weekly):
    value = np.linspace(0.5, 4.0, len(weekly))
    priced = type(weekly)(**{**vars(weekly), "value": value})
    parts = contributions(model, priced)
    in_units = type(weekly)(**{**vars(weekly), "value": np.ones(len(weekly))})
    units = contributions(model, in_units)
    assert_allclose(parts.baseline, units.baseline * value)
    assert_allclose(parts.channels, units.channels * value[:, np.newaxis])
    assert_allclose(parts.synergy, units.synergy * value[:, np.newaxis])
    assert parts.weeks.equals(weekly.weeks)
    assert parts.by_week().index.equals(weekly.weeks)


@pytest.mark.parametrize("window_weeks", [0, 1, 4, 52, 129, 500])
@pytest.mark.parametrize("group", [[0], [2], [0, 1], [0, 1, 2]])
def test_incremental_revenue_equals_brute_force_with_the_tail(model, weekly, group, window_weeks):
    plan = current_plan(model, weekly, window_weeks=window_weeks)
    expected = brute_force(model, weekly, group, min(window_weeks, len(weekly)))
    assert_allclose(plan.incremental(group), expected, rtol=EXACT)


def test_a_scaled_plan_equals_brute_force_on_scaled_media(model, weekly, plan):
    tail = max(r.max_lag for r in model.responses)
    media, value = extended(weekly, tail)
    factors = np.array([1.7, 0.0, 0.4])
    turned = media.copy()
    turned[len(weekly) - 52 : len(weekly)] *= factors
    change = (model.media_effect(turned).total - model.media_effect(media).total) @ value
    assert_allclose(plan.revenue(factors) - plan.revenue(np.ones(3)), change, rtol=EXACT)


def test_the_roi_in_every_place_is_the_same_number(model, weekly, plan):
    parts = contributions(model, weekly)
    table = channel_returns(plan, parts, interval=0.9, margin=1.0).set_index("channel")
    optimal = optimize(plan, [(1.0, 1.0)] * 3, rng=np.random.default_rng(0), starts=2)
    for c, name in enumerate(plan.channels):
        curve = response_curve(plan, c, [0.0, 1.0])
        assert_allclose(curve[:, 0], 0.0, atol=1e-6)
        assert_allclose(curve[:, 1] / plan.total_spend[c], roi(plan)[:, c], rtol=EXACT)
        at_plan = plan.incremental([c], np.ones(3))
        assert_allclose(at_plan, curve[:, 1], rtol=EXACT)
        assert_allclose(table.loc[name, "roi"], np.median(roi(plan)[:, c]), rtol=EXACT)
        assert_allclose(table.loc[name, "incremental_revenue"], np.median(at_plan), rtol=EXACT)
        assert_allclose(
            plan.incremental([c], optimal.best.multipliers), at_plan, rtol=1e-6
        )  # every channel is fixed, so the optimizer's plan is the current one to the cent
        assert_allclose(table.loc[name, "mroi"], np.median(mroi(plan)[:, c]), rtol=EXACT)
        assert_allclose(table.loc[name, "contribution"], parts.totals(52)[name], rtol=EXACT)
    assert_allclose(roi_series(plan), table["roi"], rtol=EXACT)
    assert roi_series(plan).index.tolist() == plan.channels
    assert_allclose(table["spend"], weekly.spend.iloc[-52:].sum(), rtol=EXACT)


@pytest.mark.parametrize("factors", [(1.0, 1.0, 1.0), (0.3, 2.2, 0.9), (0.0, 0.5, 1.0)])
def test_the_gradient_equals_finite_differences_in_every_draw(plan, factors):
    point = np.array(factors)
    gradient = plan.gradient(point)
    assert gradient.shape == (5, 3)
    for c in range(3):
        if point[c] == 0:
            continue  # a Hill curve below slope one is infinitely steep there
        step = 1e-5 * np.eye(3)[c]
        difference = (plan.revenue(point + step) - plan.revenue(point - step)) / 2e-5
        assert_allclose(gradient[:, c], difference, rtol=1e-6, atol=1e-3)


def test_mroi_is_the_derivative_of_revenue_by_spend(plan):
    extra = 1.0  # one more unit of money, spread in the present pattern
    for c in range(3):
        up = np.ones(3)
        up[c] += extra / plan.total_spend[c]
        gained = plan.revenue(up) - plan.revenue(np.ones(3))
        assert_allclose(mroi(plan)[:, c], gained / extra, rtol=1e-4)


def test_mroi_elsewhere_on_the_curve_is_the_derivative_there(plan):
    point, step = np.array([0.4, 1.0, 2.0]), 1e-5
    for c in range(3):
        change = step * np.eye(3)[c]
        gained = plan.revenue(point + change) - plan.revenue(point - change)
        expected = gained / (2 * step * plan.total_spend[c])
        assert_allclose(mroi(plan, point)[:, c], expected, rtol=1e-6)
        assert (mroi(plan, point)[:, c] != mroi(plan)[:, c]).any()


def straight_plan(weekly, model, betas):
    """Return a plan of whole amounts in which each unit of tv brings a draw of `betas`."""
    line = model.to_json()
    for r in line["responses"]:
        r |= {"adstock": "none", "saturation": "none", "max_lag": 0, "beta": betas}
        r["parameters"] = {}
    several = {"gamma": [[0.0]], "baseline": model.baseline[:1].tolist(), "noise": [1.0]}
    line |= {name: values * len(betas) for name, values in several.items()}
    whole = weekly.spend.round()
    changed = type(weekly)(
        **{**vars(weekly), "spend": whole, "media": whole, "value": np.ones(len(weekly))}
    )
    straight = AdditiveModel.from_json(line)
    return current_plan(straight, changed, window_weeks=52), contributions(straight, changed)


def test_breaking_even_is_not_earning_and_nine_draws_of_ten_are_sure(weekly, model):
    even = channel_returns(*straight_plan(weekly, model, [1.0] * 10), interval=0.9, margin=1.0)
    assert even["mroi"].tolist() == [1.0] * 3
    assert even["p_earns"].tolist() == [0.0] * 3
    betas = [2.0] * 9 + [0.5]
    nine = channel_returns(*straight_plan(weekly, model, betas), interval=0.9, margin=1.0)
    assert nine["p_earns"].tolist() == [0.9] * 3
    assert nine["earns_money"].all()


def test_units_of_a_channel_without_effect_cost_infinitely_much(weekly, model):
    """The non-negative ridge sets a channel to exactly zero."""
    table = channel_returns(*straight_plan(weekly, model, [0.0]), interval=0.9, margin=1.0)
    assert np.isinf(table["cpik"]).all()
    assert table["roi"].tolist() == [0.0] * 3


def test_mroi_is_below_roi_on_a_concave_curve_and_equal_on_a_line(weekly, study, model):
    line = model.to_json()
    for r in line["responses"]:
        r["saturation"] = "none"
    line["gamma"] = [[0.0]] * 5
    straight = current_plan(AdditiveModel.from_json(line), weekly, window_weeks=52)
    assert_allclose(mroi(straight), roi(straight), rtol=1e-9)
    bent = model.to_json()
    for r in bent["responses"]:
        r["parameters"]["slope"] = [1.0] * 5
    concave = current_plan(AdditiveModel.from_json(bent), weekly, window_weeks=52)
    assert (mroi(concave) < roi(concave)).all()


def test_another_currency_leaves_every_ratio_as_it_is(model, weekly, plan):
    for rate in (0.0073, 1e-8, 2e5):
        foreign = type(weekly)(
            **{**vars(weekly), "spend": weekly.spend * rate, "value": weekly.value * rate}
        )
        there = current_plan(model, foreign, window_weeks=52)  # media stay in their unit
        assert_allclose(roi(there), roi(plan), rtol=EXACT)
        assert_allclose(mroi(there), mroi(plan), rtol=EXACT)
        assert observed_multipliers(there) == pytest.approx(observed_multipliers(plan))
        both = [
            channel_returns(p, contributions(model, data), interval=0.9, margin=0.5)["p_earns"]
            for p, data in ((there, foreign), (plan, weekly))
        ]
        assert both[0].tolist() == both[1].tolist()


def test_switching_off_all_media_is_not_the_sum_of_single_channels_with_synergy(plan):
    together = plan.incremental([0, 1, 2])
    apart = sum(plan.incremental([c]) for c in range(3))
    assert (apart > together).all()  # the joint term is lost twice


def test_without_synergy_single_channels_add_up(weekly, study, rng):
    plain = study.model_copy(update={"synergy": ()})
    plan = current_plan(drawn_model(weekly, plain, rng), weekly, window_weeks=30)
    assert_allclose(
        plan.incremental([0, 1, 2]), sum(plan.incremental([c]) for c in range(3)), rtol=EXACT
    )


def test_cost_per_unit_is_spend_over_incremental_units_even_when_the_value_moves(rng):
    frame = make_frame().assign(value=np.linspace(1.0, 5.0, 104))
    data = {"file": "x.csv", "date": "week", "kpi": "sales", "kpi_type": "units"}
    study = make_study(data={**data, "value_column": "value"})
    weekly = weekly_data(frame, study)
    model = drawn_model(weekly, study, rng)
    plan = current_plan(model, weekly, window_weeks=52)
    table = channel_returns(plan, contributions(model, weekly), interval=0.9, margin=1.0)
    in_units = type(weekly)(**{**vars(weekly), "value": np.ones(104)})
    for c in range(2):
        units = brute_force(model, in_units, [c], 52)
        assert_allclose(table["cpik"][c], np.median(plan.total_spend[c] / units), rtol=EXACT)
        revenue = brute_force(model, weekly, [c], 52)
        assert_allclose(table["roi"][c], np.median(revenue / plan.total_spend[c]), rtol=EXACT)


def test_a_channel_that_is_silent_in_the_window_has_no_roi(model, weekly):
    spend = weekly.spend.copy()
    spend.loc[spend.index[-52:], "search"] = 0.0
    silent = type(weekly)(**{**vars(weekly), "spend": spend, "media": spend})
    plan = current_plan(model, silent, window_weeks=52)
    table = channel_returns(plan, contributions(model, silent), interval=0.9, margin=1.0)
    row = table.set_index("channel").loc["search"]
    assert (row["spend"], row["incremental_revenue"]) == (0.0, 0.0)
    assert np.isnan(row["roi"])
    assert np.isnan(row["p_earns"])
    assert not row["earns_money"]


def test_a_channel_earns_money_when_its_next_unit_surely_pays(model, weekly, plan):
    parts = contributions(model, weekly)
    marginal = mroi(plan)
    for margin in (0.05, 0.5, 1.0):
        table = channel_returns(plan, parts, interval=0.9, margin=margin)
        expected = (marginal * margin > 1).mean(axis=0)
        assert_allclose(table["p_earns"], expected)
        assert table["earns_money"].tolist() == (expected >= 0.9).tolist()
    unknown = channel_returns(plan, parts, interval=0.9, margin=None)
    assert unknown["p_earns"].isna().all()
    assert not unknown["earns_money"].any()


def test_a_chance_of_gain_is_the_share_of_the_draws_above_zero_where_draws_can_tell():
    assert chance_of_gain(np.array([0.5, 2.0, -1.0, 0.0])) == 0.5
    assert chance_of_gain(np.array([-3.0, -1.0])) == 0.0
    assert chance_of_gain(np.array([NOTHING, 0.0])) == 0.5
    for cannot_tell in ([7.0], [0.0, 0.0, 0.0], [0.004, -0.004], [np.nan, np.nan]):
        assert np.isnan(chance_of_gain(np.array(cannot_tell)))


def test_shares_sum_to_one_with_baseline_and_synergy(model, weekly, plan):
    parts = contributions(model, weekly)
    table = channel_returns(plan, parts, interval=0.9, margin=1.0)
    totals = parts.totals(52)
    rest = (totals["baseline"] + totals["tv x video"]) / totals.sum()
    assert_allclose(table["contribution_share"].sum() + rest, 1.0)
    assert_allclose(table["spend_share"].sum(), 1.0)


def test_the_brief_table_has_intervals_of_draws_and_a_known_truth(model, weekly, plan):
    parts = contributions(model, weekly)
    table = channel_returns(plan, parts, interval=0.9, margin=1.0)
    assert beside_truth(table, None) is table
    true = roi_series(plan.take(np.array([0])))
    known = beside_truth(table, true)
    assert known["true_roi"].tolist() == true.tolist()
    ends = ["roi_low", "roi", "roi_high", "true_roi", "mroi_low", "mroi", "mroi_high"]
    assert brief(known).columns.tolist() == [*COST, *ends, "cpik"]
    point = known.assign(roi_low=np.nan, mroi_low=np.nan)
    assert brief(point).columns.tolist() == [*COST, "roi", "true_roi", "mroi", "cpik"]
    assert "true_roi" not in brief(table)


def test_contributions_stand_beside_those_of_the_truth(model, weekly):
    parts, truth = contributions(model, weekly), model.take(np.array([1]))
    table = contribution_table(parts, truth, weekly, window_weeks=52)
    assert table["source"].tolist() == parts.names
    assert_allclose(table["contribution"], parts.totals(52))
    assert_allclose(table["contribution_share"].sum(), 1.0)
    assert_allclose(table["true_contribution"], contributions(truth, weekly).totals(52))
    unknown = contribution_table(parts, None, weekly, window_weeks=52)
    assert unknown.columns.tolist() == ["source", "contribution", "contribution_share"]


def test_intervals_hold_the_central_share_and_a_single_draw_has_none():
    low, middle, high = summarize(np.arange(101.0), 0.90)
    assert_allclose([low, middle, high], [5.0, 50.0, 95.0])
    low, middle, high = summarize(np.array([3.0]), 0.90)
    assert middle == 3.0
    assert np.isnan([low, high]).all()


def test_response_curves_rise_from_zero_through_the_current_spend(plan):
    table = response_curves(plan, interval=0.9, points=5)
    for c, name in enumerate(plan.channels):
        curve = table[table["channel"] == name]
        assert curve["multiplier"].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
        assert_allclose(curve["spend"], curve["multiplier"] * plan.total_spend[c])
        assert curve["revenue"].is_monotonic_increasing
        assert ((curve["low"] <= curve["revenue"]) & (curve["revenue"] <= curve["high"])).all()
        at_one = curve[curve["multiplier"] == 1].iloc[0]
        expected = np.quantile(plan.incremental([c]), [0.05, 0.5, 0.95])
        assert_allclose(at_one[["low", "revenue", "high"]].astype(float), expected, rtol=EXACT)
    assert table.index.tolist() == list(range(15))


def test_response_curves_hold_the_current_spend_unless_other_points_are_asked_for(plan):
    table = response_curves(plan, interval=0.9)
    per_channel = table.groupby("channel")["multiplier"]
    assert (per_channel.count() == 41).all()
    assert (per_channel.apply(lambda values: (values == 1).sum()) == 1).all()


def test_an_elasticity_is_the_percent_gained_from_one_percent_more(model, weekly, plan):
    parts = contributions(model, weekly)
    revenue = parts.totals(52).sum()
    values = elasticities(plan, parts)
    for c, name in enumerate(plan.channels):
        up = np.ones(3)
        up[c] += 1e-4
        change = (plan.revenue(up) - plan.revenue(np.ones(3))).mean() / revenue
        assert_allclose(values[name], change / 1e-4, rtol=1e-3)


def test_observed_multipliers_reach_the_highest_week_of_all_data(plan, weekly):
    for name, factor in observed_multipliers(plan).items():
        highest = weekly.spend[name].iloc[-52:].max()
        assert_allclose(factor * highest, weekly.spend[name].max())
        assert factor >= 1
