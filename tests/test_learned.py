"""How much of each answer is prior: before and after the data, ROI by ROI and all media."""

from dataclasses import replace

import numpy as np
import pytest

from mmm import decide, show
from mmm.decide.learned import ALL_MEDIA
from mmm.decide.plan import current_plan
from mmm.decide.returns import roi
from mmm.model.bayes.fit import draw_prior


@pytest.fixture(scope="module")
def plans(fitted):
    study, weekly, model = fitted
    prior = draw_prior(weekly, study, seed=1, n_draws=400)
    return [current_plan(m, weekly, window_weeks=study.window_weeks) for m in (prior, model)]


@pytest.fixture(scope="module")
def table(plans, fitted):
    study, weekly, _ = fitted
    outcome = float(weekly.revenue[-study.window_weeks :].sum())
    return decide.learned_table(*plans, outcome, interval=study.interval)


def test_each_roi_stands_beside_its_prior_with_what_is_left_of_it(plans, table):
    before, after = (roi(plan) for plan in plans)
    row = table.iloc[0]
    assert row["before"] == pytest.approx(np.median(before[:, 0]))
    assert row["after_high"] == pytest.approx(np.quantile(after[:, 0], 0.95))
    left = np.log(after[:, 0]).var() / np.log(before[:, 0]).var()
    assert row["still_prior"] == pytest.approx(left)
    assert (table["still_prior"] < 1).all()  # the data of this study do say something


def test_the_prior_says_what_all_media_earn_of_the_outcome(plans, table, fitted):
    study, weekly, _ = fitted
    media = table.set_index("answer").loc[ALL_MEDIA]
    assert 0 < media["before_low"] < media["before"] < media["before_high"]
    earned = plans[1].incremental([0, 1, 2]) / weekly.revenue[-study.window_weeks :].sum()
    assert media["after"] == pytest.approx(np.median(earned))


def test_the_reading_names_whose_answer_is_still_most_of_it_assumed(table, fitted):
    study = fitted[0]
    changed = table.assign(still_prior=[0.9, 0.1, np.nan, 0.2])
    told = show.curves.prior_reading(changed, study)
    first, second = (study.labels[name] for name in table["answer"][:2])
    assert f"{first} keeps 90\xa0%, {second} 10\xa0%" in told
    assert "Before the data, all media together were expected to earn" in told


def test_a_channel_that_was_not_bought_learns_nothing_and_breaks_nothing(plans):
    silent = [replace(plan, spend=0 * plan.spend) for plan in plans]
    table = decide.learned_table(*silent, 1.0, interval=0.9)
    assert table["still_prior"][:-1].isna().all()
