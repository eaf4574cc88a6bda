"""T2T-ViT with 7 and 12 layers: a vision transformer whose tokens are merged twice, from arXiv:2101.11986.

The two lightweight models have 256 channels, an MLP of 512, 4 heads, and no bias on queries, keys and values. Their
tokens-to-token module has Performers of 64 channels. Images are split softly: 7×7 patches with stride 4, then twice
3×3 patches with stride 2. The authors' code gives a Performer 32 random features, half of its channels, which are not
trained, and fixed sinusoidal positions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mfprofile.verify.neighbours.encoder import Layer

CHANNELS, HIDDEN, HEADS = 256, 512, 4
MERGED, FEATURES = 64, 32


class Performer(nn.Module):
    """A layer of linear attention with random features: (batch, tokens, inputs) → (batch, tokens, `MERGED`)."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(inputs)
        self.kqv = nn.Linear(inputs, 3 * MERGED)
        self.projection = nn.Linear(MERGED, MERGED)
        self.norm2 = nn.LayerNorm(MERGED)
        self.mlp = nn.Sequential(nn.Linear(MERGED, MERGED), nn.GELU(), nn.Linear(MERGED, MERGED))
        self.features = nn.Parameter(torch.zeros(FEATURES, MERGED), requires_grad=False)

    def _features_of(self, x: Tensor) -> Tensor:
        """Return the positive random features of queries or keys: (batch, tokens, `FEATURES`)."""
        squares = (x * x).sum(-1, keepdim=True) / 2
        positive: Tensor = torch.exp(x @ self.features.T - squares) * FEATURES**-0.5
        return positive

    def forward(self, x: Tensor) -> Tensor:
        """Return tokens of `MERGED` channels."""
        key, query, value = self.kqv(self.norm1(x)).chunk(3, -1)
        key, query = self._features_of(key), self._features_of(query)
        scale = query @ key.sum(1).unsqueeze(2)
        x = value + self.projection(query @ (key.transpose(1, 2) @ value) / (scale + 1e-8))
        output: Tensor = x + self.mlp(self.norm2(x))
        return output


class T2TViT(nn.Module):
    """The network with a number of layers, on images of 224×224: 14×14 tokens and the class token."""

    def __init__(self, layers: int, classes: int = 1000) -> None:
        super().__init__()
        self.split0, self.split1, self.split2 = nn.Unfold(7, 1, 2, 4), nn.Unfold(3, 1, 1, 2), nn.Unfold(3, 1, 1, 2)
        self.merge1, self.merge2 = Performer(3 * 7 * 7), Performer(MERGED * 3 * 3)
        self.projection = nn.Linear(MERGED * 3 * 3, CHANNELS)
        self.token = nn.Parameter(torch.zeros(1, 1, CHANNELS))
        self.positions = nn.Parameter(torch.zeros(1, 14 * 14 + 1, CHANNELS), requires_grad=False)
        self.layers = nn.Sequential(*(Layer(CHANNELS, HIDDEN, HEADS, bias=False) for _ in range(layers)))
        self.norm = nn.LayerNorm(CHANNELS)
        self.head = nn.Linear(CHANNELS, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of images (batch, 3, 224, 224)."""
        side = x.shape[-1] // 4
        x = self.merge1(self.split0(x).transpose(1, 2)).transpose(1, 2).unflatten(2, (side, side))
        side //= 2
        x = self.merge2(self.split1(x).transpose(1, 2)).transpose(1, 2).unflatten(2, (side, side))
        x = self.projection(self.split2(x).transpose(1, 2))
        x = torch.cat((self.token.expand(len(x), -1, -1), x), 1) + self.positions
        logits: Tensor = self.head(self.norm(self.layers(x))[:, 0])
        return logits
