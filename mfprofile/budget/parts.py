"""A part of two networks, a block or a module: its costs in each, and its changes."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from mfprofile.cost.sums import Total
from mfprofile.spec.traits import Trait, Traits

NO_TRAITS: Traits = MappingProxyType({})


class Change(NamedTuple):
    """A trait that differs: its value in each network, None if a network does not have it."""

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
    """A part of one network by its name in the bill (a block's name is its number), or a pillar, or the whole.

    `latency` is in nanoseconds, None if no latency model predicts it.
    """

    name: str
    madds: int
    params: int
    traits: Traits
    latency: int | None = None

    @property
    def is_block(self) -> bool:
        """Return whether it is a block, which has a kind and whose name is its number."""
        return "kind" in self.traits

    @property
    def kind(self) -> str | None:
        """Return the kind of a block or the class of a module, else None."""
        kind = self.traits.get("kind", self.traits.get("class"))
        return None if kind is None else str(kind)


def piece_of(total: Total, traits: Traits = NO_TRAITS, name: str = "") -> Piece:
    """Return the piece of a total, by default with the total's name."""
    latency = None if total.latency is None else int(total.latency)
    return Piece(name or total.name, int(total.madds), int(total.params), traits, latency)


@dataclass(frozen=True, slots=True)
class PartDifference:
    """A part in two networks, None in a network that does not have it.

    `madds`, `params` and `latency` are gains, negative if lost. `differs_within` is true if the contents of the part
    differ, even at the same cost; `is_alike` if it is the same but for folded norms and, in a model file, biases stored
    once.
    """

    a: Piece | None
    b: Piece | None
    differs_within: bool = False
    is_alike: bool = False

    @property
    def piece(self) -> Piece:
        """Return the part in the second network or, if it was removed, in the first."""
        piece = self.b or self.a
        assert piece is not None, "one side always has the part"
        return piece

    @property
    def madds(self) -> int:
        """Return the multiply-adds gained, in the convention of the bills."""
        return (self.b.madds if self.b else 0) - (self.a.madds if self.a else 0)

    @property
    def params(self) -> int:
        """Return the parameters gained."""
        return (self.b.params if self.b else 0) - (self.a.params if self.a else 0)

    @property
    def latency(self) -> int | None:
        """Return the nanoseconds gained, None if the latency of neither is known."""
        times = [piece.latency if piece else None for piece in (self.a, self.b)]
        return None if times == [None, None] else (times[1] or 0) - (times[0] or 0)

    @property
    def changes(self) -> list[Change]:
        """Return the traits that differ, if both networks have the part."""
        if self.a is None or self.b is None:
            return []
        a, b = self.a.traits, self.b.traits
        return [Change(key, a.get(key), b.get(key)) for key in dict.fromkeys((*a, *b)) if a.get(key) != b.get(key)]

    @property
    def status(self) -> str:
        """Return added, removed, unchanged, alike or changed.

        A part with the same traits but another cost is changed, or alike if only folded norms and biases differ.
        """
        if self.is_alike:
            return "alike" if self.madds or self.params or self.latency else "unchanged"
        if self.a is None or self.b is None:
            return "added" if self.a is None else "removed"
        differs = self.madds or self.params or self.latency or self.changes or self.differs_within
        return "changed" if differs else "unchanged"
