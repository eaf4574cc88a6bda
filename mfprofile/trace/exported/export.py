"""Make a network of an `ExportedProgram` that is in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.export.graph_signature import ConstantArgument, InputKind, TensorArgument
from torch.fx.node import map_arg

from mfprofile.trace.exported.program import Argument, Exported, Frame, Program, Ref, Step

_HELD = (InputKind.PARAMETER, InputKind.BUFFER, InputKind.CONSTANT_TENSOR)


def network_of(exported: ExportedProgram) -> nn.Module:
    """Return the network of an exported program, with its steps under the modules that they come from.

    A program with graphs inside its graph, such as branches, or with other inputs than tensors, is torch's own module
    of it: its steps are all in the root.
    """
    specs, nodes = exported.graph_signature.input_specs, list(exported.graph.nodes)
    plain = all(isinstance(each.arg, TensorArgument | ConstantArgument) for each in specs)
    if not plain or any(node.op not in ("placeholder", "call_function", "output") for node in nodes):
        return exported.module()
    values = {node.name: node.meta.get("val") for node in nodes if node.op == "placeholder"}
    held = {each.arg.name: str(each.target) for each in specs if each.kind in _HELD}
    fixed = {each.arg.name: each.arg.value for each in specs if isinstance(each.arg, ConstantArgument)}
    inputs = [_argument(each.arg.name, values[each.arg.name]) for each in specs if each.arg.name not in held | fixed]
    output = next(node for node in nodes if node.op == "output")
    program = Program(inputs, list(_steps(nodes)), _plain(output.args[0]), held, fixed)
    tensors: Mapping[str, Any] = {**exported.constants, **exported.state_dict}
    return Exported(program, {path: tensors[path] for path in held.values()})


def _argument(name: str, value: Tensor) -> Argument:
    sizes = [_hint(side) for side in value.shape]
    return Argument(name, tuple(sizes), tuple(isinstance(side, torch.SymInt) for side in value.shape), value.dtype)


def _hint(side: Any) -> int:
    return int(side.node.hint) if isinstance(side, torch.SymInt) else int(side)


def _steps(nodes: list[Any]) -> Iterator[Step]:
    frames: list[Frame] = []
    for node in nodes:
        if node.op == "call_function":
            frames = frames_of(list((node.meta.get("nn_module_stack") or {}).items())) or frames
            yield Step(node.name, node.target, _plain(node.args), _plain(node.kwargs), frames[1:])


def frames_of(stack: list[tuple[str, Any]]) -> list[Frame]:
    """Return the frames of a stack of modules, the root's first; none for a stack that torch has made up."""
    frames = [Frame(key, str(path), kind_of(kind)) for key, (path, kind) in stack]
    return frames if frames and frames[0].path == "" else []


def kind_of(kind: Any) -> str:
    """Return the name of a class that is given as a type or as its dotted name."""
    name = kind.__name__ if isinstance(kind, type) else str(kind).rpartition(".")[2]
    return name if name.isidentifier() else "Module"


def _plain(argument: Any) -> Any:
    """Return arguments of a node with references in place of nodes."""
    change: Any = map_arg  # it is typed for nodes alone
    return change(argument, lambda node: Ref(node.name))
