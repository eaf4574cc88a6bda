"""ShuffleNetV2 with WeightNet, whose convolutions have weights that two small layers compute, from arXiv:2007.11823.

In each block, an average of the input is reduced to 16 values or a sixteenth of its channels, and each convolution has
its own pair of layers. For a convolution from I to O channels, the first has M · O outputs and a sigmoid. The second is
a Linear in G · O groups to the weights. For a depthwise convolution, the first has M/G · I outputs and the second has I
groups. `multiplier` is M/G, 4 in the paper's larger models. G is 2, and the widths are slightly below ShuffleNetV2's,
as in the authors' code. All else is ShuffleNetV2's.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

GROUPS = 2
REPEATS = (4, 8, 4)
STAGES = {"1.0": (112, 224, 448), "1.5": (176, 352, 704), "2.0": (248, 496, 992)}
LAST = 1024


def reduced(channels: int) -> int:
    """Return the number of values that the weights of a block are computed from."""
    return max(16, channels // 16)


class Generated(nn.Module):
    """A convolution with computed weights, and its BatchNorm. With `is_depthwise`, inputs and outputs are equal."""

    def __init__(self, read: int, inputs: int, outputs: int, multiplier: int, stride: int, is_depthwise: bool) -> None:
        super().__init__()
        self.stride, self.groups = stride, inputs if is_depthwise else 1
        self.shape = (outputs, 1, 3, 3) if is_depthwise else (outputs, inputs, 1, 1)
        hidden, parts = (multiplier, 1) if is_depthwise else (multiplier * GROUPS, GROUPS)
        self.first = nn.Conv2d(read, hidden * outputs, 1)
        weights = 9 * inputs if is_depthwise else inputs * outputs
        self.second = nn.Conv2d(hidden * outputs, weights, 1, groups=parts * outputs, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor, values: Tensor) -> Tensor:
        """Return the convolution of one image with the weights that the values give."""
        weight = self.second(self.first(values).sigmoid()).reshape(self.shape)
        padding = self.shape[-1] // 2
        x = functional.conv2d(x, weight, stride=self.stride, padding=padding, groups=self.groups)
        output: Tensor = self.norm(x)
        return output


class Block(nn.Module):
    """A block of ShuffleNetV2: one half of the channels passes, or with stride 2 is computed from the same input."""

    def __init__(self, inputs: int, outputs: int, stride: int, multiplier: int) -> None:
        super().__init__()
        self.is_first = stride == 2
        branch, middle = (inputs if self.is_first else inputs // 2), outputs // 2
        added, read = outputs - branch, reduced(branch)
        self.reduce = nn.Conv2d(branch, read, 1)
        self.expand = Generated(read, branch, middle, multiplier, 1, False)
        self.depthwise = Generated(read, middle, middle, multiplier, stride, True)
        self.project = Generated(read, middle, added, multiplier, 1, False)
        if self.is_first:
            self.other_depthwise = Generated(read, branch, branch, multiplier, 2, True)
            self.other_project = Generated(read, branch, branch, multiplier, 1, False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output for one image (1, inputs, height, width)."""
        other, x = (x, x) if self.is_first else (x[:, ::2], x[:, 1::2])  # every second channel: the shuffle
        values = self.reduce(x.mean((2, 3), keepdim=True))
        x = functional.relu(self.expand(x, values))
        x = functional.relu(self.project(self.depthwise(x, values), values))
        if self.is_first:
            other = functional.relu(self.other_project(self.other_depthwise(other, values), values))
        return torch.cat((other, x), 1)


class ShuffleNetV2WeightNet(nn.Module):
    """The network of a width, `1.0`, `1.5` or `2.0`, for one image of 224×224."""

    def __init__(self, width: str, multiplier: int = 4, classes: int = 1000) -> None:
        super().__init__()
        channels = 24
        self.stem = nn.Sequential(nn.Conv2d(3, channels, 3, 2, 1), nn.BatchNorm2d(channels), nn.ReLU())
        self.pool = nn.MaxPool2d(3, 2, 1)
        blocks: list[nn.Module] = []
        for outputs, repeats in zip(STAGES[width], REPEATS, strict=True):
            for stride in (2, *(1,) * (repeats - 1)):
                blocks.append(Block(channels, outputs, stride, multiplier))
                channels = outputs
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Sequential(nn.Conv2d(channels, LAST, 1), nn.BatchNorm2d(LAST), nn.ReLU())
        self.classifier = nn.Linear(LAST, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of one image (1, 3, 224, 224)."""
        x = self.last(self.blocks(self.pool(self.stem(x))))
        logits: Tensor = self.classifier(x.mean((2, 3)))
        return logits
