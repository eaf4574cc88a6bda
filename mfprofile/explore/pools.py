"""Who does the work: this process, a pool of processes on this machine, or a Dask cluster."""

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

from mfprofile.spec.problems import InputError

_PATIENCE = "10s"
_PAUSE, _LONGEST = 0.05, 10.0  # seconds between interrupts, and for which they are tried

P = ParamSpec("P")
T = TypeVar("T")


def usable_cpus() -> int:
    """Return how many CPUs this process may use, which may be fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def workers(number: int) -> Iterator[Executor | None]:
    """Give a pool of so many processes, None for one, since that is this process; all of them end with the block."""
    if number <= 1:
        yield None
        return
    others = multiprocessing.active_children()
    pool = _Pool(number, initializer=_deaf)
    try:
        yield pool
    except BrokenProcessPool:
        raise InputError(
            "a worker process died, most likely for want of memory: give fewer --workers, or less --ram"
        ) from None
    except KeyboardInterrupt:
        _interrupted(pool, [child for child in multiprocessing.active_children() if child not in others])
        raise
    finally:
        pool.shutdown()


class _Pool(ProcessPoolExecutor):
    """A pool whose workers hear an interrupt only while they work.

    One that died with an answer half told, or with a question half read, would leave the pool waiting for it for ever.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a worker call a function."""
        return super().submit(partial(_hearing, fn, *args, **kwargs))


def _deaf() -> None:
    """Let a worker pass over interrupts; the process that is asked tells of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _hearing(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function that an interrupt ends: its exception is the answer."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return function(*args, **kwargs)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interrupted(pool: _Pool, workers: Sequence[BaseProcess]) -> None:
    """Interrupt whatever workers do, and what they may have begun since, until none is left; kill those that stay."""
    pool.shutdown(wait=False, cancel_futures=True)
    until = time.monotonic() + _LONGEST
    while working := [worker for worker in workers if worker.is_alive()]:
        for worker in working:
            if time.monotonic() > until:
                worker.kill()
            elif worker.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGINT)
        time.sleep(_PAUSE)


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """Give the executor of the Dask cluster at an address, as tcp://HOST:PORT.

    Raises `InputError` where Dask is not installed or nobody answers there.
    """
    try:
        from distributed.client import Client
    except ImportError:
        raise InputError("--dask needs Dask: install mfprofile with its extra, as by pip install '.[dask]'") from None
    connect: Any = Client
    try:
        client = connect(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"--dask {address}: no cluster answers there: {str(error).splitlines()[0]}") from None
    with client:
        yield client.get_executor()
