"""How the media of a whole country spread over its regions, and how each region responds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mmm.arrays import Array

#: Weeks at the start whose average stands for the weeks before; weeks of the year that later ones
#: repeat.
EARLY, YEAR = 13, 52


@dataclass(frozen=True)
class RegionSplit:
    r"""Regions of one channel: who got how much of its media, and how much it did there.

    Notes
    -----
    Curves act on media per head. With shares of the heads :math:`h_r`, a region's media
    :math:`x_{rt}` over :math:`h_r` is what the whole country would have at the same media per
    head, so one half-saturation serves all: the effect of a week is
    :math:`\beta \sum_r h_r e_r f(a_{rt} / h_r)`.
    """

    names: tuple[str, ...]  #: Shape (n_regions,).
    heads: Array  #: Shape (n_regions,): share of the population; sums to one.
    #: Shape (n_weeks, n_regions): share of the channel's media in each week of the data; later
    #: weeks repeat the last year.
    share: Array
    early: Array  #: Shape (n_regions,): the same before the first week.
    effect: Array  #: Shape (n_draws, n_regions): factor on the effect in each region.

    @classmethod
    def of(cls, names: tuple[str, ...], heads: Array, media: Array, effect: Array) -> RegionSplit:
        """Split a channel's media as they were bought.

        `media`, shape (n_regions, n_weeks): the channel's media in each region.
        """
        total = media.sum(axis=0)
        usual = _shares(media[:, -YEAR:].sum(axis=1), _shares(media.sum(axis=1), heads))
        bought = total > 0
        share = np.where(bought, media / np.where(bought, total, 1.0), usual[:, np.newaxis])
        early = _shares(media[:, :EARLY].sum(axis=1), usual)
        return cls(names, heads, share.T, early, effect)

    def spread(self, media: Array, start: int = 0) -> Array:
        """Return media per head in each region, in media units of the whole country.

        Parameters
        ----------
        media : ndarray, shape (n_weeks,)
            Media of the whole country.
        start : int, default 0
            First of these weeks, counted from the first week of the data.

        Returns
        -------
        ndarray, shape (n_regions, n_weeks)
        """
        return np.asarray((media[:, np.newaxis] * self.shares(start, len(media)) / self.heads).T)

    def shares(self, start: int, count: int) -> Array:
        """Return the share of each region in some weeks, shape (count, n_regions).

        `start`: the first of them, counted from the first week of the data; negative before it.
        """
        weeks, known = np.arange(start, start + count), len(self.share)
        year = min(YEAR, known)
        again = known - year + (weeks - known) % year
        rows = np.where(weeks < known, np.maximum(weeks, 0), again)
        return np.where((weeks < 0)[:, np.newaxis], self.early, self.share[rows])

    def take(self, draws: NDArray[np.int64]) -> RegionSplit:
        """Keep some draws."""
        return replace(self, effect=self.effect[draws])


def _shares(amounts: Array, otherwise: Array) -> Array:
    total = amounts.sum()
    return np.asarray(amounts / total if total > 0 else otherwise)
