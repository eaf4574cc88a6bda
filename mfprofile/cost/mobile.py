"""Mobile as ops: stem, lite block, the two Mobile sub-blocks and DY-ReLU's θ (Sections 3.3 and 3.4)."""

from __future__ import annotations

from math import prod

from mfprofile.cost import ops
from mfprofile.cost.rows import Ops
from mfprofile.spec.dimension import D, Size
from mfprofile.spec.network import Block, FeatureMap, Network


def stem(out: FeatureMap[D]) -> Ops[D]:
    """Return the ops of the stem: a 3×3 convolution of stride 2 from 3 channels, with norm and activation."""
    shape = (out.channels, out.height, out.width)
    return [
        ("conv", "stem", ops.conv(3, out.channels, 3, out.height, out.width)),
        ("norm", "stem", ops.batch_norm(*shape)),
        ("activation", "stem", ops.elementwise("relu6", *shape)),
    ]


def lite(network: Network[D], block: Block[D]) -> Ops[D]:
    """Return the ops of a lite block (Section 3.4): a depthwise convolution that expands, and a 1×1 that squeezes.

    It uses no tokens.
    """
    out, hidden = block.outputs, block.expanded
    return [
        *_depthwise("depthwise", "lite", block, block.inputs.channels, hidden),
        ("activation", "lite", ops.elementwise("relu6", hidden, out.height, out.width)),
        *_pointwise("pointwise", "lite", network, block.expanded_per_group, out),
        *_residual("lite", block.residual, out),
    ]


def mobile(network: Network[D], block: Block[D]) -> Ops[D]:
    """Return the ops of Mobile with stride 1: 1×1, depthwise, 1×1 (Section 3.3; 2LEC² + 9LEC if C = out)."""
    out, hidden = block.outputs, FeatureMap(block.expanded, block.inputs.height, block.inputs.width, 0)
    return [
        *_pointwise("pointwise1", "hidden", network, block.inputs_per_group, hidden),
        *_activation("activation1", network, hidden),
        *_depthwise("depthwise", "hidden", block, block.expanded, block.expanded),
        *_activation("activation2", network, hidden),
        *_pointwise("pointwise2", "output", network, block.expanded_per_group, out),
        *_residual("output", block.residual, out),
    ]


def mobile_down(network: Network[D], block: Block[D]) -> Ops[D]:
    """Return the ops of Mobile that downsamples: depthwise with stride 2, 1×1, depthwise, 1×1 (Section 3.4)."""
    out = block.outputs
    hidden = FeatureMap(block.expanded, out.height, out.width, 0)
    hidden2 = FeatureMap(block.expanded2, out.height, out.width, 0)
    return [
        *_depthwise("depthwise1", "hidden", block, block.inputs.channels, block.expanded),
        *_activation("activation1", network, hidden),
        *_pointwise("pointwise1", "output", network, block.expanded_per_group, out),
        *_depthwise("depthwise2", "hidden", block, out.channels, block.expanded2),
        *_activation("activation2", network, hidden2),
        *_pointwise("pointwise2", "output", network, block.expanded2_per_group, out),
        *_residual("output", True, out),
    ]


def _depthwise(name: str, role: str, block: Block[D], inputs: Size[D], channels: Size[D]) -> Ops[D]:
    height, width = block.outputs.height, block.outputs.width
    return [
        (f"{name}.conv", role, ops.depthwise(channels, block.kernel, height, width, inputs)),
        (f"{name}.norm", role, ops.batch_norm(channels, height, width)),
    ]


def _pointwise(name: str, role: str, network: Network[D], inputs_per_group: Size[D], out: FeatureMap[D]) -> Ops[D]:
    cost = ops.pointwise(inputs_per_group, out.channels, out.height, out.width, groups=network.groups)
    return [
        (f"{name}.conv", role, cost),
        (f"{name}.norm", role, ops.batch_norm(out.channels, out.height, out.width)),
    ]


def _residual(role: str, joined: Size[D], out: FeatureMap[D]) -> Ops[D]:
    """Return the addition of a residual connection, or no op if there is none (`joined` is False)."""
    if joined is False:
        return []
    shape = (out.channels, out.height, out.width)
    if joined is True:  # a symbol cannot be multiplied by True
        return [("add", role, ops.Cost("add", shape, 0, prod(shape)))]
    return [("add", role, ops.Cost("add", shape, 0, joined * prod(shape), calls=joined))]


def _activation(name: str, network: Network[D], hidden: FeatureMap[D]) -> Ops[D]:
    """Return the ops of ReLU6, or of DY-ReLU with θ: d → d/4 → 2h on token 0 (Section 3.3)."""
    shape = (hidden.channels, hidden.height, hidden.width)
    if network.activation == "relu" or network.tokens is None:
        return [(name, "hidden", ops.elementwise("relu6", *shape))]
    dim, quarter, pairs = network.tokens.dim, network.tokens.quarter, 2 * hidden.channels
    return [
        (f"{name}.theta.squeeze", "theta", ops.linear(1, dim, quarter)),
        (f"{name}.theta.relu", "theta", ops.elementwise("relu", 1, quarter)),
        (f"{name}.theta.expand", "theta", ops.linear(1, quarter, pairs)),
        (f"{name}.theta.h_sigmoid", "theta", ops.elementwise("h-sigmoid", 1, pairs)),
        (name, "hidden", ops.elementwise("dy-relu", *shape)),
    ]
