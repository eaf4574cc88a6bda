"""The content hash of a spec: a short name of the network that it describes, the same for every spelling of it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from mfprofile.spec.layout import resolve
from mfprofile.spec.model import Spec
from mfprofile.spec.network import Block, Network

_DIGITS = 16
_LITE = "lite"


def content_of(spec: Spec) -> str:
    """Return 16 hexadecimal digits that name the network of a spec.

    Specs of the same network have the same hash: the name, comments, the order of keys, `extends`, defaults, `width`,
    `expand` or `exp`, `repeat` or several entries, the budget, and values without effect do not change it. Everything
    that a count or a training sees does: the input size and the number of classes as well. It is the beginning of the
    SHA-256 of `network_content`, as JSON with sorted keys and without spaces.

    >>> from mfprofile.spec.load import load
    >>> content_of(load("mf294m")) == content_of(load("mf294m", ["blocks.1.repeat=1", "mobile.kernel=3"]))
    True
    """
    return content_of_network(resolve(spec))


def content_of_network(network: Network[int]) -> str:
    """Return the content hash of the spec of a network."""
    text = json.dumps(network_content(network), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:_DIGITS]


def network_content(network: Network[int]) -> dict[str, Any]:
    """Return everything that makes a network what it is, as values of JSON, without its name.

    A later version may add keys, but leaves them out of networks that this version can describe.
    """
    head = network.head
    return {
        "settings": settings_content(network, any(block.kind != _LITE for block in network.blocks)),
        "stem": network.stem.channels,
        "blocks": [_block(block) for block in network.blocks],
        "head": None if head is None else [head.fc, head.classes],
    }


def settings_content(network: Network[int], has_mf_blocks: bool) -> dict[str, Any]:
    """Return the settings of the whole network that have an effect, if it has blocks of Mobile-Former or not.

    The kernel of blocks is not one of them: each block has its own.
    """
    tokens, content = network.tokens, dict[str, Any]()
    content |= {"input": [network.height, network.width], "groups": network.groups}
    content |= {"activation": network.activation} if has_mf_blocks else {}
    content |= {} if network.detector is None else {"detector": "retinanet"}
    if tokens is None:
        return content
    content |= {"tokens": [tokens.count, tokens.dim], "final": network.final}
    has_heads = network.attention == "mha"
    if has_mf_blocks or network.final:
        content |= {"attention": network.attention, "gate": network.gate, "projections": network.projections}
        content |= {"bridge_heads": network.bridge_heads} if has_heads else {}
    if has_mf_blocks:
        content |= {"ffn": network.ffn, **({"former_heads": tokens.heads} if has_heads else {})}
    return content


def _block(block: Block[int]) -> list[Any]:
    second = [block.expanded2] if block.kind == "mf-down" else []
    return [block.kind, block.stride, block.kernel, block.expanded, block.outputs.channels, *second]
