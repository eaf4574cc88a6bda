"""The values of an ONNX graph: their types and sizes, and what small ones hold, node by node."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, TypeProto, defs, helper, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

from mfprofile.trace.onnx.operators import COMPUTED
from mfprofile.trace.onnx.parameters import Stored
from mfprofile.trace.onnx.tensors import MOST_VALUES, check_sides

Shape = tuple[int, ...]
DEFAULT = ("", "ai.onnx")
"""The names of the domain of ONNX's own operators."""


@dataclass(slots=True)
class Value:
    """A value: its type if it is known, what it holds if that is known and small, and the parameter that it is.

    `layer` is the number of the op that put it out, if that is a product without a bias. `buffer` is the number of the
    block of bytes that it is in; None if it is stored, an input, or of unknown size.
    """

    type: TypeProto | None = None
    data: Any = None
    stored: Stored | None = None
    layer: int | None = None
    buffer: int | None = None

    @property
    def shape(self) -> Shape | None:
        """Return its sizes, or None if one is not known."""
        return sizes(self.type)


UNKNOWN = Value()


def sizes(kind: TypeProto | None) -> Shape | None:
    """Return the sizes of a tensor's type, or None if it is not a tensor or a size is not known."""
    if kind is None or not kind.HasField("tensor_type") or not kind.tensor_type.HasField("shape"):
        return None
    sides = kind.tensor_type.shape.dim
    if any(side.WhichOneof("value") != "dim_value" for side in sides):
        return None
    return tuple(side.dim_value for side in sides)


def tensor_type(element: int, shape: Sequence[int] | None) -> TypeProto:
    """Return the type of a tensor."""
    return helper.make_tensor_type_proto(element, shape)


def of_array(array: Any) -> Value:
    """Return a known value."""
    array = np.asarray(array)
    return Value(tensor_type(helper.np_dtype_to_tensor_dtype(array.dtype), array.shape), array)


class Inference:
    """Infers the types of a node's outputs, and computes what they hold if all that it reads is known and small."""

    def __init__(self, place: str, domains: Mapping[str, int], ir: int) -> None:
        self.place = place
        self.version = max(domains.get("", 0), domains.get("ai.onnx", 0)) or 1
        self.domains = domains
        self.ir = ir
        self._imports = [helper.make_opsetid(domain, version) for domain, version in domains.items()]
        self._schemas: dict[tuple[str, str], Any] = {}
        self._evaluators: dict[bytes, Any] = {}

    def schema(self, node: NodeProto) -> Any:
        """Return the schema of a node's operator, or None for an operator that onnx does not know."""
        key = (node.domain, node.op_type)
        if key not in self._schemas:
            version = self.version if node.domain in DEFAULT else self.domains.get(node.domain, 1)
            domain = "" if node.domain in DEFAULT else node.domain
            try:
                self._schemas[key] = defs.get_schema(node.op_type, version, domain)
            except (defs.SchemaError, TypeError):
                self._schemas[key] = None
        return self._schemas[key]

    def types(self, node: NodeProto, inputs: Sequence[Value | None]) -> Mapping[str, TypeProto]:
        """Return the types of a node's outputs as far as they follow from its inputs.

        Raises what onnx raises if the inputs do not fit the operator.
        """
        types, data = {}, {}
        for name, value in zip(node.input, inputs, strict=True):
            if value is not None and value.type is None:
                return {}
            if value is not None and value.type is not None:
                types[name] = value.type
                if value.data is not None:
                    data[name] = numpy_helper.from_array(value.data, name)
        schema = self.schema(node)
        inferred = shape_inference.infer_node_outputs(schema, node, types, data, opset_imports=self._imports)
        for name, kind in inferred.items():
            known = sizes(kind)
            if known is not None:
                check_sides(f"{self.place}: output {name!r} of {node.name or node.op_type!r}", known)
        return inferred

    def computed(self, node: NodeProto, inputs: Sequence[Value | None], types: Mapping[str, TypeProto]) -> list[Any]:
        """Return what a node's outputs hold: arrays, or None for what is not known or not small."""
        unknown = [None] * len(node.output)
        if node.domain not in DEFAULT or node.op_type not in COMPUTED or not self._is_small(node, inputs, types):
            return unknown
        feeds = {f"i{at}": value.data for at, value in enumerate(inputs) if value is not None}
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                results = self._evaluator(node).run([f"o{at}" for at in range(len(node.output))], feeds)
        except Exception:  # the reference raises any for what it cannot compute; the value is then not known
            return unknown
        arrays = [each if isinstance(each, np.ndarray | np.generic) else None for each in results]
        return [None if each is None or np.size(each) > MOST_VALUES else np.asarray(each) for each in arrays]

    def _is_small(self, node: NodeProto, inputs: Sequence[Value | None], types: Mapping[str, TypeProto]) -> bool:
        if any(value is not None and value.data is None for value in inputs) or not all(node.output):
            return False
        if node.op_type == "NonZero":  # its size depends on its values, but it is not much larger than what it reads
            return True
        known = [sizes(types.get(name)) for name in node.output]
        return all(each is not None and prod(each) <= MOST_VALUES for each in known)

    def _evaluator(self, node: NodeProto) -> Any:
        """Return what computes a node, with inputs `i0`… and outputs `o0`…, so that nodes that are alike share it."""
        names = [f"i{at}" if name else "" for at, name in enumerate(node.input)]
        alike = NodeProto(op_type=node.op_type, attribute=node.attribute, input=names)
        alike.output.extend(f"o{at}" for at in range(len(node.output)))
        key = alike.SerializeToString()
        if key not in self._evaluators:
            graph = GraphProto(node=[alike])
            self._evaluators[key] = ReferenceEvaluator(graph, opsets={"": self.version})
        return self._evaluators[key]


def attributes(node: NodeProto) -> dict[str, Any]:
    """Return the attributes of a node by name, as Python values; texts as str."""
    values = {each.name: helper.get_attribute_value(each) for each in node.attribute if not each.ref_attr_name}
    return {name: _text(value) for name, value in values.items()}


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def constant(node: NodeProto) -> TensorProto | Any:
    """Return what a Constant node holds: a stored tensor, an array, or None for texts and sparse tensors."""
    given = attributes(node)
    if "value" in given:
        return given["value"]
    for name, kind in (("value_int", np.int64), ("value_ints", np.int64), ("value_float", np.float32)):
        if name in given:
            return np.asarray(given[name], kind)
    return np.asarray(given["value_floats"], np.float32) if "value_floats" in given else None
