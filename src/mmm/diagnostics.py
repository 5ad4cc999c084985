"""Checks on fitted models: collinearity, residuals, agreement between estimators."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.regression.linear_model import OLS, RegressionResultsWrapper
from statsmodels.stats.diagnostic import acorr_ljungbox, het_breuschpagan, linear_reset
from statsmodels.stats.outliers_influence import variance_inflation_factor
from statsmodels.stats.stattools import durbin_watson, jarque_bera

from mmm.data import WeeklyData
from mmm.findings import Finding, graded
from mmm.formatting import percent
from mmm.models.base import AdditiveModel
from mmm.models.ols import OLSFit
from mmm.returns import Contributions

Array = NDArray[np.float64]

HIGH_VIF = 5.0
SEVERE_VIF = 10.0
#: Correlation of neighbouring residuals from which the model clearly misses something.
MISFIT = 0.5


def vif_table(weekly: WeeklyData, baseline: pd.DataFrame) -> pd.DataFrame:
    """Return the variance inflation factor of each channel.

    Parameters
    ----------
    weekly : WeeklyData
        Training weeks.
    baseline : DataFrame, shape (n_weeks, n_terms)
        Baseline matrix, intercept included.

    Returns
    -------
    DataFrame
        Columns channel, vif, standard_error_factor (its square root), status.

    Notes
    -----
    :math:`VIF_c = 1 / (1 - R_c^2)`, R of the channel's spend on everything else in the model.
    """
    columns = np.column_stack([weekly.media.to_numpy(float), baseline.to_numpy(float)])
    with warnings.catch_warnings():  # a perfectly collinear column divides by zero: VIF infinite
        warnings.simplefilter("ignore", RuntimeWarning)
        factors = [variance_inflation_factor(columns, c) for c in range(len(weekly.channels))]
    table = pd.DataFrame({"channel": weekly.channels, "vif": factors})
    table["standard_error_factor"] = np.sqrt(table["vif"])
    table["status"] = [
        "FAIL" if vif > SEVERE_VIF else "REVIEW" if vif > HIGH_VIF else "PASS" for vif in factors
    ]
    return table


def residual_findings(fit: OLSFit) -> list[Finding]:
    """Test the residuals of the linear regression.

    Parameters
    ----------
    fit : OLSFit
        The regression.

    Returns
    -------
    list of Finding
        Autocorrelation (Durbin-Watson, Ljung-Box), changing variance (Breusch-Pagan), normality
        (Jarque-Bera) and curvature (Ramsey's RESET), REVIEW below 5 %.
    """
    regression = fit.regression
    residuals = np.asarray(regression.resid)
    watson = float(durbin_watson(residuals))
    carryover = "Expect carryover that a straight line on raw spend cannot see: see notebook 04."
    return [
        graded(
            "autocorrelation (Durbin-Watson)",
            good=1.5 <= watson <= 2.5,
            bad=False,
            finding=f"{watson:.2f}; 2 means none",
            remedy=carryover,
        ),
        _by_chance(
            "autocorrelation to 8 weeks (Ljung-Box)", _ljung_box_p_value(residuals), carryover
        ),
        _by_chance(
            "changing variance (Breusch-Pagan)",
            float(het_breuschpagan(residuals, regression.model.exog)[1]),
            "The HAC standard errors above already allow for it.",
        ),
        _by_chance(
            "normal residuals (Jarque-Bera)",
            float(jarque_bera(residuals)[1]),
            "Look for outlying weeks and explain them by [[events]].",
        ),
        _by_chance(
            "curvature (RESET)",
            _reset_p_value(regression),
            "The straight line misses a bend, such as saturation: see notebook 04.",
        ),
    ]


def _by_chance(check: str, p_value: float, remedy: str) -> Finding:
    """Return REVIEW where chance would rarely show as much."""
    shown = f"p = {p_value:.3f}"
    return graded(check, good=p_value > 0.05, bad=False, finding=shown, remedy=remedy)


def _ljung_box_p_value(residuals: Array) -> float:
    return float(acorr_ljungbox(residuals, lags=[8])["lb_pvalue"].iloc[0])


def _reset_p_value(regression: RegressionResultsWrapper) -> float:
    """Return the p-value of Ramsey's RESET, on standardized columns so that powers stay tame."""
    design = np.asarray(regression.model.exog, dtype=float)
    outcome = np.asarray(regression.model.endog, dtype=float)
    scaled = design / np.sqrt((design**2).mean(axis=0))
    standard = OLS((outcome - outcome.mean()) / outcome.std(), scaled).fit()
    return float(linear_reset(standard, power=3, use_f=True).pvalue)


def plausibility_findings(
    model: AdditiveModel, parts: Contributions, kpi: Array, fitted: Array, beaten: str | None
) -> list[Finding]:
    """Check whether a fitted model makes business sense.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    parts : Contributions
        Its contributions.
    kpi, fitted : ndarray, shape (n_weeks,)
        Actual and fitted KPI.
    beaten : str or None
        Name of a naive forecast that was better on the holdout.

    Returns
    -------
    list of Finding
        Holdout, explained variation, baseline sign, media share, residual autocorrelation,
        channels without effect.
    """
    silent = [r.name for r in model.responses if float(r.beta.mean()) <= 1e-9]
    return [
        graded(
            "holdout against naive forecasts",
            good=beaten is None,
            bad=True,
            finding=f"'{beaten}' is better" if beaten else "better than both",
            remedy="Do not act on these figures: look for missing drivers of the KPI first.",
        ),
        *_fit_findings(kpi, fitted),
        *_baseline_findings(parts.by_week()),
        graded(
            "channels without an effect",
            good=not silent,
            bad=False,
            finding=f"none seen for {', '.join(silent)}" if silent else "all above zero",
            remedy="Zero here means not seen, not proven useless: vary its spend to find out.",
        ),
    ]


def _baseline_findings(weekly: pd.DataFrame) -> list[Finding]:
    """Check that the baseline leaves media a share that it can have."""
    share = 1 - weekly["baseline"].sum() / weekly.to_numpy().sum()
    negative = float((weekly["baseline"] < 0).mean())
    below = f"negative in {percent(negative)} of the weeks" if negative else "never negative"
    return [
        graded(
            "sign of the baseline",
            good=negative == 0,
            bad=True,
            finding=below,
            remedy="Media is credited with more than there is: add controls or drivers of demand.",
        ),
        graded(
            "media share",
            good=share <= 0.6,
            bad=False,
            finding=f"media makes {percent(share)} of revenue",
            remedy="Above 60 % the baseline is probably too small: add drivers of demand.",
        ),
    ]


def _fit_findings(kpi: Array, fitted: Array) -> list[Finding]:
    """Check what the fit leaves unexplained."""
    residuals = kpi - fitted
    explained = 1 - float(residuals.var() / kpi.var())
    return [
        graded(
            "explained variation",
            good=explained >= 0.3,
            bad=explained < 0.1,
            finding=f"the fit explains {percent(explained)} of the variation of the KPI",
            remedy="What is left is noise, or drivers that no column records: find them first.",
        ),
        pattern_finding(residuals),
    ]


def pattern_finding(residuals: Array) -> Finding:
    """Check that what is left unexplained has no pattern over time.

    Parameters
    ----------
    residuals : ndarray, shape (n_weeks,)
        KPI minus fitted KPI.

    Returns
    -------
    Finding
        REVIEW where Ljung and Box's test to 8 weeks or a positive correlation of neighbouring
        weeks is beyond chance, FAIL where that correlation exceeds 0.5.
    """
    away = residuals - residuals.mean()
    correlation = float(away[1:] @ away[:-1] / max(away @ away, 1e-300))
    box = _ljung_box_p_value(residuals)
    return graded(
        "pattern in the residuals",
        good=box > 0.05 and correlation <= 2 / np.sqrt(len(residuals)),
        bad=correlation > MISFIT,
        finding=f"neighbouring weeks correlate by {correlation:.2f}, Ljung-Box p = {box:.3f}",
        remedy="Something that lasts several weeks is missing, and intervals are too narrow: add "
        "controls or events, or shorten the data if effects have changed.",
    )


def agreement_table(roi_by_estimator: dict[str, Array], channels: list[str]) -> pd.DataFrame:
    """Compare the ROI of each channel across estimators.

    Parameters
    ----------
    roi_by_estimator : dict of str to ndarray, shape (n_channels,)
        Point estimates; the last one is the estimator of record.
    channels : list of str
        Names of the channels.

    Returns
    -------
    DataFrame
        One column per estimator and a verdict: *agree* (within a factor of 1.5), *magnitude
        differs*, or *sign or rank differs* (negative somewhere, or three ranks apart).
    """
    table = pd.DataFrame({"channel": channels, **roi_by_estimator})
    values = table[list(roi_by_estimator)]
    ranks = values.rank()
    verdicts = []
    for index in range(len(table)):
        row, rank = values.iloc[index], ranks.iloc[index]
        if (row <= 0).any() or rank.max() - rank.min() >= 3:
            verdicts.append("sign or rank differs")
        elif row.max() / row.min() <= 1.5:
            verdicts.append("agree")
        else:
            verdicts.append("magnitude differs")
    table["verdict"] = verdicts
    return table
