"""The shape of the package: imports point one way, and few modules touch the outside."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "mmm"

#: Modules in the direction of the data: none may import a later one. A package stands for
#: modules that may import each other.
# fmt: off
ORDER = [
    "errors", "findings", "formatting", "paths", "hashing", "parallel", "toml_lines", "specs",
    "process_specs", "priors", "panel.spec",
    "study", "reading", "layout", "dates", "transforms", "data", "audit", "draft", "guess",
    "features", "explore", "evaluation", "models.checked", "models.form", "models.base",
    "models.nuts",
    "models.problem", "models.layer", "models.compiled", "models.posterior", "models.convergence",
    "models.draws", "models.ols", "models.media", "models.ridge",
    "models.search", "models.forest", "models.bayes", "simulate", "plans", "plan_files", "returns",
    "diagnostics",
    "scenarios", "optimization", "whatif", "trust", "persisted", "store", "panel", "style",
    "tables",
    "figures", "prose", "workbook", "panel.sections", "report", "kernels", "engine", "notebook",
    "failure", "workspace", "warm_kernel", "steps", "pipeline", "ledger", "run_log", "runner",
    "verify",
    "own_data", "side_by_side", "console", "choices", "cli", "api", "batch", "commands",
    "__main__",
]
# fmt: on

READS_ENVIRONMENT = {"paths"}
READS_TOML = {"study"}
TOUCHES_FILES = {
    *("data", "store", "study", "paths", "pipeline", "engine", "notebook", "workspace", "cli"),
    *(
        "failure",
        "hashing",
        "report",
        "panel",
        "reading",
        "batch",
        "kernels",
        "runner",
        "steps",
        "verify",
    ),
    *("own_data", "choices", "run_log"),
}
FILE_METHODS = {"read_text", "write_text", "read_bytes", "write_bytes", "to_csv", "read_csv"}
#: Names of the store's own methods, whatever object they are called on.
OF_THE_STORE = {"store", "self", "book"}


def module_name(path):
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts) or "mmm"


MODULES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}
every_module = pytest.mark.parametrize("name", MODULES)


def group(name):
    """Return the entry of the order that a module belongs to: itself or its package."""
    return next((entry for entry in (name, name.split(".")[0]) if entry in ORDER), None)


def imports(name):
    """List the modules of the package that a module imports, lazily or not."""
    found = set()
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            found |= {a.name.removeprefix("mmm.") for a in node.names if a.name.startswith("mmm.")}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mmm":
            base = node.module.removeprefix("mmm").removeprefix(".")
            for alias in node.names:
                full = f"{base}.{alias.name}".removeprefix(".")
                found.add(full if full in MODULES else base)
    return found - {name, ""}


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
def test_every_module_has_a_place_in_the_order(name):
    assert name in {"mmm", "models", "panel"} or group(name) is not None, f"add {name} to ORDER"


@every_module
def test_imports_point_to_earlier_modules_only(name):
    if name in {"mmm", "models", "panel"}:  # `mmm` imports on first use, by name
        assert not imports(name)
        return
    for other in imports(name):
        assert other in MODULES, f"{name} imports {other}, which does not exist"
        if group(other) is None or group(name) is None:
            continue  # the test above asks for a place
        later = ORDER.index(group(other)) > ORDER.index(group(name))
        assert not later, f"{name} imports {other}"


def test_there_are_no_circles():
    order = list(TopologicalSorter({name: imports(name) for name in MODULES}).static_order())
    assert len(order) >= len(MODULES)  # static_order raises CycleError


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
    if group(name) in TOUCHES_FILES:
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
