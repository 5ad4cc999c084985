"""Time the pipeline beside stock papermill on notebooks that only import the same packages.

The bar is what papermill takes, in one process with its default engine, merely to start the
kernels of the first seven notebooks and to run their import statements:
``python benchmarks/pipeline.py`` on a quiet machine. Numbers depend on it; compare the ratio.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import nbformat
import pandas as pd
import stored

from mmm import paths
from mmm.run.notebook import read_notebook
from mmm.run.pipeline import STAGES

COUNTED = 7  # notebooks; the checks of the eighth have a limit of their own
#: Bar of a second run with nothing changed, seconds.
UNCHANGED = 3.0
STOCK = """
import sys
from pathlib import Path
import papermill
for path in sorted(Path(sys.argv[1]).glob("*.ipynb")):
    target = str(path.with_suffix(".out"))
    papermill.execute_notebook(
        str(path), target, kernel_name="python3", language="python", progress_bar=False
    )
"""


def write_importing_notebooks(folder: Path) -> None:
    """Write one notebook per stage that runs its import statements and nothing else.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    for stage in STAGES[:COUNTED]:
        source = read_notebook(paths.notebooks_folder() / f"{stage.notebook}.ipynb")
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_code_cell("\n".join(source.imports))]
        nbformat.write(notebook, folder / f"{stage.notebook}.ipynb")


def seconds(command: list[str]) -> float:
    """Return the wall time of a command that must succeed.

    Parameters
    ----------
    command : list of str
        Program and arguments.
    """
    environment = {**os.environ, "PYTHONPATH": str(paths.project_root() / "src")}
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"{' '.join(command)}\n{done.stderr}")
    return time.perf_counter() - start


def turns(study: str, engine: str, model: str, repeat: int) -> stored.Rows:
    """Time both in turns, so that a change of the machine's load meets both.

    Parameters
    ----------
    study, engine, model : str
        As for ``run_all.py``.
    repeat : int
        Turns.
    """
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        write_importing_notebooks(Path(folder))
        words = [sys.executable, str(paths.project_root() / "run_all.py"), "--study", study]
        words += ["--engine", engine, "--model", model, "--quiet", "--to", str(COUNTED)]
        words += ["--output", str(Path(folder) / "outputs")]
        for turn in range(1, repeat + 1):
            stock = seconds([sys.executable, "-c", STOCK, folder])
            row = {"model": model, "turn": turn, "stock": stock}
            row |= {"pipeline": seconds([*words, "--force"]), "unchanged": seconds(words)}
            click.echo(
                f"{model}, turn {turn}: stock {stock:.1f} s, pipeline {row['pipeline']:.1f} s"
            )
            rows.append(row)
    return rows


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells: medians of the turns and their ratio.

    Parameters
    ----------
    rows : list of dict
        Rows of :func:`turns`.
    """
    lines = []
    for model, own in pd.DataFrame(rows).groupby("model", sort=False):
        middle = own[["stock", "pipeline", "unchanged"]].median()
        lines.append(
            {
                "estimator of record": model,
                "turns": len(own),
                "stock, imports only, s": f"{middle['stock']:.1f}",
                "pipeline, everything, s": f"{middle['pipeline']:.1f}",
                "ratio": f"{middle['pipeline'] / middle['stock']:.2f}",
                f"nothing changed, s (bar {UNCHANGED:g})": f"{middle['unchanged']:.1f}",
            }
        )
    return {"speed": lines}


@click.command()
@click.option("--study", default=paths.DEFAULT_STUDY, show_default=True)
@click.option("--engine", type=click.Choice(["warm", "nbclient"]), default="warm")
@click.option("--model", type=click.Choice(["bayes", "ridge", "both"]), default="both")
@click.option("--repeat", type=click.IntRange(min=1), default=3, show_default=True)
@stored.store_option
def main(study: str, engine: str, model: str, repeat: int, store: bool) -> None:
    """Print the median wall time of both and their ratio."""
    models = ("bayes", "ridge") if model == "both" else (model,)
    rows = [row for name in models for row in turns(study, engine, name, repeat)]
    click.echo(pd.DataFrame(tables(rows)["speed"]).to_string(index=False))
    if store:
        stored.store("pipeline", rows)


if __name__ == "__main__":
    main()
