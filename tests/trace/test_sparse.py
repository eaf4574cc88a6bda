"""Products with sparse matrices count stored values; a loop over these values is the judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402
from torch.nn import functional  # noqa: E402
from zoo import Lambda  # noqa: E402

from mfprofile.trace.trace import trace  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Sparse:UserWarning")

DENSE = torch.randn((6, 8), generator=torch.Generator().manual_seed(0))
LAYOUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "coo": lambda x: x.to_sparse(),
    "csr": lambda x: x.to_sparse_csr(),
    "csc": lambda x: x.to_sparse_csc(),
    "bsr": lambda x: x.to_sparse_bsr((2, 2)),
}


def pattern() -> Tensor:
    """Return a matrix (6, 6) with 11 values: its diagonal and its first row."""
    matrix = torch.eye(6)
    matrix[0] = 1
    return matrix


PRODUCTS: dict[str, tuple[Callable[[Tensor, Tensor], Any], int]] = {
    "@": (lambda s, x: s @ x, 8),
    "mm": (lambda s, x: torch.mm(s, x), 8),
    "sparse.mm": (lambda s, x: torch.sparse.mm(s, x), 8),
    "a vector": (lambda s, x: s @ x[:, 0], 1),
    "addmm": (lambda s, x: torch.addmm(x, s, x), 8),
    "linear": (lambda s, x: functional.linear(x.T, s), 8),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", PRODUCTS)
def test_each_stored_value_is_multiplied_once_for_each_column(name: str, layout: str) -> None:
    """There are 11 stored values, or 20 in blocks of 2 × 2."""
    function, columns = PRODUCTS[name]
    traced = trace(Lambda(function), [LAYOUTS[layout](pattern()), DENSE])
    assert traced.bill().madds == (20 if layout == "bsr" else 11) * columns
    assert traced.uncovered == ()


@pytest.mark.parametrize("layout", ["coo", "csr", "csc"])
def test_two_sparse_matrices_multiply_the_values_that_meet(layout: str) -> None:
    """The loop multiplies each stored value of a row by those of the row with the number of its column."""
    first, second = pattern(), pattern().T.contiguous()
    second[3, 3] = 0
    pairs = sum(
        bool(first[row, at]) and bool(second[at, column]) for row in range(6) for at in range(6) for column in range(6)
    )
    traced = trace(Lambda(lambda a, b: a @ b), [LAYOUTS[layout](first), LAYOUTS[layout](second)])
    assert (traced.bill().madds, traced.uncovered) == (pairs, ())


def test_a_product_that_is_sampled_counts_the_values_of_its_pattern() -> None:
    """Each of 11 values is a sum of 8 products."""
    traced = trace(Lambda(lambda s, x: torch.sparse.sampled_addmm(s, x, x.T)), [pattern().to_sparse_csr(), DENSE])
    assert (traced.bill().madds, traced.uncovered) == (11 * 8, ())


def test_a_graph_layer_owns_its_dense_weights() -> None:
    """The neighbours are summed by a sparse matrix, before or after the Linear layer."""
    model = Lambda(lambda s, x, w: s @ (x @ w), w=torch.zeros(8, 3))
    traced = trace(model, [pattern().to_sparse_csr(), DENSE])
    assert (traced.bill().madds, traced.bill().params) == (6 * 8 * 3 + 11 * 3, 24)
    other = trace(Lambda(lambda s, w: torch.sparse.mm(s, w), w=torch.zeros(6, 3)), pattern().to_sparse())
    assert [(row.kind, row.madds, row.params) for row in other.rows] == [("linear", 33, 18)]


def test_a_batch_of_sparse_matrices_is_counted() -> None:
    """Each of two matrices has 11 values."""
    batch = torch.stack([pattern(), pattern()])
    traced = trace(Lambda(torch.bmm), [batch.to_sparse(), torch.zeros(2, 6, 8)])
    assert (traced.bill().madds, traced.uncovered) == (2 * 11 * 8, ())


def test_what_is_no_product_is_named_with_its_layout() -> None:
    """Its cost depends on what it does with the values that are not stored."""
    traced = trace(Lambda(lambda s: s * 2), pattern().to_sparse())
    assert [each.operator for each in traced.uncovered] == ["mul (sparse_coo)"]
