"""Find the exact Pareto front of two quantities over a whole space, by label setting along its chains."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np

from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError, TooLargeError
from mfprofile.explore.chain import Chain
from mfprofile.explore.edges import Integers
from mfprofile.explore.labels import undominated, undominated_paths
from mfprofile.explore.quantity import Quantity, check_duplicates
from mfprofile.explore.space import Space
from mfprofile.explore.variant import Variant, variants_of
from mfprofile.explore.work import MEMORY, Progress, Question, over_chains
from mfprofile.spec.quantities import Window
from mfprofile.spec.renamed import renamed


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """An objective: a quantity to minimize, or to maximize if `most`."""

    quantity: Quantity
    most: bool = False

    @property
    def sign(self) -> int:
        """Return the factor, 1 or -1, that makes less better."""
        return -1 if self.most else 1


@renamed(counted_by="convention")
def front(
    space: Space,
    objectives: tuple[Objective, Objective],
    windows: Sequence[tuple[Quantity, Window]] = (),
    convention: Counting = "core",
    memory: int = MEMORY,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[Variant]:
    """Return the variants within all windows that no other there dominates, sorted by the first of the two objectives.

    Of variants with the same two sums, one is returned, always the same one. Raises `InputError` for a window with two
    sides, for a lower limit of a minimized objective, and for an upper limit of a maximized one: label setting could
    drop the only paths within such a window. Raises it also if the search needs more than `memory` bytes.
    """
    check_duplicates(windows)
    limits: list[int | None] = [_limit(objective, windows) for objective in objectives]
    others = [_one_sided(quantity, window) for quantity, window in windows if not _is_objective(quantity, objectives)]
    signs = np.array([*(objective.sign for objective in objectives), *(sign for _, sign, _ in others)])
    quantities = (*(objective.quantity for objective in objectives), *(quantity for quantity, _, _ in others))
    question = Question(space, quantities, convention)
    task = partial(_front_of, signs=signs, limits=[*limits, *(limit for _, _, limit in others)], memory=memory)
    try:
        answers = over_chains(question, task, executor, progress)
    except TooLargeError:
        raise InputError(
            f"{space.name}: the front needs more memory than --ram; give more --ram, fewer windows, or two quantities "
            "that do not grow together"
        ) from None
    points = [(setting, *point) for setting, part in enumerate(answers) for point in part or ()]
    if not points:
        return []
    kept = [points[at] for at in undominated(np.array([sums for _, sums, _ in points]).T).tolist()]
    return variants_of(question, [(setting, edges) for setting, _, edges in kept], executor)


def _is_objective(quantity: Quantity, objectives: Sequence[Objective]) -> bool:
    return any(quantity.terms == objective.quantity.terms for objective in objectives)


def _limit(objective: Objective, windows: Sequence[tuple[Quantity, Window]]) -> int | None:
    """Return the upper limit that the objective's window sets on its sum times its sign, or None."""
    window = next(
        (window for quantity, window in windows if quantity.terms == objective.quantity.terms), Window(None, None)
    )
    limit, best_side = (window.least, window.most) if objective.most else (window.most, window.least)
    if best_side is not None:
        goal, side = ("maximized", "an upper") if objective.most else ("minimized", "a lower")
        raise InputError(
            f"{objective.quantity.name} is {goal}: its window cannot have {side} limit; leave that side open"
        )
    return None if limit is None else objective.sign * limit


def _one_sided(quantity: Quantity, window: Window) -> tuple[Quantity, int, int]:
    """Return a window with one side as a sign and the upper limit of the sum times this sign."""
    if window.least is None:
        assert window.most is not None
        return quantity, 1, window.most
    if window.most is None:
        return quantity, -1, -window.least
    raise InputError(f"{quantity.name}: a window of a front has only one side; use {window.least}: or :{window.most}")


def _front_of(
    chain: Chain, signs: Integers, limits: Sequence[int | None], memory: int
) -> list[tuple[list[int], tuple[int, ...]]]:
    """Return each point of a chain's front: its two sums, each times its sign, and the edges of one variant."""
    sums, edges = undominated_paths(chain.links, [link.costs * signs[:, None] for link in chain.links], limits, memory)
    kept = undominated(sums[:2])
    return list(zip(sums[:2, kept].T.tolist(), map(tuple, edges[kept].tolist()), strict=True))
