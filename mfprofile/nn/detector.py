"""RetinaNet's feature pyramid and towers on the maps of the backbone (Lin et al. 2017; the setting of Table 4)."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn
from torch.nn import functional

from mfprofile.spec.detector import ANCHORS, CLASSES, CONVOLUTIONS, WIDTH, Detector

Predictions = list[tuple[Tensor, Tensor]]
"""For each level from P3: class scores (batch, 720, height, width) and box offsets (batch, 36, height, width)."""


class FeaturePyramid(nn.Module):
    """P3 to P7, (batch, 256, height, width) each, from the maps of strides 8, 16 and 32."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        inputs = detector.inputs
        self.lateral = nn.ModuleDict({str(level): nn.Conv2d(out.channels, WIDTH, 1) for level, out in inputs.items()})
        self.output = nn.ModuleDict(
            {str(level): nn.Conv2d(WIDTH, WIDTH, 3, 1 if level in inputs else 2, 1) for level in detector.levels}
        )

    def forward(self, maps: dict[int, Tensor]) -> list[Tensor]:
        """Return the levels from P3. `maps` are keyed by stride."""
        merged = {level: lateral(maps[2 ** int(level)]) for level, lateral in self.lateral.items()}
        names = list(merged)
        for below, above in zip(names[-2::-1], names[:0:-1], strict=True):
            coarse = functional.interpolate(merged[above], size=merged[below].shape[2:], mode="nearest")
            merged[below] = merged[below] + coarse
        levels: list[Tensor] = []
        for level, conv in self.output.items():
            levels.append(conv(merged[level] if level in merged else levels[-1]))
        return levels


def tower(outputs: int) -> nn.Module:
    """Return four 3×3 convolutions with ReLU, and one to `outputs` channels."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for number in range(1, CONVOLUTIONS + 1):
        layers[f"conv{number}"] = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        layers[f"relu{number}"] = nn.ReLU()
    layers["out"] = nn.Conv2d(WIDTH, outputs, 3, padding=1)
    return nn.Sequential(layers)


class RetinaNet(nn.Module):
    """The pyramid and the towers, which have the same weights on every level.

    Anchors, decoding and suppression are not included.
    """

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.fpn = FeaturePyramid(detector)
        self.classification = tower(CLASSES * ANCHORS)
        self.regression = tower(4 * ANCHORS)

    def forward(self, maps: dict[int, Tensor]) -> Predictions:
        """Return the predictions of each level. `maps` are those of the backbone, keyed by stride."""
        return [(self.classification(level), self.regression(level)) for level in self.fpn(maps)]
