"""Walk an ONNX graph once, in the order of its nodes, and record each node as an op with its cost."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from onnx import GraphProto, NodeProto, SparseTensorProto, TensorProto, TypeProto

from mfprofile.errors import InputError
from mfprofile.spec.words import raised, shown
from mfprofile.trace.onnx.buffers import Buffers, Mark
from mfprofile.trace.onnx.control import CONTROL
from mfprofile.trace.onnx.file import Model
from mfprofile.trace.onnx.nodes import Nodes
from mfprofile.trace.onnx.operators import PASSES
from mfprofile.trace.onnx.order import ordered, read_names
from mfprofile.trace.onnx.record import MALFORMED, Record
from mfprofile.trace.onnx.tensors import check_sides, values_of
from mfprofile.trace.onnx.values import DEFAULT, UNKNOWN, Inference, Value, attributes, constant, of_array, sizes
from mfprofile.trace.onnx.values import tensor_type as typed

Scope = ChainMap[str, Value]
"""The values that a node can read, by name: those of its graph, then those of the graphs around it."""


class Walk:
    """A walk over a graph and the graphs inside it, with the record of its ops, of its buffers, and of its nodes."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.inference = Inference(model.place, model.domains, model.ir)
        self.record = Record(model.place, Counter(read_names(model.graph)))
        self.buffers = Buffers()
        self.nodes = Nodes(model.graph)
        self._declared: dict[str, TypeProto] = {}

    def run(self, graph: GraphProto, scope: Scope) -> None:
        """Walk the nodes of a graph. Its own values are put into the first map of the scope."""
        self._declared |= {each.name: each.type for each in (*graph.value_info, *graph.output)}
        for tensor in graph.initializer:
            scope.maps[0][tensor.name] = self._stored(tensor)
        for sparse in graph.sparse_initializer:
            scope.maps[0][sparse.values.name] = self._sparse(sparse)
        for node in ordered(self.model.place, graph, scope):
            inputs = [scope[name] if name else None for name in node.input]
            is_control, first = node.domain in DEFAULT and node.op_type in CONTROL, len(self.record.ops)
            outputs = self._controlled(node, inputs, scope) if is_control else self._node(node, inputs)
            self.nodes.note(graph, node, inputs, outputs, self.record, first)
            for name, value in zip(node.output, outputs, strict=True):
                if name:
                    scope.maps[0][name] = value

    def mark(self) -> Mark:
        """Return the point that the walk has reached."""
        return self.buffers.mark(len(self.record.ops))

    def _controlled(self, node: NodeProto, inputs: Sequence[Value | None], scope: Scope) -> list[Value]:
        """Walk the graphs inside a node, and return what the node puts out."""
        try:
            outputs = CONTROL[node.op_type](self, node, inputs, scope)
        except InputError:
            raise
        except MALFORMED:
            self.record.refuse(node, inputs, "its graphs or attributes are impossible")
        if len(outputs) < len(node.output):
            self.record.refuse(node, inputs, "its graphs put out too little")
        return outputs[: len(node.output)]

    def _stored(self, tensor: TensorProto, name: str = "", is_constant: bool = False) -> Value:
        shape = tuple(tensor.dims)
        data = values_of(f"{self.model.place}: tensor {shown(name or tensor.name)}", self.model.folder, tensor)
        stored = self.record.parameters.add(tensor, shape, is_constant, name)
        return Value(typed(tensor.data_type, shape), data, stored)

    def _sparse(self, sparse: SparseTensorProto) -> Value:
        """Return the value of a sparse tensor. Its parameters are the values that it stores."""
        shape = check_sides(f"{self.model.place}: tensor {shown(sparse.values.name)}", sparse.dims)
        stored = self.record.parameters.add(sparse.values, tuple(sparse.values.dims))
        return Value(typed(sparse.values.data_type, shape), None, stored)

    def _node(self, node: NodeProto, inputs: Sequence[Value | None]) -> list[Value]:
        """Record what a node costs, and return what it puts out."""
        if node.domain in DEFAULT and node.op_type == "Constant":
            return [self._constant(node)]
        is_known = self.inference.schema(node) is not None
        types = self._types(node, inputs) if is_known else {}
        outputs = [Value(self._type(name, types.get(name))) for name in node.output]
        for value, data in zip(outputs, self._computed(node, inputs, types), strict=True):
            value.data = data
        if node.op_type in PASSES and inputs and inputs[0] is not None:
            for value in outputs:
                value.stored = inputs[0].stored
        first = len(self.record.ops)
        if any(value.data is None for value in outputs) or not outputs:
            self.record.add(node, inputs, outputs, is_known)
        else:
            self.record.note_read(node, inputs)
        module = self.record.path(node, inputs)
        self.buffers.note(node, module, (first, len(self.record.ops)), inputs, outputs)
        return outputs

    def _constant(self, node: NodeProto) -> Value:
        try:
            (name,) = node.output
            held = constant(node)
            if isinstance(held, TensorProto):
                return self._stored(held, name, is_constant=True)
            return UNKNOWN if held is None else of_array(held)
        except InputError:
            raise
        except MALFORMED:
            self.record.refuse(node, [], "its attributes are impossible")

    def _types(self, node: NodeProto, inputs: Sequence[Value | None]) -> Mapping[str, TypeProto]:
        try:
            return self.inference.types(node, inputs)
        except InputError:
            raise
        except Exception as error:  # onnx raises any
            self.record.refuse(node, inputs, raised(error).partition("]")[2].strip() or raised(error))

    def _computed(
        self, node: NodeProto, inputs: Sequence[Value | None], types: Mapping[str, TypeProto]
    ) -> Iterable[Any]:
        if node.domain in DEFAULT and node.op_type in ("Shape", "Size"):
            shape = inputs[0].shape if inputs and inputs[0] is not None else None
            return [None if shape is None else _measured(node, shape)]
        return self.inference.computed(node, inputs, types)

    def _type(self, name: str, inferred: TypeProto | None) -> TypeProto | None:
        """Return the type of a value: the inferred one, or what the file says if that does not have all sizes."""
        if sizes(inferred) is not None:
            return inferred
        declared = self._declared.get(name)
        known = sizes(declared)
        if known is None:
            return inferred
        check_sides(f"{self.model.place}: {shown(name)}", known)
        return declared


def _measured(node: NodeProto, shape: tuple[int, ...]) -> Any:
    """Return what Shape or Size puts out for a tensor of a shape."""
    if node.op_type == "Size":
        return np.asarray(prod(shape), np.int64)
    given = attributes(node)
    return np.asarray(shape[given.get("start", 0) : given.get("end", len(shape))], np.int64)
