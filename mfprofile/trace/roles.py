"""The roles of ops: how an operator is called, where counting tools differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any

from torch import Tensor

from mfprofile.cost.kinds import (
    COMPLEX,
    COMPLEX_BIASED,
    COMPLEX_COMPOSED,
    COMPLEX_RARE,
    COMPLEX_SUMMED,
    COMPOSED,
    FUSED,
    RARE,
    SUMMED,
)
from mfprofile.cost.ops import Cost
from mfprofile.trace import products, recurrent, sparse
from mfprofile.trace.operators import COMPLEX_LAYERS, PRODUCTS, RARE_PRODUCTS
from mfprofile.trace.overloads import Operator
from mfprofile.trace.training import Training

_ON_COMPLEX: Mapping[str, str] = MappingProxyType(
    {
        RARE: COMPLEX_RARE,
        COMPOSED: COMPLEX_COMPOSED,
        FUSED: COMPLEX_COMPOSED,
        SUMMED: COMPLEX_SUMMED,
        "biased": COMPLEX_BIASED,
    }
)
"""The roles of products of complex numbers, by those of the same products of real ones; all others are `COMPLEX`."""


def role_of(
    operator: Operator,
    cost: Cost,
    given: Mapping[str, Any],
    operands: Sequence[Tensor],
    padding_is_string: bool,
    training: Training,
) -> str:
    """Return the role of an op of an operator, which is given these arguments by name; the operands are its tensors."""
    role = operator.role or (
        RARE if _is_rare(operator, cost, given) else _role(operator, cost, given, padding_is_string, training)
    )
    is_complex = cost.madds and operator.name not in COMPLEX_LAYERS and any(each.is_complex() for each in operands)
    return _ON_COMPLEX.get(role, COMPLEX) if is_complex else role


def _role(operator: Operator, cost: Cost, given: Mapping[str, Any], padding_is_string: bool, training: Training) -> str:
    """Return the role where tools differ: fused attention, statistics, complex numbers, bias, padding."""
    if "scaled_dot_product" in operator.name:
        fuses = operator.name != "scaled_dot_product_attention" or (
            products.fuses(**given) and not training.needs_gradient(given.get("attn_mask"))
        )
        return FUSED if fuses else COMPOSED
    if operator.name == "batch_norm" and given["training"]:
        return "training" if given.get("weight") is not None else "training-plain"
    if cost.layer is not None:
        return recurrent.role(operator.name, given)
    is_biased = given.get(operator.decides) is not None
    if operator.name in COMPLEX_LAYERS:
        return COMPLEX_BIASED if is_biased else COMPLEX
    if operator.name == "linear" and is_biased:
        vectors = given["input"]  # torch fuses the bias if the vectors are contiguous
        return "biased" if vectors.dim() == 2 or vectors.is_contiguous() else "added"
    if padding_is_string:
        return "string-padding-biased" if is_biased else "string-padding"
    return "biased" if is_biased else "plain"


def _is_rare(operator: Operator, cost: Cost, given: Mapping[str, Any]) -> bool:
    """Return whether torch does not run a product as one of matrices; this includes an einsum that sums nothing."""
    if operator.handle is sparse.HANDLES.get(operator.name):
        return True
    if operator.name in PRODUCTS:
        return products.meets_vector(*islice(given.values(), 2))
    return operator.name in RARE_PRODUCTS or (operator.name == "einsum" and cost.madds == cost.elements)
