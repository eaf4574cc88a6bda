"""Which networks have a name in the picture of accuracy, and which a number that the legend explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mfprofile.paper.results import OURS, VIT
from mfprofile.view.plots.axes import distinct, short
from mfprofile.view.plots.look import Look
from mfprofile.view.plots.networks import Point, front_of
from mfprofile.view.plots.units import YOURS

if TYPE_CHECKING:
    from mfprofile.view.plots.places import Place

MOST_NAMED, MOST_NUMBERED = 8, 40
"""The most points of the user that are labelled with names, and with numbers that the legend explains."""
_MOST_LED = 0.25
"""The greatest share of numbers with thin lines; with more of them, the points would look like a hedgehog."""


@dataclass(frozen=True, slots=True)
class Names:
    """The labels of points by their indices, the most important first, and those of them that are `numbers`.

    `own` are the indices of the user's points that have labels.
    """

    labels: Mapping[int, str]
    numbers: Mapping[int, str]
    own: frozenset[int]

    def are_hedgehog(self, places: Sequence[Place | None], look: Look) -> bool:
        """Return whether the numbers do not fit, or only with many thin lines, and were not asked for."""
        if look.labels or not self.numbers:
            return False
        own = [place for at, place in zip(self.labels, places, strict=True) if at in self.own]
        led = sum(place is not None and place.leader is not None for place in own)
        return None in own or led > _MOST_LED * len(own)

    def without_own(self) -> Names:
        """Return the labels without those of the user's points."""
        return replace(self, labels={at: text for at, text in self.labels.items() if at not in self.own}, numbers={})

    def full(self, at: int, points: Sequence[Point]) -> str:
        """Return the label of a point for a message: with the name, if it is a number."""
        return f"{self.numbers[at]} ({points[at].name})" if at in self.numbers else points[at].name


def names_of(points: Sequence[Point], look: Look, with_front: bool = False) -> Names:
    """Return the labels of the points: the user's first, then those of Mobile-Former, then of transformers.

    Few of the user's points have their names, and more have numbers. With a front, many of them have none but those on
    it. One column has no room for the names of transformers beside Mobile-Former, nor has a picture with very many of
    the user's points.
    """
    if look.labels is False:
        return Names({}, {}, frozenset())
    yours = [at for at, point in enumerate(points) if point.sort == YOURS]
    own = sorted(yours, key=lambda at: points[at].cost)
    if with_front and len(own) > MOST_NAMED:
        best = front_of(points)
        own = [at for at in own if points[at] in best]
    own = own if len(own) <= MOST_NUMBERED else []
    numbers = {at: str(number) for number, at in enumerate(own, 1)} if len(own) > MOST_NAMED else {}
    is_wide = look.columns == 2 or all(point.sort != OURS for point in points)
    has_room = is_wide and len(yours) <= MOST_NUMBERED
    sorts = (OURS, VIT) if look.labels or has_room else (OURS,)
    others = [at for sort in sorts for at, point in enumerate(points) if point.sort == sort]
    names = dict(zip(own, distinct([points[at].name for at in own]), strict=True))
    names |= {at: short(points[at].name) for at in others}
    return Names({**names, **numbers}, numbers, frozenset(own))


def own_note(points: Sequence[Point], names: Names, look: Look, with_front: bool) -> list[str]:
    """Return a note if the user's points have no labels because they are many, with options that are not used yet."""
    own = [at for at, point in enumerate(points) if point.sort == YOURS]
    if look.labels is False or not own or any(at in names.labels for at in own):
        return []
    remedies = [
        *([] if with_front else ["--front labels those on their front"]),
        *(["--labels labels all that fit"] if not look.labels and (with_front or len(own) <= MOST_NUMBERED) else []),
        *(["--only mine makes room"] if len(own) < len(points) else []),
    ]
    said = f"{len(own)} of your networks are drawn without labels"
    return [f"{said}; {', '.join(remedies)}" if remedies else said]
