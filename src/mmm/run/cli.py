"""The command line: `python run_all.py`."""

from __future__ import annotations

import io
import json
import shlex
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn

import click

from mmm import paths
from mmm.errors import FileError, MMMError, UsageError, shortened
from mmm.formatting import plural
from mmm.report import render_index, render_series
from mmm.run.many import initialize_series, is_many, own_series, split_study
from mmm.run.notebook import read_notebook
from mmm.run.options import (
    THOROUGH_TWINS,
    Choices,
    MarketName,
    NamedPath,
    find_study,
    known_studies,
    select,
)
from mmm.run.own_data import describe, initialize, own_study, require_same_file
from mmm.run.pipeline import STAGES, Run, Settings, check_data
from mmm.run.progress import describe_states, on_screen, summarize
from mmm.run.records import Ledger
from mmm.run.runner import execute
from mmm.run.several import failures_side_by_side, run_side_by_side
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

POSITIVE = click.FloatRange(min=0, min_open=True)
SHARE = click.FloatRange(min=0, max=1, min_open=True)


@click.command(
    # Words that are no options are refused below, with a hint.
    context_settings={"help_option_names": ["-h", "--help"], "allow_extra_args": True}
)
@click.option("--study", "studies", multiple=True, metavar="NAME|PATH", help="Study to run.")
@click.option("--all", "everything", is_flag=True, help="Run all studies, and an index page.")
@click.option("--data", type=NamedPath(), metavar="CSV", help="Run your own data.")
@click.option("--init", metavar="NAME", help="Only write data/NAME/study.toml for --data.")
@click.option("--kpi", metavar="COLUMN", help="The outcome in --data.")
@click.option("--date", metavar="COLUMN", help="The dates in --data.")
@click.option("--spend", multiple=True, metavar="COLUMN", help="A channel's spend in --data.")
@click.option("--control", multiple=True, metavar="COLUMN", help="A driver in --data.")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="To be left out of --data.")
@click.option("--market", type=MarketName(), metavar="COLUMN=VALUE", help="One market of --data.")
@click.option("--region", metavar="COLUMN", help="The regions in --data, each modeled.")
@click.option("--population", metavar="COLUMN", help="The regions' population in --data.")
@click.option("--sum-regions", is_flag=True, help="Sum the regions of --data to one series.")
@click.option("--series", metavar="COLUMN", help="A study for each brand or market of --data.")
@click.option("--value-per-unit", type=POSITIVE, metavar="X", help="Money per unit of the KPI.")
@click.option("--margin", type=SHARE, metavar="X", help="Profit per unit of revenue, 0 to 1.")
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
@click.option("--json", "as_json", is_flag=True, help="Print --data --dry-run as JSON.")
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
        if choices.series is not None:
            return initialize_series(choices.init, choices.data, choices.series, choices.told)
        return initialize(choices.init, choices.data, choices.told)
    select(choices.only, choices.first, choices.last)
    if choices.listing:
        return list_all(choices)
    if choices.as_json:
        return print_found(choices)
    if choices.data is not None:
        where, told, quiet = staging(), choices.told, choices.quiet
        if choices.series is None:
            files = [own_study(choices.data, where, told, quiet=quiet)]
        else:
            files = [own_series(choices.data, choices.series, where, told, quiet=quiet)]
    else:
        files = [find_study(text, choices.folder) for text in choices.names()]
    if choices.everything:
        return run_everything(files, choices)
    if any(map(is_many, files)):
        return run_series(files, choices)
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
    return None


def run_everything(files: Sequence[Path], choices: Choices) -> None:
    """Run all studies that can run, write the index page of those that did, and list the others.

    Raises
    ------
    MMMError
        If a study could not run, after all others have.
    """
    runs, failed = checked(files, choices)
    if choices.dry_run:
        for run in runs:
            show_states(run, force=choices.force)
    else:
        with on_screen() if choices.verbose else nullcontext():
            failed |= run_checked(runs, choices)
    done = [run.study.name for run in runs if run.study.name not in failed]
    if done and not (choices.no_report or choices.verify or choices.dry_run):
        page = render_index(choices.folder, done)
        if not choices.quiet:
            click.echo(page)
    if failed:
        raise not_all(failed, len(files))


def run_series(files: Sequence[Path], choices: Choices) -> None:
    """Run every series of one file as a study of its own, and write the page over all of them.

    Raises
    ------
    UsageError
        If other studies are to run as well.
    MMMError
        If the file cannot be taken apart, or a series could not run, after all others have.
    """
    if len(files) > 1:
        raise UsageError("A study with [data] series makes a page of its own: run it alone.")
    parts = split_study(files[0], staging())
    inside = choices.inside(parts.study.name)
    runs, failed = checked(list(parts.files.values()), inside)
    failed = {**parts.failed, **failed}
    if choices.dry_run:
        for run in runs:
            show_states(run, force=choices.force)
    else:
        with on_screen() if choices.verbose else nullcontext():
            failed |= run_checked(runs, inside)
    done = {name: title for name, title in parts.titles.items() if name not in failed}
    if done and choices.is_whole and not (choices.no_report or choices.verify or choices.dry_run):
        told = {parts.titles[name]: str(error).splitlines()[0] for name, error in failed.items()}
        page = render_series(inside.folder, done, parts.study, told)
        if not choices.quiet:
            click.echo(page)
    if failed:
        raise not_all(failed, len(parts.titles))


def checked(files: Sequence[Path], choices: Choices) -> tuple[list[Run], dict[str, MMMError]]:
    """Return the runs of the studies that can be read and checked, and why the others cannot."""
    runs: list[Run] = []
    failed: dict[str, MMMError] = {}
    for file in files:
        try:
            (run,) = choices.runs([file])
            check_data(run.study)
        except MMMError as error:
            failed[named(file)] = error
        else:
            runs.append(run)
    return runs, failed


def named(study_file: Path) -> str:
    """Return the name of the study of a file; a study that waits to run lies in ``data``."""
    folder = study_file.parent
    return folder.parent.name if folder.name == "data" else folder.name


def run_checked(runs: Sequence[Run], choices: Choices) -> dict[str, MMMError]:
    """Run checked studies, and return what failed by the name of the study."""
    require_cluster(choices.settings())
    if len(runs) > 1 and choices.jobs > 1:
        return failures_side_by_side(runs, choices.words(), jobs=choices.jobs, quiet=choices.quiet)
    settings, failed = choices.settings(), {}
    for run in runs:
        try:
            run_one(run, settings, choices)
        except MMMError as error:
            failed[run.study.name] = error
    return failed


def not_all(failed: Mapping[str, MMMError], count: int) -> MMMError:
    """Return one error that lists the studies that did not run, each with its first line."""
    lines = [f"  {name}: {str(error).splitlines()[0]}" for name, error in failed.items()]
    first = next(iter(failed.values()))
    error = type(first)(f"{len(failed)} of {count} studies did not run:\n" + "\n".join(lines))
    error.exit_code = first.exit_code
    return error


def staging() -> Path:
    """Return a folder that is removed when the command ends."""
    return Path(click.get_current_context().with_resource(tempfile.TemporaryDirectory()))


def print_found(choices: Choices) -> None:
    """Print what a data file is taken for as one JSON object; exit with 2 if it cannot run."""

    def require_startable(study_file: Path) -> None:
        (run,) = choices.runs([study_file])
        require_same_file(run)
        check_data(run.study)

    assert choices.data is not None
    found = describe(choices.data, staging(), choices.told, check=require_startable)
    click.echo(json.dumps(found, indent=2))
    if found["problems"]:
        sys.exit(MMMError.exit_code)


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
        show_states(run, force=force)


def show_states(run: Run, *, force: bool) -> None:
    """Print what a run of one checked study would do."""
    click.echo(run.study.name)
    click.echo(describe_states(Ledger(run, force=force).forecast()))


def run_all(runs: Sequence[Run], choices: Choices) -> None:
    """Execute checked runs; the last line printed is the report's path."""
    settings = choices.settings()
    require_cluster(settings)
    if len(runs) > 1:
        for run in runs:
            check_data(run.study)
    if len(runs) > 1 and choices.jobs > 1:
        run_side_by_side(runs, choices.words(), jobs=choices.jobs, quiet=choices.quiet)
        return
    for run in runs:
        run_one(run, settings, choices)


def require_cluster(settings: Settings) -> None:
    """Refuse a cluster that cannot be used, or has another version, before any work starts."""
    if settings.dask:
        from mmm.parallel import connect

        with connect(settings.dask):
            pass


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
