"""The memory of small networks, by hand: what is live, what is moved, and what is stored."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from zoo import Lambda  # noqa: E402

from mfprofile.cost.memory import Peak, peak_memory, traffic  # noqa: E402
from mfprofile.errors import InputError  # noqa: E402
from mfprofile.trace.result import Trace  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402

FOUR = torch.zeros(4)


def traced(function: Callable[..., Any], *inputs: Any, device: str | None = None, **parameters: Tensor) -> Trace:
    """Return the trace of a function as a network; the input is four numbers by default."""
    return trace(Lambda(function, **parameters), list(inputs) or [FOUR], device=device)


def peak_of(function: Callable[..., Any], *inputs: Any, **parameters: Tensor) -> Peak:
    """Return the peak memory of a function as a network, which is the same on both devices."""
    blank, real = (
        peak_memory(traced(function, *inputs, device=device, **parameters).bill()) for device in ("meta", "cpu")
    )
    assert blank == real
    return blank


def live_of(function: Callable[..., Any], *inputs: Any, **parameters: Tensor) -> dict[str, int]:
    """Return the bytes that are live at the peak, by the op that put them out."""
    return {one.name: one.bytes for one in peak_of(function, *inputs, **parameters).live}


def test_a_view_has_the_storage_of_its_tensor() -> None:
    """Both exps have 16 bytes; the views between them none, but they keep the first alive."""
    assert live_of(lambda x: x.exp().view(2, 2).t()[:1].exp()) == {"exp": 16, "exp2": 8}
    assert live_of(lambda x: x.exp().expand(8, 4)) == {"exp": 16}


def test_a_view_keeps_all_of_its_storage_alive() -> None:
    """One of four numbers is read last, and all four are live until then."""
    assert live_of(lambda x: x.exp()[:1].exp().sum()) == {"exp": 16, "exp2": 4}
    assert live_of(lambda x: x.exp()[:1] + x) == {"exp": 16, "add": 16}


def test_what_works_in_place_needs_no_new_storage() -> None:
    """Three activations in place need the 16 bytes of one."""
    assert live_of(lambda x: x.exp().relu_().sigmoid_().mul_(2)) == {"exp": 16}
    assert live_of(lambda x: torch.exp(x, out=torch.empty(4))) == {"empty": 16}


def test_outputs_that_share_a_storage_are_counted_once() -> None:
    """They are live to the end, so the last op adds its own bytes."""

    def function(x: Tensor) -> Any:
        whole = x.exp()
        return whole, whole[:2], whole.view(2, 2), x.sum()

    assert live_of(function) == {"exp": 16, "sum": 4}


def test_an_output_that_nothing_reads_later_is_live_to_the_end() -> None:
    """The first exp is returned, the second is not."""
    assert live_of(lambda x: (x.exp(), x.exp().sum())) == {"exp": 16, "exp2": 16, "sum": 4}
    assert live_of(lambda x: (x.exp().sum(), x.exp())) == {"exp": 16, "sum": 4}
    assert live_of(lambda x: (x.exp()[:2].sum(), x.cos())) == {"exp": 16, "sum": 4}


def test_two_outputs_of_an_operator_are_two_storages() -> None:
    """The largest two of four numbers are 8 bytes, and their positions 16."""
    assert peak_of(lambda x: x.topk(2)).bytes == 8 + 16
    assert peak_of(lambda x: x.exp().chunk(2)).bytes == 16


def test_inputs_parameters_and_buffers_are_apart() -> None:
    """An input that is returned, overwritten or read last is not counted, and neither are weights."""
    network = nn.BatchNorm1d(4)
    assert peak_memory(trace(network, [torch.zeros(2, 4)]).bill()).bytes == 32
    assert peak_of(lambda x: x).bytes == 0
    assert peak_of(lambda x: x.add_(1)).bytes == 0
    assert peak_of(lambda x, w: (x * w, w, x), w=FOUR).bytes == 16
    assert peak_of(lambda x, w: w.expand(3, 4) * x, w=FOUR).bytes == 48


def test_inputs_and_parameters_are_reported_beside_the_peak() -> None:
    """An input that is given twice counts once; the total has all."""
    peak = peak_of(lambda x, y, w: x * y * w, FOUR, FOUR, w=torch.zeros(4, dtype=torch.float64))
    assert (peak.input_bytes, dict(peak.params), peak.params_bytes) == (16, {"float64": 32}, 32)
    assert (peak.bytes, peak.total) == (16 + 32, 16 + 32 + 32 + 16)


def test_what_a_forward_makes_is_live_from_there() -> None:
    """A tensor of zeros, and one of Python's numbers, which moves nothing until it is added."""
    assert live_of(lambda x: x + torch.zeros(4)) == {"zeros": 16, "add": 16}
    for device in ("meta", "cpu"):
        bill = traced(lambda x: x + torch.tensor([1.0, 2.0, 3.0, 4.0]), device=device).bill()
        assert (peak_memory(bill).bytes, sum(traffic(bill).moved)) == (16 + 16, 48)


def test_an_expanded_copy_has_the_bytes_of_the_copy() -> None:
    """`expand` makes a view, `repeat` a copy."""
    assert peak_of(lambda x, w: w.repeat(3, 1) + x, w=FOUR).bytes == 2 * 48
    assert peak_of(lambda x, w: w.expand(3, 4) + x, w=FOUR).bytes == 48


def test_an_operator_that_torch_decomposes_has_the_storages_of_its_parts() -> None:
    """`normalize` has a norm (4 bytes), which is clamped and expanded, and a quotient of 16."""
    assert live_of(lambda x: functional.normalize(x, dim=0)) == {"clamp": 4, "divide": 16}


def test_fused_attention_is_one_operator() -> None:
    """Its scores, 2 · 5 · 5 numbers, are not seen."""
    shape = torch.zeros(1, 2, 5, 4)
    peak = peak_of(lambda x: functional.scaled_dot_product_attention(x.exp(), x, x), shape)
    assert peak.bytes == 2 * 4 * shape.numel()


def test_tensors_in_objects_that_are_returned_are_live_to_the_end() -> None:
    """A dataclass, and an object that keeps its tensors in a dict."""

    @dataclasses.dataclass
    class Pair:
        first: Any
        others: Any

    function: Callable[..., Any] = lambda x: (Pair(x.exp(), {"a": [x.exp()]}), x.exp().sum())  # noqa: E731
    assert peak_of(function).bytes == 3 * 16 + 4


def test_a_sparse_tensor_has_the_storages_of_its_parts() -> None:
    """Four values of four bytes, and two indices of eight for each; what reads them adds its own."""
    result = traced(lambda x: x.to_sparse().sum(), torch.eye(4), device="cpu")
    assert peak_memory(result.bill()).bytes == 4 * (4 + 2 * 8) + 4
    assert [each.operator for each in result.uncovered] == ["_to_sparse", "sum (sparse_coo)"]
    assert peak_memory(traced(lambda x: x.to_sparse(), torch.eye(4), device="cpu").bill()).bytes == 80


def test_a_tensor_without_a_storage_is_named() -> None:
    """The layouts of a library for convolutions are its own."""
    if not torch.backends.mkldnn.is_available():
        pytest.skip("this torch has no mkldnn")
    flow = traced(lambda x: x.exp().to_mkldnn().relu().to_dense(), torch.eye(4), device="cpu").dataflow
    assert flow is not None
    assert dict(flow.unseen) == {"to_mkldnn": 1, "relu": 1}


def test_half_as_many_bytes_in_half_precision() -> None:
    """Each type has its own size, in the peak and in the parameters."""
    layer = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
    whole = peak_memory(trace(layer, [(4,)]).bill())
    half = peak_memory(trace(layer.half(), [torch.zeros(1, 4, dtype=torch.float16)]).bill())
    assert (whole.bytes, dict(whole.params)) == (64, {"float32": 160})
    assert (half.bytes, dict(half.params)) == (32, {"float16": 80})


def test_parameters_are_counted_as_they_are_stored() -> None:
    """Integers of eight bits are one byte each."""
    network = Lambda(lambda x, scale, *_: x * scale, scale=FOUR)
    network.register_parameter("table", nn.Parameter(torch.zeros(3, 5, dtype=torch.int8), requires_grad=False))
    assert dict(peak_memory(trace(network, [FOUR]).bill()).params) == {"float32": 16, "int8": 15}


@pytest.mark.parametrize(
    ("function", "moved"),
    [
        (lambda x: x.view(2, 2).t().expand(3, 2, 2), []),
        (lambda x: x.exp(), [32]),
        (lambda x: x * x, [32]),
        (lambda x: x.exp_(), [32]),
        (lambda x: x.clone(), [32]),
        (lambda x: torch.zeros(4).copy_(x), [16, 32]),
        (lambda x: torch.empty(x.shape), []),
        (lambda x: torch.zeros_like(x), [16]),
        (lambda x: x.sum(), [20]),
        (lambda x: x[:2].exp(), [16]),
        (lambda x: x.view(1, 4).expand(3, 4) + 1, [16 + 48]),
        (lambda x: torch.cat([x, x[:1]]), [16 + 4 + 20]),
        (lambda x: x.index_select(0, torch.arange(2)), [16, 8 + 16 + 8]),
        (lambda x: torch.exp(x, out=torch.empty(4)), [32]),
    ],
)
def test_an_operator_moves_what_it_reads_and_writes(function: Callable[..., Any], moved: list[int]) -> None:
    """Views and memory without values move nothing; what is selected is read, and the rest is not."""
    assert [each for each in traffic(traced(function).bill()).moved if each] == moved


def test_a_layer_moves_its_parameters_too() -> None:
    """Two vectors of three, 15 weights and 5 biases are read, two vectors of five are written."""
    bill = trace(nn.Linear(3, 5), [torch.zeros(2, 3)]).bill()
    assert traffic(bill).moved == [4 * (6 + 15 + 5 + 10)]
    table = nn.Embedding(1000, 3)
    assert traffic(trace(table, [torch.zeros(1, 2, dtype=torch.int64)]).bill()).moved == [16 + 24 + 24]


def test_a_run_on_a_cpu_frees_its_tensors() -> None:
    """The recorder keeps no tensor, and no memory of one."""
    gone = []

    def function(x: Tensor) -> Tensor:
        first = x.exp()
        memory = weakref.ref(first)
        second = first + 1
        del first
        gone.append(memory() is None)
        return second

    peak = peak_memory(traced(function, device="cpu").bill())
    assert (gone, peak.bytes) == ([True], 32)


def test_addresses_that_are_used_again_are_other_storages() -> None:
    """A hundred tensors, each freed before the next, are a hundred storages of which two are live at once."""

    def function(x: Tensor) -> Tensor:
        for _ in range(100):
            x = x.exp()
        return x

    flow = traced(function, device="cpu").dataflow
    assert flow is not None
    assert len(flow.sizes) == 100
    assert peak_of(function).bytes == 32


def test_what_only_specs_have_is_refused() -> None:
    """The batch, the types and what is in place are those of the run."""
    bill = traced(lambda x: x.exp()).bill()
    for name, value in {"batch": 2, "dtype": "float16", "in_place": True}.items():
        with pytest.raises(InputError, match=f"^memory: {name} is for specs; Lambda is a network in code, "):
            peak_memory(bill, **{name: value})
