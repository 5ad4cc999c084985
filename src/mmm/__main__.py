"""``python -m mmm``: run a study, serve its model, score a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from mmm import paths
from mmm.errors import ArtefactError, UsageError
from mmm.formatting import nearest
from mmm.run import cli
from mmm.run.options import NamedPath


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def group() -> None:
    """Marketing mix modeling: run a study, serve its model, score a file."""


group.add_command(cli.command, "run")

study_option = click.option(
    "--study", metavar="NAME", default=paths.DEFAULT_STUDY, show_default=True, help="Whose model."
)
output_option = click.option("--output", type=NamedPath(), metavar="DIR", help="Results folder.")
model_option = click.option(
    "--model",
    type=NamedPath(),
    metavar="FILE",
    help="A model file itself, e.g. outputs/NAME/models/model.json.",
)


def find_model(study: str, output: Path | None, model: Path | None) -> Path:
    """Find the model of a study among the results.

    Raises
    ------
    UsageError
        If there is no such study or file.
    ArtefactError
        If the study has not been run.
    """
    if model is not None:
        if not model.exists():
            raise UsageError(f"--model {model}: there is no such file.")
        return model
    results = output or paths.outputs_folder()
    folder = results / study / "models"
    if folder.is_dir():
        return folder
    known = cli.known_studies(results)
    if study not in known:
        raise UsageError(f"There is no study {study!r}; {nearest(study, known)}")
    raise ArtefactError(
        f"study {study} has no model in {results.name}/ yet. Run it first: "
        f"`python run_all.py --study {study}`."
    )


@group.command()
@study_option
@output_option
@model_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True)
def serve(
    study: str, output: Path | None, model: Path | None, host: str, port: int, threads: int
) -> None:
    """Answer predictions, what-if and budget questions over HTTP."""
    from mmm.serve.server import Address
    from mmm.serve.server import serve as run_service

    path = find_model(study, output, model)
    run_service(path, Address(host, port, threads), lambda line: click.echo(line))


@group.command()
@click.argument("source", metavar="IN.csv", type=NamedPath())
@click.argument("target", metavar="OUT.csv", type=NamedPath())
@study_option
@output_option
@model_option
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
def predict(
    source: Path, target: Path, study: str, output: Path | None, model: Path | None, quiet: bool
) -> None:
    """Add the predicted revenue to every row of a file."""
    from mmm.serve.batch import score_file
    from mmm.serve.loading import load_service

    predictor = load_service(find_model(study, output, model)).predictor
    size = source.stat().st_size if source.is_file() else 0
    with click.progressbar(length=size, label="Scoring", hidden=quiet) as bar:
        rows = score_file(predictor, source, target, progress=bar.update)
    if not quiet:
        click.echo(f"{rows:,} rows: {target}")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the commands and exit with their code."""
    cli.main(arguments, entry=group, name="python -m mmm")


if __name__ == "__main__":
    main()
