"""The executors of a query: this process, a pool of processes on this machine, or a Dask cluster."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Any, ParamSpec, TypeVar

from mfprofile.errors import InputError
from mfprofile.signals import ENDING
from mfprofile.spec.words import in_one_line

_CONNECT_FOR = 10.0  # seconds
_INTERRUPT_EVERY, _INTERRUPT_FOR = 0.05, 10.0  # seconds; afterwards the workers are killed

_EMPTY_FOR = 10.0  # seconds that a cluster can be without workers
_PR_SET_PDEATHSIG = 1
_HELD = (signal.SIGINT, *ENDING)

P = ParamSpec("P")
T = TypeVar("T")


def usable_cpus() -> int:
    """Return the number of CPUs that this process can use, which can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def workers(number: int) -> Iterator[Executor | None]:
    """Yield a pool of processes that all end with the block, or None for one process, which means this one.

    There are `number` of them, but of more than two at most one for each usable CPU. They also end when this process is
    killed. Raises `InputError` for a `number` below 1.
    """
    if number < 1:
        raise InputError(f"the number of workers is {number}; it must be 1 or more")
    number = min(number, max(2, usable_cpus()))
    if number == 1:
        yield None
        return
    other_children = multiprocessing.active_children()
    pool = _Pool(number, initializer=_start_worker)
    try:
        with _signals_held():
            pool.submit(int)  # starts the processes now, before there are other threads
        yield pool
    except KeyboardInterrupt:
        _interrupt(pool, [child for child in multiprocessing.active_children() if child not in other_children])
        raise
    finally:
        pool.shutdown()


@contextmanager
def _signals_held() -> Iterator[None]:
    """Have signals wait for the end of the block: while a process forks, Python would ignore what handlers raise."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Pool(ProcessPoolExecutor):
    """A pool whose workers react to an interrupt only while they run a function.

    If a worker died while it was sending a result or receiving a call, the pool would wait for it forever.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a function in a worker."""
        return super().submit(partial(_call_interruptible, fn, *args, **kwargs))


def _start_worker() -> None:
    """Let a worker ignore interrupts, which the main process reports, and end with the main process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)
    parent = multiprocessing.parent_process()
    assert parent is not None
    if sys.platform == "linux" and multiprocessing.get_start_method() == "fork":
        # Also while a function of C keeps the thread waiting.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    """Wait for the end of the parent, and end this process."""
    parent.join()
    os._exit(1)


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
    with _without_logs("distributed", "tornado", "asyncio"):  # they write tracebacks when a cluster goes away
        _check_scheduler(address)
        with connect(address, timeout=f"{_CONNECT_FOR}s", set_as_default=False) as client:
            yield Cluster(client)


def _check_scheduler(address: str) -> None:
    """Raise `InputError` if no scheduler answers. A client that cannot connect would wait and write a traceback."""
    from distributed.core import rpc

    connect: Any = rpc

    async def answer() -> str:
        async with connect(address) as server:
            return str((await asyncio.wait_for(server.identity(), _CONNECT_FOR))["type"])

    try:
        with ThreadPoolExecutor(1) as thread:  # this thread can have an event loop, as in a notebook
            kind = thread.submit(lambda: asyncio.run(answer())).result()
    except Exception as error:  # Dask raises many types, some of them its own
        reason = in_one_line(str(error)) or f"timed out after {_CONNECT_FOR:g} s"
        raise InputError(f"--dask {address}: no cluster answers at this address: {reason}") from None
    if kind != "Scheduler":
        raise InputError(f"--dask {address}: this is the address of a {kind}; use that of the scheduler")


class Cluster(Executor):
    """The workers of a Dask client."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.executor = client.get_executor()
        self.empty_since: float | None = None

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a function on the cluster. Raises `BrokenExecutor` if it is gone."""
        self.check()
        future: Future[T] = self.executor.submit(fn, *args, **kwargs)
        return future

    def check(self) -> None:
        """Raise `BrokenExecutor` if the scheduler is gone, or if there has been no worker for some seconds."""
        if self.client.status != "running":
            raise BrokenExecutor("the scheduler is gone")
        if self.client.scheduler_info()["workers"]:
            self.empty_since = None
        elif self.empty_since is None:
            self.empty_since = time.monotonic()
        elif time.monotonic() - self.empty_since > _EMPTY_FOR:
            raise BrokenExecutor("it has no worker")


@contextmanager
def _without_logs(*names: str) -> Iterator[None]:
    """Turn the loggers of some packages off inside the block."""
    loggers = [
        logger
        for name, logger in logging.root.manager.loggerDict.items()
        if isinstance(logger, logging.Logger) and name.partition(".")[0] in names and not logger.disabled
    ]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger in loggers:
            logger.disabled = False
