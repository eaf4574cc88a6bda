"""Time the process `mfprofile plot accuracy` against an import of matplotlib, and time its parts in process.

Run as `python benchmarks/plot.py`, with mfprofile installed.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from measuring import in_turn, machine, median_ratio, seconds

from mfprofile.view.plots.accuracy import accuracy
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import rendered

BARE = "import matplotlib.pyplot"


def main(runs: int = 11) -> None:
    """Print the times as Markdown tables."""
    print(f"{machine()}; median of {runs} rounds\n")
    print("| process | CPU, s | ratio | memory, MiB |\n| :-- | --: | --: | --: |")
    with tempfile.TemporaryDirectory() as folder:
        used = in_turn(_commands(Path(folder)), runs)
    bare = [each.cpu for each in used[BARE]]
    for name, usages in used.items():
        cpu = [each.cpu for each in usages]
        memory = statistics.median(each.memory for each in usages)
        print(f"| `{name}` | {statistics.median(cpu):.2f} | {median_ratio(cpu, bare):.1f} | {memory:.0f} |")

    look = Look()
    picture = accuracy(look)
    print("\n| in process | ms |\n| :-- | --: |")
    print(f"| `accuracy(look)` | {1000 * seconds(lambda: accuracy(look), loops=3):.0f} |")
    for form in ("png", "svg", "pdf"):
        taken = seconds(lambda form=form: rendered(picture, form, look), loops=3)
        print(f'| `rendered(picture, "{form}", look)` | {1000 * taken:.0f} |')


def _commands(folder: Path) -> dict[str, list[str]]:
    imports = {name: [sys.executable, "-c", name] for name in ("import matplotlib", BARE)}
    plots = {
        f"mfprofile plot accuracy -o a.{form}": [
            *(sys.executable, "-m", "mfprofile", "plot", "accuracy", "-o"),
            str(folder / f"a.{form}"),
        ]
        for form in ("png", "svg", "pdf")
    }
    return imports | plots


if __name__ == "__main__":
    main()
