"""Turn a space into chains, one for each setting of its global choices.

A chain is a layered graph. Its links are the stem, the entries of `blocks` and the end, in the order of the network.
The states between two links are widths, and each edge of a link has its costs. A variant is one path through the chain,
and its cost is the sum of its edges' costs. So a query can work on widths, and does not need to visit each variant.

The functions in `cost` count the edges, with int64 arrays of one element for each edge. The rules in `spec` decide
which edges are valid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mfprofile.cost.device import NANO
from mfprofile.cost.weights import Convention
from mfprofile.errors import InputError
from mfprofile.explore.costing import Costing
from mfprofile.explore.distinct import Sized, distinct
from mfprofile.explore.edges import Edges, Integers, Values, largest_edges
from mfprofile.explore.effects import Reads, values_read, varying
from mfprofile.explore.entries import WIDTH_RULE_KEYS, all_edges
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.settings import GlobalSetting, global_settings, is_refused, largest_setting, places
from mfprofile.explore.space import Place, Space, with_values
from mfprofile.spec.load import typed
from mfprofile.spec.model import Spec

MAX_SUM = 2**60
"""The largest allowed sum. Sums, differences of sums, and the placeholder for "no path" then stay below 2⁶³."""
MAX_TIME = MAX_SUM // NANO
"""The same for a sum with a latency, in nanoseconds: an op's time is in femtoseconds before it is rounded."""

_BATCH = 128
"""The number of settings that are counted at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """The valid edges of one step of a chain.

    `source`, `target` and `option` have one element for each edge: the width before, the width after (indices), and the
    index in `options`. An option is one assignment of the link's choices; `unused` has its values without effect.
    `reads` is what the blocks of an edge read (a `Reads`). `states` is the number of widths after the link; some can be
    equal. `costs` has the shape quantities × edges, in int64.
    """

    source: Integers
    target: Integers
    option: Integers
    reads: Integers
    options: tuple[Values, ...]
    unused: tuple[Values, ...]
    states: int
    costs: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """All variants of one setting of the global choices.

    `values` is the setting, and `shown` the part of it that has an effect, by what the blocks of a variant read. Each
    variant is one path: from the only state before the first link to the only state after the last link, with one edge
    of each link. A part of a chain (`parts`) has in `numbers` the index of each of its edges in the whole chain.
    """

    values: Values
    shown: Mapping[Reads, Values]
    links: tuple[Link, ...]
    numbers: tuple[Integers, ...] | None = None

    def costs(self, row: int) -> list[Integers]:
        """Return the costs of each link's edges in one quantity, by the quantity's row."""
        return [link.costs[row] for link in self.links]

    def reads(self, paths: Integers) -> Integers:
        """Return what the blocks of each path read (a `Reads`); `paths` is paths × links, an edge of each link."""
        reads: Integers = np.max([link.reads[paths[:, at]] for at, link in enumerate(self.links)], axis=0)
        return reads

    def assignment(self, edges: Sequence[int]) -> dict[Place, Any]:
        """Return the choices of the variant with these edges, one of each link, without those that have no effect."""
        choices = dict(self.shown[Reads(self.reads(np.array([edges])).item())])
        for link, edge in zip(self.links, edges, strict=True):
            choices |= link.options[link.option[edge]]
        return choices

    def all_values(self, edges: Sequence[int]) -> dict[Place, Any]:
        """Return the values of all choices of a variant, also of those without effect."""
        values = dict(self.values)
        for link, edge in zip(self.links, edges, strict=True):
            values |= {**link.options[link.option[edge]], **link.unused[link.option[edge]]}
        return values


class Chains:
    """The chains of a space, one for each setting of its global choices, with the costs in some quantities.

    The order of `quantities` is the order of the rows of `Link.costs`.
    """

    def __init__(self, space: Space, quantities: Sequence[Quantity], convention: Convention) -> None:
        self.space = space
        self.costing = Costing(tuple(quantities), convention)
        self._edges: dict[str, list[Edges]] = {}  # by the keys that decide which edges there are
        self._sized: dict[tuple[int, bool], Sized] = {}  # by the id of edges, and whether only the valid ones
        self._distinct: dict[tuple[object, ...], Sequence[Edges]] = {}
        self._checked: set[str] = set()  # settings whose sums fit into int64
        self._varying = {choice.path: varying(choice) for choice in space.global_choices}
        self._places = places(space)

    @cached_property
    def settings(self) -> list[GlobalSetting]:
        """Return all settings of the global choices."""
        return global_settings(self.space)

    def each(self, settings: Sequence[GlobalSetting]) -> Iterator[Chain | None]:
        """Yield the chain of each of these settings, or None if the rules refuse the setting or a whole link.

        Settings that differ only in numbers of tokens or pixels are counted together, with one array element each.
        """
        for start in range(0, len(settings), _BATCH):
            yield from self._batch(settings[start : start + _BATCH])

    def chain(self, setting: GlobalSetting) -> Chain | None:
        """Return the chain of one setting, or None, like `each`."""
        return next(self.each([setting]))

    def _batch(self, settings: Sequence[GlobalSetting]) -> list[Chain | None]:
        chains: list[Chain | None] = [None] * len(settings)
        shown: dict[int, dict[Reads, Values]] = {}
        groups: dict[int, tuple[Sequence[Edges], list[int], list[Spec]]] = {}
        for at, setting in enumerate(settings):
            data = with_values(self.space.data, setting.values)
            if not is_refused(data):
                edges, shown[at] = self.distinct_edges(setting, data, valid=True), self._shown(setting.values, data)
                self.refuse_too_large(setting.values)
                _, members, specs = groups.setdefault(id(edges), (edges, [], []))
                members.append(at)
                specs.append(self._spec(data))
        for edges, members, specs in groups.values():
            if count_paths(edges):
                costs = list(self.costing.costs(specs, edges))
                for row, at in enumerate(members):
                    links = tuple(_link(step, cost[:, row]) for step, cost in zip(edges, costs, strict=True))
                    chains[at] = Chain(settings[at].values, shown[at], links)
        return chains

    def _shown(self, values: Values, data: Mapping[str, Any]) -> dict[Reads, Values]:
        """Return the values of a setting that have an effect, by what the blocks of a variant read."""
        read = {reads: values_read(data, reads).keys() for reads in Reads}
        return {
            reads: {
                path: value
                for path, value in values.items()
                if path[0] == "blocks" or self._varying[path] & read[reads]
            }
            for reads in Reads
        }

    def edges(self, data: Mapping[str, Any]) -> list[Edges]:
        """Return the edges of each link; settings that no rule of widths distinguishes share them."""
        key = repr([data.get(name) for name in WIDTH_RULE_KEYS] + [data["blocks"][at] for at in self._places])
        if key not in self._edges:
            self._edges[key] = list(all_edges(self.space, data, self._spec(data)))
        return self._edges[key]

    def distinct_edges(self, setting: GlobalSetting, data: Mapping[str, Any], valid: bool) -> Sequence[Edges]:
        """Return the edges of each link, with only the paths whose networks no earlier path makes.

        They are the `valid` ones, or all of them.
        """
        rivals = [
            (self._sized_edges(with_values(self.space.data, rival.values), valid), rival.agrees)
            for rival in setting.rivals
            if not (valid and rival.refused)
        ]
        own = self._sized_edges(data, valid)
        key = (id(own), *((id(rival), agrees) for rival, agrees in rivals))
        if key not in self._distinct:
            self._distinct[key] = distinct(own, rivals, self.space.name)
        return self._distinct[key]

    def _sized_edges(self, data: Mapping[str, Any], valid: bool) -> Sized:
        edges = self.edges(data)
        key = (id(edges), valid)
        if key not in self._sized:
            self._sized[key] = Sized([step.select(step.valid) for step in edges] if valid else edges)
        return self._sized[key]

    def assignments(self) -> int:
        """Return the number of different combinations of choices, including those that the rules refuse."""
        counts: dict[int, int] = {}
        total = 0
        for setting in self.settings:
            data = with_values(self.space.data, setting.values)
            edges = self.distinct_edges(setting, data, valid=False)
            if id(edges) not in counts:
                counts[id(edges)] = count_paths(edges)
            total += counts[id(edges)]
        return total

    def refuse_too_large(self, values: Values) -> None:
        """Raise `InputError` if a sum of this setting could exceed `MAX_SUM`.

        The check uses an upper bound: the cost of the largest sizes of all edges at the same time. Settings that differ
        only in choices whose larger numbers cost more are checked once.
        """
        values = largest_setting(self.space, values)
        if not self.costing.quantities or repr(values) in self._checked:
            return
        self._checked.add(repr(values))
        edges = self.edges(data := with_values(self.space.data, values))
        amounts = tuple(quantity.amount() for quantity in self.costing.quantities)
        largest = [*(largest_edges(step, 1) for step in edges[:-1]), largest_edges(edges[-1], len(edges[-1].options))]
        costs = Costing(amounts, self.costing.convention).costs([self._spec(data)], largest)
        for quantity, most in zip(amounts, sum(each.max(axis=(1, 2)) for each in costs), strict=True):
            largest_sum = MAX_TIME if quantity.is_timed else MAX_SUM
            if most > largest_sum:
                reached = f"{most:,}{' ns' if quantity.is_timed else ''}"
                raise InputError(
                    f"{self.space.name}: {quantity.name} of a variant can be {reached}, more than {largest_sum:,}; "
                    "remove the largest channels, repeats or inputs"
                )

    def _spec(self, data: Mapping[str, Any]) -> Spec:
        spec, faults = typed(dict(data), self.space.tree, self.space.name)
        assert spec is not None, faults  # `read_space` checked each value
        return spec


def _link(edges: Edges, costs: Integers) -> Link:
    arrays = (edges.source, edges.target, edges.option, edges.reads, edges.options, edges.unused)
    return Link(*arrays, len(edges.widths), costs)


def count_paths(edges: Sequence[Edges]) -> int:
    """Return the number of paths, including those that the rules refuse."""
    counts = [1]
    for step in edges:
        counts_after = [0] * len(step.widths)
        for source, target in zip(step.source.tolist(), step.target.tolist(), strict=True):
            counts_after[target] += counts[source]
        counts = counts_after
    return sum(counts)
