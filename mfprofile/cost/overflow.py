"""Refuse a sweep over int64 arrays whose counts could exceed 2⁶³, instead of returning wrong numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeAlias

from mfprofile.cost.blocks import network_parts
from mfprofile.cost.ops import activations
from mfprofile.cost.rows import Part
from mfprofile.cost.weights import Convention
from mfprofile.errors import InputError
from mfprofile.spec.network import Network

LIMIT = 2**63
Parts: TypeAlias = list[Part[Any]]


def refuse_overflow(network: Network, convention: Convention, prepare: Callable[[Parts], Parts]) -> None:
    """Raise `InputError` if a count of a network of arrays could exceed 2⁶³.

    Every cost grows with every dimension. So the network of each array's largest value is an upper bound for all
    variants; it is counted in Python's own integers. `prepare` makes the parts of a bill from those of a forward pass.
    """
    from mfprofile.cost.device import NANO

    parts = prepare(network_parts(_greatest(network)))
    madds = sum(convention.weigh(parts))
    costs = [cost for part in parts for _, _, cost in part.ops]
    most = max(madds, sum(cost.madds for cost in costs), sum(activations(cost) for cost in costs))
    if convention.device is not None:  # femtoseconds, and what rounding adds
        most = max(most, NANO * (convention.device.with_unpriced().total(parts) + 1))
    if most >= LIMIT:
        raise InputError(f"the sweep could reach {most:,}, which is too large for int64; use smaller sizes")


def _greatest(value: Any) -> Any:
    if hasattr(value, "dtype"):
        return value.max().item()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return dataclasses.replace(value, **{name: _greatest(getattr(value, name)) for name in names})
    if isinstance(value, tuple):
        return tuple(_greatest(item) for item in value)
    if isinstance(value, dict):
        return {key: _greatest(item) for key, item in value.items()}
    return value
