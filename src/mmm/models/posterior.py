r"""Log density of the Bayesian model and its gradient, derived by hand.

Baseline coefficients and noise are integrated out: with Q an orthonormal basis of the baseline
matrix (rank p) and :math:`r = (I - QQ')(y - \mathrm{media})`, flat baseline coefficients and
:math:`\sigma^2 \sim \text{scaled-inv-}\chi^2(\nu_0, s_0^2)` leave
:math:`-\tfrac{n - p + \nu_0}{2} \ln(r'r + \nu_0 s_0^2)`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from mmm.models.curves import FLOOR
from mmm.models.layer import MediaLayer
from mmm.models.nuts import laplace
from mmm.models.problem import Task
from mmm.priors import Beta, LogNormal

Array = NDArray[np.float64]

#: Beyond this distance from the origin the density is taken to be zero.
LIMIT = 100.0


@dataclass(frozen=True)
class Effects:
    """Media effects at a point, in scaled KPI units.

    Attributes
    ----------
    curves : ndarray, shape (n_channels + n_tests, n_weeks)
        Saturated shares; those of the lift tests' counterfactuals come last.
    beta : ndarray, shape (n_channels,)
        KPI at full saturation.
    gamma : ndarray, shape (n_pairs,)
        KPI when both curves of a pair are at one.
    gamma_slope : ndarray, shape (n_pairs,)
        Its slope by the pair's coordinate.
    area : ndarray, shape (n_channels,)
        Sum of each curve, weighted by the value of a KPI unit.
    joint_area : ndarray, shape (n_pairs,)
        The same for the products of pairs.
    residual : ndarray, shape (n_weeks,)
        What baseline and media leave unexplained.
    """

    curves: Array
    beta: Array
    gamma: Array
    gamma_slope: Array
    area: Array
    joint_area: Array
    residual: Array


def half_normal(z: float) -> tuple[float, float]:
    """Return the half-normal quantile at a standard normal coordinate, and its slope.

    Parameters
    ----------
    z : float
        Coordinate.

    Notes
    -----
    In these coordinates "no synergy at all" lies one smooth step away; the logarithm of the
    synergy has a long flat tail there, in which chains get stuck.
    """
    share = -float(ndtri(ndtr(-z) / 2))
    return share, math.exp((share * share - z * z) / 2) / 2


class Posterior:
    """Unnormalized log posterior density over unconstrained coordinates.

    Coordinates in order: pool centre and log of the pool's spread (standardized), log ROI of
    each channel minus the prior centre, synergy of each pair (as the standard normal quantile of
    its half-normal prior), then one block per form and curve parameter: standardized logarithms,
    or the logit of a retention.

    Parameters
    ----------
    task : Task
        The scaled data.
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

    def __init__(self, task: Task, tilt: Array | None = None) -> None:
        self.task = task
        self.tilt = np.zeros(len(task.spend)) if tilt is None else tilt
        n_channels = len(task.spend)
        self.roi = slice(2, 2 + n_channels)
        self.synergy = slice(self.roi.stop, self.roi.stop + len(task.pairs))
        self._media = MediaLayer(task, first=self.synergy.stop)
        self.blocks, self.size = self._media.blocks, self._media.stop
        self._noise, self._freedom = task.noise_sum, task.freedom
        self._pooled = task.pooled.astype(float)
        self._usual_revenue = math.exp(task.log_roi_center) * task.spend
        self._n_pooled = float(self._pooled.sum())
        own = float(np.hypot(task.priors.media_share.sd, task.priors.roi_spread.median))
        self._alone = (1 - self._pooled) * own  # prior sd of the channels outside the pool
        self._normal = np.ones(self.size)  # coordinates with a standard normal prior
        self._normal[self.roi] = 0.0
        self._log_median, self._unit = np.zeros(self.size), np.ones(self.size)
        for block in self.blocks:
            if isinstance(block.prior, LogNormal):
                self._log_median[block.where] = math.log(block.prior.median)
                self._unit[block.where] = block.prior.sd
            else:
                self._normal[block.where] = 0.0
        self._equal = np.full(len(task.kpi), 1 / len(task.kpi))
        self._usual_variation = np.zeros(n_channels)
        medians = self._media.curves_at(self._log_median)
        self._usual_variation, _ = self._variation(medians)

    def parameters(self, point: Array) -> list[dict[str, float]]:
        """Return the curve parameters of each channel, half-saturation in mean pressures.

        Parameters
        ----------
        point : ndarray, shape (size,)
            Unconstrained coordinates.
        """
        values: list[dict[str, float]] = [{} for _ in self.task.spend]
        for block in self.blocks:
            for channel, value in zip(block.channels, block.decode(point), strict=True):
                values[channel][block.name] = float(value)
        return values

    def log_roi(self, point: Array) -> Array:
        """Return the log of each channel's main-effect ROI.

        Parameters
        ----------
        point : ndarray, shape (..., size)
            Unconstrained coordinates.
        """
        return np.asarray(point[..., self.roi] + self.task.log_roi_center)

    def roi_width(self, point: Array) -> Array:
        """Return the prior standard deviation of each log ROI, given the pool's spread.

        Parameters
        ----------
        point : ndarray, shape (size,)
            Unconstrained coordinates.
        """
        spread = self.task.priors.roi_spread
        return self._pooled * spread.median * math.exp(spread.sd * point[1]) + self._alone

    def draw_prior(self, rng: np.random.Generator) -> Array:
        """Draw coordinates from the prior, shape (size,).

        Parameters
        ----------
        rng : Generator
            Source of randomness.
        """
        priors, point = self.task.priors, rng.standard_normal(self.size)
        width = self.roi_width(point)
        center = self._pooled * (priors.media_share.sd * point[0])
        point[self.roi] = center + width * point[self.roi]
        for block in self.blocks:
            if isinstance(block.prior, Beta):
                share = rng.beta(block.prior.a, block.prior.b, len(block.channels))
                point[block.where] = np.log(share / (1 - share))
        return point

    def effects(self, point: Array) -> Effects:
        """Return the scaled media effects at a point.

        Parameters
        ----------
        point : ndarray, shape (size,)
            Unconstrained coordinates.
        """
        logs = self._log_median + self._unit * point
        return self._effects(point, self._media.curves_at(logs))

    def __call__(self, point: Array) -> tuple[float, Array]:
        """Return the log density and its gradient.

        Parameters
        ----------
        point : ndarray, shape (size,)
            Unconstrained coordinates, ROIs tilted; beyond any sensible range the density is zero.
        """
        if not point @ point < LIMIT**2:
            return -np.inf, np.zeros(self.size)
        gradient = np.empty(self.size)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            density = self._density(point, gradient)
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
        for point in flat:
            logs = self._log_median + self._unit * point
            point[self.roi] -= self.tilt * self._variation(self._media.curves_at(logs))[0]
        return flat.reshape(points.shape)

    def _variation(self, curves: Array) -> tuple[Array, Array]:
        """Return the log variation of each curve against usual, and its slope by the curve."""
        own = curves[: len(self.tilt)]
        mean = own @ self._equal
        away = own - mean[:, np.newaxis]
        variance = (away * away) @ self._equal + FLOOR * mean * mean
        slope = away / variance[:, np.newaxis] - (1 / mean)[:, np.newaxis]
        log_variation = 0.5 * np.log(variance) - np.log(mean) - self._usual_variation
        return log_variation, slope / own.shape[1]

    # -- prior ----------------------------------------------------------------------------

    def _prior(self, point: Array, gradient: Array) -> float:
        """Fill the gradient of the prior and return its log density."""
        priors = self.task.priors
        normal = self._normal * point
        gradient[:] = -normal
        center_sd, spread_sd = priors.media_share.sd, priors.roi_spread.sd
        spread = priors.roi_spread.median * math.exp(spread_sd * point[1])
        width = self._pooled * spread + self._alone
        scaled = (point[self.roi] - self._pooled * (center_sd * point[0])) / width
        pooled = self._pooled * scaled
        gradient[self.roi] = -scaled / width
        gradient[0] += center_sd / spread * float(pooled.sum())
        gradient[1] += spread_sd * (float(pooled @ pooled) - self._n_pooled)
        density = -0.5 * float(normal @ point + scaled @ scaled)
        density -= self._n_pooled * math.log(spread)
        for block in self.blocks:
            if isinstance(block.prior, Beta):
                log_prior, gradient[block.where] = block.log_prior(point)
                density += log_prior
        return float(density)

    def _effects(self, point: Array, curves: Array) -> Effects:
        task = self.task
        revenue = np.exp(point[self.roi]) * self._usual_revenue
        own = curves[: len(revenue)]
        area = own @ task.value  # positive: adstocked media never falls below the floor
        beta = revenue / area
        media = beta @ own
        gamma, slope, joint_area = np.empty((3, len(task.pairs)))
        for k, (i, j) in enumerate(task.pairs):
            product = curves[i] * curves[j]
            joint_area[k] = float(product @ task.value)
            unit = task.priors.synergy * math.sqrt(revenue[i] * revenue[j]) / joint_area[k]
            share, by_coordinate = half_normal(point[self.synergy.start + k])
            gamma[k], slope[k] = unit * share, unit * by_coordinate
            media = media + gamma[k] * product
        residual = task.kpi - media + task.basis @ (media @ task.basis)
        return Effects(curves, beta, gamma, slope, area, joint_area, residual)

    # -- likelihood -----------------------------------------------------------------------

    def _density(self, tilted: Array, gradient: Array) -> float:
        """Fill the gradient and return the log density."""
        logs = self._log_median + self._unit * tilted
        pressure = self._media.pressure(logs)
        curves, elasticity, log_ratio = self._media.curves(logs, pressure.level)
        variation, variation_slope = self._variation(curves)
        point = tilted.copy()
        point[self.roi] -= self.tilt * variation
        density = self._prior(point, gradient)
        effects = self._effects(point, curves)
        likelihood, back = self._likelihood(effects, gradient)
        back[: len(variation)] -= (self.tilt * gradient[self.roi])[:, np.newaxis] * variation_slope
        self._media.add_slopes(back * elasticity, log_ratio, pressure, gradient)
        return density + likelihood

    def _likelihood(self, effects: Effects, gradient: Array) -> tuple[float, Array]:
        """Add the gradient by the sizes; return the log likelihood and its slope by the curves."""
        task, curves = self.task, effects.curves
        total = float(effects.residual @ effects.residual) + self._noise
        density = -self._freedom / 2 * math.log(total)
        pull = (self._freedom / total) * effects.residual  # slope by the media effect of each week
        push = curves[: len(effects.beta)] @ pull  # slope by beta
        joint_push = np.array([curves[i] * curves[j] @ pull for i, j in task.pairs])
        back = effects.beta[:, np.newaxis] * pull  # slope by the curves
        if task.tests:
            back = np.concatenate([back, np.zeros((len(task.tests), len(pull)))])
        for k, (i, j) in enumerate(task.pairs):
            back[i] += effects.gamma[k] * pull * curves[j]
            back[j] += effects.gamma[k] * pull * curves[i]
        for k in range(len(task.tests)):
            density += self._lift_test(k, effects, push, joint_push, back)
        self._through_sizes(effects, push, joint_push, back, gradient)
        return float(density), back

    def _lift_test(
        self, k: int, effects: Effects, push: Array, joint_push: Array, back: Array
    ) -> float:
        """Add one lift test to the slopes and return its log likelihood."""
        test, curves = self.task.tests[k], effects.curves
        c, without = test.channel, len(effects.beta) + k
        gain = (curves[c] - curves[without]) * test.weeks
        strength = effects.beta[c] * test.weeks
        for p, pair in enumerate(self.task.pairs):
            if c in pair:
                partner = curves[pair[1] if c == pair[0] else pair[0]]
                strength = strength + effects.gamma[p] * partner * test.weeks
        miss = (test.lift - float(strength @ (curves[c] - curves[without]))) / test.error
        slope = miss / test.error
        push[c] += slope * gain.sum()
        back[c] += slope * strength
        back[without] -= slope * strength
        for p, pair in enumerate(self.task.pairs):
            if c in pair:
                other = pair[1] if c == pair[0] else pair[0]
                joint_push[p] += slope * float(gain @ curves[other])
                back[other] += slope * effects.gamma[p] * gain
        return -0.5 * miss**2

    def _through_sizes(
        self, effects: Effects, push: Array, joint_push: Array, back: Array, gradient: Array
    ) -> None:
        """Carry the slopes by beta and gamma to the ROIs, the synergies and the curves."""
        value, curves = self.task.value, effects.curves
        gradient[self.roi] += effects.beta * push
        back[: len(push)] -= (effects.beta * push / effects.area)[:, np.newaxis] * value
        for k, (i, j) in enumerate(self.task.pairs):
            amount = effects.gamma[k] * joint_push[k]
            gradient[self.synergy.start + k] += effects.gamma_slope[k] * joint_push[k]
            gradient[self.roi.start + i] += amount / 2
            gradient[self.roi.start + j] += amount / 2
            back[i] -= amount / effects.joint_area[k] * value * curves[j]
            back[j] -= amount / effects.joint_area[k] * value * curves[i]


def adapted_posterior(task: Task) -> Posterior:
    """Return the posterior in coordinates that suit the data.

    Parameters
    ----------
    task : Task
        The scaled data.

    Notes
    -----
    Where the weeks say much about a channel its ROI coordinate is tilted, where the prior speaks
    it is not: the tilt is the share of the curvature at the mode that is due to the data.
    """
    blank = Posterior(task)
    mode, scale = laplace(blank, blank.size)
    curvature = np.diag(np.linalg.inv(scale @ scale.T))[blank.roi]
    of_the_prior = 1 / blank.roi_width(mode) ** 2
    return Posterior(task, np.clip(1 - of_the_prior / curvature, 0.0, 1.0))
