"""Mobile-Former itself: tokens, stem, blocks, final bridge and head, as a `Network` lays them out.

Module paths are the names by which the rest of the project calls its rows, as in `blocks.3.former.attention.query`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mfprofile.nn.block import block_module
from mfprofile.nn.bridge import MobileToFormer
from mfprofile.nn.detector import RetinaNet
from mfprofile.nn.head import Head
from mfprofile.nn.mobile import stem
from mfprofile.spec import InputError, Network, Spec, load, resolve

BACKBONE_STRIDE = 4
"""The least stride whose feature map `features` hands out."""


class Features(NamedTuple):
    """What a backbone hands on.

    `maps` are the last block's outputs of each stage by stride, (batch, channels, height / stride, width / stride),
    sides rounded up; `tokens` (batch, count, dim) are the last ones, or None without Former; `attention` are the
    bridges' maps by module path (`blocks.3.mobile_to_former`, `blocks.3.former_to_mobile`, `final`), each (batch,
    heads, count, height, width), empty unless asked for. Those of Mobile→Former sum to 1 over the positions, those of
    Mobile←Former over the tokens.
    """

    maps: dict[int, Tensor]
    tokens: Tensor | None
    attention: dict[str, Tensor]


class MobileFormer(nn.Module):
    """A Mobile-Former variant; images are (batch, 3, height, width) of any size, with `attention: mlp` of the spec's.

    `dropout` is the share of the head's hidden values that training drops before the last Linear.
    """

    def __init__(self, network: Network, dropout: float = 0.0) -> None:
        super().__init__()
        self.network, tokens = network, network.tokens
        self.tokens = None if tokens is None else nn.Embedding(tokens.count, tokens.dim)
        self.stem = stem(network.stem)
        self.blocks = nn.ModuleDict({str(block.number): block_module(network, block) for block in network.blocks})
        self.final = MobileToFormer(network, tokens, network.last) if tokens is not None and network.final else None
        self.head = None if network.head is None else Head(network, network.head, dropout)
        self.detector = None if network.detector is None else RetinaNet(network.detector)
        self.apply(initialise)

    def forward(self, image: Tensor, attention: bool = False) -> Any:
        """Return the logits (batch, classes); without a head the last feature map and the tokens, as a pair.

        With a detector, return its predictions of each level (see `RetinaNet`).

        With `attention`, return a pair of that and the bridges' attention maps as in `Features`. Raises `InputError`
        as `features` does.
        """
        found = self._walk(image, attention)
        last = found.maps[2**self.network.last_stage]
        answer = (last, found.tokens) if self.head is None else self.head(last, found.tokens)
        if self.detector is not None:
            answer = self.detector(found.maps)
        return (answer, found.attention) if attention else answer

    def features(self, image: Tensor, attention: bool = False) -> Features:
        """Return the feature maps of strides 4, 8, 16 and 32 (those there are), the tokens, and attention if asked.

        The tokens have been through the final bridge where there is one. Raises `InputError` when attention is asked
        of a network without any, when images have another shape than (batch, 3, height, width), or when an MLP over
        positions meets another size than its spec's.
        """
        found = self._walk(image, attention)
        return found._replace(maps={stride: out for stride, out in found.maps.items() if stride >= BACKBONE_STRIDE})

    def _walk(self, image: Tensor, attention: bool) -> Features:
        """Run all but the head; the maps are those of every stride."""
        self._check(image, attention)
        # A copy for each image: as a view of the parameter it would trip torch's FlopCounterMode under no_grad.
        tokens = None if self.tokens is None else self.tokens.weight.repeat(image.shape[0], 1, 1)
        found = Features({}, None, {})
        image = self.stem(image)
        for block in self.network.blocks:
            image, tokens, seen = self.blocks[str(block.number)](image, tokens)
            found.maps[2**block.stage] = image
            if attention:
                found.attention.update({f"blocks.{block.number}.{name}": seen[name] for name in seen})
        if self.final is not None:
            tokens, seen = self.final(tokens, image)
            found.attention.update({"final": seen} if attention else {})
        return found._replace(tokens=tokens)

    def _check(self, image: Tensor, attention: bool) -> None:
        network = self.network
        if attention and (network.tokens is None or network.attention == "mlp"):
            raise InputError(f"{network.name or 'the network'} has no attention whose maps could be shown")
        if image.dim() != 4 or image.shape[1] != 3:
            raise InputError(f"images must be (batch, 3, height, width), not {tuple(image.shape)}")
        height, width = image.shape[2:]
        is_mlp = network.tokens is not None and network.attention == "mlp"
        if is_mlp and (height, width) != (network.height, network.width):
            raise InputError(
                f"the image is {height}x{width}, but with 'attention: mlp' the layers are made for "
                f"{network.height}x{network.width}; build the model with the image's size as its 'input'"
            )


def initialise(module: nn.Module) -> None:
    """Give one layer its initial weights, by the rule of MobileNetV2 as torchvision has it.

    Convolutions are normal with variance 2 / fan-out, Linear normal with deviation 0.01 and biases 0; norms are 1 and 0
    and tokens standard normal, torch's own. θ so begins near s = ½, where DY-ReLU is ReLU. The paper gives no rule.
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
    """Return the model of a spec (a shipped name, a path, a mapping), or of a network of whole numbers, in train mode.

    With `seed` the initial weights are the same each time, and torch's own random state stays as it was. `dropout` is
    the head's; the paper trains with 0.1 to 0.3 by size (Table 11). Raises `SpecError` as `load` does.

    >>> sum(parameter.numel() for parameter in build("mf294m").parameters())
    11422648
    """
    network = source if isinstance(source, Network) else resolve(load(source))
    if seed is None:
        return MobileFormer(network, dropout)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MobileFormer(network, dropout)
