"""A latency model: what each op takes on one device, by its kind and role.

A device is like a convention with a unit of time. Its rates are whole femtoseconds, fitted to networks that were
measured there. Each op is rounded once to whole nanoseconds, so that sums agree in every reading: a bill, a sweep of
many variants, and the exact searches of spaces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from mfprofile.cost.kinds import LEFTOVER, UNCOVERED
from mfprofile.cost.ops import Cost
from mfprofile.cost.rows import Part
from mfprofile.cost.tested import Tested
from mfprofile.cost.weights import ANY
from mfprofile.errors import InputError
from mfprofile.spec.dimension import D, Size
from mfprofile.spec.words import listed

NANO = 10**6
"""The femtoseconds in a nanosecond."""
_HALF = NANO // 2


class Rate(NamedTuple):
    """The femtoseconds for each multiply-add, each element and each parameter of an op, and for each call of it."""

    product: int = 0
    element: int = 0
    param: int = 0
    call: int = 0


NO_TIME = Rate()


class Errors(NamedTuple):
    """How well a latency model predicts `nets` networks that it was not fitted to.

    `mean` is the mean of the absolute relative errors. `within_5` and `within_10` are the shares of networks within ±5
    and ±10 %. `tau` is Kendall's rank correlation. `noise` is the relative difference of two measurements of the same
    network.
    """

    nets: int
    mean: float
    within_5: float
    within_10: float
    tau: float
    noise: float


@dataclass(frozen=True)
class Device:
    """A latency model: `rates` by (kind, role), where the role may be `*`, and where and how they were measured.

    `conditions` describes that for people: the processor, the runtime, versions. `batch` is the number of images in a
    call, and `dtype` the type of their values. `errors` are None for a model without held-out networks. They
    hold for networks of the kind that the model was `tested` on (None if its file does not say so). An op of a kind
    without a rate is an error, or, with `allows_unpriced`, has no price.
    """

    name: str
    rates: Mapping[tuple[str, str], Rate]
    conditions: Mapping[str, str] = field(default_factory=dict)
    batch: int = 1
    dtype: str = "float32"
    errors: Errors | None = None
    tested: Tested | None = None
    allows_unpriced: bool = False

    def rate(self, kind: str, role: str) -> Rate | None:
        """Return the rate of ops of that kind and role, or None if the model never saw any.

        Parameters that nothing reads take no time. Nor does what exporters leave in files.
        """
        if kind in ("unused", LEFTOVER):
            return NO_TIME
        if role == UNCOVERED:
            return None
        return self.rates.get((kind, role), self.rates.get((kind, ANY)))

    def unpriced(self, parts: Iterable[Part[D]]) -> dict[str, int]:
        """Return the kinds that the model has no rate for, each with the number of its ops."""
        return Counter(cost.kind for part in parts for _, role, cost in part.ops if self.rate(cost.kind, role) is None)

    def price(self, parts: Sequence[Part[D]], batch: int | None = 1) -> list[Size[D] | None]:
        """Return the nanoseconds of each op, in running order; None for an op without a price.

        The parts are those of a `batch`, 1 or that of the model. Raises `InputError` for any other batch, and for ops
        without a price unless the model allows them.
        """
        images = self._images(batch)
        known = dict[int, list[Size[D] | None]]()
        priced: list[Size[D] | None] = []
        for part in parts:
            if id(part.ops) not in known:  # the ops of Former are the same in every block
                known[id(part.ops)] = [self._priced(cost, role, images) for _, role, cost in part.ops]
            priced += known[id(part.ops)]
        if not self.allows_unpriced and any(time is None for time in priced):
            raise self._unpriced_error(parts)
        return priced

    def total(self, parts: Sequence[Part[D]], batch: int | None = 1) -> Size[D]:
        """Return the nanoseconds of all ops that have a price."""
        return sum([time for time in self.price(parts, batch) if time is not None])

    def with_unpriced(self) -> Device:
        """Return the same model, which leaves ops without a price out of its sums."""
        return replace(self, allows_unpriced=True)

    def _unpriced_error(self, parts: Sequence[Part[D]]) -> InputError:
        kinds = listed([f"{kind} ({number})" for kind, number in sorted(self.unpriced(parts).items())])
        remedy = (
            "use --allow-unpriced to leave them out, a model that is calibrated with a space whose variants have them, "
            "or, for a network in code or in a file, 'mfprofile measure'"
        )
        return InputError(f"latency model '{self.name}' never saw ops of kind {kinds}; {remedy}")

    def _images(self, batch: int | None) -> int:
        if batch == self.batch:
            return 1
        if batch in (1, None):
            return self.batch
        remedy = "--batch 1" if self.batch == 1 else f"--batch {self.batch} or 1"
        raise InputError(f"latency model '{self.name}' is of batch {self.batch}, not {batch}; use {remedy}")

    def _priced(self, cost: Cost[D], role: str, images: int) -> Size[D] | None:
        rate = self.rate(cost.kind, role)
        return None if rate is None else (femtoseconds(cost, rate, images) + _HALF) // NANO


def femtoseconds(cost: Cost[D], rate: Rate, images: int = 1) -> Size[D]:
    """Return the time of an op before it is rounded.

    Products and elements are those of one image; parameters and calls are shared by all `images`.
    """
    values = rate.product * cost.madds + rate.element * cost.elements
    return images * values + rate.param * (cost.weights + cost.biases) + rate.call * cost.calls
