"""Time `mfprofile explore` against one count by fvcore, against streaming every variant, and on growing spaces.

Run as `python benchmarks/explore.py`, with mfprofile's extra `torch` installed. Everything runs on one thread, our
queries with `--workers 1`. Memory is also shown minus that of the same command on the space `tiny`.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from counters import BUILT, IMAGE, SCRIPTS
from measuring import in_turn, machine, median_ratio, usage

if TYPE_CHECKING:
    from mfprofile.explore.space import Space

T = TypeVar("T")

OURS = [sys.executable, "-m", "mfprofile", "explore"]
ALONE = ["--workers", "1", "--json"]
WINDOW = "290M:300M"
FVCORE = [sys.executable, "-W", "ignore", "-c", BUILT + IMAGE + SCRIPTS["fvcore"]]
TEN = ["--madds", ":300M", "-n", "10"]
LARGE = ("mf294m-depth", "mf294m-stages", "mf294m-blocks")
KERNELS = [f"--set=blocks.{number}.kernel=[3, 5]" for number in range(2, 13)]
HEAD = "--set=head.fc={from: 1280, to: 3520, step: 320}"
TOKENS = ["--set=tokens.count=6", "--set=tokens.dim=192"]
FIXED = [*TOKENS, "--set=blocks.11.exp=1152", "--set=blocks.12.exp=1152"]
FEW = [f"--set=blocks.{number}.expand=6" for number in (2, 4, 6, 10)]
GROWING = {  # from 10^6 to 10^17 variants: the shipped spaces with some knobs fixed or added
    "mf294m-stages, tokens and expansions fixed": ["mf294m-stages", *TOKENS, *FEW],
    "mf294m-stages, tokens fixed": ["mf294m-stages", *TOKENS],
    "mf294m-stages": ["mf294m-stages"],
    "mf294m-blocks, tokens fixed": ["mf294m-blocks", *TOKENS],
    "mf294m-blocks": ["mf294m-blocks"],
    "mf294m-blocks, kernels and head open": ["mf294m-blocks", *KERNELS, HEAD],
}


def against_fvcore(runs: int) -> None:
    """Print the CPU time and memory of queries, and of one count of one network by fvcore."""
    commands = {"fvcore: one count of mf294m": FVCORE}
    for space in ("mf294m-stages", "mf294m-blocks"):
        commands[f"front of {space}"] = [*OURS, "front", space, *ALONE]
        commands[f"count of {space}, {WINDOW}"] = [*OURS, "count", space, "--madds", WINDOW, *ALONE]
        commands[f"best of {space}, ten"] = [*OURS, "best", space, "--maximize", "params", *TEN, *ALONE]
    used = in_turn(commands, runs)
    bases = {name: usage([*OURS, name, "tiny", *ALONE]).memory for name in ("front", "count")}
    bases["best"] = bases["front"]
    fvcore = [each.cpu for each in used["fvcore: one count of mf294m"]]
    print("| process | CPU, s | of fvcore's | memory, MiB | above base |\n| :-- | --: | --: | --: | --: |")
    for name, usages in used.items():
        cpu, memory = [each.cpu for each in usages], statistics.median(each.memory for each in usages)
        above = f"{memory - bases[name.split()[0]]:.0f}" if name.split()[0] in bases else ""
        print(f"| {name} | {statistics.median(cpu):.2f} | {median_ratio(cpu, fvcore):.2f} | {memory:.0f} | {above} |")


def windows_against_fvcore(runs: int) -> None:
    """Print the CPU time and memory of queries with several windows, and of one count of one network by fvcore."""
    limits = ["--madds", WINDOW, "--within", "former.madds=10M:12M"]
    best = [*OURS, "best", "mf294m-blocks", "--maximize", "params", *ALONE]
    commands = {
        "fvcore: one count of mf294m": FVCORE,
        "best of mf294m-blocks, two windows with two sides": [*best, *limits],
        "the same, both bind in each setting": [*best, "--madds", WINDOW, "--within", "mobile.params=3M:3.2M"],
        "count of mf294m-blocks, three windows": [
            *OURS, "count", "mf294m-blocks", *limits, "--params", "10M:12M", *ALONE,
        ],
    }  # fmt: skip
    used = in_turn(commands, runs)
    fvcore = [each.cpu for each in used["fvcore: one count of mf294m"]]
    print("\n| process | CPU, s | of fvcore's | memory, MiB |\n| :-- | --: | --: | --: |")
    for name, usages in used.items():
        cpu, memory = [each.cpu for each in usages], statistics.median(each.memory for each in usages)
        print(f"| {name} | {statistics.median(cpu):.2f} | {median_ratio(cpu, fvcore):.2f} | {memory:.0f} |")


def growth() -> None:
    """Print the cost of each query for spaces of growing size."""
    print(
        "\n| space | variants | front, s | MiB | count, s | MiB | within |\n| :-- | --: | --: | --: | --: | --: | --: |"
    )
    for name, space in GROWING.items():
        fronts = usage([*OURS, "front", *space, *ALONE])
        command = [*OURS, "count", *space, "--madds", WINDOW, *ALONE]
        counted = usage(command)
        answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        within = f"{answer['within']:.3g}" if answer["exact"] else f"{answer['lower']:.4g} to {answer['upper']:.4g}"
        spread = "" if answer["exact"] else f" ({100 * (answer['upper'] / answer['lower'] - 1):.1f} % apart)"
        print(
            f"| {name} | {answer['size']:.2g} | {fronts.cpu:.2f} | {fronts.memory:.0f} | {counted.cpu:.2f} | "
            f"{counted.memory:.0f} | {within}{spread} |"
        )


def against_streaming() -> None:
    """Print the times of count and front, and of streaming every variant, and check that the answers are equal."""
    from mfprofile.explore.count import count_space
    from mfprofile.explore.front import Objective, front
    from mfprofile.explore.quantity import quantity_of
    from mfprofile.explore.space import read_space
    from mfprofile.spec.quantities import window

    madds, params, limits = quantity_of("madds"), quantity_of("params"), window(WINDOW)
    print("\n| answer | variants | ours, s | streamed, s | ratio |\n| :-- | --: | --: | --: | --: |")
    space = read_space("mf294m-blocks", [setting.removeprefix("--set=") for setting in FIXED])
    counted, ours = _timed(lambda: count_space(space, [(madds, limits)]))
    streamed, theirs = _timed(lambda: _streamed_count(space))
    assert counted.within.lower == counted.within.upper == streamed
    print(f"| {streamed:,} within {WINDOW} | {counted.size:.2g} | {ours:.2f} | {theirs:.1f} | {theirs / ours:.0f} |")
    space = read_space("mf294m-stages")
    points, ours = _timed(lambda: front(space, (Objective(madds), Objective(params, True))))
    streamed_front, theirs = _timed(lambda: _streamed_front(space))
    assert [(each.figures["madds"], -each.figures["params"]) for each in points] == streamed_front
    size = count_space(space).size
    print(f"| front of {len(points)} points | {size:.2g} | {ours:.2f} | {theirs:.1f} | {theirs / ours:.0f} |")


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    return call(), time.perf_counter() - start


def _streamed_count(space: Space) -> int:
    from mfprofile.explore.quantity import quantity_of
    from mfprofile.explore.stream import blocks
    from mfprofile.explore.work import Question
    from mfprofile.spec.quantities import window

    every, limits = Question(space, (quantity_of("madds"),)).every(), window(WINDOW)
    return sum(int(block.within([limits]).sum()) for chain in every for block in blocks(chain, []))


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
    """Print the time and memory of finding the ten best of each large space by params, within 300M MAdds."""
    from mfprofile.explore.best import best
    from mfprofile.explore.count import count_space
    from mfprofile.explore.front import Objective
    from mfprofile.explore.quantity import quantity_of
    from mfprofile.explore.space import read_space
    from mfprofile.spec.quantities import window

    print("\n| the ten best of | variants | s | MiB more |\n| :-- | --: | --: | --: |")
    for name in LARGE:
        space = read_space(name)
        size, before = count_space(space).size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        windows = [(quantity_of("madds"), window(":300M"))]
        variants, seconds = _timed(lambda: best(space, Objective(quantity_of("params"), True), windows, 10))  # noqa: B023
        above = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        assert len(variants) == 10
        print(f"| {name} | {size:.2g} | {seconds:.2f} | {above:.0f} |")


def main(runs: int = 5) -> None:
    """Print all tables as Markdown. Processes run first, because a child's peak memory starts at that of its parent."""
    print(f"{machine()}; median of {runs} rounds\n")
    against_fvcore(runs)
    windows_against_fvcore(runs)
    growth()
    leading()
    against_streaming()


if __name__ == "__main__":
    import os

    from measuring import ONE_THREAD

    os.environ.update(ONE_THREAD)
    main()
