"""Adstock and saturation: pure functions, arrays in, arrays out, with the slope of each curve.

Parameters may carry a leading draws axis: weights of shape ``(n_draws, max_lag + 1)`` turn a
series of shape ``(n_weeks,)`` into ``(n_draws, n_weeks)``. Nothing here knows about channels,
studies or money.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from mmm.arrays import Array
from mmm.study.forms import NONE

Formula = TypeVar("Formula")


def _normalized(weights: Array) -> Array:
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _column(parameter: ArrayLike) -> Array:
    return np.asarray(parameter, dtype=float)[..., np.newaxis]


def geometric_weights(retention: ArrayLike, *, max_lag: int) -> Array:
    r"""Weigh lags by geometric decay, scaled to sum to one.

    Parameters
    ----------
    retention : array_like, shape (...)
        Share of the effect kept from one week to the next, in [0, 1).
    max_lag : int
        Last lag with an effect, in weeks; there are ``max_lag + 1`` weights.

    Returns
    -------
    ndarray, shape (..., max_lag + 1)
        Weights of lag 0, 1, ..., `max_lag`.

    Raises
    ------
    ValueError
        If `retention` leaves [0, 1) or `max_lag` is negative.

    Notes
    -----
    :math:`w_l \propto \alpha^l` (Jin et al. 2017, Bayesian Methods for Media Mix Modeling with
    Carryover and Shape Effects, Google Inc.).

    Examples
    --------
    >>> geometric_weights(0.5, max_lag=2) * 7
    array([4., 2., 1.])
    """
    share = _column(retention)
    if max_lag < 0 or not np.all((share >= 0) & (share < 1)):
        raise ValueError(f"need max_lag >= 0 and retention in [0, 1), got {max_lag}, {share}.")
    return _normalized(share ** np.arange(max_lag + 1))


def delayed_weights(retention: ArrayLike, peak_delay: ArrayLike, *, max_lag: int) -> Array:
    r"""Weigh lags by decay on both sides of a delayed peak, scaled to sum to one.

    Parameters
    ----------
    retention : array_like, shape (...)
        Share kept per week of distance from the peak, in [0, 1).
    peak_delay : array_like, shape (...)
        Weeks between spend and its strongest effect, at least 0.
    max_lag : int
        Last lag with an effect, in weeks.

    Returns
    -------
    ndarray, shape (..., max_lag + 1)
        Weights of lag 0, 1, ..., `max_lag`.

    Raises
    ------
    ValueError
        If `retention` leaves [0, 1), `peak_delay` or `max_lag` is negative.

    Notes
    -----
    :math:`w_l \propto \alpha^{|l - \theta|}`.

    Examples
    --------
    >>> delayed_weights(0.5, 1, max_lag=2) * 4
    array([1., 2., 1.])
    """
    share, peak = _column(retention), _column(peak_delay)
    if max_lag < 0 or not np.all((share >= 0) & (share < 1) & (peak >= 0)):
        raise ValueError("need max_lag >= 0, retention in [0, 1) and peak_delay >= 0.")
    distance = np.abs(np.arange(max_lag + 1) - peak)
    nearest = distance.min(axis=-1, keepdims=True)  # keeps a far peak from underflowing
    return _normalized(share ** (distance - nearest))


def weibull_weights(shape: ArrayLike, scale: ArrayLike, *, max_lag: int) -> Array:
    r"""Weigh lags by a Weibull density, scaled to sum to one.

    Parameters
    ----------
    shape : array_like, shape (...)
        Above 1 the effect peaks after the spend; positive.
    scale : array_like, shape (...)
        Stretches the weights over time, in weeks; positive.
    max_lag : int
        Last lag with an effect, in weeks.

    Returns
    -------
    ndarray, shape (..., max_lag + 1)
        Weights of lag 0, 1, ..., `max_lag`.

    Raises
    ------
    ValueError
        If a parameter is not positive or `max_lag` is negative.

    Notes
    -----
    :math:`w_l \propto \frac{k}{\lambda} \left(\frac{u}{\lambda}\right)^{k-1}
    e^{-(u/\lambda)^k}` at :math:`u = l + 1`.

    Examples
    --------
    >>> weibull_weights(2.0, 3.0, max_lag=3).argmax()
    np.int64(1)
    """
    power, stretch = _column(shape), _column(scale)
    if max_lag < 0 or not np.all((power > 0) & (stretch > 0)):
        raise ValueError("need max_lag >= 0 and a positive shape and scale.")
    log_ratio = np.log(np.arange(1, max_lag + 2) / stretch)
    log_weights = (power - 1) * log_ratio - np.exp(power * log_ratio)
    return _normalized(np.exp(log_weights - log_weights.max(axis=-1, keepdims=True)))


def no_carryover(*, max_lag: int) -> Array:  # noqa: ARG001
    """Return the one weight of media that work in their own week only."""
    return np.ones(1)


#: Lag weights by the name of the adstock: functions of its parameters and of `max_lag`.
WEIGHTS: dict[str, Callable[..., Array]] = {
    "geometric": geometric_weights,
    "delayed": delayed_weights,
    "weibull": weibull_weights,
    NONE: no_carryover,
}


def adstock_weights(kind: str, *parameters: ArrayLike, max_lag: int) -> Array:
    """Return the lag weights of the named adstock.

    Parameters
    ----------
    kind : str
        Form of the carryover, a name in :data:`mmm.study.forms.ADSTOCKS`.
    *parameters : array_like
        Its parameters, in the order of the registry.
    max_lag : int
        Last lag with an effect, in weeks.

    Raises
    ------
    ValueError
        If `kind` is unknown.
    """
    return _formula(WEIGHTS, "adstock", kind)(*parameters, max_lag=max_lag)


def _formula(formulas: Mapping[str, Formula], what: str, kind: str) -> Formula:
    if kind not in formulas:
        raise ValueError(f"unknown {what} {kind!r}: choose one of {', '.join(formulas)}.")
    return formulas[kind]


def carry_over(media: ArrayLike, weights: ArrayLike, *, history: ArrayLike | None = None) -> Array:
    r"""Carry media pressure into later weeks.

    Parameters
    ----------
    media : array_like, shape (n_weeks,)
        Pressure per week, oldest first.
    weights : array_like, shape (..., max_lag + 1)
        Lag weights; a leading axis holds draws.
    history : array_like, shape (n_history,), optional
        Pressure of the weeks just before the first one; zero where not given.

    Returns
    -------
    ndarray, shape (..., n_weeks)
        Adstocked media :math:`a_t = \sum_l w_l x_{t-l}`, in the unit of `media`.

    Examples
    --------
    >>> carry_over([8.0, 0.0, 0.0], [0.5, 0.25, 0.25])
    array([4., 2., 2.])
    """
    series = np.asarray(media, dtype=float)
    weight = np.asarray(weights, dtype=float)
    n_lags = weight.shape[-1]
    past = np.zeros(n_lags - 1)
    if history is not None and n_lags > 1:
        known = np.asarray(history, dtype=float)[-(n_lags - 1) :]
        past[len(past) - len(known) :] = known
    padded = np.concatenate([past, series])
    lagged = np.lib.stride_tricks.sliding_window_view(padded, n_lags)[:, ::-1]  # (weeks, lags)
    return np.asarray(weight @ lagged.T)


def hill(adstocked: ArrayLike, half_saturation: ArrayLike, slope: ArrayLike) -> Array:
    r"""Saturate by the Hill curve: 0 at 0, one half at `half_saturation`, 1 at infinity.

    Parameters
    ----------
    adstocked : array_like, shape (..., n_weeks)
        Adstocked media, at least 0.
    half_saturation : array_like, shape (...)
        Level with half of the effect, in the unit of the media.
    slope : array_like, shape (...)
        Steepness; above 1 the curve is S-shaped.

    Returns
    -------
    ndarray, shape (..., n_weeks)
        Share of the saturated effect, in [0, 1).

    Notes
    -----
    :math:`f(a) = a^s / (a^s + k^s) = \mathrm{logistic}(s (\ln a - \ln k))`.

    Examples
    --------
    >>> hill([0.0, 2.0], 2.0, 1.5)
    array([0. , 0.5])
    """
    level = np.asarray(adstocked, dtype=float)
    with np.errstate(divide="ignore"):
        logit = _column(slope) * (np.log(level) - np.log(_column(half_saturation)))
    return np.asarray(expit(logit))


def logistic(adstocked: ArrayLike, half_saturation: ArrayLike) -> Array:
    r"""Saturate by the logistic curve :math:`(1 - e^{-\lambda a}) / (1 + e^{-\lambda a})`.

    Parameters
    ----------
    adstocked : array_like, shape (..., n_weeks)
        Adstocked media, at least 0.
    half_saturation : array_like, shape (...)
        Level with half of the effect; :math:`\lambda = \ln 3 / k`.

    Returns
    -------
    ndarray, shape (..., n_weeks)
        Share of the saturated effect, in [0, 1).

    Examples
    --------
    >>> logistic([0.0, 2.0], 2.0).round(12)
    array([0. , 0.5])
    """
    rate = np.log(3.0) / _column(half_saturation)
    return np.asarray(np.tanh(rate * np.asarray(adstocked, dtype=float) / 2))


def log_saturation(adstocked: ArrayLike, half_saturation: ArrayLike) -> Array:
    r"""Saturate by a logarithm, which never levels off: :math:`f(a) = \ln(1 + a / k)`.

    Parameters
    ----------
    adstocked : array_like, shape (..., n_weeks)
        Adstocked media, at least 0.
    half_saturation : array_like, shape (...)
        Level at which the marginal effect has halved.

    Returns
    -------
    ndarray, shape (..., n_weeks)
        Relative effect, without upper bound.

    Examples
    --------
    >>> log_saturation([0.0], 2.0)
    array([0.])
    """
    return np.asarray(np.log1p(np.asarray(adstocked, dtype=float) / _column(half_saturation)))


def straight_line(adstocked: ArrayLike) -> Array:
    """Return adstocked media as they are."""
    return np.asarray(adstocked, dtype=float)


def _hill_with_slope(level: Array, half: ArrayLike, steepness: ArrayLike) -> tuple[Array, Array]:
    floored = np.maximum(level, 1e-6 * _column(half))
    share = hill(floored, half, steepness)
    slope = _column(steepness) * share * (1 - share) / floored
    below = level < floored
    return np.where(below, hill(level, half, steepness), share) if below.any() else share, slope


def _logistic_with_slope(level: Array, half: ArrayLike) -> tuple[Array, Array]:
    rate = np.log(3.0) / _column(half)
    share = np.tanh(rate * level / 2)
    return share, np.asarray(rate / 2 * (1 - share**2))


def _log_with_slope(level: Array, half: ArrayLike) -> tuple[Array, Array]:
    return log_saturation(level, half), np.asarray(1 / (_column(half) + level))


def _line_with_slope(level: Array) -> tuple[Array, Array]:
    return level, np.ones_like(level)


class Curve(NamedTuple):
    """The formula of a saturation; both functions take adstocked media, then the parameters."""

    share: Callable[..., Array]  #: The curve: shape (..., n_weeks).
    #: The curve, and its slope per unit of media, which share most of their work.
    with_slope: Callable[..., tuple[Array, Array]]


#: Formulas by the name of the saturation.
CURVES: dict[str, Curve] = {
    "hill": Curve(hill, _hill_with_slope),
    "logistic": Curve(logistic, _logistic_with_slope),
    "log": Curve(log_saturation, _log_with_slope),
    NONE: Curve(straight_line, _line_with_slope),
}


def saturate(kind: str, adstocked: ArrayLike, *parameters: ArrayLike) -> Array:
    """Apply the named saturation.

    Arguments and errors are those of :func:`saturation_with_slope`.
    """
    return _formula(CURVES, "saturation", kind).share(adstocked, *parameters)


def saturation_with_slope(
    kind: str, adstocked: ArrayLike, *parameters: ArrayLike
) -> tuple[Array, Array]:
    r"""Return the named saturation and its slope, which share most of their work.

    Parameters
    ----------
    kind : str
        Form of the curve, a name in :data:`mmm.study.forms.SATURATIONS`.
    adstocked : array_like, shape (..., n_weeks)
        Adstocked media.
    *parameters : array_like
        Its parameters, in the order of the registry.

    Returns
    -------
    share, slope : ndarray, shape (..., n_weeks)
        :math:`f(a)` as :func:`saturate` returns it, and :math:`f'(a)` per unit of media. A Hill
        curve with slope below 1 is infinitely steep at zero; there the slope of the first
        millionth of `half_saturation` is returned.

    Raises
    ------
    ValueError
        If `kind` is unknown.

    Examples
    --------
    >>> share, slope = saturation_with_slope("log", [0.0, 2.0], 2.0)
    >>> slope
    array([0.5 , 0.25])
    """
    formula = _formula(CURVES, "saturation", kind)
    return formula.with_slope(np.asarray(adstocked, dtype=float), *parameters)
