"""A node of a model file as a tool sees it that counts files node by node: its operator and the sizes around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from mfprofile.spec.dimension import product

Sides: TypeAlias = tuple[int, ...]
Given: TypeAlias = int | str | Sides
"""The value of an attribute that a rule may need."""


class Operand(NamedTuple):
    """What a node reads: its sizes, None if they are not known, and its name if the file stores it."""

    sides: Sides | None
    stored: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a model file: its name, its operator, its attributes, what it reads and the sizes of what it puts out.

    An input that is left out has no sides. `module` and `local` are its place in the bill.
    """

    name: str
    operator: str
    module: str
    local: str
    given: Mapping[str, Given]
    inputs: tuple[Operand, ...]
    outputs: tuple[Sides | None, ...]


class Rules(NamedTuple):
    """What a tool counts of a model file: for a node, and the parameters of all nodes."""

    of: Callable[[Node], int]
    params: Callable[[Iterable[Node]], int]


class UnknownSidesError(Exception):
    """The sizes that a rule needs are not known, because they depend on values."""


def read(node: Node, number: int) -> Sides:
    """Return the sides of an input. Raises `UnknownSidesError` if they are not known or there is no such input."""
    sides = node.inputs[number].sides if number < len(node.inputs) else None
    if sides is None:
        raise UnknownSidesError
    return sides


def put(node: Node) -> Sides:
    """Return the sides of the first output. Raises `UnknownSidesError` if they are not known."""
    sides = node.outputs[0] if node.outputs else None
    if sides is None:
        raise UnknownSidesError
    return sides


def values(sides: Sides) -> int:
    """Return the number of values in a tensor; a single value without a dimension is none, as tools take it.

    >>> values((2, 3)), values((1,)), values(())
    (6, 1, 0)
    """
    return product(sides) if sides else 0
