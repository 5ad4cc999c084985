"""Write and read the artefacts of one study: atomically, deterministically, in one place.

Layout below the study's output folder: ``data/ figures/ models/ tables/ reports/ notebooks/``
plus ``report.html`` and ``manifest.json``. Every file is written to a temporary name and then
renamed, so a reader never sees half a file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmm.errors import ArtefactError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from mmm.findings import Finding

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
#: Packages that the bytes of the artefacts depend on.
PACKAGES = (*NUMERIC_PACKAGES, "matplotlib", "seaborn", "papermill", "nbconvert")
UNHASHED = {"manifest.json", "run.json", "run.log"}


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file atomically: to a temporary name beside it, then renamed over it.

    Raises
    ------
    UsageError
        If there is a device or a pipe in the place of the file.
    """
    real = Path(os.path.realpath(path)) if path.is_symlink() else path
    if real.is_symlink() or (real.exists() and not (real.is_file() or real.is_dir())):
        raise UsageError(
            f"{path}: not a regular file (a device, a pipe or a link to itself). It is left as it "
            f"is: remove it, or choose another output folder."
        )
    real.parent.mkdir(parents=True, exist_ok=True)
    temporary = real.with_name(f".{real.name}.tmp")
    temporary.write_bytes(content)
    return temporary.replace(real)


def to_json(value: Any) -> str:
    """Serialize to JSON with sorted keys and plain numbers; NaN and infinity become null.

    `value`: nested dicts, lists, strings, numbers, NumPy scalars and arrays.
    """
    return json.dumps(_plain(value), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    import numpy as np  # not needed to look at results, only to make them

    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


@dataclass(frozen=True)
class Store:
    """The artefacts of one study."""

    folder: Path

    def path(self, name: str, *, must_exist: bool = False) -> Path:
        """Return the path of an artefact such as ``tables/vif.csv``.

        Raises
        ------
        ArtefactError
            If `must_exist` and the file is missing; the message names the command to run.
        """
        path = self.folder / name
        if must_exist and not path.exists():
            raise ArtefactError(
                f"{name} is missing. An earlier notebook writes it. "
                f"Run `python run_all.py` for this study (or the earlier notebooks) first."
            )
        return path

    def write_text(self, name: str, text: str) -> Path:
        """Write a text artefact (UTF-8, Unix line ends)."""
        return write_bytes(self.path(name), text.encode("utf-8"))

    def write_bytes(self, name: str, content: bytes) -> Path:
        """Write a binary artefact."""
        return write_bytes(self.path(name), content)

    def write_json(self, name: str, value: Any) -> Path:
        """Write a JSON artefact."""
        return self.write_text(name, to_json(value))

    def write_table(self, name: str, table: pd.DataFrame, *, index: bool = False) -> Path:
        """Write a CSV artefact with ten significant digits.

        Parameters
        ----------
        name : str
            Path below the output folder, e.g. ``tables/returns.csv``.
        index : bool, default False
            Keep the index as first column.
        """
        text = table.to_csv(index=index, float_format="%.10g", lineterminator="\n")
        return self.write_text(name, text)

    def read_text(self, name: str) -> str:
        """Read a text artefact."""
        return self.path(name, must_exist=True).read_text("utf-8")

    def read_json(self, name: str) -> Any:
        """Read a JSON artefact."""
        return json.loads(self.read_text(name))

    def read_table(self, name: str, **options: Any) -> pd.DataFrame:
        """Read a CSV artefact; only what is empty is missing, also where a channel is called NA.

        Parameters
        ----------
        name : str
            Path below the output folder.
        **options : Any
            Handed to :func:`pandas.read_csv`.
        """
        import pandas as pd

        missing = {"keep_default_na": False, "na_values": [""]}
        return pd.read_csv(self.path(name, must_exist=True), **(missing | options))

    def read_findings(self, name: str) -> list[Finding]:
        """Read findings that an earlier notebook stored.

        `name`: path below the output folder of a table with columns check, status, finding,
        remedy.
        """
        from mmm.findings import Finding

        table = self.read_table(name, na_values=[])
        return [Finding(**row) for row in table.to_dict("records")]

    def files(self) -> list[str]:
        """List the hashed artefacts, sorted, as paths below the output folder."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        names = (path.relative_to(self.folder).as_posix() for path in found)
        return sorted(name for name in names if name not in UNHASHED)

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each hashed artefact by its name."""
        return {name: sha256(self.folder / name) for name in self.files()}

    def write_manifest(
        self,
        *,
        study: str,
        seed: int,
        inputs: dict[str, str],
        parameters: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Path:
        """Write ``manifest.json``: hashes of inputs and outputs, package versions and seed."""
        manifest = {
            "study": study,
            "seed": seed,
            "inputs": inputs,
            "outputs": self.hashes(),
            "parameters": parameters or {},
            "packages": {name: version(name) for name in PACKAGES},
        }
        return self.write_json("manifest.json", manifest)


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


def digest(value: object) -> str:
    """Return the SHA-256 of a value that JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
