"""The head: 1×1 to 6C, pooling, concatenation with token 0, and two Linear (Section 3.4)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mfprofile.nn.mobile import shuffle_channels
from mfprofile.spec.network import Head as Widths
from mfprofile.spec.network import Network


class Head(nn.Module):
    """Logits from the last feature map (batch, channels, height, width) and the tokens (batch, count, dim), if any.

    `dropout` is the share of the hidden values that training drops before the last Linear.
    """

    def __init__(self, network: Network, widths: Widths, dropout: float) -> None:
        super().__init__()
        self.shuffle = network.groups
        channels = network.last.channels
        self.conv = nn.Conv2d(channels, widths.expanded, 1, groups=network.groups, bias=False)
        self.norm = nn.BatchNorm2d(widths.expanded)
        self.activation = nn.ReLU6()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.pool_activation = nn.Hardswish()
        self.fc1 = nn.Linear(widths.features, widths.fc)
        self.fc1_norm = nn.BatchNorm1d(widths.fc)
        self.fc1_activation = nn.Hardswish()
        self.dropout = nn.Dropout(dropout)
        self.fc2: nn.Module = nn.Linear(widths.fc, widths.classes)

    def forward(self, image: Tensor, tokens: Tensor | None) -> Tensor:
        """Return the logits (batch, classes)."""
        logits: Tensor = self.fc2(self.hidden(image, tokens))
        return logits

    def hidden(self, image: Tensor, tokens: Tensor | None) -> Tensor:
        """Return the hidden values (batch, fc) that the last Linear reads."""
        image = self.activation(self.norm(self.conv(shuffle_channels(image, self.shuffle))))
        features = self.pool_activation(self.pool(image).flatten(1))
        if tokens is not None:
            features = torch.cat([features, tokens[:, 0]], dim=1)
        hidden = self.fc1_activation(self.fc1_norm(self.fc1(features)))
        dropped: Tensor = self.dropout(hidden)
        return dropped
