"""Baselines recounted: how a library builds each network of Tables 2 to 4, and what the tracer counts of it.

A network is made and run on meta tensors: no weights are loaded, nothing is computed. PVT-Tiny is transformers', as
neither timm nor torchvision has its first version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial, reduce
from math import isqrt
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from mfprofile.paper.baselines import CONVENTION, DETECTION_INPUT, Recount
from mfprofile.trace.libraries import library, quiet, version_of
from mfprofile.trace.trace import trace
from mfprofile.trace.traced import Trace

NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function by its full name; a value may be a call in turn.

    >>> print(Call("timm.create_model", ("convit_tiny",), {"embed_dim": 64}))
    timm.create_model('convit_tiny', embed_dim=64)
    """

    name: str
    values: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=lambda: NONE)

    @property
    def library(self) -> str:
        """Return the library that the function is of."""
        return self.name.partition(".")[0]

    def made(self) -> Any:
        """Return what the function returns; raises `InputError` where its library is not installed."""
        whole = library(self.library)
        module, _, function = self.name.rpartition(".")
        with quiet():
            inside = reduce(getattr, module.split(".")[1:], whole)
            values = [value.made() if isinstance(value, Call) else value for value in self.values]
            return getattr(inside, function)(*values, **self.options)

    def __str__(self) -> str:
        values = [str(value) if isinstance(value, Call) else repr(value) for value in self.values]
        return f"{self.name}({', '.join([*values, *(f'{key}={value!r}' for key, value in self.options.items())])})"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a baseline is made: the row that it stands in, its input, a call, and which of its modules are left out.

    `resized` lets PVT's position embeddings be drawn out to the image, as for a detector; transformers' own cannot.
    """

    table: str
    model: str
    call: Call
    input: str = "224"
    without: tuple[str, ...] = ()
    resized: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return the image's shape: channels, height, width."""
        height, _, width = self.input.partition("x")
        return 3, int(height), int(width or height)

    def build(self) -> nn.Module:
        """Return the network on meta tensors; raises `InputError` where its library is not installed."""
        library(self.call.library)  # what it makes for itself as it is imported is not for a meta device
        with torch.device("meta"):
            model: nn.Module = self.call.made()
        for path in self.without:
            model.set_submodule(path, nn.Identity())
        for module in model.modules() if self.resized else ():
            if hasattr(module, "interpolate_pos_encoding"):
                vars(module).update(interpolate_pos_encoding=_resized)
        return model

    def __str__(self) -> str:
        without = f", without {', '.join(self.without)}" if self.without else ""
        return f"{self.call}{without}{', position embeddings resized' if self.resized else ''}"


def _resized(embeddings: Tensor, height: int, width: int) -> Tensor:
    """Return position embeddings (1, side², channels) as (1, height · width, channels)."""
    side = isqrt(embeddings.shape[1])
    grid = embeddings.transpose(1, 2).reshape(1, -1, side, side)
    return nn.functional.interpolate(grid, size=(height, width), mode="bilinear").flatten(2).transpose(1, 2)


def _timm(name: str, **options: Any) -> Call:
    return Call("timm.create_model", (name,), options)


def _torchvision(name: str) -> Call:
    return Call(f"torchvision.models.{name}")


_two, _three = partial(Recipe, "2"), partial(Recipe, "3")
_four = partial(Recipe, "4", input=DETECTION_INPUT)

RECIPES: tuple[Recipe, ...] = (
    _two("MobileNetV3 Small 1.0×", _timm("mobilenetv3_small_100"), "160"),
    _two("MobileNetV3 Small 1.0×", _timm("mobilenetv3_small_100")),
    _two("MobileNetV3 1.0×", _timm("mobilenetv3_large_100"), "160"),
    _two("ShuffleNetV2 1.0×", _torchvision("shufflenet_v2_x1_0")),
    _two("MobileNetV3 0.75×", _timm("mobilenetv3_large_075")),
    _two("MobileNetV3 1.0×", _timm("mobilenetv3_large_100")),
    _two("ShuffleNetV2 1.5×", _torchvision("shufflenet_v2_x1_5")),
    # torchvision's width multiplier scales the last layer as well, and 1.25× is no name of timm's
    _two("MobileNetV3 1.25×", Call("timm.models.mobilenetv3._gen_mobilenet_v3", ("mobilenetv3_large_100", 1.25))),
    _two("EfficientNet-B0", _timm("efficientnet_b0")),
    _two("ShuffleNetV2 2×", _torchvision("shufflenet_v2_x2_0")),
    _three("DeiT-Tiny", _timm("deit_tiny_patch16_224")),
    _three("ConViT-Tiny", _timm("convit_tiny")),
    _three(
        "PVT-Tiny",
        Call("transformers.PvtForImageClassification", (Call("transformers.PvtConfig", (), {"num_labels": 1000}),)),
    ),
    _three("CoaT-Lite Tiny", _timm("coat_lite_tiny")),
    _three("ConViT-Tiny+", _timm("convit_tiny", embed_dim=64, num_heads=4)),
    _three("CoaT-Lite Mini", _timm("coat_lite_mini")),
    _four("ShuffleNetV2", _torchvision("shufflenet_v2_x1_0"), without=("conv5", "fc")),
    _four(
        "MobileNetV3",
        _timm("mobilenetv3_large_100"),
        without=("blocks.6", "conv_head", "norm_head", "act2", "classifier"),
    ),
    _four("ResNet18", _torchvision("resnet18"), without=("fc",)),
    _four("ResNet50", _torchvision("resnet50"), without=("fc",)),
    _four("PVT-Tiny", Call("transformers.PvtModel", (Call("transformers.PvtConfig"),)), resized=True),
)
"""Each baseline that a library builds, in the order of the paper. In Table 4 the head goes, and a last convolution that
widens for it."""


def recount(notify: Callable[[str], None] = lambda _: None) -> Iterator[Recount]:
    """Build and count each baseline, and yield what it costs; `notify` is told of each before.

    Raises `InputError` where a library is not installed.
    """
    for recipe in RECIPES:
        library(recipe.call.library)  # none is counted where one is missing
    for recipe in RECIPES:
        notify(f"counting {recipe.model} at {recipe.input}: {recipe}")
        yield recounted(recipe)


def recounted(recipe: Recipe) -> Recount:
    """Return what a baseline costs."""
    bill = traced(recipe).bill(CONVENTION)
    name = recipe.call.library
    return Recount(
        recipe.table, recipe.model, recipe.input, name, version_of(name), str(recipe), bill.params, bill.madds
    )


def traced(recipe: Recipe) -> Trace:
    """Return the ops of a baseline."""
    return trace(recipe.build(), recipe.shape, device="meta", name=recipe.model)
