"""Cases that other counters get wrong, each worked out by hand: all ways to write products, and who owns parameters."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from versions import GROUPED_QUERIES, needs, since  # noqa: E402
from zoo import Lambda, Language, Twice  # noqa: E402

from mfprofile.trace.result import Trace  # noqa: E402
from mfprofile.trace.trace import Input, trace  # noqa: E402

WEIGHT, BIAS = torch.zeros(7, 5), torch.zeros(7)


def empty(*shape: int) -> Tensor:
    """Return a meta tensor."""
    return torch.empty(shape, device="meta")


def of(function: Callable[..., Any], *shapes: tuple[int, ...], **parameters: Tensor) -> Trace:
    """Return the trace of a function; its inputs have the given shapes, with the batch, and it owns the parameters."""
    return trace(Lambda(function, **parameters), [empty(*shape) for shape in shapes])


def products(traced: Trace) -> list[tuple[str, int]]:
    """Return the kind and the number of products of each op that has products."""
    return [(row.kind, row.madds) for row in traced.rows if row.madds]


@pytest.mark.parametrize(
    ("shapes", "madds"),
    [
        (((5, 3), (3, 7)), 5 * 3 * 7),
        (((4, 5, 3), (3, 7)), 4 * 5 * 3 * 7),  # one matrix for a batch, which is folded into rows
        (((5, 3), (4, 3, 7)), 4 * 5 * 3 * 7),
        (((1, 5, 3), (4, 3, 7)), 4 * 5 * 3 * 7),  # expanded to the batch
        (((2, 1, 5, 3), (4, 3, 7)), 2 * 4 * 5 * 3 * 7),
        (((2, 1, 5, 3), (1, 4, 3, 7)), 2 * 4 * 5 * 3 * 7),
        (((3,), (3,)), 3),
        (((5, 3), (3,)), 5 * 3),  # matrix × vector
        (((3,), (3, 7)), 3 * 7),
        (((4, 5, 3), (3,)), 4 * 5 * 3),
        (((3,), (4, 3, 7)), 4 * 3 * 7),
    ],
)
def test_a_product_costs_all_its_broadcast_rows_and_columns(shapes: Any, madds: int) -> None:
    """There can be any dimensions before the last two, and a factor can be a vector."""
    assert products(of(lambda x, y: x @ y, *shapes)) == [("matmul", madds)]
    assert products(of(torch.matmul, *shapes)) == [("matmul", madds)]


@pytest.mark.parametrize(
    ("function", "shapes", "madds"),
    [
        (torch.mm, ((5, 3), (3, 7)), 105),
        (torch.bmm, ((4, 5, 3), (4, 3, 7)), 420),
        (torch.mv, ((5, 3), (3,)), 15),
        (torch.dot, ((3,), (3,)), 3),
        (torch.inner, ((5, 3), (7, 3)), 105),
        (torch.outer, ((5,), (7,)), 35),
        (torch.ger, ((5,), (7,)), 35),
        (torch.addr, ((5, 7), (5,), (7,)), 35),
        (torch.addmm, ((5, 7), (5, 3), (3, 7)), 105),
        (torch.addmv, ((5,), (5, 3), (3,)), 15),
        (torch.baddbmm, ((4, 5, 7), (4, 5, 3), (4, 3, 7)), 420),
        (torch.addbmm, ((5, 7), (4, 5, 3), (4, 3, 7)), 420),
        (torch.chain_matmul, ((5, 3), (3, 7), (7, 2)), 3 * 7 * 2 + 5 * 3 * 2),  # torch uses the cheapest order
        (lambda *each: torch.linalg.multi_dot(each), ((5, 3), (3, 7), (7, 2)), 72),
        (lambda x, y: torch.tensordot(x, y, dims=2), ((5, 3, 2), (3, 2, 7)), 5 * 6 * 7),
    ],
)
def test_each_way_to_write_a_product_is_counted(function: Any, shapes: Any, madds: int) -> None:
    """Its additions are not multiply-adds."""
    traced = of(function, *shapes)
    assert sum(madds for _, madds in products(traced)) == madds
    assert traced.coverage == 1


@pytest.mark.parametrize(
    ("equation", "shapes", "expected"),
    [
        ("ij,jk->ik", ((5, 3), (3, 7)), [("matmul", 105)]),
        ("ij,jk", ((5, 3), (3, 7)), [("matmul", 105)]),
        ("bij,bjk->bik", ((4, 5, 3), (4, 3, 7)), [("matmul", 420)]),
        ("bhid,bhjd->bhij", ((1, 2, 5, 3), (1, 2, 7, 3)), [("matmul", 2 * 5 * 3 * 7)]),
        ("bid,jd->bji", ((4, 5, 3), (7, 3)), [("matmul", 420)]),
        ("bi,bij->bj", ((4, 3), (4, 3, 7)), [("matmul", 4 * 3 * 7)]),  # a vector for each matrix
        ("i,i->", ((3,), (3,)), [("matmul", 3)]),
        ("i,j->ij", ((5,), (7,)), [("matmul", 35)]),  # all pairs
        ("bi,bj->bij", ((4, 5), (4, 7)), [("matmul", 140)]),
        ("ijk,jk->i", ((5, 3, 2), (3, 2)), [("matmul", 30)]),
        ("ij,kl->ik", ((5, 3), (7, 2)), [("matmul", 35)]),  # j and l are summed before the products
        ("bij,bij->bij", ((4, 5, 3), (4, 5, 3)), []),  # a multiplication of each value, not a product of matrices
        ("bi,i->bi", ((4, 5), (5,)), []),
        ("...ij,...jk->...ik", ((4, 5, 3), (4, 3, 7)), [("matmul", 420)]),
        ("ij,jk,kl->il", ((5, 3), (3, 7), (7, 2)), [("matmul", 105), ("matmul", 70)]),
        ("ii->i", ((5, 5),), []),
        ("ij->ji", ((5, 3),), []),
    ],
)
def test_an_einsum_costs_its_products(equation: str, shapes: Any, expected: list[tuple[str, int]]) -> None:
    """Two operands make one product; torch decomposes other cases into several."""
    traced = of(lambda *operands: torch.einsum(equation, *operands), *shapes)
    assert products(traced) == expected
    assert traced.coverage == 1


def test_a_result_written_to_a_given_tensor_costs_the_same() -> None:
    """`out=` gets an existing buffer: for sums, activations, products, and for one of two results."""

    def written(x: Tensor) -> Tensor:
        sums, scores = torch.empty_like(x), torch.empty(4, 5, 5)
        torch.add(x, x, out=sums)
        torch.sigmoid(sums, out=sums)
        torch.bmm(sums, x.mT, out=scores)
        torch.softmax(scores, -1, out=scores)
        torch.max(scores, dim=0, out=(scores[0], torch.empty(5, 5, dtype=torch.long)))
        return scores

    traced = of(written, (4, 5, 3))
    assert [(row.kind, row.madds, row.elements) for row in traced.rows] == [
        ("add", 0, 60), ("sigmoid", 0, 60), ("matmul", 4 * 5 * 3 * 5, 100), ("softmax", 0, 100), ("max", 0, 100),
    ]  # fmt: skip
    assert traced.device == "meta"


def test_a_bilinear_layer_is_counted_as_torch_runs_it() -> None:
    """For each output and row: a vector times a matrix, then the result times the other vector. It owns its parameters."""
    (row,) = trace(nn.Bilinear(3, 4, 5), [empty(2, 7, 3), empty(2, 7, 4)]).rows
    assert (row.kind, row.madds, row.elements, row.params) == ("linear", 2 * 7 * 5 * (3 * 4 + 4), 2 * 7 * 5, 60 + 5)


@needs("_grouped_mm")
@pytest.mark.parametrize(
    ("shapes", "grouped", "madds"),
    [
        (((6, 16), (2, 16, 8)), True, 6 * 16 * 8),  # each row with the matrix of its group
        (((2, 6, 16), (2, 16, 8)), False, 2 * 6 * 16 * 8),
        (((2, 6, 16), (16, 8)), True, 6 * 16 * 8),  # each column with the matrix of its group
        (((6, 16), (16, 8)), True, 6 * 16 * 8),  # each group's part of the inner side has a result
    ],
)
def test_a_grouped_product_multiplies_each_pair_once(shapes: Any, grouped: bool, madds: int) -> None:
    """The groups can be of each dimension."""
    ends = torch.tensor([2, 6], dtype=torch.int32, device="meta") if grouped else None
    factors = [empty(*shape).bfloat16() for shape in shapes]
    traced = trace(Lambda(lambda x, y: torch._grouped_mm(x, y, offs=ends)), factors)
    assert (products(traced), traced.coverage) == ([("matmul", madds)], 1)


def test_a_product_of_integers_is_counted() -> None:
    """Quantized layers use it."""
    assert products(of(lambda x, y: torch._int_mm(x.to(torch.int8), y.to(torch.int8)), (32, 8), (8, 16))) == [
        ("matmul", 32 * 8 * 16)
    ]


def test_a_parameter_that_no_layer_owns_has_its_own_shape() -> None:
    """It is read as a table or not at all. The rest of a partly owned parameter has only a number of values."""
    traced = of(lambda x, a, b, _: x @ b[:3] + a, (4, 3), a=empty(1, 4, 2), b=empty(5, 2), c=empty(2, 2))
    assert [(row.name, row.out) for row in traced.rows if row.kind != "add"] == [
        ("a", (1, 4, 2)), ("b", (4,)), ("linear", (1, 4, 2)), ("c", (2, 2)),
    ]  # fmt: skip


@since(2, 6, "a jagged tensor cannot be padded in inference mode")
def test_operators_on_nested_tensors_are_counted() -> None:
    """A side of a nested tensor is not a number, but the shapes of its parts are."""

    def padded(x: Tensor, weight: Tensor) -> Tensor:
        nested = torch.nested.nested_tensor([x, x[:2]], layout=torch.jagged)
        return functional.linear(nested.relu(), weight).to_padded_tensor(0.0) + 1

    traced = of(padded, (5, 3), weight=torch.zeros(7, 3))
    assert traced.uncovered == ()
    assert [(row.kind, row.elements) for row in traced.rows][-3:-1] == [("relu", 7 * 3), ("linear", 7 * 7)]
    assert (traced.bill().madds, traced.bill().params) == (7 * 3 * 7, 21)


def test_an_einsum_that_multiplies_each_value_is_a_multiplication() -> None:
    """It has elements and no products."""
    (row,) = of(lambda x, y: torch.einsum("bij,bij->bij", x, y), (4, 5, 3), (4, 5, 3)).rows
    assert (row.kind, row.elements, row.madds) == ("multiply", 60, 0)


def test_a_product_with_a_parameter_or_a_view_of_one_is_linear() -> None:
    """A transposed, sliced or expanded view has the parameter's storage. A product of activations is a matmul."""
    table = torch.zeros(7, 3)
    for function in (
        lambda x, w: x @ w.T,
        lambda x, w: functional.linear(x, w),
        lambda x, w: torch.einsum("bi,oi->bo", x, w),
        lambda x, w: torch.addmm(x.new_zeros(7), x, w.t()),
        lambda x, w: torch.bmm(x[None], w.T.expand(1, 3, 7)),
    ):
        (row,) = of(function, (5, 3), w=table).rows
        assert (row.kind, row.madds, row.weights, row.biases) == ("linear", 105, 21, 0)
    (row,) = of(lambda x, w: w @ x, (3,), w=table).rows
    assert (row.kind, row.madds, row.weights) == ("linear", 21, 21)


def test_a_bias_is_a_bias_in_each_operator() -> None:
    """It is one in Linear and in addmm."""
    weight, bias = torch.zeros(7, 3), torch.zeros(7)
    for function in (functional.linear, lambda x, w, b: torch.addmm(b, x, w.T)):
        (row,) = of(function, (5, 3), w=weight, b=bias).rows
        assert (row.kind, row.role, row.madds, row.weights, row.biases) == ("linear", "biased", 105, 21, 7)
        assert row.activations == 35


def test_functional_layers_own_their_parameters() -> None:
    """F.conv2d with a parameter has 9 · 3 products for each of 8 · 36 outputs."""
    weight, bias = torch.zeros(8, 3, 3, 3), torch.zeros(8)
    (row,) = of(functional.conv2d, (1, 3, 8, 8), w=weight, b=bias).rows
    assert (row.kind, row.madds, row.weights, row.biases) == ("conv", 9 * 3 * 8 * 36, 216, 8)
    assert (row.out, row.elements) == ((8, 6, 6), 288)


def test_computed_weights_have_no_parameters() -> None:
    """A convolution with computed weights is a convolution that owns nothing; the parameter behind them is a table."""
    traced = of(lambda x, w: functional.conv2d(x, w.tanh()), (1, 3, 8, 8), w=torch.zeros(8, 3, 3, 3))
    assert [(row.name, row.kind, row.params) for row in traced.rows] == [
        ("w", "table", 216), ("tanh", "tanh", 0), ("conv", "conv", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "shape", "kind", "madds", "weights", "out"),
    [
        (nn.Conv2d(8, 12, 3, groups=4), (8, 5, 5), "conv", 9 * 2 * 12 * 9, 216, (12, 3, 3)),
        (nn.Conv2d(8, 16, 3, groups=8), (8, 5, 5), "depthwise", 9 * 16 * 9, 144, (16, 3, 3)),
        (nn.Conv2d(8, 12, 1, groups=4), (8, 5, 5), "pointwise", 2 * 12 * 25, 24, (12, 5, 5)),
        (nn.Conv2d(1, 4, 3), (1, 5, 5), "conv", 9 * 4 * 9, 36, (4, 3, 3)),
        (nn.Conv2d(4, 6, (1, 3)), (4, 5, 7), "conv", 3 * 4 * 6 * 25, 72, (6, 5, 5)),
        (nn.Conv1d(4, 6, 3, 2), (4, 9), "conv", 3 * 4 * 6 * 4, 72, (6, 4)),
        (nn.Conv3d(2, 4, (2, 3, 3)), (2, 5, 6, 7), "conv", 18 * 2 * 4 * 80, 144, (4, 4, 4, 5)),
        (nn.ConvTranspose2d(4, 6, 3, 2), (4, 5, 5), "conv-transpose", 9 * 4 * 6 * 25, 216, (6, 11, 11)),
        (nn.ConvTranspose2d(4, 6, 3, 2, groups=2), (4, 5, 5), "conv-transpose", 9 * 2 * 6 * 25, 108, (6, 11, 11)),
        (nn.ConvTranspose1d(4, 6, 4, 2), (4, 5), "conv-transpose", 4 * 4 * 6 * 5, 96, (6, 12)),
        (nn.ConvTranspose3d(2, 4, 2, 2), (2, 3, 4, 5), "conv-transpose", 8 * 2 * 4 * 60, 64, (4, 6, 8, 10)),
    ],
    ids=str,
)
def test_a_convolution_of_any_sort(
    layer: nn.Module, shape: tuple[int, ...], kind: str, madds: int, weights: int, out: tuple[int, ...]
) -> None:
    """Products depend on groups and, for transposed ones, on the input positions; each has its bias."""
    (row,) = trace(layer, shape).rows
    assert (row.kind, row.madds, row.weights, row.biases, row.out) == (kind, madds, weights, out[0], out)
    assert row.elements == row.activations == torch.Size(out).numel()


def test_all_images_of_a_batch_are_counted() -> None:
    """A convolution on 4 frames costs 4 times as much with the same weights. A plain shape means one image."""
    frames = trace(nn.Conv2d(3, 8, 3), [empty(4, 3, 8, 8)])
    (one,), (four,) = trace(nn.Conv2d(3, 8, 3), (3, 8, 8)).rows, frames.rows
    assert (one.madds, one.weights, one.out) == (27 * 8 * 36, 216, (8, 6, 6))
    assert (four.madds, four.weights, four.out, four.elements) == (4 * one.madds, 216, (4, 8, 6, 6), 4 * 288)


def test_a_linear_on_a_sequence_costs_each_of_its_vectors() -> None:
    """It is one op with its bias, for any number of dimensions, contiguous or not."""
    for shape, order in (((1, 2, 3, 5), (0, 1, 2, 3)), ((1, 5, 2, 3), (0, 2, 3, 1)), ((2, 1, 3, 5), (1, 0, 2, 3))):
        traced = of(lambda x, w, b, order=order: functional.linear(x.permute(order), w, b), shape, w=WEIGHT, b=BIAS)
        (row,) = traced.rows
        assert (row.kind, row.madds, row.weights, row.biases, row.out) == ("linear", 6 * 5 * 7, 35, 7, (6, 7))


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize("causal", [False, True])
def test_fused_attention_is_counted_as_its_two_products(device: str, causal: bool) -> None:
    """2 heads of 4 channels, 5 rows, 7 columns: all 35 scores of a head are counted, causal or not, on each device."""
    model = Lambda(lambda q, k, v: functional.scaled_dot_product_attention(q, k, v, is_causal=causal))
    traced = trace(model, [(2, 5, 4), (2, 7, 4), (2, 7, 4)], device=device)
    assert [(row.name, row.kind, row.madds, row.elements) for row in traced.rows] == [
        ("scores", "matmul", 280, 70), ("softmax", "softmax", 0, 70), ("aggregate", "matmul", 280, 40),
    ]  # fmt: skip


def test_a_mask_of_fused_attention_is_an_addition() -> None:
    """It is an addition to each score."""
    traced = of(lambda q, m: functional.scaled_dot_product_attention(q, q, q, attn_mask=m), (1, 2, 5, 4), (5, 5))
    assert [(row.name, row.kind, row.elements) for row in traced.rows if not row.madds] == [
        ("mask", "add", 50), ("softmax", "softmax", 50),
    ]  # fmt: skip


@GROUPED_QUERIES
def test_query_heads_that_share_a_key_are_each_counted() -> None:
    """Grouped queries save parameters and memory, not products: 4 heads of queries on 2 of keys."""
    traced = of(
        lambda q, k: functional.scaled_dot_product_attention(q, k, k, enable_gqa=True), (1, 4, 5, 8), (1, 2, 7, 8)
    )
    assert products(traced) == [("matmul", 4 * 5 * 8 * 7), ("matmul", 4 * 5 * 7 * 8)]


@pytest.mark.parametrize(
    "backend",
    ["_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_fused_attention_overrideable",
     "_scaled_dot_product_efficient_attention", "_scaled_dot_product_attention_math", "_scaled_dot_product_flash_attention"],
)  # fmt: skip
def test_each_backend_of_fused_attention_is_known(backend: str) -> None:
    """In a network that turns inference mode off, attention is one of these operators."""
    from mfprofile.trace.handles import HANDLES

    query, key = empty(1, 2, 5, 4), empty(1, 2, 7, 4)
    costs = HANDLES[backend](empty(1, 2, 5, 4), query, key, key, None, 0.0, False)
    assert costs is not None
    assert [(name, cost.madds) for name, cost in costs] == [("scores", 280), ("softmax", 0), ("aggregate", 280)]


def test_attention_with_gradients_inside_the_network_costs_the_same() -> None:
    """Torch decomposes the operators of a network that turns inference mode off; the core is the same."""

    def attend(x: Tensor, w: Tensor) -> Tensor:
        with torch.inference_mode(False):
            x = functional.linear(x.clone(), w)
            return functional.scaled_dot_product_attention(x, x, x)

    for device in ("meta", "cpu"):
        traced = trace(Lambda(attend, w=torch.zeros(4, 4)), (2, 5, 4), device=device)
        linear, *attended = products(traced)
        assert linear == ("linear", 2 * 5 * 4 * 4)
        assert sum(madds for _, madds in attended) == 2 * (2 * 5 * 5 * 4)
        assert traced.bill().params == 16
        assert traced.coverage == 1


@pytest.mark.parametrize("need_weights", [False, True])
def test_multi_head_attention_in_eval_shows_all_its_layers(need_weights: bool) -> None:
    """5 vectors of 8 need three projections of 8 · 8, two products and one more projection. No fast path hides them."""
    model = nn.MultiheadAttention(8, 2, batch_first=True)
    traced = trace(model, [(5, 8)] * 3, {"need_weights": need_weights})
    linear = sum(madds for kind, madds in products(traced) if kind == "linear")
    matmul = [madds for kind, madds in products(traced) if kind == "matmul"]
    assert (linear, matmul) == (4 * 5 * 64, [2 * 5 * 4 * 5] * 2)
    assert traced.bill().params == 4 * 64 + 4 * 8
    assert sum(row.biases for row in traced.rows) == 4 * 8


def test_projections_in_one_parameter_own_their_parts() -> None:
    """The projections of query, key and value are thirds of one tensor: each owns its third."""
    model = nn.MultiheadAttention(8, 2, batch_first=True)
    traced = trace(model, [(5, 8), (7, 8), (7, 8)])
    assert [(row.madds, row.weights, row.biases) for row in traced.rows if row.kind == "linear"] == [
        (5 * 64, 64, 8), (7 * 64, 64, 8), (7 * 64, 64, 8), (5 * 64, 64, 8),
    ]  # fmt: skip


def test_a_transformer_encoder_in_eval_shows_all_its_layers() -> None:
    """Two layers on 5 vectors of 8, hidden 16. The fast path and nested tensors hide nothing."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    for mask in (None, torch.tensor([[False, False, False, True, True]])):
        traced = trace(nn.TransformerEncoder(layer, 2), (5, 8), {"src_key_padding_mask": mask})
        assert traced.bill().madds == 2 * (4 * 5 * 64 + 2 * (2 * 5 * 5 * 4) + 2 * 5 * 8 * 16)
        assert {row.part.path for row in traced.rows if row.kind == "linear"} >= {
            "layers.1.self_attn",
            "layers.0.linear1",
        }
        assert traced.coverage == 1


def test_an_embedding_multiplies_nothing() -> None:
    """6 words of a table of 50: it reads 6 · 8 values and owns 400 parameters."""
    (row,) = trace(nn.Embedding(50, 8), [torch.zeros(1, 6, dtype=torch.long)]).rows
    assert (row.kind, row.madds, row.elements, row.activations, row.params) == ("embedding", 0, 48, 48, 400)
    (same,) = trace(nn.Embedding(50, 8), [Input((6,), torch.long)]).rows
    assert same.params == 400


def test_a_module_called_twice_has_its_rows_twice_and_its_parameters_once() -> None:
    """A module registered at two paths has the first of them."""
    traced = trace(Twice(), (4,))
    assert [(row.name, row.kind, row.madds, row.params) for row in traced.rows] == [
        ("first.0", "linear", 16, 20), ("first.1", "relu", 0, 0), ("first.0#2", "linear", 16, 0), ("first.1#2", "relu", 0, 0),
    ]  # fmt: skip
    assert "second" not in traced.modules


def test_tied_weights_are_counted_in_the_first_op_that_reads_them() -> None:
    """The embedding owns them. The output projection multiplies by them."""
    traced = trace(Language(), [torch.arange(6)[None]])
    rows = {row.name: row for row in traced.rows}
    assert (rows["tokens"].kind, rows["tokens"].params) == ("embedding", 400)
    assert (rows["out"].kind, rows["out"].madds, rows["out"].params) == ("linear", 6 * 8 * 50, 0)


def test_a_parameter_that_is_added_is_a_table() -> None:
    """Its row is before all ops, has the parameter's name, and has no output."""
    traced = of(lambda x, p: x + p, (1, 5, 8), p=torch.zeros(1, 5, 8))
    assert [(row.name, row.kind, row.params, row.activations) for row in traced.rows] == [
        ("p", "table", 40, 0), ("add", "add", 0, 40),
    ]  # fmt: skip


def test_the_rest_of_a_partly_owned_parameter_is_counted_too() -> None:
    """A Linear that uses 2 of 7 columns owns 6 weights; the other 15 are a table."""
    traced = of(lambda x, w: functional.linear(x, w[:2]), (1, 3), w=torch.zeros(7, 3))
    assert [(row.name, row.kind, row.params) for row in traced.rows] == [("w", "table", 15), ("linear", "linear", 6)]


def test_unused_parameters_are_shown_as_unused() -> None:
    """They are listed by path, after all ops, and are in the total."""
    model = Lambda(lambda x, w, _: functional.linear(x, w), w=torch.zeros(4, 3), spare=torch.zeros(5))
    traced = trace(model, (3,))
    assert traced.unused == {"spare": 5}
    assert (traced.rows[-1].kind, traced.rows[-1].activations, traced.bill().params) == ("unused", 0, 17)


def test_an_operator_without_a_handle_is_listed() -> None:
    """It is listed with its runs and elements, and lowers the coverage. Its parameters are tables."""
    singular = Lambda(lambda x: torch.linalg.svd(x, full_matrices=False)[2])
    model = nn.Sequential(nn.Linear(4, 6), singular, nn.Tanh())
    traced = trace(model, (4,))
    assert [(each.operator, each.count, each.elements) for each in traced.uncovered] == [("_linalg_svd", 1, 1 + 1 + 6)]
    assert traced.coverage == Fraction(12, 12 + 8)
    inverse = of(lambda _, w: torch.linalg.svd(w)[1], (2, 12), w=torch.zeros(7, 7))
    assert [(row.name, row.kind, row.params) for row in inverse.rows] == [
        ("w", "table", 49),
        ("_linalg_svd", "_linalg_svd", 0),
    ]


def test_each_activation_has_its_own_kind() -> None:
    """It can run in place or not, as a module or a function."""
    layers = {
        nn.ReLU(inplace=True): "relu", nn.ReLU6(): "relu6", nn.Hardtanh(): "hard-tanh", nn.GELU(): "gelu",
        nn.SiLU(inplace=True): "silu", nn.Hardswish(): "h-swish", nn.Hardsigmoid(): "h-sigmoid", nn.Sigmoid(): "sigmoid",
        nn.Tanh(): "tanh", nn.LeakyReLU(): "leaky-relu", nn.ELU(): "elu", nn.Mish(): "mish", nn.Softplus(): "softplus",
        nn.Softmax(-1): "softmax", nn.LogSoftmax(-1): "log-softmax", nn.PReLU(): "prelu", nn.SELU(): "selu",
    }  # fmt: skip
    traced = trace(nn.Sequential(*layers), (4,))
    assert [row.kind for row in traced.rows] == list(layers.values())
    assert {row.elements for row in traced.rows} == {4}
    assert traced.bill().params == 1


def test_arithmetic_with_a_constant_has_its_own_kind() -> None:
    """An example is 2x − 1, which costs nothing in our bills."""
    traced = of(lambda x: (2 * x - 1) / 3 + x * x - x / x, (1, 4))
    assert [row.kind for row in traced.rows] == ["scale", "shift", "scale", "multiply", "add", "divide", "subtract"]


def test_reductions_count_the_values_that_they_read() -> None:
    """The elements of pools, means and maxima are those of the input, their activations those of the output."""
    layers = [nn.AdaptiveAvgPool2d(1), nn.AvgPool2d(2), nn.MaxPool2d(2)]
    for layer, kind, outputs in zip(layers, ["pool", "avg-pool", "max-pool"], [3, 48, 48], strict=True):
        (row,) = trace(layer, (3, 8, 8)).rows
        assert (row.kind, row.elements, row.activations) == (kind, 192, outputs)
    traced = of(lambda x: (x.mean((2, 3)), x.amax(1), x.max(), x.sum(0), torch.max(x, x)), (1, 3, 8, 8))
    assert [(row.kind, row.elements, row.activations) for row in traced.rows] == [
        ("mean", 192, 3), ("max", 192, 64), ("max", 192, 1), ("sum", 192, 192), ("maximum", 192, 192),
    ]  # fmt: skip


def test_a_bill_supports_each_convention_and_axis() -> None:
    """Its rows, totals, records and frame have the same sums."""
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 5, bias=False))
    bill = trace(model, (3, 8, 8), name="tiny").bill()
    conv, linear = 27 * 8 * 36, 288 * 5
    assert (bill.name, bill.madds, bill.params) == ("tiny", conv + linear, 216 + 8 + 16 + 1440)
    assert bill.under("fvcore").madds == bill.madds + 2 * 288
    assert bill.under("torch").madds == 2 * bill.madds
    assert bill.under("ptflops").madds == conv + 288 + linear  # the convolution's bias, and no other
    for axis in ("module", "kind", "op"):
        assert sum(total.madds for total in bill.by(axis)) == bill.madds
        assert int(bill.frame(axis)["params"].sum()) == bill.params
    assert [total.name for total in bill.by("kind")] == ["conv", "batch-norm", "relu", "linear"]
    assert sum(record["activations"] for record in bill.records()) == bill.activations == 3 * 288 + 5


def test_an_unknown_axis_or_convention_is_refused() -> None:
    """The message lists the valid names."""
    from mfprofile.errors import InputError

    bill = trace(nn.Linear(3, 4), (3,)).bill()
    with pytest.raises(InputError, match=r"^cannot count by 'pillar'; use one of module, kind, op$"):
        bill.by("pillar")
    with pytest.raises(InputError, match="unknown convention 'cor'"):
        bill.under("cor")
