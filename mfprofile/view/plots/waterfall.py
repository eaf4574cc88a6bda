"""From one variant's total to another's, part by part, as a waterfall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mfprofile.budget.difference import Difference
from mfprofile.budget.parts import PartDifference
from mfprofile.spec.problems import InputError
from mfprofile.spec.words import nearest
from mfprofile.view.numbers import human
from mfprofile.view.plots.axes import linear, short, titled
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AXES = ("block", "pillar")
QUANTITIES = ("madds", "params")
LONG = 90
"""Up to how many letters a variant's name has in the title: what --set gives stands in it."""
MOST = 14
"""How many parts are drawn by themselves; what is less is one bar."""


def waterfall(look: Look, found: Difference, by: str = "block", quantity: str = "madds") -> Picture:
    """Draw how the first variant's total becomes the second's: a bar for each part that gains or loses.

    The parts' changes sum to that of the whole; those beyond the `MOST` largest are one bar, 'others'. Raises
    `InputError` for another axis or quantity.
    """
    for name, known in ((by, AXES), (quantity, QUANTITIES)):
        if name not in known:
            raise InputError(f"a waterfall is by {' or '.join(AXES)}, of {' or '.join(QUANTITIES)}, not {name!r}; "
                             f"{nearest(name, known) or 'choose one of those'}")  # fmt: skip
    records = _records(found, by, quantity)
    a, b = found.a, found.b
    title = f"{short(a.name, LONG)} → {short(b.name, LONG)}, by {by}"
    unit = f"{a.convention.unit} (convention '{a.convention.name}')" if quantity == "madds" else "Parameters"
    with look.applied():
        figure = look.figure(0.2 * len(records) + 0.85 + 0.12 * (len(title) // (44 * look.columns)))
        axes = figure.add_subplot()
        cut = "" if _draw(axes, records, look) == 0 else "the axis does not begin at 0"
        axes.set_xlabel((f"{unit}; {cut}" if look.columns == 2 else f"{unit}\n{cut}") if cut else unit)
        titled(figure, title, look)
    return Picture(title, figure, records, a.convention.name)


def _records(found: Difference, by: str, quantity: str) -> list[dict[str, Any]]:
    """Return the first total, each change in running order, and the last total."""
    parts = found.pillars if by == "pillar" else found.parts
    changes = [(_part_name(part, by), int(getattr(part, quantity))) for part in parts if getattr(part, quantity)]
    most = MOST if len(changes) > MOST + 1 else len(changes)  # a single other is itself
    kept = sorted(changes, key=lambda each: -abs(each[1]))[:most]
    others = [each for each in changes if each not in kept]
    if others:
        changes = [
            *(each for each in changes if each in kept),
            (f"{len(others)} others", sum(change for _, change in others)),
        ]
    ends = [(bill.name, int(getattr(bill, quantity))) for bill in (found.a, found.b)]
    steps = [{"name": name, "kind": "change", "amount": change} for name, change in changes]
    first, last = ({"name": name, "kind": "total", "amount": amount} for name, amount in ends)
    return [first, *steps, last]


def _part_name(part: PartDifference, by: str) -> str:
    """Return a part's name; a block's number in both, where they differ."""
    if by == "pillar" or not part.piece.is_block:
        return part.piece.name
    numbers = [piece.name if piece else "" for piece in (part.a, part.b)]
    if not all(numbers):
        return f"block {''.join(numbers)} {'added' if numbers[1] else 'removed'}"
    return f"block {numbers[0]}" if numbers[0] == numbers[1] else f"block {numbers[0]} → {numbers[1]}"


def _draw(axes: Axes, records: Sequence[dict[str, Any]], look: Look) -> float:
    """Draw the bars; return where the axis begins."""
    level, colors = 0, look.colors
    edges = list[int]()
    for at, record in enumerate(records):
        amount = record["amount"]
        start = 0 if record["kind"] == "total" else level
        level = amount if record["kind"] == "total" else level + amount
        kind = "quiet" if record["kind"] == "total" else "former" if amount > 0 else "mobile"
        axes.barh(
            at, level - start, 0.7, left=start, color=colors[kind], edgecolor=colors["ground"], linewidth=0.3,
            hatch="/////" if kind == "former" else "",
        )  # fmt: skip
        stroke: Any = {"linewidth": 0.6, "solid_capstyle": "butt"}
        axes.plot([level, level], [at - 0.35, at + 0.35], color=colors[kind], **stroke)  # seen however slight
        if at < len(records) - 1:
            axes.plot([level, level], [at + 0.35, at + 0.65], color=colors["ink"], **stroke)
        edges += [max(start, level)] if record["kind"] == "total" else [start, level]
        _write(axes, max(start, level), at, record, look)
    names = [record["name"] for record in records]
    names[-1] = names[-1].removeprefix(f"{names[0]} ")  # 'with tokens.dim=128' is enough
    axes.set_yticks(range(len(records)), [short(name, 24) for name in names], fontsize=6.5)
    axes.set_ylim(len(records) - 0.4, -0.6)
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    return _limited(axes, edges, look)


def _limited(axes: Axes, edges: Sequence[int], look: Look) -> float:
    """Begin the axis where the changes are seen, which is not at 0 if they are slight beside the totals."""
    low, high = min(edges), max(edges)
    span = (high - low) or high or 1
    begin = 0 if low < 2 * span else low - 0.25 * span
    axes.set_xlim(begin, high + span * (0.16 if look.columns == 2 else 0.45))
    linear(axes.xaxis, 6 if look.columns == 2 else 5)
    return begin


def _write(axes: Axes, end: int, at: int, record: dict[str, Any], look: Look) -> None:
    amount = record["amount"]
    text = human(amount) if record["kind"] == "total" else f"{'+' if amount > 0 else '−'}{human(abs(amount))}"
    axes.annotate(
        text, (end, at), (2.5, 0), textcoords="offset points", va="center", fontsize=6, color=look.colors["ink"]
    )
