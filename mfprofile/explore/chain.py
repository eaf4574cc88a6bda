"""A space as chains: for each setting of the globals, links of edges between widths, each edge with its costs.

What an edge costs is asked of the one arithmetic in `cost`, on int64 arrays with an element an edge; whether it is
valid is asked of the rules of specs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mfprofile.cost.weights import Convention
from mfprofile.explore.costing import Costing
from mfprofile.explore.edges import RULING, Edges, Integers, Values, all_edges, greatest_of
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.settings import greatest_setting, is_refused, outer_settings
from mfprofile.explore.space import Place, Space, with_values
from mfprofile.spec.load import typed
from mfprofile.spec.model import Spec
from mfprofile.spec.problems import InputError

MOST = 2**60
"""What a sum may come to, so that sums, their differences and what int64 sets apart for none stay below 2⁶³."""

_TOGETHER = 128
"""So many settings of the globals are costed at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """The valid edges of one step of a chain, with `costs` in int64, a row for each quantity and a column an edge."""

    source: Integers
    target: Integers
    option: Integers
    options: tuple[Values, ...]
    states: int
    costs: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """All variants of one setting of the globals: a path from the first link's one state to the last one's."""

    values: Values
    links: tuple[Link, ...]

    def costs(self, row: int) -> list[Integers]:
        """Return what each link's edges cost in one quantity."""
        return [link.costs[row] for link in self.links]

    def assignment(self, edges: Sequence[int]) -> dict[Place, Any]:
        """Return the choices of the variant that takes these edges, one of each link."""
        found = dict(self.values)
        for link, edge in zip(self.links, edges, strict=True):
            found |= link.options[link.option[edge]]
        return found


class Chains:
    """The chains of a space, one for each setting of its globals, with the costs of the quantities asked for."""

    def __init__(self, space: Space, quantities: Sequence[Quantity], convention: Convention) -> None:
        self.space = space
        self.costing = Costing(tuple(quantities), convention)
        self.settings = outer_settings(space)
        self._known: dict[str, list[Edges]] = {}
        self._safe: set[str] = set()

    def each(self, settings: Sequence[Values]) -> Iterator[Chain | None]:
        """Yield the chain of each of some settings of the globals; None where the rules allow none of its links.

        Settings that differ in numbers of tokens or pixels alone are costed together, an array element each.
        """
        for start in range(0, len(settings), _TOGETHER):
            yield from self._together(settings[start : start + _TOGETHER])

    def chain(self, values: Values) -> Chain | None:
        """Return the chain of one setting, as `each`."""
        return next(self.each([values]))

    def _together(self, settings: Sequence[Values]) -> list[Chain | None]:
        found: list[Chain | None] = [None] * len(settings)
        groups: dict[int, tuple[list[Edges], list[int], list[Spec]]] = {}
        for at, values in enumerate(settings):
            data = with_values(self.space.data, values)
            if not is_refused(data):
                edges = self.edges(data)
                self._refuse_too_large(values)
                _, members, specs = groups.setdefault(id(edges), (edges, [], []))
                members.append(at)
                specs.append(self._spec(data))
        for edges, members, specs in groups.values():
            kept = [_kept(part) for part in edges]
            if all(len(part.source) for part in kept):
                costs = list(self.costing.of(specs, kept))
                for row, at in enumerate(members):
                    links = tuple(_link(part, cost[:, row]) for part, cost in zip(kept, costs, strict=True))
                    found[at] = Chain(settings[at], links)
        return found

    def edges(self, data: Mapping[str, Any]) -> list[Edges]:
        """Return the edges of each link, the same for all settings that no rule of widths tells apart."""
        key = repr([data.get(name) for name in RULING] + [block.get("repeat") for block in data["blocks"]])
        if key not in self._known:
            self._known[key] = list(all_edges(self.space, data, self._spec(data)))
        return self._known[key]

    def assignments(self) -> int:
        """Return how many variants there would be if no rule left any out."""
        known: dict[int, int] = {}
        total = 0
        for values in self.settings:
            edges = self.edges(with_values(self.space.data, values))
            if id(edges) not in known:
                known[id(edges)] = _all_paths(edges)
            total += known[id(edges)]
        return total

    def _refuse_too_large(self, values: Values) -> None:
        """Raise `InputError` where a sum could pass what int64 holds: that of the greatest sizes of all at once.

        Settings that differ only in what costs grow with share one answer.
        """
        values = greatest_setting(self.space, values)
        if not self.costing.quantities or repr(values) in self._safe:
            return
        self._safe.add(repr(values))
        data = with_values(self.space.data, values)
        edges = self.edges(data)
        amounts = tuple(quantity.amount() for quantity in self.costing.quantities)
        greatest = [*(greatest_of(found, 1) for found in edges[:-1]), greatest_of(edges[-1], len(edges[-1].options))]
        costs = Costing(amounts, self.costing.convention).of([self._spec(data)], greatest)
        for quantity, most in zip(amounts, sum(each.max(axis=(1, 2)) for each in costs), strict=True):
            if most > MOST:
                raise InputError(
                    f"{self.space.name}: {quantity.name} of a variant may come to {most:,}, more than the {MOST:,} "
                    "that are reckoned with here: take the greatest channels, repeats or inputs out"
                )

    def _spec(self, data: Mapping[str, Any]) -> Spec:
        spec, faults = typed(dict(data), self.space.tree, self.space.name)
        assert spec is not None, faults  # each value was tried when the space was read
        return spec


def _kept(edges: Edges) -> Edges:
    """Return the edges that the rules allow."""
    kept = edges.valid
    sizes = {name: array[kept] for name, array in edges.sizes.items()}
    return Edges(
        edges.source[kept], edges.target[kept], edges.option[kept], kept[kept], edges.options, edges.widths, sizes
    )


def _link(edges: Edges, costs: Integers) -> Link:
    return Link(edges.source, edges.target, edges.option, edges.options, len(edges.widths), costs)


def _all_paths(edges: Sequence[Edges]) -> int:
    """Return the number of paths, those that the rules refuse included."""
    reached = [1]
    for found in edges:
        after = [0] * len(found.widths)
        for source, target in zip(found.source.tolist(), found.target.tolist(), strict=True):
            after[target] += reached[source]
        reached = after
    return sum(reached)
