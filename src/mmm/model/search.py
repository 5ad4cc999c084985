"""Carryover, saturation and penalty found by expanding-window cross-validation.

The search minimizes the sum of squared validation errors, in units of the error of a baseline-only
model, plus the squared distance of each parameter from its usual value in units of its spread
(:class:`mmm.study.forms.SearchRange`), by SciPy's trust-region least squares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares
from scipy.stats import qmc

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.model.additive import usual_media
from mmm.model.baseline import baseline_design
from mmm.model.curves import Curves, media_features
from mmm.model.evaluation import Split, expanding_splits
from mmm.model.ridge import solve_ridge
from mmm.parallel import run_each
from mmm.study.forms import Parameter, SearchRange, parameters_of
from mmm.study.study import Study

#: Penalty on the squared standardized coefficients, as a share of the number of weeks.
PENALTY_RANGE = (1e-4, 1.0)
PENALTY = SearchRange("log", 0.01, 1.5, *PENALTY_RANGE)


def encode(term: SearchRange, value: float) -> float:
    """Return the search coordinate of a value."""
    if term.scale == "logit":
        return float(np.log(value / (1 - value)))
    return float(np.log(value)) if term.scale == "log" else float(value)


def decode(term: SearchRange, coordinate: float) -> float:
    """Return the value of a search coordinate."""
    if term.scale == "logit":
        return float(1 / (1 + np.exp(-coordinate)))
    return float(np.exp(coordinate)) if term.scale == "log" else float(coordinate)


@dataclass(frozen=True)
class _Space:
    """The searched parameters in order, each with its channel; the penalty comes last."""

    parameters: tuple[tuple[int, Parameter[Any]], ...]
    scales: Array  # mean media pressure per channel

    @classmethod
    def of(cls, weekly: WeeklyData, study: Study) -> _Space:
        parameters = [
            (index, parameter)
            for index, channel in enumerate(study.channels.values())
            for parameter in parameters_of(channel.adstock, channel.saturation)
        ]
        return cls(tuple(parameters), usual_media(weekly.media.to_numpy(float)))

    @property
    def terms(self) -> list[SearchRange]:
        return [*(parameter.search for _, parameter in self.parameters), PENALTY]

    def bounds(self) -> tuple[Array, Array]:
        low = [encode(term, term.low) for term in self.terms]
        high = [encode(term, term.high) for term in self.terms]
        return np.array(low), np.array(high)

    def decode(self, point: Array) -> tuple[tuple[dict[str, float], ...], float]:
        values: list[dict[str, float]] = [{} for _ in self.scales]
        for coordinate, (index, parameter) in zip(point[:-1], self.parameters, strict=True):
            value = decode(parameter.search, coordinate)
            scale = self.scales[index] if parameter.in_media_units else 1.0
            values[index][parameter.name] = value * scale
        return tuple(values), decode(PENALTY, point[-1])


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
    center = np.array([encode(term, term.center) for term in space.terms])
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
