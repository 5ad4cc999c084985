"""Ordinary least squares on raw spend plus baseline, with HAC standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.regression.linear_model import OLS, RegressionResultsWrapper

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.model.additive import AdditiveModel
from mmm.model.baseline import BaselineDesign, baseline_design
from mmm.model.response import ChannelResponse
from mmm.study.study import Study


@dataclass(frozen=True)
class OLSFit:
    """A linear regression of the KPI on media and baseline."""

    regression: RegressionResultsWrapper  #: The statsmodels result with HAC covariance.
    design: BaselineDesign  #: How weeks become baseline terms.
    channels: list[str]  #: Names of the channels; their coefficients come first.

    def coefficients(self, interval: float) -> pd.DataFrame:
        """Return the coefficient table.

        Parameters
        ----------
        interval : float
            Confidence level, e.g. 0.90.

        Returns
        -------
        DataFrame
            Columns term, coefficient, std_error, low, high, p_value.
        """
        bounds = self.regression.conf_int(alpha=1 - interval)
        return pd.DataFrame(
            {
                "term": self.regression.params.index,
                "coefficient": self.regression.params.to_numpy(),
                "std_error": self.regression.bse.to_numpy(),
                "low": bounds[0].to_numpy(),
                "high": bounds[1].to_numpy(),
                "p_value": self.regression.pvalues.to_numpy(),
            }
        )

    def predict(self, weekly: WeeklyData) -> Array:
        """Return the expected KPI of any weeks, shape (n_weeks,).

        `weekly`: weeks with media and controls.
        """
        return np.asarray(self.regression.predict(_matrix(weekly, self.design)), dtype=float)

    def model(self) -> AdditiveModel:
        """Return the regression as an additive model: no carryover, a straight line."""
        params = self.regression.params
        responses = tuple(
            ChannelResponse(
                name=name,
                adstock="none",
                saturation="none",
                max_lag=0,
                parameters={},
                beta=np.array([params[name]]),
                history=np.zeros(0),
            )
            for name in self.channels
        )
        return AdditiveModel(
            name="ols",
            responses=responses,
            pairs=(),
            gamma=np.zeros((1, 0)),
            design=self.design,
            baseline=params[list(self.design.kept)].to_numpy()[np.newaxis],
            noise=np.array([np.sqrt(self.regression.scale)]),
        )


def _matrix(weekly: WeeklyData, design: BaselineDesign) -> pd.DataFrame:
    baseline = design.matrix(weekly.weeks, weekly.controls)
    return pd.concat([weekly.media.reset_index(drop=True), baseline], axis=1)


def fit_ols(weekly: WeeklyData, study: Study, *, max_lags: int = 4) -> OLSFit:
    """Regress the KPI on raw media and the baseline.

    Parameters
    ----------
    weekly : WeeklyData
        Training weeks.
    study : Study
        Names the baseline terms.
    max_lags : int, default 4
        Weeks of autocorrelation that the standard errors allow for (Newey and West 1987).
    """
    design = baseline_design(weekly, study)
    regression = OLS(weekly.kpi, _matrix(weekly, design)).fit(
        cov_type="HAC", cov_kwds={"maxlags": max_lags, "use_correction": True}, use_t=True
    )
    return OLSFit(regression=regression, design=design, channels=weekly.channels)
