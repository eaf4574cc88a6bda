"""TorchScript networks: the parameters that a frozen script keeps in its graph, and what in a graph is not recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.jit._script import RecursiveScriptModule

from mfprofile.trace.modules import joined, named_modules

_KERNELS = re.compile(r"prim::(mkldnn_|MKLDNN|BroadcastMKLDNN|TensorExpr|CudaFusion|oneDNN|Fusion)|^\w+::.*fused_conv")
"""Kinds of nodes that compute without an operator of ATen. Torch runs them itself, so no dispatch mode sees them."""
_STATISTICS = {"aten::batch_norm": (3, 4), "aten::instance_norm": (3, 4)}
"""Operators that read a mean and a variance, and at which of their inputs. These are buffers."""


def frozen(module: nn.Module) -> bool:
    """Return whether a module is a frozen script: freezing turns its tensors into constants, and its mode too."""
    return isinstance(module, RecursiveScriptModule) and not module._c.hasattr("training")


def named_constants(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield the path and the tensor of each parameter in the graph of a frozen script.

    A graph does not say which of its constants were parameters. Numbers and the statistics of norms are left out. If
    some constants have the names of attributes, only these count: torch has computed the others.
    """
    for path, module in named_modules(model):
        if frozen(module):
            yield from ((joined(path, name), tensor) for name, tensor in _constants(module))


def constants(model: nn.Module) -> Iterator[Tensor]:
    """Yield all tensors in the graphs of scripts, parameters or not."""
    for _, module in named_modules(model):
        if isinstance(module, RecursiveScriptModule):
            graph = _graph(module)
            yield from (node.t("value") for node in _nodes(graph) if "Constant" in node.kind() and _is_tensor(node))


def kernels(model: nn.Module) -> Iterator[str]:
    """Yield the kind of each node in the graphs of scripts that computes without an operator of ATen."""
    for script in _outermost(model):
        graph = _graph(script)
        yield from (node.kind() for node in _nodes(graph) if _KERNELS.match(node.kind()))


def packs_parameters(module: nn.Module) -> bool:
    """Return whether a module keeps parameters in objects of torch that are no tensors, as quantized layers do."""
    if isinstance(module, RecursiveScriptModule):
        return "PackedParams" in str(getattr(module, "inlined_graph", ""))
    return any(isinstance(value, torch.ScriptObject) for value in vars(module).values())


def _outermost(model: nn.Module) -> Iterator[nn.Module]:
    """Yield the scripts that are not a part of another script, whose graph has their nodes too."""
    scripts = [each for _, each in named_modules(model) if isinstance(each, RecursiveScriptModule)]
    inner = {id(part) for each in scripts for _, part in named_modules(each) if part is not each}
    return (each for each in scripts if id(each) not in inner)


def _constants(module: Any) -> Iterator[tuple[str, Tensor]]:
    graph = _graph(module)  # its nodes exist only as long as it does
    nodes = [node for node in _nodes(graph) if "Constant" in node.kind() and _is_weight(node)]
    named = [node for node in nodes if node.output().debugName().startswith("self.")]
    for node in named or nodes:
        name = node.output().debugName()
        yield name.removeprefix("self.") if named else f"constant{name}", node.t("value")


def _is_tensor(node: Any) -> bool:
    return bool(node.outputsSize() == 1 and node.hasAttribute("value") and node.kindOf("value") == "t")


def _is_weight(node: Any) -> bool:
    if not _is_tensor(node):
        return False
    tensor = node.t("value")
    uses = node.output().uses()
    statistics = bool(uses) and all(use.offset in _STATISTICS.get(use.user.kind(), ()) for use in uses)
    return bool(tensor.dim() and tensor.is_floating_point() and not statistics)


def _graph(module: Any) -> Any:
    """Return the graph of a script's forward; None if it has no forward."""
    return module.inlined_graph if module._c._has_method("forward") else None


def _nodes(graph: Any) -> Iterator[Any]:
    """Yield the nodes of a graph, also those inside branches and loops."""
    waiting = [] if graph is None else list(graph.nodes())
    while waiting:
        node = waiting.pop(0)
        yield node
        waiting += [inner for block in node.blocks() for inner in block.nodes()]
