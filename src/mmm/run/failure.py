"""A failed notebook in words: which cell, which lines, what went wrong, how to go on."""

from __future__ import annotations

import ast
import errno
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from nbformat import NotebookNode

from mmm.errors import MMMError, NotebookError, UsageError
from mmm.run.engine import PapermillExecutionError
from mmm.run.notebook import Notebook

TRACEBACK_LINES = 15
FULL_DISK = "The disk is full. Free some space, or use --output DIR."
_FULL_DISK_SIGNS = tuple(f"[Errno {code}]" for code in (errno.ENOSPC, errno.EDQUOT))
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_CELL_LINE = re.compile(r"Cell In ?\[(\d+)\], line (\d+)")
_FRAME = re.compile(r"^File (.+?)(?::\d+)?(?:, in .*)?$", re.MULTILINE)


class SlowCellError(NotebookError):
    """A cell took longer than ``--timeout`` allows."""

    exit_code = 124


def notebook_error(
    error: Exception,
    notebook: Notebook,
    *,
    position: int,
    source: str,
    kept: Path,
    resume: str,
    refused: Sequence[str] = (),
) -> NotebookError:
    """Describe why a notebook stopped."""
    number = position + (position <= notebook.parameters_cell)
    where = f"{notebook.path.name}, cell {number}"
    kind: type[NotebookError] = NotebookError
    if isinstance(error, PapermillExecutionError):
        lines = _raised(
            where, source, error.ename, error.evalue, error.traceback, error.exec_count
        )
    elif isinstance(error, TimeoutError):
        kind = SlowCellError
        lines = [f"{where}: took longer than --timeout allows.", *_excerpt(source, None)]
    elif isinstance(error, NotebookError):
        lines = [f"{where}: {error}"]
    else:
        lines = [
            f"{where}: the kernel stopped ({error}).",
            *_excerpt(source, None),
            "Out of memory or a crash in compiled code are the usual reasons.",
        ]
    first = f"Correct {' and '.join(f'-p {name}' for name in refused)}, then resume with"
    how = f"{first if refused else 'Resume with'}: {resume}"
    return kind("\n".join([*lines, f"Kept as far as it ran: {kept}", how]))


def refused_parameters(error: Exception, notebook: Notebook, given: Collection[str]) -> list[str]:
    """List the given parameters that a notebook has refused.

    Those that the error names; all that the notebook declares where it names none; empty where the
    notebook stopped for another reason.
    """
    if not isinstance(error, PapermillExecutionError) or error.ename != UsageError.__name__:
        return []
    declared = [name for name in given if name in notebook.parameters]
    named = [name for name in declared if re.search(rf"\b{name} = ", error.evalue)]
    return named or declared


def _raised(
    where: str, source: str, name: str, text: str, traceback: Sequence[str], count: int | None
) -> list[str]:
    plain = _ANSI.sub("", "\n".join(traceback))
    if _is_ours(name, plain):
        return [f"{where}: {text}"]
    full = [FULL_DISK] if any(sign in text for sign in _FULL_DISK_SIGNS) else []
    found = [int(line) for cell, line in _CELL_LINE.findall(plain) if int(cell) == count]
    line = found[0] if found else None
    at = f" (In [{count}])" + (f", line {line}" if line else "")
    tail = plain.rstrip().splitlines()[-TRACEBACK_LINES:]
    return [
        f"{where}{at}: {name}: {text}",
        *_excerpt(source, line),
        *(f"  {x}" for x in tail),
        *full,
    ]


def _is_ours(name: str, traceback: str) -> bool:
    """Tell whether an exception is one of this project's, whose message says all."""
    if name not in {kind.__name__ for kind in _kinds(MMMError)}:
        return False
    frames = _FRAME.findall(traceback)
    return not frames or "site-packages" not in frames[-1]


def _kinds(kind: type[MMMError]) -> Iterator[type[MMMError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _kinds(child)


def _excerpt(source: str, line: int | None) -> list[str]:
    """Return the statement around a line, numbered; the first lines where none is known."""
    lines = source.splitlines()
    first, last = (1, min(3, len(lines))) if line is None else _statement(source, line)
    return [
        f"  {'>' if number == line else ' '} {number:3d} | {lines[number - 1]}"
        for number in range(first, min(last, len(lines)) + 1)
    ]


def _statement(source: str, line: int) -> tuple[int, int]:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return line, line
    for node in body:
        if node.lineno <= line <= (node.end_lineno or node.lineno):
            return max(node.lineno, line - 3), min(node.end_lineno or line, line + 3)
    return line, line


def require_complete(executed: NotebookNode, outputs: Sequence[str], folder: Path) -> None:
    """Refuse a notebook that ended early without an error, or did not write its results.

    Raises
    ------
    NotebookError
        If a cell was not reached or a result is missing.
    """
    code = [cell for cell in executed.cells if cell.cell_type == "code" and cell.source.strip()]
    ended = any(output.output_type == "error" for cell in code for output in cell.outputs)
    if ended or any(cell.execution_count is None for cell in code):
        raise NotebookError("the notebook ended here, by an exit call. Remove it.")
    missing = [name for name in outputs if not (folder / name).exists()]
    if missing:
        raise NotebookError(
            f"the notebook has run, but did not write {', '.join(missing)}. "
            "Later notebooks need it: correct the notebook or pipeline.STAGES."
        )
