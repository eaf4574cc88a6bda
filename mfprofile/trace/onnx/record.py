"""Record the nodes of an ONNX graph as ops: what each costs, its module, its role and the parameters that it owns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import NoReturn

from onnx import NodeProto

from mfprofile.cost.kinds import FUSED, UNCOVERED, check
from mfprofile.cost.ops import Cost, elementwise
from mfprofile.errors import InputError
from mfprofile.spec.words import shown
from mfprofile.trace.onnx.call import Call, MisfitError, Named, UnknownSizeError
from mfprofile.trace.onnx.handles import BIASES, HANDLES
from mfprofile.trace.onnx.names import class_name, local_name, module_path
from mfprofile.trace.onnx.operators import BUFFERS, FREE
from mfprofile.trace.onnx.parameters import Parameters, claim
from mfprofile.trace.onnx.values import DEFAULT, Value, attributes
from mfprofile.trace.operators import OWNERS

Inputs = Sequence[Value | None]
MALFORMED = (KeyError, IndexError, ValueError, TypeError, AttributeError, AssertionError, OverflowError)
"""What is raised for a node without an attribute that it needs, or with one of another type."""
UNKNOWN_SIZE = " of unknown size"


@dataclass(slots=True)
class Op:
    """A recorded op: its module, its name there, its role and its cost."""

    path: str
    local: str
    role: str
    cost: Cost[int]


class Record:
    """The recorded `ops` of a graph and of those inside it, in order; its `parameters`; the classes of its modules.

    `joined` is the op that has the bias which an Add adds, by the name of the Add's output. `uses` is how often each
    value is read. `place` is the file, for messages.
    """

    def __init__(self, place: str, uses: Counter[str]) -> None:
        self.place = place
        self.ops: list[Op] = []
        self.parameters = Parameters()
        self.classes: dict[str, str] = {}
        self.joined: dict[str, int] = {}
        self._uses = uses

    def add(self, node: NodeProto, inputs: Inputs, outputs: Sequence[Value], is_known: bool) -> None:
        """Record what a node costs; `is_known` is whether onnx knows its operator."""
        if node.domain not in DEFAULT or not is_known:
            domain = "" if node.domain in DEFAULT else f"{node.domain}."
            self.add_uncovered(node, inputs, outputs, f"{domain}{node.op_type}")
            return
        handle = HANDLES.get(node.op_type)
        if handle is None and node.op_type not in FREE:
            self.add_uncovered(node, inputs, outputs, node.op_type)
            return
        try:
            costs = handle(Call(node, attributes(node), inputs, outputs)) if handle is not None else []
        except UnknownSizeError:
            self.add_uncovered(node, inputs, outputs, f"{node.op_type}{UNKNOWN_SIZE}")
        except (MisfitError, *MALFORMED) as error:
            self.refuse(node, inputs, str(error) if isinstance(error, MisfitError) else "its sizes are impossible")
        else:
            layer = self._joined(inputs, outputs) if node.op_type == "Add" else None
            if layer is None:
                self._add(node, inputs, outputs, costs)
            else:
                self.joined[node.output[0]] = layer

    def add_uncovered(
        self, node: NodeProto, inputs: Inputs, outputs: Sequence[Value], kind: str, params: int = 0
    ) -> None:
        """Record a node that is not counted, with the elements that it puts out."""
        elements = sum(prod(shape) for value in outputs if (shape := value.shape) is not None)
        self.note_read(node, inputs)
        cost = elementwise(kind, elements)
        cost.weights = params
        self.ops.append(Op(self.path(node, inputs), local_name(node), UNCOVERED, cost))

    def refuse(self, node: NodeProto, inputs: Inputs, why: str) -> NoReturn:
        """Raise `InputError` for a node whose inputs do not fit."""
        shapes = [None if value is None else value.shape for value in inputs]
        read = ", ".join("×".join(map(str, shape)) or "one value" for shape in shapes if shape is not None)
        name = shown(node.name or (node.output[0] if node.output else ""))
        what = f"{self.place}: node {name} ({node.op_type}) does not fit its inputs ({read or 'of unknown sizes'})"
        raise InputError(f"{what}: {why}; check --input and the file") from None

    def note_read(self, node: NodeProto, inputs: Inputs) -> None:
        """Note that a node reads its inputs, as parameters or as running statistics and the like."""
        buffers = BUFFERS.get(node.op_type, frozenset())
        for number, value in enumerate(inputs):
            if value is not None and value.stored is not None:
                if number in buffers:
                    value.stored.is_buffer = True
                elif value.stored.reader is None:
                    value.stored.reader = self.path(node, inputs)

    def _add(self, node: NodeProto, inputs: Inputs, outputs: Sequence[Value], costs: Named) -> None:
        path, number = self.path(node, inputs), BIASES.get(node.op_type, len(inputs))
        is_owner = len(costs) == 1 and costs[0][1].kind in OWNERS
        is_biased = number < len(inputs) and inputs[number] is not None and not node.op_type.endswith("Normalization")
        for name, cost in costs:
            if is_owner:
                cost.weights, cost.biases = self._claimed(node, inputs)
            role = FUSED if node.op_type == "Attention" else "biased" if is_biased else "plain"
            check(cost.kind, role)
            self.ops.append(Op(path, f"{local_name(node)}.{name}" if name else local_name(node), role, cost))
        self.note_read(node, inputs)
        if is_owner and costs[0][1].kind == "linear" and self._uses[node.output[0]] == 1:
            outputs[0].layer = len(self.ops) - 1

    def _joined(self, inputs: Inputs, outputs: Sequence[Value]) -> int | None:
        """Return the op that an Add is joined with: a Linear whose bias it is, which exporters write apart."""
        for value, bias in (inputs, inputs[::-1]):
            if value is None or bias is None or value.layer is None or bias.stored is None or not bias.shape:
                continue
            op, shape = self.ops[value.layer], outputs[0].shape
            is_fit = shape is not None and shape == value.shape and prod(bias.shape) == shape[-1] == bias.shape[-1]
            if is_fit and op.role == "plain" and bias.stored.unclaimed:
                op.role, op.cost.biases = "biased", claim(bias.stored, prod(bias.shape))
                return value.layer
        return None

    def path(self, node: NodeProto, inputs: Inputs) -> str:
        """Return the path of the module of a node, and note its class."""
        path = module_path(node, (value.stored.name for value in inputs if value is not None and value.stored))
        name = class_name(node, path)
        if name:
            self.classes.setdefault(path, name)
        return path

    def _claimed(self, node: NodeProto, inputs: Inputs) -> tuple[int, int]:
        """Claim the parameters that a node reads, and return the numbers of weights and biases."""
        claimed = [0, 0]
        for number, value in self._parameters(node, inputs):
            assert value.stored is not None
            claimed[number == BIASES.get(node.op_type)] += claim(value.stored, prod(value.shape or value.stored.shape))
        return claimed[0], claimed[1]

    def _parameters(self, node: NodeProto, inputs: Inputs) -> Iterator[tuple[int, Value]]:
        """Yield the inputs that are parameters, with their numbers."""
        buffers = BUFFERS.get(node.op_type, frozenset())
        for number, value in enumerate(inputs):
            if value is not None and value.stored is not None and number not in buffers and not _is_made_up(value):
                yield number, value


def _is_made_up(value: Value) -> bool:
    """Return whether a value is a constant in the graph that is the same everywhere, as exporters make for norms."""
    is_constant = value.stored is not None and value.stored.is_constant and value.data is not None
    return bool(is_constant and value.data.size and (value.data == value.data.flat[0]).all())
