"""The networks in the picture of accuracy: the paper's, counted or as printed, and the user's, of specs or a CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mfprofile.cost.bill import count
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.device import Device
from mfprofile.cost.tested import kinds_of
from mfprofile.cost.weights import Convention
from mfprofile.errors import InputError
from mfprofile.paper.baselines import CONVENTION as CORE
from mfprofile.paper.baselines import recounted as recount_of
from mfprofile.paper.results import CNN, OURS, VIT, Result, accuracies, imagenet
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec
from mfprofile.spec.names import LATENCY
from mfprofile.spec.words import instead, shown
from mfprofile.view.plots.measured import points, read_measured
from mfprofile.view.plots.only import MINE, only_of
from mfprofile.view.plots.stairs import best_of
from mfprofile.view.plots.units import YOURS

COSTS = ("madds", "params", LATENCY)
FAMILIES = {
    MINE: YOURS, "mobile-former": OURS, "cnn": CNN, "vit": VIT,
    **{name.lower(): name for name in ("MobileNetV3", "EfficientNet", "ShuffleNetV2", "ShuffleNetV2+WeightNet")},
}  # fmt: skip
"""The families that can be drawn alone, by their names on the command line: the user's networks are `mine`."""
INPUT = "224"
"""The side of the images for most networks."""


@dataclass(frozen=True, slots=True)
class Point:
    """A network in the picture. Without `top1` it is only a tick.

    `source` is the source of `cost`: `counted` from a spec, `recounted` from a library's network, `printed`,
    `predicted` by a latency model, or the name of the user's file, whose figures are as given.
    """

    name: str
    family: str
    sort: str
    input: str
    cost: int
    top1: float | None
    source: str


def networks(
    specs: Sequence[str],
    file: str | None,
    cost: str,
    convention: str,
    recounted: bool,
    device: Device | None = None,
    only: Sequence[str] = (),
) -> Iterator[Point]:
    """Yield the paper's networks by sort, family and cost, then variants, each once, then the networks of a CSV.

    Other networks have no latency that could be compared, so against a latency there is only Mobile-Former. With
    `only`, yield the networks of these families (`FAMILIES`). Raises `InputError`, for example for a convention whose
    unit is not that of the paper.
    """
    yield from only_of(
        list(_every(specs, file, cost, convention, recounted, device)),
        only,
        FAMILIES,
        lambda each: {each.sort, each.family},
    )


def front_of(points: Sequence[Point]) -> list[Point]:
    """Return the user's networks that no other of them beats in cost and accuracy, in order of cost."""
    own = [point for point in points if point.sort == YOURS and point.top1 is not None]
    best = best_of([(point.cost, point.top1 or 0.0) for point in own])
    return [next(point for point in own if (point.cost, point.top1) == each) for each in best]


def _every(
    specs: Sequence[str], file: str | None, cost: str, convention: str, recounted: bool, device: Device | None
) -> Iterator[Point]:
    if cost not in COSTS:
        raise InputError(f"cannot draw against {shown(cost)}; {instead(cost, COSTS)}")
    if recounted and convention != CORE:
        raise InputError(
            f"baselines are recounted in {CORE!r}, which cannot be compared with {convention!r}; use {CORE!r}"
        )
    if recounted and cost == LATENCY:
        raise InputError("only Mobile-Former has a latency here; remove --recounted")
    check_unit(convention, cost)
    counting = find_convention(convention).on(device)
    yield from _published(cost, counting, recounted)
    yield from _variants(specs, cost, counting)
    if file is not None:
        own = read_measured(file, counting)
        for network, (name, amount, top1) in zip(own, points(own, cost), strict=True):
            yield Point(name, YOURS, YOURS, "", amount, top1, _source(cost) if network.are_counted else file)


def predicted_kinds(specs: Sequence[str], file: str | None, convention: Convention) -> dict[str, bool]:
    """Return for each network with a predicted latency, by its name, whether the model's error holds for it."""
    names = [*(result.spec for result in imagenet() if result.spec), *specs]
    own = read_measured(file, convention) if file is not None else []
    kinds = kinds_of(count(load(name), convention) for name in names)
    return kinds | {network.name: network.is_tested for network in own if network.are_counted}


def check_unit(convention: str, cost: str) -> None:
    """Raise `InputError` if a convention's `madds` are not in the paper's unit, and so twice as large."""
    unit = find_convention(convention).unit
    if cost == "madds" and unit != find_convention(CORE).unit:
        raise InputError(
            f"{convention!r} counts {unit}, which cannot be compared with the paper's MAdds; use another convention"
        )


def _published(cost: str, convention: Convention, recounted: bool) -> Iterator[Point]:
    for result in imagenet():
        if cost == LATENCY and not result.spec:
            continue
        if result.spec:
            amount, source = _counted(load(result.spec), cost, convention), _source(cost)
        elif recounted and (recount := recount_of(result.table, result.model, result.input)):
            amount, source = getattr(recount, cost), "recounted"
        else:
            amount, source = getattr(result, cost), "printed"
        yield Point(_name(result), result.family, result.sort, result.input, amount, result.top1, source)


def _counted(spec: Spec, cost: str, convention: Convention) -> int:
    bill = count(spec, convention)
    return int(bill.counted_params if cost == "params" else bill.amount(cost))


def _source(cost: str) -> str:
    return "predicted" if cost == LATENCY else "counted"


def _variants(specs: Sequence[str], cost: str, convention: Convention) -> Iterator[Point]:
    shown = {result.spec for result in imagenet() if result.spec}
    for name in dict.fromkeys(specs):
        if name not in shown:
            spec = load(name)
            amount = _counted(spec, cost, convention)
            yield Point(spec.name, YOURS, YOURS, "", amount, accuracies().get(name), _source(cost))


def _name(result: Result) -> str:
    name = result.model.removeprefix(f"{OURS}-")
    return f"{name} ({result.input}²)" if result.input != INPUT else name
