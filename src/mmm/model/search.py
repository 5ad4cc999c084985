"""Carryover, saturation and penalty found by expanding-window cross-validation.

The search minimizes the sum of squared validation errors, in units of the error of a baseline-only
model, plus the squared distance of each parameter from its usual value in units of its spread
(:data:`TERMS`), by SciPy's trust-region least squares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.stats import qmc

from mmm.data.weekly import WeeklyData
from mmm.model.baseline import baseline_design
from mmm.model.curves import Curves, media_features
from mmm.model.evaluation import Split, expanding_splits
from mmm.model.ridge import solve_ridge
from mmm.parallel import run_each
from mmm.study.forms import ADSTOCK_PARAMETERS, SATURATION_PARAMETERS
from mmm.study.study import Study

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


def _folds(baseline: Array, study: Study) -> list[_Fold]:
    """Split the weeks; every training part has room for the baseline's terms."""
    least = 2 * baseline.shape[1] + 10
    splits = expanding_splits(len(baseline), start=study.carry_in_weeks, min_train=least)
    return [_fold(split, baseline) for split in splits]


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
    """
    design = baseline_design(weekly.after(study.carry_in_weeks), study)
    baseline = design.matrix(weekly.weeks, weekly.controls).to_numpy(float)
    folds = _folds(baseline, study)
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

    cube = qmc.LatinHypercube(len(center), rng=rng).random(starts) - 0.5
    low, high = space.bounds()
    points = np.clip(center + 2 * spread * cube, low + 1e-6, high - 1e-6)
    points[0] = center
    settings = {"bounds": (low, high), "diff_step": 1e-3, "xtol": 1e-3, "ftol": 1e-4}

    def descend(point: Array) -> tuple[float, Array]:
        fit = least_squares(objective, point, **settings)
        return fit.cost, fit.x

    # A start with all its folds travels: a fold by itself takes less than a message.
    fits = run_each(descend, points, short=True)
    _, best = min(fits, key=lambda fit: fit[0])
    parameters, penalty = space.decode(best)
    cv_rmse = float(np.sqrt(np.mean(validation_errors(best) ** 2)))
    return Curves(parameters=parameters, penalty=penalty, cv_rmse=cv_rmse)


def _baseline_noise(kpi: Array, baseline: Array) -> float:
    fitted = baseline @ np.linalg.lstsq(baseline, kpi, rcond=None)[0]
    return float(np.std(kpi - fitted))
