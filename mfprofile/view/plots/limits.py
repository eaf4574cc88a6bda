"""The limits of a picture's axes, as in `--xlim 100M:600M`, and the points outside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from mfprofile.errors import InputError
from mfprofile.spec.quantities import window
from mfprofile.spec.words import are, listed, several, shown
from mfprofile.view.plots.look import Look

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

T = TypeVar("T")
NUMBER = "number"
"""The unit of an axis without amounts, such as one of percentages; the others are those of `quantity`."""
MOST_LISTED = 40
_ROUNDING = 1e-6  # of the width of the axes
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)


class Limits(NamedTuple):
    """The ends of an axis; None is an end that the points decide."""

    least: float | None
    most: float | None

    def or_else(self, least: float, most: float) -> tuple[float, float]:
        """Return the ends, with others for those that are open."""
        return least if self.least is None else self.least, most if self.most is None else self.most

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int | float):
            return False
        least, most = self.or_else(float("-inf"), float("inf"))
        return least <= value <= most


OPEN = Limits(None, None)


def limits(text: str | None, option: str, unit: str = "count", positive: bool = False) -> Limits:
    """Return the limits that an option gives, by default none. An axis with a logarithmic scale is `positive`.

    Raises `InputError` for text that is not LEAST:MOST, and for limits that are equal, reversed or not positive.

    >>> limits("100M:600M", "--xlim"), limits(":80.5", "--ylim", NUMBER)
    (Limits(least=100000000, most=600000000), Limits(least=None, most=80.5))
    """
    if text is None:
        return OPEN
    try:
        least, most = _numbers(text) if unit == NUMBER else window(text, unit, signed=True)
    except InputError as error:
        raise InputError(f"{option} {error}") from None
    if least is not None and most is not None and least >= most:
        raise InputError(f"{option} {shown(text)}: LEAST must be below MOST")
    if positive and any(end is not None and end <= 0 for end in (least, most)):
        raise InputError(f"{option} {shown(text)}: must be above 0, because the axis has a logarithmic scale")
    return Limits(least, most)


def _numbers(text: str) -> tuple[float | None, float | None]:
    sides = [side.strip() for side in text.split(":")]
    if len(sides) != 2 or not any(sides) or not all(_NUMBER.fullmatch(side) for side in sides if side):
        raise InputError(f"{shown(text)}: must be LEAST:MOST, as in 70:80, 70: or :80")
    least, most = (float(side) if side else None for side in sides)
    return least, most


def inside(
    points: Sequence[T],
    place: Callable[[T], tuple[float, float | None]],
    name: Callable[[T], str],
    x: Limits,
    y: Limits,
) -> tuple[list[T], list[str]]:
    """Return the points within the limits of both axes, and a note that names the others.

    `place` returns the x and the y of a point; a point without a y is on the axis of x. Raises `InputError` if no point
    is left.
    """
    within = [x0 in x and (y0 is None or y0 in y) for x0, y0 in map(place, points)]
    kept = [point for point, is_in in zip(points, within, strict=True) if is_in]
    names = [name(point) for point, is_in in zip(points, within, strict=True) if not is_in]
    if not names:
        return kept, []
    options = " and ".join(option for option, limit in (("--xlim", x), ("--ylim", y)) if limit != OPEN)
    if not kept:
        raise InputError(f"{options}: no point is within the limits; use wider ones")
    listing = listed(filter(None, names), MOST_LISTED)
    named = f": {listing}" if listing else ""
    return kept, [f"{several(len(names), 'point')} {are(len(names))} outside {options}{named}"]


def frame(look: Look, x_unit: str, y_unit: str, positive: tuple[bool, bool] = (False, False)) -> tuple[Limits, Limits]:
    """Return the limits of both axes. Raises `InputError`."""
    return limits(look.xlim, "--xlim", x_unit, positive[0]), limits(look.ylim, "--ylim", y_unit, positive[1])


def uncut(axes: Axes) -> None:
    """Draw markers on the limits of the axes in full. Call it after all points are drawn and the limits are set.

    Lines that leave the axes are cut there, as before.
    """
    to_axes = axes.transAxes.inverted()
    lines = [line for line in axes.lines if str(line.get_marker()) not in {"None", "none", "", " "}]
    drawn: list[tuple[Artist, Any]] = [(line, line.get_transform().transform(line.get_xydata())) for line in lines]
    drawn += [(each, each.get_offset_transform().transform(each.get_offsets())) for each in axes.collections]
    for artist, places in drawn:
        shares = to_axes.transform(places)
        if len(shares) and (shares > -_ROUNDING).all() and (shares < 1 + _ROUNDING).all():
            artist.set_clip_on(False)
