"""The difference of two networks: by pillar and by block, with the blocks aligned, or by module."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mfprofile.budget.alignment import aligned
from mfprofile.budget.likeness import Likeness, likeness
from mfprofile.budget.modules import module_parts
from mfprofile.budget.names import names_agree, parts_by_name, share_modules
from mfprofile.budget.parts import PartDifference, Piece, piece_of
from mfprofile.budget.places import image_of
from mfprofile.cost.bill import Bill
from mfprofile.cost.sums import whole_of
from mfprofile.errors import InputError
from mfprofile.notebook import in_short, shown_as
from mfprofile.spec.names import LATENCY
from mfprofile.spec.traits import Traits

BEFORE_BLOCKS = ("tokens", "stem")
AFTER_BLOCKS = ("final", "head", "fpn", "retina")
DEPTH = 2
"""The default number of levels of modules in a difference."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Difference:
    """Two bills in one convention and their differences: of the whole, by pillar, and by part in running order.

    The traits of `whole` are the settings of the networks. The `madds` and `params` of `parts` sum to those of `whole`,
    and so do those of `pillars` if the networks have pillars. A part is a block, or the stem, the tokens, the final
    bridge, the head, fpn or retina. In networks in code a part is a module, or what a module runs itself.

    `likeness` compares a spec with a network in code or in a file, and two such networks without a common module, by
    stage and kind; it is None for all others. `axis` is that of the parts: block, module, or stage if a spec and a
    network have other names. Then a part is a kind of op in a stage.
    """

    a: Bill
    b: Bill
    whole: PartDifference
    pillars: tuple[PartDifference, ...]
    parts: tuple[PartDifference, ...]
    axis: str = "block"
    likeness: Likeness | None = None

    @property
    def measures(self) -> tuple[str, ...]:
        """Return the quantities of the whole and of the pillars: latency only with a latency model."""
        return ("madds", "params") if self.a.device is None else ("madds", "params", LATENCY)

    @property
    def part_measures(self) -> tuple[str, ...]:
        """Return the quantities of the parts. Those of a spec and a network in code have no latency.

        They are paired by what they multiply and own, and most other ops have no partner.
        """
        return self.measures if self.a.subject.axes == self.b.subject.axes else ("madds", "params")

    def __repr__(self) -> str:
        amounts = "".join(f", {measure}={getattr(self.whole, measure):+}" for measure in ("madds", "params"))
        names = " → ".join(in_short(bill.name) for bill in (self.a, self.b))
        return f"Difference({names}{amounts}, convention={self.a.convention.name})"

    _repr_html_ = shown_as("difference")


def difference(a: Bill, b: Bill, depth: int = DEPTH) -> Difference:
    """Return the difference from `a` to `b`. Networks in code are compared by modules down to `depth` levels.

    A spec and a network in code or in a file are compared by modules if their names agree, else by stage and kind.
    Raises `InputError` for bills in different conventions or modes or of different latency models, and for a spec and a
    batch of several images.

    >>> from mfprofile import count
    >>> difference(count("mf294m"), count("mf294m-no-ffn")).whole.params
    -1632576
    """
    if a.convention.name != b.convention.name:
        raise InputError(f"cannot compare a bill in {a.convention.name!r} with one in {b.convention.name!r}")
    if a.device != b.device:
        raise InputError("cannot compare bills with different latency models; use one for both")
    if a.mode != b.mode:
        raise InputError(f"cannot compare a bill of {a.mode} with one of {b.mode}; count both in the same mode")
    if a.subject.axes != b.subject.axes:
        return _across(a, b, depth)
    whole = PartDifference(_whole(a, b), _whole(b, a))
    pairs = zip(_pillars(a), _pillars(b), strict=True)
    axis, is_alien = a.subject.axes[0], "module" in a.subject.axes and not share_modules(a, b)
    parts = _block_parts(a, b) if axis == "block" else module_parts(a, b, depth)
    pillars = tuple(PartDifference(*pair) for pair in pairs)
    return Difference(a, b, whole, pillars, tuple(parts), axis, likeness(a, b) if is_alien else None)


def _across(a: Bill, b: Bill, depth: int) -> Difference:
    """Return the difference of a spec and a network in code or in a file."""
    for bill, other in ((a, b), (b, a)):
        if bill.subject.batch not in (1, None):
            raise InputError(f"{bill.name} is a batch of {bill.subject.batch}, but {other.name} is one image; use one")
    before, after = (piece_of(whole_of(bill), _image(bill)) for bill in (a, b))
    whole = PartDifference(before, after)
    by_stage = likeness(a, b)
    if names_agree(a, b):
        return Difference(a, b, whole, (), tuple(parts_by_name(a, b, depth)), "module", by_stage)
    return Difference(a, b, whole, (), by_stage.cells, "stage", by_stage)


def _image(bill: Bill) -> Traits:
    """Return the size of the image, which is all that a spec and a network in code both have."""
    image = image_of(bill)
    return {"input": "none" if image is None else "×".join(map(str, image))}


def _whole(bill: Bill, other: Bill) -> Piece:
    """Return the whole of a network, with the settings that both networks have (without tokens, none of Former's)."""
    shared = {key: value for key, value in bill.subject.settings.items() if key in other.subject.settings}
    return piece_of(whole_of(bill), shared)


def _pillars(bill: Bill) -> list[Piece]:
    return [piece_of(total) for total in bill.pillars.values()]


def _block_parts(a: Bill, b: Bill) -> Iterator[PartDifference]:
    """Yield the parts of both bills in pairs. A part that is not a block has the same name in both."""
    blocks = [
        (str(block_a.number) if block_a else "", str(block_b.number) if block_b else "")
        for block_a, block_b in aligned(a.subject.blocks, b.subject.blocks)
    ]
    pieces_a, pieces_b = _pieces(a), _pieces(b)
    before, after = ([(name, name) for name in names] for names in (BEFORE_BLOCKS, AFTER_BLOCKS))
    for name_a, name_b in (*before, *blocks, *after):
        if name_a in pieces_a or name_b in pieces_b:
            yield PartDifference(pieces_a.get(name_a), pieces_b.get(name_b))


def _pieces(bill: Bill) -> dict[str, Piece]:
    traits = bill.subject.traits
    return {total.name: piece_of(total, traits[total.name]) for total in bill.by("block")}
