"""What a bill is of: a `Network` that a spec describes, or the trace of any other one.

A bill asks its subject, and never which of them it is. What a subject does not have is empty: a network of a spec has
no modules, and a traced one no blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from mfprofile.spec.inputs import InputShape
from mfprofile.spec.network import Block
from mfprofile.spec.traits import Labels, Traits


class Module(NamedTuple):
    """What a module is: its class's name, whether none is within it, whether the class is torch.nn's own.

    `params` are the parameters that it holds itself; tied ones are those of each module that does.
    """

    kind: str
    leaf: bool
    of_torch: bool
    params: int = 0


@dataclass(frozen=True, slots=True)
class Uncovered:
    """An operator that is not counted: how often it ran, and how many values it put out; or a recurrent layer."""

    operator: str
    count: int
    elements: int
    recurrent: bool


class Subject(Protocol):
    """A network as a bill of it asks about it."""

    @property
    def name(self) -> str:
        """The network's name."""

    @property
    def inputs(self) -> Sequence[InputShape]:
        """The inputs that it is counted on, batch included."""

    @property
    def input(self) -> str:
        """The same in words."""

    @property
    def about(self) -> str:
        """What else the heading of its bill says of it, or ''."""

    @property
    def axes(self) -> Sequence[str]:
        """What its rows can be summed by; the first is that of its parts: block or module."""

    @property
    def blocks(self) -> Sequence[Block]:
        """Its blocks in running order."""

    @property
    def modules(self) -> Mapping[str, Module]:
        """Its modules by path, in the order in which they are registered."""

    @property
    def uncovered(self) -> Sequence[Uncovered]:
        """The operators that are not counted."""

    @property
    def settings(self) -> Traits:
        """What holds for the whole network and may differ from another's."""

    @property
    def traits(self) -> Mapping[str, Traits]:
        """What tells each part from another's, by the part's name in the bill."""

    @property
    def labels(self) -> Labels:
        """What a table by part shows beside each part's name."""
