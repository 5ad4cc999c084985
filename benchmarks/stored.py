"""The stored rows behind RESULTS.md: where they were measured, and how they are written and read.

A file of ``results/`` holds one JSON object a line: first where the rows come from, then the rows.
Rows that were lost say so (``origin``): the tables that were told of them are kept instead.
No date, host or path is written.
"""

from __future__ import annotations

import csv
import json
import os
import platform
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import click
import psutil

from mmm.store import code_hash

Rows = list[dict[str, Any]]

RESULTS = Path(__file__).with_name("results")
#: Packages whose versions can move a number.
PACKAGES = ("arviz-stats", "numba", "numpy", "nutpie", "pandas", "scikit-learn", "scipy")
#: Significant digits of a stored number.
DIGITS = 6
#: Where rows come from: measured by the command, copied by hand, or handed over by the peer bench.
MEASURED, TRANSCRIBED, HANDED_OVER = "measured", "transcribed", "stored"
#: End of the names of files whose rows an earlier package's code has put beside the present ones.
EARLIER = "_32c7b77"
_LOAD = "mmm.load"


class Stored(NamedTuple):
    """Rows of one benchmark and where they come from."""

    provenance: dict[str, Any]
    rows: Rows


def path_of(name: str) -> Path:
    """Return the file of a benchmark's rows.

    Parameters
    ----------
    name : str
        Name of its script.
    """
    return RESULTS / f"{name}.jsonl"


def store_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--store`` to a benchmark, and note the machine's load before it starts.

    Parameters
    ----------
    command : callable
        The benchmark's command.
    """

    def note_load(context: click.Context, _: click.Parameter, value: bool) -> bool:
        context.meta[_LOAD] = psutil.getloadavg()[0]
        return value

    text = "Write the rows to benchmarks/results/."
    return click.option("--store", is_flag=True, callback=note_load, help=text)(command)


def command_of(context: click.Context) -> str:
    """Return the command that a user types for the running benchmark, without paths.

    Parameters
    ----------
    context : Context
        Its click context.
    """
    words = [f"python benchmarks/{Path(context.command.callback.__globals__['__file__']).name}"]
    for option in context.command.params:
        value = context.params[option.name]
        is_setting = not isinstance(option.type, click.Path) and option.name != "store"
        if is_setting and value not in (None, option.get_default(context)):
            words += [option.opts[0]] if value is True else [option.opts[0], str(value)]
    return " ".join(words)


def system() -> str:
    """Return the name of the operating system, without its host."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return f"{platform.system()} {platform.release()}"


def processor() -> str:
    """Return the processor's model name."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def provenance(code: str = "") -> dict[str, Any]:
    """Describe what the running benchmark measures, and on what.

    Parameters
    ----------
    code : str, optional
        Hash of the code that is measured, if it is not the present package.
    """
    context = click.get_current_context()
    return {
        "origin": MEASURED,
        "command": command_of(context),
        "code": code or code_hash(),
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 1024**3),
        },
        "load": round(context.meta.get(_LOAD, psutil.getloadavg()[0]), 1),
        "system": system(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: rounded, without NaN and NumPy types.

    Parameters
    ----------
    value : Any
        A number, a text, or lists and dictionaries of them.
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if value == value else None
    return value


def line_of(value: dict[str, Any]) -> str:
    """Return a row as its line of the file.

    Parameters
    ----------
    value : dict
        The row.
    """
    return json.dumps(plain(value), sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"


def store(name: str, rows: Iterable[dict[str, Any]], origin: dict[str, Any] | None = None) -> None:
    """Write the rows of a benchmark in place of earlier ones.

    Parameters
    ----------
    name : str
        Name of its script.
    rows : iterable of dict
        The rows.
    origin : dict, optional
        Where they come from, if not from this run.
    """
    text = "".join(map(line_of, [origin or provenance(), *rows]))
    path_of(name).write_text(text, "utf-8", newline="\n")
    click.echo(f"stored: benchmarks/results/{name}.jsonl")


def append(path: Path, row: dict[str, Any], code: str = "") -> None:
    """Add a row to a file that is written while a long benchmark runs.

    Parameters
    ----------
    path : Path
        The file; a new one starts with the provenance.
    row : dict
        The row.
    code : str, optional
        As for :func:`provenance`.
    """
    head = "" if path.exists() else line_of(provenance(code))
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(head + line_of(row))


def read(path: Path) -> Stored:
    """Read a file of rows.

    Parameters
    ----------
    path : Path
        The file.
    """
    head, *rows = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    return Stored(head, rows)


def resume(path: Path, code: str = "") -> Rows:
    """Return the rows that a stopped benchmark has left; begin anew if the code is another.

    Parameters
    ----------
    path : Path
        The file.
    code : str, optional
        As for :func:`provenance`.
    """
    if not path.exists():
        return []
    found = read(path)
    if found.provenance.get("code") == (code or code_hash()):
        return found.rows
    click.echo(f"{path.name}: its rows were measured with other code; beginning anew.")
    path.unlink()
    return []


def is_current(name: str, command: str) -> bool:
    """Tell whether a benchmark's rows were measured by this command with this code.

    Parameters
    ----------
    name : str
        Name of its script.
    command : str
        The command.
    """
    if not path_of(name).exists():
        return False
    found = read(path_of(name)).provenance
    return (found.get("code"), found.get("command")) == (code_hash(), command)


def page_code() -> str:
    """Return the hash of the code that RESULTS.md speaks of; other rows are marked there."""
    return str(json.loads((RESULTS / "page.json").read_text("utf-8"))["code"])


def note_page() -> None:
    """Note that RESULTS.md speaks of this code."""
    text = line_of({"code": code_hash()})
    (RESULTS / "page.json").write_text(text, "utf-8", newline="\n")


def read_table(name: str) -> Rows:
    """Read a table of an earlier experiment that no script repeats.

    Parameters
    ----------
    name : str
        Name of a CSV file of ``results/``.
    """
    with (RESULTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
