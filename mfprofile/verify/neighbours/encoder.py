"""A transformer encoder layer with its norms before attention and MLP, which several of these networks use."""

from __future__ import annotations

from torch import Tensor, nn


class Attention(nn.Module):
    """Multi-head self-attention on (batch, tokens, channels), with one Linear for queries, keys and values."""

    def __init__(self, channels: int, heads: int, bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(channels, 3 * channels, bias=bias)
        self.projection = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return tokens of the same shape."""
        batch, tokens, channels = x.shape
        parts = self.qkv(x).reshape(batch, tokens, 3, self.heads, channels // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        weights = (query @ key.transpose(2, 3) * query.shape[-1] ** -0.5).softmax(-1)
        output: Tensor = self.projection((weights @ value).transpose(1, 2).reshape(x.shape))
        return output


class Layer(nn.Module):
    """Attention and an MLP of `hidden` channels, each after a LayerNorm and with a residual connection."""

    def __init__(self, channels: int, hidden: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels)
        self.attention = Attention(channels, heads, bias)
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = nn.Sequential(nn.Linear(channels, hidden), nn.GELU(), nn.Linear(hidden, channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return tokens of the same shape."""
        x = x + self.attention(self.norm1(x))
        output: Tensor = x + self.mlp(self.norm2(x))
        return output
