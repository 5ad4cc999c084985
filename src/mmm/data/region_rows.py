"""One clean row a region and week of a regional file: its names, dates and numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.data.cells import numeric, require_columns, week_of
from mmm.data.dates import first_days, mondays, parse_dates
from mmm.data.names import one_spelling
from mmm.data.number_format import refuse_truth_values
from mmm.data.reshape import DAYS, region_rows_of
from mmm.data.spacing import require_spacing
from mmm.errors import DataError
from mmm.formatting import plural
from mmm.study.study import Location, Study


def media_columns(study: Study) -> list[str]:
    """List the columns of spend and exposure, each once."""
    columns = (name for c in study.channels.values() for name in (c.spend, c.exposure) if name)
    return list(dict.fromkeys(columns))


def region_rows(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return a row per region and week, regions in the order of the file, weeks oldest first.

    Returns
    -------
    DataFrame
        Date, region, population, KPI, value, media and controls; numbers are floats, empty spend
        is zero and counted in ``attrs["empty spend"]``, an empty KPI or control stays empty.

    Raises
    ------
    DataError
        For a missing column, a region without a name or with two spellings, two rows of a region
        and week, text among numbers, negative spend, or weeks in which no region has a row.
    """
    rows = _dated(_one_row_each(_named(table, study), study), study)
    days = 1 if study.data.frequency == "daily" else 7
    dates = pd.DatetimeIndex(rows[study.data.date].unique()).sort_values()
    require_spacing(dates, study.data.file, days=days)
    empty = _empty_spend(rows, table, study)
    _clean_cells(rows, study)
    if days == 1:
        rows = _weeks(rows, study)
    _require_no_refunds(rows, study)
    rows.attrs["empty spend"] = empty
    return rows


def _named(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the table with trimmed names of regions."""
    spec = study.data
    keys = ("date", "kpi", "region", "population", "channel_column", "spend_column")
    needed: list[tuple[Location, str]] = [
        (("data", key), getattr(spec, key)) for key in keys if getattr(spec, key)
    ]
    require_columns(table, needed, study)
    names = table[spec.region]
    if names.isna().any():
        row = int(names.isna().to_numpy().argmax()) + 1
        raise DataError(
            f"{spec.file}: {int(names.isna().sum())} of {len(names)} rows name no region in "
            f"{spec.region!r}, first data row {row}. Fill them, or remove the rows."
        )
    names = names.astype(str).map(one_spelling)
    spellings: dict[str, str] = {}
    for name in names.unique():
        other = spellings.setdefault(name.casefold(), name)
        if other != name:
            raise DataError(
                f"{spec.file}: {other!r} and {name!r} in column {spec.region!r} differ in "
                f"capitals only. Write a region in one way."
            )
    return table.assign(**{str(spec.region): names})


def _one_row_each(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return a row per region and date, a column per channel."""
    spec = study.data
    if spec.channel_column is None or spec.spend_column is None:
        return table
    copies = table.duplicated()
    if copies.any():
        raise DataError(
            f"{spec.file}: {plural(int(copies.sum()), 'row')} repeat another one cell by cell, "
            f"first data row {int(copies.to_numpy().argmax()) + 1}. Remove the copies."
        )
    named = [name for _, name in study.columns if name in table.columns and name != spec.date]
    return region_rows_of(
        table,
        by=[spec.date, str(spec.region)],
        channel=spec.channel_column,
        spend=spec.spend_column,
        keep=[*named, *filter(None, [spec.population])],
        where=spec.file,
    )


def _dated(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the study's columns, sorted by region and date, each pair once."""
    spec = study.data
    region, date = str(spec.region), spec.date
    require_columns(table, study.columns, study)
    used = [name for _, name in study.columns if name != date]
    extra = [name for name in (region, spec.population) if name and name not in used]
    rows = table[[date, *extra, *used]].copy()
    where = f"{spec.file}, column {date!r}"
    dates = parse_dates(rows[date], date_format=spec.date_format, where=where)
    rows[date] = first_days(dates, spec.week_label)
    amounts = [spec.kpi, *(c.spend for c in study.channels.values())]
    refuse_truth_values(rows, amounts, spec.file)
    copies = rows.duplicated([region, date])
    if copies.any():
        first = rows[copies].iloc[0]
        raise DataError(
            f"{spec.file}: {plural(int(copies.sum()), 'row')} repeat a region and date, first "
            f"{region} {first[region]!r} on {first[date]:%Y-%m-%d}. A region has one row a date: "
            f"remove the copies, or add their amounts up."
        )
    return _sorted(rows, region, date, list(rows[region].unique()))


def _sorted(rows: pd.DataFrame, region: str, date: str, order: list[str]) -> pd.DataFrame:
    position = rows[region].map({name: i for i, name in enumerate(order)}).to_numpy(int)
    return rows.iloc[np.lexsort((rows[date].to_numpy(), position))].reset_index(drop=True)


def _empty_spend(rows: pd.DataFrame, table: pd.DataFrame, study: Study) -> list[str]:
    """Say where spend is empty, which counts as zero: per channel, or for a long file in all."""
    column, found = study.data.spend_column, []
    if column is not None:
        count = int(table[column].isna().sum())
        return [f"{column}: {plural(count, 'cell')}"] if count else []
    for channel in study.channels.values():
        empty = rows[channel.spend].isna()
        if empty.any():
            cells = plural(int(empty.sum()), "row")
            found.append(f"{channel.label}: {cells}, first {week_of(rows, empty, study)}")
    return found


def _clean_cells(rows: pd.DataFrame, study: Study) -> None:
    """Make numbers of the columns of numbers, in place."""
    spec = study.data
    roles = {spec.kpi: "KPI", spec.value_column: "value column", spec.population: "population"}
    for column, role in roles.items():
        if column is not None:
            rows[column] = numeric(rows, column, role, study)
    if spec.value_column is not None:
        empty = rows[spec.value_column].isna() & rows[spec.kpi].notna()
        if empty.any():
            raise DataError(
                f"{spec.file}: value column {spec.value_column!r} is empty {int(empty.sum())} "
                f"times, first {week_of(rows, empty, study)}. Fill it, or empty the KPI there."
            )
    for name, channel in study.channels.items():
        for column in filter(None, (channel.spend, channel.exposure)):
            rows[column] = numeric(rows, column, f"channel {name!r}, column", study).fillna(0.0)
    for column in study.controls.columns:
        rows[column] = numeric(rows, column, "control", study)
    for column in study.controls.categorical:
        rows[column] = rows[column].fillna("none").astype(str)


def _weeks(rows: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Aggregate the days of each region to full weeks that start on Monday."""
    spec = study.data
    region, date = str(spec.region), spec.date
    means = [*study.controls.columns, *filter(None, [spec.value_column, spec.population])]
    sums = [spec.kpi, *media_columns(study)]
    groups = rows.groupby([rows[region], mondays(rows[date])], sort=False)
    full = groups.size() == DAYS
    parts = [groups[sums].sum(min_count=DAYS), groups[means].mean()]
    parts += [groups[name].agg(lambda v: v.mode().iloc[0]) for name in study.controls.categorical]
    by_name = full.groupby(level=0, sort=False).any()
    if by_name.any() and not by_name.all():
        name = by_name.index[~by_name.to_numpy()][0]
        raise DataError(
            f"{spec.file}: region {name!r} has no week with all of its seven days, others have: "
            f"the file mixes days and weeks. Bring all regions to days, or all to weeks."
        )
    weeks = pd.concat(parts, axis=1)[full].reset_index()
    if weeks.empty:
        raise DataError(
            f"{spec.file}: no region has a complete week from Monday to Sunday. Bring more days."
        )
    weeks = weeks[list(rows.columns)]
    weeks = _sorted(weeks, region, date, list(rows[region].unique()))
    weeks.attrs["aggregation"] = (
        f"{plural(len(rows), 'row')} of days became {len(weeks)} of weeks (Monday to Sunday; KPI "
        f"and spend summed). Weeks of a region without all of their days were dropped: "
        f"{int((~full).sum())}."
    )
    return weeks


def _require_no_refunds(rows: pd.DataFrame, study: Study) -> None:
    for name, channel in study.channels.items():
        for column in filter(None, (channel.spend, channel.exposure)):
            below = rows[column] < 0
            if below.any():
                raise DataError(
                    f"{study.data.file}: channel {name!r}, column {column!r} is negative in "
                    f"{plural(int(below.sum()), 'row')}, first {rows[column][below].iloc[0]:g} "
                    f"{week_of(rows, below, study)}. Spend cannot be negative: book refunds into "
                    f"the week of the purchase, or set them to 0."
                )
