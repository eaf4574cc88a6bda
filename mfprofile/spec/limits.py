"""`budget:`, the limits of a network's cost, and the names of the quantities that can have a limit.

    budget:
      convention: paper
      max: {madds: 300M, params: 12M, memory: 12MB, latency: 12ms, former: {madds: 10%}}
      min: {madds: 280M}

A percentage is a pillar's share of the same quantity of the whole network. `convention` says what the limits count; it
may be omitted. A pyproject.toml has the same maps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

from mfprofile.errors import QuantityError
from mfprofile.spec.names import ADDITIVE, CONVENTIONS, COUNTED, LATENCY, MEMORY, PILLARS, QUANTITIES, unit_of
from mfprofile.spec.notation import TOML, YAML, Notation
from mfprofile.spec.problems import unknown
from mfprofile.spec.quantities import quantity
from mfprofile.spec.words import instead, nearest, shown

_SIDES = ("max", "min")
_CONVENTION = "convention"
_PERCENT = re.compile(r"([0-9]{1,30}(?:\.[0-9]{1,30})?)\s*%", re.ASCII)
_LIMITS = {"max": {"madds": "300M", "former": {"madds": "10%"}}, "min": {"madds": "280M"}}
_OF_CODE: Mapping[str, object] = MappingProxyType({"input": "3x64x64", "arg": "width=16"})
"""Keys of networks in code, which have a table of their own, with an example of each."""
EXAMPLE = f"as in '{YAML.text(_LIMITS)}'"


class Bound(NamedTuple):
    """One limit on the quantity `name`, an upper one if `most`, else a lower one.

    `amount` is a whole number, or a pillar's share as a Fraction. `path` gives its keys in the map of limits.
    `convention` is that of the map, or ''.
    """

    path: tuple[str, ...]
    name: str
    most: bool
    amount: int | Fraction
    convention: str = ""


class Fault(NamedTuple):
    """A problem in a map of limits; `at_key` means that the key is wrong, not the value."""

    path: tuple[str, ...]
    value: object
    rule: str
    remedy: str = ""
    at_key: bool = False


def bounds(budget: Mapping[str, Any], notation: Notation = YAML) -> Iterator[Bound | Fault]:
    """Yield each limit of a `budget:` map, and a fault for each invalid entry, with examples in the file's notation."""
    convention = convention_of(budget)
    for side, limits in budget.items():
        if side == _CONVENTION:
            yield from [] if convention else _wrong_convention(limits)
        elif side not in _SIDES:
            yield Fault((side,), None, "unknown key", _instead(side, limits, notation), at_key=True)
        elif not isinstance(limits, dict):
            yield Fault(
                (side,), limits, f"must be a {notation.map} of limits, as in '{notation.text({'madds': '300M'})}'"
            )
        else:
            for entry in _side(side, limits, notation):
                yield entry._replace(convention=convention) if isinstance(entry, Bound) else entry


def convention_of(budget: Mapping[str, Any]) -> str:
    """Return the name of the convention that a `budget:` map gives, or '' if it gives none or an unknown one."""
    name = budget.get(_CONVENTION)
    return name if isinstance(name, str) and name in CONVENTIONS else ""


def _wrong_convention(name: object) -> Iterator[Fault]:
    word = name if isinstance(name, str) else ""
    yield Fault((_CONVENTION,), name, "must be the name of a convention", instead(word, CONVENTIONS))


def _side(side: str, limits: Mapping[str, Any], notation: Notation) -> Iterator[Bound | Fault]:
    for key, value in limits.items():
        path = (side, key)
        if key in PILLARS and isinstance(value, dict):
            yield from (_bound((*path, inner), f"{key}.{inner}", amount, notation) for inner, amount in value.items())
        elif key in PILLARS:
            example = notation.text({"madds": "10%"})
            yield Fault(path, value, f"must be a {notation.map} ({', '.join(ADDITIVE)}), as in '{example}'")
        else:
            yield _bound(path, key, value, notation)


def _bound(path: tuple[str, ...], name: str, value: object, notation: Notation) -> Bound | Fault:
    if name not in QUANTITIES or "." in path[-1]:
        return Fault(path, None, *_unknown(path[-1], name, value, notation), at_key=True)
    try:
        return Bound(path, name, path[0] == "max", amount(name, value))
    except QuantityError as error:
        return Fault(path, value, error.rule)


def _unknown(key: str, name: str, value: object, notation: Notation) -> tuple[str, str]:
    """Return the rule and the remedy for a key that is not the name of a quantity at its place."""
    pillar, dot, inner = key.partition(".")
    if dot and key in QUANTITIES:
        return "unknown key", f"write it as '{notation.pairs({pillar: {inner: value}})}'"
    if name.endswith(f".{MEMORY}"):
        rule = "memory is counted for the whole network, not for a pillar"
        return rule, f"use one of {', '.join(ADDITIVE)}"
    known = list(ADDITIVE) if "." in name else [*ADDITIVE, MEMORY, *PILLARS]
    return "unknown key", instead(key, known)


def _instead(key: str, value: object, notation: Notation) -> str:
    """Return the remedy for a key other than `max` and `min`."""
    side, dash, name = key.partition("-")
    if dash and side in _SIDES:
        return f"write it as '{notation.pairs({side: {name: value}})}'"
    if notation is TOML and key in _OF_CODE:
        return f"put it into [tool.mfprofile.targets.\"net.py:Net\"], as in '{notation.pairs({key: _OF_CODE[key]})}'"
    if key.partition(".")[0] in (*ADDITIVE, MEMORY, *PILLARS) and not isinstance(value, dict | list):
        return f"write it as '{notation.pairs({'max': {key: value}})}', or put it under 'min'"
    return nearest(key, (*_SIDES, _CONVENTION)) or (
        f"put limits under 'max' and 'min', as in '{notation.text(_LIMITS)}'"
    )


def amount(name: str, value: object) -> int | Fraction:
    """Return the amount of a limit on `name`: a whole number, or a share as a Fraction.

    It is in bytes for memory and in nanoseconds for a latency.

    Raises `QuantityError` for any other value, and for a share of a quantity that is not a pillar's.

    >>> amount("madds", "300M"), amount("former.madds", "12.5%")
    (300000000, Fraction(1, 8))
    """
    part = share(value)
    if part is None:
        return quantity(value, unit_of(name))
    if "." not in name:
        raise QuantityError(
            shown(value),
            f"only a pillar can have a share, as in former.madds: the whole network has 100 % of its {name}",
        )
    if part > 1:
        raise QuantityError(shown(value), "a pillar's share cannot be more than 100 %")
    return part


def share(value: object) -> Fraction | None:
    """Return a percentage as an exact fraction, or None for any other value.

    >>> share("1%"), share("300M")
    (Fraction(1, 100), None)
    """
    match = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    return Fraction(match[1]) / 100 if match else None


def limit_name(name: str) -> str:
    """Return the name of a quantity that can have a limit. Raises `InputError` with the nearest name for any other.

    >>> limit_name("former.madds")
    'former.madds'
    """
    if name not in QUANTITIES:
        raise unknown("quantity", name, QUANTITIES)
    return name


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a `budget:` map."""
    count = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9._]+ *[A-Za-z]*$"}]}
    part = {"anyOf": [*count["anyOf"], {"type": "string", "pattern": "^[0-9.]+ *%$"}]}
    time = {"anyOf": [{"const": 0}, {"type": "string", "pattern": "^[0-9._]+ *[A-Za-zµμ]+$"}]}
    timed_part = {"anyOf": [*time["anyOf"], part["anyOf"][-1]]}
    parts = {**dict.fromkeys(COUNTED, part), LATENCY: timed_part}
    pillar = _closed(parts, "Amounts of this pillar, or shares of the whole network as in 10%.")
    limits = {**dict.fromkeys((*COUNTED, MEMORY), count), LATENCY: time, **dict.fromkeys(PILLARS, pillar)}
    about = {"max": "Upper limits.", "min": "Lower limits."}
    named = {"enum": list(CONVENTIONS), "description": "What the limits count."}
    sides = {side: _closed(limits, about[side]) for side in _SIDES}
    return _closed({**sides, _CONVENTION: named}, f"Limits for 'check', {EXAMPLE}.")


def _closed(properties: dict[str, Any], about: str) -> dict[str, Any]:
    return {"type": "object", "description": about, "properties": properties, "additionalProperties": False}
