"""RetinaNet as ops: the feature pyramid, and the towers that run on each level with shared weights."""

from __future__ import annotations

from mfprofile.cost import ops
from mfprofile.cost.rows import Ops, Part
from mfprofile.spec.detector import ANCHORS, BACKBONE_STAGES, CLASSES, CONVOLUTIONS, FIRST_LEVEL, WIDTH, Detector
from mfprofile.spec.dimension import D
from mfprofile.spec.network import FeatureMap

ROLE = "detector"
TOWERS = {"classification": CLASSES * ANCHORS, "regression": 4 * ANCHORS}


def detector_parts(detector: Detector[D]) -> list[Part[D]]:
    """Return the ops of the pyramid and the towers, in running order. Every convolution has a bias.

    A tower's weights are counted on P3, where it runs first. Anchors, box decoding and non-maximum suppression have no
    cost here.
    """
    lateral = {level: [_lateral(detector, level)] for level in detector.inputs}
    merged = {level: _merged(level, detector.levels[level]) for level in reversed(detector.inputs)}
    output = {level: [_output(level, shape)] for level, shape in detector.levels.items()}
    pyramid = [*lateral.items(), *merged.items(), *output.items()]
    parts = [Part("fpn", level, "head", "detector.fpn", fpn, "detector") for level, fpn in pyramid if fpn]
    for level, shape in detector.levels.items():
        towers = [op for name, outputs in TOWERS.items() for op in _tower(name, outputs, level, shape)]
        parts.append(Part("retina", level, "head", "detector", towers, "detector"))
    return parts


def _lateral(detector: Detector[D], level: int) -> tuple[str, str, ops.Cost[D]]:
    """Return the 1×1 convolution from the backbone's feature map."""
    out = detector.levels[level]
    cost = ops.pointwise(detector.inputs[level].channels, WIDTH, out.height, out.width, bias=True)
    return f"lateral.{level}", ROLE, cost


def _merged(level: int, out: FeatureMap[D]) -> Ops[D]:
    """Return the sum with the next higher level. The backbone's highest level has none."""
    if level == BACKBONE_STAGES[-1]:
        return []
    return [
        (f"upsample.P{level}", ROLE, ops.elementwise("upsample", WIDTH, out.height, out.width)),
        (f"add.P{level}", ROLE, ops.elementwise("add", WIDTH, out.height, out.width)),
    ]


def _output(level: int, out: FeatureMap[D]) -> tuple[str, str, ops.Cost[D]]:
    """Return the 3×3 convolution to a level. Above the backbone's levels it reads the next lower level."""
    return f"output.{level}", ROLE, ops.conv(WIDTH, WIDTH, 3, out.height, out.width, bias=True)


def _tower(name: str, outputs: int, level: int, shape: FeatureMap[D]) -> Ops[D]:
    """Return one tower on one level: four 3×3 convolutions with ReLU, and a 3×3 convolution to the predictions."""
    height, width = shape.height, shape.width
    tower: Ops[D] = []
    for number in range(1, CONVOLUTIONS + 1):
        conv = _once(ops.conv(WIDTH, WIDTH, 3, height, width, bias=True), level)
        tower.append((f"{name}.conv{number}.P{level}", ROLE, conv))
        tower.append((f"{name}.relu{number}.P{level}", ROLE, ops.elementwise("relu", WIDTH, height, width)))
    out = _once(ops.conv(WIDTH, outputs, 3, height, width, bias=True), level)
    return [*tower, (f"{name}.out.P{level}", ROLE, out)]


def _once(cost: ops.Cost[D], level: int) -> ops.Cost[D]:
    """Return the cost, without parameters on all levels but the first: the levels share them."""
    if level != FIRST_LEVEL:
        cost.weights = cost.biases = 0
    return cost
