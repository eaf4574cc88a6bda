"""One variant of a space that a query has found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mfprofile.explore.chain import Chain
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.space import Place, Space, with_values
from mfprofile.explore.work import Question, over_chains
from mfprofile.spec.names import SUMS
from mfprofile.spec.problems import dotted


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A variant: the choices that make it and what it costs, by the name of each quantity that was asked for."""

    space: Space
    assignment: Mapping[Place, Any]
    figures: Mapping[str, int]

    @property
    def choices(self) -> dict[str, Any]:
        """Return the choices by their paths as users write them."""
        return {dotted(path): value for path, value in self.assignment.items()}

    def spec(self) -> dict[str, Any]:
        """Return the whole spec, as `load` takes it."""
        return with_values(self.space.data, self.assignment)


Path: TypeAlias = tuple[int, tuple[int, ...]]
"""A variant within a query: the number of its globals' setting, and an edge of each link."""


def variants_of(question: Question, found: Sequence[Path], executor: Executor | None = None) -> list[Variant]:
    """Return the variants of some paths, each with the question's quantities and what is told of every variant.

    Those are multiply-adds and parameters, whole and by pillar.
    """
    names = [quantity.name for quantity in question.quantities]
    more = [quantity_of(name) for name in SUMS if not name.endswith("activations") and name not in names]
    asked = Question(question.space, (*question.quantities, *more), question.convention)
    by_setting: dict[int, list[tuple[int, ...]]] = {}
    for setting, edges in found:
        by_setting.setdefault(setting, []).append(edges)
    answers = over_chains(asked, _figures, executor, given=by_setting)
    known = {
        (setting, edges): part
        for (setting, paths), answer in zip(by_setting.items(), answers, strict=True)
        for edges, part in zip(paths, answer or (), strict=True)
    }
    names = [quantity.name for quantity in asked.quantities]
    return [
        Variant(question.space, assignment, dict(zip(names, figures, strict=True)))
        for assignment, figures in (known[path] for path in found)
    ]


def _figures(chain: Chain, paths: Sequence[tuple[int, ...]]) -> list[tuple[dict[Place, Any], list[int]]]:
    edges = np.array(paths)
    sums = np.sum([link.costs[:, edges[:, at]] for at, link in enumerate(chain.links)], axis=0)
    return [(chain.assignment(path), figures) for path, figures in zip(paths, sums.T.tolist(), strict=True)]
