"""`resolve` turns a `Spec` into a `Network`, in which every dimension is known.

The code never compares a dimension, and rounds only with `-(-x // s)`. So it works the same on ints, on int64 arrays
(one element per variant) and on symbols. A symbol is used as a multiple that satisfies the rules: a token dimension
`4q`, an input of `32r` pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mfprofile.spec.detector import halved, retinanet
from mfprofile.spec.model import BlockSpec, Spec
from mfprofile.spec.network import Block, FeatureMap, Head, Network, Tokens
from mfprofile.spec.width import scaled


def same_width(inputs: int, outputs: int) -> int:
    """Return whether a block of stride 1 has a residual connection: if its input and output widths are equal."""
    return inputs == outputs


def resolve(spec: Spec, residual: Callable[[int, int], int] = same_width) -> Network:
    """Return the network of a spec.

    `residual` returns whether a block of stride 1 has a residual connection, from its input and output channels.
    """
    spec = scaled(spec)
    tokens = _tokens(spec)
    heads = spec.bridge.heads
    height, width = halved(spec.input.height), halved(spec.input.width)
    stem = FeatureMap(spec.stem, height, width, spec.stem // heads)
    blocks = tuple(_blocks(spec, stem, residual))
    return Network(
        name=spec.name,
        height=spec.input.height,
        width=spec.input.width,
        stem=stem,
        blocks=blocks,
        head=_head(spec, blocks[-1].outputs.channels, tokens),
        tokens=tokens,
        groups=spec.groups,
        attention=spec.attention,
        activation=spec.mobile.activation,
        ffn=spec.former is not None and spec.former.ffn,
        bridge_heads=heads,
        gate=spec.bridge.gate,
        final=tokens is not None and spec.bridge.final,
        projections=spec.bridge.projections,
        detector=None if spec.detector is None else retinanet(blocks),
    )


def _tokens(spec: Spec) -> Tokens | None:
    if spec.former is None or spec.tokens is None:
        return None
    count, dim, heads = spec.tokens.count, spec.tokens.dim, spec.former.heads
    return Tokens(count, dim, dim // 4, heads, dim // heads)


def _blocks(spec: Spec, stem: FeatureMap, residual: Callable[[int, int], int]) -> Iterator[Block]:
    inputs, stage, number = stem, 1, 0
    for entry, block in enumerate(spec.blocks, start=1):
        for _ in range(block.repeat):
            number += 1
            stride = 2 if block.halves else 1
            stage += stride - 1
            outputs = _output(block, inputs, stride, spec.bridge.heads)
            joined = residual(inputs.channels, outputs.channels) if stride == 1 else False
            yield _block(spec, block, (number, entry, stride, stage), inputs, outputs, joined)
            inputs = outputs


def _output(block: BlockSpec, inputs: FeatureMap, stride: int, heads: int) -> FeatureMap:
    channels = inputs.channels if block.out is None else block.out
    height, width = inputs.height, inputs.width
    if stride == 2:
        height, width = halved(height), halved(width)
    return FeatureMap(channels, height, width, channels // heads)


def _block(
    spec: Spec,
    block: BlockSpec,
    place: tuple[int, int, int, int],
    inputs: FeatureMap,
    outputs: FeatureMap,
    residual: int,
) -> Block:
    number, entry, stride, stage = place
    expanded = block.exp if block.expand is None else block.expand * inputs.channels
    assert expanded is not None, "the rules of a spec require 'exp' or 'expand'"
    expanded2 = outputs.channels * 4 if block.exp2 is None else block.exp2
    default_kernel = 3 if block.block == "lite" else spec.mobile.kernel
    return Block(
        number=number,
        entry=entry,
        kind=block.block,
        kernel=default_kernel if block.kernel is None else block.kernel,
        stride=stride,
        stage=stage,
        inputs=inputs,
        outputs=outputs,
        expanded=expanded,
        expanded2=expanded2,
        inputs_per_group=inputs.channels // spec.groups,
        expanded_per_group=expanded // spec.groups,
        expanded2_per_group=expanded2 // spec.groups,
        residual=residual,
    )


def _head(spec: Spec, channels: int, tokens: Tokens | None) -> Head | None:
    if spec.head is None:
        return None
    expanded = 6 * channels
    features = expanded if tokens is None else expanded + tokens.dim
    return Head(channels // spec.groups, expanded, features, spec.head.fc, spec.classes)
