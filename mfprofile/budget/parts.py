"""A part of two networks, a block or a module: what it costs in each, and what differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mfprofile.spec.traits import Trait, Traits


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
        """Return whether it is a block, which has a kind; its name is its number."""
        return "kind" in self.traits

    @property
    def kind(self) -> str | None:
        """Return a block's kind or a module's class, None of another part."""
        kind = self.traits.get("kind", self.traits.get("class"))
        return None if kind is None else str(kind)


@dataclass(frozen=True, slots=True)
class PartDifference:
    """A part in both networks; None where one has no such part. `madds` and `params` are gained, negative if lost.

    `differs_within` says that what it consists of is another in the two, whatever it costs.
    """

    a: Piece | None
    b: Piece | None
    differs_within: bool = False

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
        if self.a is None or self.b is None:
            return []
        a, b = self.a.traits, self.b.traits
        return [Change(key, a.get(key), b.get(key)) for key in dict.fromkeys((*a, *b)) if a.get(key) != b.get(key)]

    @property
    def status(self) -> str:
        """Return added, removed, unchanged or changed, as is also what costs more or less with the same traits."""
        if self.a is None or self.b is None:
            return "added" if self.a is None else "removed"
        return "changed" if self.madds or self.params or self.changes or self.differs_within else "unchanged"
