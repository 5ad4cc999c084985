"""A kernel that runs import statements while it waits for its notebook.

Started by :mod:`mmm.run.kernels` as ``python -m mmm.run.warm_kernel FILE STATEMENT ...`` with the
connection file. Two orders matter, or the notebook's output differs from that of an ordinary
kernel: the shell must exist before matplotlib chooses its backend (else figures vanish), and
IPython's builtins must be in place before pandas looks for them (else it thinks it writes to a
terminal).
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path


def run_ahead(statements: Sequence[str]) -> None:
    """Execute import statements for their effect on the loaded modules."""
    for statement in statements:
        # A failing import raises again in the notebook, where it can be seen.
        with contextlib.suppress(Exception):
            exec(statement, {"__name__": "__main__"})


def main(arguments: Sequence[str]) -> None:
    """Start the kernel."""
    # As ipykernel_launcher: no file of the working folder may shadow a module of the kernel.
    # IPython puts the folder back.
    if sys.path[0] == "" or Path(sys.path[0]) == Path.cwd():
        del sys.path[0]
    from ipykernel.kernelapp import IPKernelApp

    connection_file, *statements = arguments
    app = IPKernelApp.instance()
    app.initialize(["-f", connection_file, "--HistoryManager.hist_file=:memory:"])
    assert app.shell is not None
    with app.shell.builtin_trap:
        run_ahead(statements)
    app.start()


if __name__ == "__main__":
    main(sys.argv[1:])
