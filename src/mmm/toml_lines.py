"""Find the line of a key in a TOML text, so that errors can name it."""

from __future__ import annotations

import re

HEADER = re.compile(r"\s*(\[\[?)(.+?)\]\]?\s*(#.*)?$")
KEY = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*(\.|=|$)""")


def line_of(text: str, location: tuple[str | int, ...]) -> int:
    r"""Find the line of a key: follow the table headers, fall back to the nearest parent.

    Examples
    --------
    >>> line_of('title = "x"\n\n[data]\nfile = "x.csv"', ("data", "file"))
    4
    """
    wanted = [str(part) for part in location]
    counts: dict[str, int] = {}
    table: list[str] = []
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if match := HEADER.match(line):
            table = _parts(match[2])
            if match[1] == "[[":
                counts[match[2]] = counts.get(match[2], -1) + 1
                table.append(str(counts[match[2]]))
            here = table
        elif keys := _keys(line):
            here = [*table, *keys]
        else:
            continue
        if len(here) > depth and here == wanted[: len(here)]:
            best, depth = number, len(here)
    return best


def _keys(line: str) -> list[str]:
    """Return the dotted key that a line assigns to; nothing where it assigns none."""
    keys, at = [], 0
    while match := KEY.match(line, at):
        keys.append(_bare(match[1]))
        if match[2] == "=":
            return keys
        if not match[2]:
            return []
        at = match.end()
    return []


def _parts(dotted: str) -> list[str]:
    return [_bare(match[1]) for match in KEY.finditer(dotted)]


def _bare(key: str) -> str:
    if key.startswith('"'):
        return re.sub(r"\\(.)", r"\1", key[1:-1])
    return key.strip("'")
