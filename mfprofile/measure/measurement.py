"""A measurement: networks, a reference and the measured peak, timed in the same sweeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from mfprofile.measure.clocks import clock_for
from mfprofile.measure.environment import Environment, environment
from mfprofile.measure.peak import product_within, products
from mfprofile.measure.runtimes import calls_of, opened
from mfprofile.measure.setup import Setup
from mfprofile.measure.subjects import Subject
from mfprofile.measure.summary import Summary, added, drift, noise, noise_of_all, ratios, summary
from mfprofile.measure.sweeps import SEED, SWEEPS, Clock, Progress, Timings, no_progress, overhead, sweep

if TYPE_CHECKING:
    from mfprofile.measure.runtimes import Program

PEAK = "peak"
"""The key of the product whose rate is the peak."""
Watch: TypeAlias = Callable[[str], AbstractContextManager[Progress]]


def unwatched(_: str) -> AbstractContextManager[Progress]:
    """Return a block in which no progress is reported."""
    return nullcontext(no_progress)


@dataclass(frozen=True, slots=True)
class Timed:
    """Something that was timed: its name, its multiply-adds, and its time in each sweep, in nanoseconds.

    `beside` is its time by the second clock, that of a GPU, or None.
    """

    name: str
    madds: int
    series: Sequence[float]
    beside: Sequence[float] | None = None

    @property
    def time(self) -> Summary:
        """Return the median time, in nanoseconds, and its interval."""
        return summary(self.series)

    @property
    def second(self) -> Summary | None:
        """Return the same by the second clock, or None without one."""
        return None if self.beside is None else summary(self.beside)

    @property
    def noise(self) -> float | None:
        """Return how far two halves of the sweeps are apart, as a part of the time."""
        return noise(self.series)

    @property
    def rate(self) -> float:
        """Return the multiply-adds in a nanosecond, which are billions in a second; 0 if it took no time."""
        return self.madds / self.time.median if self.time.median else 0.0

    def against(self, other: Timed) -> Summary:
        """Return its time as a multiple of another's in the same sweeps."""
        return summary(ratios(self.series, other.series))


@dataclass(frozen=True, slots=True)
class Latency:
    """A network that was timed, and its `parts`, each run by itself, if they were asked for."""

    whole: Timed
    parts: tuple[Timed, ...] = ()

    @property
    def rest(self) -> Timed:
        """Return what the isolated parts do not add up to. It is negative if they take longer than the whole."""
        series = self.whole.series
        parts = added([part.series for part in self.parts], len(series))
        madds = self.whole.madds - sum(part.madds for part in self.parts)
        return Timed("", madds, [whole - sum_ for whole, sum_ in zip(series, parts, strict=True)])


@dataclass(frozen=True, slots=True)
class Measurement:
    """Networks that were timed in the same sweeps as the reference, which may be one of them, and as the peak."""

    environment: Environment
    networks: tuple[Latency, ...]
    reference: Timed
    peak: Timed

    @property
    def noise(self) -> float | None:
        """Return the median noise of the networks and the reference; None for one sweep."""
        wholes = {id(timed): timed for timed in (*(each.whole for each in self.networks), self.reference)}
        return noise_of_all([timed.series for timed in wholes.values()])

    @property
    def drift(self) -> float | None:
        """Return how much slower the reference was in the second half of the sweeps."""
        return drift(self.reference.series)

    def share_of_peak(self, timed: Timed) -> float:
        """Return a rate as a part of the measured peak."""
        return timed.rate / self.peak.rate if self.peak.rate else 0.0


@dataclass(frozen=True, slots=True)
class Planned:
    """A part before it is timed: its name, its multiply-adds, and the keys of its calls, each with its number."""

    name: str
    madds: int
    keys: Sequence[tuple[str, int]]


def measured(
    subjects: Sequence[Subject],
    reference: Subject,
    setup: Setup,
    sweeps: int = SWEEPS,
    axis: str | None = None,
    depth: int = 2,
    watch: Watch = unwatched,
    clock: tuple[str, Clock] | None = None,
) -> Measurement:
    """Return the times of networks in interleaved sweeps, with those of a reference and of the measured peak.

    The reference may be one of the subjects. With an `axis`, pillar, block or module, also those of isolated parts.
    `watch` makes a block for the progress of something that it is given the name of. Raises `InputError` for a network
    that the runtime cannot run.
    """
    clock_name, tick = clock_for(setup) if clock is None else clock
    alone = not any(each is reference for each in subjects)
    every = [*subjects, reference] if alone else list(subjects)
    programs = {str(at): each.program for at, each in enumerate(every)}
    plans = [_planned(each, str(at), axis, depth, programs) for at, each in enumerate(subjects)]
    with opened(setup) as runtime:
        side, product = product_within(runtime.product, setup.on, tick)
        with watch("programs prepared") as progress:
            makers = {key: partial(_itself, program) for key, program in programs.items()}
            calls = {PEAK: product, **calls_of(runtime, makers, progress)}
        cost = overhead(tick)
        with watch("visits") as progress:
            timings = sweep(calls, tick, sweeps, progress).less(cost)
        about = environment(setup, runtime.versions, runtime.device, clock_name, cost, sweeps, SEED)
    timed = [_timed(timings, str(at), each.name, each.madds) for at, each in enumerate(every)]
    networks = [Latency(whole, _parts(timings, sweeps, plan)) for whole, plan in zip(timed, plans, strict=False)]
    at = next(at for at, each in enumerate(every) if each is reference)
    peak = _timed(timings, PEAK, f"{side}×{side} product", products(side))
    return Measurement(about, tuple(networks), timed[at], peak)


def _planned(
    subject: Subject, key: str, axis: str | None, depth: int, programs: dict[str, Program]
) -> Sequence[Planned]:
    """Return the parts of a subject, and add their programs to all `programs`."""
    if axis is None:
        return ()
    from mfprofile.measure.pieces import pieces_of

    parts = pieces_of(subject, axis, depth)
    keys: dict[str, list[tuple[str, int]]] = {group: [] for group in parts.madds}
    for at, piece in enumerate(parts.pieces):
        programs[f"{key}/{at}"] = piece.program
        keys[piece.group].append((f"{key}/{at}", piece.times))
    return [Planned(group, parts.madds[group], every) for group, every in keys.items()]


def _itself(program: Program) -> Program:
    return program


def _timed(timings: Timings, key: str, name: str, madds: int) -> Timed:
    return Timed(name, madds, timings.series(key), timings.second(key))


def _parts(timings: Timings, sweeps: int, plan: Sequence[Planned]) -> tuple[Timed, ...]:
    """Return the time of each part: in each sweep the sum of its calls."""

    def total(part: Planned) -> tuple[float, ...]:
        return added([[times * time for time in timings.series(key)] for key, times in part.keys], sweeps)

    return tuple(Timed(part.name, part.madds, total(part)) for part in plan)
