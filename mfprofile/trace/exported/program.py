"""A network that runs the steps of an exported program, each inside a call of the module that it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from mfprofile.errors import InputError
from mfprofile.spec.inputs import InputShape
from mfprofile.trace.inputs import Input


class Frame(NamedTuple):
    """A call of a module: its key, which differs for each call, and the module's path and class."""

    key: str
    path: str
    kind: str


@dataclass(frozen=True, slots=True)
class Ref:
    """The name of a value, as an argument of a step."""

    name: str


class Step(NamedTuple):
    """A call of an operator. `puts` is the name of its result, or a list with the names of its parts."""

    puts: Any
    target: Callable[..., Any]
    args: Sequence[Any]
    options: Mapping[str, Any]
    frames: Sequence[Frame]


class Argument(NamedTuple):
    """An input of a program: its sizes as they were exported, which of them are open, and its dtype."""

    name: str
    sizes: tuple[int, ...]
    is_open: tuple[bool, ...]
    dtype: torch.dtype

    def check(self, value: Any) -> None:
        """Raise `InputError` for a tensor of another shape than the program was exported for."""
        shape = tuple(value.shape) if isinstance(value, Tensor) else ()
        same = (left == right or free for left, right, free in zip(shape, self.sizes, self.is_open, strict=False))
        if isinstance(value, Tensor) and (len(shape) != len(self.sizes) or not all(same)):
            given, wanted = (
                InputShape(sizes, str(self.dtype).removeprefix("torch."), self.name) for sizes in (shape, self.sizes)
            )
            raise InputError(f"the input {given} does not fit the program, which was exported for {wanted}")


@dataclass(frozen=True, slots=True)
class Program:
    """An exported program: its inputs, its steps and what it returns.

    `held` are the paths of parameters, buffers and constants by the names of their values; `fixed` are other values.
    If it was read as data (`is_data`), its tensors have no values. It is never copied.
    """

    inputs: Sequence[Argument]
    steps: Sequence[Step]
    outputs: Sequence[Any]
    held: Mapping[str, str]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    is_data: bool = False

    def __deepcopy__(self, memo: Any) -> Program:
        return self


class Part(nn.Module):
    """A module of an exported program: its call runs steps."""

    def forward(self, run: Run, steps: Sequence[Step], depth: int) -> None:
        """Run steps, those of inner modules within a call of theirs."""
        run.steps(steps, depth)


class Exported(nn.Module):
    """The network of an exported program, with its modules, parameters and buffers at their paths."""

    def __init__(self, program: Program, tensors: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.program = program
        kinds = {frame.path: frame.kind for step in program.steps for frame in step.frames}
        for path in (*kinds, *(path.rpartition(".")[0] for path in tensors)):
            _part(self, path, kinds)
        for path, tensor in tensors.items():
            folder, _, name = path.rpartition(".")
            table = "_parameters" if isinstance(tensor, nn.Parameter) else "_buffers"
            vars(_part(self, folder, kinds))[table][name] = tensor

    @property
    def inputs(self) -> list[Input]:
        """Return the inputs that the program was exported with, with their batch."""
        return [Input(each.sizes, each.dtype) for each in self.program.inputs]

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program. Arguments are the inputs in their order, or by the names of the program's inputs."""
        program = self.program
        values = {**program.fixed, **{name: _tensor(self, path) for name, path in program.held.items()}}
        values |= _given(program.inputs, args, kwargs)
        device = next((each.device for each in values.values() if isinstance(each, Tensor)), torch.device("cpu"))
        if program.is_data and device.type != "meta":
            raise InputError("it was read without its values, so it cannot run on a CPU; add --trust to load them")
        run = Run(self, values, device)
        run.steps(program.steps, 0)
        return tuple(run.value(each) for each in program.outputs)


class Run:
    """A run of a program: the values by name, and the device on which it makes tensors."""

    def __init__(self, network: Exported, values: dict[str, Any], device: torch.device) -> None:
        self._network, self._values, self._device = network, values, device

    def steps(self, steps: Sequence[Step], depth: int) -> None:
        """Run steps; those of modules that are deeper in their frames are run within calls of these."""
        for frame, group in groupby(steps, lambda step: step.frames[depth] if len(step.frames) > depth else None):
            if frame is None:
                for step in group:
                    self._step(step)
            else:
                _part(self._network, frame.path, {})(self, list(group), depth + 1)

    def _step(self, step: Step) -> None:
        result = step.target(
            *map(self.value, step.args), **{key: self.value(each) for key, each in step.options.items()}
        )
        self._put(step.puts, result)

    def _put(self, names: Any, result: Any) -> None:
        if isinstance(names, str):
            self._values[names] = result
        elif names is not None:
            for name, each in zip(names, result, strict=True):
                self._put(name, each)

    def value(self, argument: Any) -> Any:
        """Return an argument with values in place of their names, and the device of the run for each device."""
        if isinstance(argument, Ref):
            return self._values[argument.name]
        if isinstance(argument, torch.device):
            return self._device
        if isinstance(argument, list | tuple):
            return [self.value(each) for each in argument]
        return argument


def _given(inputs: Sequence[Argument], args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs by name. Raises `InputError` for too many or too few, and for other shapes."""
    names = {each.name for each in inputs}
    values = {name: value for name, value in kwargs.items() if name in names}
    leaves = tree_leaves((args, {name: value for name, value in kwargs.items() if name not in names}))
    rest = [each.name for each in inputs if each.name not in values]
    leaves = [each for each in leaves if isinstance(each, Tensor)]
    if len(rest) != len(leaves):
        takes = ", ".join(each.name for each in inputs) or "none"
        raise InputError(f"the program takes {len(inputs)} inputs ({takes}), but gets {len(leaves) + len(values)}")
    values |= dict(zip(rest, leaves, strict=True))
    for each in inputs:
        each.check(values[each.name])
    return values


def _part(network: nn.Module, path: str, kinds: Mapping[str, str]) -> nn.Module:
    """Return the module at a path, which is made if it does not exist, as are those around it."""
    module = network
    for at, name in _prefixes(path):
        children = vars(module)["_modules"]
        if name not in children:
            children[name] = type(kinds.get(at, "Module"), (Part,), {})()
        module = children[name]
    return module


def _prefixes(path: str) -> Iterator[tuple[str, str]]:
    names = path.split(".") if path else []
    return ((".".join(names[: at + 1]), name) for at, name in enumerate(names))


def _tensor(network: nn.Module, path: str) -> Tensor:
    folder, _, name = path.rpartition(".")
    tables = vars(_part(network, folder, {}))
    tensor: Tensor = tables["_parameters"][name] if name in tables["_parameters"] else tables["_buffers"][name]
    return tensor
