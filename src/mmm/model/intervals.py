"""Where central intervals end: of draws, and of draws with normal noise."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from mmm.arrays import Array


def tails(interval: float) -> tuple[float, float]:
    """Return the two probabilities at which a central interval ends.

    Examples
    --------
    >>> tails(0.5)
    (0.25, 0.75)
    """
    tail = (1 - interval) / 2
    return tail, 1 - tail


def mixture_interval(mean: Array, noise: Array, level: float) -> tuple[Array, Array]:
    r"""Return the central prediction interval of draws with normal noise.

    Parameters
    ----------
    mean : ndarray, shape (n_draws, n_weeks)
        Expected value of each draw.
    noise : ndarray, shape (n_draws,)
        Standard deviation of each draw's noise.

    Returns
    -------
    tuple of ndarray, shape (n_weeks,)
        Low and high ends.

    Notes
    -----
    The q that solves :math:`\frac1D \sum_d \Phi((q - \mu_d) / \sigma_d) = p`, by Newton steps
    kept inside a shrinking bracket; the quantiles of single draws are the first bracket. No
    random number is drawn, so the same request has the same answer.
    """
    below, above = tails(level)
    if (noise <= 0).any():
        low, high = np.quantile(mean, [below, above], axis=0)
        return low, high
    return _quantile(mean, noise, below), _quantile(mean, noise, above)


def _quantile(mean: Array, noise: Array, p: float) -> Array:
    sigma = noise[:, np.newaxis]
    scale = sigma * np.sqrt(2 * np.pi)
    ends = mean + ndtri(p) * sigma
    low, high = ends.min(axis=0), ends.max(axis=0)
    q, width = ends.mean(axis=0), high - low
    for _ in range(60):
        z = (q - mean) / sigma
        gap = np.add.reduce(ndtr(z)) / len(z) - p
        low, high = np.where(gap < 0, q, low), np.where(gap > 0, q, high)
        density = np.add.reduce(np.exp(-0.5 * z * z) / scale) / len(z)
        step = q - gap / np.maximum(density, 1e-300)
        following = np.where((step >= low) & (step <= high), step, (low + high) / 2)
        moved = np.abs(following - q)
        q = following
        if (moved <= 1e-11 * (width + np.abs(q))).all():
            break
    return q
