"""The networks in the file of a latency model: each as it was measured, and as predicted while it was held out."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import Field

from mfprofile.cost.device import Device
from mfprofile.cost.device_file import REMEDY, Strict, checked, device_in, read_document
from mfprofile.errors import InputError

_Nanoseconds = Annotated[int, Field(ge=1, le=10**18)]


class _Network(Strict):
    name: Annotated[str, Field(max_length=10_000)]
    measured: _Nanoseconds
    predicted: _Nanoseconds


class _File(Strict):
    networks: Annotated[list[_Network], Field(min_length=1)]


class HeldOut(NamedTuple):
    """A network: its measured nanoseconds, and those that a fit to other networks predicts."""

    name: str
    measured: int
    predicted: int

    @property
    def error(self) -> float:
        """Return the relative error of the prediction.

        >>> HeldOut("mf26m", 5_000_000, 4_500_000).error
        -0.1
        """
        return (self.predicted - self.measured) / self.measured


def read_held_out(file: str) -> tuple[Device, list[HeldOut]]:
    """Return the latency model of a file, or on standard input for `-`, and the networks that it was fitted to.

    Raises `InputError` for a file without them, and as `read_device` does.
    """
    document, label = read_document(file)
    device = device_in(document, label)
    if "networks" not in document:
        raise InputError(f"{label}: does not have the networks that it was fitted to; {REMEDY}")
    read = checked(_File, document, label, REMEDY)
    return device, [HeldOut(each.name, each.measured, each.predicted) for each in read.networks]
