"""A channel that was not bought in the window: in no verdict, with what it returned on air."""

from dataclasses import replace

import numpy as np
import pytest

from mmm import decide, show
from mmm.decide import returns
from mmm.decide.optimize import optimize
from mmm.decide.plan import YEAR, current_plan, plan_of_rows
from mmm.report.results import ResultTables, plan_tables, read_grades, returns_table
from mmm.store import Store

SEARCH = 2


@pytest.fixture(scope="module")
def dark(weekly):
    """The data with a channel that stopped 60 weeks ago."""
    spend, media = weekly.spend.copy(), weekly.media.copy()
    spend.iloc[-60:, SEARCH] = media.iloc[-60:, SEARCH] = 0.0
    return replace(weekly, spend=spend, media=media)


@pytest.fixture(scope="module")
def plan(model, dark):
    return current_plan(model, dark, window_weeks=52)


@pytest.fixture(scope="module")
def table(plan, model, dark, study):
    parts = returns.contributions(model, dark)
    terms = {"interval": study.interval, "margin": study.profit_margin}
    found = returns.channel_returns(plan, parts, **terms)
    return decide.while_on_air(found, model, dark, interval=study.interval)


@pytest.fixture(scope="module")
def best(plan):
    return optimize(plan, [(0.5, 1.5)] * 3, rng=np.random.default_rng(2), starts=2)


@pytest.fixture(scope="module")
def screen(table, plan, best, model, dark, study):
    advice = decide.recommend(table, plan, best, best, [], study)
    totals = returns.contributions(model, dark).totals(52)
    summary = show.summary.executive(advice, table, plan, totals, [], study, simulated=False)
    return advice, summary


def test_its_return_and_its_chance_are_not_known(table):
    row = table.iloc[SEARCH]
    assert np.isnan([row["roi"], row["mroi"], row["p_earns"]]).all()
    assert not row["earns_money"]
    assert table["p_earns"].notna().tolist() == [True, True, False]


def test_its_roi_on_air_is_that_of_its_last_year_with_spend(table, model, dark, study):
    stop = len(dark) - 60
    past = plan_of_rows(model, dark, stop - YEAR, stop)
    expected = returns.summarize(returns.roi(past)[:, SEARCH], study.interval)
    row = table.iloc[SEARCH]
    assert (row["on_air_roi_low"], row["on_air_roi"], row["on_air_roi_high"]) == expected
    assert row["on_air_last"] == f"{dark.weeks[stop - 1]:%Y-%m-%d}"
    assert table["on_air_roi"].isna().tolist() == [True, True, False]


def test_where_every_channel_is_bought_the_table_stays_as_it_is(model, weekly, study):
    whole = current_plan(model, weekly, window_weeks=52)
    parts = returns.contributions(model, weekly)
    found = returns.channel_returns(whole, parts, interval=0.9, margin=1.0)
    assert decide.while_on_air(found, model, weekly, interval=0.9) is found


def test_it_appears_in_no_verdict_and_in_no_count(screen, study):
    advice, summary = screen
    label = study.labels["search"]
    assert set(advice.verdicts) == {"tv", "video"}
    assert label not in summary["headline"]
    assert advice.test.channel != "search"
    assert "2 channels; 1 not bought" in [tile["note"] for tile in summary["tiles"]]
    note = next(note for note in summary["notes"] if note.startswith("Not bought"))
    assert note.startswith(f"Not bought in these 52 weeks: {label} (ROI while on air ")


def test_the_chapter_says_it_was_not_bought(table, dark, study):
    text = show.returns.reading(table, study)
    assert f"**{study.labels['search']}** was not bought in these weeks; ROI while on air" in text
    picture = show.returns.by_channel(table, dark, study)
    assert "Not bought in these 52 weeks" in picture.caption
    assert len(picture.axes.get_yticklabels()) == 2


def test_the_intervals_of_the_others_stay_in_the_brief_table(table):
    assert {"roi_low", "mroi_high"} <= set(returns.brief(table))


def test_the_plan_keeps_it_at_zero_and_says_so(best, plan, study, table, tmp_path):
    advised = decide.recommendation_table(plan, best)
    assert advised["recommended_spend"].iloc[SEARCH] == 0
    caption = show.budget.allocation(advised, best, study).caption
    assert f"so kept at zero: {study.labels['search']}." in caption
    store = Store(tmp_path)
    store.write_table("tables/budget_recommendations.csv", advised)
    store.write_table("tables/returns.csv", table)
    assert "not bought, so kept at zero" in plan_tables(ResultTables(store, study))[0]
    assert (
        "not bought in these 52 weeks; ROI while on air"
        in returns_table(ResultTables(store, study))[0]
    )


def test_it_has_no_grade_in_the_report(tmp_path, study):
    store = Store(tmp_path)
    store.write_text(
        "tables/trust_grades.csv",
        "channel,grade_roi,grade_mroi,error,sentence\ntv,A,B,0.1,x\nsearch,D,D,,y\n",
    )
    assert read_grades(store)["grade_roi"].isna().tolist() == [False, True]
