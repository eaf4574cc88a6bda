"""Captions of tables in LaTeX, for users who give none: one sentence on what was counted, and in which convention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mfprofile.cost.bill import Bill
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.weights import Counting
from mfprofile.spec.words import joined, several
from mfprofile.view.bill import counted, numbered, other_convention
from mfprofile.view.numbers import human

_FEW = 3
"""The most networks that a caption names, and whose amounts in the paper's convention it has."""
_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "core": "convolutions, linear layers and matrix products of attention",
        "paper": "as the paper's tables count",
        "paper-coco": "as the paper counts detectors",
    }
)


def meaning(convention: Counting) -> str:
    """Return in a few words what a convention counts.

    >>> meaning("paper"), meaning("fvcore")
    ("as the paper's tables count", 'as fvcore counts')
    """
    name = find_convention(convention, of_file=True).name
    return _MEANINGS.get(name, f"as {name} counts")


def caption_of(bills: Sequence[Bill], axis: str | None = None) -> str:
    """Return a caption of bills: their networks, the axis, the input, the convention and, if few, the paper's MAdds."""
    names = numbered([bill.name for bill in bills])
    networks = several(len(bills), "network") if len(bills) > _FEW else joined(names)
    inputs = list(dict.fromkeys(bill.subject.input for bill in bills))
    where = f"{f' by {axis}' if axis else ''}{f', input {inputs[0]}' if len(inputs) == 1 else ''}"
    return f"Cost of {networks}{where}; {counted(bills[0])} ({meaning(bills[0].convention)}{_in_the_paper(bills)})."


def _in_the_paper(bills: Sequence[Bill]) -> str:
    amounts = [bill.under("paper").madds for bill in bills if other_convention(bill) == "paper"]
    known = [human(amount) for amount in amounts if amount is not None]
    if len(known) < len(bills) or len(bills) > _FEW:
        return ""
    return f"; {joined(known)} in the paper's convention"
