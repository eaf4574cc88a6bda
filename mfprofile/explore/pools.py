"""Who does the work: this process, a pool of processes on this machine, or a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from mfprofile.spec.problems import InputError

_PATIENCE = "10s"


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
    pool = ProcessPoolExecutor(number, initializer=_quiet)
    try:
        yield pool
    except BrokenProcessPool:
        raise InputError(
            "a worker process died, most likely for want of memory: give fewer --workers, or less --memory"
        ) from None
    except KeyboardInterrupt:
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    finally:
        pool.shutdown()


def _quiet() -> None:
    """Let an interrupt end a worker without a traceback; the process that is asked tells of it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


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
