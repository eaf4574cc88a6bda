"""The shipped specs, each with its cost and a description."""

from __future__ import annotations

from mfprofile.cost.bill import count
from mfprofile.spec.load import load
from mfprofile.spec.sources import about, shipped
from mfprofile.view.numbers import human
from mfprofile.view.tables import Column, Table


def catalogue() -> Table:
    """Return a table of the shipped specs, smallest model first."""
    columns = [
        Column("name", "name"),
        Column("MAdds", "madds", human, right=True),
        Column("params", "params", human, right=True),
        Column("about", "about", wraps=True),
    ]
    data = []
    for name, file in shipped().items():
        bill = count(load(name))
        data.append([name, bill.madds, bill.params, about(file)])
    return Table(columns, data, below=["MAdds in convention 'core'"], caption="Specs; MAdds in convention 'core'.")
