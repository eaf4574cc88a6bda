"""Clocks: the processor's time, the time on the wall, and that of a GPU. Each returns whole nanoseconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from mfprofile.measure.setup import Setup
from mfprofile.measure.sweeps import Call, Clock

CPU_TIME = "CPU time"
WALL_TIME = "wall time"
GPU_TIME = "synchronized wall time, and CUDA events"


def reading(now: Callable[[], int]) -> Clock:
    """Return the clock that reads a time before and after a call.

    >>> ticks = iter([5, 12])
    >>> reading(lambda: next(ticks))(lambda: None)
    (7,)
    """

    def clock(call: Call) -> tuple[int]:
        began = now()
        call()
        return (now() - began,)

    return clock


def clock_for(setup: Setup) -> tuple[str, Clock]:
    """Return the name of the clock for a setup, and the clock.

    One thread has the processor's time, which does not pass while other programs run. For several it would be the sum
    of all, so they have the time on the wall. In torch a GPU has that, synchronized, and beside it its own. The other
    runtimes return when the GPU is done.
    """
    if setup.on == "cuda" and setup.runtime == "torch":
        import torch

        return GPU_TIME, gpu_clock(torch.cuda)
    if setup.on == "cpu" and setup.threads == 1:
        return CPU_TIME, reading(time.process_time_ns)
    return WALL_TIME, reading(time.perf_counter_ns)


def gpu_clock(cuda: Any, now: Callable[[], int] = time.perf_counter_ns) -> Clock:
    """Return the clock of a GPU, by a module such as `torch.cuda`.

    Its first time begins when the GPU has nothing left to do, and ends when it has done what the call gave it. The
    second is that between two events on the GPU, one before and one after what the call gave it.
    """

    def clock(call: Call) -> tuple[int, int]:
        start, end = (cuda.Event(enable_timing=True) for _ in range(2))
        cuda.synchronize()
        began = now()
        start.record()
        call()
        end.record()
        cuda.synchronize()
        return now() - began, round(start.elapsed_time(end) * 1_000_000)

    return clock
