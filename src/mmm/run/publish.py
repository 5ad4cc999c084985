"""Publish results: a complete folder takes the place of the former one; nothing foreign is lost.

The folder of a run becomes the results folder by two renames: the former results step aside, the
new ones take their place. What a person has put among the former results moves over, what an
earlier run has written is deleted, and nothing else ever is. A run that is killed in between is
healed by the next one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from mmm.errors import ReportError, UsageError
from mmm.store import UNHASHED

MANIFEST = "manifest.json"
#: What stands at the top of a folder of results.
RESULTS = {
    *("data", "figures", "models", "notebooks", "reports", "tables", "unfinished"),
    *("report.html", MANIFEST, *UNHASHED),
}


def owned(folder: Path) -> list[str]:
    """Return the files of a results folder that a run may go on from.

    Notebooks that were run by hand leave no manifest: everything in the folders of results counts.
    """
    known = listed(folder)
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(
        name.as_posix()
        for name in files
        if (name.as_posix() in known if known else name.parts[0] in RESULTS)
    )


def listed(folder: Path) -> set[str]:
    """Return the files of a results folder that a run has written, as its manifest lists them."""
    try:
        outputs = json.loads((folder / MANIFEST).read_text("utf-8"))["outputs"]
        return {*outputs.keys(), *UNHASHED}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()


def require_place(folder: Path, protected: Iterable[Path]) -> None:
    """Refuse a results folder that is or holds something else.

    Parameters
    ----------
    folder : Path
        Where the results are to go.
    protected : iterable of Path
        The study's folder, its data, the sources of the project.

    Raises
    ------
    UsageError
        If the folder is or holds one of these, or holds files and no results of ours.
    """
    remedy = "Choose another place for the results: --output DIR."
    for path in protected:
        if path == folder or folder in path.parents:
            verb = "is" if path == folder else "holds"
            raise UsageError(
                f"{folder}: the results would go there, but it {verb} {path.name or path}, which "
                f"a run must not touch. {remedy}"
            )
    if not folder.is_dir() or (folder / MANIFEST).is_file():
        return
    foreign = sorted(p.name for p in folder.iterdir() if p.name not in RESULTS)
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise UsageError(
            f"{folder}: the results would go there, but it holds {foreign[0]!r}{more}, and no "
            f"results of an earlier run. {remedy}"
        )


def publish(partial: Path, published: Path, replaced: Path) -> None:
    """Put a complete folder in the place of the former results.

    Parameters
    ----------
    partial : Path
        The new results, complete with their manifest.
    published : Path
        Where results stand; need not exist.
    replaced : Path
        Where the former results step aside to, beside the others.

    Raises
    ------
    ReportError
        If a folder cannot be renamed; the former results stay where they are.
    """
    try:
        if published.exists():
            published.rename(replaced)
        partial.rename(published)
    except OSError as error:
        if replaced.exists() and not published.exists():
            replaced.rename(published)
        raise ReportError(
            f"{published}: cannot be replaced ({error.strerror}). The former results are "
            f"untouched, the new ones are kept in {partial}. Close the program that holds a file "
            f"of it, then run again."
        ) from None
    heal(partial, published, replaced)


def heal(partial: Path, published: Path, replaced: Path) -> None:
    """Complete what a run that was killed while it published has begun."""
    if not replaced.is_dir():
        return
    if not published.exists():
        complete = (partial / MANIFEST).is_file()
        (partial if complete else replaced).rename(published)
    if replaced.is_dir():
        # Without a manifest, what notebooks run by hand have written is what the new run writes.
        _carry_over(replaced, published, listed(replaced) or listed(published))


def _carry_over(old: Path, new: Path, ours: set[str], where: str = "") -> None:
    """Delete what a run has written, move everything else, and remove the emptied folder."""
    for path in sorted(old.iterdir()):
        name = f"{where}{path.name}"
        is_folder = path.is_dir() and not path.is_symlink()
        if not is_folder and name in ours:
            path.unlink()
        elif is_folder and _is_shared(new / path.name, name, ours):
            _carry_over(path, new / path.name, ours, f"{name}/")
        else:
            new.mkdir(parents=True, exist_ok=True)
            path.rename(_free(new / path.name))
    old.rmdir()


def _is_shared(new: Path, name: str, ours: set[str]) -> bool:
    """Tell whether a folder of the former results may hold files of ours beside foreign ones."""
    real = new.is_dir() and not new.is_symlink()
    return real or any(item.startswith(f"{name}/") for item in ours)


def _free(path: Path) -> Path:
    """Return a name beside a path that nothing has yet, so that a new result hides nothing."""
    names = (path.with_name(f"{path.name}.kept{n or ''}") for n in range(1000))
    return next(p for p in (path, *names) if not (p.exists() or p.is_symlink()))
