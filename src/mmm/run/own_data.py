"""Your own data: a study file guessed from a table, for ``--init`` and ``--data``."""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from mmm import paths
from mmm.errors import DataError, MMMError, UsageError
from mmm.run.pipeline import REGIONS, STAGES, Run
from mmm.store import write_bytes
from mmm.study.load import load_study

if TYPE_CHECKING:
    from mmm.data.draft import Guess, Told

STUDY_FILE = "study.toml"
OWN_FILE = "own_data"  # name of a CSV that would collide with a result of notebook 01

ENDINGS = {".csv", ".tsv", ".txt", ".parquet", ".gz", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
LONGEST_FILE = 200  # bytes in the name of a copy, which is written under a longer one first
LONGEST_NAME = 48  # of a study, so that its folder and its lock have names that are short enough


def slug(stem: str) -> str:
    """Turn the stem of a file's name into a name of a study: a folder's name everywhere.

    Where letters are lost, a few digits of the stem's hash keep different files apart.

    Examples
    --------
    >>> slug("Weekly Sales (2024)"), slug("sales.2024"), slug("Umsätze")
    ('weekly_sales_2024', 'sales_2024', 'umsatze_34a5de')
    """
    bare = unicodedata.normalize("NFKD", stem.lower())
    plain = "".join(c for c in bare if not unicodedata.combining(c))
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if not name or not stem.isascii() or len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME] or OWN_FILE}_{_digits(stem)}"
    return f"{name}_own" if (paths.data_folder() / name).exists() else name


def stem_of(name: str) -> str:
    """Return a file's name without the endings that tables have, and with all others.

    Examples
    --------
    >>> stem_of("sales.2024.csv.gz"), stem_of(".hidden.CSV")
    ('sales.2024', '.hidden')
    """
    path = PurePath(name)
    return stem_of(path.stem) if path.suffix.lower() in ENDINGS else name


def _digits(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def copied_name(name: str) -> str:
    """Return the name of the copy of a data file: its own where that is free and can be written.

    Examples
    --------
    >>> copied_name("Sales.csv"), copied_name("study.toml"), copied_name("weekly.csv")
    ('Sales.csv', 'own_data_study.toml', 'own_data_weekly.csv')
    """
    plain = re.sub(r"[\ud800-\udfff]", "_", name)  # what is not UTF-8
    if plain != name or len(name.encode()) > LONGEST_FILE:
        return f"{OWN_FILE}_{_digits(name)}{''.join(PurePath(plain).suffixes[-2:])[-20:]}"
    made = (*STAGES[0].outputs, REGIONS)
    taken = {STUDY_FILE, *(PurePath(output).name for output in made)}
    return f"{OWN_FILE}_{name}" if name.lower() in taken else name  # some disks ignore the case


def write_study(folder: Path, name: str, csv: Path, guess: Guess) -> Path:
    """Write a guessed study file and copy the data beside it.

    Raises
    ------
    OSError
        If they cannot be written; the folder is removed again.
    """
    from mmm.data.study_draft import to_toml

    copy = copied_name(csv.name)
    content, toml = csv.read_bytes(), to_toml(replace(guess, file=copy), name)
    try:
        write_bytes(folder / copy, content)
        return write_bytes(folder / STUDY_FILE, toml.encode("utf-8"))
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)  # half a study would be in the way
        error.filename = error.filename or str(folder)  # a full disk names no file
        raise


def initialize(name: str, csv: Path, told: Told | None = None) -> None:
    """Start a study in ``data/<name>`` from a data file, and say how to go on.

    The draft is written whatever is open; what must be filled in first is said.

    Raises
    ------
    UsageError
        If the name is not usable or taken.
    """
    from mmm.data.guess import guess_roles

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
        raise UsageError(
            f"--init {name!r}: a study's name becomes a folder. Use letters, digits, - and _ only."
        )
    folder = paths.data_folder() / name
    if folder.exists():
        raise UsageError(f"--init {name}: {folder} exists already. Choose another name.")
    guess = guess_roles(csv, told)
    written = write_study(folder, name, csv, guess)
    if not guess.problems:
        try:
            load_study(written)
        except MMMError:
            shutil.rmtree(folder, ignore_errors=True)  # or the next --init would find it taken
            raise
    click.echo(guess.shown())
    mend = "Fill in what it asks for" if guess.problems else "Correct it where the guess is wrong"
    click.echo(f"\nWritten: {written}\n{mend}, then run:")
    click.echo(f"  python run_all.py --study {name}")


def own_study(csv: Path, staging: Path, told: Told | None = None, *, quiet: bool) -> Path:
    """Guess a study for a data file and write it where it waits to be checked.

    The run publishes it with its results, so that a refused file changes nothing.

    Raises
    ------
    DataError
        If something is open without which no run can start.
    """
    from mmm.data.guess import guess_roles

    guess = guess_roles(csv, told)
    name = slug(stem_of(csv.name))
    if guess.problems:
        raise DataError(_refusal(csv, guess, name))
    written = write_study(staging / name / "data", name, csv, guess)
    if not quiet:
        click.echo(guess.shown())
        click.echo(
            "\nA wrong guess? Say so with --kpi, --spend, --control or --ignore, or correct it "
            "in a study of your own:\n"
            f"  python run_all.py --init {name} --data {shlex.quote(str(csv))}\n"
            f"  (edit {Path('data') / name / 'study.toml'})\n"
            f"  python run_all.py --study {name}\n"
        )
    return written


def _refusal(csv: Path, guess: Guess, name: str) -> str:
    """Say what is open, and how to go on."""
    said = [str(problem).removeprefix(f"{csv.name}: ") for problem in guess.problems]
    command = f"python run_all.py --init {name} --data {shlex.quote(str(csv))}"
    return f"{csv.name}: " + " ".join(said) + f" Or start a study of your own: {command}"


def describe(
    csv: Path, staging: Path, told: Told, *, check: Callable[[Path], None]
) -> dict[str, Any]:
    """Return what a data file is taken for, and what keeps a run from starting.

    Parameters
    ----------
    csv, staging : Path
        The data file, and a folder for the study that is checked.
    told : Told
        What the user says of its columns.
    check : callable
        Raises an error where a run of a study file could not start.
    """
    from mmm.data.draft import Guess, remark_record
    from mmm.data.guess import guess_roles
    from mmm.data.open_points import from_error

    try:
        guess = guess_roles(csv, told)
    except MMMError as error:
        nothing = Guess(csv.name, []).record()
        return nothing | {"problems": [remark_record(from_error(error))]}
    record = guess.record()
    if guess.problems:
        return record
    name = slug(stem_of(csv.name))
    try:
        check(write_study(staging / name / "data", name, csv, guess))
    except MMMError as error:
        column = next((c.column for c in guess.columns if repr(c.column) in str(error)), None)
        record["problems"] = [remark_record(from_error(error, column))]
    return record


def require_same_file(run: Run) -> None:
    """Refuse to write the results of a data file over those of another one.

    Raises
    ------
    UsageError
        If the folder holds the results of a data file with another name.
    """
    published = run.workspace.published / "data" / "study.toml"
    if not published.is_file():
        return
    try:
        earlier = load_study(published).data.file
    except MMMError:  # of another version, or edited: it cannot be run again anyway
        return
    if earlier != run.study.data.file:
        raise UsageError(
            f"{run.workspace.published} holds the results of {earlier!r}, and those of "
            f"{run.study.data.file!r} would replace them. Use --output DIR to keep both, or "
            "--init NAME to give this file a study of its own."
        )
