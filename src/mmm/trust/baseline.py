"""What was found of the baseline: how regular it is, and which weeks recur each year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.model.additive import AdditiveModel
from mmm.model.baseline import fourier
from mmm.study.study import Study

#: A baseline is regular where no component's standard deviation exceeds this share of the noise.
REGULAR = 0.25
#: Weeks of a year, and of the shortest data that say what recurs each year.
YEAR, TWO_YEARS = 52, 104
#: Weeks that a block may have, and the most blocks that are named.
SHORTEST, LONGEST, MOST = 2, 8, 2
#: A block is named where it is surely larger than this share of the weekly noise.
STANDS_OUT, SURE = 0.5, 0.95


def regular_share(model: AdditiveModel) -> float:
    """Return the share of the draws in which line and harmonics draw all of the baseline.

    Parameters
    ----------
    model : AdditiveModel
        Any model; NaN where it has no flexible components.
    """
    if model.flexible is None or not model.flexible.sd.shape[1]:
        return float("nan")
    return float((model.flexible.sd <= REGULAR).all(axis=1).mean())


def regular_before(model: AdditiveModel, study: Study) -> float:
    """Return the same share before the data: what the priors of the components alone say.

    Parameters
    ----------
    model : AdditiveModel
        Any model; NaN where it has no flexible components.
    study : Study
        Its priors.
    """
    if model.flexible is None or not model.flexible.sd.shape[1]:
        return float("nan")
    priors = [study.priors.of_component(name) for name in model.flexible.design.components]
    return float(np.prod([norm.cdf(np.log(REGULAR / p.median) / p.sd) for p in priors]))


def component_table(model: AdditiveModel, weekly: WeeklyData) -> pd.DataFrame:
    """Return how large each flexible component of the baseline is.

    Parameters
    ----------
    model : AdditiveModel
        The model.
    weekly : WeeklyData
        The weeks it was fitted on.

    Returns
    -------
    DataFrame
        Columns component, size_in_kpi (standard deviation over the weeks of what it adds to the
        regular baseline, median over draws, KPI units), share_of_kpi (the same over the mean KPI)
        and in_noise (median of its strength, in multiples of the weekly noise).
    """
    flexible = model.flexible
    rows = []
    if flexible is not None:
        basis = np.linalg.qr(model.design.matrix(weekly.weeks, weekly.controls).to_numpy(float))[0]
        for name, strength in zip(flexible.design.components, flexible.sd.T, strict=True):
            effect = flexible.effect_of(name, weekly.weeks)
            size = float(np.median((effect - effect @ basis @ basis.T).std(axis=1)))
            share = size / float(weekly.kpi.mean())
            rows.append((name, size, share, float(np.median(strength))))
    return pd.DataFrame(rows, columns=["component", "size_in_kpi", "share_of_kpi", "in_noise"])


@dataclass(frozen=True)
class YearlyBlock:
    """Neighboring weeks of the year that lie above or below the regular season each year."""

    first: pd.Timestamp  #: First day of its first week, in the last year of the data.
    weeks: int  #: How many.
    size: float  #: Median of what they add to the KPI a week; negative where they fall short.

    @property
    def numbers(self) -> tuple[int, int]:
        """ISO numbers of its first and last week: those of the middle of each week."""
        middle = self.first + pd.Timedelta(days=3)
        last = middle + pd.Timedelta(days=7 * (self.weeks - 1))
        return middle.isocalendar().week, last.isocalendar().week


def yearly_blocks(model: AdditiveModel, weekly: WeeklyData) -> list[YearlyBlock]:
    r"""Find weeks that exceed the regular season each year, or fall short of it.

    Parameters
    ----------
    model : AdditiveModel
        The model.
    weekly : WeeklyData
        The weeks it was fitted on.

    Returns
    -------
    list of YearlyBlock
        At most two, the one that explains most first; none where the data hold less than two
        years or the model has no flexible season.

    Notes
    -----
    The component holds only what the regular season cannot draw, and nothing finer than its own
    harmonics, so a block of weeks appears in it blurred and with dips beside it. Hence a block is
    matched as the component can draw it, :math:`PB`: each draw of the component :math:`f` gives
    it the height :math:`f'PB / B'PB`, and the block that explains most of the mean is taken out
    before the next one, apart from it, is sought (matching pursuit). It is named where more than
    95 % of the draws have a height beyond half of the weekly noise.
    """
    flexible = model.flexible
    if flexible is None or "season" not in flexible.design.components:
        return []
    if min(len(weekly), flexible.design.n_weeks) < TWO_YEARS:
        return []
    year, blocks = weekly.weeks[-YEAR:], _blocks()
    drawn = _beyond(flexible.design.columns(year)["season"], _regular(year, model))
    season = flexible.effect_of("season", year) @ drawn @ drawn.T
    shapes = blocks @ drawn @ drawn.T
    found: list[YearlyBlock] = []
    free = np.ones(len(blocks), dtype=bool)
    for _ in range(MOST):
        heights, gained = _matched(season, shapes)
        best = int(np.where(free, gained, -1.0).argmax())
        height = heights[:, best]
        if not _stands_out(height, model.noise):
            break
        start, length = best % YEAR, int(blocks[best].sum())
        found.append(YearlyBlock(year[start], length, float(np.median(height))))
        season = season - height[:, np.newaxis] * shapes[best]
        free &= blocks @ blocks[best] == 0
    return found


def _blocks() -> Array:
    """Return each block of weeks as zeros and ones, shape (n_blocks, 52).

    Sorted by length, then by first week; December runs on into January.
    """
    week = np.arange(YEAR)
    since = (week - week[:, np.newaxis]) % YEAR
    return np.concatenate([since < length for length in range(SHORTEST, LONGEST + 1)]).astype(
        float
    )


def _regular(year: pd.DatetimeIndex, model: AdditiveModel) -> Array:
    """Return the level and season of the regular baseline, shape (n_weeks, n_terms)."""
    return np.column_stack([np.ones(len(year)), *fourier(year, model.design.harmonics).values()])


def _beyond(columns: Array, others: Array) -> Array:
    """Return an orthonormal basis of what columns have beyond others."""
    basis = np.linalg.qr(others)[0]
    return np.asarray(np.linalg.qr(columns - basis @ (basis.T @ columns))[0])


def _matched(season: Array, shapes: Array) -> tuple[Array, Array]:
    """Return the height of each shape in each draw, and how much of the mean each explains."""
    energy = (shapes**2).sum(axis=1)
    heights = season @ shapes.T / energy
    return heights, heights.mean(axis=0) ** 2 * energy


def _stands_out(height: Array, noise: Array) -> bool:
    """Return whether nearly all draws agree on the sign of a height beyond half of the noise."""
    limit = STANDS_OUT * noise
    return max(float((height > limit).mean()), float((height < -limit).mean())) > SURE
