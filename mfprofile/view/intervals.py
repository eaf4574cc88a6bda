"""Measured times with few digits, and the ends of their intervals in one column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mfprofile.view.tables import Column, Table


def with_intervals(table: Table) -> Table:
    """Return a table with the ends of the interval in one column, for people."""
    at = next(at for at, column in enumerate(table.columns) if column.key == "low_ms")

    def joined(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
        return [[*row[:at], (row[at], row[at + 1]), *row[at + 2 :]] for row in rows]

    columns = [*table.columns[:at], Column("ms from–to", "", _interval_text, right=True), *table.columns[at + 2 :]]
    return table._replace(columns=columns, data=joined(table.data), summary=list(map(joined, table.summary)))


def _interval_text(ends: tuple[float, float]) -> str:
    """Return the ends of an interval.

    >>> _interval_text((20.0, 22.04)), _interval_text((-2.0, 1.0))
    ('20.0–22.0', '-2.00 to 1.00')
    """
    return (" to " if min(ends) < 0 else "–").join(map(digits, ends))


def digits(value: float) -> str:
    """Return a number with three digits or more.

    >>> digits(18.5), digits(0.06125), digits(142.51), digits(-0.5)
    ('18.5', '0.0612', '143', '-0.500')
    """
    size = abs(value)
    decimals = next((3 - power for power in range(3, -3, -1) if size >= 10 ** (power - 1)), 6)
    return f"{value:,.{max(min(decimals, 6), 0)}f}"
