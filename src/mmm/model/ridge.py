"""Ridge, Lasso and ElasticNet on adstocked, saturated media: they differ in the penalty only.

Media coefficients are never negative and the baseline is never penalized.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import nnls

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.model.additive import AdditiveModel
from mmm.model.baseline import baseline_design
from mmm.model.curves import Curves, additive_model, media_features
from mmm.study.study import Study


def solve_ridge(features: Array, target: Array, penalty: float) -> Array:
    r"""Return non-negative ridge coefficients of residualized features.

    Parameters
    ----------
    features : ndarray, shape (n_weeks, n_features)
        Media features with the baseline projected out.
    target : ndarray, shape (n_weeks,)
        KPI with the baseline projected out.

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


def fit_ridge(weekly: WeeklyData, study: Study, curves: Curves) -> AdditiveModel:
    """Fit the ridge at given curves."""

    def solve(partial: Array, residual: Array) -> Array:
        return solve_ridge(partial, residual, curves.penalty)

    return _fit(weekly, study, curves, "ridge", solve)


def fit_sparse(
    weekly: WeeklyData, study: Study, curves: Curves, *, l1_ratio: float
) -> AdditiveModel:
    """Fit Lasso (`l1_ratio` 1) or ElasticNet on the same features, penalty by time-series CV."""
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


def fit_each(weekly: WeeklyData, study: Study, curves: Curves) -> dict[str, AdditiveModel]:
    """Fit Ridge, Lasso and ElasticNet on the same features, by the name people read.

    Parameters
    ----------
    weekly : WeeklyData
        Weeks to fit on.
    study : Study
        The study.
    curves : Curves
        Carryover and saturation, and the penalty of the ridge.
    """
    return {
        "Lasso": fit_sparse(weekly, study, curves, l1_ratio=1.0),
        "ElasticNet": fit_sparse(weekly, study, curves, l1_ratio=0.5),
        "Ridge": fit_ridge(weekly, study, curves),
    }


def _fit(
    weekly: WeeklyData,
    study: Study,
    curves: Curves,
    name: str,
    solve: Callable[[Array, Array], Array],
) -> AdditiveModel:
    """Project the baseline out, solve for the media, and put both together."""
    design = baseline_design(weekly.after(study.carry_in_weeks), study)
    rows = slice(study.carry_in_weeks, None)
    baseline = design.matrix(weekly.weeks, weekly.controls).to_numpy(float)[rows]
    features = media_features(weekly, study, curves.parameters)[rows]
    kpi = weekly.kpi[rows]
    basis, _ = np.linalg.qr(baseline)
    beta = solve(features - basis @ (basis.T @ features), kpi - basis @ (basis.T @ kpi))
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
