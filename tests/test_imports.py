"""Few modules touch the outside; import-linter checks the layers."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "mmm"

READS_ENVIRONMENT = {"paths"}
READS_TOML = {"study.load"}
TOUCHES_FILES = {"paths", "store", "data", "study", "panel", "report", "run", "serve"}
FILE_METHODS = {"read_text", "write_text", "read_bytes", "write_bytes", "to_csv", "read_csv"}
#: Names of the store's own methods, whatever object they are called on.
OF_THE_STORE = {"store", "self", "book"}


def module_name(path):
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts) or "mmm"


MODULES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}
every_module = pytest.mark.parametrize("name", MODULES)


def calls(name):
    return [node for node in ast.walk(TREES[name]) if isinstance(node, ast.Call)]


def uses(name, module):
    """Tell whether a module imports a library."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import) and module in {a.name for a in node.names}:
            return True
        if isinstance(node, ast.ImportFrom) and node.module == module:
            return True
    return False


@every_module
def test_only_the_study_reads_toml(name):
    assert not uses(name, "tomllib") or name in READS_TOML


@every_module
def test_only_paths_reads_the_environment(name):
    environment = [
        node
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert not environment or name in READS_ENVIRONMENT


@every_module
def test_few_modules_touch_files(name):
    if name.split(".")[0] in TOUCHES_FILES:
        return
    for call in calls(name):
        if isinstance(call.func, ast.Name):
            assert call.func.id != "open"
        elif isinstance(call.func, ast.Attribute) and call.func.attr in FILE_METHODS:
            owner = call.func.value
            last = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            assert last in OF_THE_STORE, f"{name}, line {call.lineno}: {ast.unparse(call.func)}"


@every_module
def test_numpy_is_never_seeded_globally(name):
    for call in calls(name):
        text = ast.unparse(call.func)
        assert text not in {"np.random.seed", "random.seed", "np.random.RandomState"}
