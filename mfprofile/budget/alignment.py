"""Which block of one network stands where which block of another does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from mfprofile.spec.network import Block

Pair = tuple[Block | None, Block | None]

GAP = 600
"""What a block without a partner costs; two of them always more than the most unlike pair, which costs 1100."""

OTHER_KIND = 300

WEIGHTS = (1, 2, 1, 2, 2)
"""How much each of `widths` weighs: what a spec writes twice what follows from it, as the input does."""


def aligned(a: Sequence[Block], b: Sequence[Block]) -> list[Pair]:
    """Return the blocks of two networks in pairs, in running order; None for the partner that a block does not have.

    Partners have the same stage and the same stride. Among all such pairings in order it is the cheapest: pairs cost
    their `unlikeness`, a block alone costs `GAP`. Of blocks that are all equal the last stay alone.
    """
    found: list[Pair] = []
    for place in sorted({_place(block) for blocks in (a, b) for block in blocks}):
        mine, theirs = ([block for block in blocks if _place(block) == place] for blocks in (a, b))
        found += _paired(mine, theirs)
    return found


def _place(block: Block) -> tuple[int, int]:
    """Return where a block may find its partner: its stage, which begins with the only block of stride 2."""
    return block.stage, -block.stride


def widths(block: Block) -> tuple[int, int, int, int, int]:
    """Return what tells a block from another of its kind: input, expanded, expanded again, output channels; kernel."""
    second = block.expanded2 if block.kind == "mf-down" else 0
    return block.inputs.channels, block.expanded, second, block.outputs.channels, block.kernel


def unlikeness(a: Block, b: Block) -> int:
    """Return 0 for equal blocks, else how far each of their widths is apart in percent, summed by `WEIGHTS`."""
    return _unlikeness(a.kind, widths(a), b.kind, widths(b))


@lru_cache(maxsize=1 << 14)
def _unlikeness(kind: str, these: tuple[int, ...], other_kind: str, those: tuple[int, ...]) -> int:
    apart = sum(
        weight * -(-100 * abs(x - y) // max(x, y, 1)) for weight, x, y in zip(WEIGHTS, these, those, strict=True)
    )
    return apart + (OTHER_KIND if kind != other_kind else 0)


def _paired(a: Sequence[Block], b: Sequence[Block]) -> list[Pair]:
    """Return the cheapest pairing, found from the end: `costs[i][j]` is that of what follows i of a and j of b."""
    costs = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a), -1, -1):
        for j in range(len(b), -1, -1):
            if i < len(a) or j < len(b):
                costs[i][j] = min(cost for cost, _, _ in _steps(a, b, i, j, costs))
    found: list[Pair] = []
    i = j = 0
    while i < len(a) or j < len(b):
        _, more_a, more_b = min(_steps(a, b, i, j, costs), key=lambda step: step[0])  # the first of equals: a pair
        found.append((a[i] if more_a else None, b[j] if more_b else None))
        i, j = i + more_a, j + more_b
    return found


def _steps(
    a: Sequence[Block], b: Sequence[Block], i: int, j: int, costs: Sequence[Sequence[int]]
) -> Iterator[tuple[int, bool, bool]]:
    """Yield what may come next, with its cost: a pair, a block of a alone, a block of b alone."""
    if i < len(a) and j < len(b):
        yield unlikeness(a[i], b[j]) + costs[i + 1][j + 1], True, True
    if i < len(a):
        yield GAP + costs[i + 1][j], True, False
    if j < len(b):
        yield GAP + costs[i][j + 1], False, True
