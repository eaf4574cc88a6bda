"""The data flow of a network in code or in a file: its operators, and the storages that each reads and puts out.

A storage is the block of bytes of one or more tensors: a view has the storage of its tensor, and an operator that works
in place puts out the storage that it read. So neither needs a rule of its own. Storages that no operator of the run put
out are the inputs, and what the network keeps: parameters, buffers, constants. They are not part of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from mfprofile.cost.liveness import Step, Timeline

KEPT = -1
"""The number of all storages that no operator of a run put out: inputs, and what the network keeps."""

if TYPE_CHECKING:
    from mfprofile.cost.bill import Bill


class Ran(NamedTuple):
    """An operator that ran: the path of its module, its name, and the storages that it read and put out, by number.

    `rows` are the numbers of its rows in the bill, the first and the one after the last; a free operator has none.
    `moved` are the bytes that it read and wrote, those of parameters and inputs too. `writes` are the storages that it
    changed in place, `KEPT` for one that is not part of the flow or is unknown. `in_function` is whether it ran inside
    a `torch.autograd.Function`. `function` is the function of torch that the network called: the operator itself, or
    one that runs it (`cost.kinds.ATTENTION`), or '' for one of torch's operators that runs others.
    """

    module: str
    operator: str
    rows: tuple[int, int]
    reads: tuple[int, ...]
    puts: tuple[int, ...]
    moved: int
    writes: tuple[int, ...] = ()
    in_function: bool = False
    function: str = ""


class Einsum(NamedTuple):
    """An einsum that a network called: the path of the module, the equation, and the shapes of its operands.

    torch runs it as the operators from `first` to before `last` of the flow. `out` is the shape of its result, and
    `puts` are the storages of that.
    """

    module: str
    equation: str
    shapes: Sequence[tuple[int, ...]]
    out: tuple[int, ...]
    first: int
    last: int
    puts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DataFlow:
    """The operators of a run in running order, and the bytes of each storage that they put out.

    `returned` are the storages of what the network returned. `input_bytes` are those of its inputs, and `params` those
    of its parameters by type. `unseen` is the number of tensors without a storage, or of unknown size, by operator:
    their bytes are not known. `einsums` are those that the network called, which torch may run as several operators or
    as others.
    """

    operators: Sequence[Ran]
    sizes: Mapping[int, int]
    returned: frozenset[int]
    input_bytes: int
    params: Mapping[str, int]
    unseen: Mapping[str, int]
    einsums: Sequence[Einsum] = ()

    def timeline(self, bill: Bill) -> Timeline:
        """Return the operators as steps, each with the name of its first row in the bill."""
        names = self.names(bill, "op")
        steps = [Step(name, one.moved, one.reads, one.puts) for name, one in zip(names, self.operators, strict=True)]
        return Timeline(steps, self.sizes, self.returned)

    def names(self, bill: Bill, axis: str) -> list[str]:
        """Return the name of each operator on an axis of the bill. Raises `InputError` for an unknown axis.

        A free operator has no row. Its kind is its own name, and its op is its name in its module: `layer1.cat2` is the
        second `cat` there.
        """
        rows, own = list(bill.names(axis)), self._own_names(axis)
        pairs = zip(self.operators, own, strict=True)
        return [name if one.rows[0] == one.rows[1] else rows[one.rows[0]] for one, name in pairs]

    def _own_names(self, axis: str) -> Iterable[str]:
        """Return the name of each operator as if it had no row."""
        if axis == "module":
            return (one.module for one in self.operators)
        return (one.operator for one in self.operators) if axis == "kind" else self._numbered()

    def _numbered(self) -> Iterable[str]:
        counts = Counter[str]()
        for one in self.operators:
            name = f"{one.module}.{one.operator}".lstrip(".")
            counts[name] += 1
            yield f"{name}{counts[name]}" if counts[name] > 1 else name
