"""Mobile-Former itself: tokens, stem, blocks, final bridge and head, as in its `Network`.

Module paths are the names of the rows in the rest of the project, such as `blocks.3.former.attention.query`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mfprofile.errors import InputError
from mfprofile.nn.block import block_module
from mfprofile.nn.bridge import MobileToFormer
from mfprofile.nn.detector import RetinaNet
from mfprofile.nn.head import Head
from mfprofile.nn.mobile import stem
from mfprofile.spec import Network, Spec, load, resolve

BACKBONE_STRIDE = 4
"""The smallest stride whose feature map `features` returns."""


class Features(NamedTuple):
    """The outputs of a backbone.

    `maps` are the outputs of the last block of each stage by stride, (batch, channels, height / stride, width /
    stride), with the sides rounded up. `tokens` (batch, count, dim) are the last ones, or None without Former.
    `attention` has the maps of the bridges by module path (`blocks.3.mobile_to_former`, `blocks.3.former_to_mobile`,
    `final`), each (batch, heads, count, height, width). It is empty unless requested. Maps of Mobile→Former sum to 1
    over the positions, maps of Mobile←Former over the tokens.
    """

    maps: dict[int, Tensor]
    tokens: Tensor | None
    attention: dict[str, Tensor]


class MobileFormer(nn.Module):
    """A Mobile-Former variant for images (batch, channels, height, width), with 3 channels as in every count.

    Images may have any size, but with `attention: mlp` they must have the size of the spec. `dropout` is the share of
    the head's hidden values that training drops before the last Linear.
    """

    def __init__(self, network: Network, dropout: float = 0.0, channels: int = 3) -> None:
        super().__init__()
        self.network, tokens = network, network.tokens
        self.channels = channels
        self.tokens = None if tokens is None else nn.Embedding(tokens.count, tokens.dim)
        self.stem = stem(network.stem, channels)
        self.blocks = nn.ModuleDict({str(block.number): block_module(network, block) for block in network.blocks})
        self._order = list(network.blocks)  # torch 2.4 compiles a loop over a list, but not over the network's tuple
        self.final = MobileToFormer(network, tokens, network.last) if tokens is not None and network.final else None
        self.head = None if network.head is None else Head(network, network.head, dropout)
        self.detector = None if network.detector is None else RetinaNet(network.detector)
        self.apply(initialise)

    def forward(self, image: Tensor, attention: bool = False) -> Any:
        """Return the logits (batch, classes), or without a head the last feature map and the tokens, as a pair.

        With a detector, return its predictions for each level (see `RetinaNet`).

        With `attention`, return a pair of that and the bridges' attention maps as in `Features`. Raises `InputError`
        as `features` does.
        """
        features = self._backbone(image, attention)
        last = features.maps[2**self.network.last_stage]
        output = (last, features.tokens) if self.head is None else self.head(last, features.tokens)
        if self.detector is not None:
            output = self.detector(features.maps)
        return (output, features.attention) if attention else output

    def features(self, image: Tensor, attention: bool = False) -> Features:
        """Return the existing feature maps of strides 4, 8, 16 and 32, the tokens, and attention if requested.

        The tokens are those after the final bridge, if there is one. Raises `InputError` if attention is requested from
        a network without any, if images have another shape than (batch, 3, height, width), or if an MLP over positions
        gets another size than that of its spec.
        """
        features = self._backbone(image, attention)
        maps = {stride: out for stride, out in features.maps.items() if stride >= BACKBONE_STRIDE}
        return features._replace(maps=maps)

    def _backbone(self, image: Tensor, attention: bool) -> Features:
        """Return the features after all modules before the head, with the maps of every stride."""
        self._check(image, attention)
        return self._after_stem(self.stem(image), attention)

    def _after_stem(self, image: Tensor, attention: bool = False, until: int | None = None) -> Features:
        """Return the features after all blocks and the final bridge, or after the first `until` blocks alone.

        The image is the output of the stem.
        """
        # A copy for each image: torch's FlopCounterMode fails under no_grad on a view of the parameter.
        tokens = None if self.tokens is None else self.tokens.weight.repeat(image.shape[0], 1, 1)
        features = Features({}, None, {})
        for block in self._order[:until]:
            image, tokens, maps = self._run(self.blocks[str(block.number)], image, tokens)
            features.maps[2**block.stage] = image
            if attention:
                features.attention.update({f"blocks.{block.number}.{name}": maps[name] for name in maps})
        if self.final is not None and until is None:
            tokens, final_map = self.final(tokens, image)
            features.attention.update({"final": final_map} if attention else {})
        return Features(features.maps, tokens, features.attention)

    def _run(self, block: nn.Module, image: Tensor, tokens: Tensor | None) -> Any:
        """Return the output of one block, as `BlockOutput`. A subclass can run it in another way."""
        return block(image, tokens)

    def _check(self, image: Tensor, attention: bool) -> None:
        network = self.network
        if attention and (network.tokens is None or network.attention == "mlp"):
            raise InputError(f"{network.name or 'the network'} has no attention maps")
        if image.dim() != 4 or image.shape[1] != self.channels:
            raise InputError(f"images must be (batch, {self.channels}, height, width), not {tuple(image.shape)}")
        height, width = image.shape[2:]
        is_mlp = network.tokens is not None and network.attention == "mlp"
        if is_mlp and (height, width) != (network.height, network.width):
            raise InputError(
                f"the image is {height}x{width}, but with 'attention: mlp' the layers are made for "
                f"{network.height}x{network.width}; build the model with the image's size as its 'input'"
            )


def initialise(module: nn.Module) -> None:
    """Set the initial weights of one layer, by MobileNetV2's rule in torchvision. The paper gives no rule.

    Convolutions are normal with variance 2 / fan-out. Linear are normal with deviation 0.01, and biases are 0. Norms
    are 1 and 0 and tokens standard normal, torch's defaults. So θ begins near s = ½, at which DY-ReLU is ReLU.
    """
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.01)
        nn.init.zeros_(module.bias)


def build(
    source: str | Path | Mapping[str, Any] | Spec | Network, seed: int | None = None, dropout: float = 0.0
) -> MobileFormer:
    """Return the model of a spec (a shipped name, a path, a mapping) or of a network of whole numbers, in train mode.

    With `seed`, the initial weights are the same each time, and torch's own random state does not change. `dropout` is
    that of the head. The paper trains with 0.1 to 0.3 by size (Table 11). Raises `SpecError` as `load` does.

    >>> sum(parameter.numel() for parameter in build("mf294m").parameters())
    11422648
    """
    network = source if isinstance(source, Network) else resolve(load(source))
    if seed is None:
        return MobileFormer(network, dropout)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MobileFormer(network, dropout)
