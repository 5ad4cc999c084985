"""What is checked of regional data: where it varies, whom it follows, what weeks say beside it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from regional import HEADS, split_weeks
from studies import simulated_study

from mmm.data.weekly import weekly_data
from mmm.decide.returns import current_plan
from mmm.model.bayes.fit import fit_bayes
from mmm.model.simulate import simulate
from mmm.trust import regional_findings, robustness_table
from mmm.trust.confounding import spend_explained
from mmm.trust.experiments import NEXT, Design, designed, next_weeks
from mmm.trust.linear_view import LinearView, remainder
from mmm.trust.outliers import _without
from mmm.trust.placebo import surrogate_spend, with_placebo
from mmm.trust.regional import CHASES
from mmm.trust.resampling import with_regional_kpi


@pytest.fixture(scope="module")
def regional():
    """Return study, weeks of three regions, one with gaps, and a short fit of them."""
    study = simulated_study(synergy=0.0)
    weekly = split_weeks(weekly_data(simulate(study).frame, study))
    study = study.model_copy(update={"synergy": ()})
    kpi = weekly.regions.kpi.copy()
    kpi[2, :20] = np.nan
    weekly = replace(weekly, regions=replace(weekly.regions, kpi=kpi))
    options = {"draws": 60, "warmup": 60, "chains": 1, "insist": False, "forms": "own"}
    return study, weekly, fit_bayes(weekly, study, seed=1, **options).model


def followed(weekly, by=0.8):
    """Let local spend follow local demand, channel by channel."""
    demand = np.random.default_rng(5).standard_normal((3, len(weekly)))
    spend = weekly.regions.spend * np.exp(by * demand)[:, :, np.newaxis]
    return replace(weekly, regions=replace(weekly.regions, spend=spend, media=spend))


def test_planners_who_follow_local_demand_cap_every_grade(regional):
    study, weekly, model = regional
    free = regional_findings(model, weekly, study, seed=1)
    assert {f.finding.status for f in free if f.finding.check == CHASES} == {"PASS"}
    chasing = regional_findings(model, followed(weekly), study, seed=1)
    caps = {f.channel: f.cap for f in chasing if f.finding.check == CHASES}
    assert caps == dict.fromkeys(weekly.channels, "local spend follows local demand")


def test_a_channel_bought_for_all_alike_is_named(regional):
    study, weekly, model = regional
    spend = weekly.regions.spend.copy()
    spend[:, :, 1] = weekly.spend.iloc[:, 1].to_numpy() * HEADS[:, np.newaxis]
    even = replace(weekly, regions=replace(weekly.regions, spend=spend, media=spend))
    name = weekly.channels[1]
    (said,) = [f for f in regional_findings(model, even, study, seed=1) if f.channel == name]
    assert "regions say nothing about it" in said.finding.finding


def test_a_study_without_regions_has_no_findings_of_regions(regional):
    study, weekly, model = regional
    assert regional_findings(model, replace(weekly, regions=None), study, seed=1) == []


def test_a_twin_keeps_gaps_and_follows_its_truth(regional, rng):
    study, weekly, model = regional
    one = model.take(np.array([3]))
    twin = with_regional_kpi(weekly, study, one, one, rng=rng)
    assert np.array_equal(np.isnan(twin.regions.kpi), np.isnan(weekly.regions.kpi))
    double = replace(one, responses=tuple(replace(r, beta=2 * r.beta) for r in one.responses))
    again = np.random.default_rng(20240101), np.random.default_rng(20240101)
    plain, more = (
        with_regional_kpi(weekly, study, one, truth, rng=own)
        for truth, own in zip((one, double), again, strict=True)
    )
    known = np.isfinite(weekly.regions.kpi)
    gained = (more.regions.kpi - plain.regions.kpi)[known]
    assert_allclose(gained, one.media_by_region(weekly)[0][known], rtol=1e-9)
    assert twin.kpi[30:] == pytest.approx(twin.regions.kpi[:, 30:].sum(axis=0))


def test_leads_of_local_spend_are_seen_within_regions(regional):
    _study, weekly, model = regional
    view = LinearView.of(model, weekly)
    n_rows = int(np.isfinite(weekly.regions.kpi).sum())
    assert view.curves.shape == (n_rows, len(weekly.channels))
    plan = current_plan(model, weekly)
    robust = robustness_table(model, weekly, plan, margin=1.0)
    assert robust["robustness"].between(0, 1).all()
    assert remainder(view.kpi, view.columns).var() < view.kpi.var()


def test_a_marked_week_and_a_placebo_reach_the_regions(regional, rng):
    study, weekly, _ = regional
    marked = _without(weekly, 4)
    assert marked.regions.controls[:, 4, -1].tolist() == [1, 1, 1]
    spend = surrogate_spend(weekly, study, 0, rng=rng)
    wider, _more = with_placebo(weekly, study, spend)
    assert_allclose(wider.regions.spend[:, :, -1].sum(axis=0), wider.spend.iloc[:, -1])
    assert_allclose(np.sort(spend[0]), np.sort(weekly.regions.spend[0, :, 0]))


def test_a_design_changes_the_spend_of_every_region(regional, rng):
    _, weekly, _ = regional
    paused = designed(next_weeks(weekly), Design(0, "pause"), rng=rng)
    assert not paused.regions.spend[:, -NEXT, 0].any()
    assert paused.regions.spend.shape[1] == len(weekly) + NEXT


def test_spend_drawn_by_lot_is_no_baseline_however_unequal_regions_are(regional):
    _study, weekly, model = regional
    rng, heads = np.random.default_rng(8), np.array([0.8, 0.15, 0.05])
    spend = heads[:, np.newaxis, np.newaxis] * np.exp(
        0.2 * rng.standard_normal(weekly.regions.spend.shape)
    )
    view = LinearView.of(
        model, replace(weekly, regions=replace(weekly.regions, spend=spend, heads=heads))
    )
    assert spend_explained(view, 0) < 0.3


def test_a_model_of_the_nation_is_judged_without_the_regions_of_its_study(regional):
    study, weekly, model = regional
    plain = replace(
        model, responses=tuple(replace(response, regions=None) for response in model.responses)
    )
    assert regional_findings(plain, weekly, study, seed=1) == []
    assert len(LinearView.of(plain, weekly).kpi) == len(weekly)
