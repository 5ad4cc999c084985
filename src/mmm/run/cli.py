"""The command line: `python run_all.py`."""

from __future__ import annotations

import io
import shlex
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn

import click

from mmm import paths
from mmm.errors import FileError, MMMError, shortened
from mmm.formatting import plural
from mmm.report import render_index
from mmm.run.notebook import read_notebook
from mmm.run.options import THOROUGH_TWINS, Choices, NamedPath, find_study, known_studies, select
from mmm.run.own_data import initialize, own_study, require_same_file
from mmm.run.pipeline import STAGES, Run, Settings, check_data
from mmm.run.progress import describe_states, on_screen, summarize
from mmm.run.records import Ledger
from mmm.run.runner import execute
from mmm.run.several import run_side_by_side
from mmm.run.verify import verify
from mmm.study.load import load_study

CTRL_C, TERMINATED = 130, 143


def list_all(choices: Choices) -> None:
    """Print the studies with their titles, and the state of each notebook of the chosen ones.

    Raises
    ------
    MMMError
        If the state of a study that was asked for cannot be told; all others are.
    """
    untold: list[MMMError] = []
    click.echo("Studies (--study NAME)")
    for name, path in known_studies(choices.folder).items():
        try:
            title = load_study(path).title
        except MMMError as error:
            title = f"cannot be read: {str(error).splitlines()[0]}"
        click.echo(f"  {name:28s} {title}")
    click.echo("\nNotebooks (--only, --from, --to N)")
    for stage in STAGES:
        question = read_notebook(paths.notebooks_folder() / f"{stage.notebook}.ipynb").question
        click.echo(f"  {stage.number}  {stage.notebook:28s} {question}")
    for name in choices.names():
        click.echo(f"\nState of {name}")
        try:
            (run,) = choices.runs([find_study(name, choices.folder)])
            click.echo(describe_states(Ledger(run).forecast()))
        except MMMError as error:
            click.echo(f"  cannot be told: {str(error).splitlines()[0]}")
            untold.append(error)
    if untold and choices.studies:
        raise untold[0]


#: Help of ``--thorough``.
MORE_TWINS = f"Grade with {THOROUGH_TWINS} twins: coverage per channel."


@click.command(
    # Words that are no options are refused below, with a hint.
    context_settings={"help_option_names": ["-h", "--help"], "allow_extra_args": True}
)
@click.option("--study", "studies", multiple=True, metavar="NAME|PATH", help="Study to run.")
@click.option("--all", "everything", is_flag=True, help="Run all studies, and an index page.")
@click.option("--data", type=NamedPath(), metavar="CSV", help="Run your own data.")
@click.option("--init", metavar="NAME", help="Only write data/NAME/study.toml for --data.")
@click.option("--only", metavar="N", help="Run one notebook (number or name).")
@click.option("--from", "first", metavar="N", help="Start at this notebook.")
@click.option("--to", "last", metavar="N", help="Stop after this notebook.")
@click.option("-p", "parameters", nargs=2, multiple=True, metavar="KEY VALUE", help="Parameter.")
@click.option("--model", type=click.Choice(["bayes", "ridge"]), help="Estimator of record.")
@click.option("--quick", is_flag=True, help="Smaller searches, for a first look.")
@click.option("--thorough", is_flag=True, help=MORE_TWINS)
@click.option("--force", is_flag=True, help="Run unchanged steps, too.")
@click.option("--list", "listing", is_flag=True, help="Show studies, notebooks and their state.")
@click.option("--dry-run", is_flag=True, help="Show what would run, and why.")
@click.option("--verify", is_flag=True, help="Repeat a run elsewhere and compare all bytes.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, metavar="N", help="Processes.")
@click.option("--dask", default="", metavar="ADDRESS", help="Fit on this Dask cluster.")
@click.option("--output", type=NamedPath(), metavar="DIR", help="Results folder.")
@click.option("--no-report", is_flag=True, help="Do not render report.html.")
@click.option("--engine", type=click.Choice(["warm", "nbclient"]), default="warm")
@click.option("--timeout", type=click.IntRange(min=1), metavar="S", help="Seconds for one cell.")
@click.option("-v", "--verbose", is_flag=True, help="Show run.log, and causes of failures.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
def command(**options: Any) -> None:
    """Run the notebooks of a study in order and write its report; skip what is unchanged."""
    refuse_words(click.get_current_context().args)
    choices = Choices(**options)
    if choices.init is not None:
        assert choices.data is not None
        return initialize(choices.init, choices.data)
    select(choices.only, choices.first, choices.last)
    if choices.listing:
        return list_all(choices)
    if choices.data is not None:
        waiting = tempfile.TemporaryDirectory()
        staging = click.get_current_context().with_resource(waiting)
        files = [own_study(choices.data, Path(staging), quiet=choices.quiet)]
    else:
        files = [find_study(text, choices.folder) for text in choices.names()]
    runs = choices.runs(files)
    if choices.data is not None:
        require_same_file(runs[0])
    if choices.dry_run:
        return show_plan(runs, force=choices.force)
    try:
        with on_screen() if choices.verbose else nullcontext():
            run_all(runs, choices)
    except MMMError as error:
        if choices.verbose and error.__cause__ is not None:
            traceback.print_exception(error.__cause__)
        raise
    if choices.everything and not choices.no_report and not choices.verify:
        page = render_index(choices.folder, choices.names())
        if not choices.quiet:
            click.echo(page)
    return None


def refuse_words(words: Sequence[str]) -> None:
    """Refuse words that belong to no option, and name the option where they name a file.

    Raises
    ------
    UsageError
        If there is one.
    """
    if not words:
        return
    files = [word for word in words if Path(word).is_file()]
    hint = ""
    if files:
        option = "--study" if files[0].endswith(".toml") else "--data"
        hint = f" Did you mean {shlex.join([option, files[0]])}?"
    shown = shortened(" ".join(words))
    raise click.UsageError(f"Got {plural(len(words), 'unexpected argument')} ({shown}).{hint}")


def show_plan(runs: Sequence[Run], *, force: bool) -> None:
    """Print what a run would do, without doing it."""
    for run in runs:
        check_data(run.study)
        click.echo(run.study.name)
        click.echo(describe_states(Ledger(run, force=force).forecast()))


def run_all(runs: Sequence[Run], choices: Choices) -> None:
    """Execute checked runs; the last line printed is the report's path."""
    settings = choices.settings()
    if settings.dask:
        from mmm.parallel import connect

        with connect(settings.dask):  # refuse another version before any work starts
            pass
    if len(runs) > 1:
        for run in runs:
            check_data(run.study)
    if len(runs) > 1 and choices.jobs > 1:
        run_side_by_side(runs, choices.words(), jobs=choices.jobs, quiet=choices.quiet)
        return
    for run in runs:
        run_one(run, settings, choices)


def run_one(run: Run, settings: Settings, choices: Choices) -> None:
    """Run or verify one study, and print what came of it."""
    start = time.perf_counter()
    if not choices.quiet:
        click.echo(run.study.title)
    if choices.verify:
        count = verify(run, settings)
        text = f"{run.study.name}: {count} files repeated to the byte"
    else:
        text = summarize(run, execute(run, settings), time.perf_counter() - start)
    if not choices.quiet:
        click.echo(text)


def main(
    arguments: Sequence[str] | None = None,
    *,
    entry: click.Command = command,
    name: str = "run_all.py",
) -> NoReturn:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console that cannot show a character
            stream.reconfigure(errors="replace")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    code = 0
    try:
        entry.main(args=arguments, prog_name=name, standalone_mode=False)
    except MMMError as error:
        code = say(error)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped. The last complete results are untouched.", err=True)
        code = CTRL_C
    except OSError as error:
        code = say(FileError.of(error))
    sys.exit(code)


def say(error: MMMError) -> int:
    """Print an error and return its exit code.

    Parameters
    ----------
    error : MMMError
        What stopped the command.
    """
    try:
        sys.stdout.flush()
    except OSError:  # what it holds cannot be printed, and Python would try once more at its end
        sys.stdout = io.StringIO()
    click.echo(f"Error: {error}", err=True)
    return error.exit_code
