"""What was found of the baseline is shown: its size, how regular it is, weeks that recur."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from studies import make_frame, make_study

from mmm.data.weekly import weekly_data
from mmm.model.bayes.fit import fit_bayes
from mmm.show import baseline as shown
from mmm.trust import component_table, regular_before, regular_share, yearly_blocks
from mmm.trust.baseline import REGULAR, YearlyBlock

SHORT = {"draws": 150, "chains": 2, "insist": False, "keep": 150, "forms": "own"}


@pytest.fixture(scope="module")
def study():
    return make_study(baseline={"season_harmonics": 2})


@pytest.fixture(scope="module")
def with_block(study):
    """Return weeks with 60 more sales in weeks 51 to 3 of each year, and their model."""
    frame = make_frame(156)
    since = (frame["week"].dt.isocalendar().week.astype(int) - 51) % 52
    frame["sales"] += 60.0 * (since < 5)
    weekly = weekly_data(frame, study)
    return weekly, fit_bayes(weekly, study, seed=1, **SHORT).model


def test_a_block_of_weeks_is_named_with_its_size(with_block, study):
    weekly, model = with_block
    (block,) = yearly_blocks(model, weekly)
    assert block.numbers == (51, 3)
    assert block.size == pytest.approx(60, rel=0.2)
    note = shown.yearly_note([block], study)
    assert note.startswith("Weeks 51-3 (from 2024-12-16) exceed the regular season each year by")
    assert "Declare it (`holidays` or `[[events]]`) if you know why." in note


def test_weeks_that_fall_short_are_named_as_such(with_block, study):
    weekly, model = with_block
    flexible = replace(model.flexible, coefficients=-model.flexible.coefficients)
    (block,) = yearly_blocks(replace(model, flexible=flexible), weekly)
    assert block.size == pytest.approx(-60, rel=0.2)
    other = YearlyBlock(pd.Timestamp("2024-06-03"), 3, 30.0)
    note = shown.yearly_note([block, other], study)
    assert "fall short of the regular season" in note
    assert "and weeks 23-25 (from 2024-06-03) exceed" in note
    assert "Declare them" in note


def test_a_season_that_is_not_surely_there_is_not_named(with_block):
    weekly, model = with_block
    loud = replace(model, noise=np.full(model.n_draws, 200.0))
    assert yearly_blocks(loud, weekly) == []


def test_less_than_two_years_say_nothing_of_what_recurs(with_block):
    weekly, model = with_block
    assert yearly_blocks(model, weekly.head(104))
    assert yearly_blocks(model, weekly.head(103)) == []


def test_a_clean_study_has_no_such_weeks(fitted):
    study, weekly, model = fitted
    assert yearly_blocks(model, weekly) == []
    assert shown.yearly_note([], study) == ""


def test_a_block_is_no_regular_baseline_and_a_clean_study_may_be(with_block, fitted):
    _, bent = with_block
    _, _, clean = fitted
    assert regular_share(bent) < 0.02
    assert regular_share(clean) > 0.1
    strong = clean.flexible.sd.copy()
    strong[: len(strong) // 2] = [REGULAR, 2 * REGULAR]
    strong[len(strong) // 2 :] = REGULAR
    assert regular_share(
        replace(clean, flexible=replace(clean.flexible, sd=strong))
    ) == pytest.approx(0.5, abs=0.01)


def test_components_have_their_size_in_units_of_the_outcome(with_block, study):
    weekly, model = with_block
    table = component_table(model, weekly).set_index("component")
    assert list(table.index) == ["season", "level"]
    season = model.flexible.effect_of("season", weekly.weeks)
    assert table.loc["season", "size_in_kpi"] == pytest.approx(
        np.median(season.std(axis=1)), rel=0.05
    )
    assert table.loc["season", "share_of_kpi"] == pytest.approx(
        table.loc["season", "size_in_kpi"] / weekly.kpi.mean()
    )
    every = sum(model.flexible.effect_of(name, weekly.weeks) for name in table.index)
    np.testing.assert_allclose(every, model.flexible.effect(weekly.weeks))
    said = shown.regularity(0.03, 0.1, table.reset_index(), study)
    assert said.startswith(
        "**A regular baseline: 3\xa0%, before the data 10\xa0%.** In that share of the draws"
    )
    assert said.index("the finer season") < said.index("a level that wanders")


def test_the_share_before_the_data_is_that_of_the_priors(fitted):
    study, _, model = fitted
    draws = np.random.default_rng(0).standard_normal((20_000, 2))
    priors = [study.priors.of_component(name) for name in model.flexible.design.components]
    sd = np.column_stack(
        [p.median * np.exp(p.sd * z) for p, z in zip(priors, draws.T, strict=True)]
    )
    prior = replace(model, flexible=replace(model.flexible, sd=sd))
    assert regular_before(model, study) == pytest.approx(regular_share(prior), abs=0.01)


def test_what_the_regular_baseline_could_draw_is_no_part_of_a_size(with_block):
    weekly, model = with_block
    steady = np.ones_like(model.flexible.coefficients)  # equal steps: a straight line
    steady[:, model.flexible.design.owner == 0] = 0.0
    straight = replace(model, flexible=replace(model.flexible, coefficients=steady))
    level = straight.flexible.effect_of("level", weekly.weeks)
    assert level.std() > 0.1
    sizes = component_table(straight, weekly).set_index("component")["size_in_kpi"]
    assert sizes["level"] < 1e-6


def test_a_model_without_flexible_components_says_so(with_block, study):
    weekly, model = with_block
    plain = replace(model, flexible=None)
    assert np.isnan(regular_share(plain))
    assert yearly_blocks(plain, weekly) == []
    table = component_table(plain, weekly)
    assert table.empty
    assert "regular terms alone" in shown.regularity(float("nan"), float("nan"), table, study)


def test_the_figure_shows_the_band_and_the_truth_where_it_is_known(fitted):
    study, weekly, model = fitted
    truth = model.take(np.arange(1))
    picture = shown.over_time(model, truth, weekly, study)
    assert "the band holds the true baseline in" in picture.title
    drawn = picture.axes.get_legend_handles_labels()[1]
    assert drawn == ["Outcome less media", "Baseline", "Truth"]
    middle = picture.axes.lines[1].get_ydata()
    expected = model.baseline_effect(weekly.weeks, weekly.controls).mean(axis=0)
    np.testing.assert_allclose(middle, expected)
    rest = picture.axes.lines[0].get_ydata()
    assert np.corrcoef(rest, expected)[0, 1] > 0.5


def test_a_point_estimate_has_no_band(fitted):
    study, weekly, model = fitted
    picture = shown.over_time(model.take(np.arange(1)), None, weekly, study)
    assert "best guess" in picture.caption
    assert "true" not in picture.title + picture.alt
    assert "Truth" not in picture.axes.get_legend_handles_labels()[1]
