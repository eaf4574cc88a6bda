"""All kinds and roles of ops, declared once.

A *kind* says what an op is. A *role* says where it is used or how it is called. Conventions weigh ops by both. A name
that is not declared here is an error, in a convention and in an op: a misspelled name would have the weight 0.
"""

from __future__ import annotations

CONVOLUTIONS = ("conv", "depthwise", "pointwise", "conv-transpose")
PRODUCTS = (*CONVOLUTIONS, "linear", "matmul")
"""The kinds whose output values are sums of products."""
RECURRENT = ("lstm", "gru", "rnn")
"""The kinds of recurrent layers and cells. They have products too, and some tools have a rule of their own for them."""
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
    *("polar", "cumulate", "dropout", "search", "grid-sample", "fft"),
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
FORMULA = "formula"
"""The kind of an operator that is counted by a formula of the user or of torch's registry."""
GROUPED_GRADIENT = "grouped-gradient"
"""What torch's FlopCounterMode counts in training beyond the products of a grouped convolution's weight gradient."""
KINDS = frozenset(
    (
        *(*PRODUCTS, *RECURRENT, *NORMS, *UPSAMPLINGS, *ACTIVATIONS, *ARITHMETIC, *REDUCTIONS, *PARAMETERS),
        *(FORMULA, GROUPED_GRADIENT),
    )
)

UNCOVERED = "uncovered"
"""The role of an op whose operator has no handle. Its kind is the operator's name."""
FUSED = "fused"
"""The role of what torch runs in one kernel on a CPU: an attention, or an LSTM. Some counters do not see inside it."""
COMPOSED = "composed"
"""The role of the ops inside an attention that is called as one operator, but that torch runs in parts on a CPU."""
RARE = "rare"
"""The role of products by operators that counting tools have no rule for, such as matrix × vector."""
SUMMED = "summed"
"""The role of products of matrices, in batches, that are added to something in one operator: some tools miss it."""
PACKED = "packed"
"""The role of layers whose parameters are packed into objects that are no tensors. No tool sees them."""
CELL = "cell"
"""The role of one step of a recurrent layer, called by itself."""
COMPLEX = "complex"
COMPLEX_BIASED = "complex-biased"
COMPLEX_RARE = "complex-rare"
COMPLEX_COMPOSED = "complex-composed"
COMPLEX_SUMMED = "complex-summed"
"""The roles of products of complex numbers, without and with a bias, and as `RARE`, `COMPOSED` and `SUMMED`. Each is
four products of real numbers. torch runs a convolution of them as three of real numbers."""
COMPLEX_ROLES = (COMPLEX, COMPLEX_BIASED, COMPLEX_RARE, COMPLEX_COMPOSED, COMPLEX_SUMMED)
ATTENTION = "multi_head_attention_forward"
"""The function of torch.nn.functional that runs a whole attention. Some counters have a rule for it."""
OWN = "own"
REGISTERED = "registered"
"""The roles of ops that are counted by a formula of the user, or by one of torch's registry. Only FlopCounterMode
knows the registry, and no tool knows the user's formulas."""
ODD = "odd"
"""The role of the rest of an odd number of FLOPs in torch's registry: half a multiply-add."""
FORMULAS = frozenset((OWN, REGISTERED, ODD))
OF_MOBILE_FORMER = frozenset(
    (
        *("stem", "lite", "hidden", "output", "theta", "attention", "ffn", "token", "bridge", "gate", "projection"),
        *("final", "head", "detector", "table"),
    )
)
"""The roles of a Mobile-Former's ops. `hidden` and `output` belong to a Mobile sub-block. `token` is for the ops that
join sub-blocks on tokens."""
ROLES = OF_MOBILE_FORMER | {
    *(UNCOVERED, FUSED, COMPOSED, RARE, SUMMED, CELL, PACKED, *COMPLEX_ROLES, OWN, REGISTERED, ODD, "unused"),
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
