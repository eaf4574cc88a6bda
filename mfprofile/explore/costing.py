"""Count the costs of a space's edges, with the functions in `cost` that count one spec.

Dimensions are int64 arrays here. A number that differs between settings is a column, and a number that differs between
edges is a row, so counts have the shape settings × edges.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mfprofile.cost.blocks import block_parts, network_parts
from mfprofile.cost.former import former
from mfprofile.cost.rows import Part
from mfprofile.cost.weights import Convention
from mfprofile.explore.edges import Edges, Integers, Values
from mfprofile.explore.quantity import Quantity
from mfprofile.spec.detector import halved
from mfprofile.spec.layout import resolve
from mfprofile.spec.model import BlockSpec, HeadSpec, Resolution, Spec, TokensSpec


@dataclass(frozen=True, slots=True, eq=False)
class Costing:
    """Counts the costs of edges in some quantities, multiply-adds as a convention counts them."""

    quantities: tuple[Quantity, ...]
    convention: Convention

    def costs(self, specs: Sequence[Spec], edges: Sequence[Edges]) -> Iterator[Integers]:
        """Yield the costs of each link, shape quantities × settings × edges.

        `specs` has one spec for each setting; they differ only in tokens and input.
        """
        if not self.quantities:
            yield from (np.zeros((0, len(specs), len(step.source)), np.int64) for step in edges)
            return
        spec, settings = _stacked(specs), len(specs)
        height, width = halved(spec.input.height), halved(spec.input.width)
        yield self._sums(_stem_parts(spec, edges[0]), edges[0], settings, len(edges[0].source))
        for block, step in zip(spec.blocks, edges[1:-1], strict=True):
            yield self._entry(_with_maps(spec, height, width), block, step, settings)
            if block.halves and block.repeat:
                height, width = halved(height), halved(width)
        yield self._ends(_with_maps(spec, height, width), edges[-1], settings)

    def _entry(self, spec: Spec, block: BlockSpec, edges: Edges, settings: int) -> Integers:
        """Return the costs of an entry's edges: its first block, plus one more block for each further repeat."""
        costs = np.zeros((len(self.quantities), settings, len(edges.source)), edges.dtype)
        repeat = edges.sizes["repeat"]
        laid_out = np.flatnonzero(repeat)
        if not laid_out.size:
            return costs
        sizes = {name: array[laid_out] for name, array in edges.sizes.items()}
        repeat = repeat[laid_out]
        first = _block(block, sizes, sizes["exp"])
        costs[:, :, laid_out] = self._of_block(spec, sizes["inputs"], first, edges, settings)
        if repeat.max() > 1:
            more = _block(block, sizes, sizes["exp_of_repeats"])
            costs[:, :, laid_out] += self._of_block(spec, sizes["out"], more, edges, settings) * (repeat - 1)
        return costs

    def _of_block(self, spec: Spec, inputs: Integers, block: BlockSpec, edges: Edges, settings: int) -> Integers:
        """Return the costs of one block with arrays as sizes, shape quantities × settings × sizes."""
        network = resolve(_replaced(spec, stem=inputs, blocks=(block,)))
        tokenwise = [] if network.tokens is None else former(network, network.tokens)
        return self._sums(block_parts(network, network.blocks[0], tokenwise), edges, settings, len(inputs))

    def _ends(self, spec: Spec, edges: Edges, settings: int) -> Integers:
        """Return the costs of the last link: the final bridge and the head of each option."""
        costs = np.zeros((len(self.quantities), settings, len(edges.source)), edges.dtype)
        through = BlockSpec("lite", None, exp=1)  # has the same output width as its input
        for option, values in enumerate(edges.options):
            chosen = np.flatnonzero(edges.option == option)
            head, classes = _head_of(spec, values)
            replaced = _replaced(
                spec, stem=edges.sizes["inputs"][chosen], blocks=(through,), head=head, classes=classes
            )
            parts = [part for part in network_parts(resolve(replaced)) if part.block in ("final", "head")]
            costs[:, :, chosen] = self._sums(parts, edges, settings, len(chosen))
        return costs

    def _sums(self, parts: Sequence[Part], edges: Edges, *shape: int) -> Integers:
        """Return the sum of each quantity over the parts, shape quantities × settings × edges."""
        sums = [np.broadcast_to(quantity.of(parts, self.convention), shape) for quantity in self.quantities]
        return np.array(sums, edges.dtype).reshape(len(self.quantities), *shape)


def _block(block: BlockSpec, sizes: Mapping[str, Integers], exp: Integers) -> BlockSpec:
    """Return a single block of an entry with arrays as sizes."""
    sized: dict[str, Any] = {name: sizes[name] for name in ("out", "exp2", "kernel") if name in sizes}
    return dataclasses.replace(block, **{**sized, "exp": exp}, expand=None, repeat=1)


def _stem_parts(spec: Spec, edges: Edges) -> list[Part]:
    """Return the ops before the first block: the stem and the learned tokens."""
    block = BlockSpec("lite", None, exp=1)
    network = resolve(_replaced(spec, stem=edges.sizes["inputs"], blocks=(block,), head=None, width=1))
    return [part for part in network_parts(network) if part.block in ("stem", "tokens")]


def _replaced(spec: Spec, **changes: Any) -> Spec:
    """Return the spec with other values, such as arrays, in some fields."""
    return dataclasses.replace(spec, **changes)


def _with_maps(spec: Spec, height: int, width: int) -> Spec:
    """Return the spec with an input for which the maps of the first block have this height and width, in pixels."""
    return dataclasses.replace(spec, input=Resolution(2 * height, 2 * width), width=1)


def _head_of(spec: Spec, values: Values) -> tuple[HeadSpec | None, int]:
    """Return the head and the number of classes of an option of the last link."""
    head, classes = spec.head, values.get(("classes",), spec.classes)
    if ("head",) in values:
        given = values["head",]
        head = None if given == "none" else HeadSpec(**given)
    if ("head", "fc") in values:
        head = HeadSpec(values["head", "fc"])
    return head, classes


def _stacked(specs: Sequence[Spec]) -> Spec:
    """Return one spec for specs that differ only in tokens and input: these become arrays, one row for each spec."""
    first = specs[0]
    if len(specs) == 1:
        return first
    replaced = _replaced(first, input=Resolution(*_columns([spec.input for spec in specs], ("height", "width"))))
    if first.tokens is None or first.former is None:
        return replaced
    return _replaced(replaced, tokens=TokensSpec(*_columns([spec.tokens for spec in specs], ("count", "dim"))))


def _columns(sections: Sequence[Any], names: tuple[str, str]) -> Iterator[Any]:
    """Yield the sections' values of each name as a column, shape settings × 1."""
    yield from (np.array([getattr(section, name) for section in sections])[:, None] for name in names)
