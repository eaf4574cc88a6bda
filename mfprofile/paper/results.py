"""The accuracy and cost of each network in the paper's tables: the points of its Figure 2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from mfprofile.cost.bill import count
from mfprofile.cost.weights import Convention
from mfprofile.paper.cells import COCO, counted, spec_of
from mfprofile.paper.printed import printed
from mfprofile.paper.tables import TITLES, Line, table
from mfprofile.spec.load import load

OURS, CNN, VIT = "Mobile-Former", "efficient CNN", "vision transformer"

_CNNS = ("MobileNetV3", "ShuffleNetV2", "EfficientNet")
_WEIGHTNET = "+WeightNet"


@dataclass(frozen=True, slots=True)
class Result:
    """A network as printed in a table: its family and sort, top-1 in percent, multiply-adds and parameters.

    `spec` is the name of our spec, empty for other networks. `table` is the first table that lists the network.
    """

    model: str
    family: str
    sort: str
    table: str
    input: str
    spec: str
    madds: int
    params: int
    top1: float


@dataclass(frozen=True, slots=True)
class Detection:
    """A row of Table 4: a backbone's sort, its AP in percent, and a cost.

    `source` is `counted`, `predicted` or `printed`.
    """

    model: str
    sort: str
    ap: float
    cost: int
    source: str


def coco(column: str, convention: str = COCO) -> Iterator[Detection]:
    """Yield the rows of Table 4 with one of its cost columns, ordered by sort and cost."""
    detections = []
    for line in table("4").lines:
        cost, source, spec = int(printed(line.cells[column]).value), "printed", spec_of(line, column)
        if spec:
            cost, source = counted(spec, column, convention), "counted"
        detections.append(Detection(line.model, _sort(line.model), float(line.cells["ap"]), cost, source))
    yield from sorted(detections, key=lambda each: (each.sort, each.cost))


def coco_latencies(part: str, convention: Convention) -> Iterator[Detection]:
    """Yield the Mobile-Formers of Table 4, each with its predicted latency in nanoseconds, the fastest first.

    `part` is `backbone` or `all`. Raises `InputError` without a latency model.
    """
    predicted = []
    for line, spec in _ours(part):
        latency = count(load(spec), convention).latency
        predicted.append(Detection(line.model, _sort(line.model), float(line.cells["ap"]), latency, "predicted"))
    yield from sorted(predicted, key=lambda each: each.cost)


def coco_specs(part: str) -> list[str]:
    """Return the specs of the Mobile-Formers of Table 4: of the `backbone`, or of `all`."""
    return [spec for _, spec in _ours(part)]


def _ours(part: str) -> list[tuple[Line, str]]:
    return [(line, spec) for line in table("4").lines if (spec := spec_of(line, f"{part}_madds"))]


@cache
def imagenet() -> tuple[Result, ...]:
    """Return the networks of Tables 2 and 3, each once, ordered by sort, family and cost."""
    results = {(result.model, result.input): result for number in ("3", "2") for result in _results(number)}
    return tuple(sorted(results.values(), key=lambda result: (result.sort, result.family, result.madds)))


@cache
def accuracies() -> dict[str, float]:
    """Return the printed top-1 of each spec that has one. If tables differ, the first table is used.

    For the 294M, Table 2 prints 77.9, and the ablation tables print 77.8.
    """
    lines = [line for number in TITLES for line in table(number).lines if line.spec and line.cells.get("top1")]
    return {line.spec: float(line.cells["top1"]) for line in reversed(lines)}


def _results(number: str) -> Iterator[Result]:
    for line in table(number).lines:
        cells = line.cells
        family, sort = _family(line.model, number)
        madds, params = (int(printed(cells[column]).value) for column in ("madds", "params"))
        yield Result(
            line.model, family, sort, number, cells["input"], line.spec, madds, params, float(cells["top1"])
        )  # fmt: skip


def _sort(model: str) -> str:
    if model.startswith(OURS):
        return OURS
    if model.startswith("ResNet"):
        return "ResNet"
    return CNN if model.startswith(_CNNS) else VIT


def _family(model: str, number: str) -> tuple[str, str]:
    if model.startswith(OURS):
        return OURS, OURS
    if number == "2":
        family = next(name for name in _CNNS if model.startswith(name))
        return (f"{family}{_WEIGHTNET}" if _WEIGHTNET in model else family), CNN
    return model.split("-")[0].rstrip("0123456789+"), VIT
