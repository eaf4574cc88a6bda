"""Every variant within windows, one block after another, in constant memory.

Paths are laid out from the start, a few thousand at a time and depth first, and dropped as soon as nothing that follows
could bring them into every window; then each meets all paths of the last links at once, as an outer sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mfprofile.explore.chain import Chain, Link
from mfprofile.explore.edges import Integers
from mfprofile.explore.sums import least_onward, paths_onward
from mfprofile.spec.quantities import Window

_TAIL = 4096  # paths of the last links that are kept for each width
_FRONT = 4096  # paths from the start that are laid out at a time
_CELLS = 1 << 20  # sums that a block holds


@dataclass(frozen=True, slots=True, eq=False)
class Tails:
    """All paths from a width to the end: their sums, a row each quantity, and their edges, a row each path."""

    sums: Integers
    edges: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """Some paths from the start: the width of each, their sums, a row each quantity, and their edges."""

    states: Integers
    sums: Integers
    edges: Integers

    def of(self, chosen: npt.NDArray[np.generic] | slice) -> Heads:
        """Return some of the paths."""
        return Heads(self.states[chosen], self.sums[:, chosen], self.edges[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Paths as an outer sum: each of `heads` with each of `tails`."""

    heads: Heads
    tails: Tails

    def sums(self, row: int) -> Integers:
        """Return the sums of one quantity, heads × tails."""
        found: Integers = np.add.outer(self.heads.sums[row], self.tails.sums[row])
        return found

    def within(self, windows: Sequence[Window]) -> npt.NDArray[np.bool_]:
        """Return which paths are in all windows, one for each quantity from the first, heads × tails."""
        found = np.ones((len(self.heads.states), len(self.tails.edges)), bool)
        for row, window in enumerate(windows):
            if window.least is not None or window.most is not None:
                sums = self.sums(row)
                found &= inside(sums, window)
        return found

    def figures(self, chosen: npt.NDArray[np.bool_]) -> Integers:
        """Return all sums of the paths chosen, heads × tails, a row each quantity."""
        head, tail = np.nonzero(chosen)
        found: Integers = self.heads.sums[:, head] + self.tails.sums[:, tail]
        return found

    def edges(self, chosen: npt.NDArray[np.bool_]) -> Integers:
        """Return the edges of the paths chosen, heads × tails, a row each."""
        head, tail = np.nonzero(chosen)
        return np.hstack([self.heads.edges[head], self.tails.edges[tail]])


def inside(sums: Integers, window: Window) -> npt.NDArray[np.bool_]:
    """Return which sums are in a window."""
    found = np.ones(sums.shape, bool)
    if window.least is not None:
        found &= sums >= window.least
    if window.most is not None:
        found &= sums <= window.most
    return found


def blocks(chain: Chain, windows: Sequence[Window]) -> Iterator[Block]:
    """Yield the paths of a chain, block by block, always in the same order; most outside of a window are left out.

    The windows are of the chain's quantities, from the first; `Block.within` says which paths are in all of them.
    """
    cut = _cut(chain.links)
    reach = _reach(chain)
    tails = _tails(chain.links[cut:], chain.links[cut - 1].states if cut else 1)
    start = Heads(np.zeros(1, np.int64), np.zeros((len(chain.links[0].costs), 1), np.int64), np.zeros((1, 0), np.int64))
    waiting = [(0, start)]
    while waiting:
        at, heads = waiting.pop()
        if len(heads.states) > _FRONT:
            starts = reversed(range(0, len(heads.states), _FRONT))
            waiting += [(at, heads.of(slice(first, first + _FRONT))) for first in starts]
            continue
        heads = heads.of(_may_end_within(heads, reach[at], windows))
        if at == cut:
            yield from _met(heads, tails)
        elif len(heads.states):
            waiting.append((at + 1, _extended(heads, chain.links[at])))


def _cut(links: Sequence[Link]) -> int:
    """Return from which link on the paths to the end are few enough to keep."""
    onward = paths_onward(links)
    return next(at for at, counts in enumerate(onward) if max(counts) <= _TAIL)


def _reach(chain: Chain) -> list[tuple[Integers, Integers]]:
    """Return, before each link and at the end, the least and the greatest sums still to come from each width."""
    costs = [link.costs for link in chain.links]
    least, turned = (least_onward(chain.links, [sign * cost for cost in costs]) for sign in (1, -1))
    return [(low, -high) for low, high in zip(least, turned, strict=True)]


def _tails(links: Sequence[Link], states: int) -> list[Tails]:
    """Return all paths to the end from each of so many widths before these links; from some there may be none."""
    found = [Tails(np.zeros((len(links[0].costs) if links else 0, 1), np.int64), np.zeros((1, 0), np.int64))]
    before = [states, *(link.states for link in links)][: len(links)]
    for link, width in zip(reversed(links), reversed(before), strict=True):
        pieces: list[list[Tails]] = [[] for _ in range(width)]
        for edge, (source, target) in enumerate(zip(link.source.tolist(), link.target.tolist(), strict=True)):
            after = found[target]
            first = np.full((len(after.edges), 1), edge)
            pieces[source].append(Tails(after.sums + link.costs[:, edge, None], np.hstack([first, after.edges])))
        nothing = Tails(found[0].sums[:, :0], np.zeros((0, found[0].edges.shape[1] + 1), np.int64))
        found = [_together(piece) if piece else nothing for piece in pieces]
    return found


def _together(pieces: Sequence[Tails]) -> Tails:
    return Tails(np.hstack([piece.sums for piece in pieces]), np.vstack([piece.edges for piece in pieces]))


def _may_end_within(heads: Heads, reach: tuple[Integers, Integers], windows: Sequence[Window]) -> npt.NDArray[np.bool_]:
    found = np.ones(len(heads.states), bool)
    least, greatest = (side[:, heads.states] for side in reach)
    for row, window in enumerate(windows):
        if window.most is not None:
            found &= heads.sums[row] + least[row] <= window.most
        if window.least is not None:
            found &= heads.sums[row] + greatest[row] >= window.least
    return found


def _extended(heads: Heads, link: Link) -> Heads:
    """Return the paths with each edge that leads on from them, in the order of the paths."""
    order = np.argsort(link.source, kind="stable")
    first = np.searchsorted(link.source[order], heads.states, "left")
    count = np.searchsorted(link.source[order], heads.states, "right") - first
    path = np.repeat(np.arange(len(heads.states)), count)
    within = np.arange(len(path)) - np.repeat(np.cumsum(count) - count, count)
    edge = order[first[path] + within]
    return Heads(
        link.target[edge], heads.sums[:, path] + link.costs[:, edge], np.hstack([heads.edges[path], edge[:, None]])
    )


def _met(heads: Heads, tails: Sequence[Tails]) -> Iterator[Block]:
    """Yield the blocks of these paths with all that may follow on each."""
    if not len(heads.states):
        return
    heads = heads.of(np.argsort(heads.states, kind="stable"))
    runs = np.flatnonzero(np.concatenate([[True], heads.states[1:] != heads.states[:-1]]))
    for first, last in zip(runs.tolist(), [*runs[1:].tolist(), len(heads.states)], strict=True):
        after = tails[int(heads.states[first])]
        size = max(1, _CELLS // max(1, len(after.edges)))
        for start in range(first, last, size):
            yield Block(heads.of(slice(start, min(start + size, last))), after)
