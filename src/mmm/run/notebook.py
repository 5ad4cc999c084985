"""What a source notebook declares, read without running it, and its executed copy made steady.

A notebook has one code cell tagged ``parameters`` with literal assignments only; these are the
only values a run may set. An executed copy loses everything that differs from run to run.
"""

from __future__ import annotations

import ast
import json
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmm.errors import UsageError
from mmm.formatting import nearest

if TYPE_CHECKING:
    from nbformat import NotebookNode

STUDY_PARAMETER = "study"
QUICK_PARAMETERS = {"search_starts": 1, "forest_trees": 50, "twins": 12}


@dataclass(frozen=True)
class Notebook:
    """A source notebook as far as the runner needs to know it."""

    path: Path  #: The source file, which a run never writes.
    question: str  #: Its H1.
    parameters: dict[str, Any]  #: Defaults of its ``parameters`` cell.
    parameters_cell: int  #: Position of that cell, from 0.
    imports: tuple[str, ...]  #: Its import statements, which a waiting kernel may run ahead.
    n_cells: int


def read_notebook(path: Path) -> Notebook:
    """Read a source notebook and refuse one that cannot be parameterized.

    Raises
    ------
    UsageError
        If the file is missing, is no notebook, or has not exactly one ``parameters`` cell of
        literal assignments.
    """
    if not path.is_file():
        raise UsageError(f"notebooks/{path.name}: no such file. Restore it from the repository.")
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"notebooks/{path.name}: not a notebook ({error}). Restore it from the repository."
        ) from None
    code = [s for s, cell in zip(sources, cells, strict=True) if cell["cell_type"] == "code"]
    position = _parameters_cell(cells, path.name)
    return Notebook(
        path=path,
        question=_question(sources[0] if sources else "", path.stem),
        parameters=_literals(sources[position], path.name),
        parameters_cell=position,
        imports=tuple(statement for source in code for statement in _imports(source)),
        n_cells=len(cells),
    )


def _question(source: str, fallback: str) -> str:
    heading = re.search(r"^# +(.+)$", source, re.MULTILINE)
    return heading[1].strip() if heading else fallback


def _parameters_cell(cells: Sequence[Mapping[str, Any]], name: str) -> int:
    found = [
        position
        for position, cell in enumerate(cells)
        if cell["cell_type"] == "code" and "parameters" in cell.get("metadata", {}).get("tags", [])
    ]
    if len(found) != 1:
        raise UsageError(
            f"notebooks/{name}: {len(found)} code cells are tagged 'parameters', need exactly "
            "one. The run could not set its parameters. Correct the tags."
        )
    return found[0]


def _literals(source: str, name: str) -> dict[str, Any]:
    """Return the names and values that a cell assigns."""
    values: dict[str, Any] = {}
    try:
        for statement in ast.parse(source).body:
            if isinstance(statement, ast.Assign):
                (target,) = statement.targets
            elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
                target = statement.target
            else:
                raise ValueError(f"line {statement.lineno} is no assignment")
            if not isinstance(target, ast.Name):
                raise ValueError(f"line {statement.lineno} does not assign to one name")
            values[target.id] = ast.literal_eval(statement.value)  # type: ignore[arg-type]
    except (SyntaxError, ValueError) as error:
        raise UsageError(
            f"notebooks/{name}: the 'parameters' cell may only assign literals ({error}). "
            "Derived values would not follow an injected one. Move them to the next cell."
        ) from None
    if STUDY_PARAMETER not in values:
        raise UsageError(
            f"notebooks/{name}: the 'parameters' cell does not declare 'study', so the runner "
            'could not tell it which study to open. Add `study = "halo_case_study"`.'
        )
    return values


def _imports(source: str) -> list[str]:
    try:
        body = ast.parse(source).body
    except SyntaxError:  # the kernel will say so, with the cell
        return []
    return [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]


def resolve_parameters(
    notebooks: Sequence[Notebook], given: Mapping[str, str], *, study: str, quick: bool = False
) -> dict[str, dict[str, Any]]:
    """Decide which values each notebook gets, checked against the types it declares.

    Raises
    ------
    UsageError
        If no notebook declares a name, a value has the wrong type, or the study is set by hand.
    """
    if STUDY_PARAMETER in given:
        raise UsageError("The parameter 'study' is set by the runner. Use --study NAME.")
    declared = {name for notebook in notebooks for name in notebook.parameters}
    for name in given:
        if name not in declared:
            hint = nearest(name, declared - {STUDY_PARAMETER})
            raise UsageError(f"-p {name}: no selected notebook has this parameter; {hint}")
    resolved = {}
    for notebook in notebooks:
        defaults = notebook.parameters
        values: dict[str, Any] = dict(QUICK_PARAMETERS) if quick else {}
        values |= {k: _convert(k, v, defaults[k]) for k, v in given.items() if k in defaults}
        values = {k: v for k, v in values.items() if k in defaults}
        resolved[notebook.path.stem] = {STUDY_PARAMETER: study, **values}
    return resolved


def _convert(name: str, text: str, default: Any) -> Any:
    kind = type(default)
    expected, read = _READERS.get(kind, (f"a Python {kind.__name__}", ast.literal_eval))
    try:
        value = read(text)
        if kind not in _READERS and default is not None and not isinstance(value, kind):
            raise ValueError(text)
        if kind is int and value < 1:
            raise ValueError(text)
    except (ValueError, SyntaxError):
        raise UsageError(
            f"-p {name}: expected {expected} (the default is {default!r}), got {text!r}."
        ) from None
    return value


def _read_bool(text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]


def _read_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


_READERS: dict[type, tuple[str, Callable[[str], Any]]] = {
    bool: ("true or false", _read_bool),
    int: ("a whole number from 1 on", int),
    float: ("a number", _read_float),
    str: ("text", str),
}


_DATE = re.compile(r"(\bDate:(?:\s*</th>\s*<td>)?\s*)\w{3}, \d{2} \w{3} \d{4}")
_TIME = re.compile(r"(\bTime:(?:\s*</th>\s*<td>)?\s*)\d{2}:\d{2}:\d{2}")
_CELL_FILE = re.compile(r"[^\s\"'<>]*ipykernel_\d+[/\\]\d+\.py")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
_STYLER_ID = re.compile(r"\bT_[0-9a-f]{5}(?=[\s_\"'])")


def normalize(notebook: NotebookNode, *, prefix: str, folders: Mapping[str, str]) -> NotebookNode:
    """Remove from an executed notebook, in place, what differs between equal runs."""
    notebook.metadata.pop("papermill", None)
    notebook.metadata.get("language_info", {}).pop("version", None)
    for position, cell in enumerate(notebook.cells):
        cell["id"] = f"{prefix}-{position:03d}"
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if not cell.metadata.get("tags", True):
            del cell.metadata["tags"]
        for output in cell.get("outputs", []):
            _steady_output(output, folders)
    return notebook


def _steady_output(output: NotebookNode, folders: Mapping[str, str]) -> None:
    if "text" in output:
        output["text"] = steady_text(output["text"], folders)
    data = output.get("data", {})
    for mime, content in data.items():
        if isinstance(content, str) and not mime.startswith("image/"):
            data[mime] = steady_text(content, folders)


def steady_text(text: str, folders: Mapping[str, str]) -> str:
    """Replace dates of statsmodels summaries, addresses, process numbers and paths in a text.

    Examples
    --------
    >>> steady_text("<object at 0x7f2a1c0b9d60> in /srv/mmm/src", {"/srv/mmm/": ""})
    '<object at 0x0> in src'
    """
    text = _CELL_FILE.sub("<cell>", text)
    for folder in sorted(folders, key=len, reverse=True):
        text = text.replace(folder, folders[folder])
    text = _TIME.sub(r"\1--:--:--", _DATE.sub(r"\1---, -- --- ----", text))
    numbers: dict[str, str] = {}
    text = _STYLER_ID.sub(lambda m: numbers.setdefault(m[0], f"T_{len(numbers):05d}"), text)
    return _ADDRESS.sub("0x0", text)


def machine_folders(root: Path, output: Path) -> dict[str, str]:
    """Name the folders of this machine that a warning may mention."""
    folders: dict[str, str] = {}
    known = ((sys.base_prefix, "<python>"), (sys.prefix, "<python>"), (root, ""), (output, ""))
    for folder, name in known:
        for separator in {"/", "\\"}:
            folders[f"{folder}{separator}"] = f"{name}/" if name else ""
    return folders
