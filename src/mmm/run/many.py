"""A study of many series: one study file for each, and one page over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import tomlkit

from mmm import paths
from mmm.errors import DataError, MMMError, UsageError
from mmm.run.own_data import STUDY_FILE, copied_name, initialize, own_study, slug
from mmm.store import write_bytes
from mmm.study.load import load_study
from mmm.study.study import Study

if TYPE_CHECKING:
    from mmm.data.draft import Told
    from mmm.data.series import OneSeries


def told_of_one(csv: Path, column: str, told: Told) -> Told:
    """Say that a data file is to be read as one of its series: the one with most rows.

    Raises
    ------
    UsageError
        If a market is to be picked as well.
    DataError
        If the file has no such column, or no series with a name.
    """
    from mmm.data.draft import Market  # pandas is slow to import
    from mmm.data.files import read_table
    from mmm.data.series import names_of

    if told.market is not None:
        raise UsageError("--series takes every series, --market one of them: give one of the two.")
    if told.region or told.population or told.sum_regions:
        raise UsageError(
            "--series makes a study of each value; --region, --population and --sum-regions make "
            "one of all. Give --series alone, or the others without it."
        )
    names = names_of(read_table(csv), column, csv.name)
    return replace(told, market=Market(column, str(names.value_counts().index[0])))


def of_all_series(study_file: Path, csv: Path, column: str) -> Path:
    """Turn the study that was guessed from one series into one of all of them."""
    from mmm.data.files import read_table  # pandas is slow to import
    from mmm.data.region_checks import currency_column

    document: Any = tomlkit.parse(study_file.read_text("utf-8"))
    document["data"].pop("market", None)
    document["data"]["series"] = column
    currencies = currency_column(read_table(csv))
    if currencies is not None and currencies != column:
        document["data"]["currency_column"] = currencies
    return write_bytes(study_file, tomlkit.dumps(document).encode())


def own_series(csv: Path, column: str, staging: Path, told: Told, *, quiet: bool) -> Path:
    """Guess a study of all series for a data file and write it where it waits to be checked."""
    one = own_study(csv, staging, told_of_one(csv, column, told), quiet=quiet)
    if not quiet:
        click.echo(
            f"So its columns are read; every value of {column!r} gets a study of its own.\n"
        )
    return of_all_series(one, csv, column)


def initialize_series(name: str, csv: Path, column: str, told: Told) -> None:
    """Start a study of all series in ``data/<name>`` from a data file."""
    initialize(name, csv, told_of_one(csv, column, told))
    of_all_series(paths.data_folder() / name / STUDY_FILE, csv, column)


@dataclass(frozen=True)
class Parts:
    """The studies of one file of series."""

    study: Study  #: The study that names them.
    files: Mapping[str, Path]  #: Study file of each series, by the name of its folder.
    titles: Mapping[str, str]  #: Name of each series, by the same.
    #: Why a series cannot be a study, by the same.
    failed: Mapping[str, MMMError]


def is_many(study_file: Path) -> bool:
    """Tell whether a study is one of many series."""
    try:
        return load_study(study_file).data.series is not None
    except MMMError:  # told where the study is run
        return False


def split_study(study_file: Path, staging: Path) -> Parts:
    """Write a study for each series of a file.

    Each gets its own rows, its own currency and the channels that it bought; what the study says
    of other channels is left out.

    Raises
    ------
    MMMError
        If the file cannot be taken apart, or a rate is missing.
    """
    from mmm.data.files import read_table  # pandas is slow to import
    from mmm.data.series import split_series
    from mmm.panel.cells import fx_rates

    study = load_study(study_file)
    series = split_series(read_table(study.data_file, study.data.sheet), study)
    if study.data.fx:
        fx_rates([own.currency for own in series], dict(study.data.fx), study.currency)
    files: dict[str, Path] = {}
    titles: dict[str, str] = {}
    failed: dict[str, MMMError] = {}
    text = study_file.read_text("utf-8-sig")
    for own in series:
        name = _free_name(own.name, titles)
        titles[name] = own.name
        if not own.bought:
            failed[name] = DataError(
                f"{study.data.series} {own.name!r}: no channel's spend varies, so there is "
                f"nothing to tell."
            )
            continue
        files[name] = _write(own, study, text, staging / name / "data")
    return Parts(study, files, titles, failed)


def _free_name(series: str, taken: Mapping[str, str]) -> str:
    """Return the name of a series' folder; a number keeps those apart that would share one."""
    name = found = slug(series)
    number = 2
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def _write(own: OneSeries, study: Study, text: str, folder: Path) -> Path:
    """Write the study file and the rows of one series."""
    document: Any = tomlkit.parse(text)
    data = document["data"]
    for key in ("series", "currency_column", "fx", "sheet"):
        data.pop(key, None)
    data["file"] = copied_name(f"{folder.parent.name}.csv")
    document["title"] = f"{study.title}: {own.name}"
    document["currency"] = own.currency
    for name in own.left_out:
        del document["channels"][name]
    _forget(document, set(own.left_out))
    rows = own.rows
    if study.data.date_format and rows[study.data.date].dtype.kind == "M":
        rows = rows.assign(
            **{study.data.date: rows[study.data.date].dt.strftime(study.data.date_format)}
        )
    content = rows.to_csv(index=False, lineterminator="\n").encode()
    write_bytes(folder / data["file"], content)
    return write_bytes(folder / STUDY_FILE, tomlkit.dumps(document).encode())


def _forget(document: Any, gone: set[str]) -> None:
    """Remove what a study says of channels that a series did not buy."""
    for key in ("scenarios", "synergy"):
        kept = [entry for entry in document.get(key, []) if not gone & _named(entry)]
        document.pop(key, None)
        if kept:
            tables = tomlkit.aot()
            for entry in kept:
                tables.append(entry)
            document.append(key, tables)
    optimize = document.get("optimize", {})
    if "fixed" in optimize:
        optimize["fixed"] = [name for name in optimize["fixed"] if name not in gone]
    groups = optimize.get("groups", {})
    for name in list(groups):  # its shares mean little without one of its channels
        if gone & set(groups[name]["channels"]):
            del groups[name]


def _named(entry: Mapping[str, Any]) -> set[str]:
    """Return the channels that a scenario or a pair names."""
    found: set[str] = set()
    for key in ("channel", "from", "to", "channels"):
        value = entry.get(key, ())
        found |= {str(value)} if isinstance(value, str) else {str(name) for name in value}
    return found
