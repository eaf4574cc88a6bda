"""A convention: how often each op's multiply-adds, elements and parameters are counted, by its kind and its role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mfprofile.cost.kinds import KINDS, ROLES, check
from mfprofile.cost.ops import Cost
from mfprofile.cost.rows import Part
from mfprofile.spec.dimension import D, Size, product

ANY = "*"
OPS = "ops"
LEAVES = "leaves"
"""Modules that have none within them."""
TORCH_LEAVES = "torch-leaves"
"""Those of them that are of a class of torch.nn: of one that is derived from it, or of none, the tool knows nothing."""


class Weight(NamedTuple):
    """How often a row's multiply-adds, elements, outputs and parameters are counted, and what else a tool may take.

    `vectors` are those of its output, along the last axis, as a softmax has them; `slides` are its weights at each
    position of its output, as if what it does were an ordinary convolution.
    """

    products: int = 0
    elements: int = 0
    outputs: int = 0
    params: int = 0
    vectors: int = 0
    slides: int = 0


NOTHING = Weight()


@dataclass(frozen=True, eq=False)
class Convention:
    """A named table of weights by (kind, role), either of which may be `*`; the most special entry holds.

    A role's entry goes before a kind's: ("*", "final") before ("linear", "*"). What has no entry is not counted.
    `unit` is what the total is called; `versions` are the tool's versions that were read, as far as they matter;
    `uncounted_params` are the kinds whose parameters the tool overlooks. `sees` tells what of a network of others the
    tool looks at: every op; what `LEAVES` run; or what `TORCH_LEAVES` do.
    """

    name: str
    about: str
    source: str
    weights: Mapping[tuple[str, str], Weight]
    unit: str = "MAdds"
    versions: tuple[str, ...] = ()
    uncounted_params: frozenset[str] = frozenset()
    sees: str = OPS

    def __post_init__(self) -> None:
        for kind, role in self.weights:
            if kind not in KINDS | {ANY} or role not in ROLES | {ANY}:
                raise ValueError(f"convention {self.name!r} weighs {kind!r} in role {role!r}: not in cost/kinds.py")

    def weight(self, kind: str, role: str) -> Weight:
        """Return the weight of a row of that kind in that role; raises `ValueError` for one that is not declared."""
        check(kind, role)
        for key in ((kind, role), (ANY, role), (kind, ANY)):
            if key in self.weights:
                return self.weights[key]
        return NOTHING

    def weigh(self, parts: Iterable[Part[D]]) -> list[Size[D]]:
        """Return what is counted of each op, in running order."""
        weights, known = _Weights(self), dict[int, list[Size[D]]]()
        counted: list[Size[D]] = []
        for part in parts:
            if id(part.ops) not in known:  # Former's are the same in every block
                known[id(part.ops)] = [_weighed(cost, weights[cost.kind, role]) for _, role, cost in part.ops]
            counted += known[id(part.ops)]
        return counted


def _weighed(cost: Cost[D], weight: Weight) -> Size[D]:
    if weight is NOTHING:
        return 0
    products, elements, outputs, params, vectors, slides = weight
    amount = products * cost.madds
    if elements or outputs or params:  # seldom: most conventions count products alone
        amount = amount + elements * cost.elements + outputs * product(cost.out) + params * (cost.weights + cost.biases)
    if vectors or slides:
        amount = amount + vectors * product(cost.out[:-1]) + slides * cost.weights * product(cost.out[1:])
    return amount


class _Weights(dict[tuple[str, str], Weight]):
    """A convention's weights, looked up once for each kind and role that occur."""

    def __init__(self, convention: Convention) -> None:
        super().__init__()
        self.convention = convention

    def __missing__(self, key: tuple[str, str]) -> Weight:
        self[key] = self.convention.weight(*key)
        return self[key]
