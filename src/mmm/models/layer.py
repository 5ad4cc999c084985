"""Media as the sampler sees them: pressure of all channels at once, their curves, and slopes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmm.models.curves import (
    FLOOR,
    Block,
    Group,
    curve_and_elasticity,
    log_weight_slopes,
    scaled_weights,
)
from mmm.models.problem import Task
from mmm.priors import Priors
from mmm.transforms import ADSTOCK_PARAMETERS, SATURATION_PARAMETERS

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Pressure:
    """Adstocked media, the lag weights behind it, and the log weights' slopes by each block."""

    level: Array
    weights: Array
    weight_slopes: list[Array]


class MediaLayer:
    """Carryover and saturation of all channels and of the lift tests' counterfactuals.

    Parameters
    ----------
    task : Task
        The scaled data.
    first : int
        Position of the first curve parameter among the coordinates.
    """

    def __init__(self, task: Task, *, first: int) -> None:
        owner = np.array([*range(len(task.spend)), *(t.channel for t in task.tests)], dtype=int)
        self.stop = first
        self._carry = self._groups(task.adstock, ADSTOCK_PARAMETERS, owner, task.priors)
        self._shape = self._groups(task.saturation, SATURATION_PARAMETERS, owner, task.priors)
        self.blocks = [b for group in (*self._carry, *self._shape) for b in group.blocks]
        self._lags = np.concatenate([task.lags, *(test.lags[np.newaxis] for test in task.tests)])
        self._lags_t = np.ascontiguousarray(self._lags.transpose(0, 2, 1))
        self._lag = np.arange(self._lags.shape[2], dtype=float)
        self._allowed = self._lag <= np.array(task.max_lag)[owner][:, np.newaxis]
        self._no_carry = np.where(self._lag == 0, 0.0, -np.inf) + 0.0 * self._allowed

    def _groups(
        self,
        kinds: tuple[str, ...],
        parameters: dict[str, tuple[str, ...]],
        owner: Index,
        priors: Priors,
    ) -> list[Group]:
        """Lay out the blocks of every form in use."""
        groups = []
        for kind in sorted(set(kinds)):
            channels = np.flatnonzero([k == kind for k in kinds])
            blocks = []
            for name in parameters[kind]:
                where = slice(self.stop, self.stop + len(channels))
                blocks.append(Block(name, channels, where, getattr(priors, name)))
                self.stop = where.stop
            rows = np.flatnonzero(np.isin(owner, channels))
            member = np.searchsorted(channels, owner[rows])
            groups.append(
                Group(
                    kind,
                    slice(None) if len(rows) == len(owner) else rows,
                    None if len(rows) == len(channels) else member,
                    tuple(blocks),
                )
            )
        return groups

    def pressure(self, logs: Array) -> Pressure:
        """Return adstocked media.

        Parameters
        ----------
        logs : ndarray, shape (size,)
            Logarithm (logit) of each parameter at its coordinate.
        """
        weights, slopes = self._weights(logs)
        level = np.matmul(self._lags, weights[:, :, np.newaxis])[:, :, 0] + FLOOR
        return Pressure(np.asarray(level), weights, slopes)

    def curves_at(self, logs: Array) -> Array:
        """Return the saturated shares, shape (n_rows, n_weeks).

        Parameters
        ----------
        logs : ndarray, shape (size,)
            Logarithm (logit) of each parameter at its coordinate.
        """
        return self.curves(logs, self.pressure(logs).level)[0]

    def curves(self, logs: Array, level: Array) -> tuple[Array, Array, Array]:
        """Return curves, their elasticities and log pressure over half-saturation.

        Parameters
        ----------
        logs : ndarray, shape (size,)
            Logarithm (logit) of each parameter at its coordinate.
        level : ndarray, shape (n_rows, n_weeks)
            Adstocked media.
        """
        log_level = np.log(level)
        parts = [self._curve_group(group, logs, log_level) for group in self._shape]
        if len(parts) == 1:
            return parts[0]
        merged = (np.empty_like(level), np.empty_like(level), log_level)
        for group, part in zip(self._shape, parts, strict=True):
            for whole, piece in zip(merged, part, strict=True):
                whole[group.rows] = piece
        return merged

    @staticmethod
    def _curve_group(group: Group, logs: Array, log_level: Array) -> tuple[Array, Array, Array]:
        log_ratio, values = log_level[group.rows], group.columns(logs)
        if values:
            log_ratio = log_ratio - values[0]
        slope = np.exp(values[1]) if len(values) > 1 else None
        return (*curve_and_elasticity(group.kind, log_ratio, slope), log_ratio)

    def add_slopes(
        self, relative: Array, log_ratio: Array, pressure: Pressure, gradient: Array
    ) -> None:
        """Add the slopes by the curve parameters to a gradient.

        Parameters
        ----------
        relative : ndarray, shape (n_rows, n_weeks)
            Slope of the density by the logarithm of the pressure.
        log_ratio : ndarray, shape (n_rows, n_weeks)
            Log pressure over half-saturation.
        pressure : Pressure
            Adstocked media.
        gradient : ndarray, shape (size,)
            Changed in place.
        """
        self._through_shapes(relative, log_ratio, gradient)
        back, weights, slopes = relative / pressure.level, pressure.weights, pressure.weight_slopes
        self._through_weights(back, weights, slopes, gradient)

    def _weights(self, logs: Array) -> tuple[Array, list[Array]]:
        """Return lag weights, and the log weights' slopes by each carryover block."""
        slopes: list[Array] = []
        log_weights = None if len(self._carry) == 1 else self._no_carry.copy()
        for group in self._carry:
            if not group.blocks:
                continue
            part, by_block = log_weight_slopes(group.kind, group.columns(logs), self._lag)
            slopes += [d * b.unit for d, b in zip(by_block, group.blocks, strict=True)]
            if log_weights is None:
                log_weights = part
            else:
                log_weights[group.rows] = part
        if log_weights is None:
            log_weights = self._no_carry
        return scaled_weights(log_weights, self._allowed), slopes

    def _through_shapes(self, relative: Array, log_ratio: Array, gradient: Array) -> None:
        """Carry the slopes by relative pressure to half-saturation and slope."""
        for group in self._shape:
            if not group.blocks:
                continue
            part = relative[group.rows]
            slopes = [-part.sum(axis=1)]
            if len(group.blocks) > 1:
                slopes.append((part * log_ratio[group.rows]).sum(axis=1))
            for block, slope in zip(group.blocks, slopes, strict=True):
                gradient[block.where] += block.unit * group.by_channel(slope, block)

    def _through_weights(
        self, back: Array, weights: Array, weight_slopes: list[Array], gradient: Array
    ) -> None:
        """Carry the slopes by adstocked media to the carryover parameters."""
        if not weight_slopes:
            return
        by_weight = np.matmul(self._lags_t, back[:, :, np.newaxis])[:, :, 0]
        scaled = weights * (by_weight - (weights * by_weight).sum(axis=1, keepdims=True))
        position = 0
        for group in self._carry:
            for block in group.blocks:
                slope = (scaled[group.rows] * weight_slopes[position]).sum(axis=1)
                gradient[block.where] += group.by_channel(slope, block)
                position += 1
