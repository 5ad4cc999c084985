"""Count lines of code, docstrings and comments by package: ``python benchmarks/lines.py``."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from pathlib import Path

import click

SOURCE = Path(__file__).resolve().parents[1] / "src" / "mmm"
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
BLANK = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def docstring_lines(tree: ast.Module) -> set[int]:
    """Return the numbers of the lines that docstrings stand on."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            text = node.body[0]
            found |= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return found


def count(text: str) -> Counter[str]:
    """Count the lines of a module: each is code, docstring, comment or blank."""
    documented, code, comments = docstring_lines(ast.parse(text)), set(), set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        lines = set(range(token.start[0], token.end[0] + 1))
        if token.type == tokenize.COMMENT:
            comments |= lines
        elif token.type not in BLANK:
            code |= lines
    code -= documented
    lines = text.splitlines()
    return Counter(
        modules=1,
        code=len(code),
        docstrings=len(documented),
        comments=len(comments - code),
        characters=sum(len(lines[number - 1].strip()) for number in code),
    )


@click.command()
@click.argument("source", default=SOURCE, type=click.Path(exists=True, path_type=Path))
def main(source: Path) -> None:
    """Print a row per package of SOURCE; modules that stand directly in it are "(flat)"."""
    packages: dict[str, Counter[str]] = {}
    for path in sorted(source.rglob("*.py")):
        first, *rest = path.relative_to(source).parts
        packages.setdefault(first if rest else "(flat)", Counter()).update(
            count(path.read_text("utf-8"))
        )
    packages["all"] = sum(packages.values(), Counter())
    click.echo(
        f"{'package':<14}{'modules':>8}{'code':>8}{'docstr.':>8}{'comments':>9}{'chars':>7}"
    )
    for name, row in packages.items():
        width = row["characters"] / max(row["code"], 1)  # mean length of a line of code
        numbers = f"{row['modules']:>8}{row['code']:>8}{row['docstrings']:>8}{row['comments']:>9}"
        click.echo(f"{name:<14}{numbers}{width:>7.1f}")


if __name__ == "__main__":
    main()
