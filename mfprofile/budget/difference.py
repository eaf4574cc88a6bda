"""What a network gained and lost against another: by pillar and by block, the blocks aligned, or by module."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mfprofile.budget.alignment import aligned
from mfprofile.budget.modules import module_parts
from mfprofile.budget.parts import PartDifference, Piece
from mfprofile.cost.bill import Bill
from mfprofile.spec.problems import InputError

BEFORE_BLOCKS = ("tokens", "stem")
AFTER_BLOCKS = ("final", "head", "fpn", "retina")
DEPTH = 2
"""How deep in the tree of modules a difference goes, unless another depth is given."""


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """Two bills in one convention, and their differences: in all, by pillar, and by part in running order.

    The traits of `whole` are the networks' settings. The `madds` and `params` of `parts` sum to those of `whole`, and
    those of `pillars` do where the networks have any. A part is a block, or else the stem, the tokens, the final
    bridge, the head, fpn or retina; of networks in code it is a module, or what one runs itself.
    """

    a: Bill
    b: Bill
    whole: PartDifference
    pillars: tuple[PartDifference, ...]
    parts: tuple[PartDifference, ...]


def difference(a: Bill, b: Bill, depth: int = DEPTH) -> Difference:
    """Return what was gained and lost from `a` to `b`; of networks in code, in modules not deeper than `depth`.

    Raises `InputError` for bills in different conventions, and for a spec beside a network in code.

    >>> from mfprofile import count
    >>> difference(count("mf294m"), count("mf294m-no-ffn")).whole.params
    -1632576
    """
    if a.convention.name != b.convention.name:
        raise InputError(f"cannot compare a bill in {a.convention.name!r} with one in {b.convention.name!r}")
    if a.subject.axes != b.subject.axes:
        raise InputError(f"cannot compare {a.name}, by {a.subject.axes[0]}, with {b.name}, by {b.subject.axes[0]}")
    whole = PartDifference(_whole(a, b), _whole(b, a))
    pairs = zip(_pillars(a), _pillars(b), strict=True)
    parts = _block_parts(a, b) if "block" in a.subject.axes else module_parts(a, b, depth)
    return Difference(a, b, whole, tuple(PartDifference(*pair) for pair in pairs), tuple(parts))


def _whole(bill: Bill, other: Bill) -> Piece:
    """Return all of a network, with those settings that mean something in both: 'no tokens' says it all of Former."""
    theirs = other.subject.settings
    shared = {key: value for key, value in bill.subject.settings.items() if key in theirs}
    return Piece("total", bill.madds, bill.params, shared)


def _pillars(bill: Bill) -> list[Piece]:
    return [Piece(name, total.madds, total.params, {}) for name, total in bill.pillars.items()]


def _block_parts(a: Bill, b: Bill) -> Iterator[PartDifference]:
    """Yield the parts that either bill has, in pairs; a part that is no block has the same name in both."""
    blocks = [
        (str(mine.number) if mine else "", str(theirs.number) if theirs else "")
        for mine, theirs in aligned(a.subject.blocks, b.subject.blocks)
    ]
    mine, theirs = _pieces(a), _pieces(b)
    before, after = ([(name, name) for name in names] for names in (BEFORE_BLOCKS, AFTER_BLOCKS))
    for name, other in (*before, *blocks, *after):
        if name in mine or other in theirs:
            yield PartDifference(mine.get(name), theirs.get(other))


def _pieces(bill: Bill) -> dict[str, Piece]:
    traits = bill.subject.traits
    return {total.name: Piece(total.name, total.madds, total.params, traits[total.name]) for total in bill.by("block")}
