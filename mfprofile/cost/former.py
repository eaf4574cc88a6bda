"""Former: the token table and the Former sub-block, as ops (Section 3.3)."""

from __future__ import annotations

from mfprofile.cost import ops
from mfprofile.cost.rows import Place, Row
from mfprofile.spec.network import Network, Tokens


def token_table(tokens: Tokens | None) -> list[Row]:
    """Return the learned tokens, or nothing without Former."""
    if tokens is None:
        return []
    return [Row(Place("tokens", None, "former"), "tokens", "table", ops.table(tokens.count, tokens.dim))]


def former(at: Place, path: str, network: Network, tokens: Tokens) -> list[Row]:
    """Return attention and FFN on the tokens, each with addition and LayerNorm after it (O(M²d + Md²))."""
    count, dim = tokens.count, tokens.dim
    attend = _mix_tokens if network.attention == "mlp" else _attend_tokens
    rows = [
        *attend(at, f"{path}.attention", tokens),
        Row(at, f"{path}.attention.output", "attention", ops.linear(count, dim, dim)),
        *_add_norm(at, f"{path}.attention", tokens),
    ]
    if network.ffn:
        rows += [
            Row(at, f"{path}.ffn.expand", "ffn", ops.linear(count, dim, 2 * dim)),
            Row(at, f"{path}.ffn.gelu", "ffn", ops.elementwise("gelu", count, 2 * dim)),
            Row(at, f"{path}.ffn.project", "ffn", ops.linear(count, 2 * dim, dim)),
            *_add_norm(at, f"{path}.ffn", tokens),
        ]
    return rows


def _attend_tokens(at: Place, path: str, tokens: Tokens) -> list[Row]:
    """Return multi-head attention whose keys and values are the tokens themselves."""
    count, heads, width = tokens.count, tokens.heads, tokens.head_dim
    return [
        Row(at, f"{path}.query", "attention", ops.linear(count, tokens.dim, tokens.dim)),
        Row(at, f"{path}.scores", "attention", ops.matmul(heads, count, width, count)),
        Row(at, f"{path}.softmax", "attention", ops.elementwise("softmax", heads, count, count)),
        Row(at, f"{path}.aggregate", "attention", ops.matmul(heads, count, count, width)),
    ]


def _mix_tokens(at: Place, path: str, tokens: Tokens) -> list[Row]:
    """Return Table 9's MLP: M → 4M → M over the tokens of each dimension, with GELU."""
    count, dim = tokens.count, tokens.dim
    return [
        Row(at, f"{path}.expand", "attention", ops.linear(dim, count, 4 * count)),
        Row(at, f"{path}.gelu", "attention", ops.elementwise("gelu", dim, 4 * count)),
        Row(at, f"{path}.project", "attention", ops.linear(dim, 4 * count, count)),
    ]


def _add_norm(at: Place, path: str, tokens: Tokens) -> list[Row]:
    return [
        Row(at, f"{path}.add", "token", ops.elementwise("add", tokens.count, tokens.dim)),
        Row(at, f"{path}.norm", "token", ops.layer_norm(tokens.count, tokens.dim)),
    ]
