"""Which lines of a table of modules include others, for a program that sums them."""

from __future__ import annotations

from mfprofile.view.tables import Column, Table


def with_leaves(table: Table) -> Table:
    """Return a table of modules by path with a further column: whether a line includes none of the others.

    The lines of which it is true sum to the total.
    """
    above = {path.rpartition(".")[0] for path, *_ in table.data}
    column = Column("leaf", "leaf", record=lambda is_leaf: str(is_leaf).lower())
    data = [[*row, row[0] not in above] for row in table.data]
    summary = [[[*row, None] for row in rows] for rows in table.summary]
    return table._replace(columns=[*table.columns, column], data=data, summary=summary)
