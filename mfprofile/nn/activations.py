"""DY-ReLU, an activation whose slopes depend on the class token."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from mfprofile.spec.network import Network


class DynamicReLU(nn.Module):
    """DY-ReLU: max(a₁x, a₂x), with slopes for each image and channel that θ computes from token 0 (Section 3.3).

    θ gives s₁ and s₂ in 0..1 for each channel. Then a₁ = 2s₁ is in 0..2 and a₂ = 2s₂ − 1 in −1..1, and s = ½ is ReLU.

    Shapes: image (batch, channels, height, width) and token (batch, dim) → the shape of the image.
    """

    def __init__(self, dim: int, quarter: int, channels: int) -> None:
        super().__init__()
        self.theta = nn.Sequential(
            OrderedDict(
                squeeze=nn.Linear(dim, quarter),
                relu=nn.ReLU(),
                expand=nn.Linear(quarter, 2 * channels),
                h_sigmoid=nn.Hardsigmoid(),
            )
        )

    def forward(self, image: Tensor, token: Tensor) -> Tensor:
        """Return the image, activated with slopes from the token."""
        first, second = self.theta(token)[:, :, None, None].chunk(2, dim=1)
        return torch.maximum(2 * first * image, (2 * second - 1) * image)


def hidden_activation(network: Network, channels: int) -> nn.Module:
    """Return the activation between a Mobile sub-block's convolutions: DY-ReLU or ReLU6."""
    if network.tokens is None or network.activation == "relu":
        return nn.ReLU6()
    return DynamicReLU(network.tokens.dim, network.tokens.quarter, channels)


def activate(activation: nn.Module, image: Tensor, token: Tensor | None) -> Tensor:
    """Return the image after a hidden activation. Only DY-ReLU uses the token (batch, dim)."""
    result: Tensor = activation(image, token) if isinstance(activation, DynamicReLU) else activation(image)
    return result
