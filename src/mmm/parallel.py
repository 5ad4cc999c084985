"""Independent fits side by side, in local processes (loky) or on a Dask cluster.

The result does not depend on where the calls run: each one gets its own arguments and its own
seed, and BLAS gets one thread per process. A call travels with its data inside, so that a worker
of a cluster that is lost takes nothing along: the scheduler runs its calls again elsewhere.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, as_completed
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import cloudpickle
from loky import get_reusable_executor
from threadpoolctl import threadpool_limits

from mmm import paths
from mmm.errors import ClusterError, UsageError
from mmm.formatting import indented, plural
from mmm.store import NUMERIC_PACKAGES, code_hash

if TYPE_CHECKING:
    from distributed import Client

Item = TypeVar("Item")
Answer = TypeVar("Answer")
OnResult = Callable[[Answer], object]

SECONDS_TO_CONNECT = 10
#: An idle local process ends itself after so long, also when its parent was killed.
SECONDS_IDLE = 20
#: What it costs until the first call runs elsewhere: imports of new processes; those that are
#: there from calls a moment ago; asking a cluster for its versions.
SECONDS_NEW, SECONDS_READY, SECONDS_CLUSTER = 2.5, 0.1, 0.5
#: Calls that take less than this travel together.
SECONDS_A_MESSAGE = 0.1
#: Packages that must be the same everywhere; Dask adds Python and its own.
PACKAGES = (*NUMERIC_PACKAGES, "cloudpickle")
WITH_PORT = {"tcp", "tls", "ws", "wss"}  # addresses of Dask that must name one
INSTALL = "pip install -r requirements.txt"
#: Variables that hold the numeric libraries of a new process to one thread.
ONE_THREAD = {
    f"{library}_NUM_THREADS": "1"
    for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMBA", "NUMEXPR", "VECLIB_MAXIMUM")
}
_lent = False  # whether this process works for another one's run_each
_limited = False  # whether BLAS is held to one thread
_ready_until = -math.inf  # local processes live at least so long, by the monotonic clock


def run_each(
    function: Callable[[Item], Answer],
    items: Iterable[Item],
    *,
    jobs: int | None = None,
    dask: str | None = None,
    short: bool = False,
    on_result: OnResult[Answer] | None = None,
) -> list[Answer]:
    """Call a function on each item, and return the answers in the order of the items.

    Parameters
    ----------
    function : callable
        Takes one item; must depend on nothing else that changes. What it raises is raised here.
    items : iterable
        Arguments of the independent calls. For a cluster each is pickled with its call.
    jobs : int, optional
        Local processes; what ``--jobs`` says if not given, else 1.
    dask : str, optional
        Address of a Dask scheduler such as ``tcp://127.0.0.1:8786``; what ``--dask`` says if not
        given. With a cluster `jobs` is ignored: it has as many processes as it has.
    short : bool, default False
        The calls may be too short to be worth sending: the first one runs here and is timed,
        and the others stay here, too, unless sending them saves time.
    on_result : callable, optional
        Told each answer as soon as it is there, in any order.

    Returns
    -------
    list
        The same values for any `jobs` and any cluster.

    Raises
    ------
    UsageError
        If `jobs` is less than 1, or ``distributed`` is not installed.
    ClusterError
        If the cluster cannot be reached, has other versions, or keeps losing workers.

    Examples
    --------
    >>> run_each(abs, [-2, 1, -3])
    [2, 1, 3]
    """
    jobs = paths.jobs() if jobs is None else jobs
    address = paths.dask_address() if dask is None else dask
    if jobs < 1:
        raise UsageError(f"jobs = {jobs}: give the number of processes, 1 or more.")
    todo, on_result = list(items), on_result or _ignore
    # A call inside a call stays: every processor has its work already.
    if _lent or not todo or not (address or min(jobs, len(todo)) > 1):
        return _here(function, todo, on_result)
    if not short:
        return _elsewhere(function, [[item] for item in todo], jobs, address, on_result)
    start = time.process_time()  # other work on the machine must not make a call look long
    first = _here(function, todo[:1], on_result)
    seconds = time.process_time() - start
    share = 1.0 if address else 1 - 1 / jobs
    if seconds * (len(todo) - 1) * share < _seconds_to_send(address):
        return first + _here(function, todo[1:], on_result)
    size = math.ceil(SECONDS_A_MESSAGE / max(seconds, 1e-6))
    groups = [todo[place : place + size] for place in range(1, len(todo), size)]
    return first + _elsewhere(function, groups, jobs, address, on_result)


def _ignore(_answer: object) -> None:
    """Take an answer that nobody waits for."""


def _here(
    function: Callable[[Item], Answer], items: list[Item], on_result: OnResult[Answer]
) -> list[Answer]:
    answers = []
    with _one_thread():
        for item in items:
            answers.append(function(item))
            on_result(answers[-1])
    return answers


@contextmanager
def _one_thread() -> Iterator[None]:
    """Hold BLAS to one thread, which takes 3 ms, unless a call around this one does."""
    global _limited
    if _limited:
        yield
        return
    with threadpool_limits(1):
        _limited = True
        try:
            yield
        finally:
            _limited = False


def _seconds_to_send(address: str) -> float:
    """Return what sending costs beside the calls themselves, as measured (docs/scale.md)."""
    if address:
        return SECONDS_CLUSTER
    return SECONDS_READY if time.monotonic() < _ready_until else SECONDS_NEW


def _elsewhere(
    function: Callable[[Item], Answer],
    groups: list[list[Item]],
    jobs: int,
    address: str,
    on_result: OnResult[Answer],
) -> list[Answer]:
    """Send groups of items, tell the answers as they come, and return them in order."""
    found: dict[int, list[Answer]] = {}
    with _on_cluster(address) if address else _in_processes(jobs) as executor:
        places = {
            executor.submit(_call, cloudpickle.dumps((function, group))): place
            for place, group in enumerate(groups)
        }
        for future in as_completed(places):
            # Forgotten here, or a cluster would compute it again once its worker is lost.
            place = places.pop(future)
            found[place] = future.result()
            for answer in found[place]:
                on_result(answer)
    return [answer for place in range(len(groups)) for answer in found[place]]


def _call(message: bytes) -> list[Any]:
    """Call a function on a group of items in a process that has been lent for it."""
    global _lent, _limited
    _lent = _limited = True
    threadpool_limits(1)  # not undone, as another thread of the process may be computing
    function, group = cloudpickle.loads(message)
    return [function(item) for item in group]


@contextmanager
def _in_processes(jobs: int) -> Iterator[Executor]:
    """Lend local processes, which wait for the next calls when these have completed."""
    global _ready_until
    executor = get_reusable_executor(jobs, timeout=SECONDS_IDLE, env=ONE_THREAD)
    try:
        yield executor
    except BaseException:
        executor.shutdown(kill_workers=True)  # nobody waits for what still runs
        raise
    _ready_until = time.monotonic() + SECONDS_IDLE / 2


@contextmanager
def _on_cluster(address: str) -> Iterator[Executor]:
    """Lend the workers of a cluster, and say so if it is lost for good."""
    with connect(address) as client:
        from distributed.scheduler import KilledWorker

        try:
            yield client.get_executor(pure=False)
        except KilledWorker as error:
            raise ClusterError(
                f"{address}: a task was on {error.allowed_failures + 1} workers when they were "
                f"lost. Too little memory is the usual reason. Give each worker more, or start "
                f"fewer on a machine; then run again."
            ) from error
        except CancelledError as error:
            raise ClusterError(
                f"{address}: the scheduler went away while it worked. Start it and its workers, "
                f"then run again."
            ) from error


@contextmanager
def connect(address: str) -> Iterator[Client]:
    """Connect to a cluster that runs the same versions as this process.

    Raises
    ------
    UsageError
        If ``distributed`` is not installed.
    ClusterError
        If the address is none, nothing answers, there is no worker, or a version differs.
    """
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(
            "--dask needs the package distributed. Install it: pip install -e .[dask]"
        ) from None
    _require_form(address)
    try:
        client = Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:  # TimeoutError is an OSError
        raise ClusterError(
            f"--dask {address}: no scheduler answers there ({type(error).__name__}). "
            f"Start one with `dask scheduler`, or correct the address: tcp://HOST:8786."
        ) from None
    with _quiet(logging.getLogger("distributed.client")), client:
        _require_workers(client, address)
        _require_same_versions(client, address)
        yield client


def _require_form(address: str) -> None:
    """Refuse what is no address; a client made for it would complain once more at its end."""
    from distributed.comm import get_address_host_port, parse_address
    from distributed.comm.registry import get_backend

    try:
        scheme, _ = parse_address(address)
        get_backend(scheme)
        port = get_address_host_port(address)[1] if scheme in WITH_PORT else 1
        if not 0 < port < 2**16:
            raise ValueError(f"there is no port {port}")
    except ValueError as error:
        raise ClusterError(
            f"--dask {address}: not an address of a scheduler: {error}. Write tcp://HOST:8786."
        ) from None


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Keep a lost connection, which our own errors name, from filling the screen as well."""
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _require_workers(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=SECONDS_TO_CONNECT)
    except TimeoutError:
        raise ClusterError(
            f"--dask {address}: the scheduler has no worker, so nothing would run. Start some: "
            f"dask worker {address} --nworkers 2 --nthreads 1"
        ) from None


def _require_same_versions(client: Client, address: str) -> None:
    found: dict[str, Any] = client.get_versions(packages=list(PACKAGES))  # type: ignore[assignment]
    here = found["client"]["packages"]
    problems = differences(here, {"scheduler": found["scheduler"]["packages"]}, scheduler=True)
    workers = {f"worker {name}": worker["packages"] for name, worker in found["workers"].items()}
    problems += differences(here, workers)
    own = code_hash()
    for name, other in client.run(_code_there, on_error="return").items():
        if other != own:
            problems.append(f"worker {name}: {_code_problem(other)}")
    if problems:
        raise ClusterError(
            f"--dask {address}: {plural(len(problems), 'difference')} between this machine and "
            f"the cluster. Its numbers could differ.\n{indented(problems)}\nInstall the same "
            f"there (`{INSTALL}` from the same commit), restart it, then run again."
        )


def differences(
    here: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]], *, scheduler: bool = False
) -> list[str]:
    """Say which versions differ from this process's.

    Examples
    --------
    >>> differences({"numpy": "2.4.6"}, {"worker a": {"numpy": "2.3.0"}})
    ['worker a: numpy 2.3.0, here 2.4.6']
    """
    names = ("python", "dask", "distributed", "tornado", "msgpack") if scheduler else here
    return [
        f"{other}: {name} {versions.get(name) or 'is missing'}, here {here[name]}"
        for other, versions in others.items()
        for name in names
        if name in here and versions.get(name) != here[name]
    ]


def _code_problem(other: object) -> str:
    if isinstance(other, str):
        return "other code in src/mmm than here"
    return f"cannot import mmm ({type(other).__name__})"


def _code_there() -> str:
    """Hash the code that a worker imports; sent by name."""
    return code_hash()
