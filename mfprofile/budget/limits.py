"""Limits, where they are given, and which of them apply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

from mfprofile.errors import InputError, QuantityError, SpecError
from mfprofile.spec.document import Node, locate
from mfprofile.spec.limits import Bound, amount, bounds, limit_name
from mfprofile.spec.model import Spec
from mfprofile.spec.problems import Mark, Problem


@dataclass(frozen=True, slots=True)
class Limit:
    """At most (`most`) or at least an `amount` of the quantity called `name`.

    The amount is a whole number (of bytes for memory) or, as a Fraction, a pillar's share of the network's total of the
    same quantity. `given` is the place in a file or the flag that sets it. `about` explains a limit from a baseline.
    `convention` is the one that the limit is in, or '' if it is that of the check. `earlier` has the amounts of the
    parts in a baseline, by block or module.
    """

    name: str
    most: bool
    amount: int | Fraction
    given: Mark
    about: str = ""
    convention: str = ""
    earlier: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)


def flag_limit(flag: str, name: str, text: str) -> Limit:
    """Return the limit of a flag such as `--max-madds`, whose quantity is known."""
    try:
        return Limit(name, flag.startswith("--max"), amount(name, text), Mark(flag))
    except QuantityError as error:
        raise InputError(f"{flag} {error}") from None


def named_limit(flag: str, text: str) -> Limit:
    """Return the limit of `--max NAME=AMOUNT` or `--min NAME=AMOUNT`."""
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"{flag} {text}: must be NAME=AMOUNT, as in former.madds=10% or bridge.params=2M")
    try:
        known = limit_name(name.strip())
    except InputError as error:
        raise InputError(f"{flag} {text}: {error}") from None
    return flag_limit(f"{flag} {known}", known, value)


def spec_limits(spec: Spec, root: Node) -> list[Limit]:
    """Return the limits of a spec's own `budget:`. `root` is the document tree of the spec."""
    return [
        limit_of(bound, locate(root, ("budget", *bound.path)))
        for bound in bounds(spec.budget or {})
        if isinstance(bound, Bound)
    ]


def limit_of(bound: Bound, given: Mark) -> Limit:
    """Return the limit of a bound in a map, given at this place."""
    return Limit(bound.name, bound.most, bound.amount, given, convention=bound.convention)


def in_force(flags: Sequence[Limit], elsewhere: Iterable[Limit]) -> list[Limit]:
    """Return the limits that apply: those of the flags, and the others that no flag replaces.

    A flag replaces each limit on the same quantity in the same direction. Raises `InputError` for a quantity with two
    flags, and for two limits that no network can meet.
    """
    replaced: dict[tuple[str, bool], Limit] = {}
    for limit in flags:
        first = replaced.setdefault((limit.name, limit.most), limit)
        if first is not limit:
            side = "maximum" if limit.most else "minimum"
            raise InputError(f"{first.given} and {limit.given} both set the {side} of {limit.name}; use one of them")
    limits = [*flags, *(limit for limit in elsewhere if (limit.name, limit.most) not in replaced)]
    _refuse_contradiction(limits)
    return limits


def _refuse_contradiction(limits: Sequence[Limit]) -> None:
    for least, most in product(limits, limits):
        if (
            (least.name, least.convention) != (most.name, most.convention)
            or least.most
            or not most.most
            or type(least.amount) is not type(most.amount)
        ):
            continue
        if least.amount > most.amount:
            rule = f"{least.name} cannot be at least {shown_amount(least)} and at most {shown_amount(most)}"
            rule = f"{rule}, as {least.given} and {most.given} require; change one of them"
            in_files = [limit.given for limit in (most, least) if limit.given.line is not None]
            if not in_files:
                raise InputError(rule)
            raise SpecError([Problem(max(in_files, key=lambda mark: mark.layer), "", rule)])


def shown_amount(limit: Limit) -> str:
    """Return a limit's amount as text, exact: `300,000,000` or `12.5 %`.

    >>> shown_amount(Limit("former.madds", True, Fraction(1, 8), Mark("--max")))
    '12.5 %'
    """
    if isinstance(limit.amount, int):
        return f"{limit.amount:,}"
    return f"{percent(limit.amount)} %"


def percent(share: Fraction) -> str:
    """Return a share in percent, exactly as it was written. Its denominator must divide a power of ten."""
    digits, scaled = 0, share * 100
    while scaled.denominator != 1:
        digits, scaled = digits + 1, scaled * 10
    whole = str(int(scaled)).zfill(digits + 1)
    return f"{whole[:-digits]}.{whole[-digits:]}" if digits else whole


NO_LIMIT = (
    "no limit is given; use a flag such as --max-madds 300M, a map 'budget: {max: {madds: 300M}}' in the spec, "
    "or one under [tool.mfprofile.budgets] in pyproject.toml"
)
