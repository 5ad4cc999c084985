"""Run one notebook after the other with papermill, each in a fresh kernel.

The engine ``warm`` starts the kernel of the next notebook, its imports done, while the previous
one runs: half the time, the same bytes. The engine ``nbclient`` is papermill's own. Both use a
kernel specification of this project, so none needs to be registered on the machine.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

# With JupyterLab installed, `import jsonschema` builds 35 grammars of this module in 1.3 s only
# to check IRIs, which no notebook holds. jsonschema does without when the import fails.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import nbformat  # noqa: E402
import papermill  # noqa: E402
from jupyter_client.asynchronous import AsyncKernelClient  # noqa: E402
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager  # noqa: E402
from jupyter_client.manager import AsyncKernelManager  # noqa: E402
from jupyter_core.utils import ensure_event_loop, run_sync  # noqa: E402
from papermill.clientwrap import PapermillNotebookClient  # noqa: E402
from papermill.engines import NBClientEngine, papermill_engines  # noqa: E402
from papermill.exceptions import PapermillExecutionError  # noqa: E402
from traitlets import default  # noqa: E402

from mmm import paths  # noqa: E402
from mmm.errors import NotebookError  # noqa: E402

START_TIMEOUT = 180
FAILURES = (PapermillExecutionError, TimeoutError, RuntimeError, NotebookError)
CellHook = Callable[..., None]


def kernel_environment(study_file: Path, output: Path) -> dict[str, str]:
    """Return the variables of a kernel that decide what a run writes.

    Parameters
    ----------
    study_file : Path
        The ``study.toml`` the notebooks open.
    output : Path
        The folder they write to.
    """
    source = Path(__file__).resolve().parents[1]
    threads = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
    return {
        paths.STUDY_FILE_VARIABLE: str(study_file),
        paths.OUTPUT_VARIABLE: str(output),
        **{f"{library}_NUM_THREADS": "1" for library in threads},
        "LC_ALL": "C.UTF-8",
        "MATPLOTLIBRC": str(source / "mmm" / "matplotlibrc"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(source),
        "PYTHONUTF8": "1",
        "PYTHONWARNINGS": "",
        "SOURCE_DATE_EPOCH": "1577836800",
        "TZ": "UTC",
    }


class ProjectKernelSpecs(KernelSpecManager):
    """Knows one kernel: this interpreter, whatever is registered on the machine."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        super().__init__()
        self._spec = KernelSpec(
            argv=list(command),
            # jupyter_client substitutes $NAME in these values; a path may hold a dollar sign.
            env={name: value.replace("$", "$$") for name, value in environment.items()},
            display_name="Python 3 (ipykernel)",
            language="python",
            metadata={"supported_encryption": ["curve"]},
        )

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002
        """Return the one specification.

        Parameters
        ----------
        kernel_name : str
            Ignored: a notebook cannot ask for another interpreter.
        """
        return self._spec


@dataclass(eq=False)
class Kernel:
    """A kernel and, once it has started, the connection to it."""

    manager: AsyncKernelManager
    client: AsyncKernelClient | None = None


class Kernels:
    """The kernels of one run; leaving the context stops those that still live.

    Parameters
    ----------
    imports : sequence of sequence of str
        Import statements of each notebook to come, in order.
    environment : mapping of str to str
        Variables set in every kernel.
    folder : Path
        Working folder of every kernel.
    """

    def __init__(
        self, imports: Sequence[Sequence[str]], environment: Mapping[str, str], folder: Path
    ) -> None:
        self.folder = folder
        self._imports = list(imports)
        self._private = tempfile.TemporaryDirectory(prefix="mmm-", ignore_cleanup_errors=True)
        # The user's IPython profile may start code of its own.
        profile = str(Path(self._private.name) / "ipython")
        self._environment = {**environment, "IPYTHONDIR": profile}
        self._living: list[Kernel] = []
        self._next: asyncio.Task[Kernel] | None = None

    def __enter__(self) -> Self:
        """Return the kernels, none of them started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything and remove the private folder."""
        try:
            self.cancel()
            for kernel in list(self._living):
                self.stop(kernel)
        finally:
            self._private.cleanup()

    def kernel_class(self, command: Sequence[str]) -> type[AsyncKernelManager]:
        """Return a kernel manager that runs one command in the run's environment.

        Parameters
        ----------
        command : sequence of str
            Arguments after ``python``.
        """
        specs = ProjectKernelSpecs([sys.executable, *command], self._environment)
        folder = self._private.name

        class ProjectKernel(AsyncKernelManager):
            @default("kernel_spec_manager")
            def _project_specs(self) -> ProjectKernelSpecs:
                return specs

            @default("connection_file")
            def _private_connection_file(self) -> str:
                return str(Path(folder) / f"kernel-{uuid4()}.json")

            @default("transport_encryption")
            def _encrypted(self) -> str:  # else every kernel warns on stderr
                return "auto"

        return ProjectKernel

    def take(self) -> Kernel:
        """Return a ready kernel for the next notebook, and begin to start the one after it."""
        loop = ensure_event_loop()
        kernel = loop.run_until_complete(self._next or self._begin(loop))
        self._next = self._begin(loop) if self._imports else None
        return kernel

    def _begin(self, loop: asyncio.AbstractEventLoop) -> asyncio.Task[Kernel]:
        """Start a kernel in the background; the loop runs while a notebook does."""
        return loop.create_task(self._start(self._imports.pop(0)))

    async def _start(self, imports: Sequence[str]) -> Kernel:
        command = ["-m", "mmm.warm_kernel", "{connection_file}", *imports]
        kernel = Kernel(self.kernel_class(command)(kernel_name="python3"))
        self._living.append(kernel)
        await kernel.manager.start_kernel(cwd=str(self.folder))
        kernel.client = kernel.manager.client()
        kernel.client.start_channels()
        await kernel.client.wait_for_ready(timeout=START_TIMEOUT)
        kernel.client.allow_stdin = False
        return kernel

    def stop(self, kernel: Kernel) -> None:
        """Stop a kernel at once and release its ports and files."""
        self._living.remove(kernel)
        if kernel.client is not None:
            kernel.client.stop_channels()
        run_sync(kernel.manager.shutdown_kernel)(now=True)

    def cancel(self) -> None:
        """Drop what still waits for a kernel, so that nothing complains when it is stopped."""
        loop = ensure_event_loop()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


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
        """Run a notebook; papermill calls this.

        Parameters
        ----------
        nb_man : NotebookExecutionManager
            The notebook and its progress.
        kernel_name : str
            Written to the notebook only.
        log_output : bool, default False
            Log what the cells print.
        start_timeout : int
            Seconds a kernel may take to start; a warm one has started.
        execution_timeout : int, optional
            Seconds a cell may take.
        **options : Any
            ``kernels``, and the hooks of nbclient's client.
        """
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

    Parameters
    ----------
    source : Path
        The notebook, which stays as it is.
    target : Path
        The executed copy.
    parameters : mapping of str to object
        Values to inject.
    engine : {"warm", "nbclient"}
        Who executes.
    kernels : Kernels
        The kernels of the run.
    timeout : int or None
        Seconds a cell may take.
    on_cell_start : callable
        Called with ``cell`` and ``cell_index``.

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
    options: dict[str, Any] = {"kernels": kernels}
    if engine != "warm":
        command = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
        options = {
            "kernel_manager_class": kernels.kernel_class(command),
            "record_timing": False,
            "shutdown_kernel": "immediate",  # else an interrupt comes first, which kernels report
        }
    running: list[nbformat.NotebookNode] = []
    try:
        return papermill.execute_notebook(
            nbformat.read(source, as_version=4),
            str(target).replace("{", "{{").replace("}", "}}"),  # papermill formats this path
            dict(parameters),
            engine_name=engine,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,  # a tenth of the time of a run
            cwd=kernels.folder,
            start_timeout=START_TIMEOUT,
            execution_timeout=timeout,
            on_cell_start=on_cell_start,
            on_notebook_start=lambda notebook: running.append(notebook),
            **options,
        )
    except BaseException:
        if running and not target.exists():  # papermill has saved it only if a cell raised
            target.write_text(to_text(running[0]), "utf-8", newline="\n")
        raise


def to_text(notebook: nbformat.NotebookNode) -> str:
    """Return a notebook as JSON text with a final line end."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"
