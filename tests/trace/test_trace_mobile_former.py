"""Mobile-Former through the tracer: a third count of it, which knows nothing of blocks and tokens.

Every row of the bill is met at its module's path by the operators that really run there: as one of the same kind, or as
`WRITTEN_OUT` says. Nothing else runs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from hypothesis import HealthCheck, given, settings  # noqa: E402
from strategies import spec_mappings  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from mfprofile import Bill, count  # noqa: E402
from mfprofile.cost.rows import Row  # noqa: E402
from mfprofile.nn.model import MobileFormer  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.trace.traced import Trace  # noqa: E402

MODELS = ["mf508m", "mf294m", "mf214m", "mf151m", "mf96m", "mf52m", "mf26m"]
ABLATIONS = ["mf294m-mobile", "mf294m-relu", "mf294m-kernel5", "mf294m-tokens1", "mf294m-no-ffn", "mf294m-mlp"]
NO_LIMITS = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
Op = tuple[str, int, int, int, int, int]
"""A kind, its products, its elements, the values it puts out, its weights and its biases."""


def op(row: Row) -> Op:
    """Return all that is compared of a row but its path."""
    return row.kind, row.madds, row.elements, row.activations, row.weights, row.biases


def plain(kind: str, elements: int) -> Op:
    """Return an op on each value, without products or parameters."""
    return kind, 0, elements, elements, 0, 0


def dynamic_relu(row: Row) -> list[Op]:
    """max(2s₁ · x, (2s₂ − 1) · x): the slopes are of a channel each, the two products and the maximum of each value."""
    channels, values = row.out[0], prod(row.out)
    slopes = [plain("scale", channels), plain("scale", channels), plain("shift", channels)]
    return [*slopes, plain("multiply", values), plain("multiply", values), plain("maximum", values)]


def gate(row: Row) -> list[Op]:
    """2 · h-sigmoid · what was found: the factor 2 is a constant, which costs nothing in the bill."""
    return [plain("scale", row.elements), plain("multiply", row.elements)]


def scores(row: Row) -> list[Op]:
    """Of query / √(channels a head) · keysᵀ: the scale is a constant again, on each value of the query."""
    heads, rows, _ = row.out
    inner = row.madds // row.elements
    return [plain("scale", heads * rows * inner), op(row)]


WRITTEN_OUT: Mapping[str, Callable[[Row], list[Op]]] = {
    "dy-relu": dynamic_relu,
    "multiply": gate,
    "scores": scores,
}
"""What runs for a row that is not one operator, by its kind, or by its name where only that tells."""


def as_run(row: Row, modules: Mapping[str, nn.Module]) -> tuple[str, list[Op]]:
    """Return the path of the module that computes a row, and the operators by which it does."""
    name = re.sub(r"\.P[3-7]$", "", row.name)  # a detector's towers run on each level
    path, last = (name, "") if name in modules else (name.rpartition(".")[0], name.rpartition(".")[2])
    written = WRITTEN_OUT.get(row.kind) or WRITTEN_OUT.get(last)
    if written is not None:
        return path, written(row)
    if row.kind == "depthwise":
        return path, [(as_torch_has_it(modules[path]), *op(row)[1:])]
    return path, [op(row)]


def as_torch_has_it(conv: Any) -> str:
    """Return what a depthwise convolution is to one who sees its weights alone: of 1×1 pointwise, of one channel any."""
    if conv.kernel_size == (1, 1):
        return "pointwise"
    return "depthwise" if conv.groups > 1 else "conv"


def traced(bill: Bill) -> tuple[nn.Module, Trace]:
    """Return the torch model of a bill's network, and its trace."""
    with torch.device("meta"):
        model = MobileFormer(bill.subject)
    return model, trace(model, (3, bill.subject.height, bill.subject.width))


def assert_every_row_is_met(bill: Bill) -> None:
    """Compare both sides as multisets of (path, op)."""
    model, found = traced(bill)
    modules = dict(model.named_modules())
    ours: Counter[tuple[str, Op]] = Counter()
    for row in bill.rows:
        path, written = as_run(row, modules)
        ours.update((path, each) for each in written)
    theirs = Counter((row.part.path, op(row)) for row in found.rows)
    assert theirs - ours == Counter()
    assert ours - theirs == Counter()
    assert (found.device, found.uncovered, found.unused) == ("meta", (), {})
    assert (found.bill().madds, found.bill().params) == (bill.under("core").madds, bill.params)


@pytest.mark.parametrize("name", [*MODELS, *ABLATIONS, "mf151m-retinanet", "mf294m-coco"])
def test_every_row_of_every_kind_is_met_at_its_path(name: str) -> None:
    """Products, norms, activations, additions, softmax, pooling and parameters, and nothing runs besides."""
    assert_every_row_is_met(count(name))


@given(spec_mappings())
@settings(NO_LIMITS, max_examples=40)
def test_every_row_is_met_in_any_spec(mapping: dict[str, Any]) -> None:
    """With every switch."""
    assert_every_row_is_met(count(mapping))


@pytest.mark.slow
@given(spec_mappings())
@settings(NO_LIMITS, max_examples=400)
def test_every_row_is_met_in_hundreds_of_specs(mapping: dict[str, Any]) -> None:
    """As above."""
    assert_every_row_is_met(count(mapping))


@pytest.mark.parametrize("name", MODELS)
def test_the_core_is_that_of_torchs_own_counter(name: str) -> None:
    """Three counts agree: the arithmetic, the tracer and FlopCounterMode."""
    bill = count(name)
    model, found = traced(bill)
    with FlopCounterMode(display=False) as mode:
        model.eval()(torch.zeros(1, 3, 224, 224, device="meta"))
    assert found.bill().madds == bill.madds == mode.get_total_flops() // 2


@pytest.mark.parametrize("name", ["mf294m", "mf26m", "mf294m-mlp", "mf151m-retinanet"])
@pytest.mark.parametrize("tool", ["fvcore", "thop", "ptflops", "ptflops-pytorch", "torchinfo", "torch"])
def test_the_tools_are_predicted_from_traced_rows_too(name: str, tool: str) -> None:
    """The same conventions weigh both; what a row of ours is written out as, these tools do not count."""
    bill = count(name, tool)
    found = traced(bill)[1].bill(tool)
    assert (found.madds, found.counted_params) == (bill.madds, bill.counted_params)
