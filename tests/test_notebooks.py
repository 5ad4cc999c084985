"""The form of the notebooks: thin, literal parameters, computed prose, no outputs."""

import ast
import json
import re
from pathlib import Path

from offenders import each_of

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONGEST_CELL = 8

every_notebook = each_of(NOTEBOOKS, lambda path: path.stem)


def cells(path, kind=None):
    notebook = json.loads(path.read_text("utf-8"))
    return [
        {**cell, "source": "".join(cell["source"])}
        for cell in notebook["cells"]
        if kind in (None, cell["cell_type"])
    ]


def tagged(path, tag):
    return [cell for cell in cells(path, "code") if tag in cell["metadata"].get("tags", [])]


@every_notebook
def test_is_one_of_the_numbered_notebooks(path):
    assert [p.name[:2] for p in NOTEBOOKS] == [f"{n:02d}" for n in range(1, len(NOTEBOOKS) + 1)]
    assert re.fullmatch(r"\d\d_[a-z_]+", path.stem)


@every_notebook
def test_opens_with_one_question_and_says_what_it_reads_and_writes(path):
    first, second, *rest = cells(path)
    assert re.match(r"# .+\?\n", first["source"]), "the H1 is a question"
    assert all(word in second["source"] for word in ("**Reads**", "**Writes**", "**Parameters**"))
    assert not any(re.search(r"^# ", c["source"], re.M) for c in rest if c["cell_type"] != "code")


#: What the workbook reads for a notebook, by the attribute that does it.
READ_BY = {
    "weekly": "data/weekly.csv",
    "train": "data/weekly.csv",
    "truth": "data/truth.json",
    "true_roi": "data/truth.json",
    "model": "models/model.json",
    "linear_model": "models/ols.json",
}
#: What a function of the package writes for a notebook.
WRITTEN_BY = {"files.save_model": ("models/model.json", "tables/fitted_weeks.csv")}


@every_notebook
def test_names_in_its_head_what_it_reads_and_writes(path):
    head = cells(path)[1]["source"]
    reads, writes = (
        set(re.findall(r"`([^`]+)`", re.search(rf"\*\*{kind}\*\*(.*)", head)[1]))
        for kind in ("Reads", "Writes")
    )
    read, written = set(), set()
    for cell in cells(path, "code"):
        for node in ast.walk(ast.parse(cell["source"])):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "book":
                read |= {READ_BY[node.attr]} if node.attr in READ_BY else set()
            if not isinstance(node, ast.Call):
                continue
            called, first = ast.unparse(node.func), node.args[0] if node.args else None
            written |= set(WRITTEN_BY.get(called, ()))
            if called == "book.show_table":
                names = [k.value.value for k in node.keywords if k.arg == "name"]
                written |= {f"tables/{name}.csv" for name in names}
            elif isinstance(first, ast.Constant) and called.startswith("book.store.read"):
                read.add(first.value)
            elif isinstance(first, ast.Constant) and called.startswith("book.store.write"):
                written.add(first.value)
    assert written <= writes
    assert read <= reads | writes


@every_notebook
def test_has_one_parameters_cell_of_literals_that_starts_with_the_study(path):
    (parameters,) = tagged(path, "parameters")
    statements = ast.parse(parameters["source"]).body
    assert statements[0].targets[0].id == "study"
    for statement in statements:
        assert isinstance(statement, ast.Assign)
        ast.literal_eval(statement.value)


@every_notebook
def test_imports_once_and_before_everything_else(path):
    first, *others = cells(path, "code")
    assert all(isinstance(s, ast.Import | ast.ImportFrom) for s in ast.parse(first["source"]).body)
    assert not any(re.search(r"^\s*(import|from) ", c["source"], re.M) for c in others)


@every_notebook
def test_defines_nothing_and_uses_no_magic(path):
    for cell in cells(path, "code"):
        tree = ast.parse(cell["source"])  # a magic would not parse
        kinds = (ast.FunctionDef, ast.ClassDef, ast.Lambda)
        assert not any(isinstance(node, kinds) for node in ast.walk(tree))
        assert "sys.path" not in cell["source"]
        assert "filterwarnings" not in cell["source"]


@every_notebook
def test_keeps_its_cells_short(path):
    for cell in cells(path, "code"):
        assert len(cell["source"].splitlines()) <= LONGEST_CELL, cell["source"]


@every_notebook
def test_names_no_file_outside_the_store(path):
    for cell in cells(path, "code"):
        for node in ast.walk(ast.parse(cell["source"])):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.match(r"(/|[A-Za-z]:\\|\.\.?/|~)", node.value)


@every_notebook
def test_types_no_result_into_its_prose(path):
    for cell in cells(path, "markdown"):
        prose = re.sub(r"\$[^$]+\$", "", cell["source"])
        assert not re.search(r"[$€£]\s?\d|\d\s?(%|x\b|USD|EUR)", prose), prose


@every_notebook
def test_shows_every_figure_through_the_workbook(path):
    source = "\n".join(cell["source"] for cell in cells(path, "code"))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "book.show":
            (picture,) = node.args
            assert re.fullmatch(r"show\.[a-z_]+\.[a-z_]+", ast.unparse(picture.func))
    assert "plt." not in source


@every_notebook
def test_is_committed_without_outputs(path):
    notebook = json.loads(path.read_text("utf-8"))
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in cells(path, "code"):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        assert "papermill" not in cell["metadata"]


@every_notebook
def test_ends_with_limits_and_the_next_question(path):
    source = "\n".join(cell["source"] for cell in cells(path, "markdown"))
    assert "## Limits" in source or "## Where the linear model fails" in source
    if path != NOTEBOOKS[-1]:
        follower = NOTEBOOKS[NOTEBOOKS.index(path) + 1].name
        assert f"({follower})" in source
