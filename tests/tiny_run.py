"""A study of two tiny notebooks, and runs of it."""

from pathlib import Path

import nbformat

from mmm.run.pipeline import Settings, Stage, prepare
from mmm.run.runner import execute
from mmm.store import Store

STUDY = """
schema = 1
title = "Tiny"
question = "Does the runner run?"
seed = 7
[data]
file = "tiny.csv"
date = "week"
kpi = "revenue"
[channels.tv]
label = "TV"
spend = "tv_spend"
adstock = "geometric"
[simulate]
weeks = 52
start = 2024-01-01
weekly_baseline = 100.0
noise = 0.1
[simulate.channels.tv]
weekly_spend = 10.0
roi = 1.0
retention = 0.5
half_saturation = 1.0
slope = 1.0
"""
TINY = (
    Stage(1, "01_first", (), ("data/weekly.csv",)),
    Stage(2, "02_second", ("data/weekly.csv",), ("tables/second.csv",)),
)
OPEN = """
from mmm import paths
from mmm.store import Store
store = Store(paths.output_folder(study))
"""
FIRST = [
    ("parameters", 'study = "halo_case_study"\nweeks = 3\nsearch_starts = 8'),
    ("", "import pandas as pd\nimport matplotlib.pyplot as plt\nimport warnings"),
    ("", OPEN),
    ("", 'table = pd.DataFrame({f"column_{i}": range(weeks) for i in range(25)})\ntable'),
    ("", 'store.write_table("data/weekly.csv", table)\nprint(study, hash("a"), object())'),
    ("", 'warnings.warn("careful")\nplt.plot([1, 2, weeks])'),
    ("", 'plt.plot([2, 1])\nplt.savefig(store.path("figure.svg"), metadata={"Date": None})'),
]
SECOND = [
    ("parameters", 'study = "halo_case_study"\nshare = 0.5\nfast = False'),
    ("", OPEN),
    ("", 'weekly = store.read_table("data/weekly.csv")'),
    ("", 'store.write_text("tables/second.csv", f"{len(weekly)},{share}\\n")'),
]
QUIET = Settings(with_report=False)


def write_notebook(folder: Path, name: str, cells: list[tuple[str, str]]) -> None:
    """Write a notebook whose code cells have these tags and sources."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    notebook.cells = [nbformat.v4.new_markdown_cell(f"# What does {name} do?")]
    for tag, source in cells:
        cell = nbformat.v4.new_code_cell(source.strip("\n"))
        cell.metadata["tags"] = [tag] if tag else []
        notebook.cells.append(cell)
    folder.mkdir(exist_ok=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")


def write_project(folder: Path, first=None) -> Path:
    """Write a study and its two notebooks; the first is a light one if not given."""
    (folder / "tiny").mkdir()
    (folder / "tiny" / "study.toml").write_text(STUDY, "utf-8")
    write = ("", 'store.write_text("data/weekly.csv", "a\\n1\\n")')
    light = [("parameters", 'study = "x"'), ("", OPEN), write]
    write_notebook(folder / "notebooks", "01_first", first or light)
    write_notebook(folder / "notebooks", "02_second", SECOND)
    return folder


def run_tiny(project, output, *, settings=QUIET, **choices):
    return execute(plan_tiny(project, output, **choices), settings)


def plan_tiny(project, output, *, stages=TINY, **choices):
    folder = project / "notebooks"
    study_file = project / "tiny" / "study.toml"
    return prepare(study_file, output=output, notebooks=folder, stages=stages, **choices)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in Store(folder).files()}
