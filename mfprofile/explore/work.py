"""The outer loop of every query, over the settings of a space's globals: here, in a pool, or on a cluster.

A query is the same function of one chain whoever runs it, and results come back in the order of the settings, so that
they do not depend on the executor.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

from mfprofile.cost.conventions import find_convention
from mfprofile.explore.chain import Chain, Chains
from mfprofile.explore.edges import Values
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.settings import outer_settings
from mfprofile.explore.space import Space

T = TypeVar("T")

Progress = Callable[[int, int], None]
"""Called with how many settings are done, of how many."""

MEMORY = 1 << 30
"""How many bytes what is exact may take, where nothing else is said."""

STREAMED = 10**9
"""So many variants may be gone through one by one."""


class TooLargeError(Exception):
    """What is exact would take more memory than it may."""


_Job: TypeAlias = tuple[Values, tuple[Any, ...]]

_SLICES = 64  # for progress and balance
_MANY, _TOGETHER = 512, 64  # of many settings as many go together, since costing them together is cheaper


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked of a space: which quantities, in which convention; all that another process must know."""

    space: Space
    quantities: tuple[Quantity, ...]
    convention: str = "core"

    def chains(self) -> Chains:
        """Return the space's chains with those quantities as costs."""
        return Chains(self.space, self.quantities, find_convention(self.convention))

    def every(self) -> Iterator[Chain]:
        """Yield the chain of each setting that the rules allow, one at a time."""
        chains = self.chains()
        yield from (chain for chain in chains.each(chains.settings) if chain is not None)


def over_chains(
    question: Question,
    task: Callable[..., T],
    executor: Executor | None = None,
    progress: Progress | None = None,
    given: Mapping[int, Any] | None = None,
) -> list[T | None]:
    """Return what `task` makes of each setting's chain, in order; None where the rules refuse the setting.

    With an `executor` (anything with the interface of `concurrent.futures`) `task` must be picklable and is run there.
    Where values are `given` by the settings' numbers, only those are visited, and `task` has the value as well.
    """
    settings = outer_settings(question.space)
    jobs: list[_Job] = [(values, ()) for values in settings]
    if given is not None:
        jobs = [(settings[number], (value,)) for number, value in given.items()]
    size = max(1, -(-len(jobs) // _SLICES), _TOGETHER if len(jobs) > _MANY else 1)
    found: list[T | None] = []
    for part in _answers(question, task, [jobs[at : at + size] for at in range(0, len(jobs), size)], executor):
        found += part
        if progress is not None:
            progress(len(found), len(jobs))
    return found


def _answers(
    question: Question, task: Callable[..., T], slices: Sequence[Sequence[_Job]], executor: Executor | None
) -> Iterator[list[T | None]]:
    if executor is None:
        chains = question.chains()
        found = chains.each([values for part in slices for values, _ in part])
        for part in slices:
            yield [None if chain is None else task(chain, *more) for (_, more), chain in zip(part, found, strict=False)]
        return
    written = pickle.dumps(question)
    futures = [executor.submit(_elsewhere, written, task, part) for part in slices]
    try:
        yield from (future.result() for future in futures)
    except Exception:  # but not at an interrupt, when the pool is torn down with what it holds
        for future in futures:
            future.cancel()
        raise


def _elsewhere(written: bytes, task: Callable[..., T], jobs: Sequence[_Job]) -> list[T | None]:
    return _each(_chains(written), task, jobs)


@lru_cache(maxsize=1)
def _chains(written: bytes) -> Chains:
    """Return a question's chains; a worker makes their edges once for all its slices."""
    question: Question = pickle.loads(written)
    return question.chains()


def _each(chains: Chains, task: Callable[..., T], jobs: Sequence[_Job]) -> list[T | None]:
    found = zip(chains.each([values for values, _ in jobs]), jobs, strict=True)
    return [None if chain is None else task(chain, *more) for chain, (_, more) in found]
