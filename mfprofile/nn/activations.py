"""DY-ReLU, the activation whose slopes come from the class token."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from mfprofile.spec.network import Network


class DynamicReLU(nn.Module):
    """DY-ReLU: max(a₁x, a₂x), with slopes for each image and channel that θ takes from token 0 (Section 3.3).

    θ gives s₁ and s₂ in 0..1 for each channel; a₁ = 2s₁ is in 0..2 and a₂ = 2s₂ − 1 in −1..1, so at s = ½ it is ReLU.

    Shapes: image (batch, channels, height, width) and token (batch, dim) → the image's.
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
        """Activate the image by the token."""
        first, second = self.theta(token)[:, :, None, None].chunk(2, dim=1)
        return torch.maximum(2 * first * image, (2 * second - 1) * image)


def hidden_activation(network: Network, channels: int) -> nn.Module:
    """Return what stands between a Mobile sub-block's convolutions: DY-ReLU, or ReLU6 in its place."""
    if network.tokens is None or network.activation == "relu":
        return nn.ReLU6()
    return DynamicReLU(network.tokens.dim, network.tokens.quarter, channels)


def activated(activation: nn.Module, image: Tensor, token: Tensor | None) -> Tensor:
    """Apply a hidden activation; only DY-ReLU looks at the token (batch, dim)."""
    result: Tensor = activation(image, token) if isinstance(activation, DynamicReLU) else activation(image)
    return result
