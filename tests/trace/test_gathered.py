"""Sums at the places of an index, as networks on graphs and mixtures of experts have them, and small operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402
from zoo import Lambda  # noqa: E402

from mfprofile.trace.result import Trace  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402

INDEX = torch.tensor([0, 2, 2, 1])


def of(function: Callable[..., Tensor], *inputs: Any) -> Trace:
    """Return the trace of a function."""
    return trace(Lambda(function), inputs)


@pytest.mark.parametrize(
    "function",
    [
        lambda x, at: x.new_zeros(3, 5).index_add(0, at, x),
        lambda x, at: x.new_zeros(3, 5).index_add_(0, at, x, alpha=2),
        lambda x, at: x.new_zeros(3, 5).index_reduce(0, at, x, "amax", include_self=False),
        lambda x, at: x.new_zeros(3, 5).scatter_add(0, at[:, None].expand(4, 5), x),
        lambda x, at: x.new_zeros(3, 5).scatter_reduce(0, at[:, None].expand(4, 5), x, "mean"),
    ],
    ids=["index_add", "index_add_", "index_reduce", "scatter_add", "scatter_reduce"],
)
def test_a_sum_at_the_places_of_an_index_reads_each_value_of_the_source(function: Any) -> None:
    """It is a sum of 4 · 5 values into 3 · 5, whatever the size of what it adds to, and has no products."""
    traced = of(function, torch.ones(4, 5), INDEX)
    [row] = [each for each in traced.rows if each.kind == "sum"]
    assert (row.elements, row.out, row.madds) == (20, (3, 5), 0)
    assert (traced.uncovered, traced.outside, traced.device) == ((), (), "meta")


def test_a_rotation_by_complex_numbers_is_counted() -> None:
    """Lengths and angles give 6 complex numbers, which multiply 6; to join two real parts is free."""

    def rotated(x: Tensor, angle: Tensor) -> Tensor:
        turn = torch.polar(torch.ones_like(angle), angle)
        return torch.view_as_real(torch.complex(*x.unbind(-1)) * turn)

    traced = of(rotated, torch.ones(2, 3, 2), torch.ones(2, 3))
    assert [(row.kind, row.elements) for row in traced.rows] == [("polar", 6), ("multiply", 6)]
    assert (traced.uncovered, traced.coverage) == ((), 1)


def test_questions_about_all_values_are_free() -> None:
    """They put out one value, which says whether some or all values are true."""

    def asked(x: Tensor) -> Tensor:
        truths = torch.ops.aten._is_all_true(x > 0), torch.ops.aten._is_any_true(x > 0)
        return torch.stack(truths)

    traced = of(asked, torch.ones(2, 3))
    assert ({row.kind for row in traced.rows}, traced.uncovered) == ({"compare"}, ())


@pytest.mark.parametrize(
    ("theta", "size", "madds"), [((2, 2, 3), (2, 5, 4, 6), 288), ((1, 3, 4), (1, 5, 2, 4, 6), 576)]
)
def test_a_grid_of_positions_is_a_product(theta: Any, size: Any, madds: int) -> None:
    """2 images · 24 positions · 3 · 2, and 48 positions · 4 · 3; torch's own counter has no rule for it."""
    traced = of(lambda x: torch.nn.functional.affine_grid(x, list(size), align_corners=False), torch.ones(theta))
    assert (traced.bill().madds, traced.bill("torch").madds, traced.uncovered) == (madds, 0, ())
    [row] = traced.rows
    assert (row.kind, row.role) == ("matmul", "rare")
