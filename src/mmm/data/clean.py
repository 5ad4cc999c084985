"""Read a table, validate it against the study, and hand over clean weekly data.

Every check stops with one named error before any model sees the numbers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm.data.columns import LARGEST, numbers
from mmm.data.dates import LAST_DAY, first_days, parse_dates
from mmm.data.files import read_table
from mmm.data.number_format import refuse_truth_values
from mmm.data.reshape import to_weeks, to_wide
from mmm.data.spacing import require_spacing
from mmm.data.week_numbers import join_weeks
from mmm.errors import DataError
from mmm.formatting import did_you_mean, span
from mmm.study.forms import parameters_of
from mmm.study.load import line_of
from mmm.study.study import Location, Study

Array = NDArray[np.float64]


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
        gaps, non-numeric or negative spend, a channel that never varies, or fewer weeks than
        parameters.
    """
    frame = _dated(_wide(_with_weeks(table, study), study), study)
    dates = pd.DatetimeIndex(frame[study.data.date])
    require_spacing(dates, study.data.file, days=1 if study.data.frequency == "daily" else 7)
    _clean_kpi(frame, study)
    _clean_media(frame, study)
    _clean_controls(frame, study)
    if study.data.frequency == "daily":
        frame = _weekly(frame, study)
    _require_variation(frame, study)
    _require_tested_weeks(pd.DatetimeIndex(frame[study.data.date]), study)
    _require_enough_weeks(len(frame), parameter_count(frame, study), study)
    return frame


def _with_weeks(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the table with its years and weeks in one column, where they stand in two."""
    spec = study.data
    if spec.week_column is None:
        return table
    keys = ("date", "week_column")
    _require_columns(table, [(("data", key), getattr(spec, key)) for key in keys], study)
    return join_weeks(table, spec.date, spec.week_column, spec.file)


def _wide(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return one row per date and one column per channel, whatever the file's layout."""
    spec = study.data
    if spec.channel_column is None or spec.spend_column is None:
        return table
    keys = ("date", "kpi", "channel_column", "spend_column")
    _require_columns(table, [(("data", key), getattr(spec, key)) for key in keys], study)
    return to_wide(
        table,
        date=spec.date,
        channel=spec.channel_column,
        spend=spec.spend_column,
        keep=[n for _, n in study.columns if n in table.columns and n != spec.date],
        where=spec.file,
    )


def _dated(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the study's columns sorted by date."""
    _require_columns(table, study.columns, study)
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


def _require_columns(
    table: pd.DataFrame, columns: list[tuple[Location, str]], study: Study
) -> None:
    missing = [(location, name) for location, name in columns if name not in table.columns]
    if missing:
        location, name = missing[0]
        hint = did_you_mean(name, table.columns)
        hint = f"; {hint}" if hint else "."
        known = ", ".join(table.columns[:12]) + (" ..." if len(table.columns) > 12 else "")
        raise DataError(
            f"{study.data.file}: the study names {len(missing)} column(s) that the file does not "
            f"have, first {name!r} ({_place(location, study)}){hint} The file has: "
            f"{known}. Correct the name in study.toml."
        )


def _place(location: Location, study: Study) -> str:
    """Name a key of the study file, with its line where the file is at hand."""
    key = ".".join(map(str, location))
    path = study.folder / "study.toml"
    return (
        f"{key}, line {line_of(path.read_text('utf-8-sig'), location)}" if path.is_file() else key
    )


def _numeric(frame: pd.DataFrame, column: str, what: str, study: Study) -> pd.Series:
    values, bad = numbers(frame[column], low=-LARGEST, high=LARGEST)
    if bad.any():
        value = frame[column][bad].iloc[0]
        first = repr(value) if isinstance(value, str) else f"{value:g}"
        raise DataError(
            f"{study.data.file}: {what} {column!r} has {int(bad.sum())} value(s) that are not "
            f"numbers of a plausible size, first {first} {_week_of(frame, bad, study)}. Remove "
            f"currency signs, thousands separators and text."
        )
    return values


def _week_of(frame: pd.DataFrame, rows: pd.Series, study: Study) -> str:
    first = frame[study.data.date][rows].iloc[0]
    return f"{'on' if study.data.frequency == 'daily' else 'in the week of'} {first:%Y-%m-%d}"


def _is_constant(values: pd.Series) -> bool:
    return bool((values == values.iloc[0]).all())


def _clean_kpi(frame: pd.DataFrame, study: Study) -> None:
    roles = {study.data.kpi: "KPI", study.data.value_column: "value column"}
    for column, role in roles.items():
        if column is None:
            continue
        values = _numeric(frame, column, role, study)
        empty = values.isna()
        if empty.any():
            raise DataError(
                f"{study.data.file}: {role} {column!r} is empty {int(empty.sum())} times, first "
                f"{_week_of(frame, empty, study)}. A gap in the outcome cannot be guessed: fill "
                f"it or cut the data there."
            )
        frame[column] = values


def _clean_media(frame: pd.DataFrame, study: Study) -> None:
    where = study.data.file
    for name, channel in study.channels.items():
        for column in filter(None, (channel.spend, channel.exposure)):
            values = _numeric(frame, column, f"channel {name!r}, column", study).fillna(0.0)
            below = values < 0
            if below.any():
                unit = "day" if study.data.frequency == "daily" else "week"
                raise DataError(
                    f"{where}: channel {name!r}, column {column!r} is negative in "
                    f"{int(below.sum())} {unit}(s), first {values[below].iloc[0]:g} "
                    f"{_week_of(frame, below, study)}. Spend cannot be negative: book refunds "
                    f"into the {unit} of the purchase, or set them to 0."
                )
            frame[column] = values


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
    for name, channel in study.channels.items():
        for column in filter(None, (channel.spend, channel.exposure)):
            first = float(frame[column].iloc[0])
            if _is_constant(frame[column]):
                state = f"always {first:g}" if first else "always zero"
                raise DataError(
                    f"{study.data.file}: channel {name!r}, column {column!r} never varies "
                    f"({state}), so it has no effect to tell. Remove [channels.{name}]."
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
        values = _numeric(frame, column, "control", study)
        empty = values.isna()
        if empty.any():
            raise DataError(
                f"{study.data.file}: control {column!r} is empty {int(empty.sum())} times, first "
                f"{_week_of(frame, empty, study)}. Fill it, or remove it from [controls]."
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


def check(study: Study) -> None:
    """Validate the data file of a study, or the number of weeks it simulates; panels have neither.

    Raises
    ------
    DataError
        As :func:`clean`.
    """
    if study.simulate is not None:
        needed = parameter_count(pd.DataFrame(), study)
        _require_enough_weeks(study.simulate.weeks, needed, study)
    elif study.panel is None:
        clean(read_table(study.data_file, study.data.sheet), study)
