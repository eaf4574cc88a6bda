"""Count ONNX nodes that are made one by one, against counts by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")

from onnx import NodeProto, TensorProto, defs, helper
from onnx_files import graph_of, model_of, saved

from mfprofile.cost.kinds import KINDS
from mfprofile.trace.onnx.control import CONTROL
from mfprofile.trace.onnx.handles import HANDLES
from mfprofile.trace.onnx.operators import ELEMENTWISE, FREE, REDUCTIONS
from mfprofile.trace.onnx.trace import traced
from mfprofile.trace.result import Trace

NOT_COUNTED = {
    *("CausalConvWithState", "DFT", "Det", "ImageDecoder", "LinearAttention", "STFT", "SequenceMap", "TfIdfVectorizer"),
}
"""The operators of ONNX's own domain that are named as not counted."""
RETIRED = {"Affine", "Crop", "DynamicSlice", "GRUUnit", "GivenTensorFill", "ImageScaler", "ParametricSoftplus", "Scale"}
node = helper.make_node


def counted(tmp_path: Path, nodes: Sequence[NodeProto], inputs: Any, stored: Any = None, **more: Any) -> Trace:
    """Return the trace of a model of these nodes."""
    return traced(saved(model_of(nodes, inputs, stored, **more), tmp_path))


def test_every_operator_of_onnx_is_counted_or_named() -> None:
    """A new version of onnx with a new operator fails here, until someone decides what it costs."""
    every = {schema.name for schema in defs.get_all_schemas() if schema.domain == ""} - RETIRED
    known = HANDLES.keys() | FREE | CONTROL.keys()
    assert every - known == NOT_COUNTED & every
    assert not NOT_COUNTED & known
    assert {*ELEMENTWISE.values(), *REDUCTIONS.values()} <= KINDS


@pytest.mark.parametrize(
    ("operator", "inputs", "stored", "attributes", "madds", "params"),
    [
        ("Conv", [1, 4, 8, 8], {"w": (6, 2, 3, 3), "b": (6,)}, {"group": 2}, 36 * 6 * 2 * 9, 6 * 18 + 6),
        ("Conv", [5, 4, 8], {"w": (6, 4, 1)}, {}, 5 * 8 * 24, 24),
        ("Conv", [1, 4, 5, 5, 5], {"w": (4, 1, 3, 3, 3)}, {"group": 4}, 27 * 4 * 27, 108),
        ("ConvTranspose", [1, 4, 5, 5], {"w": (4, 3, 2, 2), "b": (6,)}, {"group": 2, "strides": [2, 2]}, 25 * 4 * 12, 54),
        ("Gemm", [3, 4], {"w": (5, 4), "b": (5,)}, {"transB": 1}, 60, 25),
        ("Gemm", [4, 3], {"w": (4, 5)}, {"transA": 1}, 60, 20),
        ("MatMul", [2, 7, 3, 4], {"w": (4, 5)}, {}, 2 * 7 * 60, 20),
        ("MatMul", [2, 1, 3, 4], {"w": (7, 4, 5)}, {}, 2 * 7 * 60, 140),
        ("MatMul", [4], {"w": (4, 5)}, {}, 20, 20),
        ("Einsum", [2, 3, 4], {"w": (4, 5)}, {"equation": "bij,jk->bik"}, 2 * 60, 0),
    ],
)  # fmt: skip
def test_a_product_costs_what_it_costs_by_hand(
    operator: str,
    inputs: list[int],
    stored: dict[str, Any],
    attributes: dict[str, Any],
    madds: int,
    params: int,
    tmp_path: Path,
) -> None:
    """One product for each output value and each value that is summed for it."""
    result = counted(tmp_path, [node(operator, ["x", *stored], ["y"], **attributes)], {"x": inputs}, stored)
    assert result.uncovered == ()
    assert result.bill().madds == madds
    assert sum(row.params for row in result.rows if row.kind != "table") == params
    assert result.bill().params == sum(int(np.prod(shape)) for shape in stored.values())


def test_an_einsum_of_three_is_taken_from_the_left(tmp_path: Path) -> None:
    """`x` times `v` first, with a sum over j, then times `w`: 2·3·4·5 + 2·3·5·6."""
    nodes = [node("Einsum", ["x", "v", "w"], ["y"], equation="bij,jk,kl->bil")]
    result = counted(tmp_path, nodes, {"x": [2, 3, 4], "v": [4, 5], "w": [5, 6]})
    assert [row.madds for row in result.rows] == [120, 180]


def test_an_einsum_of_one_sums_and_multiplies_nothing(tmp_path: Path) -> None:
    """A sum over i reads all values; a transpose costs nothing."""
    nodes = [node("Einsum", ["x"], ["y"], equation="ij->j"), node("Einsum", ["x"], ["z"], equation="ij->ji")]
    result = counted(tmp_path, nodes, {"x": [3, 4]}, outputs=("y", "z"))
    assert [(row.kind, row.madds, row.elements) for row in result.rows] == [("sum", 0, 12)]


@pytest.mark.parametrize(("operator", "gates"), [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
def test_a_recurrent_layer_multiplies_its_weights_in_each_step(operator: str, gates: int, tmp_path: Path) -> None:
    """5 steps of 2 sequences in both directions: 10 · 2 · gates · 7 · (3 + 7), and a bias for each of the two products."""
    stored = {"w": (2, gates * 7, 3), "r": (2, gates * 7, 7), "b": (2, gates * 14)}
    nodes = [node(operator, ["x", *stored], ["y"], hidden_size=7, direction="bidirectional")]
    (row,) = counted(tmp_path, nodes, {"x": [5, 2, 3]}, stored).rows
    assert (row.kind, row.madds) == (operator.lower(), 10 * 2 * gates * 7 * 10)
    assert (row.weights, row.biases, row.elements) == (2 * gates * 7 * 10, 2 * gates * 14, 10 * 14)


def test_known_lengths_of_sequences_are_used(tmp_path: Path) -> None:
    """Sequences of 5 and 2 steps: 7 vectors."""
    stored = {"w": (1, 7, 3), "r": (1, 7, 7), "lengths": np.array([5, 2], np.int32)}
    nodes = [node("RNN", ["x", "w", "r", "", "lengths"], ["y"], hidden_size=7)]
    assert counted(tmp_path, nodes, {"x": [5, 2, 3]}, stored).bill().madds == 7 * 70


@pytest.mark.skipif(defs.onnx_opset_version() < 23, reason="this onnx has no Attention")
def test_attention_counts_each_head_of_the_query_and_the_past(tmp_path: Path) -> None:
    """8 heads of queries, 2 of keys (shared); 5 rows, 3 + 4 columns; 6 channels, and 7 in values."""
    inputs = {"q": [2, 5, 8 * 6], "k": [2, 3, 2 * 6], "v": [2, 3, 2 * 7], "pk": [2, 2, 4, 6], "pv": [2, 2, 4, 7]}
    nodes = [
        node(
            "Attention", ["q", "k", "v", "", "pk", "pv"], ["y", "nk", "nv"], q_num_heads=8, kv_num_heads=2, is_causal=1
        )
    ]
    result = counted(tmp_path, nodes, inputs, opset=23)
    assert [(row.kind, row.role, row.madds) for row in result.rows] == [
        ("matmul", "fused", 2 * 8 * 5 * 7 * 6),
        ("softmax", "fused", 0),
        ("matmul", "fused", 2 * 8 * 5 * 7 * 7),
    ]


def test_a_deformable_convolution_costs_its_products(tmp_path: Path) -> None:
    """As a plain convolution: 6² outputs, 8 channels, 4 · 9 products; where it samples does not matter."""
    inputs = {"x": [1, 4, 8, 8], "offset": [1, 18, 6, 6]}
    nodes = [node("DeformConv", ["x", "w", "offset", "b"], ["y"], kernel_shape=[3, 3])]
    result = counted(tmp_path, nodes, inputs, {"w": (8, 4, 3, 3), "b": (8,)}, opset=19)
    assert (result.bill().madds, result.bill().params) == (36 * 8 * 36, 8 * 36 + 8)


def quantized(*shape: int) -> Any:
    """Return whole numbers of 8 bits."""
    return np.arange(int(np.prod(shape)), dtype=np.int64).astype(np.int8).reshape(shape)


SCALE, ZERO = np.array(0.5, np.float32), np.array(0, np.int8)


def test_quantized_products_count_as_others_and_their_weights_too(tmp_path: Path) -> None:
    """Weights and biases are parameters as they are stored; scales and zero points are not."""
    stored = {
        "s": SCALE,
        "z": ZERO,
        "w": quantized(6, 4, 3, 3),
        "b": np.arange(6, dtype=np.int32),
        "v": quantized(216, 5),
    }
    nodes = [
        node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        node("QLinearConv", ["q", "s", "z", "w", "s", "z", "s", "z", "b"], ["c"]),
        node("Flatten", ["c"], ["f"]),
        node("QLinearMatMul", ["f", "s", "z", "v", "s", "z", "s", "z"], ["m"]),
        node("DequantizeLinear", ["m", "s", "z"], ["y"]),
    ]
    result = counted(tmp_path, nodes, {"x": [1, 4, 8, 8]}, stored)
    assert [(row.kind, row.madds, row.params) for row in result.rows] == [
        ("scale", 0, 0),
        ("conv", 36 * 6 * 36, 216 + 6),
        ("linear", 216 * 5, 216 * 5),
        ("scale", 0, 0),
    ]
    assert result.bill().params == 216 + 6 + 1080


def test_products_of_integers_count(tmp_path: Path) -> None:
    """ConvInteger and MatMulInteger, with their weights of 8 bits."""
    nodes = [
        node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]),
        node("ConvInteger", ["q", "w", "qz"], ["c"]),
        node("Cast", ["c"], ["cast"], to=TensorProto.UINT8),
        node("MatMulInteger", ["cast", "v"], ["y"]),
    ]
    result = counted(tmp_path, nodes, {"x": [1, 4, 8, 8]}, {"w": quantized(6, 4, 3, 3), "v": quantized(6, 5)})
    assert [row.madds for row in result.rows] == [0, 36 * 6 * 36, 36 * 6 * 5]
    assert result.bill().params == 216 + 30


def test_weights_that_are_dequantized_belong_to_their_layer(tmp_path: Path) -> None:
    """Also through a transpose; so the bill is that of the network before it was quantized."""
    stored = {"s": np.full(5, 0.5, np.float32), "z": np.zeros(5, np.int8), "w": quantized(5, 4)}
    nodes = [
        node("DequantizeLinear", ["w", "s", "z"], ["d"], axis=0),
        node("Transpose", ["d"], ["t"]),
        node("MatMul", ["x", "t"], ["y"]),
    ]
    result = counted(tmp_path, nodes, {"x": [3, 4]}, stored)
    assert [(row.kind, row.madds, row.params) for row in result.rows if row.madds] == [("linear", 60, 20)]
    assert result.bill().params == 20


def test_a_bias_that_is_added_apart_belongs_to_its_linear(tmp_path: Path) -> None:
    """As in a network in code, where both are one op; a second addition is an addition."""
    nodes = [
        node("MatMul", ["x", "w"], ["p"]),
        node("Add", ["b", "p"], ["a"]),
        node("Add", ["a", "c"], ["y"]),
    ]
    result = counted(tmp_path, nodes, {"x": [3, 4]}, {"w": (4, 5), "b": (5,), "c": (5,)})
    rows = [(row.kind, row.role, row.weights, row.biases) for row in result.rows]
    assert rows == [("table", "table", 5, 0), ("linear", "biased", 20, 5), ("add", "plain", 0, 0)]


def test_shared_and_unused_tensors_count_once(tmp_path: Path) -> None:
    """A weight of two layers counts in the first; one that no node reads is named; whole numbers are not parameters."""
    stored = {"w": (4, 4), "spare": (3,), "index": np.array([0, 1])}
    nodes = [
        node("MatMul", ["x", "w"], ["m"]),
        node("MatMul", ["m", "w"], ["n"]),
        node("Gather", ["n", "index"], ["y"]),
    ]
    result = counted(tmp_path, nodes, {"x": [3, 4]}, stored)
    assert [row.params for row in result.rows] == [16, 0, 3]
    assert dict(result.unused) == {"spare": 3}


def test_running_statistics_are_not_parameters(tmp_path: Path) -> None:
    """Of a norm's four vectors, two are learned."""
    nodes = [node("BatchNormalization", ["x", "scale", "shift", "mean", "variance"], ["y"])]
    stored = dict.fromkeys(("scale", "shift", "mean", "variance"), (4,))
    (row,) = counted(tmp_path, nodes, {"x": [1, 4, 2, 2]}, stored).rows
    assert (row.kind, row.weights, row.biases, row.elements) == ("batch-norm", 4, 4, 16)


@pytest.mark.parametrize(("limits", "kind"), [((0.0, 6.0), "relu6"), ((-1.0, 1.0), "clamp")])
def test_a_clip_to_0_and_6_is_relu6(limits: tuple[float, float], kind: str, tmp_path: Path) -> None:
    """With limits as inputs, and as the attributes of older versions."""
    low, high = (np.array(limit, np.float32) for limit in limits)
    for nodes, opset in (
        ([node("Clip", ["x", "low", "high"], ["y"])], 17),
        ([node("Clip", ["x"], ["y"], min=limits[0], max=limits[1])], 6),
    ):
        result = counted(tmp_path, nodes, {"x": [3, 4]}, {"low": low, "high": high}, opset=opset)
        assert [row.kind for row in result.rows] == [kind]


@pytest.mark.parametrize(
    ("mode", "shape", "kind"),
    [
        ("nearest", [1, 1, 4, 4], "upsample"),
        ("linear", [1, 3, 4, 4], "upsample-bilinear"),
        ("linear", [1, 3, 2, 4], "upsample-linear"),
        ("cubic", [1, 3, 4, 4], "upsample-bicubic"),
    ],
)
def test_a_resize_is_known_by_its_mode_and_sides(mode: str, shape: list[int], kind: str, tmp_path: Path) -> None:
    """Its sizes are a constant in the file."""
    nodes = [node("Resize", ["x", "", "", "sizes"], ["y"], mode=mode)]
    (row,) = counted(tmp_path, nodes, {"x": [1, 3, 2, 2]}, {"sizes": np.array(shape)}).rows
    assert (row.kind, row.elements) == (kind, int(np.prod(shape)))


def test_sizes_that_the_graph_computes_are_known(tmp_path: Path) -> None:
    """Half the rows by Shape, Gather, Div and Reshape, as exporters write `x.view(x.shape[0] // 2, -1)`."""
    nodes = [
        node("Shape", ["x"], ["sides"]),
        node("Gather", ["sides", "zero"], ["rows"]),
        node("Div", ["rows", "two"], ["half"]),
        node("Concat", ["half", "rest"], ["target"], axis=0),
        node("Reshape", ["x", "target"], ["r"]),
        node("MatMul", ["r", "w"], ["y"]),
    ]
    stored = {"zero": np.array([0]), "two": np.array([2]), "rest": np.array([-1]), "w": (8, 5)}
    result = counted(tmp_path, nodes, {"x": [6, 4]}, stored)
    assert [(row.kind, row.madds) for row in result.rows] == [("linear", 3 * 8 * 5)]


def test_old_versions_of_operators_are_read(tmp_path: Path) -> None:
    """Axes, slices and splits as attributes, as before version 13."""
    nodes = [
        node("Unsqueeze", ["x"], ["u"], axes=[0]),
        node("Slice", ["u"], ["s"], axes=[1], starts=[0], ends=[2]),
        node("Squeeze", ["s"], ["q"], axes=[0]),
        node("ReduceSum", ["q"], ["y"], axes=[1], keepdims=0),
    ]
    (row,) = counted(tmp_path, nodes, {"x": [6, 4]}, opset=9).rows
    assert (row.kind, row.elements, row.out) == ("sum", 8, (2,))


def test_operators_of_other_domains_are_named_with_their_size_if_the_file_has_it(tmp_path: Path) -> None:
    """What comes after is counted if the file says how large their output is, else it is named too."""
    nodes = [node("FusedConv", ["x", "w"], ["f"], domain="com.microsoft"), node("MatMul", ["f", "v"], ["y"])]
    model = model_of(nodes, {"x": [3, 4]}, {"w": (4, 4), "v": (4, 5)})
    blind = traced(saved(model, tmp_path))
    assert [(one.operator, one.count, one.elements) for one in blind.uncovered] == [
        ("com.microsoft.FusedConv", 1, 0),
        ("MatMul of unknown size", 1, 0),
    ]
    model.graph.value_info.append(helper.make_tensor_value_info("f", TensorProto.FLOAT, [3, 4]))
    seen = traced(saved(model, tmp_path))
    assert [(one.operator, one.count, one.elements) for one in seen.uncovered] == [("com.microsoft.FusedConv", 1, 12)]
    assert (seen.bill().madds, seen.bill().params) == (60, 36)


def test_an_operator_that_onnx_does_not_know_is_named(tmp_path: Path) -> None:
    """Of its own domain, for example of a version to come."""
    result = counted(tmp_path, [node("Wonder", ["x"], ["y"])], {"x": [3, 4]})
    assert [one.operator for one in result.uncovered] == ["Wonder"]


def test_sizes_that_depend_on_values_are_named(tmp_path: Path) -> None:
    """The rows of NonZero's output are as many as the values that are not 0."""
    nodes = [node("NonZero", ["x"], ["n"]), node("Cast", ["n"], ["c"], to=1), node("MatMul", ["w", "c"], ["y"])]
    result = counted(tmp_path, nodes, {"x": [3, 4]}, {"w": (5, 2)})
    assert [one.operator for one in result.uncovered] == ["MatMul of unknown size"]
    assert result.bill().params == 10


def branch(name: str, columns: int) -> Any:
    """Return a graph for an If: `x` times a weight of its own."""
    return graph_of([node("MatMul", ["x", f"{name}_w"], [name])], {}, {f"{name}_w": (4, columns)}, [name])


def test_an_if_whose_condition_is_known_costs_its_branch(tmp_path: Path) -> None:
    """The other branch does not run; its weight is named as unused only if it is in the main graph."""
    nodes = [node("If", ["condition"], ["y"], then_branch=branch("a", 5), else_branch=branch("b", 7))]
    for condition, madds in ((True, 60), (False, 84)):
        result = counted(tmp_path, nodes, {"x": [3, 4]}, {"condition": np.array(condition)})
        assert (result.uncovered, result.bill().madds) == ((), madds)


def test_an_if_on_values_is_named_and_keeps_its_parameters(tmp_path: Path) -> None:
    """None of the two branches is counted, and both own parameters."""
    nodes = [
        node("ReduceSum", ["x"], ["sum"], keepdims=0),
        node("Cast", ["sum"], ["condition"], to=TensorProto.BOOL),
        node("If", ["condition"], ["y"], then_branch=branch("a", 5), else_branch=branch("b", 5)),
    ]
    result = counted(tmp_path, nodes, {"x": [3, 4]})
    assert [(one.operator, one.elements) for one in result.uncovered] == [("If", 15)]
    assert (result.bill().madds, result.bill().params) == (0, 40)


def loop_body() -> Any:
    """Return the body of a loop that multiplies its state by a square weight, and keeps each state."""
    nodes = [
        node("Identity", ["go"], ["goes"]),
        node("MatMul", ["state", "w"], ["next"]),
        node("Identity", ["next"], ["kept"]),
    ]
    body = graph_of(nodes, {}, {}, ["goes", "next", "kept"])
    for name, kind, shape in (("i", 7, []), ("go", 9, []), ("state", 1, [3, 4])):
        body.input.append(helper.make_tensor_value_info(name, kind, shape))
    return body


def test_a_loop_of_known_length_counts_its_body_so_often(tmp_path: Path) -> None:
    """6 rounds of 3 · 4 · 4; the weight counts once; the results of all rounds are stacked."""
    nodes = [node("Loop", ["times", "", "x"], ["last", "y"], body=loop_body()), node("Relu", ["y"], ["z"])]
    stored = {"times": np.array(6), "w": (4, 4)}
    result = counted(tmp_path, nodes, {"x": [3, 4]}, stored, outputs=("z",))
    assert (result.uncovered, result.bill().madds, result.bill().params) == ((), 6 * 48, 16)
    assert result.rows[-1].elements == 6 * 12


def test_a_loop_that_values_end_is_named(tmp_path: Path) -> None:
    """Its length is not known, so neither is its cost."""
    nodes = [node("Loop", ["", "go", "x"], ["y", "all"], body=loop_body())]
    result = counted(tmp_path, nodes, {"x": [3, 4], "go": []}, {"w": (4, 4)})
    assert [one.operator for one in result.uncovered] == ["Loop"]
    assert (result.bill().madds, result.bill().params) == (0, 16)


def test_a_scan_counts_its_body_for_each_step(tmp_path: Path) -> None:
    """5 steps of a state of 4 times a matrix, plus the step's input."""
    nodes = [
        node("MatMul", ["state", "w"], ["m"]),
        node("Add", ["m", "step"], ["next"]),
        node("Identity", ["next"], ["out"]),
    ]
    body = graph_of(nodes, {"state": [1, 4], "step": [1, 4]}, {}, ["next", "out"])
    outer = [node("Scan", ["first", "x"], ["last", "y"], body=body, num_scan_inputs=1)]
    result = counted(tmp_path, outer, {"first": [1, 4], "x": [5, 1, 4]}, {"w": (4, 4)})
    assert (result.uncovered, result.bill().madds, result.bill().params) == ((), 5 * 16, 16)


def test_functions_of_the_model_are_written_out(tmp_path: Path) -> None:
    """A function that is called twice costs twice, under the names of its calls."""
    double = helper.make_function(
        "own", "Double", ["a", "b"], ["d"],
        [node("MatMul", ["a", "b"], ["c"]), node("Relu", ["c"], ["d"])], [helper.make_opsetid("", 17)],
    )  # fmt: skip
    nodes = [
        node("Double", ["x", "w"], ["m"], domain="own", name="one"),
        node("Double", ["m", "w"], ["y"], domain="own", name="two"),
    ]
    result = counted(tmp_path, nodes, {"x": [3, 4]}, {"w": (4, 4)}, functions=[double])
    assert (result.uncovered, result.bill().madds, result.bill().params) == ((), 2 * 48, 16)


def test_a_table_is_read_by_indices_that_are_computed(tmp_path: Path) -> None:
    """A lookup owns its table; a fixed choice of rows is only a move."""
    nodes = [
        node("Cast", ["x"], ["ids"], to=TensorProto.INT64),
        node("Gather", ["words", "ids"], ["y"]),
        node("Gather", ["rows", "fixed"], ["z"]),
    ]
    stored = {"words": (100, 8), "rows": (10, 4), "fixed": np.array([1, 2])}
    result = counted(tmp_path, nodes, {"x": [1, 7]}, stored, outputs=("y", "z"))
    assert [(row.kind, row.elements, row.params) for row in result.rows] == [("table", 40, 40), ("embedding", 56, 800)]


def test_nodes_may_be_in_any_order(tmp_path: Path) -> None:
    """Some writers do not sort them; runtimes do."""
    nodes = [node("MatMul", ["m", "v"], ["y"]), node("MatMul", ["x", "w"], ["m"])]
    assert counted(tmp_path, nodes, {"x": [3, 4]}, {"w": (4, 5), "v": (5, 6)}).bill().madds == 60 + 90


def test_modules_are_the_groups_of_node_names(tmp_path: Path) -> None:
    """As exporters of different frameworks write them; a node without a group is in the module of its weight's name."""
    nodes = [
        node("Conv", ["x", "w"], ["a"], name="/features/0/Conv"),
        node("Relu", ["a"], ["b"], name="/features/features.1/Relu"),
        node("Conv", ["b", "head.conv.weight"], ["c"], name="Conv_7"),
        node("Relu", ["c"], ["y"], name="Relu_8"),
    ]
    result = counted(tmp_path, nodes, {"x": [1, 4, 8, 8]}, {"w": (4, 4, 3, 3), "head.conv.weight": (4, 4, 3, 3)})
    assert [(row.part.path, row.name) for row in result.rows] == [
        ("features.0", "features.0"),
        ("features.1", "features.1"),
        ("head.conv", "head.conv"),
        ("", "Relu_8"),
    ]
    assert list(result.modules) == ["", "features", "features.0", "features.1", "head", "head.conv"]
