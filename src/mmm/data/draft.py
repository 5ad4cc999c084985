"""A guess of what the columns of a file mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from mmm.data.facts import Certainty, Kind

#: The currency of a file whose columns do not say it.
ASSUMED = "USD"

Frequency = Literal["day", "week", "month"]
Layout = Literal["wide", "long", "regions"]


@dataclass(frozen=True, slots=True)
class Column:
    """What one column is taken for, how surely, and why; no role where the user is asked."""

    column: str
    role: Kind | None
    why: str
    certainty: Certainty = "certain"
    channel: str = ""
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """A question about a column, or a problem of it or of the file; and what to do about it."""

    column: str | None
    text: str
    remedy: str

    def __str__(self) -> str:
        """Return it as one line."""
        place = f"{self.column!r}: " if self.column else ""
        return f"{place}{self.text} {self.remedy}".strip()


@dataclass(frozen=True, slots=True)
class Medium:
    """A channel: its key and label, its column or its value in a long file, its spend."""

    key: str
    label: str
    source: str
    spend: str
    why: str
    exposure: str = ""


@dataclass(frozen=True, slots=True)
class Market:
    """One market of a panel: the rows of a column with one value."""

    column: str
    value: str


@dataclass(frozen=True)
class Told:
    """What the user says of a file, instead of a guess."""

    kpi: str | None = None
    date: str | None = None
    spend: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    market: Market | None = None
    region: str | None = None
    population: str | None = None
    sum_regions: bool = False
    value_per_unit: float | None = None
    margin: float | None = None

    def roles(self) -> dict[str, Kind]:
        """Return the role of each column that the user names."""
        told: dict[str, Kind] = dict.fromkeys(self.spend, "spend")
        for name in self.control:
            told[name] = "control"
        for name in self.ignore:
            told[name] = "ignored"
        if self.market is not None:
            told[self.market.column] = "region"
        if self.region is not None:
            told[self.region] = "region"
        if self.population is not None:
            told[self.population] = "population"
        if self.kpi is not None:
            told[self.kpi] = "kpi"
        if self.date is not None:
            told[self.date] = "date"
        return told


@dataclass(frozen=True)
class Guess:
    """The roles of all columns of a file.

    Attributes
    ----------
    file : str
        Name of the data file.
    columns : list of Column
        In the order of the file.
    channels : list of Medium
        The channels, in the order of the file.
    frequency : {"day", "week", "month"}
        From one row to the next.
    layout : {"wide", "long", "regions"}
        Whether a date has one row, one a channel, or one a region.
    date_format : str
        The one format that reads all its dates; empty where none does.
    kpi_type : {"revenue", "units"}
        Whether the KPI is money.
    value_column : str
        Column with the money that a unit of the KPI is worth.
    currency : str
        ISO code that the names or values of KPI or spend hold; empty where they hold none.
    kpi_label : str
        What the report calls the KPI, where its column's name says more than that.
    regions : list of str
        Columns whose rows are summed for a date.
    region, population : str
        The column of the regions that are modeled, and that of their population.
    sheet, week_column : str
        The sheet of a workbook that was read; the column of ISO weeks beside one of years.
    week_label : {"first_day", "last_day"}
        Which day of a week its date is.
    questions, problems : list of Remark
        What is open; and what keeps a run from starting.
    notes : list of str
        What was done with the file.
    told : Told
        What the user said.
    """

    file: str
    columns: list[Column]
    channels: list[Medium] = field(default_factory=list)
    frequency: Frequency = "week"
    layout: Layout = "wide"
    date_format: str = ""
    kpi_type: str = "revenue"
    value_column: str = ""
    currency: str = ""
    kpi_label: str = ""
    regions: list[str] = field(default_factory=list)
    region: str = ""
    population: str = ""
    sheet: str = ""
    week_column: str = ""
    week_label: str = "first_day"
    questions: list[Remark] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    told: Told = Told()

    def of(self, role: Kind | None) -> list[Column]:
        """List the columns of one role; those that are asked about have none."""
        return [c for c in self.columns if c.role == role]

    @property
    def kpi(self) -> str | None:
        """Column of the outcome."""
        return next((c.column for c in self.of("kpi")), None)

    @property
    def date(self) -> str | None:
        """Column of the dates."""
        return next((c.column for c in self.of("date")), None)

    def controls(self, *, text: bool) -> list[str]:
        """List the drivers, numeric ones or text."""
        return [
            c.column for c in self.columns if c.role in ("control", "event") and c.is_text == text
        ]

    def money(self) -> tuple[str, str]:
        """Return the currency, and how it is known."""
        if self.currency:
            return self.currency, "(the columns say so)"
        return ASSUMED, "(assumed: no column says which; the numbers do not change)"

    def table(self) -> pd.DataFrame:
        """Return the guess as a table with columns column, role, certainty, why."""
        rows = [(c.column, c.role or "?", c.certainty, c.why) for c in self.columns]
        return pd.DataFrame(rows, columns=["column", "role", "certainty", "why"])

    def shown(self) -> str:
        """Return the table as text, then what was done, then what is open."""
        parts = [self.table().to_string(index=False), f"currency: {' '.join(self.money())}"]
        parts += self.notes
        for title, remarks in (("Questions", self.questions), ("Problems", self.problems)):
            if remarks:
                lines = [f"  {i}. {remark}" for i, remark in enumerate(remarks, start=1)]
                parts.append("\n".join([f"{title}:", *lines]))
        return "\n\n".join(parts)

    def record(self) -> dict[str, object]:
        """Return the guess as plain values, for JSON."""
        regions = {"region": self.region, "population": self.population or None}
        return (regions if self.region else {}) | {
            "columns": {
                c.column: {
                    "role": c.role,
                    "channel": c.channel or None,
                    "certainty": c.certainty,
                    "why": c.why,
                }
                for c in self.columns
            },
            "kpi": self.kpi,
            "frequency": self.frequency,
            "layout": self.layout,
            "channels": {medium.key: medium.source for medium in self.channels},
            "questions": [remark_record(remark) for remark in self.questions],
            "problems": [remark_record(remark) for remark in self.problems],
        }


def remark_record(remark: Remark) -> dict[str, str | None]:
    """Return a question or a problem as plain values, for JSON."""
    return {"column": remark.column, "text": remark.text, "remedy": remark.remedy}
