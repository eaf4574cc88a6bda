"""RetinaNet on a backbone: the feature maps that it reads, and its pyramid (Lin et al. 2017; used in Table 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from mfprofile.spec.dimension import D, Size
from mfprofile.spec.equality import equal, hash_of

if TYPE_CHECKING:
    from mfprofile.spec.network import Block, FeatureMap

WIDTH = 256
CONVOLUTIONS = 4
CLASSES = 80
ANCHORS = 9
FIRST_LEVEL = 3
LAST_LEVEL = 7
BACKBONE_STAGES = (3, 4, 5)


@dataclass(frozen=True, slots=True, eq=False)
class Detector(Generic[D]):
    """RetinaNet as mmdetection builds it for COCO: 80 classes, 9 anchors per position, towers of 4 convolutions.

    `inputs` are the backbone's feature maps of strides 8, 16 and 32, by stage. `levels` are P3 to P7 with 256 channels
    each, by level. Convolutions of stride 2 compute P6 from P5 and P7 from P6.
    """

    inputs: dict[int, FeatureMap[D]]
    levels: dict[int, FeatureMap[D]]

    __eq__ = equal
    __hash__ = hash_of


def retinanet(blocks: tuple[Block[D], ...]) -> Detector[D]:
    """Return the detector that reads the last block of each of the stages 3, 4 and 5."""
    from mfprofile.spec.network import FeatureMap

    inputs = {block.stage: block.outputs for block in blocks if block.stage in BACKBONE_STAGES}
    levels = {stage: FeatureMap(WIDTH, out.height, out.width, 0) for stage, out in inputs.items()}
    for level in range(BACKBONE_STAGES[-1] + 1, LAST_LEVEL + 1):
        below = levels[level - 1]
        levels[level] = FeatureMap(WIDTH, halved(below.height), halved(below.width), 0)
    return Detector(inputs, levels)


def halved(side: Size[D]) -> Size[D]:
    """Return the side of a feature map after stride 2, in pixels: half, rounded up.

    >>> halved(224), halved(225)
    (112, 113)
    """
    return -(-side // 2)
