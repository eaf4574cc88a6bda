"""What tells one variant from another, in the words of a spec: its settings, and the traits of each of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from mfprofile.spec.detector import BACKBONE_STAGES, Detector
from mfprofile.spec.network import Block, FeatureMap, Network, Tokens

Trait: TypeAlias = str | int
Traits: TypeAlias = Mapping[str, Trait]


def settings(network: Network) -> Traits:
    """Return what holds for the whole network; without tokens nothing is told of what works on them."""
    sides = {str(network.height), str(network.width)}
    found: dict[str, Trait] = {"input": sides.pop() if len(sides) == 1 else f"{network.height}×{network.width}"}
    found["tokens"] = "none" if network.tokens is None else f"{network.tokens.count}×{network.tokens.dim}"
    if network.tokens is not None:
        found |= _of_tokens(network, network.tokens)
    return {**found, "activation": network.activation, "groups": network.groups}


def _of_tokens(network: Network, tokens: Tokens) -> Traits:
    heads = {"former heads": tokens.heads, "bridge heads": network.bridge_heads}
    return {
        "attention": network.attention,
        **(heads if network.attention == "mha" else {}),
        "ffn": _switch(network.ffn),
        "gate": _switch(network.gate),
        "projections": _switch(network.projections),
    }


def _switch(on: bool) -> str:
    return "on" if on else "off"


def traits(network: Network) -> dict[str, Traits]:
    """Return the traits of each part, by the names that parts have in a bill; `kind` are those of blocks alone."""
    last = {"in": network.last.channels}
    found: dict[str, Traits] = {"tokens": {}, "stem": {"out": network.stem.channels}, "final": last, "retina": {}}
    found |= {str(block.number): _of_block(block) for block in network.blocks}
    if network.head is not None:
        found["head"] = {**last, "fc": network.head.fc, "classes": network.head.classes}
    if network.detector is not None:
        found["fpn"] = {"in": _channels(network.detector)}
    return found


def _of_block(block: Block) -> Traits:
    second = {"exp2": block.expanded2} if block.kind == "mf-down" else {}
    return {
        "kind": block.kind,
        "in": block.inputs.channels,
        "exp": block.expanded,
        **second,
        "out": block.outputs.channels,
        "kernel": block.kernel,
    }


def _channels(detector: Detector) -> str:
    inputs: list[FeatureMap] = [detector.inputs[stage] for stage in BACKBONE_STAGES]
    return "/".join(str(image.channels) for image in inputs)
