"""RESULTS.md from the stored rows: ``python benchmarks/results_page.py``.

The template ``RESULTS.md.j2`` holds the words; tables and numbers come from ``results/`` through
the function ``tables`` of each benchmark, and from CSV files of experiments that are not repeated.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click
import stored
from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).resolve().parent
PAGE = HERE / "RESULTS.md"
TEMPLATE = "RESULTS.md.j2"
#: Digits of a code hash that the page shows.
SHORT = 12


def told_of(name: str) -> dict[str, Any]:
    """Return the tables and facts of a benchmark, and where they come from.

    Parameters
    ----------
    name : str
        Name of its script.
    """
    found = stored.read(stored.path_of(name))
    if found.provenance["origin"] == stored.TRANSCRIBED:
        tables = found.rows[0]
    else:
        tables = importlib.import_module(name).tables(found.rows)
    return tables | {"provenance": found.provenance, "marked": marked(found.provenance)}


def marked(provenance: dict[str, Any]) -> str:
    """Say in one line where rows come from.

    Parameters
    ----------
    provenance : dict
        First line of a file of rows.
    """
    if provenance["origin"] != stored.MEASURED:
        return f"**{provenance['origin'].capitalize()}**: {provenance['source']}."
    what = f"easured by `{provenance['command']}`, code `{provenance['code'][:SHORT]}`."
    is_rerun = provenance["code"] == stored.page_code()
    return f"M{what}" if is_rerun else f"**Stored**, not rerun with this page's code: m{what}"


def markdown(rows: stored.Rows | list[str]) -> str:
    """Write rows as a Markdown table.

    Parameters
    ----------
    rows : list of dict, or of str
        Rows with the same keys, or the lines of a table that was transcribed.
    """
    if isinstance(rows[0], str):
        return "\n".join(rows)
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns)]
    lines += [[str(row[column]) for column in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def environment_of(provenance: dict[str, Any]) -> str:
    """Return machine, system and versions in one line; empty if they are not known.

    Parameters
    ----------
    provenance : dict
        First line of a file of rows.
    """
    if provenance["origin"] != stored.MEASURED:
        return ""
    machine, packages = provenance["machine"], provenance["packages"]
    parts = [machine["processor"], f"{machine['cores']} cores", f"{machine['memory_gb']} GB"]
    parts += [provenance["system"], f"Python {provenance['python']}"]
    return ", ".join([*parts, *(f"{name} {number}" for name, number in packages.items())])


def where_table(found: dict[str, dict[str, Any]], environments: list[str]) -> stored.Rows:
    """Return where and with what code each benchmark was measured.

    Parameters
    ----------
    found : dict
        Provenance by benchmark.
    environments : list of str
        What :func:`environment_of` says, each once.
    """
    return [
        {
            "benchmark": name,
            "rows": one["origin"],
            "code": one.get("code", "")[:SHORT],
            "load before": one.get("load", ""),
            "environment": environments.index(text) + 1 if (text := environment_of(one)) else "",
        }
        for name, one in found.items()
    ]


def render() -> str:
    """Return the text of RESULTS.md."""
    names = sorted(path.stem for path in stored.RESULTS.glob("*.jsonl"))
    names = [name for name in names if not name.endswith(stored.EARLIER)]
    told = {name: told_of(name) for name in names}
    environment = Environment(
        loader=FileSystemLoader(HERE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown of our own rows
    )
    environment.filters["table"] = markdown
    template = environment.get_template(TEMPLATE)
    found = {name: one["provenance"] for name, one in told.items()}
    environments = sorted(set(filter(None, map(environment_of, found.values()))))
    return template.render(
        told,
        code=stored.page_code()[:SHORT],
        environments=environments,
        stored_table=stored.read_table,
        where=where_table(found, environments),
    )


def write() -> None:
    """Write RESULTS.md."""
    PAGE.write_text(render(), "utf-8", newline="\n")


@click.command()
def main() -> None:
    """Write RESULTS.md from the stored rows."""
    write()
    click.echo(f"written: benchmarks/{PAGE.name}")


if __name__ == "__main__":
    main()
