"""The hand-derived gradient against finite differences, and the density against its definition."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import halfnorm, norm

from mmm.model.bayes import density
from mmm.model.bayes.arrays import number_of
from mmm.model.bayes.density import curve_and_elasticity, half_normal, lag_weights, log_prior
from mmm.model.bayes.posterior import Posterior, adapted_posterior
from mmm.model.bayes.problem import LiftTerm, ScaledData
from mmm.model.transforms import adstock_weights, saturation_with_slope
from mmm.study.distributions import Beta
from mmm.study.forms import ADSTOCKS, SATURATIONS
from mmm.study.priors import Priors

N_WEEKS, N_LAGS = 80, 9


def make_task(rng, adstock, saturation, *, pairs=(), tests=False, pooled=None, flexible=()):
    n_channels = len(adstock)
    media = rng.gamma(2, 0.5, (n_channels, N_WEEKS + N_LAGS - 1))
    media[0, 20:40] = 0.0  # dark weeks

    def windows(series):
        return np.lib.stride_tricks.sliding_window_view(series, N_LAGS)[:, ::-1]

    design = np.column_stack([np.ones(N_WEEKS), rng.normal(size=(N_WEEKS, 4))])
    basis, _ = np.linalg.qr(design)
    kpi = rng.normal(size=N_WEEKS)
    terms = ()
    if tests:
        without = media[1].copy()
        without[40:50] = 0.0
        weeks = np.zeros(N_WEEKS)
        weeks[32:42] = 1.0
        terms = (LiftTerm(1, windows(without), weeks, 1.0, 0.3),)
    owner = np.repeat(np.arange(len(flexible)), 3)
    columns = rng.normal(size=(N_WEEKS, len(owner)))
    return ScaledData(
        lags=np.stack([windows(series) for series in media]),
        value=rng.uniform(1, 2, N_WEEKS),
        spend=rng.uniform(5, 30, n_channels),
        kpi=kpi - basis @ (basis.T @ kpi),
        basis=basis,
        adstock=adstock,
        saturation=saturation,
        max_lag=(8, 8, 4, 8)[:n_channels],
        pooled=np.ones(n_channels, bool) if pooled is None else np.array(pooled),
        pairs=pairs,
        log_roi_center=0.3,
        noise_sum=0.5,
        priors=Priors(),
        tests=terms,
        columns=columns - basis @ (basis.T @ columns),
        owner=owner,
        components=flexible,
    )


def finite_differences(function, point, step=1e-5):
    columns = [
        (function(point + step * e)[0] - function(point - step * e)[0]) / (2 * step)
        for e in np.eye(len(point))
    ]
    return np.array(columns)


CASES = {
    "geometric_hill": {"adstock": ("geometric",) * 3, "saturation": ("hill",) * 3},
    "mixed": {
        "adstock": ("geometric", "delayed", "weibull", "none"),
        "saturation": ("hill", "logistic", "log", "none"),
        "pairs": ((0, 1), (1, 2)),
        "tests": True,
        "pooled": (True, True, False, True),
    },
    "lift_test": {"adstock": ("weibull",) * 3, "saturation": ("hill",) * 3, "tests": True},
    "flexible": {
        "adstock": ("geometric",) * 3,
        "saturation": ("hill",) * 3,
        "tests": True,
        "flexible": ("season", "level", "demand"),
    },
}


@pytest.mark.parametrize("case", CASES)
def test_gradient_agrees_with_finite_differences(case):
    rng = np.random.default_rng(1)
    task = make_task(rng, **CASES[case])
    posterior = Posterior(task, rng.random(len(task.spend)))
    for _ in range(4):
        point = 0.7 * rng.normal(size=posterior.size)
        _, gradient = posterior(point)
        expected = finite_differences(posterior, point)
        np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-6)


def test_baseline_and_noise_are_integrated_out():
    """Compare with the average of the full likelihood over baseline and noise."""
    rng = np.random.default_rng(2)
    task = make_task(rng, ("geometric",), ("hill",))
    posterior = Posterior(task)
    points = [0.5 * rng.normal(size=posterior.size) for _ in range(2)]

    def log_marginal(point):
        effects = posterior.effects(point)
        residual = effects.residual
        weight = task.priors.noise_weight
        log_sd = np.linspace(-3, 3, 4001)
        variance = np.exp(2 * log_sd)
        log_noise = -weight * log_sd - task.noise_sum / (2 * variance)  # in log sd
        freedom = len(task.kpi) - task.basis.shape[1]
        log_like = -freedom * log_sd - residual @ residual / (2 * variance)
        total = log_noise + log_like
        return total.max() + np.log(np.exp(total - total.max()).sum())

    def log_likelihood(point):
        unused = np.empty(posterior.size)
        return posterior(point)[0] - log_prior(point, unused, posterior._tables.prior)

    ours = log_likelihood(points[0]) - log_likelihood(points[1])
    assert ours == pytest.approx(log_marginal(points[0]) - log_marginal(points[1]), abs=1e-6)


def test_flexible_components_are_integrated_out():
    """Compare with the normal density whose covariance is written out, noise integrated."""
    rng = np.random.default_rng(3)
    task = make_task(rng, ("geometric",), ("hill",), flexible=("season", "level"))
    posterior = Posterior(task)
    complement = np.linalg.svd(np.eye(N_WEEKS) - task.basis @ task.basis.T)[0]
    complement = complement[:, : N_WEEKS - task.basis.shape[1]]

    def log_marginal(point):
        sd = posterior.component_sd(point)[task.owner]
        residual = complement.T @ posterior.effects(point).residual
        columns = complement.T @ task.columns * sd
        covariance = np.eye(len(residual)) + columns @ columns.T
        squares = residual @ np.linalg.solve(covariance, residual) + task.noise_sum
        return -task.freedom / 2 * np.log(squares) - np.linalg.slogdet(covariance)[1] / 2

    def log_likelihood(point):
        unused = np.empty(posterior.size)
        return posterior(point)[0] - log_prior(point, unused, posterior._tables.prior)

    for _ in range(3):
        point = rng.normal(size=posterior.size)
        assert log_likelihood(point) == pytest.approx(log_marginal(point), abs=1e-9)


def test_roi_coordinate_is_the_roi_of_the_main_effect():
    rng = np.random.default_rng(3)
    task = make_task(rng, ("geometric", "weibull"), ("hill", "log"))
    posterior = Posterior(task)
    point = 0.5 * rng.normal(size=posterior.size)
    effects = posterior.effects(point)
    revenue = effects.beta * (effects.curves @ task.value)
    np.testing.assert_allclose(revenue / task.spend, np.exp(posterior.log_roi(point)))


def test_tilted_coordinates_have_the_same_density():
    rng = np.random.default_rng(6)
    task = make_task(rng, ("geometric", "weibull"), ("hill", "log"))
    tilted, plain = Posterior(task, np.array([1.0, 0.4])), Posterior(task)
    points = 0.5 * rng.normal(size=(3, plain.size))
    same = tilted.plain(points)
    assert np.abs(same - points).max() > 0.01
    for point, other in zip(points, same, strict=True):
        assert tilted(point)[0] == pytest.approx(plain(other)[0])


def test_well_measured_channels_are_tilted_and_weak_ones_hardly():
    rng = np.random.default_rng(7)
    task = make_task(rng, ("geometric", "geometric"), ("hill", "hill"))
    strong = replace(task, spend=np.array([200.0, 0.01]))
    truth = Posterior(strong)
    kpi = task.kpi * 0.1 - truth.effects(np.zeros(truth.size)).residual + strong.kpi
    kpi -= task.basis @ (task.basis.T @ kpi)
    tilt = adapted_posterior(replace(strong, kpi=kpi)).tilt
    assert tilt[0] > 0.9
    assert tilt[1] < 0.3


def test_far_away_the_density_is_zero():
    posterior = Posterior(make_task(np.random.default_rng(4), ("geometric",), ("hill",)))
    density, gradient = posterior(np.full(posterior.size, 1e6))
    assert density == -np.inf
    assert not gradient.any()


def test_a_curve_that_never_rises_has_no_density():
    posterior = Posterior(make_task(np.random.default_rng(4), ("weibull",), ("hill",)))
    point = np.zeros(posterior.size)
    point[-2:] = 20.0  # half-saturation and slope beyond all sense
    density, gradient = posterior(point)
    assert density == -np.inf
    assert not gradient.any()


def usual_values(form):
    """Return a value of each parameter of a form, off the points where formulas are simple."""
    return [1.1 * parameter.search.center for parameter in form.parameters]


def coordinates(form):
    """Return those values as the density has them: logarithms, or the logit of a share."""
    return [
        np.log(value / (1 - value)) if isinstance(parameter.prior, Beta) else np.log(value)
        for parameter, value in zip(form.parameters, usual_values(form), strict=True)
    ]


@pytest.mark.parametrize("name", ADSTOCKS)
def test_every_registered_adstock_is_that_of_the_transforms(name):
    form, weights = ADSTOCKS[name], np.full(9, np.nan)
    first, second = [*coordinates(form), 0.0, 0.0][:2]
    lag_weights(number_of(form), first, second, 6, weights, np.empty((2, 9)))
    expected = adstock_weights(name, *usual_values(form), max_lag=6)
    np.testing.assert_allclose(weights[: len(expected)], expected)
    assert not weights[len(expected) :].any()


@pytest.mark.parametrize("name", SATURATIONS)
def test_every_registered_saturation_is_that_of_the_transforms(name):
    form = SATURATIONS[name]
    level, curve, elasticity = np.array([0.1, 1.0, 2.0, 7.0]), np.empty(4), np.empty(4)
    half, slope = [*usual_values(form), 1.0, 1.0][:2]
    curve_and_elasticity(number_of(form), np.log(level / half), slope, curve, elasticity)
    share, steepness = saturation_with_slope(name, level, *usual_values(form))
    np.testing.assert_allclose(curve, share)
    np.testing.assert_allclose(elasticity, level * steepness)


@pytest.mark.parametrize("forms", [ADSTOCKS, SATURATIONS])
def test_every_form_has_a_number_of_its_own(forms):
    assert sorted(number_of(form) for form in forms.values()) == list(range(len(forms)))


@pytest.mark.parametrize("z", [-3.0, -1.0, 0.0, 0.5, 3.0, 9.0, 30.0])
def test_synergy_coordinate_is_a_quantile_of_the_half_normal(z):
    share, slope = half_normal(z)
    assert share == pytest.approx(halfnorm.isf(norm.sf(z)), rel=1e-7)
    step = 1e-5
    change = (half_normal(z + step)[0] - half_normal(z - step)[0]) / (2 * step)
    assert slope == pytest.approx(change, rel=1e-5)


def test_synergy_beyond_all_sense_is_infinite():
    assert half_normal(60.0) == (np.inf, np.inf)


def test_functions_compile_where_no_cache_can_be_written(monkeypatch):
    def njit(*, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: (function, options)

    monkeypatch.setattr(density, "njit", njit)
    function, options = density._compiled(np.exp)
    assert function is np.exp
    assert options == {"error_model": "numpy"}


@pytest.mark.thorough
def test_the_python_text_of_the_compiled_functions_passes_the_same_checks():
    """Without the compiler they can be debugged and traced; coverage counts them here."""
    overflows = "never_rises"  # math.exp raises in Python where machine code says infinity
    choice = ["-k", f"not python_text and not {overflows}"]
    options = ["-n", "0", "-q", "-p", "no:cacheprovider", *choice]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", __file__, *options],
        capture_output=True,
        text=True,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
    )
    assert run.returncode == 0, run.stdout
    assert "passed" in run.stdout


def test_numba_waits_for_a_fit():
    script = "import sys, mmm; mmm.open_study; print('numba' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ
    )
    assert run.stdout == "False\n"
