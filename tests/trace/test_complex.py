"""Complex numbers: a product of two of them counts as four of real numbers, in every operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402
from zoo import Lambda  # noqa: E402

from mfprofile.trace.result import Trace  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.verify.verify import chosen, verified  # noqa: E402

TYPES = (torch.float32, torch.complex64)
# 20 vectors of 8 values, multiplied by a matrix of 8 × 16
PRODUCTS: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "linear": lambda x, w: functional.linear(x, w),
    "matmul": lambda x, w: x @ w.T,
    "a conjugate": lambda x, w: x.conj() @ w.mH,
    "mm": lambda x, w: torch.mm(x, w.T),
    "bmm": lambda x, w: torch.bmm(x[None], w.T[None]),
    "addmm": lambda x, w: torch.addmm(x[:1, :1], x, w.T),
    "baddbmm": lambda x, w: torch.baddbmm(x[None, :1, :1], x[None], w.T[None]),
    "einsum": lambda x, w: torch.einsum("ij,kj->ik", x, w),
    "einsum of three": lambda x, w: torch.einsum("ij,kj,i->ik", x, w, x[:, 0]),
    "tensordot": lambda x, w: torch.tensordot(x, w, dims=([1], [1])),
    "inner": lambda x, w: torch.inner(x, w),
    "conv1d": lambda x, w: functional.conv1d(x.T[None], w[:, :, None]),
    "conv1d of one image": lambda x, w: functional.conv1d(x.T, w[:, :, None]),
    "conv1d, padding by a word": lambda x, w: functional.conv1d(x.T[None], w[:, :, None], padding="same"),
    "conv2d": lambda x, w: functional.conv2d(x.T[None, :, :, None], w[:, :, None, None]),
    "conv3d": lambda x, w: functional.conv3d(x.T[None, :, :, None, None], w[:, :, None, None, None]),
    "conv_transpose1d": lambda x, w: functional.conv_transpose1d(x.T[None], w.T[:, :, None]),
    "conv_transpose2d": lambda x, w: functional.conv_transpose2d(x.T[None, :, :, None], w.T[:, :, None, None]),
    "conv_transpose3d": lambda x, w: functional.conv_transpose3d(x.T[:, :, None, None], w.T[:, :, None, None, None]),
}


def product(function: Callable[..., Any], dtype: Any, device: str) -> Trace:
    """Return the trace of a product of an input with a parameter, of a type."""
    model = Lambda(function, w=torch.zeros(16, 8, dtype=dtype))
    return trace(model, torch.zeros(20, 8, dtype=dtype), device=device)


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_counts_as_those_of_real_numbers(name: str, dtype: Any, device: str) -> None:
    """There are 20 · 8 · 16 of them, however they are written; by hand, each of complex numbers is four of real ones."""
    traced = product(PRODUCTS[name], dtype, device)
    assert (traced.bill().madds, traced.bill().params, traced.uncovered) == (2560 * times(dtype), 128, ())


def times(dtype: Any) -> int:
    """Return how many products of real numbers a product is."""
    return 4 if dtype.is_complex else 1


@pytest.mark.parametrize("name", ["linear", "matmul", "bmm", "addmm", "einsum"])
def test_torchs_counter_takes_each_for_one_product(name: str) -> None:
    """It counts 2 FLOPs for a product of any type, and so it is predicted."""
    x, w = torch.zeros(20, 8, dtype=torch.complex64), torch.zeros(16, 8, dtype=torch.complex64)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        PRODUCTS[name](x, w)
    bill = product(PRODUCTS[name], torch.complex64, "meta").bill("torch")
    assert bill.madds == counter.get_total_flops() == 2 * 2560


@pytest.mark.parametrize("bias", [True, False])
def test_every_counter_is_explained_on_complex_layers(bias: bool) -> None:
    """They count one product where core counts four, and three for a convolution."""
    model = nn.Sequential(nn.Linear(8, 8, bias=bias, dtype=torch.complex64), nn.Conv1d(5, 3, 1, dtype=torch.complex64))
    given = torch.zeros(1, 5, 8, dtype=torch.complex64)
    traced = trace(model, given)
    verification = verified(traced.bill(), model, chosen(["torch", "fvcore", "thop"]), lambda _: None, (given,))
    assert traced.bill().madds == 4 * (5 * 8 * 8 + 8 * 5 * 3)
    assert [(one.measured.tool, one.unexplained) for one in verification.explanations] == [
        ("torch", 0),
        ("fvcore", 0),
        ("thop", 0),
    ]


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_attention_and_bilinear_count_all_their_products(dtype: Any) -> None:
    """They have several products."""
    tokens = torch.empty(1, 2, 20, 8, dtype=dtype, device="meta")
    attention = trace(Lambda(lambda x: functional.scaled_dot_product_attention(x, x, x)), tokens)
    assert attention.bill().madds == times(dtype) * 2 * (2 * 20 * 20 * 8)
    vectors = torch.empty(20, 8, dtype=dtype, device="meta")
    assert trace(nn.Bilinear(8, 8, 2, dtype=dtype), [vectors, vectors]).bill().madds == times(dtype) * 20 * 2 * (
        8 * 8 + 8
    )


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("kind", [nn.Conv1d, nn.ConvTranspose1d])
def test_layers_are_one_op_and_torchs_counter_is_explained(kind: Any, bias: bool) -> None:
    """It counts the three real convolutions that torch runs, at 2 FLOPs a product."""
    layer = kind(8, 16, 3, bias=bias, dtype=torch.complex64)
    image = torch.zeros(2, 8, 20, dtype=torch.complex64)
    traced = trace(layer, image)
    positions = 18 if kind is nn.Conv1d else 20
    ((madds, params),) = [(row.madds, row.params) for row in traced.rows]
    assert (madds, params) == (2 * 3 * 8 * 16 * positions, 3 * 8 * 16 + 16 * bias)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(image)
    assert traced.bill("torch").madds == counter.get_total_flops() == 6 * madds
    assert traced.bill("fvcore").madds == 3 * madds


def test_a_view_of_complex_numbers_as_real_ones_has_real_products() -> None:
    """Each complex number is then two real numbers: 20 · 8 rows of 2, times 2 columns."""
    model = Lambda(lambda x, w: torch.view_as_real(x) @ w, w=torch.zeros(2, 2))
    assert trace(model, torch.zeros(20, 8, dtype=torch.complex64)).bill().madds == 20 * 8 * 2 * 2
    by_hand = Lambda(lambda x, w: (x.real @ w.real, x.real @ w.imag, x.imag @ w.real, x.imag @ w.imag))
    by_hand.w = nn.Parameter(torch.zeros(8, 16, dtype=torch.complex64))
    traced = trace(by_hand, torch.zeros(20, 8, dtype=torch.complex64))
    assert (traced.bill().madds, traced.bill().params) == (4 * 20 * 8 * 16, 8 * 16)


def test_a_dot_product_of_complex_vectors_counts_four_times_its_length() -> None:
    """With and without a conjugate."""
    vector = torch.zeros(20, dtype=torch.complex64)
    for function in (torch.dot, torch.vdot, torch.linalg.vecdot, torch.matmul):
        assert trace(Lambda(function), [vector, vector]).bill().madds == 4 * 20
