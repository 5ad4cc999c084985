"""Independent fits side by side: in local processes or on a Dask cluster, through joblib.

The result does not depend on where the calls run: each one gets its own arguments and its own
seed, and BLAS gets one thread per process. A call travels to a cluster with its data inside, so
that a worker that is lost takes nothing along: the scheduler runs its calls again elsewhere.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import cloudpickle
from joblib import Parallel, delayed, parallel_config
from threadpoolctl import threadpool_limits

from mmm import paths
from mmm.errors import ClusterError, UsageError
from mmm.hashing import code_hash

if TYPE_CHECKING:
    from distributed import Client

Item = TypeVar("Item")
Answer = TypeVar("Answer")

SECONDS_TO_CONNECT = 10
#: An idle local process ends itself after so long, also when its parent was killed.
SECONDS_IDLE = 20
#: Packages whose versions may move a number; Dask adds Python and its own.
PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "statsmodels", "nutpie", "cloudpickle")
INSTALL = "pip install -r requirements.txt"
_lent = False  # whether this process works for another one's run_each


def run_each(
    function: Callable[[Item], Answer],
    items: Iterable[Item],
    *,
    jobs: int | None = None,
    dask: str | None = None,
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
    todo = list(items)
    if _lent:  # a call inside a call: every processor has its work already
        return [function(item) for item in todo]
    if address:
        return _on_cluster(function, todo, address)
    if min(jobs, len(todo)) <= 1:
        with threadpool_limits(1):
            return [function(item) for item in todo]
    # One call a batch: the calls take long beside the 0.1 ms of sending one, and long batches
    # at the end would leave the other processes idle.
    with parallel_config(backend="loky", inner_max_num_threads=1):
        farm = Parallel(n_jobs=jobs, batch_size=1, idle_worker_timeout=SECONDS_IDLE)
        return list(farm(delayed(_capped)(function, item) for item in todo))


def _capped(function: Callable[[Item], Answer], item: Item) -> Answer:
    """Call a function in a process that has been lent for it: BLAS keeps to one thread."""
    global _lent
    _lent = True
    threadpool_limits(1)  # not undone, as another thread of the process may be computing
    return function(item)


def _unpack(call: bytes) -> Any:
    function, item = cloudpickle.loads(call)
    return _capped(function, item)


def _on_cluster(
    function: Callable[[Item], Answer], items: list[Item], address: str
) -> list[Answer]:
    """Send calls as bytes, which joblib leaves in the task instead of on one of the workers."""
    calls = (delayed(_unpack)(cloudpickle.dumps((function, item))) for item in items)
    with connect(address) as client, parallel_config(backend=_far_backend(client)):
        from distributed.scheduler import KilledWorker

        try:
            return list(Parallel(batch_size=1, pre_dispatch="4 * n_jobs")(calls))
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


def _far_backend(client: Client) -> Any:
    """Return joblib's Dask backend, mended where it would not send or would not come back."""
    from joblib._dask import DaskDistributedBackend

    class FarBackend(DaskDistributedBackend):
        def effective_n_jobs(self, n_jobs: int) -> int:
            # It would run all calls here if the cluster has one core.
            return max(2, super().effective_n_jobs(n_jobs))

        def submit(self, func: Any, callback: Any = None) -> Future[Any]:
            # It says of a task that is lost for good nowhere, so that joblib would wait for ever.
            answer: Future[Any] = super().submit(func, callback)

            def tell(done: Future[Any]) -> None:
                if callback is not None and (lost := done.exception()) is not None:
                    callback(lost)

            answer.add_done_callback(tell)
            return answer

    return FarBackend(client=client)


@contextmanager
def connect(address: str) -> Iterator[Client]:
    """Connect to a cluster that runs the same versions as this process.

    Parameters
    ----------
    address : str
        Address of its scheduler.

    Raises
    ------
    UsageError
        If ``distributed`` is not installed.
    ClusterError
        If nothing answers, there is no worker, or a version differs.
    """
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(
            "--dask needs the package distributed. Install it: pip install -e .[dask]"
        ) from None
    try:
        client = Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:  # TimeoutError is an OSError
        raise ClusterError(
            f"--dask {address}: no scheduler answers there ({type(error).__name__}). "
            f"Start one with `dask scheduler`, or mend the address: tcp://HOST:8786."
        ) from None
    with _quiet(logging.getLogger("distributed.client")), client:
        _require_workers(client, address)
        _require_same_versions(client, address)
        yield client


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
        shown = [f"  {problem}" for problem in problems[:8]]
        more = [f"  ... and {len(problems) - 8} more"] if len(problems) > 8 else []
        raise ClusterError(
            "\n".join(
                [
                    f"--dask {address}: {len(problems)} differences between this machine and the "
                    "cluster. Its numbers could differ.",
                    *shown,
                    *more,
                    f"Install the same there (`{INSTALL}` from the same commit), restart it, "
                    "then run again.",
                ]
            )
        )


def differences(
    here: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]], *, scheduler: bool = False
) -> list[str]:
    """Say which versions differ from this process's.

    Parameters
    ----------
    here : mapping of str to str
        Version per package of this process.
    others : mapping of str to mapping
        The same of other processes, by their name.
    scheduler : bool, default False
        Compare only what a scheduler needs: it computes nothing.

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
