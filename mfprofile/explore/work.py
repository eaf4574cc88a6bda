"""Run a query on the chain of each setting of a space: in this process, in a pool, or on a cluster.

Every query is one function of one chain. Results are returned in the order of the settings, so they do not depend on
the executor.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.weights import Counting
from mfprofile.explore.chain import Chain, Chains
from mfprofile.explore.pools import awaited, lost_workers
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.settings import GlobalSetting, global_settings
from mfprofile.explore.space import Space

T = TypeVar("T")

Progress = Callable[[int, int], None]
"""A function that is called with the number of settings that are done, and the number of all settings."""

MEMORY = 1 << 30
"""The default memory for exact answers, in bytes."""

STREAMED = 10**9
"""The largest number of variants that a query visits one by one."""


_Job: TypeAlias = tuple[GlobalSetting, tuple[Any, ...]]

_LOG = logging.getLogger(__name__)
_SLICES = 64  # for progress, and for an even load of the workers
_MANY, _SLICE = 512, 64  # with more than 512 settings, a slice has at least 64: it is cheaper to count them together


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A space, the quantities of a query, and the convention: all that another process needs."""

    space: Space
    quantities: tuple[Quantity, ...]
    convention: Counting = "core"

    def chains(self) -> Chains:
        """Return the space's chains, with the quantities as costs."""
        return Chains(self.space, self.quantities, find_convention(self.convention))

    def every(self) -> Iterator[Chain]:
        """Yield the chain of each valid setting, one at a time."""
        chains = self.chains()
        yield from (chain for chain in chains.each(chains.settings) if chain is not None)


def over_chains(
    question: Question,
    task: Callable[..., T],
    executor: Executor | None = None,
    progress: Progress | None = None,
    inputs: Mapping[int, Any] | None = None,
) -> list[T | None]:
    """Return the result of `task` for the chain of each setting, in order, or None where the rules refuse the setting.

    With an `executor` (anything with the interface of `concurrent.futures`) the task runs there, and must be picklable.
    With `inputs`, by the index of the setting, only these settings are visited, and each call is `task(chain, input)`.
    """
    settings = global_settings(question.space)
    jobs: list[_Job] = [(setting, ()) for setting in settings]
    if inputs is not None:
        jobs = [(settings[number], (value,)) for number, value in inputs.items()]
    size = max(1, -(-len(jobs) // _SLICES), _SLICE if len(jobs) > _MANY else 1)
    slices = [jobs[at : at + size] for at in range(0, len(jobs), size)]
    results: list[T | None] = []
    if progress is not None:
        progress(0, len(jobs))
    parts = _in_this_process(question, task, slices) if executor is None else _shared(question, task, slices, executor)
    for part in parts:
        results += part
        if progress is not None:
            progress(len(results), len(jobs))
    return results


def _in_this_process(
    question: Question, task: Callable[..., T], slices: Sequence[Sequence[_Job]]
) -> Iterator[list[T | None]]:
    chains = question.chains().each([setting for part in slices for setting, _ in part])
    for part in slices:
        yield [None if chain is None else task(chain, *more) for (_, more), chain in zip(part, chains, strict=False)]


def _shared(
    question: Question, task: Callable[..., T], slices: Sequence[Sequence[_Job]], executor: Executor
) -> Iterator[list[T | None]]:
    """Yield the results of the slices from the workers of an executor.

    If the workers are lost, what they have done is kept, a warning is logged, and this process does the rest.
    """
    pickled = pickle.dumps(question)
    futures = _submitted(pickled, task, slices, executor)
    lost = not futures  # there was a warning before
    for at, part in enumerate(slices):
        answer = None
        try:
            if at < len(futures) and (not lost or futures[at].done()):
                answer = awaited(executor, futures[at])
        except Exception as error:  # not for an interrupt: then the whole pool is shut down
            reason = lost_workers(error)
            if not reason:
                _cancel(futures)
                raise
            if not lost:
                _LOG.warning("warning: %s; this process does the rest alone", reason)
            lost = True
        yield _run_slice(pickled, task, part) if answer is None else answer
    if lost:
        _cancel(futures)


def _cancel(futures: Sequence[Future[Any]]) -> None:
    for future in futures:
        future.cancel()


def _submitted(
    pickled: bytes, task: Callable[..., T], slices: Sequence[Sequence[_Job]], executor: Executor
) -> list[Future[list[T | None]]]:
    """Return the futures of the slices, fewer if the workers are lost."""
    futures: list[Future[list[T | None]]] = []
    try:
        futures.extend(executor.submit(_run_slice, pickled, task, part) for part in slices)
    except Exception as error:
        if not lost_workers(error):
            raise
    return futures


def _run_slice(pickled: bytes, task: Callable[..., T], jobs: Sequence[_Job]) -> list[T | None]:
    """Return the results of some jobs; this function runs in a worker."""
    chains = _unpickled_chains(pickled).each([setting for setting, _ in jobs])
    return [None if chain is None else task(chain, *more) for chain, (_, more) in zip(chains, jobs, strict=True)]


@lru_cache(maxsize=1)
def _unpickled_chains(pickled: bytes) -> Chains:
    """Return the chains of a question; a worker builds their edges once for all its slices."""
    question: Question = pickle.loads(pickled)
    return question.chains()
