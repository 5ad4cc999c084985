"""A fitted model as a linear regression on its own curves, for checks by regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm.arrays import Array, Mask
from mmm.data.weekly import WeeklyData
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.fit import thin
from mmm.model.bayes.regional import USUAL, Rows, row_curves

#: Weeks ahead whose spend must not explain today's KPI.
LEADS = 4
#: Components of the flexible baseline that dates alone decide.
CALENDAR = ("season", "level", "holidays")
#: Draws whose curves are averaged over the rows of regions.
REGIONAL_DRAWS = 100


@dataclass(frozen=True)
class LinearView:
    """The fitted model as a linear regression on its own curves.

    Rows are weeks; with regions they are regions and weeks whose noise is whitened, so that what
    hits all regions alike counts little.
    """

    outcome: Array  #: Shape (n_rows,): KPI.
    #: Shape (n_rows,): KPI without the season, level and holidays that the flexible baseline
    #: draws. What it draws of demand stays: the checks here look for it.
    kpi: Array
    curves: Array  #: Shape (n_rows, n_channels): saturated, adstocked media, mean over draws.
    rest: Array  #: Shape (n_rows, n_terms): baseline terms and synergy products.
    n_baseline: int  #: Columns of `rest` that are baseline terms.
    blocks: dict[str, list[int]]  #: Those of them that make up season, trend and level.
    spend: Array  #: Shape (n_rows, n_channels): currency.
    later: Array  #: Shape (n_rows, n_channels, LEADS): media of the next weeks.
    followed: Mask  #: Shape (n_rows,): rows whose next weeks are known.
    follows: Mask  #: Shape (n_rows,): rows whose week before is the row before.

    @classmethod
    def of(cls, model: AdditiveModel, weekly: WeeklyData) -> LinearView:
        """Take a fitted model and its weeks, region by region where they have regions."""
        by_region = weekly.regions is not None and model.has_regions
        return cls._rows(model, weekly) if by_region else cls.national(model, weekly)

    @classmethod
    def national(cls, model: AdditiveModel, weekly: WeeklyData) -> LinearView:
        """Take a fitted model and its national weeks."""
        media = weekly.media.to_numpy(float)
        curves = model.curves(media).mean(axis=0)
        matrix = model.design.matrix(weekly.weeks, weekly.controls)
        products = [curves[:, i] * curves[:, j] for i, j in model.pairs]
        return cls(
            outcome=weekly.kpi,
            kpi=weekly.kpi - _drawn(model, weekly),
            curves=curves,
            rest=np.column_stack([matrix.to_numpy(float), *products]),
            n_baseline=matrix.shape[1],
            blocks=_blocks(list(matrix.columns)),
            spend=weekly.spend.to_numpy(float),
            later=_later(media),
            followed=np.arange(len(weekly)) < len(weekly) - LEADS,
            follows=np.arange(len(weekly)) > 0,
        )

    @classmethod
    def _rows(cls, model: AdditiveModel, weekly: WeeklyData) -> LinearView:
        regions, rows = weekly.regions, Rows.of(weekly, model.design)
        assert regions is not None
        white, at = rows.white(USUAL).whiten, (rows.region, rows.week)
        drawn = _drawn(model, weekly)[rows.week] * rows.heads[rows.region]
        later = np.stack([_later(media) for media in regions.media])
        return cls(
            outcome=white(rows.kpi),
            kpi=white(rows.kpi - drawn),
            curves=white(row_curves(thin(model, REGIONAL_DRAWS), weekly, *at).mean(axis=0)),
            rest=white(np.column_stack([rows.terms, rows.demand])),
            n_baseline=len(rows.names) + rows.demand.shape[1],
            blocks=_blocks(list(rows.names)),
            spend=white(regions.spend[at]),
            later=white(later[at]),
            followed=rows.week < len(weekly) - LEADS,
            follows=rows.white(USUAL).restart == 0,
        )

    @property
    def columns(self) -> Array:
        """Everything that was fitted, shape (n_rows, n_terms + n_channels)."""
        return np.column_stack([self.rest, self.curves])

    def others(self, channel: int) -> Array:
        """Return everything but one channel, shape (n_rows, n_terms + n_channels - 1)."""
        return np.column_stack([self.rest, np.delete(self.curves, channel, axis=1)])


def _drawn(model: AdditiveModel, weekly: WeeklyData) -> Array:
    """Return the season, level and holidays of the flexible baseline, shape (n_weeks,)."""
    drawn = np.zeros(len(weekly))
    if model.flexible is not None:
        for name in model.flexible.design.components:
            if name in CALENDAR:
                drawn += model.flexible.effect_of(name, weekly.weeks).mean(axis=0)
    return drawn


def _blocks(names: list[str]) -> dict[str, list[int]]:
    blocks = {
        "season": [i for i, name in enumerate(names) if name.startswith("season")],
        "trend": [i for i, name in enumerate(names) if name == "trend"],
        "level": [i for i, name in enumerate(names) if name == "intercept"],
    }
    return {name: columns for name, columns in blocks.items() if columns}


def _later(media: Array) -> Array:
    """Return media of the next weeks, the last week repeated; (n_weeks, n_channels, LEADS)."""
    weeks = np.arange(len(media))
    ahead = [np.minimum(weeks + k, len(media) - 1) for k in range(1, LEADS + 1)]
    return np.stack([media[rows] for rows in ahead], axis=2)


def remainder(values: Array, columns: Array) -> Array:
    """Return what columns leave unexplained of some values, by least squares.

    Parameters
    ----------
    values : ndarray, shape (n_weeks,) or (n_weeks, n_values)
        What to explain.
    columns : ndarray, shape (n_weeks, n_columns)
        What explains it.
    """
    return np.asarray(values - columns @ np.linalg.lstsq(columns, values, rcond=None)[0])
