"""Former: attention and FFN on the tokens, as ops (Section 3.3)."""

from __future__ import annotations

from mfprofile.cost import ops
from mfprofile.cost.rows import Ops
from mfprofile.spec.dimension import D
from mfprofile.spec.network import Network, Tokens


def former(network: Network[D], tokens: Tokens[D]) -> Ops[D]:
    """Return the ops of attention and FFN on the tokens, each followed by addition and LayerNorm (O(M²d + Md²))."""
    count, dim = tokens.count, tokens.dim
    attend = _mix_tokens if network.attention == "mlp" else _attend_tokens
    former_ops = [
        *attend(tokens),
        ("attention.output", "attention", ops.linear(count, dim, dim)),
        *_add_norm("attention", tokens),
    ]
    if network.ffn:
        former_ops += [
            ("ffn.expand", "ffn", ops.linear(count, dim, 2 * dim)),
            ("ffn.gelu", "ffn", ops.elementwise("gelu", count, 2 * dim)),
            ("ffn.project", "ffn", ops.linear(count, 2 * dim, dim)),
            *_add_norm("ffn", tokens),
        ]
    return former_ops


def _attend_tokens(tokens: Tokens[D]) -> Ops[D]:
    """Return the ops of multi-head attention. Its keys and values are the tokens themselves."""
    count, heads, width = tokens.count, tokens.heads, tokens.head_dim
    return [
        ("attention.query", "attention", ops.linear(count, tokens.dim, tokens.dim)),
        ("attention.scores", "attention", ops.matmul(heads, count, width, count)),
        ("attention.softmax", "attention", ops.elementwise("softmax", heads, count, count)),
        ("attention.aggregate", "attention", ops.matmul(heads, count, count, width)),
    ]


def _mix_tokens(tokens: Tokens[D]) -> Ops[D]:
    """Return the ops of Table 9's MLP: M → 4M → M over the tokens of each dimension, with GELU."""
    count, dim = tokens.count, tokens.dim
    return [
        ("attention.expand", "attention", ops.linear(dim, count, 4 * count)),
        ("attention.gelu", "attention", ops.elementwise("gelu", dim, 4 * count)),
        ("attention.project", "attention", ops.linear(dim, 4 * count, count)),
    ]


def _add_norm(name: str, tokens: Tokens[D]) -> Ops[D]:
    return [
        (f"{name}.add", "token", ops.elementwise("add", tokens.count, tokens.dim)),
        (f"{name}.norm", "token", ops.layer_norm(tokens.count, tokens.dim)),
    ]
