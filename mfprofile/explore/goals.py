"""The goals of a search: figures that a user's code returns for a variant, and quantities that are counted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.explore.quantity import Quantity, quantity_of
from mfprofile.spec.names import LATENCY
from mfprofile.spec.words import plural


class Goal(NamedTuple):
    """A figure to minimize, or to maximize if `most`.

    The name of a counted quantity, such as `madds` or `former.params`, is counted. All others are the user's figures.
    """

    name: str
    most: bool = False

    @property
    def quantity(self) -> Quantity | None:
        """Return the counted quantity of this name, or None."""
        try:
            return quantity_of(self.name)
        except InputError:
            return None


VALUE = Goal("value", most=True)


def figures_by_name(values: float | Sequence[float] | Mapping[str, float], wanted: Sequence[str]) -> dict[str, float]:
    """Return one number for each of the wanted names."""
    if isinstance(values, Mapping):
        if missing := [name for name in wanted if name not in values]:
            raise InputError(f"returns no {missing[0]!r}; it returns {', '.join(map(repr, values)) or 'nothing'}")
        each = [values[name] for name in wanted]
    else:
        each = list(values) if isinstance(values, tuple | list) else [values]  # type: ignore[list-item]
    if len(each) != len(wanted):
        numbers = f"{len(wanted)} {plural('number', len(wanted))}"
        raise InputError(f"returns {len(each)} instead of {numbers}: {', '.join(wanted)}")
    return {name: _number(name, value) for name, value in zip(wanted, each, strict=True)}


def _number(name: str, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]  # also of arrays and tensors with one number
    except (TypeError, ValueError):
        raise InputError(f"returns a value of type {type(value).__name__} for {name}; return a number") from None
    if not math.isfinite(number):
        raise InputError(f"returns {number} for {name}; return a finite number")
    return number


def check_goals(goals: Sequence[Goal], convention: Counting) -> None:
    """Raise `InputError` if all goals are counted, two are the same, or one needs a latency model that is not there."""
    names = [goal.name for goal in goals]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"{twice}: is a goal twice; give it once")
    counted = [goal.quantity for goal in goals if goal.quantity is not None]
    if len(counted) == len(goals):
        raise InputError("all goals are counted, so nothing must be trained; use 'explore best' or 'explore front'")
    for quantity in counted:
        if quantity.is_timed and find_convention(convention).device is None:
            raise InputError(f"{quantity.name}: {LATENCY} needs a latency model; use --latency-model FILE")
