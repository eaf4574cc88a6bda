"""The convention of onnx-tool, which counts an ONNX file node by node, as read from its source at the version below.

Its unit is called MACs, but it is one instruction: a comparison and an addition are 1, a division 4, a square root 24,
an exponential 32, a logarithm 43, a sine 39. What an exporter leaves in a file, such as arithmetic on sizes, counts as
everything else does. A tensor without dimensions has no values for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from mfprofile.cost.nodes import Node, Rules, Sides, UnknownSidesError, put, read, values
from mfprofile.cost.weights import Convention
from mfprofile.errors import InputError
from mfprofile.spec.dimension import product
from mfprofile.spec.words import shown

Rule = Callable[[Node], int]
_DIVISION, _ROOT = 4, 24
_OF_LSTM, _OF_GRU = 180, 110
"""The sums, products and functions of the gates for each hidden value, of one direction."""
HIDDEN = frozenset(
    (
        *("Identity", "Constant", "Shape", "Squeeze", "Unsqueeze", "Reshape", "ConstantOfShape", "Cast", "Pad"),
        *("Concat", "Slice", "Gather"),
    )
)
"""Operators that it leaves out of its list: they cost nothing, and parameters that only they read are not counted."""
_FREE = (
    "ArgMax ArrayFeatureExtractor CategoryMapper Compress DepthToSpace Dropout Erf Expand Flatten GatherElements "
    "GatherND GridSample NonMaxSuppression OneHot RandomNormalLike RandomUniformLike Range RoiAlign ScatterElements "
    "ScatterND Split Tile TopK Transpose Trilu Where ZipMap"
)
_OUTPUTS = {
    1: "Abs Add And Ceil CumSum Equal Floor Greater GreaterOrEqual Hardmax Less LessOrEqual Max Min Mod Mul Neg "
    "NonZero Not Or Relu Round Sign Sub Xor",
    2: "Clip DequantizeLinear LeakyRelu PRelu QuantizeLinear Relu6",
    4: "Div HardSigmoid Reciprocal",
    5: "HardSwish",
    7: "InstanceNormalization",
    _ROOT: "Sqrt",
    31: "BatchNormalization",
    32: "Exp Pow Sigmoid",
    33: "LpNormalization Silu",
    34: "Gelu",
    35: "Elu",
    36: "Softmax",
    39: "Cos Sin",
    43: "Log",
    64: "Atan",
    76: "Softplus Tanh",
    80: "LogSoftmax",
}
"""How often each output value counts, however many inputs there are."""
_INPUTS = {1: "ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum", 1 + _ROOT: "ReduceL2"}
"""How often each value of the first input counts."""
_RESIZED = {"nearest": 0, "linear": 4, "cubic": 8}


def _each_output(times: int) -> Rule:
    return lambda node: times * values(put(node))


def _each_input(times: int) -> Rule:
    return lambda node: times * values(read(node, 0))


def _sum(node: Node) -> int:
    return (len(node.inputs) - 1) * values(put(node))


def _convolution(kernel: int, biased: int) -> Rule:
    """Return the rule of a convolution: each output value has the products of one filter, and its bias.

    `biased` is the number of inputs from which on there is a bias. A transposed one is counted in the same way, from
    its output, with the kernel's last sides.
    """

    def rule(node: Node) -> int:
        return values(put(node)) * (values(read(node, kernel)[1:]) + (len(node.inputs) >= biased))

    return rule


def _product(node: Node) -> int:
    """Return the products of a Gemm, MatMul or MatMulInteger, and one for each output value if it has three inputs."""
    weights = read(node, 1)
    inner = weights[-1] if node.operator == "Gemm" and node.given.get("transB", 0) else weights[-2]
    return values(put(node)) * (inner + (len(node.inputs) == 3))


def _quantized_product(node: Node) -> int:
    return values(read(node, 0)) * read(node, 3)[-1]


def _einsum(node: Node) -> int:
    """Return the product of the sizes of all letters, of two operands."""
    operands = str(node.given.get("equation", "")).replace(" ", "").partition("->")[0].split(",")
    sizes: dict[str, int] = {}
    for number, letters in enumerate(operands):
        sizes |= dict(zip(letters, read(node, number), strict=True))
    return product(sizes.values())


def _pool(node: Node) -> int:
    """Return one for each value in each window; of three dimensions, only the first side of a window counts."""
    window = _sides(node, "kernel_shape", (3, 3))
    return values(put(node)) * product(window if len(window) == 2 else window[:1])


def _global_pool(node: Node) -> int:
    return values(read(node, 0)) + _DIVISION * values(put(node))


def _resize(node: Node) -> int:
    return _RESIZED[str(node.given["mode"])] * values(put(node))


def _layer_norm(node: Node) -> int:
    """Return 7 for each value, and 29 for each vector along the axis, also if it norms more dimensions than that."""
    sides, axis = read(node, 0), node.given.get("axis", -1)
    vectors = tuple(1 if at == axis or at - len(sides) == axis else side for at, side in enumerate(sides))
    return 7 * values(sides) + (1 + _ROOT + _DIVISION) * values(vectors)


def _local_norm(node: Node) -> int:
    size = node.given["size"]
    return values(put(node)) * (37 + size if isinstance(size, int) else 37)


def _recurrent(gates: int, of_gates: int) -> Rule:
    """Return the rule of a layer: all its matrices and biases in each step, and the gates of one direction."""

    def rule(node: Node) -> int:
        steps, batch = read(node, 0)[:2]
        weights, rest = read(node, 1), (values(node.inputs[number].sides or ()) for number in (2, 3))
        hidden = weights[1] // gates
        return steps * batch * (values(weights) + sum(rest) + of_gates * hidden)

    return rule


def _sides(node: Node, name: str, default: Sides) -> Sides:
    value = node.given.get(name, default)
    return value if isinstance(value, tuple) else default


def _by_name(table: Mapping[int, str], rule: Callable[[int], Rule]) -> dict[str, Rule]:
    return {name: rule(times) for times, names in table.items() for name in names.split()}


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **dict.fromkeys((*HIDDEN, *_FREE.split()), lambda _: 0),
        **_by_name(_OUTPUTS, _each_output),
        **_by_name(_INPUTS, _each_input),
        **dict.fromkeys(("Conv", "ConvTranspose"), _convolution(1, 3)),
        "ConvInteger": _convolution(1, 9),
        "QLinearConv": _convolution(3, 9),
        **dict.fromkeys(("Gemm", "MatMul", "MatMulInteger"), _product),
        "QLinearMatMul": _quantized_product,
        "Einsum": _einsum,
        **dict.fromkeys(("AveragePool", "MaxPool"), _pool),
        "GlobalAveragePool": _global_pool,
        **dict.fromkeys(("Resize", "Upsample"), _resize),
        "LayerNormalization": _layer_norm,
        "LRN": _local_norm,
        "LSTM": _recurrent(4, _OF_LSTM),
        "GRU": _recurrent(3, _OF_GRU),
        "Sum": _sum,
    }
)
"""What it counts for a node, by operator. It takes the name of an operator from any domain."""


def counted(node: Node) -> int:
    """Return what onnx-tool counts for a node, 0 if the sizes that its rule needs are not known.

    Raises `InputError` for an operator that it does not know: it then counts nothing of the file.
    """
    rule = RULES.get(node.operator)
    if rule is None:
        what = f"onnx-tool does not know the operator {node.operator} (node {shown(node.name)})"
        raise InputError(f"{what}, so it cannot count the file; use another convention")
    try:
        return rule(node)
    except (UnknownSidesError, KeyError, IndexError, ValueError):
        return 0


def params_of(nodes: Iterable[Node]) -> int:
    """Return the parameters that onnx-tool counts: all stored tensors that nodes read which it lists.

    Running statistics and tensors of sizes are counted too. Constants inside the graph are not.
    """
    stored = {
        operand.stored: values(operand.sides or ())
        for node in nodes
        if node.operator not in HIDDEN
        for operand in node.inputs
        if operand.stored
    }
    return sum(stored.values())


ONNX_TOOL = Convention(
    "onnx-tool",
    "instructions of an ONNX file, node by node: products, biases, norms, activations, and arithmetic on sizes",
    "onnx_tool.model_profile: onnx_tool/node.py (profile) and graph.py",
    {},
    versions=("1.0.1",),
    nodes=Rules(counted, params_of),
)
