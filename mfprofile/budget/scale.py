"""The largest member of a family within a budget, by exact counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mfprofile.budget.families import Family, amount, family
from mfprofile.budget.halving import first_true
from mfprofile.budget.knobs import Changes, Step
from mfprofile.cost.bill import Bill, count
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.measures import device_of
from mfprofile.cost.sums import whole_of
from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.notebook import in_short, shown_as
from mfprofile.spec.layout import resolve
from mfprofile.spec.model import Spec
from mfprofile.spec.names import LATENCY
from mfprofile.spec.renamed import renamed

QUANTITIES = ("madds", "params", LATENCY)


class Member(NamedTuple):
    """A member of a family: its value, its changes, its step, its costs, and its cost in the budget's quantity.

    `latency` is in nanoseconds, None without a latency model. `least` and `most` are bounds of the cost that never fall
    from one member of a run to the next. For multiply-adds and parameters both are the cost.
    """

    value: Any
    changes: Changes
    step: Step
    madds: int
    params: int
    latency: int | None
    cost: int
    least: int
    most: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Scaling:
    """A search in a family. `largest` is the largest member within the budget, or None.

    `over` is the next larger member, which is over the budget, or None at the end of the grid. `least` is the member
    with the least cost. `value` and `present` are the value and the bill of the unchanged spec. `quantity` is madds,
    params or latency.
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

    def __repr__(self) -> str:
        largest = "none" if self.largest is None else f"{self.largest.value}, {self.quantity}={self.largest.cost}"
        return f"Scaling({in_short(self.present.name)}, {self.quantity} ≤ {self.budget}, {self.by}={largest})"

    _repr_html_ = shown_as("scaling")


@renamed(convention_name="convention")
def scale(spec: Spec, quantity: str, budget: int, by: str = "width", convention: Counting = "core") -> Scaling:
    """Return the search for the member of a family that costs most within a budget.

    If several cost the same, it is the unchanged spec if that is on the grid, else the smallest of them.

    `quantity` is madds, counted in the convention, params, or the latency that the convention's latency model predicts.
    Each run of the family's grid is halved until two neighbors are left, one within the budget and one over it; a
    latency may also fall from one member to the next, and is searched around them. Raises `InputError` for a family
    that does not exist, for one without a valid member, for params by `input`, which do not change, and for latency
    without a model.
    """
    if quantity == LATENCY:
        device_of(find_convention(convention))
    if (quantity, by) == ("params", "input"):
        raise InputError("the input size does not change params; scale by another key, or to MAdds")
    members = _Members(family(spec, by), quantity, convention)
    runs = [_search(run, members, budget) for run in members.family.runs]
    within = [best for best, _, _ in runs if best]
    largest = min(within, key=lambda member: (-member.cost, amount(member.value)), default=None)
    present = members.present
    if largest and present and present.cost == largest.cost:
        largest = present
    over = [next_up for _, next_up, _ in runs if next_up and (largest is None or _is_larger(next_up, largest))]
    least = [first for _, _, first in runs if first]
    if not least:
        raise InputError(f"{spec.name}: no other {by} is valid")
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


def _is_larger(a: Member, b: Member) -> bool:
    return amount(a.value) > amount(b.value)


class _Members:
    """The members of a family, each made and counted once."""

    def __init__(self, family: Family, quantity: str, convention: Counting) -> None:
        self.family = family
        self.quantity = quantity
        self.convention = find_convention(convention)
        self.known: dict[str, Member | None] = {}

    def member(self, value: Any) -> Member | None:
        """Return the member of a value, or None if it breaks a rule."""
        key = str(value)
        if key not in self.known:
            self.known[key] = self._make(value)
        return self.known[key]

    @property
    def present(self) -> Member | None:
        """Return the unchanged spec, if it is on the grid."""
        value = self.family.value
        return self.member(value) if any(value in run for run in self.family.runs) else None

    def _make(self, value: Any) -> Member | None:
        step = self.family.member(value)
        if step is None:
            return None
        bill = count(step.spec, self.convention)
        costs = whole_of(bill)
        cost = getattr(costs, self.quantity)
        least, most = (cost, cost) if self.quantity != LATENCY else self._bounds(step.spec)
        changes = self.family.changes(value)
        return Member(value, changes, step, costs.madds, costs.params, costs.latency, cost, least, most)

    def _bounds(self, spec: Spec) -> tuple[int, int]:
        """Return the latency without the residual connections that depend on equal widths, and with all of them.

        They come and go as widths are rounded, and have no products and no parameters.
        """
        bare, joined = resolve(spec, residual=lambda *_: False), resolve(spec, residual=lambda *_: True)
        return count(bare, self.convention).latency, count(joined, self.convention).latency


_RunResult = tuple[Member | None, Member | None, Member | None]


def _search(run: Sequence[Any], members: _Members, budget: int) -> _RunResult:
    """Return three members of one run: the best within the budget, the next one over it, and the cheapest of all."""

    def reaches(cost: int) -> Callable[[int], bool | None]:
        return lambda at: None if (member := members.member(run[at])) is None else member.least >= cost

    def valid(values: Iterable[Any]) -> Iterator[Member]:
        return (member for value in values if (member := members.member(value)) is not None)

    end = first_true(len(run), reaches(budget + 1))
    if members.quantity == LATENCY:
        best = _most_within(valid(run[at] for at in reversed(range(end))), budget)
        above = valid(value for value in run if best is None or amount(value) > amount(best.value))
        return best, next((member for member in above if member.cost > budget), None), _cheapest(valid(run))
    best = next(valid(run[at] for at in reversed(range(end))), None)
    if best is not None:
        best = members.member(run[first_true(end, reaches(best.cost))])
    return best, next(valid(run[end:]), None), next(valid(run), None)


def _most_within(falling: Iterable[Member], budget: int) -> Member | None:
    """Return the member that costs most within a budget, the smallest if several do. No later member can cost more."""
    best: Member | None = None
    for member in falling:
        if best is not None and member.most < best.cost:
            break
        if member.cost <= budget and (best is None or member.cost >= best.cost):
            best = member
    return best


def _cheapest(rising: Iterable[Member]) -> Member | None:
    """Return the member that costs least, the smallest if several do."""
    best: Member | None = None
    for member in rising:
        if best is not None and member.least > best.cost:
            break
        if best is None or member.cost < best.cost:
            best = member
    return best
