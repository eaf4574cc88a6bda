"""The properties in which variants differ, with the names of a spec: settings, and traits of each part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from mfprofile.spec.detector import BACKBONE_STAGES, Detector
from mfprofile.spec.network import Block, FeatureMap, Network, Tokens

Trait: TypeAlias = str | int
Traits: TypeAlias = Mapping[str, Trait]


class Labels(NamedTuple):
    """The extra columns of a table by part: their headings, their keys in CSV, and the values of each part.

    A part without an entry in `values` has empty cells.
    """

    headings: tuple[str, ...]
    keys: tuple[str, ...]
    values: Mapping[str, tuple[str | None, ...]]


NO_LABELS = Labels((), (), {})


def settings(network: Network) -> Traits:
    """Return the settings of the whole network. Without tokens, settings of Former and the bridge are left out."""
    sides = {str(network.height), str(network.width)}
    values: dict[str, Trait] = {"input": sides.pop() if len(sides) == 1 else f"{network.height}×{network.width}"}
    values["tokens"] = "none" if network.tokens is None else f"{network.tokens.count}×{network.tokens.dim}"
    if network.tokens is not None:
        values |= _of_tokens(network, network.tokens)
    return {**values, "activation": network.activation, "groups": network.groups}


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
    """Return the traits of each part, by the part's name in a bill. Only blocks have a `kind`."""
    last = {"in": network.last.channels}
    parts: dict[str, Traits] = {"tokens": {}, "stem": {"out": network.stem.channels}, "final": last, "retina": {}}
    parts |= {str(block.number): _of_block(block) for block in network.blocks}
    if network.head is not None:
        parts["head"] = {**last, "fc": network.head.fc, "classes": network.head.classes}
    if network.detector is not None:
        parts["fpn"] = {"in": _channels(network.detector)}
    return parts


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


def labels(network: Network) -> Labels:
    """Return the kind and the output shape of each part: `mf-down` and `24×56×56`."""
    maps = {"stem": ("conv 3×3", network.stem)}
    maps |= {str(block.number): (block.kind, block.outputs) for block in network.blocks}
    values: dict[str, tuple[str, str]] = {
        name: (kind, _shape(out.channels, out.height, out.width)) for name, (kind, out) in maps.items()
    }
    if network.tokens is not None:
        tokens = _shape(network.tokens.count, network.tokens.dim)
        values |= {"tokens": ("table", tokens), "final": ("bridge", tokens)}
    if network.head is not None:
        values["head"] = ("classifier", str(network.head.classes))
    return Labels(("kind", "output"), ("kind", "out"), values)


def _shape(*sides: int) -> str:
    return "×".join(map(str, sides))
