"""Parts of tables of weights that several conventions share."""

from __future__ import annotations

from mfprofile.cost.kinds import (
    COMPLEX,
    COMPLEX_BIASED,
    COMPLEX_RARE,
    COMPLEX_ROLES,
    COMPLEX_SUMMED,
    CONVOLUTIONS,
    FUSED,
    ODD,
    PACKED,
    RARE,
    REGISTERED,
    SUMMED,
)
from mfprofile.cost.weights import ANY, NOTHING, Weight


def each(weight: Weight, *kinds: str) -> dict[tuple[str, str], Weight]:
    """Return one weight for each of the kinds, in every role."""
    return {(kind, ANY): weight for kind in kinds}


def plain(elements: int, *kinds: str) -> dict[tuple[str, str], Weight]:
    """Return the weights of norms without parameters."""
    return {(kind, role): Weight(elements=elements) for kind in kinds for role in ("plain", "training-plain")}


def of_complex(products: int, biases: int = 0) -> dict[tuple[str, str], Weight]:
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
NO_PACKED = {(ANY, PACKED): NOTHING}  # quantized layers
NO_SUMMED = {(ANY, SUMMED): NOTHING, (ANY, COMPLEX_SUMMED): NOTHING}  # baddbmm
NO_RARE = {
    (ANY, RARE): NOTHING,
    (ANY, COMPLEX_RARE): NOTHING,
    **NO_PACKED,
}  # products by operators that no tool knows, such as matrix × vector
NORMED = ("batch-norm", "layer-norm", "group-norm", "instance-norm", "rms-norm")
OF_REGISTRY = {(ANY, REGISTERED): Weight(products=2), (ANY, ODD): Weight(vectors=1)}  # an odd FLOP is one number
SLIDING = {("conv-transpose", ANY): Weight(slides=1)}
SLIDING_BIASED = {
    **SLIDING,
    **{("conv-transpose", role): Weight(elements=1, slides=1) for role in ("biased", COMPLEX_BIASED)},
}
NO_STRING_PADDING = {
    (kind, role): NOTHING for kind in CONVOLUTIONS for role in ("string-padding", "string-padding-biased")
}  # padding="same"
NO_1D_3D = {(kind, role): NOTHING for kind in ("pool", "upsample") for role in ("1d", "3d")}  # known for images only
BIASED_LINEAR = {("linear", ANY): BIASED, **{("linear", role): ONCE for role in ("plain", COMPLEX)}}
FOUR_TIMES = {(ANY, role): Weight(products=4) for role in COMPLEX_ROLES}  # a product of complex numbers as of real ones
