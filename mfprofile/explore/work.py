"""Run a query on the chain of each setting of a space: in this process, in a pool, or on a cluster.

Every query is one function of one chain. Results are returned in the order of the settings, so they do not depend on
the executor.
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

_SLICES = 64  # for progress, and for an even load of the workers
_MANY, _SLICE = 512, 64  # with more than 512 settings, a slice has at least 64: it is cheaper to count them together


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A space, the quantities of a query, and the convention: all that another process needs."""

    space: Space
    quantities: tuple[Quantity, ...]
    convention: str = "core"

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
    results: list[T | None] = []
    for part in _slice_results(question, task, [jobs[at : at + size] for at in range(0, len(jobs), size)], executor):
        results += part
        if progress is not None:
            progress(len(results), len(jobs))
    return results


def _slice_results(
    question: Question, task: Callable[..., T], slices: Sequence[Sequence[_Job]], executor: Executor | None
) -> Iterator[list[T | None]]:
    if executor is None:
        chains = question.chains().each([values for part in slices for values, _ in part])
        for part in slices:
            yield [
                None if chain is None else task(chain, *more) for (_, more), chain in zip(part, chains, strict=False)
            ]
        return
    pickled = pickle.dumps(question)
    futures = [executor.submit(_run_slice, pickled, task, part) for part in slices]
    try:
        yield from (future.result() for future in futures)
    except Exception:  # not for an interrupt: then the whole pool is shut down
        for future in futures:
            future.cancel()
        raise


def _run_slice(pickled: bytes, task: Callable[..., T], jobs: Sequence[_Job]) -> list[T | None]:
    """Return the results of some jobs; this function runs in a worker."""
    chains = _unpickled_chains(pickled).each([setting for setting, _ in jobs])
    return [None if chain is None else task(chain, *more) for chain, (_, more) in zip(chains, jobs, strict=True)]


@lru_cache(maxsize=1)
def _unpickled_chains(pickled: bytes) -> Chains:
    """Return the chains of a question; a worker builds their edges once for all its slices."""
    question: Question = pickle.loads(pickled)
    return question.chains()
