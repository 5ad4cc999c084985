"""Ridge on adstocked, saturated media, its curves found by expanding-window cross-validation.

Lasso and ElasticNet on the same features live here too: they differ from Ridge in the penalty
only. Media coefficients are never negative and the baseline is never penalized.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import least_squares, nnls
from scipy.stats import qmc

from mmm.data import WeeklyData
from mmm.evaluation import Split, expanding_splits
from mmm.features import BaselineDesign, baseline_design
from mmm.models.base import AdditiveModel, ChannelResponse, media_history
from mmm.study import Study
from mmm.transforms import (
    ADSTOCK_PARAMETERS,
    SATURATION_PARAMETERS,
    adstock_weights,
    carry_over,
    saturate,
)

Array = NDArray[np.float64]

#: Penalty on the squared standardized coefficients, as a share of the number of weeks.
PENALTY_RANGE = (1e-4, 1.0)


@dataclass(frozen=True)
class Term:
    """One searched parameter: how it is scaled, where it usually lies and how far it may go.

    The usual values are the field's rules of thumb, weak enough that two years of data
    overrule them: about half of the effect within two weeks, half-saturation near the average
    weekly pressure, a slope a little above one.
    """

    scale: str  # "logit", "log" or "identity"
    center: float
    spread: float
    low: float
    high: float

    def encode(self, value: float) -> float:
        """Return the search coordinate of a value."""
        if self.scale == "logit":
            return float(np.log(value / (1 - value)))
        return float(np.log(value)) if self.scale == "log" else float(value)

    def decode(self, coordinate: float) -> float:
        """Return the value of a search coordinate."""
        if self.scale == "logit":
            return float(1 / (1 + np.exp(-coordinate)))
        return float(np.exp(coordinate)) if self.scale == "log" else float(coordinate)


TERMS = {
    "retention": Term("logit", 0.4, 1.0, 0.01, 0.95),
    "peak_delay": Term("identity", 1.0, 1.5, 0.0, 6.0),
    "shape": Term("log", 1.5, 0.4, 0.5, 5.0),
    "scale": Term("log", 2.5, 0.5, 0.5, 12.0),
    "half_saturation": Term("log", 1.0, 0.7, 0.1, 10.0),  # in multiples of the mean pressure
    "slope": Term("log", 1.2, 0.3, 0.5, 4.0),
    "penalty": Term("log", 0.01, 1.5, *PENALTY_RANGE),
}


@dataclass(frozen=True)
class Curves:
    """Carryover and saturation of every channel, and the penalty: what the search finds.

    Attributes
    ----------
    parameters : tuple of dict of str to float
        Per channel, by parameter name; half-saturation in media units.
    penalty : float
        Ridge penalty as a share of the number of weeks.
    cv_rmse : float
        Root mean squared error over the validation weeks, KPI units.
    """

    parameters: tuple[dict[str, float], ...]
    penalty: float
    cv_rmse: float


@dataclass(frozen=True)
class _Space:
    """The searched parameters in order: (channel index, name); the penalty comes last."""

    names: tuple[tuple[int, str], ...]
    scales: Array  # mean media pressure per channel

    @classmethod
    def of(cls, weekly: WeeklyData, study: Study) -> _Space:
        names = [
            (index, name)
            for index, channel in enumerate(study.channels.values())
            for name in _parameter_names(channel.adstock, channel.saturation)
        ]
        means = weekly.media.to_numpy(float).mean(axis=0)
        scales = np.where(means > 0, means, 1.0)  # a channel may start after the training weeks
        return cls((*names, (-1, "penalty")), scales)

    @property
    def terms(self) -> list[Term]:
        return [TERMS[name] for _, name in self.names]

    def bounds(self) -> tuple[Array, Array]:
        low = [term.encode(term.low) for term in self.terms]
        high = [term.encode(term.high) for term in self.terms]
        return np.array(low), np.array(high)

    def decode(self, point: Array) -> tuple[tuple[dict[str, float], ...], float]:
        values: list[dict[str, float]] = [{} for _ in self.scales]
        for coordinate, (index, name) in zip(point[:-1], self.names[:-1], strict=True):
            value = TERMS[name].decode(coordinate)
            scale = self.scales[index] if name == "half_saturation" else 1.0
            values[index][name] = value * scale
        return tuple(values), TERMS["penalty"].decode(point[-1])


def _parameter_names(adstock: str, saturation: str) -> tuple[str, ...]:
    return ADSTOCK_PARAMETERS[adstock] + SATURATION_PARAMETERS[saturation]


def media_features(
    weekly: WeeklyData, study: Study, parameters: Sequence[dict[str, float]], *, curve: bool = True
) -> Array:
    """Return adstocked media, saturated unless asked otherwise, with a column per synergy pair.

    Parameters
    ----------
    weekly : WeeklyData
        Weeks from the first one of the data on.
    study : Study
        Forms of the curves and synergy pairs.
    parameters : sequence of dict
        Parameters per channel.
    curve : bool, default True
        Apply the saturation and add the synergy products.

    Returns
    -------
    ndarray, shape (n_weeks, n_channels + n_pairs)
        Features in the order of the study's channels, then the pairs.
    """
    columns = []
    history = media_history(weekly, pre_history=study.pre_history, max_lag=26)
    for index, channel in enumerate(study.channels.values()):
        values = parameters[index]
        carry = [values[name] for name in ADSTOCK_PARAMETERS[channel.adstock]]
        weights = adstock_weights(channel.adstock, *carry, max_lag=channel.max_lag)
        media = weekly.media.iloc[:, index].to_numpy(float)
        adstocked = carry_over(media, weights, history=history[:, index])
        shape = [values[name] for name in SATURATION_PARAMETERS[channel.saturation]]
        columns.append(saturate(channel.saturation, adstocked, *shape) if curve else adstocked)
    if curve:
        columns += [columns[i] * columns[j] for i, j in study.pairs]
    return np.column_stack(columns)


def solve_ridge(features: Array, target: Array, penalty: float) -> Array:
    r"""Return non-negative ridge coefficients of residualized features.

    Parameters
    ----------
    features : ndarray, shape (n_weeks, n_features)
        Media features with the baseline projected out.
    target : ndarray, shape (n_weeks,)
        KPI with the baseline projected out.
    penalty : float
        Share of the number of weeks put on each squared standardized coefficient.

    Returns
    -------
    ndarray, shape (n_features,)
        Minimizer of :math:`\|y - Z\beta\|^2 + n \lambda \sum_c (s_c \beta_c)^2`, s the standard
        deviation of each feature, :math:`\beta \ge 0`.
    """
    n_weeks = len(target)
    scale = np.sqrt((features**2).mean(axis=0))
    scale = np.where(scale > 1e-12, scale, 1.0)
    ridge = np.sqrt(n_weeks * penalty) * np.eye(features.shape[1])
    stacked = np.vstack([features / scale, ridge])
    padded = np.concatenate([target, np.zeros(features.shape[1])])
    coefficients, _ = nnls(stacked, padded)
    return np.asarray(coefficients / scale)


@dataclass(frozen=True)
class _Fold:
    """One split with its baseline algebra done once."""

    train: slice
    valid: slice
    basis: Array  # orthonormal columns of the baseline matrix in training weeks
    project: Array  # maps training residuals to baseline predictions of the validation weeks

    def errors(self, features: Array, kpi: Array, penalty: float) -> Array:
        train, target = features[self.train], kpi[self.train]
        residual = target - self.basis @ (self.basis.T @ target)
        partial = train - self.basis @ (self.basis.T @ train)
        beta = solve_ridge(partial, residual, penalty)
        baseline = self.project @ (target - train @ beta)
        return np.asarray(kpi[self.valid] - features[self.valid] @ beta - baseline)


def _fold(split: Split, baseline: Array) -> _Fold:
    train, valid = slice(split.start, split.train_end), slice(split.train_end, split.valid_end)
    u, s, vt = np.linalg.svd(baseline[train], full_matrices=False)
    keep = s > 1e-9 * s[0]
    project = baseline[valid] @ (vt[keep].T / s[keep]) @ u[:, keep].T
    return _Fold(train, valid, u[:, keep], project)


def _first_week(study: Study) -> int:
    """Return the first week that counts: all of them unless the study drops the carry-in."""
    if study.pre_history != "drop":
        return 0
    return max(channel.max_lag for channel in study.channels.values())


def search_curves(
    weekly: WeeklyData, study: Study, *, rng: np.random.Generator, starts: int = 3
) -> Curves:
    """Find carryover, saturation and penalty by expanding-window cross-validation.

    Parameters
    ----------
    weekly : WeeklyData
        Training weeks.
    study : Study
        Forms of the curves.
    rng : Generator
        Draws the starting points.
    starts : int, default 3
        Number of starts: the usual values first, then a Latin hypercube around them.

    Returns
    -------
    Curves
        The curves with the smallest objective over all starts.

    Notes
    -----
    Minimizes the sum of squared validation errors, in units of the error of a baseline-only
    model, plus the squared distance of each parameter from its usual value in units of its
    spread (:data:`TERMS`), by SciPy's trust-region least squares.
    """
    design = baseline_design(weekly, study)
    baseline = design.matrix(weekly.weeks, weekly.controls).to_numpy(float)
    splits = expanding_splits(
        len(weekly), start=_first_week(study), min_train=2 * baseline.shape[1] + 10
    )
    folds = [_fold(split, baseline) for split in splits]
    space = _Space.of(weekly, study)
    center = np.array([term.encode(term.center) for term in space.terms])
    spread = np.array([term.spread for term in space.terms])
    noise = _baseline_noise(weekly.kpi, baseline)

    def validation_errors(point: Array) -> Array:
        parameters, penalty = space.decode(point)
        features = media_features(weekly, study, parameters)
        return np.concatenate([fold.errors(features, weekly.kpi, penalty) for fold in folds])

    def objective(point: Array) -> Array:
        return np.concatenate([validation_errors(point) / noise, (point - center) / spread])

    low, high = space.bounds()
    cube = qmc.LatinHypercube(len(center), rng=rng).random(starts) - 0.5
    points = np.clip(center + 2 * spread * cube, low + 1e-6, high - 1e-6)
    points[0] = center
    fits = [
        least_squares(objective, point, bounds=(low, high), diff_step=1e-3, xtol=1e-3, ftol=1e-4)
        for point in points
    ]
    best = min(fits, key=lambda fit: fit.cost)
    parameters, penalty = space.decode(best.x)
    cv_rmse = float(np.sqrt(np.mean(validation_errors(best.x) ** 2)))
    return Curves(parameters=parameters, penalty=penalty, cv_rmse=cv_rmse)


def _baseline_noise(kpi: Array, baseline: Array) -> float:
    fitted = baseline @ np.linalg.lstsq(baseline, kpi, rcond=None)[0]
    return float(np.std(kpi - fitted))


def fit_ridge(weekly: WeeklyData, study: Study, curves: Curves) -> AdditiveModel:
    """Fit the ridge at given curves.

    Parameters
    ----------
    weekly : WeeklyData
        Weeks to fit on.
    study : Study
        The study.
    curves : Curves
        Carryover, saturation and penalty.

    Returns
    -------
    AdditiveModel
        One draw: the point estimate.
    """

    def solve(partial: Array, residual: Array) -> Array:
        return solve_ridge(partial, residual, curves.penalty)

    return _fit(weekly, study, curves, "ridge", solve)


def fit_sparse(
    weekly: WeeklyData, study: Study, curves: Curves, *, l1_ratio: float
) -> AdditiveModel:
    """Fit Lasso (`l1_ratio` 1) or ElasticNet on the same features, penalty by time-series CV.

    Parameters
    ----------
    weekly : WeeklyData
        Weeks to fit on.
    study : Study
        The study.
    curves : Curves
        Carryover and saturation.
    l1_ratio : float
        Share of the absolute-value penalty, in (0, 1].
    """
    from sklearn.linear_model import ElasticNetCV
    from sklearn.model_selection import TimeSeriesSplit

    def solve(partial: Array, residual: Array) -> Array:
        scale = np.sqrt((partial**2).mean(axis=0))
        scale = np.where(scale > 1e-12, scale, 1.0)
        size = np.std(residual)
        regression = ElasticNetCV(
            l1_ratio=l1_ratio,
            alphas=np.geomspace(1e-4, 0.3, 20),
            positive=True,
            fit_intercept=False,
            cv=TimeSeriesSplit(4),
            max_iter=20_000,
            tol=1e-5,
        ).fit(partial / scale, residual / size)
        return np.asarray(regression.coef_ * size / scale)

    name = "lasso" if l1_ratio == 1 else "elastic_net"
    return _fit(weekly, study, curves, name, solve)


def _fit(weekly, study, curves, name, solve) -> AdditiveModel:  # type: ignore[no-untyped-def]
    design = baseline_design(weekly, study)
    rows = slice(_first_week(study), None)
    baseline = design.matrix(weekly.weeks, weekly.controls).to_numpy(float)[rows]
    features = media_features(weekly, study, curves.parameters)[rows]
    kpi = weekly.kpi[rows]
    basis, _ = np.linalg.qr(baseline)
    beta = solve(
        features - basis @ (basis.T @ features),
        kpi - basis @ (basis.T @ kpi),
    )
    coefficients = np.linalg.lstsq(baseline, kpi - features @ beta, rcond=None)[0]
    residual = kpi - features @ beta - baseline @ coefficients
    freedom = max(len(kpi) - baseline.shape[1] - int((beta > 0).sum()), 1)
    return additive_model(
        name,
        weekly,
        study,
        parameters=[{k: np.array([v]) for k, v in p.items()} for p in curves.parameters],
        beta=beta[np.newaxis],
        design=design,
        baseline=coefficients[np.newaxis],
        noise=np.array([np.sqrt(residual @ residual / freedom)]),
    )


def additive_model(
    name: str,
    weekly: WeeklyData,
    study: Study,
    *,
    parameters: Sequence[dict[str, Array]],
    beta: Array,
    design: BaselineDesign,
    baseline: Array,
    noise: Array,
) -> AdditiveModel:
    """Assemble an additive model from draws of its parameters.

    Parameters
    ----------
    name : str
        Estimator.
    weekly : WeeklyData
        The weeks; give the history before the first one.
    study : Study
        Forms of the curves and synergy pairs.
    parameters : sequence of dict of str to ndarray, shape (n_draws,)
        Curve parameters per channel.
    beta : ndarray, shape (n_draws, n_channels + n_pairs)
        Coefficients of the media features.
    design : BaselineDesign
        How weeks become baseline terms.
    baseline : ndarray, shape (n_draws, n_terms)
        Their coefficients.
    noise : ndarray, shape (n_draws,)
        Standard deviation of the noise.
    """
    history = media_history(weekly, pre_history=study.pre_history, max_lag=26)
    responses = tuple(
        ChannelResponse(
            name=channel_name,
            adstock=channel.adstock,
            saturation=channel.saturation,
            max_lag=channel.max_lag if channel.adstock != "none" else 0,
            parameters=parameters[index],
            beta=beta[:, index],
            history=history[len(history) - channel.max_lag :, index],
        )
        for index, (channel_name, channel) in enumerate(study.channels.items())
    )
    return AdditiveModel(
        name=name,
        responses=responses,
        pairs=tuple(study.pairs),
        gamma=beta[:, len(responses) :],
        design=design,
        baseline=baseline,
        noise=noise,
    )


def curve_table(curves: Curves, study: Study, truth: AdditiveModel | None) -> pd.DataFrame:
    """Return the found parameters, one row per channel and parameter.

    Parameters
    ----------
    curves : Curves
        Result of the search.
    study : Study
        The study.
    truth : AdditiveModel or None
        The true model, whose values stand beside.

    Returns
    -------
    DataFrame
        Columns channel, parameter, estimate and, where it is known, truth.
    """
    rows = []
    for index, (name, values) in enumerate(zip(study.channels, curves.parameters, strict=True)):
        for parameter, value in values.items():
            row = {"channel": name, "parameter": parameter.replace("_", " "), "estimate": value}
            if truth is not None:
                known = truth.responses[index].parameters.get(parameter)
                row["truth"] = float("nan") if known is None else float(known[0])
            rows.append(row)
    known = ["truth"] if truth is not None else []
    return pd.DataFrame(rows, columns=["channel", "parameter", "estimate", *known])


def coefficient_table(model: AdditiveModel) -> pd.DataFrame:
    """Return the mean coefficients of a model: channels, synergy, baseline.

    Parameters
    ----------
    model : AdditiveModel
        A fitted model.
    """
    pairs = [f"{model.channels[i]} x {model.channels[j]}" for i, j in model.pairs]
    terms = [*model.channels, *pairs, *model.design.kept]
    values = [float(response.beta.mean()) for response in model.responses]
    values += [*model.gamma.mean(axis=0), *model.baseline.mean(axis=0)]
    kinds = ["channel"] * len(model.channels) + ["synergy"] * len(pairs)
    kinds += ["baseline"] * len(model.design.kept)
    return pd.DataFrame({"term": terms, "kind": kinds, "coefficient": values})
