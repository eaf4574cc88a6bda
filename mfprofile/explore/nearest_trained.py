"""The trained variants closest to windows that none of them is within."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mfprofile.explore.measured import Limit, Trained, within


class NearestTrained(NamedTuple):
    """The trained variants closest to the window of a quantity or column, on either side.

    `others` says that they are within all other windows.
    """

    name: str
    below: Trained | None
    above: Trained | None
    others: bool


def nearest_trained(trained: Sequence[Trained], limits: Sequence[Limit]) -> list[NearestTrained]:
    """Return for each window the closest trained variants that are within the other windows.

    If there is none for any window, the other windows are open. A window that some of these variants are in is left
    out. Of equally close variants it is the first in the file.
    """
    for others in (True, False) if len(limits) > 1 else (False,):
        near = []
        for at, (name, limit) in enumerate(limits):
            fitting = within(trained, [*limits[:at], *limits[at + 1 :]] if others else [])
            if not within(fitting, [(name, limit)]):
                near.append(_nearest(fitting, (name, limit), others))
        near = [each for each in near if each.below or each.above]
        if near:
            return near
    return []


def _nearest(trained: Sequence[Trained], limit: Limit, others: bool) -> NearestTrained:
    """Return the closest of trained variants of which none is within a window."""
    name, (least, most) = limit
    below = [each for each in trained if least is not None and each.figure(name) < least]
    above = [each for each in trained if most is not None and each.figure(name) > most]
    return NearestTrained(
        name,
        max(below, key=lambda each: each.figure(name), default=None),
        min(above, key=lambda each: each.figure(name), default=None),
        others,
    )
