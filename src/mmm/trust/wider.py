"""The interval that counts what the model of record takes for granted: its form, and an effect."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm.trust.nothing import interval_with_nothing

Array = NDArray[np.float64]


def over_models(draws: Array, changes: Array) -> Array:
    r"""Widen the draws of an ROI by how much it depends on the specification.

    Parameters
    ----------
    draws : ndarray, shape (n_draws,)
        ROI under the model of record.
    changes : ndarray, shape (n_specifications,)
        ROI under other specifications, over that under the study's own.

    Returns
    -------
    ndarray, shape (n_draws,)
        Same median; the variance of the logarithm is that within the model plus that between the
        models.

    Notes
    -----
    :math:`\operatorname{Var} = E[\operatorname{Var}(\cdot \mid M)] +
    \operatorname{Var}(E[\cdot \mid M])` with every specification alike (Draper 1995, JRSS B 57).
    """
    logs = np.log(np.maximum(draws, 1e-12))
    within, between = float(logs.var()), float(np.log(np.maximum(changes, 1e-12)).var())
    if not within > 0 or not np.isfinite(between):
        return draws
    middle = np.median(logs)
    return np.asarray(np.exp(middle + (logs - middle) * np.sqrt(1 + between / within)))


def wider_table(
    curve: pd.DataFrame, draws: pd.DataFrame, chance: pd.Series, *, interval: float
) -> pd.DataFrame:
    """Return the interval of each ROI with other specifications and the chance of nothing counted.

    Parameters
    ----------
    curve : DataFrame
        Result of :func:`mmm.trust.specification.specification_curve`.
    draws : DataFrame, shape (n_draws, n_channels)
        ROI of record.
    chance : Series, shape (n_channels,)
        Chance that each channel does nothing; NaN counts as none.
    interval : float
        Central share.

    Returns
    -------
    DataFrame
        Columns channel, roi_low, roi, roi_high; bounds are NaN for a point estimate.
    """
    rows = []
    for name, none in zip(draws, chance.fillna(0.0), strict=True):
        own, changes = draws[name].to_numpy(float), curve.loc[curve["channel"] == name, "change"]
        if len(own) < 2:
            rows.append((name, np.nan, float(own[0]), np.nan))
        else:
            wide = over_models(own, changes.to_numpy(float))
            rows.append((name, *interval_with_nothing(wide, float(none), interval)))
    return pd.DataFrame(rows, columns=["channel", "roi_low", "roi", "roi_high"])
