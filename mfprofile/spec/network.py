"""`Network`: a variant with each block's widths, strides and resolutions settled, and `resolve`, which settles them.

`resolve` neither compares nor rounds a dimension beyond `-(-x // s)`, so that it runs alike on ints, on int64 arrays
(an element a variant) and on symbols. A symbol stands for a multiple of whatever the rules demand: a token dimension
`4q`, an input of `32r` pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from mfprofile.spec.detector import Detector, retinanet
from mfprofile.spec.model import BlockSpec, Spec
from mfprofile.spec.width import scaled

Dimension: TypeAlias = Any
"""A whole number: an int, an int64 array with an element for each variant, or a symbol."""


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """Former's tokens: `count` (M) of `dim` (d); `quarter` is d/4, θ's hidden width; `heads` of `head_dim`."""

    count: Dimension
    dim: Dimension
    quarter: Dimension
    heads: Dimension
    head_dim: Dimension


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMap:
    """A feature map of `channels` × `height` × `width`; in a bridge, `head_channels` of them go to each head."""

    channels: Dimension
    height: Dimension
    width: Dimension
    head_channels: Dimension

    @property
    def positions(self) -> Dimension:
        """Return the number of positions, the paper's L."""
        return self.height * self.width


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One block as it is laid out.

    `number` counts from 1 after `repeat`, `entry` is its number in the spec's `blocks`. `expanded` are the channels
    of the first (and in `mf` the only) expansion, `expanded2` those of `mf-down`'s second; each `…_per_group` is what
    one group of a 1×1 convolution reads. `residual` is False where widths differ, and 0 or 1 (True, an array, a
    symbol) where they may be equal. `stage` is log₂ of the output stride.
    """

    number: int
    entry: int
    kind: str
    kernel: Dimension
    stride: int
    stage: int
    inputs: FeatureMap
    outputs: FeatureMap
    expanded: Dimension
    expanded2: Dimension
    inputs_per_group: Dimension
    expanded_per_group: Dimension
    expanded2_per_group: Dimension
    residual: Dimension


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """The head: 1×1 to `expanded` (6C) channels, pooled and joined with token 0 to `features`, `fc`, `classes`."""

    inputs_per_group: Dimension
    expanded: Dimension
    features: Dimension
    fc: Dimension
    classes: Dimension


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A whole variant; `stem` is the stem's output, `tokens` is None without Former, `head` None for a backbone."""

    name: str
    height: Dimension
    width: Dimension
    stem: FeatureMap
    blocks: tuple[Block, ...]
    head: Head | None
    tokens: Tokens | None
    groups: Dimension
    attention: str
    activation: str
    ffn: bool
    bridge_heads: Dimension
    gate: bool
    final: bool
    projections: bool
    detector: Detector | None = None

    @property
    def last(self) -> FeatureMap:
        """Return the last feature map, the final bridge's and the head's input."""
        return self.blocks[-1].outputs

    @property
    def last_stage(self) -> int:
        """Return the stage of the last feature map."""
        return self.blocks[-1].stage


def same_width(inputs: Dimension, outputs: Dimension) -> Dimension:
    """Return whether a residual joins a stride-1 block's input to its output: where the widths are equal."""
    return inputs == outputs


def resolve(spec: Spec, residual: Callable[[Dimension, Dimension], Dimension] = same_width) -> Network:
    """Return the network that a spec describes; `residual` tells from input and output channels if there is one."""
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


def halved(side: Dimension) -> Dimension:
    """Return what stride 2 leaves of a side, in pixels: half, rounded up.

    >>> halved(224), halved(225)
    (112, 113)
    """
    return -(-side // 2)


def _tokens(spec: Spec) -> Tokens | None:
    if spec.former is None or spec.tokens is None:
        return None
    count, dim, heads = spec.tokens.count, spec.tokens.dim, spec.former.heads
    return Tokens(count, dim, dim // 4, heads, dim // heads)


def _blocks(spec: Spec, stem: FeatureMap, residual: Callable[[Dimension, Dimension], Dimension]) -> Iterator[Block]:
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


def _output(block: BlockSpec, inputs: FeatureMap, stride: int, heads: Dimension) -> FeatureMap:
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
    residual: Dimension,
) -> Block:
    number, entry, stride, stage = place
    expanded: Dimension = block.exp if block.expand is None else block.expand * inputs.channels
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


def _head(spec: Spec, channels: Dimension, tokens: Tokens | None) -> Head | None:
    if spec.head is None:
        return None
    expanded = 6 * channels
    features = expanded if tokens is None else expanded + tokens.dim
    return Head(channels // spec.groups, expanded, features, spec.head.fc, spec.classes)
