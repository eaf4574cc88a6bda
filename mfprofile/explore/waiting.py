"""Wait for the work of an executor, and know when its workers are lost."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from mfprofile.explore.pools import Cluster
from mfprofile.spec.words import raised

T = TypeVar("T")

_CHECK_EVERY = 1.0  # seconds between two looks at a cluster


def finished(executor: Executor, futures: Iterable[Future[T]]) -> tuple[set[Future[T]], str]:
    """Return those of some futures that are done, as soon as there are any, and why the workers are lost, if so."""
    waiting, done = list(futures), set[Future[T]]()
    while not done:
        done = wait(waiting, _CHECK_EVERY, FIRST_COMPLETED).done
        if not done and isinstance(executor, Cluster):
            try:
                executor.check()
            except Exception as error:
                if reason := lost_workers(error):
                    return done, reason
                raise
    return done, next(filter(None, map(why_lost, done)), "")


def why_lost(future: Future[Any]) -> str:
    """Return why the workers of a future that is done are lost, or an empty text if it ended in another way."""
    try:
        error = future.exception()
    except CancelledError as cancelled:
        error = cancelled
    return lost_workers(error) if isinstance(error, Exception) else ""


def lost_workers(error: Exception) -> str:
    """Return why the workers are gone, or an empty text if the error is another one."""
    if isinstance(error, BrokenProcessPool):
        return "a worker process died, probably because memory ran out"
    if isinstance(error, CancelledError):
        return "the Dask cluster is gone"
    if isinstance(error, BrokenExecutor):
        return f"the Dask cluster does not answer: {error}"
    if type(error).__module__.partition(".")[0] == "distributed":
        return f"the Dask cluster failed: {raised(error)}"
    return ""
