r"""The noise of rows that are regions and weeks: alike and independent once it is whitened.

A row is the KPI of one region in one week. Its noise has three parts: what hits all regions in a
week alike (the week effect, per head), what lasts in a region (autocorrelation), and how noisy the
region is. With rows weighted by the inverse of the region's noise, filtered by
:math:`x_t - \rho x_{t-1}` and with weeks' common movement :math:`z z'x` taken out in part, what is
left is white: :math:`(I + k z z')^{-1/2} = I - (1 - 1/\sqrt{1 + k}) z z'` for a unit vector z.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmm.arrays import Array

Index = NDArray[np.int64]


@dataclass(frozen=True)
class RowNoise:
    """What each row is, and how its noise is whitened; rows of a region stand together."""

    n_regions: int
    region: Index  #: Shape (n_rows,): region of each row.
    week: Index  #: Shape (n_rows,): week of each row.
    heads: Array  #: Shape (n_rows,): the region's share of the heads.
    weight: Array  #: Shape (n_rows,): one over the usual noise of the region, KPI units.
    restart: Index  #: Shape (n_rows,): one where the week before is not there.
    pattern: Array  #: Shape (n_rows,): what a week effect does to the row, of unit length a week.
    #: Shape (n_weeks,): variance of the week effects over that of the regions' own noise in the
    #: weighted mean of a week.
    common: Array
    rho: float  #: Autocorrelation of a region's noise.

    @classmethod
    def of(
        cls, region: Index, week: Index, heads: Array, noise: Array, *, common: float, rho: float
    ) -> RowNoise:
        """Set up the noise of rows.

        Parameters
        ----------
        region, week : ndarray, shape (n_rows,)
            Numbers of regions and weeks; sorted by region, then by week.
        heads : ndarray, shape (n_regions,)
            Share of the heads of each region.
        noise : ndarray, shape (n_regions,)
            Standard deviation of the noise of each region, KPI units.
        common : float
            Variance of the week effects over that of the regions' own noise, in the weighted mean
            of a week with all regions.
        rho : float
            Autocorrelation of a region's noise, in [0, 1).
        """
        pattern = (heads / noise)[region]  # a week effect is per head
        squares = np.bincount(week, pattern**2, week.max() + 1)
        restart = np.ones(len(region), dtype=np.int64)
        restart[1:] = (np.diff(region) != 0) | (np.diff(week) != 1)
        return cls(
            n_regions=len(heads),
            region=region,
            week=week,
            heads=heads[region],
            weight=1 / noise[region],
            restart=restart,
            pattern=pattern / np.sqrt(squares)[week],
            common=np.asarray(common * squares / float(((heads / noise) ** 2).sum())),
            rho=rho,
        )

    @property
    def taken(self) -> Array:
        """Share of each week's common movement that whitening takes out, shape (n_weeks,)."""
        return 1 - 1 / np.sqrt(1 + self.common)

    def whiten(self, values: Array) -> Array:
        """Return rows with white noise.

        `values`, shape (n_rows, ...): KPI units of the regions.
        """
        columns = values.reshape(len(values), -1) * self.weight[:, np.newaxis]
        before = np.vstack([np.zeros((1, columns.shape[1])), columns[:-1]])
        fresh = self.restart[:, np.newaxis] == 1
        filtered = np.where(fresh, np.sqrt(1 - self.rho**2) * columns, columns - self.rho * before)
        common = np.zeros((len(self.common), columns.shape[1]))
        np.add.at(common, self.week, self.pattern[:, np.newaxis] * filtered)
        taken = (self.taken[:, np.newaxis] * common)[self.week]
        return np.asarray(filtered - self.pattern[:, np.newaxis] * taken).reshape(values.shape)

    @property
    def log_root(self) -> float:
        """Log determinant of the whitening, the weights left out."""
        fresh = 0.5 * np.log(1 - self.rho**2) * self.restart.sum()
        return float(fresh - 0.5 * np.log1p(self.common).sum())
