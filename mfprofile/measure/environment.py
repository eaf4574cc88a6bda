"""Where and how something was measured: the machine, the software, and the setup."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mfprofile.measure.setup import Setup

_CPUINFO = Path("/proc/cpuinfo")
_NAMES = ("model name", "Model", "cpu model", "Hardware")
"""The keys under which Linux names a processor, by architecture."""


@dataclass(frozen=True, slots=True)
class Environment:
    """The machine, the software and the setup of a measurement. `date` is in UTC, to the second.

    `device` is the name of the GPU, or ''. `cores` are those that the process may use. `overhead_ns` is what reading
    the clock takes, which is subtracted. `allocator` has the environment variables that set how memory is allocated.
    """

    processor: str
    cores: int
    system: str
    device: str
    runtime: str
    versions: Mapping[str, str]
    on: str
    threads: int
    dtype: str
    batch: int | None
    clock: str
    overhead_ns: int
    sweeps: int
    seed: int
    date: str
    allocator: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def environment(
    setup: Setup,
    versions: Mapping[str, str],
    device: str,
    clock: str,
    overhead_ns: int,
    sweeps: int,
    seed: int,
    now: datetime | None = None,
) -> Environment:
    """Return where and how something is measured, now."""
    from mfprofile import __version__

    date = (datetime.now(UTC) if now is None else now).astimezone(UTC)
    return Environment(
        processor(),
        cores(),
        f"{platform.system()} {platform.machine()}",
        device,
        setup.runtime,
        {**versions, "python": platform.python_version(), "mfprofile": __version__},
        setup.on,
        setup.threads,
        setup.dtype,
        setup.batch,
        clock,
        overhead_ns,
        sweeps,
        seed,
        date.isoformat(timespec="seconds"),
        allocator(os.environ),
    )


def allocator(variables: Mapping[str, str]) -> str:
    """Return the environment variables that decide how a process gets memory, as they are set; '' if none is.

    torch asks for memory in each call. glibc gives large pieces back to the system and takes new ones, unless it is set
    not to; the system then clears them.

    >>> allocator({"HOME": "/", "MALLOC_TRIM_THRESHOLD_": "1"})
    'MALLOC_TRIM_THRESHOLD_=1'
    """
    names = sorted(name for name in variables if name.startswith(("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")))
    return " ".join(f"{name}={variables[name]}" for name in names)


def processor(cpuinfo: Path = _CPUINFO) -> str:
    """Return the name of the processor as the system has it, or else its architecture."""
    try:
        name = _named(cpuinfo.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        name = _of_macos() if sys.platform == "darwin" else ""
    return name or platform.processor() or platform.machine()


def _named(text: str) -> str:
    """Return the processor's name in the text of /proc/cpuinfo, or ''."""
    pairs = [line.partition(":") for line in text.splitlines()]
    names = {key.strip(): value.strip() for key, _, value in reversed(pairs)}
    return next((names[key] for key in _NAMES if names.get(key)), "")


def _of_macos() -> str:
    import subprocess

    command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def cores() -> int:
    """Return the number of the processor's cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
