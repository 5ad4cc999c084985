"""Adstock and saturation of many channels at once, with slopes by unconstrained coordinates.

The same functions as :mod:`mmm.transforms`, arranged for a sampler: one call per channel form
instead of one per channel, and slopes by the coordinates that are sampled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmm.priors import Beta, LogNormal

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: Adstocked media below this multiple of the mean count as none.
FLOOR = 1e-12


@dataclass(frozen=True)
class Block:
    """Coordinates of one curve parameter of the channels of one form.

    Logarithms are standardized; a share is on the logit scale.
    """

    name: str
    channels: Index
    where: slice
    prior: LogNormal | Beta

    @property
    def unit(self) -> float:
        """Logarithm (or logit) of the parameter per unit of the coordinate."""
        return self.prior.sd if isinstance(self.prior, LogNormal) else 1.0

    def decode(self, point: Array) -> Array:
        """Return the parameter, shape (n_channels_of_block,)."""
        x = point[self.where]
        if isinstance(self.prior, LogNormal):
            return np.asarray(self.prior.median * np.exp(self.prior.sd * x))
        return np.asarray(1 / (1 + np.exp(-x)))

    def log_prior(self, point: Array) -> tuple[float, Array]:
        """Return the log prior of the coordinates and its gradient."""
        x = point[self.where]
        if isinstance(self.prior, LogNormal):
            return -0.5 * float(x @ x), -x
        a, b = self.prior.a, self.prior.b
        odds = np.exp(-x)
        density = -float((b * x + (a + b) * np.log1p(odds)).sum())
        return density, a - (a + b) / (1 + odds)


@dataclass(frozen=True)
class Group:
    """Rows (channels, then lift tests) of one form, and the blocks of its parameters."""

    kind: str
    rows: Index | slice  # of all rows
    member: Index | None  # position of each row's channel within the blocks; None: in order
    blocks: tuple[Block, ...]

    def columns(self, logs: Array) -> list[Array]:
        """Return the log (or logit) of each parameter of the group's rows, shape (n_rows, 1)."""
        values = [logs[block.where, np.newaxis] for block in self.blocks]
        return values if self.member is None else [v[self.member] for v in values]

    def by_channel(self, slope: Array, block: Block) -> Array:
        """Sum the slopes of the rows of each channel."""
        if self.member is None:
            return slope
        summed = np.bincount(self.member, weights=slope, minlength=len(block.channels))
        return np.asarray(summed, dtype=float)


def log_weight_slopes(kind: str, logs: list[Array], lag: Array) -> tuple[Array, list[Array]]:
    """Return log lag weights before scaling, and their slopes by the parameters.

    Parameters
    ----------
    kind : {"geometric", "delayed", "weibull"}
        Form of the carryover.
    logs : list of ndarray, shape (n_channels, 1)
        Logit of the retention, logarithm of any other parameter, in the order of
        :data:`mmm.transforms.ADSTOCK_PARAMETERS`.
    lag : ndarray, shape (n_lags,)
        0, 1, 2, ...

    Returns
    -------
    log_weights : ndarray, shape (n_channels, n_lags)
        Up to a constant per channel.
    slopes : list of ndarray, shape (n_channels, n_lags)
        By the logit of the retention, or the logarithm of any other parameter.
    """
    if kind == "weibull":
        shape = np.exp(logs[0])
        log_ratio = np.log1p(lag) - logs[1]
        powered = np.minimum(shape * log_ratio, 300.0)  # no weight is left there: stay finite
        power = np.exp(powered)
        rest = shape - 1
        return rest * log_ratio - power, [powered * (1 - power), shape * power - rest]
    decay, lost = -np.log1p(np.exp(-logs[0])), 1 / (1 + np.exp(logs[0]))
    if kind == "geometric":
        return lag * decay, [lag * lost]
    peak = np.exp(logs[1])
    distance = np.abs(lag - peak)
    return distance * decay, [distance * lost, -np.sign(lag - peak) * decay * peak]


def scaled_weights(log_weights: Array, allowed: Array) -> Array:
    """Turn log weights into weights that sum to one.

    Parameters
    ----------
    log_weights : ndarray, shape (n_channels, n_lags)
        Up to a constant per channel.
    allowed : ndarray of bool, shape (n_channels, n_lags)
        Lags up to each channel's last.
    """
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True)) * allowed
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def curve_and_elasticity(kind: str, log_ratio: Array, slope: Array | None) -> tuple[Array, Array]:
    """Return the saturated share and its change per relative change in pressure.

    Parameters
    ----------
    kind : {"hill", "logistic", "log", "none"}
        Form of the curve.
    log_ratio : ndarray, shape (n_channels, n_weeks)
        Log of adstocked media over half-saturation (over one where there is none).
    slope : ndarray, shape (n_channels, 1), or None
        Slope of the Hill curve.

    Returns
    -------
    curve : ndarray, shape (n_channels, n_weeks)
        f(a).
    elasticity : ndarray, shape (n_channels, n_weeks)
        a f'(a).
    """
    if kind == "hill":
        assert slope is not None
        curve = -slope * log_ratio  # in place from here: this is where the time goes
        np.exp(curve, out=curve)
        curve += 1
        np.reciprocal(curve, out=curve)
        elasticity = 1 - curve
        elasticity *= curve
        elasticity *= slope
        return curve, elasticity
    ratio = np.exp(log_ratio)
    if kind == "logistic":
        rate = np.log(3.0) / 2
        curve = np.tanh(rate * ratio)
        return curve, rate * ratio * (1 - curve**2)
    if kind == "log":
        return np.log1p(ratio), ratio / (1 + ratio)
    return ratio, ratio
