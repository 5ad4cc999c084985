r"""Log density of the Bayesian model and its gradient, derived by hand.

Baseline coefficients and noise are integrated out: with Q an orthonormal basis of the baseline
matrix (rank p) and :math:`r = (I - QQ')(y - \mathrm{media})`, flat baseline coefficients and
:math:`\sigma^2 \sim \text{scaled-inv-}\chi^2(\nu_0, s_0^2)` leave
:math:`-\tfrac{n - p + \nu_0}{2} \ln(r'Wr + \nu_0 s_0^2) - \tfrac12 \ln |I + D Z'Z D|`. The
flexible components of the baseline (:mod:`mmm.model.flexible`), columns Z with the regular ones
projected out and coefficients :math:`b \sim N(0, \sigma^2 D^2)`, are integrated out as well:
:math:`W = (I + Z D^2 Z')^{-1}`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from mmm.arrays import Array
from mmm.model.bayes.arrays import blocks_of, tables_of
from mmm.model.bayes.problem import ScaledData
from mmm.model.bayes.sampler import laplace
from mmm.study.distributions import Beta

#: Beyond this distance from the origin the density is taken to be zero.
LIMIT = 100.0


@dataclass(frozen=True)
class Effects:
    """Media effects at a point, in scaled KPI units."""

    #: Shape (n_channels + n_tests, n_weeks): saturated shares; those of the lift tests'
    #: counterfactuals come last.
    curves: Array
    beta: Array  #: Shape (n_channels,): KPI at full saturation.
    gamma: Array  #: Shape (n_pairs,): KPI when both curves of a pair are at one.
    #: Shape (n_weeks,): what the regular baseline and media leave unexplained.
    residual: Array


def _compiled() -> ModuleType:
    """Import numba and what it compiles when a posterior is needed, not with the package."""
    from mmm.model.bayes import density

    return density


class Posterior:
    """Unnormalized log posterior density over unconstrained coordinates.

    Coordinates in order: pool center and log of the pool's spread (standardized), log ROI of
    each channel minus the prior center, synergy of each pair (as the standard normal quantile of
    its half-normal prior), then one block per form and curve parameter: standardized logarithms,
    or the logit of a retention; last the standardized log standard deviation of each flexible
    component of the baseline.

    Parameters
    ----------
    tilt : ndarray, shape (n_channels,), optional
        Share, 0 to 1, of each channel's log variation that is added to its ROI coordinate in
        :meth:`__call__` alone; :meth:`plain` takes it out again.

    Notes
    -----
    What the weeks tell about a channel that varies is how much it moves the KPI, not its ROI: a
    lower ROI with a steeper curve says the same. Along that ridge log ROI + log variation
    (standard deviation of the curve over its mean) stays put, so chains move freely in these
    coordinates. The map has unit Jacobian, since the curve does not depend on the ROI.
    """

    def __init__(self, task: ScaledData, tilt: Array | None = None) -> None:
        self.task = task
        self.tilt = np.zeros(len(task.spend)) if tilt is None else tilt
        self.roi = slice(2, 2 + len(task.spend))
        self.blocks = blocks_of(task)
        self._functions = _compiled()
        self._tables = tables_of(task, self.blocks, self.tilt)
        self.size = len(self._tables.media.unit)
        usual = self._log_variations(np.zeros((1, self.size)))[0]
        self._tables = self._tables._replace(usual_variation=usual)

    def parameters(self, point: Array) -> list[dict[str, float]]:
        """Return the curve parameters of each channel, half-saturation in mean pressures.

        `point`, shape (size,): unconstrained coordinates.
        """
        values: list[dict[str, float]] = [{} for _ in self.task.spend]
        for block in self.blocks:
            for channel, value in zip(block.channels, block.decode(point), strict=True):
                values[channel][block.name] = float(value)
        return values

    def log_roi(self, point: Array) -> Array:
        """Return the log of each channel's main-effect ROI at points, shape (..., size)."""
        return np.asarray(point[..., self.roi] + self.task.log_roi_center)

    def component_sd(self, points: Array) -> Array:
        """Return the standard deviation of each flexible component, in multiples of the noise.

        `points`, shape (..., size): unconstrained coordinates.
        """
        names = self.task.components
        priors = [self.task.priors.of_component(name) for name in names]
        medians, units = np.array([[p.median, p.sd] for p in priors]).reshape(-1, 2).T
        return np.asarray(medians * np.exp(units * points[..., self.size - len(names) :]))

    @property
    def held(self) -> tuple[int, ...]:
        """Coordinates that a mode is found without: the spread over regions."""
        return () if self.task.rows is None else (self._tables.regions.spread,)

    def region_effects(self, point: Array) -> Array:
        """Return the factor on each channel's effect in each region, (n_channels, n_regions).

        `point`, shape (size,): unconstrained coordinates.
        """
        tables = self._tables
        found = self._functions.region_effects(point, len(self.tilt), tables.media, tables.regions)
        return np.asarray(found)

    def roi_width(self, point: Array) -> Array:
        """Return the prior standard deviation of each log ROI, given the pool's spread.

        `point`, shape (size,): unconstrained coordinates.
        """
        return np.asarray(self._functions.roi_width(point, self._tables.prior))

    def draw_prior(self, rng: np.random.Generator) -> Array:
        """Draw coordinates from the prior, shape (size,)."""
        priors, point = self.task.priors, rng.standard_normal(self.size)
        width = self.roi_width(point)
        center = self.task.pooled * (priors.media_share.sd * point[0])
        point[self.roi] = center + width * point[self.roi]
        for block in self.blocks:
            if isinstance(block.prior, Beta):
                share = rng.beta(block.prior.a, block.prior.b, len(block.channels))
                point[block.where] = np.log(share / (1 - share))
        return point

    def effects(self, point: Array) -> Effects:
        """Return the scaled media effects at a point, shape (size,)."""
        return Effects(*self._functions.effects(point, self._tables))

    def __call__(self, point: Array) -> tuple[float, Array]:
        """Return the log density and its gradient.

        `point`, shape (size,): unconstrained coordinates, ROIs tilted; beyond any sensible range
        the density is zero.
        """
        gradient = np.empty(self.size)
        if not point @ point < LIMIT**2:
            return -np.inf, np.zeros(self.size)
        density = self._functions.log_density(point, gradient, self._tables)
        if not math.isfinite(density + gradient @ gradient):  # a curve that is zero everywhere
            return -np.inf, np.zeros(self.size)
        return density, gradient

    def plain(self, points: Array) -> Array:
        """Take the tilt out of coordinates that were sampled.

        Parameters
        ----------
        points : ndarray, shape (..., size)
            Coordinates as :meth:`__call__` takes them.

        Returns
        -------
        ndarray, shape (..., size)
            Coordinates as all other methods take them.
        """
        flat = points.reshape(-1, self.size).copy()
        variations = self._log_variations(flat) - self._tables.usual_variation
        flat[:, self.roi] -= self.tilt * variations
        return flat.reshape(points.shape)

    def _log_variations(self, points: Array) -> Array:
        found = self._functions.log_variations(points, len(self.tilt), self._tables.media)
        return np.asarray(found)


def adapted_posterior(task: ScaledData) -> Posterior:
    """Return the posterior in coordinates that suit the data.

    Notes
    -----
    Where the weeks say much about a channel its ROI coordinate is tilted, where the prior speaks
    it is not: the tilt is the share of the curvature at the mode that is due to the data.
    """
    blank = Posterior(task)
    mode, scale = laplace(blank, blank.size, blank.held)
    curvature = np.diag(np.linalg.inv(scale @ scale.T))[blank.roi]
    of_the_prior = 1 / blank.roi_width(mode) ** 2
    return Posterior(task, np.clip(1 - of_the_prior / curvature, 0.0, 1.0))
