"""The equation of an einsum: the sizes of its letters, and the matrix product that it is, from shapes alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from mfprofile.cost import ops
from mfprofile.cost.ops import Cost

Shape = Sequence[int]
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
        return joined(self.first, self.second)


def joined(one: Sides, two: Sides) -> dict[str, int]:
    """Return the size of each letter of two operands; a size of 1 is broadcast to the other one."""
    return {key: one[key] if two.get(key, 1) == 1 and key in one else two[key] for key in {**one, **two}}


def parsed(text: str, shapes: Sequence[Shape]) -> tuple[list[Sides], list[str]]:
    """Return the sizes of each operand's letters, and the letters of the output.

    Raises `ValueError` for an equation that does not fit the shapes.

    >>> parsed("bi,ij->bj", [(5, 3), (3, 7)])
    ([{'b': 5, 'i': 3}, {'i': 3, 'j': 7}], ['b', 'j'])
    """
    left, arrow, right = text.replace(" ", "").partition("->")
    terms = left.split(",")
    labels = [_labels(term, len(shape)) for term, shape in zip(terms, shapes, strict=True)]
    operands: list[Sides] = [dict(zip(names, shape, strict=True)) for names, shape in zip(labels, shapes, strict=True)]
    hidden = max(len([name for name in names if name.startswith(".")]) for names in labels)
    if arrow:
        return operands, _labels(right, len(right.replace("...", "")) + hidden)
    letters = left.replace(",", "").replace(".", "")
    once = sorted(letter for letter in set(letters) if letters.count(letter) == 1)
    return operands, [*_labels("...", hidden), *once]


def contracted(equation: Equation) -> Cost[int]:
    """Return the cost of an einsum of two operands as one matrix product.

    Letters in both operands and in the output are the batch. Letters in both operands only are the inner dimension.
    Letters in one operand only are its rows or columns. If the output does not have them, they are summed first. So is
    a letter that is not in the output if one operand broadcasts it from 1. Of a letter that an operand repeats, only
    the diagonal is read. An einsum that sums nothing is a multiplication of each value.
    """
    parsed = _without_broadcast_sums(equation)
    sides, kept = parsed.sides, set(parsed.kept)
    shared = parsed.first.keys() & parsed.second.keys()
    rows, columns = (parsed.first.keys() - shared) & kept, (parsed.second.keys() - shared) & kept
    if shared <= kept and not (rows and columns):
        return ops.elementwise("multiply", *[sides[letter] for letter in parsed.kept])
    batch, row, inner, column = (
        prod(sides[letter] for letter in letters) for letters in (shared & kept, rows, shared - kept, columns)
    )
    return ops.matmul(batch, row, inner, column)


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
