"""The bridge: Mobile→Former and Mobile←Former, as ops (Section 3.2, Equations 1 to 3)."""

from __future__ import annotations

from mfprofile.cost import ops
from mfprofile.cost.rows import Place, Row
from mfprofile.spec.network import Dimension, FeatureMap, Network, Tokens


def mobile_to_former(
    at: Place, path: str, network: Network, tokens: Tokens, image: FeatureMap, role: str = "bridge"
) -> list[Row]:
    """Return Equation 1, the tokens' query over the feature map, with a gate before W^O; `image` is the block's input.

    In the paper's terms O(LMC + MdC). All rows of the final one have the role `final`.
    """
    rows, dim, channels = tokens.count, tokens.dim, image.channels
    gate = role if role == "final" else "gate"
    return [
        *_attend_image(at, path, role, network, tokens, image),
        *(_gate(at, f"{path}.gate", gate, tokens, channels) if network.gate else []),
        Row(at, f"{path}.output", role, ops.linear(rows, channels, dim)),
        Row(at, f"{path}.add", role, ops.elementwise("add", rows, dim)),
        Row(at, f"{path}.norm", role, ops.layer_norm(rows, dim)),
    ]


def former_to_mobile(at: Place, path: str, network: Network, tokens: Tokens, image: FeatureMap) -> list[Row]:
    """Return Equation 3, the feature map's query over the tokens; `image` is Mobile's output. O(LMC + MdC)."""
    count, dim, channels, heads = tokens.count, tokens.dim, image.channels, network.bridge_heads
    add = Row(at, f"{path}.add", "bridge", ops.elementwise("add", channels, image.height, image.width))
    value = Row(at, f"{path}.value", "bridge", ops.linear(count, dim, channels))
    query = _projections(at, path, "bridge", network, image, ("query",))
    output = _projections(at, path, "bridge", network, image, ("output",))
    if network.attention == "mlp":
        mix = Row(at, f"{path}.mix", "bridge", ops.linear(channels, count, image.positions))
        return [value, mix, *output, add]
    return [
        *query,
        Row(at, f"{path}.key", "bridge", ops.linear(count, dim, channels)),
        value,
        Row(at, f"{path}.scores", "bridge", ops.matmul(heads, image.positions, image.head_channels, count)),
        Row(at, f"{path}.softmax", "bridge", ops.elementwise("softmax", heads, image.positions, count)),
        Row(at, f"{path}.aggregate", "bridge", ops.matmul(heads, image.positions, count, image.head_channels)),
        *output,
        add,
    ]


def _attend_image(at: Place, path: str, role: str, network: Network, tokens: Tokens, image: FeatureMap) -> list[Row]:
    """Return softmax(zW^Q · xᵀ)x of Equation 2; as an MLP, one Linear L → M over the positions of each channel."""
    count, channels, positions, heads = tokens.count, image.channels, image.positions, network.bridge_heads
    projected = _projections(at, path, role, network, image, ("key", "value"))
    if network.attention == "mlp":
        return [*projected[1:], Row(at, f"{path}.mix", role, ops.linear(channels, positions, count))]
    return [
        Row(at, f"{path}.query", role, ops.linear(count, tokens.dim, channels)),
        *projected,
        Row(at, f"{path}.scores", role, ops.matmul(heads, count, image.head_channels, positions)),
        Row(at, f"{path}.softmax", role, ops.elementwise("softmax", heads, count, positions)),
        Row(at, f"{path}.aggregate", role, ops.matmul(heads, count, positions, image.head_channels)),
    ]


def _projections(
    at: Place, path: str, role: str, network: Network, image: FeatureMap, names: tuple[str, ...]
) -> list[Row]:
    """Return the 1×1 projections C → C of the feature map in a standard cross attention: without bias or groups."""
    if not network.projections:
        return []
    role = role if role == "final" else "projection"
    cost = ops.pointwise(image.channels, image.channels, image.height, image.width)
    return [Row(at, f"{path}.{name}", role, cost) for name in names]


def _gate(at: Place, path: str, role: str, tokens: Tokens, channels: Dimension) -> list[Row]:
    """Return 2 · h-sigmoid(Linear(d → C)) of the tokens, multiplied to what attention found (as released)."""
    return [
        Row(at, f"{path}.linear", role, ops.linear(tokens.count, tokens.dim, channels)),
        Row(at, f"{path}.h_sigmoid", role, ops.elementwise("h-sigmoid", tokens.count, channels)),
        Row(at, f"{path}.multiply", role, ops.elementwise("multiply", tokens.count, channels)),
    ]
