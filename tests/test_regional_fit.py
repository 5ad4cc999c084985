"""The posterior of regions: its gradient, its noise, what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from regional import HEADS, split_weeks

from mmm.errors import StudyError
from mmm.model.bayes import density
from mmm.model.bayes.posterior import Posterior
from mmm.model.bayes.regional import RegionalProblem
from mmm.model.bayes.rows import RowNoise
from mmm.study.priors import LiftTest


@pytest.fixture(scope="module")
def alone(study):
    """The study without its pair, which regions do not have."""
    return study.model_copy(update={"synergy": ()})


@pytest.fixture(scope="module")
def gappy(weekly):
    """Weeks of three regions, one of which starts late and one of which has a gap."""
    split = split_weeks(weekly)
    kpi = split.regions.kpi.copy()
    kpi[2, :25] = kpi[1, 40:43] = np.nan
    return replace(split, regions=replace(split.regions, kpi=kpi))


@pytest.fixture(scope="module")
def problem(gappy, alone):
    middle = gappy.weeks[60]
    test = LiftTest(
        channel=alone.channel_names[0],
        start=middle.date(),
        end=(middle + np.timedelta64(27, "D")).date(),
        incremental_kpi=float(gappy.kpi.mean()),
        standard_error=float(gappy.kpi.mean()),
    )
    return RegionalProblem.of_regions(gappy, alone, alone.priors, [test])[2]


def test_slopes_are_those_of_the_density(problem, rng):
    posterior = Posterior(problem.task, np.full(len(problem.task.spend), 0.4))
    point = 0.3 * rng.standard_normal(posterior.size)
    _, slopes = posterior(point)
    step = 1e-5 * np.eye(posterior.size)
    numeric = [(posterior(point + e)[0] - posterior(point - e)[0]) / 2e-5 for e in step]
    assert_allclose(slopes, numeric, atol=1e-6 * np.abs(slopes).max())


def test_the_compiled_whitening_is_that_of_the_noise(problem, rng):
    rows = rng.standard_normal(len(problem.task.kpi))
    tables = Posterior(problem.task)._tables.regions
    assert_allclose(density.whiten(rows, tables), problem.task.rows.whiten(rows), atol=1e-18)


def test_whitened_noise_is_white():
    region, week = np.repeat([0, 1], 6), np.tile(np.arange(6), 2)
    noise, rho, common = np.array([1.0, 2.0]), 0.6, 3.0
    rows = RowNoise.of(region, week, np.array([0.4, 0.6]), noise, common=common, rho=rho)
    lag = np.abs(week[:, np.newaxis] - week)
    same = region[:, np.newaxis] == region
    stationary = rho**lag / (1 - rho**2)
    heads = (np.array([0.4, 0.6]) / noise)[region]
    shared = common / (np.array([0.4, 0.6]) ** 2 / noise**2).sum()
    covariance = (
        noise[region][:, np.newaxis]
        * noise[region]
        * stationary
        * (same + shared * heads[:, np.newaxis] * heads)
    )
    root = rows.whiten(np.eye(12))
    assert_allclose(root @ covariance @ root.T, np.eye(12), atol=1e-12)
    assert rows.log_root == pytest.approx(
        np.linalg.slogdet(root)[1] + np.log(noise[region]).sum(), abs=1e-12
    )


def test_noisy_regions_count_less(gappy, alone, rng):
    kpi = gappy.regions.kpi.copy()
    kpi[2] += 0.2 * gappy.kpi.mean() * rng.standard_normal(len(gappy))
    noisy = replace(gappy, regions=replace(gappy.regions, kpi=kpi))
    rows = RegionalProblem.of_regions(noisy, alone, alone.priors)[0].task.rows
    weight = [rows.weight[rows.region == region][0] for region in range(3)]
    assert weight[2] < 0.2 * min(weight[:2])


def test_pairs_with_synergy_are_refused(weekly, study):
    with pytest.raises(StudyError, match=r"no synergy.*--sum-regions"):
        RegionalProblem.of_regions(split_weeks(weekly), study, study.priors)


def test_half_saturation_is_measured_where_a_channel_is_bought(weekly, alone):
    split = split_weeks(weekly)
    media = split.regions.media.copy()
    media[:2, :, 0] = 0.0
    one = replace(split, regions=replace(split.regions, media=media))
    (problem,) = RegionalProblem.of_regions(one, alone, alone.priors, ratios=[1.0])
    assert problem.media_scale[0] == pytest.approx(media[2, :, 0].mean() / HEADS[2])
    even = RegionalProblem.of_regions(split, alone, alone.priors, ratios=[1.0])[0]
    assert_allclose(even.media_scale, weekly.media.mean(), rtol=1e-9)
