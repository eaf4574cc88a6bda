"""What a variant gained and lost against another: by block, the blocks aligned, and by pillar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mfprofile.budget.alignment import aligned
from mfprofile.budget.traits import Trait, Traits, settings, traits
from mfprofile.cost.counts import Bill
from mfprofile.cost.rows import PILLARS
from mfprofile.spec.problems import InputError

BEFORE_BLOCKS = ("tokens", "stem")
AFTER_BLOCKS = ("final", "head", "fpn", "retina")


class Change(NamedTuple):
    """A trait that differs: what it was and what it is, None on a side that has no such trait."""

    key: str
    a: Trait | None
    b: Trait | None

    @property
    def text(self) -> str:
        """Return the change in words.

        >>> Change("out", 24, 32).text
        'out 24 → 32'
        """
        a, b = ("none" if value is None else value for value in (self.a, self.b))
        return f"{self.key} {a} → {b}"


class Piece(NamedTuple):
    """A part of one network, by the name that it has in its bill (a block's is its number), or a pillar, or all."""

    name: str
    madds: int
    params: int
    traits: Traits

    @property
    def is_block(self) -> bool:
        """Return whether it is a block, whose name is its number."""
        return self.name.isdecimal()


@dataclass(frozen=True, slots=True)
class PartDifference:
    """A part in both networks; None where one has no such part. `madds` and `params` are gained, negative if lost."""

    a: Piece | None
    b: Piece | None

    @property
    def piece(self) -> Piece:
        """Return the part as it is in the second network, or was in the first where it was removed."""
        piece = self.b or self.a
        assert piece is not None, "one side always has the part"
        return piece

    @property
    def madds(self) -> int:
        """Return the multiply-adds gained, as the bills' convention counts them."""
        return (self.b.madds if self.b else 0) - (self.a.madds if self.a else 0)

    @property
    def params(self) -> int:
        """Return the parameters gained."""
        return (self.b.params if self.b else 0) - (self.a.params if self.a else 0)

    @property
    def changes(self) -> list[Change]:
        """Return each trait that differs, where both networks have the part."""
        return [] if self.a is None or self.b is None else _changes(self.a.traits, self.b.traits)

    @property
    def status(self) -> str:
        """Return added, removed, unchanged or changed, as is also what costs more or less with the same traits."""
        if self.a is None or self.b is None:
            return "added" if self.a is None else "removed"
        return "changed" if self.madds or self.params or self.changes else "unchanged"


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """Two bills in one convention, and their differences: in all, by pillar, and by part in running order.

    The traits of `whole` are the networks' settings. The `madds` and `params` of `pillars`, and those of `parts`, sum
    to those of `whole`. A part is a block, or else the stem, the tokens, the final bridge, the head, fpn or retina.
    """

    a: Bill
    b: Bill
    whole: PartDifference
    pillars: tuple[PartDifference, ...]
    parts: tuple[PartDifference, ...]


def difference(a: Bill, b: Bill) -> Difference:
    """Return what was gained and lost from `a` to `b`; raises `InputError` for bills in different conventions.

    >>> from mfprofile import count
    >>> difference(count("mf294m"), count("mf294m-no-ffn")).whole.params
    -1632576
    """
    if a.convention.name != b.convention.name:
        raise InputError(f"cannot compare a bill in {a.convention.name!r} with one in {b.convention.name!r}")
    whole = PartDifference(_whole(a, b), _whole(b, a))
    mine, theirs = _pillars(a), _pillars(b)
    pillars = tuple(PartDifference(mine[pillar], theirs[pillar]) for pillar in PILLARS)
    return Difference(a, b, whole, pillars, tuple(_parts(a, b)))


def _whole(bill: Bill, other: Bill) -> Piece:
    """Return all of a network, with those settings that mean something in both: 'no tokens' says it all of Former."""
    theirs = settings(other.network)
    shared = {key: value for key, value in settings(bill.network).items() if key in theirs}
    return Piece("total", bill.madds, bill.params, shared)


def _pillars(bill: Bill) -> dict[str, Piece]:
    return {name: Piece(name, total.madds, total.params, {}) for name, total in bill.pillars.items()}


def _parts(a: Bill, b: Bill) -> list[PartDifference]:
    """Return the parts that either bill has, in pairs; a part that is no block has the same name in both."""
    blocks = [
        (str(mine.number) if mine else "", str(theirs.number) if theirs else "")
        for mine, theirs in aligned(a.network, b.network)
    ]
    mine, theirs = _pieces(a), _pieces(b)
    before, after = ([(name, name) for name in names] for names in (BEFORE_BLOCKS, AFTER_BLOCKS))
    pairs = [(mine.get(name), theirs.get(other)) for name, other in (*before, *blocks, *after)]
    return [PartDifference(*pair) for pair in pairs if pair != (None, None)]


def _pieces(bill: Bill) -> dict[str, Piece]:
    known = traits(bill.network)
    return {total.name: Piece(total.name, total.madds, total.params, known[total.name]) for total in bill.by("block")}


def _changes(a: Traits, b: Traits) -> list[Change]:
    keys = dict.fromkeys((*a, *b))
    return [Change(key, a.get(key), b.get(key)) for key in keys if a.get(key) != b.get(key)]
