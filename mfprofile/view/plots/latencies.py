"""The networks in the picture of latency: as they were measured, or as a latency model predicts them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from mfprofile.cost.bill import Bill, count
from mfprofile.cost.measures import device_of
from mfprofile.cost.tested import about, kinds_of
from mfprofile.errors import InputError
from mfprofile.paper.claims import MODELS
from mfprofile.spec.sources import is_target
from mfprofile.view.plots.timings import Timings, Where

PUBLISHED, SPECS, OTHERS = "Mobile-Former", "further specs", "other networks"
MEASURED, PREDICTED = "measured", "predicted"
MOST_PLACES = 4
"""The most places and ways of measuring that markers distinguish."""


@dataclass(frozen=True, slots=True)
class Point:
    """A network in the picture, with its multiply-adds and its nanoseconds, both of a whole batch.

    `where` is where and how it was measured, or the latency model. `low` and `high` are the interval of a measurement.
    """

    name: str
    sort: str
    source: str
    where: str
    madds: int
    latency: float
    low: float | None = None
    high: float | None = None

    @property
    def milliseconds(self) -> float:
        """Return the latency in milliseconds."""
        return self.latency / 1e6


def measured_points(files: Sequence[Timings]) -> Iterator[Point]:
    """Yield the networks of all files. Raises `InputError` for too many places and ways of measuring."""
    if len(places_of(files)) > MOST_PLACES:
        raise InputError(
            f"{len(places_of(files))} places and ways of measuring are too many for a picture; use {MOST_PLACES}"
        )
    for file in files:
        for each in file.networks:
            sort, where = _sort(each.name, each.madds), str(file.where)
            yield Point(each.name, sort, MEASURED, where, each.madds, each.median, low=each.low, high=each.high)


def places_of(files: Sequence[Timings]) -> dict[str, str]:
    """Return each place and way of measuring with what distinguishes it from the others: a runtime, or threads.

    >>> one = Where("EPYC", "torch 2.13.0", "1 thread", "float32", "batch 1", "CPU time")
    >>> [_distinct(each, [one, one._replace(threads="2 threads")]) for each in (one, one._replace(threads="2 threads"))]
    ['1 thread', '2 threads']
    """
    every = list(dict.fromkeys(file.where for file in files))
    return {str(each): _distinct(each, every) for each in every}


def predicted_points(bills: Sequence[Bill]) -> Iterator[Point]:
    """Yield networks as the latency model of their bills predicts them, for a batch of the model.

    Raises `InputError` for a bill without a model, and for ops that the model never saw.
    """
    for bill in bills:
        device = device_of(bill.convention)
        if not bill.latency:
            raise InputError(f"{bill.name}: latency model '{device.name}' predicts no time; calibrate it again")
        madds = bill.madds if bill.subject.batch == device.batch else device.batch * bill.madds
        yield Point(bill.name, _sort(bill.name, madds), PREDICTED, about(device, kinds_of([bill])), madds, bill.latency)


def _sort(name: str, madds: int) -> str:
    """Return the sort of a network. It is as published if it has the name and, for each image, the multiply-adds."""
    if is_target(name):
        return OTHERS
    return PUBLISHED if name in MODELS and madds % _madds_of(name) == 0 else SPECS


@cache
def _madds_of(model: str) -> int:
    return count(model).madds


def _distinct(where: Where, every: Sequence[Where]) -> str:
    """Return the fields of a place in which it differs from some other."""
    return ", ".join(
        one for at, one in enumerate(where) if one and any(other[at] != one for other in every)
    )  # a place is never like another
