"""Small spaces with every kind of choice, and their variants by plain enumeration: no chain, no sum, no array.

`brute_force` shares nothing with `mfprofile.explore`. `explore.brute` lists the choices and puts each combination into
the mapping. Then `load` decides whether it is a valid spec, `count` counts it, and `explore.networks` says which
combinations make the same network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

from explore.brute import Place, choices_of, put, with_values
from explore.networks import Data, Network, network_of
from hypothesis import strategies as st

from mfprofile.cost.bill import Bill, count
from mfprofile.cost.weights import Counting
from mfprofile.errors import SpecError
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec

WIDTHS = (8, 4, 12, 16, 6)
KERNELS = (1, 3, 5)
_GLOBALS: Mapping[Place, tuple[Any, ...]] = {
    ("input",): (16, 17, 24, 33, "18x25"),
    ("classes",): (3, 5, 10),
    ("groups",): (1, 2, 4),
    ("stem",): WIDTHS,
    ("tokens", "count"): (1, 2, 3, 5),
    ("tokens", "dim"): (8, 16, 12, 6),
    ("attention",): ("mha", "mlp"),
    ("mobile", "kernel"): (3, 1, 5, 2),
    ("mobile", "activation"): ("dy-relu", "relu"),
    ("former", "ffn"): (True, False),
    ("former", "heads"): (1, 2, 4),
    ("bridge", "heads"): (1, 2, 4),
    ("bridge", "gate"): (True, False),
    ("bridge", "final"): (True, False),
    ("bridge", "projections"): (False, True),
    ("width",): (1, 0.75, 1.5),
}
_FORMERS = ({}, {"ffn": False, "heads": 2}, "none")
_HEADS = ({"fc": 3}, {"fc": 5}, {"fc": 8}, "none")


@dataclass(frozen=True, eq=False)
class ListedVariant:
    """A variant of a space: its network, its spec and its bill."""

    network: Network
    spec: Spec
    bill: Bill


@st.composite
def space_mappings(draw: st.DrawFn, most: int = 150) -> Data:
    """Return a space with at most `most` combinations; some can be invalid by the rules of specs."""
    slots = {place: values for place, values in _GLOBALS.items() if place[0] != "former"}
    if draw(st.booleans()):
        slots["former",] = _FORMERS
    else:
        slots |= {place: values for place, values in _GLOBALS.items() if place[0] == "former"}
    slots |= {("head",): _HEADS} if draw(st.booleans()) else {("head", "fc"): (2, 3, 5, 8)}
    data: Data = {"blocks": []}
    for number in range(draw(st.integers(1, 3))):
        entry, choices = draw(_entries(sure=number == 0))
        data["blocks"].append(entry)
        slots |= {("blocks", number, name): values for name, values in choices.items()}
    for place, values in slots.items():
        put(data, place, draw(st.sampled_from(values)) if draw(st.integers(0, 5)) == 0 else values[0])
    if data.get("former") == "none":
        data["mobile"]["activation"] = "relu"
    if draw(st.integers(0, 5)) == 0:
        data["require"] = {"widths": "nondecreasing"}
    return draw(_with_choices(data, slots, most))


@st.composite
def _entries(draw: st.DrawFn, sure: bool) -> tuple[Data, dict[str, tuple[Any, ...]]]:
    """Return an entry's kind and stride, and the possible values of its other keys; a `sure` entry has no `repeat: 0`."""
    kind = draw(st.sampled_from(("lite", "mf", "mf-down")))
    stride = draw(st.sampled_from({"lite": (None, 1, 2), "mf": (None,), "mf-down": (None, 2)}[kind]))
    choices: dict[str, tuple[Any, ...]] = {"out": ("same", *WIDTHS)}
    choices |= {"expand": (2, 1, 3, 4)} if draw(st.booleans()) else {"exp": (24, 12, 48, 40)}
    if kind == "mf-down" and draw(st.booleans()):
        choices["exp2"] = (48, 24, 40)
    if draw(st.booleans()):
        choices["kernel"] = KERNELS
    if draw(st.booleans()):
        once = kind == "mf-down" or stride == 2
        choices["repeat"] = (1, *(() if once else (2, 3)), *(() if sure else (0,)))
    return {"block": kind} | ({} if stride is None else {"stride": stride}), choices


@st.composite
def _with_choices(draw: st.DrawFn, data: Data, slots: Mapping[Place, tuple[Any, ...]], most: int) -> Data:
    """Return the mapping with some of its values replaced by lists and ranges."""
    combinations = 1
    places = draw(st.permutations(sorted(slots, key=str)))
    for place in places[: draw(st.integers(2, 9))]:
        values = draw(st.permutations(slots[place]))[: draw(st.integers(2, 4))]
        if combinations * len(values) <= most:
            combinations *= len(values)
            put(data, place, draw(_written(values)))
    return data


def _written(values: list[Any]) -> st.SearchStrategy[Any]:
    """Return the list of values, or the same values as a range if they have equal steps."""
    numbers = sorted(values) if all(type(value) is int for value in values) else []
    steps = {after - before for before, after in pairwise(numbers)}
    if len(steps) != 1:
        return st.just(values)
    return st.sampled_from([values, {"from": numbers[0], "to": numbers[-1], "step": min(steps)}])


def brute_force(mapping: Data, convention: Counting = "core") -> tuple[list[ListedVariant], int]:
    """Return every valid variant of a space once, in the order of its choices' product, and the number of invalid ones.

    Combinations that make the same network are one variant.
    """
    choices = dict(choices_of(mapping))
    variants: dict[Network, ListedVariant] = {}
    invalid: set[Network] = set()
    for combination in product(*choices.values()):
        data = with_values(mapping, dict(zip(choices, combination, strict=True)))
        network, _ = network_of(data)
        try:
            spec = load(data)
        except SpecError:
            invalid.add(network)
        else:
            if network not in variants:
                variants[network] = ListedVariant(network, spec, count(spec, convention))
    return list(variants.values()), len(invalid - set(variants))
