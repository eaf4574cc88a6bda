"""The subject of a bill: the `Network` of a spec, or the trace of any other network.

A bill uses only this interface and never checks the type of its subject. A property that does not apply is empty: the
network of a spec has no modules, and a traced network has no blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from mfprofile.spec.inputs import InputShape
from mfprofile.spec.network import Block
from mfprofile.spec.traits import Labels, Traits

if TYPE_CHECKING:
    from mfprofile.cost.dataflow import DataFlow


class Module(NamedTuple):
    """A module: the name of its class, whether it has no submodules, and whether its class is one of torch.nn.

    `params` is the number of parameters that it owns directly. Tied parameters count for each module that owns them.
    `layer` is the class of torch.nn.modules that its class is or derives from, the nearest one, or ''.
    """

    kind: str
    leaf: bool
    of_torch: bool
    params: int = 0
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Uncovered:
    """An operator that is not counted: how often it ran, how many values it output, and whether it is recurrent.

    `unsized` is how often the number of these values is not known; they are not in `elements`.
    """

    operator: str
    count: int
    elements: int
    recurrent: bool
    unsized: int = 0


@dataclass(frozen=True, slots=True)
class ValueRead:
    """An operator by which a network reads values, such as `item`: the path of the module, and how often it ran."""

    module: str
    operator: str
    count: int


@dataclass(frozen=True, slots=True)
class Outside:
    """Tensors that an operator of a module reads, but that no operator of the run put out and nobody gave.

    `origin` says how they came: 'made outside torch', 'written outside torch' or 'kept outside the network'. What was
    computed there is not counted, and parameters kept there are not either.
    """

    origin: str
    module: str
    operator: str
    count: int
    elements: int

    @property
    def place(self) -> str:
        """Return where they are read: the operator and its module, or else the result of the network."""
        return f"{self.operator} in {self.module or 'the network itself'}" if self.operator else "what it returns"


class Remark(NamedTuple):
    """A sentence on how a network was counted; `is_gap` if something that belongs to it is not in its bill."""

    text: str
    is_gap: bool = False


class Subject(Protocol):
    """The interface of a network that a bill uses."""

    @property
    def name(self) -> str:
        """The network's name."""

    @property
    def inputs(self) -> Sequence[InputShape]:
        """The inputs that it is counted on, with the batch dimension."""

    @property
    def input(self) -> str:
        """The inputs as text."""

    @property
    def about(self) -> str:
        """More text for the heading of its bill, or ''."""

    @property
    def axes(self) -> Sequence[str]:
        """The axes by which its rows can be summed. The first is the axis of its parts: block or module."""

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
    def fill(self) -> str:
        """The values of its inputs when it ran: zeros, random or given. It is '' for a network that did not run."""

    @property
    def batch(self) -> int | None:
        """The batch that its bill is of; None if its inputs are as they were given."""

    @property
    def values_read(self) -> Sequence[ValueRead]:
        """The operators by which it read values. If there are any, the bill holds for the values of that run."""

    @property
    def outside(self) -> Sequence[Outside]:
        """The tensors whose origin is not accounted for."""

    @property
    def frozen(self) -> int:
        """The number of its parameters that need no gradient."""

    @property
    def causal(self) -> str:
        """What of causal attention is counted: all rows × columns, or visible pairs. It is '' if none ran."""

    @property
    def remarks(self) -> Sequence[Remark]:
        """Remarks on how it was counted."""

    @property
    def dataflow(self) -> DataFlow | None:
        """The storages that its operators read and put out when it ran; None if its rows have a wiring instead."""

    @property
    def settings(self) -> Traits:
        """The settings of the whole network, which may differ between networks."""

    @property
    def traits(self) -> Mapping[str, Traits]:
        """The traits of each part, by the part's name in the bill."""

    @property
    def labels(self) -> Labels:
        """The extra columns of a table by part."""


def is_complete(subject: Subject) -> bool:
    """Return whether every operator is counted, and every tensor accounted for."""
    return not subject.uncovered and not subject.outside


def gaps(subject: Subject) -> Sequence[Remark]:
    """Return the remarks on what belongs to a network and is not in its bill, although no operator of it ran."""
    return [remark for remark in subject.remarks if remark.is_gap]


def is_whole(subject: Subject) -> bool:
    """Return whether all that belongs to a network is in its bill."""
    return is_complete(subject) and not gaps(subject)
