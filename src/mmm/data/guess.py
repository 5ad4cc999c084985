"""Guess what the columns of a stranger's table mean, and say how sure the guess is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mmm.data.channels import find_channels
from mmm.data.draft import Column, Guess, Layout, Medium, Told
from mmm.data.facts import KPI, MONEY, PAID, Role, ask, is_ratio
from mmm.data.kpi import CREDITED, is_install, kpi_kind, kpi_rank
from mmm.data.neighbors import settle
from mmm.data.number_format import PERCENT
from mmm.data.open_points import problems_of, questions_of
from mmm.data.outcomes import determined
from mmm.data.region_guess import modeled_region, population_of, region_notes
from mmm.data.roles import OUTCOME, number_role, text_role
from mmm.data.row_keys import constant_within
from mmm.data.sheet import Sheet, open_sheet
from mmm.data.words import fold, is_currency, read_name

CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "euro": "EUR", "euros": "EUR"}
ISO_CODES = ["USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "BRL"]
CURRENCIES |= {code.lower(): code for code in ISO_CODES}
UNKNOWN_KPI, MONEY_TIER = 9, 1


def guess_roles(path: Path, told: Told | None = None) -> Guess:
    """Guess the role of every column of a data file.

    Parameters
    ----------
    path : Path
        A file that :func:`~mmm.data.files.read_table` reads.
    told : Told, optional
        What the user says of columns; it goes before every guess.

    Returns
    -------
    Guess
        What is sure, what is likely, and what the user is asked; ``problems`` say what keeps
        a run from starting.

    Raises
    ------
    DataError
        If the file cannot be read as a table, or the user names a column or a market that it
        does not have.
    """
    sheet = open_sheet(path, told or Told())
    kpi, kpi_role = find_kpi(sheet)
    roles = _roles(sheet, kpi, kpi_role)
    kind, is_known = _kind(sheet, kpi)
    value = _value_column(sheet, kpi, roles) if kind == "units" and kpi else ""
    if value:
        roles[value] = Role("ignored", "money per unit of the KPI: its value, not a driver")
    channels = find_channels(sheet.table, roles, sheet.keys)
    region = modeled_region(sheet, kpi)
    population = population_of(sheet, roles, region)
    guess = Guess(
        file=path.name,
        columns=_columns(sheet, roles, channels),
        channels=channels,
        frequency=sheet.date.frequency,
        layout=_layout(sheet),
        date_format=sheet.date.format,
        kpi_type=kind,
        value_column=value,
        currency=_money_of(sheet, kpi, channels),
        kpi_label=_without_currency(kpi) if kpi and _currency(kpi) else "",
        regions=[] if region else sheet.keys.of("region"),
        region=region,
        population=population,
        sheet=str(sheet.table.attrs.get("sheet", "")),
        week_column=sheet.date.week_column,
        week_label=sheet.date.week_label,
        told=sheet.told,
        notes=[*_notes(sheet, region), *region_notes(sheet, region, population)],
    )
    guess = replace(guess, questions=questions_of(guess, roles, kind_is_known=is_known))
    return replace(guess, problems=problems_of(guess, sheet))


def _layout(sheet: Sheet) -> Layout:
    if sheet.keys.of("region"):
        return "regions"
    return "long" if sheet.keys.channel_column else "wide"


def find_kpi(sheet: Sheet) -> tuple[str | None, Role | None]:
    """Find the outcome by its name, or by what the user says."""
    told = sheet.told.roles()
    if sheet.told.kpi is not None:
        return sheet.told.kpi, Role("kpi", "you said so")
    ranks = {}
    for name in sheet.names:
        if name not in told and name not in sheet.dates and name not in sheet.keys.roles:
            rank = kpi_rank(read_name(name), sheet.facts[name])
            if rank is not None and rank[0] not in CREDITED:
                ranks[name] = rank
    if not ranks:
        return None, None
    best, *others = sorted(ranks, key=lambda name: ranks[name])
    if ranks[best][0] == MONEY_TIER and any(is_install(name) for name in others):
        return None, None  # an app's own outcome is its installs as often as its revenue
    listed = f"; other outcomes: {', '.join(map(repr, others))}" if others else ""
    sure = ranks[best][0] < UNKNOWN_KPI and not others
    return best, Role("kpi", f"its name says so{listed}", "certain" if sure else "likely")


def _roles(sheet: Sheet, kpi: str | None, kpi_role: Role | None) -> dict[str, Role]:
    """Give every column a role, first alone, then beside the others."""
    told = sheet.told.roles()
    roles: dict[str, Role] = {}
    for name in sheet.names:
        if name == kpi and kpi_role is not None:
            roles[name] = kpi_role
        elif name in told:
            roles[name] = Role(told[name], "you said so")
        else:
            roles[name] = _role(sheet, name, has_kpi=kpi is not None)
    return _without_outcomes(sheet, kpi, settle(sheet.table, roles, sheet.facts, kpi=kpi))


def _role(sheet: Sheet, name: str, *, has_kpi: bool) -> Role:
    if name == sheet.date.column:
        return Role("date", sheet.date.why)
    if name == sheet.date.week_column:
        return Role("ignored", f"read together with {sheet.date.column!r}")
    if name in sheet.date.others:
        return Role("ignored", "more dates: left out")
    if name in sheet.keys.roles:
        return _key_role(sheet, name)
    if name in sheet.keys.follow:
        return Role("ignored", f"follows {sheet.keys.follow[name]!r}: left out")
    facts, said = sheet.facts[name], read_name(name)
    role = number_role(said, facts) if facts.numeric else text_role(said, facts)
    if role.why == OUTCOME and not has_kpi:
        return ask("the outcome, or another one?")
    if role.kind in ("control", "event") and facts.missing and facts.numeric:
        return Role("ignored", f"{facts.missing} empty values: left out, fill them to use it")
    return role


def _key_role(sheet: Sheet, name: str) -> Role:
    role = sheet.keys.roles[name]
    count = sheet.table[name].nunique()
    if role is None:
        return Role(None, f"tells {count} rows of a date apart, by what?", "asked", "unknown")
    return Role(role, f"{count} names, dates repeat", "certain")


def _without_outcomes(sheet: Sheet, kpi: str | None, roles: dict[str, Role]) -> dict[str, Role]:
    """Leave out what nearly determines the KPI, or differs between the channels of a date."""
    told = sheet.told.roles()
    drivers = [
        name
        for name, role in roles.items()
        if role.kind in ("control", "event", None)
        and sheet.facts[name].numeric
        and name not in told
    ]
    found: dict[str, Role] = {}
    if kpi is not None and sheet.facts[kpi].numeric and not sheet.keys.roles:
        for name, how in determined(sheet.table[kpi], sheet.table[drivers]).items():
            found[name] = Role("ignored", f"{how}: another outcome, left out")
    if sheet.keys.channel_column and sheet.date.column:
        same = constant_within(sheet.table, [sheet.date.column, *sheet.keys.of("region")])
        for name, role in roles.items():
            if role.kind in ("control", "event") and name not in same:
                found[name] = Role("ignored", "differs between the channels of a date: left out")
    return roles | found


def _columns(sheet: Sheet, roles: dict[str, Role], channels: list[Medium]) -> list[Column]:
    owners = {medium.source: medium.key for medium in channels}
    owners |= {medium.exposure: medium.key for medium in channels if medium.exposure}
    columns = [
        Column(
            name,
            roles[name].kind,
            roles[name].why,
            roles[name].certainty,
            owners.get(name, "") if roles[name].kind in ("spend", "exposure") else "",
            is_text=not sheet.facts[name].numeric,
        )
        for name in sheet.names
    ]
    return columns + [Column(name, "ignored", "lists, records or bytes") for name in sheet.nested]


def _kind(sheet: Sheet, kpi: str | None) -> tuple[str, bool]:
    if kpi is None:
        return "units", True
    if sheet.told.value_per_unit is not None:
        return "units", True
    return kpi_kind(read_name(kpi), sheet.facts[kpi])


def _value_column(sheet: Sheet, kpi: str | None, roles: dict[str, Role]) -> str:
    """Find the column with the money that a unit of the KPI is worth."""
    if kpi is None or sheet.told.value_per_unit is not None:
        return ""
    unit = fold(kpi).rstrip("s")[-6:]
    for name, role in roles.items():
        said = read_name(name)
        facts = sheet.facts[name]
        is_worth = said.says("money kpi", "price", "value") and is_ratio(said)
        usable = facts.numeric and not facts.missing and role.kind != "kpi"
        if is_worth and usable and unit in fold(name):
            return name
    return ""


def _notes(sheet: Sheet, region: str) -> list[str]:
    notes = [*map(str, sheet.table.attrs.get("notes", [])), *sheet.date.notes]
    told, regions = sheet.told, [] if region else sheet.keys.of("region")
    if told.market is not None:
        notes.append(f"Only {told.market.value!r} of {told.market.column!r} is used.")
    if regions:
        counts = " x ".join(str(sheet.table[name].nunique()) for name in regions)
        once = _repeated(sheet)
        taken = f"{', '.join(map(repr, once))} repeats and is taken once, " if once else ""
        notes.append(
            f"{counts} {', '.join(map(repr, regions))}: summed to one series, {taken}controls "
            f"averaged. Use --market {regions[0]}=NAME for one of them."
        )
    channel = sheet.keys.channel_column
    campaigns = [name for name in sheet.keys.of("campaign") if name != channel]
    if campaigns:
        notes.append(f"The rows of {', '.join(map(repr, campaigns))} are summed.")
    return notes


def _repeated(sheet: Sheet) -> list[str]:
    """List the amounts that all regions of a date share, so that sums would count them often."""
    same = set(constant_within(sheet.table, [str(sheet.date.column)]))
    return [n for n in sheet.names if n in same and read_name(n).says(*KPI, *MONEY, *PAID)]


def _currency(name: str) -> str:
    """Return the currency that a column's name holds; empty where it holds none."""
    words = map(str.lower, read_name(name).words)
    return next((CURRENCIES[word] for word in words if word in CURRENCIES), "")


def _money_of(sheet: Sheet, kpi: str | None, channels: list[Medium]) -> str:
    """Return the currency that names or values of KPI and spend hold; empty where none does."""
    names = [*([kpi] if kpi else []), *(medium.spend for medium in channels)]
    named = next(filter(None, map(_currency, names)), "")
    units: dict[str, str] = sheet.table.attrs.get("units", {})
    return named or next((units[n] for n in names if units.get(n, PERCENT) != PERCENT), "")


def _without_currency(name: str) -> str:
    words = [word for word in read_name(name).words if not is_currency(word)]
    return " ".join(words).capitalize()
