"""Explain a block op by op: the formula of each op, in the paper's letters, and the numbers to put in."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import sympy

from mfprofile.cost.blocks import block_parts
from mfprofile.cost.former import former
from mfprofile.cost.rows import Row, rows_of
from mfprofile.errors import InputError
from mfprofile.spec.network import Block, FeatureMap, Network, Tokens

MEANINGS = {
    "C": "input channels", "O": "output channels", "h": "hidden channels", "h₂": "second hidden channels",
    "L": "input positions", "P": "output positions", "M": "tokens", "d": "token dimension", "k": "kernel",
    "g": "groups of 1×1 convolutions",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExplainedRow:
    """An op of a block: its row with numbers, and its multiply-adds and parameters as formulas."""

    row: Row
    madds: Any
    params: Any


def explained(network: Network, number: int) -> tuple[list[ExplainedRow], dict[Any, int]]:
    """Return a block's ops with their formulas, and the value of each letter in them.

    Raises `InputError` if the network has no such block.
    """
    if not 1 <= number <= len(network.blocks):
        raise InputError(f"{network.name} has no block {number}; use 1 to {len(network.blocks)}")
    block = network.blocks[number - 1]
    letters = _Letters()
    symbolic = _symbolic_block(block, network, letters)
    tokens = network.tokens
    named = dataclasses.replace(network, tokens=None if tokens is None else _symbolic_tokens(tokens, letters))
    pairs = zip(_rows(network, block), _rows(named, symbolic), strict=True)
    rows = [ExplainedRow(row, sympy.sympify(formula.madds), sympy.sympify(formula.params)) for row, formula in pairs]
    used = set().union(*((row.madds.free_symbols | row.params.free_symbols) for row in rows))
    return rows, {letter: value for letter, value in letters.values.items() if letter in used}


def _rows(network: Network, block: Block) -> list[Row]:
    tokenwise = [] if network.tokens is None else former(network, network.tokens)
    return rows_of(block_parts(network, block, tokenwise))


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
