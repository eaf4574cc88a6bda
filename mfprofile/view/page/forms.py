"""The forms of a network's parts. The arithmetic of `cost` counts each form once, on symbols.

A symbol has the name of a field of the resolved `Network` (`network.tokens.count`, `block.inputs.channels`). `block` is
the block itself; in the parts before and after the blocks it is the last one. The switches of a network decide which
forms it has and in which order: see `Layouts`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from math import prod
from typing import Any, NamedTuple

import sympy

from mfprofile.cost.blocks import block_parts, network_parts
from mfprofile.cost.former import former
from mfprofile.cost.ops import Cost, activations
from mfprofile.cost.rows import Ops, Part
from mfprofile.spec.detector import BACKBONE_STAGES, FIRST_LEVEL, LAST_LEVEL, Detector
from mfprofile.spec.network import Block, FeatureMap, Head, Network, Tokens

NUMBER = "#"
"""The place of a block's number in names and paths."""
KINDS = ("lite", "mf", "mf-down")
BLOCK_SWITCHES = ("residual", "tokens", "mlp", "relu", "ffn", "gate", "projections")
FRAME_SWITCHES = ("tokens", "mlp", "gate", "projections", "final", "head", "detector")


class Op(NamedTuple):
    """One op of a form, its dimensions and amounts as expressions; `outputs` are the values of `out`."""

    name: str
    kind: str
    role: str
    out: tuple[Any, ...]
    products: Any
    elements: Any
    outputs: Any
    params: Any
    activations: Any
    calls: Any


class Form(NamedTuple):
    """A sub-block as `Part` places it, with its ops; `stage` is a number, None, or the symbol `block.stage`."""

    block: str
    stage: Any
    pillar: str
    path: str
    ops: tuple[Op, ...]


@dataclass(frozen=True, slots=True)
class Layouts:
    """Which forms make a network, as indices into `forms`, by the setting of the switches (see `setting`).

    `blocks` has them by kind of block and setting of `BLOCK_SWITCHES`; `before` and `after`, the parts before and after
    the blocks, by setting of `FRAME_SWITCHES`.
    """

    forms: list[Form] = field(default_factory=list)
    blocks: dict[str, list[int]] = field(default_factory=dict)
    before: dict[str, list[int]] = field(default_factory=dict)
    after: dict[str, list[int]] = field(default_factory=dict)


def setting(switches: Iterable[bool]) -> str:
    """Return a setting of switches as a key: a 0 or 1 each, in their order.

    >>> setting([True, False])
    '10'
    """
    return "".join(str(int(switch)) for switch in switches)


@cache
def layouts() -> Layouts:
    """Return every form and every layout that a valid spec can have."""
    result, known = Layouts(), dict[Form, int]()

    def indices(parts: Iterable[Part]) -> list[int]:
        return [known.setdefault(form, len(known)) for form in map(_form, parts)]

    for kind, switches in product(KINDS, _settings(BLOCK_SWITCHES)):
        if kind == "mf-down" and switches["residual"]:
            continue
        network, block = _network(switches), _block(kind, switches["residual"])
        tokenwise = [] if network.tokens is None else _tokenwise(switches["mlp"], switches["ffn"])
        result.blocks[f"{kind} {setting(switches.values())}"] = indices(block_parts(network, block, tokenwise))
    for switches in _settings(FRAME_SWITCHES):
        before, after = _around(network_parts(_network(switches)))
        result.before[setting(switches.values())] = indices(before)
        result.after[setting(switches.values())] = indices(after)
    result.forms.extend(known)
    return result


def _settings(names: tuple[str, ...]) -> Iterator[dict[str, bool]]:
    for values in product((False, True), repeat=len(names)):
        switches = dict(zip(names, values, strict=True))
        if _is_possible(switches):
            yield switches


def _is_possible(switches: dict[str, bool]) -> bool:
    """Return whether a valid spec can have these switches."""
    on = {name for name, switch in switches.items() if switch}
    if "tokens" not in on and (on & {"ffn", "final"} or not switches.get("relu", True)):
        return False
    return "detector" not in on or not on & {"head", "final"}


def _around(parts: list[Part]) -> tuple[list[Part], list[Part]]:
    """Return the parts before and after the one block."""
    own = [index for index, part in enumerate(parts) if part.block == NUMBER]
    return parts[: own[0]], parts[own[-1] + 1 :]


def _form(part: Part) -> Form:
    return Form(part.block, part.stage, part.pillar, part.path, tuple(_op(*op) for op in part.ops))


def _op(name: str, role: str, cost: Cost) -> Op:
    params = cost.weights + cost.biases
    return Op(
        name,
        cost.kind,
        role,
        cost.out,
        cost.madds,
        cost.elements,
        prod(cost.out),
        params,
        activations(cost),
        cost.calls,
    )


@cache
def _tokenwise(mlp: bool, ffn: bool) -> Ops:
    network = _network({"tokens": True, "mlp": mlp, "ffn": ffn})
    assert network.tokens is not None
    return former(network, network.tokens)


def _network(switches: dict[str, bool]) -> Network:
    """Return a network of symbols with one block, which is the last."""
    given = switches.get
    return Network(
        name="",
        height=_symbol("network.height"),
        width=_symbol("network.width"),
        stem=_symbols(FeatureMap, "network.stem"),
        blocks=(_block("lite", False),),
        head=_symbols(Head, "network.head") if given("head") else None,
        tokens=_symbols(Tokens, "network.tokens") if given("tokens") else None,
        groups=_symbol("network.groups"),
        attention="mlp" if given("mlp") else "mha",
        activation="relu" if given("relu") else "dy-relu",
        ffn=given("ffn", False),
        bridge_heads=_symbol("network.bridge_heads"),
        gate=given("gate", False),
        final=given("final", False),
        projections=given("projections", False),
        detector=_detector() if given("detector") else None,
    )


def _block(kind: str, residual: bool) -> Block:
    ends = {end: _symbols(FeatureMap, f"block.{end}") for end in ("inputs", "outputs")}
    given: dict[str, Any] = {"number": NUMBER, "kind": kind, "residual": residual, **ends}
    return Block(**{**_fields(Block, "block"), **given})


def _detector() -> Detector:
    def maps(name: str, levels: Iterable[int]) -> dict[int, FeatureMap]:
        return {level: _symbols(FeatureMap, f"network.detector.{name}[{level}]") for level in levels}

    return Detector(maps("inputs", BACKBONE_STAGES), maps("levels", range(FIRST_LEVEL, LAST_LEVEL + 1)))


def _symbols(kind: Any, path: str) -> Any:
    """Return a dataclass of symbols, each with the name of its field."""
    return kind(**_fields(kind, path))


def _fields(kind: Any, path: str) -> dict[str, Any]:
    return {each.name: _symbol(f"{path}.{each.name}") for each in dataclasses.fields(kind)}


def _symbol(name: str) -> Any:
    return sympy.Symbol(name, integer=True, positive=True)
