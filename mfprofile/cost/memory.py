"""Memory of an inference: what is live while each op runs, and what each op moves.

Every op's output is a buffer of its own, made when the op begins and freed when the last op that reads it has ended;
nothing is fused. `in_place` is the other reading: an elementwise op, a norm or a softmax writes over what it reads
wherever nothing else reads that later, as where BatchNorm is folded into its convolution. The input image is live until
the stem has read it, the network's answer to the end. Workspaces of convolutions are a library's affair and not here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import NamedTuple

from mfprofile.cost.bill import Bill
from mfprofile.cost.flow import INPUT, Flow
from mfprofile.spec.names import MEMORY
from mfprofile.spec.problems import InputError, unknown
from mfprofile.spec.words import shown

DTYPES: Mapping[str, int] = MappingProxyType({"float32": 4, "float16": 2, "bfloat16": 2, "int8": 1})
"""The bytes of a value, by its type."""
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
"""Kinds of ops that can write over the first thing they read, which has their output's shape."""


class Inference(NamedTuple):
    """How a network is run: on how many images at once, in which type, and whether ops write over what they read."""

    batch: int = 1
    dtype: str = "float32"
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class Live:
    """A tensor that is live: the op that put it out (`input`, the image) and its bytes."""

    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Peak:
    """The most activation bytes that are live at once, at which op, and which tensors those are, the oldest first.

    `params_bytes` are those of all parameters in the same type (BatchNorm's running statistics are none), `total` what
    a device needs for both.
    """

    bytes: int
    op: str
    live: tuple[Live, ...]
    params_bytes: int
    batch: int
    dtype: str

    @property
    def total(self) -> int:
        """Return the bytes of the live activations and of the parameters together."""
        return self.bytes + self.params_bytes


@dataclass(frozen=True, slots=True)
class Traffic:
    """Of each op, in running order: the bytes live while it runs, and those that it moves.

    `moved` are its inputs, parameters and output, each once, as where every op runs by itself and nothing stays in a
    cache.
    """

    live: list[int]
    moved: list[int]


def peak_memory(bill: Bill, batch: int = 1, dtype: str = "float32", in_place: bool = False) -> Peak:
    """Return the peak memory of an inference on `batch` images.

    Raises `InputError` for a type that is not in `DTYPES`, a batch of less than 1, and a bill of arrays or symbols.

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
    """Return what is live and what is moved at each of the bill's rows; raises `InputError` as `peak_memory`."""
    size = value_bytes(dtype)
    flow = _flow(bill, batch)
    moved = [((step.inputs + step.out) * batch + step.weights) * size for step in flow.steps]
    return Traffic([values * batch * size for values, _ in _walk(flow, in_place)], moved)


@dataclass(frozen=True, slots=True)
class Footprint:
    """What some rows put out, count and move, and the most that is live while one of them runs.

    `activations` are values and `madds` multiply-adds of one image; `moved` and `live` are bytes of the whole batch.
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

    Raises `InputError` for another axis, and as `peak_memory`.
    """
    found = traffic(bill, batch, dtype, in_place)
    moved, live = dict[str, int](), dict[str, int]()
    for name, bytes_moved, bytes_live in zip(bill.names(axis), found.moved, found.live, strict=True):
        moved[name] = moved.get(name, 0) + bytes_moved
        live[name] = max(live.get(name, 0), bytes_live)
    return [
        Footprint(total.name, total.activations, total.madds, moved[total.name], live[total.name])
        for total in bill.by(axis)
    ]


def value_bytes(dtype: str) -> int:
    """Return the bytes of a value of a type; raises `InputError` with the types that there are.

    >>> value_bytes("float16")
    2
    """
    if dtype not in DTYPES:
        raise unknown("dtype", dtype, DTYPES)
    return DTYPES[dtype]


def _flow(bill: Bill, batch: int) -> Flow:
    if batch < 1:
        raise InputError(f"batch {shown(batch)}: must be 1 or more")
    if not all(part.wiring for part in bill.parts):
        raise InputError(f"{MEMORY}: the data flow of a network in code is not known; a memory limit needs a spec")
    if not isinstance(bill.madds, int):
        raise InputError("memory is that of one network of whole numbers, not of arrays or symbols")
    return Flow(bill.parts, prod(bill.subject.inputs[0].shape[1:]))


def _walk(flow: Flow, in_place: bool) -> Iterator[tuple[int, dict[int, int]]]:
    """Yield for each step how many values are live while it runs, and those of each source; it changes as it goes."""
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
        yield (total if step.reads else 0), live  # a table is there, and runs nothing
        for source in dying.get(number, ()):
            total -= live.pop(source, 0)


def _last_reads(flow: Flow) -> dict[int, int]:
    """Return the last step that reads each source: what none reads ends with itself, the network's answer never."""
    last = {number: number for number in range(len(flow.steps))}
    last |= {source: number for number, step in enumerate(flow.steps) for source in step.reads}
    return last | dict.fromkeys(flow.answers, len(flow.steps))


def _name(flow: Flow, source: int) -> str:
    return "input" if source == INPUT else flow.steps[source].name
