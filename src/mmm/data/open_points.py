"""What is open after a guess: questions to the user, and what keeps a run from starting."""

from __future__ import annotations

import shlex

import pandas as pd

from mmm.data.draft import Guess, Remark
from mmm.data.facts import KPI, MONEY, Facts, Role
from mmm.data.kpi import CREDITED, kpi_rank
from mmm.data.number_format import one_currency
from mmm.data.row_keys import MOST_CHANNELS, constant_within
from mmm.data.sheet import Sheet
from mmm.data.words import read_name
from mmm.errors import DataError

#: Candidates that a question lists.
LISTED = 8
#: Share of values that begin with a digit, above which a text is meant as numbers.
MOSTLY = 0.5


def questions_of(guess: Guess, roles: dict[str, Role], *, kind_is_known: bool) -> list[Remark]:
    """List what the user is asked; the columns in question are left out meanwhile."""
    asked = [_asked(name, role) for name, role in roles.items() if role.kind is None]
    return [*_of_the_kpi(guess, kind_is_known=kind_is_known), *asked, *_unpriced(guess)]


def _asked(name: str, role: Role) -> Remark:
    word = shlex.quote(name)
    if read_name(name).says(*KPI):
        remedy = f"Say --kpi {word} if it is the outcome, or --ignore {word}."
        return Remark(name, f"{_sentence(role.why)} It is left out.", remedy)
    return Remark(
        name,
        f"{_sentence(role.why)} It is left out.",
        f"Say --spend {word} for media spend, --control {word} for a driver of sales, or "
        f"--ignore {word}.",
    )


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(("?", ".")) else f"{text}."


def _of_the_kpi(guess: Guess, *, kind_is_known: bool) -> list[Remark]:
    if guess.kpi is None:
        return []
    remarks = []
    if not kind_is_known:
        kind = "money" if guess.kpi_type == "revenue" else "units"
        remarks.append(
            Remark(
                guess.kpi,
                f"Money or units? Its name does not say; it is taken for {kind}.",
                'Set kpi_type = "revenue" or "units" in the study (--init writes one).',
            )
        )
    is_worth = guess.value_column or guess.told.value_per_unit is not None
    if guess.kpi_type == "units" and not is_worth:
        remarks.append(
            Remark(
                guess.kpi,
                "What is one of them worth? Without a value nothing is said about profit.",
                "Say --value-per-unit AMOUNT, or set value_per_unit in the study.",
            )
        )
    return remarks


def _unpriced(guess: Guess) -> list[Remark]:
    """Ask what exposure without spend has cost."""
    if guess.layout != "wide":
        return []
    return [
        Remark(
            column.column,
            "Exposure without a spend column: what did it cost? It is left out.",
            f"Add a column with its spend (its number times the price of one), or say "
            f"--control {shlex.quote(column.column)} if it was not bought.",
        )
        for column in guess.of("exposure")
        if not column.channel
    ]


def problems_of(guess: Guess, sheet: Sheet) -> list[Remark]:
    """List what keeps a run from starting."""
    found = [*_of_the_date(sheet), *_of_texts(sheet), *_of_the_outcome(guess, sheet)]
    found += [*_of_the_spend(guess), *_of_currencies(guess, sheet)]
    return found + (_of_the_rows(sheet) if sheet.date.column else [])


def from_error(error: Exception, column: str | None = None) -> Remark:
    """Return an error as a problem: its first sentence, and what to do."""
    text, stop, remedy = str(error).partition(". ")
    return Remark(column, text + stop.strip(), remedy)


def _of_the_date(sheet: Sheet) -> list[Remark]:
    if not sheet.date.problem:
        return []
    remark = from_error(ValueError(sheet.date.problem), sheet.told.date)
    hint = "" if sheet.date.frequency == "month" or sheet.told.date else " Or say --date COLUMN."
    return [Remark(remark.column, remark.text, f"{remark.remedy}{hint}".strip())]


def _of_currencies(guess: Guess, sheet: Sheet) -> list[Remark]:
    amounts = [*([guess.kpi] if guess.kpi else []), *(c.column for c in guess.of("spend"))]
    try:
        one_currency(sheet.table.attrs.get("units", {}), amounts, sheet.file)
    except DataError as error:
        return [from_error(error, guess.kpi)]
    return []


def _of_texts(sheet: Sheet) -> list[Remark]:
    """Name columns that should be numbers by their names, and are text with digits."""
    found = []
    for name in sheet.names:
        said, told = read_name(name), sheet.told.roles().get(name)
        wanted = told in ("kpi", "spend") or (told is None and said.says(*MONEY, *KPI))
        if not wanted or sheet.facts[name].numeric or name in sheet.keys.roles:
            continue
        values = sheet.table[name]
        bad = (values.notna() & pd.to_numeric(values, errors="coerce").isna()).to_numpy()
        numbers = values.notna().to_numpy() & ~bad
        digits = values.astype(str).str.match(r"^\W*\d").mean()
        if not (numbers.any() or told or digits > MOSTLY):
            continue
        row = int(bad.argmax())
        found.append(
            Remark(
                name,
                f"Not numeric in {int(bad.sum())} of {len(values)} rows, first "
                f"{values.iloc[row]!r} in data row {row + 1}.",
                "Remove currency signs, thousands separators and text.",
            )
        )
    return found


def _of_the_outcome(guess: Guess, sheet: Sheet) -> list[Remark]:
    if guess.kpi is None:
        flat = [n for n, facts in sheet.facts.items() if facts.constant and _may_be_kpi(n)]
        if flat:
            state = "never varies" if sheet.facts[flat[0]].levels else "is empty"
            return [Remark(flat[0], f"The outcome {state}.", "Fill it, or say --kpi COLUMN.")]
        numbers = [
            c.column
            for c in guess.columns
            if c.role not in ("date", "spend")
            and c.column in sheet.facts
            and sheet.facts[c.column].numeric
        ]
        listed = ", ".join(map(repr, numbers[:LISTED])) or "none"
        return [
            Remark(
                None,
                "No column says by its name that it is the outcome (revenue, sales, orders, ...).",
                f"Say --kpi COLUMN. Columns with numbers: {listed}.",
            )
        ]
    if sheet.keys.channel_column and sheet.date.column:
        same = constant_within(sheet.table, [sheet.date.column, *sheet.keys.of("region")])
        if guess.kpi not in same:
            return [
                Remark(
                    guess.kpi,
                    "Differs between the channels of a date, so it is what each channel is "
                    "credited with, not the whole outcome.",
                    "Give every row of a date the outcome of the whole business.",
                )
            ]
    return []


def _may_be_kpi(name: str) -> bool:
    varying = Facts(numeric=True, constant=False, missing=0, levels=9)
    rank = kpi_rank(read_name(name), varying)
    return rank is not None and rank[0] not in CREDITED


def _of_the_spend(guess: Guess) -> list[Remark]:
    if not guess.channels:
        return [
            Remark(
                None,
                "No column looks like media spend (a name with spend or cost, or a medium).",
                "Say --spend COLUMN for each, or rename them.",
            )
        ]
    if guess.layout != "wide" and len(guess.channels) > MOST_CHANNELS:
        return [
            Remark(
                None,
                f"{len(guess.channels)} channels are more than weeks can tell apart.",
                f"Sum them to at most {MOST_CHANNELS}.",
            )
        ]
    return []


def _of_the_rows(sheet: Sheet) -> list[Remark]:
    """Say why rows that repeat a date cannot be summed."""
    unknown = sheet.keys.unknown
    if unknown:
        name = unknown[0]
        value = str(sheet.table[name].dropna().iloc[0])
        return [
            Remark(
                name,
                f"Dates repeat, and {', '.join(map(repr, unknown))} tells their rows apart: "
                f"regions, channels, or something that must not be summed?",
                f"Use one of them with --market {shlex.quote(f'{name}={value}')}, or sum the "
                f"rows of a date.",
            )
        ]
    if sheet.keys.unique or sheet.keys.channel_column:
        return []
    dates = sheet.table[str(sheet.date.column)]
    count = int(dates.duplicated().sum())
    return [
        Remark(
            sheet.date.column,
            f"{count} of {len(dates)} rows repeat a date, and no column tells them apart.",
            "Sum the rows of a date, or name the column that does.",
        )
    ]
