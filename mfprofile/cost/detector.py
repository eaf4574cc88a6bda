"""RetinaNet as ops: the feature pyramid, and towers that run on each of its levels with shared weights."""

from __future__ import annotations

from mfprofile.cost import ops
from mfprofile.cost.rows import Ops, Part
from mfprofile.spec.detector import ANCHORS, CLASSES, CONVOLUTIONS, FIRST_LEVEL, WIDTH, Detector
from mfprofile.spec.network import FeatureMap

ROLE = "detector"
TOWERS = {"classification": CLASSES * ANCHORS, "regression": 4 * ANCHORS}


def detector_parts(detector: Detector) -> list[Part]:
    """Return the pyramid's and the towers' ops, by level; every convolution has a bias.

    A tower's weights are counted where it runs first, on P3. Anchors, box decoding and suppression cost nothing here.
    """
    parts = [Part("fpn", level, "head", "detector.fpn", _pyramid(detector, level)) for level in detector.levels]
    for level, shape in detector.levels.items():
        found = [op for name, outputs in TOWERS.items() for op in _tower(name, outputs, level, shape)]
        parts.append(Part("retina", level, "head", "detector", found))
    return parts


def _pyramid(detector: Detector, level: int) -> Ops:
    """Return lateral 1×1, the sum with the level above and the 3×3 of one level; above the backbone a 3×3 alone."""
    out = detector.levels[level]
    height, width = out.height, out.width
    output: Ops = [(f"output.{level}", ROLE, ops.conv(WIDTH, WIDTH, 3, height, width, bias=True))]
    if level not in detector.inputs:
        return output
    lateral = ops.pointwise(detector.inputs[level].channels, WIDTH, height, width, bias=True)
    found: Ops = [(f"lateral.{level}", ROLE, lateral)]
    if level + 1 in detector.inputs:
        found.append((f"upsample.P{level}", ROLE, ops.elementwise("upsample", WIDTH, height, width)))
        found.append((f"add.P{level}", ROLE, ops.elementwise("add", WIDTH, height, width)))
    return found + output


def _tower(name: str, outputs: int, level: int, shape: FeatureMap) -> Ops:
    """Return one tower on one level: four 3×3 with ReLU, and a 3×3 to what it predicts."""
    height, width = shape.height, shape.width
    found: Ops = []
    for number in range(1, CONVOLUTIONS + 1):
        conv = _once(ops.conv(WIDTH, WIDTH, 3, height, width, bias=True), level)
        found.append((f"{name}.conv{number}.P{level}", ROLE, conv))
        found.append((f"{name}.relu{number}.P{level}", ROLE, ops.elementwise("relu", WIDTH, height, width)))
    out = _once(ops.conv(WIDTH, outputs, 3, height, width, bias=True), level)
    return [*found, (f"{name}.out.P{level}", ROLE, out)]


def _once(cost: ops.Cost, level: int) -> ops.Cost:
    """Return the cost without parameters on all levels but the first: they are the same ones."""
    if level != FIRST_LEVEL:
        cost.weights = cost.biases = 0
    return cost
