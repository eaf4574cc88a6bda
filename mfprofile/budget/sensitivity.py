"""The effect of each knob of a spec: its nearest steps down and up, counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mfprofile.budget.knobs import Knob, Step, knobs
from mfprofile.cost.bill import Bill, count
from mfprofile.cost.measures import device_of
from mfprofile.cost.sums import Total, minus, whole_of
from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.notebook import in_short, shown_as
from mfprofile.spec.model import Spec
from mfprofile.spec.names import LATENCY, PILLARS
from mfprofile.spec.renamed import renamed
from mfprofile.spec.width import scaled
from mfprofile.spec.words import instead, shown
from mfprofile.spec.writing import mapping

QUANTITIES = ("madds", "params", LATENCY)
"""What levers can be sorted by. Latency needs a latency model."""


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """One step of a knob: the totals after it, and the change of the totals, as a whole and by pillar.

    A saving is negative. `turn` is the change of the knob relative to its value, None if the value is 0.
    """

    step: Step
    after: Total
    change: Total
    pillars: Mapping[str, Total]
    turn: Fraction | None

    def elasticity(self, quantity: str) -> Fraction | None:
        """Return the change of a quantity in percent for one percent of the knob, both relative to before."""
        added = getattr(self.change, quantity)
        before = getattr(self.after, quantity) - added
        return Fraction(added, before) / self.turn if self.turn and before else None


@dataclass(frozen=True, slots=True, eq=False)
class Lever:
    """A knob with the effects of its nearest steps, None if no step in a direction is valid and changes anything."""

    knob: Knob
    down: Effect | None
    up: Effect | None

    @property
    def effects(self) -> list[Effect]:
        """Return the effects, that of the step down first."""
        return [effect for effect in (self.down, self.up) if effect is not None]

    def weight(self, quantity: str) -> int:
        """Return the larger of both changes in a quantity, as an absolute value."""
        return max((abs(getattr(effect.change, quantity)) for effect in self.effects), default=0)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sensitivity:
    """The bill of a variant and its levers, sorted by their change of `quantity`, the largest first.

    `quantities` are those that it has: latency only with a latency model.
    """

    bill: Bill
    quantity: str
    levers: Sequence[Lever]

    @property
    def quantities(self) -> Sequence[str]:
        """Return the quantities of its totals."""
        return QUANTITIES if self.bill.device is not None else [name for name in QUANTITIES if name != LATENCY]

    def __repr__(self) -> str:
        first = ", ".join(lever.knob.name for lever in self.levers[:3])
        return f"Sensitivity({in_short(self.bill.name)}, levers={len(self.levers)}, by {self.quantity}: {first}…)"

    _repr_html_ = shown_as("sensitivity")


@renamed(convention_name="convention")
def sensitivity(spec: Spec, convention: Counting = "core", sort: str = "madds") -> Sensitivity:
    """Return the effects of a step of each knob, the knob that changes madds, params or latency most first.

    Raises `InputError` for another quantity, for latency without a latency model, and for a convention that does not
    exist. A step to ops that the latency model never saw is not taken unless it allows them.

    >>> from mfprofile.spec.load import load
    >>> lever = sensitivity(load("mf294m")).levers[0]
    >>> lever.knob.name, lever.down.step.value, lever.down.change.madds, lever.down.change.params
    ('input', '192', -68821376, 0)
    """
    if sort not in QUANTITIES:
        raise InputError(f"cannot sort by {shown(sort)}; {instead(sort, QUANTITIES)}")
    before = count(spec, convention)
    if sort == LATENCY:
        device_of(before.convention)
    levers = [_lever(before, knob) for knob in knobs(spec)]
    return Sensitivity(before, sort, sorted(levers, key=lambda lever: -lever.weight(sort)))


def _lever(before: Bill, knob: Knob) -> Lever:
    return Lever(knob, _effect(before, knob, knob.below), _effect(before, knob, knob.above))


def _effect(before: Bill, knob: Knob, values: Iterable[Any]) -> Effect | None:
    step = _nearest_step(knob, values)
    if step is None:
        return None
    after, value = count(step.spec, before.convention), Fraction(knob.value)
    return Effect(
        step=step,
        after=whole_of(after),
        change=minus(whole_of(after), whole_of(before)),
        pillars={name: minus(after.pillars[name], before.pillars[name]) for name in PILLARS},
        turn=(Fraction(step.value) - value) / value if value else None,
    )


def _nearest_step(knob: Knob, values: Iterable[Any]) -> Step | None:
    """Return the first valid step that changes the network. A step of width may round to the same network."""
    current = mapping(scaled(knob.spec))
    steps = (step for value in values if (step := knob.step(value)) is not None)
    return next((step for step in steps if mapping(scaled(step.spec)) != current), None)
