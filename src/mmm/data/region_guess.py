"""Which column of a stranger's table holds regions that can be modeled, and their population."""

from __future__ import annotations

import pandas as pd

from mmm.data.facts import Role
from mmm.data.regional import LEAST_WEEKS, repeats
from mmm.data.sheet import Sheet
from mmm.errors import DataError


def modeled_region(sheet: Sheet, kpi: str | None) -> str:
    """Return the column of the regions that are modeled; empty where none are.

    They are where one column tells the rows of a date apart by region, at least two of its
    regions have an outcome in half of the weeks, and the outcome is not that of the whole.
    """
    told, regions = sheet.told, sheet.keys.of("region")
    if told.region is not None:
        return told.region
    if told.sum_regions or told.market is not None or len(regions) != 1:
        return ""
    if sheet.keys.unknown:
        return ""
    if kpi is None or not sheet.facts[kpi].numeric:
        return regions[0]  # a problem of its own, which the draft of a study leaves to the user
    outcome = sheet.table.groupby([sheet.date.column, regions[0]], sort=False)[kpi].first()
    by_region = outcome.unstack()  # noqa: PD010, no summing
    usable = by_region.notna().mean() >= LEAST_WEEKS
    return "" if usable.sum() < 2 or repeats(by_region.T) else regions[0]


def population_of(sheet: Sheet, roles: dict[str, Role], region: str) -> str:
    """Return the column of the regions' population; empty where none is.

    Raises
    ------
    DataError
        If the user names one, and the file has no regions that are modeled.
    """
    if not region:
        if sheet.told.population is not None:
            raise DataError(
                f"--population {sheet.told.population!r}: {sheet.file} has no regions to model. "
                f"Name their column with --region, or leave the population out."
            )
        return ""
    if sheet.told.population is not None:
        return sheet.told.population
    people = [name for name, role in roles.items() if role.kind == "population"]
    return next((name for name in people if sheet.facts[name].numeric), "")


def region_notes(sheet: Sheet, region: str, population: str) -> list[str]:
    """Say that regions are modeled, and what to say instead."""
    if not region:
        return []
    count = pd.Series(sheet.table[region]).nunique()
    people = f"per head of {population!r}" if population else "in proportion to their mean KPI"
    return [
        f"{count} regions of {region!r}: each is modeled, {people}. Use --sum-regions to sum them "
        f"to one series, or --market {region}=NAME for one of them."
    ]
