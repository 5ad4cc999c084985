"""A study's weeks as the sampler sees them: scaled, so that no unit remains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm.arrays import Array, Mask
from mmm.data.dates import LAST_DAY, share_of_days
from mmm.data.weekly import WeeklyData
from mmm.model.additive import media_history, usual_media
from mmm.model.baseline import BaselineDesign, baseline_design
from mmm.model.bayes.rows import RowNoise
from mmm.model.flexible import FlexibleDesign, flexible_design
from mmm.study.priors import LiftTest, Priors
from mmm.study.study import Study

#: Sum of squares below which a flexible column says nothing that the regular baseline does not.
LEAST_SQUARES = 1e-9


@dataclass(frozen=True)
class LiftTerm:
    """A lift test in the units of the density."""

    channel: int  #: Position of the channel.
    #: Shape (n_weeks, n_lags): lagged media of the channel without its spend in the test.
    lags: Array
    weeks: Array  #: Shape (n_weeks,): one in the weeks of the test, else zero.
    #: Scaled incremental KPI and its standard error.
    lift: float
    error: float


@dataclass(frozen=True)
class ScaledData:
    """The data of one posterior, scaled so that no unit remains."""

    #: Shape (n_channels, n_weeks, n_lags): media of each week and the weeks before it, in
    #: multiples of the channel's usual media.
    lags: Array
    value: Array  #: Shape (n_weeks,): money per KPI unit.
    #: Shape (n_channels,): money spent over the weeks, in multiples of the KPI's scale.
    spend: Array
    kpi: Array  #: Shape (n_weeks,): KPI with the baseline projected out, scaled.
    basis: Array  #: Shape (n_weeks, rank): orthonormal basis of the baseline matrix.
    #: Forms per channel.
    adstock: tuple[str, ...]
    saturation: tuple[str, ...]
    max_lag: tuple[int, ...]  #: Last lag with an effect per channel.
    pooled: Mask  #: Shape (n_channels,): channels that share the ROI pool.
    pairs: tuple[tuple[int, int], ...]  #: Channels with synergy.
    log_roi_center: float  #: Prior centre of the log ROI.
    noise_sum: float  #: Prior sum of squares of the scaled noise.
    priors: Priors
    tests: tuple[LiftTerm, ...] = ()  #: Lift tests.
    #: Shape (n_weeks, n_columns): columns of the flexible baseline with the regular one projected
    #: out; the component of each column; and the components' names.
    columns: Array = field(default_factory=lambda: np.empty((0, 0)))
    owner: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    components: tuple[str, ...] = ()
    rows: RowNoise | None = None  #: What each row is, where rows are regions and weeks.

    @property
    def n_regional(self) -> int:
        """Coordinates of the regions: their spread, and a factor per channel and region."""
        return 0 if self.rows is None else 1 + len(self.spend) * self.rows.n_regions

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the noise in the posterior."""
        return len(self.kpi) - self.basis.shape[1] + self.priors.noise_weight


@dataclass(frozen=True)
class BaselineTerms:
    """The regular and the flexible baseline in the weeks of the likelihood."""

    design: BaselineDesign  #: How weeks become terms of the regular baseline.
    matrix: Array  #: Shape (n_rows, n_terms): these terms.
    basis: Array  #: Shape (n_rows, rank): orthonormal basis of the matrix.
    flexible: FlexibleDesign  #: How weeks become columns of the flexible components.
    columns: Array  #: Shape (n_rows, n_columns): these columns, those of later weeks among them.
    unexplained: Array  #: The same with the regular baseline projected out.
    told: Mask  #: Shape (n_columns,): columns that the weeks tell something about.

    @classmethod
    def of(cls, weekly: WeeklyData, study: Study) -> BaselineTerms:
        """Set up the baseline of a study; the first weeks may only be carry-in."""
        counted = weekly.after(study.carry_in_weeks)
        design = baseline_design(counted, study)
        matrix = design.matrix(weekly.weeks, weekly.controls).to_numpy(float)
        matrix = matrix[study.carry_in_weeks :]
        basis, _ = np.linalg.qr(matrix)
        flexible = flexible_design(counted, study, matrix)
        columns = flexible.matrix(counted.weeks)
        unexplained = columns - basis @ (basis.T @ columns)
        told = (unexplained**2).sum(axis=0) > LEAST_SQUARES
        return cls(design, matrix, basis, flexible, columns, unexplained, told)


@dataclass(frozen=True)
class Problem:
    """A study's weeks as the sampler sees them, and how to turn draws back into KPI units."""

    task: ScaledData  #: Scaled data.
    terms: BaselineTerms  #: The baseline in these weeks.
    kpi: Array  #: Shape (n_rows,): their KPI.
    kpi_scale: float  #: KPI units per scaled unit.
    media_scale: Array  #: Shape (n_channels,): usual media per channel.
    history: Array  #: Shape (n_before, n_channels): media of the weeks before the first.
    constant = 0.0  #: What is known of the log evidence beside the density.

    @property
    def national(self) -> Problem:
        """The problem of the national weeks, in which the baseline is drawn."""
        return self

    @classmethod
    def of(
        cls,
        weekly: WeeklyData,
        study: Study,
        priors: Priors,
        lift_tests: Sequence[LiftTest] = (),
        demand_capture: Sequence[str] = (),
    ) -> Problem:
        """Set up the problem of a study.

        Parameters
        ----------
        lift_tests : sequence of LiftTest
            Experiments; those that reach beyond the weeks to fit on are left out, as in a fit
            without the last quarter.
        demand_capture : sequence of str
            Channels outside the ROI pool.
        """
        frame, terms = _Frame.of(weekly, study), BaselineTerms.of(weekly, study)
        kpi = weekly.kpi[frame.rows]
        residual = kpi - terms.basis @ (terms.basis.T @ kpi)
        kpi_scale = float(np.std(residual))
        total = weekly.spend.to_numpy(float)[frame.rows].sum(axis=0)
        # sizes, so that a KPI around zero still has a scale
        turnover = np.abs(weekly.revenue[frame.rows]).sum()
        usual = priors.media_share.median * turnover / total.sum()
        task = ScaledData(
            lags=frame.lags(weekly),
            value=weekly.value[frame.rows],
            spend=total / kpi_scale,
            kpi=residual / kpi_scale,
            basis=terms.basis,
            adstock=tuple(c.adstock for c in study.channels.values()),
            saturation=tuple(c.saturation for c in study.channels.values()),
            max_lag=frame.max_lag,
            pooled=np.array([name not in demand_capture for name in study.channels]),
            pairs=tuple(study.pairs),
            log_roi_center=float(np.log(usual)),
            noise_sum=priors.noise_weight * priors.noise_share**2,
            priors=priors,
            tests=tuple(
                _lift_term(test, weekly, study, frame, kpi_scale)
                for test in lift_tests
                if is_within(test, weekly.after(study.carry_in_weeks).weeks)
            ),
            columns=terms.unexplained[:, terms.told],
            owner=terms.flexible.owner[terms.told],
            components=terms.flexible.components,
        )
        return cls(task, terms, kpi, kpi_scale, frame.scale, frame.history)


@dataclass(frozen=True)
class _Frame:
    """The weeks of the likelihood, the media before them and the unit of each channel."""

    max_lag: tuple[int, ...]
    rows: slice
    history: Array
    scale: Array

    @classmethod
    def of(cls, weekly: WeeklyData, study: Study) -> _Frame:
        channels = list(study.channels.values())
        max_lag = tuple(channel.last_lag for channel in channels)
        rows = slice(study.carry_in_weeks, None)
        history = media_history(weekly, pre_history=study.pre_history, max_lag=max(max_lag))
        scale = usual_media(weekly.media.to_numpy(float)[rows])
        return cls(max_lag, rows, history, scale)

    def lags(self, weekly: WeeklyData) -> Array:
        """Return scaled media by lag, shape (n_channels, n_rows, max_lag + 1)."""
        windows = lagged(weekly.media.to_numpy(float), self.history, max(self.max_lag))
        return windows[:, self.rows] / self.scale[:, np.newaxis, np.newaxis]


def lagged(media: Array, history: Array, max_lag: int) -> Array:
    """Line up each week's media with that of the weeks before it.

    Parameters
    ----------
    media : ndarray, shape (n_weeks, n_channels)
        Pressure per week.
    history : ndarray, shape (n_before, n_channels)
        Pressure before the first week, at least `max_lag` weeks.

    Returns
    -------
    ndarray, shape (n_channels, n_weeks, max_lag + 1)
        Lag 0 first.
    """
    padded = np.concatenate([history[len(history) - max_lag :], media])
    windows = np.lib.stride_tricks.sliding_window_view(padded, max_lag + 1, axis=0)
    return np.ascontiguousarray(windows[:, :, ::-1].transpose(1, 0, 2))


def is_within(test: LiftTest, weeks: pd.DatetimeIndex) -> bool:
    """Tell whether every day of a lift test lies within some weeks."""
    starts_in = weeks[0] <= pd.Timestamp(test.start)
    return bool(starts_in and pd.Timestamp(test.end) <= weeks[-1] + LAST_DAY)


def _lift_term(
    test: LiftTest, weekly: WeeklyData, study: Study, frame: _Frame, kpi_scale: float
) -> LiftTerm:
    channel = study.channel_names.index(test.channel)
    tested = share_of_days(weekly.weeks, test.start, test.end)
    media = weekly.media.to_numpy(float)[:, [channel]] * (1 - tested[:, np.newaxis])
    before = frame.history[:, [channel]]
    lags = lagged(media, before, max(frame.max_lag))[0, frame.rows] / frame.scale[channel]
    return LiftTerm(
        channel=channel,
        lags=lags,
        weeks=(tested[frame.rows] > 0).astype(float),
        lift=test.incremental_kpi / kpi_scale,
        error=test.standard_error / kpi_scale,
    )
