"""Where media vary: between regions, over weeks, or in a region's own weeks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData

#: Columns of the parts of the variation: they add up to one.
PARTS = ["between_regions", "over_weeks", "own_weeks"]


def variation_parts(weekly: WeeklyData) -> pd.DataFrame:
    r"""Split the variation of the outcome and of each channel's spend per head.

    Parameters
    ----------
    weekly : WeeklyData
        The data with their regions.

    Returns
    -------
    DataFrame
        A row for the outcome (where at least two regions know it in every week) and one per
        channel: columns series, variation (standard deviation over mean), and the shares of its
        square that lie between_regions, over_weeks (which all regions share) and in own_weeks (of
        a region, apart from both). Shares of a series that never varies are empty.

    Notes
    -----
    With the heads as weights, :math:`y_{rt} - \bar y = (\bar y_r - \bar y) + (\bar y_t - \bar y) +
    e_{rt}`; the parts are orthogonal, so that their squares add up.
    """
    regions = weekly.regions
    assert regions is not None
    whole = np.isfinite(regions.kpi).all(axis=1)
    rows = []
    if whole.sum() > 1:
        rows.append(_parts("outcome", regions.kpi[whole] * weekly.value, regions.heads[whole]))
    for c, name in enumerate(map(str, weekly.spend.columns)):
        rows.append(_parts(name, regions.spend[:, :, c], regions.heads))
    return pd.DataFrame(rows)


def _parts(name: str, amounts: Array, heads: Array) -> dict[str, str | float]:
    """Return the parts of one series; `amounts` of shape (n_regions, n_weeks)."""
    weights, per_head = heads / heads.sum(), amounts / heads[:, np.newaxis]
    weeks = weights @ per_head
    center = float(weeks.mean())
    own = per_head.mean(axis=1) - center
    rest = per_head - weeks - own[:, np.newaxis]
    parts = [weights @ own**2, ((weeks - center) ** 2).mean(), (weights @ rest**2).mean()]
    total = float(sum(parts))
    known = total > 0 and center > 0
    shares = [float(part) / total if known else np.nan for part in parts]
    variation = total**0.5 / center if center > 0 else np.nan
    return {"series": name, "variation": variation, **dict(zip(PARTS, shares, strict=True))}
