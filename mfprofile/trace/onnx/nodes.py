"""The nodes of an ONNX file, as a tool counts them that reads the file: each with its sizes, and with its ops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from onnx import GraphProto, NodeProto

from mfprofile.cost.kinds import LEFTOVER
from mfprofile.cost.nodes import Given, Node, Operand, Sides
from mfprofile.cost.onnx_tool_sizes import taken
from mfprofile.cost.ops import Cost
from mfprofile.cost.rows import Part
from mfprofile.trace.onnx.names import Names, local_name
from mfprofile.trace.onnx.record import Record
from mfprofile.trace.onnx.values import Value, attributes

_NEEDED = ("axis", "equation", "keepdims", "kernel_shape", "mode", "size", "transB")
"""The attributes that a rule of a tool may need."""


class Nodes:
    """The nodes of a file's own graph, without the graphs inside it, in the order in which they run.

    Their sizes are those that onnx-tool takes them to have, which are not always the true ones.
    """

    def __init__(self, graph: GraphProto) -> None:
        self.every: list[Node] = []
        self._graph = graph
        self._rest: list[Node] = []
        self._stored = {each.name for each in graph.initializer}
        self._taken: dict[str, Sides] = {}
        self._numbers = {name: at for at, node in enumerate(graph.node) for name in node.output if name}

    def note(
        self, graph: GraphProto, node: NodeProto, inputs: Sequence[Value | None], outputs: Sequence[Value],
        record: Record, first: int,
    ) -> None:  # fmt: skip
        """Note a node of a graph, if that is the file's own, with its op: the first of the record since `first`."""
        if graph is not self._graph:
            return
        noted = self._noted(node, inputs, outputs, record)
        self.every.append(noted)
        number = next((record.joined[name] for name in node.output if name in record.joined), first)
        if number < len(record.ops):
            record.ops[number].cost.nodes += (noted,)
        else:
            self._rest.append(noted)

    def _noted(self, node: NodeProto, inputs: Sequence[Value | None], outputs: Sequence[Value], record: Record) -> Node:
        number = next((self._numbers[name] for name in node.output if name), len(self.every))
        operands = [
            Operand(self._taken.get(name, None if value is None else value.shape), name if name in self._stored else "")
            for name, value in zip(node.input, inputs, strict=True)
        ]
        noted = Node(
            node.name or f"{node.op_type}_{number}",
            node.op_type,
            record.path(node, inputs),
            local_name(node),
            dict(_given(attributes(node))),
            tuple(operands),
            tuple(value.shape for value in outputs),
        )
        sides = taken(noted, any(name in self._taken for name in node.input))
        if sides is None or sides == noted.outputs[0]:
            return noted
        self._taken[node.output[0]] = sides
        return replace(noted, outputs=(sides, *noted.outputs[1:]))

    def rest(self, names: Names) -> Sequence[Part]:
        """Return the nodes that have no op, because they cost nothing in any other count: each as an op of its own.

        `names` are those of the other ops.
        """
        return [_leftover(node, names.add(node.module, node.local)) for node in self._rest]


def _leftover(node: Node, name: str) -> Part:
    cost = Cost(LEFTOVER, _out(node), 0, 0, nodes=(node,))
    return Part("", None, "", node.module, [(name, "plain", cost)])


def _out(node: Node) -> tuple[int, ...]:
    return next((sides for sides in node.outputs if sides is not None), ())


def _given(values: Mapping[str, object]) -> Iterator[tuple[str, Given]]:
    """Yield the attributes that a rule may need, if they are numbers, texts or lists of numbers."""
    for name in _NEEDED:
        value = values.get(name)
        if isinstance(value, int | str):
            yield name, value
        elif isinstance(value, list) and all(isinstance(each, int) for each in value):
            yield name, tuple(value)
