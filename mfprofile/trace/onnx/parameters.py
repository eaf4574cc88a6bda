"""The parameters of an ONNX graph: each is counted once, in the first op that multiplies by it or by a part of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from math import prod

from onnx import TensorProto

from mfprofile.cost.rows import Part, unowned
from mfprofile.trace.onnx.names import parent
from mfprofile.trace.onnx.tensors import bytes_of, type_name

_WHOLE = frozenset(("INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64", "BOOL", "STRING"))
"""The types of sizes, indices and masks. Tensors of these types are parameters only if a layer owns them."""


class Stored:
    """A stored tensor: its name, its shape, its type, how much of it no op has claimed yet, and how it was read.

    `is_constant` means that it counts only if a layer owns it, as a constant inside the graph. `reader` is the module
    of the first op that read it, or None.
    """

    __slots__ = ("element", "is_buffer", "is_constant", "name", "reader", "shape", "size", "unclaimed")

    def __init__(self, name: str, shape: tuple[int, ...], size: int, is_constant: bool, element: int) -> None:
        self.element = element
        self.name = name
        self.shape = shape
        self.size = self.unclaimed = size
        self.is_constant = is_constant
        self.is_buffer = False
        self.reader: str | None = None

    @property
    def is_left(self) -> bool:
        """Return whether it is a parameter of which some values belong to no op."""
        return not self.is_constant and bool(self.unclaimed) and (self.reader is not None or not self.is_buffer)

    @property
    def counted(self) -> int:
        """Return how many of its values are parameters."""
        return self.size if self.is_left else self.size - self.unclaimed


class Parameters:
    """The stored tensors of a graph and of the graphs inside it.

    An initializer is a parameter if it has a type of weights, which are floats and small integers, and at least one
    dimension. Running statistics, scales and zero points are not parameters.
    """

    def __init__(self) -> None:
        self._stored: list[Stored] = []

    def add(self, tensor: TensorProto, shape: tuple[int, ...], is_constant: bool = False, name: str = "") -> Stored:
        """Add a stored tensor, and return it."""
        is_whole = TensorProto.DataType.Name(tensor.data_type) in _WHOLE
        stored = Stored(name or tensor.name, shape, prod(shape), is_constant or is_whole or not shape, tensor.data_type)
        self._stored.append(stored)
        return stored

    def rest(self, is_read: bool, modules: Iterable[str]) -> Iterator[Part]:
        """Yield a row for each parameter that no op owns: with `is_read` the tables, else those that are never read.

        It is in the module of its name, or else in that of its first reader.
        """
        known = set(modules)
        for each in self._stored:
            if not each.is_left or (each.reader is not None) is not is_read:
                continue
            home = parent(each.name)
            module = home if home in known else each.reader or ""
            local = each.name.removeprefix(f"{home}.") if module == home and home else each.name
            yield unowned(module, local, each.shape, each.size, each.unclaimed, is_read)

    def bytes_by_type(self) -> Mapping[str, int]:
        """Return the bytes of all parameters by type, as they are stored."""
        sizes: Counter[str] = Counter()
        for each in self._stored:
            if each.counted:
                sizes[type_name(each.element)] += bytes_of(each.element, each.counted) or 0
        return dict(sizes)


def claim(stored: Stored, most: int) -> int:
    """Claim the values of a stored tensor that no op has claimed yet, at most so many, and return their number."""
    claimed = min(stored.unclaimed, most)
    stored.unclaimed -= claimed
    return claimed
