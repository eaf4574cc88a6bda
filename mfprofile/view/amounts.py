"""Columns of amounts of a quantity, and of differences: how they are headed and written, in full and rounded."""

from __future__ import annotations

from collections.abc import Callable

from mfprofile.spec.names import LATENCY
from mfprofile.view.numbers import change, change_in_percent, grouped, human, milliseconds, percentage
from mfprofile.view.tables import Column

DELTA = "Δ"
"""The heading of a difference in LaTeX."""


def change_column(heading: str, measure: str, name: str, beside: bool) -> Column:
    """Return a column of differences of a quantity, each given as the new and the old amount.

    If it is `beside` both amounts, its narrow form is the percentage alone.
    """
    write, short = written_as(measure), rounded_as(measure)

    def exact(sides: tuple[int, int]) -> str:
        return change(*sides, write)

    def rounded(sides: tuple[int, int]) -> str:
        return change_in_percent(*sides, short) if beside else change(*sides, short)

    def percent(sides: tuple[int, int]) -> str:
        return percentage(*sides)

    def gained(sides: tuple[int, int]) -> int:
        return sides[0] - sides[1]

    column = Column(heading, "", exact, right=True, record=gained, short=rounded, joined=beside, name=name)
    return column._replace(percent=percent) if beside else column


def grouped_under(column: Column, measure: str, unit: str, within: str) -> Column:
    """Return a column that LaTeX puts under the heading of its quantity, with a heading of its own below that."""
    group = {"madds": unit, "params": "Params", LATENCY: "Latency (ms)"}.get(measure, measure)
    return column._replace(group=group, within=within)


def heading_of(measure: str, unit: str) -> str:
    """Return the heading of a quantity: the unit of multiply-adds, ms for latency, else its name."""
    return {"madds": unit, LATENCY: "ms"}.get(measure, measure)


def written_as(measure: str) -> Callable[[int], str]:
    """Return how an amount of a quantity is written."""
    return milliseconds if measure == LATENCY else grouped


def rounded_as(measure: str) -> Callable[[int], str]:
    """Return how an amount of a quantity is written in a narrow table."""
    return milliseconds if measure == LATENCY else human
