"""All kinds and roles of ops, declared once.

A *kind* says what an op is. A *role* says where it is used or how it is called. Conventions weigh ops by both. A name
that is not declared here is an error, in a convention and in an op: a misspelled name would have the weight 0.
"""

from __future__ import annotations

CONVOLUTIONS = ("conv", "depthwise", "pointwise", "conv-transpose")
PRODUCTS = (*CONVOLUTIONS, "linear", "matmul")
"""The kinds whose output values are sums of products."""
RECURRENT = ("lstm", "gru", "rnn")
NORMS = ("batch-norm", "layer-norm", "group-norm", "instance-norm", "rms-norm", "weight-norm")
UPSAMPLINGS = (
    *("upsample", "upsample-exact", "upsample-linear", "upsample-bilinear", "upsample-bicubic", "upsample-trilinear"),
    "upsample-antialias",
)
ACTIVATIONS = (
    *("relu", "relu6", "dy-relu", "leaky-relu", "prelu", "rrelu", "elu", "celu", "selu", "gelu", "silu", "mish", "glu"),
    *("h-swish", "h-sigmoid", "hard-tanh", "hard-shrink", "soft-shrink", "sigmoid", "log-sigmoid", "tanh", "softplus"),
    *("softmax", "log-softmax", "threshold"),
)
ARITHMETIC = (
    *("add", "subtract", "shift", "multiply", "divide", "scale", "negate", "power", "reciprocal", "remainder", "fmod"),
    *("abs", "sign", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "erf", "erfc", "erfinv"),
    *("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "hypot", "round", "floor", "ceil", "trunc"),
    *("frac", "lerp", "addcmul", "addcdiv", "clamp", "maximum", "minimum", "compare", "logic", "where", "heaviside"),
    *("polar", "cumulate", "dropout", "search", "grid-sample"),
)
"""The kinds that compute each value by itself, except activations and norms."""
REDUCTIONS = frozenset(
    (
        *("pool", "avg-pool", "max-pool", "mean", "sum", "product", "max", "min", "arg-max", "variance", "vector-norm"),
        *("any", "sort", "histogram"),
    )
)
"""The kinds whose `elements` are their input values. For all other kinds, `elements` are the output values."""
PARAMETERS = ("embedding", "table", "unused")
"""The kinds that read or own parameters and compute nothing."""
KINDS = frozenset(
    (*(*PRODUCTS, *RECURRENT, *NORMS, *UPSAMPLINGS, *ACTIVATIONS, *ARITHMETIC, *REDUCTIONS, *PARAMETERS),)
)

UNCOVERED = "uncovered"
"""The role of an op whose operator has no handle or is a recurrent layer. Its kind is the operator's name."""
FUSED = "fused"
"""The role of the ops inside an attention that is called as one operator. Some counters do not see them."""
COMPOSED = "composed"
"""The role of the ops inside an attention that is called as one operator, but that torch runs in parts on a CPU."""
RARE = "rare"
"""The role of products by operators that counting tools have no rule for, such as matrix × vector."""
SUMMED = "summed"
"""The role of products of matrices, in batches, that are added to something in one operator: some tools miss it."""
COMPLEX = "complex"
COMPLEX_BIASED = "complex-biased"
"""The roles of convolutions of complex numbers, without and with a bias. torch runs each as three of real numbers."""
OF_MOBILE_FORMER = frozenset(
    (
        *("stem", "lite", "hidden", "output", "theta", "attention", "ffn", "token", "bridge", "gate", "projection"),
        *("final", "head", "detector", "table"),
    )
)
"""The roles of a Mobile-Former's ops. `hidden` and `output` belong to a Mobile sub-block. `token` is for the ops that
join sub-blocks on tokens."""
ROLES = OF_MOBILE_FORMER | {
    *(UNCOVERED, FUSED, COMPOSED, RARE, SUMMED, COMPLEX, COMPLEX_BIASED, "unused"),
    *(
        "plain",
        "biased",
        "added",
        "string-padding",
        "string-padding-biased",
    ),  # how a bias is added; padding given as a word
    *("training", "training-plain"),  # a norm that computes its own statistics
    *("1d", "3d"),  # not on images
}


def check(kind: str, role: str) -> None:
    """Raise `ValueError` for a kind or a role that is not declared. The role `UNCOVERED` allows any kind."""
    if role not in ROLES or (kind not in KINDS and role != UNCOVERED):
        raise ValueError(f"an op of kind {kind!r} in role {role!r}: not declared in cost/kinds.py")
