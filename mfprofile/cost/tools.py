"""The conventions of counting tools: what each of them counts, as read from its source at the versions given here.

They predict a tool's total on the torch model from our rows, and `mfprofile verify` compares the two.
"""

from __future__ import annotations

from mfprofile.cost import recurrent
from mfprofile.cost.kinds import (
    CELL,
    COMPLEX_COMPOSED,
    COMPOSED,
    CONVOLUTIONS,
    GROUPED_GRADIENT,
    PRODUCTS,
    RECURRENT,
    UPSAMPLINGS,
)
from mfprofile.cost.weighing import (
    BIASED_CONVOLUTIONS,
    BIASED_LINEAR,
    NO_1D_3D,
    NO_FUSED,
    NO_PACKED,
    NO_RARE,
    NO_STRING_PADDING,
    NO_SUMMED,
    OF_REGISTRY,
    ONCE,
    SLIDING,
    SLIDING_BIASED,
    each,
    of_complex,
    plain,
)
from mfprofile.cost.weights import ANY, LEAVES, NOTHING, TORCH_LEAVES, Convention, Weight

TORCH = Convention(
    "torch",
    "core in FLOPs: 2 FLOPs per multiply-add",
    "torch.utils.flop_counter.FlopCounterMode: convolution, mm, addmm, bmm; 0 for fused attention on a CPU",
    {
        **each(Weight(products=2), *PRODUCTS, *RECURRENT, GROUPED_GRADIENT),
        **NO_FUSED,
        **NO_RARE,
        **OF_REGISTRY,
        **of_complex(6),
    },
    unit="FLOPs",
    versions=("2.13",),
)

FVCORE = Convention(
    "fvcore",
    "core, plus 2 per element of BatchNorm, 5 of LayerNorm, and 1 per element that adaptive pooling reads",
    "fvcore.nn.FlopCountAnalysis in eval mode: fvcore/nn/jit_handles.py and flop_count.py",
    {
        **each(ONCE, *PRODUCTS),
        **each(Weight(elements=2), "batch-norm"),
        **each(Weight(elements=5), "layer-norm", "group-norm", "instance-norm"),
        **plain(1, "batch-norm"),
        **plain(4, "layer-norm", "group-norm", "instance-norm"),
        ("batch-norm", "training"): Weight(elements=5),
        ("batch-norm", "training-plain"): Weight(elements=4),
        **each(Weight(elements=1), "pool", "upsample"),
        **each(Weight(elements=4), "upsample-bilinear", "grid-sample"),
        **NO_1D_3D,
        **NO_STRING_PADDING,
        **NO_FUSED,
        **NO_RARE,
        **NO_SUMMED,
        (ANY, COMPOSED): NOTHING,
        (ANY, COMPLEX_COMPOSED): NOTHING,
        **of_complex(3),
        **{(kind, CELL): ONCE for kind in RECURRENT},  # layers are one operator, which it does not know
    },
    versions=("0.1.5",),
)

THOP = Convention(
    "thop",
    "convolutions and Linear, no matrix products; 4 per element of BatchNorm and LayerNorm; 1 per input and 1 per "
    "output element of adaptive pooling",
    "thop.profile: thop/vision/basic_hooks.py and calc_func.py; it sees modules only, no functions between them",
    {
        **each(ONCE, *CONVOLUTIONS, "linear", *RECURRENT),
        **each(Weight(elements=4), "batch-norm", "layer-norm", "instance-norm"),
        **plain(2, "batch-norm", "layer-norm", "instance-norm"),
        **each(Weight(elements=1, outputs=1), "pool"),
        **each(Weight(outputs=1), "avg-pool", "prelu", "upsample"),
        **each(Weight(outputs=5), "upsample-linear"),
        **each(Weight(outputs=11), "upsample-bilinear"),
        **each(Weight(outputs=224 + 35), "upsample-bicubic"),
        ("upsample", "detector"): NOTHING,  # a function, not a module
        **SLIDING,
        **NO_RARE,
        ("softmax", "plain"): Weight(elements=3, vectors=-1),  # nn.Softmax, which Mobile-Former does not use
    },
    versions=("0.1.1",),
    uncounted_params=frozenset({"table"}),  # not the parameter of a layer that it knows
    sees=TORCH_LEAVES,
    recurrent=recurrent.thop,
)

PTFLOPS = Convention(
    "ptflops",
    "core, plus 1 per output of a Linear with bias",
    "ptflops' aten backend: ptflops/aten_ops.py; it counts the bias of addmm, and would count that of a convolution",
    {
        **each(ONCE, *PRODUCTS, *RECURRENT),
        **BIASED_LINEAR,
        ("linear", "added"): ONCE,
        **BIASED_CONVOLUTIONS,
        **of_complex(3, biases=2),
        **NO_FUSED,
        **NO_RARE,
        **NO_SUMMED,
    },
    versions=("0.7",),
    recurrent=recurrent.ptflops,
)

PTFLOPS_PYTORCH = Convention(
    "ptflops-pytorch",
    "modules and patched functions, no products written as @; Linear with bias; 2 per element of BatchNorm, 1 of "
    "LayerNorm and ReLU6; twice where a module calls a patched function: 2 per element of ReLU and GELU, and 2 per "
    "element that pooling reads",
    "ptflops' pytorch backend: ptflops/pytorch_ops.py; it counts torch.matmul, but not the same product written as @",
    {
        **each(ONCE, *CONVOLUTIONS, *RECURRENT),
        **BIASED_LINEAR,
        **BIASED_CONVOLUTIONS,
        **each(Weight(elements=2), "batch-norm", "group-norm", "instance-norm", "relu", "gelu", "prelu"),
        **each(Weight(elements=2), "pool", "avg-pool", "max-pool"),
        **plain(1, "batch-norm", "group-norm", "instance-norm"),
        **each(Weight(elements=1), "layer-norm", "relu6", "silu", "leaky-relu", *UPSAMPLINGS[:-1]),
        **NO_RARE,
    },
    versions=("0.7",),
    recurrent=recurrent.ptflops_pytorch,
)

TORCHINFO = Convention(
    "torchinfo",
    "convolutions; for each other module its parameters once, for any number of rows; no matrix products",
    "torchinfo.summary: LayerInfo.calculate_macs",
    {
        **each(ONCE, *CONVOLUTIONS, *RECURRENT),
        **BIASED_CONVOLUTIONS,
        **SLIDING_BIASED,
        **NO_PACKED,
        **each(Weight(params=1), "linear", "embedding", "prelu"),
        **each(Weight(params=1), "batch-norm", "layer-norm", "group-norm", "instance-norm"),
    },
    versions=("1.8",),
    recurrent=recurrent.torchinfo,
    sees=LEAVES,
)

CALFLOPS = Convention(
    "calflops",
    "MACs: convolutions and Linear, no products written as @",
    "calflops.calculate_flops: calflops/pytorch_ops.py; it patches torch.matmul, but not the operator @, bmm and fused "
    "attention",
    each(ONCE, *CONVOLUTIONS, "linear"),  # hooks of recurrent layers add to FLOPs only
    versions=("0.3",),
)

DEEPSPEED = Convention(
    "deepspeed",
    "MACs: core",
    "DeepSpeed's flops profiler: deepspeed/profiling/flops_profiler/profiler.py; it patches functions of torch",
    each(ONCE, *PRODUCTS),  # hooks of recurrent layers add to FLOPs only
    versions=("0.19",),
)

TORCHLENS = Convention(
    "torchlens",
    "MACs: core",
    "torchlens.trace: total_macs_forward",
    each(ONCE, *PRODUCTS),  # an operator without a rule, such as lstm, is 0
    versions=("2.36",),
)
