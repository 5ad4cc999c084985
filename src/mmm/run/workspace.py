"""Where a run writes: a partial folder that becomes visible only when the run has completed.

Results are made in ``<study>.partial``, which takes the place of ``<study>`` when it is complete.
A run that is stopped at any moment leaves a readable report.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from mmm.errors import UsageError
from mmm.run import publish

UNFINISHED = "unfinished"


@dataclass(frozen=True)
class Workspace:
    """The two folders of one study and the lock beside them."""

    published: Path  #: Folder of the completed results.

    @property
    def partial(self) -> Path:
        """Folder of the run in progress, or of the last one that failed."""
        return self.published.with_name(f"{self.published.name}.partial")

    @property
    def replaced(self) -> Path:
        """Folder of the former results while new ones are being published."""
        return self.published.with_name(f".{self.published.name}.replaced")

    @property
    def lock_file(self) -> Path:
        """File that names the process writing to this study."""
        return self.published.with_name(f".{self.published.name}.lock")

    @property
    def source(self) -> Path:
        """Folder that a run of some notebooks starts from: a failed run's, else the results."""
        return self.partial if self.partial.exists() else self.published

    def clear(self, notebook: str, outputs: Iterable[str]) -> Path:
        """Remove what an earlier run of a notebook left in the partial folder."""
        name = f"{notebook}.ipynb"
        for path in (f"notebooks/{name}", f"{UNFINISHED}/{name}", *outputs):
            (self.partial / path).unlink(missing_ok=True)
        (self.partial / UNFINISHED).mkdir(exist_ok=True)
        return self.partial / UNFINISHED / name

    def prepare(self, *, resume: bool) -> None:
        """Make the partial folder, keeping what an earlier run left in it."""
        if resume and not self.partial.exists():
            for name in publish.owned(self.published):
                (self.partial / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.published / name, self.partial / name)
        self.partial.mkdir(parents=True, exist_ok=True)

    def missing_notebooks(self) -> list[str]:
        """List what publishing would lose: unfinished notebooks, or published ones not here."""
        unfinished = {path.name for path in (self.partial / UNFINISHED).glob("*.ipynb")}
        owned = [Path(name) for name in publish.owned(self.published)]
        published = {path.name for path in owned if path.match("notebooks/*.ipynb")}
        here = {path.name for path in (self.partial / "notebooks").glob("*.ipynb")}
        return sorted(unfinished | (published - here))

    def publish(self) -> None:
        """Let the partial folder take the place of the results."""
        shutil.rmtree(self.partial / UNFINISHED, ignore_errors=True)
        publish.publish(self.partial, self.published, self.replaced)

    def heal(self) -> None:
        """Complete what a run that was killed while it published has begun."""
        publish.heal(self.partial, self.published, self.replaced)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other runs away from this study; the system frees the lock of a killed one.

        Raises
        ------
        UsageError
            If another process holds the lock.
        """
        self.published.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.lock_file, blocking=False, on_acquired=_sign)
        try:
            lock.acquire()
        except Timeout:
            raise UsageError(
                f"{self.published.name}: another run{_holder(self.lock_file)} writes to these "
                "results. Two runs would mix them. Wait for it, stop it, or use --output DIR."
            ) from None
        try:
            yield
        finally:
            with suppress(PermissionError):  # Windows removes the file with the lock
                self.lock_file.unlink(missing_ok=True)
            lock.release()


def _sign(lock: int) -> None:
    """Write who holds a lock behind its first byte, which Windows keeps others from reading."""
    os.truncate(lock, 0)
    os.write(lock, f"\n{os.getpid()}".encode())


def _holder(lock_file: Path) -> str:
    """Say which process holds a lock; empty where none is written yet or it is gone."""
    with suppress(OSError), lock_file.open("rb", buffering=0) as file:
        file.seek(1)
        if number := file.read().decode(errors="replace"):
            return f" (process {number})"
    return ""
