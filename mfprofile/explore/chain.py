"""A space as chains: for each setting of the globals, links of edges between widths, each edge with its costs.

What an edge costs is asked of the one arithmetic in `cost`, on int64 arrays with an element an edge; whether it is
valid is asked of the rules of specs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from mfprofile.cost.blocks import block_parts, network_parts
from mfprofile.cost.conventions import Convention
from mfprofile.cost.former import former
from mfprofile.cost.rows import Part
from mfprofile.explore.edges import RULING, Edges, Integers, Values, all_edges, greatest_of
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.settings import greatest_setting, is_refused, outer_settings
from mfprofile.explore.space import Place, Space, with_values
from mfprofile.spec.load import typed
from mfprofile.spec.model import BlockSpec, HeadSpec, Resolution, Spec
from mfprofile.spec.network import halved, resolve
from mfprofile.spec.problems import InputError

MOST = 2**60
"""What a sum may come to, so that sums, their differences and what int64 sets apart for none stay below 2⁶³."""


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

    def __init__(self, space: Space, quantities: Sequence[Quantity], counted_by: Convention) -> None:
        self.space = space
        self.quantities = tuple(quantities)
        self.convention = counted_by
        self.settings = outer_settings(space)
        self._known: dict[str, list[Edges]] = {}
        self._safe: set[str] = set()

    def chain(self, values: Values) -> Chain | None:
        """Return the chain of one setting of the globals; None if the rules allow none of its links."""
        data = with_values(self.space.data, values)
        if is_refused(data):
            return None
        spec = self._spec(data)
        edges = self.edges(data)
        self._refuse_too_large(values)
        links = tuple(_link(found, costs) for found, costs in zip(edges, self._costs(spec, edges), strict=True))
        return Chain(values, links) if all(len(link.source) for link in links) else None

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

    def _spec(self, data: Mapping[str, Any]) -> Spec:
        spec, faults = typed(dict(data), self.space.tree, self.space.name)
        assert spec is not None, faults  # each value was tried when the space was read
        return spec

    def _refuse_too_large(self, values: Values) -> None:
        """Raise `InputError` where a sum could pass what int64 holds: that of the greatest sizes of all at once.

        Settings that differ only in what costs grow with share one answer.
        """
        values = greatest_setting(self.space, values)
        if not self.quantities or repr(values) in self._safe:
            return
        self._safe.add(repr(values))
        data = with_values(self.space.data, values)
        spec, edges = self._spec(data), self.edges(data)
        amounts = copy(self)
        amounts.quantities = tuple(quantity.amount() for quantity in self.quantities)
        greatest = [*(greatest_of(found, 1) for found in edges[:-1]), greatest_of(edges[-1], len(edges[-1].options))]
        sums = sum(costs.max(axis=1) for costs in amounts._costs(spec, greatest))
        for quantity, most in zip(self.quantities, sums, strict=True):
            if most > MOST:
                raise InputError(
                    f"{self.space.name}: {quantity.name} of a variant may come to {most:,}, more than the {MOST:,} "
                    "that are reckoned with here: take the greatest channels, repeats or inputs out"
                )

    def _costs(self, spec: Spec, edges: Sequence[Edges]) -> Iterator[Integers]:
        """Yield each link's costs, a row for each quantity."""
        if not self.quantities:
            yield from (np.zeros((0, len(found.source)), np.int64) for found in edges)
            return
        height, width = halved(spec.input.height), halved(spec.input.width)
        yield self._sums(_stem_parts(spec, edges[0]), len(edges[0].source), edges[0].kind)
        for block, found in zip(spec.blocks, edges[1:-1], strict=True):
            yield self._entry(_sized(spec, height, width), block, found)
            if block.halves and block.repeat:
                height, width = halved(height), halved(width)
        yield self._ends(_sized(spec, height, width), edges[-1])

    def _entry(self, spec: Spec, block: BlockSpec, edges: Edges) -> Integers:
        """Return the costs of an entry's edges: its first block and, as often as it is repeated, the others."""
        costs = np.zeros((len(self.quantities), len(edges.source)), edges.kind)
        repeat = edges.sizes["repeat"]
        laid_out = np.flatnonzero(repeat)
        if not laid_out.size:
            return costs
        sizes = {name: array[laid_out] for name, array in edges.sizes.items()}
        repeat = repeat[laid_out]
        changes: dict[str, Any] = {
            name: sizes[name] for name in ("out", "exp", "expand", "exp2", "kernel") if name in sizes
        }
        block = dataclasses.replace(block, **changes, repeat=2 if repeat.max() > 1 else 1)
        network = resolve(_changed(spec, stem=sizes["inputs"], blocks=(block,)))
        tokenwise = [] if network.tokens is None else former(network, network.tokens)
        for index, laid in enumerate(network.blocks):
            summed = self._sums(block_parts(network, laid, tokenwise), len(laid_out), edges.kind)
            costs[:, laid_out] += summed * (repeat - 1 if index else 1)
        return costs

    def _ends(self, spec: Spec, edges: Edges) -> Integers:
        """Return the costs of the last link: the final bridge and the head of each option."""
        costs = np.zeros((len(self.quantities), len(edges.source)), edges.kind)
        through = BlockSpec("lite", None, exp=1)  # it only hands the width on
        for option, values in enumerate(edges.options):
            chosen = np.flatnonzero(edges.option == option)
            head, classes = _headed(spec, values)
            changed = _changed(spec, stem=edges.sizes["inputs"][chosen], blocks=(through,), head=head, classes=classes)
            parts = [part for part in network_parts(resolve(changed)) if part.block in ("final", "head")]
            costs[:, chosen] = self._sums(parts, len(chosen), edges.kind)
        return costs

    def _sums(self, parts: Sequence[Part], edges: int, kind: np.dtype[Any]) -> Integers:
        sums = [np.broadcast_to(quantity.of(parts, self.convention), (edges,)) for quantity in self.quantities]
        return np.array(sums, kind).reshape(len(self.quantities), edges)


def _stem_parts(spec: Spec, edges: Edges) -> list[Part]:
    """Return the ops before the first block: the stem and the table of tokens."""
    block = BlockSpec("lite", None, exp=1)
    network = resolve(_changed(spec, stem=edges.sizes["inputs"], blocks=(block,), head=None, width=1))
    return [part for part in network_parts(network) if part.block in ("stem", "tokens")]


def _changed(spec: Spec, **changes: Any) -> Spec:
    """Return the spec with arrays, or whatever else, in place of fields."""
    return dataclasses.replace(spec, **changes)


def _sized(spec: Spec, height: int, width: int) -> Spec:
    """Return the globals with an input that leaves a first block maps of that height and width."""
    return dataclasses.replace(spec, input=Resolution(2 * height, 2 * width), width=1)


def _headed(spec: Spec, values: Values) -> tuple[HeadSpec | None, int]:
    """Return the head and the classes of an option."""
    head, classes = spec.head, values.get(("classes",), spec.classes)
    if ("head",) in values:
        given = values["head",]
        head = None if given == "none" else HeadSpec(**given)
    if ("head", "fc") in values:
        head = HeadSpec(values["head", "fc"])
    return head, classes


def _link(edges: Edges, costs: Integers) -> Link:
    kept = edges.valid
    return Link(
        edges.source[kept], edges.target[kept], edges.option[kept], edges.options, len(edges.widths), costs[:, kept]
    )


def _all_paths(edges: Sequence[Edges]) -> int:
    """Return the number of paths, those that the rules refuse included."""
    reached = [1]
    for found in edges:
        after = [0] * len(found.widths)
        for source, target in zip(found.source.tolist(), found.target.tolist(), strict=True):
            after[target] += reached[source]
        reached = after
    return sum(reached)
