"""How the benchmarks measure: whole processes by the system's own account, in turn with their peers, on one thread."""

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
    """What a process used: CPU seconds, user and system together, and its peak resident memory in MiB."""

    cpu: float
    memory: float


def usage(command: Sequence[str]) -> Usage:
    """Run a command once, its output thrown away, and return what it used; a failure is an error."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **ONE_THREAD})
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Usage(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def in_turn(commands: Mapping[str, Sequence[str]], runs: int) -> dict[str, list[Usage]]:
    """Run the commands one after another, `runs` times over, after a warm-up: what drifts, drifts for all."""
    for command in commands.values():
        usage(command)
    rounds = [{name: usage(command) for name, command in commands.items()} for _ in range(runs)]
    return {name: [used[name] for used in rounds] for name in commands}


def median_ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Return the median of the ratios pair by pair."""
    return statistics.median(above / below for above, below in zip(over, under, strict=True))


def seconds(call: Callable[[], object], loops: int, runs: int = 7) -> float:
    """Return the median over `runs` of the time of one call, garbage collection left on."""
    call()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        for _ in range(loops):
            call()
        times.append((time.perf_counter() - start) / loops)
    return statistics.median(times)


def machine() -> str:
    """Return the kind of machine, as far as a reader of the figures needs it."""
    return f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {sys.platform}, one thread"
