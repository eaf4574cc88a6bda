"""Figures that users measured of variants that they trained: fronts, windows and the best, among these alone.

A result is joined to a variant by the content hash of its network. Several results of one variant, such as those of
several seeds, are one: their mean, with their standard deviation.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, TypeAlias

import numpy as np

from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.explore.count import count_space
from mfprofile.explore.labels import undominated
from mfprofile.explore.members import LOOKED_UP, looked_up, members
from mfprofile.explore.quantity import Quantity, quantity_of
from mfprofile.explore.results import NOT_MEASURED, NUMBER, Row, is_number, read_results
from mfprofile.explore.space import Space
from mfprofile.explore.variant import Variant, variants_of
from mfprofile.explore.work import Question
from mfprofile.spec.layout import resolve
from mfprofile.spec.quantities import Window
from mfprofile.spec.words import instead, shown


class Range(NamedTuple):
    """The measured figures from `least` to `most`, both included. None means no limit on that side."""

    least: Fraction | None
    most: Fraction | None

    def __contains__(self, figure: object) -> bool:
        return isinstance(figure, Fraction) and (
            (self.least is None or self.least <= figure) and (self.most is None or figure <= self.most)
        )


class Figure(NamedTuple):
    """A measured figure of a variant: the results of all its trainings."""

    values: tuple[Fraction, ...]

    @property
    def mean(self) -> Fraction:
        """Return the mean, exactly."""
        return sum(self.values, Fraction(0)) / len(self.values)

    @property
    def deviation(self) -> float | None:
        """Return the sample standard deviation, or None for a single result."""
        return statistics.stdev(map(float, self.values)) if len(self.values) > 1 else None


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A variant that was trained: its counted figures are the variant's, its measured ones are here, by column.

    `rows` are its results, in the order of the file.
    """

    variant: Variant
    measured: Mapping[str, Figure]
    rows: tuple[Row, ...]

    def figure(self, name: str) -> Fraction:
        """Return a counted or a measured figure."""
        return self.measured[name].mean if name in self.measured else Fraction(self.variant.figures[name])


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """The results that belong to a space: its variants that were trained, in the order of their first results.

    `others` are rows of networks that are not variants of the space. `unmeasured` are the variants without a result in
    one of the columns that were asked for.
    """

    trained: tuple[Trained, ...]
    others: tuple[Row, ...]
    unmeasured: tuple[Trained, ...]


class Aim(NamedTuple):
    """A counted quantity or a column to minimize, or to maximize if `most`."""

    name: str
    most: bool = False


Limit: TypeAlias = tuple[str, Window | Range]
"""The name of a counted quantity with its window, or of a column with its range."""


def counted(name: str) -> Quantity | None:
    """Return the counted quantity of a name, or None for a column of measured figures."""
    try:
        return quantity_of(name)
    except InputError:
        return None


def range_of(text: str) -> Range:
    """Return the range of `LEAST:MOST`, of which one may be missing: `70:`, `:1.25`, `-3:2.5e-2`.

    Raises `InputError` for anything else, and if it is empty.

    >>> range_of("70.5:")
    Range(least=Fraction(141, 2), most=None)
    """
    sides = [side.strip() for side in text.split(":")]
    if len(sides) != 2 or not any(sides) or any(side and not NUMBER.fullmatch(side) for side in sides):
        raise InputError(f"{shown(text)}: must be LEAST:MOST of a measured figure, as in 70:, :1.5 or 70:80")
    least, most = (Fraction(side) if side else None for side in sides)
    if least is not None and most is not None and least > most:
        raise InputError(f"{shown(text)}: is empty: {sides[0]} is more than {sides[1]}")
    return Range(least, most)


def join_results(
    space: Space,
    source: str,
    names: Iterable[str],
    convention: Counting = "core",
    executor: Executor | None = None,
    more: Iterable[str] = (),
) -> Results:
    """Return the results of a file or a study that belong to a space, with these counted and measured figures.

    `more` are columns that a variant may lack. A name that is a counted quantity is counted, whatever the file has in a
    column of that name. Raises `InputError` for results that cannot be read, for an unknown column, for a
    cell that is not a number, and for content hashes alone in a space of more than `members.LOOKED_UP` variants.
    """
    rows = read_results(source, space)
    every = list(dict.fromkeys(names))
    columns = [name for name in every if counted(name) is None]
    _check_columns(source, columns, rows)
    by_content: dict[str, list[Row]] = {}
    for row in rows:
        by_content.setdefault(row.content, []).append(row)
    specs = {row.content: row.spec for row in rows if row.spec is not None}
    unknown = by_content.keys() - specs.keys()
    if unknown:
        _check_size(space, source, by_content[next(iter(unknown))][0])
    paths = members(space, {content: resolve(spec) for content, spec in specs.items()}) | looked_up(space, unknown)
    inside = [content for content in by_content if content in paths]
    quantities = tuple(quantity for name in every if (quantity := counted(name)) is not None)
    variants = variants_of(Question(space, quantities, convention), [paths[content] for content in inside], executor)
    trained = [
        Trained(variant, _measured(by_content[content], [*columns, *more]), tuple(by_content[content]))
        for content, variant in zip(inside, variants, strict=True)
    ]
    is_whole = [each.measured.keys() >= set(columns) for each in trained]
    whole, partly = (
        tuple(each for each, own in zip(trained, is_whole, strict=True) if own is want) for want in (True, False)
    )
    others = tuple(row for row in rows if row.content not in paths)
    return Results(whole, others, partly)


def _check_columns(source: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Raise `InputError` for a column that no row has, and for cells that are not numbers."""
    known = dict.fromkeys(name for row in rows for name in row.figures)
    for name in columns:
        if name not in known:
            raise InputError(
                f"{source}: {shown(name)} is not a column of it, nor a counted quantity; {instead(name, known)}"
            )
    messages = [
        f"{row.where}: {name}: {shown(row.figures[name])} is not a number; leave it empty if it was not measured"
        for row in rows
        for name in columns
        if not is_number(row.figures.get(name, ""))
    ]
    if messages:
        raise InputError("\n".join(messages))


def _check_size(space: Space, source: str, row: Row) -> None:
    size = count_space(space).size
    if size > LOOKED_UP:
        raise InputError(
            f"{row.where}: a content hash alone can be looked up in at most {LOOKED_UP:,} variants, but "
            f"{space.name} has {size:,}; add a column 'spec' to {source}, or those of 'explore sample --csv'"
        )


def _measured(rows: Sequence[Row], columns: Sequence[str]) -> dict[str, Figure]:
    """Return the figures of the columns in which a row has a number."""
    cells = {name: [row.figures.get(name, "") for row in rows] for name in columns}
    values = {
        name: tuple(Fraction(text.removesuffix("%").rstrip()) for text in texts if text.lower() not in NOT_MEASURED)
        for name, texts in cells.items()
    }
    return {name: Figure(each) for name, each in values.items() if each}


def within(trained: Sequence[Trained], limits: Sequence[Limit]) -> list[Trained]:
    """Return the trained variants whose figures are in all windows; a measured figure is the mean of its results."""
    return [each for each in trained if all(_is_inside(each.figure(name), limit) for name, limit in limits)]


def _is_inside(figure: Fraction, limit: Window | Range) -> bool:
    return figure in limit if isinstance(limit, Range) else int(figure) in limit


def measured_best(trained: Sequence[Trained], aim: Aim, number: int = 1) -> list[Trained]:
    """Return the best of the trained variants, best first; of equal ones the first in the file."""
    return sorted(trained, key=lambda each: _signed(each, aim))[:number]


def measured_front(trained: Sequence[Trained], aims: Sequence[Aim]) -> list[Trained]:
    """Return the trained variants that no other one dominates, sorted by the first aim; of equal ones the first."""
    if not trained:
        return []
    rows = []
    for aim in aims:
        figures = [_signed(each, aim) for each in trained]
        places = {figure: place for place, figure in enumerate(sorted(set(figures)))}
        rows.append([places[figure] for figure in figures])
    return [trained[at] for at in undominated(np.array(rows, np.int64)).tolist()]


def _signed(trained: Trained, aim: Aim) -> Fraction:
    return -trained.figure(aim.name) if aim.most else trained.figure(aim.name)
