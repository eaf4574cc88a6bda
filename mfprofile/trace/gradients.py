"""The handles of the operators that a backward pass runs, in networks whose forward differentiates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from torch import Tensor

from mfprofile.cost import ops
from mfprofile.cost.ops import Cost
from mfprofile.trace import products
from mfprofile.trace.operators import ELEMENTWISE, REDUCTIONS
from mfprofile.trace.products import Named

_NORMS = {f"native_{name.replace('-', '_')}_backward": name for name in ("batch-norm", "layer-norm", "group-norm")}
_OTHERS = {
    "threshold_backward": "relu",
    "hardtanh_backward": "hard-tanh",
    "_softmax_backward_data": "softmax",
    "_log_softmax_backward_data": "log-softmax",
    "native_dropout_backward": "dropout",
}
KINDS: Mapping[str, str] = MappingProxyType(
    {f"{name}_backward": kind for name, kind in {**ELEMENTWISE, **REDUCTIONS}.items()} | _NORMS | _OTHERS
)
"""The kind of each operator of a backward pass that works on each value; it is the kind of the forward operator."""


def each_value(kind: str) -> Any:
    """Return the handle of such an operator; its `elements` are the values of the gradient that it returns."""
    reduces = kind in REDUCTIONS.values()

    def cost(out: Any, _: Any, *__: Any, **___: Any) -> Named:
        shape = out.shape if isinstance(out, Tensor) else ()
        size = ops.reduction(kind, out.numel(), *shape) if reduces else ops.elementwise(kind, *shape)
        return [(f"{kind}-backward", size)]

    return cost


def convolution(
    out: Any,  # noqa: ARG001 - it is None if no gradient of the image is wanted
    gradient: Tensor,
    image: Tensor,
    weight: Tensor,
    biases: Any,  # noqa: ARG001 - ATen's arguments by position
    *settings: Any,
) -> Named:
    """Return the cost of aten.convolution_backward: the products of the forward for each gradient that is wanted.

    These are the gradients of the image and of the weight; that of the bias is a sum.
    """
    *forward, wanted = settings
    [(kind, cost)] = products.convolution(gradient, image, weight, None, *forward)
    given: Sequence[Tensor] = (image, weight)
    return [
        (f"{kind}-backward", Cost(kind, tuple(each.shape), cost.madds, each.numel()))
        for each, is_wanted in zip(given, wanted, strict=False)
        if is_wanted
    ]
