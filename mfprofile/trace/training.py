"""The ops of a run in training: how many operands of each product need a gradient, if its output reaches the loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from mfprofile.cost.kinds import CONVOLUTIONS, PRODUCTS
from mfprofile.cost.ops import Cost
from mfprofile.cost.training import with_gradients
from mfprofile.trace import recurrent_gradients
from mfprofile.trace.needs import Needs, operands
from mfprofile.trace.overloads import Operator


class _Product(NamedTuple):
    """A product of a run: the products of its backward pass, whether its weight needs a gradient, and its outputs."""

    backward: int
    has_weight_gradient: bool
    outs: list[int]


class Training:
    """The products of a run by the number of their op, with what a backward pass needs of each.

    Nothing is recorded unless it `is_on`.
    """

    def __init__(self, is_on: bool = True) -> None:
        self._is_on = is_on
        self.needs = Needs()
        self._products: dict[int, _Product] = {}
        self._waiting: list[_Product] = []

    def note_ops(
        self, first: int, operator: Operator, costs: Iterable[tuple[str, Cost]], given: Mapping[str, Any]
    ) -> None:
        """Record the ops of an operator that has run, before its outputs are noted. `first` is the number of the first.

        `given` are the operator's arguments by name.
        """
        for at, (name, cost) in enumerate(costs, first):
            backward = self._backward(operator, name, cost, given) if self._is_on else None
            if backward is not None:
                is_convolution = cost.kind in CONVOLUTIONS and self.needs_gradient(given.get("weight"))
                self._products[at] = _Product(backward, is_convolution, [])
                self._waiting.append(self._products[at])

    def _backward(self, operator: Operator, name: str, cost: Cost, given: Mapping[str, Any]) -> int | None:
        """Return the products of the backward pass of an op, if its output reaches the loss; None if not known."""
        if cost.kind in PRODUCTS:
            return int(cost.madds) * sum(operands(operator, name, given, self.needs))
        return recurrent_gradients.backward(operator.name, cost, given, self.needs_gradient)

    def note_run(
        self, operator: Operator, read: Sequence[Tensor], made: Sequence[Tensor], written: Sequence[Tensor]
    ) -> None:
        """Record what an operator has read, put out and written to."""
        if not self._is_on:
            return
        self.needs.note_run(operator, read, made, written)
        for product in self._waiting:
            product.outs.extend(self.needs.value(tensor) for tensor in (*made, *written))
        self._waiting.clear()

    def needs_gradient(self, value: Any) -> bool:
        """Return whether a value is a tensor that needs a gradient now."""
        return self._is_on and isinstance(value, Tensor) and self.needs.needs(value)

    def note_returned(self, values: Iterable[Any]) -> None:
        """Record what the network returns, from which a loss is computed."""
        if self._is_on:
            self.needs.note_returned(values)

    def unknown(self, kinds: Iterable[tuple[str, Cost]]) -> list[str]:
        """Return the kinds of ops with multiply-adds whose backward pass is not known, from pairs of name and cost."""
        unknown = (cost.kind for at, (_, cost) in enumerate(kinds) if cost.madds and at not in self._products)
        return list(dict.fromkeys(unknown)) if self._is_on else []

    def trained(self, ops: Iterable[tuple[str, str, Cost]]) -> Iterator[tuple[int, tuple[str, str, Cost]]]:
        """Yield each op of the run by its number, as it is in training, and what FlopCounterMode counts beyond it."""
        reached = self.needs.reached()
        for at, op in enumerate(ops):
            product = self._products.get(at)
            if product is None or reached.isdisjoint(product.outs):
                yield at, op
            else:
                trained = with_gradients(*op, product.backward, product.has_weight_gradient)
                yield from ((at, each) for each in trained)
