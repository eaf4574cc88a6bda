"""The families of networks that a picture is restricted to, as in `--only mine,mobile-former`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from mfprofile.errors import InputError
from mfprofile.spec.words import instead, shown

T = TypeVar("T")
MINE = "mine"
"""The name of the user's networks."""


def only_of(
    points: Sequence[T], only: Sequence[str], families: Mapping[str, str], kinds: Callable[[T], Collection[str]]
) -> list[T]:
    """Return the points of some families, by default all.

    `families` are the kinds of points by their names on the command line, and `kinds` are those of a point. Raises
    `InputError` for an unknown name, and for a family without points.
    """
    kept: set[str] = set()
    for name in map(str.lower, only):
        if name not in families:
            raise InputError(f"--only {shown(name)}: is not a family; {instead(name, families)}")
        if not any(families[name] in kinds(point) for point in points):
            remedy = "give a SPEC, or --measured FILE" if name == MINE else "use another family"
            raise InputError(f"--only {name}: the picture has no such networks; {remedy}")
        kept.add(families[name])
    return [point for point in points if not only or kept.intersection(kinds(point))]
