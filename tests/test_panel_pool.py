"""Returns pooled across series: the prior taken out, the pool put in, and a second pass."""

from dataclasses import replace

import numpy as np
import pytest
from panels import load, panel_study, small_study
from scipy import integrate, stats

from mmm.model.bayes.posterior import Posterior
from mmm.model.bayes.problem import Problem
from mmm.panel import fits
from mmm.panel.pool import (
    Draws,
    log_first_prior,
    log_pool_prior,
    pool_draws,
    resample,
)
from mmm.panel.series import series_returns
from mmm.panel.twin import simulate_twin
from mmm.study.priors import Priors

PRIORS = Priors()


def test_the_prior_of_a_single_fit_is_the_one_the_sampler_uses():
    pooled = np.array([True, True, False])
    point = np.array([[0.4, -0.7, 0.9]])
    spread, common = PRIORS.roi_spread, PRIORS.media_share.sd

    def joint(tau):
        cov = common**2 * np.ones((2, 2)) + tau**2 * np.eye(2)
        prior = stats.lognorm(spread.sd, scale=spread.median).pdf(tau)
        return stats.multivariate_normal(np.zeros(2), cov).pdf(point[0, :2]) * prior

    shared = integrate.quad(joint, 1e-4, 8, limit=200)[0]
    expected = np.log(shared) + stats.norm(0, PRIORS.log_roi_sd).logpdf(0.9)
    assert log_first_prior(point, pooled, PRIORS)[0] == pytest.approx(expected, abs=2e-4)


def normal_series(rng, count=30, draws=4000, sd=0.6, tau=0.3, centers=(0.5, -0.2)):
    """Draw series whose own posterior is known: normal likelihood times the first prior."""
    truth = np.array(centers) + tau * rng.standard_normal((count, len(centers)))
    seen = truth + sd * rng.standard_normal(truth.shape)
    wide = 1.2  # of the flat-ish prior under which the draws were made
    shrink = wide**2 / (wide**2 + sd**2)
    series = []
    for row in seen:
        log_roi = shrink * row + np.sqrt(shrink) * sd * rng.standard_normal((draws, len(centers)))
        log_prior = stats.norm(0, wide).logpdf(log_roi).sum(axis=1)
        series.append(Draws(("a", "b"), log_roi, log_prior, 0.0))
    return truth, seen, series


def test_the_pool_is_that_of_the_normal_model():
    rng = np.random.default_rng(4)
    _, seen, series = normal_series(rng)
    pool = pool_draws(series, priors=PRIORS, rng=rng)
    # the same hierarchical model by brute force, for the first channel
    taus, x = np.geomspace(0.03, 2.5, 300), seen[:, 0]
    prior_sd, n = PRIORS.log_roi_sd, len(x)
    weight, middle, means = [], [], []
    for tau in taus:
        whole = tau**2 + 0.6**2
        precision = n / whole + 1 / prior_sd**2
        m = x.sum() / whole / precision
        log = -0.5 * n * np.log(whole) - 0.5 * (x**2).sum() / whole + 0.5 * precision * m**2
        log += -0.5 * np.log(precision) - 0.5 * (np.log(tau / 0.4) / 0.7) ** 2
        weight.append(log)
        middle.append(m)
        means.append(m + tau**2 / whole * (x - m))
    weight = np.exp(np.array(weight) - max(weight))
    weight /= weight.sum()
    assert pool.center[:, 0].mean() == pytest.approx(weight @ np.array(middle), abs=0.05)
    found = [w @ own.log_roi[:, 0] for w, own in zip(pool.weights, series, strict=True)]
    np.testing.assert_allclose(found, weight @ np.array(means), atol=0.06)


def test_a_series_that_does_not_inform_leaves_the_pool_as_it_is():
    rng = np.random.default_rng(5)
    _, _, series = normal_series(rng, count=8, draws=500)
    odd = Draws(("a", "b"), series[0].log_roi + 3, series[0].log_prior, 0.0, informs=False)
    with_odd = pool_draws([*series, odd], priors=PRIORS, rng=np.random.default_rng(1))
    assert with_odd.informed.tolist() == [8, 8]
    assert with_odd.center[:, 0].mean() < 1.0
    assert with_odd.weights[-1] @ odd.log_roi[:, 0] < odd.log_roi[:, 0].mean()


def test_one_series_alone_is_hardly_moved():
    rng = np.random.default_rng(6)
    sd = PRIORS.log_roi_sd
    log_roi = 0.2 + 0.3 * rng.standard_normal((4000, 1))
    own = Draws(("a",), log_roi, stats.norm(0, sd).logpdf(log_roi[:, 0]), 0.0)
    pool = pool_draws([own], priors=PRIORS, rng=rng)
    assert pool.weights[0] @ log_roi[:, 0] == pytest.approx(log_roi.mean(), abs=0.02)
    assert pool.effective[0] > 2000
    low, middle, high = pool.further_series(0, 0.9)
    assert low < middle < high


def test_weights_pick_draws_in_proportion():
    weights = np.array([0.1, 0.6, 0.0, 0.3])
    counts = np.bincount(resample(weights, 1000), minlength=4)
    np.testing.assert_allclose(counts, 1000 * weights, atol=1)


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    study = small_study()
    path = tmp_path_factory.mktemp("twin") / "panel.csv"
    path.write_bytes(simulate_twin(study).csv)
    return load(path, study)


@pytest.fixture(scope="module")
def data(panel):
    """Return two series of the twin as they are fitted."""
    from mmm.panel import series

    found = []
    for name in panel.frame["MMM_TIMESERIES_ID"].astype(str).unique()[:2]:
        own = replace(panel, frame=panel.frame[panel.frame["MMM_TIMESERIES_ID"] == name])
        described = series.series_table(own.frame)
        rows = series._rows_by_series(own, described)[name]
        found.append(series._series_data(name, rows, own, panel_study(), informs=True))
    return found


def test_the_density_of_the_second_pass_has_the_gradient_it_says(data):
    study = data[0].study
    task = Problem.of(data[0].weekly, study, study.priors).task
    posterior = Posterior(task)
    rng = np.random.default_rng(2)
    count = len(study.channels)
    density = fits._UnderPool(
        posterior, rng.normal(0, 0.4, (5, count)), rng.uniform(0.2, 0.6, (5, count))
    )
    point = posterior.draw_prior(rng) * 0.5
    _, gradient = density(point)
    step = 1e-6
    for k in range(posterior.size):
        ends = [density(point + sign * step * np.eye(len(point))[k])[0] for sign in (1, -1)]
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(gradient[k], abs=2e-4)


def test_the_second_pass_forgets_the_first_prior(data):
    """What its density differs by between two ROIs is the likelihood and the pool, no more."""
    study = data[0].study
    posterior = Posterior(Problem.of(data[0].weekly, study, study.priors).task)
    count = len(study.channels)
    center, spread = np.zeros((1, count)), np.full((1, count), 0.5)
    density = fits._UnderPool(posterior, center, spread)
    rng = np.random.default_rng(3)
    one = posterior.draw_prior(rng) * 0.3
    moved = one.copy()
    moved[:2] += [0.8, -0.5]  # the pool of the series itself: it no longer speaks of its ROIs
    change = density(moved)[0] - density(one)[0]
    assert change == pytest.approx(-0.5 * (moved[:2] @ moved[:2] - one[:2] @ one[:2]), abs=1e-9)
    roi = one[posterior.roi]
    assert fits._UnderPool(posterior, center, spread)._pool_prior(roi)[0] == pytest.approx(
        log_pool_prior(roi[np.newaxis], center, spread)[0] + 0.5 * count * np.log(2 * np.pi)
    )


def test_reweighting_agrees_with_a_second_pass(data, monkeypatch):
    monkeypatch.setitem(fits.LENGTH, "draws", 3000)
    first = [fits.fit_first(own) for own in data]
    stored = [fit.draws for fit in first]
    center = np.array([[0.5] * 5, [0.8] * 5])
    spread = np.array([[0.35] * 5, [0.5] * 5])
    for own, draws in zip(data, stored, strict=True):
        count = len(draws.channels)
        alike = center[:, :count], spread[:, :count]
        log = log_pool_prior(draws.log_roi, *alike) - draws.log_prior
        weights = np.exp(log - log.max())
        weights /= weights.sum()
        second = fits.fit_second((own, {}, *alike)).draws.log_roi
        effective = 1 / (weights**2).sum()
        mean, sd = weights @ draws.log_roi, second.std(axis=0)
        assert effective > 150
        error = sd * np.sqrt(1 / effective + 1 / 1500)
        assert (np.abs(mean - second.mean(axis=0)) < 4 * error).all()


def test_series_with_few_effective_draws_are_fitted_again(data):
    first = [fits.fit_first(own) for own in data]
    alone = fits.pool_fits(data, first, seed=1, least=0)
    again = fits.pool_fits(data, first, seed=1, least=1e9)
    assert not any(fit.second for fit in alone.fits)
    assert all(fit.second for fit in again.fits)
    assert (again.pool.effective > alone.pool.effective).all()
    assert again.fits[0].alone == alone.fits[0].alone
    models = again.models(50)
    assert models[data[0].name].n_draws == 50


def test_curves_move_with_the_returns(data):
    """A pooled model is made of whole draws: its ROI is that of its curves."""
    first = [fits.fit_first(own) for own in data]
    found = fits.pool_fits(data, first, seed=1, least=0)
    fit, weights = found.fits[0], found.pool.weights[0]
    model = fit.under(weights, 100)
    kept = fit.draws.log_roi[resample(weights, 100)]
    np.testing.assert_allclose(fits.log_roi(model, data[0]), kept, rtol=1e-9)


def test_seeds_follow_the_name_of_a_series(panel):
    names = panel.frame["MMM_TIMESERIES_ID"].astype(str).unique()[:2]
    part = replace(panel, frame=panel.frame[panel.frame["MMM_TIMESERIES_ID"].isin(names)])
    one, again = (series_returns(part, panel_study()) for _ in range(2))
    assert one.channels.equals(again.channels)
