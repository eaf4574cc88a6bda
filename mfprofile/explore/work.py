"""Run a query on the chain of each setting of a space: in this process, in a pool, or on a cluster.

Every query is one function of one chain. Its work is cut into slices: some settings, or a part of the chain of one
setting. Slices depend on the question alone, and their results are returned in order. So an answer does not depend on
the executor, and a slice that was computed before (`resume`) needs not be computed again.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, TypeVar

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.weights import Counting
from mfprofile.explore.chain import Chain, Chains
from mfprofile.explore.parts import part_of
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.resume import Resumable
from mfprofile.explore.settings import global_settings
from mfprofile.explore.slices import Job, Slice, jobs_of, slices_of
from mfprofile.explore.space import Space
from mfprofile.explore.waiting import finished, lost_workers, why_lost

T = TypeVar("T")

Progress = Callable[[int, int], None]
"""A function that is called with the number of parts that are done, and the number of all parts."""

MEMORY = 1 << 30
"""The default memory for exact answers, in bytes."""

STREAMED = 10**9
"""The largest number of variants that a query visits one by one."""

_LOG = logging.getLogger(__name__)


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
    merge: Callable[[list[T]], T] | None = None,
    effort: int = 1,
) -> list[T | None]:
    """Return the result of `task` for the chain of each setting, in order, or None where the rules refuse the setting.

    With an `executor` (anything with the interface of `concurrent.futures`) the task runs there, and must be picklable.
    With `inputs`, by the index of the setting, only these settings are visited, and each call is `task(chain, input)`.
    With `merge`, large chains are split where there are few settings: the task runs on each part, and `merge` makes
    the result of the whole chain from those of its parts. A task that returns edges returns those of `parts.whole`.
    `effort` is about how much longer the task takes than the sums of one quantity: the shorter it is, the fewer parts.
    """
    settings = global_settings(question.space)
    jobs = jobs_of(question.space, settings, inputs, 0 if merge is None else effort)
    slices = slices_of(question.space, settings, jobs)
    results: list[T | None] = []
    if progress is not None:
        progress(0, len(jobs))
    for part in _answered(question, task, slices, executor):
        results += part
        if progress is not None:
            progress(len(results), len(jobs))
    return results if merge is None else list(_merged(jobs, results, merge))


def _merged(jobs: Sequence[Job], results: Sequence[Any], merge: Callable[[list[Any]], T]) -> Iterator[T | None]:
    """Yield the result of each setting, from those of its parts."""
    pairs = zip(jobs, results, strict=True)
    for _, group in groupby(pairs, key=lambda pair: pair[0].at):
        parts = [result for _, result in group]
        yield parts[0] if len(parts) == 1 else merge([part for part in parts if part is not None])


def _answered(
    question: Question, task: Callable[..., T], slices: Sequence[Slice], executor: Executor | None
) -> Iterator[list[T | None]]:
    """Yield the results of each slice; with a `Resumable`, those that it keeps are not computed."""
    if not isinstance(executor, Resumable):
        yield from _computed(question, task, slices, executor, _not_kept)
        return
    call = executor.call(question, task)
    known = {at: answer for at, part in enumerate(slices) if (answer := call.read(part)) is not None}
    missing = [part for at, part in enumerate(slices) if at not in known]
    rest = _computed(question, task, missing, executor.executor, lambda at, answer: call.keep(missing[at], answer))
    for at in range(len(slices)):
        yield known.pop(at) if at in known else next(rest)


_Keep = Callable[[int, list[Any]], None]
"""A function that is called once with the index and the results of each slice, as soon as they are there."""


def _computed(
    question: Question, task: Callable[..., T], slices: Sequence[Slice], executor: Executor | None, keep: _Keep
) -> Iterator[list[T | None]]:
    return _alone(question, task, slices, keep) if executor is None else _shared(question, task, slices, executor, keep)


def _not_kept(at: int, answer: list[Any]) -> None:
    """Keep no result."""


def _alone(
    question: Question, task: Callable[..., T], slices: Sequence[Slice], keep: _Keep
) -> Iterator[list[T | None]]:
    """Yield the results of the slices from this process."""
    results = _results(question.chains(), task, [job for part in slices for job in part])
    for at, part in enumerate(slices):
        answer = [next(results) for _ in part]
        keep(at, answer)
        yield answer


def _shared(
    question: Question, task: Callable[..., T], slices: Sequence[Slice], executor: Executor, keep: _Keep
) -> Iterator[list[T | None]]:
    """Yield the results of the slices from the workers of an executor.

    If the workers are lost, what they have done is kept, a warning is logged, and this process does the rest.
    """
    pickled = pickle.dumps(question)
    futures = _submitted(pickled, task, slices, executor)
    arriving = _arriving(executor, futures)
    arrived: dict[int, Future[list[T | None]]] = {}
    for at, part in enumerate(slices):
        while at not in arrived and (new := next(arriving, None)):
            number, future = new
            arrived[number] = future
            if future.exception() is None:
                keep(number, future.result())
        if at in arrived:
            try:
                yield arrived.pop(at).result()
            except Exception:  # of the task; not for an interrupt: then the whole pool is shut down
                _cancel(futures)
                raise
        else:
            answer = _run_slice(pickled, task, part)
            keep(at, answer)
            yield answer


def _arriving(executor: Executor, futures: Sequence[Future[T]]) -> Iterator[tuple[int, Future[T]]]:
    """Yield each future that has a result or an error of the task, with its index, as soon as it has.

    If the workers are lost, the rest is cancelled, and a warning is logged.
    """
    waiting = {future: at for at, future in enumerate(futures)}
    while waiting:
        done, lost = finished(executor, waiting)
        for future in sorted(done, key=waiting.__getitem__):
            at = waiting.pop(future)
            if not why_lost(future):
                yield at, future
        if lost:
            _LOG.warning("warning: %s; this process does the rest alone", lost)
            _cancel(list(waiting))
            return


def _cancel(futures: Sequence[Future[Any]]) -> None:
    for future in futures:
        future.cancel()


def _submitted(
    pickled: bytes, task: Callable[..., T], slices: Sequence[Slice], executor: Executor
) -> list[Future[list[T | None]]]:
    """Return the futures of the slices, fewer if the workers are lost."""
    futures: list[Future[list[T | None]]] = []
    try:
        futures.extend(executor.submit(_run_slice, pickled, task, part) for part in slices)
    except Exception as error:
        if not lost_workers(error):
            raise
    return futures


def _run_slice(pickled: bytes, task: Callable[..., T], jobs: Slice) -> list[T | None]:
    """Return the results of some jobs; this function runs in a worker."""
    return list(_results(_unpickled_chains(pickled), task, jobs))


def _results(chains: Chains, task: Callable[..., T], jobs: Sequence[Job]) -> Iterator[T | None]:
    """Yield the result of each job; those of one setting follow each other."""
    by_setting = [list(group) for _, group in groupby(jobs, key=lambda job: job.at)]
    each = chains.each([group[0].setting for group in by_setting])
    for chain, group in zip(each, by_setting, strict=True):
        for job in group:
            yield None if chain is None else task(part_of(chain, job.part), *job.inputs)


@lru_cache(maxsize=1)
def _unpickled_chains(pickled: bytes) -> Chains:
    """Return the chains of a question; a worker builds their edges once for all its slices."""
    question: Question = pickle.loads(pickled)
    return question.chains()
