"""A KPI in units without a value: units and their cost, and no word of money for them."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from mmm import decide, show
from mmm.decide import returns
from mmm.decide.optimize import optimize
from mmm.findings import Finding
from mmm.show import measures
from mmm.show.tables import OF_PROFIT, column_titles
from mmm.study.schema import Multiply, Shift
from mmm.trust.confounding import confounding_findings, robustness_table
from mmm.trust.placebo import usual_return
from mmm.trust.plausibility import plausible_findings

MONEY_WORDS = re.compile(
    r"pays? back|break-even|profit|revenue|Spend less|earns?\b|ROI|\bworth \$"
)
SCENARIOS = (
    Shift(kind="shift", name="Move", **{"from": "tv"}, to=("video",), share=0.25),
    Multiply(kind="multiply", name="Search off", channel="search", factor=0.0),
)


@pytest.fixture(scope="module")
def units(study):
    """The small study with conversions in the place of its sales."""
    data = study.data.model_copy(update={"kpi_type": "units", "kpi_label": "Conversions"})
    return study.model_copy(update={"data": data, "scenarios": SCENARIOS})


@pytest.fixture(scope="module")
def found(units, weekly, model, plan):
    """What notebooks 05 to 07 find, and the first screen made of it."""
    parts = returns.contributions(model, weekly)
    terms = {"interval": units.interval, "margin": units.profit_margin}
    table = returns.channel_returns(plan, parts, **terms)
    search = {"rng": np.random.default_rng(2), "starts": 2, "objective": "mean"}
    bounds = [(0.5, 1.5)] * 3
    best = optimize(plan, bounds, **search)
    extra = optimize(plan, bounds, budget=1.1 * best.budget, **search)
    advice = decide.recommend(table, plan, best, extra, [], units)
    totals = parts.totals(52)
    summary = show.summary.executive(advice, table, plan, totals, [], units, simulated=False)
    insights = show.summary.insights(table, advice.moves, totals.sum(), units)
    return SimpleNamespace(**locals())


def test_no_return_has_a_verdict(found):
    assert found.table["p_earns"].isna().all()
    assert not found.table["earns_money"].any()
    assert found.advice.verdicts == {}
    assert (found.advice.more, found.advice.less) == (None, None)


def test_the_same_budget_is_still_split_better(found):
    assert not found.advice.moves.kept
    move = found.summary["recommendations"][0]
    assert move["money"].endswith(" conversions")
    assert "$" not in move["money"]


def test_the_first_screen_speaks_of_units_and_their_cost(found):
    screen = [found.summary["headline"], found.insights]
    screen += [
        text for item in found.summary["recommendations"] for text in map(str, item.values())
    ]
    screen += [text for tile in found.summary["tiles"] for text in tile.values()]
    assert [
        text for text in screen if MONEY_WORDS.search(text.replace("worth its cost", ""))
    ] == []
    assert re.match(r"One conversion costs least on \w+ \(\$", found.summary["headline"])
    assert found.summary["tiles"][0]["label"] == "Conversions"
    assert "$" not in found.summary["tiles"][0]["value"]


def test_what_to_distrust_begins_with_what_a_unit_is_worth(found, units, plan):
    assert found.summary["distrust"][0].startswith("**Units**: conversions are counted, not money")
    failed = [Finding("dates", "FAIL", "x"), Finding("outliers", "REVIEW", "y")]
    lines = show.distrust.distrust(found.table, plan, failed, units, simulated=False)
    starts = [line[:7] for line in lines[:3]]
    assert starts == ["**FAIL:", "**Units", "**REVIE"]


def test_without_a_better_split_nothing_is_said_of_the_total(found, units, plan, weekly, model):
    failed = [Finding("chains agree", "FAIL", "no", "Run longer.")]
    search = {"rng": np.random.default_rng(2), "starts": 2}
    same = optimize(plan, [(1.0, 1.0)] * 3, **search)
    advice = decide.recommend(found.table, plan, same, same, failed, units)
    screen = show.summary.executive(
        advice, found.table, plan, found.totals, failed, units, simulated=False
    )
    titles = [item["title"] for item in screen["recommendations"]]
    assert titles[0] == "Do not move money on these figures"
    assert titles[1] == "Say what one conversion is worth"


@pytest.mark.parametrize("name", ["headline", "by_channel", "allocation", "scenarios"])
def test_figures_show_costs_and_units(found, units, weekly, plan, model, name):
    results = decide.evaluate_all(model, weekly, units)
    terms = {"interval": 0.9, "margin": None, "labels": units.labels}
    table = decide.scenario_table(results, **terms)
    picture = {
        "headline": lambda: show.headline.roi(found.table, units, basis="Basis."),
        "by_channel": lambda: show.returns.by_channel(found.table, weekly, units),
        "allocation": lambda: show.budget.allocation(
            decide.recommendation_table(plan, found.best), found.best, units
        ),
        "scenarios": lambda: show.scenarios.changes(table, weekly, units),
    }[name]()
    for words in (picture.title, picture.caption, picture.alt):
        assert not MONEY_WORDS.search(words), words
    drawn = [
        text.get_text()
        for text in picture.axes.figure.findobj(match=lambda a: hasattr(a, "get_text"))
    ]
    assert not [text for text in drawn if MONEY_WORDS.search(text)]


def test_scenarios_know_a_chance_only_where_nothing_is_paid(units, weekly, model):
    results = decide.evaluate_all(model, weekly, units)
    table = decide.scenario_table(results, interval=0.9, margin=None, labels=units.labels)
    assert table["profit_change"].isna().all()
    assert table["p_gain"].notna().tolist() == [True, False]
    text = show.scenarios.sentences(results, table, [], units)
    assert "conversions" in text
    assert "after its cost" not in text


def test_targets_and_the_frontier_know_no_break_even(units, plan):
    limits = decide.Limits(((0.5, 1.5),) * 3)
    assert decide.target_budgets(plan, limits, units) == []
    assert "no break-even" in show.plan_words.targets([], plan, units)
    table = decide.frontier(plan, limits, points=3, objective="mean", margin=None)
    assert table["p_gain"].isna().all()
    assert "conversion is expected to cost" in show.budget.frontier(table, units).title


def test_checks_of_money_do_not_apply(units, weekly, model, plan):
    robust = robustness_table(model, weekly, plan, margin=None)
    assert (robust["needed"].dropna() == 1).all()
    found = confounding_findings(model, weekly, units, robust)
    assert "verdict survives a hidden driver" not in {f.finding.check for f in found}
    assert plausible_findings(plan, units) == []
    assert usual_return(plan, units) > 0


def test_a_cost_is_the_inverse_of_a_return_with_its_ends_swapped(units, study):
    assert measures.in_returns(0.1, units) == "$10.0"
    assert measures.ends_of_returns(0.1, 0.2, units) == "$5.00 to $10.0"
    assert measures.ends_of_returns(0.0, 0.2, units) == "$5.00 or more"
    assert measures.ends_of_returns(float("nan"), 0.2, units) == ""
    assert measures.in_returns(0.0, units) == "–"
    assert measures.in_returns(500.0, units) == "$0.002"
    assert measures.in_returns(0.1, study) == "0.10"


def test_the_median_of_costs_is_that_of_the_returns_table(found, units):
    drawn = measures.drawn(found.table, units)
    np.testing.assert_allclose(drawn["roi"], found.table["cpik"], rtol=0.02)


@pytest.mark.parametrize(
    ("label", "unit"),
    [
        ("Conversions", "conversion"),
        ("New customers", "new customer"),
        ("Deliveries", "delivery"),
        ("Absatz", "absatz"),
        ("Business", "business"),
        ("status", "status"),
    ],
)
def test_one_unit_is_named_by_its_singular(units, label, unit):
    data = units.data.model_copy(update={"kpi_label": label})
    assert measures.unit_name(units.model_copy(update={"data": data})) == unit


def test_tables_of_notebooks_name_units_and_leave_profit_out(found, units, study):
    titles = column_titles(found.table, units)
    assert titles["mroi_low"] == "next conversions per USD low"
    assert titles["incremental_revenue"] == "incremental conversions"
    assert column_titles(found.table, study) == {}
    assert set(OF_PROFIT) >= {"p_earns", "profit_change"}
