"""Interleaved sweeps: time several calls in turn, so that a machine that drifts slows all of them alike.

A machine becomes faster and slower by ten percent and more within minutes. So no call is measured alone and to its end:
each sweep visits every call once, in a new order. A visit makes a call whose time is discarded, since it finds cold
caches, and two whose times count. The times of a sweep are compared with those of the same sweep.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

SWEEPS = 40
"""The default number of sweeps. Fourteen are enough on a quiet machine; on a busy one, they are too short a time."""
TIMED = 2
"""The calls of a visit whose times count."""
SEED = 0
"""The seed of the orders."""

Call: TypeAlias = Callable[[], object]
Clock: TypeAlias = Callable[[Call], Sequence[int]]
"""A function that makes a call and returns its time in nanoseconds, and perhaps a second time by another clock."""
Progress: TypeAlias = Callable[[int, int], None]
"""A function that gets how much is done, and of how much."""
Times: TypeAlias = Mapping[str, tuple[tuple[int, ...], ...]]
"""The times of each call in nanoseconds, by sweep and visit."""


def no_progress(_done: int, _of: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class Timings:
    """The times of each call, by sweep and visit, in nanoseconds.

    `beside` are those of the second clock, such as a GPU's own, and empty without one.
    """

    times: Times
    beside: Times = field(default_factory=lambda: MappingProxyType({}))

    def series(self, name: str) -> tuple[float, ...]:
        """Return the mean time of a call in each sweep, in nanoseconds.

        >>> Timings({"net": ((4, 6), (7, 7))}).series("net")
        (5.0, 7.0)
        """
        return _means(self.times[name])

    def second(self, name: str) -> tuple[float, ...] | None:
        """Return the same by the second clock, or None without one."""
        return _means(self.beside[name]) if name in self.beside else None

    def less(self, overhead: int) -> Timings:
        """Return the timings without what reading the clock takes itself; no time becomes negative.

        >>> Timings({"net": ((4, 6),)}).less(5).times
        {'net': ((0, 1),)}
        """
        times = {
            name: tuple(tuple(max(time - overhead, 0) for time in visit) for visit in visits)
            for name, visits in self.times.items()
        }
        return Timings(times, self.beside)


def sweep(
    calls: Mapping[str, Call],
    clock: Clock,
    sweeps: int = SWEEPS,
    progress: Progress = no_progress,
    seed: int = SEED,
) -> Timings:
    """Return the times of calls, each visited once in every sweep.

    The order within a sweep is drawn by `seed`, the same in each run. `progress` gets the visits that are done and
    their number. Garbage is collected between sweeps only. Raises what a call raises, and `ValueError` below one sweep.
    """
    if sweeps < 1:
        raise ValueError(f"{sweeps} sweeps; use 1 or more")
    visits: dict[str, list[list[Sequence[int]]]] = {name: [] for name in calls}
    done, of = 0, sweeps * len(calls)
    progress(done, of)
    for order in orders(list(calls), sweeps, seed):
        with _without_collection():
            for name in order:
                visits[name].append(_visit(calls[name], clock))
                done += 1
                progress(done, of)
    return _timings(visits)


def orders(names: Sequence[str], sweeps: int, seed: int = SEED) -> Iterator[list[str]]:
    """Yield the order of the names in each sweep.

    >>> ["".join(order) for order in orders("abcd", 3)]
    ['dbac', 'dbca', 'cdab']
    """
    generator = random.Random(seed)
    for _ in range(sweeps):
        yield generator.sample(names, len(names))


def overhead(clock: Clock, times: int = 101) -> int:
    """Return the median time of a call that does nothing, in nanoseconds: what reading the clock takes."""
    return sorted(clock(no_work)[0] for _ in range(times))[times // 2]


def no_work() -> None:
    """Do nothing."""


def _visit(call: Call, clock: Clock) -> list[Sequence[int]]:
    clock(call)
    return [clock(call) for _ in range(TIMED)]


def _timings(visits: Mapping[str, list[list[Sequence[int]]]]) -> Timings:
    def by(reading: int) -> Times:
        return {
            name: tuple(tuple(times[reading] for times in visit) for visit in every) for name, every in visits.items()
        }

    has_second = any(len(times) > 1 for every in visits.values() for visit in every for times in visit)
    return Timings(by(0), by(1) if has_second else MappingProxyType({}))


def _means(visits: Sequence[Sequence[int]]) -> tuple[float, ...]:
    return tuple(sum(visit) / len(visit) for visit in visits)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Collect garbage now and not inside the with block, where it would be somebody's time."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
