"""A guess of what columns mean, and the editable study file that it makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd
import tomlkit
from tomlkit.items import Table

from mmm.study.schema import Frequency, KpiType
from mmm.study.study import SCHEMA_VERSION

Role = Literal[
    "date",
    "KPI",
    "value per unit",
    "channel name",
    "spend of each channel",
    "spend",
    "exposure",
    "control",
    "categorical",
    "ignored",
]


#: The currency of a file whose columns do not say it.
ASSUMED = "USD"
LIMITS = "multiples of today's spend that a plan may give"


@dataclass(frozen=True, slots=True)
class Column:
    """What one column is taken for, and why; a control with a channel may be media."""

    column: str
    role: Role
    why: str
    channel: str = ""


@dataclass(frozen=True)
class Guess:
    """The roles of all columns of a file.

    Attributes
    ----------
    file : str
        Name of the data file.
    date_format : str
        The one format that reads all its dates.
    columns : list of Column
        In the order of the file.
    kpi_type : {"revenue", "units"}
        Whether the KPI is money.
    frequency : {"weekly", "daily"}
        Days from one row to the next.
    currency : str
        ISO code that the names or values of KPI or spend hold; empty where they hold none.
    kpi_label : str
        What the report calls the KPI, where its column's name says more than that.
    sheet, week_column : str
        The sheet of a workbook that was read; the column of ISO weeks beside one of years.
    week_label : {"first_day", "last_day"}
        Which day of a week its date is.
    notes : list of str
        What was decided to read numbers, dates and letters, in sentences.
    """

    file: str
    date_format: str
    columns: list[Column]
    kpi_type: KpiType
    frequency: Frequency
    currency: str = ""
    kpi_label: str = ""
    sheet: str = ""
    week_column: str = ""
    week_label: str = "first_day"
    notes: list[str] = field(default_factory=list)

    def table(self) -> pd.DataFrame:
        """Return the guess as a table with columns column, role, why."""
        rows = [(c.column, c.role, c.why) for c in self.columns]
        return pd.DataFrame(rows, columns=["column", "role", "why"])

    def shown(self) -> str:
        """Return the table as text, the currency, and a warning where a control may be media."""
        text = f"{self.table().to_string(index=False)}\n\ncurrency: {' '.join(self._money())}"
        text = "\n".join([text, *self.notes])
        media = [repr(c.column) for c in self.of("control") if c.channel]
        if not media:
            return text
        return f"{text}\n\nWarning: taken for controls, but may be media: {', '.join(media)}"

    def _money(self) -> tuple[str, str]:
        """Return the currency, and how it is known."""
        if self.currency:
            return self.currency, "(the columns say so)"
        return ASSUMED, "(assumed: no column says which; the numbers do not change)"

    def of(self, role: Role) -> list[Column]:
        """List the columns of one role."""
        return [c for c in self.columns if c.role == role]

    def to_toml(self, name: str) -> str:
        """Return an editable ``study.toml`` with every guess as a line of its own."""
        document = tomlkit.document()
        document.add(tomlkit.comment("Guessed from the data file: check every line, then rerun."))
        document.add("schema", tomlkit.item(SCHEMA_VERSION))
        document.add("title", tomlkit.item(name.replace("_", " ").replace("-", " ").strip()))
        document.add(
            "question", tomlkit.item("Which channels earn their money, and where should it go?")
        )
        code, why = self._money()
        document.add("currency", _noted(code, f"shown beside every amount {why}"))
        document.add("seed", tomlkit.item(1))
        document.add("margin", _noted(1.0, "profit per unit of revenue; 1 judges revenue"))
        document.add("window_weeks", _noted(52, "ROI and plans are about the last year"))
        document.add(
            "pre_history", _noted("average", "spend before the first week: or zero, drop")
        )
        document.add("data", self._data_table())
        document.add("channels", self._channel_tables())
        document.add("baseline", _table({"trend": True, "season_harmonics": 2}))
        document.add("controls", self._controls_table())
        document.add("holdout", _table({"weeks": 13}))
        document.add("scenarios", self._scenarios())
        return tomlkit.dumps(document)

    def _data_table(self) -> Table:
        kpi = self.of("KPI")[0]
        table = tomlkit.table()
        table.add("file", tomlkit.item(self.file))
        if self.sheet:
            table.add("sheet", tomlkit.item(self.sheet))
        table.add("date", tomlkit.item(self.of("date")[0].column))
        if self.week_column:
            table.add("week_column", tomlkit.item(self.week_column))
        table.add("date_format", tomlkit.item(self.date_format))
        if "%V" not in self.date_format and self.frequency == "weekly":
            table.add("week_label", _noted(self.week_label, "the day of the week that dates name"))
        table.add("kpi", _noted(kpi.column, kpi.why))
        said = "what the report calls the KPI"
        if self.kpi_label:
            table.add("kpi_label", _noted(self.kpi_label, said))
        else:
            label = "Orders" if self.kpi_type == "units" else "Revenue"
            table.add(tomlkit.comment(f'kpi_label = "{label}"  # {said}'))
        table.add("kpi_type", _noted(self.kpi_type, "revenue (money) or units"))
        values = self.of("value per unit")
        for value in values:
            table.add("value_column", _noted(value.column, value.why))
        if self.kpi_type == "units" and not values:
            table.add("value_per_unit", _noted(1.0, "PUT THE VALUE OF ONE UNIT HERE"))
        table.add("frequency", _noted(self.frequency, "daily rows are summed to weeks"))
        for key, role in (
            ("channel_column", "channel name"),
            ("spend_column", "spend of each channel"),
        ):
            for column in self.of(role):  # type: ignore[arg-type]
                table.add(key, _noted(column.column, column.why))
        return table

    def _channel_tables(self) -> Table:
        exposures = {c.channel: c.column for c in self.of("exposure") if c.channel}
        tables = tomlkit.table(is_super_table=True)
        for column in self.of("spend"):
            table = tomlkit.table()
            table.add("label", tomlkit.item(_label(column.channel)))
            table.add("spend", _noted(column.column, column.why))
            if column.channel in exposures:
                table.add(tomlkit.comment(f"exposure = {exposures[column.channel]!r}"))
            table.add(tomlkit.comment(f"bounds = [0.5, 2.0]  # {LIMITS}"))
            tables.add(column.channel, table)
        return tables

    def _controls_table(self) -> Table:
        table = tomlkit.table()
        table.add("columns", _lines([c.column for c in self.of("control")]))
        table.add("categorical", _lines([c.column for c in self.of("categorical")]))
        return table

    def _scenarios(self) -> tomlkit.items.AoT:
        first, *others = [c.channel for c in self.of("spend")]
        scenarios = tomlkit.aot()
        scenarios.append(
            _table(
                {
                    "kind": "multiply",
                    "name": _noted(f"{_label(first)} +20 %", "free text, shown in the report"),
                    "channel": first,
                    "factor": 1.2,
                }
            )
        )
        if others:
            scenarios.append(
                _table(
                    {
                        "kind": "shift",
                        "name": _noted(
                            f"Move 10 % of {_label(first)} to the others", "free text as well"
                        ),
                        "from": first,
                        "to": others,
                        "share": 0.1,
                    }
                )
            )
        return scenarios


def _noted(value: object, why: str) -> tomlkit.items.Item:
    item = tomlkit.item(value)
    item.comment(" ".join(why.split()))
    return item


def _table(values: dict[str, object]) -> Table:
    table = tomlkit.table()
    for key, value in values.items():
        table.add(key, tomlkit.item(value))
    return table


def _lines(values: list[str]) -> tomlkit.items.Array:
    array = tomlkit.array()
    array.extend(values)
    return array.multiline(bool(values))


def _label(channel: str) -> str:
    words = channel.replace("_", " ").split()
    return " ".join(w.upper() if w in ("tv", "ooh", "sem", "npp") else w.title() for w in words)
