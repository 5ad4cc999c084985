"""Checks on fitted models: collinearity, residuals, agreement between estimators."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
from statsmodels.regression.linear_model import OLS, RegressionResultsWrapper
from statsmodels.stats.diagnostic import het_breuschpagan, linear_reset
from statsmodels.stats.outliers_influence import variance_inflation_factor
from statsmodels.stats.stattools import durbin_watson, jarque_bera

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.decide.returns import Contributions
from mmm.findings import Finding, graded
from mmm.formatting import percent, ratio
from mmm.model.additive import AdditiveModel
from mmm.model.evaluation import Beaten
from mmm.model.intervals import tails
from mmm.model.ols import OLSFit
from mmm.trust.autocorrelation import memory

HIGH_VIF = 5.0
SEVERE_VIF = 10.0
#: Chance shows as much in one of twenty sound regressions.
SIGNIFICANCE = 0.05
#: A Durbin-Watson statistic so far from what white noise leaves: neighbors correlate by 0.25.
WATSON = 0.5
#: Weeks apart whose residuals are compared: near ones, and all; and the p-value, for each of the
#: two, that says they are alike. Together they find a pattern in 2 % of sound fits.
NEAR, FAR, PATTERN_P = 2, 8, 0.01
#: Correlation of neighboring residuals from which the model clearly misses something.
MISFIT = 0.5
LASTING = (
    "Something that lasts several weeks is missing, and intervals are too narrow: add controls or "
    "events, or shorten the data if effects have changed."
)
ALTERNATING = (
    "Something moves sales from week to week that no column holds (promotions that pull sales "
    "forward, stock, dates booked late): add it as a control or an event."
)
#: Share of the KPI's variation to explain: below 0.3 the residuals are nearly as wide as the KPI
#: (84 % of its standard deviation), below 0.1 the fit hardly differs from its mean (95 %).
EXPLAINED, UNEXPLAINED = 0.3, 0.1
#: The default prior of media's share of revenue leaves a tenth of its weight above it.
LARGEST_MEDIA_SHARE = 0.6
#: A channel below this share of the fitted outcome has none: rounding, whatever the units are.
NOTHING = 1e-9
#: ROIs within this factor agree: a judgment, decisions seldom turn on less.
AGREEMENT = 1.5
#: Neighbors swap ranks by chance; so many places apart, two estimators have another order.
RANKS_APART = 3


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
    :math:`VIF_c = 1 / (1 - R_c^2)`, R of the channel's media on everything else in the model.
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
        Autocorrelation (Durbin-Watson, and to eight weeks), changing variance (Breusch-Pagan),
        normality (Jarque-Bera) and curvature (Ramsey's RESET), REVIEW below a p-value of 0.05.
    """
    regression = fit.regression
    residuals, columns = np.asarray(regression.resid), np.asarray(regression.model.exog)
    found = memory(residuals, columns, FAR)
    watson = float(durbin_watson(residuals))
    usual = watson if found is None else watson + 2 * float(found.excess[0])
    carryover = (
        "Carryover, a bend or a driver that the straight line does not have may be behind it: see "
        "notebook 04."
    )
    return [
        graded(
            "autocorrelation (Durbin-Watson)",
            good=abs(watson - usual) <= WATSON,
            finding=f"{watson:.2f}; {usual:.2f} means none with these columns",
            remedy=carryover,
        ),
        _by_chance(
            "autocorrelation to 8 weeks", 1.0 if found is None else found.p_value(FAR), carryover
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
    shown = "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"
    return graded(check, good=p_value > SIGNIFICANCE, finding=shown, remedy=remedy)


def _reset_p_value(regression: RegressionResultsWrapper) -> float:
    """Return the p-value of Ramsey's RESET, on standardized columns so that powers stay tame.

    Columns of nothing but zeros, such as a channel that starts after these weeks, say nothing.
    """
    design = np.asarray(regression.model.exog, dtype=float)
    outcome = np.asarray(regression.model.endog, dtype=float)
    size = np.abs(design).max(axis=0)
    scaled = design[:, size > 0] / size[size > 0]
    scaled = scaled / np.sqrt((scaled**2).mean(axis=0))
    standard = OLS((outcome - outcome.mean()) / outcome.std(), scaled).fit()
    return float(linear_reset(standard, power=3, use_f=True).pvalue)


def plausibility_findings(
    model: AdditiveModel,
    parts: Contributions,
    kpi: Array,
    fitted: Array,
    beaten: Beaten | None,
    *,
    labels: Mapping[str, str] | None = None,
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
    beaten : Beaten or None
        A naive forecast that was better on the holdout.
    labels : mapping of str to str, optional
        Label per channel; the names themselves where it is not given.

    Returns
    -------
    list of Finding
        Holdout, explained variation, baseline sign, media share, channels without effect.
    """
    weekly = parts.by_week()
    least = NOTHING * float(weekly.sum(axis=1).abs().mean())
    silent = [name for name in model.channels if float(weekly[name].mean()) <= least]
    shown = ", ".join((labels or {}).get(name, name) for name in silent)
    return [
        _forecast_finding(beaten),
        _explained_finding(kpi, fitted),
        *_baseline_findings(weekly),
        graded(
            "channels without an effect",
            good=not silent,
            finding=f"none seen for {shown}" if silent else "all above zero",
            remedy="Zero here means not seen, not proven useless: vary its spend to find out.",
        ),
    ]


def _forecast_finding(beaten: Beaten | None) -> Finding:
    """Fail a model that a naive forecast surely beats; a lead that may be chance is REVIEW."""
    check = "holdout against naive forecasts"
    if beaten is None:
        return Finding(check, "PASS", "no naive forecast is better")
    surely = not beaten.p_value >= SIGNIFICANCE
    return graded(
        check,
        good=False,
        bad=surely,
        finding=f"'{beaten.name}' is better (p = {beaten.p_value:.3f})",
        remedy="Do not act on these figures: look for missing drivers of the KPI first."
        if surely
        else "So few weeks may be chance: judge it again when more have come in, and look for "
        "missing drivers of the KPI.",
    )


def coverage_finding(draws: Array, actual: Array, *, interval: float) -> Finding:
    """Check that weeks which the model has not seen lie in their predictive intervals.

    Parameters
    ----------
    draws : ndarray, shape (n_draws, n_weeks)
        Predictive draws of the weeks.
    actual : ndarray, shape (n_weeks,)
        What happened, KPI units.
    interval : float
        Central share of the interval.

    Returns
    -------
    Finding
        REVIEW where fewer weeks lie inside than in all but 5 % of the draws. Draws count instead
        of a binomial distribution because a baseline that is off is so for many weeks at once.
    """
    low, high = np.quantile(draws, tails(interval), axis=0)
    inside = int(((actual >= low) & (actual <= high)).sum())
    usual = ((draws >= low) & (draws <= high)).sum(axis=1)
    chance = float(np.mean(usual <= inside))
    return graded(
        "unseen weeks lie in their intervals",
        good=chance > SIGNIFICANCE,
        finding=f"{inside} of {len(actual)} in their {percent(interval)} intervals; in "
        f"{percent(chance)} of the model's own draws so few are",
        remedy="Forecasts, and with them the returns, are less sure than their intervals say: "
        "look for drivers that changed in these weeks.",
    )


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
            good=share <= LARGEST_MEDIA_SHARE,
            finding=f"media makes {percent(share)} of the outcome",
            remedy=f"Above {percent(LARGEST_MEDIA_SHARE)} the baseline is probably too small: add "
            f"drivers of demand.",
        ),
    ]


def _explained_finding(kpi: Array, fitted: Array) -> Finding:
    """Check how much of the KPI the fit explains."""
    explained = 1 - float((kpi - fitted).var() / kpi.var())
    return graded(
        "explained variation",
        good=explained >= EXPLAINED,
        bad=explained < UNEXPLAINED,
        finding=f"the fit explains {percent(explained)} of the variation of the KPI",
        remedy="What is left is noise, or drivers that no column records: find them first.",
    )


def pattern_finding(residuals: Array, columns: Array) -> Finding:
    """Check that what is left unexplained has no pattern over time.

    Parameters
    ----------
    residuals : ndarray, shape (n_weeks,)
        KPI minus fitted KPI.
    columns : ndarray, shape (n_weeks, n_columns)
        What was fitted: residuals of many columns alternate even where the noise does not.

    Returns
    -------
    Finding
        REVIEW where residuals up to two or up to eight weeks apart correlate beyond chance, FAIL
        where neighbors do by more than 0.5.
    """
    check, found = "pattern in the residuals", memory(residuals, columns, FAR)
    if found is None:
        return Finding(check, "PASS", "too few weeks are left over to see one")
    one, two = (float(value) for value in found.excess[:NEAR])
    near, far = found.p_value(NEAR), found.p_value(FAR)
    return graded(
        check,
        good=min(near, far) >= PATTERN_P,
        bad=one > MISFIT,
        finding=f"given the fitted columns, residuals one and two weeks apart correlate by "
        f"{ratio(one)} and {ratio(two)} (p = {near:.3f}; over eight weeks {far:.3f})",
        remedy=ALTERNATING if one < 0 else LASTING,
    )


def agreement_table(
    roi_by_estimator: dict[str, Array], channels: list[str], *, reference: str = "OLS"
) -> pd.DataFrame:
    """Compare the ROI of each channel across estimators.

    Parameters
    ----------
    roi_by_estimator : dict of str to ndarray, shape (n_channels,)
        Point estimates.
    channels : list of str
        Names of the channels.
    reference : str, default "OLS"
        Estimator that is shown beside the others and not judged: without carryover and
        saturation, it differs by what they do.

    Returns
    -------
    DataFrame
        One column per estimator and a verdict on those that are judged: *agree* (within a factor
        of 1.5), *magnitude differs*, or *sign or rank differs* (negative somewhere, or three ranks
        apart).
    """
    table = pd.DataFrame({"channel": channels, **roi_by_estimator})
    values = table[[name for name in roi_by_estimator if name != reference]]
    ranks = values.rank()
    verdicts = []
    for index in range(len(table)):
        row, rank = values.iloc[index], ranks.iloc[index]
        if (row <= 0).any() or rank.max() - rank.min() >= RANKS_APART:
            verdicts.append("sign or rank differs")
        elif row.max() / row.min() <= AGREEMENT:
            verdicts.append("agree")
        else:
            verdicts.append("magnitude differs")
    table["verdict"] = verdicts
    return table
