"""A convention: how often the multiply-adds, elements and parameters of an op are counted, by its kind and role."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from mfprofile.cost.kinds import FORMULAS, KINDS, ROLES, check
from mfprofile.cost.nodes import Rules
from mfprofile.cost.ops import Cost
from mfprofile.cost.rows import Part
from mfprofile.spec.dimension import D, Size, product

if TYPE_CHECKING:
    from mfprofile.cost.device import Device

ANY = "*"
OPS = "ops"
LEAVES = "leaves"
"""Modules without submodules."""
TORCH_LEAVES = "torch-leaves"
"""Modules without submodules whose class is one of torch.nn. The tool does not know subclasses and other classes."""
LAYERS = "layers"
"""Modules whose class is one of a convention's `layers` or derives from one, and products by its `functions`."""


class Weight(NamedTuple):
    """How often a row's multiply-adds (`products`), elements, outputs and parameters are counted, and three more terms.

    `vectors` counts the vectors of its output along the last axis, as for a softmax. `slides` counts its weights once
    per position of its output, as for an ordinary convolution. `windows` counts the values in all windows of an average
    pooling.
    """

    products: int = 0
    elements: int = 0
    outputs: int = 0
    params: int = 0
    vectors: int = 0
    slides: int = 0
    windows: int = 0


NOTHING = Weight()


@dataclass(frozen=True, eq=False)
class Convention:
    """A named table of weights by (kind, role). Each of the two may be `*`; the most specific entry is used.

    An entry for a role comes before an entry for a kind: ("*", "final") before ("linear", "*"). Ops without an entry
    are not counted; neither are ops counted by formulas of others that a tool has no entry for. `unit` is the unit of
    the total. `versions` are the versions of the tool whose source was read, as prefixes. `uncounted_params` are the
    kinds whose parameters the tool misses. `sees` is what the tool sees of a traced network: every op (`OPS`), or only
    the ops of `LEAVES`, `TORCH_LEAVES` or `LAYERS`. `layers` are the layers of torch.nn that it has a rule for, each
    with the kinds of ops that the rule counts. `functions` are those of torch that it counts outside of such layers,
    each with the weights of the ops inside by kind.
    `recurrent` is the tool's rule for recurrent layers and cells, where a weight cannot express it; it holds for those
    whose weight is not `NOTHING`. `nodes` are the rules of a tool that counts nodes of files, not ops by kind.
    `device` is the latency model that prices ops beside it, if there is one.
    """

    name: str
    about: str
    source: str
    weights: Mapping[tuple[str, str], Weight]
    unit: str = "MAdds"
    versions: tuple[str, ...] = ()
    uncounted_params: frozenset[str] = frozenset()
    sees: str = OPS
    recurrent: Callable[[Any], Any] | None = None
    layers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    functions: Mapping[str, Mapping[str, Weight]] = field(default_factory=dict)
    nodes: Rules | None = None
    device: Device | None = None

    def __post_init__(self) -> None:
        for kind, role in self.weights:
            if kind not in KINDS | {ANY} or role not in ROLES | {ANY}:
                raise ValueError(f"convention {self.name!r} weighs {kind!r} in role {role!r}: not in cost/kinds.py")
        if unknown := self.uncounted_params - KINDS:
            raise ValueError(f"convention {self.name!r} misses parameters of {sorted(unknown)}: not in cost/kinds.py")
        if self.sees not in (OPS, LEAVES, TORCH_LEAVES, LAYERS):
            raise ValueError(f"convention {self.name!r} sees {self.sees!r}: must be one of the four constants")

    def weight(self, kind: str, role: str) -> Weight:
        """Return the weight of a row of that kind and role. Raises `ValueError` if one of them is not declared."""
        check(kind, role)
        for key in ((kind, role), (ANY, role), (kind, ANY)):
            if key in self.weights:
                return self.weights[key]
            if role in FORMULAS and key == (ANY, role) and self.versions:
                return NOTHING
        return NOTHING

    def __str__(self) -> str:
        return self.name

    def on(self, device: Device | None) -> Convention:
        """Return the convention with a latency model, or without one."""
        return replace(self, device=device)

    def weigh(self, parts: Iterable[Part[D]], batch: int = 1) -> list[Size[D]]:
        """Return the multiply-adds that are counted for each op of a batch, in running order.

        The parts are of the whole batch. Only the parameters, which it shares, are multiplied by it.
        """
        weights, known = _Weights(self), dict[int, list[Size[D]]]()
        counted: list[Size[D]] = []
        for part in parts:
            if id(part.ops) not in known:  # the ops of Former are the same in every block
                known[id(part.ops)] = [
                    self._weighed(cost, weights[cost.kind, role], batch) for _, role, cost in part.ops
                ]
            counted += known[id(part.ops)]
        return counted

    def _weighed(self, cost: Cost[D], weight: Weight, batch: int) -> Size[D]:
        if self.nodes is not None:
            return sum(map(self.nodes.of, cost.nodes))
        if cost.layer is None or self.recurrent is None or weight == NOTHING:
            return weighted(cost, weight, batch)
        amount: Size[D] = self.recurrent(cost.layer)
        return amount


def weighted(cost: Cost[D], weight: Weight, batch: int) -> Size[D]:
    """Return what a weight counts for an op of a batch."""
    if weight is NOTHING:
        return 0
    products, elements, outputs, params, vectors, slides, windows = weight
    amount = products * cost.madds
    if windows:
        amount = amount + windows * cost.windows
    if elements or outputs or params:  # rare: most conventions count only products
        amount = amount + elements * cost.elements + outputs * product(cost.out)
        amount = amount + batch * params * (cost.weights + cost.biases)
    if vectors or slides:
        positions = cost.out[1:] if batch == 1 else (cost.out[0], *cost.out[2:])  # without the channels
        amount = amount + vectors * product(cost.out[:-1]) + slides * cost.weights * product(positions)
    return amount


Counting: TypeAlias = str | Convention
"""A convention's name, or a convention, which may have a latency model."""


class _Weights(dict[tuple[str, str], Weight]):
    """A convention's weights, looked up once for each pair of kind and role."""

    def __init__(self, convention: Convention) -> None:
        super().__init__()
        self.convention = convention

    def __missing__(self, key: tuple[str, str]) -> Weight:
        self[key] = self.convention.weight(*key)
        return self[key]
