"""The live storages of a network as torch itself runs it: exported, then interpreted node by node."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.export.graph_signature import InputKind
from torch.fx import GraphModule, Interpreter
from torch.utils._pytree import tree_leaves


class Live(Interpreter):
    """An interpreter that frees each value after its last use, and keeps the most bytes that were live at once.

    Placeholders are parameters, buffers, constants and inputs. They are not counted, and neither is what no node uses.
    """

    def __init__(self, graph: GraphModule) -> None:
        super().__init__(graph, garbage_collect_values=True)
        self.peak = 0
        self._given: dict[int, int] = {}

    def run_node(self, node: Any) -> Any:
        """Return the value of a node."""
        value = super().run_node(node)
        if node.op in ("placeholder", "get_attr"):
            self._given |= _storages(value)
        elif node.op != "output":
            live = _storages([value, *(held for other, held in self.env.items() if other.users)])
            self.peak = max(self.peak, sum(size for key, size in live.items() if key not in self._given))
        return value


def _storages(values: Any) -> dict[int, int]:
    storages = [each.untyped_storage() for each in tree_leaves(values) if isinstance(each, Tensor)]
    return {storage._cdata: storage.nbytes() for storage in storages}


def live_peak(model: nn.Module, inputs: Sequence[Any], options: Mapping[str, Any] | None = None) -> int:
    """Return the most bytes of live storages while the exported graph of a network runs, without inputs and weights."""
    named = dict(options or {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(model.eval(), tuple(inputs), named, strict=False)
    given = iter(tree_leaves((tuple(inputs), named)))
    values = [_value(program, spec, given) for spec in program.graph_signature.input_specs]
    interpreter = Live(program.graph_module)
    with torch.inference_mode():
        interpreter.run(*values)
    return interpreter.peak


def _value(program: Any, spec: Any, given: Any) -> Any:
    """Return the value of a placeholder."""
    if spec.kind is InputKind.USER_INPUT:
        return next(given)
    known = program.state_dict if spec.target in program.state_dict else program.constants
    return known[spec.target]
