"""The editable study file that a guess makes."""

from __future__ import annotations

import tomlkit
from tomlkit.items import Table

from mmm.data.demand import demand_proxies
from mmm.data.draft import Guess, Remark
from mmm.study.study import SCHEMA_VERSION

LIMITS = "multiples of today's spend that a plan may give"
FREQUENCIES = {"day": "daily", "week": "weekly", "month": "weekly"}


def to_toml(guess: Guess, name: str) -> str:
    """Return an editable ``study.toml`` with every guess as a line of its own.

    What is asked stands in comments, with the line to fill in; without dates, KPI or spend the
    file names what is missing until it is filled in.
    """
    document = tomlkit.document()
    document.add(tomlkit.comment("Guessed from the data file: check every line, then rerun."))
    for remark in guess.problems:
        document.add(tomlkit.comment(_one_line(f"TO MEND: {remark}")))
    document.add("schema", tomlkit.item(SCHEMA_VERSION))
    document.add("title", tomlkit.item(name.replace("_", " ").replace("-", " ").strip()))
    document.add(
        "question", tomlkit.item("Which channels earn their money, and where should it go?")
    )
    code, why = guess.money()
    document.add("currency", _noted(code, f"shown beside every amount {why}"))
    document.add("seed", tomlkit.item(1))
    _add_margin(document, guess)
    document.add("window_weeks", _noted(52, "ROI and plans are about the last year"))
    document.add("pre_history", _noted("average", "spend before the first week: or zero, drop"))
    document.add("data", _data_table(guess))
    document.add("channels", _channel_tables(guess))
    document.add("baseline", _table({"trend": True, "season_harmonics": 2}))
    document.add("controls", _controls_table(guess))
    document.add("holdout", _table({"weeks": 13}))
    if guess.channels:
        document.add("scenarios", _scenarios(guess))
    if guess.questions:
        document.add("questions", _questions(guess.questions))
    return tomlkit.dumps(document)


def _one_line(text: str) -> str:
    """Return text that a comment can hold."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.split())


def _add_margin(document: tomlkit.TOMLDocument, guess: Guess) -> None:
    said = "profit per unit of revenue"
    if guess.told.margin is not None:
        document.add("margin", _noted(guess.told.margin, said))
    else:
        document.add(tomlkit.comment(f"margin = 0.4  # {said}; without it revenue is judged"))


def _data_table(guess: Guess) -> Table:
    table = tomlkit.table()
    table.add("file", tomlkit.item(guess.file))
    if guess.sheet:
        table.add("sheet", tomlkit.item(guess.sheet))
    whys = {column.column: column.why for column in guess.columns}
    if guess.date is not None and guess.date_format:
        table.add("date", tomlkit.item(guess.date))
        if guess.week_column:
            table.add("week_column", tomlkit.item(guess.week_column))
        table.add("date_format", tomlkit.item(guess.date_format))
        if "%V" not in guess.date_format and guess.frequency == "week":
            table.add(
                "week_label", _noted(guess.week_label, "the day of the week that dates name")
            )
    else:
        table.add(tomlkit.comment('date = "..."  # FILL IN the column of the dates'))
        table.add(tomlkit.comment('date_format = "%Y-%m-%d"  # as they are written'))
    _add_kpi(table, guess, whys)
    table.add("frequency", _noted(FREQUENCIES[guess.frequency], "daily rows are summed to weeks"))
    channel = next((c for c in guess.channels if c.source != c.spend), None)
    if channel is not None:
        spend = guess.of("spend")[0]
        column = next(iter([*guess.of("channel"), *guess.of("campaign")])).column
        table.add("channel_column", _noted(column, whys[column]))
        table.add("spend_column", _noted(spend.column, spend.why))
    if guess.regions:
        note = "their rows of a date are summed, controls averaged"
        table.add("region_columns", _noted(guess.regions, note))
    if guess.region:
        note = "each of them is modeled; or region_columns = [...], which sums them"
        table.add("region", _noted(guess.region, note))
    if guess.population:
        table.add("population", _noted(guess.population, "spend counts per head of it"))
    if guess.told.market is not None:
        market = tomlkit.inline_table()
        market.update({"column": guess.told.market.column, "value": guess.told.market.value})
        table.add("market", market)
    return table


def _add_kpi(table: Table, guess: Guess, whys: dict[str, str]) -> None:
    said = "what the report calls the KPI"
    if guess.kpi is None:
        table.add(tomlkit.comment('kpi = "..."  # FILL IN the column of the outcome'))
    else:
        table.add("kpi", _noted(guess.kpi, whys[guess.kpi]))
    if guess.kpi_label:
        table.add("kpi_label", _noted(guess.kpi_label, said))
    else:
        label = "Orders" if guess.kpi_type == "units" else "Revenue"
        table.add(tomlkit.comment(f'kpi_label = "{label}"  # {said}'))
    table.add("kpi_type", _noted(guess.kpi_type, "revenue (money) or units"))
    if guess.kpi_type != "units":
        return
    if guess.told.value_per_unit is not None:
        table.add("value_per_unit", _noted(guess.told.value_per_unit, "money per unit"))
    elif guess.value_column:
        table.add("value_column", _noted(guess.value_column, whys[guess.value_column]))
    else:
        table.add(tomlkit.comment("value_per_unit = 25.0  # money that one unit is worth"))


def _channel_tables(guess: Guess) -> Table:
    tables = tomlkit.table(is_super_table=bool(guess.channels))
    if not guess.channels:
        tables.add(tomlkit.comment("FILL IN one table for each channel:"))
        for line in ("[channels.tv]", 'label = "TV"', 'spend = "..."'):
            tables.add(tomlkit.comment(line))
    for medium in guess.channels:
        table = tomlkit.table()
        table.add("label", tomlkit.item(medium.label))
        table.add("spend", _noted(medium.spend, medium.why))
        if medium.exposure:
            table.add(tomlkit.comment(f"exposure = {tomlkit.item(medium.exposure).as_string()}"))
        table.add(tomlkit.comment(f"bounds = [0.5, 2.0]  # {LIMITS}"))
        tables.add(medium.key, table)
    return tables


def _controls_table(guess: Guess) -> Table:
    table = tomlkit.table()
    table.add("columns", _lines(guess.controls(text=False)))
    table.add("categorical", _lines(guess.controls(text=True)))
    proxies = demand_proxies(guess.controls(text=False))
    if proxies:
        table.add("demand_proxies", _noted(proxies, "likely: their names say demand"))
    return table


def _scenarios(guess: Guess) -> tomlkit.items.AoT:
    first, *others = guess.channels
    scenarios = tomlkit.aot()
    scenarios.append(
        _table(
            {
                "kind": "multiply",
                "name": _noted(f"{first.label} +20 %", "free text, shown in the report"),
                "channel": first.key,
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
                        f"Move 10 % of {first.label} to the others", "free text as well"
                    ),
                    "from": first.key,
                    "to": [other.key for other in others],
                    "share": 0.1,
                }
            )
        )
    return scenarios


def _questions(remarks: list[Remark]) -> tomlkit.items.AoT:
    """Write each question as a comment and as a table, which the report repeats."""
    questions = tomlkit.aot()
    for remark in remarks:
        table = tomlkit.table()
        table.add(tomlkit.comment(_one_line(f"QUESTION: {remark}")))
        for line in _answers(remark):
            table.add(tomlkit.comment(line))
        table.add(tomlkit.comment("Answered? Delete this table."))
        if remark.column is not None:
            table.add("column", tomlkit.item(remark.column))
        table.add("text", tomlkit.item(remark.text))
        table.add("remedy", tomlkit.item(remark.remedy))
        questions.append(table)
    return questions


def _answers(remark: Remark) -> list[str]:
    """Return the lines of the study that answer a question about a column that is left out."""
    if remark.column is None or "--spend" not in remark.remedy:
        return []
    name = _one_line(tomlkit.item(remark.column).as_string())
    return [
        f'Media spend? Add [channels.NAME] with label = "..." and spend = {name}',
        f"A driver? Add {name} to columns under [controls]",
    ]


def _noted(value: object, why: str) -> tomlkit.items.Item:
    item = tomlkit.item(value)
    item.comment(_one_line(why))
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
