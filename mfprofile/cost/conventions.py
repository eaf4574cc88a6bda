"""The conventions: what the paper and each counting tool count.

The weights of a tool were read from its source code, at the versions given here. They predict the tool's total on the
torch model from our rows, and `mfprofile verify` compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from mfprofile.cost.kinds import (
    COMPLEX,
    COMPLEX_BIASED,
    COMPOSED,
    CONVOLUTIONS,
    FUSED,
    PRODUCTS,
    RARE,
    SUMMED,
    UPSAMPLINGS,
)
from mfprofile.cost.weights import ANY, LEAVES, NOTHING, TORCH_LEAVES, Convention, Weight
from mfprofile.spec.problems import unknown


def _each(weight: Weight, *kinds: str) -> dict[tuple[str, str], Weight]:
    return {(kind, ANY): weight for kind in kinds}


def _plain(elements: int, *kinds: str) -> dict[tuple[str, str], Weight]:
    """Return the weights of norms without parameters."""
    return {(kind, role): Weight(elements=elements) for kind in kinds for role in ("plain", "training-plain")}


def _complex(products: int, biases: int = 0) -> dict[tuple[str, str], Weight]:
    """Return the weights of convolutions of complex numbers, which torch runs as three of real numbers."""
    weights = {COMPLEX: Weight(products=products), COMPLEX_BIASED: Weight(products=products, elements=biases)}
    return {(kind, role): weight for kind in CONVOLUTIONS for role, weight in weights.items()}


ONCE = Weight(products=1)
BIASED = Weight(products=1, elements=1)
# In Mobile-Former, only the detector's convolutions have a bias. In other networks, the role of an op says so.
BIASED_CONVOLUTIONS = {
    (kind, role): BIASED
    for kind in CONVOLUTIONS
    for role in ("detector", "biased", "string-padding-biased", COMPLEX_BIASED)
}

NO_FUSED = {(ANY, FUSED): NOTHING}  # the ops inside an attention that is called as one operator
NO_SUMMED = {(ANY, SUMMED): NOTHING}  # baddbmm
NO_RARE = {(ANY, RARE): NOTHING}  # products by operators that no tool knows, such as matrix × vector
SLIDING = {("conv-transpose", ANY): Weight(slides=1)}
SLIDING_BIASED = {
    **SLIDING,
    **{("conv-transpose", role): Weight(elements=1, slides=1) for role in ("biased", COMPLEX_BIASED)},
}
NO_STRING_PADDING = {
    (kind, role): NOTHING for kind in CONVOLUTIONS for role in ("string-padding", "string-padding-biased")
}  # padding="same"
NO_1D_3D = {(kind, role): NOTHING for kind in ("pool", "upsample") for role in ("1d", "3d")}  # known for images only
BIASED_LINEAR = {("linear", ANY): BIASED, ("linear", "plain"): ONCE}

CORE = Convention(
    "core",
    "convolutions, Linear and the matrix products of attention, 1 multiply-add each",
    "the plain count: no bias, norm, activation, softmax, addition or pooling",
    _each(ONCE, *PRODUCTS),
)

PAPER = Convention(
    "paper",
    "core without the gate and the final bridge, plus Mobile's activations: 2 per element of ReLU6, 3 of DY-ReLU",
    "inferred from the paper's tables, which do not say what they count; matches 18 of 19 MAdds cells within rounding",
    {
        **_each(ONCE, *PRODUCTS),
        (ANY, "gate"): NOTHING,
        (ANY, "final"): NOTHING,
        ("relu6", "hidden"): Weight(elements=2),
        ("dy-relu", "hidden"): Weight(elements=3),
        ("relu6", "stem"): Weight(elements=1),
        ("relu6", "lite"): Weight(elements=1),
    },
)

PAPER_COCO = Convention(
    "paper-coco",
    "convolutions (with biases in the detector) and 1 per element of ReLU6, ReLU and DY-ReLU; no Linear, no matrix "
    "products",
    "inferred from Table 4, where it matches all 16 cells; parameters of norms are not counted",
    {
        **_each(ONCE, *CONVOLUTIONS),
        **BIASED_CONVOLUTIONS,
        **_each(Weight(elements=1), "relu6", "dy-relu"),
        ("relu", "detector"): Weight(elements=1),
    },
    uncounted_params=frozenset({"batch-norm", "layer-norm"}),
)

TORCH = Convention(
    "torch",
    "core in FLOPs: 2 FLOPs per multiply-add",
    "torch.utils.flop_counter.FlopCounterMode: convolution, mm, addmm, bmm; 0 for fused attention on a CPU",
    {**_each(Weight(products=2), *PRODUCTS), **NO_FUSED, **NO_RARE, **_complex(6)},
    unit="FLOPs",
    versions=("2.13",),
)

FVCORE = Convention(
    "fvcore",
    "core, plus 2 per element of BatchNorm, 5 of LayerNorm, and 1 per element that adaptive pooling reads",
    "fvcore.nn.FlopCountAnalysis in eval mode: fvcore/nn/jit_handles.py and flop_count.py",
    {
        **_each(ONCE, *PRODUCTS),
        **_each(Weight(elements=2), "batch-norm"),
        **_each(Weight(elements=5), "layer-norm", "group-norm", "instance-norm"),
        **_plain(1, "batch-norm"),
        **_plain(4, "layer-norm", "group-norm", "instance-norm"),
        ("batch-norm", "training"): Weight(elements=5),
        ("batch-norm", "training-plain"): Weight(elements=4),
        **_each(Weight(elements=1), "pool", "upsample"),
        **_each(Weight(elements=4), "upsample-bilinear", "grid-sample"),
        **NO_1D_3D,
        **NO_STRING_PADDING,
        **NO_FUSED,
        **NO_RARE,
        **NO_SUMMED,
        (ANY, COMPOSED): NOTHING,
        **_complex(3),
    },
    versions=("0.1.5",),
)

THOP = Convention(
    "thop",
    "convolutions and Linear, no matrix products; 4 per element of BatchNorm and LayerNorm; 1 per input and 1 per "
    "output element of adaptive pooling",
    "thop.profile: thop/vision/basic_hooks.py and calc_func.py; it sees modules only, no functions between them",
    {
        **_each(ONCE, *CONVOLUTIONS, "linear"),
        **_each(Weight(elements=4), "batch-norm", "layer-norm", "instance-norm"),
        **_plain(2, "batch-norm", "layer-norm", "instance-norm"),
        **_each(Weight(elements=1, outputs=1), "pool"),
        **_each(Weight(outputs=1), "avg-pool", "prelu", "upsample"),
        **_each(Weight(outputs=5), "upsample-linear"),
        **_each(Weight(outputs=11), "upsample-bilinear"),
        **_each(Weight(outputs=224 + 35), "upsample-bicubic"),
        ("upsample", "detector"): NOTHING,  # a function, not a module
        **SLIDING,
        **NO_RARE,
        ("softmax", "plain"): Weight(elements=3, vectors=-1),  # nn.Softmax, which Mobile-Former does not use
    },
    versions=("0.1.1",),
    uncounted_params=frozenset({"table"}),  # not the parameter of a layer that it knows
    sees=TORCH_LEAVES,
)

PTFLOPS = Convention(
    "ptflops",
    "core, plus 1 per output of a Linear with bias",
    "ptflops' aten backend: ptflops/aten_ops.py; it counts the bias of addmm, and would count that of a convolution",
    {
        **_each(ONCE, *PRODUCTS),
        **BIASED_LINEAR,
        ("linear", "added"): ONCE,
        **BIASED_CONVOLUTIONS,
        **_complex(3, biases=2),
        **NO_FUSED,
        **NO_RARE,
        **NO_SUMMED,
    },
    versions=("0.7",),
)

PTFLOPS_PYTORCH = Convention(
    "ptflops-pytorch",
    "modules and patched functions, no products written as @; Linear with bias; 2 per element of BatchNorm, 1 of "
    "LayerNorm and ReLU6; twice where a module calls a patched function: 2 per element of ReLU and GELU, and 2 per "
    "element that pooling reads",
    "ptflops' pytorch backend: ptflops/pytorch_ops.py; it counts torch.matmul, but not the same product written as @",
    {
        **_each(ONCE, *CONVOLUTIONS),
        **BIASED_LINEAR,
        **BIASED_CONVOLUTIONS,
        **_each(Weight(elements=2), "batch-norm", "group-norm", "instance-norm", "relu", "gelu", "prelu"),
        **_each(Weight(elements=2), "pool", "avg-pool", "max-pool"),
        **_plain(1, "batch-norm", "group-norm", "instance-norm"),
        **_each(Weight(elements=1), "layer-norm", "relu6", "silu", "leaky-relu", *UPSAMPLINGS[:-1]),
        **NO_RARE,
    },
    versions=("0.7",),
)

TORCHINFO = Convention(
    "torchinfo",
    "convolutions; for each other module its parameters once, for any number of rows; no matrix products",
    "torchinfo.summary: LayerInfo.calculate_macs",
    {
        **_each(ONCE, *CONVOLUTIONS),
        **BIASED_CONVOLUTIONS,
        **SLIDING_BIASED,
        **_each(Weight(params=1), "linear", "embedding", "prelu"),
        **_each(Weight(params=1), "batch-norm", "layer-norm", "group-norm", "instance-norm"),
    },
    versions=("1.8",),
    sees=LEAVES,
)

_ALL = (CORE, PAPER, PAPER_COCO, TORCH, FVCORE, THOP, PTFLOPS, PTFLOPS_PYTORCH, TORCHINFO)
CONVENTIONS: Mapping[str, Convention] = MappingProxyType({item.name: item for item in _ALL})


@cache
def find_convention(name: str) -> Convention:
    """Return a convention by its name. Raises `InputError` with the most similar name, or all names, if unknown."""
    if name not in CONVENTIONS:
        raise unknown("convention", name, CONVENTIONS)
    return CONVENTIONS[name]
