"""The house: every file says why it exists, and none outgrows what a reader can hold."""

import ast
from pathlib import Path

import pytest
from offenders import each_of

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("src", "benchmarks", "docs", "tests")
FILES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in [ROOT / "run_all.py", *(p for f in FOLDERS for p in (ROOT / f).rglob("*.py"))]
}
LONGEST_FUNCTION, LONGEST_FILE = 50, 400
#: Files that may be longer, each with the reason. Tests of one subject share what is slow to make.
LONG_FILES = {
    "src/mmm/model/bayes/density.py": "numba's cache watches one file",
    "tests/test_api.py": "one fitted model behind a service",
    "tests/test_optimization.py": "one optimum, its limits and its certificate",
    "tests/test_panel.py": "one panel, cleaned and fitted",
}

every_file = each_of(FILES)


def body_lines(function):
    """Count the lines of a function without its docstring and decorators."""
    documented = ast.get_docstring(function) is not None
    first = function.body[0]
    docstring = first.end_lineno - first.lineno + 1 if documented else 0
    return function.end_lineno - function.lineno + 1 - docstring


@every_file
def test_the_first_line_says_why_the_file_exists(name):
    docstring = ast.get_docstring(ast.parse(FILES[name])) or ""
    first, *rest = docstring.splitlines() or [""]
    assert first.endswith((".", "?"))
    assert len(first.split()) > 2
    assert not rest or rest[0] == ""


@every_file
def test_functions_fit_on_a_screen(name):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node for node in ast.walk(ast.parse(FILES[name])) if isinstance(node, kinds)]
    long = {f.name: body_lines(f) for f in functions if body_lines(f) > LONGEST_FUNCTION}
    assert long == {}


def test_only_files_with_a_reason_are_long():
    long = {name for name, text in FILES.items() if len(text.splitlines()) > LONGEST_FILE}
    assert long == set(LONG_FILES)


def test_lines_of_a_function_are_counted_without_its_docstring():
    source = '@decorated\ndef f(a):\n    """One.\n\n    Two.\n    """\n    b = a\n    return b\n'
    assert body_lines(ast.parse(source).body[0]) == 3


def test_a_rule_names_all_that_break_it():
    @each_of([1, 2, 3])
    def rule(number):
        assert number < 2

    with pytest.raises(AssertionError, match=r"(?s)^2 break the rule\n2: .*\n3: "):
        rule()
