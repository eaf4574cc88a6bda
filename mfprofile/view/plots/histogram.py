"""How a quantity is distributed over spaces: bars for the variants in bins, lines for the share up to an amount."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle, product
from typing import TYPE_CHECKING, Any

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.tested import NO_NETWORKS
from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.explore.count import Number
from mfprofile.explore.histogram import Bin, Histogram
from mfprofile.view.distribution import BOUNDS, percent
from mfprofile.view.numbers import rough
from mfprofile.view.plots.axes import amount, linear, short, write_legend
from mfprofile.view.plots.labels import Around, annotate
from mfprofile.view.plots.look import SERIES, Look
from mfprofile.view.plots.picture import Picture
from mfprofile.view.plots.titles import write_title
from mfprofile.view.plots.units import heading, model_of, origin, words_of, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = ("former", *(color for color in SERIES if color != "former"))
DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1.5)))
"""The lines of spaces: with more spaces than colours, the next ones are dashed, then dotted."""


def histogram_picture(
    look: Look,
    answers: Sequence[tuple[str, Histogram]],
    convention: Counting = "core",
    kinds: Mapping[str, bool] = NO_NETWORKS,
) -> Picture:
    """Draw the distribution of a quantity over one space, or compare those of several, with their names.

    One space has bars and a line, the empirical distribution function: the share of variants with at most an amount.
    Several have lines alone. The amounts of `below` are marked on each line.
    `kinds` say for which spaces the error of a latency model holds. Raises `InputError` for a space without a
    variant.
    """
    for name, answer in answers:
        if not answer.bins:
            raise InputError(f"{name}: nothing to draw: no variant is within the windows")
    quantity = answers[0][1].quantity.name
    data = [record for name, answer in answers for record in _records(name, answer)]
    title = f"{heading(quantity, convention)} of the variants of {', '.join(short(name) for name, _ in answers)}"
    with look.applied():
        figure = look.figure(3.6 if look.columns == 2 else 2.7)
        axes = figure.add_subplot()
        write_title(figure, title, look)
        axes.set_xlabel(
            f"{words_of(quantity, find_convention(convention).unit)}, {origin(quantity, convention, kinds)}"
        )
        shares = axes
        if len(answers) == 1:
            _bars(axes, answers[0][1], look)
            shares = axes.twinx()
        lines = [_places(answer) for _, answer in answers]
        for (name, answer), line, (dashes, color) in zip(answers, lines, cycle(product(DASHES, COLORS)), strict=False):
            alone = "share of variants up to an amount"
            label = alone if len(answers) == 1 else f"{short(name)}, {rough(answer.size.upper)} variants"
            shares.plot(*line, linestyle=dashes, color=look.colors[color], label=label, zorder=3)
        _limits(axes, shares, answers, quantity)
        exact = all(answer.exact for _, answer in answers)
        write_legend(figure, look, look.columns, [] if exact else [BOUNDS])
        labels = [
            each for (_, answer), color in zip(answers, cycle(COLORS)) for each in _marks(shares, answer, color, look)
        ]
        annotate(shares, labels, look, Around([(x, y) for x, y, *_ in labels], lines))
    return Picture(title, figure, data, str(convention), model_of([quantity], convention, kinds))


def _records(name: str, answer: Histogram) -> list[dict[str, Any]]:
    return [
        {"space": name, "over": each.over, "up_to": each.up_to, **_fields(each.number), "so_far": _fields(each.so_far)}
        for each in answer.bins
    ]


def _fields(number: Number) -> dict[str, int]:
    return {"variants": number.lower} if number.exact else {"lower": number.lower, "upper": number.upper}


def _closed(answer: Histogram) -> list[tuple[int, int, Bin]]:
    """Return the bins with both ends; open ones end where the variants do."""
    ends = [side for each in answer.bins for side in each[:2] if side is not None]
    return [
        (min(ends) if each.over is None else each.over, max(ends) if each.up_to is None else each.up_to, each)
        for each in answer.bins
    ]


def _bars(axes: Axes, answer: Histogram, look: Look) -> None:
    """Draw a bar for each bin with two ends; bounds are drawn at their middle."""
    bins = [each for each in _closed(answer) if each[0] < each[1]]
    heights = [float((each.number.lower + each.number.upper) // 2) for _, _, each in bins]
    axes.bar(
        [over for over, _, _ in bins], heights, [up_to - over for over, up_to, _ in bins], align="edge",
        color=look.colors["mobile"], alpha=0.55, linewidth=0.4, edgecolor=look.colors["ground"],
        label="variants in a bin",
    )  # fmt: skip
    axes.set_ylabel("Variants in a bin")
    linear(axes.yaxis, write=lambda value: amount(value) if value < 1e15 else rough(int(value)))


def _places(answer: Histogram) -> tuple[list[float], list[float]]:
    """Return the amounts with a known number of variants, in order, and the shares up to them."""
    known = {each.up_to: _share(each.so_far, answer.size) for each in answer.bins if each.up_to is not None}
    known |= {most: _share(number, answer.size) for most, number in answer.below}
    ends = [side for over, up_to, _ in _closed(answer) for side in (over, up_to)]
    if answer.bins[0].over is not None:
        known[answer.bins[0].over] = 0.0
    places = sorted((float(amount), share) for amount, share in known.items() if min(ends) <= amount <= max(ends))
    return [x for x, _ in places], [y for _, y in places]


def _marks(axes: Axes, answer: Histogram, color: str, look: Look) -> list[tuple[float, float, str, str]]:
    """Mark the budgets that are in the picture. Return the labels of the marks."""
    labels, (left, right) = [], axes.get_xlim()
    for most, number in answer.below:
        share = _share(number, answer.size)
        if left <= most <= right:
            axes.plot([most], [share], "o", color=look.colors[color], markersize=4, zorder=4)
            text = f"{written(answer.quantity.name)(most)}: {percent(number, answer.size)} %"
            labels.append((float(most), share, text, look.text_color(color)))
    return labels


def _share(number: Number, size: Number) -> float:
    return 50 * (number.lower / max(1, size.upper) + min(1.0, number.upper / max(1, size.lower)))


def _limits(axes: Axes, shares: Axes, answers: Sequence[tuple[str, Histogram]], quantity: str) -> None:
    """Fit the axes: amounts from the least to the greatest edge, shares from 0 to 100 %."""
    ends = [side for _, answer in answers for over, up_to, _ in _closed(answer) for side in (over, up_to)]
    room = 0.02 * (max(ends) - min(ends) or 1)
    axes.set_xlim(min(ends) - room, max(ends) + room)
    linear(axes.xaxis, write=written(quantity))
    shares.set_ylim(0, 104)
    shares.set_ylabel("Variants with at most so much (%)")
    shares.grid(shares is axes)
    shares.spines["right"].set_visible(shares is not axes)
