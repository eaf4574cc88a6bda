"""The nodes of an ONNX file, as a tool counts them that reads the file: each with its sizes, and with its ops."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

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


class Noted(NamedTuple):
    """A node, what it reads and puts out, and the number of the first op that it is; None if it has none."""

    node: NodeProto
    inputs: Sequence[Value | None]
    outputs: Sequence[Value]
    op: int | None


class Nodes:
    """The nodes of a file's own graph, without the graphs inside it, in the order in which they run.

    The walk only notes them, because most bills do not need them. `parts` makes them: their sizes are those that
    onnx-tool takes them to have, which are not always the true ones.
    """

    def __init__(self, graph: GraphProto) -> None:
        self._noted: list[Noted] = []
        self._graph = graph

    def note(
        self, graph: GraphProto, node: NodeProto, inputs: Sequence[Value | None], outputs: Sequence[Value],
        record: Record, first: int,
    ) -> None:  # fmt: skip
        """Note a node of a graph, if that is the file's own, with its op: the first of the record since `first`."""
        if graph is self._graph:
            number = next((record.joined[name] for name in node.output if name in record.joined), first)
            self._noted.append(Noted(node, inputs, outputs, number if number < len(record.ops) else None))

    def parts(self, parts: Sequence[Part], first: int, names: Names, record: Record) -> list[Part]:
        """Return the parts of a file with the nodes of each op, and then a part for each node that has no op.

        The ops of the record begin at part `first`. `names` are those of all ops.
        """
        nodes: dict[int | None, list[Node]] = {}
        for noted, node in zip(self._noted, self._made(record), strict=True):
            nodes.setdefault(None if noted.op is None else noted.op + first, []).append(node)
        with_nodes = [_with_nodes(part, nodes[at]) if at in nodes else part for at, part in enumerate(parts)]
        used = copy.deepcopy(names)
        return with_nodes + [_leftover(node, used.add(node.module, node.local)) for node in nodes.get(None, ())]

    def _made(self, record: Record) -> Iterator[Node]:
        """Yield each node with its sizes: those that the tool takes a value to have, if not the true ones."""
        stored = {each.name for each in self._graph.initializer}
        numbers = {name: at for at, node in enumerate(self._graph.node) for name in node.output if name}
        sides: dict[str, Sides] = {}
        for node, inputs, outputs, _ in self._noted:
            number = next((numbers[name] for name in node.output if name), 0)
            operands = [
                Operand(sides.get(name, None if value is None else value.shape), name if name in stored else "")
                for name, value in zip(node.input, inputs, strict=True)
            ]
            made = Node(
                node.name or f"{node.op_type}_{number}",
                node.op_type,
                record.path(node, inputs),
                local_name(node),
                dict(_given(attributes(node))),
                tuple(operands),
                tuple(value.shape for value in outputs),
            )
            put = taken(made, any(name in sides for name in node.input))
            if put is not None and put != made.outputs[0]:
                sides[node.output[0]] = put
                made = replace(made, outputs=(put, *made.outputs[1:]))
            yield made


def _with_nodes(part: Part, nodes: Iterable[Node]) -> Part:
    """Return a part of one op with the nodes that it is."""
    ((name, role, cost),) = part.ops
    return Part(part.block, part.stage, part.pillar, part.path, [(name, role, cost.changed(nodes=tuple(nodes)))])


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
