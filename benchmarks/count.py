"""Time the process `mfprofile count` against the bare interpreter, and time `count()` in process.

Run as `python benchmarks/count.py`, with mfprofile installed.
"""

from __future__ import annotations

import statistics
import sys

from measuring import in_turn, machine, median_ratio, seconds

import mfprofile


def main(runs: int = 15) -> None:
    """Print the times as Markdown tables."""
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "mfprofile count mf294m": [sys.executable, "-m", "mfprofile", "count", "mf294m"],
    }
    used = in_turn(commands, runs)
    bare = [each.cpu for each in used["python -c pass"]]
    print(f"{machine()}; median of {runs} rounds\n")
    print("| process | CPU, ms | ratio | memory, MiB |\n| :-- | --: | --: | --: |")
    for name, usages in used.items():
        cpu = [each.cpu for each in usages]
        memory = statistics.median(each.memory for each in usages)
        print(f"| `{name}` | {1000 * statistics.median(cpu):.0f} | {median_ratio(cpu, bare):.1f} | {memory:.0f} |")

    spec = mfprofile.load("mf294m")
    calls = {
        'load("mf294m")': lambda: mfprofile.load("mf294m"),
        "spec.replace(tokens={'count': 3})": lambda: spec.replace(tokens={"count": 3}),
        "count(spec).madds": lambda: mfprofile.count(spec).madds,
        "count(spec).rows, all 531": lambda: mfprofile.count(spec).rows,
    }
    print("\n| in process | ms |\n| :-- | --: |")
    for name, call in calls.items():
        print(f"| `{name}` | {1000 * seconds(call, loops=200):.3f} |")


if __name__ == "__main__":
    main()
