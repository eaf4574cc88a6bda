"""Trace Mobile-Former: a third count, by code that does not know about blocks and tokens.

Each row of the bill matches the operators that run at its module's path: one of the same kind, or those of
`WRITTEN_OUT`. Nothing else runs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import pytest
from effort import one_in, part_of

torch = pytest.importorskip("torch")

from hypothesis import HealthCheck, given, settings  # noqa: E402
from strategies import spec_mappings  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from mfprofile import Bill, count  # noqa: E402
from mfprofile.cost.rows import Row  # noqa: E402
from mfprofile.nn.model import MobileFormer  # noqa: E402
from mfprofile.trace.result import Trace  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402

MODELS = [
    *("mf294m", "mf26m"),
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("mf508m", "mf214m", "mf151m", "mf96m", "mf52m")),
]
ABLATIONS = ["mf294m-mobile", "mf294m-relu", "mf294m-kernel5", "mf294m-tokens1", "mf294m-no-ffn", "mf294m-mlp"]
NO_LIMITS = settings(suppress_health_check=list(HealthCheck), derandomize=True)
Op = tuple[str, int, int, int, int, int]
"""An op's kind, products, elements, activations, weights and biases."""


def op(row: Row) -> Op:
    """Return all values of a row that are compared, except its path."""
    return row.kind, row.madds, row.elements, row.activations, row.weights, row.biases


def plain(kind: str, elements: int) -> Op:
    """Return an op on each value, without products or parameters."""
    return kind, 0, elements, elements, 0, 0


def dynamic_relu(row: Row) -> list[Op]:
    """Return the ops of max(2s₁ · x, (2s₂ − 1) · x): slopes for each channel, two products and a maximum of each value."""
    channels, values = row.out[0], prod(row.out)
    slopes = [plain("scale", channels), plain("scale", channels), plain("shift", channels)]
    return [*slopes, plain("multiply", values), plain("multiply", values), plain("maximum", values)]


def gate(row: Row) -> list[Op]:
    """Return the ops of 2 · h-sigmoid · value: the factor 2 is a constant, which costs nothing in the bill."""
    return [plain("scale", row.elements), plain("multiply", row.elements)]


def scores(row: Row) -> list[Op]:
    """Return the ops of query / √(channels of a head) · keysᵀ: the scale is a constant, on each value of the query."""
    heads, rows, _ = row.out
    inner = row.madds // row.elements
    return [plain("scale", heads * rows * inner), op(row)]


WRITTEN_OUT: Mapping[str, Callable[[Row], list[Op]]] = {
    "dy-relu": dynamic_relu,
    "multiply": gate,
    "scores": scores,
}
"""The ops that run for a row that is not one operator, by its kind or its name."""


def as_run(row: Row, modules: Mapping[str, nn.Module]) -> tuple[str, list[Op]]:
    """Return the path of the module that computes a row, and the ops that run there."""
    name = re.sub(r"\.P[3-7]$", "", row.name)  # the towers of a detector run on each level
    path, last = (name, "") if name in modules else (name.rpartition(".")[0], name.rpartition(".")[2])
    written = WRITTEN_OUT.get(row.kind) or WRITTEN_OUT.get(last)
    if written is not None:
        return path, written(row)
    if row.kind == "depthwise":
        return path, [(kind_in_trace(modules[path]), *op(row)[1:])]
    return path, [op(row)]


def kind_in_trace(conv: Any) -> str:
    """Return the kind of a depthwise convolution by its weights alone: pointwise for 1×1, conv for one channel."""
    if conv.kernel_size == (1, 1):
        return "pointwise"
    return "depthwise" if conv.groups > 1 else "conv"


def traced(bill: Bill) -> tuple[nn.Module, Trace]:
    """Return the torch model of a bill's network, and its trace."""
    with torch.device("meta"):
        model = MobileFormer(bill.subject)
    return model, trace(model, (3, bill.subject.height, bill.subject.width))


def assert_all_rows_match(bill: Bill) -> None:
    """Compare the bill and the trace as multisets of (path, op)."""
    model, result = traced(bill)
    modules = dict(model.named_modules())
    ours: Counter[tuple[str, Op]] = Counter()
    for row in bill.rows:
        path, written = as_run(row, modules)
        ours.update((path, each) for each in written)
    theirs = Counter((row.part.path, op(row)) for row in result.rows)
    assert theirs - ours == Counter()
    assert ours - theirs == Counter()
    assert (result.device, result.uncovered, result.unused) == ("meta", (), {})
    assert (result.bill().madds, result.bill().params) == (bill.under("core").madds, bill.params)


@pytest.mark.parametrize(
    "name", [*MODELS, *ABLATIONS, "mf151m-retinanet", pytest.param("mf294m-coco", marks=pytest.mark.slow)]
)
def test_every_row_of_every_kind_matches_at_its_path(name: str) -> None:
    """Kinds are products, norms, activations, additions, softmax, pooling and parameters; nothing else runs."""
    assert_all_rows_match(count(name))


@given(spec_mappings())
@settings(NO_LIMITS, max_examples=40)
def test_every_row_matches_in_any_spec(mapping: dict[str, Any]) -> None:
    """The specs use every switch."""
    assert_all_rows_match(count(mapping))


@pytest.mark.slow
@given(spec_mappings())
@settings(NO_LIMITS, max_examples=part_of(400))
def test_every_row_matches_in_hundreds_of_specs(mapping: dict[str, Any]) -> None:
    """The test above runs with more specs."""
    assert_all_rows_match(count(mapping))


@pytest.mark.parametrize("name", MODELS)
def test_the_core_is_that_of_torchs_own_counter(name: str) -> None:
    """The arithmetic, the tracer and FlopCounterMode agree."""
    bill = count(name)
    model, result = traced(bill)
    with FlopCounterMode(display=False) as mode:
        model.eval()(torch.zeros(1, 3, 224, 224, device="meta"))
    assert result.bill().madds == bill.madds == mode.get_total_flops() // 2


@pytest.mark.parametrize("name", one_in(4, ["mf294m", "mf26m", "mf294m-mlp", "mf151m-retinanet"]))
@pytest.mark.parametrize("tool", ["fvcore", "thop", "ptflops", "ptflops-pytorch", "torchinfo", "torch"])
def test_traced_rows_predict_the_tools_too(name: str, tool: str) -> None:
    """The same conventions apply to both. The tools do not count the extra ops of `WRITTEN_OUT`."""
    bill = count(name, tool)
    traced_bill = traced(bill)[1].bill(tool)
    assert (traced_bill.madds, traced_bill.counted_params) == (bill.madds, bill.counted_params)
