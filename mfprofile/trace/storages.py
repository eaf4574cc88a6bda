"""Note which storages each operator of a run reads and puts out, with their bytes.

Only numbers are kept, so a run on a CPU frees its tensors as it does without a recorder. A storage is known by its
address, which a weak reference keeps from being used again: `Origins` holds one to each storage that it meets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any

import torch
from torch import Tensor, UntypedStorage, nn
from torch.multiprocessing.reductions import StorageWeakRef

from mfprofile.cost.dataflow import DataFlow, Ran
from mfprofile.trace.operators import EMPTIES, SHAPED
from mfprofile.trace.overloads import Operator

_KEPT = -1
"""The number of all storages that no operator puts out: inputs, and what the network keeps."""

_SETTING = frozenset(["copy", "fill", "zero", "normal", "uniform", "bernoulli", "random", "set", "resize", "resize_as"])
"""Operators that write to their first argument in place without reading it."""

_LOOKUPS = ("embedding", "index", "_unsafe_index", "index_select")
_SELECTING = frozenset([*_LOOKUPS, "gather", "take", "take_along_dim", "masked_select"])
"""Operators that read only some values of their first argument, as many as they put out."""

_CLOSED = (str, bytes, int, float, complex, type, ModuleType, FunctionType, nn.Module)
"""Types of values in which no returned tensors are looked for."""


class Storages:
    """The storages of a run by their address, numbered in the order in which operators put them out."""

    def __init__(self, kept: Iterable[Tensor]) -> None:
        self._numbers: dict[int, int] = {}
        self._sizes: dict[int, int] = {}
        self._operators: list[Ran] = []
        self._returned: set[int] = set()
        self._unseen: Counter[str] = Counter()
        self._pins: list[StorageWeakRef] = []
        self._input_bytes = 0
        self._keep(kept)

    def _keep(self, tensors: Iterable[Tensor]) -> int:
        """Record tensors that no operator puts out, and return the bytes of those that are new."""
        size = 0
        for block in self._blocks(tensors):
            if block._cdata not in self._numbers:
                self._numbers[block._cdata] = _KEPT
                size += block.nbytes()
        return size

    def note_inputs(self, tensors: Iterable[Tensor]) -> None:
        """Record the inputs of the network."""
        self._input_bytes += self._keep(tensors)

    def note_returned(self, values: Iterable[Any]) -> None:
        """Record what the network returns, tensors or objects that hold tensors: it is live to the end."""
        numbers = {self._numbers.get(block._cdata, _KEPT) for block in self._blocks(_within(values))}
        self._returned |= numbers - {_KEPT}

    def note(
        self,
        module: str,
        operator: Operator,
        rows: tuple[int, int],
        read: Sequence[Tensor],
        made: Sequence[Tensor],
        written: Sequence[Tensor],
    ) -> None:
        """Record an operator that has run in a module, and the tensors that it read, made and wrote to."""
        reads, puts = self._reads(operator.name, read)
        new: list[Tensor] = []
        for tensor in made:
            numbers = self._put(tensor, operator.name)
            new += [tensor] if numbers else []
            puts += numbers
        for block in self._blocks(written):  # it may have become larger
            self._sizes[self._numbers[block._cdata]] = block.nbytes()
        self._operators.append(
            Ran(module, operator.name, rows, tuple(reads), tuple(puts), _moved(operator, read, new, written))
        )

    def note_made(self, module: str, operator: Operator, made: Sequence[Tensor]) -> None:
        """Record what an operator made that other operators have run, apart from what these put out."""
        if any(block._cdata not in self._numbers for block in self._blocks(made)):
            self.note(module, operator, (0, 0), (), made, ())

    def dataflow(self, params: Mapping[str, int], first_row: int) -> DataFlow:
        """Return the data flow of the run. The rows of the operators begin at `first_row` of the bill."""
        moved = [each._replace(rows=(each.rows[0] + first_row, each.rows[1] + first_row)) for each in self._operators]
        sizes = {number: size for number, size in self._sizes.items() if number != _KEPT}
        unseen = MappingProxyType(dict(self._unseen))
        return DataFlow(moved, sizes, frozenset(self._returned), self._input_bytes, params, unseen)

    def _reads(self, operator: str, tensors: Sequence[Tensor]) -> tuple[dict[int, None], list[int]]:
        """Return the storages that an operator reads, and those of them that come from outside torch during the run.

        They are live from there: `lift_fresh` reads a tensor that was made from values of Python.
        """
        reads, new = dict[int, None](), list[int]()
        for tensor in tensors:
            is_new = operator == "lift_fresh" or tensor.is_inference()
            for block in self._blocks([tensor], operator):
                if block._cdata not in self._numbers:
                    new += [self._number(block)] if is_new else []
                    self._numbers.setdefault(block._cdata, _KEPT)
                number = self._numbers[block._cdata]
                if number != _KEPT:
                    reads[number] = None
        return reads, new

    def _put(self, tensor: Tensor, operator: str) -> list[int]:
        """Return the numbers of the storages of a tensor that are new."""
        return [self._number(block) for block in self._blocks([tensor], operator) if block._cdata not in self._numbers]

    def _number(self, block: UntypedStorage) -> int:
        number = self._numbers[block._cdata] = len(self._sizes)
        self._sizes[number] = block.nbytes()
        return number

    def _blocks(self, tensors: Iterable[Tensor], operator: str = "") -> Iterator[UntypedStorage]:
        """Yield the storages of tensors: a sparse tensor has several. One without a storage is noted as not seen."""
        for tensor in tensors:
            try:
                yield tensor.untyped_storage()
            except (NotImplementedError, RuntimeError):
                parts = list(_parts(tensor))
                self._pins += [StorageWeakRef(part.untyped_storage()) for part in parts]  # type: ignore[no-untyped-call]
                yield from (part.untyped_storage() for part in parts)
                if operator and not parts:
                    self._unseen[operator] += 1


def _parts(tensor: Tensor) -> list[Tensor]:
    """Return the tensors of which a sparse tensor consists; none for another tensor without a storage."""
    if tensor.layout is torch.sparse_coo:
        return [tensor._indices(), tensor._values()]
    if tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
        return [tensor.crow_indices(), tensor.col_indices(), tensor.values()]
    if tensor.layout in (torch.sparse_csc, torch.sparse_bsc):
        return [tensor.ccol_indices(), tensor.row_indices(), tensor.values()]
    return []


def _moved(operator: Operator, read: Sequence[Tensor], new: Sequence[Tensor], written: Sequence[Tensor]) -> int:
    """Return the bytes that an operator reads and writes; none if it makes only views, and none for an empty tensor."""
    if operator.name in EMPTIES or not (new or written):
        return 0
    out = _bytes([*new, *written])
    if operator.name in SHAPED:
        return out
    if operator.name in _SELECTING and read and not written:
        return out + min(out, _bytes(read[:1])) + _bytes(read[1:])
    is_setting = bool(written) and (operator.name in _SETTING or bool(operator.outs))
    unread = set(map(id, written)) if is_setting else ()
    return out + _bytes([tensor for tensor in read if id(tensor) not in unread])


def _bytes(tensors: Iterable[Tensor]) -> int:
    """Return the bytes of tensors, each counted once; an expanded tensor has those of its storage."""
    return sum(map(_tensor_bytes, {id(tensor): tensor for tensor in tensors}.values()))


def _tensor_bytes(tensor: Tensor) -> int:
    try:
        return min(tensor.nbytes, tensor.untyped_storage().nbytes())
    except (NotImplementedError, RuntimeError):
        return sum(map(_tensor_bytes, _parts(tensor)))


def _within(values: Iterable[Any]) -> Iterator[Tensor]:
    """Yield the tensors among values, in containers and in the attributes of objects."""
    waiting, seen = list(values), dict[int, Any]()  # keeps the values, so that no identity is used twice
    while waiting:
        value = waiting.pop()
        if id(value) in seen or isinstance(value, _CLOSED):
            continue
        seen[id(value)] = value
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list | tuple | set | frozenset):
            waiting.extend(value)
        else:
            waiting.extend(getattr(value, "__dict__", {}).values())
