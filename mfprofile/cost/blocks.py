"""The paper as code: the ops of each part of a `Network`, in running order.

The equations are from "Mobile-Former: Bridging MobileNet and Transformer" (Chen et al., CVPR 2022). Details that the
text does not specify are as in the released network: the gate, Former's keys and values without projections, θ's two
layers. No convolution has a bias, and every Linear has one. Channel shuffles, concatenations, dropout and the constant
factors of h-sigmoids and scores have no cost here.
"""

from __future__ import annotations

from mfprofile.cost import ops
from mfprofile.cost.bridge import former_to_mobile, mobile_to_former
from mfprofile.cost.detector import detector_parts
from mfprofile.cost.former import former
from mfprofile.cost.mobile import lite, mobile, mobile_down, stem
from mfprofile.cost.rows import Ops, Part
from mfprofile.spec.dimension import D
from mfprofile.spec.network import Block, Head, Network


def network_parts(network: Network[D]) -> list[Part[D]]:
    """Return all ops of a network, one part per sub-block, in running order."""
    stage, tokens = network.last_stage, network.tokens
    parts = [Part("stem", 1, "mobile", "stem", stem(network.stem), "stem")]
    tokenwise = [] if tokens is None else former(network, tokens)  # the same in every block
    for block in network.blocks:
        parts += block_parts(network, block, tokenwise)
    if tokens is not None:
        # The table belongs to the network itself, not to a submodule. Its path is `tokens`.
        table = [("tokens", "table", ops.table(tokens.count, tokens.dim))]
        parts.insert(0, Part("tokens", None, "former", "", table, "tokens"))
    if tokens is not None and network.final:
        gathered = mobile_to_former(network, tokens, network.last, "final")
        parts.append(Part("final", stage, "bridge", "final", gathered, "mobile_to_former"))
    if network.head is not None:
        parts.append(Part("head", stage, "head", "head", _head(network, network.head), "head"))
    if network.detector is not None:
        parts += detector_parts(network.detector)
    return parts


def block_parts(network: Network[D], block: Block[D], tokenwise: Ops[D]) -> list[Part[D]]:
    """Return the ops of one block (Section 3.3, Figure 3): Mobile→Former, Former, Mobile, Mobile←Former.

    `tokenwise` are the ops of Former, which are the same in every block.
    """
    path, number, stage, tokens = f"blocks.{block.number}", str(block.number), block.stage, network.tokens
    local = Part(number, stage, "mobile", f"{path}.mobile", _local(network, block), block.kind)
    if block.kind == "lite" or tokens is None:
        return [local]
    gathered = mobile_to_former(network, tokens, block.inputs)
    spread = former_to_mobile(network, tokens, block.outputs)
    return [
        Part(number, stage, "bridge", f"{path}.mobile_to_former", gathered, "mobile_to_former"),
        Part(number, stage, "former", f"{path}.former", tokenwise, "former"),
        local,
        Part(number, stage, "bridge", f"{path}.former_to_mobile", spread, "former_to_mobile"),
    ]


def _local(network: Network[D], block: Block[D]) -> Ops[D]:
    if block.kind == "lite":
        return lite(network, block)
    return mobile_down(network, block) if block.kind == "mf-down" else mobile(network, block)


def _head(network: Network[D], head: Head[D]) -> Ops[D]:
    """Return the head's ops (Section 3.4): 1×1 to 6C, pooling, concatenation with token 0, two Linear with h-swish."""
    shape = (head.expanded, network.last.height, network.last.width)
    return [
        ("conv", "head", ops.pointwise(head.inputs_per_group, *shape, groups=network.groups)),
        ("norm", "head", ops.batch_norm(*shape)),
        ("activation", "head", ops.elementwise("relu6", *shape)),
        ("pool", "head", ops.global_pool(*shape)),
        ("pool_activation", "head", ops.elementwise("h-swish", head.expanded)),
        ("fc1", "head", ops.linear(1, head.features, head.fc)),
        ("fc1_norm", "head", ops.batch_norm(head.fc)),
        ("fc1_activation", "head", ops.elementwise("h-swish", head.fc)),
        ("fc2", "head", ops.linear(1, head.fc, head.classes)),
    ]
