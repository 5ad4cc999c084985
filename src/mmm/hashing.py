"""Hashes of files and of the package's own code, and the packages that numbers depend on."""

from __future__ import annotations

import hashlib
from pathlib import Path

#: Packages whose versions may move a number.
NUMERIC_PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "statsmodels",
    "scikit-learn",
    "numba",
    "nutpie",
    "arviz-stats",
    "holidays",
)


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def code_hash() -> str:
    """Return the SHA-256 of the package's code: names and contents of its files."""
    package = Path(__file__).resolve().parent
    total = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(f"{path.relative_to(package).as_posix()} {sha256(path)}\n".encode())
    return total.hexdigest()
