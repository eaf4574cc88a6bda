"""A variant of a space, as queries return it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.measures import usual
from mfprofile.explore.chain import Chain
from mfprofile.explore.edges import Values
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.space import Place, Space, with_values
from mfprofile.explore.work import Question, over_chains
from mfprofile.spec.content import content_of
from mfprofile.spec.load import load
from mfprofile.spec.problems import dotted


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A variant: the value of each choice that has an effect, and the sum of each quantity by the quantity's name.

    `values` has the values of all choices, also of those without effect.
    """

    space: Space
    assignment: Mapping[Place, Any]
    figures: Mapping[str, int]
    values: Mapping[Place, Any]

    @property
    def choices(self) -> dict[str, Any]:
        """Return the values of the choices, by their paths as users write them."""
        return {dotted(path): value for path, value in self.assignment.items()}

    def spec(self) -> dict[str, Any]:
        """Return the whole spec as a mapping for `load`."""
        return with_values(self.space.data, self.values)

    @property
    def content(self) -> str:
        """Return the content hash of the spec; see `content_of`."""
        return content_of(load(self.spec()))


Path: TypeAlias = tuple[int, tuple[int, ...]]
"""A variant inside a query: the index of its setting of the global choices, and one edge of each link."""


def variants_of(question: Question, paths: Sequence[Path], executor: Executor | None = None) -> list[Variant]:
    """Return the variants of these paths, in the same order.

    Each has the sums of the question's quantities, and its multiply-adds and parameters, in total and by pillar; with a
    latency model, its latency as well.
    """
    names = [quantity.name for quantity in question.quantities]
    shown = usual(find_convention(question.convention))
    more = [quantity_of(name) for name in shown if name not in names]
    question = Question(question.space, (*question.quantities, *more), question.convention)
    by_setting: dict[int, list[tuple[int, ...]]] = {}
    for setting, edges in paths:
        by_setting.setdefault(setting, []).append(edges)
    answers = over_chains(question, _figures, executor, inputs=by_setting)
    figures_of = {
        (setting, edges): part
        for (setting, edge_lists), answer in zip(by_setting.items(), answers, strict=True)
        for edges, part in zip(edge_lists, answer or (), strict=True)
    }
    names = [quantity.name for quantity in question.quantities]
    return [
        Variant(question.space, assignment, dict(zip(names, figures, strict=True)), values)
        for assignment, values, figures in (figures_of[path] for path in paths)
    ]


def _figures(chain: Chain, paths: Sequence[tuple[int, ...]]) -> list[tuple[Values, Values, list[int]]]:
    """Return the choices of each path of a chain, all its values, and its sums in the order of the quantities."""
    edges = np.array(paths)
    sums = np.sum([link.costs[:, edges[:, at]] for at, link in enumerate(chain.links)], axis=0)
    return [
        (chain.assignment(path), chain.all_values(path), figures)
        for path, figures in zip(paths, sums.T.tolist(), strict=True)
    ]
