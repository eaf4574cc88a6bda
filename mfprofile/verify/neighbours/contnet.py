"""ConTNet: convolutions and transformers in windows by turns, from arXiv:2104.13497 and its authors' code.

A block has BatchNorm and ReLU, two transformer layers, the first on windows of 7×7 and the second of 14×14 (7×7 in the
last stage), and a 3×3 convolution. The last block of a stage doubles the channels with stride 2, with a 1×1 convolution
on its shortcut. In the last stage it keeps the stride, and its convolution is 1×1. Positions of a window are learned,
half of the channels for its rows and half for its columns. Numbers of heads do not change the cost.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from mfprofile.verify.neighbours.encoder import Layer

WINDOWS = (7, 14)
HEADS = (1, 2, 4, 8)
MODELS = {
    "ti": (48, (196, 392, 768, 768), (1, 1, 1, 1)),
    "s": (64, (256, 512, 1024, 1024), (1, 1, 1, 1)),
    "m": (64, (256, 512, 1024, 1024), (2, 2, 2, 2)),
}
"""The first width, the hidden channels of the MLPs in each stage, and the number of blocks in each stage."""


class Windowed(nn.Module):
    """A transformer layer within windows of `side`×`side` positions: (batch, channels, height, width) → the same."""

    def __init__(self, channels: int, hidden: int, heads: int, side: int) -> None:
        super().__init__()
        self.side = side
        self.rows = nn.Parameter(torch.zeros(1, side, 1, channels // 2))
        self.columns = nn.Parameter(torch.zeros(1, 1, side, channels // 2))
        self.layer = Layer(channels, hidden, heads)

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output. Sides that are not multiples of the window's are padded."""
        height, width = x.shape[2:]
        x = functional.pad(x, (0, -width % self.side, 0, -height % self.side))
        batch, channels, high, wide = x.shape
        down, across = high // self.side, wide // self.side
        x = x.reshape(batch, channels, down, self.side, across, self.side).permute(0, 2, 4, 3, 5, 1)
        x = x.reshape(-1, self.side, self.side, channels)
        first, second = x.chunk(2, -1)
        x = torch.cat((first + self.rows, second + self.columns), -1).flatten(1, 2)
        x = self.layer(x).reshape(batch, down, across, self.side, self.side, channels).permute(0, 5, 1, 3, 2, 4)
        return x.reshape(batch, channels, high, wide)[:, :, :height, :width]


class Block(nn.Module):
    """Two windowed transformer layers and a convolution. With other outputs than inputs, it ends a stage."""

    def __init__(self, inputs: int, outputs: int, hidden: int, heads: int, windows: Sequence[int], stride: int) -> None:
        super().__init__()
        self.ends_stage = inputs != outputs
        self.norm = nn.BatchNorm2d(inputs)
        self.first, self.second = (Windowed(inputs, hidden, heads, side) for side in windows)
        kernel = 1 if self.ends_stage and stride == 1 else 3
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False) if self.ends_stage else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output."""
        active = functional.relu(self.norm(x))
        kept = self.shortcut(active if self.ends_stage else x)
        output: Tensor = kept + self.conv(self.second(self.first(active)))
        return output


class ConTNet(nn.Module):
    """The network of a size: `ti`, `s` or `m`. Without `classes` it ends with its last stage."""

    def __init__(self, size: str, classes: int | None = 1000) -> None:
        super().__init__()
        channels, hidden, repeats = MODELS[size]
        self.stem = nn.Sequential(nn.Conv2d(3, channels, 7, 2, 3, bias=False), nn.MaxPool2d(3, 2, 1))
        blocks: list[nn.Module] = []
        for stage, (mlp, heads, times) in enumerate(zip(hidden, HEADS, repeats, strict=True)):
            stride, windows = (1, (WINDOWS[0],) * 2) if stage == len(repeats) - 1 else (2, WINDOWS)
            blocks += [Block(channels, channels, mlp, heads, windows, 1) for _ in range(times - 1)]
            blocks.append(Block(channels, 2 * channels, mlp, heads, windows, stride))
            channels *= 2
        self.blocks = nn.Sequential(*blocks)
        self.head = None if classes is None else nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of images (batch, 3, height, width), or the last stage's output."""
        x = self.blocks(self.stem(x))
        if self.head is None:
            return x
        logits: Tensor = self.head(x.mean((2, 3)))
        return logits
