"""Read a table, validate it against the study, and hand over clean weekly data.

Every check stops with one named error before any model sees the numbers.
"""

from __future__ import annotations

import pandas as pd

from mmm.data.cells import numeric, require_columns, week_of
from mmm.data.dates import LAST_DAY, first_days, parse_dates
from mmm.data.files import read_table
from mmm.data.number_format import refuse_truth_values
from mmm.data.region_checks import require_no_total_summed, require_one_currency
from mmm.data.regional import regional
from mmm.data.reshape import only_market, sum_regions, to_weeks, to_wide
from mmm.data.spacing import require_spacing
from mmm.data.week_numbers import join_weeks
from mmm.errors import DataError
from mmm.formatting import period, plural, span
from mmm.study.forms import parameters_of
from mmm.study.study import Location, Study

#: A KPI that never reaches this size in a week is lost in the rounding of the arithmetic.
SMALLEST = 1e-9


def clean(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Check a raw table against the study and return its columns, sorted by week.

    Parameters
    ----------
    table : DataFrame
        The raw table, with the column names of the study file.
    study : Study
        What the columns mean.

    Returns
    -------
    DataFrame
        Date, KPI, spend, exposure and control columns; empty spend is zero spend.

    Raises
    ------
    DataError
        For a missing column, dates that are not weekly, duplicate or missing weeks, a KPI with
        gaps, non-numeric or negative spend, a channel that never varies, two controls of one
        name, a window without an outcome or without spend, or fewer weeks than parameters.
    """
    table = _with_weeks(table, study)
    frame = _regional(table, study) if study.data.region else _national(table, study)
    _require_no_refunds(frame, study)
    _require_variation(frame, study)
    _require_distinct_terms(frame, study)
    _require_window(frame, study)
    _require_tested_weeks(pd.DatetimeIndex(frame[study.data.date]), study)
    _require_enough_weeks(len(frame), parameter_count(frame, study), study)
    return frame


def clean_regions(table: pd.DataFrame, study: Study) -> pd.DataFrame | None:
    """Return the clean rows of each region and week; None where the study has no regions.

    Parameters
    ----------
    table : DataFrame
        The raw table, with the column names of the study file.
    study : Study
        What the columns mean.

    Raises
    ------
    DataError
        As :func:`~mmm.data.regional.regional`.
    """
    return regional(_with_weeks(table, study), study).rows if study.data.region else None


def _regional(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the national weeks of a regional file."""
    cleaned = regional(table, study)
    cleaned.weeks.attrs["regions"] = cleaned.findings
    return cleaned.weeks


def _national(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the weeks of a file of one series, or whose regions are summed."""
    frame = _dated(_wide(table, study), study)
    dates = pd.DatetimeIndex(frame[study.data.date])
    require_spacing(dates, study.data.file, days=1 if study.data.frequency == "daily" else 7)
    _clean_kpi(frame, study)
    empty = _empty_spend(frame, table, study)
    _clean_media(frame, study)
    _clean_controls(frame, study)
    if study.data.frequency == "daily":
        frame = _weekly(frame, study)
    frame.attrs["empty spend"] = empty
    return frame


def _with_weeks(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the table with its years and weeks in one column, where they stand in two."""
    spec = study.data
    if spec.week_column is None:
        return table
    keys = ("date", "week_column")
    require_columns(table, [(("data", key), getattr(spec, key)) for key in keys], study)
    return join_weeks(table, spec.date, spec.week_column, spec.file)


def _wide(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return one row per date and one column per channel, whatever the file's layout."""
    spec = study.data
    if spec.market is not None:
        table = only_market(table, spec.market.column, spec.market.value, spec.file)
    keys = [key for key in ("date", "kpi", "channel_column", "spend_column") if getattr(spec, key)]
    needed: list[tuple[Location, str]] = [(("data", key), getattr(spec, key)) for key in keys]
    needed += [(("data", "region_columns"), name) for name in spec.region_columns]
    require_columns(table, needed, study)
    _require_no_totals(table, study)
    named = [n for _, n in study.columns if n in table.columns and n != spec.date]
    media = [name for c in study.channels.values() for name in (c.spend, c.exposure) if name]
    if spec.channel_column is not None and spec.spend_column is not None:
        return to_wide(
            table,
            date=spec.date,
            channel=spec.channel_column,
            spend=spec.spend_column,
            keep=named,
            where=spec.file,
            regions=spec.region_columns,
            sums=[spec.kpi],
        )
    if not spec.region_columns:
        return table
    return sum_regions(
        table,
        date=spec.date,
        regions=spec.region_columns,
        keep=named,
        sums=[spec.kpi, *media],
        where=spec.file,
    )


def _require_no_totals(table: pd.DataFrame, study: Study) -> None:
    """Refuse regions whose sums would add currencies up, or count a total beside its parts."""
    spec = study.data
    for column in spec.region_columns:
        require_one_currency(table, column, spec.file)
    if len(spec.region_columns) == 1:
        (column,) = spec.region_columns
        require_no_total_summed(table, date=spec.date, kpi=spec.kpi, column=column, file=spec.file)


def _dated(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the study's columns sorted by date."""
    require_columns(table, study.columns, study)
    frame = table[[name for _, name in study.columns]].copy()
    dates = parse_dates(
        frame[study.data.date],
        date_format=study.data.date_format,
        where=f"{study.data.file}, column {study.data.date!r}",
    )
    frame[study.data.date] = first_days(dates, study.data.week_label)
    amounts = [study.data.kpi, *(c.spend for c in study.channels.values())]
    refuse_truth_values(frame, amounts, study.data.file)
    return frame.sort_values(study.data.date, kind="stable").reset_index(drop=True)


def _weekly(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Aggregate clean days to weeks."""
    means = [*study.controls.columns]
    if study.data.value_column:
        means.append(study.data.value_column)
    weeks, said = to_weeks(
        frame, date=study.data.date, means=means, texts=[*study.controls.categorical]
    )
    if weeks.empty:
        raise DataError(f"{study.data.file}: no complete week. {said} Bring more days.")
    weeks.attrs["aggregation"] = said
    return weeks


def _is_constant(values: pd.Series) -> bool:
    return bool((values == values.iloc[0]).all())


def _clean_kpi(frame: pd.DataFrame, study: Study) -> None:
    roles = {study.data.kpi: "KPI", study.data.value_column: "value column"}
    for column, role in roles.items():
        if column is None:
            continue
        values = numeric(frame, column, role, study)
        empty = values.isna()
        if empty.any():
            raise DataError(
                f"{study.data.file}: {role} {column!r} is empty {int(empty.sum())} times, first "
                f"{week_of(frame, empty, study)}. A gap in the outcome cannot be guessed: fill "
                f"it or cut the data there."
            )
        frame[column] = values


def _empty_spend(frame: pd.DataFrame, table: pd.DataFrame, study: Study) -> list[str]:
    """Say where spend is empty, which counts as zero: per channel, or for a long file in all."""
    spec, found = study.data, []
    if spec.spend_column is not None:
        count = int(table[spec.spend_column].isna().sum())
        return [f"{spec.spend_column}: {plural(count, 'cell')}"] if count else []
    for channel in study.channels.values():
        empty = frame[channel.spend].isna()
        if empty.any():
            first = frame[spec.date][empty].iloc[0]
            row = "day" if spec.frequency == "daily" else "week"
            cells = plural(int(empty.sum()), row)
            found.append(f"{channel.label}: {cells}, first {first:%Y-%m-%d}")
    return found


def _clean_media(frame: pd.DataFrame, study: Study) -> None:
    for name, channel in study.channels.items():
        for column in filter(None, (channel.spend, channel.exposure)):
            values = numeric(frame, column, f"channel {name!r}, column", study)
            frame[column] = values.fillna(0.0)


def _require_no_refunds(weeks: pd.DataFrame, study: Study) -> None:
    """Refuse weeks whose spend is negative; a refund within the week of its purchase is none."""
    for name, channel in study.channels.items():
        for column in filter(None, (channel.spend, channel.exposure)):
            below = weeks[column] < 0
            if below.any():
                first = weeks[study.data.date][below].iloc[0]
                raise DataError(
                    f"{study.data.file}: channel {name!r}, column {column!r} is negative in "
                    f"{plural(int(below.sum()), 'week')}, first "
                    f"{weeks[column][below].iloc[0]:g} in the week of {first:%Y-%m-%d}. Spend "
                    f"cannot be negative: book refunds into the week of the purchase, or set "
                    f"them to 0."
                )


def _require_variation(frame: pd.DataFrame, study: Study) -> None:
    kpi = frame[study.data.kpi]
    if _is_constant(kpi):
        raise DataError(
            f"{study.data.file}: KPI {study.data.kpi!r} never varies (always {kpi.iloc[0]:g}). "
            f"There is nothing to explain: name another column."
        )
    if kpi.sum() <= 0:
        raise DataError(
            f"{study.data.file}: KPI {study.data.kpi!r} adds up to {kpi.sum():g}, but shares and "
            f"returns need a total above zero: use sales before they are centred or differenced."
        )
    if kpi.abs().max() < SMALLEST:
        raise DataError(
            f"{study.data.file}: KPI {study.data.kpi!r} is at most {kpi.abs().max():g} in any "
            f"week, too small to compute with. Write it in smaller units, so that a usual week is "
            f"above {SMALLEST:g}."
        )
    for name, channel in study.channels.items():
        for column in filter(None, (channel.spend, channel.exposure)):
            first = float(frame[column].iloc[0])
            if _is_constant(frame[column]):
                state = f"always {first:g}" if first else "always zero"
                raise DataError(
                    f"{study.data.file}: channel {name!r}, column {column!r} never varies "
                    f"({state}), so it has no effect to tell. Remove [channels.{name}]."
                )


def _require_distinct_terms(frame: pd.DataFrame, study: Study) -> None:
    """Refuse controls whose 0/1 columns would overwrite one another."""
    made = {name: f"control {name!r}" for name in study.controls.columns}
    for column in study.controls.categorical:
        for level in sorted(frame[column].unique()):
            name, what = f"{column}: {level}", f"level {level!r} of control {column!r}"
            if name in made:
                raise DataError(
                    f"{study.data.file}: {made[name]} and {what} have the same name, {name!r}, so "
                    f"one would overwrite the other. Rename the column or the level."
                )
            made[name] = what


def _require_window(frame: pd.DataFrame, study: Study) -> None:
    """Refuse a window in which there is no outcome to explain or no spend to judge."""
    window = frame.tail(study.window_weeks or len(frame))
    weeks = pd.DatetimeIndex(window[study.data.date])
    where = f"{study.data.file}: in the window of {period(weeks)},"
    value = window[study.data.value_column] if study.data.value_column else 1.0
    total = float((window[study.data.kpi] * value).sum())
    if not total > 0:
        raise DataError(
            f"{where} KPI {study.data.kpi!r} adds up to {total:g}, but shares and returns need a "
            f"total above zero. Cut the file where the KPI ends, or set window_weeks to weeks "
            f"that have one."
        )
    if not window[[channel.spend for channel in study.channels.values()]].to_numpy().any():
        last = frame[[channel.spend for channel in study.channels.values()]].any(axis=1)
        ended = frame[study.data.date][last].max()
        raise DataError(
            f"{where} no channel spends anything (the last spend is in the week of "
            f"{ended:%Y-%m-%d}), so there is no return to tell and nothing to plan. Set "
            f"window_weeks so that the window reaches weeks with spend, or cut the file there."
        )


def _require_tested_weeks(weeks: pd.DatetimeIndex, study: Study) -> None:
    """Refuse lift tests with days that the data, or what is counted of them, do not have."""
    first, last = weeks[min(study.carry_in_weeks, len(weeks) - 1)], weeks[-1] + LAST_DAY
    for i, test in enumerate(study.lift_tests, start=1):
        if pd.Timestamp(test.start) < first or pd.Timestamp(test.end) > last:
            raise DataError(
                f"lift test {i} (of {test.channel!r}), {test.start} to {test.end}: not all of it "
                f"lies within the weeks that are fitted, {span(first, last)}. Correct its dates "
                f"in [[lift_tests]], or leave it out."
            )


def _clean_controls(frame: pd.DataFrame, study: Study) -> None:
    for column in study.controls.columns:
        values = numeric(frame, column, "control", study)
        empty = values.isna()
        if empty.any():
            raise DataError(
                f"{study.data.file}: control {column!r} is empty {int(empty.sum())} times, first "
                f"{week_of(frame, empty, study)}. Fill it, or remove it from [controls]."
            )
        frame[column] = values
    for column in study.controls.categorical:
        frame[column] = frame[column].fillna("none").astype(str)


def parameter_count(frame: pd.DataFrame, study: Study) -> int:
    """Count the parameters the adstock/saturation model would learn from a clean table."""
    levels = sum(frame[column].nunique() - 1 for column in study.controls.categorical)
    dated = study.baseline
    baseline = 1 + dated.trend + 2 * dated.season_harmonics + (dated.holidays is not None)
    media = sum(1 + len(parameters_of(c.adstock, c.saturation)) for c in study.channels.values())
    return (
        baseline
        + len(study.controls.columns)
        + levels
        + len(study.events)
        + media
        + len(study.synergy)
    )


def _require_enough_weeks(weeks: int, needed: int, study: Study) -> None:
    if weeks - study.holdout.weeks < needed:
        raise DataError(
            f"{study.data.file}: {weeks} weeks, {study.holdout.weeks} of them held out, are "
            f"fewer than the {needed} parameters of the model ({len(study.channels)} channels, "
            f"baseline, controls). Bring more weeks, merge channels or drop controls."
        )


def check(study: Study) -> pd.DataFrame | None:
    """Validate the data file of a study, or the number of weeks it simulates; panels have neither.

    Returns
    -------
    DataFrame or None
        The clean data of a file.

    Raises
    ------
    DataError
        As :func:`clean`.
    """
    if study.simulate is not None:
        needed = parameter_count(pd.DataFrame(), study)
        _require_enough_weeks(study.simulate.weeks, needed, study)
        return None
    if study.panel is not None:
        return None
    return clean(read_table(study.data_file, study.data.sheet), study)
