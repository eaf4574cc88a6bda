"""The bridge: Mobile→Former and Mobile←Former, as ops (Section 3.2, Equations 1 to 3)."""

from __future__ import annotations

from mfprofile.cost import ops
from mfprofile.cost.rows import Ops
from mfprofile.spec.dimension import D, Size
from mfprofile.spec.network import FeatureMap, Network, Tokens


def mobile_to_former(network: Network[D], tokens: Tokens[D], image: FeatureMap[D], role: str = "bridge") -> Ops[D]:
    """Return the ops of Equation 1: the tokens attend to the feature map, with a gate before W^O.

    `image` is the block's input. The paper's complexity is O(LMC + MdC). In the final Mobile→Former, all ops have the
    role `final`.
    """
    rows, dim, channels = tokens.count, tokens.dim, image.channels
    gate = role if role == "final" else "gate"
    return [
        *_attend_image(role, network, tokens, image),
        *(_gate(gate, tokens, channels) if network.gate else []),
        ("output", role, ops.linear(rows, channels, dim)),
        ("add", role, ops.elementwise("add", rows, dim)),
        ("norm", role, ops.layer_norm(rows, dim)),
    ]


def former_to_mobile(network: Network[D], tokens: Tokens[D], image: FeatureMap[D]) -> Ops[D]:
    """Return the ops of Equation 3: the feature map attends to the tokens. `image` is Mobile's output.

    The paper's complexity is O(LMC + MdC).
    """
    count, dim, channels, heads = tokens.count, tokens.dim, image.channels, network.bridge_heads
    value = ("value", "bridge", ops.linear(count, dim, channels))
    output = _projections("bridge", network, image, ("output",))
    add = ("add", "bridge", ops.elementwise("add", channels, image.height, image.width))
    if network.attention == "mlp":
        return [value, ("mix", "bridge", ops.linear(channels, count, image.positions)), *output, add]
    return [
        *_projections("bridge", network, image, ("query",)),
        ("key", "bridge", ops.linear(count, dim, channels)),
        value,
        ("scores", "bridge", ops.matmul(heads, image.positions, image.head_channels, count)),
        ("softmax", "bridge", ops.elementwise("softmax", heads, image.positions, count)),
        ("aggregate", "bridge", ops.matmul(heads, image.positions, count, image.head_channels)),
        *output,
        add,
    ]


def _attend_image(role: str, network: Network[D], tokens: Tokens[D], image: FeatureMap[D]) -> Ops[D]:
    """Return softmax(zW^Q · xᵀ)x of Equation 2, or, as an MLP, a Linear L → M over the positions of each channel."""
    count, channels, positions, heads = tokens.count, image.channels, image.positions, network.bridge_heads
    projected = _projections(role, network, image, ("key", "value"))
    if network.attention == "mlp":
        return [*projected[1:], ("mix", role, ops.linear(channels, positions, count))]
    return [
        ("query", role, ops.linear(count, tokens.dim, channels)),
        *projected,
        ("scores", role, ops.matmul(heads, count, image.head_channels, positions)),
        ("softmax", role, ops.elementwise("softmax", heads, count, positions)),
        ("aggregate", role, ops.matmul(heads, count, positions, image.head_channels)),
    ]


def _projections(role: str, network: Network[D], image: FeatureMap[D], names: tuple[str, ...]) -> Ops[D]:
    """Return the 1×1 projections C → C of the feature map, as in standard cross attention, without bias or groups."""
    if not network.projections:
        return []
    role = role if role == "final" else "projection"
    cost = ops.pointwise(image.channels, image.channels, image.height, image.width)
    return [(name, role, cost) for name in names]


def _gate(role: str, tokens: Tokens[D], channels: Size[D]) -> Ops[D]:
    """Return the ops of the gate, as released: multiply the attention's output by 2 · h-sigmoid(Linear(d → C)(z))."""
    return [
        ("gate.linear", role, ops.linear(tokens.count, tokens.dim, channels)),
        ("gate.h_sigmoid", role, ops.elementwise("h-sigmoid", tokens.count, channels)),
        ("gate.multiply", role, ops.elementwise("multiply", tokens.count, channels)),
    ]
