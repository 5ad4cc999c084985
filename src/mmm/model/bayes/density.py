"""The log density, its gradient and the media effects, compiled by numba.

Small functions over plain arrays: forward along each row (weights, adstock, curve), then sizes,
residual and likelihood, then the same way back. Loops, not array expressions: those compile
slowly and each makes a new array. Importing this module imports numba, so it is imported where a
posterior is made. It is longer than a module should be, on purpose: numba's cache notices a change
of the file of the function that is called, not of another, so all compiled functions stand here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mmm.arrays import Array
from mmm.model.bayes.arrays import (
    Arrays,
    FlexibleTables,
    MediaTables,
    PriorTables,
    RegionTables,
    TestTables,
    number_of,
)
from mmm.study.forms import ADSTOCKS, SATURATIONS

Index = NDArray[np.int64]
Function = TypeVar("Function", bound=Callable[..., Any])

#: Forms by number; the adstock that is none of these is geometric, the curve a straight line.
NO_CARRYOVER, DELAYED, WEIBULL = (number_of(ADSTOCKS[k]) for k in ("none", "delayed", "weibull"))
HILL, LOGISTIC, LOG = (number_of(SATURATIONS[k]) for k in ("hill", "logistic", "log"))
#: Adstocked media below this multiple of the mean count as none.
FLOOR = 1e-12


def _compiled(function: Function) -> Function:
    """Compile on first use; keep the machine code on disk where a folder can be written."""
    try:
        compiled: Any = njit(cache=True, error_model="numpy")(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        compiled = njit(error_model="numpy")(function)
    return cast(Function, compiled)


@_compiled
def _dot(a: Array, b: Array) -> float:
    """Return the sum of products; four sums at a time, which a processor adds up at once."""
    one = two = three = four = 0.0
    whole = len(a) // 4 * 4
    for t in range(0, whole, 4):
        one += a[t] * b[t]
        two += a[t + 1] * b[t + 1]
        three += a[t + 2] * b[t + 2]
        four += a[t + 3] * b[t + 3]
    for t in range(whole, len(a)):
        one += a[t] * b[t]
    return (one + two) + (three + four)


@_compiled
def _add(total: Array, factor: float, a: Array) -> None:
    """Add a multiple of an array to another."""
    for t in range(len(total)):
        total[t] += factor * a[t]


@_compiled
def _product(a: Array, b: Array) -> Array:
    """Return the product of two arrays."""
    found = np.empty(len(a))
    for t in range(len(a)):
        found[t] = a[t] * b[t]
    return found


# -- media ----------------------------------------------------------------------------------


@_compiled
def lag_weights(
    kind: int, first: float, second: float, last: int, weights: Array, slopes: Array
) -> None:
    """Fill in lag weights that sum to one, and the slopes of the log weights.

    Parameters
    ----------
    weights : ndarray, shape (n_lags,)
        Filled; zero after the last lag.
    slopes : ndarray, shape (2, n_lags)
        Filled up to the last lag: by `first` and `second`, up to a constant per row.
    """
    for lag in range(len(weights)):
        weights[lag] = 0.0
    if kind == NO_CARRYOVER:
        weights[0] = 1.0
        return
    if kind == WEIBULL:
        shape = math.exp(first)
        rest = shape - 1
        for lag in range(last + 1):
            log_ratio = math.log1p(lag) - second
            powered = min(shape * log_ratio, 300.0)  # no weight is left there: stay finite
            power = math.exp(powered)
            weights[lag] = rest * log_ratio - power
            slopes[0, lag] = powered * (1 - power)
            slopes[1, lag] = shape * power - rest
    else:
        decay, lost = -math.log1p(math.exp(-first)), 1 / (1 + math.exp(first))
        peak = math.exp(second) if kind == DELAYED else 0.0
        for lag in range(last + 1):
            distance = abs(lag - peak)
            weights[lag] = distance * decay
            slopes[0, lag] = distance * lost
            slopes[1, lag] = ((lag < peak) - (lag > peak)) * decay * peak
    _to_one(weights, last)


@_compiled
def _to_one(weights: Array, last: int) -> None:
    """Turn log weights into weights that sum to one."""
    top, total = weights[0], 0.0
    for lag in range(1, last + 1):
        top = max(top, weights[lag])
    for lag in range(last + 1):
        weights[lag] = math.exp(weights[lag] - top)
        total += weights[lag]
    for lag in range(last + 1):
        weights[lag] /= total


@_compiled
def curve_and_elasticity(
    kind: int, log_ratio: Array, slope: float, curve: Array, elasticity: Array
) -> None:
    """Fill in the saturated share and its change per relative change in pressure.

    Parameters
    ----------
    log_ratio : ndarray, shape (n_weeks,)
        Log of adstocked media over half-saturation (over one where there is none).
    curve : ndarray, shape (n_weeks,)
        Filled: f(a).
    elasticity : ndarray, shape (n_weeks,)
        Filled: a f'(a).
    """
    rate = math.log(3.0) / 2
    for t in range(len(log_ratio)):
        if kind == HILL:
            curve[t] = 1 / (1 + math.exp(-slope * log_ratio[t]))
            elasticity[t] = slope * curve[t] * (1 - curve[t])
            continue
        ratio = math.exp(log_ratio[t])
        if kind == LOGISTIC:
            curve[t] = math.tanh(rate * ratio)
            elasticity[t] = rate * ratio * (1 - curve[t] ** 2)
        elif kind == LOG:
            curve[t] = math.log1p(ratio)
            elasticity[t] = ratio / (1 + ratio)
        else:
            curve[t] = elasticity[t] = ratio


@_compiled
def _log_of(position: int, point: Array, m: MediaTables) -> float:
    """Return the log (or logit) of a curve parameter; zero where the form does not have it."""
    return m.log_median[position] + m.unit[position] * point[position] if position >= 0 else 0.0


@_compiled
def _forward(point: Array, m: MediaTables) -> tuple[Array, Array, Array, Array]:
    """Return weights, their slopes, pressure, (curves, elasticities, log ratios) by row."""
    n_rows, n_lags, n_weeks = m.lags.shape
    weights, slopes = np.empty((n_rows, n_lags)), np.empty((n_rows, 2, n_lags))
    level, shaped = np.empty((n_rows, n_weeks)), np.empty((3, n_rows, n_weeks))
    for row in range(n_rows):
        c = m.owner[row]
        first, second = _log_of(m.where[c, 0], point, m), _log_of(m.where[c, 1], point, m)
        half, slope = _log_of(m.where[c, 2], point, m), _log_of(m.where[c, 3], point, m)
        lag_weights(m.adstock[c], first, second, m.last[c], weights[row], slopes[row])
        for t in range(n_weeks):
            level[row, t] = FLOOR
        for lag in range(m.last[c] + 1):
            _add(level[row], weights[row, lag], m.lags[row, lag])
        for t in range(n_weeks):
            shaped[2, row, t] = math.log(level[row, t]) - half
        curve_and_elasticity(
            m.saturation[c], shaped[2, row], math.exp(slope), shaped[0, row], shaped[1, row]
        )
    return weights, slopes, level, shaped


@_compiled
def _backward(
    back: Array, forward: tuple[Array, Array, Array, Array], gradient: Array, m: MediaTables
) -> None:
    """Carry the slopes by the curves to the curve parameters."""
    weights, slopes, level, shaped = forward
    relative, by_level = np.empty(level.shape[1]), np.empty(level.shape[1])
    for row in range(len(level)):
        c, total = m.owner[row], 0.0
        for t in range(len(relative)):
            relative[t] = back[row, t] * shaped[1, row, t]
            by_level[t] = relative[t] / level[row, t]
            total += relative[t]
        half, slope = m.where[c, 2], m.where[c, 3]
        if half >= 0:
            gradient[half] -= m.unit[half] * total
        if slope >= 0:
            gradient[slope] += m.unit[slope] * _dot(relative, shaped[2, row])
        if m.where[c, 0] >= 0:
            _through_weights(row, by_level, weights[row], slopes[row], gradient, m)


@_compiled
def _through_weights(
    row: int, by_level: Array, weights: Array, slopes: Array, gradient: Array, m: MediaTables
) -> None:
    """Carry the slopes by the pressure of one row to its carryover parameters."""
    c, by_weight, mean = m.owner[row], np.zeros(len(weights)), 0.0
    for lag in range(m.last[c] + 1):
        by_weight[lag] = _dot(by_level, m.lags[row, lag])
        mean += weights[lag] * by_weight[lag]
    for k in range(2):
        position = m.where[c, k]
        if position >= 0:
            for lag in range(m.last[c] + 1):
                pull = weights[lag] * (by_weight[lag] - mean)
                gradient[position] += m.unit[position] * pull * slopes[k, lag]


@_compiled
def _variation(curve: Array) -> tuple[float, float, float]:
    """Return the log of standard deviation over mean, the mean and the variance of a curve."""
    mean = variance = 0.0
    for t in range(len(curve)):
        mean += curve[t]
    mean /= len(curve)
    for t in range(len(curve)):
        variance += (curve[t] - mean) ** 2
    variance = variance / len(curve) + FLOOR * mean * mean
    return 0.5 * math.log(variance) - math.log(mean), mean, variance


@_compiled
def log_variations(points: Array, n_channels: int, m: MediaTables) -> Array:
    """Return the log variation of each channel's curve, shape (n_points, n_channels).

    Parameters
    ----------
    points : ndarray, shape (n_points, size)
        Unconstrained coordinates; those of the sizes do not matter.

    Notes
    -----
    Log of standard deviation over mean.
    """
    found = np.empty((len(points), n_channels))
    for k in range(len(points)):
        shaped = _forward(points[k], m)[3]
        for c in range(n_channels):
            found[k, c] = _variation(shaped[0, c])[0]
    return found


# -- regions --------------------------------------------------------------------------------


@_compiled
def whiten(values: Array, r: RegionTables) -> Array:
    """Return rows of regions and weeks with noise that is independent and alike.

    Parameters
    ----------
    values : ndarray, shape (n_rows,)
        KPI units of the regions.
    """
    found = np.empty(len(values))
    for t in range(len(values)):
        found[t] = r.weight[t] * values[t]
    fresh = math.sqrt(1 - r.rho * r.rho)
    for t in range(len(values) - 1, -1, -1):
        if r.restart[t]:
            found[t] *= fresh
        else:
            found[t] -= r.rho * found[t - 1]
    _less_weeks(found, r)
    return found


@_compiled
def _less_weeks(values: Array, r: RegionTables) -> None:
    """Take out of each week the share of its common movement that the week effects explain."""
    common = np.zeros(len(r.taken))
    for t in range(len(values)):
        common[r.week[t]] += r.pattern[t] * values[t]
    for t in range(len(values)):
        values[t] -= r.taken[r.week[t]] * r.pattern[t] * common[r.week[t]]


@_compiled
def _unwhiten(slopes: Array, r: RegionTables) -> None:
    """Carry slopes by whitened rows back to the rows: the transpose of :func:`whiten`."""
    _less_weeks(slopes, r)
    fresh, n = math.sqrt(1 - r.rho * r.rho), len(slopes)
    for t in range(n):
        if r.restart[t]:
            slopes[t] *= fresh
        if t + 1 < n and not r.restart[t + 1]:
            slopes[t] -= r.rho * slopes[t + 1]
    for t in range(n):
        slopes[t] *= r.weight[t]


@_compiled
def region_effects(point: Array, n_channels: int, m: MediaTables, r: RegionTables) -> Array:
    """Return the factor on each channel's effect in each region, shape (n_channels, n_regions).

    Parameters
    ----------
    point : ndarray, shape (size,)
        Unconstrained coordinates.
    """
    spread, found = math.exp(_log_of(r.spread, point, m)), np.empty((n_channels, r.n_regions))
    for c in range(n_channels):
        for region in range(r.n_regions):
            at = r.spread + 1 + c * r.n_regions + region
            found[c, region] = math.exp(spread * point[at])
    return found


@_compiled
def _local(point: Array, curves: Array, n_channels: int, m: MediaTables, r: RegionTables) -> Array:
    """Return the shares of each row times the heads and the factor of its region."""
    if r.n_regions == 0:
        return curves
    effect, found = region_effects(point, n_channels, m, r), np.empty(curves.shape)
    for row in range(len(curves)):
        c = m.owner[row]
        for t in range(curves.shape[1]):
            found[row, t] = curves[row, t] * r.heads[t] * effect[c, r.region[t]]
    return found


@_compiled
def _through_regions(point: Array, local: Array, back: Array, gradient: Array, d: Arrays) -> None:
    """Carry the slopes by the rows' shares to the regions' factors and to the curves."""
    r, m, n_channels = d.regions, d.media, len(d.tilt)
    if r.n_regions == 0:
        return
    effect, pull = region_effects(point, n_channels, m, r), np.zeros((n_channels, r.n_regions))
    for row in range(len(local)):
        c = m.owner[row]
        for t in range(local.shape[1]):
            pull[c, r.region[t]] += back[row, t] * local[row, t]
            back[row, t] *= r.heads[t] * effect[c, r.region[t]]
    spread = math.exp(_log_of(r.spread, point, m))
    for c in range(n_channels):
        for region in range(r.n_regions):
            at = r.spread + 1 + c * r.n_regions + region
            gradient[at] += spread * pull[c, region]
            gradient[r.spread] += m.unit[r.spread] * spread * point[at] * pull[c, region]


# -- prior ----------------------------------------------------------------------------------


@_compiled
def roi_width(point: Array, p: PriorTables) -> Array:
    """Return the prior standard deviation of each log ROI, given the pool's spread.

    Parameters
    ----------
    point : ndarray, shape (size,)
        Unconstrained coordinates.
    """
    spread, width = p.spread_median * math.exp(p.spread_sd * point[1]), np.empty(len(p.alone))
    for c in range(len(width)):
        width[c] = p.pooled[c] * spread + p.alone[c]
    return width


@_compiled
def log_prior(point: Array, gradient: Array, p: PriorTables) -> float:
    """Return the log density of the prior.

    Parameters
    ----------
    point : ndarray, shape (size,)
        Unconstrained coordinates.
    gradient : ndarray, shape (size,)
        Filled.
    """
    width, density = roi_width(point, p), 0.0
    for k in range(len(point)):
        a, b = p.beta[k, 0], p.beta[k, 1]
        if a > 0:
            odds = math.exp(-point[k])
            density -= b * point[k] + (a + b) * math.log1p(odds)
            gradient[k] = a - (a + b) / (1 + odds)
        elif k < 2 or k >= 2 + len(width):
            density -= 0.5 * point[k] ** 2
            gradient[k] = -point[k]
    for c in range(len(width)):
        scaled = (point[2 + c] - p.pooled[c] * p.center_sd * point[0]) / width[c]
        density -= 0.5 * scaled**2
        gradient[2 + c] = -scaled / width[c]
        if p.pooled[c] > 0:
            density -= math.log(width[c])
            gradient[0] += p.center_sd * scaled / width[c]
            gradient[1] += p.spread_sd * (scaled**2 - 1)
    return density


@_compiled
def half_normal(z: float) -> tuple[float, float]:
    """Return the half-normal quantile at a standard normal coordinate, and its slope.

    Notes
    -----
    In these coordinates "no synergy at all" lies one smooth step away; the logarithm of the
    synergy has a long flat tail there, in which chains get stuck. The quantile is the root of
    log erfc(x) = log(erfc(z / sqrt 2) / 2), which is concave: Newton's method cannot fail.
    """
    goal = math.erfc(z / math.sqrt(2.0)) / 2
    if goal == 0:
        return math.inf, math.inf
    x, step = max(z, 0.0) / math.sqrt(2.0), 1.0
    while abs(step) > 1e-14 * (1 + x):
        tail = math.erfc(x)
        step = math.log(tail / goal) * tail * math.exp(x * x) * math.sqrt(math.pi) / 2
        x += step
    share = x * math.sqrt(2.0)
    return share, math.exp((share * share - z * z) / 2) / 2


# -- likelihood -----------------------------------------------------------------------------


@_compiled
def _sizes(point: Array, curves: Array, d: Arrays) -> tuple[Array, Array, Array]:
    """Return (beta, area), (gamma, its slope, joint area), and the media effect of each week."""
    n_channels, n_pairs = len(d.tilt), len(d.pairs)
    main, joint, media = np.empty((2, n_channels)), np.empty((3, n_pairs)), np.zeros(len(d.kpi))
    for c in range(n_channels):
        revenue = math.exp(point[2 + c]) * d.usual_revenue[c]
        main[1, c] = _dot(curves[c], d.value)  # positive: pressure never falls below the floor
        main[0, c] = revenue / main[1, c]
        _add(media, main[0, c], curves[c])
    for k in range(n_pairs):
        i, j = d.pairs[k, 0], d.pairs[k, 1]
        product = _product(curves[i], curves[j])
        joint[2, k] = _dot(product, d.value)
        revenue = math.sqrt(main[0, i] * main[1, i] * main[0, j] * main[1, j])
        share, slope = half_normal(point[2 + n_channels + k])
        joint[0, k] = d.synergy * revenue / joint[2, k] * share
        joint[1, k] = d.synergy * revenue / joint[2, k] * slope
        _add(media, joint[0, k], product)
    return main, joint, media


@_compiled
def _residual(effect: Array, kpi: Array, basis: Array, regions: RegionTables) -> Array:
    """Return what baseline and media leave unexplained."""
    residual, media = kpi.copy(), effect
    if regions.n_regions:
        media = whiten(effect, regions)
    _add(residual, -1.0, media)
    for k in range(len(basis)):
        _add(residual, _dot(basis[k], media), basis[k])
    return residual


@_compiled
def _inverse_root(matrix: Array) -> tuple[Array, float]:
    """Return X, upper triangular, with X X' the inverse of a matrix, and the log of its root.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        Symmetric and positive definite; overwritten.

    Returns
    -------
    inverse : ndarray, shape (n, n)
        X.
    log_root : float
        Half the log determinant of the matrix.

    Notes
    -----
    Cholesky's R'R, then X = R^-1 from the last row up; every inner loop runs along a row.
    """
    n, inverse, log_root = len(matrix), np.zeros(matrix.shape), 0.0
    for k in range(n):
        root = math.sqrt(matrix[k, k])
        log_root += math.log(root)
        for j in range(k, n):
            matrix[k, j] /= root
        for i in range(k + 1, n):
            factor = matrix[k, i]
            for j in range(i, n):
                matrix[i, j] -= factor * matrix[k, j]
    for i in range(n - 1, -1, -1):
        inverse[i, i] = 1.0
        for k in range(i + 1, n):
            factor = matrix[i, k]
            for j in range(k, n):
                inverse[i, j] -= factor * inverse[k, j]
        for j in range(i, n):
            inverse[i, j] /= matrix[i, i]
    return inverse, log_root


@_compiled
def _shrink(
    point: Array, residual: Array, fitted: Array, told: Array, m: MediaTables, f: FlexibleTables
) -> tuple[float, float]:
    r"""Take out of a residual what the flexible components explain.

    Parameters
    ----------
    residual : ndarray, shape (n_weeks,)
        What the regular baseline and media leave; what the components explain is taken out.
    fitted : ndarray, shape (n_columns,)
        Filled: posterior mean of the coefficients, in multiples of their standard deviation.
    told : ndarray, shape (n_columns,)
        Filled: share of each coefficient's prior variance that the weeks take away.

    Returns
    -------
    less : float
        What the components take off the sum of squares.
    log_evidence : float
        Minus half the log determinant of :math:`I + D Z'Z D`.

    Notes
    -----
    With coefficients :math:`b \sim N(0, \sigma^2 D^2)`, D diagonal, and :math:`c = Z'r`, the sum
    of squares is :math:`r'r - c'D M^{-1} D c` with :math:`M = I + D Z'Z D`. Its derivative by the
    logarithm of one standard deviation is :math:`-2 e_j^2`, :math:`e = M^{-1} D c`, and that of
    the log determinant :math:`2 (1 - M^{-1}_{jj})`.
    """
    n = len(f.where)
    sd, pulled, matrix = np.empty(n), np.empty(n), np.empty((n, n))
    for j in range(n):
        sd[j] = math.exp(_log_of(f.where[j], point, m))
        pulled[j] = sd[j] * _dot(f.columns[j], residual)
    for i in range(n):
        for j in range(n):
            matrix[i, j] = sd[i] * f.gram[i, j] * sd[j]
        matrix[i, i] += 1.0
    root, log_root = _inverse_root(matrix)
    half = np.zeros(n)
    for i in range(n):
        _add(half, pulled[i], root[i])
    for i in range(n):
        fitted[i] = _dot(root[i], half)
        told[i] = 1.0 - _dot(root[i], root[i])
        _add(residual, -sd[i] * fitted[i], f.columns[i])
    return _dot(half, half), -log_root


@_compiled
def effects(point: Array, d: Arrays) -> tuple[Array, Array, Array, Array]:
    """Return the media effects at a point.

    Parameters
    ----------
    point : ndarray, shape (size,)
        Unconstrained coordinates.

    Returns
    -------
    curves : ndarray, shape (n_rows, n_weeks)
        Saturated shares; with regions times the heads and the factor of each row's region.
    beta : ndarray, shape (n_channels,)
        KPI at full saturation.
    gamma : ndarray, shape (n_pairs,)
        KPI when both curves of a pair are at one.
    residual : ndarray, shape (n_weeks,)
        What baseline and media leave unexplained.
    """
    curves = _forward(point, d.media)[3][0]
    curves = _local(point, curves, len(d.tilt), d.media, d.regions)
    main, joint, media = _sizes(point, curves, d)
    return curves, main[0], joint[0], _residual(media, d.kpi, d.basis, d.regions)


@_compiled
def log_density(tilted: Array, gradient: Array, d: Arrays) -> float:
    """Return the log density.

    Parameters
    ----------
    tilted : ndarray, shape (size,)
        Unconstrained coordinates, ROIs tilted.
    gradient : ndarray, shape (size,)
        Filled.
    """
    forward, point = _forward(tilted, d.media), tilted.copy()
    curves, n_weeks = forward[3][0], len(d.kpi)
    spread = np.empty((len(d.tilt), 2))
    for c in range(len(d.tilt)):
        variation, spread[c, 0], spread[c, 1] = _variation(curves[c])
        point[2 + c] -= d.tilt[c] * (variation - d.usual_variation[c])
    density = log_prior(point, gradient, d.prior)
    back = np.zeros(curves.shape)  # slope by the curves
    local = _local(point, curves, len(d.tilt), d.media, d.regions)
    density += _likelihood(point, local, back, gradient, d)
    _through_regions(point, local, back, gradient, d)
    for c in range(len(d.tilt)):
        pull, mean = d.tilt[c] * gradient[2 + c] / n_weeks, spread[c, 0]
        for t in range(n_weeks):
            back[c, t] -= pull * ((curves[c, t] - mean) / spread[c, 1] - 1 / mean)
    _backward(back, forward, gradient, d.media)
    return density


@_compiled
def _likelihood(point: Array, curves: Array, back: Array, gradient: Array, d: Arrays) -> float:
    """Add to the slopes by curves and sizes; return the log likelihood."""
    main, joint, media = _sizes(point, curves, d)
    pull = _residual(media, d.kpi, d.basis, d.regions)
    total, density = _dot(pull, pull) + d.noise_sum, 0.0
    if len(d.flexible.where):
        fitted, told = np.empty(len(d.flexible.where)), np.empty(len(d.flexible.where))
        less, density = _shrink(point, pull, fitted, told, d.media, d.flexible)
        total -= less
        for j in range(len(fitted)):
            k = d.flexible.where[j]
            gradient[k] += d.media.unit[k] * (d.freedom / total * fitted[j] ** 2 - told[j])
    for t in range(len(pull)):
        pull[t] *= d.freedom / total  # slope by the media effect of each week
    if d.regions.n_regions:
        _unwhiten(pull, d.regions)
    push, joint_push = np.empty(len(d.tilt)), np.empty(len(d.pairs))  # by beta, gamma
    for c in range(len(push)):
        push[c] = _dot(curves[c], pull)
        _add(back[c], main[0, c], pull)
    for k in range(len(joint_push)):
        i, j = d.pairs[k, 0], d.pairs[k, 1]
        by_other = _product(curves[j], pull)
        joint_push[k] = _dot(curves[i], by_other)
        _add(back[i], joint[0, k], by_other)
        _add(back[j], joint[0, k], _product(curves[i], pull))
    density -= d.freedom / 2 * math.log(total)
    for k in range(len(d.tests.channel)):
        density += _lift_test(
            k, curves, main[0], joint[0], push, joint_push, back, d.pairs, d.tests
        )
    _through_sizes(curves, main, joint, push, joint_push, back, gradient, d.value, d.pairs)
    return density


@_compiled
def _lift_test(
    k: int,
    curves: Array,
    beta: Array,
    gamma: Array,
    push: Array,
    joint_push: Array,
    back: Array,
    pairs: Index,
    tests: TestTables,
) -> float:
    """Add one lift test to the slopes and return its log likelihood."""
    c, without, weeks = tests.channel[k], len(beta) + k, tests.weeks[k]
    gain, strength = _product(curves[c], weeks), np.zeros(len(weeks))
    _add(gain, -1.0, _product(curves[without], weeks))
    _add(strength, beta[c], weeks)
    for p in range(len(gamma)):
        if c == pairs[p, 0] or c == pairs[p, 1]:
            other = pairs[p, 0] + pairs[p, 1] - c
            _add(strength, gamma[p], _product(curves[other], weeks))
    lift = _dot(strength, curves[c]) - _dot(strength, curves[without])
    miss = (tests.lift[k] - lift) / tests.error[k]
    slope = miss / tests.error[k]
    push[c] += slope * _dot(gain, weeks)
    _add(back[c], slope, strength)
    _add(back[without], -slope, strength)
    for p in range(len(gamma)):
        if c == pairs[p, 0] or c == pairs[p, 1]:
            other = pairs[p, 0] + pairs[p, 1] - c
            joint_push[p] += slope * _dot(gain, curves[other])
            _add(back[other], slope * gamma[p], gain)
    return -0.5 * miss**2


@_compiled
def _through_sizes(
    curves: Array,
    main: Array,
    joint: Array,
    push: Array,
    joint_push: Array,
    back: Array,
    gradient: Array,
    value: Array,
    pairs: Index,
) -> None:
    """Carry the slopes by beta and gamma to the ROIs, the synergies and the curves."""
    for c in range(len(push)):
        amount = main[0, c] * push[c]
        gradient[2 + c] += amount
        _add(back[c], -amount / main[1, c], value)
    for k in range(len(joint_push)):
        i, j = pairs[k, 0], pairs[k, 1]
        amount = joint[0, k] * joint_push[k]
        gradient[2 + len(push) + k] += joint[1, k] * joint_push[k]
        gradient[2 + i] += amount / 2
        gradient[2 + j] += amount / 2
        _add(back[i], -amount / joint[2, k], _product(value, curves[j]))
        _add(back[j], -amount / joint[2, k], _product(value, curves[i]))
