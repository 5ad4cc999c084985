"""Compare the tables of two output folders, such as those of Python 3.11 and 3.13.

On one machine with one Python every file is the same to the byte (``run_all.py --verify``). Across
Pythons on one processor the tables agree to 1e-8; another processor rounds otherwise, and its
sampler draws other draws. Run by hand, since it takes two environments:
``python benchmarks/compare_outputs.py outputs_311/STUDY outputs_313/STUDY``.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import click
import pandas as pd
import stored

TOLERANCE = 1e-8
KINDS = (".csv", ".json")


def numbers(value: Any) -> Any:
    """Return all leaves of a JSON value with their places.

    Parameters
    ----------
    value : Any
        Parsed JSON.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ((f"{key}/{place}", leaf) for place, leaf in numbers(item))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from ((f"{position}/{place}", leaf) for place, leaf in numbers(item))
    else:
        yield "", value


def leaves(path: Path) -> dict[str, Any]:
    """Return the cells of a table or the leaves of a JSON file by their place.

    Parameters
    ----------
    path : Path
        A ``.csv`` or ``.json`` file.
    """
    if path.suffix == ".json":
        return dict(numbers(json.loads(path.read_text("utf-8"))))
    table = pd.read_csv(path, keep_default_na=False)
    return {
        f"{row}/{column}": value
        for row, values in enumerate(table.to_dict("records"))
        for column, value in values.items()
    }


def worst_difference(one: Path, two: Path) -> tuple[float, str]:
    """Return the largest relative difference of two files and its place.

    Parameters
    ----------
    one, two : Path
        The files.
    """
    first, second = leaves(one), leaves(two)
    if first.keys() != second.keys():
        return math.inf, "other rows or columns"
    worst = (0.0, "")
    for place, value in first.items():
        other = second[place]
        if value == other:
            continue
        try:
            a, b = float(value), float(other)
            difference = abs(a - b) / max(abs(a), abs(b), 1.0)
        except (TypeError, ValueError):
            difference = math.inf
        worst = max(worst, (difference, place))
    return worst


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells: how many files were compared, and how far they differ.

    Parameters
    ----------
    rows : list of dict
        File, largest relative difference (None: not comparable), and what was compared.
    """
    beyond = [r for r in rows if r["difference"] is None or r["difference"] > TOLERANCE]
    return {
        "files": str(len(rows)),
        "beyond": str(len(beyond)),
        "tolerance": f"{TOLERANCE:.0e}",
        "pythons": rows[0]["between"],
    }


@click.command()
@click.argument("one", type=click.Path(exists=True, path_type=Path))
@click.argument("two", type=click.Path(exists=True, path_type=Path))
@click.option("--between", default="one and two", help="What was compared, for the stored rows.")
@stored.store_option
def main(one: Path, two: Path, between: str, store: bool) -> None:
    """Print the largest difference of each file, and exit with 1 where one is too large."""
    skipped = {"run.json", "manifest.json"}
    names = [
        {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.suffix in KINDS}
        - skipped
        for folder in (one, two)
    ]
    rows: stored.Rows = []
    for name in sorted(names[0] | names[1]):
        if name not in names[0] & names[1]:
            difference, place = math.inf, "in one folder only"
        else:
            difference, place = worst_difference(one / name, two / name)
        if difference > 0:
            click.echo(f"{name}: {difference:.1e} at {place}")
        known = difference if math.isfinite(difference) else None
        rows.append({"file": name, "difference": known, "between": between})
    told = tables(rows)
    click.echo(f"{told['files']} files, {told['beyond']} beyond {told['tolerance']}")
    if store:
        stored.store("compare_outputs", rows)
    sys.exit(1 if told["beyond"] != "0" else 0)


if __name__ == "__main__":
    main()
