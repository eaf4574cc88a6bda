"""`Network`: a variant with the width, stride and resolution of each block settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Generic, Never

from mfprofile.spec.detector import Detector
from mfprofile.spec.dimension import D, Size
from mfprofile.spec.inputs import InputShape
from mfprofile.spec.names import AXES
from mfprofile.spec.words import several

if TYPE_CHECKING:
    from mfprofile.spec.traits import Labels, Traits


@dataclass(frozen=True, slots=True, eq=False)
class Tokens(Generic[D]):
    """Former's tokens: `count` (M) of `dim` (d); `quarter` is d/4, θ's hidden width; `heads` of `head_dim`."""

    count: Size[D]
    dim: Size[D]
    quarter: Size[D]
    heads: Size[D]
    head_dim: Size[D]


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMap(Generic[D]):
    """A feature map of `channels` × `height` × `width`; in a bridge, `head_channels` of them go to each head."""

    channels: Size[D]
    height: Size[D]
    width: Size[D]
    head_channels: Size[D]

    @property
    def positions(self) -> Size[D]:
        """Return the number of positions, the paper's L."""
        return self.height * self.width


@dataclass(frozen=True, slots=True, eq=False)
class Block(Generic[D]):
    """One block as it is laid out.

    `number` counts from 1 after `repeat`, `entry` is its number in the spec's `blocks`. `expanded` are the channels
    of the first (and in `mf` the only) expansion, `expanded2` those of `mf-down`'s second; each `…_per_group` is what
    one group of a 1×1 convolution reads. `residual` is False where widths differ, and 0 or 1 (True, an array, a
    symbol) where they may be equal. `stage` is log₂ of the output stride.
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


@dataclass(frozen=True, slots=True, eq=False)
class Head(Generic[D]):
    """The head: 1×1 to `expanded` (6C) channels, pooled and joined with token 0 to `features`, `fc`, `classes`."""

    inputs_per_group: Size[D]
    expanded: Size[D]
    features: Size[D]
    fc: Size[D]
    classes: Size[D]


@dataclass(frozen=True, slots=True, eq=False)
class Network(Generic[D]):
    """A whole variant; `stem` is the stem's output, `tokens` is None without Former, `head` None for a backbone.

    It is a `Subject`: a bill can be of it.
    """

    axes: ClassVar = AXES
    modules: ClassVar[Mapping[str, Never]] = MappingProxyType({})
    uncovered: ClassVar[tuple[Never, ...]] = ()

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
        """Return the last feature map, the final bridge's and the head's input."""
        return self.blocks[-1].outputs

    @property
    def last_stage(self) -> int:
        """Return the stage of the last feature map."""
        return self.blocks[-1].stage

    @property
    def inputs(self) -> tuple[InputShape, ...]:
        """Return the one image that it is counted on."""
        return (InputShape((1, 3, self.height, self.width)),)

    @property
    def input(self) -> str:
        """Return the image's size in words."""
        return f"{self.height}×{self.width}"

    @property
    def about(self: Network[int]) -> str:
        """Return its tokens in words."""
        return "no tokens" if self.tokens is None else f"{several(self.tokens.count, 'token')} of {self.tokens.dim}"

    @property
    def settings(self: Network[int]) -> Traits:
        """Return what holds for the whole network; see `spec.traits`."""
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
