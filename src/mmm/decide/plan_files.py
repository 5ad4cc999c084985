"""Weekly plans in CSV files: their weeks, spend and controls, checked before they are used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mmm.data.columns import LARGEST, numbers
from mmm.data.dates import WEEK, first_days, parse_dates
from mmm.data.files import read_table
from mmm.data.spacing import require_spacing
from mmm.data.week_numbers import join_weeks
from mmm.data.weekly import WeeklyData
from mmm.decide.plan import YEAR
from mmm.errors import DataError
from mmm.formatting import ends_of, plural
from mmm.study.study import Study


@dataclass(frozen=True)
class PlanFile:
    """A weekly plan as its file has it."""

    name: str
    weeks: pd.DatetimeIndex  #: Shape (n_weeks,): first day of each week.
    spend: pd.DataFrame  #: Shape (n_weeks, n_channels): currency per week, by channel name.
    #: Shape (n_weeks, n_columns): exposure, control and value columns, where the file has them.
    others: pd.DataFrame

    def rows(self, weekly: WeeklyData) -> tuple[int, int]:
        """Return the first week and the one after the last, counted from the data's first.

        Raises
        ------
        DataError
            If the weeks start on another day than the data's, lie partly in the data and partly
            after it, or start more than a year after its end.
        """
        days = (self.weeks[0] - weekly.weeks[0]).days
        if days % 7:
            raise DataError(
                f"{self.name}: the plan's weeks start on {self.weeks[0]:%A} "
                f"({self.weeks[0]:%Y-%m-%d}), the data's on {weekly.weeks[0]:%A}. Shift its dates."
            )
        start, n_weeks = days // 7, len(weekly)
        stop = start + len(self.weeks)
        if start >= 0 and (stop <= n_weeks or n_weeks <= start <= n_weeks + YEAR):
            return start, stop
        following = weekly.weeks[-1] + WEEK
        raise DataError(
            f"{self.name}: the plan runs from {ends_of(self.weeks)}, the data from "
            f"{ends_of(weekly.weeks)}. A plan lies wholly in the data, or starts after it, from "
            f"{following:%Y-%m-%d} and within a year."
        )

    def controls(self, weekly: WeeklyData, study: Study) -> pd.DataFrame:
        """Return the controls of the plan's weeks.

        Parameters
        ----------
        weekly : WeeklyData
            The data; past weeks take their controls from it.
        study : Study
            Names the controls.

        Raises
        ------
        DataError
            If future weeks come without a control that the model uses.
        """
        start, stop = self.rows(weekly)
        if stop <= len(weekly):
            return weekly.controls.iloc[start:stop].reset_index(drop=True)
        named = [*study.controls.columns, *study.controls.categorical]
        missing = [name for name in named if name not in self.others]
        if missing:
            raise DataError(
                f"{self.name}: future weeks need a value for every control, and "
                f"{', '.join(repr(name) for name in missing)} is missing. Add the column with "
                f"what is planned or expected (0 where nothing is)."
            )
        columns = {name: self._numbers(name) for name in study.controls.columns}
        for name in study.controls.categorical:
            values = self.others[name].fillna("none").astype(str)
            levels = [c for c in weekly.controls if str(c).startswith(f"{name}: ")]
            columns |= {c: (values == str(c).removeprefix(f"{name}: ")) * 1.0 for c in levels}
        table = pd.DataFrame(columns, index=self.others.index)
        derived = weekly.controls.columns.difference(table.columns)  # made of the data, not given
        return table.assign(**{str(c): float(weekly.controls[c].mean()) for c in derived})

    def require_known_levels(self, frame: pd.DataFrame, study: Study) -> None:
        """Refuse text that the data never have: it would silently count as the usual one.

        Raises
        ------
        DataError
            If a categorical control has a level that no week of the data has.
        """
        for name in study.controls.categorical:
            values, known = self.others[name].fillna("none").astype(str), sorted(set(frame[name]))
            new = ~values.isin(known)
            if new.any():
                row = int(new.to_numpy().argmax())
                raise DataError(
                    f"{self.name}: control {name!r} is {values.iloc[row]!r} in the week of "
                    f"{self.weeks[row]:%Y-%m-%d}, which the data never have, so that its effect "
                    f"is not known. Known are {', '.join(map(repr, known))}."
                )

    def _numbers(self, column: str) -> pd.Series:
        return finite(self.others[column], f"control {column!r}", self.name, self.weeks)


def read_plan(path: Path, study: Study) -> PlanFile:
    """Read a weekly plan.

    Raises
    ------
    DataError
        If the file is missing, has a column that the study does not know, lacks a channel, has
        gaps or repeated weeks, or spend or value of a unit that is empty, negative or absurd.
    """
    if not path.is_file():
        raise DataError(
            f"{path.name}: the study file names this weekly plan, but it is not beside it. Put it "
            f"there, or correct the name in study.toml."
        )
    table, date = read_table(path), study.data.date
    if study.data.week_column:
        table = join_weeks(table, date, study.data.week_column, path.name)
    _require_known(table, path.name, study)
    dates = parse_dates(
        table[date],
        date_format=study.data.date_format,
        where=f"{path.name}, column {date!r}",
    )
    table[date] = first_days(dates, study.data.week_label)
    table = table.sort_values(date, kind="stable").reset_index(drop=True)
    weeks, value = pd.DatetimeIndex(table[date]), study.data.value_column
    require_spacing(weeks, path.name)
    spend = {
        name: finite(table[c.spend], f"spend of {name!r}", path.name, weeks, floor=0.0)
        for name, c in study.channels.items()
    }
    if value in table:
        table[value] = finite(table[value], f"value {value!r}", path.name, weeks, floor=0.0)
    kept = [c for c in table if c in _extras(study)]
    return PlanFile(path.name, weeks, pd.DataFrame(spend), table[kept])


def _extras(study: Study) -> list[str]:
    exposures = [c.exposure for c in study.channels.values()]
    given = [*exposures, study.data.value_column]
    return [c for c in (*given, *study.controls.columns, *study.controls.categorical) if c]


def _require_known(table: pd.DataFrame, where: str, study: Study) -> None:
    needed = [study.data.date, *(c.spend for c in study.channels.values())]
    missing = [name for name in needed if name not in table]
    if missing:
        raise DataError(
            f"{where}: column {missing[0]!r} is missing. A weekly plan has the columns "
            f"{', '.join(needed)}: 0 where nothing is spent."
        )
    unknown = [c for c in table if c not in (*needed, *_extras(study), study.data.kpi)]
    if unknown:
        raise DataError(
            f"{where}: unknown column {unknown[0]!r}: the study has no such channel or control. "
            f"Known are {', '.join([*needed, *_extras(study)])}. Rename or remove it."
        )


def finite(
    column: pd.Series, what: str, where: str, weeks: pd.DatetimeIndex, *, floor: float = -np.inf
) -> pd.Series:
    """Return a column as finite numbers, or name the first week that has none.

    Raises
    ------
    DataError
        For an empty, non-numeric or too small value, or one larger than any of a business.
    """
    low = max(floor, -LARGEST)
    values, bad = numbers(column, low=low, high=LARGEST, may_be_empty=False)
    if bad.any():
        row = int(bad.to_numpy().argmax())
        value = "empty" if pd.isna(column.iloc[row]) else repr(column.iloc[row])
        least = "" if floor == -np.inf else f", at least {floor:g}"
        such = plural(int(bad.sum()), "such week")
        raise DataError(
            f"{where}: {what} is {value} in the week of {weeks[row]:%Y-%m-%d} ({such}). Give a "
            f"finite number{least} and at most {LARGEST:g}; a gap is not zero."
        )
    return values
