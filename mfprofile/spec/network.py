"""`Network`: a variant in which the width, stride and resolution of each block are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Generic, Never

from mfprofile.notebook import in_short, shown_as
from mfprofile.spec.detector import Detector
from mfprofile.spec.dimension import D, Size
from mfprofile.spec.equality import equal, hash_of
from mfprofile.spec.inputs import InputShape
from mfprofile.spec.names import AXES
from mfprofile.spec.words import several

if TYPE_CHECKING:
    from mfprofile.spec.traits import Labels, Traits


@dataclass(frozen=True, slots=True, eq=False)
class Tokens(Generic[D]):
    """Former's tokens: `count` (M) tokens of dimension `dim` (d), split into `heads` of `head_dim`.

    `quarter` is d/4, θ's hidden width.
    """

    count: Size[D]
    dim: Size[D]
    quarter: Size[D]
    heads: Size[D]
    head_dim: Size[D]

    __eq__ = equal
    __hash__ = hash_of


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMap(Generic[D]):
    """A feature map of `channels` × `height` × `width`. In a bridge, each head has `head_channels` of the channels."""

    channels: Size[D]
    height: Size[D]
    width: Size[D]
    head_channels: Size[D]

    @property
    def positions(self) -> Size[D]:
        """Return the number of positions, the paper's L."""
        return self.height * self.width

    __eq__ = equal
    __hash__ = hash_of


@dataclass(frozen=True, slots=True, eq=False)
class Block(Generic[D]):
    """One block of the network, after `repeat` is applied.

    `number` counts blocks from 1, after `repeat`. `entry` is the number of its entry in the spec's `blocks`.
    `expanded` is the number of channels after the first expansion (the only one in `mf`), `expanded2` after the second
    one of `mf-down`. Each `…_per_group` is the number of channels that one group of a 1×1 convolution reads.
    `residual` is False if the widths differ, and 0 or 1 (True, an array, a symbol) if they may be equal. `stage` is
    log₂ of the output stride.
    """

    number: int
    entry: int
    kind: str
    kernel: Size[D]
    stride: int
    stage: int
    inputs: FeatureMap[D]
    outputs: FeatureMap[D]
    expanded: Size[D]
    expanded2: Size[D]
    inputs_per_group: Size[D]
    expanded_per_group: Size[D]
    expanded2_per_group: Size[D]
    residual: Size[D]

    __eq__ = equal
    __hash__ = hash_of


@dataclass(frozen=True, slots=True, eq=False)
class Head(Generic[D]):
    """The head: a 1×1 convolution to `expanded` (6C) channels, pooling, and two Linear layers.

    The pooled channels and token 0 are concatenated to `features`. The Linear layers output `fc` and `classes` values.
    """

    inputs_per_group: Size[D]
    expanded: Size[D]
    features: Size[D]
    fc: Size[D]
    classes: Size[D]

    __eq__ = equal
    __hash__ = hash_of


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Network(Generic[D]):
    """A whole variant. `stem` is the stem's output; `tokens` is None without Former, `head` is None for a backbone.

    It is a `Subject`, so it can have a bill.
    """

    axes: ClassVar = AXES
    modules: ClassVar[Mapping[str, Never]] = MappingProxyType({})
    uncovered: ClassVar[tuple[Never, ...]] = ()
    fill: ClassVar = ""
    batch: ClassVar = 1
    values_read: ClassVar[tuple[Never, ...]] = ()
    outside: ClassVar[tuple[Never, ...]] = ()
    remarks: ClassVar[tuple[Never, ...]] = ()
    frozen: ClassVar = 0
    causal: ClassVar = ""
    dataflow: ClassVar[None] = None

    name: str
    height: Size[D]
    width: Size[D]
    stem: FeatureMap[D]
    blocks: tuple[Block[D], ...]
    head: Head[D] | None
    tokens: Tokens[D] | None
    groups: Size[D]
    attention: str
    activation: str
    ffn: bool
    bridge_heads: Size[D]
    gate: bool
    final: bool
    projections: bool
    detector: Detector[D] | None = None

    @property
    def last(self) -> FeatureMap[D]:
        """Return the last feature map, which is the input of the final bridge and of the head."""
        return self.blocks[-1].outputs

    @property
    def last_stage(self) -> int:
        """Return the stage of the last feature map."""
        return self.blocks[-1].stage

    @property
    def inputs(self) -> tuple[InputShape, ...]:
        """Return the input that the network is counted on: one image."""
        return (InputShape((1, 3, self.height, self.width)),)

    @property
    def input(self) -> str:
        """Return the image's size as text."""
        return f"{self.height}×{self.width}"

    @property
    def about(self: Network[int]) -> str:
        """Return its tokens as text."""
        return "no tokens" if self.tokens is None else f"{several(self.tokens.count, 'token')} of {self.tokens.dim}"

    @property
    def settings(self: Network[int]) -> Traits:
        """Return the settings of the whole network; see `spec.traits`."""
        from mfprofile.spec.traits import settings

        return settings(self)

    @property
    def traits(self: Network[int]) -> Mapping[str, Traits]:
        """Return the traits of each part; see `spec.traits`."""
        from mfprofile.spec.traits import traits

        return traits(self)

    @property
    def labels(self: Network[int]) -> Labels:
        """Return the kind and the output of each part; see `spec.traits`."""
        from mfprofile.spec.traits import labels

        return labels(self)

    def __repr__(self) -> str:
        tokens = "none" if self.tokens is None else f"{in_short(self.tokens.count)}×{in_short(self.tokens.dim)}"
        sides = f"{in_short(self.height)}×{in_short(self.width)}"
        return f"Network({in_short(self.name)}, input={sides}, tokens={tokens}, blocks={len(self.blocks)})"

    _repr_html_ = shown_as("network")

    __eq__ = equal
    __hash__ = hash_of
