"""Record one forward of a model in torch: every operation, the tensors that it reads and makes, and their names.

It does not use our rows. Names are the paths of modules. An operation without a module of its own gets the path of the
module that runs it, followed by the name of the operation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mfprofile.nn.activations import DynamicReLU
from mfprofile.nn.model import MobileFormer
from mfprofile.spec.network import Network

WITHOUT_MODULE = {  # operations without a module of their own: their names, in order within the module that runs them
    "_softmax": ("softmax",),
    "add": ("add",),
    "bmm": ("scores", "aggregate"),
    "upsample_nearest2d": ("upsample",),
}
TOP_DOWN = {"add": ("add.P4", "add.P3"), "upsample_nearest2d": ("upsample.P4", "upsample.P3")}
GATE = {"mul": ("", "multiply")}  # the first doubles the gate


@dataclass
class Made:
    """A tensor with its own memory: the tensors it was made from (`reads`), and its name if it has one.

    `values` is the number of its values. `read` is the number of values in the arguments, with parameters but without
    buffers.
    """

    reads: set[int]
    values: int
    bytes: int
    read: int
    name: str = ""


@dataclass
class Recording(TorchDispatchMode):
    """The tensors that a forward of the model makes, numbered in order. 0 is the image, 1 the token table if any."""

    model: MobileFormer
    made: list[Made] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.numbers: dict[int, int] = {}
        self.kept: list[Tensor] = []  # keeps them alive, so that no storage address is used twice
        self.modules = {id(module): path for path, module in self.model.named_modules()}
        self.parameters = {each.untyped_storage()._cdata: each.numel() for each in self.model.parameters()}
        self.stack: list[str] = []
        self.calls: Counter[tuple[str, str]] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        inputs = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
        for tensor in (each for each in tree_leaves(out) if isinstance(each, Tensor)):
            if tensor.numel() and self.number(tensor) is None:
                self.keep(tensor, inputs, self.name_of(func._schema.name.removeprefix("aten::")))
        return out

    def number(self, tensor: Tensor) -> int | None:
        """Return the number of the tensor that shares this tensor's memory, or None."""
        return self.numbers.get(tensor.untyped_storage()._cdata)

    def keep(self, tensor: Tensor, inputs: list[Tensor], name: str) -> None:
        """Record a tensor with new memory."""
        reads = {number for each in inputs if (number := self.number(each)) is not None}
        known = [each for each in inputs if self.number(each) is not None or self.is_parameter(each)]
        self.numbers[tensor.untyped_storage()._cdata] = len(self.made)
        self.kept.append(tensor)
        size = tensor.numel() * tensor.element_size()
        self.made.append(Made(reads, tensor.numel(), size, sum(each.numel() for each in known), name))

    def is_parameter(self, tensor: Tensor) -> bool:
        return tensor.untyped_storage()._cdata in self.parameters

    def name_of(self, operation: str) -> str:
        """Return the name of an operation's output, or '' if the running module gives the name."""
        path = self.stack[-1]
        names = GATE if path.endswith(".gate") else TOP_DOWN if path == "detector.fpn" else WITHOUT_MODULE
        self.calls[path, operation] += 1
        left = names.get(operation, ())[self.calls[path, operation] - 1 :]
        return f"{path}.{left[0]}" if left and left[0] else ""

    def enter(self, module: nn.Module, _: Any) -> None:
        self.stack.append(self.modules[id(module)])

    def leave(self, module: nn.Module, _: Any, output: Any) -> None:
        """Name the output of a layer."""
        path = self.stack.pop()
        if isinstance(module, nn.Identity | nn.Dropout) or (
            list(module.children()) and not isinstance(module, DynamicReLU)
        ):
            return
        self.calls[path, "call"] += 1
        if path.startswith(("detector.classification", "detector.regression")):  # they run once for each level
            path += f".P{2 + self.calls[path, 'call']}"
        number = self.number(output)
        assert number is not None
        self.made[number].name = path

    def run(self, image: Tensor) -> list[int]:
        """Run the model. Return the numbers of its outputs."""
        self.keep(image, [], "input")
        if self.model.tokens is not None:
            self.keep(self.model.tokens.weight, [], "tokens")
        hooks = [register_module_forward_pre_hook(self.enter), register_module_forward_hook(self.leave)]
        try:
            with torch.inference_mode(False), torch.no_grad(), self:
                output = self.model(image)
        finally:
            for hook in hooks:
                hook.remove()
        numbers = [self.number(each) for each in tree_leaves(output) if isinstance(each, Tensor)]
        return [number for number in numbers if number is not None]


@dataclass(frozen=True)
class Executed:
    """A named operation as torch ran it. `reads` are the named operations whose values it used."""

    name: str
    values: int
    bytes: int
    read: int
    reads: frozenset[str]


def executed(network: Network, batch: int = 1) -> tuple[list[Executed], set[str]]:
    """Return the named operations of a forward in the order in which torch runs them, and the names of its outputs.

    The image and the token table come first. Nothing is computed: the model is on the `meta` device.
    """
    with torch.device("meta"):
        recording = Recording(MobileFormer(network).eval())
        outputs = recording.run(torch.empty(batch, 3, network.height, network.width))
    made = recording.made
    operations = [
        Executed(one.name, one.values, one.bytes, one.read, frozenset(_named(made, one.reads)))
        for one in made
        if one.name
    ]
    return operations, {name for number in outputs for name in _named(made, {number})}


def _named(made: list[Made], numbers: set[int]) -> Iterator[str]:
    """Yield the names of these tensors. For one without a name, yield the names of its sources."""
    for number in numbers:
        if made[number].name:
            yield made[number].name
        else:
            yield from _named(made, made[number].reads)
