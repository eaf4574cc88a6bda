"""The networks that a latency model was fitted to and tested on, and whether another network is of their kind.

This is the one place that says how well a model predicts a network. Its error is known for networks of that kind alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from mfprofile.cost.kinds import NORMS, PARAMETERS
from mfprofile.cost.rows import Part
from mfprofile.cost.sums import costs_of
from mfprofile.spec.words import listed

if TYPE_CHECKING:
    from mfprofile.cost.bill import Bill
    from mfprofile.cost.device import Device

BEYOND = 4
"""A network is of the tested kind if each of its sums is at most so many times beyond those of the tested networks."""
UNCALLED = frozenset((*NORMS, *PARAMETERS))
"""The kinds that a runtime folds into other ops, or that are only read."""
_FEW = 3
"""The most networks that a text names."""


NO_NETWORKS: Mapping[str, bool] = MappingProxyType({})
"""No network, of which an error could be claimed falsely."""


class Sums(NamedTuple):
    """What a network asks of a device: six sums over its ops.

    `products` are all multiply-adds, and `depthwise` those of depthwise convolutions, which take longer. `elements` are
    all elements, and `softmax` those of softmax. `params` are parameters, and `calls` ops that are not norms or tables.
    """

    products: float
    depthwise: float
    elements: float
    softmax: float
    params: float
    calls: float


class Tested(NamedTuple):
    """Where the tested networks were drawn, spaces by name, and the `least` and the `most` of each of their sums."""

    spaces: tuple[str, ...]
    least: Sums
    most: Sums

    def has(self, sums: Sums) -> bool:
        """Return whether a network with these sums is of the tested kind.

        >>> tested = Tested(("s",), Sums(80, 8, 4, 4, 8, 40), Sums(90, 9, 9, 9, 9, 50))
        >>> tested.has(Sums(360, 2, 1, 1, 2, 10)), tested.has(Sums(361, 8, 4, 4, 8, 40))
        (True, False)
        """
        return all(low <= each <= high for low, each, high in zip(self.ends[0], sums, self.ends[1], strict=True))

    @property
    def ends(self) -> tuple[Sums, Sums]:
        """Return the least and the most of each sum of a network of the tested kind."""
        return Sums(*(each / BEYOND for each in self.least)), Sums(*(BEYOND * each for each in self.most))


def tested_on(spaces: Iterable[str], networks: Iterable[Sums]) -> Tested:
    """Return what is known of networks that were drawn from spaces."""
    each = list(zip(*networks, strict=True))
    return Tested(tuple(dict.fromkeys(spaces)), Sums(*map(min, each)), Sums(*map(max, each)))


def sums_of(parts: Iterable[Part], images: int = 1) -> Sums:
    """Return the six sums of a network with the parts of one image, for a batch of `images`."""
    costs = costs_of(parts)
    return Sums(
        images * sum(cost.madds for cost in costs),
        images * sum(cost.madds for cost in costs if cost.kind == "depthwise"),
        images * sum(cost.elements for cost in costs if cost.kind != "unused"),
        images * sum(cost.elements for cost in costs if cost.kind == "softmax"),
        sum(cost.weights + cost.biases for cost in costs if cost.kind != "unused"),
        sum(cost.calls for cost in costs if cost.kind not in UNCALLED),
    )


def is_tested(bill: Bill) -> bool:
    """Return whether the error of a bill's latency model holds for its network.

    It does for the Mobile-Former of a spec whose sums are near those of the tested networks, and whose ops all have a
    price. It does not for any other network. A model whose file does not say what it was tested on is trusted for
    specs.
    """
    device = bill.device
    if device is None or not bill.subject.blocks or bill.unpriced:
        return False
    return device.tested is None or device.tested.has(sums_of(bill.parts, device.batch))


def kinds_of(bills: Iterable[Bill]) -> dict[str, bool]:
    """Return for each network, by its name, whether the error of its latency model holds for it."""
    kinds = dict[str, bool]()
    for bill in bills:
        kinds[bill.name] = kinds.get(bill.name, True) and is_tested(bill)
    return kinds


def about(device: Device, networks: Mapping[str, bool]) -> str:
    """Return a latency model in a few words: its name, runtime, threads, processor, and its error on `networks`."""
    words = [device.conditions[key] for key in ("runtime", "threads", "processor") if device.conditions.get(key)]
    if device.batch != 1:
        words.append(f"batch {device.batch}")
    return f"'{device.name}' ({', '.join([*words, accuracy(device, networks)])})"


def accuracy(device: Device, networks: Mapping[str, bool]) -> str:
    """Return the error of a latency model on networks as text. Their values say whether its error holds for them."""
    if device.errors is None:
        return "error not known"
    claim = f"mean error {100 * device.errors.mean:.1f} % on {device.errors.nets} held-out networks"
    others = [name for name, holds in networks.items() if not holds]
    if not others:
        return claim
    if len(others) == len(networks):
        return not_known(device)
    names = listed(others) if len(others) <= _FEW else f"{len(others)} of the {len(networks)} networks here"
    return f"{claim}, variants of {fitted_to(device)}; not known for {names}"


def not_known(device: Device) -> str:
    """Return that the error of a model is not known for networks of another kind."""
    of = f"variants of {fitted_to(device)}" if device.tested else "other networks"
    return f"fitted to {of}; its error on {'other' if device.tested else 'such'} networks is not known"


def fitted_to(device: Device) -> str:
    """Return the names of the spaces whose variants a model was fitted to."""
    return listed(device.tested.spaces) if device.tested else "spaces that its file does not name"
