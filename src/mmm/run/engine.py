"""Run one notebook after the other with papermill, each in a fresh kernel.

The engine ``warm`` starts the kernel of the next notebook, its imports done, while the previous
one runs: half the time, the same bytes. The engine ``nbclient`` is papermill's own. Both use a
kernel specification of this project, so none needs to be registered on the machine.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from mmm.errors import NotebookError
from mmm.run.kernels import START_TIMEOUT, Kernels, cause_of_death

FAILURES = (PapermillExecutionError, TimeoutError, RuntimeError, NotebookError)
CellHook = Callable[..., None]
FIXED_OPTIONS: dict[str, Any] = {
    "kernel_name": "python3",
    "language": "python",
    "progress_bar": False,
    "request_save_on_cell_execute": False,  # a tenth of the time of a run
    "start_timeout": START_TIMEOUT,
}


class WarmEngine(NBClientEngine):
    """papermill's engine on a kernel that has been started ahead."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        log_output: bool = False,
        start_timeout: int = START_TIMEOUT,
        execution_timeout: int | None = None,
        **options: Any,
    ) -> None:
        """Run a notebook; papermill calls this."""
        kernels: Kernels = options["kernels"]
        kernel = kernels.take()
        client = PapermillNotebookClient(
            nb_man,
            km=kernel.manager,
            kernel_name=kernel_name,
            log_output=log_output,
            on_cell_start=options["on_cell_start"],
            record_timing=False,
            startup_timeout=start_timeout,
            timeout=execution_timeout,
        )
        client.kc = kernel.client
        options["on_notebook_start"](notebook=nb_man.nb)
        try:
            client.execute()
        except (KeyboardInterrupt, SystemExit):
            kernels.cancel()
            raise
        except DeadKernelError as error:
            raise DeadKernelError(cause_of_death(kernel.manager) or str(error)) from None
        finally:
            kernels.stop(kernel)


def execute(
    source: Path,
    target: Path,
    parameters: Mapping[str, Any],
    *,
    engine: str,
    kernels: Kernels,
    timeout: int | None,
    on_cell_start: CellHook,
) -> nbformat.NotebookNode:
    """Execute a notebook into a copy, which is kept as far as it ran when it fails.

    Raises
    ------
    PapermillExecutionError
        If a cell raises.
    TimeoutError
        If a cell takes too long.
    RuntimeError
        If the kernel dies or does not start.
    """
    logging.getLogger("papermill").setLevel(logging.ERROR)
    papermill_engines.register("warm", WarmEngine)
    running: list[nbformat.NotebookNode] = []
    try:
        return papermill.execute_notebook(
            nbformat.read(source, as_version=4),
            str(target).replace("{", "{{").replace("}", "}}"),  # papermill formats this path
            dict(sorted(parameters.items())),  # the same cell, however the values were given
            engine_name=engine,
            execution_timeout=timeout,
            on_cell_start=on_cell_start,
            on_notebook_start=lambda notebook: running.append(notebook),
            **FIXED_OPTIONS,
            **_engine_options(engine, kernels),
        )
    except BaseException:
        if running and not target.exists():  # papermill has saved it only if a cell raised
            target.write_text(to_text(running[0]), "utf-8", newline="\n")
        raise


def _engine_options(engine: str, kernels: Kernels) -> dict[str, Any]:
    """Return what an engine needs to start kernels of this project."""
    if engine == "warm":
        return {"kernels": kernels, "cwd": kernels.folder}
    command = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
    return {
        "kernel_manager_class": kernels.kernel_class(command),
        "record_timing": False,
        "shutdown_kernel": "immediate",  # else an interrupt comes first, which kernels report
        "cwd": kernels.folder,
    }


def to_text(notebook: nbformat.NotebookNode) -> str:
    """Return a notebook as JSON text with a final line end."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"
