"""The memory of an inference: which bytes are live while each op runs, and which bytes each op moves.

Each op writes its output to a buffer of its own. The buffer is allocated when the op begins, and freed when the last op
that reads it has ended. Nothing is fused. With `in_place`, an elementwise op, a norm or a softmax overwrites its input
if no later op reads that input, as when BatchNorm is folded into its convolution. The input image is live until the
stem has read it, and the network's output is live to the end. Workspaces of convolutions depend on the library and are
not counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import NamedTuple

from mfprofile.cost.bill import Bill
from mfprofile.cost.flow import INPUT, Flow
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


class Inference(NamedTuple):
    """How a network is run: the images per batch, the type, and whether ops overwrite their inputs."""

    batch: int = 1
    dtype: str = "float32"
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class Live:
    """A live tensor: the op that computed it (`input` for the image), and its bytes."""

    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Peak:
    """The maximum of live activation bytes, the op at which it occurs, and the live tensors there, oldest first.

    `params_bytes` is the size of all parameters in the same type, without BatchNorm's running statistics. `total` is
    what a device needs for both.
    """

    bytes: int
    op: str
    live: tuple[Live, ...]
    params_bytes: int
    batch: int
    dtype: str

    @property
    def total(self) -> int:
        """Return the bytes of live activations plus the bytes of parameters."""
        return self.bytes + self.params_bytes


@dataclass(frozen=True, slots=True)
class Traffic:
    """For each op, in running order: the bytes that are live while it runs, and the bytes that it moves.

    `moved` counts inputs, parameters and output once each, as if every op ran by itself and nothing stayed in a cache.
    """

    live: list[int]
    moved: list[int]


def peak_memory(bill: Bill, batch: int = 1, dtype: str = "float32", in_place: bool = False) -> Peak:
    """Return the peak memory of an inference on `batch` images.

    Raises `InputError` for a type that is not in `DTYPES`, a batch below 1, a network in code, and a bill of arrays or
    symbols.

    >>> from mfprofile.cost.bill import count
    >>> peak_memory(count("mf294m")).op
    'blocks.1.mobile.depthwise.norm'
    """
    size = batch * value_bytes(dtype)
    flow = _flow(bill, batch)
    most, at, tensors = 0, 0, list[tuple[int, int]]()
    for number, (values, live) in enumerate(_walk(flow, in_place)):
        if values > most:
            most, at, tensors = values, number, list(live.items())
    named = tuple(Live(_name(flow, source), values * size) for source, values in tensors if values)
    return Peak(most * size, flow.steps[at].name, named, bill.params * value_bytes(dtype), batch, dtype)


def traffic(bill: Bill, batch: int = 1, dtype: str = "float32", in_place: bool = False) -> Traffic:
    """Return the live and the moved bytes for each row of the bill. Raises `InputError` as `peak_memory` does."""
    size = value_bytes(dtype)
    flow = _flow(bill, batch)
    moved = [((step.inputs + step.out) * batch + step.weights) * size for step in flow.steps]
    return Traffic([values * batch * size for values, _ in _walk(flow, in_place)], moved)


@dataclass(frozen=True, slots=True)
class Footprint:
    """The sums of some rows, and the maximum of live bytes while one of them runs.

    `activations` (values) and `madds` are for one image. `moved` and `live` are bytes for the whole batch.
    """

    name: str
    activations: int
    madds: int
    moved: int
    live: int


def footprints(
    bill: Bill, axis: str, batch: int = 1, dtype: str = "float32", in_place: bool = False
) -> list[Footprint]:
    """Return the footprints by block, stage, pillar, kind or op, in running order.

    Raises `InputError` for an unknown axis, and as `peak_memory` does.
    """
    by_row = traffic(bill, batch, dtype, in_place)
    moved, live = dict[str, int](), dict[str, int]()
    for name, bytes_moved, bytes_live in zip(bill.names(axis), by_row.moved, by_row.live, strict=True):
        moved[name] = moved.get(name, 0) + bytes_moved
        live[name] = max(live.get(name, 0), bytes_live)
    return [
        Footprint(total.name, total.activations, total.madds, moved[total.name], live[total.name])
        for total in bill.by(axis)
    ]


def value_bytes(dtype: str) -> int:
    """Return the bytes per value of a type. Raises `InputError` with the most similar type, or all types, if unknown.

    >>> value_bytes("float16")
    2
    """
    if dtype not in DTYPES:
        raise unknown("dtype", dtype, DTYPES)
    return DTYPES[dtype]


def _flow(bill: Bill, batch: int) -> Flow:
    if not 1 <= batch <= MAX_BATCH:
        raise InputError(f"batch {shown(batch)}: must be {'1 or more' if batch < 1 else f'at most {MAX_BATCH:,}'}")
    if bill.mode == TRAINING:
        raise InputError(f"{MEMORY}: only that of one inference is known; use a bill without training")
    if not all(part.wiring for part in bill.parts):
        raise InputError(f"{MEMORY}: the data flow of a network in code is not known; peak memory needs a spec")
    if not isinstance(bill.madds, int):
        raise InputError("memory needs one network of whole numbers, not arrays or symbols")
    return Flow(bill.parts, prod(bill.subject.inputs[0].shape[1:]))


def _walk(flow: Flow, in_place: bool) -> Iterator[tuple[int, dict[int, int]]]:
    """Yield for each step how many values are live while it runs, in total and by source.

    The dict by source is the same object in each iteration; it changes after the next step.
    """
    last = _last_reads(flow)
    dying: dict[int, list[int]] = {}
    for source, number in last.items():
        dying.setdefault(number, []).append(source)
    live = {INPUT: flow.size(INPUT)}
    total = live[INPUT]
    for number, step in enumerate(flow.steps):
        if in_place and step.cost.kind in IN_PLACE and last[step.reads[0]] == number:
            total -= live.pop(step.reads[0])
        live[number] = step.out
        total += step.out
        yield (total if step.reads else 0), live  # the token table is a parameter and runs nothing
        for source in dying.get(number, ()):
            total -= live.pop(source, 0)


def _last_reads(flow: Flow) -> dict[int, int]:
    """Return the last step that reads each source.

    A source without readers ends with its own step. The network's output never ends.
    """
    last = {number: number for number in range(len(flow.steps))}
    last |= {source: number for number, step in enumerate(flow.steps) for source in step.reads}
    return last | dict.fromkeys(flow.outputs, len(flow.steps))


def _name(flow: Flow, source: int) -> str:
    return "input" if source == INPUT else flow.steps[source].name
