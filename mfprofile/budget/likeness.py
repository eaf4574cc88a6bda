"""Is one network the other one, whatever its parts are called? Both by stage and kind, and the first difference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple, TypeAlias

from mfprofile.budget.items import Item, channels_of_norms, folded, items_of
from mfprofile.budget.parts import PartDifference, Piece
from mfprofile.budget.places import APART, Places, image_of, sizes_of, stride_of
from mfprofile.cost.bill import Bill

ALL, FOLDED, WEIGHTS, NONE = "all", "folded", "weights", "none"
"""What agrees: all multiply-adds and parameters; all but for folded norms; all but biases and norms; not all."""


class Cell(NamedTuple):
    """A stage, by its output stride or `APART`, and a kind of op."""

    stride: str
    kind: str


Placed: TypeAlias = list[tuple[Cell, Item]]


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """The first cell that differs in running order, and in it the first op of each network that differs, if any.

    `part` has the amounts of the cell in both.
    """

    cell: Cell
    part: PartDifference
    a: Item | None
    b: Item | None


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two networks by stage and kind. `agreement` says what agrees, one of `ALL`, `FOLDED`, `WEIGHTS`, `NONE`.

    `first` is the first difference, None unless the agreement is `NONE`. The name of a piece of `cells` and `strides`
    is its stage, that of `kinds` its kind. Image stages come first, in running order.
    """

    agreement: str
    cells: tuple[PartDifference, ...]
    strides: tuple[PartDifference, ...]
    kinds: tuple[PartDifference, ...]
    first: FirstDifference | None


def likeness(a: Bill, b: Bill) -> Likeness:
    """Return two networks by stage and kind, and whether they agree in all of them.

    If one has fewer batch norms, they are compared as if all were folded into the layers before them. Biases and norms
    of a model file need not agree, because exporters store equal tensors once.
    """
    plain, lean = both_items(a, b)
    places = Places(frozenset(sizes_of((*plain[0], *plain[1]))))
    sides = [_placed(items, bill, places) for items, bill in zip(plain, (a, b), strict=True)]
    bare = [_placed(items, bill, places) for items, bill in zip(lean, (a, b), strict=True)]
    agreement = _agreement(sides, bare, is_file(a) or is_file(b))
    key = without_rest if is_file(a) or is_file(b) else whole
    cells = _in_order(sides)
    alike = {cell for cell in cells if _sum(bare[0], cell, key) == _sum(bare[1], cell, key)}
    parts = {cell: _difference(sides, [cell], cell.stride, cell.kind, cell in alike) for cell in cells}
    first = _first(parts, bare, key) if agreement == NONE else None
    strides, kinds = (dict.fromkeys(cell[axis] for cell in cells) for axis in (0, 1))
    return Likeness(
        agreement,
        tuple(parts.values()),
        tuple(_total(sides, cells, alike, stride, 0) for stride in strides),
        tuple(_total(sides, cells, alike, kind, 1) for kind in kinds),
        first,
    )


def is_file(bill: Bill) -> bool:
    """Return whether a bill is of a model file, which has modules but did not run."""
    return bool(bill.subject.modules) and not bill.subject.fill


def both_items(a: Bill, b: Bill) -> tuple[list[list[Item]], list[list[Item]]]:
    """Return the items of both bills, as they are and as they are compared: without norms that one of them folds."""
    plain = [items_of(bill) for bill in (a, b)]
    channels = [channels_of_norms(items) for items in plain]
    return plain, plain if channels[0] == channels[1] else [folded(items) for items in plain]


def whole(item: Item) -> tuple[int, int, int]:
    """Return what must agree for networks that ran."""
    return item.madds, item.weights, item.rest


def without_rest(item: Item) -> tuple[int, int, int]:
    """Return what must agree for model files: not biases and norms."""
    return item.madds, item.weights, 0


Key: TypeAlias = Callable[[Item], tuple[int, int, int]]


def _placed(items: Sequence[Item], bill: Bill, places: Places) -> Placed:
    """Return each item that costs something or owns parameters, with its cell."""
    image = image_of(bill)
    return [
        (Cell(stride_of(image, places.size(item)), places.kind(item)), item)
        for item in items
        if item.madds or item.params
    ]


def _agreement(sides: Sequence[Placed], bare: Sequence[Placed], has_file: bool) -> str:
    cells = {cell for side in (*sides, *bare) for cell, _ in side}

    def agree(pair: Sequence[Placed], key: Key) -> bool:
        return all(_sum(pair[0], cell, key) == _sum(pair[1], cell, key) for cell in cells)

    if agree(sides, whole):
        return ALL
    if agree(bare, whole):
        return FOLDED
    return WEIGHTS if has_file and agree(bare, without_rest) else NONE


def _sum(side: Placed, cell: Cell, key: Key) -> tuple[int, ...]:
    return tuple(map(sum, zip(*[key(item) for at, item in side if at == cell], strict=True))) or (0, 0, 0)


def _in_order(sides: Sequence[Placed]) -> list[Cell]:
    """Return the cells of both networks: stages as they first run, tokens last, and within each its kinds."""
    cells = list(dict.fromkeys(cell for side in sides for cell, _ in side))
    strides = list(dict.fromkeys(cell.stride for cell in cells if cell.stride != APART))
    return [cell for stride in (*_by_size(strides), APART) for cell in cells if cell.stride == stride]


def _by_size(strides: Iterable[str]) -> list[str]:
    """Return strides from fine to coarse, as an image network runs through them."""
    return sorted(strides, key=lambda text: [_number(side) for side in text.split("×")])


def _number(side: str) -> float:
    over, _, under = side.partition("/")
    return int(over) / int(under or 1)


def _difference(sides: Sequence[Placed], cells: Sequence[Cell], name: str, kind: str, is_alike: bool) -> PartDifference:
    a, b = (_piece(side, cells, name, kind) for side in sides)
    return PartDifference(a, b, is_alike=is_alike)


def _piece(side: Placed, cells: Sequence[Cell], name: str, kind: str) -> Piece | None:
    items = [item for cell, item in side if cell in cells]
    madds, params = sum(item.madds for item in items), sum(item.params for item in items)
    return Piece(name, madds, params, {"class": kind} if kind else {}) if items else None


def _total(sides: Sequence[Placed], cells: Sequence[Cell], alike: set[Cell], name: str, axis: int) -> PartDifference:
    wanted = [cell for cell in cells if cell[axis] == name]
    return _difference(sides, wanted, name, "", alike.issuperset(wanted))


def _first(parts: dict[Cell, PartDifference], bare: Sequence[Placed], key: Key) -> FirstDifference:
    """Return the first difference: in the first stage that has one, the cell whose first different op runs first.

    Cells whose multiply-adds differ come before those whose parameters alone do, such as norms.
    """
    differing = [cell for cell in parts if _sum(bare[0], cell, key) != _sum(bare[1], cell, key)]
    stage = [cell for cell in differing if cell.stride == differing[0].stride]
    candidates = [(*_first_op(bare, cell, key), cell) for cell in stage]
    _, a, b, cell = min(candidates, key=lambda each: (not parts[each[3]].madds, each[0]))
    return FirstDifference(cell, parts[cell], a, b)


def _first_op(bare: Sequence[Placed], cell: Cell, key: Key) -> tuple[int, Item | None, Item | None]:
    """Return the first ops of a cell that differ, with the place in running order of the earlier one."""
    in_a, in_b = ([(at, item) for at, (own, item) in enumerate(side) if own == cell] for side in bare)
    keys_a, keys_b = ([key(item) for _, item in own] for own in (in_a, in_b))
    steps = SequenceMatcher(None, keys_a, keys_b, autojunk=False).get_opcodes()
    _, start_a, end_a, start_b, end_b = next(step for step in steps if step[0] != "equal")
    a = in_a[start_a] if start_a < end_a else None
    b = in_b[start_b] if start_b < end_b else None
    return min(each[0] for each in (a, b) if each is not None), a and a[1], b and b[1]
