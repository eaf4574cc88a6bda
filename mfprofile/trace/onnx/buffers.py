"""The buffers of an ONNX graph: which of them each node reads and puts out, with their bytes.

The graph runs as it is in the file, node by node. Each value that a node puts out has a buffer of its own, unless it is
a view: the same bytes in the same order. Stored tensors and inputs have no buffer; they are apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from types import MappingProxyType
from typing import NamedTuple

from onnx import NodeProto

from mfprofile.cost.dataflow import DataFlow, Ran
from mfprofile.trace.onnx.operators import PARTLY_READ, UNREAD
from mfprofile.trace.onnx.tensors import bytes_of
from mfprofile.trace.onnx.values import DEFAULT, Value
from mfprofile.trace.onnx.views import is_view

Inputs = Sequence[Value | None]
INSIDE = "the graphs inside {}"


class Mark(NamedTuple):
    """A point in the walk: the numbers of ops, steps and buffers at it, and the values of unknown size until then."""

    ops: int
    steps: int
    buffers: int
    unseen: Mapping[str, int]


class Buffers:
    """The buffers of a graph and of those inside it, numbered in the order in which nodes put them out."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._steps: list[Ran] = []
        self._unseen: Counter[str] = Counter()

    def note(
        self, node: NodeProto, module: str, rows: tuple[int, int], inputs: Inputs, outputs: Sequence[Value]
    ) -> None:
        """Record a node of a module. Its rows are the ops from the first number to that before the last.

        Each output gets the number of its buffer: a new one, or that of the input of which it is a view.
        """
        known = node.domain in DEFAULT
        unread = UNREAD.get(node.op_type, frozenset()) if known else frozenset()
        read = [value for at, value in enumerate(inputs) if value is not None and at not in unread]
        reads = _numbers(read)
        made = [value for name, value in zip(node.output, outputs, strict=True) if name]
        if known and inputs and inputs[0] is not None and outputs and is_view(node, inputs, outputs[0]):
            outputs[0].buffer = inputs[0].buffer
            made = [value for value in made if value is not outputs[0]]
        puts = [number for value in made if (number := self._put(node, value)) is not None]
        moved = _moved(node, read, made) if made else 0
        self._steps.append(Ran(module, node.op_type, rows, reads, tuple(puts), moved))

    def mark(self, ops: int) -> Mark:
        """Return the point that the walk has reached, with so many ops."""
        return Mark(ops, len(self._steps), len(self._sizes), dict(self._unseen))

    def close(
        self, node: NodeProto, module: str, mark: Mark, inputs: Inputs, states: Sequence[Value],
        stacked: Sequence[Value], times: int,
    ) -> None:  # fmt: skip
        """Record the end of a node whose graphs were walked since a mark, and run so often.

        What they read from outside is live until then, because each round reads it. `inputs` are those of the node and
        the results of a round, `states` the outputs of the last round, and `stacked` those of all rounds. What a round
        gives to the next one is not known.
        """
        inner = self._steps[mark.steps :]
        self._steps[mark.steps :] = [step._replace(moved=step.moved * times) for step in inner if times]
        reads = {*_outside(inner, mark), *_numbers([*filter(None, inputs), *states])}
        self._end(node, module, (mark.ops, mark.ops), reads, stacked, 2 * _total(stacked))

    def replace(self, node: NodeProto, module: str, mark: Mark, inputs: Inputs, outputs: Sequence[Value]) -> None:
        """Record one step, with one row, in place of the graphs of a node that were walked since a mark."""
        inner, read = self._steps[mark.steps :], [*filter(None, inputs)]
        del self._steps[mark.steps :]
        self._unseen = Counter(mark.unseen)
        moved = _total(outputs) + _total(read)
        self._end(node, module, (mark.ops, mark.ops + 1), {*_outside(inner, mark), *_numbers(read)}, outputs, moved)

    def _end(
        self, node: NodeProto, module: str, rows: tuple[int, int], reads: set[int], made: Iterable[Value], moved: int
    ) -> None:
        puts = [number for value in made if (number := self._put(node, value)) is not None]
        self._steps.append(Ran(module, node.op_type, rows, tuple(reads), tuple(puts), moved))
        self._unseen[INSIDE.format(node.op_type)] += 1

    def dataflow(
        self, first_row: int, inputs: Iterable[Value], returned: Iterable[Value], params: Mapping[str, int]
    ) -> DataFlow:
        """Return the data flow of the graph. The rows of its nodes begin at `first_row` of the bill."""
        steps = [each._replace(rows=(each.rows[0] + first_row, each.rows[1] + first_row)) for each in self._steps]
        sizes, unseen = [_bytes(value) for value in inputs], self._unseen.copy()
        if None in sizes:
            unseen["the inputs"] += sizes.count(None)
        live = frozenset(_numbers(returned))
        known = sum(size for size in sizes if size is not None)
        return DataFlow(steps, dict(enumerate(self._sizes)), live, known, params, MappingProxyType(dict(unseen)))

    def _put(self, node: NodeProto, value: Value) -> int | None:
        """Give a value a new buffer, and return its number, or None for a value of unknown size."""
        size = _bytes(value)
        if size is None:
            self._unseen[node.op_type] += 1
            return None
        value.buffer = len(self._sizes)
        self._sizes.append(size)
        return value.buffer


def _moved(node: NodeProto, read: Sequence[Value], made: Iterable[Value]) -> int:
    """Return the bytes that a node reads and writes, each value once. Some read only a part of their first input."""
    out = _total(made)
    if node.op_type in PARTLY_READ and node.domain in DEFAULT:
        return out + min(out, _total(read[:1])) + _total(read[1:])
    return out + _total(read)


def _total(values: Iterable[Value]) -> int:
    return sum(_bytes(value) or 0 for value in {id(value): value for value in values}.values())


def _outside(steps: Iterable[Ran], mark: Mark) -> set[int]:
    """Return the buffers that steps read and that were there before a mark."""
    return {number for step in steps for number in step.reads if number < mark.buffers}


def _numbers(values: Iterable[Value]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(value.buffer for value in values if value.buffer is not None))


def _bytes(value: Value) -> int | None:
    """Return the bytes of a value, or None if its size is not known."""
    if value.shape is None or value.type is None:
        return None
    return bytes_of(value.type.tensor_type.elem_type, prod(value.shape))
