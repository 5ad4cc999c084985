"""Sentences: one plan has one number, and nothing is said that was not computed."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from studies import make_study, raw_study

from mmm import decide, show
from mmm.data import explore
from mmm.decide import returns
from mmm.decide.budgets import Optimism
from mmm.decide.recommend import Moves
from mmm.findings import Finding
from mmm.formatting import chance, money, percent, period, ratio
from mmm.model.curves import Curves
from mmm.show import distrust, headline
from mmm.show.glossary import GRADE_SCALE
from mmm.show.words import kpi_amount, promises, sure_in_words, window_of
from mmm.study.schema import Question


def usd(amount):
    return money(float(amount), "USD", signed=True)


def best_of(plan, bounds=(0.5, 1.5), **options):
    limits = [bounds] * len(plan.channels)
    return decide.optimize(plan, limits, rng=np.random.default_rng(1), starts=4, **options)


@pytest.fixture(scope="module")
def optimal(plan):
    """Return a plan whose mean and median gain are told apart."""
    found = best_of(plan)
    gain = np.append(np.full(len(found.best.gain) - 1, 1000.0), 9e5)
    return replace(found, best=replace(found.best, gain=gain))


def summary(plan, optimal, extra, weekly, model, study):
    parts = returns.contributions(model, weekly)
    terms = {"interval": study.interval, "margin": study.profit_margin}
    table = returns.channel_returns(plan, parts, **terms)
    totals = parts.totals(len(plan.weeks))
    advice = decide.recommend(table, plan, optimal, extra, [], study)
    return show.summary.executive(advice, table, plan, totals, [], study, simulated=True)


def test_the_same_plan_shows_the_same_gain_everywhere(plan, optimal, weekly, model, study):
    told = summary(plan, optimal, best_of(plan, budget=1.1 * optimal.budget), weekly, model, study)
    table = decide.recommendation_table(plan, optimal)
    regret = pd.DataFrame(
        {"plan": ["Optimum"], "true_gain": [5.0], "regret": [1.0], "share_of_possible": [0.8]}
    )
    for text in (
        told["headline"],
        told["recommendations"][0]["money"],
        show.budget.allocation(table, optimal, study).title,
        show.gains.regret(regret, optimal, study),
    ):
        assert usd(np.median(optimal.best.gain)) in text
        assert usd(optimal.best.gain.mean()) not in text


def test_only_a_gain_whose_whole_interval_is_one_is_promised(study):
    assert promises(np.linspace(1.0, 2.0, 100), study) == "promises"
    assert promises(np.linspace(-1.0, 9.0, 100), study) == "could add"
    assert promises(np.array([5.0]), study) == "suggests"


def test_a_point_estimate_suggests_and_does_not_promise(plan, weekly, model, study):
    one = np.array([0])
    point = plan.take(one)
    found = best_of(point), best_of(point, budget=1.1 * point.total_spend.sum())
    told = summary(point, *found, weekly, model.take(one), study)
    assert told["headline"].startswith("Best guesses suggest that ")
    assert " suggests +" in told["headline"]
    assert "promises" not in str(told)


def test_more_money_is_spent_on_top_of_the_split_that_is_advised(
    plan, optimal, weekly, model, study
):
    extra = best_of(plan, budget=1.1 * optimal.budget)
    better = summary(plan, optimal, extra, weekly, model, study)["recommendations"]
    assert "on top of the better split" in better[1]["text"]
    kept = summary(plan, best_of(plan, (1.0, 1.0)), extra, weekly, model, study)["recommendations"]
    assert kept[0]["title"] == "Keep today's split"
    assert "on top of today's split" in kept[1]["text"]


def test_less_money_is_advised_where_more_does_not_come_back(plan, weekly, model, study):
    poor = study.model_copy(update={"margin": 0.05})
    found = best_of(plan), best_of(plan, budget=1.1 * plan.total_spend.sum())
    less = summary(plan, *found, weekly, model, poor)["recommendations"][1]
    assert less["title"].startswith("Spend less on ")
    assert less["money"].startswith("+")
    fixed = best_of(plan, (1.0, 1.0))
    more = summary(plan, fixed, found[1], weekly, model, poor)["recommendations"][1]
    assert more["title"].endswith("more does not pay back")


def test_the_channel_to_test_is_named_with_what_its_next_unit_earns(plan, weekly, model, study):
    found = best_of(plan), best_of(plan, budget=1.1 * plan.total_spend.sum())
    parts = returns.contributions(model, weekly)
    terms = {"interval": study.interval, "margin": study.profit_margin}
    table = returns.channel_returns(plan, parts, **terms)
    told = summary(plan, *found, weekly, model, study)["recommendations"][2]
    test = decide.recommend(table, plan, *found, [], study).test
    assert study.labels[test.channel] in told["title"]
    assert money(test.spend, "USD") in told["money"]
    assert all(ratio(value) in told["certainty"] for value in test.mroi)


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
    told = show.gains.caution(pd.DataFrame(rows), study)
    assert f"the chance of a gain stays at {chance(1.0)}" in told
    told = show.gains.caution(pd.DataFrame(rows | {"p_gain": [0.95, 0.8]}), study)
    assert f"goes from {chance(0.8)} to {chance(0.95)}" in told
    told = show.gains.caution(pd.DataFrame(rows | {"p_gain": [np.nan, 0.8]}), study)
    assert "moves nothing" in told
    same = rows | {"expected_gain": [9.999, 10.0], "gain_sd": [2.0, 2.001]}
    told = show.gains.caution(pd.DataFrame(same), study)
    assert "practically the plain-mean plan" in told
    assert "gives up" not in told


def test_estimates_that_come_first_are_not_said_to_be_first(weekly, study, model):
    parts = returns.contributions(model, weekly)
    whole = show.returns.contributions_over_time(parts.by_week(), weekly, study).title
    assert "would have come" not in whole
    first = show.returns.waterfall(parts.totals(study.window_weeks), weekly, study).title
    assert "has the highest estimated contribution" in first
    values = pd.Series([0.1, 0.2, 0.3], index=study.channel_names)
    assert "highest estimated elasticity" in show.curves.elasticities(values, weekly, study).title


def test_collinearity_that_costs_nothing_is_not_a_finding(study):
    name = study.channel_names[0]
    rows = pd.DataFrame({"channel": [name], "vif": [1.001], "standard_error_factor": [1.0005]})
    assert "costs nothing" in show.linear.vif_reading(rows, study)
    some = rows.assign(vif=1.7, standard_error_factor=1.3)
    assert "1.3 times" in show.linear.vif_reading(some, study)


def test_what_designs_did_is_said_to_be_simulated(study):
    designs = pd.DataFrame(
        {"channel": study.channel_names[0], "design": ["pause it", "test it"], "narrower": 0.01}
    )
    assert "no design that was tried" in show.trust.experiments(designs, study).title
    title = show.trust.experiments(designs.assign(narrower=[0.1, 0.4]), study).title
    assert title.endswith(f"test it; simulated, its interval shrinks by {percent(0.4)}")


def test_scenarios_without_a_margin_are_not_said_to_have_one(weekly, study):
    scenario = {"scenario": ["a"], "revenue_change": [2.0], "profit_change": [1.0]}
    ends = {"revenue_change_low": [1.0], "revenue_change_high": [3.0], "spend_change": [1.0]}
    table = pd.DataFrame(scenario | ends)
    open_ = study.model_copy(update={"margin": None})
    assert "No margin was given" in show.scenarios.changes(table, weekly, open_).caption
    given = study.model_copy(update={"margin": 0.4})
    assert f"margin of {percent(0.4)}" in show.scenarios.changes(table, weekly, given).caption


def test_luck_is_told_only_where_something_moves(plan, study):
    moved = decide.moves(plan, best_of(plan).best)
    told = show.gains.luck(Optimism(100.0, 90.0), moved, study)
    assert f"{percent(0.1, digits=1)} of it is luck" in told
    told = show.gains.luck(Optimism(1e6, 1e6 - 10), moved, study)
    assert "next to nothing of it is luck" in told
    kept = decide.moves(plan, best_of(plan, (1.0, 1.0)).best)
    told = show.gains.luck(Optimism(1e-9, 0.0), kept, study)
    assert "no gain is claimed that could be luck" in told
    assert "%" not in told


def test_a_trifle_of_a_move_is_not_named(study):
    weekly = pd.Series({"tv": -1000.0, "search": 990.0, "video": 10.0})
    moves = Moves(weekly, 1e4, 10, {}, np.ones(4))
    told = show.plan_words.moves_in_words(moves, study)
    assert told.endswith(f"to {study.labels['search']} (almost all of it)")
    some = replace(moves, weekly=pd.Series({"tv": -1000.0, "search": 600.0, "video": 400.0}))
    assert f"{study.labels['video']} ($400)" in show.plan_words.moves_in_words(some, study)


def test_no_draws_make_a_claim_surer_than_simulated_truths_have_borne_out():
    assert chance(1.0) == chance(0.96) == "over 95\xa0%"
    assert chance(0.0) == chance(0.04) == "under 5\xa0%"
    assert (chance(0.95), chance(0.05)) == ("95\xa0%", "5\xa0%")
    assert sure_in_words(np.ones(400)) == "over 95\xa0% sure of a gain"
    assert sure_in_words(np.array([1.0, 1.0, -1.0])) == "a gain is 67\xa0% likely"


def test_extra_money_is_followed_to_where_it_goes(plan, study):
    extra = best_of(plan, budget=1.1 * plan.total_spend.sum())
    optimal = best_of(plan)
    told = show.budget.extra_money(plan, optimal, extra, study)
    first = plan.channels[int((extra.best.spend - plan.total_spend).argmax())]
    assert f"The largest increases: {study.labels[first]} (+" in told
    assert money(np.median(extra.best.gain), "USD") in told
    own = money(np.median(extra.best.gain - optimal.best.gain), "USD")
    assert f"{own} of it is due to the money, the rest to the better split" in told
    still = best_of(plan, (1.0, 1.0))
    fixed = show.budget.extra_money(plan, still, still, study)
    assert "largest increases" not in fixed
    assert "better split" not in fixed


def test_a_coefficient_below_zero_is_told_from_zero_with_its_sign():
    study = make_study(("tv", "search", "mail"))
    table = pd.DataFrame(
        {
            "term": ["tv", "search", "mail"],
            "coefficient": [1.0, 0.0, -1.0],
            "low": [0.5, -0.5, -1.5],
            "high": [1.5, 0.5, -0.5],
        }
    )
    title = show.linear.coefficients(table, study).title
    assert "only TV and MAIL (negative)" in title
    assert "SEARCH" not in title
    both = show.linear.coefficients(table.iloc[[0, 2]], study).title
    assert "each channel, TV and MAIL (negative)," in both
    assert "every channel" in show.linear.coefficients(table.iloc[[0]], study).title
    assert "no channel" in show.linear.coefficients(table.iloc[[1]], study).title


def test_a_forecast_is_judged_by_its_squared_error_as_the_check_does(weekly, study):
    rows = [("m", "model", 9.0, 0.2, 0.5), ("a", "naive", 10.0, 0.1, 0.1)]
    rows += [("b", "naive", 12.0, 0.05, 0.0)]
    table = pd.DataFrame(rows, columns=["model", "kind", "rmse", "mape", "r2"])
    title = show.holdout.fit("m", weekly.kpi, table, weekly, study, name="fit").title
    assert " beats " in title
    assert all(kpi_amount(error, study) in title for error in (9.0, 10.0))
    summary = table.rename(columns={k: f"holdout_{k}" for k in ("rmse", "mape", "r2")})
    assert "1 of 1 models" in show.holdout.scores(summary, study).title
    findings = [Finding("dates", "PASS", "")]
    card = show.summary.card({"headline": "h"}, findings, summary, "alt", study, record="m")
    assert card["fit"].endswith("best naive forecast $10.0.")


def test_errors_of_a_kpi_in_units_are_units():
    units = {"kpi_type": "units", "value_per_unit": 2.0}
    raw = raw_study()
    study = make_study(data={**raw["data"], **units})
    curves = Curves(({"retention": 0.3}, {"retention": 0.5}), 0.1, 1234.0)
    told = show.curves.search_reading(curves, study)
    assert "this share of its effect stays: TV 30\xa0% and SEARCH 50\xa0%." in told
    assert "(RMSE) of 1.23k sales a week" in told


def test_captions_name_the_window_and_the_interval_of_the_study(weekly, study, rng):
    values = pd.Series(0.1, index=study.channel_names)
    assert window_of(weekly, study) in show.curves.elasticities(values, weekly, study).caption
    wide = study.model_copy(update={"interval": 0.5})
    prior, after = (np.exp(rng.normal(0, s, (200, len(study.channels)))) for s in (1.0, 0.5))
    picture = show.curves.prior_posterior(prior, after, None, wide)
    assert "50\xa0% intervals" in picture.caption
    drawn = picture.axes.lines[0].get_xdata()
    np.testing.assert_allclose(drawn, np.quantile(prior[:, 0], [0.25, 0.75]))


def test_no_grade_and_no_interval_is_more_than_the_model_can_know(plan, model, weekly, study):
    parts = returns.contributions(model, weekly)
    terms = {"interval": study.interval, "margin": study.profit_margin}
    table = returns.channel_returns(plan, parts, **terms)
    grades = dict.fromkeys(table["channel"], "A")
    cheap = study.model_copy(update={"margin": 1.0})
    table = table.assign(roi_low=1.1, roi_high=2.0)  # every interval is above break-even
    picture = headline.roi(table, cheap, basis="b.", grades=grades)
    assert f"{len(table)} of {len(table)} channels very likely paid back" in picture.title
    assert GRADE_SCALE in picture.caption


def test_the_source_names_the_columns_that_are_left_out(study):
    used = [name for _, name in study.columns]
    tell = partial(show.data.source, study=study, simulated=False)
    assert "no use" not in tell(pd.DataFrame(columns=used))
    assert "columns; the study makes no use of `orders`." in tell(
        pd.DataFrame(columns=[*used, "orders"])
    )
    many = tell(pd.DataFrame(columns=[*used, *"abcdefg", "h`<b>"]))
    assert "no use of `a`, `b`, `c`, `d`, `e`, `f` and 2 more." in many
    assert "`h'<b>`" in tell(pd.DataFrame(columns=["h`<b>", *used]))
    changes = {"region_columns": ("region",), "week_column": "week_number"}
    panel = study.model_copy(update={"data": study.data.model_copy(update=changes)})
    table = pd.DataFrame(columns=[*used, *"ab", "region", "week_number"])
    assert "no use of `a` and `b`." in tell(table, study=panel)


def test_channels_that_move_against_each_other_are_said_to(weekly, study):
    names = ["outcome", *weekly.spend.columns[:2]]
    for r, words in (
        (-0.3, "move against each other most"),
        (0.3, "move together most"),
        (-0.04, "No two channels move together (strongest: "),
    ):
        table = pd.DataFrame(np.eye(3), index=names, columns=names)
        table.iloc[1, 2] = table.iloc[2, 1] = r
        assert words in show.exploration.correlations(table, study).title


def test_the_exploration_says_only_what_was_computed(weekly, study):
    spent = weekly.spend.to_numpy().sum() / weekly.revenue.sum()
    assert percent(spent) in show.data.kpi_and_spend(weekly, study).title
    table = explore.correlations(weekly)
    variation = weekly.spend.std() / weekly.spend.mean()
    told = show.exploration.takeaways(weekly, table, study)
    assert f"{study.labels[variation.idxmax()]} varies most from week to week" in told
    assert "blurred" not in told
    spend = weekly.spend.copy()
    spend.iloc[::3, 0] = 0.0
    dark = replace(weekly, spend=spend, media=spend)
    label = next(iter(study.labels.values()))
    others = explore.zero_weeks(dark).set_index("column")["zero_weeks"]
    assert others.iloc[0] == len(spend.iloc[::3])
    first = replace(dark, spend=spend.iloc[:, :1], media=spend.iloc[:, :1])
    alone = study.model_copy(update={"channels": dict([next(iter(study.channels.items()))])})
    assert f"{label} runs in flights" in show.exploration.weekly_spend(first, alone).title


def test_a_margin_that_nobody_set_is_told_with_what_a_usual_one_would_change(plan, study):
    (line,) = distrust.margin_line(plan, study)
    sure = (returns.roi(plan) > 1 / 0.3).mean(axis=0) >= returns.SURE
    assert line.startswith("**Margin**: Revenue is judged, not profit: no margin was given.")
    assert "needs an ROI of 3.33" in line
    count = int(sure.sum())
    said = {0: "none of 3 channels would be", 3: "all 3 channels would be"}
    assert said.get(count, f"{count} of 3 channels (") in line
    assert distrust.margin_line(plan, study.model_copy(update={"margin": 1.0})) == []


def test_what_is_distrusted_is_sorted_by_weight(plan, study, model, weekly):
    question = Question(column="x", text="Is it media?", remedy="Say --spend x.")
    asked = study.model_copy(update={"questions": (question,)})
    terms = {"interval": study.interval, "margin": study.profit_margin}
    table = returns.channel_returns(plan, returns.contributions(model, weekly), **terms)
    findings = [Finding("outliers", "REVIEW", "two"), Finding("dates", "FAIL", "odd")]
    lines = distrust.distrust(table, plan, findings, asked, simulated=False)
    starts = ["**FAIL", "**Margin", "**Question**: 'x': Is it media?", "**REVIEW"]
    assert [line.startswith(start) for line, start in zip(lines, starts, strict=False)] == [
        True
    ] * 4


def test_the_plain_text_begins_with_the_stop_line_of_the_report():
    summary = {"insights": "Top channel: TV.", "failed": [("the dates are not plausible", "")]}
    trust = {"failed": [("the ROI is not plausible", "TV")]}
    text = show.checks.insights(summary, trust)
    assert text.startswith("Stop: 2 checks failed (the ROI is not plausible: TV; the dates")
    assert text.endswith("\n\nTop channel: TV.\n")
    passed = show.checks.insights({**summary, "failed": []}, {"failed": []})
    assert passed == "Top channel: TV.\n"
