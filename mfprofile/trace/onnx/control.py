"""The nodes that run a graph inside them: If, Loop and Scan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto

from mfprofile.cost import ops
from mfprofile.trace.onnx.buffers import Mark
from mfprofile.trace.onnx.values import UNKNOWN, Shape, Value, attributes, tensor_type

if TYPE_CHECKING:
    from mfprofile.trace.onnx.graph import Scope, Walk

Inputs = Sequence[Value | None]


def _if(walk: Walk, node: NodeProto, inputs: Inputs, scope: Scope) -> list[Value]:
    """Walk the branch that runs. If that depends on values, none of the two is counted, and the node is named."""
    given, condition = attributes(node), inputs[0].data if inputs and inputs[0] is not None else None
    if condition is not None and np.size(condition) == 1:
        branch = given["then_branch" if bool(np.all(condition)) else "else_branch"]
        return _walked(walk, branch, scope)
    mark = walk.mark()
    one, two = (_walked(walk, given[name], scope) for name in ("then_branch", "else_branch"))
    return _uncounted(walk, node, inputs, mark, [Value(_shared(*pair)) for pair in zip(one, two, strict=True)])


def _loop(walk: Walk, node: NodeProto, inputs: Inputs, scope: Scope) -> list[Value]:
    """Walk the body once, and count it as often as it runs. If that depends on values, the node is named."""
    body: GraphProto = attributes(node)["body"]
    times, condition, *states = [*inputs, None, None][: max(2, len(inputs))]
    first = [Value(tensor_type(TensorProto.INT64, ())), Value(tensor_type(TensorProto.BOOL, ()))]
    mark = walk.mark()
    results = _walked(walk, body, scope, [*first, *_forgotten(states)])
    number = None if times is None or times.data is None else int(np.ravel(times.data)[0])
    ends = condition is not None and (condition.data is None or not bool(np.all(condition.data)))
    is_stable = _same(states, results[1 : 1 + len(states)]) and not ends and _goes_on(body, results)
    stacked = [_stacked(each, number) for each in results[1 + len(states) :]]
    rounds = max(number, 0) if is_stable and number is not None else None
    return _repeated(walk, node, inputs, mark, results[1:], stacked, rounds)


def _scan(walk: Walk, node: NodeProto, inputs: Inputs, scope: Scope) -> list[Value]:
    """Walk the body once, and count it as often as the inputs that it scans are long."""
    given = attributes(node)
    body: GraphProto = given["body"]
    scanned = given["num_scan_inputs"]
    states, sequences = inputs[: len(inputs) - scanned], inputs[len(inputs) - scanned :]
    axes = given.get("scan_input_axes") or [0] * scanned
    shapes = [None if each is None else each.shape for each in sequences]
    is_known = walk.inference.version > 8 and all(
        shape is not None and -len(shape) <= axis < len(shape) for shape, axis in zip(shapes, axes, strict=False)
    )
    mark = walk.mark()
    sliced = [_sliced(each, axis) if is_known else UNKNOWN for each, axis in zip(sequences, axes, strict=False)]
    results = _walked(walk, body, scope, [*_forgotten(states), *sliced])
    number = shapes[0][axes[0]] if is_known and shapes and shapes[0] is not None else None
    places = given.get("scan_output_axes") or [0] * (len(results) - len(states))
    stacked = [_stacked(each, number, at) for each, at in zip(results[len(states) :], places, strict=False)]
    is_stable = _same(states, results[: len(states)])
    return _repeated(walk, node, inputs, mark, results, stacked, number if is_stable else None)


def _has_axis(shape: Shape | None, axis: int) -> bool:
    return shape is not None and -len(shape) <= axis < len(shape)


def _walked(walk: Walk, graph: GraphProto, scope: Scope, given: Sequence[Value] = ()) -> list[Value]:
    """Walk a graph inside a node, with the values of its inputs, and return those of its outputs."""
    inner = scope.new_child({each.name: value for each, value in zip(graph.input, given, strict=False)})
    inner.maps[0].update({each.name: UNKNOWN for each in list(graph.input)[len(given) :]})
    walk.run(graph, inner)
    return [inner.get(each.name, UNKNOWN) for each in graph.output]


def _repeated(
    walk: Walk, node: NodeProto, inputs: Inputs, mark: Mark, results: Sequence[Value], stacked: Sequence[Value],
    number: int | None,
) -> list[Value]:  # fmt: skip
    """Count the ops of a body as often as it runs, or name the node as not counted if that is not known.

    `results` are those of a round, and `stacked` the last of them from all rounds.
    """
    states = _forgotten(results[: len(results) - len(stacked)])
    if number is None:
        return _uncounted(walk, node, inputs, mark, [Value(each.type) for each in (*states, *stacked)])
    stacked = [Value(each.type) for each in stacked]
    for op in walk.record.ops[mark.ops :]:
        op.cost = ops.repeated(op.cost, number)
    walk.buffers.close(node, walk.record.path(node, inputs), mark, [*inputs, *results], states, stacked, number)
    return [*states, *stacked]


def _uncounted(walk: Walk, node: NodeProto, inputs: Inputs, mark: Mark, outputs: list[Value]) -> list[Value]:
    """Record a node in place of the ops inside it, which are not counted, with their parameters."""
    params = sum(op.cost.weights + op.cost.biases for op in walk.record.ops[mark.ops :])
    del walk.record.ops[mark.ops :]
    walk.record.add_uncovered(node, inputs, outputs, node.op_type, params)
    walk.buffers.replace(node, walk.record.path(node, inputs), mark, inputs, outputs)
    return outputs


def _forgotten(values: Inputs) -> list[Value]:
    """Return the values that a body changes: their types and buffers, but not what they hold in the first round."""
    return [UNKNOWN if value is None else Value(value.type, buffer=value.buffer) for value in values]


def _same(before: Inputs, after: Sequence[Value]) -> bool:
    """Return whether all sizes after a round are those before it."""
    pairs = zip(before, after, strict=True)
    return all(one is not None and one.shape is not None and one.shape == two.shape for one, two in pairs)


def _goes_on(body: GraphProto, results: Sequence[Value]) -> bool:
    """Return whether a loop's body never ends the loop: its condition is true, or the one that it is given."""
    condition = results[0].data
    if condition is not None:
        return bool(np.all(condition))
    same = {body.input[1].name} if len(body.input) > 1 else set()
    for node in body.node:
        if node.op_type == "Identity" and node.input[0] in same:
            same.add(node.output[0])
    return body.output[0].name in same


def _sliced(value: Value | None, axis: int) -> Value:
    """Return one step of a sequence along an axis."""
    assert value is not None and value.type is not None and value.shape is not None
    shape = list(value.shape)
    del shape[axis]
    return Value(tensor_type(value.type.tensor_type.elem_type, shape), buffer=value.buffer)


def _stacked(value: Value, number: int | None, axis: int = 0) -> Value:
    """Return the values of all rounds in one tensor, along a new axis."""
    if value.shape is None or value.type is None or number is None:
        return UNKNOWN
    shape = list(value.shape)
    shape.insert(axis % (len(shape) + 1), max(number, 0))
    return Value(tensor_type(value.type.tensor_type.elem_type, shape))


def _shared(one: Value, two: Value) -> Any:
    """Return the type of a value that comes from one of two branches, if both have the same sizes."""
    return one.type if one.shape is not None and one.shape == two.shape else None


CONTROL: Mapping[str, Callable[..., list[Value]]] = MappingProxyType({"If": _if, "Loop": _loop, "Scan": _scan})
"""How each node that runs a graph inside it is walked."""
