"""The weeks of a regional study region by region, beside the national weeks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mmm.arrays import Array

if TYPE_CHECKING:
    from mmm.data.weekly import WeeklyData


@dataclass(frozen=True)
class Regions:
    """The weeks of a study region by region; weeks are those of the national data beside them.

    Attributes
    ----------
    names : tuple of str, shape (n_regions,)
        Names of the regions, as the file writes them.
    heads : ndarray, shape (n_regions,)
        Share of the population, or of the mean KPI where no population is given; sums to one.
    kpi : ndarray, shape (n_regions, n_weeks)
        Outcome in KPI units; NaN where a region has no row for a week or no KPI.
    spend : ndarray, shape (n_regions, n_weeks, n_channels)
        Currency; zero where there is no row.
    media : ndarray, shape (n_regions, n_weeks, n_channels)
        Media units; zero where there is no row.
    controls : ndarray, shape (n_regions, n_weeks, n_controls)
        In the order of the national controls; their national value where there is no row.
    by_population : bool
        Whether `heads` are shares of a population.
    """

    names: tuple[str, ...]
    heads: Array
    kpi: Array
    spend: Array
    media: Array
    controls: Array
    by_population: bool

    def __len__(self) -> int:
        return len(self.names)

    def head(self, n_weeks: int) -> Regions:
        """Return the first `n_weeks` weeks."""
        return self.kept(slice(None, n_weeks))

    def after(self, n_weeks: int) -> Regions:
        """Return the weeks after the first `n_weeks`."""
        return self.kept(slice(n_weeks, None))

    def kept(self, keep: slice) -> Regions:
        """Return some of the weeks."""
        weekly = ("kpi", "spend", "media", "controls")
        return replace(self, **{name: getattr(self, name)[:, keep] for name in weekly})


def national(weekly: WeeklyData) -> WeeklyData:
    """Return the weeks without their regions: what a national model sees."""
    return replace(weekly, regions=None)
