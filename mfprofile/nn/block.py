"""The blocks: a lite block or Mobile alone, and the Mobile-Former block with its four sub-blocks (Figure 3).

Each takes an image (batch, channels, height, width) and the tokens (batch, count, dim). It returns both, and the
attention maps of its bridges by sub-block.
"""

from __future__ import annotations

from torch import Tensor, nn

from mfprofile.nn.bridge import FormerToMobile, MobileToFormer
from mfprofile.nn.former import Former
from mfprofile.nn.mobile import Lite, Mobile, MobileDown
from mfprofile.spec.network import Block, Network, Tokens

BlockOutput = tuple[Tensor, Tensor | None, dict[str, Tensor | None]]

_MOBILE = {"lite": Lite, "mf": Mobile, "mf-down": MobileDown}


class MobileBlock(nn.Module):
    """A block that does not use the tokens: the lite block, or Mobile if there is no Former."""

    def __init__(self, network: Network, block: Block) -> None:
        super().__init__()
        self.mobile = _MOBILE[block.kind](network, block)

    def forward(self, image: Tensor, tokens: Tensor | None) -> BlockOutput:
        """Return Mobile's output, and the unchanged tokens."""
        return self.mobile(image, None), tokens, {}


class MobileFormerBlock(nn.Module):
    """Mobile→Former on the input, Former, Mobile with θ from Former's token 0, Mobile←Former on Mobile's output."""

    def __init__(self, network: Network, block: Block, tokens: Tokens) -> None:
        super().__init__()
        self.mobile_to_former = MobileToFormer(network, tokens, block.inputs)
        self.former = Former(network, tokens)
        self.mobile = _MOBILE[block.kind](network, block)
        self.former_to_mobile = FormerToMobile(network, tokens, block.outputs)

    def forward(self, image: Tensor, tokens: Tensor) -> BlockOutput:
        """Return the image and the tokens, each updated from the other, and the attention maps."""
        tokens, gathered = self.mobile_to_former(tokens, image)
        tokens = self.former(tokens)
        image = self.mobile(image, tokens[:, 0])
        image, spread = self.former_to_mobile(image, tokens)
        return image, tokens, {"mobile_to_former": gathered, "former_to_mobile": spread}


def block_module(network: Network, block: Block) -> nn.Module:
    """Return the module of one block."""
    if block.kind == "lite" or network.tokens is None:
        return MobileBlock(network, block)
    return MobileFormerBlock(network, block, network.tokens)
