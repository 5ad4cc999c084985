"""The kernels of a run: this interpreter, a fixed environment, started ahead of time."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4

# With JupyterLab installed, `import jsonschema` builds 35 grammars of this module in 1.3 s only
# to check IRIs, which no notebook holds. jsonschema does without when the import fails.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import psutil  # noqa: E402
from jupyter_client.asynchronous import AsyncKernelClient  # noqa: E402
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager  # noqa: E402
from jupyter_client.manager import AsyncKernelManager  # noqa: E402
from jupyter_core.utils import ensure_event_loop, run_sync  # noqa: E402
from traitlets import default  # noqa: E402

from mmm import paths  # noqa: E402
from mmm.parallel import ONE_THREAD  # noqa: E402

START_TIMEOUT = 180
#: Kernels that wait, imports done, while a notebook runs: short ones follow a long one.
WAITING = 3

Imports = tuple[str, ...]


def kernel_environment(
    study_file: Path, output: Path, *, jobs: int = 1, dask: str = ""
) -> dict[str, str]:
    """Return the variables of a kernel that decide what a run writes."""
    source = Path(__file__).resolve().parents[2]
    return {
        paths.STUDY_FILE_VARIABLE: str(study_file),
        paths.OUTPUT_VARIABLE: str(output),
        paths.JOBS_VARIABLE: str(jobs),
        paths.DASK_VARIABLE: dask,
        **ONE_THREAD,
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
        """Return the one specification."""
        return self._spec


@dataclass(eq=False)
class Kernel:
    """A kernel and, once it has started, the connection to it."""

    manager: AsyncKernelManager
    client: AsyncKernelClient | None = None


class Kernels:
    """The kernels of one run; leaving the context stops those that still run.

    Parameters
    ----------
    environment : mapping of str to str
        Variables set in every kernel.
    folder : Path
        Working folder of every kernel.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.folder = folder
        self._now: Imports = ()
        self._later: list[Imports] = []
        self._private = tempfile.TemporaryDirectory(prefix="mmm-", ignore_cleanup_errors=True)
        # The user's IPython profile may start code of its own.
        profile = str(Path(self._private.name) / "ipython")
        self._environment = {**environment, "IPYTHONDIR": profile}
        self._living: list[Kernel] = []
        self._waiting: list[tuple[Imports, asyncio.Task[Kernel]]] = []
        self._turn = asyncio.Lock()

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
        """Return a kernel manager that runs one command in the run's environment."""
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

    def expect(self, now: Imports, later: Sequence[Imports]) -> None:
        """Say which notebooks come, and launch the first kernel, which then warms up by itself."""
        self._now, self._later = now, list(later[:WAITING])
        if not self._living:
            loop = ensure_event_loop()
            kernel = loop.run_until_complete(self._launch(now))
            self._waiting.append((now, loop.create_task(self._connect(kernel))))

    def take(self) -> Kernel:
        """Return a ready kernel for the next notebook, and begin to start those after it."""
        loop = ensure_event_loop()
        wanted = [self._now, *self._later]
        for entry in [entry for entry in self._waiting if entry[0] not in wanted]:
            self._waiting.remove(entry)  # its notebook has turned out to be unchanged
            self.stop(loop.run_until_complete(entry[1]))
        # In the background: the loop runs while a notebook does.
        for imports in wanted:
            if imports not in [waiting for waiting, _ in self._waiting]:
                self._waiting.append((imports, loop.create_task(self._start(imports))))
        entry = next(entry for entry in self._waiting if entry[0] == self._now)
        self._waiting.remove(entry)
        return loop.run_until_complete(entry[1])

    async def _start(self, imports: Imports) -> Kernel:
        """Start a kernel once those before it are ready: notebooks need a processor, too."""
        async with self._turn:
            return await self._connect(await self._launch(imports))

    async def _launch(self, imports: Imports) -> Kernel:
        command = ["-m", "mmm.run.warm_kernel", "{connection_file}", *imports]
        kernel = Kernel(self.kernel_class(command)(kernel_name="python3"))
        self._living.append(kernel)
        await kernel.manager.start_kernel(cwd=str(self.folder))
        return kernel

    async def _connect(self, kernel: Kernel) -> Kernel:
        kernel.client = kernel.manager.client()
        kernel.client.start_channels()
        await kernel.client.wait_for_ready(timeout=START_TIMEOUT)
        kernel.client.allow_stdin = False
        return kernel

    def stop(self, kernel: Kernel) -> None:
        """Stop a kernel and the processes it has started, and release its ports and files."""
        self._living.remove(kernel)
        helpers = processes_below(kernel.manager)
        if kernel.client is not None:
            kernel.client.stop_channels()
        run_sync(kernel.manager.shutdown_kernel)(now=True)
        for helper in helpers:
            with contextlib.suppress(psutil.NoSuchProcess):
                helper.kill()

    def cancel(self) -> None:
        """Drop what still waits for a kernel, so that nothing complains when it is stopped."""
        loop = ensure_event_loop()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


def processes_below(manager: AsyncKernelManager) -> list[psutil.Process]:
    """List the processes that a kernel has started, and those that these have started."""
    pid = getattr(manager.provisioner, "pid", None)
    try:
        return psutil.Process(pid).children(recursive=True) if pid else []
    except psutil.NoSuchProcess:
        return []


def cause_of_death(manager: AsyncKernelManager) -> str:
    """Say how the process of a dead kernel ended."""
    process = getattr(manager.provisioner, "process", None)
    code = None if process is None else process.poll()
    if code is None:
        return ""
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
