"""The convention of ultralytics-thop, which counts the modules that it has a rule for, and products by some functions.

It hangs a rule into each module whose class is a layer of torch.nn or derives from one. Between modules it sees which
functions of torch the network calls. It does not see functions that run while a module with a rule does, and does not
look into a function.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mfprofile.cost import recurrent
from mfprofile.cost.kinds import ATTENTION, COMPOSED, CONVOLUTIONS, FUSED, NORMS, PRODUCTS, RECURRENT, UPSAMPLINGS
from mfprofile.cost.weighing import NO_PACKED, NORMED, ONCE, each, plain
from mfprofile.cost.weights import LAYERS, NOTHING, Convention, Weight

_SOFTMAX = Weight(elements=3, vectors=-1)

_PRODUCT = {"linear": ONCE, "matmul": ONCE}

_FUNCTIONS: Mapping[str, Mapping[str, Weight]] = MappingProxyType(
    {
        **dict.fromkeys(("matmul", "bmm", "linear", "scaled_dot_product_attention"), _PRODUCT),
        "einsum": {**_PRODUCT, "multiply": Weight(outputs=1)},  # of two operands, sum or not
        ATTENTION: {**_PRODUCT, "softmax": _SOFTMAX},
    }
)
"""The functions that it knows. Others, such as mm, addmm, baddbmm and bilinear, count nothing."""

_BY_DIMENSION = {
    "Conv": CONVOLUTIONS,
    "ConvTranspose": CONVOLUTIONS,
    "BatchNorm": NORMS,
    "InstanceNorm": NORMS,
    "AvgPool": ("avg-pool",),
    "AdaptiveAvgPool": ("pool",),
}
"""Layers that torch.nn has in one to three dimensions."""

_LAYERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **{f"{name}{sides}d": frozenset(kinds) for name, kinds in _BY_DIMENSION.items() for sides in (1, 2, 3)},
        **dict.fromkeys(("SyncBatchNorm", "LayerNorm", "GroupNorm", "RMSNorm"), frozenset(NORMS)),
        **dict.fromkeys(("Linear", "NonDynamicallyQuantizableLinear"), frozenset(("linear",))),
        "Bilinear": frozenset(("linear", "matmul")),  # matmul if its weight is computed
        "MultiheadAttention": frozenset(("linear", "matmul", "softmax")),
        **dict.fromkeys(("Softmax", "Softmax2d"), frozenset(("softmax",))),
        "Softmin": frozenset(("softmax", "negate")),
        "LogSoftmax": frozenset(("log-softmax",)),
        "PReLU": frozenset(("prelu",)),
        **dict.fromkeys(("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"), frozenset(UPSAMPLINGS)),
        **{f"{name}{cell}": frozenset(RECURRENT) for name in ("RNN", "GRU", "LSTM") for cell in ("", "Cell")},
        "Embedding": frozenset(),  # its rule counts nothing
    }
)

ULTRALYTICS_THOP = Convention(
    "ultralytics-thop",
    "core, plus 4 per element of BatchNorm and LayerNorm, and 1 per value in the windows of pooling and 1 per output",
    "thop.profile of ultralytics-thop: thop/profile.py and vision/basic_hooks.py; it sees modules, subclasses too, and "
    "products that functions between them compute",
    {
        **each(ONCE, *PRODUCTS, *RECURRENT),
        **each(Weight(elements=4), *NORMED),
        **plain(2, *NORMED),
        **each(Weight(windows=1, outputs=1), "pool", "avg-pool"),
        ("pool", "head"): Weight(elements=1, outputs=1),  # a single window
        **each(Weight(outputs=1), "prelu", "negate"),
        **each(Weight(outputs=5), "upsample-linear"),
        **each(Weight(outputs=11), "upsample-bilinear"),
        **each(Weight(outputs=259), "upsample-bicubic"),
        **each(Weight(outputs=31), "upsample-trilinear"),
        ("softmax", "plain"): _SOFTMAX,  # nn.Softmax and the one in nn.MultiheadAttention
        ("log-softmax", "plain"): Weight(elements=3),
        **{("softmax", role): _SOFTMAX for role in (FUSED, COMPOSED)},
        ("softmax", "attention"): NOTHING,  # a function, not a module
        ("upsample", "detector"): NOTHING,
        **NO_PACKED,
    },
    versions=("2.2",),
    sees=LAYERS,
    layers=dict(_LAYERS),
    functions=dict(_FUNCTIONS),
    recurrent=recurrent.ultralytics_thop,
)
