"""RetinaNet as ops: the feature pyramid, and towers that run on each of its levels with shared weights."""

from __future__ import annotations

from mfprofile.cost import ops
from mfprofile.cost.rows import Ops, Part
from mfprofile.spec.detector import ANCHORS, BACKBONE_STAGES, CLASSES, CONVOLUTIONS, FIRST_LEVEL, WIDTH, Detector
from mfprofile.spec.dimension import D
from mfprofile.spec.network import FeatureMap

ROLE = "detector"
TOWERS = {"classification": CLASSES * ANCHORS, "regression": 4 * ANCHORS}


def detector_parts(detector: Detector[D]) -> list[Part[D]]:
    """Return the pyramid's and the towers' ops, in running order; every convolution has a bias.

    A tower's weights are counted where it runs first, on P3. Anchors, box decoding and suppression cost nothing here.
    """
    lateral = {level: [_lateral(detector, level)] for level in detector.inputs}
    merged = {level: _merged(level, detector.levels[level]) for level in reversed(detector.inputs)}
    output = {level: [_output(level, shape)] for level, shape in detector.levels.items()}
    pyramid = [*lateral.items(), *merged.items(), *output.items()]
    parts = [Part("fpn", level, "head", "detector.fpn", found, "detector") for level, found in pyramid if found]
    for level, shape in detector.levels.items():
        found = [op for name, outputs in TOWERS.items() for op in _tower(name, outputs, level, shape)]
        parts.append(Part("retina", level, "head", "detector", found, "detector"))
    return parts


def _lateral(detector: Detector[D], level: int) -> tuple[str, str, ops.Cost[D]]:
    """Return the 1×1 from the backbone's map."""
    out = detector.levels[level]
    cost = ops.pointwise(detector.inputs[level].channels, WIDTH, out.height, out.width, bias=True)
    return f"lateral.{level}", ROLE, cost


def _merged(level: int, out: FeatureMap[D]) -> Ops[D]:
    """Return the sum with the level above, from the top down; the backbone's topmost has none."""
    if level == BACKBONE_STAGES[-1]:
        return []
    return [
        (f"upsample.P{level}", ROLE, ops.elementwise("upsample", WIDTH, out.height, out.width)),
        (f"add.P{level}", ROLE, ops.elementwise("add", WIDTH, out.height, out.width)),
    ]


def _output(level: int, out: FeatureMap[D]) -> tuple[str, str, ops.Cost[D]]:
    """Return the 3×3 to a level; above the backbone it reads the level below."""
    return f"output.{level}", ROLE, ops.conv(WIDTH, WIDTH, 3, out.height, out.width, bias=True)


def _tower(name: str, outputs: int, level: int, shape: FeatureMap[D]) -> Ops[D]:
    """Return one tower on one level: four 3×3 with ReLU, and a 3×3 to what it predicts."""
    height, width = shape.height, shape.width
    found: Ops[D] = []
    for number in range(1, CONVOLUTIONS + 1):
        conv = _once(ops.conv(WIDTH, WIDTH, 3, height, width, bias=True), level)
        found.append((f"{name}.conv{number}.P{level}", ROLE, conv))
        found.append((f"{name}.relu{number}.P{level}", ROLE, ops.elementwise("relu", WIDTH, height, width)))
    out = _once(ops.conv(WIDTH, outputs, 3, height, width, bias=True), level)
    return [*found, (f"{name}.out.P{level}", ROLE, out)]


def _once(cost: ops.Cost[D], level: int) -> ops.Cost[D]:
    """Return the cost without parameters on all levels but the first: they are the same ones."""
    if level != FIRST_LEVEL:
        cost.weights = cost.biases = 0
    return cost
