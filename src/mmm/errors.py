"""Named exceptions: each message says where, what is wrong, why it matters and what to do."""

from __future__ import annotations


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
    """A notebook needs a result that no earlier notebook has written yet."""


class InfeasibleError(MMMError):
    """No budget plan satisfies the stated total and bounds."""


class ClusterError(MMMError):
    """The Dask cluster cannot be used, or was lost while it worked."""


class NotebookError(MMMError):
    """A notebook failed while it ran."""

    exit_code = 1


class ReportError(MMMError):
    """The report could not be rendered from the executed notebooks."""

    exit_code = 3
