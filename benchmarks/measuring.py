"""Measure processes for the benchmarks: by the figures of the operating system, in turns, on one thread."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class Usage:
    """The usage of a process: CPU seconds, user and system together, and its peak resident memory in MiB."""

    cpu: float
    memory: float


def usage(command: Sequence[str]) -> Usage:
    """Run a command once, discard its output, and return its usage; raises `SystemExit` if the command fails."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **ONE_THREAD})
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Usage(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def in_turn(commands: Mapping[str, Sequence[str]], runs: int) -> dict[str, list[Usage]]:
    """Return the usages of each command: they run in turns, `runs` times, after a warm-up, so drift affects all."""
    for command in commands.values():
        usage(command)
    rounds = [{name: usage(command) for name, command in commands.items()} for _ in range(runs)]
    return {name: [used[name] for used in rounds] for name in commands}


def median_ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Return the median of the ratios of pairs."""
    return statistics.median(above / below for above, below in zip(over, under, strict=True))


def seconds(call: Callable[[], object], loops: int, runs: int = 7) -> float:
    """Return the median over `runs` of the time of one call, with garbage collection enabled."""
    call()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        for _ in range(loops):
            call()
        times.append((time.perf_counter() - start) / loops)
    return statistics.median(times)


def machine() -> str:
    """Return a short description of the machine, for readers of the tables."""
    return f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {sys.platform}, one thread"
