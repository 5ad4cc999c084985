"""Few modules touch files; import-linter checks the layers, ruff what else is imported where."""

import ast
from pathlib import Path

from offenders import each_of

SOURCE = Path(__file__).resolve().parents[1] / "src" / "mmm"

TOUCHES_FILES = {"paths", "store", "data", "study", "panel", "report", "run", "serve"}
FILE_METHODS = {"read_text", "write_text", "read_bytes", "write_bytes", "to_csv", "read_csv"}
#: Names of the store's own methods, whatever object they are called on.
OF_THE_STORE = {"store", "self", "book"}


def room(path):
    """Return the package or ground module to which a file belongs."""
    return path.relative_to(SOURCE).with_suffix("").parts[0]


@each_of([path for path in sorted(SOURCE.rglob("*.py")) if room(path) not in TOUCHES_FILES])
def test_few_modules_touch_files(path):
    for call in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        if isinstance(call.func, ast.Name):
            assert call.func.id != "open"
        elif isinstance(call.func, ast.Attribute) and call.func.attr in FILE_METHODS:
            owner = call.func.value
            last = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            assert last in OF_THE_STORE, f"line {call.lineno}: {ast.unparse(call.func)}"
