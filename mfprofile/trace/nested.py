"""The costs of operators on nested tensors, which are sums over their parts: each part has a shape of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from mfprofile.cost.ops import Cost
from mfprofile.trace.operators import ATTENTIONS as ATTENTION_NAMES
from mfprofile.trace.operators import ELEMENTWISE
from mfprofile.trace.owners import tensors_in
from mfprofile.trace.products import Named

OPERATORS = frozenset((*ELEMENTWISE, "linear", "layer_norm", "matmul", "add", "sub", "mul", "div", "dropout"))
"""Operators that compute each row of each part by itself."""
ATTENTIONS = frozenset(
    ("scaled_dot_product_attention", *(f"_scaled_dot_product_{name}" for name in ATTENTION_NAMES.split()))
)

Parts = Sequence[tuple[int, ...]]


def parts_of(name: str, out: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> int:
    """Return of how many parts an operator's cost is the sum, or 0 if it cannot be counted by parts.

    It can if each nested tensor has as many parts as the result. The lengths of a jagged tensor are values, which meta
    tensors do not have; its rows are then one part together, except in an attention.
    """
    if not (name in OPERATORS or name in ATTENTIONS) or not isinstance(out, Tensor) or not out.is_nested:
        return 0
    nested = [each for each in tensors_in((out, *args, *options.values())) if each.is_nested]
    counts = {len(_shapes(each, whole=name in OPERATORS)) for each in nested}
    return counts.pop() if len(counts) == 1 else 0


def part(value: Any, index: int, dimensions: int, whole: bool) -> Any:
    """Return a meta tensor in the shape of a nested tensor's part; another argument as it is, a batch without it."""
    if not isinstance(value, Tensor):
        return value
    if value.is_nested:
        return torch.empty(_shapes(value, whole)[index], dtype=value.dtype, device="meta")
    if value.dim() == dimensions:
        return torch.empty(value.shape[1:], dtype=value.dtype, device="meta")
    return value


def cost_of(handle: Callable[..., Named], count: int, call: Callable[[int], tuple[Any, Any, Any]]) -> Named:
    """Return the sum of a handle's costs over so many parts; `call` returns the output and arguments of a part."""
    costs = [handle(out, *args, **options) for out, args, options in map(call, range(count))]
    return [(same[0][0], _total([cost for _, cost in same])) for same in zip(*costs, strict=True)]


def _total(costs: Sequence[Cost]) -> Cost:
    elements = sum(cost.elements for cost in costs)
    return Cost(costs[0].kind, (elements,), sum(cost.madds for cost in costs), elements)


def _shapes(tensor: Any, whole: bool) -> Parts:
    """Return the shape of each part of a nested tensor; with `whole`, all rows of a jagged meta tensor are one part."""
    if tensor.layout is not torch.jagged:
        return [tuple(sides) for sides in tensor._nested_tensor_size().tolist()]
    ragged = tensor._ragged_idx
    if tensor._offsets.is_meta:
        return [tuple(tensor._values.shape)] if whole and ragged == 1 else []
    lengths = tensor._offsets.diff() if tensor._lengths is None else tensor._lengths
    before, after = tensor.shape[1:ragged], tensor.shape[ragged + 1 :]
    return [(*before, length, *after) for length in lengths.tolist()]
