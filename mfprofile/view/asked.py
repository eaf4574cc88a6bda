"""What a query asks for: the quantities that it optimizes and limits, and how its answer is headed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mfprofile.explore.front import Objective
from mfprofile.explore.quantity import Quantity
from mfprofile.spec.quantities import Window
from mfprofile.spec.words import printable, several


class Goal(NamedTuple):
    """A quantity or a column of results, by its name: the least of it, or the `most`."""

    name: str
    most: bool = False


class Asked(NamedTuple):
    """The goals and the names of the limited quantities of a query. `number` is that of the best, 0 for a front.

    `ranked` are quantities that its variants are ranked by beside the goals, if it is not known which way.
    """

    goals: Sequence[Goal] = ()
    limited: Sequence[str] = ()
    number: int = 0
    ranked: Sequence[str] = ()

    @property
    def names(self) -> list[str]:
        """Return each name once: those that variants are ranked by, then those of the windows."""
        return list(dict.fromkeys([*self.ranking, *self.limited]))

    @property
    def ranking(self) -> list[str]:
        """Return the names that variants are ranked by."""
        return [*(goal.name for goal in self.goals), *self.ranked]

    def head(self, variants: int) -> str:
        """Return what variants are: `front of 7 variants: least madds, most former.params`."""
        number = several(variants, "variant")
        if not self.goals:
            return number
        goals = ", ".join(f"{'most' if goal.most else 'least'} {printable(goal.name)}" for goal in self.goals)
        if not self.number:
            return f"front of {number}: {goals}"
        return f"{'best variant' if variants == 1 else f'best {number}'}: {goals}"


NOTHING = Asked()


def asked(objectives: Iterable[Objective], windows: Iterable[tuple[Quantity, Window]], number: int = 0) -> Asked:
    """Return what a query of counted quantities asks for."""
    goals = [Goal(each.quantity.name, each.most) for each in objectives]
    return Asked(goals, [quantity.name for quantity, _ in windows], number)
