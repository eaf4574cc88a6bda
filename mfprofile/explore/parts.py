"""Split a chain into parts, so that many workers can share the work of one setting of the global choices.

A part has all links of the chain, but at some links only some of the edges. Each path of the chain is in exactly one
part. A part is a chain itself, so every query works on it as it is. `whole` returns which edges of the whole chain
a path of the part has.

Chains are split in the middle, where queries join half paths. So each part has its share of the half paths on both
sides.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import product
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mfprofile.explore.chain import Chain, Link
from mfprofile.explore.edges import Integers
from mfprofile.explore.sums import paths_from_start, paths_to_end

Part: TypeAlias = tuple[tuple[int, tuple[int, ...]], ...]
"""The edges that a part has at some links, as pairs of a link and its edges. At all other links it has all edges."""

WHOLE: Part = ()
"""The part that is the whole chain."""


def half_paths(links: Sequence[Link]) -> int:
    """Return the number of paths from the start to a cut and from there to the end, at the cut with the fewest."""
    return _middle(paths_from_start(links), paths_to_end(links))[1]


def parts_of(links: Sequence[Link], wanted: int) -> list[Part]:
    """Return about `wanted` parts of a chain, or fewer if it has no more paths; each has at least one path.

    They depend on the edges only, not on their costs. Edges between the same two widths are separated only if there are
    too few widths.
    """
    before, after = paths_from_start(links), paths_to_end(links)
    cut, _ = _middle(before, after)
    parts = [WHOLE]
    for between_widths, at in product((True, False), list(_outward(links, cut))):
        number = -(-wanted // len(parts))
        if number < 2:
            break
        groups = _groups(_weighed(links[at], before[at], after[at + 1], between_widths), number)
        narrower = [_narrowed(part, at, group) for part in parts for group in groups]
        parts = [part for part in narrower if _edges_of(links, part) is not None]
    return parts


def part_of(chain: Chain, part: Part) -> Chain:
    """Return a part of a chain, without the edges that none of its paths has. The part has at least one path."""
    if part == WHOLE:
        return chain
    numbers = _edges_of(chain.links, part)
    assert numbers is not None, "the part has no path"
    links = tuple(_selected(link, edges) for link, edges in zip(chain.links, numbers, strict=True))
    return dataclasses.replace(chain, links=links, numbers=numbers)


def whole(chain: Chain, edges: Sequence[int]) -> tuple[int, ...]:
    """Return the edges of a path of a chain, as those of the whole chain if this one is a part."""
    if chain.numbers is None:
        return tuple(edges)
    return tuple(int(numbers[edge]) for numbers, edge in zip(chain.numbers, edges, strict=True))


def _middle(before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> tuple[int, int]:
    """Return the cut with the fewest half paths, and their number."""
    sizes = [sum(one) + sum(other) for one, other in zip(before, after, strict=True)]
    cut = min(range(len(sizes)), key=lambda at: sizes[at])
    return cut, sizes[cut]


def _outward(links: Sequence[Link], cut: int) -> Iterator[int]:
    """Yield the links from those next to the cut to the ends; of two equally near ones, first that with more edges."""
    for distance in range(len(links)):
        near = [at for at in (cut - 1 - distance, cut + distance) if 0 <= at < len(links)]
        yield from sorted(near, key=lambda at: -len(links[at].source))


def _weighed(
    link: Link, before: Sequence[int], after: Sequence[int], between_widths: bool
) -> list[tuple[tuple[int, ...], int]]:
    """Return the edges of a link that have paths, in the order of their targets, each with its number of half paths.

    With `between_widths`, all edges between two widths are one element.
    """
    edges: dict[tuple[int, ...], list[int]] = {}
    for edge, (source, target) in enumerate(zip(link.source.tolist(), link.target.tolist(), strict=True)):
        if before[source] and after[target]:
            edges.setdefault((target, source) if between_widths else (target, source, edge), []).append(edge)
    return [
        (tuple(edges[key]), len(edges[key]) * before[key[1]] + after[key[0]])
        for key in sorted(edges)
    ]  # fmt: skip


def _groups(weighed: Sequence[tuple[tuple[int, ...], int]], number: int) -> list[tuple[int, ...]]:
    """Return groups of about equal weight: `number` of them, or one for each element if that is not many more."""
    if len(weighed) < 2 * number:
        return [edges for edges, _ in weighed]
    total, done = sum(weight for _, weight in weighed), 0
    groups: dict[int, list[int]] = {}
    for edges, weight in weighed:
        groups.setdefault((2 * done + weight) * number // (2 * total), []).extend(edges)
        done += weight
    return [tuple(sorted(group)) for group in groups.values()]


def _narrowed(part: Part, at: int, edges: Sequence[int]) -> Part:
    """Return the part with only some edges of a link."""
    allowed = dict(part)
    allowed[at] = tuple(edge for edge in allowed.get(at, edges) if edge in set(edges))
    return tuple(allowed.items())


def _edges_of(links: Sequence[Link], part: Part) -> tuple[Integers, ...] | None:
    """Return the edges of each link that a path of the part has, or None if the part has no path."""
    allowed = dict(part)
    kept = [np.array(allowed.get(at, range(len(link.source))), np.int64) for at, link in enumerate(links)]
    reached = np.ones(1, bool)
    for at, link in enumerate(links):
        kept[at] = kept[at][reached[link.source[kept[at]]]]
        reached = _marked(link.target[kept[at]], link.states)
    for at in range(len(links) - 1, -1, -1):
        kept[at] = kept[at][reached[links[at].target[kept[at]]]]
        reached = _marked(links[at].source[kept[at]], links[at - 1].states if at else 1)
    return tuple(kept) if len(kept[0]) else None


def _marked(states: Integers, number: int) -> npt.NDArray[np.bool_]:
    """Return which of `number` states are among these."""
    marked = np.zeros(number, bool)
    marked[states] = True
    return marked


def _selected(link: Link, edges: Integers) -> Link:
    arrays = {name: getattr(link, name)[edges] for name in ("source", "target", "option", "reads")}
    return dataclasses.replace(link, **arrays, costs=link.costs[:, edges])
