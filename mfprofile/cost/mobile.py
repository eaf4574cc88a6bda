"""Mobile: stem, lite block, the two Mobile sub-blocks and DY-ReLU's θ, as ops (Sections 3.3 and 3.4)."""

from __future__ import annotations

from math import prod

from mfprofile.cost import ops
from mfprofile.cost.rows import Place, Row
from mfprofile.spec.network import Block, Dimension, FeatureMap, Network


def stem(out: FeatureMap) -> list[Row]:
    """Return the 3×3 convolution of stride 2 from 3 channels."""
    at, shape = Place("stem", 1, "mobile"), (out.channels, out.height, out.width)
    return [
        Row(at, "stem.conv", "stem", ops.conv(3, out.channels, 3, out.height, out.width)),
        Row(at, "stem.norm", "stem", ops.batch_norm(*shape)),
        Row(at, "stem.activation", "stem", ops.elementwise("relu6", *shape)),
    ]


def lite(at: Place, path: str, block: Block) -> list[Row]:
    """Return the lite block: depthwise that expands, 1×1 that squeezes; it touches no token (Section 3.4)."""
    out, hidden = block.outputs, block.expanded
    return [
        *_depthwise(at, f"{path}.depthwise", "lite", block, hidden),
        Row(at, f"{path}.activation", "lite", ops.elementwise("relu6", hidden, out.height, out.width)),
        *_pointwise(at, f"{path}.pointwise", "lite", block.expanded_per_group, out),
        *_residual(at, path, "lite", block.residual, out),
    ]


def mobile(at: Place, path: str, network: Network, block: Block) -> list[Row]:
    """Return Mobile of stride 1: 1×1, depthwise, 1×1 (Section 3.3; 2LEC² + 9LEC where C = out)."""
    out, hidden = block.outputs, FeatureMap(block.expanded, block.inputs.height, block.inputs.width, 0)
    return [
        *_pointwise(at, f"{path}.pointwise1", "hidden", block.inputs_per_group, hidden),
        *_activation(at, f"{path}.activation1", network, hidden),
        *_depthwise(at, f"{path}.depthwise", "hidden", block, block.expanded),
        *_activation(at, f"{path}.activation2", network, hidden),
        *_pointwise(at, f"{path}.pointwise2", "output", block.expanded_per_group, out),
        *_residual(at, path, "output", block.residual, out),
    ]


def mobile_down(at: Place, path: str, network: Network, block: Block) -> list[Row]:
    """Return Mobile that downsamples: depthwise of stride 2, 1×1, depthwise, 1×1 (Section 3.4)."""
    out = block.outputs
    hidden = FeatureMap(block.expanded, out.height, out.width, 0)
    hidden2 = FeatureMap(block.expanded2, out.height, out.width, 0)
    return [
        *_depthwise(at, f"{path}.depthwise1", "hidden", block, block.expanded),
        *_activation(at, f"{path}.activation1", network, hidden),
        *_pointwise(at, f"{path}.pointwise1", "output", block.expanded_per_group, out),
        *_depthwise(at, f"{path}.depthwise2", "hidden", block, block.expanded2),
        *_activation(at, f"{path}.activation2", network, hidden2),
        *_pointwise(at, f"{path}.pointwise2", "output", block.expanded2_per_group, out),
        *_residual(at, path, "output", True, out),
    ]


def _depthwise(at: Place, path: str, role: str, block: Block, channels: Dimension) -> list[Row]:
    height, width = block.outputs.height, block.outputs.width
    return [
        Row(at, f"{path}.conv", role, ops.depthwise(channels, block.kernel, height, width)),
        Row(at, f"{path}.norm", role, ops.batch_norm(channels, height, width)),
    ]


def _pointwise(at: Place, path: str, role: str, inputs_per_group: Dimension, out: FeatureMap) -> list[Row]:
    return [
        Row(at, f"{path}.conv", role, ops.pointwise(inputs_per_group, out.channels, out.height, out.width)),
        Row(at, f"{path}.norm", role, ops.batch_norm(out.channels, out.height, out.width)),
    ]


def _residual(at: Place, path: str, role: str, joined: Dimension, out: FeatureMap) -> list[Row]:
    """Return the addition of a residual, or nothing where the structure has none (`joined` is False)."""
    if joined is False:
        return []
    shape = (out.channels, out.height, out.width)
    elements = prod(shape) if joined is True else joined * prod(shape)  # a symbol cannot be multiplied by True
    return [Row(at, f"{path}.add", role, ops.Cost("add", shape, 0, elements))]


def _activation(at: Place, path: str, network: Network, hidden: FeatureMap) -> list[Row]:
    """Return ReLU6, or DY-ReLU with θ: d → d/4 → 2h on token 0 (Section 3.3)."""
    shape = (hidden.channels, hidden.height, hidden.width)
    if network.activation == "relu" or network.tokens is None:
        return [Row(at, path, "hidden", ops.elementwise("relu6", *shape))]
    dim, quarter, pairs = network.tokens.dim, network.tokens.quarter, 2 * hidden.channels
    return [
        Row(at, f"{path}.theta.squeeze", "theta", ops.linear(1, dim, quarter)),
        Row(at, f"{path}.theta.relu", "theta", ops.elementwise("relu", 1, quarter)),
        Row(at, f"{path}.theta.expand", "theta", ops.linear(1, quarter, pairs)),
        Row(at, f"{path}.theta.h_sigmoid", "theta", ops.elementwise("h-sigmoid", 1, pairs)),
        Row(at, path, "hidden", ops.elementwise("dy-relu", *shape)),
    ]
