"""Training: the products of a forward and a backward pass, from those of the forward pass.

The gradient of an operand of a product is a product of the same size: of the gradient of the output and the other
operand. So an op has in training its forward products, and as many again for each operand that needs a gradient, if its
output reaches the loss. Everything else of a training step (norms, the loss, the optimizer) has no products.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mfprofile.cost.kinds import CONVOLUTIONS, GROUPED_GRADIENT, PRODUCTS
from mfprofile.cost.ops import Cost
from mfprofile.cost.rows import Ops, Part
from mfprofile.cost.weights import Convention
from mfprofile.errors import InputError
from mfprofile.spec.dimension import D, Size

INFERENCE, TRAINING = "inference", "training"
"""The modes of a bill."""

IN_TRAINING = ("core", "torch")
"""The conventions that can count training. All other tools count a forward pass only."""


def mode_of(training: bool) -> str:
    """Return the mode of a bill."""
    return TRAINING if training else INFERENCE


def check_mode(convention: Convention, mode: str) -> None:
    """Raise `InputError` for a convention that cannot count in a mode."""
    if mode == TRAINING and convention.name not in IN_TRAINING:
        raise InputError(
            f"convention {convention.name!r} cannot count training: it has no rule for a backward pass; "
            f"use {' or '.join(IN_TRAINING)}"
        )


def in_training(parts: Iterable[Part[D]]) -> list[Part[D]]:
    """Return the parts of a Mobile-Former in training: all products three times, those of the stem twice.

    Both operands of a product need a gradient, because the tokens are parameters too. Only the image needs none.

    >>> from mfprofile import count
    >>> count("mf294m", training=True).madds == 3 * count("mf294m").madds - 5_419_008  # the products of the stem
    True
    """
    known: dict[int, Ops[D]] = {}
    trained = []
    for part in parts:
        if id(part.ops) not in known:  # the ops of Former are the same in every block
            ops = (each for op in part.ops for each in with_gradients(*op, _backward(*op[1:]), True))
            known[id(part.ops)] = list(ops)
        trained.append(Part(part.block, part.stage, part.pillar, part.path, known[id(part.ops)], part.wiring))
    return trained


def _backward(role: str, cost: Cost[D]) -> Size[D]:
    """Return the products of the backward pass of an op of a Mobile-Former."""
    return cost.madds * ((1 if role == "stem" else 2) if cost.kind in PRODUCTS else 0)


def with_gradients(
    name: str, role: str, cost: Cost[D], backward: Size[D], has_weight_gradient: bool
) -> Iterator[tuple[str, str, Cost[D]]]:
    """Yield an op in training, with the products that its `backward` pass has: its own for each gradient of an operand.

    For a convolution in groups whose weight needs one, also yield what torch's FlopCounterMode counts beyond it: it
    multiplies the products of a weight's gradient by the groups (torch/utils/flop_counter.py, conv_flop_count). `core`
    does not count that.

    >>> from mfprofile.cost import ops
    >>> cost = ops.depthwise(4, 3, 3, 3)  # Conv2d(4, 4, 3, groups=4) on 5 × 5
    >>> op, beyond = with_gradients("conv", "plain", cost, 2 * cost.madds, True)
    >>> op[2].madds, beyond[0], beyond[2].madds
    (972, 'conv.grouped-gradient', 972)
    """
    yield name, role, cost.changed(madds=cost.madds + backward)
    if has_weight_gradient and cost.kind in CONVOLUTIONS and not _is_one(cost.groups):
        beyond: Cost[D] = Cost(GROUPED_GRADIENT, cost.out, cost.madds * cost.groups + cost.madds * -1, 0)
        yield _beside(name), "plain", beyond


def _is_one(groups: Size[D]) -> bool:
    """Return whether the groups are the number 1, not an array or a symbol that may be 1."""
    return type(groups) is int and groups == 1


def _beside(name: str) -> str:
    """Return the name of what is counted beside an op: `conv#2` has `conv.grouped-gradient#2`."""
    local, mark, call = name.partition("#")
    return f"{local}.{GROUPED_GRADIENT}".removeprefix(".") + mark + call
