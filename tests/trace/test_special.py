"""Products that few networks run, each against a count by hand or the same products by other operators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402
from torch.nn import functional  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402
from zoo import Lambda  # noqa: E402

from mfprofile.trace.result import Trace  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402

DEVICES = ("meta", "cpu")


def of(function: Any, given: Tensor, *, device: str | None = None, **parameters: Tensor) -> Trace:
    """Return the trace of a function of a tensor and of parameters."""
    return trace(Lambda(function, **parameters), given, device=device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("use_gelu", [True, False])
def test_a_product_with_an_activation_is_a_linear_and_an_activation(use_gelu: bool, device: str) -> None:
    """It has the products of addmm, and its parameters."""
    traced = of(
        lambda x, b, w: torch._addmm_activation(b, x, w, use_gelu=use_gelu),
        torch.zeros(5, 8),
        device=device,
        b=torch.zeros(4),
        w=torch.zeros(8, 4),
    )
    rows = [(row.kind, row.madds, row.elements, row.params) for row in traced.rows]
    assert rows == [("linear", 5 * 8 * 4, 20, 36), ("gelu" if use_gelu else "relu", 0, 20, 0)]
    assert (traced.uncovered, traced.bill("torch").madds) == ((), 0)  # torch's counter has no rule for it


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("taps", "pad"), [(3, 0), (3, 1), (1, 0)])
def test_a_convolution_by_time_counts_as_a_convolution(taps: int, pad: int, device: str) -> None:
    """The same convolution with the channels second is counted by torch's own counter."""
    steps, weight, bias = torch.zeros(9, 2, 8), torch.zeros(taps, 8, 4), torch.zeros(4)
    traced = of(lambda x, w, b: torch.conv_tbc(x, w, b, pad), steps, device=device, w=weight, b=bias)
    with FlopCounterMode(display=False) as counter:
        functional.conv1d(steps.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad)
    assert 2 * traced.bill().madds == counter.get_total_flops()
    assert (traced.bill().params, traced.uncovered) == (taps * 8 * 4 + 4, ())


def test_distances_of_many_vectors_are_a_product_of_matrices() -> None:
    """As torch runs them: vectors that are longer by two, for the squares of their lengths."""
    first, second = torch.randn(2, 30, 8), torch.randn(40, 8)
    traced = of(lambda x, w: torch.cdist(x, w), first, w=second)
    with FlopCounterMode(display=False) as counter:
        padded = torch.cat([-2 * first, first.pow(2).sum(-1, keepdim=True), torch.ones(2, 30, 1)], -1)
        other = torch.cat([second, torch.ones(40, 1), second.pow(2).sum(-1, keepdim=True)], -1)
        distances = (padded @ other.mT).clamp_min(0).sqrt()
    torch.testing.assert_close(distances, torch.cdist(first, second), atol=1e-3, rtol=1e-3)  # rounded differently
    assert 2 * traced.bill().madds == counter.get_total_flops() == 2 * 2 * 30 * 40 * (8 + 2)
    assert (traced.bill().params, traced.uncovered) == (320, ())


@pytest.mark.parametrize(
    ("rows", "options", "is_product"),
    [
        (25, {}, False),
        (26, {}, True),
        (3, {"compute_mode": "use_mm_for_euclid_dist"}, True),
        (30, {"compute_mode": "donot_use_mm_for_euclid_dist"}, False),
        (30, {"p": 1.0}, False),
    ],
)
def test_the_number_of_vectors_and_the_mode_decide_how_distances_are_computed(
    rows: int, options: dict[str, Any], is_product: bool
) -> None:
    """Without a product they are norms of differences, whose elements are the values that are read."""
    traced = of(lambda x, w: torch.cdist(x, w, **options), torch.zeros(rows, 8), w=torch.zeros(4, 8))
    assert traced.bill().madds == (rows * 4 * 10 if is_product else 0)
    norms = [row.elements for row in traced.rows if row.kind == "vector-norm"]
    assert norms == ([] if is_product else [rows * 4 * 8])
    assert traced.uncovered == ()


def test_small_control_operators_are_free() -> None:
    """They decide on indices, and compute nothing."""
    ids = torch.arange(6)
    for function in (lambda x: torch.isin(x, x[:2]), lambda x: torch.isin(x, 3)):
        traced = trace(Lambda(function), ids)
        assert (traced.rows, traced.uncovered) == ([], ())


@pytest.fixture(scope="module")
def deform() -> Iterator[Any]:
    """Return torchvision's deform_conv2d; where torchvision cannot load its kernels, one that has only shapes."""
    name = "deform_conv2d"
    if hasattr(torch.ops.torchvision, name):
        yield getattr(torch.ops.torchvision, name)
        return
    library = torch.library.Library("torchvision", "FRAGMENT")
    tensors = "Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias"
    numbers = ", ".join(f"int {each}" for each in ("sh", "sw", "ph", "pw", "dh", "dw", "groups", "offset_groups"))
    library.define(f"{name}({tensors}, {numbers}, bool use_mask) -> Tensor")
    library.impl(
        name, lambda x, w, o, *_: x.new_empty(x.shape[0], w.shape[0], *o.shape[-2:]), "CompositeExplicitAutograd"
    )
    yield getattr(torch.ops.torchvision, name)
    library._destroy()


@pytest.mark.parametrize("masked", [True, False])
def test_a_deformable_convolution_counts_its_products_and_names_its_samples(masked: bool, deform: Any) -> None:
    """A 3 × 3 convolution of 6 to 4 channels in 2 groups on 5 × 5: 25 · 9 · 3 · 4 products and 25 · 9 · 6 samples."""
    image, offset = torch.zeros(2, 6, 5, 5), torch.zeros(2, 18, 5, 5)
    mask = torch.zeros(2, 9, 5, 5) if masked else torch.zeros(0, 1)
    traced = of(
        lambda x, w, b: deform(x, w, offset.to(x), mask.to(x), b, 1, 1, 1, 1, 1, 1, 2, 1, masked),
        image,
        device="cpu",
        w=torch.zeros(4, 3, 3, 3),
        b=torch.zeros(4),
    )
    rows = {row.name: (row.kind, row.madds, row.elements, row.params) for row in traced.rows}
    assert rows.pop("mask", None) == (("multiply", 0, 2 * 6 * 9 * 25, 0) if masked else None)
    assert rows == {
        "sample": ("grid-sample", 0, 2 * 6 * 9 * 25, 0),
        "conv": ("conv", 2 * 25 * 9 * 3 * 4, 2 * 4 * 25, 108 + 4),
    }
    with FlopCounterMode(display=False) as counter:
        functional.conv2d(image, torch.zeros(4, 3, 3, 3), padding=1, groups=2)
    assert (2 * traced.bill().madds, traced.bill("torch").madds) == (counter.get_total_flops(), 0)
