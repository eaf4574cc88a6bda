"""Lines of equal multiply-adds over two keys of a spec or space. Every valid point of their grid is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from mfprofile.budget.knobs import knobs
from mfprofile.cost.bill import count
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.measures import measure
from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError, SpecError
from mfprofile.explore.space import Space, with_values
from mfprofile.explore.unpriced import kinds_in
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec
from mfprofile.spec.words import EMPTY, instead
from mfprofile.spec.writing import mapping
from mfprofile.view.plots.axes import short, write_legend
from mfprofile.view.plots.labels import Around, annotate
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.titles import write_title
from mfprofile.view.plots.units import heading, model_of, origin, written
from mfprofile.view.prediction import amount, is_timed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

_OWN, _COUNTED = 6.0, 2.4  # the sizes of markers
_FEW = 8  # an axis with no more values than this has a tick at each
MOST = 25
"""The most values of a key without a range: those around its own value."""
LARGEST = 10_000
"""The most points that are counted."""
_FORM = "must be KEY=FROM:TO or KEY=FROM:TO:STEP, as in tokens.count=1:12"
_RANGE = re.compile(r"([a-z0-9.]+)=([0-9]{1,9}):([0-9]{1,9})(?::([0-9]{1,9}))?")


def contour(
    look: Look,
    space: Space,
    x: str,
    y: str,
    convention: Counting = "core",
    levels: Sequence[int] = (),
    quantity: str = "madds",
) -> Picture:
    """Draw lines of equal multiply-adds over the keys `x` and `y`, each a key or `KEY=FROM:TO[:STEP]`.

    The lines can be of another `quantity` that is a sum over ops, such as `params` or `latency`. A key that is a choice
    of the space has the values of that choice. Another key that is a knob has the values around its own. All other
    choices have their first value. Every valid point is counted, and the lines are interpolated between the points.
    Raises `InputError`, also if there is no line to draw.
    """
    base = load(space.data)
    first, values_x = _axis(space, base, x)
    second, values_y = _axis(space, base, y)
    if first == second:
        raise InputError(f"{first}: a contour needs two different keys")
    if len(values_x) * len(values_y) > LARGEST:
        raise InputError(f"{len(values_x)} × {len(values_y)} points are more than {LARGEST:,}; use wider steps")
    records = _counted(base, {first: values_x, second: values_y}, convention, measure(quantity).name)
    shown, outside = _levels(records, levels, look)
    title = f"{short(space.name)}: {heading(quantity, convention)} by {first} and {second}"
    chosen, kinds = [choice.name for choice in space.choices], kinds_in(space, find_convention(convention).device)
    with look.applied():
        axes = (figure := look.figure(4.1 if look.columns == 2 else 3.5)).add_subplot()
        axes.set(xlabel=first, ylabel=second)
        write_title(figure, title, look)
        remarks = _remarks(convention, quantity, kinds, bool(set(chosen) - {first, second}), outside)
        drawn = _lines(axes, records, shown, fill("; ".join(remarks), 50 * look.columns), look)
        write_legend(figure, look, 1)
        own = None if chosen else (_value(base, first), _value(base, second))
        _name(axes, records, drawn, own, short(space.name), look)
    return Picture(title, figure, records, str(convention), model_of([quantity], convention, kinds))


def _axis(space: Space, base: Spec, text: str) -> tuple[str, Sequence[int]]:
    """Return the key of an argument, and its values."""
    match = _RANGE.fullmatch(text)
    if "=" in text and not match:
        raise InputError(f"{text}: {_FORM}")
    if match:
        key, low, high, step = match[1], int(match[2]), int(match[3]), int(match[4] or 1)
        _value(base, key)
        if not step or high < low:
            raise InputError(f"{text}: {_FORM}")
        return key, range(low, high + 1, step)
    choice = next((each for each in space.choices if each.name == text), None)
    if choice is not None and all(type(value) is int for value in choice.values):
        return text, sorted(choice.values)
    return text, _around(base, text)


def _around(base: Spec, key: str) -> list[int]:
    """Return a knob's values around its own, from a third of it to twice as much."""
    own, turned = _value(base, key), {knob.name: knob for knob in knobs(base)}
    if key not in turned:
        raise InputError(f"{key}: has no default range; use {key}=FROM:TO:STEP")
    steps = [*turned[key].below, own, *turned[key].above]
    values = sorted({value for value in steps if type(value) is int and own <= 3 * value and value <= 2 * own})
    step = -(-len(values) // MOST)
    return values[values.index(own) % step :: step]  # includes its own


def _value(base: Spec, key: str) -> int:
    """Return the whole number of a key in a spec. Raises `InputError` for a key without one."""
    depths = {knob.name: int(knob.value) for knob in knobs(base) if knob.name.endswith(".repeat")}
    known = depths | _numbers(mapping(base))
    if key not in known:
        raise InputError(f"{key or EMPTY} is not a key with a whole number; {instead(key, known)}")
    return known[key]


def _numbers(value: Any, prefix: str = "") -> dict[str, int]:
    """Return every whole number of a spec's mapping by its key, blocks counted from 1."""
    if type(value) is int:
        return {prefix: value}
    items = value.items() if isinstance(value, dict) else enumerate(value, 1) if isinstance(value, list) else ()
    numbers: dict[str, int] = {}
    for key, inner in items:
        numbers |= _numbers(inner, f"{prefix}.{key}" if prefix else str(key))
    return numbers


def _counted(
    base: Spec, axes: Mapping[str, Sequence[int]], convention: Counting, quantity: str
) -> list[dict[str, Any]]:
    """Return a record for each valid point of the grid. Raises `InputError` if no line can be drawn between them."""
    (first, xs), (second, ys) = axes.items()
    data, records = mapping(base), []
    for x in xs:
        for y in ys:
            try:
                spec = load(with_values(data, {_place(first): x, _place(second): y}))
            except SpecError:
                continue
            records.append({first: x, second: y, quantity: int(count(spec, convention).amount(quantity))})
    for key in axes:
        if len({record[key] for record in records}) < 2:
            raise InputError(f"{key}: lines need two valid values or more")
    return records


def _place(key: str) -> tuple[str | int, ...]:
    return tuple(int(part) - 1 if part.isdecimal() else part for part in key.split("."))


def _levels(records: Sequence[Mapping[str, Any]], levels: Sequence[int], look: Look) -> tuple[list[float], list[float]]:
    """Return the amounts of the lines, by default round ones, and the given amounts that are not reached.

    Raises `InputError` if there is no line to draw.
    """
    from matplotlib.ticker import MaxNLocator

    *_, quantity = records[0]
    counts = [record[quantity] for record in records]
    least, most = min(counts), max(counts)
    if least == most:
        raise InputError(f"no lines to draw: {quantity} is {amount(quantity, least)} at every point")
    amounts = sorted({float(level) for level in levels})
    amounts = amounts or [float(tick) for tick in MaxNLocator(9 if look.columns == 2 else 6).tick_values(least, most)]
    shown = [level for level in amounts if least < level < most]
    if not shown:
        low, high = (amount(quantity, each) for each in (least, most))
        raise InputError(f"no lines to draw: {quantity} is between {low} and {high} at every point")
    return shown, [level for level in amounts if levels and level not in shown]


def _remarks(
    convention: Counting, quantity: str, kinds: Mapping[str, bool], is_open: bool, outside: Sequence[float]
) -> Iterator[str]:
    """Yield remarks on the points and lines for the legend. `is_open`: the space has more choices than these."""
    yield f"{origin(quantity, convention, kinds)}, lines interpolated"
    if is_open:
        yield "other choices at their first value"
    if outside:
        yield f"not reached: {', '.join(map(written(quantity), outside))}{' ms' if is_timed(quantity) else ''}"


def _lines(
    axes: Axes, records: Sequence[Mapping[str, Any]], levels: Sequence[float], label: str, look: Look
) -> dict[str, list[Any]]:
    """Draw the counted points and the lines between them. Return the lines of each amount as paths of x and y.

    Lines that are long enough are labelled here; `_name` labels the others.
    """
    import numpy as np

    first, second, quantity = records[0]
    xs, ys = (sorted({record[key] for record in records}) for key in (first, second))
    grid = np.full((len(ys), len(xs)), np.nan)
    for record in records:
        grid[ys.index(record[second]), xs.index(record[first])] = record[quantity]
    axes.grid(False)
    axes.scatter(
        [record[first] for record in records], [record[second] for record in records], s=_COUNTED**2,
        color=look.colors["quiet"], alpha=0.6, linewidths=0, zorder=1, label=label,
    )  # fmt: skip
    drawn = axes.contour(
        xs, ys, np.ma.masked_invalid(grid), levels=levels, colors=[look.colors["mobile"]], linewidths=0.9
    )
    for text in axes.clabel(drawn, fmt=written(quantity), fontsize=6, inline_spacing=3):
        text.set(bbox=look.label_box(), color=look.text_color("mobile"))
    axes.use_sticky_edges = False
    axes.margins(0.04)
    _ticks(axes.xaxis, xs)
    _ticks(axes.yaxis, ys)
    paths = zip(drawn.levels, drawn.allsegs, strict=True)
    return {written(quantity)(float(level)): [each for each in segments if len(each) > 1] for level, segments in paths}


def _ticks(axis: Axis, values: Sequence[int]) -> None:
    """Give an axis of whole numbers whole ticks: at the values, if they are few."""
    from matplotlib.ticker import FixedLocator, MaxNLocator

    axis.set_major_locator(FixedLocator(values) if len(values) <= _FEW else MaxNLocator(integer=True))


def _name(
    axes: Axes,
    records: Sequence[Mapping[str, Any]],
    drawn: Mapping[str, Sequence[Any]],
    own: tuple[int, int] | None,
    name: str,
    look: Look,
) -> None:
    """Mark and label the point of the spec, if it is in the picture, and label the lines without a label.

    Labels cover counted points only if these are too dense for another place.
    """
    labelled = {text.get_text() for text in axes.texts}
    short_lines = [(lines[0], text) for text, lines in drawn.items() if lines and text not in labelled]
    labels = [(*line[len(line) // 2], text, look.text_color("mobile")) for line, text in short_lines]
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    points = [own] if own and left <= own[0] <= right and bottom <= own[1] <= top else []
    for x, y in points:
        axes.plot([x], [y], marker="o", color=look.colors["former"], markeredgecolor=look.colors["ground"])
        labels.append((x, y, name, look.text_color("former")))
    paths = [(list(line[:, 0]), list(line[:, 1])) for lines in drawn.values() for line in lines]
    counted = [(x, y) for x, y, _ in (record.values() for record in records)]
    markers = [*(_OWN for _ in points), *(_COUNTED for _ in counted)]
    places = annotate(axes, labels, look, Around([*points, *counted], paths, marker=markers))
    rest = [label for label, place in zip(labels, places, strict=True) if place is None]
    annotate(axes, rest, look, Around(points, paths))
