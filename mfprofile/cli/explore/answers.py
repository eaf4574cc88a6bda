"""How a query for variants ends if there are none: with the nearest ones on stderr and exit code 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import typer

from mfprofile.cli.explore.resources import Resources
from mfprofile.cli.options import notify
from mfprofile.cost.weights import Counting
from mfprofile.view.form import TEXT, Form

if TYPE_CHECKING:
    from mfprofile.explore.front import Objective
    from mfprofile.explore.nearest import Nearest
    from mfprofile.explore.quantity import Quantity
    from mfprofile.explore.space import Space
    from mfprofile.explore.variant import Variant
    from mfprofile.spec.quantities import Window

Find: TypeAlias = "Callable[[Executor | None, Callable[[int, int], None]], list[Variant]]"
"""A query: it gets an executor and the function to call with progress, and returns variants."""


def answer_of(
    find: Find,
    space: Space,
    windows: Sequence[tuple[Quantity, Window]],
    convention: Counting,
    resources: Resources,
    form: Form = TEXT,
    goals: Sequence[Objective] = (),
) -> list[Variant]:
    """Return the variants of a query, computed by the workers of the options.

    If there are none, name the nearest variants on stderr and end with exit code 1. Stdout is then an empty list in
    JSON, only a header in CSV, and nothing in the other forms.
    """
    from mfprofile.explore.nearest import nearest
    from mfprofile.view.asked import asked
    from mfprofile.view.variants import show_variants

    with resources.start(space) as (executor, progress):
        variants = find(executor, progress)
        near = {} if variants else nearest(space, windows, convention, resources.ram_bytes, executor, progress)
    if not variants:
        if form.name in ("json", "csv"):
            show_variants([], convention, form, asked=asked(goals, windows))
        end_without_variants(space, windows, convention, near)
    return variants


def end_without_variants(
    space: Space, windows: Sequence[tuple[Quantity, Window]], convention: Counting, near: Mapping[str, Nearest]
) -> NoReturn:
    """Name the nearest variants on stderr, and end with exit code 1."""
    from mfprofile.view.exploring import none_within

    notify(none_within(space, windows, convention, near))
    raise typer.Exit(1)


def front_of(
    space: Space,
    goals: Sequence[Objective],
    windows: Sequence[tuple[Quantity, Window]],
    convention: Counting,
    resources: Resources,
    form: Form = TEXT,
) -> list[Variant]:
    """Return a space's front. An empty one ends as in `answer_of`."""
    from mfprofile.explore.front import front

    return answer_of(
        lambda executor, progress: front(space, goals, windows, convention, resources.ram_bytes, executor, progress),
        space, windows, convention, resources, form, goals,
    )  # fmt: skip
