"""Time the pipeline beside stock papermill on notebooks that only import the same packages.

The bar is what papermill takes, in one process with its default engine, merely to start the
seven kernels and to run the import statements of the seven notebooks. Run by hand:
``python benchmarks/pipeline.py``. Numbers depend on the machine; compare the ratio.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import nbformat

from mmm import paths
from mmm.notebook import read_notebook
from mmm.pipeline import STAGES

COUNTED = 7  # notebooks; the checks of the eighth have a limit of their own
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


@click.command()
@click.option("--study", default=paths.DEFAULT_STUDY, show_default=True)
@click.option("--engine", type=click.Choice(["warm", "nbclient"]), default="warm")
@click.option("--model", type=click.Choice(["bayes", "ridge"]), default="bayes")
@click.option("--repeat", type=click.IntRange(min=1), default=3, show_default=True)
def main(study: str, engine: str, model: str, repeat: int) -> None:
    """Print the median wall time of both and their ratio."""
    ours, stock = [], []
    with tempfile.TemporaryDirectory() as folder:
        write_importing_notebooks(Path(folder))
        for turn in range(1, repeat + 1):
            # In turns, so that a change of the machine's load meets both.
            stock.append(seconds([sys.executable, "-c", STOCK, folder]))
            output = str(Path(folder) / "outputs")
            words = ["--study", study, "--engine", engine, "--model", model]
            words += ["--output", output, "--quiet", "--force", "--to", str(COUNTED)]
            run_all = str(paths.project_root() / "run_all.py")
            ours.append(seconds([sys.executable, run_all, *words]))
            click.echo(f"turn {turn}: stock {stock[-1]:.1f} s, pipeline {ours[-1]:.1f} s")
    ratio = statistics.median(ours) / statistics.median(stock)
    click.echo(f"stock papermill, imports only   {statistics.median(stock):6.1f} s")
    click.echo(f"pipeline ({engine}, {model}), everything  {statistics.median(ours):6.1f} s")
    click.echo(f"ratio                           {ratio:6.2f}")


if __name__ == "__main__":
    main()
