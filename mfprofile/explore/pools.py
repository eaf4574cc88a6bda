"""The executors of a query: this process, a pool of processes on this machine, or a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Any, ParamSpec, TypeVar

from mfprofile.errors import InputError

_CONNECT_TIMEOUT = "10s"
_INTERRUPT_EVERY, _INTERRUPT_FOR = 0.05, 10.0  # seconds; afterwards the workers are killed

P = ParamSpec("P")
T = TypeVar("T")


def usable_cpus() -> int:
    """Return the number of CPUs that this process can use, which can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def workers(number: int) -> Iterator[Executor | None]:
    """Yield a pool of `number` processes that all end with the block, or None for 1, which means this process.

    Raises `InputError` if a worker dies.
    """
    if number <= 1:
        yield None
        return
    other_children = multiprocessing.active_children()
    pool = _Pool(number, initializer=_ignore_sigint)
    try:
        yield pool
    except BrokenProcessPool:
        raise InputError(
            "a worker process died, probably because memory ran out; give fewer --workers or less --ram"
        ) from None
    except KeyboardInterrupt:
        _interrupt(pool, [child for child in multiprocessing.active_children() if child not in other_children])
        raise
    finally:
        pool.shutdown()


class _Pool(ProcessPoolExecutor):
    """A pool whose workers react to an interrupt only while they run a function.

    If a worker died while it was sending a result or receiving a call, the pool would wait for it forever.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a function in a worker."""
        return super().submit(partial(_call_interruptible, fn, *args, **kwargs))


def _ignore_sigint() -> None:
    """Let a worker ignore interrupts; the main process reports them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _call_interruptible(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return the result of a function; an interrupt ends it with `KeyboardInterrupt`."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return function(*args, **kwargs)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interrupt(pool: _Pool, workers: Sequence[BaseProcess]) -> None:
    """Interrupt the workers until all have ended, since they can begin another call; kill those that do not end."""
    pool.shutdown(wait=False, cancel_futures=True)
    deadline = time.monotonic() + _INTERRUPT_FOR
    while alive := [worker for worker in workers if worker.is_alive()]:
        for worker in alive:
            if time.monotonic() > deadline:
                worker.kill()
            elif worker.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGINT)
        time.sleep(_INTERRUPT_EVERY)


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """Yield the executor of the Dask cluster at an address such as tcp://HOST:PORT.

    Raises `InputError` if Dask is not installed or no cluster answers at the address.
    """
    try:
        from distributed.client import Client
    except ImportError:
        raise InputError("--dask needs Dask; install it with pip install '.[dask]'") from None
    connect: Any = Client
    try:
        client = connect(address, timeout=_CONNECT_TIMEOUT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"--dask {address}: no cluster answers at this address: {str(error).splitlines()[0]}"
        ) from None
    with client:
        yield client.get_executor()
