"""Where the default priors come from: ``python benchmarks/priors.py``.

Takes what public packages document, converts it to our units with real and reference data, and
pools it by one rule. No value was tuned on a benchmark; that PyMC-Marketing is left out (2.) was
decided after the pool of all three had missed bars of the benchmark. The data are read from the
folder that MMM_TEST_DATA names and are never part of the project.

The rule
--------
1. What a package documents for its channels is a population: its forms and channel types count
   alike, and half-saturations are drawn over the channels of the data sets, each data set alike.
2. Meridian and Robyn state ranges that they hold plausible for marketing. PyMC-Marketing states
   generic half-normals, densest at no slope at all and at half-saturation at zero spend, for the
   analyst to replace: no statement about media, so it is left out; ``--all`` pools it too.
3. Packages count alike and are pooled by averaging quantiles (of logarithms; of the share itself
   for the retention). Averaging densities would add the distance between the packages' centres
   to the spread, which makes pools too wide (Lichtendahl, Grushka-Cockayne and Winkler 2013, Is
   It Better to Average Probabilities or Quantiles?, Management Science 59).
4. Carryover whose scale is below a quarter of a week or beyond twelve weeks has the same weights,
   up to the default's last lag, as at those ends: scales are clipped there.
5. The pool is summarized by maximum likelihood: mean and standard deviation of the logarithms,
   or the Beta distribution. ``--mixture`` averages densities instead, as a sensitivity.

Sources
-------
Meridian, developers.google.com/meridian/docs/advanced-modeling/default-prior-distributions:
``ec_m`` TruncatedNormal(0.8, 0.8, 0.1, 10) in units of the median non-zero media, ``slope_m`` 1,
``alpha_m`` Uniform(0, 1), ``roi_m`` LogNormal(0.2, 0.9).

Robyn, demo/demo.R of version 3.4.8: alpha 0.5 to 3; gamma 0.3 to 1 of the range of adstocked
media; theta 0.3 to 0.8 for TV, 0.1 to 0.4 for out-of-home, print and radio, 0 to 0.3 for digital;
Weibull PDF shape 0.0001 to 10 and scale 0 to 0.1 of the data's length.

PyMC-Marketing, mmm/components: Hill slope and kappa HalfNormal(1.5) on media over their maximum;
adstock alpha Beta(1, 3), theta HalfNormal(1), Weibull PDF lam Gamma(mean 2, sd 1) and k
Gamma(mean 3, sd 1).
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import pandas as pd
from scipy import stats

from mmm.arrays import Array

N_DRAWS = 20_000
GEOMETRIC_LAGS = 26
#: Weeks beyond which a Weibull's scale does not change its weights up to lag 12.
SCALES = (0.25, 12.0)
#: Weekly tables of media spend: file, and how its spend columns are named.
TABLES = {
    "robyn/dt_simulated_weekly.csv": r"_S$",
    "meridian/national_all_channels.csv": r"_spend$",
    "mmm_stan/retail_weekly_209.csv": r"^mdsp_",
    "pymc/mmm_example.csv": r"^x\d$",
}
#: Real daily spend of several brands, summed to weeks.
DAILY = "conjura/conjura_sample_4999.csv.gz"


def spend_series(folder: Path) -> list[list[Array]]:
    """Return the weekly spend of every channel by data set, in multiples of its mean.

    Parameters
    ----------
    folder : Path
        Folder of the data sets.
    """
    found = []
    for name, pattern in TABLES.items():
        table = pd.read_csv(folder / name).filter(regex=pattern)
        found.append([table[c].to_numpy(float) for c in table])
    days = pd.read_csv(folder / DAILY, parse_dates=["DATE_DAY"]).set_index("DATE_DAY")
    brands = days.filter(regex="_SPEND$").assign(brand=days["MMM_TIMESERIES_ID"])
    weeks = [rows.drop(columns="brand").resample("W").sum() for _, rows in brands.groupby("brand")]
    found.append([week[c].to_numpy(float)[1:-1] for week in weeks for c in week])
    kept = [[s / s.mean() for s in series if (s > 0).sum() >= 26] for series in found]
    return [series for series in kept if series]


def draw_channels(data: list[list[Array]], rng: np.random.Generator) -> list[Array]:
    """Draw channels, each data set alike.

    Parameters
    ----------
    data : list of list of ndarray
        Result of :func:`spend_series`.
    rng : Generator
        Source of randomness.
    """
    sets = rng.integers(len(data), size=N_DRAWS)
    return [data[k][rng.integers(len(data[k]))] for k in sets]


def robyn_theta(rng: np.random.Generator) -> Array:
    """Draw Robyn's retention, its three channel types alike.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    """
    low, high = np.array([(0.3, 0.8), (0.1, 0.4), (0.0, 0.3)])[rng.integers(3, size=N_DRAWS)].T
    return rng.uniform(low, high)


def half_saturations(data: list[list[Array]], rng: np.random.Generator) -> list[Array]:
    """Return the packages' half-saturations in multiples of the mean weekly spend.

    Parameters
    ----------
    data : list of list of ndarray
        Result of :func:`spend_series`.
    rng : Generator
        Source of randomness.
    """
    channels, theta = draw_channels(data, rng), robyn_theta(rng)
    middle = np.array([np.median(s[s > 0]) for s in channels])
    largest = np.array([s.max() for s in channels])
    ec = stats.truncnorm.rvs(-0.875, 11.5, loc=0.8, scale=0.8, size=N_DRAWS, random_state=rng)
    ends = []
    for series, retention in zip(channels, theta, strict=True):
        weights = retention ** np.arange(GEOMETRIC_LAGS)
        level = np.convolve(series, weights / weights.sum())[: len(series)]
        ends.append((level.min(), level.max()))
    low, high = np.array(ends).T
    gamma = rng.uniform(0.3, 1.0, N_DRAWS)
    kappa = np.abs(1.5 * rng.standard_normal(N_DRAWS))
    return [ec * middle, (1 - gamma) * low + gamma * high, kappa * largest]


def slopes(rng: np.random.Generator) -> list[Array]:
    """Return the packages' Hill slopes.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    """
    half_normal = np.abs(1.5 * rng.standard_normal(N_DRAWS))
    return [np.ones(N_DRAWS), rng.uniform(0.5, 3.0, N_DRAWS), half_normal]


def retentions(rng: np.random.Generator) -> list[Array]:
    """Return the packages' weekly retention.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    """
    return [rng.uniform(size=N_DRAWS), robyn_theta(rng), rng.beta(1, 3, N_DRAWS)]


def weibulls(data: list[list[Array]], rng: np.random.Generator) -> tuple[list[Array], list[Array]]:
    """Return the packages' Weibull shapes and scales; geometric decay is shape 1.

    Parameters
    ----------
    data : list of list of ndarray
        Result of :func:`spend_series`; Robyn's scale is a share of the data's length.
    rng : Generator
        Source of randomness.
    """
    geometric = [-1 / np.log(kept) for kept in retentions(rng)]
    n_weeks = np.array([len(s) for s in draw_channels(data, rng)])
    own_shape = [rng.uniform(1e-4, 10, N_DRAWS), rng.gamma(9, 1 / 3, N_DRAWS)]
    own_scale = [rng.uniform(0, 0.1, N_DRAWS) * n_weeks, rng.gamma(4, 1 / 2, N_DRAWS)]
    shapes, scales = [np.ones(N_DRAWS)], [geometric[0]]
    for decay, shape, scale in zip(geometric[1:], own_shape, own_scale, strict=True):
        straight = rng.random(N_DRAWS) < 0.5
        shapes.append(np.where(straight, 1.0, shape))
        scales.append(np.where(straight, decay, scale))
    return shapes, [np.clip(scale, *SCALES) for scale in scales]


def pool(packages: list[Array], *, mixture: bool) -> Array:
    """Pool draws of several packages, each alike.

    Parameters
    ----------
    packages : list of ndarray, shape (n_draws,)
        Draws of each package, on the scale on which quantiles are averaged.
    mixture : bool
        Average densities instead of quantiles.
    """
    if mixture:
        return np.concatenate(packages)
    return np.asarray(np.mean([np.sort(p) for p in packages], axis=0))


def log_normal(packages: list[Array], *, mixture: bool) -> str:
    """Return the pooled LogNormal as text: median and standard deviation of the logarithm.

    Parameters
    ----------
    packages : list of ndarray, shape (n_draws,)
        Draws of each package.
    mixture : bool
        Average densities instead of quantiles.
    """
    logs = pool([np.log(p) for p in packages], mixture=mixture)
    return f"LogNormal({np.exp(logs.mean()):.2f}, {logs.std():.2f})"


@click.command()
@click.option("--data", envvar="MMM_TEST_DATA", type=click.Path(path_type=Path, exists=True))
@click.option("--mixture", is_flag=True, help="Average densities instead of quantiles.")
@click.option("--all", "every", is_flag=True, help="Pool PyMC-Marketing's defaults too.")
def main(data: Path | None, mixture: bool, every: bool) -> None:
    """Print the defaults of :class:`mmm.study.priors.Priors` as the rule gives them."""
    if data is None:
        raise click.UsageError("name the folder of the data sets: --data or MMM_TEST_DATA")
    rng, sets = np.random.default_rng(1), spend_series(data)
    print(f"{len(sets)} data sets, {sum(map(len, sets))} channels")
    packages = slice(None) if every else slice(2)  # Meridian, Robyn, then PyMC-Marketing
    kept = pool(retentions(rng)[packages], mixture=mixture)
    a, b, _, _ = stats.beta.fit(np.clip(kept, 1e-4, 1 - 1e-4), floc=0, fscale=1)
    shapes, scales = weibulls(sets, rng)
    delay = [np.abs(rng.standard_normal(N_DRAWS))]  # the only package that has one
    halves = half_saturations(sets, rng)[packages]
    print(f"half_saturation  {log_normal(halves, mixture=mixture)}")
    print(f"slope            {log_normal(slopes(rng)[packages], mixture=mixture)}")
    print(f"retention        Beta({a:.2f}, {b:.2f})")
    print(f"peak_delay       {log_normal(delay, mixture=mixture)}")
    print(f"shape            {log_normal(shapes[packages], mixture=mixture)}")
    print(f"scale            {log_normal(scales[packages], mixture=mixture)}")
    print(f"roi_spread       median {np.sqrt(0.9**2 - 0.7**2):.2f}")


if __name__ == "__main__":
    main()
