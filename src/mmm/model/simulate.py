"""Data-generating process of the simulated studies: spend, baseline and media with known truth.

The truth is an ordinary :class:`~mmm.model.additive.AdditiveModel` with one draw, so that true
ROIs, curves and contributions come from the very functions that make the estimates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData, weekly_data
from mmm.model.additive import AdditiveModel
from mmm.model.baseline import DAYS_PER_YEAR, baseline_design
from mmm.model.response import ChannelResponse
from mmm.model.simulate_regions import (
    draw_regions,
    persistent,
    regional_curves,
    regional_table,
)
from mmm.model.split import RegionSplit
from mmm.study.forms import parameters_of
from mmm.study.simulation import Driver, Shock, Simulate, SimulatedChannel
from mmm.study.study import Study


@dataclass(frozen=True)
class Simulation:
    """Simulated data beside the model that made them."""

    #: One row a week (and region), with the columns the study file names.
    frame: pd.DataFrame
    truth: AdditiveModel  #: The true model.
    noise: Array  #: Shape (n_weeks,): what was added to the expected revenue.
    #: Shape (n_regions, n_weeks): expected revenue by region; None for a study without regions.
    regional: Array | None = None
    #: One row a week of a study with regions: sums over them.
    sums: pd.DataFrame | None = None

    @property
    def national(self) -> pd.DataFrame:
        """One row a week, with or without regions."""
        return self.frame if self.sums is None else self.sums


def simulate(study: Study) -> Simulation:
    """Simulate the data of a study from its ``[simulate]`` table.

    Raises
    ------
    ValueError
        If the study has no ``[simulate]`` table.
    """
    process = study.simulate
    if process is None:
        raise ValueError(f"study {study.name!r} has no [simulate] table")
    media_rng, noise_rng, season_rng, driver_rng = (
        np.random.default_rng(seed) for seed in np.random.SeedSequence(study.seed).spawn(4)
    )
    weeks = pd.date_range(process.start, periods=process.weeks, freq="7D", unit="us")
    season = _season(weeks, season_rng)
    frame = pd.DataFrame({study.data.date: weeks})
    for name, channel in process.channels.items():
        frame[study.channels[name].spend] = _spend(channel, season, media_rng)
    for shock in process.shocks:
        inside = np.zeros(process.weeks)
        inside[shock.first_week : shock.first_week + shock.weeks] = 1.0
        frame[shock.column] = inside
    for driver in process.drivers:
        frame[driver.column] = _driver(driver, process.weeks, driver_rng)
    frame[study.data.kpi] = 0.0
    if process.regions is not None:
        return _by_region(study, process, frame, season)
    weekly = weekly_data(frame, study)
    truth = _truth(study, process, weekly, season)
    expected = truth.predict(weekly)[0]
    noise = truth.noise[0] * noise_rng.normal(size=process.weeks)
    frame[study.data.kpi] = np.round(expected + noise, 2)
    return Simulation(frame=frame, truth=truth, noise=noise)


def _by_region(
    study: Study, process: Simulate, national: pd.DataFrame, season: Array
) -> Simulation:
    """Share a simulated nation out among its regions, and make the outcome of each."""
    world = draw_regions(process, weekly_data(national, study).spend, study.seed)
    for c, channel in enumerate(study.channels.values()):
        national[channel.spend] = world.spend[:, :, c].sum(axis=0)
    weekly = weekly_data(national, study)
    plain = _truth(study, process, weekly, season)
    baseline = plain.baseline_effect(weekly.weeks, weekly.controls)[0]
    expected = world.heads[:, np.newaxis] * world.level * baseline
    responses = []
    for c, response in enumerate(plain.responses):
        media = world.spend[:, :, c]
        curves = regional_curves(replace(response, beta=np.ones(1)), media, world, c)
        size = process.channels[response.name].roi * media.sum() / curves.sum()
        expected = expected + size * curves
        effect = world.effect[np.newaxis, :, c]
        split = RegionSplit.of(world.names, world.heads, media, effect)
        responses.append(replace(response, beta=np.array([size]), regions=split))
    truth = replace(plain, responses=tuple(responses), info={"pause": world.pause})
    noise = truth.noise[0] * world.noise
    frame = regional_table(national, world, study)
    outcome = np.round(expected + noise, 2)
    frame[study.data.kpi] = outcome.T.ravel()
    sums = national.assign(**{study.data.kpi: outcome.sum(axis=0)})
    return Simulation(frame, truth, noise.sum(axis=0), regional=expected, sums=sums)


def _season(weeks: pd.DatetimeIndex, rng: np.random.Generator) -> Array:
    """Return a yearly pattern of two harmonics whose highest swing is one."""
    angle = 2 * np.pi * weeks.day_of_year.to_numpy(float) / DAYS_PER_YEAR
    phase = rng.uniform(0, 2 * np.pi, 2)
    pattern = np.cos(angle - phase[0]) + 0.4 * np.cos(2 * angle - phase[1])
    return np.asarray(pattern / np.abs(pattern).max())


def _spend(channel: SimulatedChannel, season: Array, rng: np.random.Generator) -> Array:
    """Draw weekly spend: lognormal, persistent, seasonal, with dark weeks in flights."""
    n_weeks = len(season)
    spend = np.exp(channel.variation * persistent(n_weeks, 0.5, rng)) * (
        1 + channel.follows_season * season
    )
    if channel.dark_share > 0:
        spend = spend * _flights(n_weeks, channel.dark_share, rng)
    return np.round(spend / spend.mean() * channel.weekly_spend, 2)


def _driver(driver: Driver, n_weeks: int, rng: np.random.Generator) -> Array:
    if driver.kind == "promotion":
        return (rng.random(n_weeks) < driver.share).astype(float)
    return np.round(persistent(n_weeks, 0.7, rng), 4)


def _flights(n_weeks: int, dark_share: float, rng: np.random.Generator) -> Array:
    """Return 1 in bursts and 0 in dark weeks: pieces of three to six weeks, like ones joined."""
    active: list[float] = []
    while len(active) < n_weeks:
        on = float(rng.random() > dark_share)
        active += [on] * int(rng.integers(3, 7))
    return np.array(active[:n_weeks])


def _truth(study: Study, process: Simulate, weekly: WeeklyData, season: Array) -> AdditiveModel:
    responses = tuple(
        _true_response(study, name, process.channels[name], weekly) for name in study.channels
    )
    design = baseline_design(weekly, study)
    matrix = design.matrix(weekly.weeks, weekly.controls)
    years = (weekly.weeks - weekly.weeks[0]) / pd.Timedelta(days=DAYS_PER_YEAR)
    shape = 1 + process.season * season + process.trend_per_year * years.to_numpy(float)
    drivers: tuple[Shock | Driver, ...] = (*process.shocks, *process.drivers)
    for driver in drivers:
        shape = shape + driver.effect * weekly.controls[driver.column].to_numpy(float)
    baseline = process.weekly_baseline * shape
    coefficients = np.linalg.lstsq(matrix.to_numpy(float), baseline, rcond=None)[0]
    model = AdditiveModel(
        name="truth",
        responses=responses,
        pairs=tuple(study.pairs),
        gamma=np.zeros((1, len(study.pairs))),
        design=design,
        baseline=coefficients[np.newaxis],
        noise=np.array([process.noise * process.weekly_baseline]),
    )
    return _with_synergy(model, weekly, process.synergy_share)


def _true_response(
    study: Study, name: str, channel: SimulatedChannel, weekly: WeeklyData
) -> ChannelResponse:
    """Build a response of the wanted size.

    The ROI of ``[simulate]`` counts what a channel earns within the weeks, without synergy and
    without the carryover after the last one; the reported ROI (:mod:`mmm.decide.returns`) counts
    both.
    """
    media = weekly.media[name].to_numpy(float)
    spec = study.channels[name]
    values = {
        parameter.name: getattr(channel, parameter.name)
        * (media.mean() if parameter.in_media_units else 1)
        for parameter in parameters_of(spec.adstock, spec.saturation)
    }
    revenue = channel.roi * weekly.spend[name].sum()
    forms = (spec.adstock, spec.saturation)
    return worth(revenue, media, name, forms, values, max_lag=spec.last_lag)


def worth(
    revenue: float,
    media: Array,
    name: str,
    forms: tuple[str, str],
    values: dict[str, float],
    *,
    max_lag: int,
) -> ChannelResponse:
    """Build a response of which the media add this revenue within their weeks."""
    parameters = {key: np.array([value]) for key, value in values.items()}
    none = np.zeros(max_lag)
    response = ChannelResponse(name, *forms, max_lag, parameters, beta=np.ones(1), history=none)
    share = response.curve(response.adstock_media(media)).sum()
    return replace(response, beta=np.array([revenue / share]))


def _with_synergy(model: AdditiveModel, weekly: WeeklyData, share: float) -> AdditiveModel:
    """Add a joint effect worth a share of the smaller of the two main effects."""
    curves = model.curves(weekly.media.to_numpy(float))[0]
    sizes = []
    for i, j in model.pairs:
        main = [float(model.responses[c].beta[0] * curves[:, c].sum()) for c in (i, j)]
        sizes.append(share * min(main) / float((curves[:, i] * curves[:, j]).sum()))
    return replace(model, gamma=np.array(sizes).reshape(1, -1))


def truth_json(simulation: Simulation) -> dict[str, Any]:
    """Return the truth as plain data, ready to be stored beside the simulated file."""
    return simulation.truth.to_json()
