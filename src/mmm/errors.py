"""Named exceptions: each message says where, what is wrong, why it matters and what to do."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


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
        """Describe an error of the file system; None if it says nothing of the output folder.

        Parameters
        ----------
        error : OSError
            What was raised.
        folder : Path
            Where the results go.
        """
        place = error.filename or folder
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return cls(
                f"{place}: the disk is full, so nothing more could be written. The last complete "
                "results are untouched. Free some space, or use --output DIR, then run again: it "
                "goes on where it stopped."
            )
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            return cls(
                f"{place}: cannot be written ({error.strerror}). The last complete results are "
                "untouched. Allow writing there, or use --output DIR."
            )
        return None


class VerificationError(MMMError):
    """A repeated run has not given the bytes that the manifest names."""

    exit_code = 1


class ReportError(MMMError):
    """The report could not be rendered from the executed notebooks."""

    exit_code = 3
