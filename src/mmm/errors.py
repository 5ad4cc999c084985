"""Named exceptions: each message says where, what is wrong, why it matters and what to do."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: What the system says of a full disk, of a place it keeps us from, and of one that is no folder.
FULL = {errno.ENOSPC, errno.EDQUOT}
DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
UNUSABLE = {
    *(errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOENT),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EIO),
}


class MMMError(Exception):
    """A failure the user can mend; shown on one screen without a traceback."""

    exit_code = 2


class DataError(MMMError):
    """The data file cannot be used as it is."""


class StudyError(MMMError):
    """The study file (study.toml) is missing, malformed or contradicts itself."""


class UsageError(MMMError):
    """The command line or a notebook parameter asks for something that does not exist."""


class ArtefactError(MMMError):
    """A result is needed that no notebook has written yet, or that another version wrote."""


class InfeasibleError(MMMError):
    """No budget plan satisfies the stated total and bounds."""


class ClusterError(MMMError):
    """The Dask cluster cannot be used, or was lost while it worked."""


class NotebookError(MMMError):
    """A notebook failed while it ran."""

    exit_code = 1


class OutputError(MMMError):
    """The results cannot be written where they belong."""

    exit_code = 4

    @classmethod
    def of(cls, error: OSError, folder: Path) -> OutputError | None:
        """Describe an error of the file system; None if it says nothing of the output folder."""
        place = shortened(error.filename or folder)
        if error.errno in FULL:
            return cls(
                f"{place}: the disk is full, so nothing more could be written. The last complete "
                "results are untouched. Free some space, or use --output DIR, then run again: it "
                "goes on where it stopped."
            )
        if error.errno in DENIED:
            remedy = "Allow writing there, or use --output DIR."
        elif error.errno in UNUSABLE:
            remedy = "Results need a folder that can be made and written: use --output DIR."
        else:
            return None
        return cls(
            f"{place}: cannot be written ({error.strerror}). The last complete results are "
            f"untouched. {remedy}"
        )


class FileError(MMMError):
    """A file or folder cannot be read or written."""

    exit_code = 4

    @classmethod
    def of(cls, error: OSError) -> FileError:
        """Describe an error of the file system: the file, the reason and what may help."""
        place = f"{shortened(error.filename)}: " if error.filename else ""
        reason = error.strerror or shortened(error) or type(error).__name__
        if error.errno in FULL:
            remedy = "Free some space (temporary files go where TMPDIR says), then run again."
        elif error.errno in DENIED:
            remedy = "Allow access to it, or name another one."
        elif error.errno == errno.ENAMETOOLONG:
            remedy = "Choose a shorter name."
        else:
            remedy = "Check the path and the disk, then run again."
        return cls(f"{place}cannot be read or written ({reason}). {remedy}")


def require_choice(value: object, choices: Iterable[str], what: str) -> None:
    """Refuse a value that is none of the choices.

    Raises
    ------
    UsageError
        With the choices that exist.

    Examples
    --------
    >>> require_choice("lin", ["line", "local level"], "trend")
    Traceback (most recent call last):
        ...
    mmm.errors.UsageError: trend = 'lin': choose one of line, local level.
    """
    known = list(choices)
    if value not in known:
        raise UsageError(f"{what} = {shortened(repr(value))}: choose one of {', '.join(known)}.")


def shortened(text: object, longest: int = 200) -> str:
    """Return a text with its middle left out, so that a message stays on one screen.

    Examples
    --------
    >>> shortened("outputs"), shortened("abcdefgh", 4)
    ('outputs', 'ab...gh')
    """
    whole = os.fsdecode(text) if isinstance(text, bytes) else str(text)
    half = longest // 2
    return whole if len(whole) <= longest else f"{whole[:half]}...{whole[-half:]}"


class VerificationError(MMMError):
    """A repeated run has not given the bytes that the manifest names."""

    exit_code = 1


class ReportError(MMMError):
    """The report could not be rendered from the executed notebooks."""

    exit_code = 3
