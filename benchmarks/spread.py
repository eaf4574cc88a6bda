"""Measure the slices of a long count on one core, and compute from them how it spreads over 1, 10 and 100 workers.

Run as `python benchmarks/spread.py`, with mfprofile's extra `dask` installed. The times of slices, of starting and of
sending slices to a Dask worker on this machine are measured, in CPU seconds where nothing is waited for. The times for
many workers are computed: each worker takes the next slice of the list as soon as it is free.
"""

from __future__ import annotations

import heapq
import pickle
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from measuring import machine, usage

if TYPE_CHECKING:
    from mfprofile.explore.chain import Chain
    from mfprofile.explore.space import Space
    from mfprofile.explore.work import Question

WINDOWS = {"madds": "290M:300M", "params": "10M:12M"}
ONE_SETTING = ["tokens={count: 6, dim: 192}"]
RAM = 2 << 30
WORKERS = (1, 10, 100)


@dataclass(frozen=True, slots=True)
class Measured:
    """The seconds of a query: `before` and `after` the slices in the main process, and of each slice.

    `first` is what the first slice of a worker takes in addition, `start` the start of a worker, and `sent` the
    sending of one slice and of its result.
    """

    before: float
    after: float
    first: float
    start: float
    sent: float
    slices: tuple[float, ...]

    def spread(self, workers: int) -> float:
        """Return the computed seconds of the whole query; one worker is the main process itself."""
        if workers == 1:
            return self.before + self.first + sum(self.slices) + self.after
        free = [self.start + self.first] * workers
        for number, taken in enumerate(self.slices, start=1):
            begin = max(number * self.sent, heapq.heappop(free))  # the main process sends one slice after another
            heapq.heappush(free, begin + taken + self.sent)
        return self.before + max(free) + self.after


def measured(space: Space, sent: float) -> Measured:
    """Return the times of the two-window count of a space, with the time of sending a slice as it is given."""
    from mfprofile.explore.count import _added, _counted
    from mfprofile.explore.settings import global_settings
    from mfprofile.explore.slices import jobs_of, slices_of
    from mfprofile.explore.work import _run_slice

    question = _question(space)
    task = partial(_counted, windows=_windows(), memory=RAM)
    begin = time.process_time()
    settings = global_settings(space)
    slices = slices_of(space, settings, jobs_of(space, settings, effort=10))
    pickled = pickle.dumps(question)
    divided = time.process_time() - begin
    first = _seconds(lambda: _run_slice(pickled, _nothing, slices[0])) - _seconds(
        lambda: _run_slice(pickled, _nothing, slices[0])
    )
    times, answers = [], []
    for part in slices:
        begin = time.process_time()
        answers += _run_slice(pickled, task, part)
        times.append(time.process_time() - begin)
    begin = time.process_time()
    size, _, within = _added([answer for answer in answers if answer is not None])
    question.chains().assignments()
    after = time.process_time() - begin
    print(f"{space.name}: {size:,} variants, {within.lower:,} to {within.upper:,} within; {len(slices)} slices")
    imported = usage([sys.executable, "-c", "import mfprofile.explore.count"]).cpu
    return Measured(imported + divided, after, max(0.0, first), imported, sent, tuple(times))


def _seconds(call: Any) -> float:
    begin = time.process_time()
    call()
    return time.process_time() - begin


def _nothing(chain: Chain) -> int:
    return len(chain.links)


def _windows() -> tuple[Any, ...]:
    from mfprofile.spec.quantities import window

    return tuple(window(text, "count") for text in WINDOWS.values())


def _question(space: Space) -> Question:
    from mfprofile.explore.quantity import quantity_of
    from mfprofile.explore.work import Question

    return Question(space, tuple(quantity_of(name) for name in WINDOWS))


def sending(space: Space, rounds: int = 5) -> float:
    """Return the seconds of sending one slice to a Dask worker over the loopback interface and its result back."""
    from distributed import LocalCluster

    from mfprofile.explore.pools import cluster
    from mfprofile.explore.settings import global_settings
    from mfprofile.explore.slices import jobs_of, slices_of

    settings = global_settings(space)
    slices = slices_of(space, settings, jobs_of(space, settings, effort=10))
    pickled = pickle.dumps(_question(space))
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as local,
        cluster(local.scheduler_address) as executor,
    ):
        times = []
        for _ in range(rounds):
            begin = time.perf_counter()
            futures = [executor.submit(_sizes, pickled, part) for part in slices]
            for future in futures:
                future.result()
            times.append((time.perf_counter() - begin) / len(slices))
    return statistics.median(times)


def _sizes(pickled: bytes, part: Sequence[Any]) -> int:
    return len(pickled) + len(part)


def memory() -> None:
    """Print the peak memory of a process that counts all parts of one of the 36 settings, under two limits."""
    print("\n| `--ram` | peak memory, MiB | exact |\n| :-- | --: | :-- |")
    for ram in ("512M", "2G"):
        script = f"import spread; spread.count_one_setting({ram!r})"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
        peak, is_exact = done.stdout.split()
        print(f"| {ram} | {peak} | {is_exact} |")


def count_one_setting(ram: str) -> None:
    """Count the parts of the last setting, as with `--ram`, and print this process's peak memory in MiB."""
    from mfprofile.cli.explore.resources import Resources
    from mfprofile.explore.count import _added, _counted
    from mfprofile.explore.settings import global_settings
    from mfprofile.explore.slices import jobs_of
    from mfprofile.explore.space import read_space
    from mfprofile.explore.work import _run_slice

    space = read_space("mf294m-blocks")
    settings = global_settings(space)
    jobs = [job for job in jobs_of(space, settings, effort=10) if job.at == len(settings) - 1]
    task = partial(_counted, windows=_windows(), memory=Resources(1, None, None, ram).ram_bytes)
    _, _, within = _added([part for part in _run_slice(pickle.dumps(_question(space)), task, jobs) if part is not None])
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "yes" if within.exact else "no")


def main() -> None:
    """Print all tables as Markdown."""
    from mfprofile.explore.space import read_space

    print(f"{machine()}; CPU seconds\n")
    spaces = [read_space("mf294m-blocks"), read_space("mf294m-blocks", ONE_SETTING)]
    sent = sending(spaces[0])
    results = [measured(space, sent) for space in spaces]
    print(f"\nOne slice is sent and its result comes back in {1000 * sent:.1f} ms.\n")
    print(
        "| space | slices | s each | "
        + " | ".join(f"{number} worker{'s' * (number > 1)}, s" for number in WORKERS)
        + " |"
    )
    print("| :-- | --: | --: |" + " --: |" * len(WORKERS))
    for name, each in zip(("mf294m-blocks", "mf294m-blocks, tokens fixed"), results, strict=True):
        spread = " | ".join(f"{each.spread(number):.1f}" for number in WORKERS)
        print(f"| {name} | {len(each.slices)} | {min(each.slices):.2f} to {max(each.slices):.2f} | {spread} |")
    memory()


if __name__ == "__main__":
    import os

    from measuring import ONE_THREAD

    os.environ.update(ONE_THREAD)
    main()
