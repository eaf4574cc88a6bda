"""The Pareto front of two quantities over a whole space, exactly, by label-setting along the chain."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np

from mfprofile.explore.chain import Chain
from mfprofile.explore.edges import Integers
from mfprofile.explore.labels import unbeaten, undominated
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.space import Space
from mfprofile.explore.variant import Variant, told
from mfprofile.explore.work import Progress, Question, over_chains


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """A quantity and whether more of it is better."""

    quantity: Quantity
    most: bool = False

    @property
    def sign(self) -> int:
        """Return what a sum is multiplied by so that less is better."""
        return -1 if self.most else 1


def front(
    space: Space,
    aims: tuple[Aim, Aim],
    convention: str = "core",
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[Variant]:
    """Return the variants that no other beats in both quantities, in the order of the first; one for each point.

    Of variants with the same two sums the first in the order of the space is told.
    """
    question = Question(space, tuple(aim.quantity for aim in aims), convention)
    signs = np.array([aim.sign for aim in aims])
    answers = over_chains(question, partial(_front_of, signs=signs), executor, progress)
    found = [(setting, *point) for setting, part in enumerate(answers) for point in part or ()]
    if not found:
        return []
    kept = [found[at] for at in undominated(np.array([sums for _, sums, _ in found]).T).tolist()]
    return told(question, [(setting, edges) for setting, _, edges in kept], executor)


def _front_of(chain: Chain, signs: Integers) -> list[tuple[list[int], tuple[int, ...]]]:
    """Return each point of a chain's front: its two sums, less being better, and the edges of one variant."""
    sums, edges = unbeaten(chain.links, [link.costs * signs[:, None] for link in chain.links], [None, None])
    return list(zip(sums.T.tolist(), map(tuple, edges.tolist()), strict=True))
