"""A regional file as national weeks, and the clean rows of its regions beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmm.arrays import Array, Mask
from mmm.data.region_checks import populations, require_no_totals, require_one_currency
from mmm.data.region_findings import Found, findings_of
from mmm.data.region_rows import media_columns, region_rows
from mmm.data.regions import by_region, kpi_shares
from mmm.errors import DataError
from mmm.findings import Finding
from mmm.formatting import listing
from mmm.study.study import Study

#: Share of the weeks in which a region must have a KPI to tell anything of its own, a judgment.
LEAST_WEEKS = 0.5
#: Share of the national KPI that the regions of a week must hold at the ends of the file, where
#: other weeks are cut off, and in between, where others cannot be filled; both a judgment.
LEAST_KNOWN, LEAST_FILLED = 2 / 3, 1 / 4


@dataclass(frozen=True)
class Regional:
    """A clean regional file.

    Attributes
    ----------
    rows : DataFrame
        A row per region and week: date, region, population, KPI, value, media, controls.
    weeks : DataFrame
        The national weeks, with the columns of a national study.
    findings : tuple of Finding
        What was filled, split, left out or averaged.
    """

    rows: pd.DataFrame
    weeks: pd.DataFrame
    findings: tuple[Finding, ...]


def regional(table: pd.DataFrame, study: Study) -> Regional:
    """Clean a regional file, and sum its regions to national weeks.

    A region needs a KPI in half of the weeks. Where it has none, the national KPI takes its usual
    share of the week's total; its spend there is zero. Weeks at either end in which the regions
    with a KPI usually hold under two thirds of it are cut off. A medium that every region of a
    week repeats is bought nationally: it is taken once and split by heads.

    Raises
    ------
    DataError
        As :func:`~mmm.data.region_rows.region_rows`; and for regions that are sums of others,
        mixed currencies, an outcome that all regions repeat, populations that are none, no
        region with enough weeks, or weeks in between that too few regions know.
    """
    require_one_currency(table, str(study.data.region), study.data.file)
    rows = region_rows(table, study)
    attrs = dict(rows.attrs)
    kpi = by_region(rows, study.data.kpi, study)
    require_no_totals(kpi, str(study.data.region), study.data.file)
    _require_outcomes_of_regions(kpi, study)
    usable = _usable(kpi, study)
    found = Found(left_out=_weeks_known(kpi[~usable]), n_weeks=kpi.shape[1])
    kpi = kpi[usable]
    kept, share = _known_weeks(kpi, study)
    found = replace(found, cut=kpi.shape[1] - int(kept.sum()))
    kpi = kpi.loc[:, kept]
    rows = _only(rows, kpi, study)
    heads, growth = _heads(rows, kpi, share, study)
    rows, split = _national_media(rows, heads, study)
    found = replace(found, kpi=kpi, share=share, heads=heads, growth=growth, split=split)
    weeks = _summed(rows, kpi, share, heads, study)
    weeks.attrs = attrs
    return Regional(rows, weeks, findings_of(found, rows, study))


def _require_outcomes_of_regions(kpi: pd.DataFrame, study: Study) -> None:
    """Refuse an outcome of the whole country that stands in the row of each region."""
    if len(kpi) > 1 and repeats(kpi):
        raise DataError(
            f"{study.data.file}: KPI {study.data.kpi!r} is the same in all {len(kpi)} regions of "
            f"every date: it is that of the whole, and tells nothing of regions. Use "
            f"--sum-regions (region_columns instead of region), which takes it once."
        )


def repeats(values: pd.DataFrame) -> bool:
    """Tell whether all regions of every week share one value, and not always zero."""
    several = values.loc[:, values.notna().sum() > 1]
    same = (several.max() == several.min()).all()
    return bool(same and (several.fillna(0.0) != 0).to_numpy().any())


def _usable(kpi: pd.DataFrame, study: Study) -> pd.Series:
    """Tell which regions have a KPI in enough weeks, and one above zero."""
    usable = (kpi.notna().mean(axis=1) >= LEAST_WEEKS) & (kpi.sum(axis=1) > 0)
    if not usable.any():
        weeks = kpi.notna().sum(axis=1)
        raise DataError(
            f"{study.data.file}: none of {len(kpi)} regions has a KPI above zero in half of the "
            f"{kpi.shape[1]} weeks (the most: {weeks.idxmax()!r} with {weeks.max()}). Bring more "
            f"weeks of each region, or sum them with --sum-regions."
        )
    return usable


def _weeks_known(kpi: pd.DataFrame) -> dict[str, int]:
    return {str(name): int(count) for name, count in kpi.notna().sum(axis=1).items()}


def _known_weeks(kpi: pd.DataFrame, study: Study) -> tuple[Mask, Array]:
    """Return the weeks that are kept, and the share of each region in the KPI."""
    share = kpi_shares(kpi.to_numpy(float))
    known = share @ kpi.notna().to_numpy(float)
    enough = known >= LEAST_KNOWN
    first, last = int(enough.argmax()), len(enough) - int(enough[::-1].argmax())
    kept = np.zeros(len(enough), dtype=bool)
    kept[first:last] = True
    gaps = np.flatnonzero(kept & (known < LEAST_FILLED)) if enough.any() else np.array([0])
    if len(gaps):
        week = kpi.columns[gaps[0]]
        missing = [str(name) for name in kpi.index[kpi[week].isna()]]
        raise DataError(
            f"{study.data.file}: in {len(gaps)} week(s) too few regions have a KPI to know the "
            f"national one, first in the week of {week:%Y-%m-%d}, without "
            f"{listing(missing[:5])}{' and others' if len(missing) > 5 else ''}. Add their rows, "
            f"or cut the file there."
        )
    return kept, kpi_shares(kpi.to_numpy(float)[:, kept])


def _only(rows: pd.DataFrame, kpi: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Keep the rows of some regions and weeks."""
    known = rows[study.data.region].isin(kpi.index) & rows[study.data.date].isin(kpi.columns)
    return rows[known].reset_index(drop=True)


def _heads(
    rows: pd.DataFrame, kpi: pd.DataFrame, share: Array, study: Study
) -> tuple[Array, float]:
    """Return the share of each region in the population, else in the KPI; and how it changes."""
    if study.data.population is None:
        return share, 0.0
    people, growth = populations(rows, list(kpi.index), study)
    rows[study.data.population] = rows[study.data.region].map(
        dict(zip(kpi.index, people, strict=True))
    )
    return people / people.sum(), growth


def _national_media(
    rows: pd.DataFrame, heads: Array, study: Study
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Split media that all regions of a week repeat by heads, so that they count once."""
    names = rows[study.data.region].unique()
    weight = rows[study.data.region].map(dict(zip(names, heads, strict=True))).astype(float)
    weight /= weight.groupby(rows[study.data.date]).transform("sum")
    columns = media_columns(study) if len(names) > 1 else []
    split = tuple(name for name in columns if repeats(by_region(rows, name, study)))
    return rows.assign(**{name: rows[name] * weight for name in split}), split


def _summed(
    rows: pd.DataFrame, kpi: pd.DataFrame, share: Array, heads: Array, study: Study
) -> pd.DataFrame:
    """Return the national weeks: sums, and means of values by KPI and of controls by heads."""
    spec = study.data
    seen = kpi.notna().to_numpy()
    total = np.nansum(kpi.to_numpy(float), axis=0) / (share @ seen)
    columns: dict[str, object] = {spec.date: kpi.columns}
    columns[spec.kpi] = np.where(seen, kpi.to_numpy(float), share[:, None] * total).sum(axis=0)
    if spec.value_column is not None:
        value = by_region(rows, spec.value_column, study).to_numpy(float)
        columns[spec.value_column] = _mean(value, np.maximum(kpi.fillna(0.0).to_numpy(), 0.0))
    for name in media_columns(study):
        columns[name] = np.nansum(by_region(rows, name, study).to_numpy(float), axis=0)
    for name in study.controls.columns:
        values = by_region(rows, name, study)
        _require_known(values, name, study)
        columns[name] = _mean(values.to_numpy(float), np.outer(heads, np.ones(len(total))))
    for name in study.controls.categorical:
        columns[name] = _usual(by_region(rows, name, study), heads)
    return pd.DataFrame(columns)[[name for _, name in study.columns]]


def _mean(values: Array, weights: Array) -> Array:
    """Average over regions, where values are known; plainly where all weights are zero."""
    weights = np.where(np.isfinite(values), weights, 0.0)
    weights = np.where(weights.sum(axis=0) > 0, weights, np.isfinite(values))
    averaged: Array = np.nansum(values * weights, axis=0) / weights.sum(axis=0)
    return averaged


def _require_known(values: pd.DataFrame, name: str, study: Study) -> None:
    unknown = values.isna().all()
    if unknown.any():
        raise DataError(
            f"{study.data.file}: control {name!r} is empty in all regions in "
            f"{int(unknown.sum())} week(s), first in the week of "
            f"{values.columns[unknown.to_numpy()][0]:%Y-%m-%d}. Fill it, or remove it from "
            f"[controls]."
        )


def _usual(values: pd.DataFrame, heads: Array) -> list[str]:
    """Return the text that most heads have, week by week; of equals the first in the alphabet."""
    weight = pd.Series(heads, index=values.index)
    return [str(weight.groupby(values[week]).sum().idxmax()) for week in values.columns]
