"""Follow which values of a run need a gradient, and which of them reach what the network returns.

It is what torch's autograd would record, computed in inference mode, where operators stay whole. A tensor has the value
that was last written to it or to a tensor of its *family*: a base and its views. `detach` begins a new family.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from types import FrameType
from typing import Any, NamedTuple

import torch
from torch import Tensor

from mfprofile.trace.operators import PASSES, SHAPED
from mfprofile.trace.overloads import Operator
from mfprofile.trace.owners import storage, tensors_in

_CUTS = SHAPED | {"detach"}
"""Operators that pass on a shape or values, but no gradient."""
_STATISTICS = ("batch_norm", "instance_norm")
"""Endings of operators that write running statistics, which have no gradient."""


class _Family:
    """A base tensor and its views: the value of the base, and how often one of them was written to."""

    __slots__ = ("base", "value", "writes")

    def __init__(self, base: int, value: int) -> None:
        self.base = base
        self.value = value
        self.writes = 0


class _State(NamedTuple):
    """A tensor, its family, its value, and the writes to the family when it got that value."""

    tensor: Tensor
    family: _Family
    value: int
    writes: int
    is_leaf: bool = False


class Needs:
    """The values of a run by number: whether each needs a gradient, and the steps by which they depend on each other.

    A value is one state of a tensor: a write makes a new one. Tensors are kept, so that no identity is used twice.
    """

    def __init__(self) -> None:
        self._states: dict[int, _State] = {}
        self._needs: list[bool] = []
        self._steps: list[tuple[Sequence[int], Sequence[int]]] = []
        self._returned: list[int] = []

    def needs(self, tensor: Tensor) -> bool:
        """Return whether a tensor needs a gradient now."""
        return self._needs[self._value(tensor)]

    def value(self, tensor: Tensor) -> int:
        """Return the number of the value that a tensor has now."""
        return self._value(tensor)

    def note_returned(self, values: Iterable[Any]) -> None:
        """Record what the network returns, from which a loss is computed."""
        self._returned += [self._value(tensor) for tensor in tensors_in(values)]

    def note_run(
        self, operator: Operator, read: Sequence[Tensor], made: Sequence[Tensor], written: Sequence[Tensor]
    ) -> None:
        """Record an operator that has run: what it read, put out and wrote to.

        An output that an operator inside this one has put out is known already.
        """
        if not _records_gradients():
            written = ()
        elif operator.name.endswith(_STATISTICS):
            written = [each for each in written if any(each is out for out in made)]
        sources = [] if operator.name in _CUTS or not _records_gradients() else read
        into = {id(each) for each in written}
        values = list({id(each): self._value(each) for each in sources}.values())
        for tensor in {id(each): each for each in written}.values():
            self._write(tensor, values)
        is_new = not read or operator.name in _CUTS  # such a tensor is noted where it is read, as a leaf
        for tensor in () if is_new else made:  # to keep it here would make torch 2.4 fail in `torch.zeros`
            if id(tensor) not in into and id(tensor) not in self._states:
                self._make(tensor, values, self._family_of(operator, tensor, sources))

    def reached(self) -> frozenset[int]:
        """Return the values from which a gradient comes back: those on which a returned value depends."""
        reached = set(self._returned)
        for sources, outs in reversed(self._steps):
            if not reached.isdisjoint(outs):
                reached.update(sources)
        return frozenset(reached)

    def _value(self, tensor: Tensor) -> int:
        state = self._states.get(id(tensor))
        if state is None or (state.is_leaf and self._needs[state.value] != tensor.requires_grad):
            value = self._new(tensor, tensor.requires_grad)
            self._states[id(tensor)] = _State(tensor, _Family(id(tensor), value), value, 0, is_leaf=True)
            return value
        if state.writes != state.family.writes:  # a write to its base or to another view has changed it
            state = state._replace(value=state.family.value, writes=state.family.writes, is_leaf=False)
            self._states[id(tensor)] = state
        return state.value

    def _new(self, tensor: Tensor, needs: bool) -> int:
        self._needs.append(needs and (tensor.is_floating_point() or tensor.is_complex()))
        return len(self._needs) - 1

    def _step(self, tensor: Tensor, sources: Sequence[int]) -> int:
        """Return the number of a new value, computed from others."""
        needed = [value for value in dict.fromkeys(sources) if self._needs[value]]
        value = self._new(tensor, bool(needed))
        if self._needs[value]:
            self._steps.append((needed, (value,)))
        return value

    def _make(self, tensor: Tensor, sources: Sequence[int], family: _Family | None) -> None:
        value = self._step(tensor, sources)
        family = family or _Family(id(tensor), value)
        self._states[id(tensor)] = _State(tensor, family, value, family.writes)

    def _write(self, tensor: Tensor, sources: Sequence[int]) -> None:
        """Give a tensor a new value, and its family one that depends on it."""
        self._value(tensor)
        family = self._states[id(tensor)].family
        value = self._step(tensor, sources)
        family.value = value if family.base == id(tensor) else self._step(tensor, [family.value, value])
        family.writes += 1
        self._states[id(tensor)] = _State(tensor, family, value, family.writes)

    def _family_of(self, operator: Operator, tensor: Tensor, sources: Sequence[Tensor]) -> _Family | None:
        """Return the family of the tensor whose view an operator puts out, or None if its output is no view."""
        if operator.name not in PASSES or not sources or not storage(tensor):
            return None
        source = next((each for each in sources if storage(each) == storage(tensor)), None)
        return None if source is None else self._states[id(source)].family


def _records_gradients() -> bool:
    """Return whether torch would record gradients now.

    Inside `torch.no_grad` it does not, nor in the forward of an autograd function, whose backward it runs, though.
    """
    return torch.is_grad_enabled() or _is_in_function(sys._getframe())


def _is_in_function(frame: FrameType | None) -> bool:
    while frame is not None:
        code = frame.f_code
        if code.co_name == "apply" and code.co_filename == torch.autograd.function.__file__:
            return True
        frame = frame.f_back
    return False


def operands(operator: Operator, name: str, given: Mapping[str, Any], needs: Needs) -> Sequence[bool]:
    """Return for each operand of a product whether it needs a gradient; `name` is that of the op in its operator.

    A product has two operands. `given` are the operator's arguments by name.
    """
    if "query" in given:  # attention: its second product reads the softmax of the first
        query, key, mask = (_needs(needs, given.get(each)) for each in ("query", "key", "attn_mask"))
        return (query, key) if name == "scores" else (query or key or mask, _needs(needs, given.get("value")))
    skipped = {operator.bias} | ({"self"} if operator.name == "addr" else set())
    tensors = tensors_in(value for argument, value in given.items() if argument not in skipped)
    return sorted(map(needs.needs, tensors), reverse=True)[:2]


def _needs(needs: Needs, value: Any) -> bool:
    return isinstance(value, Tensor) and needs.needs(value)
