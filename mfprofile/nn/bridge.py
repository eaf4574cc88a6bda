"""The bridge: Mobile→Former and Mobile←Former (Section 3.2, Equations 1 to 3).

Tokens are (batch, count, dim), images (batch, channels, height, width) and attention maps (batch, heads, count,
height, width). Both are cross attentions of few heads that project the tokens alone, not the feature map, unless the
spec asks for its projections. With `attention: mlp` one Linear over positions stands in attention's place (Table 9).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mfprofile.nn.attention import attend
from mfprofile.spec.network import FeatureMap, Network, Tokens

Attended = tuple[Tensor, Tensor | None]
"""What a bridge found, and the attention map by which it found it (None in an MLP)."""


class Gate(nn.Module):
    """2 · h-sigmoid(Linear(d → C)) of the tokens, multiplied to what attention found (in the released network)."""

    def __init__(self, dim: int, channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, channels)
        self.h_sigmoid = nn.Hardsigmoid()

    def forward(self, found: Tensor, tokens: Tensor) -> Tensor:
        """Gate (batch, count, channels) by the tokens."""
        gate: Tensor = self.h_sigmoid(self.linear(tokens))
        return 2 * gate * found


class MobileToFormer(nn.Module):
    """Mobile→Former: tokens + W^O(gate · softmax(zW^Q · xᵀ)x), then LayerNorm (Equation 1)."""

    def __init__(self, network: Network, tokens: Tokens, image: FeatureMap) -> None:
        super().__init__()
        channels = image.channels
        self.is_mlp, self.heads = network.attention == "mlp", network.bridge_heads
        if self.is_mlp:
            self.mix = nn.Linear(image.positions, tokens.count)
        else:
            self.query = nn.Linear(tokens.dim, channels)
            self.key = _projection(network, channels)
        self.value = _projection(network, channels)
        self.gate = Gate(tokens.dim, channels) if network.gate else None
        self.output = nn.Linear(channels, tokens.dim)
        self.norm = nn.LayerNorm(tokens.dim)

    def forward(self, tokens: Tensor, image: Tensor) -> Attended:
        """Return the tokens, which have looked at the image, and where (each map sums to 1 over its positions)."""
        found, attention = self._mixed(image) if self.is_mlp else self._attended(tokens, image)
        if self.gate is not None:
            found = self.gate(found, tokens)
        return self.norm(tokens + self.output(found)), attention

    def _attended(self, tokens: Tensor, image: Tensor) -> Attended:
        query, keys, values = self.query(tokens), _positions(self.key(image)), _positions(self.value(image))
        found, attention = attend(query, keys, values, self.heads)
        return found, torch.unflatten(attention, 3, image.shape[2:])

    def _mixed(self, image: Tensor) -> Attended:
        return self.mix(self.value(image).flatten(2)).transpose(1, 2).contiguous(), None


class FormerToMobile(nn.Module):
    """Mobile←Former: x + softmax(x · (zW^K)ᵀ)zW^V, without norm or output projection (Equation 3)."""

    def __init__(self, network: Network, tokens: Tokens, image: FeatureMap) -> None:
        super().__init__()
        channels = image.channels
        self.is_mlp, self.heads = network.attention == "mlp", network.bridge_heads
        if self.is_mlp:
            self.mix = nn.Linear(tokens.count, image.positions)
        else:
            self.query = _projection(network, channels)
            self.key = nn.Linear(tokens.dim, channels)
        self.value = nn.Linear(tokens.dim, channels)
        self.output = _projection(network, channels)

    def forward(self, image: Tensor, tokens: Tensor) -> Attended:
        """Return the image, whose positions have looked at the tokens, and at which (it sums to 1 over the tokens)."""
        found, attention = self._mixed(tokens) if self.is_mlp else self._attended(image, tokens)
        return image + self.output(torch.unflatten(found, 2, image.shape[2:])), attention

    def _attended(self, image: Tensor, tokens: Tensor) -> Attended:
        query = _positions(self.query(image))
        found, attention = attend(query, self.key(tokens), self.value(tokens), self.heads)
        return found.transpose(1, 2), torch.unflatten(attention.transpose(2, 3), 3, image.shape[2:])

    def _mixed(self, tokens: Tensor) -> Attended:
        return self.mix(self.value(tokens).transpose(1, 2).contiguous()), None


def _positions(image: Tensor) -> Tensor:
    """Flatten (batch, channels, height, width) to (batch, positions, channels)."""
    return image.flatten(2).transpose(1, 2)


def _projection(network: Network, channels: int) -> nn.Module:
    """Return a 1×1 C → C without bias, or nothing that counts where the feature map is unprojected (as released)."""
    return nn.Conv2d(channels, channels, 1, bias=False) if network.projections else nn.Identity()
