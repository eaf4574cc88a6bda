"""The outer loop of every query, over the settings of a space's globals: here, in a pool, or on a cluster.

A query is the same function of one chain whoever runs it, and results come back in the order of the settings, so that
they do not depend on the executor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from mfprofile.cost.conventions import convention
from mfprofile.explore.chain import Chain, Chains, outer_settings
from mfprofile.explore.edges import Values
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.space import Space

T = TypeVar("T")

Progress = Callable[[int, int], None]
"""Called with how many settings are done, of how many."""

_SLICES = 64  # for progress and balance: each slice makes the edges of its chains anew


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked of a space: which quantities, in which convention; all that another process must know."""

    space: Space
    quantities: tuple[Quantity, ...]
    convention: str = "core"

    def chains(self) -> Chains:
        """Return the space's chains with those quantities as costs."""
        return Chains(self.space, self.quantities, convention(self.convention))


def over_chains(
    question: Question,
    task: Callable[[Chain], T],
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[T | None]:
    """Return what `task` makes of each setting's chain, in order; None where the rules refuse the setting.

    With an `executor` (anything with the interface of `concurrent.futures`) `task` must be picklable and is run there.
    """
    settings = outer_settings(question.space)
    size = max(1, -(-len(settings) // _SLICES))
    slices = [settings[at : at + size] for at in range(0, len(settings), size)]
    found: list[T | None] = []
    for part in _answers(question, task, slices, executor):
        found += part
        if progress is not None:
            progress(len(found), len(settings))
    return found


def _answers(
    question: Question, task: Callable[[Chain], T], slices: Sequence[Sequence[Values]], executor: Executor | None
) -> Iterator[list[T | None]]:
    if executor is None:
        chains = question.chains()
        yield from (_each(chains, task, part) for part in slices)
        return
    futures = [executor.submit(_elsewhere, question, task, part) for part in slices]
    try:
        yield from (future.result() for future in futures)
    finally:
        for future in futures:
            future.cancel()


def _elsewhere(question: Question, task: Callable[[Chain], T], settings: Sequence[Values]) -> list[T | None]:
    return _each(question.chains(), task, settings)


def _each(chains: Chains, task: Callable[[Chain], T], settings: Sequence[Values]) -> list[T | None]:
    found = (chains.chain(values) for values in settings)
    return [None if chain is None else task(chain) for chain in found]
