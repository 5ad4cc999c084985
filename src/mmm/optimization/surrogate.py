"""A fast copy of a plan's response: Chebyshev polynomials in the multipliers, one set a draw.

Evaluating a plan visits every draw and week; a search does it hundreds of times. Each channel's
curve is smooth in its multiplier, so a few exact evaluations tell all the others. The copy only
finds where to look: results and certificates come from the exact model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from mmm.plans import Plan

Array = NDArray[np.float64]

#: Points per channel; errors are below a millionth of the revenue where bounds exclude zero.
POINTS = 12


@dataclass(frozen=True)
class Surrogate:
    """Revenue of all media as polynomials of the multipliers, per draw.

    Attributes
    ----------
    low, high : ndarray, shape (n_channels,)
        Multipliers between which the copy holds.
    singles : ndarray, shape (n_channels, n_draws, n_points)
        Coefficients of each channel's main effect.
    pairs : tuple of (int, int, ndarray of shape (n_draws, n_points, n_points))
        Channels with synergy and the coefficients of their joint effect.
    """

    low: Array
    high: Array
    singles: Array
    pairs: tuple[tuple[int, int, Array], ...]

    @classmethod
    def of(cls, plan: Plan, low: Array, high: Array) -> Surrogate:
        """Learn the response of a plan.

        Parameters
        ----------
        plan : Plan
            The plan.
        low, high : ndarray, shape (n_channels,)
            Lowest and highest multipliers that will be asked for.
        """
        nodes = chebyshev.chebpts1(POINTS)
        to_coefficients = np.linalg.inv(chebyshev.chebvander(nodes, POINTS - 1)).T
        high = np.maximum(high, low + 1e-9)
        joint = {channel for pair in plan.model.pairs for channel in pair}
        kept, singles = {}, []
        for c, response in enumerate(plan.model.responses):
            factors = low[c] + (nodes + 1) / 2 * (high[c] - low[c])
            levels = [plan.rest[c] + factor * plan.flight[c] for factor in factors]
            curves = np.stack([response.curve(level) for level in levels])  # (points, draws, t)
            singles.append((curves @ plan.value).T * response.beta[:, np.newaxis])
            if c in joint:
                kept[c] = curves
        pairs = []
        for pair, (i, j) in enumerate(plan.model.pairs):
            first = kept[i].transpose(1, 0, 2) * plan.value  # (draws, points, t)
            product = first @ kept[j].transpose(1, 2, 0)
            product *= plan.model.gamma[:, pair, np.newaxis, np.newaxis]
            pairs.append((i, j, to_coefficients.T @ product @ to_coefficients))
        return cls(low, high, np.array(singles) @ to_coefficients, tuple(pairs))

    def revenue_and_slope(self, multipliers: Array) -> tuple[Array, Array]:
        """Return the revenue of all media and its slopes by the multipliers.

        Parameters
        ----------
        multipliers : ndarray, shape (n_channels,)
            Factors on the spend.

        Returns
        -------
        revenue : ndarray, shape (n_draws,)
            Currency.
        slope : ndarray, shape (n_draws, n_channels)
            Currency per unit of multiplier.
        """
        width = self.high - self.low
        place = np.clip(2 * (multipliers - self.low) / width - 1, -1, 1)
        basis = chebyshev.chebvander(place, POINTS - 1)  # (channels, points)
        steepness = _slopes(place) * (2 / width)[:, np.newaxis]
        revenue = np.einsum("cdk,ck->d", self.singles, basis)
        slope = np.einsum("cdk,ck->dc", self.singles, steepness)
        for i, j, joint in self.pairs:
            along_i, along_j = joint @ basis[j], basis[i] @ joint
            revenue = revenue + along_i @ basis[i]
            slope[:, i] += along_i @ steepness[i]
            slope[:, j] += along_j @ steepness[j]
        return revenue, slope


def _slopes(place: Array) -> Array:
    """Return the derivatives of the Chebyshev polynomials, shape (n_channels, n_points)."""
    derivative = chebyshev.chebder(np.eye(POINTS))  # (points - 1, points)
    return np.asarray(chebyshev.chebvander(place, POINTS - 2) @ derivative)
