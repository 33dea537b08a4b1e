"""Running the tasks: on this machine, or by Dask on many. Outcomes come in the order of the list."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from conformance.errors import UsageError
from conformance.fleet.task import checked, not_checked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from conformance.fleet.checkouts import Checkout, Outcome

__all__ = ["run_with_dask", "run_with_processes"]


def run_with_processes(
    checkouts: Sequence[Checkout],
    *,
    workers: int,
    seconds: float,
    progress: Callable[[str, int, int], None],
    command: Sequence[str] = (),
) -> tuple[Outcome, ...]:
    """Check each in a process of its own, so many at a time."""
    with ThreadPoolExecutor(workers, "fleet") as pool:
        try:
            futures = [pool.submit(checked, checkout, seconds, command) for checkout in checkouts]
            for number, _ in enumerate(as_completed(futures), 1):
                progress("checking", number, len(checkouts))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return tuple(future.result() for future in futures)


def run_with_dask(
    checkouts: Sequence[Checkout],
    *,
    scheduler: str,
    workers: int,
    seconds: float,
    progress: Callable[[str, int, int], None],
    command: Sequence[str] = (),
) -> tuple[Outcome, ...]:
    """Check each as a task of Dask: of the cluster at an address, or of one on this machine where there is none.

    A task whose worker was lost is tried once more when the others are done, and alone: Dask gives up a task whose
    worker was lost several times, and cannot tell which of its tasks was the cause.

    Raises:
        UsageError: Dask is not installed, or does not answer at that address.
    """
    try:
        from distributed import Client, KilledWorker  # noqa: PLC0415 - an extra
        from distributed import as_completed as done_of  # noqa: PLC0415
    except ImportError as error:
        raise UsageError("Dask is not installed: pip install 'fastapi-conformance[fleet]'") from error
    with ExitStack() as stack:
        cluster: Any = scheduler or stack.enter_context(_cluster(workers))
        try:
            client = stack.enter_context(Client(cluster, timeout=10))
        except OSError as error:
            raise UsageError(f"no scheduler of Dask answers at {scheduler}") from error

        def submitted(checkout: Checkout) -> Any:  # noqa: ANN401 - untyped
            return client.submit(checked, checkout, seconds, tuple(command), pure=False)

        futures = [submitted(checkout) for checkout in checkouts]
        made: dict[str, Outcome] = {}
        for number, future in enumerate(done_of(futures, raise_errors=False), 1):
            progress("checking", number, len(checkouts))
            with suppress(KilledWorker):
                if future.status == "finished":  # taken at once: what a worker keeps is lost with it, and made again
                    made[future.key] = future.result()
                    future.release()
        outcomes: list[Outcome] = []
        for checkout, future in zip(checkouts, futures, strict=True):
            if future.key in made:
                outcomes.append(made[future.key])
                continue
            if isinstance(future.exception(), KilledWorker):
                future = submitted(checkout)  # noqa: PLW2901
            match future.exception():
                case None:
                    outcomes.append(future.result())
                case KilledWorker():
                    outcomes.append(not_checked(checkout, "its worker was lost, each time that it was tried"))
                case error:
                    outcomes.append(not_checked(checkout, f"its task failed: {type(error).__name__}: {error}"))
        return tuple(outcomes)


@contextmanager
def _cluster(workers: int) -> Iterator[Any]:
    """Give a cluster on this machine.

    A worker that is lost is started again by what watches it. Dask would put an end to that where the worker is not
    there 15 seconds later, as one that was lost again is not, and wait for ever when none is left. The pages cannot be
    left out, and without an address they want port 8787, which another cluster may have.
    """
    import dask  # noqa: PLC0415 - an extra
    from distributed import LocalCluster  # noqa: PLC0415

    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1000 days"}),
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
    ):
        yield cluster
