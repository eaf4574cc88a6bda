"""What each counter counts: a convention is a weight for each kind and role of row, on its products or its elements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from mfprofile.cost.ops import Dimension
from mfprofile.cost.rows import Row
from mfprofile.spec.problems import InputError, nearest

ANY = "*"
PRODUCTS = ("conv", "depthwise", "pointwise", "linear", "matmul")


class Weight(NamedTuple):
    """How often a row's multiply-adds and its elements are counted."""

    products: int = 0
    elements: int = 0


@dataclass(frozen=True, eq=False)
class Convention:
    """A named table of weights by (kind, role), either of which may be `*`; the most special entry holds.

    A role's entry goes before a kind's: ("*", "final") before ("linear", "*"). What has no entry is not counted.
    """

    name: str
    about: str
    source: str
    weights: Mapping[tuple[str, str], Weight]

    def weight(self, kind: str, role: str) -> Weight:
        """Return the weight of a row of that kind in that role."""
        for key in ((kind, role), (ANY, role), (kind, ANY)):
            if key in self.weights:
                return self.weights[key]
        return Weight()

    def weigh(self, rows: Iterable[Row]) -> list[Dimension]:
        """Return what is counted of each row."""
        weights = _Weights(self)
        counted = []
        for row in rows:
            products, elements = weights[row.kind, row.role]
            counted.append(products * row.madds + elements * row.elements)
        return counted


class _Weights(dict[tuple[str, str], Weight]):
    """A convention's weights, looked up once for each kind and role that occur."""

    def __init__(self, convention: Convention) -> None:
        super().__init__()
        self.convention = convention

    def __missing__(self, key: tuple[str, str]) -> Weight:
        self[key] = self.convention.weight(*key)
        return self[key]


def _once(*kinds: str) -> dict[tuple[str, str], Weight]:
    return {(kind, ANY): Weight(products=1) for kind in kinds}


CORE = Convention(
    "core",
    "convolutions, Linear and the matrix products of attention, one multiply-add each",
    "the plain count: no bias, norm, activation, softmax, addition or pooling",
    _once(*PRODUCTS),
)

PAPER = Convention(
    "paper",
    "core without the gate and the final bridge, plus Mobile's activations: 2 an element as ReLU6, 3 as DY-ReLU",
    "inferred from the paper's tables, which do not say what they count: it meets 18 of 19 MAdds cells within rounding",
    {
        **_once(*PRODUCTS),
        (ANY, "gate"): Weight(),
        (ANY, "final"): Weight(),
        ("relu6", "hidden"): Weight(elements=2),
        ("dy-relu", "hidden"): Weight(elements=3),
        ("relu6", "stem"): Weight(elements=1),
        ("relu6", "lite"): Weight(elements=1),
    },
)

CONVENTIONS: Mapping[str, Convention] = MappingProxyType({item.name: item for item in (CORE, PAPER)})


@cache
def convention(name: str) -> Convention:
    """Return a convention by its name; raises `InputError` with the names there are."""
    if name not in CONVENTIONS:
        hint = nearest(name, list(CONVENTIONS)) or f"there are {', '.join(CONVENTIONS)}"
        raise InputError(f"no convention is called {name!r}; {hint}")
    return CONVENTIONS[name]
