"""A made-up latency model for tests: a rate for every kind of op, and files of latency models.

The rates are primes, all different. So two ops have the same price only if they are the same, and almost every price is
rounded. Nothing was measured: latencies by this model say nothing about any machine.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from itertools import count, islice
from pathlib import Path

from mfprofile.cost.device import Device, Errors, Rate
from mfprofile.cost.device_file import device_json
from mfprofile.cost.kinds import KINDS
from mfprofile.cost.rows import Row
from mfprofile.cost.weights import ANY

ERRORS = Errors(nets=40, mean=0.031, within_5=0.75, within_10=0.975, tau=0.9, noise=0.013)
CONDITIONS: Mapping[str, str] = {"processor": "abacus", "runtime": "by hand 1.0", "threads": "1 thread"}
BY_ROLE = (
    *(("linear", "head"), ("linear", "ffn"), ("linear", "theta"), ("pointwise", "hidden"), ("pointwise", "output")),
    *(("conv", "stem"), ("depthwise", "lite"), ("matmul", "attention"), ("batch-norm", "output"), ("add", "lite")),
)
"""The kinds that have a rate of their own in some role; `*` is used in all others."""
_FIRST = (10_000, 100_000, 200_000, 20_000_000)
"""Primes above these numbers are the femtoseconds for a multiply-add, an element, a parameter and a call."""


def odd_device(
    name: str = "abacus", *, without: Collection[str] = (), batch: int = 1, errors: Errors | None = ERRORS
) -> Device:
    """Return a latency model with a rate for every kind of op but those `without` one."""
    keys = [*((kind, ANY) for kind in sorted(KINDS)), *BY_ROLE]
    columns = [list(islice(_primes(first), len(keys))) for first in _FIRST]
    rates = {key: Rate(*numbers) for key, *numbers in zip(keys, *columns, strict=True) if key[0] not in without}
    return Device(name, rates, CONDITIONS, batch, errors=errors)


def write_device(device: Device, folder: Path, name: str = "") -> Path:
    """Write a latency model as a JSON file into a folder. Return the file."""
    file = folder / (name or f"{device.name}.json")
    file.write_text(json.dumps(device_json(device), indent=1), encoding="utf-8")
    return file


def nanoseconds(device: Device, row: Row) -> int:
    """Return what an op takes by its rates, with decimal arithmetic: rounded once, half up."""
    by_role = device.rates.get((row.kind, row.role))
    rate = device.rates[row.kind, ANY] if by_role is None else by_role
    amounts = (row.cost.madds, row.cost.elements, row.cost.weights + row.cost.biases, 1)
    femtoseconds = sum(Decimal(each) * amount for each, amount in zip(rate, amounts, strict=True))
    return int((femtoseconds / 1_000_000).quantize(Decimal(1), ROUND_HALF_UP))


def _primes(first: int) -> Iterator[int]:
    """Yield the primes from an even number on."""
    return (number for number in count(first + 1, 2) if all(number % d for d in range(3, int(number**0.5) + 1, 2)))
