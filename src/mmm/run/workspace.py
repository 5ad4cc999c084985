"""Where a run writes: a partial folder that becomes visible only when the run has completed.

Results are made in ``<study>.partial``, which takes the place of ``<study>`` when it is complete.
A run that is stopped at any moment leaves a readable report.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from mmm.errors import UsageError
from mmm.run import publish

UNFINISHED = "unfinished"
SECONDS_TO_WRITE = 2.0


@dataclass(frozen=True)
class Workspace:
    """The two folders of one study and the lock beside them.

    Attributes
    ----------
    published : Path
        Folder of the completed results.
    """

    published: Path

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
        published = {path.name for path in (self.published / "notebooks").glob("*.ipynb")}
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
        """Keep a second run away from this study; a dead process's lock is taken over.

        Raises
        ------
        UsageError
            If a living process holds the lock.
        """
        self.published.parent.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            yield
        finally:
            self.lock_file.unlink(missing_ok=True)

    def _take_lock(self) -> None:
        holder: str | None = None
        for _ in range(2):
            try:
                handle = os.open(self.lock_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            except FileExistsError:
                holder = _living_holder(self.lock_file)
                if holder is not None:
                    break
                self.lock_file.unlink(missing_ok=True)
            else:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(_identity(os.getpid()))
                return
        raise UsageError(
            f"{self.published.name}: another run (process {holder}) writes to these results. "
            f"Two runs would mix them. Wait for it, stop it, or use --output DIR."
        )


def _identity(pid: int) -> str:
    """Name a process so that a later one with the same number is not taken for it."""
    return f"{pid} {psutil.Process(pid).create_time():.0f}"


def _living_holder(lock_file: Path) -> str | None:
    """Return the number of the living process that holds a lock; None when it is stale."""
    try:
        words = lock_file.read_text("utf-8").split()
        if len(words) != 2:  # just made, not yet written: give its owner a moment
            return "?" if time.time() - lock_file.stat().st_mtime < SECONDS_TO_WRITE else None
        # The clock may be set while a process lives, so its start is not exact.
        same = abs(psutil.Process(int(words[0])).create_time() - float(words[1])) < 5
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return words[0] if same else None
