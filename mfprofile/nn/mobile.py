"""Mobile: the stem, the lite block and the two Mobile sub-blocks (Sections 3.3 and 3.4, Table 1).

Images are (batch, channels, height, width). Convolutions have no bias, and each is followed by a BatchNorm.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from mfprofile.nn.activations import activate, hidden_activation
from mfprofile.spec.network import Block, FeatureMap, Network


class ConvNorm(nn.Module):
    """A convolution that keeps the resolution (stride 1) or halves it, a BatchNorm, and an optional channel shuffle."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1, shuffle: int = 1
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.shuffle = shuffle

    def forward(self, image: Tensor) -> Tensor:
        """Return (batch, outputs, height / stride, width / stride), with the sides rounded up."""
        return shuffle_channels(self.norm(self.conv(image)), self.shuffle)


def shuffle_channels(image: Tensor, groups: int) -> Tensor:
    """Return the image with its channels shuffled among the groups of the next convolution.

    Each of these groups then gets channels from all groups of the last convolution. The channels are transposed as a
    `groups` × C/`groups` matrix. One group changes nothing.
    """
    if groups == 1:
        return image
    return torch.unflatten(image, 1, (groups, -1)).transpose(1, 2).flatten(1, 2)


def stem(out: FeatureMap, channels: int = 3) -> nn.Module:
    """Return the 3×3 convolution of stride 2 from the image's channels, BatchNorm and ReLU6."""
    conv = nn.Conv2d(channels, out.channels, 3, 2, 1, bias=False)
    return nn.Sequential(OrderedDict(conv=conv, norm=nn.BatchNorm2d(out.channels), activation=nn.ReLU6()))


class Lite(nn.Module):
    """The lite block: a depthwise convolution that expands, then a 1×1 that squeezes; no tokens (Section 3.4)."""

    def __init__(self, network: Network, block: Block) -> None:
        super().__init__()
        inputs, hidden, groups = block.inputs.channels, block.expanded, network.groups
        self.depthwise = ConvNorm(inputs, hidden, block.kernel, stride=block.stride, groups=inputs)
        self.activation = nn.ReLU6()
        self.shuffle = inputs if groups > 1 else 1
        self.pointwise = ConvNorm(hidden, block.outputs.channels, 1, groups=groups)
        self.residual = bool(block.residual)

    def forward(self, image: Tensor, token: Tensor | None = None) -> Tensor:  # noqa: ARG002 - the signature of its siblings
        """Return the block's output. The token is not used."""
        hidden = shuffle_channels(self.activation(self.depthwise(image)), self.shuffle)
        output: Tensor = self.pointwise(hidden)
        return output + image if self.residual else output


class Mobile(nn.Module):
    """Mobile of stride 1: 1×1 that expands, depthwise, 1×1 that squeezes (Section 3.3)."""

    def __init__(self, network: Network, block: Block) -> None:
        super().__init__()
        hidden, groups = block.expanded, network.groups
        self.pointwise1 = ConvNorm(block.inputs.channels, hidden, 1, groups=groups, shuffle=groups)
        self.activation1 = hidden_activation(network, hidden)
        self.depthwise = ConvNorm(hidden, hidden, block.kernel, groups=hidden)
        self.activation2 = hidden_activation(network, hidden)
        self.pointwise2 = ConvNorm(hidden, block.outputs.channels, 1, groups=groups, shuffle=groups)
        self.residual = bool(block.residual)

    def forward(self, image: Tensor, token: Tensor | None) -> Tensor:
        """Return the sub-block's output for an image and its token 0 (batch, dim)."""
        hidden = activate(self.activation1, self.pointwise1(image), token)
        hidden = activate(self.activation2, self.depthwise(hidden), token)
        output: Tensor = self.pointwise2(hidden)
        return output + image if self.residual else output


class MobileDown(nn.Module):
    """Mobile that downsamples: depthwise of stride 2 and 1×1, then depthwise and 1×1 with a residual (Section 3.4).

    Both depthwise convolutions expand, in as many groups as they have input channels.
    """

    def __init__(self, network: Network, block: Block) -> None:
        super().__init__()
        inputs, outputs, kernel, groups = block.inputs.channels, block.outputs.channels, block.kernel, network.groups
        shuffles = (inputs, outputs) if groups > 1 else (1, 1)
        self.depthwise1 = ConvNorm(inputs, block.expanded, kernel, stride=2, groups=inputs, shuffle=shuffles[0])
        self.activation1 = hidden_activation(network, block.expanded)
        self.pointwise1 = ConvNorm(block.expanded, outputs, 1, groups=groups)
        self.depthwise2 = ConvNorm(outputs, block.expanded2, kernel, groups=outputs, shuffle=shuffles[1])
        self.activation2 = hidden_activation(network, block.expanded2)
        self.pointwise2 = ConvNorm(block.expanded2, outputs, 1, groups=groups)

    def forward(self, image: Tensor, token: Tensor | None) -> Tensor:
        """Return the sub-block's output, of half the resolution, for an image and its token 0 (batch, dim)."""
        halved: Tensor = self.pointwise1(activate(self.activation1, self.depthwise1(image), token))
        output: Tensor = self.pointwise2(activate(self.activation2, self.depthwise2(halved), token))
        return output + halved
