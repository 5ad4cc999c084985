"""One answer, whatever the model: predicted revenue with interval, parts and extrapolation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from mmm.api.fields import FieldSpec

Array = NDArray[np.float64]


def answer(
    predicted: float,
    *,
    interval: tuple[float, float, float],
    contributions: dict[str, float],
    extrapolation: list[dict[str, Any]],
) -> dict[str, Any]:
    """Put one prediction into the form of the service."""
    level, low, high = interval
    return {
        "predicted_revenue": predicted,
        "interval": {"level": level, "low": low, "high": high},
        "contributions": contributions,
        "extrapolation": extrapolation,
    }


def extrapolated(specs: Sequence[FieldSpec], values: Sequence[Any]) -> list[dict[str, Any]]:
    """List the fields whose value lies outside what the model has seen."""
    return [
        {"field": spec.name, "value": value, "low": spec.low, "high": spec.high}
        for spec, value in zip(specs, values, strict=True)
        if spec.low is not None and not spec.low <= value <= spec.high
    ]


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
    tail = (1 - level) / 2
    if (noise <= 0).any():
        low, high = np.quantile(mean, [tail, 1 - tail], axis=0)
        return low, high
    return _quantile(mean, noise, tail), _quantile(mean, noise, 1 - tail)


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
