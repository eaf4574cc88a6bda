"""Keep one path for each network, where several paths of one chain, or of several chains, lay out the same blocks.

This happens in few spaces: if widths become equal after the width multiplier, if two alternatives of a block are the
same block at some width, or if a global choice has an effect only in some variants. In all others no edge changes.

Paths are ordered: by their setting, then edge by edge. Of all paths with the same sizes at each link, the first is
kept. So a chain is followed together with all earlier paths that have had the same sizes so far. A state between two
links is then a width, and the widths that these earlier paths have reached.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

import numpy as np

from mfprofile.errors import InputError
from mfprofile.explore.edges import MAX_EDGES, Edges, Integers
from mfprofile.explore.effects import Reads

Sizes: TypeAlias = tuple[int, ...]
"""What an edge lays out: the sizes of its blocks; at the end the input channels and the option of the head."""

_State: TypeAlias = tuple[int, frozenset[tuple[int, int]]]
"""A width, and those of earlier paths with the same sizes so far, each with the number of its chain; 0 is the own."""

_Targets: TypeAlias = Mapping[tuple[int, Sizes], list[int]]
"""The widths after a link, by the width before it and by sizes."""


class Sized:
    """The edges of each link of a chain, with the sizes of each edge.

    `is_ambiguous` says that two edges from one width have the same sizes. Only then two paths can have the same.
    """

    def __init__(self, edges: Sequence[Edges]) -> None:
        self.edges = edges
        self.is_ambiguous = any(
            np.unique(_columns(step, at == len(edges) - 1), axis=1).shape[1] < len(step.source)
            for at, step in enumerate(edges)
        )

    @cached_property
    def sizes(self) -> list[list[Sizes]]:
        """Return the sizes of the edges of each link."""
        last = len(self.edges) - 1
        return [list(map(tuple, _columns(step, at == last)[1:].T.tolist())) for at, step in enumerate(self.edges)]

    @cached_property
    def different(self) -> list[set[Sizes]]:
        """Return the different sizes at each link."""
        return [set(sizes) for sizes in self.sizes]

    def can_equal(self, other: Sized) -> bool:
        """Return whether at each link some edge has the same sizes as one of the other chain."""
        return not any(own.isdisjoint(its) for own, its in zip(self.different, other.different, strict=True))

    def targets(self, at: int, all_reads: bool) -> _Targets:
        """Return the widths after a link, by the width before it and by sizes.

        Without `all_reads`, edges are left out whose blocks read any of the keys for all blocks.
        """
        step = self.edges[at]
        targets: dict[tuple[int, Sizes], list[int]] = defaultdict(list)
        columns = (step.source.tolist(), self.sizes[at], step.target.tolist(), step.reads.tolist())
        for source, sizes, target, reads in zip(*columns, strict=True):
            if all_reads or reads == Reads.NOTHING:
                targets[source, sizes].append(target)
        return targets


def _columns(step: Edges, is_last: bool) -> Integers:
    """Return the width before each edge and its sizes, one column for each edge."""
    return np.stack([step.source, *step.sizes.values(), *([step.option] if is_last else [])])


def distinct(own: Sized, rivals: Sequence[tuple[Sized, bool]], name: str) -> Sequence[Edges]:
    """Return the edges of a chain with only the paths whose sizes no earlier path has.

    Earlier are the paths of the `rivals`, each with whether its blocks read the same values (see `Rival.agrees`), and
    the paths of the chain itself with a lower edge at the first difference. Raises `InputError` if more than
    `MAX_EDGES` edges are needed; `name` is the space's.
    """
    rivals = [(rival, agrees) for rival, agrees in rivals if own.can_equal(rival)]
    if not rivals and not own.is_ambiguous:
        return own.edges
    start = (0, frozenset((number, 0) for number in range(1, len(rivals) + 1)))
    states: list[_State] = [start]
    edges: list[Edges] = []
    for at, step in enumerate(own.edges):
        tables = [own.targets(at, True), *(rival.targets(at, agrees) for rival, agrees in rivals)]
        rows, states = _followed(step, own.sizes[at], states, tables, name, is_last=step is own.edges[-1])
        widths = tuple(step.widths[width] for width, _ in states) or (0,)
        edge, source, target = (
            np.array(column, np.int64) for column in (zip(*rows, strict=True) if rows else ((),) * 3)
        )
        edges.append(step.select(edge, source=source, target=target, widths=widths))
    return edges


def _followed(
    step: Edges, sizes: Sequence[Sizes], states: Sequence[_State], tables: Sequence[_Targets], name: str, is_last: bool
) -> tuple[list[tuple[int, int, int]], list[_State]]:
    """Return the kept edges of a link, each with the states before and after it, and the states after the link."""
    by_source: dict[int, list[tuple[int, int, Sizes]]] = defaultdict(list)
    for edge, (source, target) in enumerate(zip(step.source.tolist(), step.target.tolist(), strict=True)):
        by_source[source].append((edge, target, sizes[edge]))
    numbers: dict[_State, int] = {}
    rows: list[tuple[int, int, int]] = []
    for before, (width, earlier) in enumerate(states):
        lower: dict[Sizes, list[tuple[int, int]]] = defaultdict(list)  # by the edges before this one
        for edge, target, laid_out in by_source.get(width, ()):
            others = {(chain, to) for chain, at in earlier for to in tables[chain].get((at, laid_out), ())}
            others.update(lower[laid_out])
            lower[laid_out].append((0, target))
            is_repeated = bool(others) if is_last else (0, target) in others  # or all paths that go on from here are
            if not is_repeated:
                rows.append((edge, before, numbers.setdefault((target, frozenset(others)), len(numbers))))
        if len(rows) > MAX_EDGES:
            raise InputError(
                f"{name}: more than {MAX_EDGES:,} combinations of choices must be compared for one block, because many "
                "make the same network; give fewer values of 'width', or fewer alternatives of blocks"
            )
    return rows, list(numbers)
