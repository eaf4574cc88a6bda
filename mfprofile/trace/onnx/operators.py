"""Tables of ONNX's operators: those on each value, those that reduce values, and those that cost nothing.

An operator of the default domain that is neither here nor in `handles` is named as not counted, and so is every
operator of another domain.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def _by_name(table: Mapping[str, str]) -> Mapping[str, str]:
    """Return the kind of each operator; `table` lists operators by kind."""
    return MappingProxyType({name: kind for kind, names in table.items() for name in names.split()})


ELEMENTWISE = _by_name(
    {
        "relu": "Relu",
        "leaky-relu": "LeakyRelu",
        "rrelu": "ThresholdedRelu",
        "elu": "Elu",
        "celu": "Celu",
        "selu": "Selu",
        "gelu": "Gelu",
        "silu": "Swish",
        "mish": "Mish",
        "glu": "SwiGLU",
        "h-swish": "HardSwish",
        "h-sigmoid": "HardSigmoid",
        "sigmoid": "Sigmoid",
        "tanh": "Tanh",
        "softplus": "Softplus Softsign",
        "soft-shrink": "Shrink",
        "softmax": "Softmax",
        "log-softmax": "LogSoftmax",
        "group-norm": "GroupNormalization",
        "instance-norm": "InstanceNormalization MeanVarianceNormalization",
        "rms-norm": "RMSNormalization",
        "layer-norm": "LayerNormalization",
        "grid-sample": "GridSample RoiAlign",
        "negate": "Neg",
        "abs": "Abs",
        "sign": "Sign",
        "power": "Pow",
        "exp": "Exp",
        "log": "Log",
        "sqrt": "Sqrt",
        "reciprocal": "Reciprocal",
        "erf": "Erf",
        "sin": "Sin",
        "cos": "Cos",
        "tan": "Tan",
        "asin": "Asin",
        "acos": "Acos",
        "atan": "Atan",
        "sinh": "Sinh Asinh",
        "cosh": "Cosh Acosh Atanh",
        "round": "Round",
        "floor": "Floor",
        "ceil": "Ceil",
        "remainder": "Mod",
        "where": "Where",
        "divide": "LRN",
        "multiply": "RotaryEmbedding",
        "scale": "QuantizeLinear DequantizeLinear DynamicQuantizeLinear",
        "compare": "Equal Greater GreaterOrEqual Less LessOrEqual IsInf IsNaN",
        "logic": "And Or Not Xor BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor",
        "cumulate": "CumSum CumProd",
        "dropout": "Bernoulli",
        "search": "Multinomial",
    }
)
"""The kind of each operator that works on each value; its `elements` are the values of its first output."""

REDUCTIONS = _by_name(
    {
        "pool": "GlobalAveragePool GlobalLpPool",
        "avg-pool": "AveragePool LpPool",
        "max-pool": "MaxPool GlobalMaxPool MaxRoiPool",
        "mean": "ReduceMean",
        "sum": "ReduceSum ReduceLogSum ReduceLogSumExp Col2Im NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss",
        "vector-norm": "ReduceL1 ReduceL2 ReduceSumSquare",
        "product": "ReduceProd",
        "max": "ReduceMax",
        "min": "ReduceMin",
        "arg-max": "ArgMax ArgMin Hardmax",
        "sort": "TopK Unique NonMaxSuppression",
    }
)
"""The kind of each operator that reduces values; its `elements` are the values that it reads."""

_VIEWS = "Identity Reshape Flatten Squeeze Unsqueeze Transpose Cast CastLike BitCast"
_MOVES = (
    "Concat Expand Tile Pad Slice Split Gather GatherElements GatherND Scatter ScatterElements ScatterND TensorScatter "
    "Compress DepthToSpace SpaceToDepth ReverseSequence Trilu NonZero OneHot MaxUnpool CenterCropPad"
)
_CREATORS = (
    "Constant ConstantOfShape EyeLike Range RandomNormal RandomNormalLike RandomUniform RandomUniformLike "
    "BlackmanWindow HammingWindow HannWindow MelWeightMatrix"
)
_QUERIES = "Shape Size SequenceLength OptionalHasElement"
_SEQUENCES = (
    "SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SplitToSequence ConcatFromSequence "
    "Optional OptionalGetElement"
)
_TEXTS = "StringConcat StringNormalizer StringSplit RegexFullMatch"
FREE = frozenset(f"{_VIEWS} {_MOVES} {_CREATORS} {_QUERIES} {_SEQUENCES} {_TEXTS}".split())
"""Operators that cost nothing: views and moves of values, new tensors, queries, sequences, texts."""

UNREAD: Mapping[str, frozenset[int]] = MappingProxyType(
    {
        **dict.fromkeys(["Shape", "Size", "RandomNormalLike", "RandomUniformLike", "EyeLike"], frozenset((0,))),
        "CastLike": frozenset((1,)),
    }
)
"""The inputs of which an operator needs only the shape or the type, by number."""

PARTLY_READ = frozenset(["Gather", "GatherElements", "GatherND", "Slice", "Split", "Compress"])
"""Operators that read only some values of their first input, as many as they put out."""

PASSES = frozenset(f"{_VIEWS} Slice Split Gather Pad QuantizeLinear DequantizeLinear".split())
"""Operators that pass on a parameter or a part of it, also in another type."""

COMPUTED = frozenset(
    (
        f"{_VIEWS} {_QUERIES} Concat Expand Tile Slice Split Gather GatherElements GatherND ScatterElements ScatterND "
        "ConstantOfShape Range NonZero Trilu Pad OneHot Add Sub Mul Div Mod Neg Abs Sign Floor Ceil Round Sqrt "
        "Min Max Clip Sum Pow Reciprocal ReduceProd ReduceSum ReduceMax ReduceMin ArgMax ArgMin CumSum Equal Greater "
        "GreaterOrEqual Less LessOrEqual And Or Not Xor Where"
    ).split()
) - {"SequenceLength", "OptionalHasElement"}
"""Operators that are computed if all that they read is known and small: those that compute sizes and indices."""

BUFFERS: Mapping[str, frozenset[int]] = MappingProxyType(
    {
        "BatchNormalization": frozenset((3, 4)),  # running statistics
        "QuantizeLinear": frozenset((1, 2)),  # from here on scales and zero points
        "DequantizeLinear": frozenset((1, 2)),
        "QLinearConv": frozenset((1, 2, 4, 5, 6, 7)),
        "QLinearMatMul": frozenset((1, 2, 4, 5, 6, 7)),
        "ConvInteger": frozenset((2, 3)),
        "MatMulInteger": frozenset((2, 3)),
        "Clip": frozenset((1, 2)),
        "Resize": frozenset((1, 2, 3)),
        "Upsample": frozenset((1,)),
        "Pad": frozenset((1, 2)),
        "CastLike": frozenset((1,)),
        "Dropout": frozenset((1, 2)),
        "OneHot": frozenset((1, 2)),
    }
)
"""The inputs of an operator that are not parameters, by number."""
