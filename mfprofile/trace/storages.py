"""Note which storages each operator of a run reads and puts out, with their bytes.

Only numbers are kept, so a run on a CPU frees its tensors as it does without a recorder. A storage is known by its
address, which a weak reference keeps from being used again: `Origins` holds one to each storage that it meets.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any

from torch import Tensor, UntypedStorage, nn
from torch.multiprocessing.reductions import StorageWeakRef

from mfprofile.cost.dataflow import KEPT, DataFlow, Einsum, Ran
from mfprofile.trace.autograd import Functions
from mfprofile.trace.called import function_of
from mfprofile.trace.operators import EMPTIES, PASSES, SHAPED
from mfprofile.trace.overloads import Operator
from mfprofile.trace.stored import inner_tensors, sparse_parts, tensor_bytes

_SETTING = frozenset(["copy", "fill", "zero", "normal", "uniform", "bernoulli", "random", "set", "resize", "resize_as"])
"""Operators that write to their first argument in place without reading it."""

_LOOKUPS = ("embedding", "index", "_unsafe_index", "index_select")
_SELECTING = frozenset([*_LOOKUPS, "gather", "take", "take_along_dim", "masked_select"])
"""Operators that read only some values of their first argument, as many as they put out."""

_CLOSED = (str, bytes, int, float, complex, type, ModuleType, FunctionType, nn.Module)
"""Types of values in which no returned tensors are looked for."""


class Storages:
    """The storages of a run by their address, numbered in the order in which operators put them out.

    `functions` knows whether a `torch.autograd.Function` is running.
    """

    def __init__(self, kept: Iterable[Tensor]) -> None:
        self.functions = Functions()
        self._inside = 0
        self._numbers: dict[int, int] = {}
        self._sizes: dict[int, int] = {}
        self._operators: list[Ran] = []
        self._einsums: list[Einsum] = []
        self._returned: set[int] = set()
        self._unseen: Counter[str] = Counter()
        self._pins: list[StorageWeakRef] = []
        self._input_bytes = 0
        self._keep(kept)

    def _keep(self, tensors: Iterable[Tensor]) -> int:
        """Record tensors that no operator puts out, and return the bytes of those that are new."""
        new = {block._cdata: block.nbytes() for tensor in tensors for block in self._blocks(tensor)}
        new = {key: size for key, size in new.items() if key not in self._numbers}
        self._numbers |= dict.fromkeys(new, KEPT)
        return sum(new.values())

    def note_inputs(self, tensors: Iterable[Tensor]) -> None:
        """Record the inputs of the network."""
        self._input_bytes += self._keep(tensors)

    def note_returned(self, values: Iterable[Any]) -> None:
        """Record what the network returns, tensors or objects that hold tensors: it is live to the end."""
        numbers = {self._numbers.get(block._cdata, KEPT) for each in _within(values) for block in self._blocks(each)}
        self._returned |= numbers - {KEPT}

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
        puts: list[int] = []
        reads = {number for tensor in read for number in self._read(tensor, operator.name, puts)}
        reads.discard(KEPT)
        unseen = self._unseen[operator.name]
        new = [tensor for tensor in made if self._put(tensor, operator.name, puts)]
        writes = [KEPT] * (self._unseen[operator.name] - unseen)
        for tensor in written:  # it may have become larger
            for block in self._blocks(tensor):
                writes.append(self._numbers[block._cdata])
                self._sizes[writes[-1]] = block.nbytes()
        moved = _moved(operator, read, new, written) if new or written else 0
        function = function_of(operator, self._inside > 0) if rows[0] < rows[1] else ""
        flow = (tuple(reads), tuple(puts), moved, tuple(writes), self.functions.is_running, function)
        self._operators.append(Ran(module, operator.name, rows, *flow))

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Follow operators of torch inside a with block that another operator runs."""
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    def note_made(self, module: str, operator: Operator, made: Sequence[Tensor]) -> None:
        """Record what an operator made that other operators have run, apart from what these put out."""
        if any(block._cdata not in self._numbers for tensor in made for block in self._blocks(tensor)):
            self.note(module, operator, (0, 0), (), made, ())

    @property
    def ran(self) -> int:
        """Return how many operators are recorded."""
        return len(self._operators)

    def note_einsum(self, module: str, first: int, given: Sequence[Any], out: Tensor) -> None:
        """Record an einsum that was called in a module, of which operator `first` is the first that torch ran."""
        if not self.functions.is_running:
            shapes = [tuple(operand.shape) for operand in given[1]]
            puts = tuple(self._numbers[block._cdata] for block in self._blocks(out)) or (KEPT,)
            self._einsums.append(Einsum(module, given[0], shapes, tuple(out.shape), first, self.ran, puts))

    def dataflow(self, params: Mapping[str, int], first_row: int) -> DataFlow:
        """Return the data flow of the run. The rows of the operators begin at `first_row` of the bill."""
        moved = [each._replace(rows=(each.rows[0] + first_row, each.rows[1] + first_row)) for each in self._operators]
        sizes = {number: size for number, size in self._sizes.items() if number != KEPT}
        unseen = MappingProxyType(dict(self._unseen))
        return DataFlow(moved, sizes, frozenset(self._returned), self._input_bytes, params, unseen, self._einsums)

    def _read(self, tensor: Tensor, operator: str, puts: list[int]) -> Iterator[int]:
        """Yield the numbers of the storages that an operator reads, and add those to `puts` that are live from there.

        These come from outside torch during the run: `lift_fresh` reads a tensor that was made from values of Python.
        """
        for block in self._blocks(tensor):
            number = self._numbers.get(block._cdata)
            if number is None and (operator == "lift_fresh" or tensor.is_inference()):
                number = self._number(block, puts)
            yield self._numbers.setdefault(block._cdata, KEPT) if number is None else number

    def _put(self, tensor: Tensor, operator: str, puts: list[int]) -> bool:
        """Return whether a tensor that an operator made has a new storage, and add its number to `puts`."""
        blocks = self._blocks(tensor)
        if not blocks:
            self._unseen[operator] += 1
        new = [block for block in blocks if block._cdata not in self._numbers]
        for block in new:
            self._number(block, puts)
        return bool(new)

    def _number(self, block: UntypedStorage, puts: list[int]) -> int:
        number = self._numbers[block._cdata] = len(self._numbers)
        self._sizes[number] = block.nbytes()
        puts.append(number)
        return number

    def _blocks(self, tensor: Tensor) -> Sequence[UntypedStorage]:
        """Return the storages of a tensor: a sparse one has several, and one in a library's own layout has none."""
        try:
            return (tensor.untyped_storage(),)
        except (NotImplementedError, RuntimeError):
            blocks = [part.untyped_storage() for part in sparse_parts(tensor)]
            self._pins += map(StorageWeakRef, blocks)
            return blocks


def _moved(operator: Operator, read: Sequence[Tensor], new: Sequence[Tensor], written: Sequence[Tensor]) -> int:
    """Return the bytes that an operator reads and writes, which makes or writes to tensors: none for `empty`."""
    if operator.name in EMPTIES or (not new and operator.name in PASSES):  # such as `detach_`
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
    return sum({id(tensor): tensor_bytes(tensor) for tensor in tensors}.values())


def _within(values: Iterable[Any]) -> Iterator[Tensor]:
    """Yield the tensors among values, in containers and in the attributes of objects."""
    waiting, seen = list(values), dict[int, Any]()  # keeps the values, so that no identity is used twice
    while waiting:
        value = waiting.pop()
        if id(value) in seen or isinstance(value, _CLOSED):
            continue
        seen[id(value)] = value
        if isinstance(value, Tensor):
            yield from inner_tensors(value)
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list | tuple | set | frozenset):
            waiting.extend(value)
        else:
            waiting.extend(getattr(value, "__dict__", {}).values())
