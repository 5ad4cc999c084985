"""Where each parameter stands among the coordinates, and the data as flat arrays for compiling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmm.arrays import Array
from mmm.errors import StudyError
from mmm.model.bayes.problem import ScaledData
from mmm.study.distributions import Beta, LogNormal
from mmm.study.forms import ADSTOCKS, SATURATIONS, Form

Index = NDArray[np.int64]


def number_of(form: Form) -> int:
    """Return the number of a form in the compiled density.

    Raises
    ------
    StudyError
        If the density does not know the form.
    """
    if form.number is None:
        raise StudyError(
            f"The sampler does not know the form {form.name!r}: it has no formula in "
            f"mmm/model/bayes/density.py. Choose another form for these channels, or fit them by "
            f"ridge regression: `-p model=ridge`."
        )
    return form.number


@dataclass(frozen=True)
class Block:
    """Coordinates of one curve parameter of the channels of one form.

    Logarithms are standardized; a share is on the logit scale.
    """

    name: str
    channels: Index
    where: slice
    prior: LogNormal | Beta

    def decode(self, point: Array) -> Array:
        """Return the parameter, shape (n_channels_of_block,)."""
        x = point[self.where]
        if isinstance(self.prior, LogNormal):
            return np.asarray(self.prior.median * np.exp(self.prior.sd * x))
        return np.asarray(1 / (1 + np.exp(-x)))


class MediaTables(NamedTuple):
    """Media and their curve parameters."""

    #: Shape (n_rows, n_lags, n_weeks): media of each channel, then of the lift tests'
    #: counterfactuals.
    lags: Array
    owner: Index  #: Shape (n_rows,): channel of each row.
    last: Index  #: Shape (n_channels,): last lag with an effect.
    #: Shape (n_channels,): forms by number.
    adstock: Index
    saturation: Index
    #: Shape (n_channels, 4): coordinates of the two carryover parameters, half-saturation and
    #: slope; -1 for none.
    where: Index
    #: Shape (size,): logarithm (or logit) of a curve parameter where its coordinate is zero, and
    #: per unit.
    log_median: Array
    unit: Array


class PriorTables(NamedTuple):
    """What the prior of the coordinates needs."""

    #: Shape (size, 2): the two numbers of a Beta prior; zero where the prior is normal.
    beta: Array
    #: Shape (n_channels,): one for channels of the pool, and the prior standard deviation of the
    #: others' log ROI.
    pooled: Array
    alone: Array
    #: Priors of the pool.
    center_sd: float
    spread_median: float
    spread_sd: float


class TestTables(NamedTuple):
    """Lift tests."""

    channel: Index  #: Shape (n_tests,): channel of each test.
    weeks: Array  #: Shape (n_tests, n_weeks): one in the weeks of the test.
    #: Shape (n_tests,): incremental KPI and its standard error.
    lift: Array
    error: Array


class FlexibleTables(NamedTuple):
    """Components of the baseline that are shrunk."""

    columns: Array  #: Shape (n_columns, n_weeks): transposed.
    gram: Array  #: Shape (n_columns, n_columns): their inner products.
    where: Index  #: Shape (n_columns,): coordinate of each column's standard deviation.


class RegionTables(NamedTuple):
    """Rows of regions and weeks; no regions for a model of one market."""

    n_regions: int
    spread: int  #: Coordinate of the spread over regions; those of the regions follow.
    region: Index  #: Shape (n_rows,): region of each row.
    heads: Array  #: Shape (n_rows,): its share of the heads.
    #: Shape (n_rows,): as in :class:`mmm.model.bayes.rows.RowNoise`.
    weight: Array
    restart: Index
    week: Index
    pattern: Array
    taken: Array  #: Shape (n_weeks,): share of each week's common movement that is taken out.
    rho: float


class Arrays(NamedTuple):
    """A task as contiguous arrays and numbers, one type whatever the forms."""

    media: MediaTables  #: Media and their curve parameters.
    prior: PriorTables
    synergy: float  #: Prior standard deviation of the synergy.
    #: Shape (n_channels,): revenue of each channel at the prior center of the ROI.
    usual_revenue: Array
    #: Shape (n_channels,): share of the log variation in the ROI coordinate, and the variation
    #: that counts as zero.
    tilt: Array
    usual_variation: Array
    #: Shape (n_weeks,): as in :class:`ScaledData`.
    value: Array
    kpi: Array
    basis: Array  #: Shape (rank, n_weeks): transposed.
    pairs: Index  #: Shape (n_pairs, 2): channels with synergy.
    #: As in :class:`ScaledData`.
    noise_sum: float
    freedom: float
    tests: TestTables  #: Lift tests.
    flexible: FlexibleTables
    regions: RegionTables


def blocks_of(task: ScaledData) -> list[Block]:
    """Lay out the coordinates of the curve parameters, one block per form and parameter.

    Notes
    -----
    They follow the pool (two), the ROIs, the synergies, and the spread and the factors of the
    regions; the standard deviations of the flexible components, log-normal, come last.
    """
    blocks, start = [], _first_region(task) + task.n_regional
    for kinds, forms in ((task.adstock, ADSTOCKS), (task.saturation, SATURATIONS)):
        for kind in sorted(set(kinds)):
            channels = np.flatnonzero([k == kind for k in kinds])
            for parameter in forms[kind].parameters:
                where = slice(start, start + len(channels))
                prior = task.priors.of(parameter)
                blocks.append(Block(parameter.name, channels, where, prior))
                start = where.stop
    return blocks


def tables_of(task: ScaledData, blocks: list[Block], tilt: Array) -> Arrays:
    """Return a task as the compiled functions take it.

    `tilt`, shape (n_channels,): share of the log variation in the ROI coordinate.
    """
    tests = task.tests
    return Arrays(
        media=_media_tables(task, blocks),
        prior=_prior_tables(task, blocks),
        synergy=float(task.priors.synergy),
        usual_revenue=_numbers(np.exp(task.log_roi_center) * task.spend),
        tilt=_numbers(tilt),
        usual_variation=np.zeros(len(task.spend)),
        value=_numbers(task.value),
        kpi=_numbers(task.kpi),
        basis=_numbers(task.basis.T),
        pairs=_indices(task.pairs).reshape(-1, 2),
        noise_sum=float(task.noise_sum),
        freedom=float(task.freedom),
        tests=TestTables(
            channel=_indices([test.channel for test in tests]),
            weeks=_numbers([test.weeks for test in tests]).reshape(len(tests), len(task.kpi)),
            lift=_numbers([test.lift for test in tests]),
            error=_numbers([test.error for test in tests]),
        ),
        flexible=FlexibleTables(
            columns=_numbers(task.columns.T),
            gram=_numbers(task.columns.T @ task.columns),
            where=_indices(_size(task, blocks) - len(task.components) + task.owner),
        ),
        regions=_region_tables(task),
    )


def _first_region(task: ScaledData) -> int:
    """Return the coordinate of the spread over regions."""
    return 2 + len(task.spend) + len(task.pairs)


def _region_tables(task: ScaledData) -> RegionTables:
    rows = task.rows
    if rows is None:
        none, nobody = _numbers([]), _indices([])
        return RegionTables(0, 0, nobody, none, none, nobody, nobody, none, none, 0.0)
    return RegionTables(
        n_regions=rows.n_regions,
        spread=_first_region(task),
        region=_indices(rows.region),
        heads=_numbers(rows.heads),
        weight=_numbers(rows.weight),
        restart=_indices(rows.restart),
        week=_indices(rows.week),
        pattern=_numbers(rows.pattern),
        taken=_numbers(rows.taken),
        rho=float(rows.rho),
    )


def _numbers(values: object) -> Array:
    """Copy to the one kind of array that is compiled for: float, writable, row after row."""
    return np.array(values, dtype=np.float64, order="C")


def _indices(values: object) -> Index:
    return np.array(values, dtype=np.int64, order="C")


def _size(task: ScaledData, blocks: list[Block]) -> int:
    curves = sum(len(block.channels) for block in blocks)
    return _first_region(task) + task.n_regional + curves + len(task.components)


def _media_tables(task: ScaledData, blocks: list[Block]) -> MediaTables:
    size = _size(task, blocks)
    log_median, unit = np.zeros(size), np.ones(size)
    for k, name in enumerate(task.components, size - len(task.components)):
        prior = task.priors.of_component(name)
        log_median[k], unit[k] = np.log(prior.median), prior.sd
    if task.rows is not None:
        prior, k = task.priors.region_spread, _first_region(task)
        log_median[k], unit[k] = np.log(prior.median), prior.sd
    for block in blocks:
        if isinstance(block.prior, LogNormal):
            log_median[block.where] = np.log(block.prior.median)
            unit[block.where] = block.prior.sd
    rows = np.concatenate([task.lags, *(test.lags[np.newaxis] for test in task.tests)])
    return MediaTables(
        lags=_numbers(rows.transpose(0, 2, 1)),
        owner=_indices([*range(len(task.spend)), *(test.channel for test in task.tests)]),
        last=_indices(task.max_lag),
        adstock=_indices([number_of(ADSTOCKS[kind]) for kind in task.adstock]),
        saturation=_indices([number_of(SATURATIONS[kind]) for kind in task.saturation]),
        where=_positions(task, blocks),
        log_median=log_median,
        unit=unit,
    )


def _prior_tables(task: ScaledData, blocks: list[Block]) -> PriorTables:
    priors, beta = task.priors, np.zeros((_size(task, blocks), 2))
    for block in blocks:
        if isinstance(block.prior, Beta):
            beta[block.where] = block.prior.a, block.prior.b
    return PriorTables(
        beta=beta,
        pooled=_numbers(task.pooled),
        alone=_numbers(priors.log_roi_sd * ~task.pooled),
        center_sd=float(priors.media_share.sd),
        spread_median=float(priors.roi_spread.median),
        spread_sd=float(priors.roi_spread.sd),
    )


def _positions(task: ScaledData, blocks: list[Block]) -> Index:
    """Return the coordinates of each channel's curve parameters, shape (n_channels, 4)."""
    found = np.full((len(task.spend), 4), -1)
    for block in blocks:
        for channel, position in zip(
            block.channels, range(block.where.start, block.where.stop), strict=True
        ):
            carryover = ADSTOCKS[task.adstock[channel]].parameter_names
            shape = SATURATIONS[task.saturation[channel]].parameter_names
            column = (
                carryover.index(block.name)
                if block.name in carryover
                else 2 + shape.index(block.name)
            )
            found[channel, column] = position
    return _indices(found)
