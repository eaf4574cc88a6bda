"""Every kind and every role that an op can have, declared once.

A *kind* says what an op is, a *role* where it is or how it is called. Conventions weigh ops by both, so that a name
that is not declared here is refused, in a convention as in an op: a misspelt one would silently weigh 0.
"""

from __future__ import annotations

CONVOLUTIONS = ("conv", "depthwise", "pointwise", "conv-transpose")
PRODUCTS = (*CONVOLUTIONS, "linear", "matmul")
"""The kinds of which each value put out is a sum of products."""
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
    *("cumulate", "dropout", "search", "grid-sample"),
)
"""The kinds that work on each value, activations and norms apart."""
REDUCTIONS = frozenset(
    (
        *("pool", "avg-pool", "max-pool", "mean", "sum", "product", "max", "min", "arg-max", "variance", "vector-norm"),
        *("any", "sort", "histogram"),
    )
)
"""The kinds whose `elements` are the values that they read; of every other kind they are those put out."""
PARAMETERS = ("embedding", "table", "unused")
"""The kinds that read parameters, or own them, and compute nothing."""
KINDS = frozenset(
    (*(*PRODUCTS, *RECURRENT, *NORMS, *UPSAMPLINGS, *ACTIVATIONS, *ARITHMETIC, *REDUCTIONS, *PARAMETERS),)
)

UNCOVERED = "uncovered"
"""The role of an op whose operator has no handle, or is a recurrent layer; its kind is the operator's name."""
FUSED = "fused"
"""The role of the ops of an attention that is called as one operator, which some counters do not look into."""
COMPOSED = "composed"
"""The role of those of an attention that is called so, and that torch takes apart for a CPU."""
RARE = "rare"
"""The role of products by operators for which tools of operators have no rule, as those of a matrix and a vector."""
OF_MOBILE_FORMER = frozenset(
    (
        *("stem", "lite", "hidden", "output", "theta", "attention", "ffn", "token", "bridge", "gate", "projection"),
        *("final", "head", "detector", "table"),
    )
)
"""The roles of a Mobile-Former's ops: `hidden` and `output` are of a Mobile sub-block, `token` is what joins sub-blocks
on tokens."""
ROLES = OF_MOBILE_FORMER | {
    *(UNCOVERED, FUSED, COMPOSED, RARE, "unused"),
    *("plain", "biased", "added", "worded", "worded-biased"),  # how a bias is added; a padding that is given as a word
    *("training", "training-plain"),  # a norm that takes its own statistics
    *("1d", "3d"),  # of no images
}


def check(kind: str, role: str) -> None:
    """Raise `ValueError` for a kind or a role that is not declared; of what is uncovered any kind is."""
    if role not in ROLES or (kind not in KINDS and role != UNCOVERED):
        raise ValueError(f"an op of kind {kind!r} in role {role!r}: not declared in cost/kinds.py")
