"""What the audit says of regions: what was filled, left out, averaged or split."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.regions import by_region
from mmm.findings import Finding
from mmm.formatting import percent, plural
from mmm.study.study import Study

#: A unit's value that differs between regions by more than this share is told.
UNLIKE = 0.05
#: Columns of rating points, by name.
RATING_POINTS = re.compile(r"(?<![a-z])(g|t)rps?(?![a-z])", re.IGNORECASE)
#: Regions or channels that a sentence names; of more, these and how many more there are.
MOST_NAMED = 6
#: Relative spread of spend per head between regions, below which it is bought nationally.
EVEN = 0.01
#: Relative change of a population that is only rounding.
STEADY = 1e-3


@dataclass(frozen=True)
class Found:
    """What cleaning found in a regional file.

    Attributes
    ----------
    left_out : dict of str to int
        Regions without enough weeks, and the weeks they have.
    n_weeks, cut : int
        Weeks of the file, and how many at its ends too few regions know.
    kpi : DataFrame, shape (n_regions, n_weeks)
        Outcome of the regions and weeks that are kept.
    share, heads : ndarray, shape (n_regions,)
        Their shares of the KPI, and of the population.
    growth : float
        Largest relative change of a region's population.
    split : tuple of str
        Columns of media that all regions repeated.
    """

    left_out: dict[str, int]
    n_weeks: int
    cut: int = 0
    kpi: pd.DataFrame = field(default_factory=pd.DataFrame)
    share: Array = field(default_factory=lambda: np.zeros(0))
    heads: Array = field(default_factory=lambda: np.zeros(0))
    growth: float = 0.0
    split: tuple[str, ...] = ()


def findings_of(found: Found, rows: pd.DataFrame, study: Study) -> tuple[Finding, ...]:
    """Return what the audit says of regions."""
    if len(found.kpi) < 2:
        text = f"Only {str(found.kpi.index[0])!r} has enough weeks: it is modeled as one series."
        remedy = "Bring more weeks of other regions."
        return Finding("regions", "REVIEW", text, remedy), *_left_out(found)
    return (
        _regions(found),
        *_left_out(found),
        *_cut(found),
        *_population(found, study),
        *_buying(found, rows, study),
        *_value(rows, study),
        *_rating_points(study),
    )


def _regions(found: Found) -> Finding:
    """Say how many regions there are, and where their KPI is missing."""
    size = f"{len(found.kpi)} regions over {plural(found.kpi.shape[1], 'week')}"
    missing = found.kpi.isna().sum(axis=1)
    missing = missing[missing > 0].sort_values(ascending=False, kind="stable")
    if missing.empty:
        return Finding("regions", "PASS", f"{size}; each has a KPI in every week.")
    holes = found.kpi.isna().to_numpy()
    filled = float((found.share[:, None] * holes).sum() / holes.shape[1])
    names = [f"{name} ({_when(found.kpi.loc[name], int(n))})" for name, n in missing.items()]
    return Finding(
        "regions",
        "REVIEW",
        f"{size}. {plural(int(holes.sum()), 'KPI')} of {holes.size} are missing: "
        f"{_first(names)}. The national KPI takes a region's usual share there, "
        f"{percent(filled, digits=1)} of all; no spend is filled in.",
        "Add the rows where they exist; write 0 where a region really sold nothing.",
    )


def _when(kpi: pd.Series, count: int) -> str:
    """Say how many weeks are missing, and whether they are those before a start."""
    first = int(kpi.notna().to_numpy().argmax())
    starts = f", starts {kpi.index[first]:%Y-%m-%d}" if first == count else ""
    return f"{plural(count, 'week')}{starts}"


def _left_out(found: Found) -> list[Finding]:
    if not found.left_out:
        return []
    return [
        Finding(
            "regions left out",
            "REVIEW",
            f"Without a KPI above zero in half of the weeks: "
            f"{_named(found.left_out.items(), found.n_weeks)}. Their spend and KPI count nowhere.",
            "Bring more of their weeks, or take them out of the file.",
        )
    ]


def _named(regions: Iterable[tuple[str, int]], n_weeks: int) -> str:
    return _first([f"{name} ({count} of {n_weeks})" for name, count in regions])


def _first(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    shown = names if more <= 1 else [*names[:MOST_NAMED], f"{more} more"]
    return ", ".join(shown)


def _cut(found: Found) -> list[Finding]:
    if not found.cut:
        return []
    return [
        Finding(
            "weeks of few regions",
            "REVIEW",
            f"{plural(found.cut, 'week')} at the ends of the file are cut off: the regions with a "
            f"KPI there hold less than two thirds of it.",
            "Bring the other regions' weeks, if there are any.",
        )
    ]


def _population(found: Found, study: Study) -> list[Finding]:
    column = study.data.population
    if column is None or found.growth < STEADY:
        return []
    return [
        Finding(
            "population",
            "REVIEW",
            f"{column!r} changes within a region by up to {percent(found.growth, digits=1)}; its "
            f"mean over the weeks counts.",
            "None needed where regions grow; correct it where one figure is wrong.",
        )
    ]


def _buying(found: Found, rows: pd.DataFrame, study: Study) -> list[Finding]:
    """Name channels that are bought in one region only, and those bought nationally."""
    names = list(found.kpi.index)
    alone, even = [], []
    for channel in study.channels.values():
        spend = by_region(rows, channel.spend, study).to_numpy(float)
        buyers = np.flatnonzero(np.nansum(spend, axis=1) > 0)
        if len(buyers) == 1:
            alone.append(f"{channel.label} ({names[buyers[0]]})")
        elif channel.spend in found.split or is_even(spend, found.heads):
            even.append(channel.label)
    return [*_alone(alone), *_even(even, study)]


def _value(rows: pd.DataFrame, study: Study) -> list[Finding]:
    """Say where a unit of the KPI is worth more in one region than in another."""
    column = study.data.value_column
    if column is None:
        return []
    usual = by_region(rows, column, study).mean(axis=1)
    if usual.max() <= (1 + UNLIKE) * usual.min():
        return []
    low, high = usual.idxmin(), usual.idxmax()
    return [
        Finding(
            "value by region",
            "REVIEW",
            f"A unit is worth {usual[low]:g} in {low} and {usual[high]:g} in {high} on average; "
            f"all returns, those of one region too, count the national mean of each week.",
            "Model the KPI in money, or the regions of one price by themselves (--market).",
        )
    ]


def _rating_points(study: Study) -> list[Finding]:
    """Say where media are per head already: curves would divide them by heads again."""
    named = [
        channel.label
        for channel in study.channels.values()
        if channel.exposure and RATING_POINTS.search(channel.exposure)
    ]
    if not named:
        return []
    return [
        Finding(
            "rating points",
            "REVIEW",
            f"Rating points are per head already, and count as media of the whole region: "
            f"{_first(named)}.",
            "Bring contacts or impressions (rating points times the heads), or the spend.",
        )
    ]


def is_even(spend: Array, heads: Array) -> bool:
    """Tell whether all regions spend the same per head in every week: bought nationally.

    Parameters
    ----------
    spend : ndarray, shape (n_regions, n_weeks)
        Currency; NaN where there is no row.
    heads : ndarray, shape (n_regions,)
        Shares of the population.
    """
    per_head = spend / heads[:, None]
    usual = np.nanmean(per_head, axis=0)
    apart = np.nanmean(np.abs(per_head - usual), axis=0)
    return bool(usual.sum() > 0 and apart.sum() <= EVEN * usual.sum())


def _alone(names: list[str]) -> list[Finding]:
    if not names:
        return []
    return [
        Finding(
            "channels of one region",
            "REVIEW",
            f"Bought in one region only: {_first(names)}.",
            "No other region can confirm its effect: read its figures as that region's.",
        )
    ]


def _even(names: list[str], study: Study) -> list[Finding]:
    if not names:
        return []
    by = "population" if study.data.population else "mean KPI"
    return [
        Finding(
            "national channels",
            "REVIEW",
            f"The same per head in every region, as if bought nationally and split by {by}: "
            f"{_first(names)}.",
            "Regions tell nothing about them; bring the spend of each region if it is known.",
        )
    ]
