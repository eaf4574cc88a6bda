"""The bridge: Mobile→Former and Mobile←Former (Section 3.2, Equations 1 to 3).

Tokens are (batch, count, dim), images (batch, channels, height, width), and attention maps (batch, heads, count,
height, width). Both are cross attentions with few heads. They project only the tokens, not the feature map, unless the
spec sets projections. With `attention: mlp`, one Linear over positions replaces attention (Table 9).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mfprofile.nn.attention import attend
from mfprofile.spec.network import FeatureMap, Network, Tokens

BridgeOutput = tuple[Tensor, Tensor | None]
"""The output of a bridge, and its attention map (None in an MLP)."""


class Gate(nn.Module):
    """2 · h-sigmoid(Linear(d → C)) of the tokens, multiplied to the output of attention (in the released network)."""

    def __init__(self, dim: int, channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, channels)
        self.h_sigmoid = nn.Hardsigmoid()

    def forward(self, values: Tensor, tokens: Tensor) -> Tensor:
        """Return the values (batch, count, channels), gated by the tokens."""
        gate: Tensor = self.h_sigmoid(self.linear(tokens))
        return 2 * gate * values


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

    def forward(self, tokens: Tensor, image: Tensor) -> BridgeOutput:
        """Return the tokens, updated from the image, and the attention maps (each sums to 1 over the positions)."""
        values, attention = self._mix(image) if self.is_mlp else self._attend(tokens, image)
        if self.gate is not None:
            values = self.gate(values, tokens)
        return self.norm(tokens + self.output(values)), attention

    def _attend(self, tokens: Tensor, image: Tensor) -> BridgeOutput:
        query, keys, values = self.query(tokens), _positions(self.key(image)), _positions(self.value(image))
        output, attention = attend(query, keys, values, self.heads)
        return output, torch.unflatten(attention, 3, image.shape[2:])

    def _mix(self, image: Tensor) -> BridgeOutput:
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

    def forward(self, image: Tensor, tokens: Tensor) -> BridgeOutput:
        """Return the image, updated from the tokens, and the attention maps (they sum to 1 over the tokens)."""
        values, attention = self._mix(tokens) if self.is_mlp else self._attend(image, tokens)
        return image + self.output(torch.unflatten(values, 2, image.shape[2:])), attention

    def _attend(self, image: Tensor, tokens: Tensor) -> BridgeOutput:
        query = _positions(self.query(image))
        output, attention = attend(query, self.key(tokens), self.value(tokens), self.heads)
        return output.transpose(1, 2), torch.unflatten(attention.transpose(2, 3), 3, image.shape[2:])

    def _mix(self, tokens: Tensor) -> BridgeOutput:
        return self.mix(self.value(tokens).transpose(1, 2).contiguous()), None


def _positions(image: Tensor) -> Tensor:
    """Return (batch, channels, height, width) flattened to (batch, positions, channels)."""
    return image.flatten(2).transpose(1, 2)


def _projection(network: Network, channels: int) -> nn.Module:
    """Return a 1×1 convolution C → C without bias, or an identity if the feature map is not projected (as released)."""
    return nn.Conv2d(channels, channels, 1, bias=False) if network.projections else nn.Identity()
