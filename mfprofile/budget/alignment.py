"""Align the blocks of two networks: which block of one corresponds to which block of the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from mfprofile.spec.network import Block

Pair = tuple[Block | None, Block | None]

GAP = 600
"""The cost of a block without a partner. Two of them always cost more than the most unlike pair, which costs 1100."""

OTHER_KIND = 300

WEIGHTS = (1, 2, 1, 2, 2)
"""The weight of each of `widths`. Those that a spec sets count twice those that follow from it, such as the input."""


def aligned(a: Sequence[Block], b: Sequence[Block]) -> list[Pair]:
    """Return the blocks of two networks in pairs, in running order, with None for a missing partner.

    Partners have the same stage and the same stride. The pairing is the cheapest of all that keep the order: a pair
    costs its `unlikeness`, a block alone costs `GAP`. If all blocks are equal, the last ones stay alone.
    """
    pairs: list[Pair] = []
    for place in sorted({_place(block) for blocks in (a, b) for block in blocks}):
        in_a, in_b = ([block for block in blocks if _place(block) == place] for blocks in (a, b))
        pairs += _pair_up(in_a, in_b)
    return pairs


def _place(block: Block) -> tuple[int, int]:
    """Return the key that partners share: their stage and their stride, which is 2 only at the start of a stage."""
    return block.stage, -block.stride


def widths(block: Block) -> tuple[int, int, int, int, int]:
    """Return the widths of a block: channels of the input, both expansions and the output, and the kernel."""
    second = block.expanded2 if block.kind == "mf-down" else 0
    return block.inputs.channels, block.expanded, second, block.outputs.channels, block.kernel


def unlikeness(a: Block, b: Block) -> int:
    """Return 0 for equal blocks, else the sum of the differences of their widths in percent, weighted by `WEIGHTS`."""
    return _unlikeness(a.kind, widths(a), b.kind, widths(b))


@lru_cache(maxsize=1 << 14)
def _unlikeness(kind_a: str, widths_a: tuple[int, ...], kind_b: str, widths_b: tuple[int, ...]) -> int:
    difference = sum(
        weight * -(-100 * abs(x - y) // max(x, y, 1)) for weight, x, y in zip(WEIGHTS, widths_a, widths_b, strict=True)
    )
    return difference + (OTHER_KIND if kind_a != kind_b else 0)


def _pair_up(a: Sequence[Block], b: Sequence[Block]) -> list[Pair]:
    """Return the cheapest pairing, computed from the end: `costs[i][j]` is the cost of pairing `a[i:]` with `b[j:]`."""
    costs = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a), -1, -1):
        for j in range(len(b), -1, -1):
            if i < len(a) or j < len(b):
                costs[i][j] = min(cost for cost, _, _ in _steps(a, b, i, j, costs))
    pairs: list[Pair] = []
    i = j = 0
    while i < len(a) or j < len(b):
        _, takes_a, takes_b = min(_steps(a, b, i, j, costs), key=lambda step: step[0])  # of equal costs, a pair first
        pairs.append((a[i] if takes_a else None, b[j] if takes_b else None))
        i, j = i + takes_a, j + takes_b
    return pairs


def _steps(
    a: Sequence[Block], b: Sequence[Block], i: int, j: int, costs: Sequence[Sequence[int]]
) -> Iterator[tuple[int, bool, bool]]:
    """Yield the possible next steps, each with its cost: a pair, a block of a alone, a block of b alone."""
    if i < len(a) and j < len(b):
        yield unlikeness(a[i], b[j]) + costs[i + 1][j + 1], True, True
    if i < len(a):
        yield GAP + costs[i + 1][j], True, False
    if j < len(b):
        yield GAP + costs[i][j + 1], False, True
