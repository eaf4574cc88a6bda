"""Explain a block, the stem or the head op by op.

Each op has a formula in the paper's letters, and the numbers to put in.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import sympy

from mfprofile.cost.blocks import network_parts
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.rows import Part, Row, rows_of
from mfprofile.errors import InputError
from mfprofile.spec.network import Block, FeatureMap, Head, Network, Tokens
from mfprofile.spec.words import EMPTY, listed, printable

MEANINGS = {
    "C": "input channels", "O": "output channels", "h": "hidden channels", "h₂": "second hidden channels",
    "L": "input positions", "P": "output positions", "M": "tokens", "d": "token dimension", "k": "kernel",
    "g": "groups of 1×1 convolutions", "F": "width of the first Linear layer", "K": "classes",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExplainedRow:
    """An op of a part: its row with numbers, its counted multiply-adds, and these and its parameters as formulas."""

    row: Row
    counted: int
    madds: Any
    params: Any


def explained(network: Network, name: int | str, convention: str = "core") -> tuple[list[ExplainedRow], dict[Any, int]]:
    """Return the ops of a block, by its number, or of a part such as `stem` or `head`, with their formulas.

    Also return the value of each letter in them. The formulas of a detector are numbers. Raises `InputError` if the
    network has no such block or part.
    """
    weights, label = find_convention(convention), str(name)
    parts = _parts_of(network, label)
    if not parts:
        others = dict.fromkeys(part.block for part in network_parts(network) if not part.block.isdecimal())
        kind = "block" if label.removeprefix("-").isdecimal() else "part"
        known = listed([f"1 to {len(network.blocks)}", *others])
        raise InputError(f"{network.name} has no {kind} {printable(label) or EMPTY}; use one of {known}")
    letters = _Letters()
    symbolic = _parts_of(_symbolic_network(network, label, letters), label)
    formulas = zip(rows_of(symbolic), weights.weigh(symbolic), strict=True)
    rows = [
        ExplainedRow(row, counted, sympy.sympify(madds), sympy.sympify(formula.params))
        for row, counted, (formula, madds) in zip(rows_of(parts), weights.weigh(parts), formulas, strict=True)
    ]
    used = set().union(*((row.madds.free_symbols | row.params.free_symbols) for row in rows))
    return rows, {letter: value for letter, value in letters.values.items() if letter in used}


def _parts_of(network: Network[Any], name: str) -> list[Part[Any]]:
    return [part for part in network_parts(network) if part.block == name]


def _symbolic_network(network: Network, name: str, letters: _Letters) -> Network[Any]:
    """Return the network with letters as the dimensions of one of its blocks or parts."""
    blocks, stem, head = list(network.blocks), network.stem, network.head
    if name.isdecimal():
        at = int(name) - 1
        blocks[at] = _symbolic_block(blocks[at], network, letters)
    elif name in ("final", "head"):
        last = blocks[-1].outputs
        channels, positions = letters("C", last.channels), letters("L", last.positions)
        outputs = FeatureMap(channels, positions, 1, channels / network.bridge_heads)
        blocks[-1] = dataclasses.replace(blocks[-1], outputs=outputs)
    elif name == "stem":
        stem = FeatureMap(letters("O", stem.channels), letters("P", stem.positions), 1, 1)
    tokens = None if network.tokens is None else _symbolic_tokens(network.tokens, letters)
    if name == "head" and head is not None:
        head = _symbolic_head(head, blocks[-1].outputs, network, tokens, letters)
    return dataclasses.replace(network, blocks=tuple(blocks), stem=stem, head=head, tokens=tokens)


def _symbolic_head(
    head: Head, image: FeatureMap[Any], network: Network, tokens: Tokens[Any] | None, letters: _Letters
) -> Head[Any]:
    groups = 1 if network.groups == 1 else letters("g", network.groups)
    hidden = letters("h", head.expanded)
    features = hidden if tokens is None else hidden + tokens.dim
    return Head(image.channels / groups, hidden, features, letters("F", head.fc), letters("K", head.classes))


class _Letters:
    """Creates symbols, and stores the value of each."""

    def __init__(self) -> None:
        self.values: dict[Any, int] = {}

    def __call__(self, name: str, value: int) -> Any:
        symbol = sympy.Symbol(name, integer=True, positive=True)
        self.values[symbol] = value
        return symbol


def _symbolic_tokens(tokens: Tokens, letters: _Letters) -> Tokens:
    count, dim = letters("M", tokens.count), letters("d", tokens.dim)
    return Tokens(count, dim, dim / 4, tokens.heads, dim / tokens.heads)


def _symbolic_block(block: Block, network: Network, letters: _Letters) -> Block:
    """Return the block with letters as dimensions. Equal widths, and equal numbers of positions, share a letter."""
    heads = network.bridge_heads
    channels, positions = letters("C", block.inputs.channels), letters("L", block.inputs.positions)
    wide = channels if block.outputs.channels == block.inputs.channels else letters("O", block.outputs.channels)
    spread = positions if block.stride == 1 else letters("P", block.outputs.positions)
    hidden, groups = letters("h", block.expanded), 1 if network.groups == 1 else letters("g", network.groups)
    hidden2 = letters("h₂", block.expanded2) if block.kind == "mf-down" else hidden
    return dataclasses.replace(
        block,
        kernel=letters("k", block.kernel),
        inputs=FeatureMap(channels, positions, 1, channels / heads),
        outputs=FeatureMap(wide, spread, 1, wide / heads),
        expanded=hidden,
        expanded2=hidden2,
        inputs_per_group=channels / groups,
        expanded_per_group=hidden / groups,
        expanded2_per_group=hidden2 / groups,
    )
