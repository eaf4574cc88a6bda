"""Which choices have an effect on a variant. A variant has one value for each choice that has an effect.

Some keys are read by all blocks of a kind, so whether they have an effect depends on the blocks that a variant has:
without a block of Former there are no heads, and without a block that reads it `mobile.kernel` is no kernel.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from mfprofile.explore.space import Choice, Place, is_block
from mfprofile.spec.model import BridgeSpec, FormerSpec, MobileSpec, TokensSpec

_SECTIONS = {"tokens": TokensSpec, "mobile": MobileSpec, "former": FormerSpec, "bridge": BridgeSpec}


class Reads(IntEnum):
    """Which of the keys for all blocks some blocks read; of several blocks the greatest value counts."""

    NOTHING = 0
    """None of them: no block, or a lite block."""
    SECTIONS = 1
    """All but `mobile.kernel`: a block of kind mf or mf-down with its own kernel."""
    KERNEL = 2
    """All: a block of kind mf or mf-down without its own kernel."""


def read_by(block: Mapping[str, Any]) -> Reads:
    """Return what the block of an entry of `blocks` reads."""
    if block["block"] == "lite" or block.get("repeat") == 0:
        return Reads.NOTHING
    return Reads.SECTIONS if "kernel" in block else Reads.KERNEL


def block_reads(block: Mapping[str, Any], choices: Sequence[Choice]) -> tuple[Reads, Reads]:
    """Return the least and the most that an entry of `blocks` can read with these choices on the chain."""
    blocks = [block]
    for choice in choices:
        if is_block(choice.path):
            blocks = list(choice.values)
        elif choice.path[-1] in ("kernel", "repeat"):
            blocks = [{**each, str(choice.path[-1]): value} for each in blocks for value in choice.values]
    reads = [read_by(each) for each in blocks]
    return min(reads), max(reads)


def values_read(data: Mapping[str, Any], reads: Reads) -> dict[Place, Any]:
    """Return the values with an effect, by path, of the keys outside `stem`, `blocks` and `head`.

    `data` is the mapping of a spec, or its keys outside `blocks`. `reads` is what the blocks of a variant read.

    >>> values_read({"former": "none", "mobile": {"activation": "relu"}}, Reads.SECTIONS)[("mobile", "activation")]
    'relu'
    """
    values: dict[Place, Any] = {
        ("input",): data.get("input", 224),
        ("width",): data.get("width", 1),
        ("groups",): data.get("groups", 1),
        ("former",): data.get("former") != "none",
    }
    if values["former",]:
        values |= _of_tokens(data, reads)
    mobile = MobileSpec(**data.get("mobile", {}))
    if reads >= Reads.SECTIONS:
        values["mobile", "activation"] = mobile.activation
    if reads >= Reads.KERNEL:
        values["mobile", "kernel"] = mobile.kernel
    return values


def _of_tokens(data: Mapping[str, Any], reads: Reads) -> dict[Place, Any]:
    """Return the values that have an effect only in a network with tokens."""
    former, bridge = FormerSpec(**data.get("former", {})), BridgeSpec(**data.get("bridge", {}))
    attention = data.get("attention", "mha")
    values: dict[Place, Any] = {("tokens", key): value for key, value in sorted(data.get("tokens", {}).items())}
    values["bridge", "final"] = bridge.final
    if reads >= Reads.SECTIONS or bridge.final:
        values |= {("attention",): attention, ("bridge", "gate"): bridge.gate}
        values["bridge", "projections"] = bridge.projections
    if attention == "mha" and ("attention",) in values:
        values["bridge", "heads"] = bridge.heads
    if reads >= Reads.SECTIONS:
        values |= {("former", "ffn"): former.ffn, **({("former", "heads"): former.heads} if attention == "mha" else {})}
    return values


def varying(choice: Choice) -> frozenset[Place]:
    """Return the paths of the values in which the values of a choice differ: several for maps, else its own path."""
    if choice.path[0] == "blocks" or not any(isinstance(value, dict) for value in choice.values):
        return frozenset({choice.path})
    maps = [_leaves(str(choice.path[0]), value) for value in choice.values]
    paths = {path for each in maps for path in each}
    return frozenset(path for path in paths if len(maps) == 1 or len({repr(each.get(path)) for each in maps}) > 1)


def _leaves(section: str, value: Any) -> dict[Place, Any]:
    """Return the values of a section by path, with its defaults; the path of the section itself says if it is there."""
    if value == "none":
        return {(section,): False}
    fields = dataclasses.asdict(_SECTIONS[section](**value))
    return {(section,): True, **{(section, key): inner for key, inner in fields.items()}}
