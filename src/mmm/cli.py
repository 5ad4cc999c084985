"""The command line: `python run_all.py`."""

from __future__ import annotations

import io
import re
import shlex
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from mmm import paths
from mmm.console import ConsoleProgress, summarize
from mmm.errors import MMMError, UsageError
from mmm.notebook import nearest, read_notebook
from mmm.pipeline import STAGES, Plan, Progress, Settings, plan_run, run
from mmm.report import render_index
from mmm.store import write_bytes
from mmm.study import load_study

if TYPE_CHECKING:
    from mmm.guess import Guess

CTRL_C, TERMINATED = 130, 143
OWN_FILE = "own_data"  # name of a CSV that would collide with a result of notebook 01


def stage_number(text: str) -> int:
    """Return the number of a notebook given as 3, 03 or its name.

    Parameters
    ----------
    text : str
        What the user wrote.

    Raises
    ------
    UsageError
        If there is no such notebook; the message names the nearest.

    Examples
    --------
    >>> stage_number("03"), stage_number("05_roi"), stage_number("roi")
    (3, 5, 5)
    """
    wanted = text.strip().removesuffix(".ipynb")
    for stage in STAGES:
        names = {stage.notebook, stage.notebook[3:], str(stage.number), f"{stage.number:02d}"}
        if wanted in names:
            return stage.number
    hint = nearest(wanted, [stage.notebook for stage in STAGES])
    raise UsageError(f"There is no notebook {text!r}; {hint}")


def select(only: str | None, first: str | None, last: str | None) -> list[int] | None:
    """Return the numbers of the notebooks to run; None for all.

    Parameters
    ----------
    only, first, last : str or None
        Values of --only, --from and --to.

    Raises
    ------
    UsageError
        If they contradict each other.
    """
    if only is not None:
        if first is not None or last is not None:
            raise UsageError("--only runs one notebook: it excludes --from and --to.")
        return [stage_number(only)]
    if first is None and last is None:
        return None
    low = STAGES[0].number if first is None else stage_number(first)
    high = STAGES[-1].number if last is None else stage_number(last)
    if low > high:
        raise UsageError(f"--from {first} comes after --to {last}: nothing would run.")
    return [stage.number for stage in STAGES if low <= stage.number <= high]


def declared_studies() -> list[Path]:
    """List the study files of the project, in the order of their folders' names."""
    return sorted(paths.data_folder().glob("*/study.toml"))


def known_studies(output: Path) -> dict[str, Path]:
    """Find all studies: those of the project, then own-data runs among the results.

    Parameters
    ----------
    output : Path
        Folder of the results.
    """
    own = sorted(
        output.glob("*/data/study.toml"),
        key=lambda path: not path.parents[1].name.endswith(".partial"),
    )
    found = {path.parents[1].name.removesuffix(".partial"): path for path in own}
    return found | {path.parent.name: path for path in declared_studies()}


def find_study(text: str, output: Path) -> Path:
    """Find the study file of a name or path.

    Parameters
    ----------
    text : str
        Name of a study, or path of a ``study.toml`` or of its folder.
    output : Path
        Folder of the results.

    Raises
    ------
    UsageError
        If there is none; the message names the nearest or all known studies.
    """
    studies = known_studies(output)
    if text in studies:
        return studies[text]
    path = Path(text)
    if path.is_dir() and (path / "study.toml").is_file():
        return path / "study.toml"
    if path.is_file() and path.suffix == ".toml":
        return path
    raise UsageError(f"There is no study {text!r}; {nearest(text, studies)}")


def slug(stem: str) -> str:
    """Turn the stem of a file's name into a name of a study.

    Parameters
    ----------
    stem : str
        Name of the file without its ending.

    Examples
    --------
    >>> slug("Weekly Sales (2024)")
    'weekly_sales_2024'
    """
    name = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_") or "own_data"
    return f"{name}_own" if (paths.data_folder() / name).exists() else name


def write_study(folder: Path, name: str, csv: Path, guess: Guess) -> Path:
    """Write a guessed study file and copy the data beside it.

    Parameters
    ----------
    folder : Path
        Folder of the study file.
    name : str
        Name of the study.
    csv : Path
        The data file.
    guess : Guess
        The roles of its columns.

    Returns
    -------
    Path
        The study file.
    """
    copy = csv.name
    if any(copy == Path(output).name for output in STAGES[0].outputs):
        copy = f"{OWN_FILE}_{csv.name}"
    write_bytes(folder / copy, csv.read_bytes())
    toml = replace(guess, file=copy).to_toml(name)
    return write_bytes(folder / "study.toml", toml.encode("utf-8"))


def initialize(name: str, csv: Path) -> None:
    """Start a study in ``data/<name>`` from a CSV file, and say how to go on.

    Parameters
    ----------
    name : str
        Name of the study.
    csv : Path
        The data file.

    Raises
    ------
    UsageError
        If the name is not usable or taken.
    """
    from mmm.guess import guess_roles

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
        raise UsageError(
            f"--init {name!r}: a study's name becomes a folder. Use letters, digits, - and _ only."
        )
    folder = paths.data_folder() / name
    if folder.exists():
        raise UsageError(f"--init {name}: {folder} exists already. Choose another name.")
    guess = guess_roles(csv)
    written = write_study(folder, name, csv, guess)
    load_study(written)
    click.echo(guess.table().to_string(index=False))
    click.echo(f"\nWritten: {written}\nCorrect it where the guess is wrong, then run:")
    click.echo(f"  python run_all.py --study {name}")


def own_study(csv: Path, staging: Path, *, quiet: bool) -> Path:
    """Guess a study for a CSV file and write it where it waits to be checked.

    The run publishes it with its results, so that a refused file changes nothing.

    Parameters
    ----------
    csv : Path
        The data file.
    staging : Path
        A temporary folder.
    quiet : bool
        Do not print the guess.
    """
    from mmm.guess import guess_roles

    name = slug(csv.name.split(".")[0])
    guess = guess_roles(csv)
    written = write_study(staging / name / "data", name, csv, guess)
    if not quiet:
        click.echo(guess.table().to_string(index=False))
        click.echo(
            "\nA wrong guess? Correct it in a study of your own:\n"
            f"  python run_all.py --init {name} --data {shlex.quote(str(csv))}\n"
            f"  (edit {Path('data') / name / 'study.toml'})\n"
            f"  python run_all.py --study {name}\n"
        )
    return written


def list_all(output: Path) -> None:
    """Print the studies with their titles and the notebooks with their questions.

    Parameters
    ----------
    output : Path
        Folder of the results.
    """
    click.echo("Studies (--study NAME)")
    for name, path in known_studies(output).items():
        try:
            title = load_study(path).title
        except MMMError as error:
            title = f"cannot be read: {str(error).splitlines()[0]}"
        click.echo(f"  {name:28s} {title}")
    click.echo("\nNotebooks (--only, --from, --to N)")
    for stage in STAGES:
        question = read_notebook(paths.notebooks_folder() / f"{stage.notebook}.ipynb").question
        click.echo(f"  {stage.number}  {stage.notebook:28s} {question}")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--study", "studies", multiple=True, metavar="NAME|PATH", help="Study to run.")
@click.option("--all", "everything", is_flag=True, help="Run all studies, and an index page.")
@click.option("--data", type=click.Path(path_type=Path), metavar="CSV", help="Run your own data.")
@click.option("--init", metavar="NAME", help="Only write data/NAME/study.toml for --data.")
@click.option("--only", metavar="N", help="Run one notebook (number or name).")
@click.option("--from", "first", metavar="N", help="Start at this notebook.")
@click.option("--to", "last", metavar="N", help="Stop after this notebook.")
@click.option("-p", "parameters", nargs=2, multiple=True, metavar="KEY VALUE", help="Parameter.")
@click.option("--model", type=click.Choice(["bayes", "ridge"]), help="Estimator of record.")
@click.option("--quick", is_flag=True, help="Smaller searches, for a first look.")
@click.option("--list", "listing", is_flag=True, help="Show studies and notebooks.")
@click.option("--output", type=click.Path(path_type=Path), metavar="DIR", help="Results folder.")
@click.option("--no-report", is_flag=True, help="Do not render report.html.")
@click.option("--engine", type=click.Choice(["warm", "nbclient"]), default="warm")
@click.option("--timeout", type=click.IntRange(min=1), metavar="S", help="Seconds for one cell.")
@click.option("-v", "--verbose", is_flag=True, help="Show each cell, and causes of failures.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
def command(
    studies: tuple[str, ...],
    everything: bool,
    data: Path | None,
    init: str | None,
    only: str | None,
    first: str | None,
    last: str | None,
    parameters: tuple[tuple[str, str], ...],
    model: str | None,
    quick: bool,
    listing: bool,
    output: Path | None,
    no_report: bool,
    engine: str,
    timeout: int | None,
    verbose: bool,
    quiet: bool,
) -> None:
    """Run the notebooks of a study in order and write its report."""
    if verbose and quiet:
        raise UsageError("-v and -q contradict each other.")
    if data is not None and studies:
        raise UsageError("--data makes its own study: it excludes --study.")
    if everything and (studies or data is not None):
        raise UsageError("--all runs every study of the project: it excludes --study and --data.")
    folder = (output or paths.outputs_folder()).resolve()
    if listing:
        return list_all(folder)
    if init is not None:
        if data is None:
            raise UsageError("--init NAME needs --data FILE.csv.")
        return initialize(init, data)
    selected = select(only, first, last)
    if model is not None:
        parameters = (*parameters, ("model", model))
    if everything:
        studies = tuple(path.parent.name for path in declared_studies())
    if data is not None:
        waiting = tempfile.TemporaryDirectory()
        staging = click.get_current_context().with_resource(waiting)
        files = [own_study(data, Path(staging), quiet=quiet)]
    else:
        files = [find_study(text, folder) for text in studies or (paths.DEFAULT_STUDY,)]
    plans = [
        plan_run(file, output=output, selected=selected, parameters=dict(parameters), quick=quick)
        for file in files
    ]
    progress = Progress() if quiet else ConsoleProgress(verbose=verbose)
    try:
        run_all(plans, Settings(engine, timeout, not no_report, progress), quiet=quiet)
    except MMMError as error:
        if verbose and error.__cause__ is not None:
            traceback.print_exception(error.__cause__)
        raise
    if everything and not no_report:
        page = render_index(folder, studies)
        if not quiet:
            click.echo(page)
    return None


def run_all(plans: Sequence[Plan], settings: Settings, *, quiet: bool) -> None:
    """Run checked plans one after the other; the last line printed is the report's path.

    Parameters
    ----------
    plans : sequence of Plan
        One per study.
    settings : Settings
        How to run.
    quiet : bool
        Print nothing.

    Raises
    ------
    UsageError
        If two plans would write to the same folder.
    """
    folders = [plan.workspace.published for plan in plans]
    for folder in folders:
        if folders.count(folder) > 1:
            raise UsageError(f"--study {folder.name} is given twice.")
    for plan in plans:
        if not quiet:
            click.echo(plan.study.title)
        result = run(plan, settings)
        if not quiet:
            click.echo(summarize(plan, result))


def main(
    arguments: Sequence[str] | None = None,
    *,
    entry: click.Command = command,
    name: str = "run_all.py",
) -> NoReturn:
    """Run the command line and exit with its code.

    Parameters
    ----------
    arguments : sequence of str, optional
        ``sys.argv`` without the program if not given.
    entry : click.Command, default the run of notebooks
        What to run.
    name : str, default "run_all.py"
        What it is called in help and errors.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console that cannot show a character
            stream.reconfigure(errors="replace")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    code = 0
    try:
        entry.main(args=arguments, prog_name=name, standalone_mode=False)
    except MMMError as error:
        click.echo(f"Error: {error}", err=True)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped. The last complete results are untouched.", err=True)
        code = CTRL_C
    sys.exit(code)
