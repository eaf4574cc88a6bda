"""From the total of one variant to the total of another, part by part, as a waterfall chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from mfprofile.budget.difference import Difference
from mfprofile.budget.parts import PartDifference
from mfprofile.cost.measures import device_of
from mfprofile.errors import InputError
from mfprofile.spec.names import LATENCY
from mfprofile.spec.words import nearest
from mfprofile.view.plots.axes import linear, short
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.timed import counted_how, figure_of, unit_name, unit_size
from mfprofile.view.plots.titles import write_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AXES = ("block", "pillar")
QUANTITIES = ("madds", "params", LATENCY)
LONG = 90
"""The most letters of a variant's name in the title. The name includes the changes by --set."""
MOST = 14
"""How many parts have their own bar. The smaller ones share one bar."""


def waterfall(look: Look, difference: Difference, by: str = "block", quantity: str = "madds") -> Picture:
    """Draw the way from the first variant's total to the second's: a bar for each part that gains or loses.

    The changes of the parts sum to the change of the whole. All but the `MOST` largest share one bar, 'others'. Raises
    `InputError` for another axis or quantity, and for latency without a latency model.
    """
    for name, known in ((by, AXES), (quantity, QUANTITIES)):
        if name not in known:
            of = f"{', '.join(QUANTITIES[:-1])} or {QUANTITIES[-1]}"
            hint = nearest(name, known) or "use one of those"
            raise InputError(f"a waterfall is by {' or '.join(AXES)}, of {of}, not {name!r}; {hint}")
    if quantity == LATENCY:
        device_of(difference.a.convention)
    records = _records(difference, by, quantity)
    a, b = difference.a, difference.b
    title = f"{short(a.name, LONG)} → {short(b.name, LONG)}, by {by}"
    how = counted_how(quantity, a, b)
    unit = f"{unit_name(quantity, a)} ({how})" if how else unit_name(quantity, a)
    unit = unit if look.columns == 2 else fill(unit, 50)
    with look.applied():
        figure = look.figure(0.2 * len(records) + 0.85 + 0.12 * (len(title) // (44 * look.columns)))
        axes = figure.add_subplot()
        cut = "" if _draw(axes, records, look, quantity) == 0 else "the axis does not start at 0"
        axes.set_xlabel((f"{unit}; {cut}" if look.columns == 2 else f"{unit}\n{cut}") if cut else unit)
        write_title(figure, title, look)
    return Picture(title, figure, records, a.convention.name)


def _records(difference: Difference, by: str, quantity: str) -> list[dict[str, Any]]:
    """Return the first total, the changes in running order, and the last total."""
    parts = difference.pillars if by == "pillar" else difference.parts
    changes = [(_part_name(part, by), int(getattr(part, quantity))) for part in parts if getattr(part, quantity)]
    most = MOST if len(changes) > MOST + 1 else len(changes)  # a single other part keeps its own bar
    kept = sorted(changes, key=lambda each: -abs(each[1]))[:most]
    others = [each for each in changes if each not in kept]
    if others:
        changes = [
            *(each for each in changes if each in kept),
            (f"{len(others)} others", sum(change for _, change in others)),
        ]
    ends = [(bill.name, int(getattr(bill, quantity))) for bill in (difference.a, difference.b)]
    steps = [{"name": name, "kind": "change", "amount": change} for name, change in changes]
    first, last = ({"name": name, "kind": "total", "amount": amount} for name, amount in ends)
    return [first, *steps, last]


def _part_name(part: PartDifference, by: str) -> str:
    """Return a part's name; for a block with two different numbers, both."""
    if by == "pillar" or not part.piece.is_block:
        return part.piece.name
    numbers = [piece.name if piece else "" for piece in (part.a, part.b)]
    if not all(numbers):
        return f"block {''.join(numbers)} {'added' if numbers[1] else 'removed'}"
    return f"block {numbers[0]}" if numbers[0] == numbers[1] else f"block {numbers[0]} → {numbers[1]}"


def _draw(axes: Axes, records: Sequence[dict[str, Any]], look: Look, quantity: str) -> float:
    """Draw the bars. Return the start of the axis."""
    level, colors, unit = 0.0, look.colors, unit_size(quantity)
    edges = list[float]()
    for at, record in enumerate(records):
        amount = record["amount"] / unit
        start = 0 if record["kind"] == "total" else level
        level = amount if record["kind"] == "total" else level + amount
        kind = "quiet" if record["kind"] == "total" else "former" if amount > 0 else "mobile"
        axes.barh(
            at, level - start, 0.7, left=start, color=colors[kind], edgecolor=colors["ground"], linewidth=0.3,
            hatch="/////" if kind == "former" else "",
        )  # fmt: skip
        stroke: Any = {"linewidth": 0.6, "solid_capstyle": "butt"}
        axes.plot(
            [level, level], [at - 0.35, at + 0.35], color=colors[kind], **stroke
        )  # makes the smallest change visible
        if at < len(records) - 1:
            axes.plot([level, level], [at + 0.35, at + 0.65], color=colors["ink"], **stroke)
        edges += [max(start, level)] if record["kind"] == "total" else [start, level]
        _write(axes, max(start, level), at, record, look, figure_of(quantity))
    names = [record["name"] for record in records]
    names[-1] = names[-1].removeprefix(f"{names[0]} ")  # 'with tokens.dim=128' is enough
    axes.set_yticks(range(len(records)), [short(name, 24) for name in names], fontsize=6.5)
    axes.set_ylim(len(records) - 0.4, -0.6)
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    return _limited(axes, edges, look)


def _limited(axes: Axes, edges: Sequence[float], look: Look) -> float:
    """Set the limits of the axis and return its start, which is not 0 if the changes are small next to the totals."""
    low, high = min(edges), max(edges)
    span = (high - low) or high or 1
    begin = 0 if low < 2 * span else low - 0.25 * span
    axes.set_xlim(begin, high + span * (0.16 if look.columns == 2 else 0.45))
    linear(axes.xaxis, 6 if look.columns == 2 else 5)
    return begin


def _write(axes: Axes, end: float, at: int, record: dict[str, Any], look: Look, written: Callable[[int], str]) -> None:
    amount = record["amount"]
    text = written(amount) if record["kind"] == "total" else f"{'+' if amount > 0 else '−'}{written(abs(amount))}"
    axes.annotate(
        text, (end, at), (2.5, 0), textcoords="offset points", va="center", fontsize=6, color=look.colors["ink"]
    )
