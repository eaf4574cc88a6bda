"""The handle of an einsum of two operands, which is one matrix product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from torch import Tensor

from mfprofile.cost import ops
from mfprofile.trace.products import Named

Sides = Mapping[str, int]
"""The size of each letter of an operand. A dimension of `...` is a letter too: `.1` is the last of them."""


class Equation(NamedTuple):
    """An einsum of two operands: the sizes of their letters, and the letters of the output in order."""

    first: Sides
    second: Sides
    kept: Sequence[str]

    @property
    def sides(self) -> dict[str, int]:
        """Return the size of each letter; a size of 1 is broadcast to the other one."""
        one, two = self.first, self.second
        return {key: one[key] if two.get(key, 1) == 1 and key in one else two[key] for key in {**one, **two}}


def einsum(out: Tensor, equation: str, operands: Sequence[Tensor], *, path: Any = None) -> Named:  # noqa: ARG001
    """Return the cost of an einsum of two operands as one matrix product.

    Letters in both operands and in the output are the batch. Letters in both operands only are the inner dimension.
    Letters in one operand only are its rows or columns. If the output does not have them, they are summed first. So is
    a letter that is not in the output if one operand broadcasts it from 1. Of a letter that an operand repeats, only
    the diagonal is read.

    >>> import torch
    >>> vectors, matrices = torch.empty(5, 3, device="meta"), torch.empty(5, 3, 7, device="meta")
    >>> ((name, cost),) = einsum(vectors, "bi,bij->bj", [vectors, matrices])  # 5 · 3 · 7
    >>> name, cost.madds, cost.out
    ('matmul', 105, (5, 1, 7))
    """
    parsed = _without_broadcast_sums(_equation(equation, operands))
    sides, kept = parsed.sides, set(parsed.kept)
    shared = parsed.first.keys() & parsed.second.keys()
    rows, columns = (parsed.first.keys() - shared) & kept, (parsed.second.keys() - shared) & kept
    if shared <= kept and not (rows and columns):
        return [("multiply", ops.elementwise("multiply", *[sides[letter] for letter in parsed.kept]))]
    batch, row, inner, column = (
        prod(sides[letter] for letter in letters) for letters in (shared & kept, rows, shared - kept, columns)
    )
    return [("matmul", ops.matmul(batch, row, inner, column))]


def has_two_operands(_: str, operands: Sequence[Tensor], *__: Any, **___: Any) -> bool:
    """Return whether an einsum has two operands; torch decomposes all others into products and sums."""
    return len(operands) == 2


def _equation(text: str, operands: Sequence[Tensor]) -> Equation:
    left, arrow, right = text.replace(" ", "").partition("->")
    terms = left.split(",")
    labels = [_labels(term, operand.dim()) for term, operand in zip(terms, operands, strict=True)]
    first, second = (dict(zip(names, each.shape, strict=True)) for names, each in zip(labels, operands, strict=True))
    hidden = max(len([name for name in names if name.startswith(".")]) for names in labels)
    if arrow:
        return Equation(first, second, _labels(right, len(right.replace("...", "")) + hidden))
    letters = left.replace(",", "").replace(".", "")
    once = sorted(letter for letter in set(letters) if letters.count(letter) == 1)
    return Equation(first, second, [*_labels("...", hidden), *once])


def _labels(term: str, dimensions: int) -> list[str]:
    """Return the letter of each dimension of an operand, with `.2`, `.1` for those of `...`."""
    before, dots, after = term.partition("...")
    hidden = dimensions - len(before) - len(after) if dots else 0
    return [*before, *(f".{place}" for place in range(hidden, 0, -1)), *after]


def _without_broadcast_sums(equation: Equation) -> Equation:
    """Return the equation without the sides of 1 that are broadcast to a letter which is summed.

    torch sums that letter in the other operand before the product: sumproduct_pair in aten/src/ATen/native/Linear.cpp.
    """
    first, second, kept = equation
    return Equation(_proper(first, second, kept), _proper(second, first, kept), kept)


def _proper(sides: Sides, others: Sides, kept: Sequence[str]) -> Sides:
    return {key: side for key, side in sides.items() if key in kept or side != 1 or others.get(key, 1) == 1}
