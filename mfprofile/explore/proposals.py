"""A proposal for a space, a value for each choice, and the number of choices in which edges differ from it.

A difference is counted as users would make it: in how few choices must the proposal change, so that it writes a
network? So every way to write an edge is known here: `out: same` and the same width, and all combinations that leave a
block out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from mfprofile.errors import InputError
from mfprofile.explore.edges import Edges, Integers, Values
from mfprofile.explore.entries import left_out
from mfprofile.explore.space import Choice, Place, Space
from mfprofile.spec.model import Spec
from mfprofile.spec.words import instead, shown


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """All ways to write the options of a link, as values of its choices.

    `indices` is ways × choices: each value's index in its choice. The ways of one option follow each other, from
    `first` of the option on. `twin` has, for each edge, the option that writes the same edge with `out: same`, or its
    own.
    """

    choices: tuple[Choice, ...]
    indices: Integers
    first: Integers
    twin: Integers

    def changed(self, edges: Edges, proposal: Mapping[Place, int]) -> Integers:
        """Return for each edge the least number of the link's choices in which a way to write it differs."""
        least = np.minimum.reduceat(self._differences(proposal), self.first)
        changed: Integers = np.minimum(least[edges.option], least[self.twin])
        return changed

    def nearest(self, edges: Edges, edge: int, proposal: Mapping[Place, int]) -> dict[Place, Any]:
        """Return the values of the link's choices that write an edge and differ least from the proposal."""
        differences = self._differences(proposal)
        ends = [*self.first[1:].tolist(), len(differences)]
        options = (int(edges.option[edge]), int(self.twin[edge]))
        ways = [way for option in options for way in range(int(self.first[option]), ends[option])]
        indices = self.indices[min(ways, key=lambda way: int(differences[way]))].tolist()
        return {choice.path: choice.values[at] for choice, at in zip(self.choices, indices, strict=True)}

    def _differences(self, proposal: Mapping[Place, int]) -> Integers:
        """Return the number of choices in which each way differs from the proposal, which has indices of values."""
        wanted = np.array([proposal[choice.path] for choice in self.choices], np.int64)
        differences: Integers = (self.indices != wanted).sum(axis=1)
        return differences


def indices_of(space: Space, proposal: Mapping[str, Any]) -> dict[Place, int]:
    """Return the index of each choice's value in a proposal, which has the names of choices as keys.

    Raises `InputError` for a choice without a value, a name that is not a choice, and a value that is not one of it.
    """
    names = [choice.name for choice in space.choices]
    for name in proposal.keys() - set(names):
        raise InputError(f"{space.name}: {shown(name)} is not a choice; {instead(name, names)}")
    if missing := [name for name in names if name not in proposal]:
        raise InputError(f"{space.name}: the proposal has no value for {missing[0]}; give one for each choice")
    return {choice.path: _index(choice, proposal[choice.name]) for choice in space.choices}


def _index(choice: Choice, value: Any) -> int:
    """Return the index of a value; `true` is not 1."""
    matches = [
        at
        for at, each in enumerate(choice.values)
        if each == value and (each is True or each is False) == isinstance(value, bool)
    ]
    if not matches:
        raise InputError(f"{choice.name}: {shown(value)} is not one of its values; {_use(choice)}")
    return matches[0]


def _use(choice: Choice) -> str:
    return f"use one of {', '.join(shown(value) for value in choice.values[:8])}{', …' * (len(choice.values) > 8)}"


def all_ways(space: Space, data: Mapping[str, Any], spec: Spec, edges: Sequence[Edges]) -> list[Ways]:
    """Return the ways to write the edges of each link of one setting, whose mapping is `data`."""
    return [
        _ways(space.stem, edges[0], [], None),
        *(
            _ways(choices, step, left_out(space, data, at, spec), before.widths)
            for at, (choices, before, step) in enumerate(zip(space.blocks, edges[:-2], edges[1:-1], strict=True))
        ),
        _ways(space.head, edges[-1], [], None),
    ]


def _ways(choices: tuple[Choice, ...], edges: Edges, without: Sequence[Values], widths: tuple[int, ...] | None) -> Ways:
    """Return the ways of one link; `without` are those that leave an entry out, `widths` those before an entry."""
    empty = set(edges.option[edges.sizes["repeat"] == 0].tolist()) if widths is not None else set()
    ways = [
        list(without) if option in empty and without else _completed(choices, values)
        for option, values in enumerate(edges.options)
    ]
    rows = [[_index(choice, way[choice.path]) for choice in choices] for each in ways for way in each]
    indices = np.array(rows, np.int64).reshape(len(rows), len(choices))
    first = np.cumsum([0, *(len(each) for each in ways[:-1])])
    return Ways(choices, indices, first, edges.option if widths is None else _twins(choices, edges, widths))


def _completed(choices: Sequence[Choice], values: Values) -> list[Values]:
    """Return all assignments of the choices that have these values."""
    every = product(*((values[each.path],) if each.path in values else each.values for each in choices))
    return [dict(zip((choice.path for choice in choices), combination, strict=True)) for combination in every]


def _twins(choices: Sequence[Choice], edges: Edges, widths: tuple[int, ...]) -> Integers:
    """Return for each edge the option with `out: same`, if its own has the width before it as `out`; else its own."""
    out = next((choice for choice in choices if choice.path[-1] == "out" and "same" in choice.values), None)
    if out is None:
        return edges.option
    options = {_key(values): option for option, values in enumerate(edges.options)}
    twins = {
        option: options[_key({**values, out.path: "same"})]
        for option, values in enumerate(edges.options)
        if out.path in values
    }
    twin = edges.option.copy()
    for edge, (source, option) in enumerate(zip(edges.source.tolist(), edges.option.tolist(), strict=True)):
        if option in twins and edges.options[option][out.path] == widths[source]:
            twin[edge] = twins[option]
    return twin


def _key(values: Values) -> frozenset[tuple[Place, str]]:
    return frozenset((path, repr(value)) for path, value in values.items())
