"""Time `mfprofile explore` against one count by fvcore, against streaming every variant, and as spaces grow.

Run as `python benchmarks/explore.py`, with mfprofile's extra `torch` installed. Everything is on one thread, our
queries with `--workers 1`; memory is told above that of the same command on the space `tiny`.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from counters import BUILT, IMAGE, SCRIPTS
from measuring import in_turn, machine, median_ratio, usage

if TYPE_CHECKING:
    from mfprofile.explore.space import Space

OURS = [sys.executable, "-m", "mfprofile", "explore"]
ALONE = ["--workers", "1", "--json"]
WINDOW = "290M:300M"
FVCORE = [sys.executable, "-W", "ignore", "-c", BUILT + IMAGE + SCRIPTS["fvcore"]]
KERNELS = [f"--set=blocks.{number}.kernel=[3, 5]" for number in range(2, 13)]
HEAD = "--set=head.fc={from: 1280, to: 3520, step: 320}"
TOKENS = ["--set=tokens.count=6", "--set=tokens.dim=192"]
FEW = [f"--set=blocks.{number}.expand=6" for number in (2, 4, 6, 10)]
GROWING = {  # from 10^6 to 10^17: the shipped spaces, with less or more left open
    "mf294m-stages, tokens and expansions fixed": ["mf294m-stages", *TOKENS, *FEW],
    "mf294m-stages, tokens fixed": ["mf294m-stages", *TOKENS],
    "mf294m-stages": ["mf294m-stages"],
    "mf294m-blocks, tokens fixed": ["mf294m-blocks", *TOKENS],
    "mf294m-blocks": ["mf294m-blocks"],
    "mf294m-blocks, kernels and head open": ["mf294m-blocks", *KERNELS, HEAD],
}


def against_fvcore(runs: int) -> None:
    """Print the CPU time and memory of queries beside those of one count of one network by fvcore."""
    commands = {"fvcore: one count of mf294m": FVCORE}
    for space in ("mf294m-stages", "mf294m-blocks"):
        commands[f"front of {space}"] = [*OURS, "front", space, *ALONE]
        commands[f"count of {space}, {WINDOW}"] = [*OURS, "count", space, "--madds", WINDOW, *ALONE]
    used = in_turn(commands, runs)
    bases = {name: usage([*OURS, name, "tiny", *ALONE]).memory for name in ("front", "count")}
    fvcore = [one.cpu for one in used["fvcore: one count of mf294m"]]
    print("| process | CPU, s | of fvcore's | memory, MiB | above base |\n| :-- | --: | --: | --: | --: |")
    for name, each in used.items():
        cpu, memory = [one.cpu for one in each], statistics.median(one.memory for one in each)
        above = f"{memory - bases[name.split()[0]]:.0f}" if name.split()[0] in bases else ""
        print(f"| {name} | {statistics.median(cpu):.2f} | {median_ratio(cpu, fvcore):.2f} | {memory:.0f} | {above} |")


def growth() -> None:
    """Print how the cost of each query grows with the space."""
    print(
        "\n| space | variants | front, s | MiB | count, s | MiB | within |\n| :-- | --: | --: | --: | --: | --: | --: |"
    )
    for name, space in GROWING.items():
        fronts = usage([*OURS, "front", *space, *ALONE])
        command = [*OURS, "count", *space, "--madds", WINDOW, *ALONE]
        counted = usage(command)
        found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        within = f"{found['within']:.3g}" if found["exact"] else f"{found['lower']:.4g} to {found['upper']:.4g}"
        spread = "" if found["exact"] else f" ({100 * (found['upper'] / found['lower'] - 1):.1f} % apart)"
        print(
            f"| {name} | {found['size']:.2g} | {fronts.cpu:.2f} | {fronts.memory:.0f} | {counted.cpu:.2f} | "
            f"{counted.memory:.0f} | {within}{spread} |"
        )


def against_streaming(name: str) -> None:
    """Print the time of count and front beside that of going through every variant, and check the answers."""
    from mfprofile.explore.count import count_space
    from mfprofile.explore.front import Aim, front
    from mfprofile.explore.quantity import quantity_of
    from mfprofile.explore.space import read_space
    from mfprofile.explore.stream import blocks
    from mfprofile.explore.work import Question
    from mfprofile.spec.quantities import window

    space = read_space(name)
    madds, params = quantity_of("madds"), quantity_of("params")
    limits = window(WINDOW)
    start = time.perf_counter()
    counted = count_space(space, [(madds, limits)]).within.lower
    counting, start = time.perf_counter() - start, time.perf_counter()
    streamed = sum(
        int(block.within([limits]).sum()) for chain in Question(space, (madds,)).every() for block in blocks(chain, [])
    )
    streaming = time.perf_counter() - start
    assert counted == streamed
    print(f"\n| {name} | s | ratio |\n| :-- | --: | --: |\n| count in {WINDOW}: {counted:,} | {counting:.2f} | 1 |")
    print(f"| the same, every variant streamed | {streaming:.1f} | {streaming / counting:.0f} |")
    start = time.perf_counter()
    points = [
        (found.figures["madds"], -found.figures["params"]) for found in front(space, (Aim(madds), Aim(params, True)))
    ]
    fronting, start = time.perf_counter() - start, time.perf_counter()
    assert points == _streamed_front(space)
    streaming = time.perf_counter() - start
    print(f"| front: {len(points)} points | {fronting:.2f} | 1 |")
    print(f"| the same, every variant streamed | {streaming:.1f} | {streaming / fronting:.0f} |")


def _streamed_front(space: Space) -> list[tuple[int, int]]:
    import numpy as np

    from mfprofile.explore.labels import undominated
    from mfprofile.explore.quantity import quantity_of
    from mfprofile.explore.stream import blocks
    from mfprofile.explore.work import Question

    kept = np.zeros((2, 0), np.int64)
    for chain in Question(space, (quantity_of("madds"), quantity_of("params"))).every():
        for block in blocks(chain, []):
            sums = np.stack([block.sums(0).ravel(), -block.sums(1).ravel()])
            if kept.shape[1]:
                best_before = kept[1, np.maximum(np.searchsorted(kept[0], sums[0], "right") - 1, 0)]
                sums = sums[:, (sums[0] < kept[0, 0]) | (sums[1] < best_before)]
            kept = np.hstack([kept, sums])
            kept = kept[:, undominated(kept)]
    return [(int(first), int(second)) for first, second in kept.T]


def leading() -> None:
    """Print the time and memory of the ten best of hundreds of millions, gone through one by one."""
    from mfprofile.explore.best import best
    from mfprofile.explore.count import count_space
    from mfprofile.explore.front import Aim
    from mfprofile.explore.quantity import quantity_of
    from mfprofile.explore.space import read_space
    from mfprofile.spec.quantities import window

    space = read_space("mf294m-depth")
    size = count_space(space).size
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    found = best(space, Aim(quantity_of("params"), True), [(quantity_of("madds"), window(":300M"))], 10)
    seconds = time.perf_counter() - start
    above = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    print(f"\nThe {len(found)} best of {size:,} by params, up to 300M MAdds: {seconds:.1f} s, {above:.0f} MiB more.\n")


def main(runs: int = 5) -> None:
    """Print all tables as Markdown; processes first, since a child's peak memory begins at that of its parent."""
    print(f"{machine()}; median of {runs} rounds\n")
    against_fvcore(runs)
    growth()
    leading()
    against_streaming("mf294m-stages")


if __name__ == "__main__":
    import os

    from measuring import ONE_THREAD

    os.environ.update(ONE_THREAD)
    main()
