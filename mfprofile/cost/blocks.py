"""The paper as code: each part of a `Network` to its ops, in the order in which they run.

Equations are those of "Mobile-Former: Bridging MobileNet and Transformer" (Chen et al., CVPR 2022). What its text
leaves open (the gate, the unprojected keys and values of Former, θ's two layers) is as in the released network.
No convolution has a bias, each Linear has. Channel shuffles, concatenations, dropout and the constant factors of
h-sigmoids and scores cost nothing here.
"""

from __future__ import annotations

from mfprofile.cost import ops
from mfprofile.cost.bridge import former_to_mobile, mobile_to_former
from mfprofile.cost.former import former, token_table
from mfprofile.cost.mobile import lite, mobile, mobile_down, stem
from mfprofile.cost.rows import Place, Row
from mfprofile.spec.network import Block, Network


def network_rows(network: Network) -> list[Row]:
    """Return every op of a network."""
    rows = token_table(network.tokens) + stem(network.stem)
    for block in network.blocks:
        rows += block_rows(network, block)
    return rows + _final_bridge(network) + _head(network)


def block_rows(network: Network, block: Block) -> list[Row]:
    """Return the ops of one block: Mobile→Former, Former, Mobile, Mobile←Former (Section 3.3, Figure 3)."""
    path, number, stage = f"blocks.{block.number}", str(block.number), block.stage
    at = Place(number, stage, "mobile")
    if block.kind == "lite":
        return lite(at, f"{path}.mobile", block)
    local = mobile_down if block.kind == "mf-down" else mobile
    if network.tokens is None:
        return local(at, f"{path}.mobile", network, block)
    bridge, tokenwise = Place(number, stage, "bridge"), Place(number, stage, "former")
    return [
        *mobile_to_former(bridge, f"{path}.mobile_to_former", network, network.tokens, block.inputs),
        *former(tokenwise, f"{path}.former", network, network.tokens),
        *local(at, f"{path}.mobile", network, block),
        *former_to_mobile(bridge, f"{path}.former_to_mobile", network, network.tokens, block.outputs),
    ]


def _final_bridge(network: Network) -> list[Row]:
    """Return one more Mobile→Former, by which the class token sees the last feature map."""
    if network.tokens is None or not network.final:
        return []
    at = Place("final", network.last_stage, "bridge")
    return mobile_to_former(at, "final", network, network.tokens, network.last, role="final")


def _head(network: Network) -> list[Row]:
    """Return 1×1 to 6C, pooling, concatenation with token 0, two Linear with h-swish (Section 3.4)."""
    head, image = network.head, network.last
    if head is None:
        return []
    at, shape = Place("head", network.last_stage, "head"), (head.expanded, image.height, image.width)
    return [
        Row(at, "head.conv", "head", ops.pointwise(head.inputs_per_group, *shape)),
        Row(at, "head.norm", "head", ops.batch_norm(*shape)),
        Row(at, "head.activation", "head", ops.elementwise("relu6", *shape)),
        Row(at, "head.pool", "head", ops.global_pool(*shape)),
        Row(at, "head.pool_activation", "head", ops.elementwise("h-swish", head.expanded)),
        Row(at, "head.fc1", "head", ops.linear(1, head.features, head.fc)),
        Row(at, "head.fc1_norm", "head", ops.batch_norm(head.fc)),
        Row(at, "head.fc1_activation", "head", ops.elementwise("h-swish", head.fc)),
        Row(at, "head.fc2", "head", ops.linear(1, head.fc, head.classes)),
    ]
