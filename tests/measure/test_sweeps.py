"""Sweeps: who is called when, what is kept, and what is made of it. Clocks are fakes, so every figure is exact."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from math import comb

import pytest

from mfprofile.cli.setups import RunOptions
from mfprofile.measure.clocks import CPU_TIME, WALL_TIME, clock_for, gpu_clock, reading
from mfprofile.measure.peak import product_within
from mfprofile.measure.setup import Setup
from mfprofile.measure.summary import coverage, drift, noise, noise_of_all, rank_of, ratios, summary
from mfprofile.measure.sweeps import SWEEPS, Timings, orders, overhead, sweep


class Machine:
    """Calls that take as long as is said, and the clock that they move; `log` has their names in order."""

    def __init__(self, **nanoseconds: int) -> None:
        self.now = 0
        self.slowdown = 1
        self.log: list[str] = []
        self.calls = {name: self._call(name, each) for name, each in nanoseconds.items()}

    def _call(self, name: str, nanoseconds: int) -> Callable[[], object]:
        def call() -> None:
            self.log.append(name)
            self.now += nanoseconds * self.slowdown

        return call

    def read(self) -> int:
        return self.now


def test_each_sweep_visits_every_call_once_with_one_call_discarded() -> None:
    """Three calls of a name follow each other, the first of which is not kept."""
    machine = Machine(a=3, b=5, c=7)
    timings = sweep(machine.calls, reading(machine.read), sweeps=4)
    visits = [machine.log[at : at + 3] for at in range(0, len(machine.log), 3)]
    assert len(machine.log) == 3 * 3 * 4
    assert all(len(set(visit)) == 1 for visit in visits)
    assert [visit[0] for visit in visits] == [name for order in orders("abc", 4) for name in order]
    assert timings.times == {"a": ((3, 3),) * 4, "b": ((5, 5),) * 4, "c": ((7, 7),) * 4}
    assert timings.beside == {}


def test_the_first_call_of_a_visit_finds_cold_caches_and_is_not_kept() -> None:
    """A call that takes longer after another one has the time of its second and third run."""
    last, times = [""], iter(range(10**6))

    def clock(call: Callable[[], object]) -> Sequence[int]:
        name = str(call())
        cold, last[0] = name != last[0], name
        return (1000 if cold else next(times),)

    timings = sweep({"a": lambda: "a", "b": lambda: "b"}, clock, sweeps=5)
    assert max(time for visits in timings.times.values() for visit in visits for time in visit) < 1000


def test_orders_differ_between_sweeps_but_not_between_runs() -> None:
    """Each is a permutation. A seed gives other ones."""
    names = [str(number) for number in range(8)]
    first, again, other = (list(orders(names, 20, seed)) for seed in (0, 0, 1))
    assert first == again != other
    assert all(sorted(order) == names for order in first)
    assert len({tuple(order) for order in first}) == 20


@pytest.mark.slow
def test_a_drift_slows_all_calls_of_a_sweep_and_cancels_in_the_ratio() -> None:
    """Times double at every sweep; the time against the other call of the sweep is always 5 / 2."""
    machine = Machine(a=20, b=50)

    def progress(done: int, _of: int) -> None:
        machine.slowdown = 2 ** (done // 2)

    timings = sweep(machine.calls, reading(machine.read), 6, progress)
    assert timings.series("a") == (20, 40, 80, 160, 320, 640)
    assert ratios(timings.series("b"), timings.series("a")) == (2.5,) * 6
    assert drift(timings.series("a")) == 320 / 40 - 1


def test_progress_counts_visits() -> None:
    """It begins at 0 and ends with all."""
    machine, seen = Machine(a=1, b=1), []
    sweep(machine.calls, reading(machine.read), 3, lambda done, of: seen.append((done, of)))
    assert seen == [(done, 6) for done in range(7)]


def test_no_garbage_is_collected_while_a_call_is_timed() -> None:
    """It is switched off inside each sweep, and on again at the end, also if a call raises."""
    enabled = []
    sweep({"a": lambda: enabled.append(gc.isenabled())}, reading(lambda: 0), 2)
    assert enabled == [False] * 6
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        sweep({"a": lambda: 1 // 0}, reading(lambda: 0), 2)
    assert gc.isenabled()


def test_fewer_than_one_sweep_is_an_error() -> None:
    """The default is that of the command."""
    with pytest.raises(ValueError, match="0 sweeps; use 1 or more"):
        sweep({}, reading(lambda: 0), 0)
    assert SWEEPS == RunOptions.__metadata__[0].options["sweeps"][1] == 40


def test_what_reading_the_clock_takes_is_subtracted() -> None:
    """It is the median of empty calls. No time becomes negative."""
    ticks = iter(number * number for number in range(10**4))  # the difference of two reads is 1, 5, 9, …
    assert overhead(reading(lambda: next(ticks)), times=5) == 9
    timings = Timings({"a": ((12, 9), (3, 30))}, {"a": ((1, 2), (3, 4))})
    assert timings.less(9) == Timings({"a": ((3, 0), (0, 21))}, timings.beside)


def test_the_median_has_an_interval_of_order_statistics() -> None:
    """Of 14 values, the third from either end: 1 - 2 · (1 + 14 + 91) / 2^14."""
    series = [float(value) for value in (9, 3, 14, 1, 7, 12, 5, 2, 11, 8, 4, 13, 10, 6)]
    one = summary(series)
    assert (one.median, one.low, one.high) == (7.5, 3, 12)
    assert one.coverage == 1 - 2 * 106 / 2**14
    assert summary([5.0]).coverage == 0
    assert (summary([5.0, 1.0]).low, summary([5.0, 1.0]).high, summary([5.0, 1.0]).coverage) == (1, 5, 0.5)


@pytest.mark.parametrize("number", [1, 2, 5, 6, 7, 14, 15, 64, 333])
def test_the_interval_is_the_narrowest_with_the_confidence(number: int) -> None:
    """Its rank is the largest whose interval covers 95 %. With fewer than six values, none does."""

    def covered(rank: int) -> bool:
        return 2 * 20 * sum(comb(number, below) for below in range(rank)) <= 2**number

    assert rank_of(number) == max((rank for rank in range(1, number) if covered(rank)), default=1)
    assert (coverage(number, rank_of(number)) >= 0.95) == (number >= 6)


def test_noise_is_half_the_sweeps_against_the_others() -> None:
    """The medians of every second sweep and of the others are apart by this part of their mean."""
    assert noise([100.0, 102.0, 100.0, 102.0, 100.0]) == 2 / 101
    assert noise([7.0]) is None
    assert noise([0.0, 0.0]) == 0
    assert noise_of_all([[100.0, 102.0], [1.0, 1.0], [1.0, 3.0]]) == 2 / 101
    assert noise_of_all([[1.0]]) is None


def test_one_thread_has_the_processors_time_and_several_that_on_the_wall() -> None:
    """The processor's time would be the sum of all threads."""
    assert [clock_for(Setup(threads=threads))[0] for threads in (1, 2, 8)] == [CPU_TIME, WALL_TIME, WALL_TIME]
    assert clock_for(Setup("onnxruntime", "cuda"))[0] == WALL_TIME
    for threads in (1, 2):
        (nanoseconds,) = clock_for(Setup(threads=threads))[1](lambda: sum(range(100_000)))
        assert type(nanoseconds) is int
        assert nanoseconds > 0


class FakeCuda:
    """A GPU that runs what it is given when it is synchronized, with a clock of its own."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.now = self.done = self.queued = 0

    def Event(self, enable_timing: bool) -> FakeEvent:  # noqa: N802 - torch's name
        assert enable_timing
        return FakeEvent(self)

    def synchronize(self) -> None:
        self.log.append("synchronize")
        self.now += self.queued
        self.queued = 0

    def launch(self) -> None:
        self.log.append("call")
        self.now += 1_000
        self.queued += 3_000_000
        self.done += 3_000_000

    def read(self) -> int:
        self.log.append("read")
        return self.now


class FakeEvent:
    """An event, which notes the GPU's time when it has come to it."""

    def __init__(self, cuda: FakeCuda) -> None:
        self.cuda, self.at = cuda, -1

    def record(self) -> None:
        self.cuda.log.append("record")
        self.at = self.cuda.done

    def elapsed_time(self, end: FakeEvent) -> float:
        assert not self.cuda.queued, "the GPU has not come to the event yet"
        return (end.at - self.at) / 1e6


def test_a_gpu_is_synchronized_before_and_after_each_call() -> None:
    """The time on the wall contains all that the GPU has to do; between the events is that alone."""
    cuda = FakeCuda()
    cuda.queued = 5_000_000  # what was launched before is not part of the call
    assert gpu_clock(cuda, cuda.read)(cuda.launch) == (3_001_000, 3_000_000)
    assert cuda.log == ["synchronize", "read", "record", "call", "record", "synchronize", "read"]
    timings = sweep({"a": cuda.launch}, gpu_clock(cuda, cuda.read), 2)
    assert timings.series("a") == (3_001_000, 3_001_000)
    assert timings.second("a") == (3_000_000, 3_000_000)


def test_the_peaks_product_is_made_smaller_where_it_is_slow() -> None:
    """It is halved until it takes a fifth of a second, or to 128."""
    made: list[int] = []

    def clock_of(nanoseconds_per_product: float) -> tuple[int, list[int]]:
        made.clear()

        def product(side: int) -> Callable[[], object]:
            made.append(side)
            return lambda: side

        side, call = product_within(
            product, "cpu", lambda call: (int(nanoseconds_per_product * int(str(call())) ** 3),)
        )
        assert call() == side
        return side, list(made)

    assert clock_of(0.02) == (1024, [1024])
    assert clock_of(1.0) == (512, [1024, 512])
    assert clock_of(10**6) == (128, [1024, 512, 256, 128])
