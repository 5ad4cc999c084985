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
from mmm.findings import Finding
from mmm.formatting import percent
from mmm.models.base import AdditiveModel
from mmm.models.ols import OLSFit
from mmm.returns import Contributions

Array = NDArray[np.float64]

HIGH_VIF = 5.0
SEVERE_VIF = 10.0


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
    box = float(acorr_ljungbox(residuals, lags=[8])["lb_pvalue"].iloc[0])
    breusch = float(het_breuschpagan(residuals, regression.model.exog)[1])
    bera = float(jarque_bera(residuals)[1])
    reset = _reset_p_value(regression)
    carryover = "Expect carryover that a straight line on raw spend cannot see: see notebook 04."
    lines = [
        (
            "autocorrelation (Durbin-Watson)",
            1.5 <= watson <= 2.5,
            f"{watson:.2f}; 2 means none",
            carryover,
        ),
        ("autocorrelation to 8 weeks (Ljung-Box)", box > 0.05, f"p = {box:.3f}", carryover),
        (
            "changing variance (Breusch-Pagan)",
            breusch > 0.05,
            f"p = {breusch:.3f}",
            "The HAC standard errors above already allow for it.",
        ),
        (
            "normal residuals (Jarque-Bera)",
            bera > 0.05,
            f"p = {bera:.3f}",
            "Look for outlying weeks and explain them by [[events]].",
        ),
        (
            "curvature (RESET)",
            reset > 0.05,
            f"p = {reset:.3f}",
            "The straight line misses a bend, such as saturation: see notebook 04.",
        ),
    ]
    return [
        Finding(check, "PASS" if ok else "REVIEW", text, "" if ok else remedy)
        for check, ok, text, remedy in lines
    ]


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
    weekly = parts.by_week()
    residuals = kpi - fitted
    share = 1 - weekly["baseline"].sum() / weekly.to_numpy().sum()
    explained = 1 - float(residuals.var() / kpi.var())
    negative = float((weekly["baseline"] < 0).mean())
    box = float(acorr_ljungbox(residuals, lags=[8])["lb_pvalue"].iloc[0])
    silent = [r.name for r in model.responses if float(r.beta.mean()) <= 1e-9]
    lines = [
        (
            "holdout against naive forecasts",
            beaten is None,
            "FAIL",
            f"'{beaten}' is better" if beaten else "better than both",
            "Do not act on these figures: look for missing drivers of the KPI first.",
        ),
        (
            "explained variation",
            explained >= 0.3,
            "FAIL" if explained < 0.1 else "REVIEW",
            f"the fit explains {percent(explained)} of the variation of the KPI",
            "What is left is noise, or drivers that no column records: find them first.",
        ),
        (
            "sign of the baseline",
            negative == 0,
            "FAIL",
            f"negative in {percent(negative)} of the weeks" if negative else "never negative",
            "Media is credited with more than there is: add controls or drivers of demand.",
        ),
        (
            "media share",
            share <= 0.6,
            "REVIEW",
            f"media makes {percent(share)} of revenue",
            "Above 60 % the baseline is probably too small: add drivers of demand.",
        ),
        (
            "pattern in the residuals",
            box > 0.05,
            "REVIEW",
            f"Ljung-Box p = {box:.3f}",
            "Something that lasts several weeks is missing: add a control or an event.",
        ),
        (
            "channels without an effect",
            not silent,
            "REVIEW",
            f"none seen for {', '.join(silent)}" if silent else "all coefficients above zero",
            "Zero here means not seen, not proven useless: vary its spend to find out.",
        ),
    ]
    return [
        Finding(check, "PASS" if ok else status, text, "" if ok else remedy)  # type: ignore[arg-type]
        for check, ok, status, text, remedy in lines
    ]


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
