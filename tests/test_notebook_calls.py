"""What a notebook calls is documented: its docstring says what each parameter is."""

import ast
import inspect
import json
from pathlib import Path

from mmm.show.workbook import Workbook

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def tree_of(path):
    """Return the syntax tree of all code of a notebook."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return ast.parse("\n".join(code))


def imported(tree):
    """Return what a notebook takes from the package, by the name that it has there."""
    names = {"book": Workbook}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "mmm":
            exec(ast.unparse(node), names)
    return names


def called(path):
    """Return the functions and methods of the package that a notebook calls, by their text."""
    tree = tree_of(path)
    names = imported(tree)
    found = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        root, *attributes = ast.unparse(node.func).split(".")
        target = names.get(root)
        for attribute in attributes:
            target = getattr(target, attribute, None)
        if inspect.isfunction(target) or inspect.ismethod(target):
            found[ast.unparse(node.func)] = target
    return found


def undocumented(function):
    """Return the parameters of which the docstring has no line in its Parameters section."""
    section = (
        inspect.getdoc(function).partition("Parameters\n----------\n")[2].partition("\n---")[0]
    )
    heads = [line.partition(" : ")[0] for line in section.splitlines() if " : " in line]
    told = {name.strip().lstrip("*") for head in heads for name in head.split(",")}
    return [name for name in inspect.signature(function).parameters if name not in told | {"self"}]


def test_every_function_that_a_notebook_calls_tells_its_parameters():
    functions = {text: f for path in NOTEBOOKS for text, f in called(path).items()}
    assert len(functions) > 100
    missing = {text: undocumented(function) for text, function in functions.items()}
    assert {text: names for text, names in missing.items() if names} == {}
