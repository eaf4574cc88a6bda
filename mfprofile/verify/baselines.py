"""Recount the baselines: build each network of Tables 2 to 4, and count it with the tracer.

A network is made and run on meta tensors: no weights are loaded, nothing is computed. PVT-Tiny comes from transformers,
because neither timm nor torchvision has its first version. Networks that no library has are in `verify/neighbours`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from math import isqrt
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from mfprofile.paper.baselines import CONVENTION, DETECTION_INPUT, Recount
from mfprofile.trace.libraries import library, quiet, version_of
from mfprofile.trace.modules import modules
from mfprofile.trace.result import Trace
from mfprofile.trace.trace import trace

NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function by its full name; a value can be another call.

    >>> print(Call("timm.create_model", ("convit_tiny",), {"embed_dim": 64}))
    timm.create_model('convit_tiny', embed_dim=64)
    """

    name: str
    values: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=lambda: NONE)

    @property
    def library(self) -> str:
        """Return the library of the function."""
        return self.name.partition(".")[0]

    def made(self) -> Any:
        """Call the function and return its result; raises `InputError` if its library is not installed."""
        library(self.library)
        path, _, function = self.name.rpartition(".")
        with quiet():
            module = import_module(path)
            values = [value.made() if isinstance(value, Call) else value for value in self.values]
            return getattr(module, function)(*values, **self.options)

    def __str__(self) -> str:
        values = [str(value) if isinstance(value, Call) else repr(value) for value in self.values]
        return f"{self.name}({', '.join([*values, *(f'{key}={value!r}' for key, value in self.options.items())])})"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make a baseline: its row in the paper, its input, the call that builds it, and the modules to remove.

    `paper` is the paper that a network of this project was written from. With `resized`, PVT's position embeddings are
    resized to the image, as for a detector; transformers does not do it.
    """

    table: str
    model: str
    call: Call
    input: str = "224"
    without: tuple[str, ...] = ()
    resized: bool = False
    paper: str = ""

    @property
    def source(self) -> tuple[str, str]:
        """Return the library that builds it and its version, or `paper` and which one."""
        return ("paper", self.paper) if self.paper else (self.call.library, version_of(self.call.library))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return the image's shape: channels, height, width."""
        height, _, width = self.input.partition("x")
        return 3, int(height), int(width or height)

    def build(self) -> nn.Module:
        """Return the network on meta tensors; raises `InputError` if its library is not installed."""
        library(self.call.library)  # tensors that a library makes at import must not be on a meta device
        with torch.device("meta"):
            model: nn.Module = self.call.made()
        for path in self.without:
            parent, _, name = path.rpartition(".")
            setattr(model.get_submodule(parent), name, nn.Identity())
        for module in modules(model) if self.resized else ():
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


def _own(name: str, *values: Any, **options: Any) -> Call:
    return Call(f"mfprofile.verify.neighbours.{name}", values, options)


_two, _three = partial(Recipe, "2"), partial(Recipe, "3")
_four = partial(Recipe, "4", input=DETECTION_INPUT)
_WEIGHTNET, _T2T, _CONT = "arXiv:2007.11823", "arXiv:2101.11986", "arXiv:2104.13497"

RECIPES: tuple[Recipe, ...] = (
    _two("MobileNetV3 Small 1.0×", _timm("mobilenetv3_small_100"), "160"),
    _two("MobileNetV3 Small 1.0×", _timm("mobilenetv3_small_100")),
    _two("MobileNetV3 1.0×", _timm("mobilenetv3_large_100"), "160"),
    _two("ShuffleNetV2 1.0×", _torchvision("shufflenet_v2_x1_0")),
    _two("ShuffleNetV2 1.0×+WeightNet 4×", _own("weightnet.ShuffleNetV2WeightNet", "1.0"), paper=_WEIGHTNET),
    _two("MobileNetV3 0.75×", _timm("mobilenetv3_large_075")),
    _two("MobileNetV3 1.0×", _timm("mobilenetv3_large_100")),
    _two("ShuffleNetV2 1.5×", _torchvision("shufflenet_v2_x1_5")),
    _two("ShuffleNetV2 1.5×+WeightNet 4×", _own("weightnet.ShuffleNetV2WeightNet", "1.5"), paper=_WEIGHTNET),
    # torchvision's width multiplier also scales the last layer, and timm has no name for 1.25×
    _two("MobileNetV3 1.25×", Call("timm.models.mobilenetv3._gen_mobilenet_v3", ("mobilenetv3_large_100", 1.25))),
    _two("EfficientNet-B0", _timm("efficientnet_b0")),
    _two("ShuffleNetV2 2×", _torchvision("shufflenet_v2_x2_0")),
    _two("ShuffleNetV2 2×+WeightNet 4×", _own("weightnet.ShuffleNetV2WeightNet", "2.0"), paper=_WEIGHTNET),
    _three("T2T-ViT-7", _own("t2t_vit.T2TViT", 7), paper=_T2T),
    _three("DeiT-Tiny", _timm("deit_tiny_patch16_224")),
    _three("ConViT-Tiny", _timm("convit_tiny")),
    _three("ConT-Ti", _own("contnet.ConTNet", "ti"), paper=_CONT),
    _three("ViT_C", _own("vit_c.ViTC"), paper="arXiv:2106.14881"),
    _three("ConT-S", _own("contnet.ConTNet", "s"), paper=_CONT),
    _three(
        "PVT-Tiny",
        Call("transformers.PvtForImageClassification", (Call("transformers.PvtConfig", (), {"num_labels": 1000}),)),
    ),
    _three("T2T-ViT-12", _own("t2t_vit.T2TViT", 12), paper=_T2T),
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
    _four("ConT-M", _own("contnet.ConTNet", "m", classes=None), paper=_CONT),
)
"""Each baseline that can be built, in the order of the paper. For Table 4, the head is removed, and the last
convolution if it only widens for the head."""


def recount(notify: Callable[[str], None] = lambda _: None) -> Iterator[Recount]:
    """Build and count each baseline, and yield its costs; `notify` gets a message before each.

    Raises `InputError` if a library is not installed.
    """
    for recipe in RECIPES:
        library(recipe.call.library)  # fail before the first count if a library is missing
    for recipe in RECIPES:
        notify(f"counting {recipe.model} at {recipe.input}: {recipe}")
        yield recounted(recipe)


def recounted(recipe: Recipe) -> Recount:
    """Return the costs of a baseline."""
    bill = traced(recipe).bill(CONVENTION)
    return Recount(recipe.table, recipe.model, recipe.input, *recipe.source, str(recipe), bill.params, bill.madds)


def traced(recipe: Recipe) -> Trace:
    """Return the trace of a baseline."""
    return trace(recipe.build(), recipe.shape, device="meta", name=recipe.model)
