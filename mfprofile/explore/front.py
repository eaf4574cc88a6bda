"""The Pareto front of two quantities over a whole space, exactly, by label-setting along the chain."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np

from mfprofile.explore.chain import Chain
from mfprofile.explore.edges import Integers
from mfprofile.explore.labels import unbeaten, undominated
from mfprofile.explore.quantity import Quantity, refuse_twice
from mfprofile.explore.space import Space
from mfprofile.explore.variant import Variant, variants_of
from mfprofile.explore.work import MEMORY, Progress, Question, TooLargeError, over_chains
from mfprofile.spec.problems import InputError
from mfprofile.spec.quantities import Window
from mfprofile.spec.renamed import renamed


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """A quantity and whether more of it is better."""

    quantity: Quantity
    most: bool = False

    @property
    def sign(self) -> int:
        """Return what a sum is multiplied by so that less is better."""
        return -1 if self.most else 1


@renamed(counted_by="convention")
def front(
    space: Space,
    aims: tuple[Aim, Aim],
    windows: Sequence[tuple[Quantity, Window]] = (),
    convention: str = "core",
    memory: int = MEMORY,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[Variant]:
    """Return the variants within all windows that no other there beats in both quantities, in the order of the first.

    Of variants with the same two sums always the same is told. Raises `InputError` for a window of
    two sides, or of an aim on the side towards which it is pushed: what lies there no label could tell; and
    where the front would take more than `memory` bytes.
    """
    refuse_twice(windows)
    limits: list[int | None] = [_limit(aim, windows) for aim in aims]
    others = [_one_sided(quantity, window) for quantity, window in windows if not _is_aim(quantity, aims)]
    signs = np.array([*(aim.sign for aim in aims), *(sign for _, sign, _ in others)])
    quantities = (*(aim.quantity for aim in aims), *(quantity for quantity, _, _ in others))
    question = Question(space, quantities, convention)
    task = partial(_front_of, signs=signs, limits=[*limits, *(limit for _, _, limit in others)], memory=memory)
    try:
        answers = over_chains(question, task, executor, progress)
    except TooLargeError:
        raise InputError(
            f"{space.name}: so many variants are unbeaten on the way that they take more than --ram: give more, "
            "fewer windows, or two quantities that do not rise together"
        ) from None
    found = [(setting, *point) for setting, part in enumerate(answers) for point in part or ()]
    if not found:
        return []
    kept = [found[at] for at in undominated(np.array([sums for _, sums, _ in found]).T).tolist()]
    return variants_of(question, [(setting, edges) for setting, _, edges in kept], executor)


def _is_aim(quantity: Quantity, aims: Sequence[Aim]) -> bool:
    return any(quantity.terms == aim.quantity.terms for aim in aims)


def _limit(aim: Aim, windows: Sequence[tuple[Quantity, Window]]) -> int | None:
    """Return the limit of an aim's window on what is signed, which cuts the front."""
    window = next((window for quantity, window in windows if quantity.terms == aim.quantity.terms), Window(None, None))
    cut, pushed = (window.least, window.most) if aim.most else (window.most, window.least)
    if pushed is not None:
        side = "most" if aim.most else "least"
        raise InputError(
            f"{aim.quantity.name} is to have its {side}, so that its window may have no {side}: leave that side open"
        )
    return None if cut is None else aim.sign * cut


def _one_sided(quantity: Quantity, window: Window) -> tuple[Quantity, int, int]:
    """Return a window of one side as a sign, and the limit of what is signed."""
    if window.least is None:
        assert window.most is not None
        return quantity, 1, window.most
    if window.most is None:
        return quantity, -1, -window.least
    raise InputError(f"{quantity.name}: a front's window has one side only: give {window.least}: or :{window.most}")


def _front_of(
    chain: Chain, signs: Integers, limits: Sequence[int | None], memory: int
) -> list[tuple[list[int], tuple[int, ...]]]:
    """Return each point of a chain's front: its two sums, less being better, and the edges of one variant."""
    sums, edges = unbeaten(chain.links, [link.costs * signs[:, None] for link in chain.links], limits, memory)
    kept = undominated(sums[:2])
    return list(zip(sums[:2, kept].T.tolist(), map(tuple, edges[kept].tolist()), strict=True))
