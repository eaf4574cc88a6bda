"""The largest member of a family within a budget, found on exact counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mfprofile.budget.families import Family, amount, family
from mfprofile.budget.halving import first_true
from mfprofile.budget.knobs import Changes, Step
from mfprofile.cost.bill import Bill, count
from mfprofile.cost.conventions import find_convention
from mfprofile.spec.model import Spec
from mfprofile.spec.problems import InputError
from mfprofile.spec.renamed import renamed

QUANTITIES = ("madds", "params")


class Member(NamedTuple):
    """A member of a family: its value, what it changes, the step it is, and its cost in the budget's quantity."""

    value: Any
    changes: Changes
    step: Step
    madds: int
    params: int
    cost: int


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """A search in a family: `largest` is the largest member within the budget, None where there is none.

    `over` is the next step up, which is over the budget: None where the grid ends. `least` is the member of the least
    cost; `value` and `present` are the value and the bill of the spec as it is. `quantity` is madds or params.
    """

    spec: Spec
    by: str
    quantity: str
    budget: int
    value: Any
    present: Bill
    largest: Member | None
    over: Member | None
    least: Member


@renamed(convention_name="convention")
def scale(spec: Spec, quantity: str, budget: int, by: str = "width", convention: str = "core") -> Scaling:
    """Return the member of a family that costs most within a budget.

    Of several that cost the same it is the spec as it is, where that is on the grid, or else the smallest.

    `quantity` is madds, counted in the convention, or params. Each run of the family's grid is halved until two
    neighbours are found, of which one is within and one is over. Raises `InputError` for a family that there is not,
    for one without a valid member, and for params by `input`, which changes none.
    """
    if (quantity, by) == ("params", "input"):
        raise InputError("the input's size changes no params: scale by something else, or to MAdds")
    members = _Members(family(spec, by), quantity, convention)
    runs = [_searched(run, members, budget) for run in members.family.runs]
    within = [best for best, _, _ in runs if best]
    largest = min(within, key=lambda member: (-member.cost, amount(member.value)), default=None)
    present = members.present
    if largest and present and present.cost == largest.cost:
        largest = present
    over = [one for _, one, _ in runs if one and (largest is None or amount(one.value) > amount(largest.value))]
    least = [one for _, _, one in runs if one]
    if not least:
        raise InputError(f"{spec.name}: the rules of a spec allow no other {by}")
    return Scaling(
        spec=spec,
        by=by,
        quantity=quantity,
        budget=budget,
        value=members.family.value,
        present=count(spec, members.convention),
        largest=largest,
        over=min(over, key=lambda member: amount(member.value), default=None),
        least=min(least, key=lambda member: (member.cost, amount(member.value))),
    )


class _Members:
    """The members of a family, each made and counted once."""

    def __init__(self, of: Family, quantity: str, convention: str) -> None:
        self.family = of
        self.quantity = quantity
        self.convention = find_convention(convention)
        self.known: dict[str, Member | None] = {}

    def member(self, value: Any) -> Member | None:
        """Return the member of a value, or None where the rules forbid it."""
        key = str(value)
        if key not in self.known:
            self.known[key] = self._made(value)
        return self.known[key]

    @property
    def present(self) -> Member | None:
        """Return the spec as it is, where that is on the grid."""
        value = self.family.value
        return self.member(value) if any(value in run for run in self.family.runs) else None

    def _made(self, value: Any) -> Member | None:
        step = self.family.member(value)
        if step is None:
            return None
        bill = count(step.spec, self.convention)
        return Member(value, self.family.changes(value), step, bill.madds, bill.params, getattr(bill, self.quantity))


Searched = tuple[Member | None, Member | None, Member | None]


def _searched(run: Sequence[Any], members: _Members, budget: int) -> Searched:
    """Return of one run the best within the budget, the first over it, and the first of all."""

    def reaches(cost: int) -> Callable[[int], bool | None]:
        return lambda at: None if (member := members.member(run[at])) is None else member.cost >= cost

    def first(values: Iterable[int]) -> Member | None:
        return next((member for at in values if (member := members.member(run[at])) is not None), None)

    end = first_true(len(run), reaches(budget + 1))
    best = first(reversed(range(end)))
    if best is not None:
        best = members.member(run[first_true(end, reaches(best.cost))])
    return best, first(range(end, len(run))), first(range(len(run)))
