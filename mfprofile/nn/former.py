"""Former: attention and a feed-forward network on the tokens (Section 3.3).

Tokens are (batch, count, dim). Each Linear has a bias. Keys and values are the tokens themselves, not projected.
"""

from __future__ import annotations

from torch import Tensor, nn

from mfprofile.nn.attention import attend
from mfprofile.spec.network import Network, Tokens


class TokenAttention(nn.Module):
    """Multi-head attention among the tokens, an output projection, the addition and its LayerNorm."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.heads = tokens.heads
        self.query = nn.Linear(tokens.dim, tokens.dim)
        self.output = nn.Linear(tokens.dim, tokens.dim)
        self.norm = nn.LayerNorm(tokens.dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the tokens after attention over all tokens."""
        values, _ = attend(self.query(tokens), tokens, tokens, self.heads)
        result: Tensor = self.norm(tokens + self.output(values))
        return result


class TokenMixer(nn.Module):
    """The MLP that replaces attention in Table 9: M → 4M → M over the tokens of each dimension, with GELU."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.expand = nn.Linear(tokens.count, 4 * tokens.count)
        self.gelu = nn.GELU()
        self.project = nn.Linear(4 * tokens.count, tokens.count)
        self.output = nn.Linear(tokens.dim, tokens.dim)
        self.norm = nn.LayerNorm(tokens.dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the tokens after mixing."""
        mixed = self.project(self.gelu(self.expand(tokens.transpose(1, 2).contiguous())))
        result: Tensor = self.norm(tokens + self.output(mixed.transpose(1, 2).contiguous()))
        return result


class FeedForward(nn.Module):
    """The FFN on each token: d → 2d, GELU, 2d → d, the addition and its LayerNorm."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.expand = nn.Linear(dim, 2 * dim)
        self.gelu = nn.GELU()
        self.project = nn.Linear(2 * dim, dim)
        self.norm = nn.LayerNorm(dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the tokens, each transformed by itself."""
        result: Tensor = self.norm(tokens + self.project(self.gelu(self.expand(tokens))))
        return result


class Former(nn.Module):
    """One Former sub-block: attention, then the FFN if there is one."""

    def __init__(self, network: Network, tokens: Tokens) -> None:
        super().__init__()
        self.attention = TokenMixer(tokens) if network.attention == "mlp" else TokenAttention(tokens)
        self.ffn = FeedForward(tokens.dim) if network.ffn else None

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the updated tokens."""
        result: Tensor = self.attention(tokens)
        return result if self.ffn is None else self.ffn(result)
