"""A variant of a space, as queries return it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, SupportsIndex, TypeAlias, overload

import numpy as np

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.measures import usual
from mfprofile.cost.weights import Counting
from mfprofile.explore.chain import Chain
from mfprofile.explore.edges import Values
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.space import Place, Space, with_values
from mfprofile.explore.work import Question, over_chains
from mfprofile.notebook import shown_as
from mfprofile.spec.content import content_of
from mfprofile.spec.load import load
from mfprofile.spec.problems import dotted


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Variant:
    """A variant: the value of each choice that has an effect, and the sum of each quantity by the quantity's name.

    `values` has the values of all choices, also of those without effect. `convention` is that of the multiply-adds.
    """

    space: Space
    assignment: Mapping[Place, Any]
    figures: Mapping[str, int]
    values: Mapping[Place, Any]
    convention: Counting = "core"

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

    def __repr__(self) -> str:
        amounts = "".join(f", {name}={self.figures[name]}" for name in ("madds", "params") if name in self.figures)
        return f"Variant({self.space.name}{amounts}, convention={self.convention}, choices={self.choices})"

    _repr_html_ = shown_as("variant")


class Variants(list[Variant]):
    """The variants that a query returned, in its order: a list that shows itself as a table.

    `convention` is that of their multiply-adds. `ranked_by` are the names of the quantities that they are ranked by.
    """

    def __init__(
        self, variants: Iterable[Variant] = (), convention: Counting = "core", ranked_by: Sequence[str] = ()
    ) -> None:
        super().__init__(variants)
        self.convention = convention
        self.ranked_by = tuple(ranked_by)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Variant: ...

    @overload
    def __getitem__(self, index: slice) -> Variants: ...

    def __getitem__(self, index: SupportsIndex | slice) -> Variant | Variants:
        if isinstance(index, slice):
            return Variants(super().__getitem__(index), self.convention, self.ranked_by)
        return super().__getitem__(index)

    def __repr__(self) -> str:
        names = ("madds", "params") if self else ()
        columns = {name: [variant.figures[name] for variant in self] for name in names}
        ranges = "".join(f", {name}={min(amounts)}…{max(amounts)}" for name, amounts in columns.items())
        return f"Variants({len(self)}{ranges}, convention={self.convention})"

    _repr_html_ = shown_as("variants")


Path: TypeAlias = tuple[int, tuple[int, ...]]
"""A variant inside a query: the index of its setting of the global choices, and one edge of each link."""


def variants_of(
    question: Question, paths: Sequence[Path], executor: Executor | None = None, ranked_by: Sequence[str] = ()
) -> Variants:
    """Return the variants of these paths, in the same order; `ranked_by` are the quantities that decided on it.

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
    variants = [
        Variant(question.space, assignment, dict(zip(names, figures, strict=True)), values, question.convention)
        for assignment, values, figures in (figures_of[path] for path in paths)
    ]
    return Variants(variants, question.convention, ranked_by)


def _figures(chain: Chain, paths: Sequence[tuple[int, ...]]) -> list[tuple[Values, Values, list[int]]]:
    """Return the choices of each path of a chain, all its values, and its sums in the order of the quantities."""
    edges = np.array(paths)
    sums = np.sum([link.costs[:, edges[:, at]] for at, link in enumerate(chain.links)], axis=0)
    return [
        (chain.assignment(path), chain.all_values(path), figures)
        for path, figures in zip(paths, sums.T.tolist(), strict=True)
    ]
