"""ViT_C of 1 GF: a vision transformer with a convolutional stem, from arXiv:2106.14881.

The 1 GF model has 192 channels, an MLP of 3 times as many, and 3 heads. Its stem has four 3×3 convolutions of stride 2
with 24, 48, 96 and 192 channels, each with BatchNorm and ReLU, and a 1×1 convolution. The stem replaces one of the 12
transformer layers. As in ViT, a class token and learned positions are added.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mfprofile.verify.neighbours.encoder import Layer

CHANNELS, LAYERS, HEADS, RATIO = 192, 11, 3, 3
STEM = (24, 48, 96, 192)


class ViTC(nn.Module):
    """The network, on images of 224×224: 14×14 tokens and the class token."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        stem: list[nn.Module] = []
        for inputs, outputs in zip((3, *STEM), STEM, strict=False):
            stem += [nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        self.stem = nn.Sequential(*stem, nn.Conv2d(STEM[-1], CHANNELS, 1))
        self.token = nn.Parameter(torch.zeros(1, 1, CHANNELS))
        self.positions = nn.Parameter(torch.zeros(1, 14 * 14 + 1, CHANNELS))
        self.layers = nn.Sequential(*(Layer(CHANNELS, RATIO * CHANNELS, HEADS) for _ in range(LAYERS)))
        self.norm = nn.LayerNorm(CHANNELS)
        self.head = nn.Linear(CHANNELS, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of images (batch, 3, 224, 224)."""
        x = self.stem(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.token.expand(len(x), -1, -1), x), 1) + self.positions
        logits: Tensor = self.head(self.norm(self.layers(x))[:, 0])
        return logits
