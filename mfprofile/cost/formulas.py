"""Closed formulas: the same arithmetic, run on symbols.

Each free key is written as a multiple that satisfies the rules: a token dimension is `4q`, an input is `32r`. The
result is a formula in the key itself, and `multiples` gives the number that must divide the key.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import lcm
from typing import Any

import sympy

from mfprofile.cost.bill import count
from mfprofile.cost.sums import Total
from mfprofile.errors import InputError
from mfprofile.spec.detector import LAST_LEVEL
from mfprofile.spec.layout import resolve
from mfprofile.spec.model import Resolution, Spec
from mfprofile.spec.renamed import renamed
from mfprofile.spec.width import scaled
from mfprofile.spec.words import EMPTY, instead, listed

LETTERS = {
    "tokens.count": "M", "tokens.dim": "d", "input": "R", "stem": "S", "classes": "K", "head.fc": "F",
    "mobile.kernel": "k",
}  # fmt: skip
BLOCK_LETTERS = {"out": "C", "exp": "E", "exp2": "G", "expand": "e", "kernel": "k"}


@dataclass(frozen=True, slots=True)
class Formulas:
    """Closed formulas of a variant: the total of each part, and the meaning of each symbol.

    `symbols` maps each symbol to its key. `multiples` maps it to the number that must divide it, if that is not 1.
    """

    symbols: dict[sympy.Symbol, str]
    multiples: dict[sympy.Symbol, int]
    parts: list[Total]
    total: Total


@renamed(convention_name="convention")
def formulas(spec: Spec, keys: Sequence[str], axis: str = "pillar", convention: str = "core") -> Formulas:
    """Return the exact multiply-adds and parameters by `axis`, as polynomials in the free `keys`.

    A key can also be given by its symbol: `M` for `tokens.count`, `C8` for `blocks.8.out`. The polynomials are true for
    all values that the rules of a spec allow. Raises `InputError` for a key that cannot be free, with the reason.
    """
    spec = scaled(spec)
    symbols, shown, multiples, keys_of = {}, {}, {}, {}
    by_symbol = {_symbol(key): key for key in free_keys(spec)}
    for key in dict.fromkeys(by_symbol.get(key, key) for key in keys):
        letter, multiple = _letter(spec, key), _multiple(spec, key)
        unit = sympy.Symbol(f"{letter}_unit", integer=True, positive=True)
        symbol = sympy.Symbol(letter, integer=True, positive=True)
        symbols[key], shown[unit] = multiple * unit, symbol / multiple
        multiples[symbol], keys_of[symbol] = multiple, key
    bill = count(_freed(spec, symbols), convention)
    parts = [_closed(total, shown) for total in bill.by(axis)]
    whole = _closed(Total("total", bill.madds, bill.params, bill.activations), shown)
    return Formulas(keys_of, {symbol: of for symbol, of in multiples.items() if of > 1}, parts, whole)


def _closed(total: Total, shown: dict[Any, Any]) -> Total:
    amounts = {name: sympy.expand(sympy.sympify(value).subs(shown)) for name, value in total.amounts().items()}
    if any(amount.has(sympy.floor) for amount in amounts.values()):
        raise InputError(f"{total.name} has no closed formula in these keys, because it contains rounding")
    return Total(total.name, **amounts)


def free_keys(spec: Spec) -> Iterator[str]:
    """Yield the keys of a spec that can be free."""
    square = spec.input.height == spec.input.width
    yield from (key for key in LETTERS if _value(spec, key) is not None and (key != "input" or square))
    for number, block in enumerate(spec.blocks, start=1):
        yield from (f"blocks.{number}.{name}" for name in BLOCK_LETTERS if getattr(block, name) is not None)


def _letter(spec: Spec, key: str) -> str:
    """Return the letter of a key. Raises `InputError` if the key cannot be free."""
    known = list(free_keys(spec))
    if key in known:
        return _symbol(key)
    if key == "input":
        raise InputError(f"input cannot be free: {spec.input} is a rectangle, and the formula needs a square")
    if key == "width":
        raise InputError("width cannot be free: it rounds channels, and a polynomial cannot round")
    if key.endswith((".repeat", ".stride", ".block")):
        raise InputError(f"{key} cannot be free: it changes the structure of the network")
    if key in ("groups", "former.heads", "bridge.heads"):
        raise InputError(f"{key} cannot be free: the widths are divided by it")
    if within := [f"{each} ({_symbol(each)})" for each in known if each.startswith(f"{key}.")]:
        raise InputError(f"{key} is a group; free one of its keys: {listed(within)}")
    raise InputError(f"{key or EMPTY} cannot be free; {instead(key, known)}")


def _symbol(key: str) -> str:
    """Return the symbol of a key that can be free."""
    match = re.fullmatch(r"blocks\.(\d+)\.(\w+)", key)
    return f"{BLOCK_LETTERS[match[2]]}{match[1]}" if match else LETTERS[key]


def _value(spec: Spec, key: str) -> Any:
    value: Any = spec
    for name in key.split("."):
        value = None if value is None else getattr(value, name)
    return None if key.startswith("tokens") and spec.former is None else value


def _multiple(spec: Spec, key: str) -> int:
    """Return the number that must divide a key's value, by the rules of a spec."""
    split = spec.attention == "mha" and spec.former is not None
    if key == "tokens.dim" and spec.former is not None:
        return spec.dim_multiple
    if key == "input":
        halvings = 1 + sum(block.halves for block in spec.blocks if block.repeat)
        return 1 << (LAST_LEVEL if spec.detector else halvings)
    if key == "stem" or key.endswith((".out", ".exp", ".exp2")):
        heads = spec.bridge.heads if split and not key.endswith((".exp", ".exp2")) else 1
        return lcm(spec.groups, heads, *_expanded(spec, key))
    return spec.groups if key.endswith(".expand") else 1


def _expanded(spec: Spec, key: str) -> list[int]:
    """Return the widths that a depthwise convolution expands to this key. `exp` and `exp2` are multiples of them."""
    head, _, name = key.rpartition(".")
    blocks = [block for block in resolve(spec).blocks if head == f"blocks.{block.entry}"]
    if name == "exp":
        return [block.inputs.channels for block in blocks if block.kind in ("lite", "mf-down")]
    return [block.outputs.channels for block in blocks] if name == "exp2" else []


def _freed(spec: Spec, symbols: dict[str, Any]) -> Spec:
    """Return the spec with symbols in place of values, without validation."""
    for key, symbol in symbols.items():
        head, _, rest = key.partition(".")
        if key == "input":
            spec = dataclasses.replace(spec, input=Resolution(symbol, symbol))
        elif head == "blocks":
            number, _, name = rest.partition(".")
            blocks = list(spec.blocks)
            blocks[int(number) - 1] = dataclasses.replace(blocks[int(number) - 1], **{name: symbol})
            spec = dataclasses.replace(spec, blocks=tuple(blocks))
        elif rest:
            section = dataclasses.replace(getattr(spec, head), **{rest: symbol})
            spec = dataclasses.replace(spec, **{head: section})
        else:
            spec = dataclasses.replace(spec, **{head: symbol})
    return spec
