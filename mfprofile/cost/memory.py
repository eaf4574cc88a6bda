"""The memory of an inference: which bytes are live while each op runs, and which bytes each op moves.

The data flow of a spec is known from its ops. Each op writes its output to a buffer of its own. The buffer is allocated
when the op begins, and freed when the last op that reads it has ended. Nothing is fused. With
`in_place`, an elementwise op, a norm or a softmax overwrites its input if no later op reads that input, as when
BatchNorm is folded into its convolution. The input image is live until the stem has read it, and the network's output
is live to the end.

The data flow of a network in code is that of its run: each operator with the storages that it reads and puts out.
Batch, types and what is in place are those of the run. Its inputs and what it keeps are apart. That of an ONNX file is
its graph as it is.

Workspaces of convolutions depend on the library and are not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import NamedTuple

from mfprofile.cost.bill import Bill
from mfprofile.cost.flow import INPUT, Flow
from mfprofile.cost.flow import Step as Op
from mfprofile.cost.liveness import Step, Timeline
from mfprofile.cost.training import TRAINING
from mfprofile.errors import InputError
from mfprofile.spec.names import MEMORY
from mfprofile.spec.problems import unknown
from mfprofile.spec.words import shown

MAX_BATCH = 10**9
DTYPES: Mapping[str, int] = MappingProxyType({"float32": 4, "float16": 2, "bfloat16": 2, "int8": 1})
"""The bytes per value of each type."""
IN_PLACE = frozenset(
    (
        "add",
        "batch-norm",
        "dy-relu",
        "gelu",
        "h-sigmoid",
        "h-swish",
        "layer-norm",
        "multiply",
        "relu",
        "relu6",
        "softmax",
    )
)
"""The kinds of ops that can overwrite their first input, which has the shape of their output."""


AS_IT_RUNS = "which has the batch, the types and the operators in place that it runs with"


class Inference(NamedTuple):
    """How a spec is run: the images per batch, the type, and whether ops overwrite their inputs."""

    batch: int = 1
    dtype: str = "float32"
    in_place: bool = False

    def of(self, bill: Bill) -> Inference:
        """Return how the network of a bill is run: one in code has the batch of its run, which its bill is of."""
        return self if bill.subject.dataflow is None else self._replace(batch=1)


@dataclass(frozen=True, slots=True)
class Live:
    """A live tensor: the op that computed it (`input` for the image), and its bytes."""

    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Peak:
    """The maximum of live activation bytes, the op at which it occurs, and the live tensors there, oldest first.

    `params` are the bytes of all parameters by type, without BatchNorm's running statistics. `total` is what a device
    needs for both, and for the `input_bytes` that are apart: the inputs of a network in code. The image of a spec is
    among the live tensors until the stem has read it. A network in code has no `dtype`, since each of its tensors has
    its own.
    """

    bytes: int
    op: str
    live: tuple[Live, ...]
    params: Mapping[str, int]
    batch: int = 1
    dtype: str = ""
    input_bytes: int = 0

    @property
    def params_bytes(self) -> int:
        """Return the bytes of all parameters."""
        return sum(self.params.values())

    @property
    def total(self) -> int:
        """Return the bytes of live activations plus the bytes of parameters and of inputs that are apart."""
        return self.bytes + self.params_bytes + self.input_bytes


@dataclass(frozen=True, slots=True)
class Traffic:
    """For each op, in running order: the bytes that are live while it runs, and the bytes that it moves.

    `moved` counts inputs, parameters and output once each, as if every op ran by itself and nothing stayed in a cache.
    """

    live: list[int]
    moved: list[int]


@dataclass(frozen=True, slots=True)
class Footprint:
    """The sums of some rows, and the maximum of live bytes while one of them runs.

    `activations` (values) and `madds` are for one image of a spec, and for the whole batch of a network in code.
    `moved` and `live` are bytes for the whole batch.
    """

    name: str
    activations: int
    madds: int
    moved: int
    live: int


def peak_memory(bill: Bill, batch: int = 1, dtype: str = "float32", in_place: bool = False) -> Peak:
    """Return the peak memory of an inference: of a spec on `batch` images, or of a network in code on its own inputs.

    Raises `InputError` for a type that is not in `DTYPES`, a batch below 1, and a bill of arrays or symbols. It also
    raises it for a batch, a type or `in_place` with a network in code, which has those of its run.

    >>> from mfprofile.cost.bill import count
    >>> peak_memory(count("mf294m")).op
    'blocks.1.mobile.depthwise.norm'
    """
    timeline = _timeline(bill, Inference(batch, dtype, in_place))
    most, at, buffers = timeline.peak()
    names = {INPUT: "input", **timeline.names()}
    live = tuple(Live(names[buffer], size) for buffer, size in buffers.items() if size)
    op, flow = timeline.steps[at].name if timeline.steps else "", bill.subject.dataflow
    if flow is not None:
        return Peak(most, op, live, flow.params, input_bytes=flow.input_bytes)
    return Peak(most, op, live, {dtype: bill.params * value_bytes(dtype)}, batch, dtype)


def traffic(bill: Bill, batch: int = 1, dtype: str = "float32", in_place: bool = False) -> Traffic:
    """Return the live and the moved bytes for each row of a spec's bill, or each operator that a network in code ran.

    Raises `InputError` as `peak_memory` does.
    """
    timeline = _timeline(bill, Inference(batch, dtype, in_place))
    return Traffic([total for total, _ in timeline.live()], [step.moved for step in timeline.steps])


def footprints(
    bill: Bill, axis: str, batch: int = 1, dtype: str = "float32", in_place: bool = False
) -> list[Footprint]:
    """Return the footprints by one of the subject's axes, in running order.

    Raises `InputError` for an unknown axis, and as `peak_memory` does.
    """
    flow = bill.subject.dataflow
    names = bill.names(axis) if flow is None else flow.names(bill, axis)
    by_step = traffic(bill, batch, dtype, in_place)
    moved, live = dict[str, int](), dict[str, int]()
    for name, bytes_moved, bytes_live in zip(names, by_step.moved, by_step.live, strict=True):
        moved[name] = moved.get(name, 0) + bytes_moved
        live[name] = max(live.get(name, 0), bytes_live)
    totals = {total.name: (total.activations, total.madds) for total in bill.by(axis)}
    order = totals if flow is None else moved  # parameters that are only read belong to no operator
    return [Footprint(name, *totals.get(name, (0, 0)), moved[name], live[name]) for name in order]


def value_bytes(dtype: str) -> int:
    """Return the bytes per value of a type. Raises `InputError` with the most similar type, or all types, if unknown.

    >>> value_bytes("float16")
    2
    """
    if dtype not in DTYPES:
        raise unknown("dtype", dtype, DTYPES)
    return DTYPES[dtype]


def _timeline(bill: Bill, run: Inference) -> Timeline:
    """Return the steps of an inference: those of the run of a network in code, or the ops of a spec."""
    if bill.mode == TRAINING:
        raise InputError(f"{MEMORY}: only that of one inference is known; use a bill without training")
    flow = bill.subject.dataflow
    if flow is None:
        return _timeline_of_spec(bill, run)
    if run != Inference():
        given = next(name for name, value in run._asdict().items() if value != Inference._field_defaults[name])
        raise InputError(f"{MEMORY}: {given} is for specs; {bill.name} is a network in code, {AS_IT_RUNS}; remove it")
    return flow.timeline(bill)


def _timeline_of_spec(bill: Bill, run: Inference) -> Timeline:
    flow, size = _flow(bill, run.batch), value_bytes(run.dtype)

    def step(number: int, each: Op) -> Step:
        moved = ((each.inputs + each.out) * run.batch + each.weights) * size
        overwrites = each.reads[:1] if run.in_place and each.cost.kind in IN_PLACE else ()
        return Step(each.name, moved, each.reads, (number,), overwrites, runs=bool(each.reads))

    steps = [step(number, each) for number, each in enumerate(flow.steps)]
    sizes = {number: flow.size(number) * run.batch * size for number in (INPUT, *range(len(steps)))}
    return Timeline(steps, sizes, flow.outputs, before=[INPUT])


def _flow(bill: Bill, batch: int) -> Flow:
    if not 1 <= batch <= MAX_BATCH:
        raise InputError(f"batch {shown(batch)}: must be {'1 or more' if batch < 1 else f'at most {MAX_BATCH:,}'}")
    if not all(part.wiring for part in bill.parts):
        raise InputError(f"{MEMORY}: the data flow of {bill.name} is not known; use a spec or a network in code")
    if not isinstance(bill.madds, int):
        raise InputError("memory needs one network of whole numbers, not arrays or symbols")
    return Flow(bill.parts, prod(bill.subject.inputs[0].shape[1:]))
