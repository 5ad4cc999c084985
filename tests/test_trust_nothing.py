"""The chance that a channel does nothing: its evidence against quadrature, and what follows."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from studies import make_channel, make_study

from mmm import show
from mmm.data.weekly import weekly_data
from mmm.decide.plan import current_plan
from mmm.errors import StudyError
from mmm.model.baseline import baseline_design
from mmm.model.bayes.fit import fit_bayes
from mmm.trust import no_effect_table, placebo_table
from mmm.trust.no_effect import (
    beside_own_forms,
    interval_with_nothing,
    log_evidence_of_no_effect,
    probability_of_no_effect,
    without_effect,
)

STRAIGHT = {"adstock": "none", "saturation": "none"}


def straight_study(names=("tv",), **changes):
    """Return a study whose effects are proportional to spend, its baseline a constant."""
    channels = {name: make_channel(name) | STRAIGHT for name in names}
    flat = {"trend": False, "season_harmonics": 0}
    return make_study(names, **({"channels": channels, "baseline": flat} | changes))


def straight_weeks(study, roi, *, noise=60.0, n_weeks=104, seed=3, twins=False):
    """Return weeks with known ROIs.

    A channel's spend never varies where its ROI is None; twins are bought nearly together.
    """
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"week": pd.date_range("2022-01-03", periods=n_weeks, freq="7D")})
    frame["sales"] = 1000 + rng.normal(0, noise, n_weeks)
    for name, value in roi.items():
        spend = rng.gamma(2.0, 50.0, n_weeks).round(2) if value is not None else 100.0
        if twins and name != "tv":
            spend = (0.8 * frame["tv_spend"] + 0.2 * spend).round(2)
        frame[f"{name}_spend"] = spend
        frame["sales"] += (value or 0.0) * spend
    return weekly_data(frame, study)


def fitted(study, weekly, **length):
    size = {"draws": 800, "warmup": 150, "chains": 2, "keep": 1600, "insist": False} | length
    return fit_bayes(weekly, study, seed=1, **size).model


def evidence_by_quadrature(weekly, study):
    """Integrate the likelihood over the prior of the first channel's ROI, by its definition.

    All channels are straight; every ROI is on a grid, the pool's spread on Gauss-Hermite nodes.
    """
    priors, spend = study.priors, weekly.spend.to_numpy(float)
    design = baseline_design(weekly, study).matrix(weekly.weeks, weekly.controls).to_numpy(float)

    def left(values):
        return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]

    kpi, media = left(weekly.kpi), left(spend)
    belief = priors.noise_weight * (priors.noise_share * kpi.std()) ** 2
    freedom = len(kpi) - design.shape[1] + priors.noise_weight

    def log_likelihood(roi):
        cross, square = media.T @ kpi, media.T @ media
        squares = kpi @ kpi - 2 * roi @ cross + np.einsum("...i,ij,...j", roi, square, roi)
        return -freedom / 2 * np.log((squares + belief) / (kpi @ kpi))

    center = np.log(priors.media_share.median * weekly.revenue.sum() / spend.sum())
    x = np.linspace(-8, 5, 401 if spend.shape[1] > 1 else 8001)
    points = np.stack(np.meshgrid(*[x] * spend.shape[1], indexing="ij"), axis=-1)
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    spreads = priors.roi_spread.median * np.exp(priors.roi_spread.sd * nodes)

    def prior(points):
        shared = np.full((points.shape[-1],) * 2, priors.media_share.sd**2)
        each = [
            multivariate_normal(cov=shared + s**2 * np.eye(len(shared))).pdf(points)
            for s in spreads
        ]
        return np.tensordot(weights / weights.sum(), np.array(each), 1)

    full = prior(points) * np.exp(log_likelihood(np.exp(points + center)))
    silent = np.exp(points + center)
    silent[..., 0] = 0.0
    null = prior(points) * np.exp(log_likelihood(silent))
    return float(np.log(null.sum() / full.sum()))


@pytest.mark.parametrize("roi", [0.0, 0.15, 0.3])
def test_the_evidence_is_the_ratio_of_two_integrals(roi):
    study = straight_study()
    weekly = straight_weeks(study, {"tv": roi})
    exact = evidence_by_quadrature(weekly, study)
    found = log_evidence_of_no_effect(fitted(study, weekly), weekly, study)
    assert found == pytest.approx([exact], abs=0.02)


def test_the_evidence_counts_what_another_channel_could_explain():
    study = straight_study(("tv", "search"))
    weekly = straight_weeks(study, {"tv": 0.0, "search": 1.5}, twins=True, seed=7)
    exact = evidence_by_quadrature(weekly, study)
    found = log_evidence_of_no_effect(fitted(study, weekly), weekly, study, [0])
    assert found == pytest.approx([exact], abs=0.5)


def test_spend_that_never_varies_says_nothing_either_way():
    study = straight_study(("tv", "search"))
    weekly = straight_weeks(study, {"tv": 1.0, "search": None})
    strong, blind = log_evidence_of_no_effect(fitted(study, weekly), weekly, study)
    assert blind == pytest.approx(0.0, abs=1e-4)
    assert strong < -8
    table = no_effect_table(
        model := fitted(study, weekly), weekly, current_plan(model, weekly), study
    )
    assert table["chance"].tolist() == pytest.approx([0.0, study.trust.nothing], abs=1e-3)
    assert table["roi_low"][0] > 0.5
    assert table["roi_low"][1] == 0.0


def test_a_lift_test_speaks_for_its_channel():
    lift = {"channel": "tv", "start": date(2022, 3, 7), "end": date(2022, 4, 3)}
    blind = straight_study(("tv", "search"))
    weekly = straight_weeks(blind, {"tv": None, "search": 1.0})
    tested = lift | {"incremental_kpi": 400.0, "standard_error": 100.0}
    study = straight_study(("tv", "search"), lift_tests=[tested])
    told = log_evidence_of_no_effect(fitted(study, weekly), weekly, study)
    assert told[0] < -5  # four standard errors from zero
    silent = without_effect(fitted(study, weekly), 0)
    assert (silent.responses[0].beta == 0).all()
    assert (silent.responses[1].beta > 0).all()


def test_a_silent_channel_takes_its_synergy_along(model):
    paired = [c for c in range(len(model.channels)) if any(c in pair for pair in model.pairs)]
    alone = without_effect(model, paired[0])
    assert (alone.gamma == 0).all()
    assert (model.gamma > 0).any()
    free = next(c for c in range(len(model.channels)) if c not in paired)
    assert np.array_equal(without_effect(model, free).gamma, model.gamma)


def test_evidence_moves_belief_by_bayes_rule():
    odds = probability_of_no_effect(np.log([1.0, 9.0, 0.0 + 1e-12]), 0.1)
    assert odds == pytest.approx([0.1, 0.5, 0.0], abs=1e-9)


@pytest.mark.parametrize(
    ("chance", "low", "middle", "high"),
    [(0.0, 0.05, 0.5, 0.95), (0.05, 0.0, 0.45 / 0.95, 0.90 / 0.95), (0.6, 0.0, 0.0, 0.35 / 0.4)],
)
def test_the_interval_counts_the_chance_of_nothing(chance, low, middle, high):
    draws = np.linspace(0, 1, 100_001)
    assert interval_with_nothing(draws, chance, 0.9) == pytest.approx((low, middle, high))


def test_a_point_estimate_has_no_chance(plan, model):
    one = model.take(np.array([0]))
    table = no_effect_table(one, None, plan, None)
    assert table["channel"].tolist() == model.channels
    assert table.drop(columns="channel").isna().all(axis=None)


def test_a_copy_without_effect_may_be_doing_nothing():
    study = straight_study(("tv", "search"))
    weekly = straight_weeks(study, {"tv": 1.0, "search": 0.5}, noise=40.0)
    table = placebo_table(weekly, study, seed=1)
    assert list(table) == ["channel", "chance", "roi_low", "roi", "roi_high", "own_roi"]
    assert (table["own_roi"] > table["roi"]).all()
    assert (table["chance"] > study.trust.nothing).all()
    assert (table["roi_low"] == 0).all()


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_the_share_of_idle_channels_is_a_share(share):
    with pytest.raises(StudyError, match=r"trust\.nothing"):
        make_study(trust={"nothing": share})


def test_the_chance_does_not_depend_on_currency():
    study = straight_study()
    weekly = straight_weeks(study, {"tv": 0.15})
    yen = replace(
        weekly,
        spend=weekly.spend * 150,
        media=weekly.media * 150,
        kpi=weekly.kpi * 150,
    )
    one, other = (log_evidence_of_no_effect(fitted(study, w), w, study) for w in (weekly, yen))
    assert one == pytest.approx(other, abs=0.02)


def test_the_interval_to_decide_with_stands_beside_that_of_the_studys_own_forms():
    ends = ["roi_low", "roi", "roi_high"]
    idle = pd.DataFrame([["tv", 0.0, 1.2, 3.0], ["search", 0.5, 1.0, 1.5]])
    idle = idle.set_axis(["channel", *ends], axis=1).assign(chance=[0.2, 0.0])
    own = pd.DataFrame([["tv", 0.5, 0.8, 1.5], ["search", 0.5, 1.0, 1.5]])
    own = own.set_axis(["channel", *ends], axis=1)
    table = beside_own_forms(idle, own)
    assert (
        table[["own_low", "own", "own_high"]].to_numpy().tolist() == own[ends].to_numpy().tolist()
    )
    assert table[ends].to_numpy().tolist() == idle[ends].to_numpy().tolist()
    told = show.grades.own_forms(table, make_study())
    assert "2.00 times as wide" in told
    assert "that of TV: it is 1.50 times" in told
    alike = show.grades.own_forms(table.assign(roi=table["own"]), make_study())
    assert alike.startswith("The data speak for the study's own forms")
    silent = table.assign(roi=np.nan)
    assert "No channel was bought" in show.grades.own_forms(silent, make_study())
