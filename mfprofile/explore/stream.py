"""Visit every variant within windows, one block after another, in constant memory.

Paths are extended from the start, depth first and a few thousand at a time. A path is dropped as soon as no
continuation can be in all windows. Near the end each path is combined with all suffixes, the paths of the last links,
as an outer sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mfprofile.explore.chain import Chain, Link
from mfprofile.explore.edges import Integers
from mfprofile.explore.sums import continuations, extremes_to_end, paths_to_end
from mfprofile.spec.quantities import Window

_MAX_SUFFIXES = 4096  # suffixes that are kept for each width
_MAX_PREFIXES = 4096  # prefixes that are extended at a time
_MAX_SUMS = 1 << 20  # sums of one quantity in a block


@dataclass(frozen=True, slots=True, eq=False)
class Suffixes:
    """All paths from a width to the end: `sums` is quantities × paths, `edges` is paths × last links."""

    sums: Integers
    edges: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Prefixes:
    """Some paths from the start.

    `states` has the width that each path has reached, `sums` is quantities × paths, `edges` is paths × first links.
    """

    states: Integers
    sums: Integers
    edges: Integers

    def select(self, chosen: npt.NDArray[np.generic] | slice) -> Prefixes:
        """Return the paths that an index array, a mask or a slice selects."""
        return Prefixes(self.states[chosen], self.sums[:, chosen], self.edges[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Paths of a chain: each of the `prefixes` with each of the `suffixes`. All prefixes end at the same width."""

    prefixes: Prefixes
    suffixes: Suffixes

    def sums(self, row: int) -> Integers:
        """Return the sums of one quantity, shape prefixes × suffixes."""
        sums: Integers = np.add.outer(self.prefixes.sums[row], self.suffixes.sums[row])
        return sums

    def within(self, windows: Sequence[Window]) -> npt.NDArray[np.bool_]:
        """Return which paths are in all windows, shape prefixes × suffixes; the windows are of the first quantities."""
        within = np.ones((len(self.prefixes.states), len(self.suffixes.edges)), bool)
        for row, window in enumerate(windows):
            if window.least is not None or window.most is not None:
                within &= _is_inside(self.sums(row), window)
        return within

    def figures(self, chosen: npt.NDArray[np.bool_]) -> Integers:
        """Return the sums of the chosen paths (a mask, prefixes × suffixes), shape quantities × paths."""
        prefix, suffix = np.nonzero(chosen)
        figures: Integers = self.prefixes.sums[:, prefix] + self.suffixes.sums[:, suffix]
        return figures

    def edges(self, chosen: npt.NDArray[np.bool_]) -> Integers:
        """Return the edges of the chosen paths (a mask, prefixes × suffixes), shape paths × links."""
        prefix, suffix = np.nonzero(chosen)
        return np.hstack([self.prefixes.edges[prefix], self.suffixes.edges[suffix]])


def _is_inside(sums: Integers, window: Window) -> npt.NDArray[np.bool_]:
    """Return which sums are in a window."""
    is_inside = np.ones(sums.shape, bool)
    if window.least is not None:
        is_inside &= sums >= window.least
    if window.most is not None:
        is_inside &= sums <= window.most
    return is_inside


def blocks(chain: Chain, windows: Sequence[Window]) -> Iterator[Block]:
    """Yield the paths of a chain, block by block, always in the same order.

    The windows are of the chain's first quantities. Most paths outside a window are not yielded, but some are:
    `Block.within` returns which paths are in all windows.
    """
    cut = _cut(chain.links)
    remaining = extremes_to_end(chain.links, [link.costs for link in chain.links])
    suffixes = _suffixes(chain.links[cut:], chain.links[cut - 1].states if cut else 1)
    no_sums, no_edges = np.zeros((len(chain.links[0].costs), 1), np.int64), np.zeros((1, 0), np.int64)
    waiting = [(0, Prefixes(np.zeros(1, np.int64), no_sums, no_edges))]
    while waiting:
        at, prefixes = waiting.pop()
        if len(prefixes.states) > _MAX_PREFIXES:
            starts = reversed(range(0, len(prefixes.states), _MAX_PREFIXES))
            waiting += [(at, prefixes.select(slice(first, first + _MAX_PREFIXES))) for first in starts]
            continue
        prefixes = prefixes.select(_can_end_within(prefixes, remaining[at], windows))
        if at == cut:
            yield from _combined(prefixes, suffixes)
        elif len(prefixes.states):
            waiting.append((at + 1, _extended(prefixes, chain.links[at])))


def _cut(links: Sequence[Link]) -> int:
    """Return the index of the first link after which the paths to the end are few enough to keep."""
    return next(at for at, counts in enumerate(paths_to_end(links)) if max(counts) <= _MAX_SUFFIXES)


def _suffixes(links: Sequence[Link], states: int) -> list[Suffixes]:
    """Return the paths to the end from each of the `states` widths before these links; a width can have none."""
    level = [Suffixes(np.zeros((len(links[0].costs) if links else 0, 1), np.int64), np.zeros((1, 0), np.int64))]
    before = [states, *(link.states for link in links)][: len(links)]
    for link, width in zip(reversed(links), reversed(before), strict=True):
        pieces: list[list[Suffixes]] = [[] for _ in range(width)]
        for edge, (source, target) in enumerate(zip(link.source.tolist(), link.target.tolist(), strict=True)):
            after = level[target]
            first = np.full((len(after.edges), 1), edge)
            pieces[source].append(Suffixes(after.sums + link.costs[:, edge, None], np.hstack([first, after.edges])))
        nothing = Suffixes(level[0].sums[:, :0], np.zeros((0, level[0].edges.shape[1] + 1), np.int64))
        level = [_stacked(piece) if piece else nothing for piece in pieces]
    return level


def _stacked(pieces: Sequence[Suffixes]) -> Suffixes:
    return Suffixes(np.hstack([piece.sums for piece in pieces]), np.vstack([piece.edges for piece in pieces]))


def _can_end_within(
    prefixes: Prefixes, remaining: tuple[Integers, Integers], windows: Sequence[Window]
) -> npt.NDArray[np.bool_]:
    """Return which paths can still end in all windows, as far as each window alone shows it."""
    can_end = np.ones(len(prefixes.states), bool)
    least, greatest = (side[:, prefixes.states] for side in remaining)
    for row, window in enumerate(windows):
        if window.most is not None:
            can_end &= prefixes.sums[row] + least[row] <= window.most
        if window.least is not None:
            can_end &= prefixes.sums[row] + greatest[row] >= window.least
    return can_end


def _extended(prefixes: Prefixes, link: Link) -> Prefixes:
    """Return each path with each edge of the link that continues it, in the order of the paths."""
    order = np.argsort(link.source, kind="stable")
    path, place = continuations(prefixes.states, link.source[order])
    edge = order[place]
    sums = prefixes.sums[:, path] + link.costs[:, edge]
    return Prefixes(link.target[edge], sums, np.hstack([prefixes.edges[path], edge[:, None]]))


def _combined(prefixes: Prefixes, suffixes: Sequence[Suffixes]) -> Iterator[Block]:
    """Yield the blocks of these paths with all suffixes of their widths."""
    if not len(prefixes.states):
        return
    prefixes = prefixes.select(np.argsort(prefixes.states, kind="stable"))
    runs = np.flatnonzero(np.concatenate([[True], prefixes.states[1:] != prefixes.states[:-1]]))
    for first, last in zip(runs.tolist(), [*runs[1:].tolist(), len(prefixes.states)], strict=True):
        after = suffixes[int(prefixes.states[first])]
        size = max(1, _MAX_SUMS // max(1, len(after.edges)))
        for start in range(first, last, size):
            yield Block(prefixes.select(slice(start, min(start + size, last))), after)
