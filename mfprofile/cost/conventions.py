"""The conventions: what the paper counts, what we count, and what each counting tool counts (`tools`)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mfprofile.cost.kinds import (
    CONVOLUTIONS,
    FORMULA,
    PRODUCTS,
    RECURRENT,
)
from mfprofile.cost.tools import (
    CALFLOPS,
    DEEPSPEED,
    FVCORE,
    PTFLOPS,
    PTFLOPS_PYTORCH,
    THOP,
    TORCH,
    TORCHINFO,
    TORCHLENS,
)
from mfprofile.cost.ultralytics import ULTRALYTICS_THOP
from mfprofile.cost.weighing import BIASED_CONVOLUTIONS, FOUR_TIMES, ONCE, each
from mfprofile.cost.weights import ANY, NOTHING, Convention, Counting, Weight
from mfprofile.spec.problems import unknown

CORE = Convention(
    "core",
    "convolutions, Linear, recurrent layers and the matrix products of attention, 1 multiply-add each",
    "the plain count: no bias, norm, activation, softmax, addition or pooling",
    {**each(ONCE, *PRODUCTS, *RECURRENT, FORMULA), **FOUR_TIMES},
)

PAPER = Convention(
    "paper",
    "core without the gate and the final bridge, plus Mobile's activations: 2 per element of ReLU6, 3 of DY-ReLU",
    "inferred from the paper's tables, which do not say what they count; matches 18 of 19 MAdds cells within rounding",
    {
        **each(ONCE, *PRODUCTS, *RECURRENT, FORMULA),
        **FOUR_TIMES,
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
        **each(ONCE, *CONVOLUTIONS),
        **BIASED_CONVOLUTIONS,
        **each(Weight(elements=1), "relu6", "dy-relu"),
        ("relu", "detector"): Weight(elements=1),
    },
    uncounted_params=frozenset({"batch-norm", "layer-norm"}),
)

_ALL = (
    *(CORE, PAPER, PAPER_COCO, TORCH, FVCORE, THOP, PTFLOPS, PTFLOPS_PYTORCH, TORCHINFO),
    *(ULTRALYTICS_THOP, CALFLOPS, DEEPSPEED, TORCHLENS),
)
CONVENTIONS: Mapping[str, Convention] = MappingProxyType({item.name: item for item in _ALL})


def find_convention(name: Counting) -> Convention:
    """Return a convention by its name; one that is not a name is returned as it is, with its latency model.

    Raises `InputError` with the most similar name, or all names, if unknown.
    """
    if isinstance(name, Convention):
        return name
    if name not in CONVENTIONS:
        raise unknown("convention", name, CONVENTIONS)
    return CONVENTIONS[name]
