"""What the flexible components of the baseline explain, given their standard deviations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmm.arrays import Array
from mmm.model.bayes.problem import ScaledData


@dataclass(frozen=True)
class Shrunken:
    r"""Posterior of the components' coefficients per draw, in multiples of their prior sd.

    Notes
    -----
    :math:`b / (\sigma s) \sim N(e / \sigma, M^{-1})` with :math:`M = I + D Z'Z D` and
    :math:`e = M^{-1} D Z' r`.
    """

    middle: Array  #: Shape (n_draws, n_columns): e, scaled KPI units.
    root: Array  #: Shape (n_draws, n_columns, n_columns): a square root of the inverse of M.
    less: Array  #: Shape (n_draws,): what the components take off the sum of squares r'r.


def shrunken(task: ScaledData, sd: Array, residual: Array) -> Shrunken:
    """Solve for the coefficients.

    Parameters
    ----------
    task : ScaledData
        The task.
    sd : ndarray, shape (n_draws, n_components)
        Standard deviations of the components, in multiples of the noise.
    residual : ndarray, shape (n_draws, n_weeks)
        What the regular baseline and media leave unexplained.
    """
    root = inverse_root(task, sd)
    pulled = sd[:, task.owner] * (residual @ task.columns)
    half = np.einsum("dij,di->dj", root, pulled)
    return Shrunken(
        middle=np.einsum("dij,dj->di", root, half),
        root=root,
        less=np.einsum("dj,dj->d", half, half),
    )


def inverse_root(task: ScaledData, sd: Array) -> Array:
    """Return X with X X' the inverse of M for each draw, shape (n_draws, n_columns, n_columns)."""
    spread = sd[:, task.owner]
    gram = task.columns.T @ task.columns
    matrix = spread[:, :, np.newaxis] * gram * spread[:, np.newaxis] + np.eye(len(gram))
    lower = np.linalg.cholesky(matrix)
    return np.asarray(np.linalg.inv(lower).transpose(0, 2, 1))


def inner_product(task: ScaledData, sd: Array) -> Callable[[Array, Array], Array]:
    r"""Return the inner product in which the components do not count as unexplained.

    Parameters
    ----------
    task : ScaledData
        The task.
    sd : ndarray, shape (n_draws, n_components)
        Standard deviations of the components, in multiples of the noise.

    Returns
    -------
    callable
        Takes two arrays of shape (n_draws, n_weeks), the regular baseline projected out; returns
        :math:`a'(I + Z D^2 Z')^{-1} b` per draw, shape (n_draws,).
    """
    root, spread = inverse_root(task, sd), sd[:, task.owner]

    def seen(values: Array) -> Array:
        return np.einsum("dij,di->dj", root, spread * (values @ task.columns))

    def product(one: Array, other: Array) -> Array:
        plain = np.einsum("dt,dt->d", one, other)
        return np.asarray(plain - np.einsum("dj,dj->d", seen(one), seen(other)))

    return product
