"""ARCHITECTURE.md says what the code is: modules in order, why each exists, no dead link."""

import ast
import re
from pathlib import Path

import pytest
from test_imports import ORDER

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
ROWS = re.findall(r"^\| \[`([\w.]+)`\]\(([^)]+)\) \| (.+) \|$", PAGE, re.MULTILINE)


def test_every_module_is_listed_in_the_order_of_imports():
    assert [name for name, _, _ in ROWS] == ORDER


@pytest.mark.parametrize(("name", "link", "why"), ROWS)
def test_each_row_repeats_the_first_line_of_the_module(name, link, why):
    path = ROOT / link
    source = path / "__init__.py" if path.is_dir() else path
    assert (
        source.with_suffix("")
        .as_posix()
        .removesuffix("/__init__")
        .endswith(f"src/mmm/{name.replace('.', '/')}")
    )
    docstring = ast.get_docstring(ast.parse(source.read_text("utf-8"))) or ""
    assert docstring.splitlines()[0].replace("``", "`") == why


@pytest.mark.parametrize(
    "page",
    [
        "ARCHITECTURE.md",
        "README.md",
        "CONTRIBUTING.md",
        *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")),
    ],
)
def test_links_between_pages_lead_somewhere(page):
    text = (ROOT / page).read_text("utf-8")
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)[^)]*\)", text)
    missing = [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]
    assert missing == []
