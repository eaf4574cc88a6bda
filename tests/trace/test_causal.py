"""Causal attention by all rows × columns, or by the pairs whose key is not after the query."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from training_networks import Does, linear  # noqa: E402

from mfprofile.errors import InputError  # noqa: E402
from mfprofile.trace.causal import pairs  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402

ALL = "causal attention is counted with all rows × columns; use --causal pairs for the visible pairs only"
PAIRS = "causal attention is counted by its visible pairs, whose key is not after the query"


def attention(rows: int, columns: int, **options: Any) -> nn.Module:
    """Return a network that attends from some rows to some columns, with 4 channels in 2 heads."""

    def attend(_: Any, vectors: Tensor) -> Tensor:
        query, key, value = vectors[:, :, :rows], vectors[:, :, :columns], vectors[:, :, :columns]
        return functional.scaled_dot_product_attention(query, key, value, **options)

    return Does(attend)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (5, 5), (3, 5), (5, 3), (1, 7), (7, 1)])
def test_pairs_are_those_of_torchs_mask(rows: int, columns: int) -> None:
    """A lower triangle from the top left, as the documentation of scaled_dot_product_attention writes it."""
    seen = int(torch.ones(rows, columns, dtype=torch.bool).tril(0).sum())
    assert pairs(rows, columns) == seen
    model, vectors = attention(rows, columns, is_causal=True), (2, 7, 4)
    assert trace(model, vectors, causal="pairs").bill().madds == 2 * 2 * seen * 4
    assert trace(model, vectors).bill().madds == 2 * 2 * rows * columns * 4


def test_a_square_has_half_of_its_pairs_and_half_of_its_diagonal() -> None:
    """L · (L + 1) / 2 pairs, for scores and for the sums of values."""
    traced = trace(attention(6, 6, is_causal=True), (2, 7, 4), causal="pairs")
    assert [(row.kind, row.madds, row.elements) for row in traced.rows] == [
        ("matmul", 2 * 21 * 4, 2 * 36),
        ("softmax", 0, 2 * 36),
        ("matmul", 2 * 21 * 4, 2 * 6 * 4),
    ]


def test_the_trace_says_how_it_counted() -> None:
    """Both ways are said where a causal attention ran, and nothing where none did."""
    causal, plain = attention(5, 5, is_causal=True), attention(5, 5)
    default, counted = (trace(causal, (2, 7, 4), causal=how) for how in ("all", "pairs"))
    assert (default.causal, [each.text for each in default.remarks]) == ("all", [ALL])
    assert (counted.causal, [each.text for each in counted.remarks]) == ("pairs", [PAIRS])
    for how in ("all", "pairs"):
        without = trace(plain, (2, 7, 4), causal=how)
        assert (without.causal, without.remarks, without.bill().madds) == ("", (), 2 * 2 * 25 * 4)


def test_a_mask_is_not_causal() -> None:
    """Its values are not known, so all pairs are counted, also if it is a triangle."""
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    masked = Does(lambda _, x, m: functional.scaled_dot_product_attention(x, x, x, attn_mask=m))
    traced = trace(masked, [torch.zeros(1, 2, 5, 4), mask], causal="pairs")
    assert (traced.causal, traced.bill().madds) == ("", 2 * 2 * 25 * 4)


def test_a_layer_of_torch_is_causal_as_it_says() -> None:
    """MultiheadAttention passes `is_causal` on if it has no other mask and returns no weights."""

    def attend(net: Any, x: Tensor) -> Any:
        mask = nn.Transformer.generate_square_subsequent_mask(5, device=x.device)
        return net.a(x, x, x, attn_mask=mask, is_causal=True, need_weights=False)[0]

    model = Does(attend, a=nn.MultiheadAttention(8, 2, batch_first=True))
    whole, visible = (trace(model, (5, 8), causal=how).bill().madds for how in ("all", "pairs"))
    assert whole - visible == 2 * 2 * (25 - 15) * 4


def test_gradients_of_visible_pairs_are_visible_pairs() -> None:
    """In training each product counts three times, of the pairs that are counted."""
    model = Does(
        lambda net, x: functional.scaled_dot_product_attention(*(net.a(x)[:, None],) * 3, is_causal=True), a=linear()
    )
    traced = trace(model, (5, 8), training=True, causal="pairs")
    assert traced.bill().madds == 2 * 5 * 64 + 3 * 2 * 15 * 8
    [how, compared] = traced.remarks
    assert how.text == PAIRS
    reason = "it computes all rows × columns of causal attention"
    assert compared.text == f"not compared with a real backward pass: {reason}"


def test_an_unknown_way_to_count_is_refused() -> None:
    """The message has the ways that there are."""
    with pytest.raises(InputError, match="unknown --causal 'half'; use one of all, pairs"):
        trace(attention(5, 5), (2, 7, 4), causal="half")
