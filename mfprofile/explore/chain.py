"""A space as chains: for each setting of the globals, links of edges between widths, each edge with its costs.

What an edge costs is asked of the one arithmetic in `cost`, on int64 arrays with an element an edge; whether it is
valid is asked of the rules of specs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from mfprofile.cost.conventions import Convention
from mfprofile.explore.costing import Costing
from mfprofile.explore.edges import RULING, UNKNOWN, Edges, Integers, Values, all_edges
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.space import Place, Space, with_values
from mfprofile.spec.load import typed
from mfprofile.spec.model import Spec
from mfprofile.spec.rules import breaches

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

    def __init__(self, space: Space, quantities: Sequence[Quantity], counted_by: Convention) -> None:
        self.space = space
        self.costing = Costing(tuple(quantities), counted_by)
        self.settings = outer_settings(space)
        self._known: dict[str, list[Edges]] = {}

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
            if not _is_refused(data):
                edges = self.edges(data)
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

    def _spec(self, data: Mapping[str, Any]) -> Spec:
        spec, faults = typed(dict(data), self.space.tree, self.space.name)
        assert spec is not None, faults  # each value was tried when the space was read
        return spec


def outer_settings(space: Space) -> list[dict[Place, Any]]:
    """Return every setting of the globals that has an effect of its own, in the order of the space's lists."""
    found: dict[str, dict[Place, Any]] = {}
    for values in product(*(choice.values for choice in space.outer)):
        setting = {choice.path: value for choice, value in zip(space.outer, values, strict=True)}
        setting = _with_effect(space, setting)
        found.setdefault(repr(setting), setting)
    return list(found.values())


def _with_effect(space: Space, setting: dict[Place, Any]) -> dict[Place, Any]:
    """Return the setting without the choices that another choice has made idle."""
    data = with_values(space.data, setting)
    idle: set[Place] = set()
    if data.get("former") == "none":
        idle |= {("attention",), *(path for path in setting if path[0] in ("tokens", "bridge"))}
        idle |= {path for path in setting if path[0] == "former" and len(path) > 1}
    elif data.get("attention") == "mlp":
        idle |= {("bridge", "heads"), ("former", "heads")}
    own = [any(choice.path[-1] == "kernel" for choice in choices) for choices in space.blocks]
    if all(
        block["block"] == "lite" or "kernel" in block or has for block, has in zip(data["blocks"], own, strict=True)
    ):
        idle.add(("mobile", "kernel"))
    return {path: value for path, value in setting.items() if path not in idle}


def _is_refused(data: Mapping[str, Any]) -> bool:
    """Return whether a rule that no width has a part in refuses the setting."""
    blocks = [{**block, "out": UNKNOWN, "exp": UNKNOWN, "kernel": UNKNOWN} for block in data["blocks"]]
    for block in blocks:
        block.pop("expand", None)
        block.pop("exp2", None)
        if block.get("repeat") == 0 and not (block["block"] == "mf-down" or block.get("stride") == 2):
            del block["repeat"]
    return any(breaches({**data, "stem": UNKNOWN, "blocks": blocks}))


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
