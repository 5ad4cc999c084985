r"""What many series say together about the return of each channel, from their stored draws.

Series are exchangeable: the log ROI of channel c in series s is drawn from
:math:`N(\mu_c, \tau_c^2)`, with both learned. Each series was fitted on its own first, under a
prior whose density at its draws is known; Gibbs sampling over the stored draws (Lunn, Barrett,
Sweeting and Thompson 2013) then takes that prior out and puts the pool in, without a second fit.
Whole draws are weighed, so that the curves of a series move with its ROIs; and since the data of a
series enter once, its own pool is what the other series say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import logsumexp, ndtr, softmax

from mmm.arrays import Array, Mask
from mmm.model.intervals import tails
from mmm.study.priors import Priors

Index = NDArray[np.int64]

#: Prior of the spread of a channel's log ROI between series: median and log standard deviation.
SPREAD_MEDIAN, SPREAD_SD = 0.4, 0.7
#: Values of the spread that are tried.
SPREADS = np.geomspace(0.03, 2.5, 80)
#: Sweeps that are left out; sweeps that count, and so many more where few series are pooled,
#: whose center and spread hang on single draws.
BURN_IN, SWEEPS, FOR_FEW = 100, 1000, 30_000
#: Points at which the spread of the first fit's own pool is integrated out.
NODES = 24


@dataclass(frozen=True)
class Draws:
    """Stored draws of the log ROIs of one series."""

    channels: tuple[str, ...]  #: Its channels.
    log_roi: Array  #: Shape (n_draws, n_channels).
    #: Shape (n_draws,): log density, at each draw, of the prior they were drawn under.
    log_prior: Array
    center: float  #: Log ROI that this prior expects.
    informs: bool = True  #: Whether the pool learns from it; a sum of other series repeats them.


@dataclass(frozen=True)
class Pool:
    """Draws of the center and spread of every channel, and the weights of the stored draws."""

    channels: tuple[str, ...]
    center: Array  #: Shape (n_sweeps, n_channels): center of the log ROI over the series.
    spread: Array  #: Shape (n_sweeps, n_channels): its standard deviation between series.
    informed: Index  #: Shape (n_channels,): series that each channel learned from.
    #: Per series, shape (n_draws,): weight of each stored draw under the pool; sums to one.
    weights: tuple[Array, ...]

    @property
    def effective(self) -> Array:
        """Effective number of draws of each series, shape (n_series,)."""
        return np.array([1 / (w**2).sum() for w in self.weights])

    def further_series(self, channel: int, interval: float) -> tuple[float, float, float]:
        """Return low, median and high of the ROI of a series that has not been seen.

        `channel`: its position; `interval`: central share between low and high.
        """
        middle, sd = self.center[:, channel], self.spread[:, channel]
        edges = np.concatenate([middle - 9 * sd, middle + 9 * sd])

        def below(share: float) -> float:
            def excess(value: float) -> float:
                return float(ndtr((value - middle) / sd).mean()) - share

            return float(np.exp(brentq(excess, edges.min(), edges.max())))

        low, high = tails(interval)
        return below(low), below(0.5), below(high)

    def of(self, channels: Sequence[str], sweeps: int) -> tuple[Array, Array]:
        """Return centers and spreads of some channels, both of shape (sweeps, n_channels)."""
        columns = np.array([self.channels.index(name) for name in channels])
        rows = np.linspace(0, len(self.center) - 1, sweeps).round().astype(int)
        return self.center[np.ix_(rows, columns)], self.spread[np.ix_(rows, columns)]


def log_first_prior(offsets: Array, pooled: Mask, priors: Priors) -> Array:
    r"""Return the log density of the prior that a fit of one series gives its log ROIs.

    Parameters
    ----------
    offsets : ndarray, shape (n_draws, n_channels)
        Log ROI minus the prior's center.
    pooled : ndarray, shape (n_channels,)
        Channels that share the pool of the series.
    priors : Priors
        The priors of the fit.

    Notes
    -----
    :math:`x \mid \tau \sim N(0, s^2 11' + \tau^2 I)`, the log-normal spread :math:`\tau`
    integrated out by Gauss-Hermite quadrature; channels outside the pool are independent.
    """
    alone, shared = offsets[:, ~pooled], offsets[:, pooled]
    density = _log_normal(alone, 0.0, priors.log_roi_sd).sum(axis=1)
    count = shared.shape[1]
    if not count:
        return np.asarray(density)
    nodes, share = np.polynomial.hermite_e.hermegauss(NODES)
    spread = priors.roi_spread.median * np.exp(priors.roi_spread.sd * nodes)
    common = priors.media_share.sd**2
    squares, total = (shared**2).sum(axis=1)[:, np.newaxis], shared.sum(axis=1)[:, np.newaxis]
    whole = spread**2 + count * common
    form = (squares - common * total**2 / whole) / spread**2
    scale = (count - 1) * np.log(spread) + 0.5 * np.log(whole) + 0.5 * count * np.log(2 * np.pi)
    return np.asarray(
        density + logsumexp(np.log(share / share.sum()) - scale - 0.5 * form, axis=1)
    )


def log_pool_prior(log_roi: Array, center: Array, spread: Array) -> Array:
    """Return the log density of log ROIs under draws of the pool, shape (n_draws,).

    Parameters
    ----------
    log_roi : ndarray, shape (n_draws, n_channels)
        Log ROIs of one series.
    center, spread : ndarray, shape (n_sweeps, n_channels)
        Draws of the pool, all alike.
    """
    each = _log_normal(log_roi[:, np.newaxis], center, spread).sum(axis=2)
    return np.asarray(logsumexp(each, axis=1) - np.log(len(center)))


def _log_normal(values: Array, center: Array | float, sd: Array | float) -> Array:
    scaled = (values - center) / sd
    return np.asarray(-0.5 * scaled**2 - np.log(sd) - 0.5 * np.log(2 * np.pi))


def pool_draws(series: Sequence[Draws], *, priors: Priors, rng: np.random.Generator) -> Pool:
    """Learn each channel's center and spread, and weigh the stored draws of every series.

    Parameters
    ----------
    series : sequence of Draws
        Stored draws, one entry a series; those that do not inform the pool are only weighed.
    priors : Priors
        Their log ROI spread is that of a channel's center before the data.
    rng : Generator
        Draws the pool.
    """
    stack, sweeps = _Stack.of(series), max(SWEEPS, FOR_FEW // len(series))
    pick = stack.pick(stack.start, rng)
    center, spread, weights = [], [], np.zeros(len(stack.log_prior))
    for sweep in range(BURN_IN + sweeps):
        mu, tau = _draw_pool(stack, pick, priors.log_roi_sd, rng)
        now = stack.weights(mu, tau)
        pick = stack.pick(now, rng)
        if sweep >= BURN_IN:
            center.append(mu)
            spread.append(tau)
            weights += now
    parts = np.split(weights / sweeps, stack.first[1:])
    return Pool(
        channels=stack.channels,
        center=np.array(center),
        spread=np.array(spread),
        informed=stack.informs.sum(axis=0),
        weights=tuple(parts),
    )


@dataclass(frozen=True)
class _Stack:
    """The draws of all series, one below the other."""

    channels: tuple[str, ...]
    values: Array  #: Shape (n_rows, n_channels): log ROI, zero where a series lacks the channel.
    log_prior: Array  #: Shape (n_rows,).
    first: Index  #: Shape (n_series,): first row of each series.
    owner: Index  #: Shape (n_rows,): series of each row.
    has: Mask  #: Shape (n_series, n_channels).
    informs: Mask  #: Shape (n_series, n_channels): what the pool learns from.
    expected: Array  #: Shape (n_channels,): center of each channel before the data.

    @classmethod
    def of(cls, series: Sequence[Draws]) -> _Stack:
        channels = tuple(dict.fromkeys(name for own in series for name in own.channels))
        counts = np.array([len(own.log_prior) for own in series])
        values = np.zeros((counts.sum(), len(channels)))
        has = np.zeros((len(series), len(channels)), dtype=bool)
        first = np.concatenate([[0], np.cumsum(counts)[:-1]])
        for s, own in enumerate(series):
            columns = [channels.index(name) for name in own.channels]
            values[first[s] : first[s] + counts[s], columns] = own.log_roi
            has[s, columns] = True
        informs = has & np.array([own.informs for own in series])[:, np.newaxis]
        # where only series that repeat others have a channel, they are all there is
        informs |= has & ~informs.any(axis=0)
        center = np.array([own.center for own in series])[:, np.newaxis] * informs
        return cls(
            channels=channels,
            values=values,
            log_prior=np.concatenate([own.log_prior for own in series]),
            first=first,
            owner=np.repeat(np.arange(len(series)), counts),
            has=has,
            informs=informs,
            expected=center.sum(axis=0) / informs.sum(axis=0),
        )

    @property
    def start(self) -> Array:
        """Equal weights within each series, shape (n_rows,)."""
        return 1 / np.bincount(self.owner)[self.owner]

    def weights(self, center: Array, spread: Array) -> Array:
        """Return the weight of each row under a pool, shape (n_rows,); a series sums to one."""
        precision = 1 / spread**2
        log = self.values @ (precision * center) - 0.5 * (self.values**2 @ precision)
        log -= self.log_prior
        top = np.maximum.reduceat(log, self.first)
        weight = np.exp(log - top[self.owner])
        return np.asarray(weight / np.add.reduceat(weight, self.first)[self.owner])

    def pick(self, weights: Array, rng: np.random.Generator) -> Array:
        """Draw one row of each series; return its log ROIs, shape (n_series, n_channels)."""
        total = np.cumsum(weights)
        before = np.concatenate([[0.0], total])[self.first]
        wanted = before + rng.random(len(self.first)) * (1 - 1e-9)
        last = np.append(self.first[1:], len(weights)) - 1
        rows = np.clip(np.searchsorted(total, wanted, side="right"), self.first, last)
        return np.asarray(self.values[rows])


def _draw_pool(
    stack: _Stack, picked: Array, center_sd: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draw each channel's center and spread given one draw of every series."""
    use, count = stack.informs, stack.informs.sum(axis=0)
    mean = (picked * use).sum(axis=0) / count
    squares = (use * (picked - mean) ** 2).sum(axis=0)
    off = (mean - stack.expected) ** 2
    tau = SPREADS[:, np.newaxis]
    whole = tau**2 + count * center_sd**2
    log = -(count - 1) * np.log(tau) - 0.5 * np.log(whole) - 0.5 * squares / tau**2
    log += -0.5 * count * off / whole - 0.5 * (np.log(tau / SPREAD_MEDIAN) / SPREAD_SD) ** 2
    share = np.cumsum(softmax(log, axis=0), axis=0)
    chosen = np.minimum((share < rng.random(len(count))).sum(axis=0), len(SPREADS) - 1)
    spread = SPREADS[chosen]
    precision = count / spread**2 + 1 / center_sd**2
    middle = (count * mean / spread**2 + stack.expected / center_sd**2) / precision
    return middle + rng.standard_normal(len(count)) / np.sqrt(precision), spread


def resample(weights: Array, count: int) -> Index:
    """Return positions of draws in proportion to their weights, evenly spaced in their sum.

    Parameters
    ----------
    weights : ndarray, shape (n_draws,)
        Weights that sum to one.
    count : int
        Draws to return; heavy ones are repeated.

    Examples
    --------
    >>> resample(np.array([0.5, 0.0, 0.25, 0.25]), 4)
    array([0, 0, 2, 3])
    """
    wanted = (np.arange(count) + 0.5) / count
    return np.asarray(np.searchsorted(np.cumsum(weights), wanted * weights.sum()), dtype=np.int64)
